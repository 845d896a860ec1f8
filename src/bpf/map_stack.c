// SPDX-License-Identifier: GPL-2.0-or-later
/* Stack traces: struct bpf_stack_map (kernel/bpf/stackmap.c): pointers to traces, by the low bits of a trace's hash. */
#include "bpf/map_internal.h"

#include <string.h>

static struct iq_error *tell(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t bucket)
{
	uint64_t data;
	uint32_t hash, entries, id;
	unsigned size = walk->map->flags & IQ_BPF_STACK_BUILD_IDS ? IQ_BPF_STACK_BUILD_ID_SIZE : 8;
	IQ_TRY(iq_b_offset(walk->bpf, "stack_map_bucket", "data", &data));
	struct iq_error *error = iq_b_get32(walk->bpf, bucket, "stack_map_bucket", "hash", &hash);
	if (!error)
		error = iq_b_get32(walk->bpf, bucket, "stack_map_bucket", "nr", &entries);
	memcpy(&id, element->key, sizeof(id));
	if (!error && (hash & (iq_bpf_power_of_two(walk->map->max_entries) - 1)) != id)
		error = iq_error_new(IQ_ERROR_FORMAT, "trace %u at %#lx has hash %#x", id, bucket, hash);
	if (!error && entries > walk->map->value_size / size)
		error = iq_error_new(IQ_ERROR_FORMAT, "trace %u at %#lx has %u entries, with value_size %u", id, bucket,
				     entries, walk->map->value_size);
	if (error) {
		iq_bpf_walk_damaged(walk, error);
		return NULL;
	}
	element->address = bucket;
	element->kind = IQ_BPF_STACK;
	element->value = bucket + data;
	element->value_size = entries * size;
	return iq_bpf_walk_tell(walk, element);
}

struct iq_error *iq_bpf_walk_stacks(struct iq_bpf_walk *walk)
{
	const struct iq_bpf_map *map = walk->map;
	uint32_t count;
	uint64_t buckets;
	IQ_TRY(iq_b_offset(walk->bpf, "bpf_stack_map", "buckets", &buckets));
	IQ_TRY(iq_b_get32(walk->bpf, map->address, "bpf_stack_map", "n_buckets", &count));
	if (count != iq_bpf_power_of_two(map->max_entries))
		return iq_error_new(IQ_ERROR_FORMAT,
				    "n_buckets is %u, which is not max_entries %u rounded up to a power of two", count,
				    map->max_entries);
	return iq_bpf_walk_slots(walk, map->address + buckets, count, tell);
}
