// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hash maps: struct bpf_htab (kernel/bpf/hashtab.c). Buckets of hlist_nulls: a chain ends with an odd mark that tells
 * its bucket's number. An element is a struct htab_elem with the key in its tail, and behind it, at a multiple of 8,
 * the value, a per-CPU pointer to it, or a map.
 */
#include "bpf/map_internal.h"
#include "kernel/cpu.h"
#include "util/hash.h"

#include <string.h>

/* Elements that are counted per CPU before the total is brought up to date, or replaced by another before they go: a
 * map may hold a few more than max_entries. */
enum { SLACK = 1024, FEW = 16, MAX_BUCKET = 4096, MAX_KEY = 1 << 22 };

struct table {
	struct iq_bpf_walk *walk;
	struct iq_target *target;
	uint64_t buckets, bucket_size, head;           /* `head` in a bucket */
	uint64_t count;                                /* of buckets */
	uint64_t elements, element_size, preallocated; /* the area of preallocated ones; else 0 */
	uint64_t next, hash, key;                      /* offsets in struct htab_elem */
	uint64_t value;                                /* offset of the value or pointer */
	uint64_t pointer;                              /* offset of the per-CPU pointer; 0: not known yet */
	uint64_t left;                                 /* elements that may still come */
	uint64_t read;                                 /* bytes of an element that are looked at */
	uint8_t *bytes;                                /* of the element that is looked at */
};

/* The elements of a chain so far: nearly all are short. */
struct chain {
	uint64_t bucket;
	uint64_t few[FEW];
	size_t count;
	struct iq_map many;
};

static struct iq_error *read_layout(struct table *table)
{
	struct iq_bpf *bpf = table->walk->bpf;
	const struct iq_bpf_map *map = table->walk->map;
	uint64_t hash_end;
	IQ_TRY(iq_b_pointed(bpf, "bpf_htab", "buckets", "head.first", &table->bucket_size, &table->head));
	IQ_TRY(iq_b_offset(bpf, "htab_elem", "hash_node.next", &table->next));
	IQ_TRY(iq_b_offset(bpf, "htab_elem", "hash", &table->hash));
	IQ_TRY(iq_b_offset(bpf, "htab_elem", "key", &table->key));
	hash_end = table->hash + sizeof(uint32_t);
	if (table->bucket_size < table->head + 8 || table->bucket_size > MAX_BUCKET || table->key < hash_end ||
	    table->key < table->next + 8 || table->key > MAX_BUCKET)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct bpf_htab has other members than known");
	if (!map->key_size || map->key_size > MAX_KEY)
		return iq_error_new(IQ_ERROR_FORMAT, "key_size %u", map->key_size);
	table->value = table->key + ((map->key_size + 7) & ~7U);
	bool inside = map->type == IQ_BPF_MAP_HASH || map->type == IQ_BPF_MAP_LRU_HASH;
	table->read = inside ? table->value : table->value + 8;
	return NULL;
}

static struct iq_error *read_table(struct table *table)
{
	struct iq_bpf *bpf = table->walk->bpf;
	const struct iq_bpf_map *map = table->walk->map;
	const struct iq_cpu *cpus;
	size_t cpu_count = 0;
	IQ_TRY(read_layout(table));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_htab", "buckets", &table->buckets));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_htab", "n_buckets", &table->count));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_htab", "elems", &table->elements));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_htab", "elem_size", &table->element_size));
	if (!map->max_entries || table->count != iq_bpf_power_of_two(map->max_entries))
		return iq_error_new(IQ_ERROR_FORMAT,
				    "n_buckets is %lu, which is not max_entries %u rounded up to a power of two",
				    table->count, map->max_entries);
	if (table->elements && table->element_size < table->value)
		return iq_error_new(IQ_ERROR_FORMAT, "elem_size is %lu with keys of %u bytes", table->element_size,
				    map->key_size);
	/* Plain hash maps have one more for each CPU, to replace another with. */
	if (table->elements && iq_failed(iq_cpus(bpf->kernel, &cpus, &cpu_count)))
		cpu_count = SLACK;
	table->preallocated = (uint64_t)map->max_entries + cpu_count;
	table->left = (uint64_t)map->max_entries + SLACK;
	table->bytes = calloc(1, table->value + 8);
	return table->bytes ? NULL : iq_error_no_memory();
}

