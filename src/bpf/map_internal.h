/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the families of maps are walked: element.c finds the walker of a map's type in its table; each gives its elements
 * to iq_bpf_walk_tell() and what it has to leave out to iq_bpf_walk_damaged(), and returns only what ends a walk.
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
	uint64_t told;          /* elements given to fn */
	struct iq_error *first; /* what was damaged or missing first */
};

/* Gives an element to whoever walks; an error (theirs, or an interrupt) ends the walk. */
struct iq_error *iq_bpf_walk_tell(struct iq_bpf_walk *walk, const struct iq_bpf_element *element);

/* Something is left out: takes `error` (NULL: nothing was). */
void iq_bpf_walk_damaged(struct iq_bpf_walk *walk, struct iq_error *error);

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

typedef struct iq_error *(*iq_bpf_walker)(struct iq_bpf_walk *walk);

struct iq_error *iq_bpf_walk_array(struct iq_bpf_walk *walk);        /* map_array.c: arrays of values */
struct iq_error *iq_bpf_walk_object_array(struct iq_bpf_walk *walk); /* of programs, maps, perf events, cgroups */
struct iq_error *iq_bpf_walk_hash(struct iq_bpf_walk *walk);         /* map_hash.c: all of them */

#endif
