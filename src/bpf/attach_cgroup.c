// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs at cgroups. Facts: struct cgroup_bpf in include/linux/bpf-cgroup-defs.h, kernel/bpf/cgroup.c. */
#include "bpf/attach.h"
#include "kernel/cgroup.h"

#include <string.h>

enum { MAX_PROGRAMS = 1 << 16, MAX_TYPES = 256, MAX_TEXT = 48 };

struct iq_error *iq_bpf_describe_cgroup(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t cgroup, type;
	char text[MAX_TEXT];
	if (!iq_map_set(&hooks->grouped, hook->attachment.program, 1))
		return iq_error_no_memory();
	IQ_TRY(iq_b_get(b, container, "bpf_cgroup_link", "cgroup", &cgroup));
	struct iq_error *error = iq_bpf_hook_cgroup(b, hook, cgroup);
	struct iq_error *second =
		iq_bpf_link_attach_type(b, hook->attachment.link, container, "bpf_cgroup_link", "type", &type);
	if (!second) {
		iq_bpf_enum_name(b, "bpf_attach_type", "BPF_", type, text, sizeof(text));
		iq_bpf_hook_text(hook, "attach_type", text);
		iq_bpf_hook_detail(hook, "%s", text);
		if (strcmp(text, "lsm_cgroup") == 0)
			second = iq_bpf_hook_lsm(b, hook);
	}
	iq_error_keep(&error, second);
	return error;
}

struct group {
	struct iq_bpf_hooks *hooks;
	uint64_t cgroup;
	uint64_t type; /* index of the list */
	uint64_t flags;
	const char *enumeration, *prefix; /* of the index */
};

static struct iq_error *add_type(const struct group *group, struct iq_bpf_hook *hook)
{
	struct iq_bpf *b = group->hooks->bpf;
	char text[MAX_TEXT], name[MAX_TEXT + 8];
	iq_bpf_enum_name(b, group->enumeration, group->prefix, group->type, text, sizeof(text));
	/* LSM hooks have slots without names, given out as they are needed. */
	bool lsm = strncmp(text, "lsm", 3) == 0 || strncmp(text, "type ", 5) == 0;
	if (lsm)
		snprintf(name, sizeof(name), "lsm_cgroup");
	else
		snprintf(name, sizeof(name), "cgroup_%s", text);
	iq_bpf_hook_text(hook, "attach_type", name);
	iq_bpf_hook_detail(hook, "%s", name);
	/* BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI */
	const char *flags = group->flags & 2 ? "multi" : group->flags & 1 ? "override" : NULL;
	if (flags) {
		iq_bpf_hook_text(hook, "flags", flags);
		iq_bpf_hook_detail(hook, "%s", flags);
	}
	return lsm ? iq_bpf_hook_lsm(b, hook) : NULL;
}

static struct iq_error *see_entry(void *context, uint64_t entry)
{
	const struct group *group = context;
	struct iq_bpf *b = group->hooks->bpf;
	struct iq_bpf_hook *hook;
	uint64_t program, link = 0;
	IQ_TRY(iq_b_get(b, entry, "bpf_prog_list", "prog", &program));
	IQ_TRY(iq_b_get_if(b, entry, "bpf_prog_list", "link", &link));
	if (!program || link) /* of a link, `prog` is NULL */
		return NULL;
	if (!iq_map_set(&group->hooks->grouped, program, 1))
		return iq_error_no_memory();
	IQ_TRY(iq_bpf_hook_new(group->hooks, program, "cgroup", &hook));
	struct iq_error *error = iq_bpf_hook_cgroup(b, hook, group->cgroup);
	iq_error_keep(&error, add_type(group, hook));
	iq_bpf_hook_damaged(hook, error);
	return NULL;
}

/* An element of an array member. */
struct array {
	uint64_t first, count, size;
};

static struct iq_error *find_array(struct iq_bpf *b, uint64_t cgroup, const char *path, struct array *out)
{
	struct iq_type_member member;
	struct iq_type_info info;
	IQ_TRY(iq_types_member(b->types, "cgroup", path, &member));
	IQ_TRY(iq_type_info(member.type, &info));
	if (info.kind != IQ_TYPE_ARRAY || !info.count || info.count > MAX_TYPES)
		return iq_error_new(IQ_ERROR_FORMAT, "cgroup.%s has %lu elements", path, info.count);
	*out = (struct array){ cgroup + member.bit_offset / 8, info.count, info.size / info.count };
	return NULL;
}

