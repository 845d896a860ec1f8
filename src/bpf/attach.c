// SPDX-License-Identifier: GPL-2.0-or-later
/* Links, what each attaches, and the walk over all hooks. */
#include "bpf/attach.h"

#include <string.h>

struct iq_error *iq_bpf_link_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_link *out)
{
	*out = (struct iq_bpf_link){ .address = address };
	IQ_TRY(iq_b_get32(bpf, address, "bpf_link", "id", &out->id));
	IQ_TRY(iq_b_get32(bpf, address, "bpf_link", "type", &out->type));
	IQ_TRY(iq_b_get(bpf, address, "bpf_link", "ops", &out->ops));
	IQ_TRY(iq_b_get(bpf, address, "bpf_link", "prog", &out->program));
	iq_bpf_enum_name(bpf, "bpf_link_type", "BPF_LINK_TYPE_", out->type, out->type_name, sizeof(out->type_name));
	if (!out->program)
		return NULL;
	return iq_bpf_program_id(bpf, out->program, &out->program_id);
}

struct iq_error *iq_bpf_link_attach_type(struct iq_bpf *bpf, uint64_t link, uint64_t container, const char *type,
					 const char *path, uint64_t *out)
{
	/* 6.17: b725441f02c2 ("bpf: Add attach_type field to bpf_link") */
	if (iq_b_has(bpf, "bpf_link", "attach_type"))
		return iq_b_get(bpf, link, "bpf_link", "attach_type", out);
	return iq_b_get(bpf, container, type, path, out);
}

static const struct kind {
	const char *hook, *type;
	iq_bpf_link_describer describe;
} kinds[] = {
	[IQ_BPF_LINK_RAW_TRACEPOINT] = { "raw_tracepoint", "bpf_raw_tp_link", iq_bpf_describe_raw_tracepoint },
	[IQ_BPF_LINK_TRACING] = { "tracing", "bpf_tracing_link", iq_bpf_describe_tracing },
	[IQ_BPF_LINK_CGROUP] = { "cgroup", "bpf_cgroup_link", iq_bpf_describe_cgroup },
	[IQ_BPF_LINK_ITER] = { "iter", "bpf_iter_link", iq_bpf_describe_iter },
	[IQ_BPF_LINK_NETNS] = { "netns", "bpf_netns_link", iq_bpf_describe_netns },
	[IQ_BPF_LINK_XDP] = { "xdp", "bpf_xdp_link", iq_bpf_describe_xdp },
	[IQ_BPF_LINK_PERF_EVENT] = { "perf_event", "bpf_perf_link", iq_bpf_describe_perf_event },
	[IQ_BPF_LINK_KPROBE_MULTI] = { "kprobe_multi", "bpf_kprobe_multi_link", iq_bpf_describe_kprobe_multi },
	[IQ_BPF_LINK_STRUCT_OPS] = { "struct_ops", "bpf_struct_ops_link", iq_bpf_describe_struct_ops },
	[IQ_BPF_LINK_NETFILTER] = { "netfilter", "bpf_nf_link", iq_bpf_describe_netfilter },
	[IQ_BPF_LINK_TCX] = { "tcx", "tcx_link", iq_bpf_describe_tcx },
	[IQ_BPF_LINK_UPROBE_MULTI] = { "uprobe_multi", "bpf_uprobe_multi_link", iq_bpf_describe_uprobe_multi },
	[IQ_BPF_LINK_NETKIT] = { "netkit", "netkit_link", iq_bpf_describe_netkit },
	[IQ_BPF_LINK_SOCKMAP] = { "sockmap", "sockmap_link", iq_bpf_describe_sockmap },
};

