// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Storage of sockets, inodes, tasks and cgroups: struct bpf_local_storage_map (kernel/bpf/bpf_local_storage.c; since
 * 5.10, 450af8d0f6be: that of sockets had types of its own before). An element hangs in a bucket of its map and on the
 * struct bpf_local_storage of its owner. A program's key is the owner itself, so elements have none.
 */
#include "bpf/map_internal.h"

enum { MAX_BUCKETS_LOG = 16 /* as many buckets as CPUs, rounded up */, MAX_ELEMENTS = 1 << 24 };

struct storage {
	struct iq_bpf_walk *walk;
	const char *owner_type;
	uint64_t value; /* its offset in an element */
};

/* What the map's kind of owner is. */
static const char *owner_type_of(uint32_t type)
{
	switch (type) {
	case IQ_BPF_MAP_SK_STORAGE: return "sock";
	case IQ_BPF_MAP_INODE_STORAGE: return "inode";
	case IQ_BPF_MAP_TASK_STORAGE: return "task_struct";
	default: return "cgroup";
	}
}

/* An element may be on its way out: then it has lost its owner's list, or the list its owner. */
static struct iq_error *read_owner(struct iq_bpf *bpf, uint64_t address, uint64_t *owner)
{
	uint64_t list;
	IQ_TRY(iq_b_get(bpf, address, "bpf_local_storage_elem", "local_storage", &list));
	return list ? iq_b_get(bpf, list, "bpf_local_storage", "owner", owner) : NULL;
}

static struct iq_error *check(const struct iq_bpf_walk *walk, uint64_t address)
{
	uint64_t map;
	IQ_TRY(iq_b_get(walk->bpf, address, "bpf_local_storage_elem", "sdata.smap", &map));
	if (map != walk->map->address)
		return iq_error_new(IQ_ERROR_FORMAT, "bpf_local_storage_elem at %#lx: it belongs to the map at %#lx",
				    address, map);
	return NULL;
}

static struct iq_error *tell(void *context, uint64_t address)
{
	struct storage *storage = context;
	struct iq_bpf_walk *walk = storage->walk;
	struct iq_bpf_element element = {
		.address = address,
		.value = address + storage->value,
		.value_size = walk->map->value_size,
		.object_type = storage->owner_type,
	};
	struct iq_error *error = check(walk, address);
	if (error) {
		iq_bpf_walk_damaged(walk, error);
		return iq_check_interrupt();
	}
	/* Without its owner the value is still there. */
	iq_bpf_walk_damaged(walk, read_owner(walk->bpf, address, &element.object));
	return iq_bpf_walk_tell(walk, &element);
}

struct iq_error *iq_bpf_walk_storage(struct iq_bpf_walk *walk)
{
	struct storage storage = { .walk = walk, .owner_type = owner_type_of(walk->map->type) };
	struct iq_bpf *bpf = walk->bpf;
	uint64_t buckets, log, size, head, start, data;
	if (!iq_b_has(bpf, "bpf_local_storage_map", "buckets"))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "this kernel has no struct bpf_local_storage_map");
	IQ_TRY(iq_b_get(bpf, walk->map->address, "bpf_local_storage_map", "buckets", &buckets));
	IQ_TRY(iq_b_get(bpf, walk->map->address, "bpf_local_storage_map", "bucket_log", &log));
	IQ_TRY(iq_b_pointed(bpf, "bpf_local_storage_map", "buckets", "list.first", &size, &head));
	IQ_TRY(iq_b_offset(bpf, "bpf_local_storage_elem", "sdata", &start));
	IQ_TRY(iq_b_offset(bpf, "bpf_local_storage_data", "data", &data));
	storage.value = start + data;
	if (log > MAX_BUCKETS_LOG)
		return iq_error_new(IQ_ERROR_FORMAT, "bucket_log is %lu", log);
	for (uint64_t i = 0; i < UINT64_C(1) << log; i++) {
		struct iq_error *error =
			iq_hlist_each(bpf->target, bpf->types, buckets + i * size + head, "bpf_local_storage_elem",
				      "map_node", MAX_ELEMENTS, tell, &storage);
		IQ_TRY(iq_bpf_walk_go_on(walk, iq_error_prefix(error, "bucket %lu", i)));
	}
	return NULL;
}
