/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open-addressing hash tables: 64-bit keys and borrowed strings, each to a 64-bit value. Zero-initialise. */
#ifndef IQ_UTIL_HASH_H
#define IQ_UTIL_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iq_map_slot {
	uint64_t key;
	uint64_t value;
	bool used;
};

/* uint64_t → uint64_t; also serves as a set for cycle detection. */
struct iq_map {
	struct iq_map_slot *slots;
	size_t count, capacity;
};

/* Sets key to value; false when memory is out. */
bool iq_map_set(struct iq_map *map, uint64_t key, uint64_t value);

/* True if the key is there; *value (may be NULL) is set then. */
bool iq_map_get(const struct iq_map *map, uint64_t key, uint64_t *value);

/* Adds a key to a set; *added tells whether it was new. False when memory is out. */
bool iq_map_add(struct iq_map *map, uint64_t key, bool *added);

void iq_map_free(struct iq_map *map);

struct iq_strmap_slot {
	const char *key;
	uint64_t value;
	uint32_t hash;
};

/* string → uint64_t. Keys are borrowed: they must outlive the map. */
struct iq_strmap {
	struct iq_strmap_slot *slots;
	size_t count, capacity;
};

bool iq_strmap_set(struct iq_strmap *map, const char *key, uint64_t value);
bool iq_strmap_get(const struct iq_strmap *map, const char *key, uint64_t *value);
void iq_strmap_free(struct iq_strmap *map);

/* A good mixing of one 64-bit value, and of bytes. */
uint64_t iq_hash_u64(uint64_t value);
uint32_t iq_hash_bytes(const void *bytes, size_t length);

#endif
