/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What debug information says about a frame: its line, the functions inlined there, arguments and locals. */
#ifndef IQ_COMMAND_FRAME_SOURCE_H
#define IQ_COMMAND_FRAME_SOURCE_H

#include "command/bpf_source.h"
#include "command/frames.h"
#include "kernel/source.h"

/* A frame that is being shown. */
struct iq_shown_source {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_backtrace *trace;
	size_t frame;
	bool locals;
	bool known; /* is there a line at all? */
	struct iq_source source;
	const struct iq_bpf_line *bpf_line; /* of a BPF program's code; NULL: it is none, or has no line */
	bool bpf_below;                     /* on a line of its own */
};

/* Looks the frame up as the options want it. That nothing is known is no error; with IQ_LINES_WANTED, a warning. */
struct iq_error *iq_shown_source_find(struct iq_shown_source *shown, const struct iq_frame_options *options);
void iq_shown_source_free(struct iq_shown_source *shown); /* fits _cleanup_() */

/* Adds the list "inlined", innermost first; in text a line for each, which belongs above the frame's own. */
struct iq_error *iq_show_inlined(struct iq_shown_source *shown);

/* Adds `file`, `line` and `column`; in text "    kernel/panic.c: 265". Of a BPF program's code also `source`; in text
 * only with IQ_LINES_WANTED, since iq_bpf_line_suffix() has it otherwise. */
void iq_show_source_line(struct iq_shown_source *shown);

/* What goes behind the frame's own line: a template for the fields of iq_add_bpf_line(), "" for none. */
const char *iq_bpf_line_suffix(const struct iq_shown_source *shown);

/* Adds the list "locals" of the function that holds the code. */
struct iq_error *iq_show_locals(struct iq_shown_source *shown);

/* Adds the list "locals" of one of the frame's functions, inlined or not. */
struct iq_error *iq_show_locals_of(struct iq_shown_source *shown, size_t scope);

#endif
