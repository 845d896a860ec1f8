/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an address is: everything that the kernel's own tables say of it. What BPF's say is the room bpf/'s. */
#ifndef IQ_KERNEL_IDENTIFY_H
#define IQ_KERNEL_IDENTIFY_H

#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/slab.h"
#include "kernel/task.h"
#include "kernel/vmalloc.h"

enum iq_fact_kind {
	IQ_FACT_SYMBOL,      /* in a symbol of vmlinux, a module, JITed code */
	IQ_FACT_PER_CPU,     /* in a CPU's copy of a variable of vmlinux */
	IQ_FACT_SLAB,        /* in a slab */
	IQ_FACT_TASK,        /* in a struct task_struct */
	IQ_FACT_STACK,       /* in a task's or a CPU's stack */
	IQ_FACT_VMAP,        /* in an area of vmalloc's */
	IQ_FACT_STRUCT_PAGE, /* in a struct page: of another page than the one it lies in */
	IQ_FACT_PAGE,        /* the page it lies in */
};

/* One thing that is known of the address; only what the kind says is set. */
struct iq_fact {
	enum iq_fact_kind kind;
	struct iq_symbol symbol;      /* SYMBOL, PER_CPU */
	uint64_t offset;              /* in the symbol; in the task_struct; in the slab object */
	int cpu;                      /* PER_CPU; STACK: whose, -1 for a task's */
	struct iq_slab_object object; /* SLAB */
	const struct iq_slab_cache *cache;
	struct iq_slab slab;
	struct iq_slab_state state; /* of the object, where there is one */
	const struct iq_task *task; /* TASK, STACK */
	struct iq_stack stack;      /* STACK */
	struct iq_vmap_area area;   /* VMAP */
	struct iq_page page;        /* STRUCT_PAGE, PAGE */
};

typedef struct iq_error *(*iq_fact_fn)(void *context, const struct iq_fact *fact);

/* Calls fn with each fact about a kernel address, in the order of the kinds. What can't be found out for damage is
 * reported; an error from fn ends it. */
struct iq_error *iq_identify(struct iq_kernel *kernel, uint64_t address, iq_fact_fn fn, void *context);

/* The same for a physical address: of the page only, and what its address in the direct map is. */
struct iq_error *iq_identify_physical(struct iq_kernel *kernel, uint64_t physical, iq_fact_fn fn, void *context);

#endif
