// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs of bpf(2) as filters of sockets, and as what chooses between sockets of one port. */
#include "bpf/attach.h"
#include "bpf/classic.h"

static struct iq_error *see_filter(void *context, const struct iq_bpf_classic *classic)
{
	struct iq_bpf_hooks *hooks = context;
	struct iq_bpf_hook *hook;
	uint64_t aux;
	/* A classic one has no ID; one that can't be read may be either. */
	if (!classic->sock ||
	    (!classic->id && !iq_failed(iq_b_get(hooks->bpf, classic->program, "bpf_prog", "aux", &aux))))
		return NULL;
	IQ_TRY(iq_bpf_hook_new(hooks, classic->program, classic->use, &hook));
	iq_bpf_hook_object(hook, "sock", classic->sock);
	if (!classic->task)
		return NULL;
	iq_bpf_hook_number(hook, "pid", IQ_BPF_FACT_NUMBER, (uint64_t)classic->task->pid);
	iq_bpf_hook_number(hook, "fd", IQ_BPF_FACT_NUMBER, classic->fd);
	iq_bpf_hook_detail(hook, "PID %d \"%s\" fd %u", classic->task->pid, classic->task->comm, classic->fd);
	return NULL;
}

struct iq_error *iq_bpf_find_sockets(struct iq_bpf_hooks *hooks)
{
	return iq_bpf_classic_each(hooks->bpf, see_filter, hooks);
}
