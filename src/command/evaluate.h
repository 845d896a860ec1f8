/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions in a session: names, the chosen frame's registers and locals, history. What p, struct, list and the
 * library share. */
#ifndef IQ_COMMAND_EVALUATE_H
#define IQ_COMMAND_EVALUATE_H

#include "command/session.h"
#include "expr/expr.h"
#include "expr/print.h"

/* Evaluates a C expression as the session's user means it. "$x = EXPRESSION" sets a convenience variable. */
struct iq_error *iq_session_evaluate(struct iq_session *session, const char *text, struct iq_value *out);

/* The same with per-CPU variables meaning those of a CPU, and other addresses than the kernel's those of a user's
 * space. Both may be NULL. */
struct iq_error *iq_session_evaluate_on(struct iq_session *session, const char *text, const unsigned *cpu,
					const struct iq_space *user, struct iq_value *out);

/* Its type alone; also takes a type's name. */
struct iq_error *iq_session_type_of(struct iq_session *session, const char *text, struct iq_type *out);

/* Says more where memory could not be read because it is what a per-CPU symbol names, which is no CPU's own. Takes the
 * error, which may be NULL, and returns it or a better one. */
struct iq_error *iq_session_explain(struct iq_session *session, struct iq_error *error);

/* Keeps a copy as the newest of the value history; *number is what it is called: $1, $2, ... */
struct iq_error *iq_session_remember(struct iq_session *session, const struct iq_value *value, unsigned *number);

/* An address as commands take them: hexadecimal (with or without 0x), a symbol, or a C expression in which only 0x
 * means hexadecimal: what is one word of hexadecimal digits is a number first, as crash has it. A value that is no
 * number gives its address. What C has no sense for is tried as in iq_calculate_address(): "(init_task+8)". */
struct iq_error *iq_session_address(struct iq_session *session, const char *text, uint64_t *address);

/* The print options that the session and -x, -d, -u mean. */
struct iq_error *iq_session_print_options(struct iq_session *session, const struct iq_args *args,
					  struct iq_print_options *out);

#endif
