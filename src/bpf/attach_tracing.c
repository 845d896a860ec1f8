// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs at functions by trampolines, and at raw tracepoints. Facts: kernel/bpf/trampoline.c, bpf_tracing_link and
 * bpf_raw_tp_link in kernel/bpf/syscall.c and include/linux/bpf.h.
 */
#include "bpf/attach.h"

#include <string.h>

enum {
	TYPE_TRACING = 26, /* enum bpf_prog_type */
	TYPE_EXT = 28,
	BUCKETS = 1 << 10, /* TRAMPOLINE_HASH_BITS */
	MAX_TRAMPOLINES = 1 << 20,
	MAX_KINDS = 16,
	MAX_NAME = 256,
};

static uint32_t program_type(struct iq_bpf *b, uint64_t program)
{
	uint32_t type;
	return program && !iq_failed(iq_b_get32(b, program, "bpf_prog", "type", &type)) ? type : 0;
}

struct iq_error *iq_bpf_describe_raw_tracepoint(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook,
						uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t map, tracepoint, name, cookie = 0;
	char text[MAX_NAME];
	if (program_type(b, hook->attachment.program) == TYPE_TRACING)
		iq_bpf_hook_name(hook, "tp_btf");
	IQ_TRY(iq_b_get(b, container, "bpf_raw_tp_link", "btp", &map));
	IQ_TRY(iq_b_get(b, map, "bpf_raw_event_map", "tp", &tracepoint));
	iq_bpf_hook_object(hook, "tracepoint", tracepoint);
	IQ_TRY(iq_b_get(b, tracepoint, "tracepoint", "name", &name));
	IQ_TRY(iq_read_string(b->target, name, text, sizeof(text)));
	iq_bpf_hook_text(hook, "tracepoint", text);
	iq_bpf_hook_detail(hook, "%s", text);
	/* 6.10: 68ca5d4eebb8 ("bpf: support BPF cookie in raw_tracepoint (raw_tp, tp_btf) programs") */
	IQ_TRY(iq_b_get_if(b, container, "bpf_raw_tp_link", "cookie", &cookie));
	iq_bpf_hook_cookie(hook, cookie);
	return NULL;
}

/* As programs' sections are called for libbpf. */
static void name_hook(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t attach_type)
{
	static const struct {
		const char *type, *hook;
	} names[] = { { "modify_return", "fmod_ret" }, { "lsm_mac", "lsm" } };
	char text[48];
	iq_bpf_enum_name(b, "bpf_attach_type", "BPF_", attach_type, text, sizeof(text));
	iq_bpf_hook_text(hook, "attach_type", text);
	iq_bpf_hook_name(hook, "%s", strncmp(text, "trace_", 6) == 0 ? text + 6 : text);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i].type) == 0)
			iq_bpf_hook_name(hook, "%s", names[i].hook);
	}
}

/* Its key is made of the object (BTF object or program) and the number of the type in it: bpf_trampoline_unpack_key().
 */
static struct iq_error *add_trampoline(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t trampoline)
{
	uint64_t key, function;
	iq_bpf_hook_object(hook, "bpf_trampoline", trampoline);
	if (!trampoline)
		return NULL;
	IQ_TRY(iq_b_get(b, trampoline, "bpf_trampoline", "func.addr", &function));
	iq_bpf_hook_function(b, hook, function);
	IQ_TRY(iq_b_get(b, trampoline, "bpf_trampoline", "key", &key));
	iq_bpf_hook_number(hook, "target_object_id", IQ_BPF_FACT_NUMBER, key >> 32);
	iq_bpf_hook_number(hook, "target_btf_id", IQ_BPF_FACT_NUMBER, key & 0x7fffffff);
	return NULL;
}

static struct iq_error *add_target_program(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t target)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	struct iq_bpf_program program;
	if (!target)
		return NULL;
	IQ_TRY(iq_bpf_program_read(b, target, &program));
	iq_bpf_program_name(b, &program, &name);
	hook->attachment.target_program_id = program.id;
	iq_bpf_hook_number(hook, "target_program_id", IQ_BPF_FACT_NUMBER, program.id);
	iq_bpf_hook_text(hook, "target_program", iq_strbuf_text(&name));
	iq_bpf_hook_detail(hook, "of program %u \"%s\"", program.id, iq_strbuf_text(&name));
	return NULL;
}

struct iq_error *iq_bpf_describe_tracing(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t attach_type, trampoline, target = 0, cookie = 0;
	if (program_type(b, hook->attachment.program) == TYPE_EXT) {
		iq_bpf_hook_name(hook, "freplace"); /* its type of attachment says nothing */
	} else {
		IQ_TRY(iq_bpf_link_attach_type(b, hook->attachment.link, container, "bpf_tracing_link", "attach_type",
					       &attach_type));
		name_hook(b, hook, attach_type);
	}
	IQ_TRY(iq_b_get(b, container, "bpf_tracing_link", "trampoline", &trampoline));
	IQ_TRY(iq_b_get_if(b, container, "bpf_tracing_link", "tgt_prog", &target));
	struct iq_error *error = add_trampoline(b, hook, trampoline);
	iq_error_keep(&error, add_target_program(b, hook, target));
	/* 6.0: 2fcc82411e74 ("bpf, x86: Attach a cookie to fentry/fexit/fmod_ret/lsm."); 7.2 has it in a node */
	const char *path = iq_b_has(b, "bpf_tracing_link", "link.node.cookie") ? "link.node.cookie" : "link.cookie";
	iq_error_keep(&error, iq_b_get_if(b, container, "bpf_tracing_link", path, &cookie));
	iq_bpf_hook_cookie(hook, cookie);
	return error;
}

