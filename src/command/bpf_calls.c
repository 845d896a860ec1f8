// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf calls ID: what a program passes to the kernel and to its own functions. */
#include "bpf/calls.h"
#include "command/bpf.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { SMALL = 65536 };

struct listing {
	const struct iq_bpf_shown *shown;
	struct iq_out *out;
	const struct iq_bpf_code *code;
	const struct iq_bpf_calls *calls;
	int widths[3]; /* of the columns of a call's arguments */
};

static const char *const callee_kinds[] = {
	[IQ_BPF_CALLS_UNKNOWN] = "unknown",   [IQ_BPF_CALLS_HELPER] = "helper",     [IQ_BPF_CALLS_KFUNC] = "kfunc",
	[IQ_BPF_CALLS_FUNCTION] = "function", [IQ_BPF_CALLS_REGISTER] = "register",
};

static const char *const kinds[] = {
	[IQ_BPF_ARG_UNKNOWN] = "unknown", [IQ_BPF_ARG_CONSTANT] = "constant", [IQ_BPF_ARG_RANGE] = "range",
	[IQ_BPF_ARG_STACK] = "stack",     [IQ_BPF_ARG_CONTEXT] = "context",   [IQ_BPF_ARG_MAP] = "map",
	[IQ_BPF_ARG_MAP_VALUE] = "value", [IQ_BPF_ARG_RESULT] = "result",     [IQ_BPF_ARG_FUNCTION] = "function",
};

/* Values in words. */

static void add_number(const struct listing *list, uint64_t value, struct iq_strbuf *out)
{
	int64_t number = (int64_t)value;
	if (number > -SMALL && number < SMALL) {
		iq_strbuf_addf(out, "%" PRId64, number);
		return;
	}
	iq_strbuf_addf(out, "0x%" PRIx64, value);
	if (value < UINT64_C(0xffff800000000000))
		return;
	iq_strbuf_add(out, " <");
	if (iq_symbol_format(iq_kernel_symbols(iq_bpf_kernel(list->shown->bpf)), value, 0, out))
		iq_strbuf_add_char(out, '>');
	else
		iq_strbuf_truncate(out, out->length - 2);
}

/* "fp-16", "fp-64 to -49", "ctx+8" */
static void add_place(const struct iq_bpf_argument *argument, const char *base, struct iq_strbuf *out)
{
	iq_strbuf_add(out, base);
	if (argument->span == IQ_BPF_ARG_ANYWHERE) {
		iq_strbuf_add(out, "+?");
		return;
	}
	if (argument->offset)
		iq_strbuf_addf(out, "%+" PRId64, argument->offset);
	if (argument->span)
		iq_strbuf_addf(out, " to %+" PRId64, argument->offset + (int64_t)argument->span);
}

static const char *function_name(const struct listing *list, size_t number)
{
	const char *name = number < list->code->function_count ? list->code->functions[number].name : NULL;
	return name ? name : "?";
}

