// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tries of prefixes: struct lpm_trie (kernel/bpf/lpm_trie.c). A node's prefix continues its parent's, on the side of
 * the first bit behind that; so each node has one way to it, and no damage can lead in circles. Nodes that only join
 * two others hold no element. Children come before their parents, as get_next_key() gives them.
 */
#include "bpf/map_internal.h"

#include <string.h>

enum {
	MAX_DATA = 256, /* LPM_DATA_SIZE_MAX */
	INTERMEDIATE = 1,
};

struct trie {
	struct iq_bpf_walk *walk;
	uint64_t child[2], prefixlen, flags, data; /* offsets in struct lpm_trie_node */
	uint32_t data_size;
	size_t node_size; /* up to the value */
	uint8_t *nodes;   /* those on the way down, one for each level */
	uint64_t *addresses;
	uint8_t *next; /* which child comes next; 2: the node itself */
	uint64_t left; /* nodes that may still come */
};

static uint32_t number_at(const uint8_t *bytes, uint64_t offset)
{
	uint32_t number;
	memcpy(&number, bytes + offset, sizeof(number));
	return number;
}

static bool bit(const uint8_t *data, uint32_t n)
{
	return data[n / 8] >> (7 - n % 8) & 1;
}

static bool continues(const uint8_t *prefix, uint32_t length, const uint8_t *data)
{
	if (memcmp(prefix, data, length / 8) != 0)
		return false;
	for (uint32_t n = length & ~7U; n < length; n++) {
		if (bit(prefix, n) != bit(data, n))
			return false;
	}
	return true;
}

static struct iq_error *read_trie(struct trie *trie, uint64_t *root)
{
	struct iq_bpf *bpf = trie->walk->bpf;
	const struct iq_bpf_map *map = trie->walk->map;
	IQ_TRY(iq_b_offset(bpf, "lpm_trie_node", "child[0]", &trie->child[0]));
	IQ_TRY(iq_b_offset(bpf, "lpm_trie_node", "child[1]", &trie->child[1]));
	IQ_TRY(iq_b_offset(bpf, "lpm_trie_node", "prefixlen", &trie->prefixlen));
	IQ_TRY(iq_b_offset(bpf, "lpm_trie_node", "flags", &trie->flags));
	IQ_TRY(iq_b_offset(bpf, "lpm_trie_node", "data", &trie->data));
	if (trie->data < trie->child[1] + 8 || trie->data < trie->child[0] + 8 || trie->data < trie->flags + 4 ||
	    trie->data < trie->prefixlen + 4 || trie->data > 4096)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct lpm_trie_node has other members than known");
	if (map->key_size <= 4 || map->key_size > 4 + MAX_DATA)
		return iq_error_new(IQ_ERROR_FORMAT, "key_size %u", map->key_size);
	trie->data_size = map->key_size - 4;
	trie->node_size = trie->data + trie->data_size;
	trie->left = 2 * (uint64_t)map->max_entries + 1;
	IQ_TRY(iq_b_get(bpf, map->address, "lpm_trie", "root", root));
	size_t levels = (size_t)trie->data_size * 8 + 1;
	trie->nodes = calloc(levels, trie->node_size);
	trie->addresses = calloc(levels, sizeof(*trie->addresses));
	trie->next = calloc(levels, 1);
	return trie->nodes && trie->addresses && trie->next ? NULL : iq_error_no_memory();
}

/* Reads the node at `address` as the one of a level; its parent is the level above. */
static struct iq_error *enter(struct trie *trie, size_t level, uint64_t address)
{
	uint8_t *node = trie->nodes + level * trie->node_size;
	if (!trie->left)
		return iq_error_new(IQ_ERROR_LIMIT, "more nodes than max_entries %u can have",
				    trie->walk->map->max_entries);
	trie->left--;
	IQ_TRY(iq_error_prefix(iq_read(trie->walk->bpf->target, address, node, trie->node_size), "node at %#lx",
			       address));
	trie->addresses[level] = address;
	trie->next[level] = 0;
	uint32_t length = number_at(node, trie->prefixlen);
	if (length > trie->data_size * 8)
		return iq_error_new(IQ_ERROR_FORMAT, "node at %#lx: its prefix has %u bits", address, length);
	if (!level)
		return NULL;
	const uint8_t *parent = node - trie->node_size;
	uint32_t before = number_at(parent, trie->prefixlen);
	if (length <= before || !continues(parent + trie->data, before, node + trie->data) ||
	    bit(node + trie->data, before) != trie->next[level - 1] - 1)
		return iq_error_new(IQ_ERROR_FORMAT, "node at %#lx does not belong below %#lx", address,
				    trie->addresses[level - 1]);
	return NULL;
}

static struct iq_error *tell(struct trie *trie, size_t level)
{
	const uint8_t *node = trie->nodes + level * trie->node_size;
	uint8_t key[4 + MAX_DATA];
	struct iq_bpf_element element = {
		.address = trie->addresses[level],
		.key = key,
		.key_size = trie->walk->map->key_size,
		.value = trie->addresses[level] + trie->node_size,
		.value_size = trie->walk->map->value_size,
	};
	if (number_at(node, trie->flags) & INTERMEDIATE)
		return NULL;
	memcpy(key, node + trie->prefixlen, 4);
	memcpy(key + 4, node + trie->data, trie->data_size);
	return iq_bpf_walk_tell(trie->walk, &element);
}

static struct iq_error *walk_trie(struct trie *trie, uint64_t root)
{
	IQ_TRY(enter(trie, 0, root));
	for (size_t level = 0;;) {
		IQ_TRY(iq_check_interrupt());
		if (trie->next[level] == 2) {
			IQ_TRY(tell(trie, level));
			if (!level)
				return NULL;
			level--;
			continue;
		}
		uint64_t child;
		memcpy(&child, trie->nodes + level * trie->node_size + trie->child[trie->next[level]++], sizeof(child));
		if (!child)
			continue;
		struct iq_error *error = enter(trie, level + 1, child);
		if (error)
			iq_bpf_walk_damaged(trie->walk, error);
		else
			level++;
	}
}

struct iq_error *iq_bpf_walk_lpm(struct iq_bpf_walk *walk)
{
	struct trie trie = { .walk = walk };
	uint64_t root = 0;
	struct iq_error *error = read_trie(&trie, &root);
	if (!error && root)
		error = walk_trie(&trie, root);
	free(trie.nodes);
	free(trie.addresses);
	free(trie.next);
	return error;
}
