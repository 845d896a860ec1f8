// SPDT-License-Identifier: GPL-2.0-or-later
/* Functions put together as do_jit() of arch/x86/net/bpf_jit_comp.c does, with the bytecode that they are made of. */
#include "../cmocka_setup.h"

#include "jit_code.h"

enum { HELPER = 0x20000, OTHER = 0x21000, THUNK = 0x30000, ALU = 0xb7, JEQ = 0x15 };

/* 6.1 without IBT; 11 bytes. */
#define PROLOGUE "0f1f440000 6690 55 4889e5"
#define MOV "bf01000000" /* 5 bytes */

static struct jit jit;

static int forget(void **state)
{
	(void)state;
	done(&jit);
	return 0;
}

/* 0: mov; 1: call; 2: mov; 3: exit, all on two lines */
static void calls_and_lines_mark_runs(void **state)
{
	(void)state;
	line(&jit, 10);
	emit(&jit, PROLOGUE "53" MOV);
	insn(&jit, ALU);
	emit_to(&jit, "e8", HELPER);
	call(&jit, HELPER);
	line(&jit, 11);
	emit(&jit, MOV);
	insn(&jit, ALU);
	emit(&jit, "5b c9 c3 cc");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	assert_true(jit.jited.sound);
	assert_string_equal(runs(&jit), "P0-12 B12-17:0-1@10 B17-22:1-2@10 B22-27:2-3@11 E27-31:3-4@11");
}

static void a_return_through_the_thunk_is_one(void **state)
{
	(void)state;
	emit(&jit, PROLOGUE MOV "c9");
	emit_to(&jit, "e9", THUNK);
	insn(&jit, ALU);
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	assert_string_equal(runs(&jit), "P0-11 B11-16:0-1 E16-22:1-2");
}

/* Later EXITs jump to the first one's code. */
static void the_first_exit_is_the_epilogue(void **state)
{
	(void)state;
	emit(&jit, PROLOGUE "4883f800 7407"); /* if (r0 == 0) goto the last but one */
	insn(&jit, JEQ);
	emit(&jit, MOV);
	insn(&jit, ALU);
	emit(&jit, "c9 c3");
	insn(&jit, IQ_BPF_CODE_EXIT);
	emit(&jit, MOV);
	insn(&jit, ALU);
	emit(&jit, "ebf7"); /* to the epilogue */
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	assert_string_equal(runs(&jit), "P0-11 B11-22:0-2 E22-24:2-3 B24-31:3-5");
}

/* A helper that the compiler puts in place has no call: by its target the other is known, even without lines. */
static void an_inlined_call_is_passed_over(void **state)
{
	(void)state;
	emit(&jit, PROLOGUE MOV);
	call(&jit, HELPER); /* the mov */
	emit_to(&jit, "e8", OTHER);
	call(&jit, OTHER);
	emit(&jit, "c9 c3");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_string_equal(runs(&jit), "P0-11 B11-16:0-1 B16-21:1-2 E21-23:2-3");
}

/* Two that call the same, of which one is inlined: nobody can tell which. */
static void what_could_be_either_is_neither(void **state)
{
	(void)state;
	emit(&jit, PROLOGUE MOV);
	call(&jit, HELPER);
	emit_to(&jit, "e8", HELPER);
	call(&jit, HELPER);
	emit_to(&jit, "e8", OTHER);
	call(&jit, OTHER);
	emit(&jit, "c9 c3");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_string_equal(runs(&jit), "P0-11 B11-21:0-2 B21-26:2-3 E26-28:3-4");
}

/* A machine call to something that no CALL calls: then none of the stretch is believed. */
static void calls_that_do_not_fit_are_left_alone(void **state)
{
	(void)state;
	emit(&jit, PROLOGUE);
	emit_to(&jit, "e8", HELPER);
	call(&jit, OTHER);
	emit(&jit, MOV);
	insn(&jit, ALU);
	emit(&jit, "c9 c3");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_string_equal(runs(&jit), "P0-11 B11-21:0-2 E21-23:2-3");
}

/* 64-bit constants take two slots; what has the look of a CALL in the second is none. */
static void second_slots_are_no_instructions(void **state)
{
	(void)state;
	emit(&jit, PROLOGUE "48bf8877665544332211");
	insn(&jit, IQ_BPF_CODE_LD_IMM64);
	insn(&jit, IQ_BPF_CODE_CALL);
	emit_to(&jit, "e8", HELPER);
	call(&jit, 0); /* of what nothing is known */
	emit(&jit, "c9 c3");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_string_equal(runs(&jit), "P0-11 B11-21:0-2 B21-26:2-3 E26-28:3-4");
}

