// SPDX-License-Identifier: GPL-2.0-or-later
/* runq -g: the queues as trees of groups. */
#include "command/runq.h"

#include "util/cleanup.h"

struct groups {
	const struct iq_runq *r;
	const struct iq_cpu *cpu;
	bool realtime;
	size_t shown;
};

/* As crash has it. */
static int indent(const struct groups *g, const struct iq_queued *queued)
{
	if (g->realtime)
		return 5 + 6 * (int)queued->depth;
	return 5 + 3 * (int)queued->depth;
}

static struct iq_error *show_group(const struct groups *g, const struct iq_queued *queued)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 }, name = { 0 };
	struct iq_out *out = g->r->out;
	if (queued->task_group) {
		iq_add_address(out, "task_group", queued->task_group);
		IQ_TRY(iq_runq_tell(g->r, g->cpu, iq_task_group_name(g->r->kernel, queued->task_group, &name)));
	} else {
		iq_add_unavailable(out, "task_group", "it can't be read");
	}
	iq_add_string(out, "name", name.text);
	iq_add_address(out, g->realtime ? "rt_rq" : "cfs_rq", queued->queue);
	iq_add_bool(out, "throttled", queued->throttled);
	iq_strbuf_pad(&line, (size_t)indent(g, queued));
	if (g->realtime)
		iq_strbuf_addf(&line, "[%3u] ", queued->list);
	iq_strbuf_add(&line, "TASK_GROUP: {task_group@address}  ");
	iq_strbuf_add(&line, g->realtime ? "RT_RQ: {rt_rq@address}" : "CFS_RQ: {cfs_rq@address} ");
	if (name.length)
		iq_strbuf_add(&line, " <{name}>");
	if (queued->throttled)
		iq_strbuf_add(&line, " (THROTTLED)");
	iq_line(out, iq_strbuf_text(&line));
	return NULL;
}

static void show_task(const struct groups *g, const struct iq_queued *queued)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	struct iq_out *out = g->r->out;
	struct iq_task made;
	const struct iq_task *task = iq_runq_task(g->r, queued->task, &made);
	bool current = queued->current && queued->task == g->cpu->current_task;
	if (g->realtime)
		iq_add_unsigned(out, "priority", queued->list);
	else
		iq_runq_priority(g->r, task);
	iq_add_task(out, task);
	iq_add_bool(out, "current", current);
	if (queued->delayed)
		iq_add_bool(out, "delayed", true);
	iq_strbuf_pad(&line, (size_t)indent(g, queued));
	iq_strbuf_add(&line, "[{priority:3}] PID: {pid:-5}  TASK: {task@address}  COMMAND: \"{comm@string}\"");
	iq_strbuf_add(&line, current ? " [CURRENT]" : queued->delayed ? " [DELAYED]" : "");
	iq_line(out, iq_strbuf_text(&line));
}

static struct iq_error *show_queued(void *context, const struct iq_queued *queued)
{
	struct groups *g = context;
	struct iq_error *error = NULL;
	g->shown++;
	iq_record_begin(g->r->out);
	iq_add_unsigned(g->r->out, "depth", queued->depth);
	if (queued->queue)
		error = show_group(g, queued);
	else
		show_task(g, queued);
	iq_end(g->r->out);
	return error;
}

static struct iq_error *count_queued(void *context, const struct iq_queued *queued)
{
	(*(size_t *)context)++;
	return NULL;
}

static struct iq_error *end_queue(const struct groups *g, struct iq_error *error)
{
	if (!g->shown)
		iq_text(g->r->out, error ? "     (unavailable)" : "     [no tasks queued]");
	iq_end(g->r->out);
	return iq_runq_tell(g->r, g->cpu, error);
}

static struct iq_error *show_queues(const struct iq_runq *r, const struct iq_cpu *cpu, const struct iq_run_queue *rq)
{
	struct groups realtime = { r, cpu, true, 0 }, fair = { r, cpu, false, 0 };
	struct iq_out *out = r->out;
	size_t count = 0;
	/* Without groups of real-time tasks crash has none of these: the block is left out where it would be empty. */
	struct iq_error *error = iq_realtime_queue_each(r->kernel, rq->realtime, count_queued, &count);
	if (count || error || iq_types_has_member(iq_kernel_types(r->kernel), "task_group", "rt_rq")) {
		iq_add_address(out, "rt_rq", rq->realtime);
		iq_line(out, "  ROOT_TASK_GROUP: {task_group@address}  RT_RQ: {rt_rq@address}");
		iq_list_begin(out, "realtime");
		iq_error_free(error);
		error = iq_realtime_queue_each(r->kernel, rq->realtime, show_queued, &realtime);
		IQ_TRY(end_queue(&realtime, error));
	}
	iq_add_address(out, "cfs_rq", rq->fair);
	iq_line(out, "  ROOT_TASK_GROUP: {task_group@address}  CFS_RQ: {cfs_rq@address}");
	iq_list_begin(out, "fair");
	error = iq_fair_queue_each(r->kernel, rq->cpu, rq->fair, true, show_queued, &fair);
	return end_queue(&fair, error);
}

struct iq_error *iq_runq_groups(const struct iq_runq *r)
{
	struct iq_symbol root;
	struct iq_out *out = r->out;
	IQ_TRY(iq_symbol_by_name_in(iq_kernel_symbols(r->kernel), NULL, "root_task_group", &root));
	for (size_t i = 0; i < r->count; i++) {
		const struct iq_cpu *cpu = r->cpus[i];
		struct iq_run_queue rq;
		if (i)
			iq_line(out, "");
		iq_record_begin(out);
		iq_add_unsigned(out, "cpu", cpu->id);
		iq_add_bool(out, "online", cpu->online);
		iq_add_address(out, "task_group", root.address);
		iq_line(out, cpu->online ? "CPU {cpu}" : "CPU {cpu} [OFFLINE]");
		iq_runq_current(r, cpu);
		struct iq_error *error = iq_run_queue(r->kernel, cpu->id, &rq);
		error = error ? iq_runq_tell(r, cpu, error) : show_queues(r, cpu, &rq);
		iq_end(out);
		IQ_TRY(error);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
