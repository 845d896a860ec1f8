// SPDX-License-Identifier: GPL-2.0-or-later
/* runq: what each CPU runs, and has to run. */
#include "command/runq.h"
#include "command/cpus.h"

#include "kernel/object.h"
#include "util/cleanup.h"

#include <limits.h>

const struct iq_task *iq_runq_task(const struct iq_runq *r, uint64_t address, struct iq_task *made)
{
	const struct iq_task *task;
	if (!iq_failed(iq_task_by_address(r->kernel, address, &task)))
		return task;
	*made = (struct iq_task){ .address = address, .unknown = UINT_MAX };
	return made;
}

struct iq_error *iq_runq_tell(const struct iq_runq *r, const struct iq_cpu *cpu, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&r->session->diag, iq_error_prefix(error, "CPU %u", cpu->id));
	return NULL;
}

void iq_runq_priority(const struct iq_runq *r, const struct iq_task *task)
{
	uint64_t priority;
	struct iq_error *error = iq_get(iq_kernel_target(r->kernel), iq_kernel_types(r->kernel), task->address,
					"task_struct", "prio", &priority);
	if (error)
		iq_add_unavailable(r->out, "priority", error->message);
	else
		iq_add_signed(r->out, "priority", (int64_t)priority);
	iq_error_free(error);
}

void iq_runq_current(const struct iq_runq *r, const struct iq_cpu *cpu)
{
	struct iq_task made;
	if (!cpu->current_task) {
		iq_add_unavailable(r->out, "current", "it can't be read");
		iq_line(r->out, "  CURRENT: {current}");
		return;
	}
	iq_object_begin(r->out, "current");
	iq_add_task(r->out, iq_runq_task(r, cpu->current_task, &made));
	iq_line(r->out, "  CURRENT: PID: {pid:-5}  TASK: {task@address}  COMMAND: \"{comm@string}\"");
	iq_end(r->out);
}

struct queue {
	const struct iq_runq *r;
	const char *structure; /* of an entity that has a time; NULL: it has none */
	bool realtime;
	size_t shown;
};

/* When a queue's tasks are due: vruntime (CFS), deadline (EEVDF and deadline scheduling). */
static void add_order(const struct queue *queue, uint64_t entity)
{
	static const char *const names[] = { "vruntime", "deadline" };
	struct iq_types *types = iq_kernel_types(queue->r->kernel);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		uint64_t value;
		if (iq_types_has_member(types, queue->structure, names[i]) &&
		    !iq_failed(iq_get(iq_kernel_target(queue->r->kernel), types, entity, queue->structure, names[i],
				      &value)))
			iq_add_big(queue->r->out, names[i], value);
	}
}

static struct iq_error *show_task(void *context, const struct iq_queued *queued)
{
	struct queue *queue = context;
	struct iq_out *out = queue->r->out;
	struct iq_task made;
	/* Groups are -g's; what runs is shown as such. */
	if (queued->queue || queued->current)
		return NULL;
	queue->shown++;
	iq_record_begin(out);
	if (queued->task) {
		const struct iq_task *task = iq_runq_task(queue->r, queued->task, &made);
		if (queue->realtime)
			iq_add_unsigned(out, "priority", queued->list);
		else
			iq_runq_priority(queue->r, task);
		iq_add_task(out, task);
	} else {
		iq_add_address(out, "server", queued->entity);
	}
	if (queue->structure)
		add_order(queue, queued->entity);
	if (queued->delayed)
		iq_add_bool(out, "delayed", true);
	if (queued->task)
		iq_line(out, queued->delayed ? "     [{priority:3}] PID: {pid:-5}  TASK: {task@address}  COMMAND: "
					       "\"{comm@string}\" [DELAYED]"
					     : "     [{priority:3}] PID: {pid:-5}  TASK: {task@address}  COMMAND: "
					       "\"{comm@string}\"");
	else
		iq_line(out, "     [ -1] SERVER: {server@address}");
	iq_end(out);
	return NULL;
}

static struct iq_error *end_queue(const struct queue *queue, const struct iq_cpu *cpu, struct iq_error *error)
{
	/* Nothing was found since something is missing: that is another thing than nothing. */
	if (!queue->shown)
		iq_text(queue->r->out, error ? "     (unavailable)" : "     [no tasks queued]");
	iq_end(queue->r->out);
	return iq_runq_tell(queue->r, cpu, error);
}

static struct iq_error *count_deadline(void *context, const struct iq_queued *queued)
{
	(*(size_t *)context)++;
	return NULL;
}