/* The attachment's texts and facts are complete. */
static struct iq_error *finish(struct iq_bpf_hook *hook)
{
	if (hook->failed || hook->detail.failed || hook->damage.failed)
		return iq_error_no_memory();
	hook->attachment.hook = hook->hook;
	hook->attachment.detail = iq_strbuf_text(&hook->detail);
	hook->attachment.damage = hook->damage.length ? iq_strbuf_text(&hook->damage) : NULL;
	hook->attachment.facts = hook->facts.data;
	hook->attachment.fact_count = hook->facts.count;
	return NULL;
}

struct iq_error *iq_bpf_hook_new(struct iq_bpf_hooks *hooks, uint64_t program, const char *name,
				 struct iq_bpf_hook **out)
{
	IQ_TRY(iq_check_interrupt());
	struct iq_bpf_hook *hook = calloc(1, sizeof(*hook));
	struct iq_bpf_hook **kept = hook ? iq_vec_push(&hooks->found->hooks) : NULL;
	if (!kept) {
		free(hook);
		return iq_error_no_memory();
	}
	*kept = *out = hook;
	iq_bpf_hook_name(hook, "%s", name);
	iq_bpf_hook_program(hooks->bpf, hook, program);
	return NULL;
}

struct iq_error *iq_bpf_hooks_damaged(struct iq_bpf_hooks *hooks, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (error && hooks->damage)
		hooks->more_damage++;
	iq_error_keep(&hooks->damage, error);
	return NULL;
}

/* One line for each kind of hook, however much of it is missing. */
static void report(struct iq_bpf_hooks *hooks, const char *where)
{
	const struct iq_diag *diag = iq_kernel_diag(hooks->bpf->kernel);
	if (hooks->more_damage)
		iq_warn(diag, "BPF programs at %s: %s (and %zu more errors there)", where, hooks->damage->message,
			hooks->more_damage);
	else if (hooks->damage)
		iq_warn(diag, "BPF programs at %s: %s", where, hooks->damage->message);
	iq_error_freep(&hooks->damage);
	hooks->more_damage = 0;
}

bool iq_bpf_hooks_has_link(const struct iq_bpf_hooks *hooks, uint64_t link)
{
	return link && iq_map_get(&hooks->links, link, NULL);
}

/* Where the struct bpf_link is in what surrounds it. */
static struct iq_error *container_of_link(struct iq_bpf *bpf, const struct kind *kind, uint64_t link, uint64_t *out)
{
	/* 6.0: f7e0beaf39d3 ("bpf, x86: Generate trampolines from bpf_tramp_links") put one more around it. */
	const char *path = iq_b_has(bpf, kind->type, "link.link") ? "link.link" : "link";
	return iq_container_of(bpf->types, link, kind->type, path, out);
}

static struct iq_error *describe(struct iq_bpf_hooks *hooks, const struct kind *kind, struct iq_bpf_hook *hook)
{
	uint64_t container;
	IQ_TRY(container_of_link(hooks->bpf, kind, hook->attachment.link, &container));
	return kind->describe(hooks, hook, container);
}

static struct iq_error *see_link(void *context, uint32_t id, uint64_t address)
{
	struct iq_bpf_hooks *hooks = context;
	struct iq_bpf_hook *hook;
	struct iq_bpf_link link;
	struct iq_error *damage = iq_bpf_link_read(hooks->bpf, address, &link);
	if (!damage && link.id != id)
		damage = iq_error_new(IQ_ERROR_FORMAT, "struct bpf_link at %#lx is damaged: its own ID is %u", address,
				      link.id);
	const struct kind *kind = link.type < IQ_ARRAY_SIZE(kinds) && kinds[link.type].type ? &kinds[link.type] : NULL;
	const char *name = kind ? kind->hook : *link.type_name ? link.type_name : "link";
	struct iq_error *error = iq_bpf_hook_new(hooks, link.program, name, &hook);
	if (error) {
		iq_error_free(damage);
		return error;
	}
	hook->attachment.link = address;
	hook->attachment.link_id = id;
	hook->attachment.link_type = link.type;
	bool readable = !damage;
	iq_bpf_hook_damaged(hook, damage);
	if (!iq_map_set(&hooks->links, address, hooks->found->hooks.count - 1))
		return iq_error_no_memory();
	if (link.program && !iq_map_set(&hooks->programs, link.program, id))
		return iq_error_no_memory();
	if (readable && kind)
		iq_bpf_hook_damaged(hook, describe(hooks, kind, hook));
	return NULL;
}

