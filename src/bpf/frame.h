/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame of a BPF program on a stack: the machine's registers as R0 to R10, the program's own stack, its context.
 * Facts: reg2hex[] and emit_prologue() in arch/x86/net/bpf_jit_comp.c.
 */
#ifndef IQ_BPF_FRAME_H
#define IQ_BPF_FRAME_H

#include "bpf/jited.h"
#include "expr/value.h"
#include "unwind/unwind.h"

enum { IQ_BPF_REGISTERS = 11 };

enum iq_bpf_slot_kind {
	IQ_BPF_SLOT_STACK,         /* the program's: fp-512 to fp-1 */
	IQ_BPF_SLOT_SAVED,         /* a register of the caller that the prologue saved: `reg` */
	IQ_BPF_SLOT_RETURN,        /* the return address */
	IQ_BPF_SLOT_TAIL_CALLS,    /* the tail-call counter */
	IQ_BPF_SLOT_TAIL_CALLS_AT, /* a pointer to it (6.12: upstream 116e04ba1459) */
};

struct iq_bpf_slot {
	uint64_t address; /* of 8 bytes */
	int offset;       /* from the frame pointer R10 */
	enum iq_bpf_slot_kind kind;
	uint8_t reg; /* SAVED: the machine's register */
	bool known;  /* false: its page is not in the dump */
	uint64_t value;
};

/* Something that the function was called with, or that the function which it traces was called with. */
struct iq_bpf_given {
	const char *name;    /* out of BTF; NULL: it has none */
	struct iq_type type; /* source NULL: not known */
	bool known;
	uint64_t value;   /* its 8 bytes */
	uint64_t address; /* where it lies in memory; 0: in a register */
	char from[16];    /* "R6", "fp-8", "the caller": where the value was found; "" */
	bool is_context;  /* the type is what programs call their context, the value is the kernel's object */
	bool is_result;   /* what the traced function returned */
	uint32_t size;    /* bytes that the type has, where it is wider than 8: they lie at `address` */
};

struct iq_bpf_frame {
	const struct iq_bpf_code *code; /* the handle's */
	size_t function;
	const struct iq_bpf_line *line; /* NULL: none */
	/* The bytecode instruction: [insn, insn_end); equal: not known. Of a return address, the CALL. */
	uint32_t insn, insn_end;
	enum iq_bpf_part part;
	uint64_t reg[IQ_BPF_REGISTERS];
	uint32_t known;            /* bit per register: its value is known here */
	uint32_t dead;             /* bit per register: a call has clobbered it, or it was never set; known may be 0 */
	uint64_t fp;               /* R10; 0: not known */
	struct iq_bpf_slot *slots; /* from the highest address to the lowest */
	size_t slot_count;
	bool tail_calls_known;
	uint32_t tail_calls; /* so far */
	/* The function that the caller called, if it is another one: a tail call led from there to here. NULL: none, or
	 * the call does not tell, being indirect. */
	const char *called;
	/* The context, if the program's own first argument can still be told: in a callee-saved register or slot. */
	bool context_known;
	uint64_t context;
	char context_from[16];       /* as struct iq_bpf_given has it */
	struct iq_type context_type; /* of the kernel: struct sk_buff *, struct xdp_buff *, unsigned long long *: source
					NULL: not known */
	char context_seen_as[64];    /* what the program calls it: "struct __sk_buff"; "": the same */
	struct iq_bpf_given *arguments; /* of the BPF function: the program's has its context alone */
	size_t argument_count;
	const char *traced; /* the function or tracepoint whose arguments the context is; NULL: none */
	struct iq_bpf_given *traced_arguments;
	size_t traced_count;
	char *why; /* what is not known and why; NULL */
};

/* Reads a frame whose code is a BPF program's; the backtrace should be iq_task_backtrace_with_registers()'s.
 * IQ_ERROR_NOT_FOUND: its code is none. */
struct iq_error *iq_bpf_frame_read(struct iq_bpf *bpf, const struct iq_backtrace *trace, size_t frame,
				   struct iq_bpf_frame *out);
void iq_bpf_frame_free(struct iq_bpf_frame *frame); /* fits _cleanup_() */

#endif
