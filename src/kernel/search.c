// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/search.h"

#include "util/cleanup.h"

#include <endian.h>
#include <string.h>

enum {
	MAX_TEXT = 4096, /* what is carried from page to page */
	PROGRESS_PAGES = 4096,
	ALIASES = 512, /* pages in a row that are one and the same, before larger steps are taken */
};

struct scan {
	struct iq_target *target;
	const struct iq_search *search;
	size_t page_size, longest; /* longest: text */
	uint8_t *buffer;           /* the end of the page before (longest - 1 bytes), and a page */
	size_t carried;            /* bytes of the page before */
	uint64_t next_address;     /* behind the page that was looked at last */
	bool any;                  /* was there one? */
	uint64_t pages;
};

/* Is the value in one of so many words? A loop without a branch, which compilers turn into vector instructions. */
#define DEFINE_BLOCK(bits)                                                                                             \
	static bool in_block##bits(const uint8_t *bytes, size_t count, uint##bits##_t mask, uint##bits##_t wanted)     \
	{                                                                                                              \
		uint##bits##_t found = 0;                                                                              \
		const uint##bits##_t *words = (const void *)bytes;                                                     \
		for (size_t i = 0; i < count; i++)                                                                     \
			found |= (words[i] & mask) == wanted;                                                          \
		return found;                                                                                          \
	}

DEFINE_BLOCK(16)
DEFINE_BLOCK(32)
DEFINE_BLOCK(64)

static bool in_block(const struct scan *scan, const uint8_t *bytes, size_t length, size_t pattern)
{
	uint64_t mask = ~scan->search->mask, wanted = scan->search->patterns[pattern].value & mask;
	switch (scan->search->size) {
	case 2: return in_block16(bytes, length / 2, (uint16_t)mask, (uint16_t)wanted);
	case 4: return in_block32(bytes, length / 4, (uint32_t)mask, (uint32_t)wanted);
	default: return in_block64(bytes, length / 8, mask, wanted);
	}
}

static uint64_t word_at(const uint8_t *bytes, unsigned size)
{
	uint64_t value = 0;
	memcpy(&value, bytes, size);
	return le64toh(value);
}

static struct iq_error *check_word(const struct scan *scan, uint64_t address, uint64_t value)
{
	const struct iq_search *search = scan->search;
	for (size_t i = 0; i < search->pattern_count; i++) {
		struct iq_search_hit hit = { address, i, value };
		/* Only the bits that a value of this size has. */
		uint64_t bits = ~search->mask & UINT64_MAX >> (64 - 8 * search->size);
		if (!((value ^ search->patterns[i].value) & bits)) {
			IQ_TRY(search->hit(search->context, &hit));
			break;
		}
	}
	return NULL;
}

static struct iq_error *scan_values(struct scan *scan, uint64_t address, const uint8_t *bytes, size_t length)
{
	const struct iq_search *search = scan->search;
	enum { BLOCK = 512 };
	for (size_t at = 0; at < length; at += BLOCK) {
		size_t part = IQ_MIN(length - at, (size_t)BLOCK), pattern = 0;
		while (pattern < search->pattern_count && !in_block(scan, bytes + at, part, pattern))
			pattern++;
		if (pattern == search->pattern_count)
			continue;
		for (size_t i = 0; i + search->size <= part; i += search->size)
			IQ_TRY(check_word(scan, address + at + i, word_at(bytes + at + i, search->size)));
	}
	return NULL;
}

/* Text in `bytes`, whose first `carried` were looked at before: what ends in them was told then. */
static struct iq_error *scan_text(struct scan *scan, uint64_t address, const uint8_t *bytes, size_t length,
				  size_t carried)
{
	const struct iq_search *search = scan->search;
	for (size_t from = 0;;) {
		struct iq_search_hit hit = { UINT64_MAX, 0, 0 };
		const uint8_t *first = NULL;
		for (size_t i = 0; i < search->pattern_count; i++) {
			const struct iq_search_pattern *pattern = &search->patterns[i];
			size_t start = carried >= pattern->length ? carried - pattern->length + 1 : 0;
			start = IQ_MAX(start, from);
			const uint8_t *found =
				start < length ? memmem(bytes + start, length - start, pattern->text, pattern->length)
					       : NULL;
			if (found && (!first || found < first)) {
				first = found;
				hit.pattern = i;
			}
		}
		if (!first)
			return NULL;
		from = (size_t)(first - bytes) + 1;
		hit.address = address + (from - 1);
		if (hit.address >= search->first)
			IQ_TRY(search->hit(search->context, &hit));
		IQ_TRY(iq_check_interrupt());
	}
}

static struct iq_error *count_page(struct scan *scan)
{
	if (++scan->pages % PROGRESS_PAGES == 0 && scan->search->progress)
		scan->search->progress(scan->search->context, scan->pages);
	return iq_check_interrupt();
}

