// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic control: programs as classifiers (cls_bpf) in the blocks of a device's qdiscs, and as actions (act_bpf).
 * Facts: include/net/sch_generic.h, net/sched/sch_ingress.c, cls_bpf.c, act_bpf.c, include/net/act_api.h. cls_bpf and
 * act_bpf are modules mostly: their types are.
 */
#include "bpf/attach.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

enum { MAX_CHAINS = 1 << 16, MAX_FILTERS = 1 << 20, MAX_ACTIONS = 1 << 22, MAX_NAME = 256, MAX_IDS = 1 << 16 };

/* Where a qdisc that can have filters keeps its block. */
static const struct place {
	const char *qdisc, *type, *path, *hook;
} places[] = {
	{ "clsact", "clsact_sched_data", "ingress_block", "tc ingress" },
	{ "clsact", "clsact_sched_data", "egress_block", "tc egress" },
	{ "ingress", "ingress_sched_data", "block", "tc ingress" },
	{ "htb", "htb_sched", "block", "tc" },
	{ "hfsc", "hfsc_sched", "root.block", "tc" },
	{ "prio", "prio_sched_data", "block", "tc" },
	{ "multiq", "multiq_sched_data", "block", "tc" },
	{ "drr", "drr_sched", "block", "tc" },
	{ "ets", "ets_sched", "block", "tc" },
	{ "qfq", "qfq_sched", "block", "tc" },
	{ "sfb", "sfb_sched_data", "block", "tc" },
	{ "sfq", "sfq_sched_data", "block", "tc" },
	{ "fq_codel", "fq_codel_sched_data", "block", "tc" },
	{ "fq_pie", "fq_pie_sched_data", "block", "tc" },
	{ "cake", "cake_sched_data", "block", "tc" },
};

struct tc {
	struct iq_bpf_hooks *hooks;
	uint64_t device, qdisc, block;
	const struct place *place;
	uint64_t filter; /* struct tcf_proto */
	uint64_t chain;  /* its number */
};

/* The name that user space gave to a program: "tc.o:[classifier]". */
static struct iq_error *add_name(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t address, const char *type)
{
	uint64_t name;
	char text[MAX_NAME];
	IQ_TRY(iq_b_get(b, address, type, "bpf_name", &name));
	if (!name)
		return NULL;
	IQ_TRY(iq_read_string(b->target, name, text, sizeof(text)));
	iq_bpf_hook_text(hook, "given_name", text);
	iq_bpf_hook_detail(hook, "\"%s\"", text);
	return NULL;
}

static struct iq_error *add_filter(const struct tc *tc, struct iq_bpf_hook *hook, uint64_t filter)
{
	struct iq_bpf *b = tc->hooks->bpf;
	uint64_t protocol, priority, handle, direct, flags, index;
	IQ_TRY(iq_b_get(b, tc->filter, "tcf_proto", "protocol", &protocol));
	IQ_TRY(iq_b_get(b, tc->filter, "tcf_proto", "prio", &priority));
	IQ_TRY(iq_b_get(b, filter, "cls_bpf_prog", "handle", &handle));
	IQ_TRY(iq_b_get(b, filter, "cls_bpf_prog", "exts_integrated", &direct));
	IQ_TRY(iq_b_get(b, filter, "cls_bpf_prog", "gen_flags", &flags));
	IQ_TRY(iq_b_get(b, tc->block, "tcf_block", "index", &index));
	iq_bpf_hook_number(hook, "protocol", IQ_BPF_FACT_HEX, ntohs((uint16_t)protocol));
	iq_bpf_hook_number(hook, "priority", IQ_BPF_FACT_NUMBER, priority >> 16); /* TC_H_MAJ */
	iq_bpf_hook_number(hook, "chain", IQ_BPF_FACT_NUMBER, tc->chain);
	iq_bpf_hook_number(hook, "handle", IQ_BPF_FACT_HEX, handle);
	iq_bpf_hook_number(hook, "flags", IQ_BPF_FACT_HEX, flags);
	if (index) /* it is shared between qdiscs */
		iq_bpf_hook_number(hook, "block", IQ_BPF_FACT_NUMBER, index);
	iq_bpf_hook_detail(hook, "%s priority %lu", tc->place->qdisc, priority >> 16);
	if (tc->chain)
		iq_bpf_hook_detail(hook, "chain %lu", tc->chain);
	iq_bpf_hook_detail(hook, "handle %#lx", handle);
	if (direct) {
		iq_bpf_hook_text(hook, "mode", "direct-action");
		iq_bpf_hook_detail(hook, "direct-action");
	}
	return add_name(b, hook, filter, "cls_bpf_prog");
}

