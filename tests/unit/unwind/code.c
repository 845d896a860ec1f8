// SPDX-License-Identifier: GPL-2.0-or-later
/* The expected offsets were counted by hand from the listing in machine.h. */
#include "../cmocka_setup.h"

#include "machine.h"

static struct iq_code_frame frame_at(struct machine *m, unsigned offset, bool is_return)
{
	struct iq_code_frame frame;
	assert_null(iq_code_frame(m->unwinder, CODE + offset, is_return, &frame));
	return frame;
}

static void counts_pushes_and_subtractions(void **state)
{
	struct iq_code_frame f = frame_at(*state, VICTIM_RET, true);
	assert_true(f.sp_known && f.fp_known);
	assert_int_equal(f.sp_offset, -8 - 6 * 8 - 0x70);
	assert_int_equal(f.fp_offset, -16);
	static const uint8_t order[] = { IQ_X86_RBP, IQ_X86_R15, IQ_X86_R14, IQ_X86_R13, IQ_X86_R12, IQ_X86_RBX };
	for (int i = 0; i < 6; i++) {
		assert_true(f.saved >> order[i] & 1);
		assert_int_equal(f.save_offset[order[i]], -16 - 8 * i);
	}
}

static void an_exact_pc_is_where_it_is(void **state)
{
	struct iq_code_frame f = frame_at(*state, 0, false);
	assert_int_equal(f.sp_offset, -8);
	assert_false(f.fp_known);
	assert_true(f.unchanged >> IQ_X86_RBP & 1);
	assert_int_equal(f.saved, 0);
	f = frame_at(*state, 1, false); /* behind push %rbp */
	assert_int_equal(f.sp_offset, -16);
	assert_int_equal(f.saved, 1 << IQ_X86_RBP);
}

static void knows_what_an_early_return_skips(void **state)
{
	struct iq_code_frame f = frame_at(*state, WRAPPED_RET, true);
	assert_int_equal(f.sp_offset, -16);
	assert_true(f.saved >> IQ_X86_RBX & 1);
	assert_false(f.unchanged >> IQ_X86_RBX & 1);
	/* The ret is reached with and without the push: both have popped by then. */
	f = frame_at(*state, WRAPPED_AFTER_POP, false);
	assert_true(f.sp_known);
	assert_int_equal(f.sp_offset, -8);
	assert_true(f.unchanged >> IQ_X86_RBX & 1);
}

static void an_aligned_stack_has_no_constant_depth(void **state)
{
	struct iq_code_frame f = frame_at(*state, ALIGNED_RET, true);
	assert_false(f.sp_known);
	assert_false(f.fp_known);
}

static void paths_that_disagree_prove_nothing(void **state)
{
	struct iq_code_frame f = frame_at(*state, TORN_RET, true);
	assert_false(f.sp_known);
	assert_false(f.saved >> IQ_X86_RBX & 1);
}

static void a_function_may_end_with_a_call(void **state)
{
	struct iq_code_frame f = frame_at(*state, DOOMED_END, true);
	assert_true(f.sp_known);
	assert_int_equal(f.sp_offset, -8 - 8 - 0x10);
	assert_int_equal(f.save_offset[IQ_X86_RBX], -16);
}

static void reads_a_jited_prologue(void **state)
{
	struct iq_code_frame f = frame_at(*state, JIT_RET, true);
	assert_int_equal(f.sp_offset, -32);
	assert_int_equal(f.fp_offset, -16);
	assert_int_equal(f.save_offset[IQ_X86_RBX], -32);
	assert_int_equal(f.save_offset[IQ_X86_RBP], -16);
}

static void refuses_a_pc_that_no_path_reaches(void **state)
{
	struct machine *m = *state;
	struct iq_code_frame f;
	struct iq_error *error = iq_code_frame(m->unwinder, CODE + 2, false, &f); /* inside of mov %rsp,%rbp */
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	iq_error_free(error);
	error = iq_code_frame(m->unwinder, CODE + CODE_SIZE + 100, false, &f);
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	iq_error_free(error);
}

static void a_cold_part_belongs_to_the_function_that_jumps_there(void **state)
{
	struct machine *m = *state;
	struct iq_code_frame f;
	assert_null(iq_code_frame(m->unwinder, MORE + COLD_RET, true, &f));
	assert_true(f.sp_known);
	assert_int_equal(f.sp_offset, -8 - 8 - 8);
	assert_int_equal(f.save_offset[IQ_X86_RBP], -24);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_machine, close_machine)
	const struct CMUnitTest tests[] = {
		TEST(counts_pushes_and_subtractions),
		TEST(an_exact_pc_is_where_it_is),
		TEST(knows_what_an_early_return_skips),
		TEST(an_aligned_stack_has_no_constant_depth),
		TEST(paths_that_disagree_prove_nothing),
		TEST(a_function_may_end_with_a_call),
		TEST(reads_a_jited_prologue),
		TEST(a_cold_part_belongs_to_the_function_that_jumps_there),
		TEST(refuses_a_pc_that_no_path_reaches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
