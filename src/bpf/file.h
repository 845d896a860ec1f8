/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is behind an open file of BPF's. */
#ifndef IQ_BPF_FILE_H
#define IQ_BPF_FILE_H

#include "bpf/bpf.h"
#include "kernel/file.h"

struct iq_bpf_file {
	uint32_t id;
	char name[64]; /* "" where it has none */
	char type[64]; /* "sched_cls", "hash", "xdp": the enumerator's name without its prefix, in lower case; "" of BTF
			*/
};

/* A BPF program, map or link, or BTF, by the private_data of its file. */
struct iq_error *iq_bpf_file_read(struct iq_bpf *bpf, enum iq_file_kind kind, uint64_t address,
				  struct iq_bpf_file *out);

#endif
