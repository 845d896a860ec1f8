/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which machine code was made of which bytecode: jited.c's work without the dump. */
#ifndef IQ_BPF_LAYOUT_H
#define IQ_BPF_LAYOUT_H

#include "bpf/insn_code.h"
#include "bpf/jited.h"
#include "bpf/machine.h"

/* What is asked. */
struct iq_bpf_layout {
	const struct iq_bpf_machine *machine;
	const struct iq_bpf_code *code;
	size_t function;
	/* The address that the CALL at an instruction calls; 0: not known. May be NULL. */
	uint64_t (*callee)(void *context, size_t insn);
	void *context;
};

/* Sorts the machine code into runs and checks it: fills all of *out. */
struct iq_error *iq_bpf_layout_find(const struct iq_bpf_layout *layout, struct iq_bpf_jited *out);

/* Machine code in front of which bytecode instruction `insn` begins: everything before the one is made of what stands
 * before the other. */
struct iq_bpf_mark {
	size_t op;
	uint32_t insn;
};

static inline size_t iq_bpf_slots(const struct iq_bpf_insn *insn)
{
	return insn->code == IQ_BPF_CODE_LD_IMM64 ? 2 : 1;
}

/* A part of a function between two marks. */
struct iq_bpf_stretch {
	struct iq_bpf_mark from, to;
};

/* pair.c: finds the machine calls of CALLs in a stretch, where there is but one way to bring both together: in their
 * order, with equal targets. Calls fn with each: the machine instruction, the bytecode instruction. */
typedef struct iq_error *(*iq_bpf_pair_fn)(void *context, size_t op, uint32_t insn);
struct iq_error *iq_bpf_pair_calls(const struct iq_bpf_layout *layout, const struct iq_bpf_stretch *stretch,
				   iq_bpf_pair_fn fn, void *context);

/* line_marks.c: the function's lines whose place in the machine code can be true, in order: at least behind `first`, at
 * the beginning of an instruction, none before the one that it follows. *wrong counts the others. */
struct iq_error *iq_bpf_line_marks(const struct iq_bpf_layout *layout, size_t first, struct iq_bpf_mark **out,
				   size_t *count, size_t *wrong);

#endif
