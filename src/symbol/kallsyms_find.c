// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the tables are. scripts/kallsyms.c writes them into .rodata one behind the other, each aligned to 8 bytes, in
 * one of two orders: before 6.5:  offsets, relative_base (or addresses alone), num_syms, names, markers,
 * [seqs_of_names: 6.2], token_table, token_index from 6.5 on: num_syms, names, markers, token_table, token_index,
 * offsets, [relative_base: until 7.0], seqs_of_names (404bad70fcf7). vmcoreinfo leaves out the markers and
 * seqs_of_names, and before 6.0 all of them.
 */
#include "symbol/kallsyms.h"

#include "util/cleanup.h"

#include <endian.h>
#include <string.h>

enum {
	MAX_MARKER_STEP = IQ_KALLSYMS_BLOCK * 1024,
	MIN_MARKER_STEP = IQ_KALLSYMS_BLOCK * 2,
	CHUNK = 64 * 1024,
	PAGE = 4096,
	SCRATCH = 64 << 20,
	MAX_SEQS = 3 * IQ_KALLSYMS_MAX / 4,
};

static const uint64_t MAX_SCAN = UINT64_C(256) << 20;

static uint64_t align8(uint64_t value)
{
	return (value + 7) & ~UINT64_C(7);
}

static uint32_t marker_count(uint32_t count)
{
	return (count + IQ_KALLSYMS_BLOCK - 1) / IQ_KALLSYMS_BLOCK;
}

static bool plausible_step(uint64_t from, uint64_t to)
{
	return to >= from + MIN_MARKER_STEP && to <= from + MAX_MARKER_STEP;
}

static bool read_marker(struct iq_target *target, uint64_t address, unsigned size, uint64_t *value)
{
	uint64_t raw = 0;
	if (iq_failed(iq_read(target, address, &raw, size)))
		return false;
	*value = le64toh(raw);
	return true;
}

/* Do markers lie there? The first is 0, the second one block on, the last leaves one block of names in front of the
 * markers. */
static bool markers_at(struct iq_target *target, const struct iq_kallsyms_tables *tables, uint64_t address,
		       unsigned size)
{
	uint32_t n = marker_count(tables->count);
	uint64_t first, second, last;
	if (address <= tables->names || (address & 7) || !read_marker(target, address, size, &first) || first)
		return false;
	if (!read_marker(target, address + (uint64_t)(n - 1) * size, size, &last))
		return false;
	if (n > 1 && (!read_marker(target, address + size, size, &second) || !plausible_step(0, second)))
		return false;
	uint64_t names = address - tables->names;
	return last < names && names - last <= MAX_MARKER_STEP;
}

static void deduce_markers(struct iq_target *target, struct iq_kallsyms_tables *tables)
{
	uint64_t seqs = align8((uint64_t)tables->count * 3);
	for (unsigned size = 4; size <= 8; size += 4) {
		uint64_t length = align8((uint64_t)marker_count(tables->count) * size);
		for (unsigned with_seqs = 0; with_seqs < 2; with_seqs++) {
			uint64_t address = tables->token_table - length - (with_seqs ? seqs : 0);
			if (address >= tables->token_table || !markers_at(target, tables, address, size))
				continue;
			tables->markers = address;
			tables->marker_size = size;
			if (with_seqs)
				tables->seqs = tables->token_table - seqs;
			return;
		}
	}
}

/* Takes `address` as kallsyms_seqs_of_names if entries all over it are indices and differ. */
static void deduce_seqs(struct iq_target *target, struct iq_kallsyms_tables *tables, uint64_t address)
{
	enum { SAMPLES = 32 };
	uint32_t first = 0, differ = 0;
	for (uint32_t s = 0; s < SAMPLES; s++) {
		uint8_t b[3];
		uint64_t n = (uint64_t)s * (tables->count - 1) / (SAMPLES - 1);
		if (iq_failed(iq_read(target, address + n * 3, b, sizeof(b))))
			return;
		uint32_t seq = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
		if (seq >= tables->count)
			return;
		if (!s)
			first = seq;
		differ += seq != first;
	}
	if (differ >= SAMPLES / 2 || differ + 1 >= tables->count)
		tables->seqs = address;
}

