// SPDX-License-Identifier: GPL-2.0-or-later
/* Prologues of all shapes: emit_prologue(), push_callee_regs() and do_jit() in arch/x86/net/bpf_jit_comp.c of the named
 * kernels. Behind each stands mov $1,%eax, which is the body's. */
#include "../cmocka_setup.h"

#include "jit_code.h"

#define NOP5 "0f1f440000"
#define OLD_NOP5 "6666666690"
#define ENDBR "f30f1efa"
#define FRAME "55 4889e5"
#define ROOM_32 "4881ec20000000"
#define BODY "b801000000"
#define PUSH_ALL "53 4155 4156 4157"
#define POP_ALL "415f 415e 415d 5b"

static const struct {
	const char *what, *bytes;
	bool tail_calls;
	bool counts;
	unsigned saved;
	const char *order;
} shapes[] = {
	{ "5.4", FRAME ROOM_32 PUSH_ALL "6a00", true, false, 4, "bdef" },
	{ "5.10", OLD_NOP5 "6690" FRAME ROOM_32 "53 4155", false, false, 2, "bd" },
	{ "5.10, tail calls", OLD_NOP5 "31c0" FRAME ROOM_32 "50 53", true, true, 1, "b" },
	{ "5.10, tail calls, subprogram", OLD_NOP5 "6690" FRAME "50", true, true, 0, "" },
	{ "5.10, classic", OLD_NOP5 FRAME "53 4155 4156 4157", false, false, 4, "bdef" },
	{ "6.1", NOP5 "6690" FRAME ROOM_32, false, false, 0, "" },
	{ "6.1, IBT", ENDBR NOP5 "6690" FRAME ENDBR ROOM_32 "4157", false, false, 1, "f" },
	{ "6.1, IBT, tail calls", ENDBR NOP5 "31c0" FRAME ENDBR ROOM_32 "50 4155", true, true, 1, "d" },
	{ "6.1, with a trampoline", "e8fbff0f00 6690" FRAME ROOM_32, false, false, 0, "" },
	{ "6.1, IBT, with a trampoline", ENDBR "e8fbff0f00 6690" FRAME ENDBR, false, false, 0, "" },
	{ "6.1, replaced by an extension", "e9fbff0f00 6690" FRAME, false, false, 0, "" },
	{ "6.12", ENDBR NOP5 "0f1f00" FRAME ENDBR ROOM_32 "53", false, false, 1, "b" },
	{ "6.12, tail calls", ENDBR NOP5 "4831c0" FRAME ENDBR ROOM_32 "4883f821 7706 50 4889e0 eb01 50 50 53 4155",
	  true, true, 2, "bd" },
	{ "6.12, tail calls, subprogram", ENDBR NOP5 "0f1f00" FRAME ENDBR "50 50 53", true, true, 1, "b" },
	{ "6.12, exception boundary", ENDBR NOP5 "0f1f00" FRAME ENDBR "4154" PUSH_ALL, false, false, 5, "cbdef" },
	{ "6.12, arena below 4 GB", ENDBR NOP5 "0f1f00" FRAME ENDBR "4154 53 41bc00001000", false, false, 2, "cb" },
	{ "6.12, arena", ENDBR NOP5 "0f1f00" FRAME ENDBR "4154 53 49bc0000100000c9ffff", false, false, 2, "cb" },
	{ "6.12, FineIBT", "66 0f1f00" NOP5 "0f1f00" FRAME ENDBR "53", false, false, 1, "b" },
	{ "6.13, private stack", ENDBR NOP5 "0f1f00" FRAME ENDBR "53 49b90000100000c9ffff 654c030c2528400200", false,
	  false, 1, "b" },
};

/* Registers by a letter each: rbx, r12 to r15. */
static char letter(uint8_t reg)
{
	return reg == IQ_X86_RBX ? 'b' : (char)('c' + reg - IQ_X86_R12);
}