/* A short jump whose target is not there yet. */
static size_t forward(const char *opcode)
{
	emit(&jit, opcode);
	emit(&jit, "00");
	return jit.size;
}

static void arrive(size_t jump)
{
	jit.bytes[jump - 1] = (uint8_t)(jit.size - jump);
}

/* 6.1: emit_bpf_tail_call_indirect() and emit_bpf_tail_call_direct(), its jump patched in; calls load the counter. */
static void tail_calls_of_6_1(void **state)
{
	(void)state;
	jit.function.tail_call_reachable = true;
	line(&jit, 1);
	emit(&jit, "0f1f440000 31c0 55 4889e5 4881ec08000000 50 53");
	size_t body = jit.size;
	emit(&jit, MOV);
	insn(&jit, ALU);
	line(&jit, 2);
	size_t indirect = jit.size;
	emit(&jit, "89d2 395624");
	size_t bound = forward("76");
	emit(&jit, "8b85f4ffffff 83f821");
	size_t limit = forward("73");
	emit(&jit, "83c001 8985f4ffffff 488b8cd610010000 4885c9");
	size_t none = forward("74");
	size_t indirect_pops = jit.size;
	emit(&jit, "5b 58 4881c408000000");
	size_t indirect_jump = jit.size;
	emit(&jit, "488b4930 4883c10b");
	emit_to(&jit, "e9", THUNK);
	arrive(bound);
	arrive(limit);
	arrive(none);
	insn(&jit, IQ_BPF_CODE_TAIL_CALL);
	line(&jit, 3);
	size_t direct = jit.size;
	emit(&jit, "8b85f4ffffff 83f821");
	limit = forward("73");
	emit(&jit, "83c001 8985f4ffffff 0f1f440000");
	size_t direct_pops = jit.size;
	emit(&jit, "5b 58 4881c408000000");
	size_t direct_jump = jit.size;
	emit_to(&jit, "e9", OTHER + 11);
	arrive(limit);
	size_t behind = jit.size;
	insn(&jit, IQ_BPF_CODE_TAIL_CALL);
	line(&jit, 4);
	emit(&jit, MOV);
	insn(&jit, ALU);
	emit(&jit, "488b85f4ffffff");
	emit_to(&jit, "e8", HELPER);
	call(&jit, HELPER);
	emit(&jit, "5b c9 c3 cc");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	char expected[256];
	snprintf(expected, sizeof(expected),
		 "P0-%zu B%zu-%zu:0-1@1 T%zu-%zu:1-2@2 E%zu-%zu:1-2@2 T%zu-%zu:1-2@2 T%zu-%zu:2-3@3 E%zu-%zu:2-3@3 "
		 "T%zu-%zu:2-3@3 B%zu-%zu:3-4@4 B%zu-%zu:4-5@4 E%zu-%zu:5-6@4",
		 body, body, indirect, indirect, indirect_pops, indirect_pops, indirect_jump, indirect_jump, direct,
		 direct, direct_pops, direct_pops, direct_jump, direct_jump, behind, behind, behind + 5, behind + 5,
		 behind + 17, behind + 17, behind + 21);
	assert_string_equal(runs(&jit), expected);
}

