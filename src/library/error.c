// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "library/internal.h"

#include "util/diag.h"

static const struct iq_error *inside(const struct inquest_error *error)
{
	return (const struct iq_error *)error;
}

const char *inquest_version(void)
{
	return IQ_VERSION;
}

const char *inquest_error_message(const struct inquest_error *error)
{
	return inside(error)->message;
}

enum inquest_code inquest_error_code(const struct inquest_error *error)
{
	switch (inside(error)->code) {
	case IQ_ERROR_NO_MEMORY: return INQUEST_NO_MEMORY;
	case IQ_ERROR_IO: return INQUEST_IO;
	case IQ_ERROR_FORMAT: return INQUEST_FORMAT;
	case IQ_ERROR_UNSUPPORTED: return INQUEST_UNSUPPORTED;
	case IQ_ERROR_NOT_FOUND: return INQUEST_NOT_FOUND;
	case IQ_ERROR_MEMORY: return INQUEST_MEMORY;
	case IQ_ERROR_ARGUMENT: return INQUEST_ARGUMENT;
	case IQ_ERROR_LIMIT: return INQUEST_LIMIT;
	case IQ_ERROR_INTERRUPTED: return INQUEST_INTERRUPTED;
	}
	return INQUEST_ARGUMENT;
}

bool inquest_error_address(const struct inquest_error *error, uint64_t *address)
{
	if (!inside(error)->has_address)
		return false;
	*address = inside(error)->address;
	return true;
}

void inquest_error_free(struct inquest_error *error)
{
	iq_error_free((struct iq_error *)error);
}

void inquest_interrupt(bool interrupted)
{
	iq_interrupt_set(interrupted);
}

void inquest_free(void *text)
{
	free(text);
}
