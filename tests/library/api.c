// SPDX-License-Identifier: GPL-2.0-or-later
/* libinquest as a stranger uses it: linked with the shared library, on the fixtures kfunc-6.1.47-la57.flat and
 * debug-6.1.0-47. */
#include <inquest.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct inquest *crash;
static const char *dump, *debuginfo;

/* The error's code, which the test then need not free. */
static int code(struct inquest_error *error)
{
	int found = error ? (int)inquest_error_code(error) : 0;

	if (error)
		assert_true(strlen(inquest_error_message(error)) > 0);
	inquest_error_free(error);
	return found;
}

static uint64_t number(const char *expression)
{
	struct inquest_value *value;
	uint64_t result;

	assert_null(inquest_evaluate(crash, expression, &value));
	assert_null(inquest_value_integer(value, &result));
	inquest_value_free(value);
	return result;
}

static void what_is_no_dump_is_refused(void **state)
{
	struct inquest *none = NULL;
	const char *parts[] = { "/nonexistent/a", "/nonexistent/b", NULL };

	assert_int_equal(code(inquest_open(&(struct inquest_options){ 0 }, &none)), INQUEST_ARGUMENT);
	assert_int_equal(code(inquest_open(&(struct inquest_options){ .dump = "/nonexistent" }, &none)), INQUEST_IO);
	assert_int_equal(code(inquest_open(&(struct inquest_options){ .parts = parts }, &none)), INQUEST_IO);
	assert_int_equal(code(inquest_open(&(struct inquest_options){ .dump = "/bin/sh" }, &none)),
			 INQUEST_UNSUPPORTED);
	assert_int_not_equal(code(inquest_open(&(struct inquest_options){ .dump = "/etc/passwd" }, &none)), 0);
	assert_null(none);
}

static void reads_memory(void **state)
{
	struct inquest_symbol banner;
	char text[34];
	uint64_t address = 0;

	assert_null(inquest_symbol_by_name(crash, "linux_banner", &banner));
	assert_null(inquest_read(crash, banner.address, text, sizeof(text) - 1));
	text[sizeof(text) - 1] = '\0';
	assert_string_equal(text, "Linux version 6.1.0-47-amd64 (deb");
	assert_null(banner.module);
	struct inquest_error *error = inquest_read(crash, 0x10, text, 8);
	assert_non_null(error);
	assert_true(inquest_error_address(error, &address));
	assert_int_equal(address, 0x10);
	assert_int_equal(code(error), INQUEST_MEMORY);
}

static void user_memory_is_a_task_s(void **state)
{
	struct inquest_task task;
	uint8_t byte;

	assert_null(inquest_task_by_pid(crash, 2, &task)); /* kthreadd has none */
	assert_string_equal(task.comm, "kthreadd");
	assert_true(task.kernel_thread);
	assert_int_not_equal(code(inquest_read_user(crash, task.address, 0x400000, &byte, 1)), 0);
	assert_int_equal(code(inquest_read_user(crash, 0x1234, 0x400000, &byte, 1)), INQUEST_NOT_FOUND);
}

static bool count_three(void *context, const struct inquest_symbol *symbol)
{
	return ++*(int *)context < 3;
}

static void finds_symbols(void **state)
{
	struct inquest_symbol symbol, again;
	int seen = 0;

	assert_null(inquest_symbol_by_name(crash, "bpf_skb_ct_lookup", &symbol));
	assert_string_equal(symbol.module, "nf_conntrack");
	assert_null(inquest_symbol_at(crash, symbol.address + 6, &again));
	assert_string_equal(again.name, "bpf_skb_ct_lookup");
	assert_int_equal(code(inquest_symbol_by_name(crash, "no_such_symbol", &symbol)), INQUEST_NOT_FOUND);
	assert_null(inquest_each_symbol(crash, "nf_conntrack", count_three, &seen));
	assert_int_equal(seen, 3);
	assert_int_equal(code(inquest_each_symbol(crash, "no_module", count_three, &seen)), INQUEST_NOT_FOUND);
}

static void knows_types(void **state)
{
	struct inquest_member member;
	uint64_t size;

	assert_null(inquest_type_size(crash, "struct list_head", &size));
	assert_int_equal(size, 16);
	assert_null(inquest_type_size(crash, "char [12]", &size));
	assert_int_equal(size, 12);
	assert_null(inquest_type_member(crash, "struct hlist_node", "pprev", &member));
	assert_int_equal(member.offset, 8);
	assert_int_equal(member.size, 8);
	assert_int_equal(member.bit_size, 0);
	assert_int_equal(code(inquest_type_member(crash, "struct hlist_node", "prev", &member)), INQUEST_NOT_FOUND);
	assert_int_equal(code(inquest_type_size(crash, "struct no_such", &size)), INQUEST_NOT_FOUND);
}

