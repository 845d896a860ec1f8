/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef IQ_KERNEL_INTERNAL_H
#define IQ_KERNEL_INTERNAL_H

#include "kernel/cpu.h"
#include "kernel/kernel.h"
#include "kernel/object.h"
#include "kernel/task.h"

#include "util/cleanup.h"
#include "util/hash.h"
#include "util/vec.h"

struct iq_slabs;

/* A CPU's own stack. */
struct iq_cpu_stack {
	unsigned cpu;
	struct iq_stack stack;
};

/* bug.c: a table about instructions, as it is in the dump. */
struct iq_code_table {
	bool asked;
	const struct iq_image *module; /* whose; NULL: vmlinux' */
	uint64_t start;
	uint8_t *bytes; /* NULL: can't be read */
	size_t size;
};

struct iq_kernel {
	const struct iq_diag *diag;
	struct iq_dump *dump;
	struct iq_target *target;
	struct iq_symbols *symbols;
	struct iq_types *types;
	struct iq_images *images;
	struct iq_unwinder *unwinder;

	bool cpus_loaded;
	IQ_VEC(struct iq_cpu) cpus;

	struct iq_task *panicked; /* read before the list of tasks was; NULL: not yet */
	bool tasks_loaded, tasks_missing; /* the latter: damage may hide some */
	size_t task_complaints;
	IQ_VEC(struct iq_task) tasks;
	struct iq_map task_index; /* address → index in tasks */

	bool rss_loaded;
	struct iq_map rss_of_threads; /* task_memory.c */

	struct iq_code_table bugs, static_calls;

	uint64_t thread_size; /* 0: not yet asked for */
	uint64_t boot_moment; /* system.c: nanoseconds since the epoch; 0: not yet asked for */
	bool stacks_loaded;
	IQ_VEC(struct iq_cpu_stack) stacks;
	struct iq_slabs *slabs; /* slab.c; NULL: not yet asked for */
	struct iq_stack walked; /* of the task whose stack is being walked */
};

/* Shorthands over object.h for this room. */
static inline struct iq_error *iq_k_get(struct iq_kernel *k, uint64_t address, const char *type, const char *path,
					uint64_t *value)
{
	return iq_get(k->target, k->types, address, type, path, value);
}

static inline bool iq_k_has(struct iq_kernel *k, const char *type, const char *path)
{
	return iq_types_has_member(k->types, type, path);
}

/* The address of one of vmlinux' symbols. */
static inline struct iq_error *iq_k_symbol(struct iq_kernel *k, const char *name, uint64_t *address)
{
	struct iq_symbol symbol;
	IQ_TRY(iq_symbol_by_name_in(k->symbols, NULL, name, &symbol));
	*address = symbol.address;
	return NULL;
}

/* Does the per-CPU structure at `address` say itself that it is this CPU's? A damaged offset leads to anything. */
static inline struct iq_error *iq_k_check_cpu(struct iq_kernel *k, uint64_t address, const char *type, unsigned cpu)
{
	uint64_t own;
	if (!iq_k_has(k, type, "cpu"))
		return NULL;
	IQ_TRY(iq_k_get(k, address, type, "cpu", &own));
	if (own != cpu)
		return iq_error_new(IQ_ERROR_FORMAT, "struct %s at %#lx is damaged: it says that it is of CPU %u, not %u", type,
				    address, (unsigned)own, cpu);
	return NULL;
}

/* cpu.c: where a CPU has its copy of the per-CPU variable at `address`. */
struct iq_error *iq_cpu_place(const struct iq_cpu *cpu, uint64_t address, uint64_t *out);

/* stack.c: THREAD_SIZE, the size of a task's stack. */
uint64_t iq_thread_size(struct iq_kernel *kernel);

/* slab.c */
void iq_slabs_free(struct iq_slabs *slabs);

/* hooks.c: for struct iq_unwind_options.original_return; context is the struct iq_kernel. */
bool iq_original_return(void *context, uint64_t task, uint64_t slot, uint64_t trampoline, uint64_t *address);

/* stack.c: for struct iq_unwind_options.stack_at; context is the struct iq_kernel. */
bool iq_stack_at(void *context, uint64_t sp, struct iq_stack *out);

#endif
