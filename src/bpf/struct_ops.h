/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of functions that programs stand in for: what a map of type struct_ops holds. Facts: struct bpf_struct_ops_map
 * in kernel/bpf/bpf_struct_ops.c. */
#ifndef IQ_BPF_STRUCT_OPS_H
#define IQ_BPF_STRUCT_OPS_H

#include "bpf/map.h"

struct iq_bpf_struct_ops {
	uint64_t kernel;     /* struct bpf_struct_ops_NAME as the kernel uses it: functions are trampolines */
	uint64_t user;       /* as user space gave it: functions are IDs of programs */
	uint32_t state;      /* 0: nothing was put into the map yet */
	char state_name[32]; /* "init", "inuse", "tobefree", "ready" */
	struct iq_type type; /* NAME: struct tcp_congestion_ops */
	uint64_t offset;     /* of NAME in the struct bpf_struct_ops_NAME */
};

struct iq_error *iq_bpf_struct_ops_read(struct iq_bpf *bpf, const struct iq_bpf_map *map,
					struct iq_bpf_struct_ops *out);

/* A function that is not NULL. */
struct iq_bpf_struct_ops_function {
	const char *name;    /* of the member: "ssthresh" */
	uint64_t offset;     /* in NAME */
	uint64_t code;       /* what the kernel calls: a trampoline, or a function of its own */
	uint32_t program_id; /* 0: none, or its ID can't be read */
};

typedef struct iq_error *(*iq_bpf_struct_ops_fn)(void *context, const struct iq_bpf_struct_ops_function *function);

/* Calls fn with each function in the order of members. What can't be read is left out, and the first such error is
 * returned after the rest was shown; an error from fn ends the walk. */
struct iq_error *iq_bpf_struct_ops_each(struct iq_bpf *bpf, const struct iq_bpf_struct_ops *ops,
					iq_bpf_struct_ops_fn fn, void *context);

#endif
