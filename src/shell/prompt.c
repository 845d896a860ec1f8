/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A person at a terminal. */
#include "config.h"

#include "shell/interrupt.h"
#include "shell/shell.h"

#include "util/cleanup.h"

#include <errno.h>
#include <string.h>

static const char prompt[] = "inquest> ";

#if IQ_HAVE_READLINE

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_LINES = 2000 };

static struct iq_shell *completing;
static struct iq_candidates candidates;

static char *next_candidate(const char *text, int state)
{
	static size_t at;

	(void)text;
	if (!state)
		at = 0;
	return at < candidates.count ? strdup(candidates.names[at++]) : NULL;
}

static char **complete(const char *text, int start, int end)
{
	_cleanup_free_ char *line = strndup(rl_line_buffer, (size_t)end);

	/* Behind | and > readline's own file names are right. */
	if (!line || strpbrk(line, "|>") || *line == '!' || *line == '<')
		return NULL;
	rl_attempted_completion_over = 1;
	iq_candidates_free(&candidates);
	iq_complete(&completing->session, line, (size_t)start, &candidates);
	return rl_completion_matches(text, next_candidate);
}

/* Ctrl-C at the prompt: the line is given up. */
static int drop_line(void)
{
	if (!iq_ctrl_c())
		return 0;
	iq_ctrl_c_clear();
	rl_crlf();
	rl_on_new_line();
	rl_replace_line("", 0);
	rl_redisplay();
	return 0;
}

static void start_reading(struct iq_shell *shell, const char *history)
{
	completing = shell;
	rl_readline_name = "inquest";
	rl_attempted_completion_function = complete;
	rl_completer_word_break_characters = " \t\n\"'|><()+*&^~";
	rl_catch_signals = 0;
	rl_signal_event_hook = drop_line;
	using_history();
	stifle_history(HISTORY_LINES);
	if (history)
		read_history(history);
}

static char *read_line(void)
{
	return readline(prompt);
}

static void remember(const char *line, const char *history)
{
	const HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!line[strspn(line, " \t")] || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (history)
		append_history(1, history);
}

static void stop_reading(const char *history)
{
	if (history)
		history_truncate_file(history, HISTORY_LINES);
	iq_candidates_free(&candidates);
}

#else

static void start_reading(struct iq_shell *shell, const char *history)
{
}

static char *read_line(void)
{
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;

	do {
		iq_ctrl_c_clear();
		clearerr(stdin);
		fputs(prompt, stdout);
		fflush(stdout);
		if (getline(&line, &capacity, stdin) >= 0)
			return iq_steal(line);
		fputc('\n', stdout);
	} while (iq_ctrl_c());
	return NULL;
}

static void remember(const char *line, const char *history)
{
}

static void stop_reading(const char *history)
{
}

#endif

void iq_shell_prompt(struct iq_shell *shell)
{
	_cleanup_free_ char *history = iq_history_path();

	start_reading(shell, history);
	while (!shell->session.quit && !shell->output.error) {
		_cleanup_free_ char *line = NULL;

		iq_ctrl_c_clear();
		line = read_line();
		if (!line)
			break;
		remember(line, history);
		shell->line_left = false;
		iq_shell_run(shell, line);
		iq_shell_leave_line(shell);
	}
	stop_reading(history);
}
