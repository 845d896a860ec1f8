/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame whose registers and locals expressions mean. */
#ifndef IQ_COMMAND_CHOSEN_H
#define IQ_COMMAND_CHOSEN_H

#include "command/session.h"
#include "kernel/source.h"

struct iq_chosen_frame {
	uint64_t task; /* whose */
	bool by_user;  /* somebody chose it: names mean its locals before all else */
	struct iq_backtrace trace;
	size_t index;            /* of the frame in it */
	bool known;              /* is there debug information for it? */
	struct iq_source source; /* if so */
	size_t scope;            /* in source.scopes: the function that names belong to */
	char *why;               /* if not */
};

/* The frame that was chosen, as long as the session's task is the same; else the one that is most telling: where the
 * task was interrupted in the kernel, or the newest. Belongs to the session. */
struct iq_error *iq_session_frame(struct iq_session *session, struct iq_chosen_frame **out);

/* Chooses one: "3" as bt numbers them, "e" and "e2" the first and the second interrupted function, or a function's
 * name, be it inlined or not. */
struct iq_error *iq_session_choose_frame(struct iq_session *session, const char *word);

/* The number that bt gives the frame (or would give the next one that has a number). */
unsigned iq_frame_level(const struct iq_backtrace *trace, size_t frame);

/* A local by name: of the function that was chosen, else of those that were inlined into it, or that it was inlined
 * into. IQ_ERROR_NOT_FOUND: there is none of that name; IQ_ERROR_ARGUMENT: its value isn't known, and why. */
struct iq_error *iq_session_frame_local(struct iq_session *session, const char *name, struct iq_value *out);

/* The frame's registers, as far as they are known. */
struct iq_error *iq_session_frame_registers(struct iq_session *session, struct iq_regs *out);

void iq_chosen_frame_free(struct iq_chosen_frame *chosen);

#endif
