// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with an expression, and in which column; and that nothing, however long or deep, does worse than fail.
 */
#include "expr_setup.h"

static void mistakes_have_their_column(void **state)
{
	static const struct {
		const char *text;
		unsigned column;
		const char *why;
	} expected[] = {
		{ "", 1, "there is no expression" },
		{ "   ", 1, "there is no expression" },
		{ "1 +", 4, "ends where a value is expected" },
		{ "1 + * 2", 5, "int is no pointer" },
		{ "1 + / 2", 5, "a value is expected before \"/\"" },
		{ "(1", 3, "a closing ) is missing at the end" },
		{ "(1 2)", 4, "a closing ) is expected before \"2\"" },
		{ "1)", 2, "\")\" is not expected here" },
		{ "1 2", 3, "an operator is expected before \"2\"" },
		{ "task.comm[1", 12, "a closing ] is missing" },
		{ "1 ? 2", 6, "the : of ?: is missing" },
		{ "task.", 6, "a member's name is expected" },
		{ "task.5", 5, "an operator is expected" },
		{ "task.nope", 6, "struct task has no member \"nope\"" },
		{ "task.pid.x", 10, "has no members" },
		{ "task.other->x", 13, "only declared here" },
		{ "nope", 1, "there is no variable, function or enum constant \"nope\"" },
		{ "1 + nope", 5, "\"nope\"" },
		{ "list_head", 1, "write struct list_head" },
		{ "pid_t", 1, "begins a type" },
		{ "1 + pid_t", 5, "begins a type" },
		{ "struct task", 1, "begins a type" },
		{ "(struct nope *)0", 2, "there is no type struct nope" },
		{ "10 / 0", 4, "division by zero" },
		{ "10 % (5 - 5)", 4, "division by zero" },
		{ "1 << 32", 3, "the left side has 32 bits" },
		{ "1UL << 64", 5, "the left side has 64 bits" },
		{ "1 << -1", 3, "a shift by a negative number" },
		{ "5->x", 4, "has no members" },
		{ "*5", 1, "int is no pointer: cast it" },
		{ "*task", 1, "struct task is no pointer" },
		{ "*(void *)5", 1, "void * points to has no type" },
		{ "&5", 1, "it has no address" },
		{ "&task.on_rq", 1, "a bit-field has no address" },
		{ "sizeof task.on_rq", 8, "a bit-field has no size" },
		{ "offsetof(struct task, on_rq)", 23, "a bit-field has no offset" },
		{ "offsetof(struct task, tasks.next.next)", 33, "does not go through a pointer" },
		{ "offsetof(task, pid)", 10, "a type is expected" },
		{ "offsetof(struct task)", 21, "a comma is expected" },
		{ "container_of(task, struct task, tasks)", 14, "a number or pointer is expected" },
		{ "&task & 3", 7, "cast it to unsigned long first" },
		{ "&task - task.tasks.next", 7, "point to different things" },
		{ "task + 1", 6, "a number or pointer is expected, not struct task" },
		{ "-task", 1, "a number is expected" },
		{ "(int)task", 1, "a number or pointer is expected" },
		{ "(struct task)5", 1, "can't be cast" },
		{ "1 ? task : 5", 3, "don't go together" },
		{ "task = 5", 6, "nothing is ever written" },
		{ "task.pid += 5", 10, "nothing is ever written" },
		{ "task.pid++", 9, "nothing is ever written" },
		{ "--task.pid", 1, "nothing is ever written" },
		{ "kill_task(1)", 10, "can't be called" },
		{ "untyped + 1", 9, "cast it, as in *(int *)&untyped" },
		{ "untyped.x", 9, "cast it" },
		{ "per_cpu(percpu, 7)", 9, "there is no CPU 7" },
		{ "per_cpu(5, 0)", 9, "a per-CPU variable is expected" },
		{ "per_cpu_ptr(percpu, 0)", 13, "a per-CPU pointer is expected" },
		{ "$nope", 1, "no register nope" },
		{ "0x", 1, "is no number" },
		{ "08", 1, "is no number" },
		{ "12ab", 1, "hexadecimal needs 0x" },
		{ "1lul", 1, "is no number" },
		{ "1.5", 1, "floating point" },
		{ "18446744073709551616", 1, "does not fit in 64 bits" },
		{ "1 + 'ab'", 5, "more than one character" },
		{ "''", 1, "no character" },
		{ "'\\q'", 1, "unknown escape" },
		{ "\"a\\q\"", 3, "unknown escape" },
		{ "\"abc", 1, "the closing \" is missing" },
		{ "1 # 2", 3, "unexpected character '#'" },
		{ "1 \x01", 3, "unexpected byte 0x01" },
		{ "5@2", 2, "must be an object in memory" },
		{ "task.pid@0", 9, "greater than 0" },
		{ "task@0x7fffffffffffffff", 5, "larger than all memory" },
		{ "(int){5}", 1, "compound literals" },
		{ "{5}", 2, "a type is expected" },
	};
	struct dead d;
	unsigned bad = 0;
	dead_init(&d);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_value value = { 0 };
		unsigned column = 0;
		struct iq_error *error = iq_expr_evaluate(&d.context, expected[i].text, &value);
		if (!error)
			fail_msg("\"%s\" was not refused", expected[i].text);
		sscanf(error->message, "column %u: ", &column);
		if (column != expected[i].column || !strstr(error->message, expected[i].why) ||
		    (error->code != IQ_ERROR_ARGUMENT && error->code != IQ_ERROR_FORMAT))
			bad++, print_error("\"%s\": expected column %u and \"%s\", got code %d: %s\n", expected[i].text,
				 expected[i].column, expected[i].why, (int)error->code, error->message);
		iq_error_free(error);
	}
	assert_int_equal(bad, 0);
	dead_free(&d);
}

