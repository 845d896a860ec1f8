// SPDX-License-Identifier: GPL-2.0-or-later
/* Arrays: struct bpf_array (include/linux/bpf.h, kernel/bpf/arraymap.c): values one behind the other, or pointers. */
#include "bpf/map_internal.h"

#include <inttypes.h>
#include <string.h>

struct array {
	uint64_t start;   /* of the values or pointers */
	uint64_t entries; /* as many as are believed */
	uint32_t stride;  /* of values */
};

/* The kernel rounds the number of entries up to a power of two for index_mask, and a value's size up to 8. */
static struct iq_error *read_array(struct iq_bpf_walk *walk, struct array *array)
{
	const struct iq_bpf_map *map = walk->map;
	uint32_t elem_size, mask;
	IQ_TRY(iq_b_offset(walk->bpf, "bpf_array", "value", &array->start));
	IQ_TRY(iq_b_get32(walk->bpf, map->address, "bpf_array", "elem_size", &elem_size));
	IQ_TRY(iq_b_get32(walk->bpf, map->address, "bpf_array", "index_mask", &mask));
	array->start += map->address;
	array->entries = map->max_entries;
	array->stride = elem_size;
	if (array->entries > (uint64_t)mask + 1) {
		iq_bpf_walk_damaged(walk, iq_error_new(IQ_ERROR_FORMAT, "max_entries %u goes beyond index_mask %#x",
						       map->max_entries, mask));
		array->entries = (uint64_t)mask + 1;
	}
	uint64_t rounded = ((uint64_t)map->value_size + 7) & ~UINT64_C(7);
	if (elem_size != rounded)
		return iq_error_new(IQ_ERROR_FORMAT, "elem_size %u is not the value_size %u rounded up to 8", elem_size,
				    map->value_size);
	return NULL;
}

struct iq_error *iq_bpf_is_readable(struct iq_bpf_readable *readable, uint64_t address, uint64_t size, bool *some)
{
	*some = false;
	uint64_t end = address + IQ_MAX(size, 1);
	for (uint64_t at = address, next; at < end && at >= address; at = next) {
		uint8_t byte;
		next = (at | (IQ_BPF_PAGE - 1)) + 1;
		if (next != readable->known && next != readable->missing) {
			struct iq_error *error = iq_read_u8(readable->walk->bpf->target, at, &byte);
			*(error ? &readable->missing : &readable->known) = next;
			IQ_TRY(iq_bpf_walk_page(readable->walk, error));
		}
		*some |= next == readable->known;
	}
	return NULL;
}

static struct iq_error *walk_values(struct iq_bpf_walk *walk, const struct array *array)
{
	struct iq_bpf_readable readable = { .walk = walk };
	for (uint64_t i = 0; i < array->entries; i++) {
		uint32_t index = (uint32_t)i;
		struct iq_bpf_element element = {
			.key = (const uint8_t *)&index,
			.key_size = sizeof(index),
			.value = array->start + i * array->stride,
			.value_size = walk->map->value_size,
		};
		bool some;
		IQ_TRY(iq_bpf_is_readable(&readable, element.value, element.value_size, &some));
		if (some)
			IQ_TRY(iq_bpf_walk_tell(walk, &element));
		else
			IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

struct iq_error *iq_bpf_walk_slots(struct iq_bpf_walk *walk, uint64_t start, uint64_t entries, iq_bpf_slot_fn fn)
{
	uint64_t pointers[IQ_BPF_PAGE / 8];
	for (uint64_t i = 0, count; i < entries; i += count) {
		uint64_t address = start + i * 8;
		count = IQ_MIN((IQ_BPF_PAGE - address % IQ_BPF_PAGE + 7) / 8, entries - i);
		count = IQ_MIN(count, IQ_ARRAY_SIZE(pointers));
		IQ_TRY(iq_check_interrupt());
		struct iq_error *error = iq_read(walk->bpf->target, address, pointers, count * 8);
		bool missing = error;
		IQ_TRY(iq_bpf_walk_page(walk, error));
		if (missing)
			continue;
		for (uint64_t j = 0; j < count; j++) {
			uint32_t index = (uint32_t)(i + j);
			struct iq_bpf_element element = {
				.key = (const uint8_t *)&index,
				.key_size = sizeof(index),
				.value_size = walk->map->value_size,
			};
			if (pointers[j])
				IQ_TRY(fn(walk, &element, pointers[j]));
		}
	}
	return NULL;
}

static struct iq_error *tell_per_cpu(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t pointer)
{
	element->kind = IQ_BPF_PER_CPU;
	element->value = pointer;
	element->value_stride = (element->value_size + 7) & ~7U;
	return iq_bpf_walk_tell(walk, element);
}

struct iq_error *iq_bpf_walk_array(struct iq_bpf_walk *walk)
{
	struct array array;
	IQ_TRY(read_array(walk, &array));
	if (walk->map->type == IQ_BPF_MAP_PERCPU_ARRAY)
		return iq_bpf_walk_slots(walk, array.start, array.entries, tell_per_cpu);
	return walk_values(walk, &array);
}

static struct iq_error *tell_object(struct iq_bpf_walk *walk, struct iq_bpf_element *element, uint64_t pointer)
{
	uint64_t event;
	struct iq_error *error;
	switch (walk->map->type) {
	case IQ_BPF_MAP_PROG_ARRAY: return iq_bpf_walk_tell_object(walk, element, "bpf_prog", pointer);
	case IQ_BPF_MAP_ARRAY_OF_MAPS: return iq_bpf_walk_tell_object(walk, element, "bpf_map", pointer);
	case IQ_BPF_MAP_CGROUP_ARRAY: return iq_bpf_walk_tell_object(walk, element, "cgroup", pointer);
	default: break;
	}
	/* A perf event's slot has a struct bpf_event_entry, which holds the event and its file. */
	element->address = pointer;
	error = iq_b_get(walk->bpf, pointer, "bpf_event_entry", "event", &event);
	if (!error)
		return iq_bpf_walk_tell_object(walk, element, "perf_event", event);
	iq_bpf_walk_damaged(walk, error);
	return NULL;
}

struct iq_error *iq_bpf_walk_object_array(struct iq_bpf_walk *walk)
{
	struct array array;
	IQ_TRY(read_array(walk, &array));
	return iq_bpf_walk_slots(walk, array.start, array.entries, tell_object);
}
