// SPDX-License-Identifier: GPL-2.0-or-later
/* Values followed through programs of a few instructions. */
#include "../cmocka_setup.h"

#include "bpf/follow.h"
#include "bpf/insn_code.h"
#include "util/cleanup.h"

#include <string.h>

/* The instructions that the tests are made of. */
#define MOV(to, from)                                                                                                  \
	{                                                                                                              \
		0xbf, to, from, 0, 0                                                                                   \
	}
#define SET(to, imm)                                                                                                   \
	{                                                                                                              \
		0xb7, to, 0, 0, imm                                                                                    \
	}
#define ADD(to, imm)                                                                                                   \
	{                                                                                                              \
		0x07, to, 0, 0, imm                                                                                    \
	}
#define CALL(helper)                                                                                                   \
	{                                                                                                              \
		0x85, 0, 0, 0, helper                                                                                  \
	}
#define CALL_FUNCTION                                                                                                  \
	{                                                                                                              \
		0x85, 0, 1, 0, 1                                                                                       \
	}
#define SPILL(off, from)                                                                                               \
	{                                                                                                              \
		0x7b, 10, from, off, 0                                                                                 \
	}
#define FILL(to, off)                                                                                                  \
	{                                                                                                              \
		0x79, to, 10, off, 0                                                                                   \
	}
#define STORE(to, off, from)                                                                                           \
	{                                                                                                              \
		0x7b, to, from, off, 0                                                                                 \
	}
#define STORE_WORD(off, imm)                                                                                           \
	{                                                                                                              \
		0x62, 10, 0, off, imm                                                                                  \
	}
#define LOAD(to, from, off)                                                                                            \
	{                                                                                                              \
		0x79, to, from, off, 0                                                                                 \
	}
#define IF_ZERO(reg, off)                                                                                              \
	{                                                                                                              \
		0x15, reg, 0, off, 0                                                                                   \
	}
#define GOTO(off)                                                                                                      \
	{                                                                                                              \
		0x05, 0, 0, off, 0                                                                                     \
	}
#define IMM64(to, source)                                                                                              \
	{ 0x18, to, source, 0, 7 },                                                                                    \
	{                                                                                                              \
		0                                                                                                      \
	}
#define EXIT                                                                                                           \
	{                                                                                                              \
		0x95, 0, 0, 0, 0                                                                                       \
	}

struct program {
	struct iq_bpf_code code;
	struct iq_bpf_function function;
	struct iq_bpf_flow flow;
};

static void follow(struct program *p, const struct iq_bpf_insn *insns, size_t count)
{
	*p = (struct program){ .function = { .end = (uint32_t)count } };
	p->code = (struct iq_bpf_code){ .insns = (struct iq_bpf_insn *)(uintptr_t)insns,
					.insn_count = count,
					.functions = &p->function,
					.function_count = 1 };
	assert_null(iq_bpf_flow_load(&p->code, 0, &p->flow));
}

#define FOLLOW(p, ...)                                                                                                 \
	const struct iq_bpf_insn insns[] = { __VA_ARGS__ };                                                            \
	follow(p, insns, IQ_ARRAY_SIZE(insns))

#define assert_origin(o, k, number)                                                                                    \
	do {                                                                                                           \
		assert_int_equal((o).kind, k);                                                                         \
		assert_int_equal((o).n, number);                                                                       \
	} while (0)

static void calls_keep_four_registers(void **state)
{
	struct program p;
	FOLLOW(&p, MOV(6, 1), SET(7, -5), MOV(8, 10), ADD(8, -16), CALL(5), MOV(9, 0), EXIT);
	struct iq_bpf_origins at = iq_bpf_flow_before(&p.flow, 4);
	assert_true(at.reached && p.flow.complete);
	assert_origin(at.reg[1], IQ_BPF_ENTRY, 1);
	assert_origin(at.reg[5], IQ_BPF_ENTRY, 5);
	assert_origin(at.reg[9], IQ_BPF_UNSET, 0);
	at = iq_bpf_flow_behind(&p.flow, 4);
	assert_origin(at.reg[0], IQ_BPF_MADE, 4);
	for (unsigned reg = 1; reg <= 5; reg++)
		assert_origin(at.reg[reg], IQ_BPF_UNSET, 0);
	assert_origin(at.reg[6], IQ_BPF_ENTRY, 1);
	assert_origin(at.reg[7], IQ_BPF_NUMBER, -5);
	assert_origin(at.reg[8], IQ_BPF_ADDRESS, -16);
	assert_origin(at.reg[10], IQ_BPF_ADDRESS, 0);
	assert_origin(iq_bpf_flow_before(&p.flow, 6).reg[9], IQ_BPF_MADE, 4);
	iq_bpf_flow_free(&p.flow);
}

