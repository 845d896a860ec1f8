/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bitmap over page frames that stays in its file. The number of bits set before a page, its rank, is found with
 * counts of the bits before every 4096th page; the counts are made from the front, only as far as they were asked for.
 */
#ifndef IQ_DUMP_BITMAP_H
#define IQ_DUMP_BITMAP_H

#include "dump/file.h"

struct iq_bitmap {
	struct iq_window window;
	uint64_t offset; /* of its first byte in the file */
	uint64_t bits;
	uint64_t *counts; /* counts[i]: bits set in [0, i * 4096) */
	size_t counted, capacity;
	bool cut; /* what follows counts[counted - 1] can't be read */
};

/* The bit of `pfn`: false when it is at or beyond the end or can't be read (*lost is set then, if it can't be read). */
bool iq_bitmap_test(struct iq_bitmap *bitmap, uint64_t pfn, bool *lost);

/* The number of bits set before `pfn` (at most `bits`). IQ_ERROR_FORMAT when a part before it can't be read. */
struct iq_error *iq_bitmap_rank(struct iq_bitmap *bitmap, uint64_t pfn, uint64_t *rank);

/* The first set bit at or after `pfn`; false if there is none that can be read. */
bool iq_bitmap_next(struct iq_bitmap *bitmap, uint64_t pfn, uint64_t *next);

void iq_bitmap_free(struct iq_bitmap *bitmap);

#endif
