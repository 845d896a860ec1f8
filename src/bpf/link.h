/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, and everything else that a program hangs on. Facts: struct bpf_link and those around it. */
#ifndef IQ_BPF_LINK_H
#define IQ_BPF_LINK_H

#include "bpf/program.h"

struct iq_bpf_link {
	uint64_t address;
	uint32_t id;
	uint32_t type;
	char type_name[48]; /* "tracing", "kprobe_multi" */
	uint64_t program;   /* struct bpf_prog; 0: none (struct_ops) */
	uint32_t program_id;
	uint64_t ops;
};

struct iq_error *iq_bpf_link_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_link *out);

/* Where a program is attached: by a link or without. */
struct iq_bpf_attachment {
	const char *
		hook; /* "xdp", "tc ingress", "tcx ingress", "cgroup", "fentry", "kprobe", "tracepoint", "lsm", "netns",
			 "sockmap", "struct_ops", "perf event", "netfilter", "freplace", "iter", "socket", "seccomp" */
	char detail[160];        /* where exactly, for people: "eth0 (ifindex 2, skb mode)", "/sys/fs/cgroup/lab
				    cgroup_inet_egress", "nf_conntrack_in+0 [nf_conntrack]", "netns 4026531840 sk_lookup" */
	uint64_t object;         /* what it hangs on: net_device, cgroup, net, bpf_trampoline, perf_event, ...; 0 */
	const char *object_type; /* its struct's name */
	uint64_t program;        /* struct bpf_prog */
	uint32_t program_id;
	uint32_t link_id; /* 0: without a link */
	uint64_t link;
};

typedef struct iq_error *(*iq_bpf_attachment_fn)(void *context, const struct iq_bpf_attachment *attachment);

/* What a link attaches its program to. Several for multi links (one per function would be too many: the first, and how
 * many). */
struct iq_error *iq_bpf_link_attachments(struct iq_bpf *bpf, const struct iq_bpf_link *link, iq_bpf_attachment_fn fn,
					 void *context);

/* All that is attached, by links first in order of their ids, then what is found at the hooks themselves and belongs to
 * no link: network devices (XDP, tc, tcx, netkit), cgroups, trampolines, tracepoints and perf events, network
 * namespaces, socket maps, struct_ops. Damage is reported and the rest goes on. */
struct iq_error *iq_bpf_attachments_each(struct iq_bpf *bpf, iq_bpf_attachment_fn fn, void *context);

#endif