static void evaluates(void **state)
{
	struct inquest_value *value, *part, *character;
	char *text, bytes[10];
	uint64_t address, byte;

	assert_int_equal(number("1 + 2 * 3"), 7);
	assert_int_equal((int64_t)number("-(char)200"), 56); /* (char)200 is -56 where char is signed */
	assert_null(inquest_evaluate(crash, "init_task", &value));
	assert_true(inquest_value_address(value, &address));
	assert_int_equal(address, number("&init_task"));
	assert_null(inquest_value_type(value, &text));
	assert_string_equal(text, "struct task_struct");
	inquest_free(text);
	assert_null(inquest_value_member(value, "comm", &part));
	assert_null(inquest_value_bytes(part, bytes, sizeof(bytes)));
	assert_string_equal(bytes, "swapper/0");
	assert_null(inquest_value_text(part, &text));
	assert_true(!strncmp(text, "\"swapper/0", 10));
	inquest_free(text);
	assert_null(inquest_value_element(part, 2, &character));
	assert_null(inquest_value_integer(character, &byte));
	assert_int_equal(byte, 'a');
	inquest_value_free(character);
	inquest_value_free(part);
	assert_int_equal(code(inquest_value_member(value, "no_such", &part)), INQUEST_NOT_FOUND);
	assert_int_equal(code(inquest_value_integer(value, &byte)), INQUEST_ARGUMENT);
	inquest_value_free(value);
	assert_int_equal(code(inquest_evaluate(crash, "1 +", &value)), INQUEST_ARGUMENT);
}

static void pointers_lead_on(void **state)
{
	struct inquest_value *pointer, *whole, *pid, *same;
	uint64_t a, b;

	assert_null(inquest_evaluate(crash, "&init_task", &pointer));
	assert_null(inquest_value_dereference(pointer, &whole));
	assert_null(inquest_value_member(whole, "pid", &pid));
	assert_null(inquest_value_member(pointer, "pid", &same)); /* through the pointer */
	assert_null(inquest_value_integer(pid, &a));
	assert_null(inquest_value_integer(same, &b));
	assert_int_equal(a, 0);
	assert_int_equal(b, 0);
	inquest_value_free(same);
	inquest_value_free(pid);
	inquest_value_free(whole);
	inquest_value_free(pointer);
	/* A value is not read before it is asked for. */
	assert_null(inquest_evaluate(crash, "*(int *)0x10", &whole));
	assert_int_equal(code(inquest_value_integer(whole, &a)), INQUEST_MEMORY);
	inquest_value_free(whole);
}

static bool note_task(void *context, const struct inquest_task *task)
{
	int *seen = context;

	seen[0]++;
	seen[1] += task->running;
	return true;
}

static void lists_tasks_and_modules(void **state)
{
	int seen[2] = { 0 };
	struct inquest_task task;

	assert_null(inquest_each_task(crash, note_task, seen));
	/* init_task and the other CPUs' idle tasks are counted nowhere; nr_threads counts all others. */
	assert_int_equal(seen[0], number("*(int *)&nr_threads") + number("*(unsigned int *)&nr_cpu_ids"));
	assert_null(inquest_panic_task(crash, &task));
	assert_string_equal(task.comm, "runbpf");
	assert_true(task.running);
	assert_int_equal(code(inquest_task_by_pid(crash, 999999, &task)), INQUEST_NOT_FOUND);
}

static void walks_a_stack(void **state)
{
	struct inquest_backtrace *trace;
	struct inquest_frame frame, fault = { 0 };
	struct inquest_task task;
	uint64_t rip = 0;

	assert_null(inquest_panic_task(crash, &task));
	assert_null(inquest_backtrace(crash, task.address, &trace));
	assert_null(inquest_backtrace_end(trace));
	for (size_t n = 0; n < inquest_backtrace_count(trace) && !fault.pc; n++) {
		inquest_backtrace_frame(trace, n, &frame);
		if (frame.kind == INQUEST_FRAME_EXCEPTION && frame.module) {
			fault = frame;
			assert_true(inquest_backtrace_register(trace, n, "rip", &rip));
			assert_false(inquest_backtrace_register(trace, n, "no_register", &rip));
		}
	}
	/* ../shared/reference-case.md: the second run of the program faults in bpf_skb_ct_lookup+6. */
	assert_string_equal(fault.function, "bpf_skb_ct_lookup");
	assert_int_equal(fault.offset, 6);
	assert_int_equal(rip, fault.pc);
	inquest_backtrace_frame(trace, inquest_backtrace_count(trace) - 1, &frame);
	assert_int_equal(frame.kind, INQUEST_FRAME_USER);
	inquest_backtrace_free(trace);
}

