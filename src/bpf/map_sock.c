// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps of sockets: struct bpf_stab and bpf_shtab (net/core/sock_map.c), struct reuseport_array
 * (kernel/bpf/reuseport_array.c), struct xsk_map (net/xdp/xskmap.c). User space reads a socket's cookie as the value,
 * where values have 8 bytes; of XDP sockets it can read nothing.
 */
#include "bpf/map_internal.h"

#include <string.h>

enum { MAX_KEY = 512 /* MAX_BPF_STACK */, SLACK = 1024, MAX_BUCKET = 4096 };

static struct iq_error *tell_socket(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t sock)
{
	uint64_t cookie;
	element->value_size = 0;
	if (walk->map->value_size == 8) {
		IQ_TRY(iq_b_offset(walk->bpf, "sock", "__sk_common.skc_cookie", &cookie));
		element->value = sock + cookie;
		element->value_size = 8;
	}
	return iq_bpf_walk_tell_object(walk, element, "sock", sock);
}

static struct iq_error *tell_xdp_socket(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t sock)
{
	element->value_size = 0;
	return iq_bpf_walk_tell_object(walk, element, "xdp_sock", sock);
}

struct iq_error *iq_bpf_walk_sockmap(struct iq_bpf_walk *walk)
{
	uint64_t slots;
	IQ_TRY(iq_b_get(walk->bpf, walk->map->address, "bpf_stab", "sks", &slots));
	return iq_bpf_walk_slots(walk, slots, walk->map->max_entries, tell_socket);
}

struct iq_error *iq_bpf_walk_sockarray(struct iq_bpf_walk *walk)
{
	uint64_t slots;
	IQ_TRY(iq_b_offset(walk->bpf, "reuseport_array", "ptrs", &slots));
	return iq_bpf_walk_slots(walk, walk->map->address + slots, walk->map->max_entries, tell_socket);
}

struct iq_error *iq_bpf_walk_xskmap(struct iq_bpf_walk *walk)
{
	struct iq_type_member member;
	struct iq_type stripped;
	struct iq_type_info info;
	uint64_t slots;
	IQ_TRY(iq_types_member(walk->bpf->types, "xsk_map", "xsk_map", &member));
	IQ_TRY(iq_type_strip(member.type, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	/* Before 5.5 the slots were an allocation of their own. */
	if (info.kind == IQ_TYPE_POINTER)
		IQ_TRY(iq_b_get(walk->bpf, walk->map->address, "xsk_map", "xsk_map", &slots));
	else
		slots = walk->map->address + member.bit_offset / 8;
	return iq_bpf_walk_slots(walk, slots, walk->map->max_entries, tell_xdp_socket);
}

struct table {
	struct iq_bpf_walk *walk;
	uint64_t count, bucket; /* of buckets; the one that is walked */
	uint64_t key;           /* offset in an element */
	uint64_t left;          /* elements that may still come */
};

static struct iq_error *check(struct table *table, uint64_t address, uint64_t *sock)
{
	struct iq_bpf *bpf = table->walk->bpf;
	uint64_t hash;
	IQ_TRY(iq_b_get(bpf, address, "bpf_shtab_elem", "hash", &hash));
	IQ_TRY(iq_b_get(bpf, address, "bpf_shtab_elem", "sk", sock));
	if ((hash & (table->count - 1)) != table->bucket)
		return iq_error_new(IQ_ERROR_FORMAT, "the element at %#lx with hash %#lx belongs to bucket %lu",
				    address, hash, hash & (table->count - 1));
	return NULL;
}

static struct iq_error *tell_element(void *context, uint64_t address)
{
	struct table *table = context;
	struct iq_bpf_walk *walk = table->walk;
	uint8_t key[MAX_KEY];
	uint64_t sock;
	struct iq_bpf_element element = {
		.address = address,
		.key = key,
		.key_size = walk->map->key_size,
		.key_address = address + table->key,
	};
	IQ_TRY(iq_check_interrupt());
	if (!table->left)
		return iq_error_new(IQ_ERROR_LIMIT, "more elements than max_entries %u", walk->map->max_entries);
	table->left--;
	struct iq_error *error = check(table, address, &sock);
	if (!error)
		error = iq_error_prefix(iq_read(walk->bpf->target, element.key_address, key, element.key_size),
					"key at %#lx", element.key_address);
	if (error) {
		iq_bpf_walk_damaged(walk, iq_error_prefix(error, "bucket %lu", table->bucket));
		return NULL;
	}
	return tell_socket(walk, &element, sock);
}

struct iq_error *iq_bpf_walk_sockhash(struct iq_bpf_walk *walk)
{
	struct table table = { .walk = walk, .left = (uint64_t)walk->map->max_entries + SLACK };
	const struct iq_bpf_map *map = walk->map;
	struct iq_bpf *bpf = walk->bpf;
	uint64_t buckets, size, head;
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_shtab", "buckets", &buckets));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_shtab", "buckets_num", &table.count));
	IQ_TRY(iq_b_pointed(bpf, "bpf_shtab", "buckets", "head.first", &size, &head));
	IQ_TRY(iq_b_offset(bpf, "bpf_shtab_elem", "key", &table.key));
	if (!map->max_entries || table.count != iq_bpf_power_of_two(map->max_entries) || map->key_size > MAX_KEY)
		return iq_error_new(IQ_ERROR_FORMAT, "buckets_num is %lu with max_entries %u, key_size %u", table.count,
				    map->max_entries, map->key_size);
	struct iq_bpf_readable readable = { .walk = walk };
	for (; table.bucket < table.count; table.bucket++) {
		uint64_t place = buckets + table.bucket * size + head;
		IQ_TRY(iq_check_interrupt());
		bool some;
		IQ_TRY(iq_bpf_is_readable(&readable, place, 8, &some));
		if (!some)
			continue;
		struct iq_error *error = iq_hlist_each(bpf->target, bpf->types, place, "bpf_shtab_elem", "node",
						       map->max_entries + (size_t)SLACK, tell_element, &table);
		IQ_TRY(iq_bpf_walk_go_on(walk, iq_error_prefix(error, "bucket %lu", table.bucket)));
	}
	return NULL;
}
