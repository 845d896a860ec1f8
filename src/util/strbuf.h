/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A string that grows. Zero-initialise it; `text` is always NUL-terminated once something was added, and NULL before.
 * An allocation failure sets `failed` and further additions do nothing: check once, at the end.
 */
#ifndef IQ_UTIL_STRBUF_H
#define IQ_UTIL_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct iq_strbuf {
	char *text;
	size_t length, capacity;
	bool failed;
};

void iq_strbuf_add(struct iq_strbuf *buf, const char *text);
void iq_strbuf_add_bytes(struct iq_strbuf *buf, const void *bytes, size_t length);
void iq_strbuf_add_char(struct iq_strbuf *buf, char c);
void iq_strbuf_addf(struct iq_strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void iq_strbuf_addv(struct iq_strbuf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Adds spaces until the buffer is `column` bytes long. */
void iq_strbuf_pad(struct iq_strbuf *buf, size_t column);

/* Shortens to `length` bytes (no effect if already shorter). */
void iq_strbuf_truncate(struct iq_strbuf *buf, size_t length);

/* Returns the text ("" if nothing was added); owned by the buffer. */
const char *iq_strbuf_text(const struct iq_strbuf *buf);

/* Gives the text away (never NULL unless memory is out) and empties the buffer. */
char *iq_strbuf_steal(struct iq_strbuf *buf);

/* Releases the memory; the buffer can be used again. Fits _cleanup_(). */
void iq_strbuf_free(struct iq_strbuf *buf);

#endif
