// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/bitmap.h"

#include "util/cleanup.h"
#include "util/vec.h"

#include <endian.h>
#include <string.h>

#define CHUNK_BITS 4096
#define CHUNK_BYTES (CHUNK_BITS / 8)

#if defined(__x86_64__)
__attribute__((target_clones("popcnt", "default")))
#endif
static uint64_t
count_bits(const uint8_t *bytes, size_t length)
{
	uint64_t count = 0, word;
	size_t i = 0;
	for (; i + sizeof(word) <= length; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		count += (uint64_t)__builtin_popcountll(word);
	}
	for (; i < length; i++)
		count += (uint64_t)__builtin_popcount(bytes[i]);
	return count;
}

bool iq_bitmap_test(struct iq_bitmap *bitmap, uint64_t pfn, bool *lost)
{
	size_t left;
	*lost = false;
	if (pfn >= bitmap->bits)
		return false;
	uint8_t byte;
	const uint8_t *bytes = iq_window_block(&bitmap->window, bitmap->offset + pfn / 8, &left);
	if (bytes)
		byte = *bytes;
	else
		*lost = iq_window_get(&bitmap->window, bitmap->offset + pfn / 8, &byte, 1) != 1;
	return !*lost && (byte >> (pfn % 8) & 1);
}

/* Counts on until the counts reach chunk `chunk`, or the bitmap can't be read. */
static struct iq_error *count_up_to(struct iq_bitmap *bitmap, uint64_t chunk)
{
	if (bitmap->counted > chunk || bitmap->cut)
		return NULL;
	const size_t amount = 512 * CHUNK_BYTES;
	_cleanup_free_ uint8_t *buffer = malloc(amount);
	const uint64_t bytes = bitmap->bits / 8; /* whole bytes: a rank counts only what is before a chunk */
	if (!buffer || !iq_vec_reserve_((void **)&bitmap->counts, &bitmap->capacity, 1, sizeof(*bitmap->counts)))
		return iq_error_no_memory();
	if (!bitmap->counted)
		bitmap->counts[bitmap->counted++] = 0;
	while (bitmap->counted <= chunk) {
		IQ_TRY(iq_check_interrupt());
		uint64_t at = (bitmap->counted - 1) * (uint64_t)CHUNK_BYTES;
		size_t wanted = (size_t)IQ_MIN((chunk + 1 - bitmap->counted) * CHUNK_BYTES, (uint64_t)amount);
		wanted = at < bytes ? (size_t)IQ_MIN(bytes - at, (uint64_t)wanted) : 0;
		size_t got = iq_file_get(bitmap->window.file, bitmap->offset + at, buffer, wanted);
		for (size_t i = 0; got - i >= CHUNK_BYTES; i += CHUNK_BYTES) {
			if (bitmap->counted >= bitmap->capacity &&
			    !iq_vec_reserve_((void **)&bitmap->counts, &bitmap->capacity, bitmap->counted * 2,
					     sizeof(*bitmap->counts)))
				return iq_error_no_memory();
			bitmap->counts[bitmap->counted] =
				bitmap->counts[bitmap->counted - 1] + count_bits(buffer + i, CHUNK_BYTES);
			bitmap->counted++;
		}
		if (got < wanted || got < CHUNK_BYTES) {
			bitmap->cut = true;
			break;
		}
	}
	return NULL;
}

struct iq_error *iq_bitmap_rank(struct iq_bitmap *bitmap, uint64_t pfn, uint64_t *rank)
{
	pfn = IQ_MIN(pfn, bitmap->bits);
	const uint64_t chunk = pfn / CHUNK_BITS;
	IQ_TRY(count_up_to(bitmap, chunk));
	uint8_t bytes[CHUNK_BYTES];
	const size_t inside = pfn % CHUNK_BITS, length = (inside + 7) / 8;
	if (bitmap->counted <= chunk ||
	    iq_window_get(&bitmap->window, bitmap->offset + chunk * CHUNK_BYTES, bytes, length) != length)
		return iq_error_new(IQ_ERROR_FORMAT, "the bitmap of pages is cut short before it");
	if (inside % 8)
		bytes[length - 1] &= (uint8_t)((1u << inside % 8) - 1);
	*rank = bitmap->counts[chunk] + count_bits(bytes, length);
	return NULL;
}

/* Where to go on when the byte of `pfn` has no set bit or can't be read; `bits` if nothing follows. */
static uint64_t step_over(struct iq_bitmap *bitmap, uint64_t pfn, bool readable)
{
	const uint64_t at = pfn / 8, end = (bitmap->bits + 7) / 8;
	uint64_t bytes = readable ? 1 : iq_file_lost(bitmap->window.file, bitmap->offset + at);
	if (!bytes) /* the file has it, and the disk does not give it */
		bytes = CHUNK_BYTES;
	return bytes < end - at ? (at + bytes) * 8 : bitmap->bits;
}

bool iq_bitmap_next(struct iq_bitmap *bitmap, uint64_t pfn, uint64_t *next)
{
	while (pfn < bitmap->bits && !iq_interrupted()) {
		size_t left;
		const uint8_t *bytes = iq_window_block(&bitmap->window, bitmap->offset + pfn / 8, &left);
		if (!bytes) {
			uint8_t byte = 0;
			bool readable = iq_window_get(&bitmap->window, bitmap->offset + pfn / 8, &byte, 1) == 1;
			if (byte >> (pfn % 8)) {
				*next = pfn + (uint64_t)__builtin_ctz(byte >> (pfn % 8));
				return *next < bitmap->bits;
			}
			pfn = step_over(bitmap, pfn, readable);
			continue;
		}
		uint8_t first = (uint8_t)(bytes[0] >> (pfn % 8));
		if (first) {
			*next = pfn + (uint64_t)__builtin_ctz(first);
			return *next < bitmap->bits;
		}
		size_t i = 1;
		uint64_t word;
		while (i + sizeof(word) <= left && (memcpy(&word, bytes + i, sizeof(word)), word == 0))
			i += sizeof(word);
		while (i < left && !bytes[i])
			i++;
		pfn = (pfn & ~UINT64_C(7)) + i * 8;
	}
	return false;
}

void iq_bitmap_free(struct iq_bitmap *bitmap)
{
	iq_window_free(&bitmap->window);
	free(bitmap->counts);
	bitmap->counts = NULL;
	bitmap->counted = bitmap->capacity = 0;
}
