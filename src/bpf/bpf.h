/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF in the dead kernel: programs, maps, links and types that were loaded. One handle keeps what was read once: the
 * types of programs, the bases that their instructions count from.
 */
#ifndef IQ_BPF_BPF_H
#define IQ_BPF_BPF_H

#include "kernel/kernel.h"
#include "kernel/object.h"

struct iq_bpf;

/* Borrows the kernel. Reads nothing yet. */
struct iq_error *iq_bpf_new(struct iq_kernel *kernel, struct iq_bpf **out);
void iq_bpf_free(struct iq_bpf *bpf);
void iq_bpf_freep(struct iq_bpf **bpf);

struct iq_kernel *iq_bpf_kernel(struct iq_bpf *bpf);

/* The name of an enumerator without its prefix, in lower case: ("bpf_prog_type", "BPF_PROG_TYPE_", 3) is "sched_cls".
 * "type 77" where the kernel's types don't have it. `enumeration` is a literal. */
void iq_bpf_enum_name(struct iq_bpf *bpf, const char *enumeration, const char *prefix, uint64_t value, char *buffer,
		      size_t size);

/* Calls fn with each object of prog_idr, map_idr, link_idr or btf_idr, by id: its id and its address. What can't be
 * read of the table is left out, and the first such error is returned after the rest was shown; an error from fn ends
 * the walk. A kernel without the table (built without BPF, or older) has none. */
enum iq_bpf_table { IQ_BPF_PROGRAMS, IQ_BPF_MAPS, IQ_BPF_LINKS, IQ_BPF_BTFS };
typedef struct iq_error *(*iq_bpf_object_fn)(void *context, uint32_t id, uint64_t address);
struct iq_error *iq_bpf_each(struct iq_bpf *bpf, enum iq_bpf_table table, iq_bpf_object_fn fn, void *context);

/* The address of one by its id. IQ_ERROR_NOT_FOUND: "there is no BPF program with ID 7". */
struct iq_error *iq_bpf_by_id(struct iq_bpf *bpf, enum iq_bpf_table table, uint32_t id, uint64_t *address);

#endif
