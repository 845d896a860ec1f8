/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a command's output goes: a file descriptor, a child of ours, a pager when there is too much for the screen. */
#ifndef IQ_SHELL_SINK_H
#define IQ_SHELL_SINK_H

#include "render/render.h"
#include "util/strbuf.h"

#include <sys/types.h>

/* Buffered writing to a descriptor, which stays the caller's. */
struct iq_fd_sink {
	int fd;
	bool patient; /* Ctrl-C does not end a write that waits for its reader */
	struct iq_strbuf buffer;
	int error; /* errno of the write that failed; EPIPE: the reader went away */
};

struct iq_sink iq_fd_sink(struct iq_fd_sink *sink);

/* Writes what is buffered; false if that failed now or before. */
bool iq_fd_sink_flush(struct iq_fd_sink *sink);
void iq_fd_sink_deinit(struct iq_fd_sink *sink);

/* A shell command that reads from us. */
struct iq_child {
	pid_t pid;
	int input; /* its standard input's other end; -1: it has ours */
};

/* Starts /bin/sh -c `text`; with `pipe`, its standard input is ours to write. Handlers are reset in the child. */
struct iq_error *iq_child_start(const char *text, bool pipe, struct iq_child *child);

/* Closes its input and waits for its end. With `impatient`, Ctrl-C ends a child that does not listen to it, unless it
 * has the whole terminal, as less does. */
void iq_child_finish(struct iq_child *child, bool impatient);

/* Holds output back until it is more than the screen takes; then a pager gets it all. What is flushed before goes to
 * the screen, and so does all that follows. */
struct iq_pager {
	struct iq_strbuf held;
	unsigned rows, columns, lines; /* of the screen; written so far */
	size_t column;
	bool started, direct;
	struct iq_child child;
	struct iq_fd_sink sink; /* to the pager, or to the screen */
};

/* `screen` is the terminal's descriptor, which stays the caller's. */
void iq_pager_init(struct iq_pager *pager, int screen);
struct iq_sink iq_pager_sink(struct iq_pager *pager);

/* Shows what is held, or waits for the pager's end. */
void iq_pager_finish(struct iq_pager *pager);

#endif
