// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables of x86-64 (Intel SDM 3A, chapter 4), read the way Linux writes them: entries that the hardware calls not
 * present but that still name a page are mapped for us.
 */
#include "arch/x86_64_internal.h"
#include "util/cleanup.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#define TABLE_SHIFT 9
#define TABLE_ENTRIES 512
#define PAGE_SHIFT 12
#define PAGE_BYTES 4096
#define MAX_LEVELS 5

/* next_leaf gives up after so many tables without a leaf: enough for the preallocated, empty ones of vmalloc space. */
#define MAX_EMPTY_TABLES 16384

/* By the number of levels below: a PTE is 0. */
static const char *const level_names[MAX_LEVELS] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

static const char *level_name(unsigned level, unsigned levels)
{
	return level == levels - 1 ? "PGD" : level_names[level];
}

static unsigned level_shift(unsigned level)
{
	return PAGE_SHIFT + level * TABLE_SHIFT;
}

bool iq_x86_64_is_canonical(uint64_t address, unsigned levels)
{
	unsigned bits = level_shift(levels) - 1;
	uint64_t top = address >> bits;
	return top == 0 || top == UINT64_MAX >> bits;
}

bool iq_x86_64_is_kernel_address(uint64_t address, unsigned levels)
{
	return address >> 63 && iq_x86_64_is_canonical(address, levels);
}

/* What an entry says. */
enum entry_kind { ENTRY_NONE, ENTRY_TABLE, ENTRY_LEAF, ENTRY_DAMAGED };

struct entry {
	enum entry_kind kind;
	uint64_t physical; /* of the table or page */
	uint64_t flags;
};

/*
 * Linux keeps the physical address in entries that are not present for the hardware: PROT_NONE and NUMA hinting (bit 8,
 * which swap entries keep clear) and, in a PMD or PUD, a huge page that is being split (bit 7, which swap entries keep
 * clear too). Since commit 6b28baca9b1f (4.19, "x86/speculation/l1tf: Protect PROT_NONE PTEs against speculation") the
 * address is inverted then. No machine has RAM at the top of the 52-bit space, so the topmost address bit tells whether
 * it is.
 */
static bool not_present_but_mapped(uint64_t entry, unsigned level)
{
	return entry & IQ_X86_PROTNONE || (level > 0 && entry & IQ_X86_PSE);
}

static struct entry classify(const struct iq_paging *paging, uint64_t value, unsigned level)
{
	uint64_t mask = IQ_X86_ADDRESS_MASK & ~paging->encryption_mask;
	uint64_t top_bit = UINT64_C(1) << (paging->encryption_mask >> 51 & 1 ? 50 : 51);
	struct entry entry = { .physical = value & mask, .flags = value & ~mask & ~paging->encryption_mask };
	bool leaf = level == 0 || value & IQ_X86_PSE;

	if (!(value & IQ_X86_PRESENT)) {
		if (level > 2 || !not_present_but_mapped(value, level))
			return entry;
		leaf = true;
		if (value & top_bit)
			entry.physical ^= mask;
	}
	if (!leaf) {
		entry.kind = ENTRY_TABLE;
		return entry;
	}
	/* In a large page the low address bits are reserved, except PAT's in bit 12. */
	uint64_t low = (UINT64_C(1) << level_shift(level)) - 1;
	uint64_t pat = level ? UINT64_C(1) << 12 : 0;
	if (level > 2 || (value & IQ_X86_PRESENT && entry.physical & low & ~pat)) {
		entry.kind = ENTRY_DAMAGED;
		return entry;
	}
	entry.kind = ENTRY_LEAF;
	entry.flags |= value & pat;
	entry.physical &= ~low;
	return entry;
}

struct iq_error *iq_x86_64_walk(const struct iq_paging *paging, uint64_t table, uint64_t address, struct iq_walk *out)
{
	memset(out, 0, sizeof(*out));
	if (paging->levels < 4 || paging->levels > MAX_LEVELS)
		return iq_error_new(IQ_ERROR_ARGUMENT, "page tables of %u levels are not known on x86-64",
				    paging->levels);
	if (!iq_x86_64_is_canonical(address, paging->levels))
		return NULL;

	table &= IQ_X86_ADDRESS_MASK & ~paging->encryption_mask;
	for (unsigned level = paging->levels; level-- > 0;) {
		const char *name = level_name(level, paging->levels);
		uint64_t index = address >> level_shift(level) & (TABLE_ENTRIES - 1);
		uint64_t entry_address = table + index * sizeof(uint64_t), value;
		struct iq_error *error = paging->phys.read(paging->phys.context, entry_address, &value, sizeof(value));
		if (error)
			return iq_error_prefix(error, "%s table at physical 0x%" PRIx64, name, table);
		value = le64toh(value);
		out->steps[out->count++] = (struct iq_walk_step){ name, entry_address, value };

		struct entry entry = classify(paging, value, level);
		out->flags = entry.flags;
		out->page_size = UINT64_C(1) << level_shift(level);
		switch (entry.kind) {
		case ENTRY_NONE: return NULL;
		case ENTRY_DAMAGED:
			return iq_error_new(IQ_ERROR_FORMAT,
					    "%s entry %" PRIx64 " at physical 0x%" PRIx64 " is impossible: %s", name,
					    value, entry_address,
					    level > 2 ? "no page is that large" : "reserved address bits are set");
		case ENTRY_LEAF:
			out->physical = entry.physical + (address & (out->page_size - 1));
			out->mapped = true;
			return NULL;
		case ENTRY_TABLE: table = entry.physical; break;
		}
	}
	return NULL;
}

/* The state of a search for a leaf: one table a level, on the way down. */
struct search {
	const struct iq_paging *paging;
	uint64_t from, last;
	size_t tables_left;
	uint64_t entries[MAX_LEVELS][TABLE_ENTRIES];
};

