// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values as gdb prints them ("set print pretty", as crash has it on): structs, unions, arrays. The layout is gdb's of
 * version 10, which crash 8 contains: cp_print_value_fields() and generic_val_print_array() are where to look.
 */
#include "expr/printer.h"
#include "render/render.h"
#include "util/cleanup.h"
#include "util/diag.h"

#include <inttypes.h>
#include <string.h>

/* `recurse` is gdb's, for blanks; `depth` leaves anonymous members out. */
static void print_part(struct iq_printer *printer, const struct iq_part *part, unsigned recurse, unsigned depth);

static bool print_more(struct iq_printer *printer)
{
	if (printer->spent)
		return false;
	if (iq_interrupted() || printer->out->failed) {
		printer->spent = true;
		return false;
	}
	if (iq_printer_step(printer, 1) && printer->out->length < IQ_PRINT_MAX_TEXT)
		return true;
	printer->spent = true;
	iq_strbuf_add(printer->out, "<too much for one value: the rest is left out>");
	return false;
}

static void print_reason(struct iq_printer *printer, const struct iq_part *part)
{
	iq_strbuf_add_char(printer->out, '<');
	iq_part_reason(printer, part, printer->out);
	iq_strbuf_add_char(printer->out, '>');
}

static void print_damage(struct iq_printer *printer, struct iq_error *error)
{
	iq_strbuf_addf(printer->out, "<%s>", error->message);
	iq_error_free(error);
}

static void start_line(struct iq_printer *printer, unsigned blanks)
{
	iq_strbuf_addf(printer->out, "\n%*s", (int)(printer->options->indent + blanks), "");
}

static void print_member(struct iq_printer *printer, const struct iq_part *parent, uint32_t n, unsigned recurse,
			 unsigned depth)
{
	struct iq_type_member member;
	struct iq_part part;

	struct iq_error *error = iq_type_member_at(parent->type, n, &member);
	if (!error && member.name)
		iq_strbuf_addf(printer->out, "%s = ", member.name);
	if (!error && __builtin_add_overflow(member.bit_offset, parent->bit_offset, &member.bit_offset))
		error = iq_error_new(IQ_ERROR_FORMAT, "a member larger than all memory");
	if (!error)
		error = iq_part_of(member.type, member.bit_offset, member.bit_size, &part);
	if (error)
		print_damage(printer, error);
	else
		print_part(printer, &part, recurse + 1, member.name ? depth + 1 : depth);
}

static void print_struct(struct iq_printer *printer, const struct iq_part *part, unsigned recurse, unsigned depth)
{
	struct iq_strbuf *out = printer->out;
	bool pretty = !printer->options->one_line;

	iq_strbuf_add_char(out, '{');
	if (!part->info.count)
		iq_strbuf_add(out, "<No data fields>");
	for (uint32_t n = 0; n < part->info.count && print_more(printer); n++) {
		if (n)
			iq_strbuf_add(out, pretty ? "," : ", ");
		if (pretty)
			start_line(printer, 2 + 2 * recurse);
		print_member(printer, part, n, recurse, depth);
	}
	if (pretty && part->info.count)
		start_line(printer, 2 * recurse);
	iq_strbuf_add_char(out, '}');
}

static void print_elements(struct iq_printer *printer, const struct iq_part *array, uint64_t size, unsigned recurse,
			   unsigned depth)
{
	struct iq_strbuf *out = printer->out;
	uint64_t i = 0, shown = 0, count = array->info.count;

	iq_strbuf_add_char(out, '{');
	while (i < count && shown < printer->element_limit && print_more(printer)) {
		uint64_t same = iq_part_repeats(printer, array, size, i, count);
		struct iq_part element;

		iq_strbuf_add(out, i ? ", " : "");
		struct iq_error *error = iq_part_of(array->info.target, array->bit_offset + i * size * 8, 0, &element);
		if (error)
			print_damage(printer, error);
		else
			print_part(printer, &element, recurse + 1, depth + 1);
		if (same > printer->repeat_threshold) {
			iq_strbuf_addf(out, " <repeats %" PRIu64 " times>", same);
			i += same;
			shown += printer->repeat_threshold;
		} else {
			i++;
			shown++;
		}
	}
	if (i < count && !printer->spent)
		iq_strbuf_add(out, "...");
	iq_strbuf_add_char(out, '}');
}

