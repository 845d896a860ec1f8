/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, and everything else that a program hangs on. Facts: struct bpf_link and those around it. */
#ifndef IQ_BPF_LINK_H
#define IQ_BPF_LINK_H

#include "bpf/program.h"

struct iq_bpf_link {
	uint64_t address;
	uint32_t id; /* 0: it was never given to user space */
	uint32_t type;
	char type_name[48]; /* "tracing", "kprobe_multi" */
	uint64_t program;   /* struct bpf_prog; 0: none (struct_ops) */
	uint32_t program_id;
	uint64_t ops;
};

struct iq_error *iq_bpf_link_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_link *out);

/* What is known of an attachment, by name: "device", "ifindex", "function", ... docs/json.md has them all. */
enum iq_bpf_fact_kind {
	IQ_BPF_FACT_TEXT,
	IQ_BPF_FACT_NUMBER,
	IQ_BPF_FACT_SIGNED,
	IQ_BPF_FACT_HEX,
	IQ_BPF_FACT_ADDRESS,
};

struct iq_bpf_fact {
	const char *name; /* lives for ever */
	enum iq_bpf_fact_kind kind;
	uint64_t number;
	const char *text; /* of TEXT */
};

/* Where a program is attached: by a link or without. */
struct iq_bpf_attachment {
	const char *hook;   /* "xdp", "tc ingress", "tcx egress", "cgroup", "fentry", "kprobe", "tracepoint", "lsm",
			       "sk_lookup", "sockmap", "struct_ops", "perf_event", "netfilter", "freplace", "iter",
			       "tail_call": the first word is the kind of hook */
	const char *detail; /* where exactly, for people: "eth0 (ifindex 2) generic", "/lab cgroup_inet_egress",
			       "nf_conntrack_in [nf_conntrack]", "netns 4026531840"; "" where nothing is known */
	const struct iq_bpf_fact *facts;
	size_t fact_count;
	uint64_t object;         /* what it hangs on: net_device, cgroup, net, bpf_trampoline, perf_event, ...; 0 */
	const char *object_type; /* its struct's name */
	uint64_t program;        /* struct bpf_prog; 0: none (a link of struct_ops) */
	uint32_t program_id;
	uint64_t link; /* struct bpf_link; 0: without one */
	uint32_t link_id;
	uint32_t link_type;
	uint32_t target_program_id; /* the program that this one traces or extends; 0: none */
	uint64_t target_count;      /* functions of a multi link, programs of a struct_ops; 0 of others */
	const char *damage;         /* what could not be read of it; NULL: nothing */
};

/* All that lives in it does so until the handle is freed. */
typedef struct iq_error *(*iq_bpf_attachment_fn)(void *context, const struct iq_bpf_attachment *attachment);

/* All that is attached, by links first in order of their ids (one for each), then what is found at the hooks
 * themselves: network devices (XDP, tc, tcx, netkit), cgroups, trampolines, perf events, network namespaces, socket
 * maps, and the members of each struct_ops, which have the link of their map if there is one. Looked for once and kept.
 * Damage is reported and the rest goes on. */
struct iq_error *iq_bpf_attachments_each(struct iq_bpf *bpf, iq_bpf_attachment_fn fn, void *context);

/* One of many places that an attachment has. */
struct iq_bpf_target {
	const char *function, *module; /* of addresses, where there is a symbol; else NULL */
	uint64_t address;              /* of kprobe_multi */
	uint64_t offset;               /* from the function, or into the file */
	uint64_t reference_counter;    /* of uprobe_multi: offset of a semaphore in the file; 0: none */
	bool cookie_known;
	uint64_t cookie;
	const char *member; /* of struct_ops; NULL: of none */
	uint64_t program;   /* struct bpf_prog, of struct_ops */
	uint32_t program_id;
};

typedef struct iq_error *(*iq_bpf_target_fn)(void *context, const struct iq_bpf_target *target);

/* Calls fn with each of the targets that target_count counts. What can't be read is the error, after what could. */
struct iq_error *iq_bpf_targets_each(struct iq_bpf *bpf, const struct iq_bpf_attachment *attachment,
				     iq_bpf_target_fn fn, void *context);

#endif
