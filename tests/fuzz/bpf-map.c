// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks over BPF maps in memory that the input damages: the first byte is the map's type, the next three are added to
 * its key_size, value_size and max_entries; each four bytes after them are an offset in memory (two bytes, the upper
 * one cut), how many bytes (one, at most 8) and which value they get (one): itself, or with the length's bit 3 the
 * address of the place at 16 times the value. Every walk must end, tell no more than the map may hold, and hand out
 * whole keys.
 */
#include "../unit/bpf/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BUCKETS = 0x800, ELEMENTS = 0x1000, ELEMENT = 48, NODES = 0x2000, NODE = 48, TRACES = 0x2800 };

struct told {
	const struct iq_bpf_map *map;
	uint64_t count;
	uint8_t sum;
};

static struct iq_error *see(void *context, const struct iq_bpf_element *element)
{
	struct told *told = context;
	if (element->key && element->key_size != told->map->key_size && element->key_size != 4)
		abort();
	for (uint32_t i = 0; element->key && i < element->key_size; i++)
		told->sum ^= element->key[i];
	/* In a storage the owner may be gone. */
	if (element->object && !element->object_type)
		abort();
	/* A ring buffer's max_entries are bytes, of 8 at least each; storages have none, and their lists have each node
	 * once. */
	if (++told->count > (uint64_t)told->map->max_entries + MEMORY_SIZE)
		abort();
	return NULL;
}

static void put_hash(struct maps *m)
{
	put64(m, BODY, MEMORY + BUCKETS);
	put32(m, BODY + 16, 8);
	put32(m, BODY + 20, ELEMENT);
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t offset = ELEMENTS + i * ELEMENT;
		put64(m, BUCKETS + i * 16 + 8, MEMORY + ELEMENTS + (i & 6) * ELEMENT);
		put64(m, offset, i & 1 ? (i & 6) << 1 | 1 : MEMORY + offset + ELEMENT);
		put64(m, offset + 16, i & 6);
		put64(m, offset + 24, i);
		put64(m, offset + 32, 0x40 + 8 * i);
		if (i & 1)
			put64(m, BUCKETS + i * 16 + 8, i << 1 | 1);
	}
}

/* A full tree of four levels over the first bits. */
static void put_trie(struct maps *m)
{
	put64(m, BODY, MEMORY + NODES);
	for (uint32_t i = 0; i < 15; i++) {
		uint64_t offset = NODES + i * NODE;
		unsigned level = i < 1 ? 0 : i < 3 ? 1 : i < 7 ? 2 : 3;
		for (unsigned side = 0; side < 2 && level < 3; side++)
			put64(m, offset + side * 8, MEMORY + NODES + (2 * i + 1 + side) * NODE);
		put32(m, offset + 16, level);
		m->memory[offset + 24] = (uint8_t)((i + 1 - (1u << level)) << (8 - level));
	}
}

static void put_ring(struct maps *m)
{
	uint64_t position = 0;
	put64(m, BODY, MEMORY + RING);
	put64(m, RING, 4095);
	for (unsigned i = 0; i < 16; i++, position += 24) {
		put32(m, RING_DATA + position, 12 | (i & 3) << 30);
		put32(m, RING_DATA + position + 4, 1);
	}
	put64(m, RING + 16, position);
}

static void put_pointers(struct maps *m, uint64_t offset)
{
	for (unsigned i = 0; i < 8; i++) {
		put64(m, offset + i * 8, MEMORY + TRACES + i * 64);
		put64(m, TRACES + i * 64 + 8, (uint64_t)2 << 32 | i);
	}
}

/* Two lists of four elements each, at two heads of `size` bytes: of storages, sockets, devices. */
static void put_lists(struct maps *m, unsigned size)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned list = i / 4;
		uint64_t offset = ELEMENTS + i * 64, head = BUCKETS + list * size;
		uint64_t before = i & 3 ? offset - 64 : head;
		put64(m, before, MEMORY + offset);
		put64(m, offset + 8, MEMORY + before);
		put64(m, offset + 16, list + 8 * i); /* hash, index, list of a storage */
		put64(m, offset + 24, MEMORY + TRACES + i * 64);
	}
}

static void put_storage(struct maps *m)
{
	m->map.max_entries = 0;
	put64(m, BODY, MEMORY + BUCKETS);
	put32(m, BODY + 8, 1);
	put_lists(m, 16);
	for (unsigned i = 0; i < 8; i++) {
		put64(m, ELEMENTS + i * 64 + 16, MEMORY + TRACES + i * 64);
		put64(m, ELEMENTS + i * 64 + 24, MEMORY + MAP);
	}
}

