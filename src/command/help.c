/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

enum { WIDTH = 80, HELP_COLUMN = 22 };

/* Indented, line by line. */
static void show_lines(struct iq_out *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		iq_text(out, length ? "  %.*s" : "%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

/* "  -c CPUS             the tasks that ran", filled to the width of a terminal. */
static void show_option(struct iq_out *out, const char *name, const char *help)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };

	iq_strbuf_addf(&line, "  %-*s", HELP_COLUMN - 3, name);
	while (*help) {
		size_t length = strcspn(help, " ");

		if (line.length + 1 + length > WIDTH && line.length > HELP_COLUMN) {
			iq_text(out, "%s", iq_strbuf_text(&line));
			iq_strbuf_truncate(&line, 0);
			iq_strbuf_pad(&line, HELP_COLUMN - 1);
		}
		iq_strbuf_addf(&line, " %.*s", (int)length, help);
		help += length + strspn(help + length, " ");
	}
	iq_text(out, "%s", iq_strbuf_text(&line));
}

static void show_options(struct iq_out *out, const struct iq_option *options)
{
	iq_line(out, "");
	iq_text(out, "OPTIONS");
	iq_list_begin(out, "options");
	for (const struct iq_option *option = options; option->key; option++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

		iq_option_text(option, &text);
		iq_record_begin(out);
		iq_add_string(out, "option", iq_strbuf_text(&text));
		iq_add_string(out, "help", option->help);
		show_option(out, iq_strbuf_text(&text), option->help);
		iq_end(out);
	}
	iq_end(out);
}

static void show_examples(struct iq_out *out, const struct iq_example *examples)
{
	iq_line(out, "");
	iq_text(out, "EXAMPLES");
	iq_list_begin(out, "examples");
	for (const struct iq_example *example = examples; example->command; example++) {
		iq_record_begin(out);
		iq_add_string(out, "command", example->command);
		iq_add_string(out, "shows", example->shows);
		iq_line(out, "  {command:-32}  {shows}");
		iq_end(out);
	}
	iq_end(out);
}

static void show_command(struct iq_out *out, const struct iq_command *command)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf synopsis = { 0 };

	iq_command_synopsis(command, &synopsis);
	iq_record_begin(out);
	iq_add_string(out, "name", command->name);
	iq_add_string(out, "summary", command->summary);
	iq_add_string(out, "synopsis", iq_strbuf_text(&synopsis));
	iq_add_string(out, "help", command->help);
	iq_line(out, "{name@heading} - {summary}");
	iq_line(out, "");
	iq_line(out, "  {synopsis}");
	iq_line(out, "");
	show_lines(out, command->help);
	if (command->options)
		show_options(out, command->options);
	if (command->examples)
		show_examples(out, command->examples);
	iq_end(out);
}

static void list_commands(struct iq_out *out)
{
	for (const struct iq_command *const *command = iq_command_table; *command; command++) {
		iq_record_begin(out);
		iq_add_string(out, "name", (*command)->name);
		iq_add_string(out, "summary", (*command)->summary);
		iq_line(out, "{name:-10@heading}  {summary}");
		iq_end(out);
	}
	iq_line(out, "");
	iq_text(out, "help COMMAND tells more, help -a all. A line may end in \"| SHELL COMMAND\", \"> FILE\" or \">> "
		     "FILE\";");
	iq_text(out, "\"!COMMAND\" runs a shell command, \"< FILE\" the commands in a file, \"#\" starts a comment.");
}

static struct iq_error *help_on(struct iq_session *session, const char *name, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf expanded = { 0 };
	_cleanup_free_ char *target = NULL;
	const struct iq_command *command = iq_command_find(name);

	if (!command && iq_alias_expand(session, name, &expanded)) {
		const char *text = iq_strbuf_text(&expanded);

		target = strndup(text, strcspn(text, " \t"));
		command = target ? iq_command_find(target) : NULL;
		iq_text(out, "%s stands for \"%s\"", name, text);
		iq_line(out, "");
	}
	if (!command)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no such command: %s (\"help\" lists them)", name);
	show_command(out, command);
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	const char *gap = "";

	if (iq_args_has(args, 'a')) {
		for (const struct iq_command *const *command = iq_command_table; *command; command++, gap = "\n") {
			if (*gap)
				iq_line(out, "");
			show_command(out, *command);
		}
		return NULL;
	}
	if (!args->count)
		list_commands(out);
	for (size_t i = 0; i < args->count; i++) {
		if (i)
			iq_line(out, "");
		IQ_TRY(help_on(session, args->words[i].text, out));
	}
	return NULL;
}

const struct iq_command iq_command_help = {
	.name = "help",
	.summary = "list the commands, or tell about one",
	.options = (const struct iq_option[]){ { 'a', NULL, NULL, "tell about all commands" }, { 0 } },
	.arguments = "[COMMAND]...",
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_NO_DUMP,
	.help = "Lists the commands with one line for each, or tells all about those that are\n"
		"named: how to write them, their options, and examples that work.",
	.examples =
		(const struct iq_example[]){
			{ "help", NULL, "what there is" },
			{ "help bt", NULL, "all about bt" },
			{ 0 },
		},
	.run = run,
};