static bool read_entry(struct iq_target *target, const struct iq_kallsyms_tables *tables, uint32_t i, uint64_t *raw)
{
	unsigned size = iq_kallsyms_entry_size(tables);
	*raw = 0;
	if (iq_failed(iq_read(target, tables->offsets + (uint64_t)i * size, raw, size)))
		return false;
	*raw = le64toh(*raw);
	return true;
}

/* With --absolute-percpu every offset that is relative is negative; without, offsets reach from 0 to the size of the
 * image. The last symbol is never a per-CPU one. */
static void deduce_percpu_rule(struct iq_target *target, struct iq_kallsyms_tables *tables)
{
	uint64_t raw;
	tables->encoding = IQ_KALLSYMS_RELATIVE;
	if (read_entry(target, tables, tables->count - 1, &raw) && (raw & UINT64_C(0x80000000)))
		tables->encoding = IQ_KALLSYMS_RELATIVE_PERCPU;
}

/* Are the addresses in order, and the last in the kernel image or (x86-64's __init_scratch_end) shortly behind it? */
static bool addresses_make_sense(struct iq_target *target, const struct iq_kallsyms_tables *tables)
{
	enum { SAMPLES = 64 };
	const struct iq_layout *layout = iq_target_layout(target);
	uint64_t before = 0, raw;
	for (uint32_t s = 0; s < SAMPLES; s++) {
		uint32_t i = (uint32_t)((uint64_t)s * (tables->count - 1) / (SAMPLES - 1));
		if (!read_entry(target, tables, i, &raw))
			return false;
		uint64_t address = iq_kallsyms_address(tables, i, raw);
		if (address < before)
			return false;
		before = address;
	}
	return before >= layout->text && before <= layout->text_end + SCRATCH;
}

static bool try_relative(struct iq_target *target, struct iq_kallsyms_tables *tables, uint64_t offsets, uint64_t base)
{
	tables->offsets = offsets;
	if (iq_failed(iq_read_u64(target, base, &tables->relative_base)) ||
	    !iq_is_kernel_address(target, tables->relative_base))
		return false;
	deduce_percpu_rule(target, tables);
	return addresses_make_sense(target, tables);
}

static bool try_encoding(struct iq_target *target, struct iq_kallsyms_tables *tables, uint64_t offsets,
			 enum iq_kallsyms_encoding encoding)
{
	tables->offsets = offsets;
	tables->encoding = encoding;
	return addresses_make_sense(target, tables);
}

static bool symbol_line(struct iq_target *target, const char *key, uint64_t *value)
{
	return iq_dump_vmcoreinfo_number(iq_target_dump(target), key, 16, value);
}

struct iq_error *iq_kallsyms_from_vmcoreinfo(struct iq_target *target, struct iq_kallsyms_tables *out)
{
	struct iq_kallsyms_tables t = { 0 };
	uint64_t num_syms, base = 0;
	if (!symbol_line(target, "SYMBOL(kallsyms_names)", &t.names) ||
	    !symbol_line(target, "SYMBOL(kallsyms_num_syms)", &num_syms) ||
	    !symbol_line(target, "SYMBOL(kallsyms_token_table)", &t.token_table) ||
	    !symbol_line(target, "SYMBOL(kallsyms_token_index)", &t.token_index))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "vmcoreinfo does not say where kallsyms is");
	bool absolute = symbol_line(target, "SYMBOL(kallsyms_addresses)", &t.offsets);
	if (!absolute && !symbol_line(target, "SYMBOL(kallsyms_offsets)", &t.offsets))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "vmcoreinfo does not say where kallsyms' addresses are");
	IQ_TRY(iq_error_prefix(iq_read_u32(target, num_syms, &t.count), "kallsyms_num_syms"));
	if (!t.count || t.count > IQ_KALLSYMS_MAX)
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_num_syms at %#lx is %u, which no kernel has", num_syms,
				    t.count);

	uint64_t behind = align8(t.offsets + (uint64_t)t.count * (absolute ? 8 : 4));
	if (absolute) {
		t.encoding = IQ_KALLSYMS_ABSOLUTE;
	} else if (symbol_line(target, "SYMBOL(kallsyms_relative_base)", &base)) {
		IQ_TRY(iq_error_prefix(iq_read_u64(target, base, &t.relative_base), "kallsyms_relative_base"));
		deduce_percpu_rule(target, &t);
		behind = base + 8;
	} else {
		t.encoding = IQ_KALLSYMS_PLACE_RELATIVE;
	}
	deduce_markers(target, &t);
	if (!t.seqs && t.offsets > t.token_index)
		deduce_seqs(target, &t, behind);
	*out = t;
	return NULL;
}

