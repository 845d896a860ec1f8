/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: words, options as crash takes them, usage errors. The commands of the real table serve as subjects. */
#include "../cmocka_setup.h"

#include "command/command.h"

#include "util/cleanup.h"

#include <string.h>

/* Writes what was understood: options in order with their values, then the arguments. */
static struct iq_error *describe(void *context, const struct iq_args *args)
{
	struct iq_strbuf *text = context;

	iq_strbuf_add(text, args->command->name);
	for (size_t i = 0; i < args->option_count; i++) {
		if (args->options[i].key < 256)
			iq_strbuf_addf(text, " -%c", args->options[i].key);
		else
			iq_strbuf_addf(text, " -#%d", args->options[i].key);
		if (args->options[i].value)
			iq_strbuf_addf(text, "=%s", args->options[i].value);
	}
	for (size_t i = 0; i < args->count; i++)
		iq_strbuf_addf(text, " <%s>", args->words[i].text);
	return NULL;
}

static void assert_parsed(const char *line, const char *expected)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_error *error = iq_args_parse(line, describe, &text);

	if (error)
		iq_strbuf_addf(&text, "%s", error->message);
	iq_error_free(error);
	assert_string_equal(iq_strbuf_text(&text), expected);
}

static void test_options(void **state)
{
	assert_parsed("rd -ds x", "rd -d -s <x>");
	assert_parsed("rd x -s 4 -d", "rd -s -d <x> <4>");
	assert_parsed("rd -16 x", "rd -#257 <x>");
	assert_parsed("rd -e y x", "rd -e=y <x>");
	assert_parsed("rd -ey x", "rd -e=y <x>");
	assert_parsed("rd -se y x", "rd -s -e=y <x>");
	assert_parsed("rd -SS x", "rd -S -S <x>");
	assert_parsed("rd -5 4", "rd <-5> <4>");
	assert_parsed("rd -- -s", "rd <-s>");
	assert_parsed("help - -a", "help -a <->");
}

static void test_words(void **state)
{
	assert_parsed("", "");
	assert_parsed(" \t ", "");
	assert_parsed("help 'a b' \"c 'd'\" e\\ f \"g\\\"h\" ''", "help <a b> <c 'd'> <e f> <g\"h> <>");
	assert_parsed("help 'a", "a closing ' is missing");
	assert_parsed("alias a b -c", "alias <a> <b> <-c>");
}

static void test_errors(void **state)
{
	assert_parsed("nosuch", "no such command (\"help\" lists them)");
	assert_parsed("help -z", "no option -z (usage: help [-a] [COMMAND]...)");
	assert_parsed("help --all", "no option --all (usage: help [-a] [COMMAND]...)");
	assert_parsed("q now", "too many arguments (usage: q)");
	assert_parsed("vtop", "too few arguments (usage: vtop [-uk] [-c PID|TASK] ADDRESS|SYMBOL...)");
	assert_parsed("vtop -c", "-c needs PID|TASK (usage: vtop [-uk] [-c PID|TASK] ADDRESS|SYMBOL...)");
}

static struct iq_error *check_text(void *context, const struct iq_args *args)
{
	assert_string_equal(iq_args_text(args, 0), "'a  b' | \"c\"  ");
	assert_string_equal(iq_args_text(args, 1), "| \"c\"  ");
	assert_string_equal(iq_args_text(args, 3), "");
	assert_int_equal(iq_args_count(args, 'a'), 0);
	assert_null(iq_args_value(args, 'a'));
	return NULL;
}

static void test_text_as_typed(void **state)
{
	assert_null(iq_args_parse("alias   'a  b' | \"c\"  ", check_text, NULL));
}

/* The table is sorted, complete, and says what help needs. */
static void test_table(void **state)
{
	const char *previous = "";

	for (const struct iq_command *const *command = iq_command_table; *command; command++) {
		assert_true(strcmp(previous, (*command)->name) < 0);
		assert_non_null((*command)->summary);
		assert_non_null((*command)->help);
		assert_non_null((*command)->run);
		assert_ptr_equal(iq_command_find((*command)->name), *command);
		previous = (*command)->name;
	}
	assert_null(iq_command_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),       cmocka_unit_test(test_words), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_text_as_typed), cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
