/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loaded BPF programs. Facts: struct bpf_prog, bpf_prog_aux in include/linux/bpf.h, include/linux/filter.h;
 * kernel/bpf/syscall.c: bpf_prog_get_info_by_fd(). */
#ifndef IQ_BPF_PROGRAM_H
#define IQ_BPF_PROGRAM_H

#include "bpf/bpf.h"

struct iq_bpf_program {
	uint64_t address, aux; /* struct bpf_prog, struct bpf_prog_aux */
	uint32_t id;           /* 0: a function of another program, a classic one, or one that is being removed */
	uint32_t type, attach_type;
	char type_name[48];   /* "sched_cls" */
	char attach_name[48]; /* expected_attach_type: "trace_fentry"; it means nothing for most types */
	char name[16];        /* as given when it was loaded, cut to 15 characters; see iq_bpf_program_name() */
	uint8_t tag[8];
	bool jited, gpl_compatible, sleepable, is_function; /* the last: a function of another program */
	uint64_t load_time;                                 /* nanoseconds since boot, as CLOCK_BOOTTIME */
	bool uid_known;
	uint32_t uid;
	uint64_t insns; /* address of struct bpf_insn[insn_count] */
	uint32_t insn_count;
	uint64_t image;          /* bpf_func: of the first function */
	uint32_t jited_len;      /* of the first function; iq_bpf_program_jited_len() adds the others */
	uint64_t memlock;        /* bytes: its pages, as bpftool says it */
	uint32_t function_count; /* aux->func_cnt; 0: it has one function */
	uint64_t functions;      /* aux->func: array of struct bpf_prog pointers; 0: none */
	uint32_t function_index; /* of a function: aux->func_idx */
	uint64_t used_maps;      /* array of struct bpf_map pointers */
	uint32_t used_map_count;
	uint64_t btf; /* struct btf; 0: none */
	/* What it traces, extends or implements: 0 where nothing. */
	uint64_t attach_btf; /* struct btf of attach_btf_id; 0 with an id: dst_program's */
	uint32_t attach_btf_id;
	uint64_t dst_program;    /* struct bpf_prog */
	uint32_t verified_insns; /* 0: not kept by this kernel */
	uint32_t stack_depth;    /* aux->stack_depth, bytes; of the first function */
};

/* Reads a struct bpf_prog. The error names what is wrong with it; nothing of it is shown then. */
struct iq_error *iq_bpf_program_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_program *out);

/* The same for one that iq_bpf_each() tells of: its own ID must be the one that the table has it under. */
struct iq_error *iq_bpf_program_listed(struct iq_bpf *bpf, uint32_t id, uint64_t address, struct iq_bpf_program *out);

/* The same by id. */
/* The ID of what should be a struct bpf_prog: an error if its aux does not belong to it, as that of a stray pointer. */
struct iq_error *iq_bpf_program_id(struct iq_bpf *bpf, uint64_t address, uint32_t *id);
struct iq_error *iq_bpf_program_by_id(struct iq_bpf *bpf, uint32_t id, struct iq_bpf_program *out);

/* Appends the whole name: out of its BTF where it has one, else what is kept of it; nothing for one without. */
void iq_bpf_program_name(struct iq_bpf *bpf, const struct iq_bpf_program *program, struct iq_strbuf *out);

/* Bytes of machine code of all its functions, as bpftool's "jited". */
struct iq_error *iq_bpf_program_jited_len(struct iq_bpf *bpf, const struct iq_bpf_program *program, uint64_t *length);

/* The IDs of the maps it uses, at most `limit` in array order; *count is how many there are in all. Maps that can't be
 * read have id 0. */
struct iq_error *iq_bpf_program_maps(struct iq_bpf *bpf, const struct iq_bpf_program *program, uint32_t *ids,
				     size_t limit, size_t *count);

/* The program that a function (is_function) belongs to: the one in prog_idr whose aux->func is the same array; itself
 * if it is no function. IQ_ERROR_NOT_FOUND when it is not in the table any more. */
struct iq_error *iq_bpf_program_owner(struct iq_bpf *bpf, const struct iq_bpf_program *program,
				      struct iq_bpf_program *out);

#endif
