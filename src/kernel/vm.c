// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vm.h"

#include "kernel/file.h"
#include "kernel/internal.h"
#include "kernel/maple.h"

#include <stdio.h>
#include <string.h>

enum { MAX_VMAS = 1 << 24 }; /* vm.max_map_count is 65530 unless someone raised it */

struct vma_walk {
	struct iq_kernel *k;
	uint64_t mm, end; /* end of the area before */
	iq_vma_fn fn;
	void *context;
	struct iq_error *damage; /* the first */
};

static struct iq_error *read_vma(struct iq_kernel *k, uint64_t address, struct iq_vma *out)
{
	uint64_t pages;
	*out = (struct iq_vma){ .address = address };
	IQ_TRY(iq_k_get(k, address, "vm_area_struct", "vm_start", &out->start));
	IQ_TRY(iq_k_get(k, address, "vm_area_struct", "vm_end", &out->end));
	IQ_TRY(iq_k_get(k, address, "vm_area_struct", "vm_flags", &out->flags));
	IQ_TRY(iq_k_get(k, address, "vm_area_struct", "vm_pgoff", &pages));
	IQ_TRY(iq_k_get(k, address, "vm_area_struct", "vm_file", &out->file));
	out->offset = pages << iq_target_arch(k->target)->page_shift;
	out->known = true;
	return NULL;
}

/* An entry of the maple tree, which knows the range by itself. */
static struct iq_error *see_entry(void *context, const struct iq_maple_place *place, uint64_t entry)
{
	struct vma_walk *w = context;
	struct iq_vma vma;
	struct iq_error *error = read_vma(w->k, entry, &vma);
	uint64_t end = place->last == UINT64_MAX ? UINT64_MAX : place->last + 1;
	if (!error && (vma.start != place->first || vma.end != end))
		error = iq_error_new(IQ_ERROR_FORMAT,
				     "vm_area_struct at %#lx is for %#lx to %#lx, in a place for %#lx to %#lx", entry,
				     vma.start, vma.end, place->first, end);
	if (error) {
		iq_error_keep(&w->damage, error);
		vma = (struct iq_vma){ .address = entry, .start = place->first, .end = end };
	}
	return w->fn(w->context, &vma);
}

static struct iq_error *walk_tree(struct vma_walk *w)
{
	const struct iq_maple_visitor visitor = { .entry = see_entry, .context = w };
	uint64_t tree;
	IQ_TRY(iq_member_address(w->k->types, w->mm, "mm_struct", "mm_mt", &tree));
	return iq_error_prefix(iq_maple_each(w->k->target, w->k->types, tree, MAX_VMAS, &visitor), "mm_struct at %#lx",
			       w->mm);
}

