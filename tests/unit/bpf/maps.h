/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps in memory that a test lays out: the kernel's structs with the members that are read, at offsets of this file's
 * own, two CPUs, and one piece of memory. Without cmocka, since a fuzz target uses it too.
 */
#ifndef IQ_TESTS_BPF_MAPS_H
#define IQ_TESTS_BPF_MAPS_H

#include "../fake_kernel.h"
#include "../fake_target.h"
#include "../type/btf_builder.h"

#include "arch/x86_64.h"
#include "bpf/map_internal.h"

#define MEMORY UINT64_C(0xffff888000100000)

enum {
	MEMORY_SIZE = 0x10000,
	MAP = 0x100,   /* where the map is in memory */
	CPU0 = 0xe000, /* per-CPU memory of the two CPUs */
	CPU1 = 0xf000,
	BODY = MAP + 64,         /* behind struct bpf_map */
	ARRAY_VALUES = MAP + 80, /* struct bpf_array.value, bpf_queue_stack.elements, bpf_bloom_filter.bitset */
	STACK_BUCKETS = MAP + 72,
	RING = 0x3000, /* struct bpf_ringbuf, at a page's begin */
	RING_DATA = RING + 0x1000,
};

struct maps {
	struct iq_target target;
	struct iq_types *types;
	struct iq_kernel kernel;
	struct iq_bpf bpf;
	struct iq_bpf_map map;
	struct iq_cpu cpus[2];
	uint8_t memory[MEMORY_SIZE];
};

static inline void add_array_types(struct builder *b, uint32_t uint, uint32_t ulong, uint32_t bytes)
{
	b_type(b, B_STRUCT, "bpf_map", false, 1, 64);
	b_member(b, "id", uint, 0);
	b_type(b, B_STRUCT, "bpf_prog", false, 1, 16);
	b_member(b, "aux", ulong, 64);
	b_type(b, B_STRUCT, "bpf_prog_aux", false, 2, 16);
	b_member(b, "id", uint, 32);
	b_member(b, "prog", ulong, 64);
	b_type(b, B_STRUCT, "bpf_event_entry", false, 1, 16);
	b_member(b, "event", ulong, 64);
	b_type(b, B_STRUCT, "bpf_array", false, 3, 80);
	b_member(b, "elem_size", uint, 512);
	b_member(b, "index_mask", uint, 544);
	b_member(b, "value", bytes, 640);
	b_type(b, B_STRUCT, "bpf_queue_stack", false, 4, 80);
	b_member(b, "head", uint, 512);
	b_member(b, "tail", uint, 544);
	b_member(b, "size", uint, 576);
	b_member(b, "elements", bytes, 640);
	b_type(b, B_STRUCT, "bpf_bloom_filter", false, 4, 80);
	b_member(b, "bitset_mask", uint, 512);
	b_member(b, "hash_seed", uint, 544);
	b_member(b, "nr_hash_funcs", uint, 576);
	b_member(b, "bitset", bytes, 640);
	b_type(b, B_STRUCT, "bpf_stack_map", false, 2, 72);
	b_member(b, "n_buckets", uint, 512);
	b_member(b, "buckets", bytes, 576);
	b_type(b, B_STRUCT, "stack_map_bucket", false, 3, 16);
	b_member(b, "hash", uint, 64);
	b_member(b, "nr", uint, 96);
	b_member(b, "data", bytes, 128);
}

