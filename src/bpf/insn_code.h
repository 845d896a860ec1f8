/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an opcode. Facts: include/uapi/linux/bpf.h, bpf_common.h; what the kernel alone uses in
 * include/linux/filter.h.
 */
#ifndef IQ_BPF_INSN_CODE_H
#define IQ_BPF_INSN_CODE_H

#include "bpf/insn.h"

#include <stdbool.h>

enum { IQ_BPF_LD, IQ_BPF_LDX, IQ_BPF_ST, IQ_BPF_STX, IQ_BPF_ALU32, IQ_BPF_JMP, IQ_BPF_JMP32, IQ_BPF_ALU64 };

/* Of loads and stores. Those behind MEMSX are the kernel's own: 0x20 and 0x40 (ABS, IND) of LDX are loads that may
 * fault, 0xa0 accesses an arena, 0xc0 of LDX (6.18) does so and extends the sign, 0xe0 is an arena's ATOMIC. */
enum {
	IQ_BPF_IMM = 0x00,
	IQ_BPF_ABS = 0x20,
	IQ_BPF_IND = 0x40,
	IQ_BPF_MEM = 0x60,
	IQ_BPF_MEMSX = 0x80,
	IQ_BPF_ATOMIC_MODE = 0xc0,
	IQ_BPF_PROBE_MEM = 0x20,
	IQ_BPF_PROBE_MEMSX = 0x40,
	IQ_BPF_PROBE_MEM32 = 0xa0,
	IQ_BPF_PROBE_MEM32SX = 0xc0,
	IQ_BPF_NOSPEC_MODE = 0xc0,
	IQ_BPF_PROBE_ATOMIC = 0xe0,
};

enum {
	IQ_BPF_ADD = 0x00,
	IQ_BPF_SUB = 0x10,
	IQ_BPF_MUL = 0x20,
	IQ_BPF_DIV = 0x30,
	IQ_BPF_OR = 0x40,
	IQ_BPF_AND = 0x50,
	IQ_BPF_LSH = 0x60,
	IQ_BPF_RSH = 0x70,
	IQ_BPF_NEG = 0x80,
	IQ_BPF_MOD = 0x90,
	IQ_BPF_XOR = 0xa0,
	IQ_BPF_MOV = 0xb0,
	IQ_BPF_ARSH = 0xc0,
	IQ_BPF_END = 0xd0,
};

/* Of JMP and JMP32. CALL_ARGS calls a function of an interpreted program; it has the code of JCOND. */
enum {
	IQ_BPF_JA = 0x00,
	IQ_BPF_JEQ = 0x10,
	IQ_BPF_JGT = 0x20,
	IQ_BPF_JGE = 0x30,
	IQ_BPF_JSET = 0x40,
	IQ_BPF_JNE = 0x50,
	IQ_BPF_JSGT = 0x60,
	IQ_BPF_JSGE = 0x70,
	IQ_BPF_CALL_OP = 0x80,
	IQ_BPF_EXIT_OP = 0x90,
	IQ_BPF_JLT = 0xa0,
	IQ_BPF_JLE = 0xb0,
	IQ_BPF_JSLT = 0xc0,
	IQ_BPF_JSLE = 0xd0,
	IQ_BPF_JCOND = 0xe0,
	IQ_BPF_CALL_ARGS = 0xe0,
	IQ_BPF_TAIL_CALL_OP = 0xf0,
};

enum {
	IQ_BPF_X = 0x08,
	IQ_BPF_CODE_LD_IMM64 = 0x18,
	IQ_BPF_CODE_CALL = 0x85,
	IQ_BPF_CODE_CALLX = 0x8d,
	IQ_BPF_CODE_EXIT = 0x95,
	IQ_BPF_CODE_JCOND = 0xe5,
	IQ_BPF_CODE_TAIL_CALL = 0xf5,
	IQ_BPF_CODE_JA = 0x05,
	IQ_BPF_CODE_GOTOX = 0x0d,
	IQ_BPF_CODE_GOTOL = 0x06,
	IQ_BPF_CODE_MOV64_X = 0xbf,
	IQ_BPF_CODE_BSWAP = 0xd7,
	IQ_BPF_CODE_NOSPEC = 0xc2,
};

/* imm of atomics */
enum {
	IQ_BPF_FETCH = 0x01,
	IQ_BPF_XCHG = 0xe1,
	IQ_BPF_CMPXCHG = 0xf1,
	IQ_BPF_LOAD_ACQUIRE = 0x100,
	IQ_BPF_STORE_RELEASE = 0x110,
};

/* off of MOV64 between registers; src of CALL and LD_IMM64; helper 12 */
enum { IQ_BPF_MOV_ADDR_SPACE_CAST = 1, IQ_BPF_MOV_PERCPU = -1 };
enum { IQ_BPF_PSEUDO_CALL = 1, IQ_BPF_PSEUDO_KFUNC = 2, IQ_BPF_PSEUDO_FUNC = 4, IQ_BPF_HELPER_TAIL_CALL = 12 };

/* BPF_REG_AX, which the kernel's own additions use, is behind R10. */
enum { IQ_BPF_MAX_REG = 11, IQ_BPF_FP = 10 };

static inline unsigned iq_bpf_class(struct iq_bpf_insn insn)
{
	return insn.code & 7;
}

static inline unsigned iq_bpf_op(struct iq_bpf_insn insn)
{
	return insn.code & 0xf0;
}

static inline unsigned iq_bpf_mode(struct iq_bpf_insn insn)
{
	return insn.code & 0xe0;
}

/* Bytes that a load or store moves. */
static inline unsigned iq_bpf_size(struct iq_bpf_insn insn)
{
	static const uint8_t sizes[4] = { 4, 2, 1, 8 };
	return sizes[insn.code >> 3 & 3];
}

static inline bool iq_bpf_is_alu(struct iq_bpf_insn insn)
{
	return iq_bpf_class(insn) == IQ_BPF_ALU32 || iq_bpf_class(insn) == IQ_BPF_ALU64;
}

/* A MOV that extends the sign of 8, 16 or 32 bits. */
static inline bool iq_bpf_is_movsx(struct iq_bpf_insn insn)
{
	return iq_bpf_is_alu(insn) && iq_bpf_op(insn) == IQ_BPF_MOV && insn.code & IQ_BPF_X &&
	       (insn.off == 8 || insn.off == 16 || insn.off == 32);
}

/* DIV and MOD of signed numbers. */
static inline bool iq_bpf_is_signed_division(struct iq_bpf_insn insn)
{
	return iq_bpf_is_alu(insn) && (iq_bpf_op(insn) == IQ_BPF_DIV || iq_bpf_op(insn) == IQ_BPF_MOD) && insn.off == 1;
}

/* Call of a function of the program. */
static inline bool iq_bpf_is_function_call(struct iq_bpf_insn insn)
{
	return (insn.code == IQ_BPF_CODE_CALL || insn.code == (IQ_BPF_JMP | IQ_BPF_CALL_ARGS)) &&
	       insn.src == IQ_BPF_PSEUDO_CALL;
}

#endif