static struct iq_error *see_filter(void *context, uint64_t filter)
{
	const struct tc *tc = context;
	struct iq_bpf_hook *hook;
	uint64_t program;
	IQ_TRY(iq_b_get(tc->hooks->bpf, filter, "cls_bpf_prog", "filter", &program));
	IQ_TRY(iq_bpf_hook_new(tc->hooks, program, tc->place->hook, &hook));
	struct iq_error *error = iq_bpf_hook_device(tc->hooks->bpf, hook, tc->device);
	iq_bpf_hook_text(hook, "qdisc", tc->place->qdisc);
	iq_error_keep(&error, add_filter(tc, hook, filter));
	iq_bpf_hook_damaged(hook, error);
	return NULL;
}

/* All classifiers of one priority and protocol. */
static struct iq_error *see_classifier(struct tc *tc)
{
	struct iq_bpf *b = tc->hooks->bpf;
	uint64_t operations, head, list;
	char kind[IFNAMSIZ];
	IQ_TRY(iq_b_get(b, tc->filter, "tcf_proto", "ops", &operations));
	IQ_TRY(iq_get_string(b->target, b->types, operations, "tcf_proto_ops", "kind", kind, sizeof(kind)));
	if (strcmp(kind, "bpf") != 0)
		return NULL;
	IQ_TRY(iq_b_get(b, tc->filter, "tcf_proto", "root", &head));
	if (!head)
		return NULL;
	IQ_TRY(iq_member_address(b->types, head, "cls_bpf_head", "plist", &list));
	return iq_list_each(b->target, b->types, list, "cls_bpf_prog", "link", MAX_FILTERS, see_filter, tc);
}

static struct iq_error *see_chain(void *context, uint64_t chain)
{
	struct tc *tc = context;
	struct iq_bpf *b = tc->hooks->bpf;
	uint64_t priority, last = 0;
	IQ_TRY(iq_b_get(b, chain, "tcf_chain", "index", &tc->chain));
	IQ_TRY(iq_b_get(b, chain, "tcf_chain", "filter_chain", &tc->filter));
	/* No two have the same priority, and they are in order of it: a list that doesn't go up has a cycle. */
	for (unsigned count = 0; tc->filter; count++) {
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(iq_b_get(b, tc->filter, "tcf_proto", "prio", &priority));
		if (count && (priority <= last || count > MAX_FILTERS))
			return iq_error_new(IQ_ERROR_FORMAT,
					    "tcf_chain at %#lx: after %u classifiers, %#lx is out of order", chain,
					    count, tc->filter);
		last = priority;
		IQ_TRY(iq_bpf_hooks_damaged(tc->hooks, see_classifier(tc)));
		IQ_TRY(iq_b_get(b, tc->filter, "tcf_proto", "next", &tc->filter));
	}
	return NULL;
}

static struct iq_error *see_block(struct tc *tc)
{
	struct iq_bpf *b = tc->hooks->bpf;
	uint64_t private, head;
	IQ_TRY(iq_member_address(b->types, tc->qdisc, "Qdisc", "privdata", &private));
	IQ_TRY(iq_b_get(b, private, tc->place->type, tc->place->path, &tc->block));
	if (!tc->block)
		return NULL;
	IQ_TRY(iq_member_address(b->types, tc->block, "tcf_block", "chain_list", &head));
	return iq_list_each(b->target, b->types, head, "tcf_chain", "list", MAX_CHAINS, see_chain, tc);
}

static struct iq_error *see_qdisc(struct iq_bpf_hooks *hooks, uint64_t device, uint64_t qdisc)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t operations;
	char id[IFNAMSIZ];
	if (!qdisc)
		return NULL;
	IQ_TRY(iq_b_get(b, qdisc, "Qdisc", "ops", &operations));
	IQ_TRY(iq_get_string(b->target, b->types, operations, "Qdisc_ops", "id", id, sizeof(id)));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(places); i++) {
		struct tc tc = { .hooks = hooks, .device = device, .qdisc = qdisc, .place = &places[i] };
		if (strcmp(id, places[i].qdisc) == 0)
			IQ_TRY(iq_bpf_hooks_damaged(hooks, see_block(&tc)));
	}
	return NULL;
}

