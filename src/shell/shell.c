/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run of the program: what it was given to do, in order. */
#include "shell/shell.h"

#include "shell/interrupt.h"
#include "util/cleanup.h"

#include <errno.h>
#include <string.h>

void iq_shell_leave_line(struct iq_shell *shell)
{
	if (!shell->interactive || !iq_ctrl_c() || shell->line_left)
		return;
	fputc('\n', stderr);
	shell->line_left = true;
}

static void print_error_line(struct iq_shell *shell, const char *prefix, const char *line)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	iq_fd_sink_flush(&shell->output);
	iq_shell_leave_line(shell);
	iq_escape_text(&text, line, strlen(line));
	fprintf(stderr, "%s%s\n", prefix, iq_strbuf_text(&text));
}

static void on_warning(void *context, const char *line)
{
	print_error_line(context, "inquest: warning: ", line);
}

static void on_failure(void *context, const char *line)
{
	print_error_line(context, "", line);
}

/* A line of its own that comes and goes; a warning in between ends it. */
static void on_progress(void *context, const char *line)
{
	fprintf(stderr, "\r\033[K%s", line ? line : "");
	fflush(stderr);
}

void iq_shell_fail(struct iq_shell *shell, struct iq_error *error)
{
	shell->session.failures++;
	print_error_line(shell, "inquest: ", error->message);
	iq_error_free(error);
}

bool iq_shell_is_over(const struct iq_shell *shell)
{
	return shell->session.quit || shell->output.error || iq_ctrl_c();
}

/* NO_COLOR: https://no-color.org. */
static bool want_colour(const struct iq_shell_options *options)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return !options->no_colour && !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0 &&
	       isatty(STDOUT_FILENO);
}

static struct iq_error *init(struct iq_shell *shell, const struct iq_shell_options *options)
{
	struct iq_session_options session = {
		.kernel = options->kernel, .source = options->source, .warn = on_warning, .fail = on_failure, .context = shell
	};

	if (isatty(STDERR_FILENO))
		session.progress = on_progress;
	*shell = (struct iq_shell){ .options = *options, .output = { .fd = STDOUT_FILENO, .patient = true } };
	shell->interactive =
		isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !options->batch && !options->command_count;
	shell->out_options.face = options->json ? IQ_FACE_JSON : IQ_FACE_TEXT;
	shell->out_options.colour = want_colour(options);
	iq_session_init(&shell->session, &session);
	iq_ctrl_c_init();
	if (shell->interactive)
		return NULL;
	shell->out = iq_out_new(&shell->out_options, iq_fd_sink(&shell->output));
	return shell->out ? NULL : iq_error_no_memory();
}

static void deinit(struct iq_shell *shell)
{
	iq_out_free(shell->out);
	if (!iq_fd_sink_flush(&shell->output) && shell->output.error != EPIPE)
		iq_shell_fail(shell, iq_error_errno(shell->output.error, "standard output"));
	iq_fd_sink_deinit(&shell->output);
	iq_session_deinit(&shell->session);
}

/* A dump that can't be opened ends the run: in JSON, too, the reason must be there. */
static bool open_dump(struct iq_shell *shell)
{
	struct iq_kernel *kernel;
	struct iq_error *error;

	if (!shell->options.kernel.dump_count)
		return true;
	error = iq_session_kernel(&shell->session, &kernel);
	if (!error)
		return true;
	if (shell->options.json && shell->out) {
		iq_out_begin(shell->out, "");
		iq_error_free(iq_out_end(shell->out, error));
	}
	iq_shell_fail(shell, error);
	return false;
}

static bool discard(void *context, const char *bytes, size_t length)
{
	return true;
}

/* ~/.inquestrc, and never one that lies beside a dump: a dump may come from anybody. It sets things up; its output
 * would stand before what was asked for, so there is none. */
static void run_rc_file(struct iq_shell *shell)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	const char *home = getenv("HOME");
	struct iq_out *out = shell->out;

	if (!home || *home != '/')
		return;
	iq_strbuf_addf(&path, "%s/.inquestrc", home);
	if (access(iq_strbuf_text(&path), F_OK))
		return;
	shell->out = iq_out_new(&(struct iq_out_options){ 0 }, (struct iq_sink){ .write = discard });
	if (shell->out)
		iq_shell_run_file(shell, iq_strbuf_text(&path));
	iq_out_free(shell->out);
	shell->out = out;
}

/* On a terminal the prompt follows: no pager stands before it. */
static void run_summary(struct iq_shell *shell)
{
	struct iq_sink output = iq_fd_sink(&shell->output);
	bool scroll = shell->session.scroll;

	shell->session.scroll = false;
	iq_shell_run(shell, "sys");
	if (!shell->options.json)
		output.write(output.context, "\n", 1);
	if (!iq_shell_is_over(shell))
		iq_shell_run(shell, "bt");
	shell->session.scroll = scroll;
}

/* Commands from a pipe or file. False if there were none. */
static bool run_standard_input(struct iq_shell *shell)
{
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	bool any = false;

	while (!iq_shell_is_over(shell) && getline(&line, &capacity, stdin) >= 0) {
		any = true;
		iq_shell_run(shell, line);
	}
	return any;
}

static void run_given(struct iq_shell *shell)
{
	const struct iq_shell_options *options = &shell->options;
	bool any = options->script_count || options->command_count;

	run_rc_file(shell);
	for (size_t i = 0; i < options->script_count && !iq_shell_is_over(shell); i++)
		iq_shell_run_file(shell, options->scripts[i]);
	for (size_t i = 0; i < options->command_count && !iq_shell_is_over(shell); i++)
		iq_shell_run(shell, options->commands[i]);
	if (!any && !shell->interactive && !options->batch && !isatty(STDIN_FILENO))
		any = run_standard_input(shell);
	if (!any && options->kernel.dump_count && !iq_shell_is_over(shell))
		run_summary(shell);
	/* Ctrl-C stopped what was given, not the session. */
	if (shell->interactive && !shell->session.quit && !shell->output.error)
		iq_shell_prompt(shell);
}

int iq_shell_main(const struct iq_shell_options *options)
{
	struct iq_shell shell;
	struct iq_error *error = init(&shell, options);
	bool interrupted;
	unsigned failures;

	if (error)
		iq_shell_fail(&shell, error);
	else if (open_dump(&shell))
		run_given(&shell);
	interrupted = iq_ctrl_c() && !shell.interactive;
	deinit(&shell);
	failures = shell.session.failures;
	/* As a shell counts a program that SIGINT ended. */
	return interrupted ? 130 : failures ? 1 : 0;
}
