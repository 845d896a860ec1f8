// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network devices' XDP, network namespaces, netfilter. Facts: bpf_xdp_link and dev_xdp_install() in net/core/dev.c,
 * kernel/bpf/net_namespace.c, net/netfilter/nf_bpf_link.c.
 */
#include "bpf/attach.h"
#include "kernel/netdev.h"

enum { MAX_MODES = 8, MAX_NETNS_TYPES = 8, MAX_TEXT = 48 };

/* As bpftool calls those of enum bpf_xdp_mode. */
static const char *const modes[] = { "generic", "driver", "offload" };

static void add_mode(struct iq_bpf_hook *hook, size_t mode)
{
	const char *text = mode < IQ_ARRAY_SIZE(modes) ? modes[mode] : "other";
	iq_bpf_hook_text(hook, "mode", text);
	iq_bpf_hook_detail(hook, "%s", text);
}

/* A device's programs and links, one for each mode. 5.9: 7f0a838254bd ("bpf, xdp: Maintain info on attached XDP BPF
 * programs in net_device") */
struct states {
	uint64_t first, size;
	size_t count;
};

static struct iq_error *find_states(struct iq_bpf *b, uint64_t device, struct states *out)
{
	struct iq_type_member member;
	struct iq_type_info info;
	IQ_TRY(iq_types_member(b->types, "net_device", "xdp_state", &member));
	IQ_TRY(iq_type_info(member.type, &info));
	IQ_TRY(iq_types_size(b->types, "bpf_xdp_entity", &out->size));
	out->first = device + member.bit_offset / 8;
	out->count = IQ_MIN(info.count, MAX_MODES);
	return NULL;
}

struct iq_error *iq_bpf_describe_xdp(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	struct states states;
	uint64_t device, link;
	IQ_TRY(iq_b_get(b, container, "bpf_xdp_link", "dev", &device));
	IQ_TRY(iq_bpf_hook_device(b, hook, device));
	if (!device)
		return NULL;
	IQ_TRY(find_states(b, device, &states));
	for (size_t i = 0; i < states.count; i++) {
		IQ_TRY(iq_b_get(b, states.first + i * states.size, "bpf_xdp_entity", "link", &link));
		if (link == container)
			add_mode(hook, i);
	}
	return NULL;
}

static struct iq_error *see_xdp(struct iq_bpf_hooks *hooks, const struct iq_netdev *device)
{
	struct iq_bpf *b = hooks->bpf;
	struct states states;
	uint64_t program, link;
	IQ_TRY(find_states(b, device->address, &states));
	for (size_t i = 0; i < states.count; i++) {
		struct iq_bpf_hook *hook;
		IQ_TRY(iq_b_get(b, states.first + i * states.size, "bpf_xdp_entity", "prog", &program));
		IQ_TRY(iq_b_get(b, states.first + i * states.size, "bpf_xdp_entity", "link", &link));
		if (!program || link) /* a link keeps its program itself */
			continue;
		IQ_TRY(iq_bpf_hook_new(hooks, program, "xdp", &hook));
		iq_bpf_hook_damaged(hook, iq_bpf_hook_device(b, hook, device->address));
		add_mode(hook, i);
	}
	return NULL;
}

static struct iq_error *see_device(void *context, const struct iq_netdev *device)
{
	struct iq_bpf_hooks *hooks = context;
	if (iq_b_has(hooks->bpf, "net_device", "xdp_state"))
		IQ_TRY(iq_bpf_hooks_damaged(hooks, see_xdp(hooks, device)));
	IQ_TRY(iq_bpf_hooks_damaged(hooks, iq_bpf_find_mprog(hooks, device->address)));
	struct iq_error *error = iq_bpf_find_tc(hooks, device->address);
	return iq_bpf_hooks_damaged(hooks, iq_error_prefix(error, "tc of %s", device->name));
}

struct iq_error *iq_bpf_find_devices(struct iq_bpf_hooks *hooks)
{
	return iq_netdevs_each(hooks->bpf->kernel, NULL, see_device, hooks);
}

static void add_netns_type(struct iq_bpf *b, struct iq_bpf_hook *hook, const char *enumeration, const char *prefix,
			   uint64_t type)
{
	char text[MAX_TEXT];
	iq_bpf_enum_name(b, enumeration, prefix, type, text, sizeof(text));
	iq_bpf_hook_text(hook, "attach_type", text);
	iq_bpf_hook_name(hook, "%s", text);
}

struct iq_error *iq_bpf_describe_netns(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t net, type;
	IQ_TRY(iq_b_get(b, container, "bpf_netns_link", "net", &net));
	struct iq_error *error = iq_bpf_hook_net(b, hook, net);
	struct iq_error *second =
		iq_bpf_link_attach_type(b, hook->attachment.link, container, "bpf_netns_link", "type", &type);
	if (!second)
		add_netns_type(b, hook, "bpf_attach_type", "BPF_", type);
	iq_error_keep(&error, second);
	return error;
}

