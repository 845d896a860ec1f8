/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What maps hold. One file a family of maps: map_array.c, map_hash.c, ... */
#ifndef IQ_BPF_ELEMENT_H
#define IQ_BPF_ELEMENT_H

#include "bpf/map.h"

/* What a value stands for, where it is more than bytes. */
enum iq_bpf_value_kind {
	IQ_BPF_BYTES,
	IQ_BPF_PER_CPU, /* `value` is the per-CPU place: one copy for each possible CPU */
	IQ_BPF_OBJECT,  /* a kernel object: program, map, device, socket, perf event, cgroup ...: `object` */
	IQ_BPF_STACK,   /* stack_trace: `value` has `value_size` bytes of return addresses, newest first, or with
			   IQ_BPF_STACK_BUILD_IDS in the map's flags, of struct bpf_stack_build_id */
	IQ_BPF_RECORD,  /* ring buffer: `state` tells whether it was committed */
	IQ_BPF_PAGES,   /* arena: `pages` pages from `value` on are there; `user` is the first in the process */
};

enum { IQ_BPF_STACK_BUILD_IDS = 1 << 5 /* BPF_F_STACK_BUILD_ID */, IQ_BPF_STACK_BUILD_ID_SIZE = 32 };

enum iq_bpf_record_state { IQ_BPF_RECORD_READY, IQ_BPF_RECORD_BUSY, IQ_BPF_RECORD_DISCARDED };

struct iq_bpf_element {
	uint64_t address;   /* of the element's own structure; 0: it has none */
	const uint8_t *key; /* key_size bytes, as a program would give it; NULL: it has none (queue, ring buffer) */
	uint32_t key_size;
	uint64_t key_address; /* where it lies; 0: it was computed (an array's index) */
	enum iq_bpf_value_kind kind;
	uint64_t value;          /* address of the value; PER_CPU: see above; 0: none */
	uint32_t value_size;     /* bytes there (of RECORD: the record's own) */
	uint32_t value_stride;   /* PER_CPU: bytes that a copy occupies: value_size rounded up to 8 */
	uint64_t object;         /* OBJECT: its address; of BYTES and PER_CPU in a storage, whose it is; 0: none */
	const char *object_type; /* "bpf_prog", "bpf_map", "net_device", "sock", "xdp_sock", "cgroup", "perf_event",
				    "task_struct", "inode": the struct's name; NULL: none. iq_bpf_object_text() */
	uint32_t object_id;      /* of programs and maps; else 0 */
	uint64_t program;        /* devmap, cpumap: struct bpf_prog for what is sent there; 0: none */
	uint32_t program_id;
	uint64_t user, pages; /* PAGES; user 0: no process has mapped it */
	unsigned state;       /* RECORD: enum iq_bpf_record_state */
};

typedef struct iq_error *(*iq_bpf_element_fn)(void *context, const struct iq_bpf_element *element);

/* Calls fn with each element, in the order in which bpftool gets them where that has an order (arrays by index, hashes
 * by bucket, LPM tries as get_next_key). Empty slots of arrays of objects are left out. Bounded by what the map may
 * hold, cycles are seen. What is damaged or missing is left out and the first such error is returned after the rest was
 * shown, with IQ_ERROR_UNSUPPORTED for a type whose contents can't be walked; an error from fn ends the walk.
 * Pointers in the element live as long as the call. */
struct iq_error *iq_bpf_map_each(struct iq_bpf *bpf, const struct iq_bpf_map *map, iq_bpf_element_fn fn, void *context);

/* How many elements it has, without touching values. */
struct iq_error *iq_bpf_map_count(struct iq_bpf *bpf, const struct iq_bpf_map *map, uint64_t *count);

/* One copy of a PER_CPU element's value. */
struct iq_error *iq_bpf_element_on(struct iq_bpf *bpf, const struct iq_bpf_element *element, unsigned cpu,
				   uint64_t *address);

/* What a ring buffer has beside its records; those between `first` and `producer` were not consumed yet. */
struct iq_bpf_ring {
	uint64_t address;            /* struct bpf_ringbuf */
	uint64_t data, size;         /* the bytes of records */
	uint64_t consumer, producer; /* positions, which only grow */
	uint64_t first;              /* the consumer's, or behind what was overwritten since */
	bool busy;                   /* user_ringbuf: a program is consuming */
};
/* Fields that could be read are set whatever is returned. */
struct iq_error *iq_bpf_ring_read(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_bpf_ring *out);

struct iq_bpf_bloom {
	uint32_t hashes, seed; /* functions for each value, and what they begin with */
	uint64_t bitset, bits; /* where the bits are, and how many */
	uint64_t set, unread;  /* how many of them are set, and how many are on missing pages */
};
struct iq_error *iq_bpf_bloom_read(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_bpf_bloom *out);

#endif
