// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/cache.h"

#include "util/cleanup.h"
#include "util/hash.h"

#include <stdlib.h>

void iq_cache_init(struct iq_cache *cache, size_t bytes, size_t page_size)
{
	*cache = (struct iq_cache){ .page_size = page_size, .limit = IQ_MAX(bytes / page_size, (size_t)16) };
	cache->limit = IQ_MIN(cache->limit, (size_t)UINT32_MAX / 2);
}

static uint32_t *chain_of(struct iq_cache *cache, uint64_t pfn)
{
	return &cache->heads[iq_hash_u64(pfn) & (cache->heads_count - 1)];
}

const uint8_t *iq_cache_find(struct iq_cache *cache, uint64_t pfn)
{
	if (cache->last && cache->last_pfn == pfn)
		return cache->last;
	if (!cache->heads_count)
		return NULL;
	for (uint32_t i = *chain_of(cache, pfn); i; i = cache->slots[i - 1].next) {
		struct iq_cache_slot *slot = &cache->slots[i - 1];
		if (slot->pfn != pfn)
			continue;
		slot->referenced = true;
		cache->last_pfn = pfn;
		return cache->last = slot->bytes;
	}
	return NULL;
}

/* Takes the slot under the hand out of its chain. */
static void evict(struct iq_cache *cache, size_t victim)
{
	struct iq_cache_slot *slot = &cache->slots[victim];
	uint32_t *link = chain_of(cache, slot->pfn);
	while (*link != victim + 1)
		link = &cache->slots[*link - 1].next;
	*link = slot->next;
	slot->used = false;
	if (cache->last == slot->bytes)
		cache->last = NULL;
}

/* Doubles the table; pages themselves are allocated one by one. */
static bool grow(struct iq_cache *cache)
{
	size_t capacity = IQ_MIN(cache->capacity ? cache->capacity * 2 : 64, cache->limit), heads_count = 64;
	while (heads_count < capacity)
		heads_count *= 2;
	struct iq_cache_slot *slots = realloc(cache->slots, capacity * sizeof(*slots));
	if (!slots)
		return false;
	cache->slots = slots;
	uint32_t *heads = calloc(heads_count, sizeof(*heads));
	if (!heads)
		return false;
	free(cache->heads);
	cache->heads = heads;
	cache->heads_count = heads_count;
	cache->capacity = capacity;
	for (size_t i = 0; i < cache->count; i++) {
		if (!slots[i].used)
			continue;
		uint32_t *chain = chain_of(cache, slots[i].pfn);
		slots[i].next = *chain;
		*chain = (uint32_t)i + 1;
	}
	return true;
}

uint8_t *iq_cache_reserve(struct iq_cache *cache)
{
	/* The hand rests on a free slot, if there is one: from a reservation that came to nothing. */
	if (cache->hand < cache->count && !cache->slots[cache->hand].used)
		return cache->slots[cache->hand].bytes;
	if (cache->count < cache->limit && (cache->count < cache->capacity || grow(cache))) {
		uint8_t *bytes = malloc(cache->page_size);
		if (bytes) {
			cache->hand = cache->count++;
			cache->slots[cache->hand] = (struct iq_cache_slot){ .bytes = bytes };
			return bytes;
		}
	}
	if (!cache->count)
		return NULL;
	for (;;) {
		cache->hand = (cache->hand + 1) % cache->count;
		struct iq_cache_slot *slot = &cache->slots[cache->hand];
		if (!slot->referenced)
			break;
		slot->referenced = false;
	}
	evict(cache, cache->hand);
	return cache->slots[cache->hand].bytes;
}

const uint8_t *iq_cache_commit(struct iq_cache *cache, uint64_t pfn)
{
	struct iq_cache_slot *slot = &cache->slots[cache->hand];
	uint32_t *chain = chain_of(cache, pfn);
	*slot = (struct iq_cache_slot){ .pfn = pfn, .bytes = slot->bytes, .next = *chain, .used = true };
	*chain = (uint32_t)cache->hand + 1;
	cache->last_pfn = pfn;
	return cache->last = slot->bytes;
}

size_t iq_cache_bytes(const struct iq_cache *cache)
{
	return cache->count * cache->page_size + cache->capacity * sizeof(*cache->slots) +
	       cache->heads_count * sizeof(*cache->heads);
}

void iq_cache_free(struct iq_cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		free(cache->slots[i].bytes);
	free(cache->slots);
	free(cache->heads);
	*cache = (struct iq_cache){ 0 };
}
