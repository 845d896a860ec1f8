// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where Linux put things on this boot, found out from what its page tables map. See docs/notes/x86-64-layout.md and the
 * kernel's Documentation/arch/x86/x86_64/mm.rst; the randomised order and sizes are those of arch/x86/mm/kaslr.c.
 */
#include "arch/x86_64_internal.h"
#include "util/cleanup.h"

#include <endian.h>
#include <string.h>

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)
#define PAGE_BYTES (4 * KIB)
#define PMD_BYTES (2 * MIB)
#define TABLE_ENTRIES 512

#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)
#define PHYSICAL_START (16 * MIB) /* CONFIG_PHYSICAL_START's default, which every distribution keeps */
#define IMAGE_SIZE_KASLR GIB      /* KERNEL_IMAGE_SIZE with CONFIG_RANDOMIZE_BASE, and without */
#define IMAGE_SIZE_PLAIN (512 * MIB)
#define MODULES_END UINT64_C(0xffffffffff000000)
#define CPU_ENTRY_AREA UINT64_C(0xfffffe0000000000) /* the end of what is randomised */
#define STRUCT_PAGE_SIZE 64

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static bool next_leaf(const struct iq_paging *paging, uint64_t table, uint64_t from, uint64_t end, struct iq_leaf *leaf)
{
	bool found = false;
	if (from >= end || iq_failed(iq_x86_64_next_leaf(paging, table, from, end - 1, leaf, &found)))
		return false;
	return found;
}

/* The end of the last mapping in the image's range, looking at one leaf in 2 MiB until the last 2 MiB. A damaged table
 * may have a leaf larger than that. */
static uint64_t image_end(const struct iq_paging *paging, uint64_t table, uint64_t text, uint64_t limit)
{
	uint64_t end = text, at = text, last_block = text;
	struct iq_leaf leaf;

	while (next_leaf(paging, table, at, limit, &leaf)) {
		last_block = IQ_MAX(at, leaf.address) & ~(PMD_BYTES - 1);
		at = last_block + PMD_BYTES;
	}
	for (at = last_block; next_leaf(paging, table, at, limit, &leaf); at = end)
		end = leaf.address + leaf.size;
	return IQ_MIN(end, limit);
}

/* Without KERNEL_IMAGE_SIZE: a kernel that lies below 512 MiB, ends there and has other, small mappings behind that is
 * one without CONFIG_RANDOMIZE_BASE and has its modules there. */
static uint64_t guess_modules(const struct iq_paging *paging, uint64_t table, uint64_t text)
{
	uint64_t plain = START_KERNEL_MAP + IMAGE_SIZE_PLAIN, kaslr = START_KERNEL_MAP + IMAGE_SIZE_KASLR;
	struct iq_leaf leaf;

	if (text != START_KERNEL_MAP + PHYSICAL_START)
		return kaslr;
	return next_leaf(paging, table, plain, kaslr, &leaf) && leaf.size == PAGE_BYTES ? plain : kaslr;
}

/* arch/x86/kernel/vmcore_info_64.c (crash_core_64.c, machine_kexec_64.c before) and kernel/vmcore_info.c. */
void iq_x86_64_layout_from_vmcoreinfo(iq_vmcoreinfo_fn number, void *context, struct iq_layout *layout,
				      bool *phys_base_known)
{
	static const char *const table_keys[] = { "SYMBOL(swapper_pg_dir)", "SYMBOL(init_top_pgt)",
						  "SYMBOL(init_level4_pgt)" };
	uint64_t value;

	layout->link_base = START_KERNEL_MAP;
	/* Kernels that don't know of five levels don't write the line. */
	layout->paging_levels = number(context, "NUMBER(pgtable_l5_enabled)", 10, &value) && value == 1 ? 5 : 4;
	layout->encryption_mask = number(context, "NUMBER(sme_mask)", 10, &value) ? value & IQ_X86_ADDRESS_MASK : 0;
	if (number(context, "KERNELOFFSET", 16, &value) && value < GIB)
		layout->kaslr_offset = value;
	layout->text = START_KERNEL_MAP + PHYSICAL_START + layout->kaslr_offset;
	layout->modules_end = MODULES_END;
	if (number(context, "NUMBER(KERNEL_IMAGE_SIZE)", 10, &value) && value >= IMAGE_SIZE_PLAIN &&
	    value <= IMAGE_SIZE_KASLR)
		layout->modules = START_KERNEL_MAP + value;
	*phys_base_known = number(context, "NUMBER(phys_base)", 10, &value);
	if (*phys_base_known)
		layout->phys_base = value;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(table_keys); i++) {
		if (number(context, table_keys[i], 16, &value) && value >= START_KERNEL_MAP) {
			layout->kernel_table = value - START_KERNEL_MAP + layout->phys_base;
			break;
		}
	}
}

