/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trace events (struct trace_event_call): tracepoints, kprobes, uprobes. */
#ifndef IQ_BPF_ATTACH_EVENT_H
#define IQ_BPF_ATTACH_EVENT_H

#include "bpf/attach.h"

/* The hook's name and place. */
struct iq_error *iq_bpf_hook_trace_event(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t call);

/* A key for struct iq_bpf_hooks.events. */
uint64_t iq_bpf_event_key(uint64_t call, uint64_t program);

#endif
