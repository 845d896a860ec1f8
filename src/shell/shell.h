/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of commands and where they come from: arguments, files, standard input, a person at a prompt. */
#ifndef IQ_SHELL_SHELL_H
#define IQ_SHELL_SHELL_H

#include "command/session.h"
#include "shell/sink.h"

struct iq_shell_options {
	struct iq_kernel_options kernel; /* `diag` is not the caller's to set */
	const char *source;              /* --source */
	const char *const *commands;     /* -c */
	size_t command_count;
	const char *const *scripts; /* -i; run before the commands */
	size_t script_count;
	bool json, batch, no_colour;
};

struct iq_shell {
	struct iq_shell_options options;
	struct iq_session session;
	struct iq_out_options out_options;
	struct iq_fd_sink output; /* standard output */
	struct iq_out *out;       /* on it; NULL at a prompt, where each command has its own */
	bool interactive;
	bool line_left; /* behind this command's ^C a new line was begun */
	unsigned depth; /* of scripts in scripts */
};

/* Opens the dump, runs what there is to run, and returns the exit status. */
int iq_shell_main(const struct iq_shell_options *options);

/* run.c: runs one line. Failures are reported and counted in the session. */
void iq_shell_run(struct iq_shell *shell, const char *line);

/* Runs the lines of a file. */
void iq_shell_run_file(struct iq_shell *shell, const char *path);

/* Tells of a failure that is no command's: "inquest: LINE". Counts it; frees the error. */
void iq_shell_fail(struct iq_shell *shell, struct iq_error *error);

/* Ends the line on which the terminal showed "^C", once a command. */
void iq_shell_leave_line(struct iq_shell *shell);

/* True when no further line should be run: `q`, Ctrl-C, standard output gone. */
bool iq_shell_is_over(const struct iq_shell *shell);

/* prompt.c: reads and runs lines until the end of the input or `q`. */
void iq_shell_prompt(struct iq_shell *shell);

/* complete.c: words that may stand at the end of `line` (its last word begins at `start`): malloc'ed, sorted; for tests
 * and readline. */
struct iq_candidates {
	char **names;
	size_t count, capacity;
};
void iq_complete(struct iq_session *session, const char *line, size_t start, struct iq_candidates *out);
void iq_candidates_free(struct iq_candidates *candidates);

/* history.c: the path of the history file, its directory made; NULL when there is no home. malloc'ed. */
char *iq_history_path(void);

#endif