static void spilled_values_come_back(void **state)
{
	struct program p;
	FOLLOW(&p, SPILL(-8, 1), SPILL(-16, 2), FILL(6, -8), STORE_WORD(-12, 0), FILL(7, -16), EXIT);
	struct iq_bpf_origins at = iq_bpf_flow_before(&p.flow, 5);
	assert_origin(at.reg[6], IQ_BPF_ENTRY, 1);
	assert_origin(at.slot[0], IQ_BPF_ENTRY, 1);
	/* Its upper half was overwritten; what is there now has the name of the load. */
	assert_origin(at.slot[1], IQ_BPF_MADE, 4);
	assert_origin(at.reg[7], IQ_BPF_MADE, 4);
	assert_origin(at.slot[2], IQ_BPF_UNSET, 0);
	iq_bpf_flow_free(&p.flow);
}

static void a_helper_writes_behind_its_pointer(void **state)
{
	struct program p;
	FOLLOW(&p, SPILL(-8, 1), SPILL(-24, 1), MOV(2, 10), ADD(2, -16), SET(1, 0), SET(3, 0), SET(4, 0), SET(5, 0),
	       CALL(6), EXIT);
	struct iq_bpf_origins at = iq_bpf_flow_behind(&p.flow, 8);
	assert_origin(at.slot[0], IQ_BPF_ANYTHING, 0);
	assert_origin(at.slot[1], IQ_BPF_ANYTHING, 0);
	assert_origin(at.slot[2], IQ_BPF_ENTRY, 1);
	assert_origin(at.reg[0], IQ_BPF_ANYTHING, 0);
	iq_bpf_flow_free(&p.flow);
}

static void functions_and_callbacks_write_anywhere(void **state)
{
	struct program p;
	{
		FOLLOW(&p, SPILL(-24, 1), MOV(1, 10), ADD(1, -8), CALL_FUNCTION, EXIT);
		assert_origin(iq_bpf_flow_behind(&p.flow, 3).slot[2], IQ_BPF_ANYTHING, 0);
		iq_bpf_flow_free(&p.flow);
	}
	{
		FOLLOW(&p, SPILL(-24, 1), MOV(3, 10), ADD(3, -8), IMM64(2, IQ_BPF_PSEUDO_FUNC), CALL(181), EXIT);
		assert_origin(iq_bpf_flow_behind(&p.flow, 5).slot[2], IQ_BPF_ANYTHING, 0);
		iq_bpf_flow_free(&p.flow);
	}
	{
		/* A map in the same place, and no pointer into the stack. */
		FOLLOW(&p, SPILL(-24, 1), IMM64(2, 0), SET(3, 0), CALL(181), EXIT);
		assert_origin(iq_bpf_flow_behind(&p.flow, 4).slot[2], IQ_BPF_ENTRY, 1);
		assert_origin(iq_bpf_flow_before(&p.flow, 4).reg[2], IQ_BPF_IMM64, 1);
		iq_bpf_flow_free(&p.flow);
	}
}

static void paths_must_agree(void **state)
{
	struct program p;
	FOLLOW(&p, MOV(6, 1), MOV(7, 1), SPILL(-8, 1), IF_ZERO(2, 2), SET(7, 0), STORE_WORD(-8, 0), SET(0, 0), EXIT);
	struct iq_bpf_origins at = iq_bpf_flow_before(&p.flow, 6);
	assert_origin(at.reg[6], IQ_BPF_ENTRY, 1);
	assert_origin(at.reg[7], IQ_BPF_DATA, 0);
	assert_origin(at.slot[0], IQ_BPF_DATA, 0);
	/* Set on one path only: it is neither unset nor known. */
	assert_origin(at.reg[8], IQ_BPF_UNSET, 0);
	iq_bpf_flow_free(&p.flow);
}

