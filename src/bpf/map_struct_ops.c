// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/map_internal.h"
#include "bpf/struct_ops.h"

#include <string.h>

enum { MAX_MEMBERS = 4096, MAX_ID = INT32_MAX };

/* The struct that the kernel has, out of the one that the map's value is: its member `data`. */
static struct iq_error *read_type(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_bpf_struct_ops *out)
{
	struct iq_type key, value;
	struct iq_type_member data;
	IQ_TRY(iq_bpf_map_types(bpf, map, &key, &value));
	if (!value.source)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "map %u has no type for its value", map->id);
	IQ_TRY(iq_type_member(value, "data", &data));
	out->offset = data.bit_offset / 8;
	return iq_type_strip(data.type, &out->type);
}

struct iq_error *iq_bpf_struct_ops_read(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_bpf_struct_ops *out)
{
	/* 6.9 put both into struct bpf_struct_ops_common_value. */
	const char *state =
		iq_b_has(bpf, "bpf_struct_ops_map", "kvalue.common.state") ? "kvalue.common.state" : "kvalue.state";
	*out = (struct iq_bpf_struct_ops){ 0 };
	IQ_TRY(iq_b_get32(bpf, map->address, "bpf_struct_ops_map", state, &out->state));
	iq_bpf_enum_name(bpf, "bpf_struct_ops_state", "BPF_STRUCT_OPS_STATE_", out->state, out->state_name,
			 sizeof(out->state_name));
	IQ_TRY(iq_member_address(bpf->types, map->address, "bpf_struct_ops_map", "kvalue", &out->kernel));
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_struct_ops_map", "uvalue", &out->user));
	return read_type(bpf, map, out);
}

static struct iq_error *is_function(struct iq_type type, bool *function)
{
	struct iq_type stripped;
	struct iq_type_info info;
	*function = false;
	IQ_TRY(iq_type_strip(type, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	if (info.kind != IQ_TYPE_POINTER)
		return NULL;
	IQ_TRY(iq_type_strip(info.target, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	*function = info.kind == IQ_TYPE_FUNCTION;
	return NULL;
}

static struct iq_error *read_function(struct iq_bpf *bpf, const struct iq_bpf_struct_ops *ops, uint32_t n,
				      struct iq_bpf_struct_ops_function *out)
{
	struct iq_type_member member;
	bool function;
	uint64_t id;
	IQ_TRY(iq_type_member_at(ops->type, n, &member));
	IQ_TRY(is_function(member.type, &function));
	if (!function)
		return NULL;
	out->name = member.name ? member.name : "";
	out->offset = member.bit_offset / 8;
	uint64_t offset = ops->offset + out->offset;
	IQ_TRY(iq_error_prefix(iq_read_u64(bpf->target, ops->kernel + offset, &out->code), "function %s", out->name));
	if (!out->code)
		return NULL;
	IQ_TRY(iq_error_prefix(iq_read_u64(bpf->target, ops->user + offset, &id), "program of %s", out->name));
	if (id > MAX_ID)
		return iq_error_new(IQ_ERROR_FORMAT, "program of %s: %#lx is no ID", out->name, id);
	out->program_id = (uint32_t)id;
	return NULL;
}

struct iq_error *iq_bpf_struct_ops_each(struct iq_bpf *bpf, const struct iq_bpf_struct_ops *ops,
					iq_bpf_struct_ops_fn fn, void *context)
{
	struct iq_type_info info;
	struct iq_error *first = NULL;
	IQ_TRY(iq_type_info(ops->type, &info));
	for (uint32_t i = 0; i < info.count && i < MAX_MEMBERS; i++) {
		struct iq_bpf_struct_ops_function function = { 0 };
		iq_error_keep(&first, read_function(bpf, ops, i, &function));
		if (!function.code)
			continue;
		struct iq_error *error = fn(context, &function);
		if (error) {
			iq_error_free(first);
			return error;
		}
	}
	return first;
}

/* Its one element is there from the beginning, all zero until something is put into it. */
struct iq_error *iq_bpf_walk_struct_ops(struct iq_bpf_walk *walk)
{
	const uint32_t key = 0;
	struct iq_bpf_element element = {
		.key = (const uint8_t *)&key,
		.key_size = sizeof(key),
		.value_size = walk->map->value_size,
	};
	IQ_TRY(iq_member_address(walk->bpf->types, walk->map->address, "bpf_struct_ops_map", "kvalue", &element.value));
	return iq_bpf_walk_tell(walk, &element);
}
