/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other names for commands, with arguments if need be. */
#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

static const struct {
	const char *name, *text;
} builtin[] = {
	{ "man", "help" },          { "?", "help" },           { "quit", "q" },           { "exit", "q" },
	{ "sf", "set scroll off" }, { "sn", "set scroll on" }, { "hex", "set radix 16" }, { "dec", "set radix 10" },
	{ "for", "foreach" },       { "dmesg", "log" },        { "lsmod", "mod" },        { "last", "ps -l" },
	{ "print", "p" },           { "px", "p -x" },          { "pd", "p -d" },
};

static const char *find_alias(const struct iq_session *session, const char *name, size_t length)
{
	for (size_t i = session->aliases.count; i-- > 0;)
		if (!strncmp(session->aliases.data[i].name, name, length) && !session->aliases.data[i].name[length])
			return session->aliases.data[i].text;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(builtin); i++)
		if (!strncmp(builtin[i].name, name, length) && !builtin[i].name[length])
			return builtin[i].text;
	return NULL;
}

bool iq_alias_expand(const struct iq_session *session, const char *line, struct iq_strbuf *buf)
{
	const char *text;
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t\n");
	text = length ? find_alias(session, line, length) : NULL;
	/* gdb's "p/x": the format is p's first argument. */
	if (!text && (!strncmp(line, "p/", 2) || !strncmp(line, "print/", 6))) {
		iq_strbuf_addf(buf, "p %s", strchr(line, '/'));
		return true;
	}
	if (!text)
		return false;
	iq_strbuf_add(buf, text);
	iq_strbuf_add(buf, line + length);
	return true;
}

void iq_session_each_name(const struct iq_session *session, void (*fn)(void *context, const char *name), void *context)
{
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		fn(context, (*command)->name);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(builtin); i++)
		fn(context, builtin[i].name);
	for (size_t i = 0; i < session->aliases.count; i++)
		fn(context, session->aliases.data[i].name);
}

static const struct iq_table table = {
	.columns =
		(const struct iq_column[]){
			{ "origin", "ORIGIN", "-7@heading", "-7" },
			{ "alias", "ALIAS", "-7@heading", "-7" },
			{ "command", "COMMAND", "@heading", "" },
		},
	.count = 3,
	.gap = "  ",
};

static void show_alias(struct iq_out *out, const char *origin, const char *name, const char *text)
{
	iq_record_begin(out);
	iq_add_string(out, "origin", origin);
	iq_add_string(out, "alias", name);
	iq_add_string(out, "command", text);
	iq_table_row(out, &table);
	iq_end(out);
}

static void list_aliases(const struct iq_session *session, struct iq_out *out)
{
	iq_table_heading(out, &table);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(builtin); i++)
		show_alias(out, "builtin", builtin[i].name, builtin[i].text);
	for (size_t i = 0; i < session->aliases.count; i++)
		show_alias(out, "runtime", session->aliases.data[i].name, session->aliases.data[i].text);
}

static struct iq_error *remove_alias(struct iq_session *session, const char *name)
{
	iq_vec_foreach (alias, &session->aliases) {
		if (strcmp(alias->name, name))
			continue;
		free(alias->name);
		free(alias->text);
		*alias = session->aliases.data[--session->aliases.count];
		return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%s is not one of your aliases", name);
}

static struct iq_error *set_alias(struct iq_session *session, const char *name, const char *text, struct iq_out *out)
{
	_cleanup_free_ char *name_copy = strdup(name), *text_copy = strdup(text);
	struct iq_alias *alias;

	if (iq_command_find(name))
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is a command", name);
	iq_error_free(remove_alias(session, name));
	alias = iq_vec_push(&session->aliases);
	if (!alias || !name_copy || !text_copy) {
		session->aliases.count -= alias != NULL;
		return iq_error_no_memory();
	}
	alias->name = iq_steal(name_copy);
	alias->text = iq_steal(text_copy);
	iq_table_heading(out, &table);
	show_alias(out, "runtime", alias->name, alias->text);
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	if (!args->count) {
		list_aliases(session, out);
		return NULL;
	}
	if (args->count == 1)
		return iq_usage_error(args->command, "what should %s stand for?", args->words[0].text);
	if (args->count == 2 && !*args->words[1].text)
		return remove_alias(session, args->words[0].text);
	/* One quoted word may hold a pipe; several are taken as they were typed. */
	return set_alias(session, args->words[0].text, args->count == 2 ? args->words[1].text : iq_args_text(args, 1),
			 out);
}

const struct iq_command iq_command_alias = {
	.name = "alias",
	.summary = "list aliases, or make one",
	.arguments = "[NAME COMMAND...]",
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_RAW | IQ_COMMAND_NO_DUMP,
	.help = "Without arguments all aliases are listed: those built in and your own. \"alias\n"
		"NAME COMMAND...\" makes one, which stands for COMMAND at the start of a line;\n"
		"what follows it on the line follows the command. Quote a COMMAND that holds a\n"
		"pipe or redirection. An empty COMMAND (\"\") removes the alias. A command's name\n"
		"cannot be an alias.",
	.examples =
		(const struct iq_example[]){
			{ "alias", NULL, "what there is" },
			{ "alias kb foreach kernel bt", NULL, "kb shows the backtraces of all kernel threads" },
			{ "alias oops \"log | grep -A20 Oops\"", NULL, "an alias with a pipe" },
			{ 0 },
		},
	.run = run,
};
