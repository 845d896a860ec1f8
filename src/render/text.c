/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text face: lines. */
#include "render/out.h"

#include "util/cleanup.h"

#include <string.h>

static void send_line(struct iq_out *out)
{
	iq_strbuf_add_char(&out->line, '\n');
	iq_out_write(out, iq_strbuf_text(&out->line), out->line.length);
	iq_strbuf_truncate(&out->line, 0);
}

/* What the layout filled up with blanks ends with what is to be seen. */
static void send_laid_out_line(struct iq_out *out)
{
	size_t length = out->line.length;

	while (length && out->line.text[length - 1] == ' ')
		length--;
	iq_strbuf_truncate(&out->line, length);
	send_line(out);
}

void iq_line(struct iq_out *out, const char *template)
{
	if (!iq_out_is_text(out))
		return;
	iq_template_render(out, template, strlen(template), &out->line);
	send_laid_out_line(out);
}

void iq_text(struct iq_out *out, const char *format, ...)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf raw = { 0 };
	va_list args;

	if (!iq_out_is_text(out))
		return;
	va_start(args, format);
	iq_strbuf_addv(&raw, format, args);
	va_end(args);
	out->failed |= raw.failed;
	iq_escape_text(&out->line, iq_strbuf_text(&raw), raw.length);
	send_line(out);
}

void iq_pair(struct iq_out *out, int width, const char *label, const char *template)
{
	if (!iq_out_is_text(out))
		return;
	iq_strbuf_addf(&out->line, "%*s: ", width, label);
	iq_line(out, template);
}

void iq_table_heading(struct iq_out *out, const struct iq_table *table)
{
	if (!iq_out_is_text(out))
		return;
	for (size_t i = 0; i < table->count; i++) {
		if (i)
			iq_strbuf_add(&out->line, table->gap);
		iq_spec_apply(out, table->columns[i].heading_spec, table->columns[i].heading, &out->line);
	}
	send_laid_out_line(out);
}

void iq_table_row(struct iq_out *out, const struct iq_table *table)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf reference = { 0 };

	if (!iq_out_is_text(out))
		return;
	for (size_t i = 0; i < table->count; i++) {
		if (i)
			iq_strbuf_add(&out->line, table->gap);
		iq_strbuf_truncate(&reference, 0);
		iq_strbuf_addf(&reference, "{%s:%s}", table->columns[i].key, table->columns[i].spec);
		iq_template_render(out, iq_strbuf_text(&reference), reference.length, &out->line);
	}
	send_laid_out_line(out);
}
