/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a command is written, out of its table entry. */
#include "command/command.h"

#include "util/cleanup.h"

#include <ctype.h>

void iq_option_text(const struct iq_option *option, struct iq_strbuf *buf)
{
	if (option->key < 256)
		iq_strbuf_addf(buf, "-%c", option->key);
	if (option->name && option->key < 256)
		iq_strbuf_add(buf, ", ");
	/* -16, but --reverse */
	if (option->name)
		iq_strbuf_addf(buf, isdigit((unsigned char)*option->name) ? "-%s" : "--%s", option->name);
	if (option->argument)
		iq_strbuf_addf(buf, " %s", option->argument);
}

static bool is_plain_letter(const struct iq_option *option)
{
	return option->key < 256 && !option->argument;
}

void iq_command_synopsis(const struct iq_command *command, struct iq_strbuf *buf)
{
	bool letters = false;

	iq_strbuf_add(buf, command->name);
	for (const struct iq_option *option = command->options; option && option->key; option++) {
		if (!is_plain_letter(option))
			continue;
		iq_strbuf_addf(buf, letters ? "%c" : " [-%c", option->key);
		letters = true;
	}
	if (letters)
		iq_strbuf_add_char(buf, ']');
	for (const struct iq_option *option = command->options; option && option->key; option++) {
		if (is_plain_letter(option))
			continue;
		iq_strbuf_add(buf, " [");
		iq_option_text(option, buf);
		iq_strbuf_add_char(buf, ']');
	}
	if (command->arguments)
		iq_strbuf_addf(buf, " %s", command->arguments);
}

struct iq_error *iq_usage_error(const struct iq_command *command, const char *format, ...)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	va_list args;

	va_start(args, format);
	iq_strbuf_addv(&text, format, args);
	va_end(args);
	iq_strbuf_add(&text, " (usage: ");
	iq_command_synopsis(command, &text);
	iq_strbuf_add_char(&text, ')');
	return iq_error_new(IQ_ERROR_ARGUMENT, "%s", iq_strbuf_text(&text));
}
