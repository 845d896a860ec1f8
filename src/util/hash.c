// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/hash.h"

#include <stdlib.h>

uint64_t iq_hash_u64(uint64_t value)
{
	value ^= value >> 33;
	value *= UINT64_C(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64_C(0xc4ceb9fe1a85ec53);
	return value ^ value >> 33;
}

uint32_t iq_hash_bytes(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static struct iq_map_slot *find_slot(struct iq_map_slot *slots, size_t capacity, uint64_t key)
{
	size_t i = iq_hash_u64(key) & (capacity - 1);
	while (slots[i].used && slots[i].key != key)
		i = (i + 1) & (capacity - 1);
	return &slots[i];
}

static bool map_make_room(struct iq_map *map)
{
	if (map->count * 4 < map->capacity * 3)
		return true;
	size_t capacity = map->capacity ? map->capacity * 2 : 16;
	struct iq_map_slot *slots = calloc(capacity, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < map->capacity; i++) {
		if (map->slots[i].used)
			*find_slot(slots, capacity, map->slots[i].key) = map->slots[i];
	}
	free(map->slots);
	map->slots = slots;
	map->capacity = capacity;
	return true;
}

static struct iq_map_slot *map_insert(struct iq_map *map, uint64_t key, bool *added)
{
	if (!map_make_room(map))
		return NULL;
	struct iq_map_slot *slot = find_slot(map->slots, map->capacity, key);
	*added = !slot->used;
	if (!slot->used) {
		slot->used = true;
		slot->key = key;
		map->count++;
	}
	return slot;
}

bool iq_map_set(struct iq_map *map, uint64_t key, uint64_t value)
{
	bool added;
	struct iq_map_slot *slot = map_insert(map, key, &added);
	if (!slot)
		return false;
	slot->value = value;
	return true;
}

bool iq_map_add(struct iq_map *map, uint64_t key, bool *added)
{
	return map_insert(map, key, added) != NULL;
}

bool iq_map_get(const struct iq_map *map, uint64_t key, uint64_t *value)
{
	if (!map->capacity)
		return false;
	const struct iq_map_slot *slot = find_slot(map->slots, map->capacity, key);
	if (!slot->used)
		return false;
	if (value)
		*value = slot->value;
	return true;
}

void iq_map_free(struct iq_map *map)
{
	free(map->slots);
	*map = (struct iq_map){ 0 };
}