static inline void add_linked_types(struct builder *b, uint32_t uint, uint32_t ulong, uint32_t bytes)
{
	uint32_t pair = b_array(b, ulong, 2);
	uint32_t head = b_type(b, B_STRUCT, "hlist_nulls_head", false, 1, 8);
	b_member(b, "first", ulong, 0);
	uint32_t bucket = b_type(b, B_STRUCT, "bucket", false, 2, 16);
	b_member(b, "raw_lock", uint, 0);
	b_member(b, "head", head, 64);
	uint32_t buckets = b_type(b, B_PTR, NULL, false, 0, bucket);
	b_type(b, B_STRUCT, "bpf_htab", false, 4, 96);
	b_member(b, "buckets", buckets, 512);
	b_member(b, "elems", ulong, 576);
	b_member(b, "n_buckets", uint, 640);
	b_member(b, "elem_size", uint, 672);
	uint32_t node = b_type(b, B_STRUCT, "hlist_nulls_node", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "pprev", ulong, 64);
	b_type(b, B_STRUCT, "htab_elem", false, 3, 24);
	b_member(b, "hash_node", node, 0);
	b_member(b, "hash", uint, 128);
	b_member(b, "key", bytes, 192);
	b_type(b, B_STRUCT, "lpm_trie", false, 1, 72);
	b_member(b, "root", ulong, 512);
	b_type(b, B_STRUCT, "lpm_trie_node", false, 4, 24);
	b_member(b, "child", pair, 0);
	b_member(b, "prefixlen", uint, 128);
	b_member(b, "flags", uint, 160);
	b_member(b, "data", bytes, 192);
	b_type(b, B_STRUCT, "bpf_ringbuf_map", false, 1, 72);
	b_member(b, "rb", ulong, 512);
	b_type(b, B_STRUCT, "bpf_ringbuf", false, 4, 4096);
	b_member(b, "mask", ulong, 0);
	b_member(b, "consumer_pos", ulong, 64);
	b_member(b, "producer_pos", ulong, 128);
	b_member(b, "data", bytes, 4096 * 8);
}

/* Storages, sockets, devices and CPUs. */
static inline void add_owner_types(struct builder *b, uint32_t uint, uint32_t ulong, uint32_t bytes)
{
	uint32_t pointers = b_array(b, ulong, 0);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "prev", ulong, 64);
	uint32_t node = b_type(b, B_STRUCT, "hlist_node", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "pprev", ulong, 64);
	uint32_t head = b_type(b, B_STRUCT, "hlist_head", false, 1, 8);
	b_member(b, "first", ulong, 0);
	uint32_t bucket = b_type(b, B_STRUCT, "bpf_local_storage_map_bucket", false, 2, 16);
	b_member(b, "list", head, 0);
	b_member(b, "head", head, 0); /* as struct bpf_shtab_bucket has it */
	uint32_t buckets = b_type(b, B_PTR, NULL, false, 0, bucket);
	b_type(b, B_STRUCT, "bpf_local_storage_map", false, 2, 80);
	b_member(b, "buckets", buckets, 512);
	b_member(b, "bucket_log", uint, 576);
	uint32_t data = b_type(b, B_STRUCT, "bpf_local_storage_data", false, 2, 8);
	b_member(b, "smap", ulong, 0);
	b_member(b, "data", bytes, 64);
	b_type(b, B_STRUCT, "bpf_local_storage_elem", false, 3, 40);
	b_member(b, "map_node", node, 0);
	b_member(b, "local_storage", ulong, 128);
	b_member(b, "sdata", data, 192);
	b_type(b, B_STRUCT, "bpf_local_storage", false, 1, 8);
	b_member(b, "owner", ulong, 0);
	b_type(b, B_STRUCT, "bpf_cgroup_storage_map", false, 1, 80);
	b_member(b, "list", list, 512);
	b_type(b, B_STRUCT, "bpf_storage_buffer", false, 1, 16);
	b_member(b, "data", bytes, 128);
	b_type(b, B_STRUCT, "bpf_cgroup_storage", false, 3, 40);
	b_member(b, "list_map", list, 0);
	b_member(b, "buf", ulong, 128);
	b_member(b, "key", pointers, 192);
	b_type(b, B_STRUCT, "bpf_stab", false, 1, 72);
	b_member(b, "sks", ulong, 512);
	b_type(b, B_STRUCT, "reuseport_array", false, 1, 80);
	b_member(b, "ptrs", pointers, 640);
	b_type(b, B_STRUCT, "xsk_map", false, 1, 80);
	b_member(b, "xsk_map", pointers, 640);
	uint32_t common = b_type(b, B_STRUCT, "sock_common", false, 1, 16);
	b_member(b, "skc_cookie", ulong, 64);
	b_type(b, B_STRUCT, "sock", false, 1, 16);
	b_member(b, "__sk_common", common, 0);
	b_type(b, B_STRUCT, "bpf_shtab", false, 2, 80);
	b_member(b, "buckets", buckets, 512);
	b_member(b, "buckets_num", uint, 576);
	b_type(b, B_STRUCT, "bpf_shtab_elem", false, 4, 32);
	b_member(b, "node", node, 0);
	b_member(b, "hash", uint, 128);
	b_member(b, "sk", ulong, 192);
	b_member(b, "key", bytes, 256);
	b_type(b, B_STRUCT, "bpf_dtab", false, 3, 88);
	b_member(b, "netdev_map", ulong, 512);
	b_member(b, "n_buckets", uint, 576);
	b_member(b, "dev_index_head", ulong, 640);
	b_type(b, B_STRUCT, "bpf_dtab_netdev", false, 5, 48);
	b_member(b, "index_hlist", node, 0);
	b_member(b, "idx", uint, 128);
	b_member(b, "dev", ulong, 192);
	b_member(b, "xdp_prog", ulong, 256);
	b_member(b, "val", ulong, 320);
	b_type(b, B_STRUCT, "bpf_cpu_map", false, 1, 72);
	b_member(b, "cpu_map", ulong, 512);
	b_type(b, B_STRUCT, "bpf_cpu_map_entry", false, 3, 48);
	b_member(b, "kthread", ulong, 192);
	b_member(b, "prog", ulong, 256);
	b_member(b, "value", ulong, 320);
}

