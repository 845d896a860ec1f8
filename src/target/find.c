// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding the kernel's page table: vmcoreinfo tells, or a CPU's registers, or it is recognised in memory. */
#include "target/internal.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How much memory is looked at for a page table before giving up: a process's table is as good as the kernel's, and
 * there are many. */
#define MAX_SCANNED_PAGES (UINT64_C(1) << 20)

/* A bound on the walks that hostile pages can cost: each table that is tried, and each that has an image but no direct
 * map. */
#define MAX_ATTEMPTS 16384
#define IMAGE_ATTEMPTS 512

static bool vmcoreinfo_number(void *context, const char *key, int base, uint64_t *value)
{
	return iq_dump_vmcoreinfo_number(context, key, base, value);
}

/* Makes `layout` the target's. */
static void accept_layout(struct iq_target *target, const struct iq_layout *layout)
{
	target->layout = *layout;
	target->paging.levels = layout->paging_levels;
	target->paging.encryption_mask = layout->encryption_mask;
	target->linear_image = true;
}

/* Tries one table. `layout` holds what is to be tried and what is known anyway; it must map an image, and the direct
 * map too, which the table that PTI has for user mode doesn't. */
static bool try_table(struct iq_target *target, const struct iq_layout *layout)
{
	struct iq_paging paging = target->paging;
	paging.levels = layout->paging_levels;
	paging.encryption_mask = layout->encryption_mask;

	struct iq_layout found = *layout;
	found.kernel_table &= ~layout->encryption_mask;
	target->attempts++;
	if (!found.kernel_table || !target->arch->find_image(&paging, &found))
		return false;
	target->attempts += IMAGE_ATTEMPTS;
	target->arch->find_bases(&paging, target->info->max_pfn << target->arch->page_shift, &found);
	if (!found.direct_map)
		return false;
	accept_layout(target, &found);
	target->bases_searched = true;
	return true;
}

/* The same with every encryption mask, when vmcoreinfo doesn't tell. */
static bool try_masks(struct iq_target *target, const struct iq_layout *known, uint64_t table, unsigned levels)
{
	struct iq_layout layout = *known;
	layout.paging_levels = levels;
	for (unsigned i = 0; i < target->arch->encryption_mask_count; i++) {
		layout.kernel_table = table;
		layout.encryption_mask =
			known->encryption_mask ? known->encryption_mask : target->arch->encryption_masks[i];
		if (try_table(target, &layout))
			return true;
		if (known->encryption_mask)
			break;
	}
	return false;
}

/* Does the table map some of the image to where vmcoreinfo says that it is? Some is enough: a dying machine may have
 * damaged the rest. The error tells why nothing of it is mapped, if that is known. */
static bool maps_image(struct iq_target *target, const struct iq_paging *paging, const struct iq_layout *stated,
		       struct iq_error **why)
{
	const uint64_t large_page = UINT64_C(2) << 20, probed = 32 * large_page;

	*why = NULL;
	for (uint64_t offset = 0; offset < probed; offset += large_page) {
		uint64_t address = stated->text + offset;
		struct iq_walk walk;
		struct iq_error *error = target->arch->walk(paging, stated->kernel_table, address, &walk);
		if (!error && walk.mapped && walk.physical == address - stated->link_base + stated->phys_base) {
			iq_error_freep(why);
			return true;
		}
		if (*why)
			iq_error_free(error);
		else
			*why = error;
	}
	return false;
}

static bool try_vmcoreinfo(struct iq_target *target, const struct iq_layout *stated)
{
	struct iq_error *why;
	if (!stated->kernel_table)
		return false;
	struct iq_paging paging = target->paging;
	paging.levels = stated->paging_levels;
	paging.encryption_mask = stated->encryption_mask;
	if (!maps_image(target, &paging, stated, &why)) {
		if (why)
			iq_warn_error(target->diag, iq_error_prefix(why, "page table that vmcoreinfo names"));
		else
			iq_warn(target->diag,
				"page table at physical 0x%" PRIx64
				", which vmcoreinfo names, does not map the kernel to "
				"where vmcoreinfo says that it is",
				stated->kernel_table);
		return false;
	}
	struct iq_layout found = *stated;
	if (target->arch->find_image(&paging, &found) && found.phys_base == stated->phys_base) {
		found.kaslr_offset = stated->kaslr_offset;
		accept_layout(target, &found);
	} else {
		accept_layout(target, stated);
	}
	return true;
}

