/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions without a dump: aliases, warnings, failures, commands in commands. */
#include "../cmocka_setup.h"

#include "../render/sink.h"

#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

struct fixture {
	struct iq_session session;
	struct text_sink sink;
	struct iq_out *out;
	struct iq_strbuf warnings, failures;
};

static void on_warning(void *context, const char *line)
{
	iq_strbuf_addf(&((struct fixture *)context)->warnings, "%s\n", line);
}

static void on_failure(void *context, const char *line)
{
	iq_strbuf_addf(&((struct fixture *)context)->failures, "%s\n", line);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct iq_session_options options = { .warn = on_warning, .fail = on_failure, .context = fixture };

	iq_interrupt_set(false);
	iq_session_init(&fixture->session, &options);
	fixture->out = text_sink_out(&fixture->sink, IQ_FACE_TEXT, false);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	iq_session_deinit(&fixture->session);
	iq_out_free(fixture->out);
	iq_strbuf_free(&fixture->sink.text);
	iq_strbuf_free(&fixture->warnings);
	iq_strbuf_free(&fixture->failures);
	free(fixture);
	return 0;
}

static bool run(struct fixture *fixture, const char *line)
{
	return !iq_failed(iq_session_run(&fixture->session, line, fixture->out));
}

static void test_failures(void **state)
{
	struct fixture *fixture = *state;

	assert_true(run(fixture, "  "));
	assert_true(run(fixture, "eval 1"));
	assert_false(run(fixture, "  eval 1 +"));
	assert_false(run(fixture, "mod"));
	assert_int_equal(fixture->session.failures, 2);
	assert_string_equal(iq_strbuf_text(&fixture->failures),
			    "eval: \"1 +\": it ends too early\nmod: no dump was given\n");
}

static void test_aliases(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	assert_true(run(fixture, "alias e eval -b"));
	assert_true(iq_alias_expand(&fixture->session, "  e 3", &text));
	assert_string_equal(iq_strbuf_text(&text), "eval -b 3");
	assert_true(run(fixture, "alias e \"eval | cat\""));
	assert_int_equal(fixture->session.aliases.count, 1);
	assert_string_equal(fixture->session.aliases.data[0].text, "eval | cat");
	assert_false(run(fixture, "alias e"));
	assert_true(run(fixture, "alias e ''"));
	assert_false(run(fixture, "alias e ''"));
	assert_false(run(fixture, "alias help q"));
	assert_false(iq_alias_expand(&fixture->session, "e 3", &text));
	assert_false(iq_alias_expand(&fixture->session, "", &text));
	assert_true(iq_alias_expand(&fixture->session, "quit", &text));
}

static void test_alias_that_means_itself(void **state)
{
	struct fixture *fixture = *state;

	assert_true(run(fixture, "alias a a"));
	assert_false(run(fixture, "a"));
}

static void test_quit(void **state)
{
	struct fixture *fixture = *state;

	assert_true(run(fixture, "quit"));
	assert_true(fixture->session.quit);
}

/* repeat of repeat of ... ends, and so does one whose command fails. */
static void test_nesting(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };

	for (int i = 0; i < 50; i++)
		iq_strbuf_add(&line, "repeat ");
	iq_strbuf_add(&line, "q");
	assert_false(run(fixture, iq_strbuf_text(&line)));
	assert_string_equal(iq_strbuf_text(&fixture->failures), "repeat: commands are nested too deeply\n");
	assert_false(run(fixture, "repeat -x q"));
	assert_false(run(fixture, "repeat -1"));
	assert_false(run(fixture, "repeat eval"));
	assert_false(fixture->session.quit);
	assert_true(run(fixture, "repeat q"));
	assert_true(fixture->session.quit);
}

/* A closed pipe ends repeat, and that is no failure. */
static void test_reader_gone(void **state)
{
	struct fixture *fixture = *state;

	fixture->sink.room = 2000;
	assert_true(run(fixture, "repeat eval 1"));
	assert_int_equal(fixture->session.failures, 0);
	assert_in_range(fixture->sink.text.length, 1000, 2000);
}

static void test_warnings(void **state)
{
	struct fixture *fixture = *state;
	size_t lines = 0;

	iq_warn(&fixture->session.diag, "once");
	iq_warn(&fixture->session.diag, "once");
	assert_string_equal(iq_strbuf_text(&fixture->warnings), "once\n");
	for (int i = 0; i < 100000; i++)
		iq_warn(&fixture->session.diag, "element %d is damaged", i);
	for (const char *at = iq_strbuf_text(&fixture->warnings); *at; at++)
		lines += *at == '\n';
	assert_in_range(lines, 100, 300);
	assert_non_null(strstr(iq_strbuf_text(&fixture->warnings), "more warnings are not shown\n"));
}

static void test_help(void **state)
{
	struct fixture *fixture = *state;

	assert_true(run(fixture, "help"));
	assert_true(run(fixture, "help -a"));
	assert_true(run(fixture, "help dmesg ?"));
	assert_non_null(strstr(iq_strbuf_text(&fixture->sink.text), "dmesg stands for \"log\""));
	assert_false(run(fixture, "help nosuch"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(failures),    TEST(aliases),  TEST(alias_that_means_itself), TEST(quit), TEST(nesting), TEST(help),
		TEST(reader_gone), TEST(warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