static void another_round_makes_another_value(void **state)
{
	struct program p;
	/* r6 = the call's result of the round before, r7 = of this one */
	FOLLOW(&p, SET(7, 0), MOV(6, 7), CALL(5), MOV(7, 0), IF_ZERO(0, 1), GOTO(-5), SET(0, 0), EXIT);
	struct iq_bpf_origins at = iq_bpf_flow_before(&p.flow, 6);
	assert_origin(at.reg[7], IQ_BPF_MADE, 2);
	assert_true(at.reg[6].kind == IQ_BPF_DATA || at.reg[6].n != 2);
	iq_bpf_flow_free(&p.flow);
}

static void unknown_pointers_spoil_the_stack(void **state)
{
	struct program p;
	{
		/* r3 = fp + unknown */
		FOLLOW(&p, SPILL(-8, 1), MOV(3, 10), { 0x0f, 3, 2, 0, 0 }, STORE(3, 0, 4), FILL(6, -8), EXIT);
		assert_origin(iq_bpf_flow_before(&p.flow, 4).slot[0], IQ_BPF_ANYTHING, 0);
		assert_origin(iq_bpf_flow_before(&p.flow, 5).reg[6], IQ_BPF_ANYTHING, 0);
		iq_bpf_flow_free(&p.flow);
	}
	{
		/* What the program was given, or loaded, can't point there. */
		FOLLOW(&p, SPILL(-8, 1), LOAD(3, 2, 0), STORE(3, 0, 4), STORE(5, 0, 4), EXIT);
		assert_origin(iq_bpf_flow_before(&p.flow, 4).slot[0], IQ_BPF_ENTRY, 1);
		iq_bpf_flow_free(&p.flow);
	}
}

static void within_a_run_only_what_always_holds(void **state)
{
	struct program p;
	FOLLOW(&p, MOV(6, 1), SET(7, 1), SET(7, 2), EXIT);
	struct iq_bpf_origins at = iq_bpf_flow_within(&p.flow, 1, 4);
	assert_origin(at.reg[6], IQ_BPF_ENTRY, 1);
	assert_origin(at.reg[7], IQ_BPF_DATA, 0);
	assert_false(iq_bpf_flow_within(&p.flow, 2, 2).reached);
	iq_bpf_flow_free(&p.flow);
}

static void broken_code_says_nothing(void **state)
{
	struct program p;
	{
		FOLLOW(&p, MOV(6, 1), { 0xff, 15, 15, 0, 0 }, EXIT);
		assert_false(p.flow.complete);
		assert_false(iq_bpf_flow_before(&p.flow, 0).reached);
		iq_bpf_flow_free(&p.flow);
	}
	{
		FOLLOW(&p, GOTO(1000), EXIT);
		assert_false(p.flow.complete);
		iq_bpf_flow_free(&p.flow);
	}
	{
		FOLLOW(&p, GOTO(-1), EXIT); /* for ever */
		assert_true(p.flow.complete);
		assert_false(iq_bpf_flow_before(&p.flow, 1).reached);
		assert_false(iq_bpf_flow_before(&p.flow, 2).reached);
		iq_bpf_flow_free(&p.flow);
	}
	p.function = (struct iq_bpf_function){ .start = 1, .end = 70000 };
	p.code = (struct iq_bpf_code){ .functions = &p.function, .function_count = 1, .insn_count = 80000 };
	struct iq_error *error = iq_bpf_flow_load(&p.code, 0, &p.flow);
	assert_int_equal(error->code, IQ_ERROR_LIMIT);
	iq_error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_keep_four_registers),
		cmocka_unit_test(spilled_values_come_back),
		cmocka_unit_test(a_helper_writes_behind_its_pointer),
		cmocka_unit_test(functions_and_callbacks_write_anywhere),
		cmocka_unit_test(paths_must_agree),
		cmocka_unit_test(another_round_makes_another_value),
		cmocka_unit_test(unknown_pointers_spoil_the_stack),
		cmocka_unit_test(within_a_run_only_what_always_holds),
		cmocka_unit_test(broken_code_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
