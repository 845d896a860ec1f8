/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine code of one function, instruction by instruction, and the shapes in it that the JIT compiler gives to
 * every function: a prologue, ways out. Knows bytes only, neither a dump nor a version of the kernel. Facts:
 * arch/x86/net/bpf_jit_comp.c: emit_prologue(), emit_return(), emit_bpf_tail_call_indirect(),
 * emit_bpf_tail_call_direct(), emit_spectre_bhb_barrier().
 */
#ifndef IQ_BPF_MACHINE_H
#define IQ_BPF_MACHINE_H

#include "arch/arch.h"

/* One instruction: what all of them are asked for. */
struct iq_bpf_op {
	uint32_t offset; /* from the image's start */
	uint8_t length;
	bool bad;     /* a byte that begins no instruction */
	uint8_t flow; /* enum iq_flow */
	bool has_target;
	uint64_t target;
};

struct iq_bpf_machine {
	const struct iq_arch *arch;
	const uint8_t *bytes; /* borrowed */
	uint64_t address;
	size_t size;
	struct iq_bpf_op *ops;
	size_t count;
};

struct iq_error *iq_bpf_machine_decode(const struct iq_arch *arch, const uint8_t *bytes, size_t size, uint64_t address,
				       struct iq_bpf_machine *out);
void iq_bpf_machine_free(struct iq_bpf_machine *machine); /* fits _cleanup_() */

/* The whole of one instruction again. False behind the last, and for a bad one. */
bool iq_bpf_machine_insn(const struct iq_bpf_machine *machine, size_t op, struct iq_insn *out);

/* The instruction that begins at an address; `count` for the image's end. False if none begins there. */
bool iq_bpf_machine_find(const struct iq_bpf_machine *machine, uint64_t address, size_t *op);

/* prologue.c */

enum { IQ_BPF_MAX_SAVED = 5 };

struct iq_bpf_prologue {
	size_t end; /* the first instruction behind it; 0: this is no prologue */
	/* An exception callback's: where it takes the boundary program's registers off the stack; equal: none. */
	size_t takes_over, takes_over_end;
	size_t frame_set; /* the first instruction at which the frame pointer is the function's own */
	uint32_t stack;   /* bytes of the program's stack that it makes */
	bool counts_tail_calls;
	unsigned
		counter_pushes; /* words for the tail-call counter above the registers; 2: the lower one points to it */
	uint8_t saved[IQ_BPF_MAX_SAVED]; /* the registers that it pushes, in order; machine's numbers */
	unsigned saved_count;
	bool pushes_zero; /* the tail-call counter below the registers: before 5.10 (upstream ebf7d1f508a7) */
};

/* `tail_calls`: may the function count tail calls? Else a push of RAX is the body's. */
void iq_bpf_prologue_find(const struct iq_bpf_machine *machine, bool tail_calls, struct iq_bpf_prologue *out);

/* ways_out.c: what leaves the function. Runs of instructions [first, end). */
struct iq_bpf_way_out {
	size_t first, end;
	/* A tail call's: where it takes the function's own frame down; equal: nowhere. */
	size_t unwinds, unwinds_end;
	bool tail_call;
};

/* By address. *out is the caller's to free. */
struct iq_error *iq_bpf_ways_out(const struct iq_bpf_machine *machine, const struct iq_bpf_prologue *prologue,
				 struct iq_bpf_way_out **out, size_t *count);

#endif
