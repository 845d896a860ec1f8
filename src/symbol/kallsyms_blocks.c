// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/kallsyms_blocks.h"

#include "util/cleanup.h"

#include <endian.h>
#include <string.h>

enum {
	MAX_BLOCK = IQ_KALLSYMS_BLOCK *
		    1024, /* bytes of 256 names; the longest compressed name is far shorter than 1 KiB */
	MIN_BLOCK = IQ_KALLSYMS_BLOCK * 2, /* a length byte and a token each */
	WINDOW = 8 * 1024,
	NO_MARKER = UINT32_MAX,
};

struct iq_error *iq_kallsyms_blocks_init(struct iq_kallsyms_blocks *blocks, struct iq_target *target,
					 const struct iq_kallsyms_tables *tables)
{
	uint64_t end = tables->markers > tables->names ? tables->markers : tables->token_table;
	if (end <= tables->names || end - tables->names > (uint64_t)tables->count * 1024 + WINDOW ||
	    end - tables->names > UINT32_MAX)
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_names at %#lx: %u names can't end at %#lx",
				    tables->names, tables->count, end);
	uint32_t count = (tables->count + IQ_KALLSYMS_BLOCK - 1) / IQ_KALLSYMS_BLOCK;
	*blocks = (struct iq_kallsyms_blocks){ .target = target,
					       .names = tables->names,
					       .names_size = end - tables->names,
					       .symbols = tables->count,
					       .count = count,
					       .markers_address = tables->markers,
					       .marker_size = tables->marker_size,
					       .blocks = calloc(count, sizeof(*blocks->blocks)) };
	return blocks->blocks ? NULL : iq_error_no_memory();
}

void iq_kallsyms_blocks_free(struct iq_kallsyms_blocks *blocks)
{
	for (uint32_t b = 0; blocks->blocks && b < blocks->count; b++)
		free(blocks->blocks[b].bytes);
	free(blocks->blocks);
	free(blocks->markers);
	*blocks = (struct iq_kallsyms_blocks){ 0 };
}

static uint32_t symbols_in(const struct iq_kallsyms_blocks *blocks, uint32_t b)
{
	return IQ_MIN(blocks->symbols - b * IQ_KALLSYMS_BLOCK, (uint32_t)IQ_KALLSYMS_BLOCK);
}

/* Steps over `n` names in `bytes`; gives where it ended, or false. */
static bool step_over(const uint8_t *bytes, size_t size, uint32_t n, size_t *end)
{
	size_t at = 0, first, length;
	for (uint32_t i = 0; i < n; i++) {
		if (!iq_kallsyms_step(bytes, size, &at, &first, &length))
			return false;
	}
	*end = at;
	return true;
}

/* Where the block that starts at `offset` ends, by the names alone. */
static bool find_end(struct iq_kallsyms_blocks *blocks, uint32_t offset, uint32_t n, uint32_t *end)
{
	if (offset >= blocks->names_size)
		return false;
	size_t size = IQ_MIN(blocks->names_size - offset, (uint64_t)WINDOW), length = 0;
	_cleanup_free_ uint8_t *bytes = malloc(MAX_BLOCK);
	if (!bytes || iq_failed(iq_read(blocks->target, blocks->names + offset, bytes, size)))
		return false;
	bool found = step_over(bytes, size, n, &length);
	if (!found && size < blocks->names_size - offset) {
		size = IQ_MIN(blocks->names_size - offset, (uint64_t)MAX_BLOCK);
		found = !iq_failed(iq_read(blocks->target, blocks->names + offset, bytes, size)) &&
			step_over(bytes, size, n, &length);
	}
	*end = offset + (uint32_t)length;
	return found;
}

/* Counts the markers out of the names; blocks behind damage get none. */
static void count_markers(struct iq_kallsyms_blocks *blocks)
{
	uint32_t offset = 0;
	bool good = true;
	for (uint32_t b = 0; b < blocks->count; b++) {
		blocks->markers[b] = good ? offset : NO_MARKER;
		good = good && !iq_interrupted() && find_end(blocks, offset, symbols_in(blocks, b), &offset);
	}
	blocks->markers[blocks->count] = good ? offset : NO_MARKER;
}

static bool plausible_step(uint32_t from, uint32_t to)
{
	return to > from && to - from >= MIN_BLOCK && to - from <= MAX_BLOCK;
}

/* Reads the kernel's own markers; false when they can't be had at all. */
static bool read_markers(struct iq_kallsyms_blocks *blocks)
{
	size_t size = (size_t)blocks->count * blocks->marker_size;
	_cleanup_free_ uint8_t *bytes = malloc(size);
	if (!blocks->markers_address || !bytes ||
	    iq_failed(iq_read(blocks->target, blocks->markers_address, bytes, size)))
		return false;
	uint32_t wrong = 0;
	for (uint32_t b = 0; b < blocks->count; b++) {
		uint64_t value = 0;
		memcpy(&value, bytes + (size_t)b * blocks->marker_size, blocks->marker_size);
		value = le64toh(value);
		blocks->markers[b] = value < blocks->names_size ? (uint32_t)value : NO_MARKER;
		wrong += b ? !plausible_step(blocks->markers[b - 1], blocks->markers[b]) : value != 0;
	}
	blocks->markers[blocks->count] = (uint32_t)blocks->names_size;
	return wrong <= blocks->count / 2;
}