static void print_array(struct iq_printer *printer, const struct iq_part *array, unsigned recurse, unsigned depth)
{
	char format = printer->options->format;
	uint64_t size, start = array->bit_offset / 8;
	struct iq_part element;

	struct iq_error *error = iq_part_of(array->info.target, array->bit_offset, 0, &element);
	if (!error)
		error = iq_type_size(array->info.target, &size);
	if (error) {
		print_damage(printer, error);
		return;
	}
	/* Of unknown length, as gdb has it: where it begins. */
	if (!size || !array->info.count) {
		iq_print_address(printer, iq_part_address(printer, array), array->info.target, true);
		return;
	}
	if (iq_is_textual(&element.info) && (!format || format == 's') &&
	    iq_part_known(printer, array) == IQ_KNOWN_ALL) {
		iq_printer_step(printer, array->info.count / 64);
		iq_print_string(printer, printer->bytes + start, array->info.count, false);
		return;
	}
	print_elements(printer, array, size, recurse, depth);
}

static void print_part(struct iq_printer *printer, const struct iq_part *part, unsigned recurse, unsigned depth)
{
	bool aggregate = part->info.kind == IQ_TYPE_STRUCT || part->info.kind == IQ_TYPE_UNION ||
			 part->info.kind == IQ_TYPE_ARRAY;
	enum iq_known known = iq_part_known(printer, part);

	if (!print_more(printer))
		return;
	if (known == IQ_KNOWN_NONE || (known == IQ_KNOWN_SOME && !aggregate))
		print_reason(printer, part);
	else if (!aggregate)
		iq_print_scalar(printer, part);
	else if (depth > IQ_PRINT_DEPTH || recurse > IQ_PRINT_RECURSION)
		iq_strbuf_add(printer->out, "{...}");
	else if (part->info.kind == IQ_TYPE_ARRAY)
		print_array(printer, part, recurse, depth);
	else
		print_struct(printer, part, recurse, depth);
}

/* gdb's print tells the type of a pointer, but of "char *" and "const char *" not. */
static void print_pointer_type(struct iq_printer *printer, const struct iq_part *part)
{
	struct iq_type_info declared, target;

	if (part->info.kind != IQ_TYPE_POINTER || printer->options->format)
		return;
	if (iq_failed(iq_type_info(part->declared, &declared)) || !iq_unqualified_info(part->info.target, &target))
		return;
	if (declared.kind == IQ_TYPE_POINTER && target.name && strcmp(target.name, "char") == 0)
		return;
	iq_strbuf_add_char(printer->out, '(');
	iq_type_declare(part->declared, "", printer->out);
	iq_strbuf_add(printer->out, ") ");
}

struct iq_error *iq_value_print(const struct iq_value *value, const struct iq_print_options *options,
				struct iq_strbuf *out)
{
	_cleanup_(iq_printer_close) struct iq_printer printer;
	struct iq_part part;

	IQ_TRY(iq_printer_open(value, options, &printer));
	printer.out = out;
	IQ_TRY(iq_part_of(value->type, value->bit_offset, value->bit_size, &part));
	if (options->pointer_types)
		print_pointer_type(&printer, &part);
	print_part(&printer, &part, 0, 0);
	IQ_TRY(iq_check_interrupt());
	return out->failed ? iq_error_no_memory() : NULL;
}

void iq_print_lines(struct iq_out *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		iq_text(out, "%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
}
