/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What list and tree show of each element: options -s and -S, and the offsets that they are told. */
#ifndef IQ_COMMAND_OBJECTS_H
#define IQ_COMMAND_OBJECTS_H

#include "command/session.h"
#include "command/structure.h"

/* One -s or -S. */
struct iq_object_view {
	bool raw; /* -S: plainer */
	struct iq_structure structure;
};

struct iq_object_views {
	IQ_VEC(struct iq_object_view) views;
	struct iq_print_options options;
};

/* Of the options -s and -S, in their order; -x and -d say the radix. */
struct iq_error *iq_object_views_parse(struct iq_session *session, const struct iq_args *args,
				       struct iq_object_views *out);
void iq_object_views_deinit(struct iq_object_views *views); /* fits _cleanup_() */

/* Shows the struct at `address`: lines, and the field "structures" of the open record. What can't be read says so. */
void iq_object_views_show(const struct iq_object_views *views, uint64_t address, struct iq_out *out);

/* An offset: "struct.member", or a number of bytes. */
struct iq_error *iq_parse_offset(struct iq_session *session, const char *text, uint64_t *offset);

/* Does the word look like one, and not like an address? */
bool iq_is_offset(struct iq_session *session, const char *text);

#endif
