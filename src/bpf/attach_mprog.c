// SPDX-License-Identifier: GPL-2.0-or-later
/* tcx and netkit: lists of programs at network devices. Facts: include/net/tcx.h, kernel/bpf/tcx.c,
 * drivers/net/netkit.c. */
#include "bpf/attach.h"

enum { PRIVATE_ALIGN = 32 /* NETDEV_ALIGN */ };

static struct iq_error *describe(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t container, const char *type,
				 const char *prefix, const char *name)
{
	uint64_t device, location;
	char text[48];
	/* `location` is an enum bpf_attach_type; newer kernels have it in struct bpf_link. */
	struct iq_error *error =
		iq_bpf_link_attach_type(b, hook->attachment.link, container, type, "location", &location);
	if (!error) {
		iq_bpf_hook_enum(b, hook, "attach_type", "bpf_attach_type", "BPF_", location);
		iq_bpf_enum_name(b, "bpf_attach_type", prefix, location, text, sizeof(text));
		iq_bpf_hook_name(hook, "%s %s", name, text);
	}
	struct iq_error *second = iq_b_get(b, container, type, "dev", &device);
	if (!second)
		second = iq_bpf_hook_device(b, hook, device);
	iq_error_keep(&error, second);
	return error;
}

/* The place of a link among those of its device. */
struct search {
	uint64_t link;
	unsigned count, position;
	bool found;
};

static struct iq_error *is_it(void *context, uint64_t program, uint64_t link)
{
	struct search *search = context;
	if (link == search->link) {
		search->position = search->count;
		search->found = true;
	}
	search->count++;
	return NULL;
}

static struct iq_error *add_position(struct iq_bpf *b, struct iq_bpf_hook *hook)
{
	const char *const members[] = { "tcx_ingress", "tcx_egress" };
	struct search search = { .link = hook->attachment.link };
	uint64_t entry;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(members) && hook->attachment.object && !search.found; i++) {
		search.count = 0;
		IQ_TRY(iq_b_get(b, hook->attachment.object, "net_device", members[i], &entry));
		IQ_TRY(iq_bpf_mprog_each(b, entry, is_it, &search));
	}
	if (search.found)
		iq_bpf_hook_number(hook, "position", IQ_BPF_FACT_NUMBER, search.position);
	return NULL;
}

struct iq_error *iq_bpf_describe_tcx(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	IQ_TRY(describe(hooks->bpf, hook, container, "tcx_link", "BPF_TCX_", "tcx"));
	return add_position(hooks->bpf, hook);
}

struct iq_error *iq_bpf_describe_netkit(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	return describe(hooks->bpf, hook, container, "netkit_link", "BPF_NETKIT_", "netkit");
}

struct place {
	struct iq_bpf_hooks *hooks;
	uint64_t device;
	const char *hook, *attach_type;
	unsigned position;
};

static struct iq_error *see_entry(void *context, uint64_t program, uint64_t link)
{
	struct place *place = context;
	struct iq_bpf_hook *hook;
	unsigned position = place->position++;
	if (link)
		return NULL;
	IQ_TRY(iq_bpf_hook_new(place->hooks, program, place->hook, &hook));
	iq_bpf_hook_text(hook, "attach_type", place->attach_type);
	iq_bpf_hook_damaged(hook, iq_bpf_hook_device(place->hooks->bpf, hook, place->device));
	iq_bpf_hook_number(hook, "position", IQ_BPF_FACT_NUMBER, position);
	return NULL;
}

static struct iq_error *see_list(struct iq_bpf_hooks *hooks, uint64_t device, uint64_t entry, const char *hook,
				 const char *attach_type)
{
	struct place place = { hooks, device, hook, attach_type, 0 };
	return iq_bpf_hooks_damaged(hooks, iq_bpf_mprog_each(hooks->bpf, entry, see_entry, &place));
}

/* Of a pair of netkit devices each has the programs for what it sends, primary or peer. */
static struct iq_error *see_netkit(struct iq_bpf_hooks *hooks, uint64_t device)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t operations, expected, size, entry, primary, private;
	IQ_TRY(iq_b_get(b, device, "net_device", "netdev_ops", &operations));
	if (iq_failed(iq_b_symbol(b, "netkit_netdev_ops", &expected)) || operations != expected)
		return NULL;
	/* netdev_priv(): newer kernels have a member for it, at the place that was computed before */
	if (iq_b_has(b, "net_device", "priv")) {
		IQ_TRY(iq_member_address(b->types, device, "net_device", "priv", &private));
	} else {
		IQ_TRY(iq_types_size(b->types, "net_device", &size));
		private = device + (size + PRIVATE_ALIGN - 1) / PRIVATE_ALIGN * PRIVATE_ALIGN;
	}
	IQ_TRY(iq_b_get(b, private, "netkit", "active", &entry));
	IQ_TRY(iq_b_get(b, private, "netkit", "primary", &primary));
	return see_list(hooks, device, entry, primary ? "netkit primary" : "netkit peer",
			primary ? "netkit_primary" : "netkit_peer");
}

struct iq_error *iq_bpf_find_mprog(struct iq_bpf_hooks *hooks, uint64_t device)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t entry;
	/* 6.6: e420bed02507 ("bpf: Add fd-based tcx multi-prog infra with link support") */
	if (iq_b_has(b, "net_device", "tcx_ingress")) {
		IQ_TRY(iq_b_get(b, device, "net_device", "tcx_ingress", &entry));
		IQ_TRY(see_list(hooks, device, entry, "tcx ingress", "tcx_ingress"));
		IQ_TRY(iq_b_get(b, device, "net_device", "tcx_egress", &entry));
		IQ_TRY(see_list(hooks, device, entry, "tcx egress", "tcx_egress"));
	}
	return iq_b_has(b, "netkit", "active") ? see_netkit(hooks, device) : NULL;
}
