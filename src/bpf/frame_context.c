// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The context of a program: what it is, and what lies in it. The kernel's BTF has the pairs of what programs see and
 * what it is: struct bpf_ctx_convert in kernel/bpf/btf.c, out of include/linux/bpf_types.h. Programs that trace get an
 * array of 64-bit words with the arguments of the function (btf_ctx_access() there).
 */
#include "bpf/btf.h"
#include "bpf/frame_internal.h"

#include <ctype.h>
#include <string.h>

enum { MAX_TRACED = 16 };

static bool is_type(const struct iq_bpf_program *program, const char *name)
{
	return strcmp(program->type_name, name) == 0;
}

/* The program whose place an extension takes says what the context is (5.11: 3aac1ead5eb6). */
static struct iq_error *type_name(struct iq_bpf *bpf, const struct iq_bpf_program *program, char *name, size_t size)
{
	uint64_t type = 0;
	snprintf(name, size, "%s", program->type_name);
	if (!is_type(program, "ext") || !iq_b_has(bpf, "bpf_prog_aux", "saved_dst_prog_type"))
		return NULL;
	IQ_TRY(iq_b_get(bpf, program->aux, "bpf_prog_aux", "saved_dst_prog_type", &type));
	if (type)
		iq_bpf_enum_name(bpf, "bpf_prog_type", "BPF_PROG_TYPE_", type, name, size);
	return NULL;
}

struct iq_error *iq_bpf_context_types(struct iq_bpf *bpf, const struct iq_bpf_program *program, char *seen_as,
				      size_t size, struct iq_type *kernel)
{
	char name[48], member[96];
	struct iq_type pairs;
	struct iq_type_member seen, own;
	struct iq_type_info info;
	_cleanup_(iq_strbuf_free) struct iq_strbuf seen_text = { 0 }, own_text = { 0 };
	*seen_as = 0;
	*kernel = (struct iq_type){ 0 };
	IQ_TRY(type_name(bpf, program, name, sizeof(name)));
	IQ_TRY(iq_type_find_in_vmlinux(bpf->types, IQ_TYPE_STRUCT, "bpf_ctx_convert", &pairs));
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	snprintf(member, sizeof(member), "BPF_PROG_TYPE_%s_prog", name);
	IQ_TRY(iq_type_member(pairs, member, &seen));
	snprintf(member, sizeof(member), "BPF_PROG_TYPE_%s_kern", name);
	IQ_TRY(iq_type_member(pairs, member, &own));
	IQ_TRY(iq_type_strip(own.type, &own.type));
	IQ_TRY(iq_type_info(own.type, &info));
	if (info.kind != IQ_TYPE_STRUCT)
		return iq_type_parse(bpf->types, "unsigned long long *", kernel);
	IQ_TRY(iq_type_strip(seen.type, &seen.type));
	iq_type_declare(seen.type, "", &seen_text);
	iq_type_declare(own.type, "", &own_text);
	if (strcmp(iq_strbuf_text(&seen_text), iq_strbuf_text(&own_text)) != 0)
		snprintf(seen_as, size, "%s", iq_strbuf_text(&seen_text));
	return iq_type_pointer_to(bpf->types, own.type, kernel);
}

/* What the program traces: its name and prototype, and how many of its parameters are not arguments. */
struct traced {
	const char *name;
	struct iq_type prototype;
	uint32_t skip;
	bool result; /* is what it returned behind the arguments? */
};

/* Raw tracepoints have a typedef of their function, btf_trace_NAME, whose first argument is the tracer's own. */
static struct iq_error *traced_tracepoint(struct iq_type type, struct traced *out)
{
	static const char prefix[] = "btf_trace_";
	struct iq_type_info info;
	IQ_TRY(iq_type_info(type, &info));
	out->name =
		info.name && strncmp(info.name, prefix, strlen(prefix)) == 0 ? info.name + strlen(prefix) : info.name;
	IQ_TRY(iq_type_strip(type, &type));
	IQ_TRY(iq_type_info(type, &info));
	IQ_TRY(iq_type_strip(info.target, &out->prototype));
	out->skip = 1;
	return NULL;
}

