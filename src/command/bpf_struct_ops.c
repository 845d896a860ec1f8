// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf map of a struct_ops map: which program stands behind which function. */
#include "bpf/object.h"
#include "bpf/struct_ops.h"
#include "command/bpf.h"
#include "command/frames.h"

#include "util/cleanup.h"

struct shown {
	const struct iq_bpf_shown *shown;
	struct iq_error *first; /* of names that can't be read */
};

/* Adds the program's object. Its name stays as text for the line. */
static void add_program(struct shown *s, uint32_t id, struct iq_strbuf *name)
{
	struct iq_out *out = s->shown->out;
	uint64_t address;
	struct iq_error *error = iq_bpf_by_id(s->shown->bpf, IQ_BPF_PROGRAMS, id, &address);
	iq_object_begin(out, "program");
	iq_add_unsigned(out, "id", id);
	if (!error) {
		iq_add_address(out, "address", address);
		error = iq_bpf_object_text(s->shown->bpf, "bpf_prog", address, name);
	}
	iq_add_string(out, "name", name->length ? iq_strbuf_text(name) : NULL);
	iq_end(out);
	iq_error_keep(&s->first, error);
}

static struct iq_error *show_function(void *context, const struct iq_bpf_struct_ops_function *function)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	struct shown *s = context;
	struct iq_out *out = s->shown->out;
	const struct iq_frame_options options = { 0 };
	struct iq_symbol symbol;
	IQ_TRY(iq_check_interrupt());
	iq_record_begin(out);
	iq_add_string(out, "member", function->name);
	iq_add_unsigned(out, "member_offset", function->offset);
	iq_add_address(out, "pc", function->code);
	bool named = iq_add_function(out, iq_bpf_kernel(s->shown->bpf), function->code, false, &options, &symbol);
	if (function->program_id)
		add_program(s, function->program_id, &name);
	if (iq_out_is_text(out)) {
		iq_add_unsigned(out, "number", function->program_id);
		iq_add_string(out, "what", iq_strbuf_text(&name));
	}
	if (function->program_id)
		iq_line(out, named ? "       {member}: program: {number} ({what})  [{pc@address}] {text@symbol}"
				   : "       {member}: program: {number} ({what})  [{pc@address}]");
	else
		iq_line(out,
			named ? "       {member}: [{pc@address}] {text@symbol}" : "       {member}: [{pc@address}]");
	iq_end(out);
	return NULL;
}

struct iq_error *iq_bpf_show_struct_ops(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map)
{
	struct shown s = { .shown = shown };
	struct iq_bpf_struct_ops ops;
	struct iq_type_info info = { 0 };
	struct iq_out *out = shown->out;
	IQ_TRY(iq_bpf_struct_ops_read(shown->bpf, map, &ops));
	IQ_TRY(iq_type_info(ops.type, &info));
	iq_object_begin(out, "struct_ops");
	iq_add_string(out, "type", info.name);
	iq_add_string(out, "state", ops.state_name);
	iq_add_address(out, "kernel", ops.kernel);
	iq_add_address(out, "user", ops.user);
	iq_line(out, "     STRUCT_OPS: {type}  STATE: {state}  KERNEL: {kernel@address}  USER: {user@address}");
	iq_list_begin(out, "functions");
	struct iq_error *error = iq_bpf_struct_ops_each(shown->bpf, &ops, show_function, &s);
	iq_end(out);
	iq_end(out);
	iq_error_keep(&error, s.first);
	return error;
}
