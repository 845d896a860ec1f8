/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damage that is reported without stopping. Rooms get a `struct iq_diag *` when they are opened and tell it, in one line,
 * what they found damaged or missing; whoever owns the terminal decides where the line goes. NULL is a valid sink.
 */
#ifndef IQ_UTIL_DIAG_H
#define IQ_UTIL_DIAG_H

#include "util/error.h"

struct iq_diag {
	void (*report)(void *context, const char *line);
	void *context;
};

/* Reports one line; without a sink nothing happens. */
void iq_warn(const struct iq_diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reports an error's message and frees it; NULL does nothing. */
void iq_warn_error(const struct iq_diag *diag, struct iq_error *error);

/* The Ctrl-C flag: set by a signal handler, asked by every long loop, cleared by the session before a command. */
void iq_interrupt_set(bool interrupted);
bool iq_interrupted(void);

/* Returns an IQ_ERROR_INTERRUPTED error if Ctrl-C was pressed, else NULL. */
struct iq_error *iq_check_interrupt(void);

#endif