/* The operation of a struct_ops is a member, whose number is the attach type. */
static struct iq_error *traced_operation(struct iq_type type, uint32_t member, struct traced *out)
{
	struct iq_type_member found;
	struct iq_type_info info;
	IQ_TRY(iq_type_member_at(type, member, &found));
	out->name = found.name;
	IQ_TRY(iq_type_strip(found.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	return iq_type_strip(info.target, &out->prototype);
}

static struct iq_error *find_traced(struct iq_bpf *bpf, const struct iq_bpf_program *p, struct traced *out)
{
	struct iq_types *types;
	const char *module;
	struct iq_type type;
	uint64_t btf = p->attach_btf;
	*out = (struct traced){ 0 };
	if (!p->attach_btf_id || !(is_type(p, "tracing") || is_type(p, "lsm") || is_type(p, "struct_ops")))
		return NULL;
	if (p->dst_program && !btf) {
		struct iq_bpf_program target;
		IQ_TRY(iq_bpf_program_read(bpf, p->dst_program, &target));
		btf = target.btf;
	}
	IQ_TRY(iq_bpf_btf_types(bpf, btf, &types, &module));
	if (is_type(p, "struct_ops")) {
		IQ_TRY(iq_btf_type(types, module, p->attach_btf_id, &type));
		return traced_operation(type, p->attach_type, out);
	}
	if (strcmp(p->attach_name, "trace_raw_tp") == 0) {
		IQ_TRY(iq_btf_type(types, module, p->attach_btf_id, &type));
		return traced_tracepoint(type, out);
	}
	out->result = strcmp(p->attach_name, "trace_fexit") == 0 || strcmp(p->attach_name, "modify_return") == 0;
	return iq_btf_function(types, module, p->attach_btf_id, &out->name, &out->prototype);
}

static struct iq_error *add_word(struct iq_bpf_reading *r, const char *name, struct iq_type type, uint64_t *address)
{
	struct iq_bpf_frame *f = r->frame;
	struct iq_bpf_given *given = &f->traced_arguments[f->traced_count++];
	uint64_t size = 8;
	*given = (struct iq_bpf_given){ .name = name, .type = type, .address = *address };
	given->known = !iq_failed(iq_read_u64(r->bpf->target, *address, &given->value));
	if (!iq_failed(iq_type_size(type, &size)) && size > 8 && size <= 16)
		given->size = (uint32_t)size;
	*address += given->size ? 16 : 8;
	return NULL;
}

static struct iq_error *read_traced(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	struct traced traced;
	struct iq_type_info info, result;
	uint64_t address = f->context;
	IQ_TRY(iq_error_prefix(find_traced(r->bpf, &f->code->program, &traced), "what the program traces"));
	f->traced = traced.name;
	if (!traced.prototype.source || !f->context_known)
		return NULL;
	IQ_TRY(iq_type_info(traced.prototype, &info));
	if (info.kind != IQ_TYPE_FUNCTION)
		return NULL;
	f->traced_arguments = calloc(MAX_TRACED + 1, sizeof(*f->traced_arguments));
	if (!f->traced_arguments)
		return iq_error_no_memory();
	for (uint32_t i = traced.skip; i < info.count && f->traced_count < MAX_TRACED; i++) {
		const char *name;
		struct iq_type type;
		IQ_TRY(iq_type_parameter_at(traced.prototype, i, &name, &type));
		IQ_TRY(add_word(r, name, type, &address));
	}
	if (!traced.result || iq_failed(iq_type_strip(info.target, &result.target)) ||
	    iq_failed(iq_type_info(result.target, &result)) || result.kind == IQ_TYPE_VOID)
		return NULL;
	IQ_TRY(add_word(r, "return value", info.target, &address));
	f->traced_arguments[f->traced_count - 1].is_result = true;
	return NULL;
}

struct iq_error *iq_bpf_frame_context(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	struct iq_bpf_given own = { 0 };
	const struct iq_bpf_given *given = NULL;
	for (size_t i = 0; i < f->argument_count && !given; i++) {
		if (f->arguments[i].is_context)
			given = &f->arguments[i];
	}
	if (!given && f->function == 0) {
		IQ_TRY(iq_bpf_frame_entry(r, 1, &own));
		given = &own;
	}
	if (!given)
		return NULL;
	f->context_known = given->known;
	f->context = given->value;
	memcpy(f->context_from, given->from, sizeof(f->context_from));
	IQ_TRY(iq_bpf_context_types(r->bpf, &f->code->program, f->context_seen_as, sizeof(f->context_seen_as),
				    &f->context_type));
	return read_traced(r);
}