static struct iq_error *show_queues(const struct iq_runq *r, const struct iq_cpu *cpu, const struct iq_run_queue *rq)
{
	struct queue deadline = { r, "sched_dl_entity", false, 0 }, realtime = { r, NULL, true, 0 },
		     fair = { r, "sched_entity", false, 0 };
	size_t deadlines = 0;
	/* crash has no deadline tasks: the block is left out where it would be empty. */
	struct iq_error *error = iq_deadline_queue_each(r->kernel, rq->deadline, count_deadline, &deadlines);
	if (deadlines || error) {
		iq_add_address(r->out, "deadline_root", rq->deadline_root);
		iq_line(r->out, "  DEADLINE RB_ROOT: {deadline_root@address}");
		iq_list_begin(r->out, "deadline");
		iq_error_free(error);
		error = iq_deadline_queue_each(r->kernel, rq->deadline, show_task, &deadline);
		IQ_TRY(end_queue(&deadline, cpu, error));
	}
	iq_add_address(r->out, "realtime_array", rq->realtime_array);
	iq_line(r->out, "  RT PRIO_ARRAY: {realtime_array@address}");
	iq_list_begin(r->out, "realtime");
	error = iq_realtime_queue_each(r->kernel, rq->realtime, show_task, &realtime);
	IQ_TRY(end_queue(&realtime, cpu, error));
	iq_add_address(r->out, "fair_root", rq->fair_root);
	iq_line(r->out, "  CFS RB_ROOT: {fair_root@address}");
	iq_list_begin(r->out, "fair");
	error = iq_fair_queue_each(r->kernel, rq->cpu, rq->fair, false, show_task, &fair);
	return end_queue(&fair, cpu, error);
}

static struct iq_error *show_cpu(const struct iq_runq *r, const struct iq_cpu *cpu)
{
	struct iq_run_queue rq;
	struct iq_error *error = iq_run_queue(r->kernel, cpu->id, &rq);
	iq_record_begin(r->out);
	iq_add_unsigned(r->out, "cpu", cpu->id);
	iq_add_bool(r->out, "online", cpu->online);
	if (error)
		iq_add_unavailable(r->out, "runqueue", error->message);
	else
		iq_add_address(r->out, "runqueue", rq.address);
	iq_line(r->out, cpu->online ? "CPU {cpu} RUNQUEUE: {runqueue@address}"
				    : "CPU {cpu} RUNQUEUE: {runqueue@address} [OFFLINE]");
	iq_runq_current(r, cpu);
	error = error ? iq_runq_tell(r, cpu, error) : show_queues(r, cpu, &rq);
	iq_end(r->out);
	return error;
}

static struct iq_error *show_all(const struct iq_runq *r)
{
	for (size_t i = 0; i < r->count; i++) {
		if (i)
			iq_line(r->out, "");
		IQ_TRY(show_cpu(r, r->cpus[i]));
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_runq r = { .session = session, .args = args, .out = out };
	_cleanup_(iq_cpu_list_free) struct iq_cpu_list cpus = { 0 };
	IQ_TRY(iq_session_kernel(session, &r.kernel));
	IQ_TRY(iq_cpu_list_choose(r.kernel, iq_args_value(args, 'c'), &cpus));
	r.cpus = cpus.data;
	r.count = cpus.count;
	if (iq_args_has(args, 'g'))
		return iq_runq_groups(&r);
	if (iq_args_has(args, 't'))
		return iq_runq_clocks(&r);
	if (iq_args_has(args, 'T'))
		return iq_runq_lag(&r);
	return iq_args_has(args, 'm') ? iq_runq_running(&r) : show_all(&r);
}

const struct iq_command iq_command_runq = {
	.name = "runq",
	.summary = "what each CPU runs, and the tasks that wait for it",
	.options =
		(const struct iq_option[]){
			{ 't', NULL, NULL, "each run queue's clock, and when its task came onto the CPU" },
			{ 'T', NULL, NULL, "how far each run queue's clock is behind the latest" },
			{ 'm', NULL, NULL, "how long each CPU's task has been running" },
			{ 'g', NULL, NULL, "by groups of tasks (control groups, autogroups), also those held back" },
			{ 'c', NULL, "CPUS", "only these CPUs: 1, 0,2-4, a" },
			{ 0 },
		},
	.help = "CURRENT is the task that runs; the others wait in order: real-time tasks by\n"
		"priority, deadline tasks (only shown where there are some) by deadline, fair\n"
		"ones by virtual run time or, with EEVDF (6.6 and later), virtual deadline.\n"
		"The number before a task is its priority. DELAYED marks one that went to sleep\n"
		"but is kept queued until it is picked next (6.12 and later). Tasks of\n"
		"sched_ext schedulers are not shown.\n\n"
		"-g shows groups that are THROTTLED too: what is in them waits for its group's\n"
		"next share of time, and no queue has it. Times are of the run queue's clock,\n"
		"in nanoseconds, as it was last read: an idle CPU's stands.",
	.examples =
		(const struct iq_example[]){
			{ "runq", "kfunc-6.1.47-la57.flat", "all run queues" },
			{ "runq -m -c 0", "kfunc-6.1.47-la57.flat", "how long CPU 0's task has been running" },
			{ 0 },
		},
	.run = run,
};
