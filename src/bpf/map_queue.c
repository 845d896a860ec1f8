// SPDX-License-Identifier: GPL-2.0-or-later
/* Queues and stacks: struct bpf_queue_stack (kernel/bpf/queue_stack_maps.c), in the order in which they would be
 * popped. */
#include "bpf/map_internal.h"

struct iq_error *iq_bpf_walk_queue(struct iq_bpf_walk *walk)
{
	const struct iq_bpf_map *map = walk->map;
	uint64_t elements;
	uint32_t head, tail, size;
	IQ_TRY(iq_b_offset(walk->bpf, "bpf_queue_stack", "elements", &elements));
	IQ_TRY(iq_b_get32(walk->bpf, map->address, "bpf_queue_stack", "head", &head));
	IQ_TRY(iq_b_get32(walk->bpf, map->address, "bpf_queue_stack", "tail", &tail));
	IQ_TRY(iq_b_get32(walk->bpf, map->address, "bpf_queue_stack", "size", &size));
	/* One place stays free, so that a full one is no empty one. */
	if (head >= size || tail >= size || size != (uint64_t)map->max_entries + 1)
		return iq_error_new(IQ_ERROR_FORMAT, "head %u and tail %u of size %u with max_entries %u", head, tail,
				    size, map->max_entries);
	struct iq_bpf_readable readable = { .walk = walk };
	bool queue = map->type == IQ_BPF_MAP_QUEUE;
	uint32_t count = head >= tail ? head - tail : head + (size - tail), at = queue ? tail : head;
	for (uint32_t i = 0; i < count; i++) {
		if (!queue)
			at = (at ? at : size) - 1;
		struct iq_bpf_element element = {
			.value = map->address + elements + (uint64_t)at * map->value_size,
			.value_size = map->value_size,
		};
		bool some;
		IQ_TRY(iq_bpf_is_readable(&readable, element.value, element.value_size, &some));
		if (some)
			IQ_TRY(iq_bpf_walk_tell(walk, &element));
		else
			IQ_TRY(iq_check_interrupt());
		if (queue)
			at = at + 1 < size ? at + 1 : 0;
	}
	return NULL;
}
