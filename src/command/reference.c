/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference of all commands, written from their table entries. */
#include "command/command.h"

#include "util/cleanup.h"

#include <ctype.h>

static void markdown_command(const struct iq_command *command, struct iq_strbuf *buf)
{
	iq_strbuf_addf(buf, "\n## %s\n\n%c%s.\n\n    ", command->name, toupper((unsigned char)command->summary[0]),
		       command->summary + 1);
	iq_command_synopsis(command, buf);
	iq_strbuf_addf(buf, "\n\n%s\n", command->help);
	if (command->options)
		iq_strbuf_add(buf, "\n| option | |\n| --- | --- |\n");
	for (const struct iq_option *option = command->options; option && option->key; option++) {
		iq_strbuf_add(buf, "| `");
		iq_option_text(option, buf);
		iq_strbuf_addf(buf, "` | %s |\n", option->help);
	}
	if (command->examples)
		iq_strbuf_add(buf, "\nExamples:\n\n");
	for (const struct iq_example *example = command->examples; example && example->command; example++)
		iq_strbuf_addf(buf, "    %-36s  # %s\n", example->command, example->shows);
}

void iq_reference_markdown(struct iq_strbuf *buf)
{
	iq_strbuf_add(buf, "# Commands\n\nWritten by `inquest --reference=markdown` from the command table: change the "
			   "table, not this file.\n\n");
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		iq_strbuf_addf(buf, "- [`%s`](#%s): %s\n", (*command)->name, (*command)->name, (*command)->summary);
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		markdown_command(*command, buf);
}

void iq_reference_examples(struct iq_strbuf *buf)
{
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		for (const struct iq_example *example = (*command)->examples; example && example->command; example++)
			iq_strbuf_addf(buf, "%s\t%s\n", example->fixture ? example->fixture : "", example->command);
}

/* Text as troff has it: backslashes and minus signs escaped, no line begins with a control character. */
static void add_troff(struct iq_strbuf *buf, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			iq_strbuf_add(buf, "\\&");
		if (*text == '\\')
			iq_strbuf_add(buf, "\\e");
		else if (*text == '-')
			iq_strbuf_add(buf, "\\-");
		else if (*text == '\n' && text[1] == '\n')
			iq_strbuf_add(buf, "\n.PP"), text += text[2] == '\n';
		else
			iq_strbuf_add_char(buf, *text);
		line_start = *text == '\n';
	}
	iq_strbuf_add_char(buf, '\n');
}

static void man_command(const struct iq_command *command, struct iq_strbuf *buf)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	iq_command_synopsis(command, &text);
	iq_strbuf_add(buf, ".SS ");
	add_troff(buf, iq_strbuf_text(&text));
	add_troff(buf, command->help);
	for (const struct iq_option *option = command->options; option && option->key; option++) {
		iq_strbuf_truncate(&text, 0);
		iq_option_text(option, &text);
		iq_strbuf_add(buf, ".TP\n.B ");
		add_troff(buf, iq_strbuf_text(&text));
		add_troff(buf, option->help);
	}
	if (!command->examples)
		return;
	iq_strbuf_add(buf, ".PP\nExamples:\n.nf\n");
	for (const struct iq_example *example = command->examples; example->command; example++) {
		iq_strbuf_truncate(&text, 0);
		iq_strbuf_addf(&text, "    %-36s  # %s", example->command, example->shows);
		add_troff(buf, iq_strbuf_text(&text));
	}
	iq_strbuf_add(buf, ".fi\n");
}

void iq_reference_man(struct iq_strbuf *buf)
{
	iq_strbuf_add(buf, ".SH COMMANDS\n");
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		man_command(*command, buf);
}
