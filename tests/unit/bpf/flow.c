/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values followed through programs that are put together here; what is expected is read off the instructions. */
#include "../cmocka_setup.h"

#include "bpf/flow.h"
#include "bpf/insn_code.h"
#include "util/cleanup.h"

#define MOV(d, s)                                                                                                      \
	{                                                                                                              \
		0xbf, d, s, 0, 0                                                                                       \
	}
#define MOVI(d, i)                                                                                                     \
	{                                                                                                              \
		0xb7, d, 0, 0, i                                                                                       \
	}
#define ADDI(d, i)                                                                                                     \
	{                                                                                                              \
		0x07, d, 0, 0, i                                                                                       \
	}
#define CALL(n)                                                                                                        \
	{                                                                                                              \
		0x85, 0, 0, 0, n                                                                                       \
	}
#define CALLF(off, n)                                                                                                  \
	{                                                                                                              \
		0x85, 0, 1, off, n                                                                                     \
	}
#define STORE(d, off, s)                                                                                               \
	{                                                                                                              \
		0x7b, d, s, off, 0                                                                                     \
	}
#define LOAD(d, s, off)                                                                                                \
	{                                                                                                              \
		0x79, d, s, off, 0                                                                                     \
	}
#define EXIT                                                                                                           \
	{                                                                                                              \
		0x95, 0, 0, 0, 0                                                                                       \
	}

enum { MAP = 0x5678, CALLBACK = 0x1234 };

struct program {
	const struct iq_bpf_insn *insns;
};

static struct iq_bpf_value constant(void *context, size_t index)
{
	const struct program *program = context;
	uint64_t value = (uint32_t)program->insns[index].imm;
	if (value == MAP)
		return (struct iq_bpf_value){ .kind = IQ_BPF_V_MAP, .id = 3 };
	if (value == CALLBACK)
		return (struct iq_bpf_value){ .kind = IQ_BPF_V_FUNCTION, .id = 1 };
	return iq_bpf_range(value, value);
}

/* Helper 1: the second argument says how long the first is. Helper 2: the third is the callback's second. Helper 3:
 * does not write. */
static struct iq_bpf_value_flow_call call(void *context, size_t index)
{
	const struct program *program = context;
	struct iq_bpf_insn insn = program->insns[index];
	struct iq_bpf_value_flow_call call = { IQ_BPF_NO_FUNCTION, { -1, -1, -1, -1, -1 }, { 0 }, -1, -1 };
	if (insn.src == IQ_BPF_PSEUDO_CALL)
		call.function = (uint32_t)insn.imm;
	else if (insn.imm == 1)
		call.size_of[0] = 1;
	else if (insn.imm == 2) {
		call.context_argument = 2;
		call.context_parameter = 1;
	} else {
		for (size_t i = 0; i < 5; i++)
			call.keeps[i] = true;
	}
	return call;
}

/* Runs a program whose second function, if any, begins at `second`. */
static void run(const struct iq_bpf_insn *insns, size_t count, size_t second, struct iq_bpf_value_flow *flow)
{
	struct program program = { insns };
	struct iq_bpf_value_flow_function functions[2] = {
		{ 0, (uint32_t)(second ? second : count), IQ_BPF_ENTRY_CONTEXT },
		{ (uint32_t)second, (uint32_t)count, IQ_BPF_ENTRY_CALLED },
	};
	struct iq_bpf_value_flow_input input = { insns, count, functions, second ? 2 : 1, constant, call, &program };
	assert_null(iq_bpf_value_flow_run(&input, flow));
	assert_true(flow->complete);
}

#define RUN(second, ...)                                                                                               \
	const struct iq_bpf_insn insns[] = { __VA_ARGS__ };                                                            \
	_cleanup_(iq_bpf_value_flow_free) struct iq_bpf_value_flow flow = { 0 };                                       \
	run(insns, IQ_ARRAY_SIZE(insns), second, &flow)

