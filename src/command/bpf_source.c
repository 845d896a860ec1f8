// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/bpf_source.h"

#include "util/cleanup.h"

#include <stdlib.h>
#include <string.h>

struct iq_error *iq_bpf_place_at(struct iq_session *session, uint64_t pc, struct iq_bpf_place *out)
{
	struct iq_kernel *kernel;
	struct iq_bpf *bpf;
	*out = (struct iq_bpf_place){ 0 };
	IQ_TRY(iq_session_kernel(session, &kernel));
	const struct iq_image *image = iq_image_at(iq_kernel_images(kernel), pc);
	if (!image || image->kind != IQ_IMAGE_BPF_PROGRAM)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is no code of a BPF program", pc);
	IQ_TRY(iq_session_bpf(session, &bpf));
	struct iq_error *error = iq_bpf_code_at(bpf, pc, &out->code, &out->function);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) /* it is, but what it belongs to is not known */
		error->code = IQ_ERROR_FORMAT;
	IQ_TRY(error);
	out->line = iq_bpf_line_at(out->code, out->function, pc);
	return NULL;
}

void iq_add_bpf_line(struct iq_out *out, const struct iq_bpf_line *line)
{
	iq_add_string(out, "file", line->file);
	iq_add_unsigned(out, "line", line->line);
	iq_add_unsigned(out, "column", line->column);
	iq_add_string(out, "source", line->text);
}

/* By number; a line has many entries, one of which may have kept no text. */
static int compare_lines(const void *a, const void *b)
{
	const struct iq_bpf_line *x = *(const struct iq_bpf_line *const *)a;
	const struct iq_bpf_line *y = *(const struct iq_bpf_line *const *)b;
	int order = strcmp(x->file, y->file);
	if (order)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return !*x->text - !*y->text;
}

static bool same_line(const struct iq_bpf_line *a, const struct iq_bpf_line *b)
{
	return a->line == b->line && strcmp(a->file, b->file) == 0;
}

static void show_line(struct iq_out *out, const struct iq_bpf_line *line, const struct iq_bpf_line *asked)
{
	bool marked = same_line(line, asked);
	iq_record_begin(out);
	if (strcmp(line->file, asked->file) != 0)
		iq_add_string(out, "file", line->file);
	iq_add_unsigned(out, "number", line->line);
	iq_add_string(out, "text", line->text);
	iq_add_bool(out, "marked", marked);
	iq_text(out, "%s%u\t%s", marked ? "* " : "  ", line->line, line->text);
	iq_end(out);
}

static struct iq_error *show_lines(const struct iq_bpf_place *place, uint64_t count, struct iq_out *out)
{
	const struct iq_bpf_code *code = place->code;
	_cleanup_free_ const struct iq_bpf_line **lines = calloc(code->line_count + 1, sizeof(const void *));
	size_t found = 0;
	if (!lines)
		return iq_error_no_memory();
	for (size_t i = 0; i < code->line_count; i++) {
		if (code->lines[i].function == place->function && code->lines[i].line)
			lines[found++] = &code->lines[i];
	}
	qsort(lines, found, sizeof(const void *), compare_lines);
	bool behind = false;
	uint64_t shown = 0;
	for (size_t i = 0; i < found; i++) {
		if (i && same_line(lines[i], lines[i - 1]))
			continue;
		IQ_TRY(iq_check_interrupt());
		if (count && behind && shown++ >= count)
			break;
		behind |= same_line(lines[i], place->line);
		show_line(out, lines[i], place->line);
	}
	return NULL;
}

struct iq_error *iq_bpf_source_show(const struct iq_bpf_place *place, uint64_t count, struct iq_out *out)
{
	if (!place->line)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "BPF program %u was loaded without line information",
				    place->code->program.id);
	iq_record_begin(out);
	iq_add_string(out, "file", place->line->file);
	iq_add_string(out, "directory", NULL);
	iq_add_unsigned(out, "line", place->line->line);
	iq_line(out, "FILE: {file}");
	iq_line(out, "LINE: {line}");
	iq_text(out, "%s", "");
	iq_list_begin(out, "lines");
	struct iq_error *error = show_lines(place, count, out);
	iq_end(out);
	iq_end(out);
	return error;
}
