/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register numbers of x86-64, in DWARF's order first, for the code that is x86-64's own (ORC, exception frames). */
#ifndef IQ_ARCH_X86_64_H
#define IQ_ARCH_X86_64_H

#include "arch/arch.h"

enum iq_x86_64_reg {
	/* DWARF numbers 0 to 16 (psABI, figure 3.36). */
	IQ_X86_RAX, IQ_X86_RDX, IQ_X86_RCX, IQ_X86_RBX, IQ_X86_RSI, IQ_X86_RDI, IQ_X86_RBP, IQ_X86_RSP,
	IQ_X86_R8, IQ_X86_R9, IQ_X86_R10, IQ_X86_R11, IQ_X86_R12, IQ_X86_R13, IQ_X86_R14, IQ_X86_R15,
	IQ_X86_RIP,
	IQ_X86_RFLAGS, IQ_X86_CS, IQ_X86_SS, IQ_X86_DS, IQ_X86_ES, IQ_X86_FS, IQ_X86_GS,
	IQ_X86_FS_BASE, IQ_X86_GS_BASE,
	IQ_X86_ORIG_RAX,
	IQ_X86_CR2, IQ_X86_CR3, IQ_X86_CR4, IQ_X86_CR0,
	IQ_X86_KERNEL_GS_BASE, /* the GS base that SWAPGS would bring: QEMU's notes only */
	IQ_X86_REG_COUNT
};

extern const struct iq_arch iq_arch_x86_64;

#endif
