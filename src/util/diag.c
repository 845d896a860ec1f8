// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/diag.h"

#include "util/strbuf.h"
#include "util/cleanup.h"

#include <signal.h>

static volatile sig_atomic_t interrupted;

void iq_warn(const struct iq_diag *diag, const char *format, ...)
{
	if (!diag || !diag->report)
		return;
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	va_list args;
	va_start(args, format);
	iq_strbuf_addv(&line, format, args);
	va_end(args);
	diag->report(diag->context, iq_strbuf_text(&line));
}

void iq_warn_error(const struct iq_diag *diag, struct iq_error *error)
{
	if (error)
		iq_warn(diag, "%s", error->message);
	iq_error_free(error);
}

void iq_interrupt_set(bool value)
{
	interrupted = value;
}

bool iq_interrupted(void)
{
	return interrupted != 0;
}

struct iq_error *iq_check_interrupt(void)
{
	return interrupted ? iq_error_new(IQ_ERROR_INTERRUPTED, "interrupted") : NULL;
}
