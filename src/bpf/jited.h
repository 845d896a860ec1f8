/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function's machine code and the bytecode it was made of. What the kernel kept (jited_linfo) tells where each source
 * line's first instruction begins; calls, which stand in the same order in both, tell more. Facts:
 * arch/x86/net/bpf_jit_comp.c.
 */
#ifndef IQ_BPF_JITED_H
#define IQ_BPF_JITED_H

#include "bpf/code.h"

enum iq_bpf_part {
	IQ_BPF_PROLOGUE,
	IQ_BPF_BODY,
	IQ_BPF_EPILOGUE,  /* leaves the function: also before a tail call */
	IQ_BPF_TAIL_JUMP, /* the tail call's own checks and jump */
	IQ_BPF_EXCEPTION, /* an exception callback's way out of the boundary program */
	IQ_BPF_PADDING,   /* behind the last return */
	IQ_BPF_UNKNOWN,
};

/* A run of machine instructions. */
struct iq_bpf_run {
	uint64_t start, end;
	enum iq_bpf_part part;
	const struct iq_bpf_line *line; /* NULL: none */
	/* The bytecode instructions that it was made of: [insn, insn_end); equal: not known. */
	uint32_t insn, insn_end;
};

struct iq_bpf_jited {
	struct iq_bpf_run *runs; /* by address, without gaps over the whole image */
	size_t count;
	/* Is the image what the kernel says it is: its first bytes are a prologue, its length ends with the code? */
	bool sound;
	char *complaint; /* why not; NULL */
};

struct iq_error *iq_bpf_jited_load(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t function,
				   struct iq_bpf_jited *out);
void iq_bpf_jited_free(struct iq_bpf_jited *jited); /* fits _cleanup_() */

/* "prologue", "epilogue", "tail call", ... */
const char *iq_bpf_part_name(enum iq_bpf_part part);

/* The run that holds an address; NULL: none. */
const struct iq_bpf_run *iq_bpf_run_at(const struct iq_bpf_jited *jited, uint64_t pc);

/* The CALL whose machine instruction ends at `return_address`: its index, exact. IQ_ERROR_NOT_FOUND when it can't be
 * told. */
struct iq_error *iq_bpf_call_at(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t function,
				uint64_t return_address, size_t *insn);

#endif
