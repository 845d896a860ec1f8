// SPDX-License-Identifier: GPL-2.0-or-later
/* Register sets as the kernel and QEMU store them. */
#include "arch/x86_64_internal.h"
#include "util/cleanup.h"
#include "util/reader.h"

#include <string.h>

const char *const iq_x86_64_reg_names[IQ_X86_REG_COUNT] = {
	"rax",     "rdx",     "rcx",      "rbx", "rsi", "rdi", "rbp", "rsp",
	"r8",      "r9",      "r10",      "r11", "r12", "r13", "r14", "r15",
	"rip",     "rflags",  "cs",       "ss",  "ds",  "es",  "fs",  "gs",
	"fs_base", "gs_base", "orig_rax", "cr2", "cr3", "cr4", "cr0", "kernel_gs_base",
};

const struct iq_reg_place iq_x86_64_reg_block[IQ_X86_64_REG_BLOCK_COUNT] = {
	{ IQ_X86_RIP, 16, false, "    RIP: " },
	{ IQ_X86_RSP, 16, false, "  RSP: " },
	{ IQ_X86_RFLAGS, 8, true, "  RFLAGS: " },
	{ IQ_X86_RAX, 16, false, "    RAX: " },
	{ IQ_X86_RBX, 16, false, "  RBX: " },
	{ IQ_X86_RCX, 16, true, "  RCX: " },
	{ IQ_X86_RDX, 16, false, "    RDX: " },
	{ IQ_X86_RSI, 16, false, "  RSI: " },
	{ IQ_X86_RDI, 16, true, "  RDI: " },
	{ IQ_X86_RBP, 16, false, "    RBP: " },
	{ IQ_X86_R8, 16, false, "   R8: " },
	{ IQ_X86_R9, 16, true, "   R9: " },
	{ IQ_X86_R10, 16, false, "    R10: " },
	{ IQ_X86_R11, 16, false, "  R11: " },
	{ IQ_X86_R12, 16, true, "  R12: " },
	{ IQ_X86_R13, 16, false, "    R13: " },
	{ IQ_X86_R14, 16, false, "  R14: " },
	{ IQ_X86_R15, 16, true, "  R15: " },
	{ IQ_X86_ORIG_RAX, 16, false, "    ORIG_RAX: " },
	{ IQ_X86_CS, 4, false, "  CS: " },
	{ IQ_X86_SS, 4, true, "  SS: " },
};

/* struct pt_regs, arch/x86/include/asm/ptrace.h; struct user_regs_struct (elf_gregset_t) goes on after `ss`. */
static const uint8_t user_regs_order[] = {
	IQ_X86_R15,
	IQ_X86_R14,
	IQ_X86_R13,
	IQ_X86_R12,
	IQ_X86_RBP,
	IQ_X86_RBX,
	IQ_X86_R11,
	IQ_X86_R10,
	IQ_X86_R9,
	IQ_X86_R8,
	IQ_X86_RAX,
	IQ_X86_RCX,
	IQ_X86_RDX,
	IQ_X86_RSI,
	IQ_X86_RDI,
	IQ_X86_ORIG_RAX,
	IQ_X86_RIP,
	IQ_X86_CS,
	IQ_X86_RFLAGS,
	IQ_X86_RSP,
	IQ_X86_SS,
	/* user_regs_struct only */
	IQ_X86_FS_BASE,
	IQ_X86_GS_BASE,
	IQ_X86_DS,
	IQ_X86_ES,
	IQ_X86_FS,
	IQ_X86_GS,
};

#define PT_REGS_COUNT 21

uint8_t iq_x86_64_reg_from_dwarf(unsigned dwarf_number)
{
	/* psABI figure 3.36: 0 to 16 are in our order, the others are not. */
	static const struct {
		uint8_t dwarf, reg;
	} others[] = {
		{ 49, IQ_X86_RFLAGS }, { 50, IQ_X86_ES },      { 51, IQ_X86_CS },
		{ 52, IQ_X86_SS },     { 53, IQ_X86_DS },      { 54, IQ_X86_FS },
		{ 55, IQ_X86_GS },     { 58, IQ_X86_FS_BASE }, { 59, IQ_X86_GS_BASE },
	};
	if (dwarf_number <= IQ_X86_RIP)
		return dwarf_number;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(others); i++) {
		if (others[i].dwarf == dwarf_number)
			return others[i].reg;
	}
	return IQ_NO_REG;
}

