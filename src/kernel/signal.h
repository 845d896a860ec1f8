/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals: what a process does with each, which a task blocks, which wait for it. Facts: include/linux/sched/signal.h,
 * signal_types.h, include/uapi/asm-generic/signal.h of 5.10, 6.1, 6.12.
 */
#ifndef IQ_KERNEL_SIGNAL_H
#define IQ_KERNEL_SIGNAL_H

#include "kernel/task.h"

enum { IQ_SIGNALS = 64, IQ_SIGRTMIN = 32 };

/* What a process does with a signal: struct k_sigaction. */
struct iq_signal_action {
	uint64_t address;
	uint64_t handler; /* 0: the default; 1: nothing; else a function of the program */
	uint64_t flags;   /* SA_... */
	uint64_t mask;    /* blocked while the handler runs; bit 0 is signal 1 */
};

struct iq_signals {
	uint64_t signal;              /* struct signal_struct, the thread group's */
	uint64_t sighand;             /* struct sighand_struct; 0: gone, the task is dead */
	uint64_t threads;             /* in the group */
	uint64_t blocked;             /* sets: bit 0 is signal 1 */
	uint64_t pending, shared;     /* sets: sent to the task; to the thread group */
	uint64_t queue, shared_queue; /* struct sigpending of both */
};

struct iq_error *iq_task_signals(struct iq_kernel *kernel, const struct iq_task *task, struct iq_signals *out);

/* The action of signal `number`, from 1 on. */
struct iq_error *iq_signal_action(struct iq_kernel *kernel, uint64_t sighand, unsigned number,
				  struct iq_signal_action *out);

/* A queued signal: its number and its siginfo's address. */
typedef struct iq_error *(*iq_signal_fn)(void *context, unsigned number, uint64_t info);

/* Calls fn with each signal that waits in the struct sigpending at `queue`, the oldest first; as iq_list_each(). */
struct iq_error *iq_signals_each(struct iq_kernel *kernel, uint64_t queue, iq_signal_fn fn, void *context);

/* Appends "SIGINT", "SIGRTMIN+3": nothing for what is no signal. */
void iq_signal_name(unsigned number, struct iq_strbuf *out);

/* A second name: "SIGIOT" of SIGABRT; NULL without. */
const char *iq_signal_other_name(unsigned number);

#endif