/* Lines and inlined functions as eu-addr2line -i and drgn have them (tests/peers/source-drgn). */
static void debug_information_adds_the_source(void **state)
{
	const char *paths[] = { debuginfo, NULL };
	struct inquest_options options = { .dump = dump, .no_debuginfo = true, .debuginfo = paths };
	struct inquest *other;
	struct inquest_backtrace *trace;
	struct inquest_frame frame = { 0 };
	struct inquest_task task;
	size_t n = 0;

	assert_null(inquest_open(&options, &other));
	assert_null(inquest_panic_task(other, &task));
	assert_null(inquest_backtrace(other, task.address, &trace));
	while (n < inquest_backtrace_count(trace) && (!frame.function || strcmp(frame.function, "bpf_test_run")))
		inquest_backtrace_frame(trace, n++, &frame);
	assert_string_equal(frame.file, "net/bpf/test_run.c");
	assert_int_equal(frame.line, 402);
	assert_int_equal(frame.kind, INQUEST_FRAME_CALL);
	inquest_backtrace_frame(trace, n - 2, &frame); /* what was inlined into it */
	assert_string_equal(frame.function, "bpf_prog_run");
	assert_string_equal(frame.file, "include/linux/filter.h");
	assert_int_equal(frame.line, 614);
	assert_int_equal(frame.kind, INQUEST_FRAME_INLINED);
	inquest_backtrace_free(trace);
	inquest_close(other);
}

static bool note_program(void *context, const struct inquest_bpf_program *program)
{
	struct inquest_bpf_program *seen = context;
	static const uint8_t tag[] = { 0xfd, 0x71, 0x30, 0x03, 0x7a, 0xcd, 0x7d, 0x98 };
	assert_string_equal(program->type, "sched_cls");
	assert_string_equal(program->name, "call_kfunc");
	assert_memory_equal(program->tag, tag, sizeof(tag));
	*seen = *program;
	return true;
}

static bool note_map(void *context, const struct inquest_bpf_map *map)
{
	++*(int *)context;
	return true;
}

static bool note_element(void *context, const struct inquest_bpf_element *element)
{
	return false;
}

/* What crash's bpf -P says of this dump: one program, 88 bytes of bytecode, no map. */
static void lists_bpf_programs_and_maps(void **state)
{
	struct inquest_bpf_program seen = { 0 };
	int maps = 0;
	assert_null(inquest_each_bpf_program(crash, note_program, &seen));
	assert_int_equal(seen.id, 4);
	assert_int_equal(seen.address, 0xff6cb571c009d000);
	assert_int_equal(seen.instructions, 88 / 8);
	assert_null(inquest_each_bpf_map(crash, note_map, &maps));
	assert_int_equal(maps, 0);
	assert_int_equal(code(inquest_each_bpf_element(crash, 1, note_element, NULL)), INQUEST_NOT_FOUND);
}

static void runs_commands(void **state)
{
	char *text = NULL;

	assert_null(inquest_command(crash, "eval 0x10", INQUEST_JSON, &text));
	assert_int_equal(text[0], '[');
	assert_non_null(strstr(text, "\"eval 0x10\""));
	inquest_free(text);
	text = NULL;
	assert_int_equal(code(inquest_command(crash, "no_such_command", INQUEST_TEXT, &text)), INQUEST_ARGUMENT);
	inquest_free(text);
}

static void an_interrupt_ends_the_question(void **state)
{
	int seen[2];

	inquest_interrupt(true);
	assert_int_equal(code(inquest_command(crash, "foreach bt", INQUEST_TEXT, NULL)), INQUEST_INTERRUPTED);
	inquest_interrupt(false);
	assert_null(inquest_each_task(crash, note_task, seen));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_dump_is_refused),
		cmocka_unit_test(reads_memory),
		cmocka_unit_test(user_memory_is_a_task_s),
		cmocka_unit_test(finds_symbols),
		cmocka_unit_test(knows_types),
		cmocka_unit_test(evaluates),
		cmocka_unit_test(pointers_lead_on),
		cmocka_unit_test(lists_tasks_and_modules),
		cmocka_unit_test(walks_a_stack),
		cmocka_unit_test(debug_information_adds_the_source),
		cmocka_unit_test(lists_bpf_programs_and_maps),
		cmocka_unit_test(runs_commands),
		cmocka_unit_test(an_interrupt_ends_the_question),
	};
	struct inquest_error *error;
	int failed;

	if (argc != 3)
		return 2;
	dump = argv[1];
	debuginfo = argv[2];
	error = inquest_open(&(struct inquest_options){ .dump = dump, .no_debuginfo = true }, &crash);
	if (error) {
		fprintf(stderr, "%s\n", inquest_error_message(error));
		inquest_error_free(error);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	inquest_close(crash);
	return failed;
}