/* Reads the strings of a token table that has its entry for '0' at `digit`, and checks the index behind it against
 * them. */
static bool token_table_around(struct iq_target *target, uint64_t digit, struct iq_kallsyms_tables *tables)
{
	enum { BEHIND = 208 * 64 }; /* the entries '0' to 255; tokens are mostly short */
	_cleanup_free_ char *text = malloc(BEHIND);
	size_t size = BEHIND;
	while (text && size >= 512 && iq_failed(iq_read(target, digit, text, size)))
		size -= 256;
	if (!text || size < 512)
		return false;
	size_t at = 0;
	uint16_t starts[256], index[256];
	for (unsigned i = '0'; i < 256; i++) {
		starts[i] = (uint16_t)at;
		size_t length = strnlen(text + at, size - at);
		if (length == size - at || length > 128)
			return false;
		at += length + 1;
	}
	tables->token_index = align8(digit + at);
	if (iq_failed(iq_read(target, tables->token_index, index, sizeof(index))) || index[0])
		return false;
	uint16_t before = le16toh(index['0']);
	for (unsigned i = 1; i < 256; i++) {
		if (le16toh(index[i]) <= le16toh(index[i - 1]) || (i >= '0' && le16toh(index[i]) != before + starts[i]))
			return false;
	}
	tables->token_table = digit - before;
	return true;
}

/* The markers in front of `end`: counts back from it to the 0 they begin with. */
static bool markers_before(struct iq_target *target, uint64_t end, unsigned size, struct iq_kallsyms_tables *tables,
			   uint32_t *count)
{
	uint64_t above, value;
	uint64_t at = end - size;
	if (!read_marker(target, at, size, &above))
		return false;
	if (!above && size == 4) { /* padding */
		at -= size;
		if (!read_marker(target, at, size, &above))
			return false;
	}
	uint64_t last = at;
	for (uint32_t n = 1; n < marker_count(IQ_KALLSYMS_MAX); n++) {
		if (!above) {
			tables->markers = at;
			tables->marker_size = size;
			*count = (uint32_t)((last - at) / size) + 1;
			return *count > 1;
		}
		at -= size;
		if (!read_marker(target, at, size, &value) || !plausible_step(value, above))
			return false;
		above = value;
	}
	return false;
}

/* 6.2 to 6.4 have kallsyms_seqs_of_names in between, 3 bytes a symbol: looks for a 0 and eight steps of markers,
 * downwards. */
static bool markers_below_seqs(struct iq_target *target, struct iq_kallsyms_tables *tables)
{
	enum { STEPS = 8 };
	_cleanup_free_ uint32_t *words = malloc(CHUNK + STEPS * 4);
	uint64_t high = tables->token_table & ~UINT64_C(7);
	for (uint64_t below = 0; words && below < MAX_SEQS && !iq_interrupted(); below += CHUNK) {
		uint64_t from = high - below - CHUNK;
		if (iq_failed(iq_read(target, from, words, CHUNK + (below ? STEPS * 4 : 0))))
			return false;
		for (size_t w = CHUNK / 4 - (below ? 0 : STEPS + 2); w-- > 0;) {
			unsigned steps = 0;
			while (!(w & 1) && !words[w] && steps < STEPS &&
			       plausible_step(le32toh(words[w + steps]), le32toh(words[w + steps + 1])))
				steps++;
			if (steps == STEPS) {
				tables->markers = from + w * 4;
				tables->marker_size = 4;
				return true;
			}
		}
	}
	return false;
}

