// SPDX-License-Identifier: GPL-2.0-or-later
/* What needs no dump: letters of taints (Documentation/admin-guide/tainted-kernels.rst), of states
 * (include/linux/sched.h), policies. */
#include "../cmocka_setup.h"

#include "kernel/system.h"
#include "kernel/task.h"
#include "kernel/task_times.h"

#include <string.h>

static void taint_letters(void **state)
{
	/* The table of tainted-kernels.rst, and 6.15's J. */
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	char text[65];
	for (unsigned bit = 0; bit < 64; bit++) {
		iq_taint_letters(UINT64_C(1) << bit, text);
		assert_int_equal(strlen(text), bit < strlen(letters));
		assert_int_equal(text[0], bit < strlen(letters) ? letters[bit] : '\0');
		assert_int_equal(iq_taint_meaning(bit) != NULL, bit < strlen(letters));
	}
	iq_taint_letters(0, text);
	assert_string_equal(text, "");
	iq_taint_letters(1 << 7 | 1 << 12 | 1 << 13, text);
	assert_string_equal(text, "DOE");
	iq_taint_letters(UINT64_MAX, text);
	assert_string_equal(text, letters);
	assert_null(iq_taint_meaning(1000));
}

static void state_names(void **state)
{
	static const struct {
		uint64_t state, exit_state;
		const char *name;
	} known[] = {
		{ 0x0, 0, "RU" },   { 0x1, 0, "IN" },     { 0x2, 0, "UN" },
		{ 0x4, 0, "ST" },   { 0x104, 0, "ST" }, /* TASK_STOPPED: with TASK_WAKEKILL */
		{ 0x108, 0, "TR" }, { 0x102, 0, "UN" }, /* TASK_KILLABLE */
		{ 0x402, 0, "ID" },                     /* TASK_IDLE: with TASK_NOLOAD */
		{ 0x40, 0, "PA" },  { 0x80, 0x20, "ZO" }, { 0x80, 0x10, "DE" },
		{ 0x80, 0, "DE" },  { 0x0, 0x20, "ZO" }, /* on its way out, still running */
		{ 0x200, 0, "WA" }, { 0x800, 0, "NE" },   { UINT64_C(1) << 40, 0, "??" },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct iq_task task = { .state = known[i].state, .exit_state = known[i].exit_state };
		assert_string_equal(iq_task_state_name(&task), known[i].name);
		task.unknown = IQ_TASK_STATE;
		assert_string_equal(iq_task_state_name(&task), "??");
	}
}

static void policies(void **state)
{
	/* include/uapi/linux/sched.h; 4 is reserved for SCHED_ISO */
	static const char *const names[] = { "NORMAL", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE", "EXT" };
	for (unsigned policy = 0; policy < 8; policy++)
		assert_string_equal(iq_policy_name(policy), names[policy]);
	assert_null(iq_policy_name(8));
	assert_null(iq_policy_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taint_letters),
		cmocka_unit_test(state_names),
		cmocka_unit_test(policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
