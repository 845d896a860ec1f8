/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command line into words, and words into options and arguments. */
#include "command/command.h"

#include "util/cleanup.h"
#include "util/vec.h"

#include <ctype.h>
#include <string.h>

struct words {
	IQ_VEC(struct iq_word) all;
};

struct parse {
	struct iq_args args;
	IQ_VEC(struct iq_word) arguments; /* borrows the texts of struct words */
	IQ_VEC(struct iq_given_option) options;
};

static void words_deinit(struct words *words)
{
	iq_vec_foreach (word, &words->all)
		free(word->text);
	iq_vec_free(&words->all);
}

static void parse_deinit(struct parse *parse)
{
	iq_vec_free(&parse->arguments);
	iq_vec_free(&parse->options);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes one word at *at, without its quotes. Inside double quotes, and outside any, a backslash takes the next
 * character as it is. */
static struct iq_error *take_word(const char **at, struct iq_strbuf *word)
{
	char quote = 0;

	for (; **at && (quote || !is_blank(**at)); ++*at) {
		if (quote ? **at == quote : **at == '\'' || **at == '"')
			quote = quote ? 0 : **at;
		else if (**at == '\\' && quote != '\'' && (*at)[1])
			iq_strbuf_add_char(word, *++*at);
		else
			iq_strbuf_add_char(word, **at);
	}
	if (quote)
		return iq_error_new(IQ_ERROR_ARGUMENT, "a closing %c is missing", quote);
	return NULL;
}

static struct iq_error *split(const char *line, struct words *words)
{
	for (const char *at = line;;) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		struct iq_word *word;

		while (is_blank(*at))
			at++;
		if (!*at)
			return NULL;
		size_t offset = (size_t)(at - line);
		IQ_TRY(take_word(&at, &text));
		word = iq_vec_push(&words->all);
		if (!word)
			return iq_error_no_memory();
		word->offset = offset;
		word->text = iq_strbuf_steal(&text);
		if (!word->text)
			return iq_error_no_memory();
	}
}

static const struct iq_option *find_option(const struct iq_command *command, const char *name, size_t length)
{
	for (const struct iq_option *option = command->options; option && option->key; option++)
		if (option->name && strlen(option->name) == length && !memcmp(option->name, name, length))
			return option;
	return NULL;
}

static const struct iq_option *find_letter(const struct iq_command *command, char letter)
{
	for (const struct iq_option *option = command->options; option && option->key; option++)
		if (option->key == letter)
			return option;
	return NULL;
}

/* Notes an option. Its value is `attached` unless that is NULL, else the next word. */
static struct iq_error *take_option(struct parse *parse, const struct words *words, size_t *at,
				    const struct iq_option *option, const char *attached)
{
	struct iq_given_option *given = iq_vec_push(&parse->options);

	if (!given)
		return iq_error_no_memory();
	given->key = option->key;
	if (!option->argument)
		return NULL;
	if (!attached && *at + 1 >= words->all.count)
		return iq_usage_error(parse->args.command, "%s needs %s", words->all.data[*at].text, option->argument);
	given->value = attached ? attached : words->all.data[++*at].text;
	return NULL;
}

/* "-lr", "-c0,1", "-16", "--reverse", "--cpu=3". Returns false in *taken for a word that is no option: "-", "-1", "-(a". */
static struct iq_error *parse_option_word(struct parse *parse, const struct words *words, size_t *at, bool *taken)
{
	const struct iq_command *command = parse->args.command;
	const char *word = words->all.data[*at].text;
	bool is_long = word[0] == '-' && word[1] == '-';
	const char *name = word + 1 + is_long;
	const char *equals = strchr(name, '=');
	const struct iq_option *option = find_option(command, name, equals ? (size_t)(equals - name) : strlen(name));

	*taken = true;
	if (option && equals && !option->argument)
		return iq_usage_error(command, "%.*s takes no value", (int)(equals - word), word);
	if (option)
		return take_option(parse, words, at, option, equals ? equals + 1 : NULL);
	if (is_long)
		return iq_usage_error(command, "no option %s", word);
	if (!find_letter(command, *name) && !isalpha((unsigned char)*name)) {
		*taken = false;
		return NULL;
	}
	for (; *name; name++) {
		option = find_letter(command, *name);
		if (!option)
			return iq_usage_error(command, "no option -%c", *name);
		IQ_TRY(take_option(parse, words, at, option, option->argument && name[1] ? name + 1 : NULL));
		if (option->argument)
			break;
	}
	return NULL;
}

static struct iq_error *add_argument(struct parse *parse, const struct iq_word *word)
{
	struct iq_word *argument = iq_vec_push(&parse->arguments);

	if (!argument)
		return iq_error_no_memory();
	*argument = *word;
	return NULL;
}

static struct iq_error *parse_words(struct parse *parse, const struct words *words)
{
	bool options = !(parse->args.command->flags & IQ_COMMAND_RAW);

	for (size_t i = 1; i < words->all.count; i++) {
		const char *word = words->all.data[i].text;
		bool taken = false;

		if (options && !strcmp(word, "--")) {
			options = false;
			continue;
		}
		if (options && word[0] == '-' && word[1])
			IQ_TRY(parse_option_word(parse, words, &i, &taken));
		if (taken)
			continue;
		IQ_TRY(add_argument(parse, &words->all.data[i]));
		if (parse->args.command->flags & IQ_COMMAND_PREFIX)
			options = false;
	}
	return NULL;
}

struct iq_error *iq_args_parse(const char *line, struct iq_error *(*fn)(void *context, const struct iq_args *args),
			       void *context)
{
	_cleanup_(words_deinit) struct words words = { 0 };
	_cleanup_(parse_deinit) struct parse parse = { .args.line = line };
	const struct iq_command *command;

	IQ_TRY(split(line, &words));
	if (!words.all.count)
		return NULL;
	command = parse.args.command = iq_command_find(words.all.data[0].text);
	if (!command)
		return iq_error_new(IQ_ERROR_ARGUMENT, "no such command (\"help\" lists them)");
	IQ_TRY(parse_words(&parse, &words));
	if (parse.arguments.count < command->min_arguments)
		return iq_usage_error(command, "too few arguments");
	if (parse.arguments.count > command->max_arguments)
		return iq_usage_error(command, "too many arguments");
	parse.args.words = parse.arguments.data;
	parse.args.count = parse.arguments.count;
	parse.args.options = parse.options.data;
	parse.args.option_count = parse.options.count;
	return fn(context, &parse.args);
}

unsigned iq_args_count(const struct iq_args *args, int key)
{
	unsigned count = 0;

	for (size_t i = 0; i < args->option_count; i++)
		count += args->options[i].key == key;
	return count;
}

const char *iq_args_value(const struct iq_args *args, int key)
{
	for (size_t i = args->option_count; i-- > 0;)
		if (args->options[i].key == key)
			return args->options[i].value;
	return NULL;
}

const char *iq_args_text(const struct iq_args *args, size_t n)
{
	return n < args->count ? args->line + args->words[n].offset : "";
}
