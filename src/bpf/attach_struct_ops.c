// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs as functions of a kernel structure. Facts: kernel/bpf/bpf_struct_ops.c: what user space gave a map is kept
 * in uvalue, with the ID of the program in place of each pointer to a function.
 */
#include "bpf/attach.h"

#include <string.h>

enum { IN_USE = 1, READY = 3, MAX_MEMBERS = 1024 };

#define PREFIX "bpf_struct_ops_" /* of the value's type */

struct members {
	struct iq_type type;  /* tcp_congestion_ops */
	const char *name;     /* "tcp_congestion_ops" */
	uint64_t user_values; /* address of the structure with IDs */
};

static struct iq_error *find_members(struct iq_bpf *b, const struct iq_bpf_map *map, struct members *out)
{
	struct iq_type key, value;
	struct iq_type_member data;
	struct iq_type_info info;
	IQ_TRY(iq_bpf_map_types(b, map, &key, &value));
	if (!value.source)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "struct_ops map %u has no type", map->id);
	IQ_TRY(iq_type_info(value, &info));
	bool prefixed = info.name && strncmp(info.name, PREFIX, strlen(PREFIX)) == 0;
	out->name = prefixed ? info.name + strlen(PREFIX) : info.name;
	IQ_TRY(iq_type_member(value, "data", &data));
	IQ_TRY(iq_type_complete(data.type, &out->type));
	IQ_TRY(iq_b_get(b, map->address, "bpf_struct_ops_map", "uvalue", &out->user_values));
	out->user_values += data.bit_offset / 8;
	return NULL;
}

static bool is_function_pointer(struct iq_type type)
{
	struct iq_type stripped;
	struct iq_type_info info;
	return !iq_failed(iq_type_strip(type, &stripped)) && !iq_failed(iq_type_info(stripped, &info)) &&
	       info.kind == IQ_TYPE_POINTER && !iq_failed(iq_type_strip(info.target, &stripped)) &&
	       !iq_failed(iq_type_info(stripped, &info)) && info.kind == IQ_TYPE_FUNCTION;
}

/* The program of a member, if it is a function that has one: target->member is NULL else. */
static struct iq_error *read_member(struct iq_bpf *b, const struct members *members, uint32_t n,
				    struct iq_bpf_target *target)
{
	struct iq_type_member member;
	uint64_t id;
	IQ_TRY(iq_type_member_at(members->type, n, &member));
	if (!is_function_pointer(member.type))
		return NULL;
	IQ_TRY(iq_error_prefix(iq_read_u64(b->target, members->user_values + member.bit_offset / 8, &id), "%s.%s",
			       members->name, member.name));
	if (!id)
		return NULL;
	target->member = member.name;
	target->program_id = (uint32_t)id;
	return iq_error_prefix(iq_bpf_by_id(b, IQ_BPF_PROGRAMS, target->program_id, &target->program), "%s.%s",
			       members->name, member.name);
}

/* What is missing of one member hides no other. */
static struct iq_error *each_member(struct iq_bpf *b, const struct members *members, iq_bpf_target_fn fn, void *context)
{
	struct iq_type_info info;
	struct iq_error *first = NULL;
	IQ_TRY(iq_type_info(members->type, &info));
	for (uint32_t i = 0; i < info.count && i < MAX_MEMBERS; i++) {
		struct iq_bpf_target target = { 0 };
		iq_error_keep(&first, read_member(b, members, i, &target));
		struct iq_error *ended = target.member ? fn(context, &target) : NULL;
		if (ended) {
			iq_error_free(first);
			return ended;
		}
	}
	return first;
}

struct iq_error *iq_bpf_struct_ops_targets(struct iq_bpf *b, uint64_t address, iq_bpf_target_fn fn, void *context)
{
	struct iq_bpf_map map;
	struct members members;
	IQ_TRY(iq_bpf_map_read(b, address, &map));
	IQ_TRY(find_members(b, &map, &members));
	return each_member(b, &members, fn, context);
}

static struct iq_error *count_one(void *context, const struct iq_bpf_target *target)
{
	uint64_t *count = context;
	++*count;
	return NULL;
}

/* 6.4: 68b04864ca42 ("bpf: Create links for BPF struct_ops maps.") */
struct iq_error *iq_bpf_describe_struct_ops(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	struct iq_bpf_map map;
	struct members members;
	uint64_t address;
	IQ_TRY(iq_b_get(b, container, "bpf_struct_ops_link", "map", &address));
	IQ_TRY(iq_bpf_hook_map(b, hook, address));
	if (!address)
		return NULL;
	IQ_TRY(iq_bpf_map_read(b, address, &map));
	IQ_TRY(find_members(b, &map, &members));
	iq_bpf_hook_text(hook, "struct", members.name);
	iq_bpf_hook_detail(hook, "%s", members.name);
	return each_member(b, &members, count_one, &hook->attachment.target_count);
}

struct one_map {
	struct iq_bpf_hooks *hooks;
	const struct iq_bpf_map *map;
	const char *name;
	uint64_t link;
	uint32_t link_id;
};

static struct iq_error *add_member(void *context, const struct iq_bpf_target *target)
{
	const struct one_map *one = context;
	struct iq_bpf *b = one->hooks->bpf;
	struct iq_bpf_hook *hook;
	IQ_TRY(iq_bpf_hook_new(one->hooks, target->program, "struct_ops", &hook));
	hook->attachment.program_id = target->program_id;
	hook->attachment.link = one->link;
	hook->attachment.link_id = one->link_id;
	hook->attachment.link_type = IQ_BPF_LINK_STRUCT_OPS;
	iq_bpf_hook_damaged(hook, iq_bpf_hook_map(b, hook, one->map->address));
	iq_bpf_hook_text(hook, "struct", one->name);
	iq_bpf_hook_text(hook, "member", target->member);
	iq_bpf_hook_detail(hook, "%s.%s", one->name, target->member);
	return NULL;
}

/* The link that has registered a map. */
static void find_link(struct one_map *one)
{
	iq_vec_foreach (hook, &one->hooks->found->hooks) {
		const struct iq_bpf_attachment *attachment = &(*hook)->attachment;
		if (attachment->link_type != IQ_BPF_LINK_STRUCT_OPS || attachment->object != one->map->address)
			continue;
		one->link = attachment->link;
		one->link_id = attachment->link_id;
		return;
	}
}

struct iq_error *iq_bpf_find_struct_ops(struct iq_bpf_hooks *hooks, const struct iq_bpf_map *map)
{
	struct iq_bpf *b = hooks->bpf;
	struct one_map one = { .hooks = hooks, .map = map };
	struct members members;
	uint64_t state;
	/* 6.9: 612d087d4ba5 ("bpf: validate value_type") put both members in a struct */
	const char *path =
		iq_b_has(b, "bpf_struct_ops_map", "kvalue.common.state") ? "kvalue.common.state" : "kvalue.state";
	IQ_TRY(iq_b_get(b, map->address, "bpf_struct_ops_map", path, &state));
	find_link(&one);
	/* One that is made for a link is READY for ever, registered or not. */
	if (state != IN_USE && !(state == READY && one.link))
		return NULL;
	IQ_TRY(find_members(b, map, &members));
	one.name = members.name;
	return each_member(b, &members, add_member, &one);
}
