/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds programs, maps, links and BTF objects: descriptors of processes, pins in bpf file systems, and each
 * other. Facts: fs of type bpf in kernel/bpf/inode.c. */
#ifndef IQ_BPF_HOLDER_H
#define IQ_BPF_HOLDER_H

#include "bpf/bpf.h"
#include "kernel/file.h"

enum iq_bpf_holder_kind {
	IQ_BPF_HELD_BY_DESCRIPTOR,
	IQ_BPF_HELD_BY_PIN,
	IQ_BPF_HELD_BY_PROGRAM, /* uses the map; extends or traces the program; has the BTF */
	IQ_BPF_HELD_BY_MAP,     /* an element; has the BTF */
	IQ_BPF_HELD_BY_LINK,
};

struct iq_bpf_holder {
	enum iq_file_kind kind; /* IQ_FILE_BPF_PROG, _MAP, _LINK, IQ_FILE_BTF */
	uint64_t object;        /* struct bpf_prog, bpf_map, bpf_link, btf */
	enum iq_bpf_holder_kind by;
	const struct iq_task *task; /* DESCRIPTOR */
	unsigned fd;
	uint64_t file;
	const char *path; /* PIN: "/sys/fs/bpf/name"; lives as long as the call */
	uint64_t inode;
	uint32_t id; /* PROGRAM, MAP, LINK: its ID */
};

typedef struct iq_error *(*iq_bpf_holder_fn)(void *context, const struct iq_bpf_holder *holder);

/* Calls fn for each descriptor of each process (threads that share their table count once), then for each pin of every
 * bpf file system, then for what programs, maps and links hold of each other. What is damaged or missing is warned of,
 * and the rest goes on; an error from fn ends it. */
struct iq_error *iq_bpf_holders_each(struct iq_bpf *bpf, iq_bpf_holder_fn fn, void *context);

#endif
