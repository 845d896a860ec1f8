/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the decoder and the formatter of x86-64 share: Zydis' view of an instruction, and GNU's names. */
#ifndef IQ_ARCH_X86_64_ZYDIS_H
#define IQ_ARCH_X86_64_ZYDIS_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iq_zydis {
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	bool fwait; /* an fwait stands before it: insn.length does not count it */
	const char *newer; /* GNU's name when Zydis knows only an older instruction of this shape */
};

/* Decodes with the settings that agree with GNU's; the status is Zydis'. */
ZyanStatus iq_zydis_decode(const uint8_t *bytes, size_t size, struct iq_zydis *out);

/* What GNU's text of an instruction needs beside its name. */
enum {
	IQ_GNU_SIZE = 1,            /* b, w, l, q behind the name when memory is there and no register tells the size */
	IQ_GNU_SIZE_MEM = 2,        /* the same, registers or not */
	IQ_GNU_SIZE_INT = 4,        /* l or q for a memory operand: cvtsi2sd */
	IQ_GNU_SIZE_VECTOR = 8,     /* x or y for a memory operand that is no broadcast: vcvtpd2ps */
	IQ_GNU_SIZE_STACK = 16,     /* w when 0x66 makes a stack operation 16 bits wide: pushw */
	IQ_GNU_SIZE_FAR = 32,       /* w, q (lret), nothing */
	IQ_GNU_STRING = 64,         /* memory at %rsi, %rdi is printed */
	IQ_GNU_REP = 128,           /* 0xf3 is "rep" */
	IQ_GNU_BRANCH = 256,        /* 0xf2 is "bnd" */
	IQ_GNU_NO_REXW = 512,       /* REX.W changes nothing: it is printed as a prefix */
	IQ_GNU_REXW = 1024,         /* REX.W is part of the name */
	IQ_GNU_BARE = 2048,         /* operands are not printed */
	IQ_GNU_EVEX = 4096,         /* has VEX and EVEX forms: an EVEX form that needs not be one says "{evex} " */
	IQ_GNU_VEX = 8192,          /* was EVEX first: the VEX form says "{vex} " */
	IQ_GNU_COMPARE = 16384,     /* an immediate becomes part of the name: cmpltps */
	IQ_GNU_XMM0 = 32768,        /* the implicit %xmm0 is printed, first */
	IQ_GNU_SHOW_REP = 1 << 16,  /* the mandatory 0xf3 is printed */
	IQ_GNU_HIDE_REP = 1 << 17,  /* 0xf2 or 0xf3 made another instruction of it */
	IQ_GNU_NO_DATA16 = 1 << 18, /* 0x66 changes nothing: it is printed as a prefix */
	IQ_GNU_HIDE_DATA16 = 1 << 20, /* 0x66 is never printed, even when REX.W takes its effect */
	IQ_GNU_SIZE_Q = 1 << 21,      /* q with REX.W or VEX.W: pcmpestriq */
	IQ_GNU_SIZE_512 = 1 << 22,    /* z too, where a register of 128 bits does not tell 256 from 512 */
	IQ_GNU_RESIZE = 1 << 19, /* general registers are named by the operand size, whatever the instruction reads */
};

struct iq_gnu_name {
	const char *name; /* NULL: Zydis' own */
	uint32_t flags;
};

/* Returns GNU's flags for a mnemonic. */
unsigned iq_gnu_flags(ZydisMnemonic mnemonic);

/* Returns GNU's name without suffix. */
const char *iq_gnu_base_name(const struct iq_zydis *z);

#endif
