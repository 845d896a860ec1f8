// SPDX-License-Identifier: GPL-2.0-or-later
/* Register sets laid out by the system's own headers, which are the kernel's uapi. */
#include "../cmocka_setup.h"

#include "arch/x86_64.h"

#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

/* struct pt_regs is the beginning of user_regs_struct, up to ss. */
static struct user_regs_struct sample(void)
{
	return (struct user_regs_struct){
		.r15 = 0x15,
		.r14 = 0x14,
		.r13 = 0x13,
		.r12 = 0x12,
		.rbp = 0xb9,
		.rbx = 0xb8,
		.r11 = 0x11,
		.r10 = 0x10,
		.r9 = 0x9,
		.r8 = 0x8,
		.rax = 0xa0,
		.rcx = 0xc0,
		.rdx = 0xd0,
		.rsi = 0x51,
		.rdi = 0xd1,
		.orig_rax = ~0ull,
		.rip = 0xffffffff81234567,
		.cs = 0x10,
		.eflags = 0x10246,
		.rsp = 0xffffc90000123000,
		.ss = 0x18,
		.fs_base = 0x7f0000001000,
		.gs_base = 0xffff88803ec00000,
		.ds = 0x1,
		.es = 0x2,
		.fs = 0x3,
		.gs = 0x4,
	};
}

static void assert_general(const struct iq_regs *regs)
{
	static const struct {
		unsigned reg;
		uint64_t value;
	} expected[] = {
		{ IQ_X86_R15, 0x15 },
		{ IQ_X86_R14, 0x14 },
		{ IQ_X86_R13, 0x13 },
		{ IQ_X86_R12, 0x12 },
		{ IQ_X86_RBP, 0xb9 },
		{ IQ_X86_RBX, 0xb8 },
		{ IQ_X86_R11, 0x11 },
		{ IQ_X86_R10, 0x10 },
		{ IQ_X86_R9, 0x9 },
		{ IQ_X86_R8, 0x8 },
		{ IQ_X86_RAX, 0xa0 },
		{ IQ_X86_RCX, 0xc0 },
		{ IQ_X86_RDX, 0xd0 },
		{ IQ_X86_RSI, 0x51 },
		{ IQ_X86_RDI, 0xd1 },
		{ IQ_X86_RIP, 0xffffffff81234567 },
		{ IQ_X86_CS, 0x10 },
		{ IQ_X86_RFLAGS, 0x10246 },
		{ IQ_X86_RSP, 0xffffc90000123000 },
		{ IQ_X86_SS, 0x18 },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(iq_reg_known(regs, expected[i].reg));
		assert_int_equal(regs->value[expected[i].reg], expected[i].value);
	}
}

static void pt_regs(void **state)
{
	struct user_regs_struct user = sample();
	struct iq_regs regs;
	assert_int_equal(iq_arch_x86_64.pt_regs_size, offsetof(struct user_regs_struct, fs_base));
	assert_null(iq_arch_x86_64.parse_pt_regs((uint8_t *)&user, iq_arch_x86_64.pt_regs_size, &regs));
	assert_general(&regs);
	assert_int_equal(regs.value[IQ_X86_ORIG_RAX], UINT64_MAX);
	assert_false(iq_reg_known(&regs, IQ_X86_FS_BASE));
	assert_false(iq_reg_known(&regs, IQ_X86_CR2));
	struct iq_error *error = iq_arch_x86_64.parse_pt_regs((uint8_t *)&user, iq_arch_x86_64.pt_regs_size - 1, &regs);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	iq_error_free(error);

	assert_int_equal(iq_arch_x86_64.pt_regs_offset(IQ_X86_R15), 0);
	assert_int_equal(iq_arch_x86_64.pt_regs_offset(IQ_X86_RBP), offsetof(struct user_regs_struct, rbp));
	assert_int_equal(iq_arch_x86_64.pt_regs_offset(IQ_X86_RDI), offsetof(struct user_regs_struct, rdi));
	assert_int_equal(iq_arch_x86_64.pt_regs_offset(IQ_X86_SS), 160);
	assert_int_equal(iq_arch_x86_64.pt_regs_offset(IQ_X86_FS_BASE), -1);
	assert_int_equal(iq_arch_x86_64.pt_regs_offset(IQ_X86_CR3), -1);
}