static void assert_number(const struct iq_bpf_value *value, uint64_t least, uint64_t most)
{
	assert_int_equal(value->kind, IQ_BPF_V_NUMBER);
	assert_int_equal(value->least, least);
	assert_int_equal(value->most, most);
}

static void assert_stack(const struct iq_bpf_value *value, uint32_t owner, int64_t offset, uint64_t span)
{
	assert_int_equal(value->kind, IQ_BPF_V_STACK);
	assert_int_equal(value->id, owner);
	assert_int_equal(value->offset, offset);
	assert_int_equal(value->span, span);
}

/* The program of the reference case: fp-1 with the length 0, twice. */
static void test_reference_case(void **state)
{
	(void)state;
	RUN(0, MOV(2, 10), ADDI(2, -1), MOVI(3, 0), MOV(4, 2), MOVI(5, 0), CALL(9), { 0x15, 0, 0, 2, 0 }, MOV(1, 0),
	    CALL(8), MOVI(0, 1), EXIT);
	assert_int_equal(flow.count, 2);
	assert_int_equal(flow.sites[0].insn, 5);
	assert_int_equal(flow.sites[0].arguments[0].kind, IQ_BPF_V_CONTEXT);
	assert_stack(&flow.sites[0].arguments[1], 0, -1, 0);
	assert_number(&flow.sites[0].arguments[2], 0, 0);
	assert_stack(&flow.sites[0].arguments[3], 0, -1, 0);
	assert_int_equal(flow.sites[0].initialised[3], 0);
	/* What the first call returned, and it is not NULL: the branch has seen to that. */
	assert_int_equal(flow.sites[1].arguments[0].kind, IQ_BPF_V_RESULT);
	assert_int_equal(flow.sites[1].arguments[0].id, 5);
	assert_false(flow.sites[1].arguments[0].maybe_null);
	/* R2 to R5 are lost in a call. */
	assert_int_equal(flow.sites[1].arguments[3].kind, IQ_BPF_V_UNKNOWN);
}

/* Spilled and filled again; a helper that was given a part of the frame has written that part and what lies above. */
static void test_spills(void **state)
{
	(void)state;
	RUN(0, STORE(10, -8, 1), STORE(10, -24, 1), MOV(1, 10), ADDI(1, -16), MOVI(2, 8), CALL(1), LOAD(1, 10, -8),
	    LOAD(2, 10, -24), MOV(3, 10), ADDI(3, -24), CALL(3), EXIT);
	assert_int_equal(flow.sites[0].initialised[0], 0);
	assert_int_equal(flow.sites[1].arguments[0].kind, IQ_BPF_V_UNKNOWN);
	assert_int_equal(flow.sites[1].arguments[1].kind, IQ_BPF_V_CONTEXT);
	assert_int_equal(flow.sites[1].initialised[2], 24); /* 8 stored, 8 filled by the helper, 8 stored */
}

/* Two ways that meet: 16 or 32 into the frame, initialised on one of them only. */
static void test_join(void **state)
{
	(void)state;
	RUN(0, MOVI(6, 5), LOAD(7, 1, 0), MOV(2, 10), { 0x15, 7, 0, 4, 0 }, ADDI(2, -16), STORE(10, -16, 7), MOVI(6, 9),
	    { 0x05, 0, 0, 1, 0 }, ADDI(2, -32), MOV(3, 6), MOV(4, 10), ADDI(4, -16), CALL(3), EXIT);
	assert_stack(&flow.sites[0].arguments[1], 0, -32, 16);
	assert_number(&flow.sites[0].arguments[2], 5, 9);
	assert_int_equal(flow.sites[0].initialised[3], 0);
}