static const struct finder {
	const char *where;
	struct iq_error *(*find)(struct iq_bpf_hooks *hooks);
} finders[] = {
	{ "network devices", iq_bpf_find_devices },
	{ "network namespaces", iq_bpf_find_namespaces },
	{ "cgroups", iq_bpf_find_cgroups },
	{ "trampolines", iq_bpf_find_trampolines },
	{ "perf events", iq_bpf_find_perf_events },
	{ "trace events", iq_bpf_find_trace_events },
	{ "maps", iq_bpf_find_maps },
	{ "sockets", iq_bpf_find_sockets },
};

static struct iq_error *find_all(struct iq_bpf_hooks *hooks)
{
	struct iq_error *error = iq_bpf_each(hooks->bpf, IQ_BPF_LINKS, see_link, hooks);
	IQ_TRY(iq_bpf_hooks_damaged(hooks, error));
	report(hooks, "links");
	for (size_t i = 0; i < IQ_ARRAY_SIZE(finders); i++) {
		IQ_TRY(iq_bpf_hooks_damaged(hooks, finders[i].find(hooks)));
		report(hooks, finders[i].where);
	}
	iq_vec_foreach (hook, &hooks->found->hooks)
		IQ_TRY(finish(*hook));
	return NULL;
}

static void attachments_free(struct iq_bpf_attachments *attachments)
{
	if (!attachments)
		return;
	iq_vec_foreach (hook, &attachments->hooks)
		iq_bpf_hook_free(*hook);
	iq_vec_free(&attachments->hooks);
	free(attachments);
}

void iq_bpf_attachments_free(struct iq_bpf *bpf)
{
	attachments_free(bpf->attachments);
	bpf->attachments = NULL;
}

static struct iq_error *load(struct iq_bpf *bpf)
{
	struct iq_bpf_hooks hooks = { .bpf = bpf, .found = calloc(1, sizeof(*hooks.found)) };
	if (!hooks.found)
		return iq_error_no_memory();
	struct iq_error *error = find_all(&hooks);
	iq_error_free(hooks.damage);
	iq_map_free(&hooks.links);
	iq_map_free(&hooks.programs);
	iq_map_free(&hooks.objects);
	iq_map_free(&hooks.grouped);
	iq_map_free(&hooks.events);
	if (error)
		attachments_free(hooks.found);
	else
		bpf->attachments = hooks.found;
	return error;
}

struct iq_error *iq_bpf_attachments_each(struct iq_bpf *bpf, iq_bpf_attachment_fn fn, void *context)
{
	if (!bpf->attachments)
		IQ_TRY(load(bpf));
	iq_vec_foreach (hook, &bpf->attachments->hooks) {
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(fn(context, &(*hook)->attachment));
	}
	return NULL;
}

struct iq_error *iq_bpf_targets_each(struct iq_bpf *bpf, const struct iq_bpf_attachment *attachment,
				     iq_bpf_target_fn fn, void *context)
{
	uint64_t container;
	if (!attachment->target_count)
		return NULL;
	if (attachment->link_type == IQ_BPF_LINK_STRUCT_OPS)
		return iq_bpf_struct_ops_targets(bpf, attachment->object, fn, context);
	IQ_TRY(container_of_link(bpf, &kinds[attachment->link_type], attachment->link, &container));
	if (attachment->link_type == IQ_BPF_LINK_KPROBE_MULTI)
		return iq_bpf_kprobe_multi_targets(bpf, container, fn, context);
	return iq_bpf_uprobe_multi_targets(bpf, container, fn, context);
}