static void prstatus(void **state)
{
	struct elf_prstatus status = { .pr_pid = 90 };
	struct user_regs_struct user = sample();
	struct iq_regs regs;
	uint32_t pid;
	assert_int_equal(sizeof(status), 336);
	memcpy(&status.pr_reg, &user, sizeof(status.pr_reg));
	assert_null(iq_arch_x86_64.parse_prstatus((uint8_t *)&status, sizeof(status), &regs, &pid));
	assert_int_equal(pid, 90);
	assert_general(&regs);
	assert_int_equal(regs.value[IQ_X86_FS_BASE], 0x7f0000001000);
	assert_int_equal(regs.value[IQ_X86_GS_BASE], 0xffff88803ec00000);
	assert_int_equal(regs.value[IQ_X86_DS], 1);
	assert_int_equal(regs.value[IQ_X86_ES], 2);
	assert_int_equal(regs.value[IQ_X86_FS], 3);
	assert_int_equal(regs.value[IQ_X86_GS], 4);
	struct iq_error *error = iq_arch_x86_64.parse_prstatus((uint8_t *)&status, 200, &regs, &pid);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	iq_error_free(error);
}

/* QEMUCPUState of target/i386/arch_dump.c. */
struct qemu_segment {
	uint32_t selector, limit, flags, pad;
	uint64_t base;
};

struct qemu_state {
	uint32_t version, size;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
	struct qemu_segment cs, ds, es, fs, gs, ss;
	struct qemu_segment ldt, tr, gdt, idt;
	uint64_t cr[5];
	uint64_t kernel_gs_base;
};

static void qemu_state(void **state)
{
	struct qemu_state qemu = {
		.version = 1,
		.size = sizeof(qemu),
		.rax = 0xa0,
		.rbx = 0xb8,
		.rcx = 0xc0,
		.rdx = 0xd0,
		.rsi = 0x51,
		.rdi = 0xd1,
		.rsp = 0xffffc90000123000,
		.rbp = 0xb9,
		.r8 = 8,
		.r9 = 9,
		.r10 = 0x10,
		.r11 = 0x11,
		.r12 = 0x12,
		.r13 = 0x13,
		.r14 = 0x14,
		.r15 = 0x15,
		.rip = 0xffffffff81234567,
		.rflags = 0x10246,
		.cs = { .selector = 0x10 },
		.ss = { .selector = 0x18 },
		.fs = { .base = 0x7f00 },
		.gs = { .base = 0xffff88803ec00000 },
		.cr = { 0x80050033, 0, 0xdead, 0x1234005, 0x3506f0 },
		.kernel_gs_base = 0x77,
	};
	struct iq_regs regs;
	uint64_t tables[2];
	unsigned levels;
	assert_null(iq_arch_x86_64.parse_qemu_state((uint8_t *)&qemu, sizeof(qemu), &regs));
	assert_general(&regs);
	assert_int_equal(regs.value[IQ_X86_GS_BASE], 0xffff88803ec00000);
	assert_int_equal(regs.value[IQ_X86_FS_BASE], 0x7f00);
	assert_int_equal(regs.value[IQ_X86_CR0], 0x80050033);
	assert_int_equal(regs.value[IQ_X86_CR2], 0xdead);
	assert_int_equal(regs.value[IQ_X86_CR3], 0x1234005);
	assert_int_equal(regs.value[IQ_X86_CR4], 0x3506f0);
	assert_int_equal(regs.value[IQ_X86_KERNEL_GS_BASE], 0x77);
	assert_int_equal(iq_arch_x86_64.tables_from_regs(&regs, tables, &levels), 1);
	assert_int_equal(tables[0], 0x1234000);
	assert_int_equal(levels, 4);

	/* In user mode under PTI, five levels, with PCID's flag bit 63. */
	regs.value[IQ_X86_CR3] = UINT64_C(0x8000000001235806);
	regs.value[IQ_X86_CR4] |= 0x1000;
	assert_int_equal(iq_arch_x86_64.tables_from_regs(&regs, tables, &levels), 2);
	assert_int_equal(tables[0], 0x1235000);
	assert_int_equal(tables[1], 0x1234000);
	assert_int_equal(levels, 5);
	regs.value[IQ_X86_CR0] &= ~UINT64_C(0x80000000);
	assert_int_equal(iq_arch_x86_64.tables_from_regs(&regs, tables, &levels), 0);

	/* An older QEMU, a newer version, a cut note. */
	qemu.size = offsetof(struct qemu_state, kernel_gs_base);
	assert_null(iq_arch_x86_64.parse_qemu_state((uint8_t *)&qemu, qemu.size, &regs));
	assert_false(iq_reg_known(&regs, IQ_X86_KERNEL_GS_BASE));
	struct iq_error *error = iq_arch_x86_64.parse_qemu_state((uint8_t *)&qemu, qemu.size - 1, &regs);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	iq_error_free(error);
	qemu.version = 2;
	error = iq_arch_x86_64.parse_qemu_state((uint8_t *)&qemu, sizeof(qemu), &regs);
	assert_true(iq_error_is(error, IQ_ERROR_UNSUPPORTED));
	iq_error_free(error);
}

