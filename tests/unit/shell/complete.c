/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion without a dump; symbols are tried at a real prompt by tests/golden/terminal. */
#include "../cmocka_setup.h"

#include "shell/shell.h"

#include "util/cleanup.h"

#include <string.h>

static void assert_complete(struct iq_session *session, const char *line, const char *expected)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	const char *blank = strrchr(line, ' ');
	struct iq_candidates candidates;

	iq_complete(session, line, blank ? (size_t)(blank + 1 - line) : 0, &candidates);
	for (size_t i = 0; i < candidates.count; i++)
		iq_strbuf_addf(&text, "%s ", candidates.names[i]);
	iq_candidates_free(&candidates);
	assert_string_equal(iq_strbuf_text(&text), expected);
}

static void test_complete(void **state)
{
	struct iq_session session;

	iq_session_init(&session, &(struct iq_session_options){ 0 });
	assert_complete(&session, "rep", "repeat ");
	assert_complete(&session, " rep", "repeat ");
	assert_complete(&session, "dme", "dmesg ");
	assert_complete(&session, "help rep", "repeat ");
	assert_complete(&session, "man rep", "repeat ");
	assert_complete(&session, "rd -3", "-32 ");
	assert_complete(&session, "foreach vt", "vtop ");
	assert_complete(&session, "foreach user vt", "vtop ");
	assert_complete(&session, "foreach user vtop -", "-c -k -u ");
	assert_complete(&session, "repeat -1 rep", "repeat ");
	assert_complete(&session, "repeat rd -3", "-32 ");
	assert_complete(&session, "vtop -", "-c -k -u ");
	assert_complete(&session, "nosuch -", "");
	assert_complete(&session, "xyz", "");
	/* Symbols need a dump: none, and no crash. */
	assert_complete(&session, "rd jif", "");
	iq_session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_complete) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