/* Looks at the page that begins at `address` and lies at `physical`; false in *there when the dump hasn't got it. */
static struct iq_error *scan_page(struct scan *scan, uint64_t address, uint64_t physical)
{
	const struct iq_search *search = scan->search;
	size_t room = scan->longest ? scan->longest - 1 : 0, from = 0, to = scan->page_size;
	uint8_t *page = scan->buffer + room;
	IQ_TRY(count_page(scan));
	if (!scan->any || address != scan->next_address)
		scan->carried = 0;
	struct iq_error *error = iq_dump_read(iq_target_dump(scan->target), physical, page, scan->page_size);
	if (error && !iq_error_is(error, IQ_ERROR_MEMORY))
		return error;
	if (error) {
		iq_error_free(error);
		scan->any = false;
		return NULL;
	}
	if (address < search->first)
		from = (size_t)(search->first - address);
	if (search->last - address < scan->page_size - 1)
		to = (size_t)(search->last - address) + 1;
	if (search->size)
		IQ_TRY(scan_values(scan, address + from, page + from, (to - from) / search->size * search->size));
	else
		IQ_TRY(scan_text(scan, address - scan->carried, page - scan->carried, to + scan->carried,
				 scan->carried));
	/* Its end goes before the next page. */
	scan->carried = IQ_MIN(room, scan->carried + scan->page_size);
	memmove(scan->buffer + room - scan->carried, page + scan->page_size - scan->carried, scan->carried);
	scan->next_address = address + scan->page_size;
	scan->any = true;
	return NULL;
}

static struct iq_error *scan_physical(struct scan *scan)
{
	uint64_t page = scan->search->first & ~(uint64_t)(scan->page_size - 1), next;
	while (iq_dump_next_present(iq_target_dump(scan->target), page, &next) && next <= scan->search->last) {
		next &= ~(uint64_t)(scan->page_size - 1);
		IQ_TRY(scan_page(scan, next, next));
		page = next + scan->page_size;
		if (!page)
			break;
	}
	return iq_check_interrupt();
}

/* The pages of one leaf that the dump has. */
static struct iq_error *scan_leaf(struct scan *scan, const struct iq_leaf *leaf)
{
	const struct iq_search *search = scan->search;
	uint64_t offset = 0, next;
	if (leaf->address < search->first)
		offset = (search->first - leaf->address) & ~(uint64_t)(scan->page_size - 1);
	while (offset < leaf->size && search->last >= leaf->address && offset <= search->last - leaf->address) {
		if (!iq_dump_next_present(iq_target_dump(scan->target), leaf->physical + offset, &next))
			return iq_check_interrupt();
		offset = (next - leaf->physical) & ~(uint64_t)(scan->page_size - 1);
		if (offset >= leaf->size || offset > search->last - leaf->address)
			return NULL;
		IQ_TRY(scan_page(scan, leaf->address + offset, leaf->physical + offset));
		offset += scan->page_size;
	}
	return NULL;
}

/* Where to look for the next leaf. `same` counts the pages in a row that were one and the same. */
static uint64_t behind(const struct iq_leaf *leaf, unsigned *same, uint64_t physical)
{
	uint64_t end = leaf->address + (leaf->size - 1), stride = 0;
	*same = leaf->physical == physical ? *same + 1 : 0;
	/* Steps of 2 MiB, 1 GiB, 512 GiB: what one entry of each higher table maps. */
	for (unsigned i = 0; i < 3 && *same >= ALIASES + i * 16; i++)
		stride = UINT64_C(1) << (21 + 9 * i);
	return stride ? (end | (stride - 1)) + 1 : end + 1;
}

static struct iq_error *scan_virtual(struct scan *scan)
{
	const struct iq_search *search = scan->search;
	const struct iq_layout *layout = iq_target_layout(scan->target);
	struct iq_paging paging = iq_target_paging(scan->target);
	uint64_t table = search->space ? search->space->table : layout->kernel_table, physical = UINT64_MAX;
	unsigned same = 0;
	if (!table)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no page tables are known to find mapped memory by");
	for (uint64_t at = search->first; at <= search->last;) {
		struct iq_leaf leaf;
		bool found;
		IQ_TRY(iq_target_arch(scan->target)->next_leaf(&paging, table, at, search->last, &leaf, &found));
		if (!found)
			break;
		IQ_TRY(scan_leaf(scan, &leaf));
		uint64_t next = behind(&leaf, &same, physical);
		physical = leaf.physical;
		if (next <= at)
			break; /* the end of the address space */
		at = next;
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

struct iq_error *iq_search(struct iq_target *target, const struct iq_search *search)
{
	struct scan scan = { .target = target, .search = search };
	if (search->size && search->first % search->size)
		return iq_error_new(IQ_ERROR_ARGUMENT, "values of %u bytes are looked for at multiples of it",
				    search->size);
	scan.page_size = iq_dump_info(iq_target_dump(target))->page_size;
	for (size_t i = 0; !search->size && i < search->pattern_count; i++) {
		if (!search->patterns[i].length || search->patterns[i].length > MAX_TEXT)
			return iq_error_new(IQ_ERROR_ARGUMENT, "text of %zu bytes can't be looked for",
					    search->patterns[i].length);
		scan.longest = IQ_MAX(scan.longest, search->patterns[i].length);
	}
	_cleanup_free_ uint8_t *buffer = aligned_alloc(64, (scan.page_size + scan.longest + 127) & ~(size_t)63);
	if (!buffer)
		return iq_error_no_memory();
	scan.buffer = buffer;
	return search->memory == IQ_SEARCH_PHYSICAL ? scan_physical(&scan) : scan_virtual(&scan);
}