/* Programs of BPF_PROG_ATTACH: those of links are not in `progs`. 5.8: a3fd7ceee054 ("net: Introduce netns_bpf for BPF
 * programs attached to netns") */
static struct iq_error *see_net_programs(struct iq_bpf_hooks *hooks, uint64_t net)
{
	struct iq_bpf *b = hooks->bpf;
	struct iq_type_member member;
	struct iq_type_info info;
	uint64_t program;
	IQ_TRY(iq_types_member(b->types, "net", "bpf.progs", &member));
	IQ_TRY(iq_type_info(member.type, &info));
	for (uint64_t i = 0; i < info.count && i < MAX_NETNS_TYPES; i++) {
		struct iq_bpf_hook *hook;
		IQ_TRY(iq_error_prefix(iq_read_u64(b->target, net + member.bit_offset / 8 + 8 * i, &program),
				       "net at %#lx, member bpf.progs", net));
		if (!program)
			continue;
		IQ_TRY(iq_bpf_hook_new(hooks, program, "netns", &hook));
		iq_bpf_hook_damaged(hook, iq_bpf_hook_net(b, hook, net));
		add_netns_type(b, hook, "netns_bpf_attach_type", "NETNS_BPF_", i);
	}
	return NULL;
}

static struct iq_error *see_net(void *context, const struct iq_net *net)
{
	struct iq_bpf_hooks *hooks = context;
	if (iq_b_has(hooks->bpf, "net", "bpf.progs"))
		IQ_TRY(iq_bpf_hooks_damaged(hooks, see_net_programs(hooks, net->address)));
	return iq_bpf_hooks_damaged(hooks, iq_bpf_find_actions(hooks, net->address));
}

struct iq_error *iq_bpf_find_namespaces(struct iq_bpf_hooks *hooks)
{
	return iq_nets_each(hooks->bpf->kernel, see_net, hooks);
}

/* Names of hooks are of the protocol: NF_INET_... for IPv4, IPv6 and inet. 6.4: 84601d6ee68a ("bpf: add bpf_link
 * support for BPF_NETFILTER programs") */
static void add_netfilter_hook(struct iq_bpf_hook *hook, uint64_t family, uint64_t number)
{
	static const struct {
		uint64_t family;
		const char *name;
	} families[] = { { 1, "inet" }, { 2, "ipv4" }, { 3, "arp" }, { 5, "netdev" }, { 7, "bridge" }, { 10, "ipv6" } };
	static const char *const points[] = { "pre_routing", "local_in", "forward", "local_out", "post_routing" };
	iq_bpf_hook_number(hook, "family", IQ_BPF_FACT_NUMBER, family);
	iq_bpf_hook_number(hook, "hook_number", IQ_BPF_FACT_NUMBER, number);
	const char *name = NULL;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(families); i++) {
		if (families[i].family == family)
			name = families[i].name;
	}
	if (name)
		iq_bpf_hook_detail(hook, "%s", name);
	else
		iq_bpf_hook_detail(hook, "family %lu", family);
	bool inet = family == 1 || family == 2 || family == 10;
	if (inet && number < IQ_ARRAY_SIZE(points))
		iq_bpf_hook_detail(hook, "%s", points[number]);
	else
		iq_bpf_hook_detail(hook, "hook %lu", number);
}

struct iq_error *iq_bpf_describe_netfilter(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t family, number, priority, net, dead, defrag = 0;
	IQ_TRY(iq_b_get(b, container, "bpf_nf_link", "hook_ops.pf", &family));
	IQ_TRY(iq_b_get(b, container, "bpf_nf_link", "hook_ops.hooknum", &number));
	IQ_TRY(iq_b_get(b, container, "bpf_nf_link", "hook_ops.priority", &priority));
	IQ_TRY(iq_b_get(b, container, "bpf_nf_link", "dead", &dead));
	IQ_TRY(iq_b_get(b, container, "bpf_nf_link", "net", &net));
	add_netfilter_hook(hook, family, number);
	iq_bpf_hook_number(hook, "priority", IQ_BPF_FACT_SIGNED, priority);
	iq_bpf_hook_detail(hook, "priority %ld", (int64_t)priority);
	/* 6.6: 91721c2d02d3 ("netfilter: bpf: Support BPF_F_NETFILTER_IP_DEFRAG in netfilter link") */
	IQ_TRY(iq_b_get_if(b, container, "bpf_nf_link", "defrag_hook", &defrag));
	if (defrag) {
		iq_bpf_hook_text(hook, "flags", "ip_defrag");
		iq_bpf_hook_detail(hook, "ip_defrag");
	}
	if (dead)
		iq_bpf_hook_detail(hook, "(detached)");
	return iq_bpf_hook_net(b, hook, net);
}
