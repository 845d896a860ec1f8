// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Storage of cgroups for each program that is attached to one: struct bpf_cgroup_storage_map
 * (kernel/bpf/local_storage.c). Its elements are on a list in the order in which they were made; the tree beside it has
 * the same ones. Keys are a cgroup's ID, alone or with an attach type.
 */
#include "bpf/map_internal.h"

#include "kernel/cgroup.h"
#include "util/hash.h"

#include <string.h>

enum { MAX_ELEMENTS = 1 << 22 };

struct storage {
	struct iq_bpf_walk *walk;
	struct iq_map groups;        /* ID → struct cgroup */
	uint64_t key, value, shared; /* offsets: in the element, in the element, in the shared buffer */
};

static struct iq_error *add_group(void *context, const struct iq_cgroup *cgroup)
{
	struct storage *storage = context;
	IQ_TRY(iq_check_interrupt());
	return iq_map_set(&storage->groups, cgroup->id, cgroup->address) ? NULL : iq_error_no_memory();
}

/* Whose they are is told where cgroups can be read. */
static struct iq_error *read_groups(struct storage *storage)
{
	struct iq_kernel *kernel = storage->walk->bpf->kernel;
	uint64_t root;
	struct iq_error *error = iq_cgroup_default_root(kernel, &root);
	return error ? error : iq_cgroups_each(kernel, root, add_group, storage);
}

static struct iq_error *tell(void *context, uint64_t address)
{
	struct storage *storage = context;
	struct iq_bpf_walk *walk = storage->walk;
	uint8_t key[16];
	uint64_t value, id;
	struct iq_bpf_element element = {
		.address = address,
		.key = key,
		.key_size = walk->map->key_size,
		.key_address = address + storage->key,
		.value_size = walk->map->value_size,
		.object_type = "cgroup",
	};
	struct iq_error *error = iq_read(walk->bpf->target, address + storage->key, key, element.key_size);
	if (!error)
		error = iq_read_u64(walk->bpf->target, address + storage->value, &value);
	if (error) {
		iq_bpf_walk_damaged(walk, iq_error_prefix(error, "bpf_cgroup_storage at %#lx", address));
		return iq_check_interrupt();
	}
	memcpy(&id, key, sizeof(id));
	if (!iq_map_get(&storage->groups, id, &element.object))
		element.object = 0; /* its directory is gone */
	if (walk->map->type == IQ_BPF_MAP_PERCPU_CGROUP_STORAGE) {
		element.kind = IQ_BPF_PER_CPU;
		element.value = value;
		element.value_stride = (element.value_size + 7) & ~7U;
	} else {
		element.value = value + storage->shared;
	}
	return iq_bpf_walk_tell(walk, &element);
}

static struct iq_error *walk_list(struct storage *storage)
{
	struct iq_bpf_walk *walk = storage->walk;
	struct iq_bpf *bpf = walk->bpf;
	uint64_t head;
	if (walk->map->key_size != 8 && walk->map->key_size != 16)
		return iq_error_new(IQ_ERROR_FORMAT, "key_size %u", walk->map->key_size);
	IQ_TRY(iq_b_offset(bpf, "bpf_cgroup_storage", "key", &storage->key));
	IQ_TRY(iq_b_offset(bpf, "bpf_cgroup_storage", "buf", &storage->value));
	IQ_TRY(iq_b_offset(bpf, "bpf_storage_buffer", "data", &storage->shared));
	IQ_TRY(iq_member_address(bpf->types, walk->map->address, "bpf_cgroup_storage_map", "list", &head));
	IQ_TRY(iq_bpf_walk_go_on(walk, read_groups(storage)));
	return iq_list_each(bpf->target, bpf->types, head, "bpf_cgroup_storage", "list_map", MAX_ELEMENTS, tell,
			    storage);
}

struct iq_error *iq_bpf_walk_cgroup_storage(struct iq_bpf_walk *walk)
{
	struct storage storage = { .walk = walk };
	struct iq_error *error = walk_list(&storage);
	iq_map_free(&storage.groups);
	return error;
}
