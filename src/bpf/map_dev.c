// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where XDP programs send frames: devices (struct bpf_dtab, kernel/bpf/devmap.c) by index or by hash, and CPUs (struct
 * bpf_cpu_map, kernel/bpf/cpumap.c). Each may have a program of its own; values are struct bpf_devmap_val and struct
 * bpf_cpumap_val, which have its ID (since 5.8, fbee97feed9b, and 5.9, 9216477449f3).
 */
#include "bpf/map_internal.h"
#include "bpf/program.h"

enum { SLACK = 1024, MAX_CPUS = 8192 };

/* The struct of a slot: where it has what. */
struct target_kind {
	const char *type, *object, *object_type, *program, *value;
};

static const struct target_kind device_kind = { "bpf_dtab_netdev", "dev", "net_device", "xdp_prog", "val" };
static const struct target_kind cpu_kind = { "bpf_cpu_map_entry", "kthread", "task_struct", "prog", "value" };

static struct iq_error *read_program(struct iq_bpf *bpf, uint64_t address, const struct target_kind *kind,
				     struct iq_bpf_element *element)
{
	if (!iq_b_has(bpf, kind->type, kind->program))
		return NULL;
	IQ_TRY(iq_b_get(bpf, address, kind->type, kind->program, &element->program));
	if (!element->program)
		return NULL;
	return iq_bpf_program_id(bpf, element->program, &element->program_id);
}

static struct iq_error *tell_target(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t address,
				    const struct target_kind *kind)
{
	struct iq_bpf *bpf = walk->bpf;
	uint64_t object;
	struct iq_error *error = iq_b_get(bpf, address, kind->type, kind->object, &object);
	if (error) {
		iq_bpf_walk_damaged(walk, error);
		return NULL;
	}
	element->address = address;
	/* Before there were programs the value was the device's index or the queue's length, found elsewhere. */
	element->value_size = 0;
	if (iq_b_has(bpf, kind->type, kind->value)) {
		IQ_TRY(iq_member_address(bpf->types, address, kind->type, kind->value, &element->value));
		element->value_size = walk->map->value_size;
	}
	iq_bpf_walk_damaged(walk, read_program(bpf, address, kind, element));
	return iq_bpf_walk_tell_object(walk, element, kind->object_type, object);
}

static struct iq_error *tell_device(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t pointer)
{
	return tell_target(walk, element, pointer, &device_kind);
}

static struct iq_error *tell_cpu(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t pointer)
{
	return tell_target(walk, element, pointer, &cpu_kind);
}

struct iq_error *iq_bpf_walk_devmap(struct iq_bpf_walk *walk)
{
	uint64_t slots;
	IQ_TRY(iq_b_get(walk->bpf, walk->map->address, "bpf_dtab", "netdev_map", &slots));
	return iq_bpf_walk_slots(walk, slots, walk->map->max_entries, tell_device);
}

struct iq_error *iq_bpf_walk_cpumap(struct iq_bpf_walk *walk)
{
	uint64_t slots;
	if (walk->map->max_entries > MAX_CPUS)
		return iq_error_new(IQ_ERROR_FORMAT, "max_entries is %u, more than any kernel has CPUs",
				    walk->map->max_entries);
	IQ_TRY(iq_b_get(walk->bpf, walk->map->address, "bpf_cpu_map", "cpu_map", &slots));
	return iq_bpf_walk_slots(walk, slots, walk->map->max_entries, tell_cpu);
}

struct table {
	struct iq_bpf_walk *walk;
	uint64_t count, bucket; /* of buckets; the one that is walked */
	uint64_t left;          /* elements that may still come */
};

static struct iq_error *tell_hashed(void *context, uint64_t address)
{
	struct table *table = context;
	struct iq_bpf_walk *walk = table->walk;
	uint32_t index;
	struct iq_bpf_element element = { .key = (const uint8_t *)&index, .key_size = sizeof(index) };
	IQ_TRY(iq_check_interrupt());
	if (!table->left)
		return iq_error_new(IQ_ERROR_LIMIT, "more elements than max_entries %u", walk->map->max_entries);
	table->left--;
	struct iq_error *error = iq_b_get32(walk->bpf, address, "bpf_dtab_netdev", "idx", &index);
	if (!error && (index & (table->count - 1)) != table->bucket)
		error = iq_error_new(IQ_ERROR_FORMAT,
				     "bucket %lu: bpf_dtab_netdev at %#lx with index %u belongs to bucket %lu",
				     table->bucket, address, index, index & (table->count - 1));
	if (error) {
		iq_bpf_walk_damaged(walk, error);
		return NULL;
	}
	IQ_TRY(iq_member_address(walk->bpf->types, address, "bpf_dtab_netdev", "idx", &element.key_address));
	return tell_target(walk, &element, address, &device_kind);
}

struct iq_error *iq_bpf_walk_devmap_hash(struct iq_bpf_walk *walk)
{
	struct table table = { .walk = walk, .left = (uint64_t)walk->map->max_entries + SLACK };
	const struct iq_bpf_map *map = walk->map;
	struct iq_bpf *bpf = walk->bpf;
	uint64_t heads;
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_dtab", "dev_index_head", &heads));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_dtab", "n_buckets", &table.count));
	if (!map->max_entries || table.count != iq_bpf_power_of_two(map->max_entries))
		return iq_error_new(IQ_ERROR_FORMAT, "n_buckets is %lu with max_entries %u", table.count,
				    map->max_entries);
	struct iq_bpf_readable readable = { .walk = walk };
	for (; table.bucket < table.count; table.bucket++) {
		uint64_t head = heads + table.bucket * 8; /* struct hlist_head: one pointer */
		IQ_TRY(iq_check_interrupt());
		bool some;
		IQ_TRY(iq_bpf_is_readable(&readable, head, 8, &some));
		if (!some)
			continue;
		struct iq_error *error = iq_hlist_each(bpf->target, bpf->types, head, "bpf_dtab_netdev", "index_hlist",
						       map->max_entries + (size_t)SLACK, tell_hashed, &table);
		IQ_TRY(iq_bpf_walk_go_on(walk, iq_error_prefix(error, "bucket %lu", table.bucket)));
	}
	return NULL;
}
