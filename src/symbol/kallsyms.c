// SPDX-License-Identifier: GPL-2.0-or-later
/* The source over the kernel's own table. Nothing is decoded before it is asked for: an address costs a binary search
 * in place and one block of 256 names; a name costs, once, a hash of all names (or a binary search where the kernel has
 * sorted them). */
#include "symbol/kallsyms.h"

#include "symbol/arena.h"
#include "symbol/kallsyms_blocks.h"
#include "symbol/view.h"
#include "util/cleanup.h"

#include <endian.h>
#include <string.h>

enum { HASH_BITS = 16, PIECE = 64 /* entries that are trusted or not */, FAR = 4096 /* entries */, MAX_ALIASES = 32 };

struct kallsyms {
	struct iq_symbol_source source;
	struct iq_target *target;
	struct iq_kallsyms_tables tables;
	struct iq_kallsyms_tokens tokens;
	struct iq_kallsyms_blocks blocks;
	struct iq_view entries, seqs;
	const char **names; /* by index: the type letter, then the name; NULL: not decoded yet */
	struct iq_arena arena;
	bool seqs_usable;
	/* Made when addresses turn out to be damaged: of each PIECE entries, whether they are in order with the rest.
	 */
	bool *good, hopeless;
	/* Made on the first question by name: chains of indices, ascending. UINT32_MAX ends one. */
	uint32_t *heads, *next, *hashes;
};

unsigned iq_kallsyms_entry_size(const struct iq_kallsyms_tables *tables)
{
	return tables->encoding == IQ_KALLSYMS_ABSOLUTE ? 8 : 4;
}

uint64_t iq_kallsyms_address(const struct iq_kallsyms_tables *tables, uint32_t i, uint64_t raw)
{
	int32_t offset = (int32_t)(uint32_t)raw;
	switch (tables->encoding) {
	case IQ_KALLSYMS_ABSOLUTE: return raw;
	case IQ_KALLSYMS_RELATIVE: return tables->relative_base + (uint32_t)raw;
	case IQ_KALLSYMS_RELATIVE_PERCPU:
		return offset >= 0 ? (uint64_t)offset : tables->relative_base - 1 - (uint64_t)(int64_t)offset;
	case IQ_KALLSYMS_PLACE_RELATIVE: return tables->offsets + (uint64_t)i * 4 + (uint64_t)(int64_t)offset;
	}
	return 0;
}

static struct iq_error *read_address(struct kallsyms *k, uint32_t i, uint64_t *address)
{
	unsigned size = iq_kallsyms_entry_size(&k->tables);
	uint64_t raw = 0;
	IQ_TRY(iq_view_read(&k->entries, (uint64_t)i * size, &raw, size));
	*address = iq_kallsyms_address(&k->tables, i, le64toh(raw));
	return NULL;
}

/* What a piece of the table is, for the survey. */
struct piece {
	bool readable;
	uint64_t first, last;
	uint32_t before; /* the piece before it in the longest chain that ends with it */
};

static void read_piece(struct kallsyms *k, uint32_t p, struct piece *piece)
{
	uint32_t start = p * PIECE, end = IQ_MIN(k->tables.count - start, (uint32_t)PIECE) + start;
	*piece = (struct piece){ .before = UINT32_MAX };
	piece->readable = !iq_failed(read_address(k, start, &piece->first));
	piece->last = piece->first;
	for (uint32_t i = start + 1, aliases = 0; i < end && piece->readable; i++) {
		uint64_t address = 0;
		piece->readable = !iq_failed(read_address(k, i, &address)) && address >= piece->last;
		aliases = address == piece->last ? aliases + 1 : 0;
		piece->readable &= aliases < MAX_ALIASES;
		piece->last = address;
	}
}

/* The longest chain of pieces that are in order, each in itself and one after the other, is the table; the rest is
 * damage. tails[n]: the piece with the lowest last address that ends a chain of n + 1. */