bool iq_x86_64_find_image(const struct iq_paging *paging, struct iq_layout *layout)
{
	uint64_t limit = layout->modules ? layout->modules : START_KERNEL_MAP + IMAGE_SIZE_KASLR;
	struct iq_leaf leaf;

	/* cleanup_highmap() leaves nothing below _text, which is 2 MiB aligned and executable. */
	if (!next_leaf(paging, layout->kernel_table, START_KERNEL_MAP, limit, &leaf))
		return false;
	uint64_t phys_base = leaf.physical - (leaf.address - START_KERNEL_MAP);
	if (leaf.address & (PMD_BYTES - 1) || phys_base & (PMD_BYTES - 1) || leaf.size > PMD_BYTES ||
	    leaf.flags & (IQ_X86_NX | IQ_X86_USER))
		return false;
	layout->link_base = START_KERNEL_MAP;
	layout->text = leaf.address;
	layout->phys_base = phys_base;
	layout->kaslr_offset = leaf.address >= START_KERNEL_MAP + PHYSICAL_START
				       ? leaf.address - (START_KERNEL_MAP + PHYSICAL_START)
				       : 0;
	return true;
}

bool iq_x86_64_maybe_top_table(const uint8_t *page, unsigned levels, uint64_t encryption_mask, uint64_t max_physical)
{
	const uint64_t never = IQ_X86_PSE | IQ_X86_GLOBAL;
	const unsigned first_kernel_entry = TABLE_ENTRIES / 2;
	unsigned kernel_entries = 0;

	for (unsigned i = TABLE_ENTRIES; i-- > 0;) {
		uint64_t entry;
		memcpy(&entry, page + i * sizeof(entry), sizeof(entry));
		entry = le64toh(entry);
		if (!(entry & IQ_X86_PRESENT)) {
			if (i == TABLE_ENTRIES - 1 || entry)
				return false;
			continue;
		}
		uint64_t physical = entry & IQ_X86_ADDRESS_MASK & ~encryption_mask;
		if (entry & never || !(entry & IQ_X86_RW) || !physical || (max_physical && physical >= max_physical))
			return false;
		kernel_entries += i >= first_kernel_entry;
	}
	/* Image, direct map and vmalloc space at least; with five levels the last of these share nothing with the image
	 * either. */
	return kernel_entries >= 3;
}

struct direct_map_search {
	const struct iq_paging *paging;
	uint64_t table, base;
};

/* True as long as the next mapping at or after `address` belongs to the direct map. It comes first of all, so this is
 * true up to some address and false from there on. */
static bool still_direct(const struct direct_map_search *search, uint64_t address, uint64_t *end)
{
	struct iq_leaf leaf;
	if (!next_leaf(search->paging, search->table, address, CPU_ENTRY_AREA, &leaf) ||
	    leaf.address - leaf.physical != search->base)
		return false;
	*end = leaf.address + leaf.size;
	return true;
}

/* The first mapping whose distance to its physical address is whole GiB is of the direct map: the randomisation's unit
 * is a PUD entry (kernel_randomize_memory()), and physical address 0 is always mapped (init_mem_mapping()). */
static uint64_t find_direct_map(const struct iq_paging *paging, uint64_t table)
{
	const unsigned max_tries = 16;
	uint64_t at = ~((UINT64_C(1) << (paging->levels * 9 + 12 - 1)) - 1);
	struct iq_leaf leaf;

	for (unsigned i = 0; i < max_tries && next_leaf(paging, table, at, CPU_ENTRY_AREA, &leaf); i++) {
		struct direct_map_search search = { paging, table, leaf.address - leaf.physical };
		uint64_t end;
		if (!(search.base & (GIB - 1)) && iq_x86_64_is_kernel_address(search.base, paging->levels) &&
		    (leaf.physical == 0 || still_direct(&search, leaf.address + leaf.size, &end)))
			return search.base;
		at = (leaf.address & ~(GIB - 1)) + GIB;
	}
	return 0;
}