/* Counts the markers there are and checks that as many symbols' seqs fill the space up to the token table. */
static bool seqs_fill(struct iq_target *target, struct iq_kallsyms_tables *tables, uint32_t *count)
{
	uint64_t before = 0, value;
	for (uint32_t n = 1; n < marker_count(IQ_KALLSYMS_MAX); n++) {
		uint64_t seqs = tables->markers + align8((uint64_t)n * 4);
		uint64_t most = align8((uint64_t)n * IQ_KALLSYMS_BLOCK * 3);
		uint64_t least = align8(((uint64_t)(n - 1) * IQ_KALLSYMS_BLOCK + 1) * 3);
		if (seqs + least <= tables->token_table && seqs + most >= tables->token_table) {
			*count = n;
			tables->seqs = seqs;
			return true;
		}
		if (!read_marker(target, tables->markers + (uint64_t)n * 4, 4, &value) ||
		    !plausible_step(before, value))
			return false;
		before = value;
	}
	return false;
}

/* Do `n` compressed names fill [address, end) up to less than `slack` bytes? */
static bool names_fill(struct iq_target *target, uint64_t address, uint64_t end, uint32_t n, size_t slack)
{
	if (end <= address || end - address > MAX_MARKER_STEP)
		return false;
	size_t size = end - address, at = 0, first, length;
	_cleanup_free_ uint8_t *bytes = malloc(size);
	if (!bytes || iq_failed(iq_read(target, address, bytes, size)))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!iq_kallsyms_step(bytes, size, &at, &first, &length))
			return false;
	}
	return size - at < slack;
}

/* The names end at the markers, and the last marker says how far from their start: one of few places, with the count in
 * front. */
static bool find_names(struct iq_target *target, uint32_t markers, struct iq_kallsyms_tables *tables)
{
	uint64_t last, second;
	unsigned size = tables->marker_size;
	if (!read_marker(target, tables->markers + (uint64_t)(markers - 1) * size, size, &last) ||
	    !read_marker(target, tables->markers + size, size, &second) || last >= tables->markers)
		return false;
	uint64_t names = (tables->markers - last - 1) & ~UINT64_C(7);
	for (unsigned steps = 0; steps < MAX_MARKER_STEP / 8; steps++, names -= 8) {
		uint64_t count;
		if (iq_failed(iq_read_u64(target, names - 8, &count)))
			return false;
		if (marker_count((uint32_t)IQ_MIN(count, (uint64_t)IQ_KALLSYMS_MAX)) != markers)
			continue;
		uint32_t in_last = (uint32_t)count - (markers - 1) * IQ_KALLSYMS_BLOCK;
		if (names_fill(target, names, names + second, IQ_KALLSYMS_BLOCK, 1) &&
		    names_fill(target, names + last, tables->markers, in_last, 8)) {
			tables->names = names;
			tables->count = (uint32_t)count;
			return true;
		}
	}
	return false;
}

static bool find_addresses(struct iq_target *target, struct iq_kallsyms_tables *tables)
{
	uint64_t behind = tables->token_index + 512, before = tables->names - 8, n = tables->count;
	if (try_relative(target, tables, behind, align8(behind + n * 4))) {
		deduce_seqs(target, tables, align8(behind + n * 4) + 8);
		return true;
	}
	if (try_relative(target, tables, before - 8 - align8(n * 4), before - 8) ||
	    try_encoding(target, tables, before - n * 8, IQ_KALLSYMS_ABSOLUTE))
		return true;
	if (try_encoding(target, tables, behind, IQ_KALLSYMS_ABSOLUTE)) {
		deduce_seqs(target, tables, behind + n * 8);
		return true;
	}
	if (!try_encoding(target, tables, behind, IQ_KALLSYMS_PLACE_RELATIVE))
		return false;
	deduce_seqs(target, tables, align8(behind + n * 4));
	return true;
}

