/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and arithmetic, without a dump: symbols are tried by the golden tests. */
#include "../cmocka_setup.h"

#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

static void assert_value(const char *text, uint64_t expected)
{
	uint64_t value;

	assert_null(iq_evaluate(NULL, text, &value));
	assert_int_equal(value, expected);
}

static void assert_error(const char *text, const char *expected)
{
	uint64_t value;
	struct iq_error *error = iq_evaluate(NULL, text, &value);

	assert_non_null(error);
	assert_string_equal(error->message, expected);
	iq_error_free(error);
}

/* The values are those that crash's eval shows. */
static void test_evaluate(void **state)
{
	assert_value("128m", 0x8000000);
	assert_value("1k", 1024);
	assert_value("2G", UINT64_C(2) << 30);
	assert_value("41dc065", 0x41dc065);
	assert_value("10", 10);
	assert_value("0x10", 16);
	assert_value("(0xffffffff + 1)", UINT64_C(0x100000000));
	assert_value("1 << 34", UINT64_C(1) << 34);
	assert_value("~0", UINT64_MAX);
	assert_value("-1", UINT64_MAX);
	assert_value("100 % 7", 2);
	assert_value("0xf0|0xf", 255);
	assert_value("1 + 2 * 3", 7);
	assert_value("(1 + 2) * 3", 9);
	assert_value("10 - 4 - 3", 3);
	assert_value("1 << 2 + 1", 8);
	assert_value("6 & 3 ^ 1 | 8", 11);
	assert_value("1 << 64", 0);
	assert_value("1 >> 200", 0);
	assert_value("ffffffffffffffff", UINT64_MAX);
}

static void test_errors(void **state)
{
	assert_error("", "\"\": it ends too early");
	assert_error("1 +", "\"1 +\": it ends too early");
	assert_error("1 2", "\"1 2\": not an expression");
	assert_error("(1", "\"(1\": a closing ) is missing");
	assert_error("1)", "\"1)\": not an expression");
	assert_error("5 / 0", "\"5 / 0\": division by zero");
	assert_error("5 % (1 - 1)", "\"5 % (1 - 1)\": division by zero");
	assert_error("xyz", "\"xyz\" is neither a number nor a symbol");
	assert_error("0x", "\"0x\" is neither a number nor a symbol");
	assert_error("10000000000000000000000", "\"10000000000000000000000\" is neither a number nor a symbol");
	assert_error("17179869184g", "\"17179869184g\" is neither a number nor a symbol");
	assert_error("12$", "\"12$\" is neither a number nor a symbol");
	assert_error("+ 1", "\"+ 1\": not an expression");
}

/* Nesting is bounded: the parser's stack is ours. */
static void test_depth(void **state)
{
	char deep[20001];
	uint64_t value;
	struct iq_error *error;

	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	error = iq_evaluate(NULL, deep, &value);
	assert_true(iq_error_is(error, IQ_ERROR_ARGUMENT));
	iq_error_free(error);
	memset(deep, '~', sizeof(deep) - 1);
	error = iq_evaluate(NULL, deep, &value);
	assert_true(iq_error_is(error, IQ_ERROR_ARGUMENT));
	iq_error_free(error);
	/* As many side by side as one likes. */
	for (size_t i = 0; i < sizeof(deep) - 1; i++)
		deep[i] = i % 2 ? '+' : '1';
	deep[sizeof(deep) - 2] = ' ';
	deep[sizeof(deep) - 3] = '1';
	assert_null(iq_evaluate(NULL, deep, &value));
	assert_int_equal(value, 10000);
}

static void test_addresses(void **state)
{
	uint64_t value;

	assert_null(iq_parse_address(NULL, "1000", &value));
	assert_int_equal(value, 0x1000);
	assert_null(iq_parse_address(NULL, "(ffffffff8d67a8c3+10)", &value));
	assert_int_equal(value, 0xffffffff8d67a8d3);
}

static void assert_set(const char *text, const char *expected)
{
	bool set[6];
	char shown[7] = "";
	struct iq_error *error = iq_parse_set(text, "cpu", set, 6);

	if (error) {
		assert_string_equal(error->message, expected);
		iq_error_free(error);
		return;
	}
	for (int i = 0; i < 6; i++)
		shown[i] = set[i] ? '1' : '0';
	assert_string_equal(shown, expected);
}

static void test_sets(void **state)
{
	assert_set("0", "100000");
	assert_set("0,2-4", "101110");
	assert_set("5,5", "000001");
	assert_set("a", "111111");
	assert_set("all", "111111");
	assert_set("6", "no cpu 6: there are 6, counted from 0");
	assert_set("99999999999999999999", "no cpu 18446744073709551615: there are 6, counted from 0");
	assert_set("3-1", "\"3-1\" is not a list of cpus (like 0,2-4)");
	assert_set("1,", "\"1,\" is not a list of cpus (like 0,2-4)");
	assert_set("", "\"\" is not a list of cpus (like 0,2-4)");
	assert_set("-1", "\"-1\" is not a list of cpus (like 0,2-4)");
	assert_set("1x", "\"1x\" is not a list of cpus (like 0,2-4)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evaluate),  cmocka_unit_test(test_errors), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
