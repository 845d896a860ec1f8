// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps that run programs: those of sockets, those that tail calls go through, struct_ops. Facts: bpf_stab, bpf_shtab
 * and sock_map_link in net/core/sock_map.c, struct sk_psock_progs in include/linux/skmsg.h.
 */
#include "bpf/attach.h"
#include "bpf/element.h"

#include <string.h>

enum { PROG_ARRAY = 3, SOCKMAP = 15, SOCKHASH = 18, STRUCT_OPS = 26, MAX_TEXT = 48 };

/* 6.10: 699c23f02c65 ("bpf: Add bpf_link support for sk_msg and sk_skb progs") */
struct iq_error *iq_bpf_describe_sockmap(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t map, type;
	char text[MAX_TEXT];
	IQ_TRY(iq_b_get(b, container, "sockmap_link", "map", &map));
	struct iq_error *error = iq_bpf_hook_map(b, hook, map);
	struct iq_error *second =
		iq_bpf_link_attach_type(b, hook->attachment.link, container, "sockmap_link", "attach_type", &type);
	if (!second) {
		iq_bpf_enum_name(b, "bpf_attach_type", "BPF_", type, text, sizeof(text));
		iq_bpf_hook_text(hook, "attach_type", text);
		iq_bpf_hook_detail(hook, "%s", text);
	}
	iq_error_keep(&error, second);
	return error;
}

/* The members of struct sk_psock_progs are programs, and since 6.10 the link of each. */
static const struct socket_hook {
	const char *member, *link, *attach_type;
} socket_hooks[] = {
	{ "msg_parser", "msg_parser_link", "sk_msg_verdict" },
	{ "stream_parser", "stream_parser_link", "sk_skb_stream_parser" },
	{ "skb_parser", NULL, "sk_skb_stream_parser" }, /* before 5.13: a7ba4558e69a */
	{ "stream_verdict", "stream_verdict_link", "sk_skb_stream_verdict" },
	{ "skb_verdict", "skb_verdict_link", "sk_skb_verdict" },
};

static struct iq_error *see_sockets(struct iq_bpf_hooks *hooks, const struct iq_bpf_map *map)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t programs;
	bool streams = iq_b_has(b, "sk_psock_progs", "stream_verdict");
	IQ_TRY(iq_member_address(b->types, map->address, map->type == SOCKMAP ? "bpf_stab" : "bpf_shtab", "progs",
				 &programs));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(socket_hooks); i++) {
		const struct socket_hook *place = &socket_hooks[i];
		uint64_t program = 0, link = 0;
		struct iq_bpf_hook *hook;
		IQ_TRY(iq_b_get_if(b, programs, "sk_psock_progs", place->member, &program));
		if (place->link)
			IQ_TRY(iq_b_get_if(b, programs, "sk_psock_progs", place->link, &link));
		if (!program || link)
			continue;
		IQ_TRY(iq_bpf_hook_new(hooks, program, "sockmap", &hook));
		iq_bpf_hook_damaged(hook, iq_bpf_hook_map(b, hook, map->address));
		/* Without sk_skb_verdict (5.13) skb_verdict was that of streams. */
		const char *type = !streams && strcmp(place->member, "skb_verdict") == 0 ? "sk_skb_stream_verdict"
											 : place->attach_type;
		iq_bpf_hook_text(hook, "attach_type", type);
		iq_bpf_hook_detail(hook, "%s", type);
	}
	return NULL;
}

struct tails {
	struct iq_bpf_hooks *hooks;
	const struct iq_bpf_map *map;
};

static struct iq_error *see_tail(void *context, const struct iq_bpf_element *element)
{
	const struct tails *tails = context;
	struct iq_bpf_hook *hook;
	uint32_t index = 0;
	if (element->kind != IQ_BPF_OBJECT || !element->object)
		return NULL;
	if (element->key && element->key_size == sizeof(index))
		memcpy(&index, element->key, sizeof(index));
	IQ_TRY(iq_bpf_hook_new(tails->hooks, element->object, "tail_call", &hook));
	iq_bpf_hook_damaged(hook, iq_bpf_hook_map(tails->hooks->bpf, hook, tails->map->address));
	iq_bpf_hook_number(hook, "index", IQ_BPF_FACT_NUMBER, index);
	iq_bpf_hook_detail(hook, "index %u", index);
	return NULL;
}

static struct iq_error *see_map(void *context, uint32_t id, uint64_t address)
{
	struct iq_bpf_hooks *hooks = context;
	struct iq_bpf_map map;
	struct iq_error *error = iq_bpf_map_read(hooks->bpf, address, &map);
	struct tails tails = { hooks, &map };
	if (!error && (map.type == SOCKMAP || map.type == SOCKHASH))
		error = see_sockets(hooks, &map);
	if (!error && map.type == PROG_ARRAY)
		error = iq_bpf_map_each(hooks->bpf, &map, see_tail, &tails);
	if (!error && map.type == STRUCT_OPS)
		error = iq_bpf_find_struct_ops(hooks, &map);
	return iq_bpf_hooks_damaged(hooks, iq_error_prefix(error, "what map %u runs", id));
}

struct iq_error *iq_bpf_find_maps(struct iq_bpf_hooks *hooks)
{
	return iq_bpf_each(hooks->bpf, IQ_BPF_MAPS, see_map, hooks);
}