/* The list before 6.1. Addresses rise along it, so it has an end. */
static struct iq_error *walk_list(struct vma_walk *w)
{
	uint64_t next;
	IQ_TRY(iq_k_get(w->k, w->mm, "mm_struct", "mmap", &next));
	for (size_t count = 0; next; count++) {
		struct iq_vma vma;
		if (count == MAX_VMAS)
			return iq_error_new(IQ_ERROR_LIMIT, "mm_struct at %#lx: more than %d areas", w->mm, MAX_VMAS);
		IQ_TRY(iq_error_prefix(read_vma(w->k, next, &vma), "mm_struct at %#lx, after %zu areas", w->mm, count));
		if (vma.start < w->end || vma.end <= vma.start)
			return iq_error_new(IQ_ERROR_FORMAT,
					    "mm_struct at %#lx, after %zu areas: %#lx is for %#lx to %#lx, behind %#lx",
					    w->mm, count, next, vma.start, vma.end, w->end);
		w->end = vma.end;
		IQ_TRY(w->fn(w->context, &vma));
		IQ_TRY(iq_k_get(w->k, next, "vm_area_struct", "vm_next", &next));
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

struct iq_error *iq_vmas_each(struct iq_kernel *kernel, uint64_t mm, iq_vma_fn fn, void *context)
{
	struct vma_walk w = { .k = kernel, .mm = mm, .fn = fn, .context = context };
	struct iq_error *error = iq_k_has(kernel, "mm_struct", "mm_mt") ? walk_tree(&w) : walk_list(&w);
	if (!error)
		return w.damage;
	iq_error_free(w.damage);
	return error;
}

enum { FLAG_BITS = 64, MAX_FLAG_NAME = 40 };

/* By bit, of kernels whose types don't tell. */
static const char *const flag_names[32] = {
	"READ",      "WRITE",        "EXEC",       "SHARED",      "MAYREAD",  "MAYWRITE",  "MAYEXEC",    "MAYSHARE",
	"GROWSDOWN", "UFFD_MISSING", "PFNMAP",     "DENYWRITE",   "UFFD_WP",  "LOCKED",    "IO",         "SEQ_READ",
	"RAND_READ", "DONTCOPY",     "DONTEXPAND", "LOCKONFAULT", "ACCOUNT",  "NORESERVE", "HUGETLB",    "SYNC",
	"ARCH_1",    "WIPEONFORK",   "DONTDUMP",   "SOFTDIRTY",   "MIXEDMAP", "HUGEPAGE",  "NOHUGEPAGE", "MERGEABLE",
};

/* DENYWRITE went in 5.15 (upstream 8d0920bde5eb), and its bit to others; __state came in 5.14 (2f064a59a11f). */
static void flags_by_table(struct iq_kernel *k, char names[FLAG_BITS][MAX_FLAG_NAME])
{
	for (unsigned bit = 0; bit < IQ_ARRAY_SIZE(flag_names); bit++)
		snprintf(names[bit], MAX_FLAG_NAME, "%s", flag_names[bit]);
	if (iq_k_has(k, "task_struct", "__state"))
		names[11][0] = '\0';
}

/* Kernels of 2026 number them in an enum: VMA_READ_BIT and its like. False on others. */
static bool flags_by_type(struct iq_kernel *k, char names[FLAG_BITS][MAX_FLAG_NAME])
{
	static const char prefix[] = "VMA_", suffix[] = "_BIT";
	struct iq_type type;
	struct iq_type_info info;
	struct iq_type_enumerator e;
	int64_t value;
	if (iq_failed(iq_type_constant_of(k->types, "VMA_READ_BIT", &type, &value)) ||
	    iq_failed(iq_type_info(type, &info)))
		return false;
	for (uint32_t i = 0; i < info.count && i < 1000; i++) {
		if (iq_failed(iq_type_enumerator_at(type, i, &e)))
			return true;
		size_t length = e.name ? strlen(e.name) : 0, ends = strlen(prefix) + strlen(suffix);
		if (length <= ends || strncmp(e.name, prefix, strlen(prefix)) != 0 ||
		    strcmp(e.name + length - strlen(suffix), suffix) != 0 || e.value < 0 || e.value >= FLAG_BITS ||
		    names[e.value][0])
			continue;
		snprintf(names[e.value], MAX_FLAG_NAME, "%.*s", (int)(length - ends), e.name + strlen(prefix));
	}
	return true;
}

void iq_vm_flag_names(struct iq_kernel *kernel, uint64_t flags, struct iq_strbuf *out)
{
	char names[FLAG_BITS][MAX_FLAG_NAME] = { 0 };
	const char *gap = "";
	if (!flags_by_type(kernel, names))
		flags_by_table(kernel, names);
	for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
		if (!(flags >> bit & 1) || !names[bit][0])
			continue;
		iq_strbuf_addf(out, "%s%s", gap, names[bit]);
		gap = "|";
		flags &= ~(UINT64_C(1) << bit);
	}
	if (flags)
		iq_strbuf_addf(out, "%s%#lx", gap, flags);
}

/* Entries of areas that there are not are the kernel's own marks: of pages that move, are poisoned, or lie on a device.
 */
static uint32_t swap_areas(struct iq_kernel *k)
{
	struct iq_symbol symbol;
	uint32_t count = 0;
	if (iq_failed(iq_symbol_by_name_in(k->symbols, NULL, "nr_swapfiles", &symbol)) ||
	    iq_failed(iq_read_u32(k->target, symbol.address, &count)))
		return 0;
	return count;
}

struct iq_error *iq_user_page(struct iq_kernel *kernel, const struct iq_space *space, const struct iq_vma *vma,
			      uint64_t address, struct iq_user_page *out)
{
	const struct iq_arch *arch = iq_target_arch(kernel->target);
	uint64_t page = UINT64_C(1) << arch->page_shift;
	struct iq_walk walk;
	*out = (struct iq_user_page){ .size = page };
	IQ_TRY(iq_walk(kernel->target, space, address, &walk));
	out->size = walk.page_size ? walk.page_size : page;
	if (walk.mapped) {
		out->kind = IQ_PAGE_MAPPED;
		out->physical = walk.physical;
		return NULL;
	}
	struct iq_pte pte = { 0 };
	if (walk.count && walk.page_size == page)
		arch->decode_pte(
			&(struct iq_paging){ .encryption_mask = iq_target_layout(kernel->target)->encryption_mask },
			walk.steps[walk.count - 1].entry, &pte);
	if (pte.swapped && pte.swap_type < swap_areas(kernel)) {
		out->kind = IQ_PAGE_SWAPPED;
		out->swap_type = (unsigned)pte.swap_type;
		out->swap_offset = pte.swap_offset;
	} else if (vma->file) {
		out->kind = IQ_PAGE_IN_FILE;
		out->file_offset = (address & -page) - vma->start + vma->offset;
	}
	return NULL;
}

struct iq_error *iq_swap_path(struct iq_kernel *kernel, unsigned type, struct iq_strbuf *out)
{
	uint64_t array, info, file;
	struct iq_open_file swap;
	IQ_TRY(iq_k_symbol(kernel, "swap_info", &array));
	IQ_TRY(iq_error_prefix(iq_read_u64(kernel->target, array + type * 8, &info), "swap_info[%u]", type));
	IQ_TRY(iq_k_get(kernel, info, "swap_info_struct", "swap_file", &file));
	IQ_TRY(iq_open_file_read(kernel, file, &swap));
	return iq_open_file_path(kernel, &swap, out, NULL);
}