static void put_cgroup_storage(struct maps *m)
{
	uint64_t before = BODY;
	m->map.max_entries = 0;
	m->map.key_size = 16;
	for (unsigned i = 0; i < 8; i++) {
		uint64_t offset = ELEMENTS + i * 64;
		put64(m, before, MEMORY + offset);
		put64(m, offset + 8, MEMORY + before);
		put64(m, offset + 16, MEMORY + TRACES + i * 64);
		before = offset;
	}
	put64(m, before, MEMORY + BODY);
	put64(m, BODY + 8, MEMORY + before);
}

static void put_slots(struct maps *m)
{
	put64(m, BODY, MEMORY + BUCKETS);
	put_pointers(m, BUCKETS);
}

static void build_owners(struct maps *m, uint32_t type)
{
	switch (type) {
	case IQ_BPF_MAP_SOCKHASH:
		put64(m, BODY, MEMORY + BUCKETS);
		put32(m, BODY + 8, 8);
		put_lists(m, 16);
		break;
	case IQ_BPF_MAP_DEVMAP_HASH:
		put64(m, BODY + 16, MEMORY + BUCKETS);
		put32(m, BODY + 8, 8);
		put_lists(m, 8);
		break;
	case IQ_BPF_MAP_SK_STORAGE:
	case IQ_BPF_MAP_INODE_STORAGE:
	case IQ_BPF_MAP_TASK_STORAGE:
	case IQ_BPF_MAP_CGRP_STORAGE: put_storage(m); break;
	case IQ_BPF_MAP_CGROUP_STORAGE:
	case IQ_BPF_MAP_PERCPU_CGROUP_STORAGE: put_cgroup_storage(m); break;
	case IQ_BPF_MAP_SOCKMAP:
	case IQ_BPF_MAP_DEVMAP:
	case IQ_BPF_MAP_CPUMAP: put_slots(m); break;
	default: put_pointers(m, ARRAY_VALUES); break;
	}
}

static void build(struct maps *m, uint32_t type)
{
	maps_set(m, type, 4, 8, 8);
	put64(m, BODY, (uint64_t)7 << 32 | 8); /* an array: elem_size, index_mask */
	switch (type) {
	case IQ_BPF_MAP_LPM_TRIE:
		m->map.key_size = 8;
		put_trie(m);
		break;
	case IQ_BPF_MAP_QUEUE:
	case IQ_BPF_MAP_STACK:
		put64(m, BODY, (uint64_t)5 << 32 | 2);
		put32(m, BODY + 8, 9);
		break;
	case IQ_BPF_MAP_RINGBUF:
	case IQ_BPF_MAP_USER_RINGBUF:
		m->map.max_entries = 4096;
		put_ring(m);
		break;
	case IQ_BPF_MAP_STACK_TRACE:
		put64(m, BODY, 8);
		put_pointers(m, STACK_BUCKETS);
		break;
	case IQ_BPF_MAP_HASH:
	case IQ_BPF_MAP_LRU_HASH:
	case IQ_BPF_MAP_PERCPU_HASH:
	case IQ_BPF_MAP_LRU_PERCPU_HASH:
	case IQ_BPF_MAP_HASH_OF_MAPS: put_hash(m); break;
	case IQ_BPF_MAP_ARRAY: break;
	case IQ_BPF_MAP_BLOOM_FILTER: put64(m, BODY, 63); break;
	default: build_owners(m, type); break;
	}
}

static void damage(struct maps *m, const uint8_t *data, size_t size)
{
	for (; size >= 4; data += 4, size -= 4) {
		size_t offset = (data[0] | (size_t)data[1] << 8) & 0x3fff, length = (data[2] & 7) + 1;
		uint64_t value = data[2] & 8 ? MEMORY + data[3] * 16u : data[3] * UINT64_C(0x0101010101010101);
		memcpy(m->memory + offset, &value, length);
	}
}

static uint32_t changed(uint32_t number, uint8_t by)
{
	return by < 0xf0 ? number + (uint32_t)(int8_t)by : number - by * 0x01000001u;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct iq_types *types;
	static struct maps m;
	struct iq_bpf_bloom bloom;
	if (size < 4 || size > 4096)
		return 0;
	maps_open_bare(&m, types);
	types = m.types;
	/* A page is missing. */
	fake_add(&m.target, MEMORY, m.memory, 0x5000);
	fake_add(&m.target, MEMORY + 0x6000, m.memory + 0x6000, MEMORY_SIZE - 0x6000);
	build(&m, data[0]);
	m.map.key_size = changed(m.map.key_size, data[1]);
	m.map.value_size = changed(m.map.value_size, data[2]);
	m.map.max_entries = changed(m.map.max_entries, data[3]);
	damage(&m, data + 4, size - 4);
	struct told told = { .map = &m.map };
	iq_error_free(iq_bpf_map_each(&m.bpf, &m.map, see, &told));
	if (m.map.type == IQ_BPF_MAP_BLOOM_FILTER)
		iq_error_free(iq_bpf_bloom_read(&m.bpf, &m.map, &bloom));
	iq_symbols_free(m.kernel.symbols);
	fake_free(&m.target);
	return 0;
}
