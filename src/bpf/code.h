/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program's code as a whole: its translated instructions, its functions, its source lines. Facts: bpf_func_info,
 * bpf_line_info in include/uapi/linux/bpf.h; jit_subprogs() in kernel/bpf/verifier.c: the program itself keeps the
 * instructions of all its functions, one behind the other, and each function has a struct bpf_prog of its own with the
 * machine code.
 */
#ifndef IQ_BPF_CODE_H
#define IQ_BPF_CODE_H

#include "bpf/insn.h"
#include "bpf/program.h"

struct iq_bpf_function {
	uint32_t start, end;        /* instructions [start, end) */
	const char *name;           /* out of BTF; NULL: not known */
	struct iq_type prototype;   /* source NULL: not known */
	uint64_t program;           /* its struct bpf_prog: the program's own if it is the only one */
	uint64_t image, image_size; /* machine code: [image, image + image_size); 0: not JITed */
	uint32_t stack_depth;       /* bytes below the frame pointer that the verifier saw used */
	bool tail_call_reachable;
	bool exception_callback, exception_boundary;
};

struct iq_bpf_line {
	uint32_t insn; /* the first instruction of it */
	uint32_t function;
	uint64_t jited;          /* address of its first machine code (jited_linfo); 0: not known */
	const char *file, *text; /* text: the source line as the compiler kept it; never NULL, "" when not kept */
	uint32_t line, column;
};

struct iq_bpf_code {
	struct iq_bpf_program program; /* the whole one */
	struct iq_bpf_insn *insns;
	size_t insn_count;
	struct iq_bpf_function *functions; /* at least one */
	size_t function_count;
	struct iq_bpf_line *lines; /* by instruction; of different functions in order of functions */
	size_t line_count;
	char *notes; /* what is damaged and was left out; NULL: nothing */
};

/* Loads a program or the one that a function belongs to. Missing instructions are an error; missing or damaged BTF,
 * lines or functions are told in `notes`. */
struct iq_error *iq_bpf_code_load(struct iq_bpf *bpf, uint64_t program, struct iq_bpf_code *out);
void iq_bpf_code_free(struct iq_bpf_code *code); /* fits _cleanup_() */

/* The same for the function whose machine code holds `pc`; *function is its number. Kept by the handle, which owns it:
 * asking again costs nothing. IQ_ERROR_NOT_FOUND: there is no BPF program's code. */
struct iq_error *iq_bpf_code_at(struct iq_bpf *bpf, uint64_t pc, const struct iq_bpf_code **out, size_t *function);

/* The line that an instruction belongs to; NULL: none is known. */
const struct iq_bpf_line *iq_bpf_line_of(const struct iq_bpf_code *code, size_t insn);

/* The line of the machine code at `pc` (jited_linfo); NULL: none is known. A function's first line begins with the
 * prologue there; iq_bpf_jited_load() tells them apart. */
const struct iq_bpf_line *iq_bpf_line_at(const struct iq_bpf_code *code, size_t function, uint64_t pc);

/* The function that holds an instruction. */
size_t iq_bpf_function_of(const struct iq_bpf_code *code, size_t insn);

#endif
