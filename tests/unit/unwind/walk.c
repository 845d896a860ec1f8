// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks over stacks laid out by hand, with and without ORC. */
#include "../cmocka_setup.h"

#include "machine.h"

#include <string.h>

#define WORD(n) (STACK + 8 * (uint64_t)(n))
#define ORC_IP UINT64_C(0xffffffff82000000)
#define ORC UINT64_C(0xffffffff82100000)

struct orc_bytes {
	int16_t sp_offset, bp_offset;
	uint16_t flags;
} __attribute__((packed));

enum { SP = 5, BP = 4, PREV_SP = 1 };
enum { CALL = 2, REGS = 3, END = 1 }; /* since 6.4 */

static int32_t orc_ips[8];
static struct orc_bytes orc_entries[8];

static struct iq_regs regs_at(uint64_t pc, uint64_t sp)
{
	struct iq_regs regs = { 0 };
	iq_reg_set(&regs, IQ_X86_RIP, pc);
	iq_reg_set(&regs, IQ_X86_RSP, sp);
	iq_reg_set(&regs, IQ_X86_CS, 0x10);
	return regs;
}

static struct iq_backtrace walk(struct machine *m, struct iq_regs regs, bool exact, unsigned flags)
{
	struct iq_backtrace trace;
	assert_null(iq_unwind(m->unwinder, &regs, exact, 0, flags, &trace));
	return trace;
}

static void orc(unsigned i, unsigned code, int16_t sp_offset, unsigned sp_reg, int16_t bp_offset, unsigned bp_reg, unsigned type)
{
	orc_ips[i] = (int32_t)(CODE + code - (ORC_IP + 4 * i));
	orc_entries[i] = (struct orc_bytes){ sp_offset, bp_offset, (uint16_t)(sp_reg | bp_reg << 4 | type << 8) };
}

static void use_orc(struct machine *m, unsigned count)
{
	fake_add(&m->target, ORC_IP, orc_ips, 4 * count);
	fake_add(&m->target, ORC, orc_entries, sizeof(struct orc_bytes) * count);
	machine_image.orc = (struct iq_orc_table){ .ip = ORC_IP, .orc = ORC, .count = count };
}

