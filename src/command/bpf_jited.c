// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -j: the machine code of a program's functions under what it was made of. */
#include "bpf/jited.h"
#include "bpf/resolve.h"
#include "command/bpf.h"
#include "command/bpf_source.h"
#include "command/listing.h"

#include "util/cleanup.h"

#include <string.h>

struct jited {
	const struct iq_bpf_shown *shown;
	struct iq_out *out;
	const struct iq_bpf_code *code;
	struct iq_bpf_jited found;       /* of the function that is being shown */
	const struct iq_bpf_run *before; /* the run that was shown last; NULL: none */
	struct iq_listing listing;
};

/* Lines differ in columns, too. */
static bool same_line(const struct iq_bpf_line *a, const struct iq_bpf_line *b)
{
	return a && b && a->line == b->line && strcmp(a->file, b->file) == 0;
}

/* "; return bpf_ktime_get_ns(); [prog.bpf.c:31, insn 4-6]" */
static void show_source(const struct jited *j, const struct iq_bpf_run *run)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	const struct iq_bpf_line *line = run->line;
	if (run->insn == run->insn_end)
		return;
	bool again = j->before && same_line(j->before->line, line);
	iq_strbuf_add(&text, ";");
	if (line && !again && *line->text)
		iq_strbuf_addf(&text, " %s", line->text);
	iq_strbuf_add(&text, " [");
	if (line && !again && line->line)
		iq_strbuf_addf(&text, "%s:%u, ", line->file, line->line);
	iq_strbuf_addf(&text, run->insn_end > run->insn + 1 ? "insn %u-%u]" : "insn %u]", run->insn, run->insn_end - 1);
	iq_text(j->out, "%s", iq_strbuf_text(&text));
}

static struct iq_error *show_above(void *context, uint64_t address)
{
	struct jited *j = context;
	const struct iq_bpf_run *run = iq_bpf_run_at(&j->found, address);
	if (!run)
		return NULL;
	iq_add_string(j->out, "part", iq_bpf_part_name(run->part));
	if (run->insn != run->insn_end) {
		iq_add_unsigned(j->out, "insn", run->insn);
		iq_add_unsigned(j->out, "insn_end", run->insn_end);
	}
	if (run->line)
		iq_add_bpf_line(j->out, run->line);
	if (run == j->before)
		return NULL;
	if (!j->before ? run->part != IQ_BPF_BODY : run->part != j->before->part)
		iq_text(j->out, "%s:", iq_bpf_part_name(run->part));
	show_source(j, run);
	j->before = run;
	return NULL;
}

static void add_heading(const struct jited *j, const struct iq_bpf_function *f)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_symbol symbol;
	bool named = f->image &&
		     !iq_failed(iq_symbol_at(iq_kernel_symbols(iq_bpf_kernel(j->shown->bpf)), f->image, &symbol)) &&
		     symbol.address == f->image;
	iq_add_string(j->out, "function", f->name);
	if (f->prototype.source)
		iq_bpf_prototype_text(f->prototype, f->name ? f->name : "", &text);
	iq_add_string(j->out, "prototype", text.length ? iq_strbuf_text(&text) : NULL);
	iq_add_string(j->out, "symbol", named ? symbol.name : NULL);
	iq_add_string(j->out, "module", named ? symbol.module : NULL);
	iq_add_unsigned(j->out, "insn", f->start);
	iq_add_unsigned(j->out, "insn_end", f->end);
	if (f->image)
		iq_add_address(j->out, "image", f->image);
	iq_add_unsigned(j->out, "size", f->image_size);
	if (named)
		iq_line(j->out,
			text.length ? "{symbol@symbol} [{module}]: {prototype}" : "{symbol@symbol} [{module}]:");
	else
		iq_line(j->out, text.length ? "(no symbol): {prototype}" : "(no symbol):");
}

static struct iq_error *show_instructions(struct jited *j, const struct iq_bpf_function *f)
{
	struct iq_error *error = NULL;
	iq_list_begin(j->out, "instructions");
	for (uint64_t at = f->image, end = f->image + f->image_size; at < end && !error;) {
		size_t length = 1;
		error = iq_listing_show(&j->listing, at, &length);
		at += length;
	}
	iq_end(j->out);
	return error;
}

static struct iq_error *show_function(struct jited *j, size_t n)
{
	const struct iq_bpf_function *f = &j->code->functions[n];
	add_heading(j, f);
	IQ_TRY(iq_bpf_jited_load(j->shown->bpf, j->code, n, &j->found));
	iq_add_bool(j->out, "sound", j->found.sound);
	iq_add_string(j->out, "complaint", j->found.complaint);
	if (j->found.complaint)
		iq_warn(&j->shown->session->diag, "BPF program %u: machine code at %#lx: %s", j->code->program.id,
			f->image, j->found.complaint);
	j->before = NULL;
	j->listing.before = IQ_FLOW_RETURN;
	struct iq_error *error = show_instructions(j, f);
	iq_bpf_jited_free(&j->found);
	return error;
}

/* What can't be had of one function is told in its place. */
static struct iq_error *show_functions(struct jited *j)
{
	for (size_t i = 0; i < j->code->function_count; i++) {
		iq_line(j->out, "");
		iq_record_begin(j->out);
		struct iq_error *error = show_function(j, i);
		if (error && !iq_error_is(error, IQ_ERROR_NO_MEMORY) && !iq_error_is(error, IQ_ERROR_INTERRUPTED)) {
			iq_add_unavailable(j->out, "instructions", error->message);
			iq_text(j->out, "(no machine code: %s)", error->message);
			if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
				iq_warn(&j->shown->session->diag, "BPF program %u: %s", j->code->program.id,
					error->message);
			iq_error_freep(&error);
		}
		iq_end(j->out);
		IQ_TRY(error);
	}
	return NULL;
}

struct iq_error *iq_bpf_show_jited(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program)
{
	_cleanup_(iq_bpf_code_free) struct iq_bpf_code code = { 0 };
	IQ_TRY(iq_bpf_code_load(shown->bpf, program->address, &code));
	if (code.notes)
		iq_warn(&shown->session->diag, "BPF program %u: %s", program->id, code.notes);
	struct jited j = { .shown = shown, .out = shown->out, .code = &code };
	IQ_TRY(iq_listing_begin(&j.listing, shown->session, shown->args, shown->out));
	j.listing.crash_pc = iq_listing_crash_pc(j.listing.kernel);
	j.listing.above = show_above;
	j.listing.context = &j;
	iq_list_begin(shown->out, "jited");
	struct iq_error *error = show_functions(&j);
	iq_end(shown->out);
	return error;
}