static void read_in_order(struct iq_reader *r, size_t count, struct iq_regs *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < count; i++)
		iq_reg_set(out, user_regs_order[i], iq_reader_u64(r));
}

struct iq_error *iq_x86_64_parse_pt_regs(const uint8_t *bytes, size_t size, struct iq_regs *out)
{
	struct iq_reader r = iq_reader_init(bytes, size, "pt_regs");
	read_in_order(&r, PT_REGS_COUNT, out);
	return iq_reader_check(&r);
}

int iq_x86_64_pt_regs_offset(unsigned reg)
{
	for (int i = 0; i < PT_REGS_COUNT; i++) {
		if (user_regs_order[i] == reg)
			return i * 8;
	}
	return -1;
}

/* struct elf_prstatus, include/linux/elfcore.h: pr_pid is at 32 and pr_reg at 112. In the kernel's own notes fs_base
 * and gs_base are the *user's* (current->thread), in QEMU's they are what the CPU had (target/i386/arch_dump.c). */
struct iq_error *iq_x86_64_parse_prstatus(const uint8_t *desc, size_t size, struct iq_regs *out, uint32_t *pid)
{
	struct iq_reader r = iq_reader_init(desc, size, "NT_PRSTATUS note");
	iq_reader_seek(&r, 32);
	*pid = iq_reader_u32(&r);
	iq_reader_seek(&r, 112);
	read_in_order(&r, IQ_ARRAY_SIZE(user_regs_order), out);
	return iq_reader_check(&r);
}

/* struct QEMUCPUState, version 1, target/i386/arch_dump.c. kernel_gs_base came later, told by `size`. */
struct iq_error *iq_x86_64_parse_qemu_state(const uint8_t *desc, size_t size, struct iq_regs *out)
{
	static const uint8_t order[] = {
		IQ_X86_RAX, IQ_X86_RBX, IQ_X86_RCX, IQ_X86_RDX, IQ_X86_RSI, IQ_X86_RDI,
		IQ_X86_RSP, IQ_X86_RBP, IQ_X86_R8,  IQ_X86_R9,  IQ_X86_R10, IQ_X86_R11,
		IQ_X86_R12, IQ_X86_R13, IQ_X86_R14, IQ_X86_R15, IQ_X86_RIP, IQ_X86_RFLAGS,
	};
	static const uint8_t segments[] = { IQ_X86_CS, IQ_X86_DS, IQ_X86_ES, IQ_X86_FS, IQ_X86_GS, IQ_X86_SS };
	const size_t segment_size = 24, descriptor_tables = 4, full_size = 440;

	memset(out, 0, sizeof(*out));
	struct iq_reader r = iq_reader_init(desc, size, "QEMU note");
	uint32_t version = iq_reader_u32(&r);
	uint32_t stated_size = iq_reader_u32(&r);
	if (!r.overrun && version != 1)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "QEMU note: version %u is not known", version);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(order); i++)
		iq_reg_set(out, order[i], iq_reader_u64(&r));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(segments); i++) {
		iq_reg_set(out, segments[i], iq_reader_u32(&r));
		iq_reader_skip(&r, 12);
		uint64_t base = iq_reader_u64(&r);
		if (segments[i] == IQ_X86_FS)
			iq_reg_set(out, IQ_X86_FS_BASE, base);
		else if (segments[i] == IQ_X86_GS)
			iq_reg_set(out, IQ_X86_GS_BASE, base);
	}
	iq_reader_skip(&r, descriptor_tables * segment_size);
	iq_reg_set(out, IQ_X86_CR0, iq_reader_u64(&r));
	iq_reader_skip(&r, 8);
	iq_reg_set(out, IQ_X86_CR2, iq_reader_u64(&r));
	iq_reg_set(out, IQ_X86_CR3, iq_reader_u64(&r));
	iq_reg_set(out, IQ_X86_CR4, iq_reader_u64(&r));
	if (stated_size >= full_size && size >= full_size)
		iq_reg_set(out, IQ_X86_KERNEL_GS_BASE, iq_reader_u64(&r));
	struct iq_error *error = iq_reader_check(&r);
	if (error)
		memset(out, 0, sizeof(*out));
	return error;
}