static struct iq_error *need_markers(struct iq_kallsyms_blocks *blocks)
{
	if (blocks->markers)
		return NULL;
	blocks->markers = calloc((size_t)blocks->count + 1, sizeof(*blocks->markers));
	if (!blocks->markers)
		return iq_error_no_memory();
	if (!read_markers(blocks))
		count_markers(blocks);
	if (!iq_interrupted())
		return NULL;
	free(blocks->markers); /* counted in part only, perhaps */
	blocks->markers = NULL;
	return iq_check_interrupt();
}

/* Reads the block between its markers, if that many names fill the space. */
static struct iq_error *load(struct iq_kallsyms_blocks *blocks, uint32_t b)
{
	uint32_t from = blocks->markers[b], to = blocks->markers[b + 1];
	bool last = b + 1 == blocks->count;
	if (from == NO_MARKER || to == NO_MARKER || to <= from || (!last && to - from > MAX_BLOCK))
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_markers: block %u of %u has no place", b, blocks->count);
	size_t size = IQ_MIN(to - from, (uint32_t)MAX_BLOCK), end = 0;
	_cleanup_free_ uint8_t *bytes = malloc(size);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(blocks->target, blocks->names + from, bytes, size), "kallsyms_names"));
	if (!step_over(bytes, size, symbols_in(blocks, b), &end) || (!last && end != size))
		return iq_error_new(IQ_ERROR_FORMAT,
				    "kallsyms_names: the names from symbol %u on don't end where the next marker says",
				    b * IQ_KALLSYMS_BLOCK);
	blocks->blocks[b] = (struct iq_kallsyms_block){ .bytes = iq_steal(bytes), .size = (uint32_t)end };
	return NULL;
}

/* One of the block's two markers may be the damage: the names on its other side tell. */
static bool repair(struct iq_kallsyms_blocks *blocks, uint32_t b)
{
	uint32_t *markers = blocks->markers, end, again;
	if (!b)
		markers[0] = 0;
	if (b + 1 < blocks->count && markers[b] != NO_MARKER && find_end(blocks, markers[b], IQ_KALLSYMS_BLOCK, &end) &&
	    find_end(blocks, end, symbols_in(blocks, b + 1), &again) &&
	    (b + 2 == blocks->count || again == markers[b + 2])) {
		markers[b + 1] = end;
		return true;
	}
	if (b && markers[b - 1] != NO_MARKER && find_end(blocks, markers[b - 1], IQ_KALLSYMS_BLOCK, &end) &&
	    find_end(blocks, end, symbols_in(blocks, b), &again) &&
	    (b + 1 == blocks->count || again == markers[b + 1])) {
		markers[b] = end;
		return true;
	}
	return false;
}

struct iq_error *iq_kallsyms_blocks_get(struct iq_kallsyms_blocks *blocks, uint32_t b, const uint8_t **bytes,
					size_t *size)
{
	IQ_TRY(need_markers(blocks));
	struct iq_kallsyms_block *block = &blocks->blocks[b];
	if (!block->bytes && !block->bad) {
		struct iq_error *error = load(blocks, b);
		if (iq_error_is(error, IQ_ERROR_FORMAT) && repair(blocks, b)) {
			iq_error_free(error);
			error = load(blocks, b);
		}
		if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
			return error;
		block->bad = error != NULL;
		if (error && !blocks->warned)
			iq_warn(iq_target_diag(blocks->target), "%s", error->message);
		blocks->warned |= error != NULL;
		IQ_TRY(error);
	}
	if (block->bad)
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_names: the names of symbols %u to %u can't be read",
				    b * IQ_KALLSYMS_BLOCK, b * IQ_KALLSYMS_BLOCK + symbols_in(blocks, b) - 1);
	*bytes = block->bytes;
	*size = block->size;
	return NULL;
}

struct iq_error *iq_kallsyms_blocks_find(struct iq_kallsyms_blocks *blocks, uint32_t i, const uint8_t **tokens,
					 size_t *length)
{
	const uint8_t *bytes;
	size_t size, at = 0, first = 0;
	IQ_TRY(iq_kallsyms_blocks_get(blocks, i / IQ_KALLSYMS_BLOCK, &bytes, &size));
	for (uint32_t n = 0; n <= i % IQ_KALLSYMS_BLOCK; n++) {
		if (!iq_kallsyms_step(bytes, size, &at, &first, length))
			return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_names: no symbol %u", i);
	}
	*tokens = bytes + first;
	return NULL;
}
