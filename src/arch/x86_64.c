// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of x86-64. */
#include "arch/x86_64_insn.h"
#include "arch/x86_64_internal.h"
#include "util/cleanup.h"

#include <elf.h>

#define BIT(reg) (UINT64_C(1) << (reg))

/* psABI 3.2.3 and A.2.1: the kernel takes a system call's fourth argument in R10 because SYSCALL overwrites RCX. */
static const uint8_t call_args[] = { IQ_X86_RDI, IQ_X86_RSI, IQ_X86_RDX, IQ_X86_RCX, IQ_X86_R8, IQ_X86_R9 };
static const uint8_t syscall_args[] = { IQ_X86_RDI, IQ_X86_RSI, IQ_X86_RDX, IQ_X86_R10, IQ_X86_R8, IQ_X86_R9 };

/* reg2hex[] in arch/x86/net/bpf_jit_comp.c. R10 is in R9 in programs with a stack of their own (6.13: 7d1cd70d4b16). */
static const uint8_t bpf_regs[] = {
	IQ_X86_RAX, IQ_X86_RDI, IQ_X86_RSI, IQ_X86_RDX, IQ_X86_RCX, IQ_X86_R8,
	IQ_X86_RBX, IQ_X86_R13, IQ_X86_R14, IQ_X86_R15, IQ_X86_RBP,
};

/* AMD's C-bit: 47 on Zen 1, 51 since Zen 2. */
static const uint64_t encryption_masks[] = { 0, UINT64_C(1) << 51, UINT64_C(1) << 47 };

const struct iq_arch iq_arch_x86_64 = {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.page_shift = 12,
	.pointer_size = 8,

	.reg_count = IQ_X86_REG_COUNT,
	.reg_names = iq_x86_64_reg_names,
	.reg_pc = IQ_X86_RIP,
	.reg_sp = IQ_X86_RSP,
	.reg_fp = IQ_X86_RBP,
	.reg_flags = IQ_X86_RFLAGS,
	.reg_from_dwarf = iq_x86_64_reg_from_dwarf,
	.call_args = call_args,
	.call_arg_count = IQ_ARRAY_SIZE(call_args),
	.syscall_args = syscall_args,
	.syscall_arg_count = IQ_ARRAY_SIZE(syscall_args),
	.callee_saved = BIT(IQ_X86_RBX) | BIT(IQ_X86_RBP) | BIT(IQ_X86_RSP) | BIT(IQ_X86_R12) | BIT(IQ_X86_R13) |
			BIT(IQ_X86_R14) | BIT(IQ_X86_R15),
	.bpf_regs = bpf_regs,
	.reg_block = iq_x86_64_reg_block,
	.reg_block_count = IQ_X86_64_REG_BLOCK_COUNT,

	.pt_regs_size = 168,
	.parse_pt_regs = iq_x86_64_parse_pt_regs,
	.pt_regs_offset = iq_x86_64_pt_regs_offset,
	.parse_prstatus = iq_x86_64_parse_prstatus,
	.parse_qemu_state = iq_x86_64_parse_qemu_state,
	.tables_from_regs = iq_x86_64_tables_from_regs,
	.is_user_mode = iq_x86_64_is_user_mode,
	.plausible_pt_regs = iq_x86_64_plausible_pt_regs,

	.walk = iq_x86_64_walk,
	.next_leaf = iq_x86_64_next_leaf,
	.layout_from_vmcoreinfo = iq_x86_64_layout_from_vmcoreinfo,
	.find_image = iq_x86_64_find_image,
	.maybe_top_table = iq_x86_64_maybe_top_table,
	.find_bases = iq_x86_64_find_bases,
	.encryption_masks = encryption_masks,
	.encryption_mask_count = IQ_ARRAY_SIZE(encryption_masks),
	.decode_pte = iq_x86_64_decode_pte,
	.format_page_flags = iq_x86_64_format_page_flags,
	.is_canonical = iq_x86_64_is_canonical,
	.is_kernel_address = iq_x86_64_is_kernel_address,

	.decode = iq_x86_64_decode,
	.format = iq_x86_64_format,
};
