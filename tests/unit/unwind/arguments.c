// SPDX-License-Identifier: GPL-2.0-or-later
/* What a caller passed. Code by GNU as 2.40. */
#include "../cmocka_setup.h"

#include "machine.h"

/*
 *     caller:
 *      push %rbx
 *      push %r14
 *      sub $0x20,%rsp
 *      mov %rdi,%rbx
 *      mov %rsi,%r14
 *      test %rsi,%rsi
 *      je 1f
 *      call callee
 *     1: mov %rbx,%rdi
 *      lea 8(%rsp),%rsi
 *      mov %rbx,%rax
 *      mov %rax,%rdx
 *      mov 8(%rsp),%rcx
 *      xor %r8d,%r8d
 *      mov $0x77,%r9d
 *      call *%rax
 *     caller_ret:
 *      add $0x20,%rsp
 *      pop %r14
 *      pop %rbx
 *      ret
 *     torn: # two paths to the call
 *      push %rbx
 *      mov %rdi,%rbx
 *      test %rsi,%rsi
 *      je 1f
 *      mov %rbx,%rdi
 *     1: call callee
 *     torn_ret:
 *      pop %rbx
 *      ret
 *      int3 and half an instruction
 */
#define ARGUMENTS (CODE + 0x2000)
enum { CALLER_RET = 0x35, TORN_CALL = 0x3d, TORN_CALL_RET = 0x4e, ARGUMENTS_SIZE = 0x52 };

static const uint8_t arguments_code[ARGUMENTS_SIZE] = {
	0x53, 0x41, 0x56, 0x48, 0x83, 0xec, 0x20, 0x48, 0x89, 0xfb, 0x49, 0x89, 0xf6, 0x48, 0x85, 0xf6, 0x74,
	0x05, 0xe8, 0x8c, 0x0f, 0x00, 0x00, 0x48, 0x89, 0xdf, 0x48, 0x8d, 0x74, 0x24, 0x08, 0x48, 0x89, 0xd8,
	0x48, 0x89, 0xc2, 0x48, 0x8b, 0x4c, 0x24, 0x08, 0x45, 0x31, 0xc0, 0x41, 0xb9, 0x77, 0x00, 0x00, 0x00,
	0xff, 0xd0, 0x48, 0x83, 0xc4, 0x20, 0x41, 0x5e, 0x5b, 0xc3, 0x53, 0x48, 0x89, 0xfb, 0x48, 0x85, 0xf6,
	0x74, 0x03, 0x48, 0x89, 0xdf, 0xe8, 0x55, 0x0f, 0x00, 0x00, 0x5b, 0xc3, 0xcc, 0x48,
};

static void add_code(struct machine *m)
{
	static const struct iq_symbol names[] = {
		{ "caller", ARGUMENTS, TORN_CALL, 'T', IQ_SYMBOL_MODULE, "more" },
		{ "torn_call", ARGUMENTS + TORN_CALL, ARGUMENTS_SIZE - TORN_CALL, 'T', IQ_SYMBOL_MODULE, "more" },
	};
	struct iq_symbol_source *source;
	fake_add(&m->target, ARGUMENTS, arguments_code, sizeof(arguments_code));
	assert_null(iq_array_symbols_new(IQ_SYMBOL_MODULE, "more", names, IQ_ARRAY_SIZE(names), &source));
	assert_null(iq_symbols_add(m->symbols, source));
}

static struct iq_frame frame_at(unsigned offset)
{
	struct iq_frame frame = { .kind = IQ_FRAME_CALL, .pc = ARGUMENTS + offset, .pc_is_return = true };
	iq_reg_set(&frame.regs, IQ_X86_RBX, 0xb0b0);
	iq_reg_set(&frame.regs, IQ_X86_RSP, STACK + 0x40);
	return frame;
}

static void copies_addresses_and_constants(void **state)
{
	struct machine *m = *state;
	static const struct {
		uint8_t reg;
		uint64_t value;
	} known[] = { { IQ_X86_RDI, 0xb0b0 },
		      { IQ_X86_RSI, STACK + 0x48 },
		      { IQ_X86_RDX, 0xb0b0 }, /* by way of rax */
		      { IQ_X86_R8, 0 },
		      { IQ_X86_R9, 0x77 } };
	add_code(m);
	struct iq_frame frame = frame_at(CALLER_RET);
	uint64_t value;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(known); i++) {
		assert_null(iq_call_argument(m->unwinder, &frame, known[i].reg, &value));
		assert_int_equal(value, known[i].value);
	}
}

static struct iq_error *fails(struct machine *m, const struct iq_frame *frame, unsigned reg)
{
	uint64_t value;
	struct iq_error *error = iq_call_argument(m->unwinder, frame, reg, &value);
	assert_non_null(error);
	return error;
}

static void memory_and_unknown_registers_prove_nothing(void **state)
{
	struct machine *m = *state;
	add_code(m);
	struct iq_frame frame = frame_at(CALLER_RET);
	iq_error_free(fails(m, &frame, IQ_X86_RCX)); /* out of memory, which may have changed */
	iq_error_free(fails(m, &frame, IQ_X86_R14)); /* r14 is set before a place to which something jumps */
	frame.regs.known = 0;
	iq_error_free(fails(m, &frame, IQ_X86_RDI));
	frame = frame_at(CALLER_RET);
	frame.pc_is_return = false;
	iq_error_free(fails(m, &frame, IQ_X86_RDI));
	frame = frame_at(CALLER_RET - 1); /* no call before it */
	iq_error_free(fails(m, &frame, IQ_X86_RDI));
}

static void two_paths_prove_nothing(void **state)
{
	struct machine *m = *state;
	add_code(m);
	struct iq_frame frame = frame_at(TORN_CALL_RET);
	struct iq_error *error = fails(m, &frame, IQ_X86_RDI);
	assert_int_equal(error->code, IQ_ERROR_NOT_FOUND);
	iq_error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copies_addresses_and_constants, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(memory_and_unknown_registers_prove_nothing, open_machine,
						close_machine),
		cmocka_unit_test_setup_teardown(two_paths_prove_nothing, open_machine, close_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
