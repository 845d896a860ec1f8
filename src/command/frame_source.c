// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/frame_source.h"

#include "expr/print.h"
#include "util/cleanup.h"

#include <string.h>

/* Damage in what a program is known by costs its line, not the backtrace. */
static struct iq_error *unless_fatal(const struct iq_shown_source *shown, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&shown->session->diag, error);
	return NULL;
}

struct iq_error *iq_shown_source_find(struct iq_shown_source *shown, const struct iq_frame_options *options)
{
	const struct iq_frame *frame = &shown->trace->frames[shown->frame];
	shown->locals = options->locals && frame->kind != IQ_FRAME_POSSIBLE;
	if (options->lines == IQ_LINES_NONE || frame->kind == IQ_FRAME_USER)
		return NULL;
	struct iq_bpf_place place;
	struct iq_error *error = iq_bpf_place_at(shown->session, frame->pc - frame->pc_is_return, &place);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		shown->bpf_line = error ? NULL : place.line;
		shown->bpf_below = options->lines == IQ_LINES_WANTED;
		return unless_fatal(shown, error);
	}
	iq_error_free(error);
	error = iq_frame_source(shown->kernel, frame, &shown->source);
	shown->known = !error;
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	/* Trampolines have no DWARF and never will; nor have some functions in assembly. */
	const struct iq_image *image = iq_image_at(iq_kernel_images(shown->kernel), iq_frame_source_pc(frame));
	bool compiled = image && (image->kind == IQ_IMAGE_VMLINUX || image->kind == IQ_IMAGE_MODULE);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND) && options->lines == IQ_LINES_WANTED && compiled &&
	    !shown->source.dwarf)
		iq_warn(&shown->session->diag, "no source lines: %s", error->message);
	iq_error_free(error);
	return NULL;
}

void iq_shown_source_free(struct iq_shown_source *shown)
{
	iq_source_free(&shown->source);
}

static void add_line(struct iq_out *out, const struct iq_source_line *line)
{
	iq_add_string(out, "file", line->file);
	iq_add_unsigned(out, "line", line->line);
	iq_add_unsigned(out, "column", line->column);
}

struct iq_error *iq_show_inlined(struct iq_shown_source *shown)
{
	struct iq_error *error = NULL;
	const struct iq_scopes *scopes = &shown->source.scopes;
	if (!shown->known)
		return NULL;
	iq_list_begin(shown->out, "inlined");
	for (size_t i = 0; i < scopes->count && scopes->data[i].inlined && !error; i++) {
		iq_record_begin(shown->out);
		iq_add_string(shown->out, "function", scopes->data[i].function);
		add_line(shown->out, &scopes->data[i].line);
		iq_line(shown->out, "    (inlined)          {function@symbol} at {file}: {line}");
		error = iq_show_locals_of(shown, i);
		iq_end(shown->out);
	}
	iq_end(shown->out);
	return error;
}

void iq_show_source_line(struct iq_shown_source *shown)
{
	const struct iq_scopes *scopes = &shown->source.scopes;
	if (shown->bpf_line && shown->bpf_below) {
		iq_add_bpf_line(shown->out, shown->bpf_line);
		iq_line(shown->out, "    {file}: {line}");
	}
	if (!shown->known)
		return;
	add_line(shown->out, scopes->count ? &scopes->data[scopes->count - 1].line : &shown->source.at);
	iq_line(shown->out, "    {file}: {line}");
}

const char *iq_bpf_line_suffix(const struct iq_shown_source *shown)
{
	if (!shown->bpf_line || shown->bpf_below)
		return "";
	iq_add_bpf_line(shown->out, shown->bpf_line);
	return " {file}:{line}";
}

/* One variable: a record, and text in gdb's manner. */
static struct iq_error *show_local(void *context, const struct iq_local *local)
{
	const struct iq_shown_source *shown = context;
	struct iq_print_options options = {
		.target = iq_kernel_target(shown->kernel),
		.symbols = iq_kernel_symbols(shown->kernel),
		.radix = shown->session->radix,
		.indent = 8,
	};
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 }, type = { 0 };
	iq_record_begin(shown->out);
	iq_add_string(shown->out, "name", local->name);
	iq_add_bool(shown->out, "parameter", local->parameter);
	if (local->value->type.source) {
		iq_type_declare(local->value->type, "", &type);
		iq_add_string(shown->out, "type", iq_strbuf_text(&type));
	}
	if (!local->reason && local->value->place == IQ_IN_MEMORY)
		iq_add_address(shown->out, "address", local->value->address);
	iq_strbuf_addf(&text, "        %s = ", local->name);
	const char *reason = local->reason;
	struct iq_error *error = NULL;
	if (!reason && !local->value->type.source)
		reason = "its type is not known";
	if (!reason && iq_out_is_text(shown->out))
		error = iq_value_print(local->value, &options, &text);
	else if (!reason)
		error = iq_value_record(local->value, &options, shown->out, "value");
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED)) {
		iq_end(shown->out);
		return error;
	}
	if (error)
		reason = error->message;
	if (reason) {
		iq_add_unavailable(shown->out, "value", reason);
		iq_strbuf_addf(&text, "<%s>", reason);
	}
	iq_error_free(error);
	iq_print_lines(shown->out, iq_strbuf_text(&text));
	iq_end(shown->out);
	return iq_check_interrupt();
}

struct iq_error *iq_show_locals_of(struct iq_shown_source *shown, size_t scope)
{
	if (!shown->known || !shown->locals || scope >= shown->source.scopes.count)
		return NULL;
	iq_list_begin(shown->out, "locals");
	struct iq_error *error =
		iq_frame_locals(shown->kernel, shown->trace, shown->frame, &shown->source, scope, show_local, shown);
	iq_end(shown->out);
	if (!error || iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn(&shown->session->diag, "locals of %s: %s", shown->source.scopes.data[scope].function, error->message);
	iq_error_free(error);
	return NULL;
}

struct iq_error *iq_show_locals(struct iq_shown_source *shown)
{
	size_t count = shown->source.scopes.count;
	return count ? iq_show_locals_of(shown, count - 1) : NULL;
}
