/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell/line.h"

#include "util/cleanup.h"
#include "util/strbuf.h"

#include <string.h>

static const char *const blanks = " \t\r\n";

/* The end of a quoted part that begins at `at`; NULL when it has none. */
static const char *skip_quotes(const char *at)
{
	char quote = *at++;

	for (; *at && *at != quote; at++)
		if (*at == '\\' && quote == '"' && at[1])
			at++;
	return *at ? at : NULL;
}

/* The ) to the ( at `at`; NULL when there is none. */
static const char *skip_parentheses(const char *at)
{
	unsigned depth = 0;

	for (; *at; at++) {
		if (*at == '\'' || *at == '"') {
			at = skip_quotes(at);
			if (!at)
				return NULL;
		}
		depth += *at == '(';
		if (*at == ')' && --depth == 0)
			return at;
	}
	return NULL;
}

/* The first | or > that the shell must look at, else the end. "p x->y": the > of an arrow is C's. */
static const char *find_operator(const char *at)
{
	enum { MOST = 1000 }; /* ( without a ): each is looked for up to the end of the line */
	unsigned open = 0;

	for (; *at && *at != '|' && *at != '>'; at++) {
		const char *end = *at == '\'' || *at == '"'   ? skip_quotes(at)
				  : *at == '(' && open < MOST ? skip_parentheses(at)
							      : NULL;

		open += *at == '(' && !end;
		if (end)
			at = end;
		else if ((*at == '\\' && at[1]) || (*at == '-' && at[1] == '>'))
			at++;
	}
	return at;
}

static char *copy_trimmed(const char *start, const char *end)
{
	start += strspn(start, blanks);
	while (end > start && strchr(blanks, end[-1]))
		end--;
	return strndup(start, end > start ? (size_t)(end - start) : 0);
}

/* One file name: quotes are taken off, ~/ is the home directory. */
static struct iq_error *take_file_name(const char *at, char **name)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	const char *home = getenv("HOME");

	at += strspn(at, blanks);
	if (at[0] == '~' && at[1] == '/' && home) {
		iq_strbuf_add(&text, home);
		at++;
	}
	while (*at && !strchr(" \t\r\n|<>", *at)) {
		const char *end = *at == '\'' || *at == '"' ? skip_quotes(at) : at;

		if (!end)
			return iq_error_new(IQ_ERROR_ARGUMENT, "a closing %c is missing", *at);
		iq_strbuf_add_bytes(&text, at + (end > at), (size_t)(end - at) + (end == at) - (end > at));
		at = end + 1;
	}
	at += strspn(at, blanks);
	if (!text.length || *at)
		return iq_error_new(IQ_ERROR_ARGUMENT, "a redirection needs one file name, at the end of the line");
	*name = iq_strbuf_steal(&text);
	return *name ? NULL : iq_error_no_memory();
}

static struct iq_error *check_copies(const struct iq_line *line, bool command)
{
	return (command && !line->command) || !line->target ? iq_error_no_memory() : NULL;
}

static struct iq_error *parse_command(const char *text, struct iq_line *line)
{
	const char *op = find_operator(text);

	line->command = copy_trimmed(text, op);
	line->kind = IQ_LINE_COMMAND;
	if (!*op)
		return line->command ? NULL : iq_error_no_memory();
	if (line->command && !*line->command)
		return iq_error_new(IQ_ERROR_ARGUMENT, "a command is missing before %c", *op);
	if (*op == '|') {
		line->kind = IQ_LINE_PIPE;
		line->target = copy_trimmed(op + 1, op + strlen(op));
		if (line->target && !*line->target)
			return iq_error_new(IQ_ERROR_ARGUMENT, "a shell command is missing behind |");
		return check_copies(line, true);
	}
	line->kind = op[1] == '>' ? IQ_LINE_APPEND : IQ_LINE_WRITE;
	IQ_TRY(take_file_name(op + 1 + (op[1] == '>'), &line->target));
	return check_copies(line, true);
}

struct iq_error *iq_line_parse(const char *text, struct iq_line *line)
{
	struct iq_error *error;

	*line = (struct iq_line){ 0 };
	text += strspn(text, blanks);
	if (!*text || *text == '#' || !strncmp(text, "//", 2))
		return NULL;
	if (*text == '!') {
		line->kind = IQ_LINE_SHELL;
		line->target = copy_trimmed(text + 1, text + strlen(text));
		error = check_copies(line, false);
	} else if (*text == '<') {
		line->kind = IQ_LINE_SCRIPT;
		error = take_file_name(text + 1, &line->target);
	} else {
		error = parse_command(text, line);
	}
	if (error)
		iq_line_deinit(line);
	return error;
}

void iq_line_deinit(struct iq_line *line)
{
	free(line->command);
	free(line->target);
	*line = (struct iq_line){ 0 };
}