/* for (r6 = 0; r6 < 10; r6++) call(r6): ends, and the branch keeps the range that widening has lost. */
static void test_loop(void **state)
{
	(void)state;
	RUN(0, MOVI(6, 0), { 0x35, 6, 0, 4, 10 }, MOV(1, 6), CALL(3), ADDI(6, 1), { 0x05, 0, 0, -5, 0 }, MOV(1, 6),
	    CALL(3), EXIT);
	assert_number(&flow.sites[0].arguments[0], 0, 9);
	assert_true(flow.sites[1].reached);
	assert_int_not_equal(flow.sites[1].arguments[0].least, 0); /* at least 10 */
}

/* r1 &= 7; r2 = fp - 64 + r1 */
static void test_ranges(void **state)
{
	(void)state;
	RUN(0, { 0x61, 1, 1, 0, 0 }, { 0x57, 1, 0, 0, 7 }, MOV(2, 10), ADDI(2, -64), { 0x0f, 2, 1, 0, 0 },
	    { 0x67, 1, 0, 0, 2 }, MOV(3, 10), { 0x1f, 3, 2, 0, 0 }, CALL(3), EXIT);
	assert_number(&flow.sites[0].arguments[0], 0, 28);
	assert_stack(&flow.sites[0].arguments[1], 0, -64, 7);
}

/* A static function that is given its caller's frame writes there; the callers' other slots stay as they were. */
static void test_function(void **state)
{
	(void)state;
	RUN(10, STORE(10, -8, 1), STORE(10, -16, 1), MOV(6, 1), MOV(1, 10), ADDI(1, -16), CALLF(4, 1), LOAD(1, 10, -8),
	    LOAD(2, 10, -16), CALL(3), EXIT,
	    /* 10: */ MOVI(2, 7), STORE(1, 0, 2), MOV(2, 10), ADDI(2, -4), CALL(3), EXIT);
	assert_int_equal(flow.count, 3);
	assert_int_equal(flow.sites[1].arguments[0].kind, IQ_BPF_V_CONTEXT);
	assert_int_equal(flow.sites[1].arguments[1].kind, IQ_BPF_V_UNKNOWN);
	assert_int_equal(flow.sites[2].function, 1);
	assert_stack(&flow.sites[2].arguments[0], 0, -16, 0);
	assert_stack(&flow.sites[2].arguments[1], 1, -4, 0);
}

/* bpf_loop(10, callback, fp-8, 0): the callback's second argument is the frame's place. */
static void test_callback(void **state)
{
	(void)state;
	RUN(8, MOVI(1, 10), { 0x18, 2, 4, 0, CALLBACK }, { 0 }, MOV(3, 10), ADDI(3, -8), MOVI(4, 0), CALL(2), EXIT,
	    /* 8: */ MOV(1, 2), CALL(3), EXIT);
	assert_int_equal(flow.sites[0].arguments[1].kind, IQ_BPF_V_FUNCTION);
	assert_true(flow.sites[1].reached);
	assert_stack(&flow.sites[1].arguments[0], 0, -8, 0);
}

/* A map or NULL is a map behind the check; a function that nobody calls is not reached. */
static void test_null(void **state)
{
	(void)state;
	RUN(10, LOAD(6, 1, 0), { 0x18, 1, 0, 0, MAP }, { 0 }, { 0x55, 6, 0, 1, 0 }, MOVI(1, 0), CALL(3), EXIT, EXIT,
	    EXIT, EXIT,
	    /* 10: */ CALL(3), EXIT);
	assert_int_equal(flow.sites[0].arguments[0].kind, IQ_BPF_V_MAP);
	assert_int_equal(flow.sites[0].arguments[0].id, 3);
	assert_true(flow.sites[0].arguments[0].maybe_null);
	assert_false(flow.sites[1].reached);
}

/* A jump through a register may lead to each instruction of its function, with what any such jump takes along. Many of
 * them are no more work than one. */