static struct iq_regs frame(uint64_t rip, uint64_t cs, uint64_t flags, uint64_t rsp, uint64_t ss)
{
	struct iq_regs regs = { 0 };
	iq_reg_set(&regs, IQ_X86_RIP, rip);
	iq_reg_set(&regs, IQ_X86_CS, cs);
	iq_reg_set(&regs, IQ_X86_RFLAGS, flags);
	iq_reg_set(&regs, IQ_X86_RSP, rsp);
	iq_reg_set(&regs, IQ_X86_SS, ss);
	return regs;
}

static void frames_that_hardware_writes(void **state)
{
	static const struct {
		uint64_t rip, cs, flags, rsp, ss;
		bool plausible, user;
	} cases[] = {
		{ 0xffffffff81234567, 0x10, 0x10246, 0xffffc90000123000, 0x18, true, false },
		{ 0xffffffff81234567, 0x10, 0x10246, 0xffffc90000123000, 0, true, false },
		{ 0xffffffffc02f21be, 0x10, 0x1008266, 0xffffced8c000ff20, 0x18, true, false }, /* from QEMU's TCG */
		{ 0, 0x10, 0x10246, 0xffffc90000123000, 0x18, true, false }, /* a call through NULL */
		{ 0x7f1234567890, 0x33, 0x246, 0x7ffd12345678, 0x2b, true, true },
		{ 0x8048000, 0x23, 0x246, 0xffd12345, 0x2b, true, true }, /* 32-bit */
		{ 0xffffffff81234567, 0x30010, 0x10246, 0xffffc90000123000, 0x3203000e00000018, true,
		  false },                                                                     /* FRED */
		{ 0xffffffff81234567, 0x10, 0x10244, 0xffffc90000123000, 0x18, false, false }, /* bit 1 is always set */
		{ 0xffffffff81234567, 0x10, 0x400246, 0xffffc90000123000, 0x18, false, false }, /* bit 22 never */
		{ 0xffffffff81234567, 0x10, 0x24e, 0xffffc90000123000, 0x18, false, false },    /* nor bit 3 */
		{ 0xffffffff81234567, 0x10, 0x246, 0xffffc90000123000, 0x2b, false, false },
		{ 0xffffffff81234567, 0x11, 0x246, 0xffffc90000123000, 0x18, false, false },
		{ 0xffffffff81234567, 0, 0x246, 0xffffc90000123000, 0, false, false },
		{ 0xdead000000000100, 0x10, 0x246, 0xffffc90000123000, 0x18, false, false },
		{ 0x7f1234567890, 0x33, 0x46, 0x7ffd12345678, 0x2b, false, true }, /* interrupts off in user mode */
		{ 0x7f1234567890, 0x33, 0x246, 0x7ffd12345678, 0x18, false, true },
		{ 0xffffffff81234567, 0xffffffff81000010, 0x246, 0xffffc90000123000, 0x18, false, false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iq_regs regs = frame(cases[i].rip, cases[i].cs, cases[i].flags, cases[i].rsp, cases[i].ss);
		if (iq_arch_x86_64.plausible_pt_regs(&regs) != cases[i].plausible)
			fail_msg("case %zu", i);
		assert_int_equal(iq_arch_x86_64.is_user_mode(&regs), cases[i].user);
	}
}

static void numbers_and_names(void **state)
{
	/* psABI, figure 3.36. */
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(1), IQ_X86_RDX);
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(4), IQ_X86_RSI);
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(7), IQ_X86_RSP);
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(16), IQ_X86_RIP);
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(17), IQ_NO_REG); /* xmm0 */
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(49), IQ_X86_RFLAGS);
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(58), IQ_X86_FS_BASE);
	assert_int_equal(iq_arch_x86_64.reg_from_dwarf(1000), IQ_NO_REG);
	assert_int_equal(iq_arch_x86_64.reg_count, IQ_X86_REG_COUNT);
	assert_true(IQ_X86_REG_COUNT <= IQ_MAX_REGS);
	for (unsigned i = 0; i < IQ_X86_REG_COUNT; i++)
		assert_non_null(iq_arch_x86_64.reg_names[i]);
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_RDI], "rdi");
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_R15], "r15");
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_RFLAGS], "rflags");
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_GS_BASE], "gs_base");
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_ORIG_RAX], "orig_rax");
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_CR0], "cr0");
	assert_string_equal(iq_arch_x86_64.reg_names[IQ_X86_KERNEL_GS_BASE], "kernel_gs_base");
	assert_int_equal(iq_arch_x86_64.call_args[3], IQ_X86_RCX);
	assert_int_equal(iq_arch_x86_64.syscall_args[3], IQ_X86_R10);
	assert_true(iq_arch_x86_64.callee_saved >> IQ_X86_R12 & 1);
	assert_false(iq_arch_x86_64.callee_saved >> IQ_X86_R11 & 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pt_regs),           cmocka_unit_test(prstatus),
		cmocka_unit_test(qemu_state),        cmocka_unit_test(frames_that_hardware_writes),
		cmocka_unit_test(numbers_and_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
