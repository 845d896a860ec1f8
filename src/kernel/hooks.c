// SPDX-License-Identifier: GPL-2.0-or-later
/* Return addresses that a tracer has replaced by its trampoline: where the original is kept. */
#include "kernel/internal.h"

enum { MAX_HOOKS = 4096 };

struct search {
	struct iq_kernel *kernel;
	uint64_t slot, trampoline;
	uint64_t found;
};

/* True if this entry of the shadow stack (struct ftrace_ret_stack at `entry`) is for the slot. An entry can hold another tracer's trampoline. */
static struct iq_error *check_graph_entry(struct search *search, uint64_t entry)
{
	uint64_t retp, ret;
	IQ_TRY(iq_k_get(search->kernel, entry, "ftrace_ret_stack", "retp", &retp));
	if (retp != search->slot)
		return NULL;
	IQ_TRY(iq_k_get(search->kernel, entry, "ftrace_ret_stack", "ret", &ret));
	if (ret != search->trampoline)
		search->found = ret;
	return NULL;
}

/* Up to 6.10 task->ret_stack is an array of struct ftrace_ret_stack and curr_ret_stack the index of the newest. */
static struct iq_error *search_graph_array(struct search *search, uint64_t stack, uint64_t top)
{
	uint64_t size;
	IQ_TRY(iq_types_size(search->kernel->types, "ftrace_ret_stack", &size));
	for (uint64_t i = 0; i <= top && !search->found; i++)
		IQ_TRY(check_graph_entry(search, stack + i * size));
	return NULL;
}

/*
 * Since 6.11 (upstream 91c46b0aa8b0) it is an array of words, and curr_ret_stack the index behind the newest. Each entry ends with a word
 * whose lowest ten bits (FGRAPH_FRAME_OFFSET_BITS) say how many words before it the struct ftrace_ret_stack begins.
 */
static struct iq_error *search_graph_words(struct search *search, uint64_t stack, uint64_t top)
{
	while (top > 0 && !search->found) {
		uint64_t word, last = top - 1;
		IQ_TRY(iq_read_u64(search->kernel->target, stack + 8 * last, &word));
		uint64_t back = word & 0x3ff;
		if (!back || back > last)
			return iq_error_new(IQ_ERROR_FORMAT, "word %lu of the function graph stack at %#lx", last, stack);
		top = last - back;
		IQ_TRY(check_graph_entry(search, stack + 8 * top));
	}
	return NULL;
}

/*
 * The function graph tracer's shadow stack. In each entry `retp` is the address of the stack slot (HAVE_FUNCTION_GRAPH_RET_ADDR_PTR,
 * kernel/trace/fgraph.c).
 */
static struct iq_error *search_graph(struct search *search, uint64_t task)
{
	struct iq_kernel *k = search->kernel;
	struct iq_type_member member;
	struct iq_type_info info;
	struct iq_type type;
	uint64_t stack, top;
	IQ_TRY(iq_k_get(k, task, "task_struct", "ret_stack", &stack));
	IQ_TRY(iq_k_get(k, task, "task_struct", "curr_ret_stack", &top));
	if (!stack || (int64_t)top < 0 || top > MAX_HOOKS)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no function graph stack");
	IQ_TRY(iq_types_member(k->types, "task_struct", "ret_stack", &member));
	IQ_TRY(iq_type_strip(member.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	IQ_TRY(iq_type_strip(info.target, &type));
	IQ_TRY(iq_type_info(type, &info));
	IQ_TRY(info.kind == IQ_TYPE_STRUCT ? search_graph_array(search, stack, top) : search_graph_words(search, stack, top));
	return search->found ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "no entry for this slot");
}

/* One of a list: true when it is this slot's and holds an address. The newest comes first, and may hold an older
 * tracer's trampoline. */
static struct iq_error *check_instance(struct search *search, uint64_t entry, const char *type, const char *frame_path,
				       bool *found)
{
	struct iq_kernel *k = search->kernel;
	uint64_t frame;
	*found = false;
	IQ_TRY(iq_k_get(k, entry, type, frame_path, &frame));
	if (frame != search->slot)
		return NULL;
	IQ_TRY(iq_k_get(k, entry, type, "ret_addr", &search->found));
	*found = search->found != search->trampoline;
	return NULL;
}

/*
 * Up to 5.10 (upstream d741bf41d7c7 took it away) all tasks' instances are in kretprobe_inst_table, an array of 64
 * struct hlist_head; the task is hashed with hash_ptr(task, 6) of include/linux/hash.h.
 */
static struct iq_error *search_hash(struct search *search, uint64_t task)
{
	const uint64_t golden_ratio = UINT64_C(0x61c8864680b583eb);
	struct iq_kernel *k = search->kernel;
	uint64_t table, node, entry, owner;
	bool found = false;
	IQ_TRY(iq_k_symbol(k, "kretprobe_inst_table", &table));
	IQ_TRY(iq_read_u64(k->target, table + 8 * (task * golden_ratio >> (64 - 6)), &node));
	for (unsigned i = 0; node && i < MAX_HOOKS && !found; i++) {
		IQ_TRY(iq_container_of(k->types, node, "kretprobe_instance", "hlist", &entry));
		IQ_TRY(iq_k_get(k, entry, "kretprobe_instance", "task", &owner));
		if (owner == task)
			IQ_TRY(check_instance(search, entry, "kretprobe_instance", "fp", &found));
		IQ_TRY(iq_read_u64(k->target, node, &node));
	}
	return found ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "no entry for this slot");
}

/* The lock-less list at task->rethooks (5.18, upstream 54ecbe6f1ed5), or task->kretprobe_instances (5.11) before. */
static struct iq_error *search_instances(struct search *search, uint64_t task)
{
	struct iq_kernel *k = search->kernel;
	bool rethook = iq_k_has(k, "task_struct", "rethooks.first");
	const char *type = rethook ? "rethook_node" : "kretprobe_instance", *frame_path = rethook ? "frame" : "fp";
	uint64_t node, entry;
	bool found = false;
	if (!rethook && !iq_k_has(k, "task_struct", "kretprobe_instances.first"))
		return search_hash(search, task);
	IQ_TRY(iq_k_get(k, task, "task_struct", rethook ? "rethooks.first" : "kretprobe_instances.first", &node));
	for (unsigned i = 0; node && i < MAX_HOOKS && !found; i++) {
		IQ_TRY(iq_container_of(k->types, node, type, "llist", &entry));
		IQ_TRY(check_instance(search, entry, type, frame_path, &found));
		IQ_TRY(iq_read_u64(k->target, node, &node));
	}
	return found ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "no entry for this slot");
}

bool iq_original_return(void *context, uint64_t task, uint64_t slot, uint64_t trampoline, uint64_t *address)
{
	struct search search = { .kernel = context, .slot = slot, .trampoline = trampoline };
	if (iq_failed(search_graph(&search, task)) && iq_failed(search_instances(&search, task)))
		return false;
	*address = search.found;
	return search.found != 0 && search.found != trampoline;
}
