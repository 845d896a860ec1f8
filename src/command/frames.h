/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Showing a backtrace: frames, what lies on the stack between them, raw stacks. */
#ifndef IQ_COMMAND_FRAMES_H
#define IQ_COMMAND_FRAMES_H

#include "command/tasks.h"

struct iq_frame_options {
	bool offsets;      /* -s: function+offset */
	bool hexadecimal;  /* -x */
	bool stack_data;   /* -f: the words of each frame */
	bool symbolic;     /* -F: and what they point to */
};

/* Adds the list "frames" and shows it as crash's bt does. An end of the walk that is not the stack's own is told in the field "end" and on a line. */
struct iq_error *iq_show_backtrace(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
				   const struct iq_frame_options *options);

/* bt -r: the words of a stack. */
struct iq_error *iq_show_raw_stack(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end);

/* bt -t, -T: whatever looks like a return address from `start` on. */
struct iq_error *iq_show_text_addresses(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end,
					const struct iq_frame_options *options);

/* bt -e, -E: blocks that look like saved registers. *found counts them. */
struct iq_error *iq_show_exception_frames(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end,
					  size_t *found);

#endif
