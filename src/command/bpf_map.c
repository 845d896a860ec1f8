// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf map: what a map holds. */
#include "bpf/btf.h"
#include "command/bpf_element.h"

#include "util/cleanup.h"

#include <string.h>

static struct iq_error *tell(const struct iq_bpf_shown *shown, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED) ||
	    iq_error_is(error, IQ_ERROR_UNSUPPORTED))
		return error;
	iq_warn_error(&shown->session->diag, error);
	return NULL;
}

static struct iq_error *of_map(const struct iq_bpf_map *map, struct iq_error *error)
{
	return iq_error_prefix(error, "map %u (%s)", map->id, map->type_name);
}

static struct iq_error *show_ring(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map)
{
	struct iq_bpf_ring ring;
	/* The walk will say the same of it. */
	iq_error_free(iq_bpf_ring_read(shown->bpf, map, &ring));
	iq_object_begin(shown->out, "ring");
	iq_add_address(shown->out, "bpf_ringbuf", ring.address);
	iq_add_address(shown->out, "data", ring.data);
	iq_add_big(shown->out, "size", ring.size);
	iq_add_big(shown->out, "consumer", ring.consumer);
	iq_add_big(shown->out, "producer", ring.producer);
	iq_add_big(shown->out, "first", ring.first);
	iq_add_bool(shown->out, "busy", ring.busy);
	iq_line(shown->out, "     BPF_RINGBUF: {bpf_ringbuf@address}  DATA: {data@address}  CONSUMER: {consumer}  "
			    "PRODUCER: {producer}");
	if (ring.first > ring.consumer)
		iq_line(shown->out, "     OVERWRITTEN: up to {first}");
	if (ring.busy)
		iq_line(shown->out, "     BUSY: a program is consuming");
	iq_end(shown->out);
	return NULL;
}

static struct iq_error *show_bloom(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map)
{
	struct iq_bpf_bloom bloom;
	struct iq_error *error = of_map(map, iq_bpf_bloom_read(shown->bpf, map, &bloom));
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_object_begin(shown->out, "bloom");
	iq_add_unsigned(shown->out, "hashes", bloom.hashes);
	iq_add_hex(shown->out, "seed", bloom.seed);
	iq_add_address(shown->out, "bitset", bloom.bitset);
	iq_add_unsigned(shown->out, "bits", bloom.bits);
	iq_add_unsigned(shown->out, "set", bloom.set);
	iq_add_unsigned(shown->out, "unread", bloom.unread);
	iq_line(shown->out,
		"     BITSET: {bitset@address}  BITS: {bits}  SET: {set}  HASHES: {hashes}  SEED: {seed:X}");
	if (bloom.unread)
		iq_line(shown->out, "     UNREAD: {unread} bits");
	iq_end(shown->out);
	return tell(shown, error);
}

static struct iq_error *show_more(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map)
{
	if (strcmp(map->type_name, "ringbuf") == 0 || strcmp(map->type_name, "user_ringbuf") == 0)
		return show_ring(shown, map);
	if (strcmp(map->type_name, "bloom_filter") == 0)
		return show_bloom(shown, map);
	if (strcmp(map->type_name, "struct_ops") == 0)
		return tell(shown, of_map(map, iq_bpf_show_struct_ops(shown, map)));
	return NULL;
}

static void add_count(const struct iq_bpf_shown *shown, uint64_t count)
{
	iq_add_unsigned(shown->out, "count", count);
	iq_line(shown->out, "     ELEMENTS: {count}");
}

static struct iq_error *show_elements(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map)
{
	_cleanup_(iq_bpf_elements_deinit) struct iq_bpf_elements elements;
	IQ_TRY(iq_bpf_elements_init(&elements, shown, map));
	iq_list_begin(shown->out, "elements");
	struct iq_error *error = iq_bpf_map_each(shown->bpf, map, iq_bpf_show_element, &elements);
	iq_end(shown->out);
	IQ_TRY(tell(shown, error));
	IQ_TRY(tell(shown, of_map(map, iq_steal(elements.first))));
	add_count(shown, elements.count);
	return NULL;
}

struct iq_error *iq_bpf_show_map(const struct iq_bpf_shown *shown, uint32_t id)
{
	struct iq_bpf_map map;
	uint64_t count;
	IQ_TRY(iq_bpf_map_by_id(shown->bpf, id, &map));
	iq_record_begin(shown->out);
	iq_bpf_add_map(shown, &map);
	struct iq_error *error = show_more(shown, &map);
	if (!error && iq_args_has(shown->args, 'c')) {
		error = tell(shown, iq_bpf_map_count(shown->bpf, &map, &count));
		if (!error)
			add_count(shown, count);
	} else if (!error) {
		error = show_elements(shown, &map);
	}
	iq_end(shown->out);
	return error;
}