static inline struct iq_error *give_types(void *context, uint8_t **bytes, size_t *size)
{
	struct builder *b = calloc(1, sizeof(*b));
	if (!b)
		return iq_error_no_memory();
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0),
		 byte = b_int(b, "unsigned char", 1, 0), array = b_array(b, byte, 0);
	add_array_types(b, uint, ulong, array);
	add_linked_types(b, uint, ulong, array);
	add_owner_types(b, uint, ulong, array);
	b_close(b);
	*bytes = b_bytes(b, size);
	free(b);
	return NULL;
}

static inline void put(struct maps *m, uint64_t offset, uint64_t value, size_t size)
{
	if (offset > MEMORY_SIZE - size)
		abort();
	memcpy(m->memory + offset, &value, size);
}

static inline void put32(struct maps *m, uint64_t offset, uint32_t value)
{
	put(m, offset, value, 4);
}

static inline void put64(struct maps *m, uint64_t offset, uint64_t value)
{
	put(m, offset, value, 8);
}

static inline void maps_set(struct maps *m, uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
	m->map = (struct iq_bpf_map){
		.address = MEMORY + MAP,
		.id = 7,
		.type = type,
		.type_name = "some",
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
	};
}

/* The memory stays the caller's to give: all of it, or pieces. `types`: of another of these; NULL: none yet. */
static inline void maps_open_bare(struct maps *m, struct iq_types *types)
{
	fake_init(&m->target);
	memset(m->memory, 0, sizeof(m->memory));
	m->target.arch = &iq_arch_x86_64;
	m->types = types ? types : iq_types_new(NULL);
	if (!m->types || (!types && iq_types_add_btf(m->types, NULL, give_types, NULL, NULL)))
		abort();
	for (unsigned i = 0; i < 2; i++)
		m->cpus[i] = (struct iq_cpu){ .id = i, .offset_known = true, .offset = MEMORY + (i ? CPU1 : CPU0) };
	m->kernel = (struct iq_kernel){ .target = &m->target, .types = m->types, .cpus_loaded = true };
	m->kernel.cpus.data = m->cpus;
	m->kernel.cpus.count = 2;
	if (iq_symbols_new(&m->target, &m->kernel.symbols))
		abort();
	m->bpf = (struct iq_bpf){
		.kernel = &m->kernel,
		.target = &m->target,
		.types = m->types,
		.symbols = m->kernel.symbols,
	};
}

static inline void maps_open(struct maps *m)
{
	maps_open_bare(m, NULL);
	fake_add(&m->target, MEMORY, m->memory, sizeof(m->memory));
}

static inline void maps_close(struct maps *m)
{
	iq_types_free(m->types);
	iq_symbols_free(m->kernel.symbols);
	fake_free(&m->target);
}

#endif
