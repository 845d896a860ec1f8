/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows values through bytecode: an abstract interpretation over the flow graph of all functions of a program, with
 * what registers R0 to R10 and the spilled slots of the frame may hold. Knows nothing about a dump; calls.c feeds it.
 * Facts: what the verifier allows (kernel/bpf/verifier.c): 512 bytes of stack, eight frames, pointers plus bounded
 * numbers; R1 to R5 are lost in a call, R6 to R9 and the frame are not.
 *
 * Functions are looked at once for all of their callers: what they are given is what any caller may give, and what they
 * write into frames of callers may be written by each call of any function.
 */
#ifndef IQ_BPF_FLOW_H
#define IQ_BPF_FLOW_H

#include "bpf/insn.h"
#include "util/error.h"

enum iq_bpf_value_kind_of_register {
	IQ_BPF_V_UNKNOWN,
	IQ_BPF_V_NUMBER,    /* least to most, unsigned */
	IQ_BPF_V_STACK,     /* `id`: the function whose frame pointer it counts from */
	IQ_BPF_V_CONTEXT,   /* the program's */
	IQ_BPF_V_MAP,       /* `id`: struct bpf_map */
	IQ_BPF_V_MAP_VALUE, /* `id`: of this map */
	IQ_BPF_V_RESULT,    /* `id`: the call that returned it */
	IQ_BPF_V_FUNCTION,  /* `id`: a callback */
};

/* Of pointers: `offset` to offset + `span` from what they point to. IQ_BPF_ANYWHERE: nobody knows how far. */
#define IQ_BPF_ANYWHERE UINT64_MAX

struct iq_bpf_value {
	uint8_t kind;
	bool maybe_null;  /* of pointers */
	bool maybe_stack; /* of UNKNOWN: it could be a pointer into some frame */
	uint32_t id;
	int64_t offset;
	union {
		uint64_t span;
		struct {
			uint64_t least, most;
		};
	};
};

enum iq_bpf_entry {
	IQ_BPF_ENTRY_CALLED,  /* what its callers give it; never entered when there are none */
	IQ_BPF_ENTRY_CONTEXT, /* R1 is the context */
	IQ_BPF_ENTRY_ANY,     /* somebody else calls it with whatever */
};

struct iq_bpf_value_flow_function {
	uint32_t start, end;
	enum iq_bpf_entry entry;
};

enum { IQ_BPF_NO_ARGUMENT = -1, IQ_BPF_NO_FUNCTION = UINT32_MAX };

/* What a call is of. Arguments are 0 to 4. */
struct iq_bpf_value_flow_call {
	uint32_t function; /* of the program; IQ_BPF_NO_FUNCTION: the kernel's */
	int8_t size_of[5]; /* the argument that says how many bytes this one points to, all of which the callee
			      fills, or the program has; IQ_BPF_NO_ARGUMENT */
	bool keeps[5];     /* what this argument points to, if anything, is not written */
	/* A function that is passed to the kernel is called with one of the other arguments as one of its own:
	 * bpf_loop()'s third is its second. */
	int8_t context_argument;  /* IQ_BPF_NO_ARGUMENT: none */
	int8_t context_parameter; /* of the callback */
};

struct iq_bpf_value_flow_input {
	const struct iq_bpf_insn *insns;
	size_t count;
	const struct iq_bpf_value_flow_function *functions; /* in order, without overlap */
	size_t function_count;
	struct iq_bpf_value (*constant)(void *context, size_t index); /* the 64-bit one at `index` */
	struct iq_bpf_value_flow_call (*call)(void *context, size_t index);
	void *context;
};

/* A CALL or tail call. */
struct iq_bpf_value_flow_site {
	uint32_t insn, function;
	bool reached;
	struct iq_bpf_value arguments[5];
	/* Of pointers into the function's own frame at a known place: bytes from there on that are initialised on every
	 * path, as far as is known: what functions that were given the frame have written is not in it. */
	uint16_t initialised[5];
};

struct iq_bpf_value_flow {
	struct iq_bpf_value_flow_site *sites; /* by instruction */
	size_t count;
	bool complete; /* false: too much work; nothing is said of arguments then */
};

struct iq_error *iq_bpf_value_flow_run(const struct iq_bpf_value_flow_input *input, struct iq_bpf_value_flow *out);
void iq_bpf_value_flow_free(struct iq_bpf_value_flow *flow); /* fits _cleanup_() */

/* value.c: values. */
static inline struct iq_bpf_value iq_bpf_range(uint64_t least, uint64_t most)
{
	return (struct iq_bpf_value){ .kind = IQ_BPF_V_NUMBER, .least = least, .most = most };
}

static inline bool iq_bpf_is_constant(const struct iq_bpf_value *value)
{
	return value->kind == IQ_BPF_V_NUMBER && value->least == value->most;
}

/* What may be either. `widen`: it has changed often enough; go to the end at once. */
struct iq_bpf_value iq_bpf_value_join(const struct iq_bpf_value *a, const struct iq_bpf_value *b, bool widen);
bool iq_bpf_value_same(const struct iq_bpf_value *a, const struct iq_bpf_value *b);

/* dst after an ALU instruction. */
struct iq_bpf_value iq_bpf_value_alu(struct iq_bpf_insn insn, const struct iq_bpf_value *dst,
				     const struct iq_bpf_value *src);

/* What is known of dst when a branch is taken or not; false: it can't be. */
bool iq_bpf_value_refine(struct iq_bpf_insn insn, const struct iq_bpf_value *operand, bool taken,
			 struct iq_bpf_value *dst);

#endif
