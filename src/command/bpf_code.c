// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -t, -T: the translated program under its source lines, as `bpftool prog dump xlated` lays it out. */
#include "bpf/resolve.h"
#include "command/bpf.h"

#include "util/cleanup.h"

#include <string.h>

struct listing {
	const struct iq_bpf_shown *shown;
	struct iq_out *out;
	const struct iq_bpf_code *code;
	struct iq_bpf_naming naming;
	struct iq_bpf_names names;
	bool opcodes;
	size_t function, line; /* the next ones */
};

static void add_bytes(const struct listing *list, size_t index, size_t slots)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	for (size_t i = index; i < index + slots; i++) {
		const struct iq_bpf_insn *insn = &list->code->insns[i];
		uint16_t off = (uint16_t)insn->off;
		uint32_t imm = (uint32_t)insn->imm;
		iq_strbuf_addf(&text, "%s%02x %02x %02x %02x %02x %02x %02x %02x", i > index ? " " : "", insn->code,
			       insn->dst | insn->src << 4, off & 0xff, off >> 8, imm & 0xff, imm >> 8 & 0xff,
			       imm >> 16 & 0xff, imm >> 24);
	}
	iq_add_string(list->out, "bytes", iq_strbuf_text(&text));
}

/* The heading of a function: how it is declared, or what it is called. */
static void show_function(const struct listing *list)
{
	const struct iq_bpf_function *function = &list->code->functions[list->function];
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	iq_add_string(list->out, "function", function->name);
	if (function->prototype.source)
		iq_bpf_prototype_text(function->prototype, function->name ? function->name : "", &text);
	iq_add_string(list->out, "prototype", text.length ? iq_strbuf_text(&text) : NULL);
	if (function->image)
		iq_add_address(list->out, "image", function->image);
	if (!text.length && list->code->function_count > 1)
		iq_strbuf_addf(&text, "function %zu", list->function);
	if (text.length)
		iq_text(list->out, "%s:", iq_strbuf_text(&text));
}

static void show_line(const struct listing *list, const struct iq_bpf_line *line)
{
	iq_add_string(list->out, "source", line->text);
	iq_add_string(list->out, "file", line->file);
	iq_add_unsigned(list->out, "line", line->line);
	iq_add_unsigned(list->out, "column", line->column);
	/* The compiler's own have neither a text nor a line. */
	if (*line->text || line->line)
		iq_line(list->out, *line->text ? "; {source}" : "; {file}:{line}");
}

static const char *const callee_kinds[] = {
	[IQ_BPF_CALLS_UNKNOWN] = "unknown",   [IQ_BPF_CALLS_HELPER] = "helper",     [IQ_BPF_CALLS_KFUNC] = "kfunc",
	[IQ_BPF_CALLS_FUNCTION] = "function", [IQ_BPF_CALLS_REGISTER] = "register",
};

static struct iq_error *add_callee(const struct listing *list, size_t index, struct iq_strbuf *note)
{
	struct iq_bpf_callee callee;
	IQ_TRY(iq_bpf_callee(list->shown->bpf, list->code, index, &callee));
	iq_object_begin(list->out, "callee");
	iq_add_string(list->out, "kind", callee_kinds[callee.kind]);
	iq_add_string(list->out, "name", callee.name);
	iq_add_string(list->out, "module", callee.module);
	if (callee.address)
		iq_add_address(list->out, "address", callee.address);
	if (callee.kind == IQ_BPF_CALLS_FUNCTION)
		iq_add_unsigned(list->out, "insn", list->code->functions[callee.function].start);
	iq_end(list->out);
	if (callee.module)
		iq_strbuf_addf(note, "[%s]", callee.module);
	else if (callee.kind == IQ_BPF_CALLS_FUNCTION && callee.name)
		iq_strbuf_addf(note, "<%s>", callee.name);
	return NULL;
}

