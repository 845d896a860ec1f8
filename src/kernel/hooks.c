// SPDX-License-Identifier: GPL-2.0-or-later
/* Return addresses that a tracer has replaced by its trampoline: where the original is kept. */
#include "kernel/internal.h"

enum { MAX_HOOKS = 4096 };

struct search {
	struct iq_kernel *kernel;
	uint64_t slot;
	uint64_t found;
};

/*
 * The function graph tracer's shadow stack up to 6.10: task->ret_stack[0 … curr_ret_stack] of struct ftrace_ret_stack, in which `retp`
 * is the address of the stack slot (HAVE_FUNCTION_GRAPH_RET_ADDR_PTR, kernel/trace/fgraph.c).
 */
static struct iq_error *search_graph(struct search *search, uint64_t task)
{
	struct iq_kernel *k = search->kernel;
	uint64_t stack, top, size, retp;
	IQ_TRY(iq_k_get(k, task, "task_struct", "ret_stack", &stack));
	IQ_TRY(iq_k_get(k, task, "task_struct", "curr_ret_stack", &top));
	IQ_TRY(iq_types_size(k->types, "ftrace_ret_stack", &size));
	if (!stack || (int64_t)top < 0 || top > MAX_HOOKS)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no function graph stack");
	for (uint64_t i = 0; i <= top; i++) {
		uint64_t entry = stack + i * size;
		IQ_TRY(iq_k_get(k, entry, "ftrace_ret_stack", "retp", &retp));
		if (retp == search->slot)
			return iq_k_get(k, entry, "ftrace_ret_stack", "ret", &search->found);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no entry for this slot");
}

/* The lock-less list at task->rethooks (5.18, upstream 54ecbe6f1ed5), or task->kretprobe_instances before. */
static struct iq_error *search_instances(struct search *search, uint64_t task)
{
	struct iq_kernel *k = search->kernel;
	bool rethook = iq_k_has(k, "task_struct", "rethooks.first");
	const char *type = rethook ? "rethook_node" : "kretprobe_instance", *frame_path = rethook ? "frame" : "fp";
	uint64_t node, frame, entry;
	IQ_TRY(iq_k_get(k, task, "task_struct", rethook ? "rethooks.first" : "kretprobe_instances.first", &node));
	for (unsigned i = 0; node && i < MAX_HOOKS; i++) {
		IQ_TRY(iq_container_of(k->types, node, type, "llist", &entry));
		IQ_TRY(iq_k_get(k, entry, type, frame_path, &frame));
		if (frame == search->slot)
			return iq_k_get(k, entry, type, "ret_addr", &search->found);
		IQ_TRY(iq_read_u64(k->target, node, &node));
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no entry for this slot");
}

bool iq_original_return(void *context, uint64_t task, uint64_t slot, uint64_t trampoline, uint64_t *address)
{
	struct search search = { .kernel = context, .slot = slot };
	if (iq_failed(search_graph(&search, task)) && iq_failed(search_instances(&search, task)))
		return false;
	*address = search.found;
	return search.found != 0 && search.found != trampoline;
}
