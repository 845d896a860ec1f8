/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates: fields laid out as text. */
#include "render/out.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { MAX_WIDTH = 4096 };

struct spec {
	char align; /* '>', '-', '^' */
	bool zero, hash;
	size_t width;
	int precision; /* -1: none */
	char conversion;
	const char *sgr;
};

static size_t parse_number(const char **at, const char *end)
{
	size_t number = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
		if (number < MAX_WIDTH)
			number = number * 10 + (size_t)(**at - '0');
	return IQ_MIN(number, (size_t)MAX_WIDTH);
}

static struct spec parse_spec(const struct iq_out *out, const char *at, const char *end)
{
	struct spec spec = { .align = '>', .precision = -1 };

	for (; at < end && strchr("<>-^0#", *at); at++) {
		if (*at == '0')
			spec.zero = true;
		else if (*at == '#')
			spec.hash = true;
		else
			spec.align = *at == '<' ? '-' : *at;
	}
	spec.width = parse_number(&at, end);
	if (at < end && *at == '.') {
		at++;
		spec.precision = (int)parse_number(&at, end);
	}
	if (at < end && *at != '@')
		spec.conversion = *at++;
	if (at < end && *at == '@' && out->options.colour)
		spec.sgr = iq_theme_style(at + 1, (size_t)(end - at - 1));
	return spec;
}

static void add_number(uint64_t value, const char *decimal, const struct spec *spec, struct iq_strbuf *buf)
{
	switch (spec->conversion) {
	case 'x': iq_strbuf_addf(buf, "%" PRIx64, value); break;
	case 'X': iq_strbuf_addf(buf, "0x%" PRIx64, value); break;
	case 'o': iq_strbuf_addf(buf, "%" PRIo64, value); break;
	default: iq_strbuf_addf(buf, decimal, value);
	}
}

static void add_time(int64_t seconds, struct iq_strbuf *buf)
{
	char text[64];
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%a %b %e %H:%M:%S UTC %Y", &tm))
		iq_strbuf_add(buf, text);
	else
		iq_strbuf_addf(buf, "%" PRId64 " seconds since 1970", seconds);
}

static void cut_characters(struct iq_strbuf *buf, int most)
{
	size_t at = 0;

	for (; buf->text && buf->text[at]; at++)
		if (((unsigned char)buf->text[at] & 0xc0) != 0x80 && most-- == 0)
			break;
	iq_strbuf_truncate(buf, at);
}

static void add_value(const struct iq_out *out, const struct iq_field *field, const struct spec *spec,
		      struct iq_strbuf *buf)
{
	switch (field->type) {
	case IQ_FIELD_STRING:
		iq_escape_text(buf, iq_field_text(out, field), field->text.length);
		if (spec->precision >= 0)
			cut_characters(buf, spec->precision);
		break;
	case IQ_FIELD_UNSIGNED:
	case IQ_FIELD_BIG: add_number(field->number, "%" PRIu64, spec, buf); break;
	case IQ_FIELD_SIGNED: add_number(field->number, "%" PRId64, spec, buf); break;
	case IQ_FIELD_HEX:
		add_number(field->number, spec->conversion == 'd' ? "%" PRIu64 : "%" PRIx64, spec, buf);
		break;
	case IQ_FIELD_ADDRESS: add_number(field->number, "%016" PRIx64, spec, buf); break;
	case IQ_FIELD_BOOL: iq_strbuf_add(buf, field->number ? "yes" : "no"); break;
	case IQ_FIELD_FLOAT:
		iq_strbuf_addf(buf, "%.*f", spec->precision >= 0 ? spec->precision : 2, field->real);
		break;
	case IQ_FIELD_TIME: add_time(field->signed_number, buf); break;
	case IQ_FIELD_NULL: iq_strbuf_add(buf, "-"); break;
	case IQ_FIELD_UNAVAILABLE: iq_strbuf_add(buf, "(unavailable)"); break;
	case IQ_FIELD_OBJECT:
	case IQ_FIELD_LIST:
	case IQ_FIELD_END: break;
	}
}

static void add_padding(size_t count, char with, struct iq_strbuf *buf)
{
	while (count--)
		iq_strbuf_add_char(buf, with);
}

static void add_aligned(const struct spec *spec, const char *text, struct iq_strbuf *buf)
{
	size_t width = iq_utf8_width(text) + spec->hash;
	size_t padding = spec->width > width ? spec->width - width : 0;
	size_t before = spec->align == '-' ? 0 : spec->align == '^' ? padding / 2 : padding;

	add_padding(before, spec->zero ? '0' : ' ', buf);
	if (spec->sgr)
		iq_strbuf_addf(buf, "\033[%sm", spec->sgr);
	if (spec->hash)
		iq_strbuf_add_char(buf, '#');
	iq_strbuf_add(buf, text);
	if (spec->sgr)
		iq_strbuf_add(buf, "\033[0m");
	add_padding(padding - before, ' ', buf);
}

void iq_spec_apply(const struct iq_out *out, const char *spec_text, const char *text, struct iq_strbuf *buf)
{
	struct spec spec = parse_spec(out, spec_text, spec_text + strlen(spec_text));

	add_aligned(&spec, text, buf);
}

static void add_reference(const struct iq_out *out, const char *at, const char *end, struct iq_strbuf *buf)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf value = { 0 };
	const char *key_end = at;
	const struct iq_field *field;
	struct spec spec;

	while (key_end < end && *key_end != ':' && *key_end != '@')
		key_end++;
	field = iq_out_find(out, at, (size_t)(key_end - at));
	if (!field) {
		iq_strbuf_add_bytes(buf, at - 1, (size_t)(end - at) + 2);
		return;
	}
	spec = parse_spec(out, key_end + (key_end < end && *key_end == ':'), end);
	add_value(out, field, &spec, &value);
	add_aligned(&spec, iq_strbuf_text(&value), buf);
}

void iq_template_render(const struct iq_out *out, const char *template, size_t length, struct iq_strbuf *buf)
{
	const char *at = template, *end = template + length;

	while (at < end) {
		const char *brace = memchr(at, '{', (size_t)(end - at));
		const char *close = brace ? memchr(brace, '}', (size_t)(end - brace)) : NULL;

		if (!brace) {
			iq_strbuf_add_bytes(buf, at, (size_t)(end - at));
			return;
		}
		iq_strbuf_add_bytes(buf, at, (size_t)(brace - at));
		if (brace + 1 < end && brace[1] == '{') {
			iq_strbuf_add_char(buf, '{');
			at = brace + 2;
		} else if (!close) {
			iq_strbuf_add_bytes(buf, brace, (size_t)(end - brace));
			return;
		} else {
			add_reference(out, brace + 1, close, buf);
			at = close + 1;
		}
	}
}