static void missing_memory_is_told_as_such(void **state)
{
	struct iq_value value = { 0 };
	struct dead d;
	dead_init(&d);
	/* The object itself is not read yet: only what leads to it. */
	expect_success(iq_expr_evaluate(&d.context, "*task.tasks.next", &value));
	struct iq_error *error = iq_expr_evaluate(&d.context, "1 + task.tasks.next->next->prev", &value);
	assert_non_null(error);
	assert_int_equal(error->code, IQ_ERROR_MEMORY);
	assert_true(error->has_address);
	assert_int_equal(error->address, TASK + 0x108);
	iq_error_free(error);
	dead_free(&d);
}

static char *repeated(const char *before, const char *middle, const char *behind, size_t count)
{
	struct iq_strbuf text = { 0 };
	for (size_t i = 0; i < count; i++)
		iq_strbuf_add(&text, before);
	iq_strbuf_add(&text, middle);
	for (size_t i = 0; i < count; i++)
		iq_strbuf_add(&text, behind);
	return iq_strbuf_steal(&text);
}

static void deep_and_long_is_bounded(void **state)
{
	static const struct {
		const char *before, *middle, *behind;
		size_t count;
		const char *why; /* NULL: it can be evaluated */
	} expected[] = {
		{ "(", "1", ")", 100, NULL },
		{ "(", "1", ")", 250, "nested more than" },
		{ "", "1", "+1", 30000, NULL },
		{ "-", "1", "", 250, "nothing is ever written" },
		{ "- ", "1", "", 250, "nested more than" },
		{ "1 ? ", "1", " : 1", 50, NULL },
		{ "1 ? ", "1", " : 1", 250, "nested more than" },
		{ "0 ? 1 : ", "1", "", 250, "nested more than" },
		{ "sizeof ", "1", "", 250, "nested more than" },
		{ "sizeof(typeof(", "1", "))", 250, "nested more than" },
		{ "(int)", "1", "", 250, "nested more than" },
		{ "", "1", ",1", 30000, NULL },
		{ "", "1", "&&1", 20000, NULL },
		{ "(", "", "", 60000, "nested more than" },
		{ "", "(int", "*", 60000, "too many pointers" },
		{ "", "1", "+1", 500000, "longer than" }, /* 1 MB */
		{ "(", "1", ")", 500000, "longer than" },
	};
	struct dead d;
	dead_init(&d);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_value value = { 0 };
		char *text = repeated(expected[i].before, expected[i].middle, expected[i].behind, expected[i].count);
		struct iq_error *error = iq_expr_evaluate(&d.context, text, &value);
		if (!expected[i].why)
			expect_success(error);
		else
			expect_error(error, IQ_ERROR_ARGUMENT, expected[i].why);
		iq_value_deinit(&value);
		free(text);
	}
	dead_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_have_their_column),
		cmocka_unit_test(missing_memory_is_told_as_such),
		cmocka_unit_test(deep_and_long_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
