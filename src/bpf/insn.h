/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF instructions: decoding, and text in the kernel verifier's notation (kernel/bpf/disasm.c), as bpftool shows
 * translated programs. Knows nothing about a dump: names come in as callbacks. Instruction set:
 * Documentation/bpf/standardization/instruction-set.rst, include/uapi/linux/bpf.h.
 */
#ifndef IQ_BPF_INSN_H
#define IQ_BPF_INSN_H

#include "util/strbuf.h"

#include <stddef.h>
#include <stdint.h>

struct iq_bpf_insn {
	uint8_t code;
	uint8_t dst, src;
	int16_t off;
	int32_t imm;
};

enum { IQ_BPF_INSN_SIZE = 8 };

/* Little endian, as on every machine that we read. */
struct iq_bpf_insn iq_bpf_insn_decode(const uint8_t bytes[IQ_BPF_INSN_SIZE]);

/* What an instruction does, for whoever follows values through a program (calls.c, the verdict). */
enum iq_bpf_kind {
	IQ_BPF_INVALID,
	IQ_BPF_ALU,      /* dst = dst OP (src or imm); mov, neg, end and movsx too */
	IQ_BPF_LD_IMM64, /* dst = 64 bits; two slots */
	IQ_BPF_LD_ABS,   /* R0 = packet data: legacy */
	IQ_BPF_LOAD,     /* dst = *(size *)(src + off); may sign-extend; probing ones too */
	IQ_BPF_STORE,    /* *(size *)(dst + off) = src or imm */
	IQ_BPF_ATOMIC,   /* read-modify-write; fetch, xchg, cmpxchg; load-acquire and store-release too */
	IQ_BPF_JUMP,     /* unconditional */
	IQ_BPF_BRANCH,   /* conditional; may_goto too */
	IQ_BPF_CALL,     /* helper, kernel function, BPF function, through a register */
	IQ_BPF_TAIL_CALL,
	IQ_BPF_EXIT,
	IQ_BPF_NOSPEC, /* speculation barrier */
};

struct iq_bpf_meaning {
	enum iq_bpf_kind kind;
	unsigned slots; /* 2 for LD_IMM64 */
	unsigned width; /* of memory accesses: bytes; of ALU and branches: 4 or 8 */
	bool signed_load;
	bool uses_imm;   /* the second operand is imm, not src */
	bool has_target; /* JUMP, BRANCH, and CALLs of BPF functions */
	int64_t target;  /* slot number relative to this instruction: next one is `slots` */
};

/* Never reads behind `count`; INVALID with one slot for what is none. */
struct iq_bpf_meaning iq_bpf_insn_meaning(const struct iq_bpf_insn *insns, size_t count, size_t index);

/* Names for what instructions refer to. Each appends its text and returns true, or leaves the numbers to stand. Any may
 * be NULL. */
struct iq_bpf_names {
	/* In the place of "unknown" in "call unknown#4711": "bpf_map_lookup_elem". Appends the whole operand. */
	bool (*call)(void *context, size_t index, struct iq_strbuf *out);
	/* What stands behind "(18) r1 = ": "map[id:3]", "map[id:7][0]+16", "subprog[+4]", "0x1234". */
	bool (*imm64)(void *context, size_t index, uint64_t value, struct iq_strbuf *out);
	void *context;
};

/* Appends "(b7) r0 = 1" and returns how many slots it took (1, or 2). Never fails: what is no instruction says so
 * ("BUG_ld_00"), as the kernel's own disassembler does. */
size_t iq_bpf_insn_format(const struct iq_bpf_insn *insns, size_t count, size_t index, const struct iq_bpf_names *names,
			  struct iq_strbuf *out);

#endif
