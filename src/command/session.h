/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session: one dump, the context that `set` changes, and the running of commands on it. No terminals here. */
#ifndef IQ_COMMAND_SESSION_H
#define IQ_COMMAND_SESSION_H

#include "command/command.h"
#include "expr/value.h"
#include "kernel/kernel.h"
#include "kernel/task.h"
#include "util/vec.h"

struct iq_session_options {
	struct iq_kernel_options kernel; /* dumps, vmlinux, cache_bytes; `diag` is set by the session */
	const char *source;              /* where the kernel's source lies, tried first; NULL: not said */
	/* Gets each warning once, NULL to drop them. */
	void (*warn)(void *context, const char *line);
	/* Gets how far a long search came, "search: 40%"; NULL when it came to its end or is about to show something. May
	 * be NULL. */
	void (*progress)(void *context, const char *line);
	/* Gets the error line of a command that failed, "bt: no task has pid 7". */
	void (*fail)(void *context, const char *line);
	void *context;
};

struct iq_bpf;

struct iq_alias {
	char *name, *text;
};

struct iq_convenience {
	char *name; /* without the dollar */
	struct iq_value value;
};

struct iq_session {
	struct iq_session_options options;
	struct iq_diag diag;             /* hands warnings to options.warn and to the command's output */
	struct iq_kernel *kernel;        /* NULL until iq_session_kernel() */
	struct iq_bpf *bpf;              /* NULL until iq_session_bpf() */
	uint64_t task;                   /* chosen by `set`; 0: the panicking task */
	unsigned radix;                  /* 10 or 16: `set radix` */
	size_t print_max;                /* `set print_max`: elements of arrays and texts that are shown */
	unsigned print_repeats;          /* `set print_repeats`: more equal ones in a row are folded; UINT_MAX: never */
	bool scroll;                     /* `set scroll`: may the shell use a pager? */
	bool quit;                       /* `q` was run */
	unsigned failures;               /* commands that failed so far */
	IQ_VEC(struct iq_alias) aliases; /* the user's own */
	IQ_VEC(char *) warned;           /* warnings already given */
	IQ_VEC(struct iq_value) history; /* $1, $2, ... */
	IQ_VEC(struct iq_convenience) variables;
	struct iq_chosen_frame *frame;   /* command/chosen.h; NULL: not asked for yet */
	struct iq_out *out;              /* of the running command; NULL between commands */
	int64_t progress_next;           /* when iq_session_progress() says something, ms; 0: nothing was told yet */
	bool progress_shown;
	unsigned depth;                  /* of commands run by commands */
};

void iq_session_init(struct iq_session *session, const struct iq_session_options *options);
void iq_session_deinit(struct iq_session *session);

/* The opened kernel: opened by the first call. */
struct iq_error *iq_session_kernel(struct iq_session *session, struct iq_kernel **kernel);

/* Its BPF side. */
struct iq_error *iq_session_bpf(struct iq_session *session, struct iq_bpf **bpf);

/* The task that commands mean when none is given: what `set` chose, else the panicking task, else CPU 0's own. */
struct iq_error *iq_session_task(struct iq_session *session, const struct iq_task **task);

/* Are numbers and offsets wanted in hexadecimal? Options -x and -d before `set radix`. */
bool iq_session_hexadecimal(const struct iq_session *session, const struct iq_args *args);

/*
 * Runs one command line (no pipes, no redirection) as the user typed it; aliases are expanded. Begins and ends the
 * command on `out`, reports a failure and counts it. Returns the error that was reported, for who wants to know how it
 * went; NULL for a blank line.
 */
struct iq_error *iq_session_run(struct iq_session *session, const char *line, struct iq_out *out);

/* The same for a command that runs others (foreach, repeat): its records become the outer command's own. Errors are
 * returned, not reported. */
struct iq_error *iq_session_run_nested(struct iq_session *session, const char *line, struct iq_out *out);

/* Tells whoever started the command that it came `done` of `total` far: at most a few times a second, and not before it
 * took a second. With total 0: no more of it. */
void iq_session_progress(struct iq_session *session, const char *command, uint64_t done, uint64_t total);

/* alias.c: built-in and user aliases. A line whose first word is an alias is rewritten into `buf`; false if not. */
bool iq_alias_expand(const struct iq_session *session, const char *line, struct iq_strbuf *buf);

/* Calls fn for every name that could stand first on a line: commands, aliases. */
void iq_session_each_name(const struct iq_session *session, void (*fn)(void *context, const char *name), void *context);

#endif
