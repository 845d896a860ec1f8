/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stream of compressed names, cut at the markers into blocks of 256 symbols, each read when it is needed and kept.
 * A marker that contradicts the names is put right where the names before and behind it agree on its place. */
#ifndef IQ_SYMBOL_KALLSYMS_BLOCKS_H
#define IQ_SYMBOL_KALLSYMS_BLOCKS_H

#include "symbol/kallsyms.h"

struct iq_kallsyms_block {
	uint8_t *bytes;
	uint32_t size;
	bool bad;
};

struct iq_kallsyms_blocks {
	struct iq_target *target;
	uint64_t names, names_size; /* up to what comes behind */
	uint32_t symbols, count;    /* of all blocks; of blocks */
	uint64_t markers_address;
	unsigned marker_size;
	uint32_t *markers; /* NULL until needed */
	struct iq_kallsyms_block *blocks;
	bool warned;
};

struct iq_error *iq_kallsyms_blocks_init(struct iq_kallsyms_blocks *blocks, struct iq_target *target,
					 const struct iq_kallsyms_tables *tables);
void iq_kallsyms_blocks_free(struct iq_kallsyms_blocks *blocks);

/* The bytes of block `b`, which are whole compressed names, the block's full number of them. A damaged block is
 * reported once. */
struct iq_error *iq_kallsyms_blocks_get(struct iq_kallsyms_blocks *blocks, uint32_t b, const uint8_t **bytes,
					size_t *size);

/* The tokens of symbol `i`. */
struct iq_error *iq_kallsyms_blocks_find(struct iq_kallsyms_blocks *blocks, uint32_t i, const uint8_t **tokens,
					 size_t *length);

#endif