static uint32_t find_chain(struct piece *pieces, uint32_t count, uint32_t *tails)
{
	uint32_t length = 0;
	for (uint32_t p = 0; p < count; p++) {
		uint32_t low = 0, high = length;
		if (!pieces[p].readable)
			continue;
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;
			if (pieces[tails[middle]].last <= pieces[p].first)
				low = middle + 1;
			else
				high = middle;
		}
		pieces[p].before = low ? tails[low - 1] : UINT32_MAX;
		if (low == length || pieces[p].last < pieces[tails[low]].last)
			tails[low] = p;
		length = IQ_MAX(length, low + 1);
	}
	return length ? tails[length - 1] : UINT32_MAX;
}

static struct iq_error *survey(struct kallsyms *k)
{
	uint32_t count = (k->tables.count + PIECE - 1) / PIECE, kept = 0;
	if (k->good)
		return NULL;
	if (k->hopeless)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: damaged", k->entries.what);
	_cleanup_free_ struct piece *pieces = malloc(count * sizeof(*pieces));
	_cleanup_free_ uint32_t *tails = malloc(count * sizeof(*tails));
	_cleanup_free_ bool *good = calloc(count, sizeof(*good));
	if (!pieces || !tails || !good)
		return iq_error_no_memory();
	for (uint32_t p = 0; p < count; p++)
		read_piece(k, p, &pieces[p]);
	for (uint32_t p = find_chain(pieces, count, tails); p != UINT32_MAX; p = pieces[p].before) {
		good[p] = true;
		kept += IQ_MIN(k->tables.count - p * PIECE, (uint32_t)PIECE);
	}
	k->hopeless = kept < k->tables.count / 2;
	if (k->hopeless)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: of %u addresses only %u can be read and are in order",
				    k->entries.what, k->tables.count, kept);
	k->good = iq_steal(good);
	if (kept < k->tables.count)
		iq_warn(iq_target_diag(k->target),
			"%s: the addresses of %u of %u symbols are missing or not in order: these symbols are left out",
			k->entries.what, k->tables.count - kept, k->tables.count);
	return NULL;
}

/* Are the entries near and farther around `i` in order? A search that came by damage has ended where they are not. */
static bool in_order(struct kallsyms *k, uint32_t i)
{
	uint64_t here, address, before, after;
	if (iq_failed(read_address(k, i, &here)))
		return false;
	before = after = here;
	for (uint32_t step = 1; step <= FAR; step *= 2) {
		if (step <= i) {
			if (iq_failed(read_address(k, i - step, &address)) || address > before || (address == here && step >= MAX_ALIASES))
				return false;
			before = address;
		}
		if (step < k->tables.count - i) {
			if (iq_failed(read_address(k, i + step, &address)) || address < after || (address == here && step >= MAX_ALIASES))
				return false;
			after = address;
		}
	}
	return true;
}

/* Can the address of entry `i` be believed? */
static bool trusted(struct kallsyms *k, uint32_t i)
{
	if (!k->good && in_order(k, i))
		return true;
	return !iq_failed(survey(k)) && k->good[i / PIECE];
}

/* Is this value a per-CPU offset and not an address? */
static bool is_percpu(const struct kallsyms *k, uint64_t address)
{
	return k->tables.encoding == IQ_KALLSYMS_RELATIVE_PERCPU && address <= INT32_MAX;
}

/* Up to the next symbol at a different address; the last one ends with the source's range. */
static struct iq_error *measure(struct kallsyms *k, uint32_t i, uint64_t address, uint64_t *size)
{
	uint64_t next = address;
	uint32_t n = i + 1;
	*size = 0;
	while (n < k->tables.count && next == address) {
		if (k->good && !k->good[n / PIECE])
			return NULL; /* not known */
		IQ_TRY(read_address(k, n, &next));
		n++;
	}
	if (next == address && k->source.range_count)
		next = k->source.ranges[0].end;
	*size = next > address && is_percpu(k, next) == is_percpu(k, address) ? next - address : 0;
	return NULL;
}

static struct iq_error *keep_name(struct kallsyms *k, uint32_t i, const uint8_t *tokens, size_t length)
{
	char text[IQ_KALLSYMS_NAME_SIZE + 1];
	size_t name_length;
	if (!iq_kallsyms_expand(&k->tokens, tokens, length, text + 1, &name_length, &text[0]))
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms: the name of symbol %u is damaged", i);
	k->names[i] = iq_arena_add(&k->arena, text, name_length + 1);
	return k->names[i] ? NULL : iq_error_no_memory();
}

