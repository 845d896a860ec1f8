/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds programs, maps, links and BTF objects: descriptors of processes, pins in bpf file systems. Also the classic
 * filters of sockets and seccomp, which have no ids. */
#ifndef IQ_BPF_HOLDER_H
#define IQ_BPF_HOLDER_H

#include "bpf/bpf.h"
#include "kernel/file.h"

struct iq_bpf_holder {
	enum iq_file_kind kind;     /* IQ_FILE_BPF_PROG, _MAP, _LINK, IQ_FILE_BTF */
	uint64_t object;            /* struct bpf_prog, bpf_map, bpf_link, btf */
	const struct iq_task *task; /* NULL: a pin */
	unsigned fd;
	uint64_t file, inode;
	const char *path; /* of a pin: "/sys/fs/bpf/name"; lives as long as the call */
};

/* Calls fn for each descriptor of each process (threads that share their table count once), then for each pin of every
 * bpf file system. */
struct iq_error *iq_bpf_holders_each(struct iq_bpf *bpf,
				     struct iq_error *(*fn)(void *context, const struct iq_bpf_holder *holder),
				     void *context);

struct iq_bpf_classic {
	uint64_t program;           /* struct bpf_prog */
	const char *use;            /* "seccomp", "socket", "reuseport", "packet fanout" */
	const struct iq_task *task; /* who has it */
	uint64_t object;            /* struct seccomp_filter or sock */
	unsigned depth;             /* of seccomp: 0 is the newest; older ones follow */
	unsigned fd;                /* of a socket's */
	uint32_t id;                /* of an eBPF program on a socket; 0: classic */
	/* The classic instructions, kept for checkpoints: address of struct sock_filter[length]; 0: not kept. */
	uint64_t original;
	uint32_t length;
};

/* Calls fn for each seccomp filter of each process (a thread's only where it differs from its leader's) and each
 * socket's filter. */
struct iq_error *iq_bpf_classic_each(struct iq_bpf *bpf,
				     struct iq_error *(*fn)(void *context, const struct iq_bpf_classic *classic),
				     void *context);

#endif
