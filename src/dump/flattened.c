// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/flattened.h"

#include "util/cleanup.h"
#include "util/vec.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX_EMPTY = 4096 /* blocks without bytes, one behind the other */ };

/* One block of the stream. Blocks follow each other in the file, so a higher position is a later one. */
struct block {
	uint64_t offset, position, size;
};

struct blocks {
	struct block *data;
	size_t count, capacity;
};

static void blocks_freep(struct blocks *blocks)
{
	free(blocks->data);
}

/* Reads block headers, 16 bytes each, between which lie the blocks' bytes. System calls are what this costs, so a read
 * brings more than one header when what came before says that this pays: makedumpfile lets large blocks of pages and
 * small ones of descriptors take turns. */
struct header_reader {
	int fd;
	uint64_t start; /* of what the last read brought */
	size_t length, amount;
	uint64_t previous;       /* position of the header before */
	bool far, far_then_near; /* that header came far behind its predecessor; after the last such one, the next was
				    near */
	uint8_t bytes[32768];
};

#define HEADER_SIZE 16
#define NEAR 2048

/* From here on readahead would bring in the whole of a file of which we want a thousandth, and push out what we have
 * read. */
#define BIG_FILE (UINT64_C(1) << 30)

static bool fetch_headers(struct header_reader *r, uint64_t position, bool near)
{
	if (near)
		r->amount = IQ_MIN(IQ_MAX(2 * r->amount, (size_t)NEAR), sizeof(r->bytes));
	else
		r->amount = r->far_then_near ? NEAR : HEADER_SIZE;
	ssize_t got = pread(r->fd, r->bytes, r->amount, (off_t)position);
	r->start = position;
	r->length = got > 0 ? (size_t)got : 0;
	return r->length >= HEADER_SIZE;
}

static bool read_header(struct header_reader *r, uint64_t position, uint64_t *offset, uint64_t *size)
{
	const bool near = position - r->previous < NEAR;
	uint64_t at = position - r->start;
	if (r->far)
		r->far_then_near = near;
	r->far = !near;
	r->previous = position;
	if (at > r->length || r->length - at < HEADER_SIZE) {
		if (!fetch_headers(r, position, near))
			return false;
		at = 0;
	}
	uint64_t words[2];
	memcpy(words, r->bytes + at, sizeof(words));
	*offset = be64toh(words[0]);
	*size = be64toh(words[1]);
	return true;
}

/* Collects the blocks in file order. */
static struct iq_error *read_blocks(int fd, uint64_t file_bytes, struct iq_flattened *index, struct blocks *blocks)
{
	_cleanup_free_ struct header_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return iq_error_no_memory();
	r->fd = fd;
	uint64_t position = IQ_FLATTENED_HEADER_SIZE;
	unsigned empty = 0;
	if (file_bytes >= BIG_FILE)
		posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	index->truncated = true;
	for (;;) {
		uint64_t offset, size;
		if ((blocks->count & 0xffff) == 0)
			IQ_TRY(iq_check_interrupt());
		if (!read_header(r, position, &offset, &size))
			return NULL;
		if (offset == UINT64_MAX) {
			index->truncated = false;
			return NULL;
		}
		/* Of zeros, as a disk that lost what was written to it has them, a TiB is 2^36 empty blocks. */
		empty = size ? 0 : empty + 1;
		if (offset > INT64_MAX || size > INT64_MAX - offset || empty > MAX_EMPTY) {
			index->damaged = position;
			return NULL;
		}
		position += HEADER_SIZE;
		uint64_t left = position < file_bytes ? file_bytes - position : 0;
		if (size > 0 && left > 0) {
			struct block *block = iq_vec_push(blocks);
			if (!block)
				return iq_error_no_memory();
			*block = (struct block){ offset, position, IQ_MIN(size, left) };
		}
		if (size >= left)
			return NULL;
		position += size;
	}
}

/* Sorts by offset, keeping the file's order among equals: a merge of the ascending runs that are there already
 * (makedumpfile interleaves two, descriptors and pages). */
static bool sort_blocks(struct block *blocks, size_t count)
{
	_cleanup_free_ struct block *spare = malloc(count * sizeof(*spare));
	if (!spare)
		return false;
	struct block *from = blocks, *to = spare;
	for (;;) {
		size_t runs = 0, at = 0;
		while (at < count) {
			size_t a = at, middle = at + 1;
			while (middle < count && from[middle - 1].offset <= from[middle].offset)
				middle++;
			size_t b = middle, end = IQ_MIN(middle + 1, count);
			while (end < count && from[end - 1].offset <= from[end].offset)
				end++;
			for (; at < end; at++)
				to[at] = a < middle && (b >= end || from[a].offset <= from[b].offset) ? from[a++]
												      : from[b++];
			runs++;
		}
		struct block *t = from;
		from = to;
		to = t;
		if (runs <= 1)
			break;
	}
	if (from != blocks)
		memcpy(blocks, from, count * sizeof(*blocks));
	return true;
}

