// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char no_memory_message[] = "out of memory";
static struct iq_error no_memory = { .code = IQ_ERROR_NO_MEMORY, .message = no_memory_message };

const char *iq_page_state_name(enum iq_page_state state)
{
	switch (state) {
	case IQ_PAGE_PRESENT: return "present";
	case IQ_PAGE_ZERO: return "zero";
	case IQ_PAGE_FILTERED: return "filtered";
	case IQ_PAGE_LOST: return "lost";
	case IQ_PAGE_ABSENT: return "absent";
	}
	return "unknown";
}

struct iq_error *iq_error_no_memory(void)
{
	return &no_memory;
}

static struct iq_error *new_error(enum iq_error_code code, char *message)
{
	struct iq_error *error = message ? calloc(1, sizeof(*error)) : NULL;
	if (!error) {
		free(message);
		return &no_memory;
	}
	error->code = code;
	error->message = message;
	return error;
}

/* Of an endless word that somebody gave the beginning and the end are enough. */
static void shorten(char *message)
{
	enum { LONGEST = 4096, HEAD = 1000, TAIL = 500 };
	static const char gap[] = " [...] ";
	size_t length = strlen(message);
	if (length <= LONGEST)
		return;
	memcpy(message + HEAD, gap, sizeof(gap) - 1);
	memmove(message + HEAD + sizeof(gap) - 1, message + length - TAIL, TAIL + 1);
}

static char *format_message(const char *format, va_list args)
{
	char *message;
	if (vasprintf(&message, format, args) < 0)
		return NULL;
	shorten(message);
	return message;
}

struct iq_error *iq_error_new(enum iq_error_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = format_message(format, args);
	va_end(args);
	return new_error(code, message);
}

struct iq_error *iq_error_memory(uint64_t address, enum iq_page_state state, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = format_message(format, args);
	va_end(args);
	struct iq_error *error = new_error(IQ_ERROR_MEMORY, message);
	if (error != &no_memory) {
		error->has_address = true;
		error->address = address;
		error->page_state = state;
	}
	return error;
}

struct iq_error *iq_error_errno(int errnum, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = format_message(format, args);
	va_end(args);
	if (!message)
		return &no_memory;
	char *whole;
	int length = asprintf(&whole, "%s: %s", message, strerror(errnum));
	free(message);
	return new_error(IQ_ERROR_IO, length < 0 ? NULL : whole);
}

struct iq_error *iq_error_prefix(struct iq_error *error, const char *format, ...)
{
	if (!error || error == &no_memory)
		return error;
	va_list args;
	va_start(args, format);
	char *context = format_message(format, args);
	va_end(args);
	char *whole;
	if (context && asprintf(&whole, "%s: %s", context, error->message) >= 0) {
		free(error->message);
		error->message = whole;
	}
	free(context);
	return error;
}

void iq_error_free(struct iq_error *error)
{
	if (!error || error == &no_memory)
		return;
	free(error->message);
	free(error);
}

void iq_error_freep(struct iq_error **error)
{
	iq_error_free(*error);
	*error = NULL;
}

void iq_error_keep(struct iq_error **first, struct iq_error *error)
{
	if (first && !*first)
		*first = error;
	else
		iq_error_free(error);
}
