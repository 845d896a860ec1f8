/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of seccomp and of sockets. Most were written as classic BPF: they have no IDs and are in no list. Facts:
 * struct seccomp_filter in kernel/seccomp.c; sk_filter in include/linux/filter.h; include/net/sock_reuseport.h;
 * net/packet/internal.h; bpf_prog_create_from_user() in net/core/filter.c. */
#ifndef IQ_BPF_CLASSIC_H
#define IQ_BPF_CLASSIC_H

#include "bpf/bpf.h"
#include "kernel/task.h"

struct iq_bpf_classic {
	uint64_t program;           /* struct bpf_prog */
	const char *use;            /* "seccomp", "socket", "reuseport", "packet fanout" */
	const struct iq_task *task; /* who has it */
	uint64_t object;            /* struct seccomp_filter, sk_filter, sock_reuseport, packet_fanout */
	const char *object_type;
	unsigned depth; /* of seccomp: 0 is the newest; older ones follow */
	unsigned fd;    /* of a socket */
	uint64_t sock;  /* of a socket: struct sock */
	uint32_t id;    /* of a program that was loaded by bpf(2); 0: classic */
	/* The classic instructions, kept for checkpoints: address of struct sock_filter[length]; 0: not kept. */
	uint64_t original;
	uint32_t length;
};

typedef struct iq_error *(*iq_bpf_classic_fn)(void *context, const struct iq_bpf_classic *classic);

/* Calls fn for each seccomp filter of each process (a thread's only where it differs from its leader's), then for the
 * filters of its sockets; a socket that several processes share is told once. What is damaged or missing is warned of,
 * and the rest goes on; an error from fn ends it. */
struct iq_error *iq_bpf_classic_each(struct iq_bpf *bpf, iq_bpf_classic_fn fn, void *context);

/* struct sock_filter */
struct iq_bpf_classic_insn {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

/* The original instructions: *out is malloc'ed and has classic->length of them. */
struct iq_error *iq_bpf_classic_read(struct iq_bpf *bpf, const struct iq_bpf_classic *classic,
				     struct iq_bpf_classic_insn **out);

/* Appends "jeq #0x15, l3, l4" in the notation of the kernel's own assembler (tools/bpf/bpf_asm.c). `index` is the
 * instruction's number, from which jumps count; what is no instruction is its numbers: "{ 0x1f, 0, 0, 0x3 }". */
void iq_bpf_classic_format(struct iq_bpf_classic_insn insn, size_t index, struct iq_strbuf *out);

#endif