struct iq_error *iq_bpf_find_tc(struct iq_bpf_hooks *hooks, uint64_t device)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t queue, qdisc;
	if (!iq_b_has(b, "Qdisc", "privdata") || !iq_b_has(b, "net_device", "ingress_queue"))
		return NULL;
	IQ_TRY(iq_b_get(b, device, "net_device", "ingress_queue", &queue));
	if (queue) {
		IQ_TRY(iq_b_get(b, queue, "netdev_queue", "qdisc_sleeping", &qdisc));
		IQ_TRY(see_qdisc(hooks, device, qdisc));
	}
	IQ_TRY(iq_b_get(b, device, "net_device", "qdisc", &qdisc));
	return see_qdisc(hooks, device, qdisc);
}

struct actions {
	struct iq_bpf_hooks *hooks;
	uint64_t net;
};

static struct iq_error *add_action(const struct actions *actions, struct iq_bpf_hook *hook, uint64_t action)
{
	struct iq_bpf *b = actions->hooks->bpf;
	uint64_t index, bound;
	iq_bpf_hook_object(hook, "tcf_bpf", action);
	IQ_TRY(iq_b_get(b, action, "tc_action", "tcfa_index", &index));
	IQ_TRY(iq_b_get(b, action, "tc_action", "tcfa_bindcnt.counter", &bound));
	iq_bpf_hook_number(hook, "index", IQ_BPF_FACT_NUMBER, index);
	iq_bpf_hook_number(hook, "bound", IQ_BPF_FACT_NUMBER, bound);
	iq_bpf_hook_detail(hook, "index %lu", index);
	struct iq_error *error = iq_bpf_hook_net(b, hook, actions->net);
	iq_bpf_hook_object(hook, "tcf_bpf", action);
	iq_bpf_hook_detail(hook, "bound by %lu filters", bound);
	iq_error_keep(&error, add_name(b, hook, action, "tcf_bpf"));
	return error;
}

static struct iq_error *see_action(void *context, uint64_t index, uint64_t action)
{
	const struct actions *actions = context;
	struct iq_bpf_hook *hook;
	uint64_t program;
	if (!iq_is_kernel_address(actions->hooks->bpf->target, action) || action >= UINT64_MAX - 4095)
		return NULL; /* reserved: an error in place of a pointer */
	IQ_TRY(iq_b_get(actions->hooks->bpf, action, "tcf_bpf", "filter", &program));
	IQ_TRY(iq_bpf_hook_new(actions->hooks, program, "tc action", &hook));
	iq_bpf_hook_damaged(hook, add_action(actions, hook, action));
	return NULL;
}

/* Actions live in a table of their namespace, whichever filters are bound to them. */
struct iq_error *iq_bpf_find_actions(struct iq_bpf_hooks *hooks, uint64_t net)
{
	struct iq_bpf *b = hooks->bpf;
	struct actions actions = { hooks, net };
	struct iq_symbol operations;
	uint64_t id, generic, place, table, owner, idr;
	if (iq_failed(iq_symbol_by_name_in(b->symbols, NULL, "act_bpf_ops", &operations)) &&
	    iq_failed(iq_symbol_by_name_in(b->symbols, "act_bpf", "act_bpf_ops", &operations)))
		return NULL;
	/* 6.0: acd0a7ab6334 ("net: sched: act: move global static variable net_id to tc_action_ops") */
	if (!iq_b_has(b, "tc_action_ops", "net_id"))
		return NULL;
	IQ_TRY(iq_b_get(b, operations.address, "tc_action_ops", "net_id", &id));
	if (!id || id > MAX_IDS)
		return iq_error_new(IQ_ERROR_FORMAT, "act_bpf_ops.net_id is %lu", id);
	IQ_TRY(iq_b_get(b, net, "net", "gen", &generic));
	IQ_TRY(iq_member_address(b->types, generic, "net_generic", "ptr", &place));
	IQ_TRY(iq_read_u64(b->target, place + 8 * id, &table));
	if (!table)
		return NULL;
	IQ_TRY(iq_b_get(b, table, "tc_action_net", "ops", &owner));
	if (owner != operations.address)
		return iq_error_new(IQ_ERROR_FORMAT, "tc_action_net at %#lx is of %#lx, not of act_bpf_ops", table,
				    owner);
	IQ_TRY(iq_b_get(b, table, "tc_action_net", "idrinfo", &table));
	IQ_TRY(iq_member_address(b->types, table, "tcf_idrinfo", "action_idr", &idr));
	return iq_xarray_each(b->target, b->types, idr, MAX_ACTIONS, see_action, &actions);
}