static void add_segment(struct iq_flattened *index, uint64_t offset, uint64_t position)
{
	struct iq_flattened_segment *last = index->count ? &index->segments[index->count - 1] : NULL;
	if (last && last->offset == offset) {
		last->position = position;
		return;
	}
	if (last && last->position != IQ_FLATTENED_GAP && position == last->position + (offset - last->offset))
		return;
	if (last && last->position == IQ_FLATTENED_GAP && position == IQ_FLATTENED_GAP)
		return;
	index->segments[index->count++] = (struct iq_flattened_segment){ offset, position };
}

/* The heap of blocks that cover the sweep's place, the latest of the stream on top. */
struct heap {
	const struct block **items;
	size_t count;
};

static void heap_push(struct heap *heap, const struct block *block)
{
	size_t i = heap->count++;
	for (; i > 0 && heap->items[(i - 1) / 2]->position < block->position; i = (i - 1) / 2)
		heap->items[i] = heap->items[(i - 1) / 2];
	heap->items[i] = block;
}

static void heap_pop(struct heap *heap)
{
	const struct block *last = heap->items[--heap->count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < heap->count; i = child) {
		if (child + 1 < heap->count && heap->items[child + 1]->position > heap->items[child]->position)
			child++;
		if (heap->items[child]->position <= last->position)
			break;
		heap->items[i] = heap->items[child];
	}
	heap->items[i] = last;
}

/* Sweeps over sorted blocks that may overlap and leaves, for each byte, the latest block. A segment begins only where a
 * block begins or ends: 2n places. */
static void make_segments(struct iq_flattened *index, const struct block *blocks, size_t count, struct heap *heap)
{
	uint64_t at = 0;
	size_t next = 0;
	while (next < count || heap->count) {
		while (heap->count && heap->items[0]->offset + heap->items[0]->size <= at)
			heap_pop(heap);
		if (!heap->count) {
			if (next == count)
				break;
			if (blocks[next].offset > at)
				add_segment(index, at, IQ_FLATTENED_GAP);
			at = blocks[next].offset;
		}
		while (next < count && blocks[next].offset <= at)
			heap_push(heap, &blocks[next++]);
		const struct block *top = heap->items[0];
		if (top->offset + top->size <= at)
			continue;
		add_segment(index, at, top->position + (at - top->offset));
		uint64_t end = top->offset + top->size;
		at = next < count ? IQ_MIN(end, blocks[next].offset) : end;
	}
	add_segment(index, at, IQ_FLATTENED_GAP);
}

struct iq_error *iq_flattened_index(int fd, uint64_t file_bytes, struct iq_flattened *index)
{
	_cleanup_(blocks_freep) struct blocks blocks = { 0 };
	IQ_TRY(read_blocks(fd, file_bytes, index, &blocks));
	index->blocks = blocks.count;
	bool sorted = true, overlap = false;
	for (size_t i = 1; i < blocks.count && sorted; i++)
		sorted = blocks.data[i - 1].offset <= blocks.data[i].offset;
	if (!sorted && !sort_blocks(blocks.data, blocks.count))
		return iq_error_no_memory();
	for (size_t i = 1; i < blocks.count && !overlap; i++)
		overlap = blocks.data[i - 1].offset + blocks.data[i - 1].size > blocks.data[i].offset;
	_cleanup_free_ const struct block **heap_items = calloc(overlap ? blocks.count + 1 : 2, sizeof(*heap_items));
	index->segments = malloc((2 * blocks.count + 1) * sizeof(*index->segments));
	if (!index->segments || !heap_items)
		return iq_error_no_memory();
	struct heap heap = { heap_items, 0 };
	make_segments(index, blocks.data, blocks.count, &heap);
	struct iq_flattened_segment *fitting = realloc(index->segments, index->count * sizeof(*fitting));
	if (fitting)
		index->segments = fitting;
	return NULL;
}

void iq_flattened_free(struct iq_flattened *index)
{
	free(index->segments);
	*index = (struct iq_flattened){ 0 };
}

bool iq_flattened_find(struct iq_flattened *index, uint64_t offset, uint64_t *position, uint64_t *run)
{
	const struct iq_flattened_segment *segments = index->segments;
	size_t i = index->last;
	if (i + 1 >= index->count || segments[i].offset > offset || segments[i + 1].offset <= offset) {
		if (index->count < 2 || offset < segments[0].offset || offset >= segments[index->count - 1].offset)
			return false;
		size_t low = 0, high = index->count - 1;
		while (high - low > 1) {
			size_t middle = low + (high - low) / 2;
			if (segments[middle].offset <= offset)
				low = middle;
			else
				high = middle;
		}
		index->last = i = low;
	}
	*run = segments[i + 1].offset - offset;
	*position = segments[i].position == IQ_FLATTENED_GAP ? IQ_FLATTENED_GAP
							     : segments[i].position + (offset - segments[i].offset);
	return true;
}

uint64_t iq_flattened_size(const struct iq_flattened *index)
{
	return index->count ? index->segments[index->count - 1].offset : 0;
}