/* bpf_test_run's case: RBP is destroyed at an exact pc, the frames behind it are found by the stack's depth. */
static void survives_a_destroyed_frame_pointer(void **state)
{
	struct machine *m = *state;
	struct iq_regs regs = regs_at(CODE + VICTIM_RET, WORD(10));
	iq_reg_set(&regs, IQ_X86_RBP, 0xffffffffea1cfd80);
	m->stack[10 + 0x70 / 8 + 6] = CODE + WRAPPED_RET; /* six saved registers below the return address */
	m->stack[10 + 0x70 / 8 + 5] = WORD(100);          /* of them, rbp is the highest */
	m->stack[10 + 0x70 / 8] = 0xb;                    /* rbx the lowest */
	m->stack[31 + 1] = CODE + JIT_RET;                /* wrapped has saved rbx below its return address */
	m->stack[33 + 3] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs, true, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 4);
	assert_int_equal(t.frames[1].pc, CODE + WRAPPED_RET);
	assert_int_equal(t.frames[1].proof, IQ_PROOF_CODE);
	assert_int_equal(t.frames[1].pc_slot, WORD(30));
	assert_int_equal(t.frames[1].sp, WORD(31));
	assert_int_equal(t.frames[1].regs.value[IQ_X86_RBP], WORD(100));
	assert_int_equal(t.frames[1].slots[IQ_X86_RBP], WORD(29));
	assert_int_equal(t.frames[1].regs.value[IQ_X86_RBX], 0xb);
	assert_int_equal(t.frames[2].pc, CODE + JIT_RET);
	assert_int_equal(t.frames[3].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

static void follows_orc_through_saved_registers(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 168, SP, -16, PREV_SP, CALL);
	orc(1, WRAPPED, 0, SP, 0, 0, REGS);
	orc(2, JIT, 32, SP, -16, PREV_SP, CALL);
	orc(3, CALLEE, 0, 0, 0, 0, END);
	use_orc(m, 4);
	m->stack[20] = CODE + WRAPPED_RET; /* victim's frame is 168 bytes: words 0 to 20 */
	m->stack[19] = 0x1234;
	/* struct pt_regs at word 21: rip is its word 16, then cs, rflags, rsp, ss */
	m->stack[21 + 16] = CODE + JIT_RET;
	m->stack[21 + 17] = 0x10;
	m->stack[21 + 18] = 0x246;
	m->stack[21 + 19] = WORD(60);
	m->stack[21 + 20] = 0x18;
	m->stack[60 + 3] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(CODE + VICTIM_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 4);
	assert_int_equal(t.frames[1].proof, IQ_PROOF_ORC);
	assert_int_equal(t.frames[1].regs.value[IQ_X86_RBP], 0x1234);
	assert_int_equal(t.frames[2].kind, IQ_FRAME_EXCEPTION);
	assert_int_equal(t.frames[2].pt_regs, WORD(21));
	assert_int_equal(t.frames[2].sp, WORD(60));
	assert_false(t.frames[2].pc_is_return);
	assert_int_equal(t.frames[3].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

/* The same tables as kernels before 6.4 wrote them: two bits of type, 0 a call, 1 registers, and the end in bit 10. */
static void reads_the_older_layout(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 168, SP, -16, PREV_SP, 0);
	orc(1, WRAPPED, 16, SP, 0, 0, 0);
	orc(2, JIT, 32, SP, -16, PREV_SP, 0);
	orc(3, CALLEE, 0, 0, 0, 0, 4);
	use_orc(m, 4);
	m->stack[20] = CODE + WRAPPED_RET;
	m->stack[22] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(CODE + VICTIM_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 3);
	assert_int_equal(t.frames[2].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

static void ends_with_the_registers_of_user_mode(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 0, SP, 0, 0, REGS);
	orc(1, WRAPPED, 16, SP, 0, 0, CALL); /* tells the layout */
	use_orc(m, 2);
	m->stack[16] = 0x401000;
	m->stack[17] = 0x33;
	m->stack[18] = 0x246;
	m->stack[19] = 0x7ffe00001000;
	m->stack[20] = 0x2b;
	struct iq_backtrace t = walk(m, regs_at(CODE + VICTIM_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.frames[1].kind, IQ_FRAME_USER);
	assert_int_equal(t.frames[1].pc, 0x401000);
	iq_backtrace_free(&t);
}

/* A struct pt_regs at a word of the stack. */
static void save_regs(struct machine *m, unsigned word, uint64_t pc, uint64_t sp, uint64_t flags)
{
	m->stack[word + 16] = pc;
	m->stack[word + 17] = 0x10;
	m->stack[word + 18] = flags;
	m->stack[word + 19] = sp;
	m->stack[word + 20] = 0x18;
}

/* A call to a non-canonical address: QEMU (and AMD's CPUs) save that address as rip. */
static void comes_by_a_jump_to_no_address(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 168, SP, -16, PREV_SP, CALL);
	orc(1, WRAPPED, 0, SP, 0, 0, REGS);
	orc(2, JIT, 32, SP, -16, PREV_SP, CALL);
	orc(3, CALLEE, 0, 0, 0, 0, END);
	use_orc(m, 4);
	save_regs(m, 21, 0xdeadbeefdeadbeef, WORD(500), 0x246);
	m->stack[500] = CODE + JIT_RET;
	m->stack[504] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(CODE + WRAPPED_RET, WORD(21)), false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 4);
	assert_int_equal(t.frames[1].pc, 0xdeadbeefdeadbeef);
	assert_int_equal(t.frames[2].pc, CODE + JIT_RET);
	assert_int_equal(t.frames[3].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

/* A double fault on a guard page: the saved stack pointer is on no stack, and the saved registers are to be believed
 * all the same. */
static void believes_saved_registers_off_the_stack(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 168, SP, -16, PREV_SP, CALL);
	orc(1, WRAPPED, 0, SP, 0, 0, REGS);
	orc(2, JIT, 32, SP, -16, PREV_SP, CALL);
	orc(3, CALLEE, 0, 0, 0, 0, END);
	use_orc(m, 4);
	save_regs(m, 21, CODE + JIT_RET, STACK - 16, 0x1008266);
	m->stack[1] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(CODE + WRAPPED_RET, WORD(21)), false, 0);
	assert_true(t.count >= 3);
	assert_int_equal(t.frames[1].kind, IQ_FRAME_EXCEPTION);
	assert_int_equal(t.frames[1].sp, STACK - 16);
	assert_null(t.frames[1].stack.name);
	assert_int_equal(t.frames[2].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

/* A kprobe's int3 stands in place of a push that has not run: the frame is that before it, though the saved pc is
 * behind it. */
static void an_int3_has_run_nothing(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 8, SP, 0, 0, CALL);
	orc(1, 1, 16, SP, -16, PREV_SP, CALL);
	orc(2, WRAPPED, 16, SP, 0, 0, CALL);
	orc(3, CALLEE, 0, 0, 0, 0, END);
	orc(4, (unsigned)(MORE + INT3 - CODE), 0, SP, 0, 0, REGS);
	use_orc(m, 5);
	save_regs(m, 0, CODE + 1, WORD(500), 0x246);
	m->stack[500] = CODE + WRAPPED_RET;
	m->stack[501] = CODE + JIT_RET; /* where it would be if the push had run */
	m->stack[502] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(MORE + INT3_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 4);
	assert_int_equal(t.frames[1].pc, CODE + 1);
	assert_true(t.frames[1].pc_is_behind);
	assert_int_equal(t.frames[2].pc, CODE + WRAPPED_RET);
	assert_int_equal(t.frames[3].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

/* Entry code that was struck before it did anything: the CPU's five words are on top of the stack, or an error code is
 * above them. There is no ORC here. */
static void entry_code_may_be_struck_at_once(void **state)
{
	struct machine *m = *state;
	for (unsigned at = 0; at < 2; at++) {
		const uint64_t words[] = { CODE + 1, 0x10, 0x246, WORD(60), 0x18 };
		memset(m->stack, 0, sizeof(m->stack));
		memcpy(&m->stack[at], words, sizeof(words));
		m->stack[60] = CODE + WRAPPED_RET;
		m->stack[62] = CODE + CALLEE + 1;
		struct iq_regs regs = regs_at(MORE + INT3, WORD(0));
		iq_reg_set(&regs, IQ_X86_RDI, 0xd1d1);
		struct iq_backtrace t = walk(m, regs, true, 0);
		assert_int_equal(t.end, IQ_END_COMPLETE);
		assert_int_equal(t.count, 4);
		assert_int_equal(t.frames[1].kind, IQ_FRAME_EXCEPTION);
		assert_int_equal(t.frames[1].pc, CODE + 1);
		assert_int_equal(t.frames[1].sp, WORD(60));
		assert_int_equal(t.frames[1].regs.value[IQ_X86_RDI], 0xd1d1);
		assert_int_equal(t.frames[2].pc, CODE + WRAPPED_RET);
		iq_backtrace_free(&t);
	}
}

/* The detour of an optimised kprobe keeps registers, of the function that jumps to it. */
static void sees_who_jumped_to_a_detour(void **state)
{
	struct machine *m = *state;
	save_regs(m, 0, MORE + PROBED + 1, WORD(60), 0x246);
	m->stack[17] |= UINT64_C(0xffffffff81230000); /* since 6.9 only 16 bits of cs are written */
	m->stack[21] = CODE + JIT_RET; /* above the registers: not where the walk goes on */
	m->stack[60] = CODE + WRAPPED_RET;
	m->stack[62] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(MORE + DETOUR_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 4);
	assert_int_equal(t.frames[1].kind, IQ_FRAME_EXCEPTION);
	assert_int_equal(t.frames[1].pc, MORE + PROBED + 1);
	assert_int_equal(t.frames[2].pc, CODE + WRAPPED_RET);
	assert_int_equal(t.frames[3].pc, CODE + CALLEE + 1);
	iq_backtrace_free(&t);
}

/* Registers of a function that does not jump to the detour prove nothing. */
static void a_detour_is_proven_by_the_jump(void **state)
{
	struct machine *m = *state;
	save_regs(m, 0, CODE + 1, WORD(60), 0x246);
	m->stack[60] = CODE + WRAPPED_RET;
	struct iq_backtrace t = walk(m, regs_at(MORE + DETOUR_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	assert_int_equal(t.count, 1);
	iq_backtrace_free(&t);
}

/* Nobody knows what the tracer's trampoline replaced: what lies above it is no return address of the next function. */
static void ends_at_a_lost_return_address(void **state)
{
	struct machine *m = *state;
	m->stack[21] = MORE + RETHOOK; /* victim's return address */
	m->stack[22] = CODE + WRAPPED_RET;
	struct iq_backtrace t = walk(m, regs_at(CODE + VICTIM_RET, WORD(1)), false, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.frames[1].pc, MORE + RETHOOK);
	assert_non_null(strstr(t.reason, "a tracer replaced the return address"));
	iq_backtrace_free(&t);
}

/* A call through a NULL pointer has pushed its return address, and done nothing else. */
static void finds_the_caller_of_nowhere(void **state)
{
	struct machine *m = *state;
	m->stack[5] = CODE + JIT_RET;
	m->stack[6 + 3] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(0, WORD(5)), true, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 3);
	assert_int_equal(t.frames[1].pc, CODE + JIT_RET);
	iq_backtrace_free(&t);
	m->stack[5] = CODE + JIT_RET + 1; /* no call stands before this */
	t = walk(m, regs_at(0, WORD(5)), true, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	assert_int_equal(t.count, 1);
	iq_backtrace_free(&t);
}

static void a_return_address_outside_all_code_ends_the_walk(void **state)
{
	struct machine *m = *state;
	m->stack[1] = 0xdead000000000100;
	struct iq_backtrace t = walk(m, regs_at(CODE + WRAPPED_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_DAMAGED);
	assert_int_equal(t.count, 1);
	assert_non_null(strstr(t.reason, "0xdead000000000100"));
	iq_backtrace_free(&t);
}

static void a_cycle_ends_the_walk(void **state)
{
	struct machine *m = *state;
	orc(0, 0, 0, SP, 0, 0, REGS);
	orc(1, WRAPPED, 16, SP, 0, 0, CALL); /* tells the layout */
	use_orc(m, 2);
	m->stack[16] = CODE + VICTIM_RET;
	m->stack[17] = 0x10;
	m->stack[19] = WORD(0); /* the interrupted function would have had the very same stack */
	struct iq_backtrace t = walk(m, regs_at(CODE + VICTIM_RET, WORD(0)), false, 0);
	assert_int_equal(t.end, IQ_END_DAMAGED);
	assert_true(t.count <= 3);
	iq_backtrace_free(&t);
}

static void a_stack_pointer_on_no_stack_ends_the_walk(void **state)
{
	struct machine *m = *state;
	struct iq_backtrace t = walk(m, regs_at(CODE + WRAPPED_RET, STACK + STACK_WORDS * 8 - 8), false, 0);
	assert_int_equal(t.end, IQ_END_DAMAGED);
	assert_int_equal(t.count, 1);
	iq_backtrace_free(&t);
}

static void a_scan_is_marked_as_one(void **state)
{
	struct machine *m = *state;
	m->stack[3] = CODE + WRAPPED_RET;
	m->stack[7] = CODE + WRAPPED_RET + 1; /* no call before it */
	m->stack[9] = CODE + JIT_RET;
	struct iq_backtrace t = walk(m, regs_at(CODE + TORN_RET, WORD(2)), false, IQ_UNWIND_SCAN);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	assert_int_equal(t.count, 3);
	for (size_t i = 1; i < t.count; i++) {
		assert_int_equal(t.frames[i].kind, IQ_FRAME_POSSIBLE);
		assert_int_equal(t.frames[i].proof, IQ_PROOF_NONE);
	}
	assert_int_equal(t.frames[1].pc_slot, WORD(3));
	assert_int_equal(t.frames[2].pc_slot, WORD(9));
	iq_backtrace_free(&t);
}

static void follows_the_frame_pointer_where_the_depth_varies(void **state)
{
	struct machine *m = *state;
	struct iq_regs regs = regs_at(CODE + ALIGNED_RET, WORD(8));
	iq_reg_set(&regs, IQ_X86_RBP, WORD(16));
	m->stack[16] = WORD(40);
	m->stack[17] = CODE + JIT_RET;
	m->stack[18 + 3] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs, false, 0);
	assert_true(t.count >= 2);
	assert_int_equal(t.frames[1].pc, CODE + JIT_RET);
	assert_int_equal(t.frames[1].proof, IQ_PROOF_FRAME_POINTER);
	iq_backtrace_free(&t);
}

/* CFA = RSP + 16, rbx saved below the return address; rbp and r12 as they were. */
static void use_cfi(uint64_t pc)
{
	machine_dwarf.pc = pc;
	machine_dwarf.cfi = (struct iq_cfi){ .cfa_reg = 7, .cfa_offset = 16, .return_reg = 16 };
	machine_dwarf.cfi.rules[16] = IQ_CFI_AT_CFA;
	machine_dwarf.cfi.offsets[16] = -8;
	machine_dwarf.cfi.rules[3] = IQ_CFI_AT_CFA;
	machine_dwarf.cfi.offsets[3] = -16;
	machine_dwarf.cfi.rules[6] = machine_dwarf.cfi.rules[12] = IQ_CFI_SAME;
}

/* torn pushed rbx or did not: its code can't tell, DWARF can. */
static void goes_on_by_call_frame_information(void **state)
{
	struct machine *m = *state;
	struct iq_regs regs = regs_at(CODE + TORN_RET, WORD(10));
	iq_reg_set(&regs, IQ_X86_R12, 0x1212);
	iq_reg_set(&regs, IQ_X86_RAX, 0xaaaa);
	m->stack[10] = 0xb;
	m->stack[11] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs, false, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	assert_int_equal(t.count, 1);
	iq_backtrace_free(&t);

	use_cfi(CODE + TORN_RET - 1); /* the call, not what comes after it */
	t = walk(m, regs, false, 0);
	assert_int_equal(t.end, IQ_END_COMPLETE);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.frames[1].proof, IQ_PROOF_CFI);
	assert_int_equal(t.frames[1].pc, CODE + CALLEE + 1);
	assert_int_equal(t.frames[1].pc_slot, WORD(11));
	assert_int_equal(t.frames[1].sp, WORD(12));
	assert_int_equal(t.frames[1].regs.value[IQ_X86_RBX], 0xb);
	assert_int_equal(t.frames[1].slots[IQ_X86_RBX], WORD(10));
	assert_int_equal(t.frames[1].regs.value[IQ_X86_R12], 0x1212);
	assert_false(iq_reg_known(&t.frames[1].regs, IQ_X86_RBP)); /* it was not known */
	assert_false(iq_reg_known(&t.frames[1].regs, IQ_X86_RAX)); /* the callee may have changed it */
	iq_backtrace_free(&t);
}

static void refuses_what_call_frame_information_leads_to(void **state)
{
	struct machine *m = *state;
	use_cfi(CODE + TORN_RET - 1);
	m->stack[11] = CODE + 1; /* in code, but no return address */
	struct iq_backtrace t = walk(m, regs_at(CODE + TORN_RET, WORD(10)), false, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	iq_backtrace_free(&t);
	m->stack[11] = CODE + CALLEE + 1;
	machine_dwarf.cfi.cfa_is_expression = true;
	t = walk(m, regs_at(CODE + TORN_RET, WORD(10)), false, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	iq_backtrace_free(&t);
	machine_dwarf.cfi.cfa_is_expression = false;
	machine_dwarf.cfi.cfa_reg = 6; /* rbp, which is not known */
	t = walk(m, regs_at(CODE + TORN_RET, WORD(10)), false, 0);
	assert_int_equal(t.end, IQ_END_UNPROVEN);
	iq_backtrace_free(&t);
}

/* What ORC and the code prove is never asked of DWARF; once it is open, it has the registers. */
static void asks_for_debug_information_only_at_need(void **state)
{
	struct machine *m = *state;
	orc(0, WRAPPED, 16, SP, 0, 0, CALL);
	orc(1, JIT, 32, SP, -16, PREV_SP, CALL);
	orc(2, CALLEE, 0, 0, 0, 0, END);
	use_orc(m, 3);
	use_cfi(CODE + WRAPPED_RET - 1);
	m->stack[10] = 0xb; /* wrapped has saved rbx */
	m->stack[11] = CODE + CALLEE + 1;
	struct iq_backtrace t = walk(m, regs_at(CODE + WRAPPED_RET, WORD(10)), false, IQ_UNWIND_CALLEE_SAVED);
	assert_int_equal(machine_dwarf.asked, 0);
	assert_int_equal(t.frames[1].proof, IQ_PROOF_ORC);
	assert_int_equal(t.frames[1].slots[IQ_X86_RBX], WORD(10)); /* by the code */
	iq_backtrace_free(&t);

	machine_dwarf.open = true;
	machine_dwarf.cfi.rules[14] = IQ_CFI_AT_CFA; /* which the code does not know */
	machine_dwarf.cfi.offsets[14] = -16;
	t = walk(m, regs_at(CODE + WRAPPED_RET, WORD(10)), false, IQ_UNWIND_CALLEE_SAVED);
	assert_int_equal(machine_dwarf.asked, 0);
	assert_int_equal(t.frames[1].proof, IQ_PROOF_ORC);
	assert_int_equal(t.frames[1].regs.value[IQ_X86_R14], 0xb);
	iq_backtrace_free(&t);

	machine_dwarf.cfi.cfa_offset = 24; /* it disagrees with ORC about the frame: not believed */
	t = walk(m, regs_at(CODE + WRAPPED_RET, WORD(10)), false, IQ_UNWIND_CALLEE_SAVED);
	assert_false(iq_reg_known(&t.frames[1].regs, IQ_X86_R14));
	assert_int_equal(t.frames[1].slots[IQ_X86_RBX], WORD(10));
	iq_backtrace_free(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_machine, close_machine)
	const struct CMUnitTest tests[] = {
		TEST(survives_a_destroyed_frame_pointer),
		TEST(follows_orc_through_saved_registers),
		TEST(comes_by_a_jump_to_no_address),
		TEST(believes_saved_registers_off_the_stack),
		TEST(an_int3_has_run_nothing),
		TEST(entry_code_may_be_struck_at_once),
		TEST(sees_who_jumped_to_a_detour),
		TEST(ends_at_a_lost_return_address),
		TEST(a_detour_is_proven_by_the_jump),
		TEST(reads_the_older_layout),
		TEST(ends_with_the_registers_of_user_mode),
		TEST(finds_the_caller_of_nowhere),
		TEST(a_return_address_outside_all_code_ends_the_walk),
		TEST(a_cycle_ends_the_walk),
		TEST(a_stack_pointer_on_no_stack_ends_the_walk),
		TEST(a_scan_is_marked_as_one),
		TEST(follows_the_frame_pointer_where_the_depth_varies),
		TEST(goes_on_by_call_frame_information),
		TEST(refuses_what_call_frame_information_leads_to),
		TEST(asks_for_debug_information_only_at_need),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