/* 6.12: the counter is behind a pointer (upstream 116e04ba1459); the register is jumped through as it is. */
static void tail_calls_of_6_12(void **state)
{
	(void)state;
	jit.function.tail_call_reachable = true;
	emit(&jit, "f30f1efa 0f1f440000 4831c0 55 4889e5 f30f1efa 4883f821 7706 50 4889e0 eb01 50 50 53 4155");
	size_t indirect = jit.size;
	emit(&jit, "89d2 395620");
	size_t bound = forward("76");
	emit(&jit, "488b85f0ffffff 48833821");
	size_t limit = forward("73");
	emit(&jit, "488b8cd600010000 4885c9");
	size_t none = forward("74");
	emit(&jit, "48830001");
	size_t pops = jit.size;
	emit(&jit, "415d 5b 58 58");
	size_t jump = jit.size;
	emit(&jit, "488b4930 4883c114 ffe1 cc");
	arrive(bound);
	arrive(limit);
	arrive(none);
	insn(&jit, IQ_BPF_CODE_TAIL_CALL);
	size_t direct = jit.size;
	emit(&jit, "488b85f0ffffff 48833821");
	limit = forward("73");
	emit_to(&jit, "e9", IMAGE + jit.size + 5 + 4 + 5 + 5); /* around it: nobody is there yet */
	emit(&jit, "48830001");
	size_t direct_pops = jit.size;
	emit(&jit, "415d 5b 58 58");
	size_t place = jit.size;
	emit(&jit, "0f1f440000");
	arrive(limit);
	insn(&jit, IQ_BPF_CODE_TAIL_CALL);
	size_t end = jit.size;
	emit(&jit, "415d 5b c9 c3 cc");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	char expected[256];
	snprintf(expected, sizeof(expected),
		 "P0-%zu T%zu-%zu:0-1 E%zu-%zu:0-1 T%zu-%zu:0-1 T%zu-%zu:1-2 E%zu-%zu:1-2 T%zu-%zu:1-2 E%zu-%zu:2-3",
		 indirect, indirect, pops, pops, jump, jump, direct, direct, direct_pops, direct_pops, place, place,
		 end, end, end + 6);
	assert_string_equal(runs(&jit), expected);
}

/* if (r0 >= 33) goto L; a call; a call; L: has the outline of a direct tail call, and is none. */
static void comparisons_with_33_are_no_tail_calls(void **state)
{
	(void)state;
	jit.function.tail_call_reachable = true;
	emit(&jit, "f30f1efa 0f1f440000 4831c0 55 4889e5 f30f1efa 4883f821 7706 50 4889e0 eb01 50 50");
	size_t body = jit.size;
	emit(&jit, "488b85f0feffff 4883f821");
	insn(&jit, 0x79);
	size_t over = forward("73");
	insn(&jit, 0x35);
	emit_to(&jit, "e8", HELPER);
	call(&jit, HELPER);
	emit_to(&jit, "e8", OTHER);
	call(&jit, OTHER);
	arrive(over);
	size_t end = jit.size;
	emit(&jit, "c9 c3 cc");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	char expected[128];
	snprintf(expected, sizeof(expected), "P0-%zu B%zu-%zu:0-2 B%zu-%zu:2-3 B%zu-%zu:3-4 E%zu-%zu:4-5", body, body,
		 end - 10, end - 10, end - 5, end - 5, end, end, end + 3);
	assert_string_equal(runs(&jit), expected);
}

/* Classic programs of users without privilege forget the history of branches on their way out. */
static void the_barrier_is_the_epilogues(void **state)
{
	(void)state;
	emit(&jit, "0f1f440000 55 4889e5 53" MOV "50 51");
	insn(&jit, ALU);
	emit_to(&jit, "e8", HELPER);
	emit(&jit, "59 58 f3480f1ef8 5b c9 c3 cc");
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	assert_string_equal(runs(&jit), "P0-10 B10-15:0-1 E15-33:1-2");
}

static void an_exception_callback_has_a_part_of_its_own(void **state)
{
	(void)state;
	emit(&jit, "f30f1efa 0f1f440000 0f1f00 4889f4 4889d5 415f 415e 415d 5b 415c 4889ec f30f1efa" MOV "c9 c3 cc");
	insn(&jit, ALU);
	insn(&jit, IQ_BPF_CODE_EXIT);
	look(&jit);
	assert_null(jit.jited.complaint);
	assert_string_equal(runs(&jit), "P0-12 X12-30 P30-34 B34-39:0-1 E39-42:1-2");
}

/* Damage. */

/* mov, mov, mov, exit; each on a line. */
static void four_lines(void)
{
	line(&jit, 1);
	emit(&jit, PROLOGUE MOV);
	insn(&jit, ALU);
	line(&jit, 2);
	emit(&jit, MOV);
	insn(&jit, ALU);
	line(&jit, 3);
	emit(&jit, MOV);
	insn(&jit, ALU);
	line(&jit, 4);
	emit(&jit, "c9 c3");
	insn(&jit, IQ_BPF_CODE_EXIT);
}