static struct iq_error *name_symbol(struct kallsyms *k, uint32_t i)
{
	if (k->names[i])
		return NULL;
	const uint8_t *tokens;
	size_t length;
	IQ_TRY(iq_kallsyms_blocks_find(&k->blocks, i, &tokens, &length));
	return keep_name(k, i, tokens, length);
}

static struct iq_error *fill(struct kallsyms *k, uint32_t i, uint64_t address, struct iq_symbol *out)
{
	IQ_TRY(name_symbol(k, i));
	uint64_t size;
	IQ_TRY(measure(k, i, address, &size));
	*out = (struct iq_symbol){ .name = k->names[i] + 1,
				   .address = address,
				   .size = size,
				   .type = k->names[i][0],
				   .origin = IQ_SYMBOL_VMLINUX };
	return NULL;
}

/* The first index of [low, high) whose address is above `address`; high when there is none. */
static struct iq_error *search(struct kallsyms *k, uint32_t low, uint32_t high, uint64_t address, uint32_t *index)
{
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t here;
		IQ_TRY(read_address(k, middle, &here));
		if (here <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return NULL;
}

/* The same over the good pieces. What lies behind a good one and before a bad one is not known. */
static struct iq_error *search_pieces(struct kallsyms *k, uint64_t address, uint32_t *index)
{
	uint32_t count = k->tables.count, low = 0, last = UINT32_MAX;
	for (uint32_t p = 0; p * PIECE < count; p++) {
		uint64_t first;
		if (!k->good[p])
			continue;
		IQ_TRY(read_address(k, p * PIECE, &first));
		if (first > address)
			break;
		last = p;
	}
	if (last != UINT32_MAX) {
		uint32_t end = IQ_MIN((last + 1) * PIECE, count);
		uint64_t before;
		IQ_TRY(search(k, last * PIECE, end, address, &low));
		IQ_TRY(read_address(k, low - 1, &before));
		if (low == end && end < count && !k->good[last + 1] && before != address)
			return iq_error_new(IQ_ERROR_FORMAT, "%s: the addresses around %#lx are missing or damaged",
					    k->entries.what, address);
	} else if (!k->good[0]) {
		return iq_error_new(IQ_ERROR_FORMAT, "%s: the first addresses are missing or damaged", k->entries.what);
	}
	*index = low;
	return NULL;
}

/* The first index whose address is above `address`; count when there is none. */
static struct iq_error *upper_bound(struct kallsyms *k, uint64_t address, uint32_t *index)
{
	if (!k->good && !iq_failed(search(k, 0, k->tables.count, address, index)) &&
	    in_order(k, *index < k->tables.count ? *index : *index - 1))
		return NULL;
	IQ_TRY(survey(k));
	return search_pieces(k, address, index);
}

/* Of several names at one address the first in the table, as the kernel's get_symbol_pos() has it: scripts/kallsyms.c
 * has put weak and underscored aliases behind the others. */
static struct iq_error *by_address(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out)
{
	struct kallsyms *k = (struct kallsyms *)source;
	uint32_t i;
	IQ_TRY(upper_bound(k, address, &i));
	if (!i)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol at or below %#lx", address);
	uint64_t here, before;
	IQ_TRY(read_address(k, --i, &here));
	if (is_percpu(k, here) != is_percpu(k, address))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol at or below %#lx", address);
	for (; i && (!k->good || k->good[(i - 1) / PIECE]); i--) {
		IQ_TRY(read_address(k, i - 1, &before));
		if (before != here)
			break;
	}
	return fill(k, i, here, out);
}

static struct iq_error *above(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out)
{
	struct kallsyms *k = (struct kallsyms *)source;
	uint32_t i;
	IQ_TRY(upper_bound(k, address, &i));
	if (i == k->tables.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol above %#lx", address);
	uint64_t here;
	IQ_TRY(read_address(k, i, &here));
	return fill(k, i, here, out);
}

static struct iq_error *give(struct kallsyms *k, uint32_t i, iq_symbol_fn fn, void *context)
{
	uint64_t address;
	struct iq_symbol symbol;
	if (!trusted(k, i)) {
		IQ_TRY(name_symbol(k, i));
		return iq_error_new(IQ_ERROR_FORMAT, "%s: the address of %s is missing or damaged", k->entries.what,
				    k->names[i] + 1);
	}
	IQ_TRY(read_address(k, i, &address));
	IQ_TRY(fill(k, i, address, &symbol));
	return fn(context, &symbol);
}

static struct iq_error *build_hash(struct kallsyms *k)
{
	uint32_t count = k->tables.count;
	_cleanup_free_ uint32_t *heads = malloc(sizeof(*heads) << HASH_BITS);
	_cleanup_free_ uint32_t *next = malloc(sizeof(*next) * count);
	_cleanup_free_ uint32_t *hashes = malloc(sizeof(*hashes) * count);
	if (!heads || !next || !hashes)
		return iq_error_no_memory();
	memset(heads, 0xff, sizeof(*heads) << HASH_BITS);
	for (uint32_t b = k->blocks.count; b-- > 0;) {
		IQ_TRY(iq_check_interrupt());
		const uint8_t *bytes;
		size_t size, at = 0, first, length;
		uint32_t start = b * IQ_KALLSYMS_BLOCK, n = IQ_MIN(count - start, (uint32_t)IQ_KALLSYMS_BLOCK);
		if (iq_failed(iq_kallsyms_blocks_get(&k->blocks, b, &bytes, &size)))
			continue; /* reported there */
		for (uint32_t i = start; i < start + n && iq_kallsyms_step(bytes, size, &at, &first, &length); i++)
			hashes[i] = iq_kallsyms_hash(&k->tokens, bytes + first, length);
		if (!at)
			continue;
		for (uint32_t i = start + n; i-- > start;) {
			uint32_t *head = &heads[(hashes[i] * UINT32_C(0x9e3779b1)) >> (32 - HASH_BITS)];
			next[i] = *head;
			*head = i;
		}
	}
	k->heads = iq_steal(heads);
	k->next = iq_steal(next);
	k->hashes = iq_steal(hashes);
	return NULL;
}

static struct iq_error *by_hash(struct kallsyms *k, const char *name, iq_symbol_fn fn, void *context)
{
	if (!k->heads)
		IQ_TRY(build_hash(k));
	uint32_t hash = iq_kallsyms_hash_text(name);
	uint32_t i = k->heads[(hash * UINT32_C(0x9e3779b1)) >> (32 - HASH_BITS)];
	for (; i != UINT32_MAX; i = k->next[i]) {
		if (k->hashes[i] != hash || iq_failed(name_symbol(k, i)) || strcmp(k->names[i] + 1, name) != 0)
			continue;
		IQ_TRY(give(k, i, fn, context));
	}
	return NULL;
}

/* The order of kallsyms_seqs_of_names: by name; with LTO the part behind the first '.' does not count, which does no
 * harm to the order of the rest (33f0467fe069). So names that are equal before their first '.' are one run in both. */
static int compare_stems(const char *a, const char *b)
{
	while (*a && *a != '.' && *a == *b) {
		a++;
		b++;
	}
	int left = *a == '.' ? 0 : (uint8_t)*a, right = *b == '.' ? 0 : (uint8_t)*b;
	return left - right;
}

static struct iq_error *read_seq(struct kallsyms *k, uint32_t n, uint32_t *index)
{
	uint8_t bytes[3];
	IQ_TRY(iq_view_read(&k->seqs, (uint64_t)n * 3, bytes, sizeof(bytes)));
	*index = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
	if (*index >= k->tables.count)
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_seqs_of_names: entry %u is %u of %u symbols", n, *index,
				    k->tables.count);
	return name_symbol(k, *index);
}

static struct iq_error *seqs_lower_bound(struct kallsyms *k, const char *name, uint32_t *out)
{
	uint32_t low = 0, high = k->tables.count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2, i;
		IQ_TRY(read_seq(k, middle, &i));
		if (compare_stems(k->names[i] + 1, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return NULL;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

enum { MAX_ALIKE = 4096 };

/* Collects the indices of all symbols of this name; an error says that the table can't be trusted. */
static struct iq_error *search_seqs(struct kallsyms *k, const char *name, uint32_t *found, size_t *count)
{
	uint32_t n, i;
	IQ_TRY(seqs_lower_bound(k, name, &n));
	for (; n < k->tables.count; n++) {
		IQ_TRY(read_seq(k, n, &i));
		const char *here = k->names[i] + 1;
		if (compare_stems(here, name) != 0)
			break;
		if (strcmp(here, name) != 0)
			continue;
		if (*count == MAX_ALIKE)
			return iq_error_new(IQ_ERROR_LIMIT, "kallsyms: more than %u symbols are called %s", MAX_ALIKE,
					    name);
		found[(*count)++] = i;
	}
	qsort(found, *count, sizeof(*found), ascending);
	return NULL;
}

static struct iq_error *by_name(struct iq_symbol_source *source, const char *name, iq_symbol_fn fn, void *context)
{
	struct kallsyms *k = (struct kallsyms *)source;
	if (!k->seqs_usable)
		return by_hash(k, name, fn, context);
	uint32_t found[MAX_ALIKE];
	size_t count = 0;
	if (iq_failed(search_seqs(k, name, found, &count))) {
		k->seqs_usable = false;
		return by_hash(k, name, fn, context);
	}
	for (size_t i = 0; i < count; i++)
		IQ_TRY(give(k, found[i], fn, context));
	return NULL;
}

/* One block of the walk over everything; damage is counted and stepped over. */
static struct iq_error *each_in_block(struct kallsyms *k, uint32_t b, uint32_t *lost, iq_symbol_fn fn, void *context)
{
	const uint8_t *bytes;
	size_t size, at = 0, first, length;
	uint32_t i = b * IQ_KALLSYMS_BLOCK, end = IQ_MIN(i + IQ_KALLSYMS_BLOCK, k->tables.count);
	if (iq_failed(iq_kallsyms_blocks_get(&k->blocks, b, &bytes, &size))) {
		*lost += end - i;
		return NULL;
	}
	for (; i < end && iq_kallsyms_step(bytes, size, &at, &first, &length); i++) {
		uint64_t address;
		struct iq_symbol symbol;
		if (!k->good[i / PIECE] || (!k->names[i] && iq_failed(keep_name(k, i, bytes + first, length))) ||
		    iq_failed(read_address(k, i, &address)) || iq_failed(fill(k, i, address, &symbol))) {
			++*lost;
			continue;
		}
		IQ_TRY(fn(context, &symbol));
	}
	return NULL;
}

static struct iq_error *each(struct iq_symbol_source *source, iq_symbol_fn fn, void *context)
{
	struct kallsyms *k = (struct kallsyms *)source;
	uint32_t lost = 0;
	struct iq_error *error = survey(k);
	for (uint32_t b = 0; b < k->blocks.count && !error; b++) {
		error = iq_check_interrupt();
		if (!error)
			error = each_in_block(k, b, &lost, fn, context);
	}
	if (lost)
		iq_warn(iq_target_diag(k->target), "kallsyms: %u of %u symbols can't be read", lost, k->tables.count);
	return error;
}

static void free_source(struct iq_symbol_source *source)
{
	struct kallsyms *k = (struct kallsyms *)source;
	iq_view_free(&k->entries);
	iq_view_free(&k->seqs);
	iq_kallsyms_blocks_free(&k->blocks);
	iq_kallsyms_tokens_free(&k->tokens);
	iq_arena_free(&k->arena);
	free(k->names);
	free(k->good);
	free(k->heads);
	free(k->next);
	free(k->hashes);
	free(k);
}

static void free_sourcep(struct kallsyms **k)
{
	if (*k)
		free_source(&(*k)->source);
}

static const struct iq_symbol_source_ops ops = {
	.by_address = by_address, .by_name = by_name, .each = each, .above = above, .free = free_source
};

/* The addresses answered for: from the first symbol that is no per-CPU offset to the end of the last one's page. */
static struct iq_error *set_range(struct kallsyms *k)
{
	uint32_t i = 0, end = k->tables.count - 1;
	uint64_t first, last;
	if (k->tables.encoding == IQ_KALLSYMS_RELATIVE_PERCPU)
		IQ_TRY(upper_bound(k, INT32_MAX, &i));
	if (i == k->tables.count)
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms: all %u symbols are per-CPU offsets", i);
	if (!in_order(k, i) || !in_order(k, end))
		IQ_TRY(survey(k));
	while (i < end && !trusted(k, i))
		i++;
	while (end > i && !trusted(k, end))
		end--;
	IQ_TRY(read_address(k, i, &first));
	IQ_TRY(read_address(k, end, &last));
	if (last < first || last - first > UINT64_C(1) << 31 || !iq_is_kernel_address(k->target, first) ||
	    !iq_is_kernel_address(k->target, last))
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms: the addresses are not in order: %#lx first, %#lx last",
				    first, last);
	k->source.ranges[0] = (struct iq_symbol_range){ first, (last | 0xfff) + 1 };
	k->source.range_count = 1;
	return NULL;
}

/* The one address that vmcoreinfo has too: with a damaged base all symbols are elsewhere. */
static struct iq_error *check_base(struct kallsyms *k)
{
	uint64_t text, here;
	uint32_t i;
	if (!iq_dump_vmcoreinfo_number(iq_target_dump(k->target), "SYMBOL(_stext)", 16, &text) ||
	    iq_failed(upper_bound(k, text, &i)) || !i || iq_failed(read_address(k, i - 1, &here)) || here == text)
		return NULL;
	return iq_error_new(IQ_ERROR_FORMAT, "kallsyms: no symbol is where vmcoreinfo has _stext, %#lx", text);
}

struct iq_error *iq_kallsyms_new(struct iq_target *target, const struct iq_kallsyms_tables *tables,
				 struct iq_symbol_source **out)
{
	if (!tables->count || tables->count > IQ_KALLSYMS_MAX)
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_num_syms is %u, which no kernel has", tables->count);
	_cleanup_(free_sourcep) struct kallsyms *k = calloc(1, sizeof(*k));
	if (!k)
		return iq_error_no_memory();
	k->source.ops = &ops;
	k->source.origin = IQ_SYMBOL_VMLINUX;
	k->target = target;
	k->tables = *tables;
	k->names = calloc(tables->count, sizeof(*k->names));
	if (!k->names)
		return iq_error_no_memory();
	IQ_TRY(iq_view_init(&k->entries, target, tables->offsets,
			    (uint64_t)tables->count * iq_kallsyms_entry_size(tables),
			    tables->encoding == IQ_KALLSYMS_ABSOLUTE ? "kallsyms_addresses" : "kallsyms_offsets"));
	if (tables->seqs)
		IQ_TRY(iq_view_init(&k->seqs, target, tables->seqs, (uint64_t)tables->count * 3,
				    "kallsyms_seqs_of_names"));
	k->seqs_usable = tables->seqs != 0;
	IQ_TRY(iq_kallsyms_tokens_read(target, tables->token_table, tables->token_index, &k->tokens));
	IQ_TRY(iq_kallsyms_blocks_init(&k->blocks, target, &k->tables));
	IQ_TRY(set_range(k));
	IQ_TRY(check_base(k));
	*out = &iq_steal(k)->source;
	return NULL;
}

struct iq_error *iq_kallsyms_open(struct iq_target *target, struct iq_symbol_source **out)
{
	struct iq_kallsyms_tables tables;
	struct iq_error *error = iq_kallsyms_from_vmcoreinfo(target, &tables);
	if (!error)
		error = iq_kallsyms_new(target, &tables, out);
	if (!error)
		return NULL;
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		iq_warn(iq_target_diag(target), "%s: searching memory for the kernel's symbol table", error->message);
	iq_error_free(error);
	IQ_TRY(iq_kallsyms_recognise(target, &tables));
	return iq_kallsyms_new(target, &tables, out);
}