/* Was the chain here before? */
static struct iq_error *remember(struct chain *chain, uint64_t address, bool *new)
{
	*new = true;
	if (chain->count < FEW) {
		for (size_t i = 0; i < chain->count; i++)
			*new &= chain->few[i] != address;
		if (*new)
			chain->few[chain->count++] = address;
		return NULL;
	}
	for (size_t i = 0; chain->count == FEW && i < FEW; i++) {
		if (!iq_map_add(&chain->many, chain->few[i], new))
			return iq_error_no_memory();
	}
	if (!iq_map_add(&chain->many, address, new))
		return iq_error_no_memory();
	chain->count += *new;
	return NULL;
}

static uint64_t pointer_at(const struct table *table, uint64_t offset)
{
	uint64_t pointer;
	memcpy(&pointer, table->bytes + offset, sizeof(pointer));
	return pointer;
}

/* Values are allocated with an alignment of 8; one CPU's page may be missing. */
static bool is_per_cpu(const struct table *table, uint64_t pointer)
{
	const struct iq_cpu *cpus;
	size_t count;
	if (!pointer || pointer & 7 || iq_failed(iq_cpus(table->walk->bpf->kernel, &cpus, &count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		uint64_t address;
		uint8_t byte;
		if (!iq_failed(iq_per_cpu(table->walk->bpf->kernel, cpus[i].id, pointer, &address)) &&
		    !iq_failed(iq_read_u8(table->target, address, &byte)))
			return true;
	}
	return false;
}

/*
 * Where the per-CPU pointer is: directly behind the key, aligned or not, in 5.10 and 6.1.170; at a multiple of 8
 * in 6.1.192 and 6.12.107. Nothing but the pointer itself tells which: the first element that has a believable one
 * decides. What is taken for one at the wrong place is made of the halves of two words.
 */
static uint64_t per_cpu_pointer(struct table *table)
{
	uint64_t behind = table->key + table->walk->map->key_size;
	if (!table->pointer && is_per_cpu(table, pointer_at(table, behind)))
		table->pointer = behind;
	if (!table->pointer && is_per_cpu(table, pointer_at(table, table->value)))
		table->pointer = table->value;
	return pointer_at(table, table->pointer ? table->pointer : table->value);
}

static struct iq_error *tell(struct table *table, uint64_t address)
{
	struct iq_bpf_walk *walk = table->walk;
	struct iq_bpf_element element = {
		.address = address,
		.key = table->bytes + table->key,
		.key_size = walk->map->key_size,
		.key_address = address + table->key,
		.value = address + table->value,
		.value_size = walk->map->value_size,
	};
	switch (walk->map->type) {
	case IQ_BPF_MAP_HASH_OF_MAPS:
		element.value = 0;
		if (pointer_at(table, table->value))
			return iq_bpf_walk_tell_object(walk, &element, "bpf_map", pointer_at(table, table->value));
		iq_bpf_walk_damaged(walk,
				    iq_error_new(IQ_ERROR_FORMAT, "the element at %#lx has no map", element.address));
		return NULL;
	case IQ_BPF_MAP_PERCPU_HASH:
	case IQ_BPF_MAP_LRU_PERCPU_HASH:
		element.kind = IQ_BPF_PER_CPU;
		element.value = per_cpu_pointer(table);
		element.value_stride = (element.value_size + 7) & ~7U;
		break;
	default: break;
	}
	return iq_bpf_walk_tell(walk, &element);
}

/* Whether what the chain came to is an element of this bucket. */
static struct iq_error *check(struct table *table, const struct chain *chain, uint64_t address)
{
	uint32_t hash;
	uint64_t offset = address - table->elements;
	memcpy(&hash, table->bytes + table->hash, sizeof(hash));
	if (table->elements && (offset % table->element_size || offset / table->element_size >= table->preallocated))
		return iq_error_new(IQ_ERROR_FORMAT, "bucket %lu: %#lx is none of the map's elements", chain->bucket,
				    address);
	if ((hash & (table->count - 1)) != chain->bucket)
		return iq_error_new(IQ_ERROR_FORMAT,
				    "bucket %lu: the element at %#lx with hash %#x belongs to bucket %lu",
				    chain->bucket, address, hash, hash & (table->count - 1));
	return NULL;
}

static struct iq_error *follow(struct table *table, struct chain *chain, uint64_t address)
{
	struct iq_bpf_walk *walk = table->walk;
	bool new;
	while (!(address & 1)) {
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(remember(chain, address, &new));
		if (!new || !table->left) {
			iq_bpf_walk_damaged(
				walk, !new ? iq_error_new(IQ_ERROR_LIMIT, "bucket %lu: the chain comes back to %#lx",
							  chain->bucket, address)
					   : iq_error_new(IQ_ERROR_LIMIT, "more elements than max_entries %u",
							  walk->map->max_entries));
			return NULL;
		}
		struct iq_error *error = iq_read(table->target, address, table->bytes, table->read);
		if (error) {
			iq_bpf_walk_damaged(
				walk, iq_error_prefix(error, "bucket %lu: element at %#lx", chain->bucket, address));
			return NULL;
		}
		table->left--;
		uint64_t next;
		memcpy(&next, table->bytes + table->next, sizeof(next));
		error = check(table, chain, address);
		if (error)
			iq_bpf_walk_damaged(walk, error);
		else
			IQ_TRY(tell(table, address));
		address = next;
	}
	if (address >> 1 != chain->bucket)
		iq_bpf_walk_damaged(walk, iq_error_new(IQ_ERROR_FORMAT,
						       "bucket %lu: its chain ends with the mark of bucket %lu",
						       chain->bucket, address >> 1));
	return NULL;
}

static struct iq_error *walk_buckets(struct table *table, uint64_t from, uint64_t count, const uint8_t *bytes)
{
	for (uint64_t i = 0; i < count; i++) {
		struct chain chain = { .bucket = from + i };
		uint64_t first;
		memcpy(&first, bytes + i * table->bucket_size + table->head, sizeof(first));
		struct iq_error *error = follow(table, &chain, first);
		iq_map_free(&chain.many);
		IQ_TRY(error);
	}
	return NULL;
}

/* Buckets to the end of a page at a time: a page that is missing costs its own buckets only. */
static struct iq_error *walk_table(struct table *table)
{
	uint8_t bytes[IQ_BPF_PAGE + MAX_BUCKET];
	for (uint64_t from = 0, count; from < table->count; from += count) {
		uint64_t address = table->buckets + from * table->bucket_size;
		count = IQ_MIN((IQ_BPF_PAGE - address % IQ_BPF_PAGE + table->bucket_size - 1) / table->bucket_size,
			       table->count - from);
		IQ_TRY(iq_check_interrupt());
		struct iq_error *error = iq_read(table->target, address, bytes, count * table->bucket_size);
		bool missing = error;
		error = iq_error_prefix(error, "buckets %lu to %lu", from, from + count - 1);
		IQ_TRY(iq_bpf_walk_page(table->walk, error));
		if (!missing)
			IQ_TRY(walk_buckets(table, from, count, bytes));
	}
	return NULL;
}

struct iq_error *iq_bpf_walk_hash(struct iq_bpf_walk *walk)
{
	struct table table = { .walk = walk, .target = walk->bpf->target };
	struct iq_error *error = read_table(&table);
	if (!error)
		error = walk_table(&table);
	free(table.bytes);
	return error;
}