static void each_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct jit jit = { 0 };
		struct iq_bpf_prologue found;
		print_message("%s\n", shapes[i].what);
		emit(&jit, shapes[i].bytes);
		size_t length = jit.size, op;
		emit(&jit, BODY);
		assert_null(iq_bpf_machine_decode(&iq_arch_x86_64, jit.bytes, jit.size, IMAGE, &jit.machine));
		iq_bpf_prologue_find(&jit.machine, shapes[i].tail_calls, &found);
		assert_true(iq_bpf_machine_find(&jit.machine, IMAGE + length, &op));
		assert_int_equal(found.end, op);
		assert_int_equal(found.counts_tail_calls, shapes[i].counts);
		assert_int_equal(found.saved_count, shapes[i].saved);
		for (unsigned n = 0; n < found.saved_count; n++)
			assert_int_equal(letter(found.saved[n]), shapes[i].order[n]);
		assert_int_equal(found.takes_over_end, 0);
		assert_int_equal(found.pushes_zero, i == 0);
		done(&jit);
	}
}

/* 6.7: it gets the boundary program's stack and frame pointer and takes its registers back from there. */
static void an_exception_callback_takes_over(void **state)
{
	struct jit jit = { 0 };
	struct iq_bpf_prologue found;
	(void)state;
	emit(&jit, ENDBR NOP5 "0f1f00 4889f4 4889d5" POP_ALL "415c 4889ec" ENDBR ROOM_32 "53" BODY);
	assert_null(iq_bpf_machine_decode(&iq_arch_x86_64, jit.bytes, jit.size, IMAGE, &jit.machine));
	iq_bpf_prologue_find(&jit.machine, false, &found);
	assert_int_equal(found.takes_over, 3);
	assert_int_equal(found.takes_over_end, 3 + 2 + 5 + 1);
	assert_int_equal(found.end, 3 + 8 + 3);
	assert_int_equal(found.saved_count, 1);
	done(&jit);
}

/* A division saves RAX and RDX: in a function that counts no tail calls this is the body's. */
static void pushes_of_the_body_are_not_taken(void **state)
{
	struct jit jit = { 0 };
	struct iq_bpf_prologue found;
	(void)state;
	emit(&jit, NOP5 "6690" FRAME "50 52 49c7c303000000");
	assert_null(iq_bpf_machine_decode(&iq_arch_x86_64, jit.bytes, jit.size, IMAGE, &jit.machine));
	iq_bpf_prologue_find(&jit.machine, false, &found);
	assert_int_equal(found.end, 4);
	assert_false(found.counts_tail_calls);
	done(&jit);
}

/* cmp $3,%rax is the body's as well, if no push follows. */
static void a_comparison_of_the_body_is_not_taken(void **state)
{
	struct jit jit = { 0 };
	struct iq_bpf_prologue found;
	(void)state;
	emit(&jit, NOP5 "6690" FRAME "50 4883f803 7705" BODY);
	assert_null(iq_bpf_machine_decode(&iq_arch_x86_64, jit.bytes, jit.size, IMAGE, &jit.machine));
	iq_bpf_prologue_find(&jit.machine, true, &found);
	assert_int_equal(found.end, 5);
	done(&jit);
}

static void other_code_is_none(void **state)
{
	static const char *const others[] = {
		"",   "c3", "cccccccc", "4889e5 55",        NOP5 "55 4889e6", NOP5 NOP5 "e800000000",
		"55", "0f", "06",       NOP5 "6690 55 4889"
	};
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct jit jit = { 0 };
		struct iq_bpf_prologue found;
		emit(&jit, others[i]);
		assert_null(iq_bpf_machine_decode(&iq_arch_x86_64, jit.bytes, jit.size, IMAGE, &jit.machine));
		iq_bpf_prologue_find(&jit.machine, true, &found);
		assert_int_equal(found.end, 0);
		done(&jit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_known),
		cmocka_unit_test(an_exception_callback_takes_over),
		cmocka_unit_test(pushes_of_the_body_are_not_taken),
		cmocka_unit_test(a_comparison_of_the_body_is_not_taken),
		cmocka_unit_test(other_code_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