/* Registers of CPUs in QEMU's notes. */
static bool try_notes(struct iq_target *target, const struct iq_layout *known)
{
	size_t count;
	const struct iq_note *notes = iq_dump_notes(target->dump, &count);

	for (size_t i = 0; notes && i < count; i++) {
		struct iq_regs regs;
		uint64_t tables[2];
		unsigned levels;
		if (!notes[i].name || strcmp(notes[i].name, "QEMU") != 0)
			continue;
		struct iq_error *error = target->arch->parse_qemu_state(notes[i].desc, notes[i].size, &regs);
		if (error) {
			iq_warn_error(target->diag, error);
			continue;
		}
		unsigned n = target->arch->tables_from_regs(&regs, tables, &levels);
		for (unsigned k = 0; k < n; k++) {
			if (try_masks(target, known, tables[k], levels))
				return true;
		}
	}
	return false;
}

static struct iq_error *try_page(struct iq_target *target, const struct iq_layout *known, uint64_t address,
				 const uint8_t *page, bool *found)
{
	const struct iq_arch *arch = target->arch;
	uint64_t max_physical = target->info->max_pfn << arch->page_shift;

	for (unsigned i = 0; i < arch->encryption_mask_count; i++) {
		if (!arch->maybe_top_table(page, 4, arch->encryption_masks[i], max_physical))
			continue;
		*found = try_masks(target, known, address, 4) || try_masks(target, known, address, 5);
		break;
	}
	return iq_check_interrupt();
}

/* Looks for a page that is a top table. */
static struct iq_error *scan(struct iq_target *target, const struct iq_layout *known, bool *found)
{
	const size_t page_size = (size_t)1 << target->arch->page_shift;
	_cleanup_free_ uint8_t *page = malloc(page_size);
	uint64_t address = 0, next;

	if (!page)
		return iq_error_no_memory();
	for (uint64_t n = 0; n < MAX_SCANNED_PAGES && target->attempts < MAX_ATTEMPTS && !*found; n++) {
		if (!iq_dump_next_present(target->dump, address, &next))
			break;
		address = (next & ~(uint64_t)(page_size - 1)) + page_size;
		if (iq_dump_page_state(target->dump, next) == IQ_PAGE_ZERO ||
		    iq_failed(iq_dump_read(target->dump, address - page_size, page, page_size)))
			continue;
		IQ_TRY(try_page(target, known, address - page_size, page, found));
		if (address == 0)
			break;
	}
	return iq_check_interrupt(); /* ends iq_dump_next_present() too */
}

/* Where the image is according to the program headers, for kernels whose vmcoreinfo lacks phys_base. */
static void phys_base_from_mappings(const struct iq_target *target, struct iq_layout *layout)
{
	for (size_t i = 0; i < target->mapping_count; i++) {
		const struct iq_dump_mapping *mapping = &target->mappings[i];
		if (layout->link_base && mapping->virtual_address >= layout->link_base) {
			layout->phys_base = mapping->physical_address - (mapping->virtual_address - layout->link_base);
			return;
		}
	}
}

/* What is left when no table maps the image. All tables share what is damaged then, but vmcoreinfo's may still have the
 * direct map and the rest; and vmcoreinfo tells where the image is, and the file may tell about more. */
static struct iq_error *do_without_image(struct iq_target *target, struct iq_layout *stated, bool phys_base_known)
{
	if (!phys_base_known && !target->mapping_count)
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "no page table of a Linux kernel found: not by vmcoreinfo, nor CPU "
				    "registers, nor by looking through memory");
	stated->text_end = stated->modules;
	accept_layout(target, stated);
	target->linear_image = phys_base_known;
	if (stated->kernel_table) {
		struct iq_layout with_bases = *stated;
		target->arch->find_bases(&target->paging, target->info->max_pfn << target->arch->page_shift,
					 &with_bases);
		with_bases.text_end = stated->text_end;
		if (with_bases.direct_map) {
			target->layout = with_bases;
			target->bases_searched = target->image_unmapped = true;
			iq_warn(target->diag,
				"the page tables do not map the kernel image: its place is taken from vmcoreinfo");
			return NULL;
		}
	}
	iq_warn(target->diag,
		"no page table of the kernel can be read: only what lies in the kernel image%s can be shown",
		target->mapping_count ? " and the ranges that the file maps" : "");
	target->layout.kernel_table = 0;
	return NULL;
}

struct iq_error *iq_target_find_table(struct iq_target *target)
{
	struct iq_layout stated = { 0 };
	bool phys_base_known = false, found = false;

	target->arch->layout_from_vmcoreinfo(vmcoreinfo_number, target->dump, &stated, &phys_base_known);
	if (!phys_base_known) {
		/* Once more with the value, for the table's address. */
		phys_base_from_mappings(target, &stated);
		target->arch->layout_from_vmcoreinfo(vmcoreinfo_number, target->dump, &stated, &phys_base_known);
	}
	if (try_vmcoreinfo(target, &stated))
		return NULL;

	struct iq_layout known = { .encryption_mask = stated.encryption_mask, .modules = stated.modules };
	if (try_notes(target, &known))
		return NULL;
	IQ_TRY(scan(target, &known, &found));
	if (found)
		return NULL;

	return do_without_image(target, &stated, phys_base_known);
}