static struct iq_error *see_lists(struct group *group)
{
	struct iq_bpf *b = group->hooks->bpf;
	struct array lists, flags;
	IQ_TRY(find_array(b, group->cgroup, "bpf.progs", &lists));
	IQ_TRY(find_array(b, group->cgroup, "bpf.flags", &flags));
	for (group->type = 0; group->type < lists.count && group->type < flags.count; group->type++) {
		uint64_t head = lists.first + group->type * lists.size;
		group->flags = 0;
		IQ_TRY(iq_read(b->target, flags.first + group->type * flags.size, &group->flags,
			       IQ_MIN(flags.size, 8)));
		/* 6.0: 00442143a2ab ("bpf: convert cgroup_bpf.progs to hlist") */
		struct iq_error *error = lists.size == 8 ? iq_hlist_each(b->target, b->types, head, "bpf_prog_list",
									 "node", MAX_PROGRAMS, see_entry, group)
							 : iq_list_each(b->target, b->types, head, "bpf_prog_list",
									"node", MAX_PROGRAMS, see_entry, group);
		IQ_TRY(iq_bpf_hooks_damaged(group->hooks, error));
	}
	return NULL;
}

/* What runs for a cgroup: its own programs and those of the cgroups above it. One that no list had is on a list that is
 * damaged, here or there. */
static struct iq_error *see_effective(void *context, uint64_t program, uint64_t item)
{
	const struct group *group = context;
	struct iq_bpf_hook *hook;
	bool fresh;
	if (!iq_map_add(&group->hooks->grouped, program, &fresh))
		return iq_error_no_memory();
	if (!fresh)
		return NULL;
	IQ_TRY(iq_bpf_hook_new(group->hooks, program, "cgroup", &hook));
	struct iq_error *error = iq_bpf_hook_cgroup(group->hooks->bpf, hook, group->cgroup);
	iq_error_keep(&error, add_type(group, hook));
	iq_bpf_hook_detail(hook, "(runs here, its list is damaged)");
	iq_bpf_hook_damaged(hook, error);
	return NULL;
}

static struct iq_error *see_arrays(struct group *group)
{
	struct iq_bpf *b = group->hooks->bpf;
	struct array arrays;
	uint64_t empty = 0, array;
	iq_error_free(iq_b_symbol(b, "bpf_empty_prog_array", &empty));
	IQ_TRY(find_array(b, group->cgroup, "bpf.effective", &arrays));
	group->flags = 0;
	for (group->type = 0; group->type < arrays.count; group->type++) {
		struct iq_error *error = iq_read_u64(b->target, arrays.first + group->type * arrays.size, &array);
		if (!error && array != empty)
			error = iq_bpf_prog_array_each(b, array, see_effective, group);
		IQ_TRY(iq_bpf_hooks_damaged(group->hooks, error));
	}
	return NULL;
}

static struct iq_error *see_cgroup(void *context, const struct iq_cgroup *cgroup)
{
	struct iq_bpf_hooks *hooks = context;
	struct iq_type type;
	/* 5.15: 6fc88c354f3a ("bpf: Migrate cgroup_bpf to internal cgroup_bpf_attach_type enum") */
	bool own =
		!iq_failed(iq_type_find_in_vmlinux(hooks->bpf->types, IQ_TYPE_ENUM, "cgroup_bpf_attach_type", &type));
	struct group group = { .hooks = hooks,
			       .cgroup = cgroup->address,
			       .enumeration = own ? "cgroup_bpf_attach_type" : "bpf_attach_type",
			       .prefix = own ? "CGROUP_" : "BPF_CGROUP_" };
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(iq_bpf_hooks_damaged(hooks, see_lists(&group)));
	return iq_bpf_hooks_damaged(hooks, see_arrays(&group));
}

struct iq_error *iq_bpf_find_cgroups(struct iq_bpf_hooks *hooks)
{
	uint64_t root;
	if (!iq_b_has(hooks->bpf, "cgroup", "bpf.progs"))
		return NULL;
	struct iq_error *error = iq_cgroup_default_root(hooks->bpf->kernel, &root);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	return iq_cgroups_each(hooks->bpf->kernel, root, see_cgroup, hooks);
}