static const char *callee_at(const struct listing *list, uint32_t insn)
{
	for (size_t low = 0, high = list->calls->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		const struct iq_bpf_call *call = &list->calls->data[middle];
		if (call->insn == insn)
			return call->callee.name;
		if (call->insn < insn)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void add_result(const struct listing *list, const struct iq_bpf_argument *argument, struct iq_strbuf *out)
{
	const char *name = callee_at(list, argument->insn);
	_cleanup_(iq_strbuf_free) struct iq_strbuf base = { 0 };
	iq_strbuf_addf(&base, "(result of %s at %u)", name ? name : "the call", argument->insn);
	add_place(argument, iq_strbuf_text(&base), out);
}

static void add_value(const struct listing *list, size_t function, const struct iq_bpf_argument *argument,
		      struct iq_strbuf *out)
{
	char base[32];
	switch (argument->kind) {
	case IQ_BPF_ARG_CONSTANT: add_number(list, argument->value, out); return;
	case IQ_BPF_ARG_RANGE:
		add_number(list, argument->least, out);
		iq_strbuf_add(out, " to ");
		add_number(list, argument->most, out);
		return;
	case IQ_BPF_ARG_STACK:
		add_place(argument, "fp", out);
		if (argument->owner != function)
			iq_strbuf_addf(out, " of %s", function_name(list, argument->owner));
		return;
	case IQ_BPF_ARG_CONTEXT: add_place(argument, "ctx", out); return;
	case IQ_BPF_ARG_MAP:
	case IQ_BPF_ARG_MAP_VALUE:
		snprintf(base, sizeof(base), argument->kind == IQ_BPF_ARG_MAP ? "map[id:%u]" : "map[id:%u][]",
			 argument->map_id);
		add_place(argument, base, out);
		if (*argument->map_name)
			iq_strbuf_addf(out, " %s", argument->map_name);
		return;
	case IQ_BPF_ARG_RESULT: add_result(list, argument, out); return;
	case IQ_BPF_ARG_FUNCTION: iq_strbuf_addf(out, "function %s", function_name(list, argument->owner)); return;
	default: iq_strbuf_add_char(out, '?'); return;
	}
}

/* "struct bpf_ct_opts", "map's key" */
static void add_pointed(const struct iq_bpf_argument *argument, struct iq_strbuf *out)
{
	struct iq_type type;
	struct iq_type_info info;
	if (argument->map_part != IQ_BPF_ARG_NO_PART)
		iq_strbuf_add(out, argument->map_part == IQ_BPF_ARG_KEY ? "the map's key" : "the map's value");
	else if (argument->type.source && !iq_failed(iq_type_strip(argument->type, &type)) &&
		 !iq_failed(iq_type_info(type, &info)))
		iq_type_declare(info.target, "", out);
}

/* What is to be said of a pointer: the type's size, the size passed, the room. */
static void add_sizes(const struct iq_bpf_call *call, const struct iq_bpf_argument *argument, struct iq_strbuf *out)
{
	const char *and = "";
	if (argument->type_size) {
		add_pointed(argument, out);
		iq_strbuf_addf(out, ": %" PRIu64 " bytes", argument->type_size);
		and = ", ";
	}
	if (argument->size_argument >= 0) {
		const struct iq_bpf_argument *size = &call->arguments[argument->size_argument];
		iq_strbuf_add(out, and);
		if (argument->size_known)
			iq_strbuf_addf(out, "passed as %" PRIu64, argument->size);
		else if (size->kind == IQ_BPF_ARG_RANGE)
			iq_strbuf_addf(out, "passed as %" PRIu64 " to %" PRIu64, size->least, size->most);
		else
			iq_strbuf_add(out, "passed size unknown");
		and = ", ";
	}
	if (argument->room_known) {
		iq_strbuf_addf(out, "%sroom for %" PRIu64, and, argument->room);
		if (argument->initialised_known && argument->initialised < argument->room)
			iq_strbuf_addf(out, ", %" PRIu64 " initialised", argument->initialised);
	}
}

/* Fields. */

static void add_kind_fields(const struct listing *list, const struct iq_bpf_argument *argument)
{
	struct iq_out *out = list->out;
	iq_add_string(out, "kind", kinds[argument->kind]);
	switch (argument->kind) {
	case IQ_BPF_ARG_CONSTANT: iq_add_hex(out, "value", argument->value); return;
	case IQ_BPF_ARG_RANGE:
		iq_add_hex(out, "least", argument->least);
		iq_add_hex(out, "most", argument->most);
		return;
	case IQ_BPF_ARG_UNKNOWN: return;
	case IQ_BPF_ARG_FUNCTION: iq_add_string(out, "function", function_name(list, argument->owner)); return;
	default: break;
	}
	if (argument->span != IQ_BPF_ARG_ANYWHERE) {
		iq_add_signed(out, "offset", argument->offset);
		iq_add_signed(out, "offset_most", argument->offset + (int64_t)argument->span);
	}
	iq_add_bool(out, "maybe_null", argument->maybe_null);
	if (argument->kind == IQ_BPF_ARG_STACK)
		iq_add_string(out, "function", function_name(list, argument->owner));
	if (argument->kind == IQ_BPF_ARG_MAP || argument->kind == IQ_BPF_ARG_MAP_VALUE) {
		iq_add_unsigned(out, "map_id", argument->map_id);
		iq_add_string(out, "map_name", argument->map_name);
	}
	if (argument->kind == IQ_BPF_ARG_RESULT)
		iq_add_unsigned(out, "call", argument->insn);
}

static void add_size_fields(const struct listing *list, const struct iq_bpf_argument *argument)
{
	struct iq_out *out = list->out;
	if (argument->type_size)
		iq_add_unsigned(out, "type_size", argument->type_size);
	if (argument->size_argument >= 0)
		iq_add_unsigned(out, "size_argument", (uint64_t)argument->size_argument + 1);
	if (argument->size_known)
		iq_add_unsigned(out, "size_passed", argument->size);
	if (argument->room_known)
		iq_add_unsigned(out, "room", argument->room);
	if (argument->initialised_known)
		iq_add_unsigned(out, "initialised", argument->initialised);
	if (argument->kind == IQ_BPF_ARG_STACK)
		iq_add_bool(out, "too_short", argument->too_short);
}

static void show_argument(const struct listing *list, const struct iq_bpf_call *call, unsigned n)
{
	const struct iq_bpf_argument *argument = &call->arguments[n];
	_cleanup_(iq_strbuf_free) struct iq_strbuf value = { 0 }, sizes = { 0 }, type = { 0 }, line = { 0 };
	iq_record_begin(list->out);
	iq_add_unsigned(list->out, "register", n + 1);
	iq_add_string(list->out, "name", argument->name);
	if (argument->type.source)
		iq_type_declare(argument->type, "", &type);
	iq_add_string(list->out, "type", type.length ? iq_strbuf_text(&type) : NULL);
	if (call->reached) {
		add_value(list, call->function, argument, &value);
		if (argument->maybe_null && argument->kind != IQ_BPF_ARG_RESULT)
			iq_strbuf_add(&value, " or NULL");
		iq_add_string(list->out, "text", iq_strbuf_text(&value));
		add_kind_fields(list, argument);
		add_size_fields(list, argument);
	}
	if (argument->pointer && argument->kind == IQ_BPF_ARG_STACK)
		add_sizes(call, argument, &sizes);
	iq_strbuf_addf(&line, "        R%u %-*s%s%-*s", n + 1, list->widths[0], argument->name ? argument->name : "",
		       list->widths[0] ? "  " : "", list->widths[1], iq_strbuf_text(&value));
	if (sizes.length)
		iq_strbuf_addf(&line, "  %s", iq_strbuf_text(&sizes));
	if (argument->too_short)
		iq_strbuf_add(&line, "  <-- TOO SHORT");
	while (line.length && line.text[line.length - 1] == ' ')
		iq_strbuf_truncate(&line, line.length - 1);
	iq_text(list->out, "%s", iq_strbuf_text(&line));
	iq_end(list->out);
}

static void measure(struct listing *list, const struct iq_bpf_call *call)
{
	list->widths[0] = list->widths[1] = 0;
	for (unsigned i = 0; i < call->argument_count; i++) {
		const struct iq_bpf_argument *argument = &call->arguments[i];
		_cleanup_(iq_strbuf_free) struct iq_strbuf value = { 0 };
		int name = argument->name ? (int)strlen(argument->name) : 0;
		if (call->reached)
			add_value(list, call->function, argument, &value);
		list->widths[0] = IQ_MAX(list->widths[0], IQ_MIN(name, 32));
		list->widths[1] = IQ_MAX(list->widths[1], IQ_MIN((int)value.length, 48));
	}
}

static void add_callee(const struct listing *list, const struct iq_bpf_call *call)
{
	const struct iq_bpf_callee *callee = &call->callee;
	_cleanup_(iq_strbuf_free) struct iq_strbuf prototype = { 0 };
	iq_object_begin(list->out, "callee");
	iq_add_string(list->out, "kind", callee_kinds[callee->kind]);
	iq_add_string(list->out, "name", callee->name);
	iq_add_string(list->out, "module", callee->module);
	if (callee->address)
		iq_add_address(list->out, "address", callee->address);
	iq_bpf_prototype_text(callee->prototype, callee->name ? callee->name : "?", &prototype);
	iq_add_string(list->out, "prototype", callee->prototype.source ? iq_strbuf_text(&prototype) : NULL);
	iq_end(list->out);
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_strbuf_addf(&line, "%4u: %s", call->insn, iq_strbuf_text(&prototype));
	if (callee->module)
		iq_strbuf_addf(&line, " [%s]", callee->module);
	iq_text(list->out, "%s%s", iq_strbuf_text(&line), call->reached ? "" : "  (not reached)");
}

static void show_call(struct listing *list, const struct iq_bpf_call *call)
{
	const struct iq_bpf_line *line = call->line;
	iq_record_begin(list->out);
	iq_add_unsigned(list->out, "insn", call->insn);
	iq_add_string(list->out, "function", list->code->functions[call->function].name);
	iq_add_string(list->out, "file", line ? line->file : NULL);
	if (line)
		iq_add_unsigned(list->out, "line", line->line);
	iq_add_string(list->out, "source", line ? line->text : NULL);
	iq_add_bool(list->out, "reached", call->reached);
	if (line && *line->text)
		iq_text(list->out, "; %s", line->text);
	add_callee(list, call);
	measure(list, call);
	iq_list_begin(list->out, "arguments");
	for (unsigned i = 0; i < call->argument_count; i++)
		show_argument(list, call, i);
	iq_end(list->out);
	iq_end(list->out);
}

static struct iq_error *show_all(struct listing *list)
{
	size_t function = SIZE_MAX;
	for (size_t i = 0; i < list->calls->count; i++) {
		const struct iq_bpf_call *call = &list->calls->data[i];
		IQ_TRY(iq_check_interrupt());
		if (call->function != function && list->code->functions[call->function].name) {
			const struct iq_bpf_function *f = &list->code->functions[call->function];
			_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
			iq_bpf_prototype_text(f->prototype, f->name, &text);
			iq_text(list->out, "%s:", iq_strbuf_text(&text));
		}
		function = call->function;
		show_call(list, call);
	}
	return NULL;
}

struct iq_error *iq_bpf_show_calls(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program)
{
	_cleanup_(iq_bpf_code_free) struct iq_bpf_code code = { 0 };
	_cleanup_(iq_bpf_calls_free) struct iq_bpf_calls calls = { 0 };
	IQ_TRY(iq_bpf_code_load(shown->bpf, program->address, &code));
	if (code.notes)
		iq_warn(&shown->session->diag, "BPF program %u: %s", program->id, code.notes);
	IQ_TRY(iq_bpf_calls_find(shown->bpf, &code, &calls));
	if (!calls.complete)
		iq_warn(&shown->session->diag, "BPF program %u: too large to follow its values", program->id);
	struct listing list = { .shown = shown, .out = shown->out, .code = &code, .calls = &calls };
	return show_all(&list);
}
