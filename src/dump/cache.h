/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page cache: decoded pages by page frame number, bounded, replaced by the CLOCK rule. Its memory grows only as it
 * fills. */
#ifndef IQ_DUMP_CACHE_H
#define IQ_DUMP_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iq_cache_slot {
	uint64_t pfn;
	uint8_t *bytes;
	uint32_t next; /* in the hash chain: index + 1 */
	bool used, referenced;
};

struct iq_cache {
	size_t page_size, limit; /* limit: in pages */
	struct iq_cache_slot *slots;
	size_t count, capacity;
	uint32_t *heads; /* index + 1 of each chain's first slot */
	size_t heads_count;
	size_t hand;
	uint64_t last_pfn; /* the page found last */
	const uint8_t *last;
};

/* Prepares a cache of at most `bytes` (at least 16 pages). */
void iq_cache_init(struct iq_cache *cache, size_t bytes, size_t page_size);

const uint8_t *iq_cache_find(struct iq_cache *cache, uint64_t pfn);

/* A page's worth of memory to be filled for `pfn`, which is not yet found; NULL when memory is out. Follow it with
 * iq_cache_commit(), or with nothing if the page could not be had. */
uint8_t *iq_cache_reserve(struct iq_cache *cache);
const uint8_t *iq_cache_commit(struct iq_cache *cache, uint64_t pfn);

size_t iq_cache_bytes(const struct iq_cache *cache);
void iq_cache_free(struct iq_cache *cache);

#endif
