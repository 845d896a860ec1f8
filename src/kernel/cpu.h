/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs: which there are, what ran on each, per-CPU memory, their stacks, and the registers they left. */
#ifndef IQ_KERNEL_CPU_H
#define IQ_KERNEL_CPU_H

#include "kernel/kernel.h"

struct iq_cpu {
	unsigned id;
	bool online;           /* at the end: panic() takes the CPUs that it stops off the mask */
	bool present;
	bool masks_known;      /* false: the masks can't be read, and every possible CPU is taken for present and online */
	uint64_t current_task; /* 0 unknown */
	bool offset_known;
	uint64_t offset;       /* __per_cpu_offset */
};

/* All possible CPUs, by number, cached. */
struct iq_error *iq_cpus(struct iq_kernel *kernel, const struct iq_cpu **cpus, size_t *count);

/* The address of a per-CPU variable's copy: `address` as the symbol has it (an offset, or a static address of the first CPU). */
struct iq_error *iq_per_cpu(struct iq_kernel *kernel, unsigned cpu, uint64_t address, uint64_t *out);

/* The same by symbol name. */
struct iq_error *iq_per_cpu_symbol(struct iq_kernel *kernel, unsigned cpu, const char *name, uint64_t *out);

/* The registers that a CPU left in its NT_PRSTATUS note, or in crash_notes, or (QEMU) in its CPU state. NOT_FOUND without. */
struct iq_error *iq_cpu_registers(struct iq_kernel *kernel, unsigned cpu, struct iq_regs *regs);

/* A CPU's idle task: rq->idle. */
struct iq_error *iq_idle_task(struct iq_kernel *kernel, const struct iq_cpu *cpu, uint64_t *task);

/* The CPU that ran the crash (crashing_cpu, or the panic_cpu). NOT_FOUND when none did. */
struct iq_error *iq_crashing_cpu(struct iq_kernel *kernel, unsigned *cpu);

/* A CPU's own stacks: IRQ, and on x86-64 the IST stacks in cpu_entry_area. *count is set to how many were found (at most max). */
struct iq_error *iq_cpu_stacks(struct iq_kernel *kernel, unsigned cpu, struct iq_stack *stacks, size_t max, size_t *count);

#endif
