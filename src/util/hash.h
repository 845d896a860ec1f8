/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open-addressing hash table, and the hashes for others. Zero-initialise. */
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

/* A good mixing of one 64-bit value, and of bytes. */
uint64_t iq_hash_u64(uint64_t value);
uint32_t iq_hash_bytes(const void *bytes, size_t length);

#endif
