// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/listing_lines.h"

#include "command/bpf_source.h"
#include "command/source.h"

#include <string.h>

void iq_listing_lines_free(struct iq_listing_lines *lines)
{
	iq_bpf_jited_free(&lines->jited);
}

/* The runs of the function that holds the code; NULL: it is no BPF program's. */
static const struct iq_bpf_run *run_at(struct iq_listing_lines *l, uint64_t address)
{
	struct iq_bpf *bpf;
	struct iq_bpf_place place;
	if (iq_failed(iq_bpf_place_at(l->session, address, &place)) || iq_failed(iq_session_bpf(l->session, &bpf)))
		return NULL;
	if (l->code != place.code || l->function != place.function) {
		iq_bpf_jited_free(&l->jited);
		l->code = place.code;
		l->function = place.function;
		if (iq_failed(iq_bpf_jited_load(bpf, place.code, place.function, &l->jited)))
			return NULL;
		if (l->jited.complaint)
			iq_warn(&l->session->diag, "dis: BPF program %u: machine code at %#lx: %s",
				place.code->program.id, place.code->functions[place.function].image,
				l->jited.complaint);
	}
	return iq_bpf_run_at(&l->jited, address);
}

void iq_listing_part(void *context, uint64_t address, struct iq_strbuf *note)
{
	const struct iq_bpf_run *run = run_at(context, address);
	if (!run || run->start != address || run->part == IQ_BPF_BODY)
		return;
	iq_strbuf_addf(note, "%s%s", note->length ? "; " : "", iq_bpf_part_name(run->part));
}

static void show_line(struct iq_listing_lines *l, const char *file, unsigned line)
{
	iq_add_string(l->out, "file", file);
	iq_add_unsigned(l->out, "line", line);
	if (!l->file || l->line != line || strcmp(l->file, file) != 0)
		iq_line(l->out, "{file}: {line}");
	l->file = file;
	l->line = line;
}

static struct iq_error *compiled_line(struct iq_listing_lines *l, struct iq_kernel *kernel, uint64_t address)
{
	struct iq_source_line line;
	bool has_dwarf;
	struct iq_error *error = iq_code_line(kernel, address, &has_dwarf, &line);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (!error && line.file && line.line)
		show_line(l, line.file, line.line);
	else if (iq_error_is(error, IQ_ERROR_NOT_FOUND) && !has_dwarf) /* whatever else is wrong has been told */
		iq_warn(&l->session->diag, "dis: no source lines: %s", error->message);
	iq_error_free(error);
	return NULL;
}

struct iq_error *iq_listing_line(void *context, uint64_t address)
{
	struct iq_listing_lines *l = context;
	struct iq_kernel *kernel;
	struct iq_bpf_place place;
	IQ_TRY(iq_session_kernel(l->session, &kernel));
	struct iq_error *error = iq_bpf_place_at(l->session, address, &place);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return compiled_line(l, kernel, address);
	}
	IQ_TRY(error);
	if (place.line && place.line->line)
		show_line(l, place.line->file, place.line->line);
	return NULL;
}