/* The address that entry `index` of the table covering `base` translates first, sign-extended. */
static uint64_t entry_start(const struct search *search, uint64_t base, unsigned level, unsigned index)
{
	unsigned unused = 64 - level_shift(search->paging->levels);
	uint64_t address = base + ((uint64_t)index << level_shift(level));
	return (uint64_t)((int64_t)(address << unused) >> unused);
}

static struct iq_error *search_table(struct search *search, uint64_t table, unsigned level, uint64_t base,
				     struct iq_leaf *out, bool *found)
{
	const struct iq_paging *paging = search->paging;
	uint64_t *entries = search->entries[level];
	unsigned shift = level_shift(level);
	uint64_t previous = 0;

	if (search->tables_left-- == 0) {
		search->tables_left = 0;
		return iq_error_new(IQ_ERROR_LIMIT, "no mapping found at or after %" PRIx64 " in %u page tables",
				    search->from, MAX_EMPTY_TABLES);
	}
	if (iq_failed(paging->phys.read(paging->phys.context, table, entries, PAGE_BYTES)))
		return NULL;
	unsigned first =
		entry_start(search, base, level, 0) >= search->from ? 0 : (search->from >> shift) & (TABLE_ENTRIES - 1);
	for (unsigned i = first; i < TABLE_ENTRIES; i++) {
		uint64_t start = entry_start(search, base, level, i);
		uint64_t end = start + ((UINT64_C(1) << shift) - 1);
		if (end < search->from)
			continue;
		if (start > search->last)
			break;
		uint64_t value = le64toh(entries[i]);
		struct entry entry = classify(paging, value, level);
		if (entry.kind == ENTRY_LEAF) {
			*out = (struct iq_leaf){ start, entry.physical, UINT64_C(1) << shift, entry.flags };
			*found = true;
			return NULL;
		}
		/* KASAN's shadow repeats one table over terabytes: what had no leaf just now has none again. */
		if (entry.kind != ENTRY_TABLE || (value == previous && start > search->from))
			continue;
		IQ_TRY(search_table(search, entry.physical, level - 1, start, out, found));
		if (*found)
			return NULL;
		previous = start >= search->from ? value : 0;
	}
	return NULL;
}

/* Half an address space at a time, so that addresses only grow within one search. */
static struct iq_error *search_half(struct search *search, uint64_t table, uint64_t from, uint64_t last,
				    struct iq_leaf *out, bool *found)
{
	search->from = from;
	search->last = last;
	return from > last ? NULL : search_table(search, table, search->paging->levels - 1, 0, out, found);
}

struct iq_error *iq_x86_64_next_leaf(const struct iq_paging *paging, uint64_t table, uint64_t from, uint64_t last,
				     struct iq_leaf *out, bool *found)
{
	*found = false;
	if (paging->levels < 4 || paging->levels > MAX_LEVELS)
		return iq_error_new(IQ_ERROR_ARGUMENT, "page tables of %u levels are not known on x86-64",
				    paging->levels);
	_cleanup_free_ struct search *search = malloc(sizeof(*search));
	if (!search)
		return iq_error_no_memory();
	search->paging = paging;
	search->tables_left = MAX_EMPTY_TABLES;
	table &= IQ_X86_ADDRESS_MASK & ~paging->encryption_mask;

	/* The hole of non-canonical addresses has no mappings. */
	uint64_t user_last = (UINT64_C(1) << (level_shift(paging->levels) - 1)) - 1, kernel_first = ~user_last;
	IQ_TRY(search_half(search, table, from, IQ_MIN(last, user_last), out, found));
	if (*found)
		return NULL;
	return search_half(search, table, IQ_MAX(from, kernel_first), last, out, found);
}

/* Swap entries as arch/x86/include/asm/pgtable_64.h has them since commit 377eeaa8e11f (4.19, "x86/speculation/l1tf:
 * Protect swap entries against L1TF"): the type in bits 59 to 63, the offset inverted in bits 9 to 58. */
void iq_x86_64_decode_pte(const struct iq_paging *paging, uint64_t entry, struct iq_pte *out)
{
	struct entry parts = classify(paging, entry, 0);

	*out = (struct iq_pte){
		.mapped = parts.kind == ENTRY_LEAF,
		.swapped = parts.kind == ENTRY_NONE && entry,
		.physical = parts.physical,
		.flags = parts.flags,
		.swap_type = entry >> 59,
		.swap_offset = ~entry << 5 >> 14,
	};
}

/* The words and their order are those of crash's vtop. */
void iq_x86_64_format_page_flags(uint64_t flags, struct iq_strbuf *out)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ IQ_X86_PRESENT, "PRESENT" }, { IQ_X86_RW, "RW" },   { IQ_X86_USER, "USER" },
		{ IQ_X86_PWT, "PWT" },         { IQ_X86_PCD, "PCD" }, { IQ_X86_ACCESSED, "ACCESSED" },
		{ IQ_X86_DIRTY, "DIRTY" },     { IQ_X86_PSE, "PSE" }, { IQ_X86_PROTNONE, "PROTNONE" },
		{ IQ_X86_GLOBAL, "GLOBAL" },   { IQ_X86_NX, "NX" },
	};
	const char *separator = "";
	bool present = flags & IQ_X86_PRESENT;

	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		bool shown = flags & names[i].bit;
		if (names[i].bit == IQ_X86_PSE)
			shown = shown && present;
		if (strcmp(names[i].name, "PROTNONE") == 0)
			shown = shown && !present;
		if (!shown)
			continue;
		iq_strbuf_add(out, separator);
		iq_strbuf_add(out, names[i].name);
		separator = "|";
	}
}
