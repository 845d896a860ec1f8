// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/task_times.h"

#include "kernel/internal.h"
#include "kernel/system.h"

struct iq_error *iq_task_times(struct iq_kernel *kernel, const struct iq_task *task, struct iq_task_times *out)
{
	uint64_t start, now;
	const char *boot_time =
		iq_k_has(kernel, "task_struct", "start_boottime") ? "start_boottime" : "real_start_time";
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "start_time", &out->start));
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", boot_time, &start));
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "utime", &out->user));
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "stime", &out->system));
	IQ_TRY(iq_uptime(kernel, &now));
	out->since_start = now > start ? now - start : 0;
	return NULL;
}

struct iq_error *iq_task_last_run(struct iq_kernel *kernel, const struct iq_task *task, uint64_t *when)
{
	return iq_k_get(kernel, task->address, "task_struct", "sched_info.last_arrival", when);
}

struct iq_error *iq_cpu_clock(struct iq_kernel *kernel, unsigned cpu, uint64_t *now)
{
	uint64_t queue;
	IQ_TRY(iq_per_cpu_symbol(kernel, cpu, "runqueues", &queue));
	return iq_k_get(kernel, queue, "rq", "clock", now);
}

struct iq_error *iq_task_policy(struct iq_kernel *kernel, const struct iq_task *task, unsigned *policy)
{
	uint64_t value;
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "policy", &value));
	*policy = (unsigned)value;
	return NULL;
}

const char *iq_policy_name(unsigned policy)
{
	static const char *const names[] = { "NORMAL", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE", "EXT" };
	return policy < IQ_ARRAY_SIZE(names) ? names[policy] : NULL;
}
