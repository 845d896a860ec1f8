/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/session.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_WIDTH = 80 };

static const char *size_in_words(uint64_t value, char *text, size_t size)
{
	static const struct {
		unsigned shift;
		const char *unit;
	} units[] = { { 30, "GB" }, { 20, "MB" }, { 10, "KB" } };

	for (size_t i = 0; value && i < IQ_ARRAY_SIZE(units); i++) {
		if (value & ((UINT64_C(1) << units[i].shift) - 1))
			continue;
		snprintf(text, size, "(%llu%s)", (unsigned long long)(value >> units[i].shift), units[i].unit);
		return text;
	}
	return NULL;
}

static void show_bits(struct iq_out *out, uint64_t value)
{
	static const char label[] = "   bits set:";
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };

	iq_list_begin(out, "bits_set");
	iq_strbuf_add(&line, label);
	for (unsigned bit = 64; bit-- > 0;) {
		char text[8];

		if (!(value >> bit & 1))
			continue;
		iq_add_unsigned(out, NULL, bit);
		snprintf(text, sizeof(text), " %u", bit);
		if (line.length + strlen(text) >= LINE_WIDTH) {
			iq_text(out, "%s", iq_strbuf_text(&line));
			iq_strbuf_truncate(&line, 0);
			iq_strbuf_pad(&line, strlen(label));
		}
		iq_strbuf_add(&line, text);
	}
	iq_text(out, "%s", iq_strbuf_text(&line));
	iq_end(out);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	const char *text = iq_args_text(args, 0);
	char binary[65] = "", octal[24], size[32];
	bool bits = false;
	uint64_t value;

	while (*text == '-' && (text[1] == 'b' || text[1] == 'l')) {
		size_t length = strspn(text + 1, "bl") + 1;

		if (text[length] && !strchr(" \t", text[length]))
			break;
		bits |= memchr(text, 'b', length) != NULL;
		text += length;
		text += strspn(text, " \t");
	}
	if (!*text)
		return iq_usage_error(args->command, "nothing to evaluate");
	IQ_TRY(iq_evaluate(session, text, &value));

	for (unsigned i = 0; i < 64; i++)
		binary[i] = value >> (63 - i) & 1 ? '1' : '0';
	snprintf(octal, sizeof(octal), "%" PRIo64, value);
	iq_record_begin(out);
	iq_add_hex(out, "hexadecimal", value);
	iq_add_big(out, "decimal", value);
	iq_add_string(out, "octal", octal);
	iq_add_string(out, "binary", binary);
	iq_add_string(out, "size", size_in_words(value, size, sizeof(size)));
	iq_line(out, size_in_words(value, size, sizeof(size)) ? "hexadecimal: {hexadecimal}  {size}"
							      : "hexadecimal: {hexadecimal}  ");
	if (value >> 63)
		iq_text(out, "    decimal: %llu  (%lld)", (unsigned long long)value, (long long)value);
	else
		iq_line(out, "    decimal: {decimal}  ");
	iq_line(out, "      octal: {octal}");
	iq_line(out, "     binary: {binary}");
	if (bits)
		show_bits(out, value);
	iq_end(out);
	return NULL;
}

const struct iq_command iq_command_eval = {
	.name = "eval",
	.summary = "calculate, and show the result in four bases",
	.arguments = "[-b] [-l] EXPRESSION",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_RAW | IQ_COMMAND_NO_DUMP,
	.help = "EXPRESSION is made of numbers, symbols, and the operators ( ) ~ - * / % + <<\n"
		">> & ^ | with C's precedence, in 64 bits. A number is decimal; with 0x before\n"
		"it or a letter a to f in it, hexadecimal; k, m or g behind it multiply it by\n"
		"1024, 1024 * 1024 or 1024 * 1024 * 1024. Outside parentheses | < and > are the\n"
		"shell's.\n\n"
		"-b also lists the bits that are set. -l is accepted and means nothing: every\n"
		"number has 64 bits.",
	.examples =
		(const struct iq_example[]){
			{ "eval 128m", NULL, "a size" },
			{ "eval (1 << 32) - 1", NULL, "an expression" },
			{ "eval -b 41dc065", NULL, "which bits are set" },
			{ 0 },
		},
	.run = run,
};
