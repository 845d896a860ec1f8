/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a function's values come from: what stands in a register or in a place of its stack at one of its instructions,
 * followed over all paths of the bytecode. Where two paths disagree the answer is that it is not known. It says which
 * places hold the same value, not which value that is: for numbers see calls.h.
 */
#ifndef IQ_BPF_FOLLOW_H
#define IQ_BPF_FOLLOW_H

#include "bpf/code.h"

enum iq_bpf_origin_kind {
	IQ_BPF_UNSET,   /* nothing of this function: a call has clobbered it, or nothing was put there yet */
	IQ_BPF_ENTRY,   /* what R(n) was at the function's entry, 1 to 5 */
	IQ_BPF_ADDRESS, /* fp + n */
	IQ_BPF_NUMBER,  /* n */
	IQ_BPF_IMM64,   /* what the LD_IMM64 at n loads */
	IQ_BPF_MADE,    /* what the instruction at n made when it ran the last time: places with the same n are equal */
	IQ_BPF_DATA,    /* not known, but no pointer into the function's own stack */
	IQ_BPF_ANYTHING, /* not known */
};

struct iq_bpf_origin {
	enum iq_bpf_origin_kind kind;
	int32_t n;
};

enum { IQ_BPF_FOLLOWED = 12, IQ_BPF_STACK_SLOTS = 64 };

struct iq_bpf_origins {
	bool reached;                                  /* does any path lead here? */
	struct iq_bpf_origin reg[IQ_BPF_FOLLOWED];     /* R10 is fp + 0; 11 is the kernel's own (BPF_REG_AX) */
	struct iq_bpf_origin slot[IQ_BPF_STACK_SLOTS]; /* 8 bytes each: fp-8, fp-16, ... */
};

struct iq_bpf_flow {
	const struct iq_bpf_code *code;
	uint32_t start, end;
	struct iq_bpf_origins *before; /* each instruction of the function */
	bool complete; /* false: an instruction is none, or leads to where can't be told; nothing is known then */
};

/* IQ_ERROR_LIMIT: the function is too long. */
struct iq_error *iq_bpf_flow_load(const struct iq_bpf_code *code, size_t function, struct iq_bpf_flow *out);
void iq_bpf_flow_free(struct iq_bpf_flow *flow); /* fits _cleanup_() */

/* Before the instruction. Not reached where nothing is known. */
struct iq_bpf_origins iq_bpf_flow_before(const struct iq_bpf_flow *flow, uint32_t insn);

/* At any of the instructions [insn, insn_end): only what is so before each of them. */
struct iq_bpf_origins iq_bpf_flow_within(const struct iq_bpf_flow *flow, uint32_t insn, uint32_t insn_end);

/* Behind the instruction, for one that goes on there: what a call leaves. */
struct iq_bpf_origins iq_bpf_flow_behind(const struct iq_bpf_flow *flow, uint32_t insn);

#endif
