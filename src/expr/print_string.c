// SPDX-License-Identifier: GPL-2.0-or-later
/* Characters and texts with gdb's escapes and folding (gdb's manual, "Print Settings": print repeats, print elements).
 */
#include "expr/printer.h"

#include <string.h>

/* One character between quotes. An octal escape would swallow a digit behind it, which is escaped too then. */
static void add_character(struct iq_strbuf *out, uint8_t c, char quote, bool *escaped)
{
	static const char named[] = "abtnvfr"; /* 7 to 13 */
	bool digit = c >= '0' && c <= '9';

	if (c >= 7 && c <= 13) {
		iq_strbuf_addf(out, "\\%c", named[c - 7]);
		*escaped = false;
	} else if (c < 0x20 || c >= 0x7f || (*escaped && digit)) {
		iq_strbuf_addf(out, "\\%03o", c);
		*escaped = true;
	} else {
		iq_strbuf_addf(out, c == (uint8_t)quote || c == '\\' ? "\\%c" : "%c", c);
		*escaped = false;
	}
}

void iq_print_character(struct iq_printer *printer, uint8_t c)
{
	bool escaped = false;

	iq_strbuf_add_char(printer->out, '\'');
	add_character(printer->out, c, '\'', &escaped);
	iq_strbuf_add_char(printer->out, '\'');
}

void iq_print_string(struct iq_printer *printer, const uint8_t *bytes, size_t length, bool more)
{
	struct iq_strbuf *out = printer->out;
	bool quoted = false, escaped = false;
	size_t i = 0, shown = 0;

	if (!more && length && !bytes[length - 1])
		length--;
	if (!length)
		iq_strbuf_add(out, "\"\"");
	while (i < length && shown < printer->element_limit) {
		size_t same = 1;
		while (i + same < length && bytes[i + same] == bytes[i])
			same++;
		if (same > printer->repeat_threshold) {
			iq_strbuf_add(out, quoted ? "\", '" : i ? ", '" : "'");
			quoted = false;
			add_character(out, bytes[i], '"', &escaped);
			iq_strbuf_addf(out, "' <repeats %zu times>", same);
		} else {
			if (!quoted)
				iq_strbuf_add(out, i ? ", \"" : "\"");
			quoted = true;
			for (size_t j = 0; j < same; j++)
				add_character(out, bytes[i], '"', &escaped);
		}
		i += same;
		shown += same;
	}
	if (quoted)
		iq_strbuf_add_char(out, '"');
	if (more || i < length)
		iq_strbuf_add(out, "...");
}
