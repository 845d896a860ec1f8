/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program passes to the kernel: each call site of a helper or kernel function with what is known of its
 * arguments, by following values through the bytecode. For the verdict: which buffer on the program's stack, and how
 * long it is, beside the size that the callee's type has.
 */
#ifndef IQ_BPF_CALLS_H
#define IQ_BPF_CALLS_H

#include "bpf/resolve.h"

enum iq_bpf_argument_kind {
	IQ_BPF_ARG_UNKNOWN,
	IQ_BPF_ARG_CONSTANT,  /* `value` */
	IQ_BPF_ARG_RANGE,     /* a number between `least` and `most`, unsigned */
	IQ_BPF_ARG_STACK,     /* fp + `offset` of the function with number `owner` */
	IQ_BPF_ARG_CONTEXT,   /* the program's context + `offset` */
	IQ_BPF_ARG_MAP,       /* struct bpf_map of `map_id` */
	IQ_BPF_ARG_MAP_VALUE, /* into a value of map_id + `offset` */
	IQ_BPF_ARG_RESULT,    /* what the call at `insn` returned, + `offset` */
	IQ_BPF_ARG_FUNCTION,  /* a callback: function `owner` of the program */
};

/* The `span` of a pointer that may be anywhere in what it points into. */
#define IQ_BPF_ARG_ANYWHERE UINT64_MAX

/* Of a parameter that is a key or a value of the map that is passed, too. */
enum iq_bpf_map_part { IQ_BPF_ARG_NO_PART, IQ_BPF_ARG_KEY, IQ_BPF_ARG_VALUE };

struct iq_bpf_argument {
	enum iq_bpf_argument_kind kind;
	uint64_t value, least, most;
	int64_t offset;
	uint64_t span;   /* of pointers: they may point up to this many bytes farther */
	bool maybe_null; /* of pointers: or NULL */
	size_t owner;
	uint32_t map_id;
	char map_name[16];
	uint32_t insn;
	/* Of the callee's parameter: */
	const char *name;    /* "opts"; NULL: not known */
	struct iq_type type; /* source NULL: not known */
	bool pointer;        /* the parameter is a pointer ... */
	uint64_t type_size;  /* ... to something of this size: the type's, or a map's key's or value's; 0: void, or not
				known */
	enum iq_bpf_map_part map_part;
	/* STACK: bytes up to the frame pointer, where the saved registers begin; the bytes from there on that the
	 * program has initialised before the call on every path, as far as is known. */
	bool room_known, initialised_known;
	uint64_t room, initialised;
	/* STACK: there is less room than the type has bytes, or than the size that is passed says. Not so where the
	 * size that is passed is that of a member of a union, as of struct bpf_sock_tuple. */
	bool too_short;
	/* The size that the program passes with it: the number of the argument and its value. -1: none. By the kernel's
	 * own conventions: a parameter behind it that is called NAME__sz, NAME__szk or (of helpers) ARG_CONST_SIZE. */
	int size_argument;
	bool size_known;
	uint64_t size;
};

struct iq_bpf_call {
	uint32_t insn;
	size_t function;
	const struct iq_bpf_line *line;
	struct iq_bpf_callee callee;
	unsigned argument_count; /* of the prototype; 5 when it is not known */
	struct iq_bpf_argument arguments[5];
	bool reached; /* false: no path of the analysis leads here */
};

struct iq_bpf_calls {
	struct iq_bpf_call *data;
	size_t count;
	bool complete; /* false: the analysis gave up (too much work): nothing is said of arguments */
};

struct iq_error *iq_bpf_calls_find(struct iq_bpf *bpf, const struct iq_bpf_code *code, struct iq_bpf_calls *out);
void iq_bpf_calls_free(struct iq_bpf_calls *calls); /* fits _cleanup_() */

#endif