static void one_wrong_line_costs_that_line_only(void **state)
{
	static const int64_t wrong[] = { 1, 8, 100000, -100000, -6, 10, 12 };
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		four_lines();
		jit.lines[1].jited += (uint64_t)wrong[i];
		look(&jit);
		assert_false(jit.jited.sound);
		assert_string_equal(jit.jited.complaint, "1 of its lines have wrong addresses in jited_linfo");
		assert_string_equal(runs(&jit), "P0-11 B11-21:0-2 B21-26:2-3@3 E26-28:3-4@4");
		done(&jit);
	}
}

/* As in a kernel that could not allocate it. */
static void without_addresses_lines_are_not_made_up(void **state)
{
	(void)state;
	four_lines();
	for (size_t i = 0; i < jit.line_count; i++)
		jit.lines[i].jited = 0;
	look(&jit);
	assert_null(jit.jited.complaint);
	assert_string_equal(runs(&jit), "P0-11 B11-26:0-3 E26-28:3-4@4");
}

static void check_complaint(const char *wanted)
{
	look(&jit);
	assert_false(jit.jited.sound);
	assert_string_equal(jit.jited.complaint, wanted);
	uint64_t at = IMAGE;
	for (size_t i = 0; i < jit.jited.count; i++) { /* without gaps all the same */
		assert_int_equal(jit.jited.runs[i].start, at);
		at = jit.jited.runs[i].end;
	}
	assert_int_equal(at, IMAGE + jit.size);
	done(&jit);
}

static void a_wrong_length_is_told(void **state)
{
	(void)state;
	four_lines();
	emit(&jit, "cc cc cc cc");
	check_complaint("its last 3 bytes are filling, no code");
	four_lines();
	jit.size--;
	check_complaint("it ends where the code goes on; it has no epilogue");
	four_lines();
	jit.size -= 4;
	check_complaint("its last instruction is cut off; it has no epilogue; 1 of its lines have wrong addresses in "
			"jited_linfo");
	four_lines();
	jit.size = 12;
	check_complaint("its last instruction is cut off; it has no epilogue; 3 of its lines have wrong addresses in "
			"jited_linfo");
}

/* An epilogue in front of a tail call, where the bytecode has them the other way round. */
static void another_order_is_told(void **state)
{
	(void)state;
	emit(&jit, "0f1f440000 31c0 55 4889e5 50 c9 c3 89d2 395624");
	size_t bound = forward("76");
	emit(&jit, "58 488b4930 4883c10b ffe1");
	arrive(bound);
	insn(&jit, IQ_BPF_CODE_TAIL_CALL);
	insn(&jit, IQ_BPF_CODE_EXIT);
	check_complaint("its ways out are in another order than the bytecode's");
}

static void other_bytes_are_told(void **state)
{
	(void)state;
	four_lines();
	memset(jit.bytes, 0xcc, jit.size);
	check_complaint("it begins with no prologue that is known");
	four_lines();
	memset(jit.bytes, 0x06, jit.size);
	check_complaint(
		"it begins with no prologue that is known; 28 bytes in it are no instructions, the first at +0");
	four_lines();
	jit.bytes[11] = 0x06;
	look(&jit);
	assert_non_null(strstr(jit.jited.complaint, "1 bytes in it are no instructions, the first at +11"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(calls_and_lines_mark_runs, forget),
		cmocka_unit_test_teardown(a_return_through_the_thunk_is_one, forget),
		cmocka_unit_test_teardown(the_first_exit_is_the_epilogue, forget),
		cmocka_unit_test_teardown(an_inlined_call_is_passed_over, forget),
		cmocka_unit_test_teardown(what_could_be_either_is_neither, forget),
		cmocka_unit_test_teardown(calls_that_do_not_fit_are_left_alone, forget),
		cmocka_unit_test_teardown(second_slots_are_no_instructions, forget),
		cmocka_unit_test_teardown(tail_calls_of_6_1, forget),
		cmocka_unit_test_teardown(tail_calls_of_6_12, forget),
		cmocka_unit_test_teardown(comparisons_with_33_are_no_tail_calls, forget),
		cmocka_unit_test_teardown(the_barrier_is_the_epilogues, forget),
		cmocka_unit_test_teardown(an_exception_callback_has_a_part_of_its_own, forget),
		cmocka_unit_test_teardown(one_wrong_line_costs_that_line_only, forget),
		cmocka_unit_test_teardown(without_addresses_lines_are_not_made_up, forget),
		cmocka_unit_test_teardown(a_wrong_length_is_told, forget),
		cmocka_unit_test_teardown(another_order_is_told, forget),
		cmocka_unit_test_teardown(other_bytes_are_told, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
