/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line: where its output goes, and who runs it. */
#include "shell/interrupt.h"
#include "shell/line.h"
#include "shell/shell.h"

#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { MAX_SCRIPT_DEPTH = 8 };

/* Runs the command on a new output of its own. */
static void run_on(struct iq_shell *shell, const char *command, struct iq_sink sink, bool colour)
{
	struct iq_out_options options = shell->out_options;
	_cleanup_(iq_out_freep) struct iq_out *out = NULL;

	options.colour &= colour;
	out = iq_out_new(&options, sink);
	if (out)
		iq_error_free(iq_session_run(&shell->session, command, out));
	else
		iq_shell_fail(shell, iq_error_no_memory());
}

static void run_paged(struct iq_shell *shell, const char *command)
{
	struct iq_pager pager;

	iq_pager_init(&pager, STDOUT_FILENO);
	run_on(shell, command, iq_pager_sink(&pager), true);
	iq_pager_finish(&pager);
}

static void run_command(struct iq_shell *shell, const char *command)
{
	if (shell->out)
		iq_error_free(iq_session_run(&shell->session, command, shell->out));
	else if (shell->interactive && shell->session.scroll)
		run_paged(shell, command);
	else
		run_on(shell, command, iq_fd_sink(&shell->output), true);
	iq_fd_sink_flush(&shell->output);
}

static void run_pipe(struct iq_shell *shell, const struct iq_line *line)
{
	struct iq_child child;
	struct iq_fd_sink sink = { 0 };
	struct iq_error *error;

	iq_fd_sink_flush(&shell->output);
	error = iq_child_start(line->target, true, &child);
	if (error) {
		iq_shell_fail(shell, error);
		return;
	}
	sink.fd = child.input;
	run_on(shell, line->command, iq_fd_sink(&sink), false);
	iq_fd_sink_flush(&sink);
	iq_fd_sink_deinit(&sink);
	iq_child_finish(&child, true);
}

static void run_to_file(struct iq_shell *shell, const struct iq_line *line)
{
	int how = line->kind == IQ_LINE_APPEND ? O_APPEND : O_TRUNC;
	_cleanup_close_ int fd = open(line->target, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
	struct iq_fd_sink sink = { .fd = fd };

	if (fd < 0) {
		iq_shell_fail(shell, iq_error_errno(errno, "%s", line->target));
		return;
	}
	run_on(shell, line->command, iq_fd_sink(&sink), false);
	if (!iq_fd_sink_flush(&sink))
		iq_shell_fail(shell, iq_error_errno(sink.error, "writing %s", line->target));
	iq_fd_sink_deinit(&sink);
}

static void run_shell(struct iq_shell *shell, const char *text)
{
	struct iq_child child;
	struct iq_error *error;

	iq_fd_sink_flush(&shell->output);
	error = iq_child_start(*text ? text : "exec \"${SHELL:-/bin/sh}\"", false, &child);
	if (error)
		iq_shell_fail(shell, error);
	else
		iq_child_finish(&child, false);
}

void iq_shell_run_file(struct iq_shell *shell, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;

	if (!file) {
		iq_shell_fail(shell, iq_error_errno(errno, "%s", path));
		return;
	}
	if (shell->depth >= MAX_SCRIPT_DEPTH) {
		iq_shell_fail(shell, iq_error_new(IQ_ERROR_LIMIT, "%s: files of commands are nested too deeply", path));
		return;
	}
	shell->depth++;
	errno = 0;
	while (!iq_shell_is_over(shell) && getline(&line, &capacity, file) >= 0)
		iq_shell_run(shell, line);
	if (ferror(file))
		iq_shell_fail(shell, iq_error_errno(errno, "%s", path));
	shell->depth--;
}

static void run_line(struct iq_shell *shell, const struct iq_line *line)
{
	switch (line->kind) {
	case IQ_LINE_EMPTY: break;
	case IQ_LINE_COMMAND: run_command(shell, line->command); break;
	case IQ_LINE_PIPE: run_pipe(shell, line); break;
	case IQ_LINE_WRITE:
	case IQ_LINE_APPEND: run_to_file(shell, line); break;
	case IQ_LINE_SHELL: run_shell(shell, line->target); break;
	case IQ_LINE_SCRIPT: iq_shell_run_file(shell, line->target); break;
	}
}

void iq_shell_run(struct iq_shell *shell, const char *text)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf expanded = { 0 };
	_cleanup_(iq_line_deinit) struct iq_line line = { 0 };
	struct iq_error *error;

	iq_interrupt_set(iq_ctrl_c());
	if (iq_alias_expand(&shell->session, text, &expanded))
		text = iq_strbuf_text(&expanded);
	error = iq_line_parse(text, &line);
	if (error)
		iq_shell_fail(shell, error);
	else
		run_line(shell, &line);
}
