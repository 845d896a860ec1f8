/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the shell sees in a line before the command does: where its output goes. */
#ifndef IQ_SHELL_LINE_H
#define IQ_SHELL_LINE_H

#include "util/error.h"

enum iq_line_kind {
	IQ_LINE_EMPTY,   /* blank, or a comment: # or // */
	IQ_LINE_COMMAND, /* output as usual */
	IQ_LINE_PIPE,    /* command | target, a shell's text */
	IQ_LINE_WRITE,   /* command > target, a file */
	IQ_LINE_APPEND,  /* command >> target */
	IQ_LINE_SHELL,   /* !target; an empty one means an interactive shell */
	IQ_LINE_SCRIPT,  /* < target, a file of commands */
};

struct iq_line {
	enum iq_line_kind kind;
	char *command; /* NULL where there is none */
	char *target;
};

/* Parses a line whose alias is already expanded. | and > count outside quotes and parentheses only. Free with
 * iq_line_deinit(). */
struct iq_error *iq_line_parse(const char *text, struct iq_line *line);
void iq_line_deinit(struct iq_line *line);

#endif
