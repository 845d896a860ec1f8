/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could stand where the cursor is: commands, options, symbols. */
#include "shell/shell.h"

#include "util/cleanup.h"

#include <string.h>

enum { MAX_CANDIDATES = 5000 };

struct collection {
	struct iq_candidates *out;
	const char *prefix;
	size_t length;
};

static void collect(void *context, const char *name)
{
	struct collection *collection = context;
	struct iq_candidates *out = collection->out;
	char **place;

	if (strncmp(name, collection->prefix, collection->length) || out->count >= MAX_CANDIDATES)
		return;
	place = iq_vec_grow_((void **)&out->names, &out->count, &out->capacity, sizeof(*out->names));
	if (!place)
		return;
	*place = strdup(name);
	if (!*place)
		out->count--;
}

static struct iq_error *collect_symbol(void *context, const struct iq_symbol *symbol)
{
	collect(context, symbol->name);
	return iq_check_interrupt();
}

static void collect_symbols(struct iq_session *session, struct collection *collection)
{
	struct iq_kernel *kernel;

	/* Without a prefix the answer would be all of them. */
	if (!collection->length || iq_failed(iq_session_kernel(session, &kernel)))
		return;
	iq_error_free(iq_symbols_each(iq_kernel_symbols(kernel), "*", collect_symbol, collection));
}

static void collect_options(const struct iq_command *command, struct collection *collection)
{
	for (const struct iq_option *option = command->options; option && option->key; option++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

		iq_option_text(option, &text);
		if (text.text)
			text.text[strcspn(text.text, ", ")] = '\0';
		collect(collection, iq_strbuf_text(&text));
	}
}

static const struct iq_command *command_of(const struct iq_session *session, const char *line)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf expanded = { 0 };
	_cleanup_free_ char *name = NULL;

	if (iq_alias_expand(session, line, &expanded))
		line = iq_strbuf_text(&expanded);
	line += strspn(line, " \t");
	name = strndup(line, strcspn(line, " \t"));
	return name ? iq_command_find(name) : NULL;
}

static bool runs_commands(const struct iq_command *command)
{
	return command && (!strcmp(command->name, "foreach") || !strcmp(command->name, "repeat"));
}

/* The command that foreach and repeat are to run; themselves while it is not there. `end`: where the word begins that
 * is being completed. */
static const struct iq_command *nested(const struct iq_command *command, const char *at, const char *end)
{
	const struct iq_command *found = command;

	for (at += strcspn(at, " \t"); at < end && found == command; at += strcspn(at, " \t")) {
		_cleanup_free_ char *word = NULL;

		at += strspn(at, " \t");
		word = strndup(at, strcspn(at, " \t"));
		if (word && at < end && iq_command_find(word))
			found = iq_command_find(word);
	}
	return found;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct iq_candidates *out)
{
	size_t kept = 0;

	if (out->count)
		qsort(out->names, out->count, sizeof(*out->names), compare);
	for (size_t i = 0; i < out->count; i++) {
		if (kept && !strcmp(out->names[kept - 1], out->names[i]))
			free(out->names[i]);
		else
			out->names[kept++] = out->names[i];
	}
	out->count = kept;
}

void iq_complete(struct iq_session *session, const char *line, size_t start, struct iq_candidates *out)
{
	struct collection collection = { out, line + start, strlen(line + start) };
	const char *first = line + strspn(line, " \t");
	const struct iq_command *command = command_of(session, line);

	if (runs_commands(command))
		command = nested(command, first, line + start);
	*out = (struct iq_candidates){ 0 };
	if (first == line + start || runs_commands(command) || (command && !strcmp(command->name, "help")))
		iq_session_each_name(session, collect, &collection);
	else if (command && line[start] == '-')
		collect_options(command, &collection);
	else
		collect_symbols(session, &collection);
	sort_unique(out);
}

void iq_candidates_free(struct iq_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		free(candidates->names[i]);
	free(candidates->names);
	*candidates = (struct iq_candidates){ 0 };
}
