/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a line's output goes. */
#include "../cmocka_setup.h"

#include "shell/line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_line(const char *text, enum iq_line_kind kind, const char *command, const char *target)
{
	struct iq_line line;

	assert_null(iq_line_parse(text, &line));
	assert_int_equal(line.kind, kind);
	if (command)
		assert_string_equal(line.command, command);
	else
		assert_null(line.command);
	if (target)
		assert_string_equal(line.target, target);
	else
		assert_null(line.target);
	iq_line_deinit(&line);
}

static void assert_error(const char *text, const char *message)
{
	struct iq_line line;
	struct iq_error *error = iq_line_parse(text, &line);

	assert_non_null(error);
	assert_string_equal(error->message, message);
	assert_null(line.command);
	assert_null(line.target);
	iq_error_free(error);
}

static void test_plain(void **state)
{
	assert_line("", IQ_LINE_EMPTY, NULL, NULL);
	assert_line(" \t\n", IQ_LINE_EMPTY, NULL, NULL);
	assert_line("# a | b", IQ_LINE_EMPTY, NULL, NULL);
	assert_line("// a", IQ_LINE_EMPTY, NULL, NULL);
	assert_line("  bt -a \n", IQ_LINE_COMMAND, "bt -a", NULL);
	assert_line("sym #x", IQ_LINE_COMMAND, "sym #x", NULL);
}

static void test_pipes(void **state)
{
	assert_line("log | grep -A 20 \"Oops\" | head", IQ_LINE_PIPE, "log", "grep -A 20 \"Oops\" | head");
	assert_line("log|cat > x", IQ_LINE_PIPE, "log", "cat > x");
	assert_line("eval (0xf0 | 0xf) | cat", IQ_LINE_PIPE, "eval (0xf0 | 0xf)", "cat");
	assert_line("eval ((1 << 3) >> (2|1))", IQ_LINE_COMMAND, "eval ((1 << 3) >> (2|1))", NULL);
	assert_line("ps 'a|b' \"c>d\" e\\|f", IQ_LINE_COMMAND, "ps 'a|b' \"c>d\" e\\|f", NULL);
	/* What does not close is no bracket and no quote; the command will complain. */
	assert_line("eval (1 | cat", IQ_LINE_PIPE, "eval (1", "cat");
	assert_line("log | grep \"(\"", IQ_LINE_PIPE, "log", "grep \"(\"");
	assert_line("ps \"(\" | cat", IQ_LINE_PIPE, "ps \"(\"", "cat");
	assert_error("| cat", "a command is missing before |");
	assert_error("bt |", "a shell command is missing behind |");
}

static void test_files(void **state)
{
	setenv("HOME", "/home/somebody", 1);
	assert_line("ps > x", IQ_LINE_WRITE, "ps", "x");
	assert_line("ps>>x", IQ_LINE_APPEND, "ps", "x");
	assert_line("ps > 'a b'c\"d e\"  ", IQ_LINE_WRITE, "ps", "a bcd e");
	assert_line("ps > ~/x", IQ_LINE_WRITE, "ps", "/home/somebody/x");
	assert_line("< script", IQ_LINE_SCRIPT, NULL, "script");
	assert_error("ps >", "a redirection needs one file name, at the end of the line");
	assert_error("ps > a b", "a redirection needs one file name, at the end of the line");
	assert_error("ps > a | cat", "a redirection needs one file name, at the end of the line");
	assert_error("ps > 'a", "a closing ' is missing");
	assert_error("> a", "a command is missing before >");
	assert_error("<", "a redirection needs one file name, at the end of the line");
}

static void test_shell(void **state)
{
	assert_line("!ls -l | cat", IQ_LINE_SHELL, NULL, "ls -l | cat");
	assert_line(" ! ", IQ_LINE_SHELL, NULL, "");
}

/* Looking for the end of each of these would take minutes. */
static void test_many_brackets(void **state)
{
	enum { LENGTH = 1 << 20 };
	char *text = malloc(LENGTH + 8);
	struct iq_line line;

	assert_non_null(text);
	memset(text, '(', LENGTH);
	memcpy(text + LENGTH, " | cat", 7);
	alarm(20);
	assert_null(iq_line_parse(text, &line));
	alarm(0);
	assert_int_equal(line.kind, IQ_LINE_PIPE);
	assert_int_equal(strlen(line.command), LENGTH);
	iq_line_deinit(&line);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_pipes),         cmocka_unit_test(test_files),
		cmocka_unit_test(test_shell), cmocka_unit_test(test_many_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
