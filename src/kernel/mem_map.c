// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/mem_map.h"

#include "kernel/internal.h"
#include "kernel/section.h"

#include <string.h>

enum { CHUNK = 64, MAX_PAGE = 256 }; /* pages read at once; bytes of one */

/* Where struct page has what; a member is read as 8 bytes, the count as 4. */
struct layout {
	uint64_t size, flags, mapping, index, count;
};

struct walk {
	struct iq_kernel *kernel;
	struct layout layout;
	iq_page_fn fn;
	void *context;
	uint64_t missing;
	struct iq_error *damage; /* the first */
};

static struct iq_error *find_layout(struct iq_kernel *k, struct layout *l)
{
	/* As iq_page_read(). */
	const char *index = iq_k_has(k, "page", "index") ? "index" : "__folio_index";
	IQ_TRY(iq_types_size(k->types, "page", &l->size));
	IQ_TRY(iq_member_address(k->types, 0, "page", "flags", &l->flags));
	IQ_TRY(iq_member_address(k->types, 0, "page", "mapping", &l->mapping));
	IQ_TRY(iq_member_address(k->types, 0, "page", index, &l->index));
	IQ_TRY(iq_member_address(k->types, 0, "page", "_refcount", &l->count));
	if (l->size > MAX_PAGE || l->flags + 8 > l->size || l->mapping + 8 > l->size || l->index + 8 > l->size ||
	    l->count + 4 > l->size)
		return iq_error_new(IQ_ERROR_FORMAT, "struct page of %lu bytes is not as is known here", l->size);
	return NULL;
}

static struct iq_error *show_page(struct walk *w, uint64_t pfn, uint64_t address, const uint8_t *bytes)
{
	const struct layout *l = &w->layout;
	struct iq_page page = {
		.address = address,
		.physical = pfn << iq_target_arch(w->kernel->target)->page_shift,
	};
	memcpy(&page.flags, bytes + l->flags, 8);
	memcpy(&page.mapping, bytes + l->mapping, 8);
	memcpy(&page.index, bytes + l->index, 8);
	memcpy(&page.count, bytes + l->count, 4);
	return w->fn(w->context, &page);
}

/* One by one: some of the chunk are missing. */
static struct iq_error *show_singly(struct walk *w, uint64_t pfn, uint64_t address, unsigned count)
{
	uint8_t bytes[MAX_PAGE];
	for (unsigned i = 0; i < count; i++) {
		const uint64_t at = address + i * w->layout.size;
		struct iq_error *error = iq_read(w->kernel->target, at, bytes, w->layout.size);
		if (!error) {
			IQ_TRY(show_page(w, pfn + i, at, bytes));
			continue;
		}
		w->missing++;
		iq_error_keep(&w->damage, error);
	}
	return NULL;
}

static struct iq_error *see_section(void *context, const struct iq_section *section)
{
	struct walk *w = context;
	uint8_t bytes[CHUNK * MAX_PAGE];
	for (uint64_t n = 0; n < section->pages; n += CHUNK) {
		const uint64_t address = section->map + n * w->layout.size, pfn = section->start_pfn + n;
		const unsigned count = (unsigned)IQ_MIN(section->pages - n, (uint64_t)CHUNK);
		IQ_TRY(iq_check_interrupt());
		if (iq_failed(iq_read(w->kernel->target, address, bytes, count * w->layout.size))) {
			IQ_TRY(show_singly(w, pfn, address, count));
			continue;
		}
		for (unsigned i = 0; i < count; i++)
			IQ_TRY(show_page(w, pfn + i, address + i * w->layout.size, bytes + i * w->layout.size));
	}
	return NULL;
}

struct iq_error *iq_mem_map_each(struct iq_kernel *kernel, iq_page_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context };
	IQ_TRY(find_layout(kernel, &w.layout));
	struct iq_error *error = iq_sections_each(kernel, see_section, &w);
	if (error) {
		iq_error_free(w.damage);
		return error;
	}
	return iq_error_prefix(w.damage, "%lu struct pages are missing", w.missing);
}

struct iq_error *iq_page_flags_each(struct iq_kernel *kernel, iq_page_flag_fn fn, void *context)
{
	struct iq_type type;
	struct iq_type_info info;
	IQ_TRY(iq_type_find_in_vmlinux(kernel->types, IQ_TYPE_ENUM, "pageflags", &type));
	IQ_TRY(iq_type_info(type, &info));
	for (uint32_t i = 0; i < info.count; i++) {
		struct iq_type_enumerator flag;
		IQ_TRY(iq_type_enumerator_at(type, i, &flag));
		if (flag.name && !strncmp(flag.name, "PG_", 3) && flag.value >= 0 && flag.value < 64)
			IQ_TRY(fn(context, flag.name, (unsigned)flag.value));
	}
	return NULL;
}
