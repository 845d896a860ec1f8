/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands that work on tasks share: choosing tasks, the line that says whose turn it is, registers. */
#ifndef IQ_COMMAND_TASKS_H
#define IQ_COMMAND_TASKS_H

#include "command/command.h"
#include "command/session.h"
#include "kernel/cpu.h"
#include "kernel/task.h"
#include "util/vec.h"

struct iq_task_list {
	const struct iq_task **data;
	size_t count, capacity;
};

/* Adds the tasks that a word names: a PID (decimal first, as crash does), a task_struct's address (hexadecimal). PID 0
 * is every idle task. IQ_ERROR_NOT_FOUND if there is none. */
struct iq_error *iq_tasks_by_word(struct iq_kernel *kernel, const char *word, struct iq_task_list *list);

/* Adds the current task of each CPU that "0,2-4", "a" names. */
struct iq_error *iq_tasks_by_cpus(struct iq_kernel *kernel, const char *cpus, struct iq_task_list *list);

bool iq_task_list_add(struct iq_task_list *list, const struct iq_task *task);

/* Fits _cleanup_(). */
void iq_task_list_free(struct iq_task_list *list);

/* Adds the fields pid, task, cpu, comm to the open record; what is not known of them is unavailable. */
void iq_add_task(struct iq_out *out, const struct iq_task *task);

/* The same, and shows: PID: 118      TASK: ff1c3305c1fec200  CPU: 0    COMMAND: "runkfunc" */
void iq_task_heading(struct iq_out *out, const struct iq_task *task);

/* Appends a task's state in full: "TASK_RUNNING (PANIC)", "TASK_INTERRUPTIBLE", "TASK_RUNNING (ACTIVE)". */
void iq_task_state_text(struct iq_kernel *kernel, const struct iq_task *task, struct iq_strbuf *text);

/* Adds the object "regs" and shows the block of registers, with dashes where a value is not known. */
void iq_registers(struct iq_out *out, const struct iq_arch *arch, const struct iq_regs *regs);

#endif
