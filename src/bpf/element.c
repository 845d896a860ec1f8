// SPDX-License-Identifier: GPL-2.0-or-later
/* Which walker knows what a map of a type holds. */
#include "bpf/map_internal.h"
#include "bpf/program.h"
#include "kernel/cpu.h"

#include <string.h>

static const iq_bpf_walker walkers[] = {
	[IQ_BPF_MAP_HASH] = iq_bpf_walk_hash,
	[IQ_BPF_MAP_ARRAY] = iq_bpf_walk_array,
	[IQ_BPF_MAP_PROG_ARRAY] = iq_bpf_walk_object_array,
	[IQ_BPF_MAP_PERF_EVENT_ARRAY] = iq_bpf_walk_object_array,
	[IQ_BPF_MAP_PERCPU_HASH] = iq_bpf_walk_hash,
	[IQ_BPF_MAP_PERCPU_ARRAY] = iq_bpf_walk_array,
	[IQ_BPF_MAP_STACK_TRACE] = iq_bpf_walk_stacks,
	[IQ_BPF_MAP_CGROUP_ARRAY] = iq_bpf_walk_object_array,
	[IQ_BPF_MAP_LRU_HASH] = iq_bpf_walk_hash,
	[IQ_BPF_MAP_LRU_PERCPU_HASH] = iq_bpf_walk_hash,
	[IQ_BPF_MAP_LPM_TRIE] = iq_bpf_walk_lpm,
	[IQ_BPF_MAP_ARRAY_OF_MAPS] = iq_bpf_walk_object_array,
	[IQ_BPF_MAP_HASH_OF_MAPS] = iq_bpf_walk_hash,
	[IQ_BPF_MAP_DEVMAP] = iq_bpf_walk_devmap,
	[IQ_BPF_MAP_SOCKMAP] = iq_bpf_walk_sockmap,
	[IQ_BPF_MAP_CPUMAP] = iq_bpf_walk_cpumap,
	[IQ_BPF_MAP_XSKMAP] = iq_bpf_walk_xskmap,
	[IQ_BPF_MAP_SOCKHASH] = iq_bpf_walk_sockhash,
	[IQ_BPF_MAP_CGROUP_STORAGE] = iq_bpf_walk_cgroup_storage,
	[IQ_BPF_MAP_REUSEPORT_SOCKARRAY] = iq_bpf_walk_sockarray,
	[IQ_BPF_MAP_PERCPU_CGROUP_STORAGE] = iq_bpf_walk_cgroup_storage,
	[IQ_BPF_MAP_QUEUE] = iq_bpf_walk_queue,
	[IQ_BPF_MAP_STACK] = iq_bpf_walk_queue,
	[IQ_BPF_MAP_SK_STORAGE] = iq_bpf_walk_storage,
	[IQ_BPF_MAP_DEVMAP_HASH] = iq_bpf_walk_devmap_hash,
	[IQ_BPF_MAP_STRUCT_OPS] = iq_bpf_walk_struct_ops,
	[IQ_BPF_MAP_RINGBUF] = iq_bpf_walk_ring,
	[IQ_BPF_MAP_INODE_STORAGE] = iq_bpf_walk_storage,
	[IQ_BPF_MAP_TASK_STORAGE] = iq_bpf_walk_storage,
	[IQ_BPF_MAP_BLOOM_FILTER] = iq_bpf_walk_bloom,
	[IQ_BPF_MAP_USER_RINGBUF] = iq_bpf_walk_ring,
	[IQ_BPF_MAP_CGRP_STORAGE] = iq_bpf_walk_storage,
	[IQ_BPF_MAP_ARENA] = iq_bpf_walk_arena,
};

struct iq_error *iq_bpf_walk_tell(struct iq_bpf_walk *walk, const struct iq_bpf_element *element)
{
	IQ_TRY(iq_check_interrupt());
	struct iq_error *error = walk->fn(walk->context, element);
	walk->ended = error;
	return error;
}

void iq_bpf_walk_damaged(struct iq_bpf_walk *walk, struct iq_error *error)
{
	iq_error_keep(&walk->first, error);
}