static struct iq_error *add_constant(const struct listing *list, size_t index, struct iq_strbuf *note)
{
	struct iq_bpf_constant constant;
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	IQ_TRY(iq_bpf_constant(list->shown->bpf, list->code, index, &constant));
	iq_add_hex(list->out, "value", constant.value);
	if (constant.kind == IQ_BPF_MAP || constant.kind == IQ_BPF_MAP_VALUE) {
		iq_object_begin(list->out, "map");
		iq_add_unsigned(list->out, "id", constant.map_id);
		iq_add_string(list->out, "name", constant.map_name);
		iq_add_address(list->out, "address", constant.map);
		if (constant.kind == IQ_BPF_MAP_VALUE)
			iq_add_unsigned(list->out, "offset", constant.offset);
		iq_end(list->out);
	}
	if (constant.kind == IQ_BPF_CODE)
		iq_add_unsigned(list->out, "target", list->code->functions[constant.function].start);
	iq_bpf_constant_text(&constant, &text);
	if (text.length) {
		iq_add_string(list->out, "name", iq_strbuf_text(&text));
		iq_strbuf_addf(note, "<%s>", iq_strbuf_text(&text));
	}
	return NULL;
}

static struct iq_error *show_insn(const struct listing *list, size_t index, size_t *slots)
{
	const struct iq_bpf_code *code = list->code;
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(code->insns, code->insn_count, index);
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 }, note = { 0 };
	*slots = iq_bpf_insn_format(code->insns, code->insn_count, index, &list->names, &text);
	iq_add_unsigned(list->out, "insn", index);
	add_bytes(list, index, *slots);
	iq_add_string(list->out, "text", iq_strbuf_text(&text));
	if (meaning.has_target && meaning.kind != IQ_BPF_CALL)
		iq_add_signed(list->out, "target", (int64_t)index + meaning.target);
	if (meaning.kind == IQ_BPF_CALL)
		IQ_TRY(add_callee(list, index, &note));
	else if (meaning.kind == IQ_BPF_LD_IMM64)
		IQ_TRY(add_constant(list, index, &note));
	if (iq_out_is_text(list->out))
		iq_add_string(list->out, "note", iq_strbuf_text(&note));
	iq_line(list->out, note.length ? "{insn:4}: {text} {note@symbol}" : "{insn:4}: {text}");
	if (list->opcodes)
		iq_line(list->out, "       {bytes}");
	return NULL;
}

static struct iq_error *show_code(struct listing *list)
{
	const struct iq_bpf_code *code = list->code;
	for (size_t i = 0, slots; i < code->insn_count; i += slots) {
		IQ_TRY(iq_check_interrupt());
		iq_record_begin(list->out);
		if (list->function < code->function_count && code->functions[list->function].start <= i) {
			show_function(list);
			list->function++;
		}
		for (; list->line < code->line_count && code->lines[list->line].insn < i; list->line++)
			;
		if (list->line < code->line_count && code->lines[list->line].insn == i)
			show_line(list, &code->lines[list->line++]);
		struct iq_error *error = show_insn(list, i, &slots);
		iq_end(list->out);
		IQ_TRY(error);
	}
	return NULL;
}

struct iq_error *iq_bpf_show_xlated(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program,
				    bool opcodes)
{
	_cleanup_(iq_bpf_code_free) struct iq_bpf_code code = { 0 };
	IQ_TRY(iq_bpf_code_load(shown->bpf, program->address, &code));
	if (code.notes)
		iq_warn(&shown->session->diag, "BPF program %u: %s", program->id, code.notes);
	struct listing list = { .shown = shown, .out = shown->out, .code = &code, .opcodes = opcodes };
	list.naming = (struct iq_bpf_naming){ shown->bpf, &code };
	list.names = iq_bpf_names_of(&list.naming);
	iq_line(shown->out, "");
	iq_list_begin(shown->out, "xlated");
	struct iq_error *error = show_code(&list);
	iq_end(shown->out);
	return error;
}