unsigned iq_x86_64_tables_from_regs(const struct iq_regs *regs, uint64_t tables[2], unsigned *levels)
{
	const uint64_t cr0_pg = UINT64_C(1) << 31, cr4_la57 = UINT64_C(1) << 12;
	/* With PTI a process's two tables are neighbours, and user mode runs on the upper (PTI_USER_PGTABLE_BIT). */
	const uint64_t user_table = UINT64_C(1) << 12;

	if (!iq_reg_known(regs, IQ_X86_CR3))
		return 0;
	if (iq_reg_known(regs, IQ_X86_CR0) && !(regs->value[IQ_X86_CR0] & cr0_pg))
		return 0;
	*levels = iq_reg_known(regs, IQ_X86_CR4) && regs->value[IQ_X86_CR4] & cr4_la57 ? 5 : 4;
	tables[0] = regs->value[IQ_X86_CR3] & IQ_X86_ADDRESS_MASK;
	tables[1] = tables[0] & ~user_table;
	return tables[0] == tables[1] ? 1 : 2;
}

bool iq_x86_64_is_user_mode(const struct iq_regs *regs)
{
	return iq_reg_known(regs, IQ_X86_CS) && (regs->value[IQ_X86_CS] & 3) == 3;
}

/*
 * The selectors are those of arch/x86/include/asm/segment.h, Xen's of include/xen/interface/arch-x86/xen-x86_64.h. With
 * FRED (6.9) the hardware puts event data into the upper bits of both slots: bits 16 to 18 of CS (struct fred_cs), bits
 * 16 and up of SS (struct fred_ss); a frame without FRED has zeros there.
 */
bool iq_x86_64_plausible_pt_regs(const struct iq_regs *regs)
{
	const uint64_t kernel_cs = 0x10, kernel_ss = 0x18, xen_kernel_cs = 0xe030, xen_kernel_ss = 0xe02b;
	/* No CPU sets bits 5, 15 and 24, but QEMU's emulation (7.2) was seen to let its own hflags SS32, CS64 and IOBPT
	 * get there. */
	const uint64_t flags_always = 0x2, flags_if = 0x200, flags_never = ~UINT64_C(0x13ffff7), flags_vm = 0x20000;
	const uint64_t flags_nt = 0x4000;
	const uint64_t fred_cs = UINT64_C(0x70000), fred_ss = UINT64_C(0xf70f00ff00070000);

	uint64_t flags = regs->value[IQ_X86_RFLAGS], rip = regs->value[IQ_X86_RIP];
	uint64_t cs = regs->value[IQ_X86_CS], ss = regs->value[IQ_X86_SS];
	if (cs & ~(fred_cs | 0xffff) || ss & ~(fred_ss | 0xffff))
		return false;
	cs &= 0xffff;
	ss &= 0xffff;
	/* The CPU checks the target of every branch before it takes it, so the saved RIP is always canonical. */
	if (!(flags & flags_always) || flags & (flags_never | flags_vm) || !iq_x86_64_is_canonical(rip, 5))
		return false;
	if ((cs & 3) == 3)
		/* User selectors may come from the LDT too; user code can't run with interrupts off. */
		return flags & flags_if && (ss & 3) == 3;
	if (flags & flags_nt)
		return false;
	/* An interrupt out of kernel mode pushes SS as it is: null after an earlier interrupt out of user mode. */
	return (cs == kernel_cs && (ss == kernel_ss || ss == 0)) ||
	       (cs == xen_kernel_cs && (ss == xen_kernel_ss || ss == 0));
}