struct iq_error *iq_bpf_walk_go_on(struct iq_bpf_walk *walk, struct iq_error *error)
{
	if (walk->ended || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_bpf_walk_damaged(walk, error);
	return NULL;
}

struct iq_error *iq_bpf_walk_page(struct iq_bpf_walk *walk, struct iq_error *error)
{
	enum { MAX_MISSING = 1 << 16 };
	walk->missing = error ? walk->missing + 1 : 0;
	iq_bpf_walk_damaged(walk, error);
	if (walk->missing < MAX_MISSING)
		return NULL;
	return iq_error_new(IQ_ERROR_LIMIT, "%u pages in a row are missing", walk->missing);
}

static struct iq_error *id_of(struct iq_bpf *bpf, const char *type, uint64_t object, uint32_t *id)
{
	if (strcmp(type, "bpf_map") == 0)
		return iq_b_get32(bpf, object, "bpf_map", "id", id);
	if (strcmp(type, "bpf_prog") != 0)
		return NULL;
	return iq_bpf_program_id(bpf, object, id);
}

struct iq_error *iq_bpf_walk_tell_object(struct iq_bpf_walk *walk, struct iq_bpf_element *element, const char *type,
					 uint64_t object)
{
	element->kind = IQ_BPF_OBJECT;
	element->object = object;
	element->object_type = type;
	element->object_id = 0;
	/* Without its number it is still there. */
	iq_bpf_walk_damaged(walk, id_of(walk->bpf, type, object, &element->object_id));
	return iq_bpf_walk_tell(walk, element);
}

struct iq_error *iq_b_pointed(struct iq_bpf *b, const char *type, const char *path, const char *member, uint64_t *size,
			      uint64_t *offset)
{
	struct iq_type_member pointer, found;
	struct iq_type stripped;
	struct iq_type_info info;
	IQ_TRY(iq_types_member(b->types, type, path, &pointer));
	IQ_TRY(iq_type_strip(pointer.type, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	if (info.kind != IQ_TYPE_POINTER)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s.%s is no pointer", type, path);
	IQ_TRY(iq_type_complete(info.target, &stripped));
	if (member) {
		IQ_TRY(iq_type_member(stripped, member, &found));
		*offset = found.bit_offset / 8;
	}
	return iq_type_size(stripped, size);
}

/* What the error is of: a list of maps has many. */
static struct iq_error *of_map(const struct iq_bpf_map *map, struct iq_error *error)
{
	return iq_error_prefix(error, "map %u (%s)", map->id, map->type_name);
}

struct iq_error *iq_bpf_map_each(struct iq_bpf *bpf, const struct iq_bpf_map *map, iq_bpf_element_fn fn, void *context)
{
	struct iq_bpf_walk walk = { .bpf = bpf, .map = map, .fn = fn, .context = context };
	if (map->type >= IQ_ARRAY_SIZE(walkers) || !walkers[map->type])
		return of_map(map, iq_error_new(IQ_ERROR_UNSUPPORTED, "what maps of this type hold is not known here"));
	struct iq_error *error = iq_bpf_walk_go_on(&walk, walkers[map->type](&walk));
	if (error) {
		iq_error_free(walk.first);
		return error;
	}
	return of_map(map, walk.first);
}

static struct iq_error *count_one(void *context, const struct iq_bpf_element *element)
{
	uint64_t *count = context;
	++*count;
	return NULL;
}

struct iq_error *iq_bpf_map_count(struct iq_bpf *bpf, const struct iq_bpf_map *map, uint64_t *count)
{
	*count = 0;
	/* Every element of an array of values is there. */
	if (map->type == IQ_BPF_MAP_ARRAY || map->type == IQ_BPF_MAP_PERCPU_ARRAY) {
		*count = map->max_entries;
		return NULL;
	}
	return iq_bpf_map_each(bpf, map, count_one, count);
}

struct iq_error *iq_bpf_element_on(struct iq_bpf *bpf, const struct iq_bpf_element *element, unsigned cpu,
				   uint64_t *address)
{
	return iq_per_cpu(bpf->kernel, cpu, element->value, address);
}
