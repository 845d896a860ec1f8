// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

static const char *const control_names[] = {
	"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS",  "HT", "LF",  "VT",  "FF", "CR", "SO", "SI",
	"DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
};

/* The name of a byte of 7 bits; NULL when it is its own. */
static const char *name_of(unsigned byte)
{
	return byte < IQ_ARRAY_SIZE(control_names) ? control_names[byte] : byte == 0x7f ? "DEL" : NULL;
}

static void show_chart(struct iq_out *out)
{
	iq_line(out, "");
	iq_line(out, "      0    1   2   3   4   5   6   7");
	iq_line(out, "    +-------------------------------");
	for (unsigned low = 0; low < 16; low++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };

		iq_strbuf_addf(&line, "  %X |", low);
		for (unsigned high = 0; high < 8; high++) {
			unsigned byte = high << 4 | low;
			const char *name = byte == ' ' ? "SP" : name_of(byte);

			if (name)
				iq_strbuf_addf(&line, " %3s", name);
			else
				iq_strbuf_addf(&line, high < 7 ? "  %c " : "  %c", byte);
		}
		iq_text(out, "%s", iq_strbuf_text(&line));
	}
	iq_line(out, "");
}

static void show_value(struct iq_out *out, uint64_t value)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	for (unsigned i = 0; i < 8; i++) {
		unsigned byte = value >> 8 * i & 0xff;
		const char *name = name_of(byte);

		if (name)
			iq_strbuf_addf(&text, "<%s>", name);
		else if (byte & 0x80)
			iq_strbuf_addf(&text, "<%x>", byte);
		else
			iq_strbuf_add_char(&text, (char)byte);
	}
	iq_record_begin(out);
	iq_add_hex(out, "value", value);
	iq_add_string(out, "text", iq_strbuf_text(&text));
	iq_line(out, "{value:016}: {text}");
	iq_end(out);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	if (!args->count)
		show_chart(out);
	for (size_t i = 0; i < args->count; i++) {
		uint64_t value;

		IQ_TRY(iq_parse_hexadecimal(args->words[i].text, &value));
		show_value(out, value);
	}
	return NULL;
}

const struct iq_command iq_command_ascii = {
	.name = "ascii",
	.summary = "the characters in a number, or a chart of all",
	.arguments = "[VALUE]...",
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_NO_DUMP,
	.help = "Shows the eight bytes of each hexadecimal VALUE as characters, the lowest byte\n"
		"(the first in memory) first. Without a value: a chart of ASCII.",
	.examples =
		(const struct iq_example[]){
			{ "ascii 62696c2f7273752f", NULL, "text that lies in a word of memory" },
			{ "ascii", NULL, "the chart" },
			{ 0 },
		},
	.run = run,
};
