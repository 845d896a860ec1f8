// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct iq_strbuf *buf, size_t more)
{
	if (buf->failed)
		return false;
	if (more < buf->capacity - buf->length)
		return true;
	size_t wanted = (buf->length + more + 1) * 3 / 2 + 32;
	char *moved = wanted > more ? realloc(buf->text, wanted) : NULL;
	if (!moved) {
		buf->failed = true;
		return false;
	}
	buf->text = moved;
	buf->capacity = wanted;
	return true;
}

void iq_strbuf_add_bytes(struct iq_strbuf *buf, const void *bytes, size_t length)
{
	if (!make_room(buf, length))
		return;
	if (length)
		memcpy(buf->text + buf->length, bytes, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void iq_strbuf_add(struct iq_strbuf *buf, const char *text)
{
	iq_strbuf_add_bytes(buf, text, strlen(text));
}

void iq_strbuf_add_char(struct iq_strbuf *buf, char c)
{
	iq_strbuf_add_bytes(buf, &c, 1);
}

void iq_strbuf_addv(struct iq_strbuf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	if (length < 0)
		buf->failed = true;
	else if (make_room(buf, (size_t)length)) {
		vsnprintf(buf->text + buf->length, (size_t)length + 1, format, again);
		buf->length += (size_t)length;
	}
	va_end(again);
}

void iq_strbuf_addf(struct iq_strbuf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	iq_strbuf_addv(buf, format, args);
	va_end(args);
}

void iq_strbuf_pad(struct iq_strbuf *buf, size_t column)
{
	while (!buf->failed && buf->length < column)
		iq_strbuf_add_char(buf, ' ');
}

void iq_strbuf_truncate(struct iq_strbuf *buf, size_t length)
{
	if (length < buf->length) {
		buf->length = length;
		buf->text[length] = '\0';
	}
}

const char *iq_strbuf_text(const struct iq_strbuf *buf)
{
	return buf->text ? buf->text : "";
}

char *iq_strbuf_steal(struct iq_strbuf *buf)
{
	char *text = buf->failed ? NULL : buf->text ? buf->text : strdup("");
	if (buf->failed)
		free(buf->text);
	*buf = (struct iq_strbuf){ 0 };
	return text;
}

void iq_strbuf_free(struct iq_strbuf *buf)
{
	free(buf->text);
	*buf = (struct iq_strbuf){ 0 };
}
