/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: their descriptors, who handles them, how often they came. Facts: include/linux/irqdesc.h, irq.h,
 * interrupt.h, kernel/irq/irqdesc.c, proc.c, kernel/softirq.c, arch/x86/include/asm/desc_defs.h of 5.10, 6.1, 6.12.
 */
#ifndef IQ_KERNEL_IRQ_H
#define IQ_KERNEL_IRQ_H

#include "kernel/kernel.h"

struct iq_irq {
	unsigned number;
	uint64_t address;   /* struct irq_desc */
	uint64_t action;    /* struct irqaction, the first; 0: nobody uses it */
	uint64_t chip;      /* struct irq_chip; 0: none */
	uint64_t handle;    /* irq_desc.handle_irq */
	uint64_t counts;    /* per-CPU: where each CPU counts */
	char chip_name[64]; /* "IO-APIC"; "" when not known */
	char flow[32];      /* how it is signalled: "edge", "fasteoi" */
};

struct iq_irq_action {
	uint64_t address; /* struct irqaction */
	uint64_t handler;
	uint64_t thread; /* struct task_struct that handles it; 0: none */
	char name[64];
};

typedef struct iq_error *(*iq_irq_fn)(void *context, const struct iq_irq *irq);
typedef struct iq_error *(*iq_irq_action_fn)(void *context, const struct iq_irq_action *action);

/* How many numbers there are: nr_irqs, in later kernels total_nr_irqs. */
struct iq_error *iq_irq_limit(struct iq_kernel *kernel, unsigned *limit);

/* Calls fn with each interrupt that has a descriptor, by number: out of sparse_irqs (6.5, upstream 721255b9826b), of
 * irq_desc_tree before, or of the array irq_desc without CONFIG_SPARSE_IRQ. What is damaged is left out, and the first
 * such error is returned after the rest was shown; an error from fn ends the walk. */
struct iq_error *iq_irqs_each(struct iq_kernel *kernel, iq_irq_fn fn, void *context);

/* Who handles it: several where it is shared. A list that goes round, or leads nowhere, is an error after what came
 * before. */
struct iq_error *iq_irq_actions_each(struct iq_kernel *kernel, const struct iq_irq *irq, iq_irq_action_fn fn,
				     void *context);

/* How often it came to a CPU. */
struct iq_error *iq_irq_count(struct iq_kernel *kernel, const struct iq_irq *irq, unsigned cpu, uint32_t *count);

/* The CPUs that it may come to, as set through /proc/irq: set[cpu] for each below `limit`. */
struct iq_error *iq_irq_affinity(struct iq_kernel *kernel, const struct iq_irq *irq, bool *set, size_t limit);

/* The handlers of soft interrupts, softirq_vec; at most `max`. */
struct iq_error *iq_softirqs(struct iq_kernel *kernel, uint64_t *handlers, size_t max, size_t *count);

/* x86's interrupt descriptor table, idt_table: each vector's entry point. IQ_ERROR_NOT_FOUND without one. */
struct iq_error *iq_idt(struct iq_kernel *kernel, uint64_t entries[256]);

#endif