static uint64_t find_direct_map_end(const struct direct_map_search *search, uint64_t max_physical)
{
	uint64_t end = search->base, low = search->base, step = GIB;
	uint64_t high = search->base + (max_physical ? align_up(max_physical, PAGE_BYTES) : GIB);

	while (high > low && high < CPU_ENTRY_AREA && still_direct(search, high, &end)) {
		low = high;
		high += step;
		step *= 2;
	}
	if (high > CPU_ENTRY_AREA || high < low)
		high = CPU_ENTRY_AREA;
	while (high - low > PAGE_BYTES) {
		uint64_t middle = low + ((high - low) / 2 & ~(PAGE_BYTES - 1));
		if (still_direct(search, middle, &end))
			low = middle;
		else
			high = middle;
	}
	/* The last success was at `low`, unless low is where we began. */
	still_direct(search, low, &end);
	return end;
}

/* Without randomisation (nokaslr, KASAN, CONFIG_RANDOMIZE_MEMORY=n) the bases are these: mm.rst. The direct map began
 * at the first address before 4.20 (commit d52888aa2753, "x86/mm: Move LDT remap out of KASLR region on 5-level
 * paging"). */
struct fixed_bases {
	uint64_t direct_map, older_direct_map, vmalloc, vmemmap, vmalloc_size;
};

static const struct fixed_bases four_levels = {
	UINT64_C(0xffff888000000000),
	UINT64_C(0xffff880000000000),
	UINT64_C(0xffffc90000000000),
	UINT64_C(0xffffea0000000000),
	32 * TIB,
};
static const struct fixed_bases five_levels = {
	UINT64_C(0xff11000000000000),
	UINT64_C(0xff10000000000000),
	UINT64_C(0xffa0000000000000),
	UINT64_C(0xffd4000000000000),
	12800 * TIB,
};

/* The end of an area that begins at `start`, of a size that damage may have made too large. */
static uint64_t area_end(uint64_t start, uint64_t size)
{
	return start + IQ_MIN(size, CPU_ENTRY_AREA - start);
}

void iq_x86_64_find_bases(const struct iq_paging *paging, uint64_t max_physical, struct iq_layout *layout)
{
	const struct fixed_bases *fixed = paging->levels == 5 ? &five_levels : &four_levels;
	struct direct_map_search search = { paging, layout->kernel_table,
					    find_direct_map(paging, layout->kernel_table) };
	struct iq_leaf leaf;

	if (layout->text) {
		if (!layout->modules)
			layout->modules = guess_modules(paging, layout->kernel_table, layout->text);
		layout->modules_end = MODULES_END;
		layout->text_end = image_end(paging, layout->kernel_table, layout->text, layout->modules);
	}
	if (!search.base)
		return;
	uint64_t direct_end = find_direct_map_end(&search, max_physical);
	bool is_fixed = search.base == fixed->direct_map || search.base == fixed->older_direct_map;
	layout->direct_map = search.base;
	layout->direct_map_size = direct_end - search.base;

	/* vmalloc() takes the lowest free address, so the first GiB of its space is never empty. */
	if (!next_leaf(paging, layout->kernel_table, direct_end, CPU_ENTRY_AREA, &leaf))
		return;
	layout->vmalloc = leaf.address & ~(GIB - 1);
	if (is_fixed && leaf.address >= fixed->vmalloc && leaf.address - fixed->vmalloc < fixed->vmalloc_size)
		layout->vmalloc = fixed->vmalloc;
	layout->vmalloc_end = area_end(layout->vmalloc, fixed->vmalloc_size);

	/* The struct page of physical page 0 stands at the base. */
	if (!next_leaf(paging, layout->kernel_table, layout->vmalloc_end, CPU_ENTRY_AREA, &leaf))
		return;
	layout->vmemmap = leaf.address & ~(GIB - 1);
	if (is_fixed && leaf.address >= fixed->vmemmap && leaf.address - fixed->vmemmap < TIB)
		layout->vmemmap = fixed->vmemmap;
	layout->vmemmap_end =
		area_end(layout->vmemmap, align_up(layout->direct_map_size / PAGE_BYTES * STRUCT_PAGE_SIZE, PMD_BYTES));
}