/* The walk over trampolines. */
struct trampolines {
	struct iq_bpf_hooks *hooks;
	uint64_t trampoline;
	unsigned kind;
	/* How a program hangs on a trampoline: in a node of its own (as in 7.2), in its link (6.0), in its
	 * bpf_prog_aux. */
	const char *type, *path;
};

static struct iq_error *add_found(struct trampolines *walk, uint64_t program, uint64_t link)
{
	static const char *const kinds[] = { "fentry", "fexit", "fmod_ret" }; /* enum bpf_tramp_prog_type */
	struct iq_bpf *b = walk->hooks->bpf;
	uint64_t code, attach_type;
	struct iq_bpf_hook *hook;
	struct iq_symbol symbol;
	IQ_TRY(iq_bpf_hook_new(walk->hooks, program,
			       walk->kind < IQ_ARRAY_SIZE(kinds) ? kinds[walk->kind] : "trampoline", &hook));
	hook->attachment.link = link;
	struct iq_error *error = iq_b_get(b, program, "bpf_prog", "expected_attach_type", &attach_type);
	if (!error && attach_type)
		name_hook(b, hook, attach_type);
	iq_error_keep(&error, add_trampoline(b, hook, walk->trampoline));
	/* cgroup_shim_alloc(): what runs the programs of cgroups at an LSM hook is a program of its own. */
	iq_error_keep(&error, iq_b_get(b, program, "bpf_prog", "bpf_func", &code));
	if (!error && !iq_failed(iq_symbol_at(b->symbols, code, &symbol)) && symbol.origin == IQ_SYMBOL_VMLINUX) {
		iq_bpf_hook_text(hook, "shim", symbol.name);
		iq_bpf_hook_detail(hook, "runs %s", symbol.name);
	}
	iq_bpf_hook_damaged(hook, error);
	return NULL;
}

static struct iq_error *see_node(void *context, uint64_t node)
{
	struct trampolines *walk = context;
	struct iq_bpf *b = walk->hooks->bpf;
	uint64_t link = node, program;
	if (strcmp(walk->type, "bpf_prog_aux") == 0) {
		IQ_TRY(iq_b_get(b, node, "bpf_prog_aux", "prog", &program));
		return iq_map_get(&walk->hooks->programs, program, NULL) ? NULL : add_found(walk, program, 0);
	}
	if (strcmp(walk->type, "bpf_tramp_node") == 0)
		IQ_TRY(iq_b_get(b, node, "bpf_tramp_node", "link", &link));
	if (iq_bpf_hooks_has_link(walk->hooks, link))
		return NULL;
	IQ_TRY(iq_b_get(b, link, "bpf_link", "prog", &program));
	return add_found(walk, program, link);
}

static struct iq_error *see_extension(struct trampolines *walk)
{
	struct iq_bpf_hook *hook;
	uint64_t program;
	IQ_TRY(iq_b_get(walk->hooks->bpf, walk->trampoline, "bpf_trampoline", "extension_prog", &program));
	if (!program || iq_map_get(&walk->hooks->programs, program, NULL))
		return NULL;
	IQ_TRY(iq_bpf_hook_new(walk->hooks, program, "freplace", &hook));
	iq_bpf_hook_damaged(hook, add_trampoline(walk->hooks->bpf, hook, walk->trampoline));
	return NULL;
}

static struct iq_error *see_trampoline(void *context, uint64_t trampoline)
{
	struct trampolines *walk = context;
	struct iq_bpf *b = walk->hooks->bpf;
	struct iq_type_member lists;
	struct iq_type_info info;
	IQ_TRY(iq_check_interrupt());
	walk->trampoline = trampoline;
	IQ_TRY(iq_types_member(b->types, "bpf_trampoline", "progs_hlist", &lists));
	IQ_TRY(iq_type_info(lists.type, &info));
	for (walk->kind = 0; walk->kind < info.count && walk->kind < MAX_KINDS; walk->kind++) {
		struct iq_error *error =
			iq_hlist_each(b->target, b->types, trampoline + lists.bit_offset / 8 + 8 * (uint64_t)walk->kind,
				      walk->type, walk->path, MAX_TRAMPOLINES, see_node, walk);
		IQ_TRY(iq_bpf_hooks_damaged(walk->hooks, error));
	}
	return iq_bpf_hooks_damaged(walk->hooks, see_extension(walk));
}

struct iq_error *iq_bpf_find_trampolines(struct iq_bpf_hooks *hooks)
{
	struct iq_bpf *b = hooks->bpf;
	struct trampolines walk = { .hooks = hooks, .type = "bpf_prog_aux", .path = "tramp_hlist" };
	struct iq_symbol table;
	/* as 7.2, which has another table by address */
	bool by_key = iq_b_has(b, "bpf_trampoline", "hlist_key");
	struct iq_error *error =
		iq_symbol_by_name_in(b->symbols, NULL, by_key ? "trampoline_key_table" : "trampoline_table", &table);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) { /* before 5.5, or without a JIT */
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	if (iq_b_has(b, "bpf_tramp_node", "tramp_hlist"))
		walk.type = "bpf_tramp_node";
	else if (iq_b_has(b, "bpf_tramp_link", "tramp_hlist"))
		walk.type = "bpf_tramp_link";
	for (unsigned i = 0; i < BUCKETS; i++) {
		error = iq_hlist_each(b->target, b->types, table.address + 8 * (uint64_t)i, "bpf_trampoline",
				      by_key ? "hlist_key" : "hlist", MAX_TRAMPOLINES, see_trampoline, &walk);
		IQ_TRY(iq_bpf_hooks_damaged(hooks, error));
	}
	return NULL;
}
