/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF objects of the dead kernel: those of programs and maps, vmlinux' and the modules'. Facts: kernel/bpf/btf.c. */
#ifndef IQ_BPF_BTF_H
#define IQ_BPF_BTF_H

#include "bpf/bpf.h"

struct iq_bpf_btf {
	uint64_t address; /* struct btf */
	uint32_t id;
	char name[64]; /* "vmlinux", "nf_conntrack"; "" of a program's */
	bool kernel;   /* vmlinux' or a module's */
	uint64_t data; /* its bytes in memory */
	uint32_t size;
};

struct iq_error *iq_bpf_btf_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_btf *out);
/* The same for one that iq_bpf_each() tells of: its own ID must be the one that the table has it under. */
struct iq_error *iq_bpf_btf_listed(struct iq_bpf *bpf, uint32_t id, uint64_t address, struct iq_bpf_btf *out);

/* Its types: those of the kernel for vmlinux' and modules' (*module: NULL or the module's name, for iq_type_by_id()
 * and the like), else a registry of its own, kept by the handle. IQ_ERROR_NOT_FOUND for address 0: no BTF. */
struct iq_error *iq_bpf_btf_types(struct iq_bpf *bpf, uint64_t address, struct iq_types **types, const char **module);

/* A type by the number it has in a struct btf. IQ_ERROR_NOT_FOUND for address or id 0: it has no BTF, or void. */
struct iq_error *iq_bpf_btf_type(struct iq_bpf *bpf, uint64_t address, uint32_t id, struct iq_type *out);

#endif