static void test_jumps_anywhere(void **state)
{
	enum { LENGTH = 20000 };
	static struct iq_bpf_insn many[LENGTH];
	(void)state;
	RUN(0, MOVI(6, 1), { 0x0d, 7, 0, 0, 0 }, MOVI(6, 2), MOV(2, 6), CALL(3), EXIT);
	assert_int_equal(flow.count, 1);
	assert_true(flow.sites[0].reached);
	/* R6 is 1 where the jump led to instruction 3, 2 where it led to the one before. R2 is not set where it led to
	 * the call. */
	assert_int_equal(flow.sites[0].arguments[1].kind, IQ_BPF_V_UNKNOWN);
	for (uint32_t i = 0; i < LENGTH; i++)
		many[i] = i & 1 ? (struct iq_bpf_insn){ 0x0d, 7, 0, 0, 0 } : (struct iq_bpf_insn)MOVI(6, (int32_t)i);
	_cleanup_(iq_bpf_value_flow_free) struct iq_bpf_value_flow of_many = { 0 };
	run(many, LENGTH, 0, &of_many);
}

/* What an ALU instruction makes of constants: worked out by hand, from instruction-set.rst. */
static void test_arithmetic(void **state)
{
	static const struct {
		struct iq_bpf_insn insn;
		uint64_t dst, src, result;
	} cases[] = {
		{ { 0x07, 1, 0, 0, -1 }, 5, (uint64_t)-1, 4 },
		{ { 0x04, 1, 0, 0, -1 }, 0, (uint64_t)-1, 0xffffffff },
		{ { 0x3f, 1, 2, 0, 0 }, 7, 0, 0 },                       /* by zero: zero */
		{ { 0x9f, 1, 2, 0, 0 }, 7, 0, 7 },                       /* modulo zero: as it was */
		{ { 0x3f, 1, 2, 1, 0 }, (uint64_t)-7, 2, (uint64_t)-3 }, /* signed */
		{ { 0x9f, 1, 2, 1, 0 }, (uint64_t)-7, 2, (uint64_t)-1 }, /* signed */
		{ { 0x3f, 1, 2, 1, 0 }, UINT64_C(1) << 63, (uint64_t)-1, UINT64_C(1) << 63 },
		{ { 0xc7, 1, 0, 0, 4 }, (uint64_t)-256, 4, (uint64_t)-16 },
		{ { 0xc4, 1, 0, 0, 4 }, 0xffffff00, 4, 0xfffffff0 },
		{ { 0x67, 1, 0, 0, 32 }, 1, 32, UINT64_C(1) << 32 },
		{ { 0x87, 1, 0, 0, 0 }, 1, 0, (uint64_t)-1 },
		{ { 0x84, 1, 0, 0, 0 }, 1, 0, 0xffffffff },
		{ { 0xbf, 1, 2, 8, 0 }, 0, 0x80, (uint64_t)-128 },
		{ { 0xbc, 1, 2, 8, 0 }, 0, 0x80, 0xffffff80 },
		{ { 0xdc, 1, 0, 0, 16 }, 0x112233445566, 0, 0x6655 },
		{ { 0xd7, 1, 0, 0, 32 }, 0x11223344, 0, 0x44332211 },
		{ { 0xd4, 1, 0, 0, 32 }, 0x112233445566, 0, 0x33445566 },
	};
	(void)state;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		struct iq_bpf_value dst = iq_bpf_range(cases[i].dst, cases[i].dst);
		struct iq_bpf_value src = iq_bpf_range(cases[i].src, cases[i].src);
		struct iq_bpf_value result = iq_bpf_value_alu(cases[i].insn, &dst, &src);
		if (!iq_bpf_is_constant(&result) || result.least != cases[i].result)
			fail_msg("%zu: %lx, not %lx", i, result.least, cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_case), cmocka_unit_test(test_spills), cmocka_unit_test(test_join),
		cmocka_unit_test(test_loop),           cmocka_unit_test(test_ranges), cmocka_unit_test(test_function),
		cmocka_unit_test(test_callback),       cmocka_unit_test(test_null),   cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_jumps_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
