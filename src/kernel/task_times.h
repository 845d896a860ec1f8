/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a task began, how long it ran, when it ran last, and by which policy. Nanoseconds. */
#ifndef IQ_KERNEL_TASK_TIMES_H
#define IQ_KERNEL_TASK_TIMES_H

#include "kernel/task.h"

struct iq_task_times {
	uint64_t start;       /* of the monotonic clock, which stands still while the machine is suspended */
	uint64_t since_start; /* until the last tick, suspended time included */
	uint64_t user, system;
};

/* task_struct: start_time, start_boottime (real_start_time before 5.5, upstream cf25e24db61c), utime, stime; of this
 * thread alone. */
struct iq_error *iq_task_times(struct iq_kernel *kernel, const struct iq_task *task, struct iq_task_times *out);

/* When the task came onto its CPU the last time, by that CPU's run queue's clock: sched_info.last_arrival, which the
 * idle tasks don't keep: 0 for these and for a task that never ran. NOT_FOUND in kernels without CONFIG_SCHED_INFO. */
struct iq_error *iq_task_last_run(struct iq_kernel *kernel, const struct iq_task *task, uint64_t *when);

/* The clock of a CPU's run queue when it was last read: struct rq's clock. */
struct iq_error *iq_cpu_clock(struct iq_kernel *kernel, unsigned cpu, uint64_t *now);

/* task_struct's policy, and its name: "NORMAL", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE", "EXT"; NULL for none
 * of them. include/uapi/linux/sched.h */
struct iq_error *iq_task_policy(struct iq_kernel *kernel, const struct iq_task *task, unsigned *policy);
const char *iq_policy_name(unsigned policy);

#endif
