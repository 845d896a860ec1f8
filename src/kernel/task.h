/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks: every one there is, idle tasks and threads too; which ran where; their stacks and backtraces. */
#ifndef IQ_KERNEL_TASK_H
#define IQ_KERNEL_TASK_H

#include "kernel/kernel.h"

/* Members of a task that could not be read, or make no sense: they are 0 (numbers of tasks and CPUs: -1), and are not to be shown as if they were known. */
enum {
	IQ_TASK_PID = 1 << 0,
	IQ_TASK_TGID = 1 << 1,
	IQ_TASK_PPID = 1 << 2,
	IQ_TASK_COMM = 1 << 3,
	IQ_TASK_STATE = 1 << 4, /* state or exit_state */
	IQ_TASK_FLAGS = 1 << 5,
	IQ_TASK_CPU = 1 << 6,
	IQ_TASK_MM = 1 << 7, /* mm or active_mm */
	IQ_TASK_LINKS = 1 << 8, /* parent or group_leader */
	IQ_TASK_STACK = 1 << 9,
};

/* What the kernel writes at the lowest word of each task's stack (include/uapi/linux/magic.h). */
#define STACK_END_MAGIC UINT64_C(0x57ac6e9d)

struct iq_task {
	uint64_t address;      /* of struct task_struct */
	unsigned unknown;      /* IQ_TASK_... */
	int32_t pid, tgid;
	int32_t ppid;          /* as in /proc: the tgid of real_parent; 0 of an idle task */
	char comm[65];
	uint64_t state;        /* __state (5.14+, upstream 2f064a59a11f) or state */
	uint64_t exit_state;
	uint32_t flags;        /* PF_... */
	int32_t cpu;           /* ran on it last, or will run on it */
	bool on_cpu;           /* a CPU's current task at the crash */
	bool idle;             /* a CPU's idle task */
	bool kernel_thread;    /* PF_KTHREAD or no mm */
	uint64_t mm, active_mm;
	uint64_t parent, group_leader;
	uint64_t stack, stack_size;
};

/* All tasks, in the order of the kernel's list (init_task, then the thread groups with their threads behind each leader; the idle tasks
 * of the other CPUs first), cached. Damage on the way is reported, and what was found is given; tasks that only the table of PIDs leads to, since
 * a list is broken, come at the end. */
struct iq_error *iq_tasks(struct iq_kernel *kernel, const struct iq_task **tasks, size_t *count);

/* Are these all? False when damage on the way to them may hide some. */
bool iq_tasks_complete(struct iq_kernel *kernel);

struct iq_error *iq_task_by_pid(struct iq_kernel *kernel, int32_t pid, const struct iq_task **out);
struct iq_error *iq_task_by_address(struct iq_kernel *kernel, uint64_t address, const struct iq_task **out);

/* "RU", "IN", "UN", "ID", "ZO", "ST", "TR", "DE", "PA", "WA", "NE": crash's two letters; "??" for bits that mean nothing,
 * and for a state that is not known. */
const char *iq_task_state_name(const struct iq_task *task);

/* The task that panicked: the current task of the CPU that ran the crash. NOT_FOUND on a live system or a dump of a running guest. */
struct iq_error *iq_panic_task(struct iq_kernel *kernel, const struct iq_task **out);

/* Where a task that doesn't run saved its registers on its stack. */
struct iq_error *iq_task_stack_pointer(struct iq_kernel *kernel, const struct iq_task *task, uint64_t *sp);

/* The registers from which a task's stack is walked, and whether pc is exact: a sleeping task's saved ones, or those of the CPU that ran it. */
struct iq_error *iq_task_registers(struct iq_kernel *kernel, const struct iq_task *task, struct iq_regs *regs, bool *exact);

/* The backtrace; free with iq_backtrace_free(). */
struct iq_error *iq_task_backtrace(struct iq_kernel *kernel, const struct iq_task *task, unsigned flags,
				   struct iq_backtrace *out);

#endif