static bool tables_around(struct iq_target *target, uint64_t digit, struct iq_kallsyms_tables *out)
{
	struct iq_kallsyms_tables t = { 0 };
	uint32_t markers;
	if (!token_table_around(target, digit, &t))
		return false;
	bool found =
		(markers_before(target, t.token_table, 4, &t, &markers) && find_names(target, markers, &t)) ||
		(markers_before(target, t.token_table, 8, &t, &markers) && find_names(target, markers, &t)) ||
		(markers_below_seqs(target, &t) && seqs_fill(target, &t, &markers) && find_names(target, markers, &t));
	if (!found || !find_addresses(target, &t))
		return false;
	*out = t;
	return true;
}

/* The entries for '0' to '9' stand for themselves in every kernel, since every kernel has digits in its names. */
static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";

/* Reads [from, from + size), page by page where it can't be had in one go; pages that are missing read as zeros, which
 * no pattern matches. */
static void read_holey(struct iq_target *target, uint64_t from, char *bytes, size_t size)
{
	if (!iq_failed(iq_read(target, from, bytes, size)))
		return;
	for (size_t at = 0; at < size; at += PAGE) {
		size_t part = IQ_MIN(size - at, (size_t)PAGE);
		if (iq_failed(iq_read(target, from + at, bytes + at, part)))
			memset(bytes + at, 0, part);
	}
}

/* Looks for the digits in [from, from + CHUNK + sizeof(digits)). */
static bool search_chunk(struct iq_target *target, uint64_t from, char *bytes, struct iq_kallsyms_tables *out)
{
	size_t size = CHUNK + sizeof(digits);
	read_holey(target, from, bytes, size);
	const char *at = bytes, *hit;
	while ((hit = memmem(at, size - (size_t)(at - bytes), digits, sizeof(digits)))) {
		if (tables_around(target, from + (uint64_t)(hit - bytes), out))
			return true;
		at = hit + 1;
	}
	return false;
}

/* .rodata lies below .data, and vmcoreinfo names things in .data: the search goes down from there first. */
static uint64_t data_start(struct iq_target *target)
{
	static const char *const in_data[] = { "SYMBOL(init_uts_ns)",    "SYMBOL(swapper_pg_dir)",
					       "SYMBOL(init_top_pgt)",   "SYMBOL(node_online_map)",
					       "SYMBOL(vmap_area_list)", "SYMBOL(init_level4_pgt)" };
	const struct iq_layout *layout = iq_target_layout(target);
	uint64_t lowest = layout->text_end;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(in_data); i++) {
		uint64_t address;
		if (symbol_line(target, in_data[i], &address) && address > layout->text && address < lowest)
			lowest = address;
	}
	return lowest;
}

struct iq_error *iq_kallsyms_recognise(struct iq_target *target, struct iq_kallsyms_tables *out)
{
	const struct iq_layout *layout = iq_target_layout(target);
	if (!layout->text || layout->text_end <= layout->text)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no kallsyms: the kernel image's place is not known");
	_cleanup_free_ char *bytes = malloc(CHUNK + sizeof(digits));
	if (!bytes)
		return iq_error_no_memory();
	uint64_t text = layout->text & ~(uint64_t)(CHUNK - 1), start = data_start(target) & ~(uint64_t)(CHUNK - 1);
	uint64_t end = layout->text_end;
	for (uint64_t at = start; at >= text && start - at < MAX_SCAN; at -= CHUNK) {
		IQ_TRY(iq_check_interrupt());
		if (search_chunk(target, at, bytes, out))
			return NULL;
	}
	for (uint64_t at = start + CHUNK; at < end && at - start < MAX_SCAN; at += CHUNK) {
		IQ_TRY(iq_check_interrupt());
		if (search_chunk(target, at, bytes, out))
			return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND,
			    "no kallsyms: nothing between %#lx and %#lx looks like the kernel's symbol table",
			    layout->text, end);
}
