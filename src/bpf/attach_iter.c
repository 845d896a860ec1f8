// SPDX-License-Identifier: GPL-2.0-or-later
/* Iterators. Facts: struct bpf_iter_link in kernel/bpf/bpf_iter.c, bpf_iter_aux_info in include/linux/bpf.h. */
#include "bpf/attach.h"

enum { MAX_NAME = 128 };

/* What narrows it: a map, a cgroup, a process. */
static struct iq_error *add_scope(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t container)
{
	uint64_t map = 0, cgroup = 0, order, type = 0, pid = 0;
	IQ_TRY(iq_b_get_if(b, container, "bpf_iter_link", "aux.map", &map));
	/* 6.1: d4ccaf58a847 ("bpf: Introduce cgroup iter") */
	IQ_TRY(iq_b_get_if(b, container, "bpf_iter_link", "aux.cgroup.start", &cgroup));
	/* 6.1: f0d74c4da1f0 ("bpf: Parameterize task iterators.") */
	IQ_TRY(iq_b_get_if(b, container, "bpf_iter_link", "aux.task.type", &type));
	IQ_TRY(iq_b_get_if(b, container, "bpf_iter_link", "aux.task.pid", &pid));
	if (map)
		IQ_TRY(iq_bpf_hook_map(b, hook, map));
	if (cgroup) {
		IQ_TRY(iq_bpf_hook_cgroup(b, hook, cgroup));
		IQ_TRY(iq_b_get(b, container, "bpf_iter_link", "aux.cgroup.order", &order));
		iq_bpf_hook_enum(b, hook, "order", "bpf_cgroup_iter_order", "BPF_CGROUP_ITER_", order);
	}
	if (type) { /* 0: of all */
		iq_bpf_hook_number(hook, "pid", IQ_BPF_FACT_NUMBER, pid);
		iq_bpf_hook_enum(b, hook, "scope", "bpf_iter_task_type", "BPF_TASK_ITER_", type);
		iq_bpf_hook_detail(hook, "PID %lu", pid);
	}
	return NULL;
}

struct iq_error *iq_bpf_describe_iter(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t info, name;
	char text[MAX_NAME];
	IQ_TRY(iq_b_get(b, container, "bpf_iter_link", "tinfo", &info));
	iq_bpf_hook_object(hook, "bpf_iter_target_info", info);
	IQ_TRY(iq_b_get(b, info, "bpf_iter_target_info", "reg_info", &info));
	IQ_TRY(iq_b_get(b, info, "bpf_iter_reg", "target", &name));
	IQ_TRY(iq_read_string(b->target, name, text, sizeof(text)));
	iq_bpf_hook_text(hook, "target", text);
	iq_bpf_hook_detail(hook, "%s", text);
	return add_scope(b, hook, container);
}
