/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the families of maps are walked: element.c finds the walker of a map's type in its table. Each gives its elements
 * to iq_bpf_walk_tell(), hands on what that returns, tells iq_bpf_walk_damaged() what it leaves out while it goes on,
 * and returns damage that it can't go on behind.
 */
#ifndef IQ_BPF_MAP_INTERNAL_H
#define IQ_BPF_MAP_INTERNAL_H

#include "bpf/element.h"
#include "bpf/internal.h"

/* enum bpf_map_type of include/uapi/linux/bpf.h: numbers that never change. */
enum iq_bpf_map_type {
	IQ_BPF_MAP_HASH = 1,
	IQ_BPF_MAP_ARRAY,
	IQ_BPF_MAP_PROG_ARRAY,
	IQ_BPF_MAP_PERF_EVENT_ARRAY,
	IQ_BPF_MAP_PERCPU_HASH,
	IQ_BPF_MAP_PERCPU_ARRAY,
	IQ_BPF_MAP_STACK_TRACE,
	IQ_BPF_MAP_CGROUP_ARRAY,
	IQ_BPF_MAP_LRU_HASH,
	IQ_BPF_MAP_LRU_PERCPU_HASH,
	IQ_BPF_MAP_LPM_TRIE,
	IQ_BPF_MAP_ARRAY_OF_MAPS,
	IQ_BPF_MAP_HASH_OF_MAPS,
	IQ_BPF_MAP_DEVMAP,
	IQ_BPF_MAP_SOCKMAP,
	IQ_BPF_MAP_CPUMAP,
	IQ_BPF_MAP_XSKMAP,
	IQ_BPF_MAP_SOCKHASH,
	IQ_BPF_MAP_CGROUP_STORAGE,
	IQ_BPF_MAP_REUSEPORT_SOCKARRAY,
	IQ_BPF_MAP_PERCPU_CGROUP_STORAGE,
	IQ_BPF_MAP_QUEUE,
	IQ_BPF_MAP_STACK,
	IQ_BPF_MAP_SK_STORAGE,
	IQ_BPF_MAP_DEVMAP_HASH,
	IQ_BPF_MAP_STRUCT_OPS,
	IQ_BPF_MAP_RINGBUF,
	IQ_BPF_MAP_INODE_STORAGE,
	IQ_BPF_MAP_TASK_STORAGE,
	IQ_BPF_MAP_BLOOM_FILTER,
	IQ_BPF_MAP_USER_RINGBUF,
	IQ_BPF_MAP_CGRP_STORAGE,
	IQ_BPF_MAP_ARENA,
};

struct iq_bpf_walk {
	struct iq_bpf *bpf;
	const struct iq_bpf_map *map;
	iq_bpf_element_fn fn;
	void *context;
	bool ended;             /* by fn */
	struct iq_error *first; /* what was damaged or missing first */
	unsigned missing;       /* pages in a row, of iq_bpf_walk_page() */
};

/* Gives an element to whoever walks; an error (theirs, or an interrupt) ends the walk. */
struct iq_error *iq_bpf_walk_tell(struct iq_bpf_walk *walk, const struct iq_bpf_element *element);

/* Something is left out: takes `error` (NULL: nothing was). */
void iq_bpf_walk_damaged(struct iq_bpf_walk *walk, struct iq_error *error);

/* What a list or another walk returned: `error` again where that ends this one, else it is damage behind which there is
 * more to come, and NULL is returned. */
struct iq_error *iq_bpf_walk_go_on(struct iq_bpf_walk *walk, struct iq_error *error);

/* Tells how the read of one of many pages went: takes `error` (NULL: it is there). The error that comes back says that
 * too many in a row are missing for a map that is believed to be so large. */
struct iq_error *iq_bpf_walk_page(struct iq_bpf_walk *walk, struct iq_error *error);

/* Completes `element` with the object at `object`, a struct `type`: of programs and maps their ids. */
struct iq_error *iq_bpf_walk_tell_object(struct iq_bpf_walk *walk, struct iq_bpf_element *element, const char *type,
					 uint64_t object);

/* Where a member lies from the start of the struct: asked once a walk. */
static inline struct iq_error *iq_b_offset(struct iq_bpf *b, const char *type, const char *path, uint64_t *offset)
{
	return iq_member_address(b->types, 0, type, path, offset);
}

/* sizeof() what the pointer type.path points to, and where `member` (NULL: not wanted) lies in it: for structs with
 * names that others may have too. */
struct iq_error *iq_b_pointed(struct iq_bpf *b, const char *type, const char *path, const char *member, uint64_t *size,
			      uint64_t *offset);

enum { IQ_BPF_PAGE = 4096 };

/* Is some byte of a range there? Counts with iq_bpf_walk_page(). Looks at the pages of neighbours once, and tells of
 * those that are missing. */
struct iq_bpf_readable {
	struct iq_bpf_walk *walk;
	uint64_t known;   /* the end of the last page that is there */
	uint64_t missing; /* of the last that is not */
};
struct iq_error *iq_bpf_is_readable(struct iq_bpf_readable *readable, uint64_t address, uint64_t size, bool *some);

/* Calls fn with each pointer of an array that is not NULL, with an element that has its index for a key and the map's
 * value_size. */
typedef struct iq_error *(*iq_bpf_slot_fn)(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t pointer);
struct iq_error *iq_bpf_walk_slots(struct iq_bpf_walk *walk, uint64_t address, uint64_t count, iq_bpf_slot_fn fn);

/* The smallest power of two that is no smaller. */
static inline uint64_t iq_bpf_power_of_two(uint32_t number)
{
	uint64_t power = 1;
	while (power < number)
		power <<= 1;
	return power;
}

typedef struct iq_error *(*iq_bpf_walker)(struct iq_bpf_walk *walk);

struct iq_error *iq_bpf_walk_array(struct iq_bpf_walk *walk);        /* map_array.c: arrays of values */
struct iq_error *iq_bpf_walk_object_array(struct iq_bpf_walk *walk); /* of programs, maps, perf events, cgroups */
struct iq_error *iq_bpf_walk_hash(struct iq_bpf_walk *walk);         /* map_hash.c: all of them */
struct iq_error *iq_bpf_walk_lpm(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_queue(struct iq_bpf_walk *walk); /* stacks too */
struct iq_error *iq_bpf_walk_ring(struct iq_bpf_walk *walk);  /* both kinds */
struct iq_error *iq_bpf_walk_bloom(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_stacks(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_storage(struct iq_bpf_walk *walk);        /* of sockets, inodes, tasks, cgroups */
struct iq_error *iq_bpf_walk_cgroup_storage(struct iq_bpf_walk *walk); /* the older one; per CPU too */
struct iq_error *iq_bpf_walk_sockmap(struct iq_bpf_walk *walk);        /* map_sock.c */
struct iq_error *iq_bpf_walk_sockhash(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_sockarray(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_xskmap(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_devmap(struct iq_bpf_walk *walk); /* map_dev.c */
struct iq_error *iq_bpf_walk_devmap_hash(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_cpumap(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_struct_ops(struct iq_bpf_walk *walk);
struct iq_error *iq_bpf_walk_arena(struct iq_bpf_walk *walk);

#endif
