// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

static struct inquest_task public_task(const struct iq_task *task)
{
	return (struct inquest_task){
		.address = task->address,
		.pid = task->pid,
		.tgid = task->tgid,
		.ppid = task->ppid,
		.cpu = task->cpu,
		.comm = task->comm,
		.state = iq_task_state_name(task),
		.running = task->on_cpu,
		.kernel_thread = task->kernel_thread,
		.idle = task->idle,
	};
}

struct inquest_error *inquest_each_task(struct inquest *crash,
					bool (*fn)(void *context, const struct inquest_task *task), void *context)
{
	const struct iq_task *tasks;
	size_t count;

	IQ_PUBLIC_TRY(iq_tasks(crash->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		struct inquest_task given = public_task(&tasks[i]);
		if (!fn(context, &given))
			break;
	}
	return NULL;
}

struct inquest_error *inquest_task_by_pid(struct inquest *crash, int32_t pid, struct inquest_task *out)
{
	const struct iq_task *tasks, *task;
	size_t count;

	/* The list is what keeps a task's comm as long as the dump is open. */
	IQ_PUBLIC_TRY(iq_tasks(crash->kernel, &tasks, &count));
	IQ_PUBLIC_TRY(iq_task_by_pid(crash->kernel, pid, &task));
	*out = public_task(task);
	return NULL;
}

struct inquest_error *inquest_panic_task(struct inquest *crash, struct inquest_task *out)
{
	const struct iq_task *task;

	IQ_PUBLIC_TRY(iq_panic_task(crash->kernel, &task));
	*out = public_task(task);
	return NULL;
}
