// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, characters and strings, with C's types. */
#include "expr/internal.h"

#include <ctype.h>
#include <string.h>

static unsigned digit_of(char c)
{
	if (isdigit((unsigned char)c))
		return (unsigned)(c - '0');
	return isxdigit((unsigned char)c) ? (unsigned)((c | 0x20) - 'a' + 10) : 99;
}

/* "u", "ul", "LLU", ...: what stands behind the digits. False if it means nothing. */
static bool take_suffix(const char *p, size_t length, bool *is_unsigned, unsigned *rank)
{
	*is_unsigned = false;
	*rank = 4;
	for (size_t i = 0; i < length; i++) {
		if ((p[i] == 'u' || p[i] == 'U') && !*is_unsigned) {
			*is_unsigned = true;
		} else if ((p[i] == 'l' || p[i] == 'L') && *rank == 4) {
			bool twice = i + 1 < length && p[i + 1] == p[i];
			*rank = twice ? 9 : 8;
			i += twice;
		} else {
			return false;
		}
	}
	return true;
}

struct iq_error *expr_number(struct expr_parser *parser, struct iq_value *out)
{
	const char *start = parser->token.start, *end = start + parser->token.length, *p = start;
	unsigned base = 10, rank, width;
	uint64_t value = 0;
	bool is_unsigned;
	if (*p == '0' && (p[1] == 'x' || p[1] == 'X'))
		base = 16;
	else if (*p == '0' && (p[1] == 'b' || p[1] == 'B'))
		base = 2;
	else if (*p == '0')
		base = 8;
	p += base == 16 || base == 2 ? 2 : 0;
	const char *digits = p;
	for (; p < end && digit_of(*p) < base; p++)
		if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit_of(*p), &value))
			return expr_wrong(parser, start, "the number does not fit in 64 bits");
	if (base != 16 && memchr(start, '.', parser->token.length))
		return expr_wrong(parser, start, "floating point numbers are not known here");
	if (p == digits || !take_suffix(p, (size_t)(end - p), &is_unsigned, &rank)) {
		if (base == 10 && isxdigit((unsigned char)*p))
			return expr_wrong(parser, start, "\"%.*s\" is no number: hexadecimal needs 0x before it",
					  (int)IQ_MIN(parser->token.length, 40), start);
		return expr_wrong(parser, start, "\"%.*s\" is no number", (int)IQ_MIN(parser->token.length, 40), start);
	}
	/* C11 6.4.4.1: the first type of the list that can hold it; a decimal one becomes unsigned only by its suffix,
	 * but for what fits nothing else. */
	width = value >> 31 == 0 ? 31 : value >> 32 == 0 ? 32 : value >> 63 == 0 ? 63 : 64;
	if (rank == 4 && (width > 32 || (width == 32 && base == 10 && !is_unsigned)))
		rank = 8;
	if (!is_unsigned && (width == 64 || (width == 32 && rank == 4)))
		is_unsigned = true;
	IQ_TRY(expr_result(parser, rank, !is_unsigned, value, out));
	return expr_next(parser);
}

/* One character at *p, an escape sequence taken as what it means. False: an escape that C doesn't have. */
static bool take_character(const char **p, unsigned *c)
{
	static const char letters[] = "abefnrtv", meanings[] = "\a\b\033\f\n\r\t\v";
	*c = (unsigned char)*(*p)++;
	if (*c != '\\')
		return true;
	*c = (unsigned char)*(*p)++;
	const char *letter = strchr(letters, (int)*c);
	if (*c && letter) {
		*c = (unsigned char)meanings[letter - letters];
	} else if (*c == 'x') {
		const char *start = *p;
		for (*c = 0; digit_of(**p) < 16; ++*p)
			*c = (*c << 4 | digit_of(**p)) & 0xfff;
		return *p > start && *c <= 0xff;
	} else if (digit_of((char)*c) < 8) {
		*c = digit_of((char)*c);
		for (int i = 0; i < 2 && digit_of(**p) < 8; i++)
			*c = *c << 3 | digit_of(*(*p)++);
		return *c <= 0xff;
	} else if (!strchr("\\'\"?", (int)*c)) {
		return false;
	}
	return true;
}

/* gdb's way, not C's: the type is char, so that it shows as one. It is promoted to int as soon as it is used. */
struct iq_error *expr_character(struct expr_parser *parser, struct iq_value *out)
{
	const char *p = parser->token.start + 1, *end = parser->token.start + parser->token.length - 1;
	struct iq_type type;
	unsigned c;
	if (p == end)
		return expr_wrong(parser, parser->token.start, "there is no character between the quotes");
	if (!take_character(&p, &c))
		return expr_wrong(parser, parser->token.start, "an unknown escape sequence");
	if (p != end)
		return expr_wrong(parser, parser->token.start, "more than one character between the quotes");
	IQ_TRY(iq_type_parse(parser->context->types, "char", &type));
	IQ_TRY(iq_value_of_integer(type, c, out));
	return expr_next(parser);
}

struct iq_error *expr_string(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf bytes = { 0 };
	struct iq_type type;
	while (parser->token.kind == TOKEN_STRING) {
		const char *p = parser->token.start + 1, *end = parser->token.start + parser->token.length - 1;
		while (p < end) {
			unsigned c;
			const char *start = p;
			if (!take_character(&p, &c))
				return expr_wrong(parser, start, "an unknown escape sequence");
			iq_strbuf_add_char(&bytes, (char)c);
		}
		IQ_TRY(expr_next(parser));
	}
	iq_strbuf_add_char(&bytes, '\0');
	if (bytes.failed)
		return iq_error_no_memory();
	IQ_TRY(iq_type_parse(parser->context->types, "char", &type));
	IQ_TRY(iq_type_array_of(parser->context->types, type, bytes.length, &type));
	return iq_value_of_bytes(type, bytes.text, bytes.length, out);
}
