/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel objects that BPF refers to are called. */
#ifndef IQ_BPF_OBJECT_H
#define IQ_BPF_OBJECT_H

#include "bpf/bpf.h"

/* Appends what the struct `type` at `address` is: "classify" (bpf_prog), "squares" (bpf_map), "dummy0 (2)" (net_device:
 * its index, and the network namespace where that is not the first), "INET 127.0.0.1-80 10.0.0.1-4711 ESTABLISHED"
 * (sock), "XDP eth0 queue 3" (xdp_sock), "/outer/inner" (cgroup), "412 bash" (task_struct), "11 /dev/console" (inode:
 * number and a path), "type 1 config 9 CPU 0" (perf_event). Nothing for other types. Appends what can be read also when
 * there is an error. */
struct iq_error *iq_bpf_object_text(struct iq_bpf *bpf, const char *type, uint64_t address, struct iq_strbuf *out);

#endif
