// SPDX-License-Identifier: GPL-2.0-or-later
/* ps -t, -l, -m: when tasks began, how long they ran, when they ran last. */
#include "command/ps.h"

#include "kernel/task_times.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

#define NANO UINT64_C(1000000000)

/* "1 days, 01:35:32" */
static void format_duration(uint64_t nanoseconds, char *text, size_t size)
{
	uint64_t seconds = nanoseconds / NANO;
	char days[32] = "";
	if (seconds >= 86400)
		snprintf(days, sizeof(days), "%" PRIu64 " days, ", seconds / 86400);
	snprintf(text, size, "%s%02u:%02u:%02u", days, (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
		 (unsigned)(seconds % 60));
}

static void add_times(struct iq_out *out, const struct iq_task_times *times)
{
	iq_add_big(out, "run_time_ns", times->since_start);
	iq_add_big(out, "start_time_ns", times->start);
	iq_add_big(out, "utime_ns", times->user);
	iq_add_big(out, "stime_ns", times->system);
	if (iq_out_is_text(out)) {
		char text[64];
		format_duration(times->since_start, text, sizeof(text));
		iq_add_string(out, "run_time", text);
	}
	iq_line(out, "    RUN TIME: {run_time}");
	iq_line(out, "  START TIME: {start_time_ns}");
	iq_line(out, "       UTIME: {utime_ns}");
	iq_line(out, "       STIME: {stime_ns}");
}

struct iq_error *iq_ps_times(const struct iq_ps *ps)
{
	static const char *const keys[] = { "run_time_ns", "start_time_ns", "utime_ns", "stime_ns" };
	struct iq_out *out = ps->out;
	for (size_t i = 0; i < ps->tasks.count; i++) {
		struct iq_task_times times;
		struct iq_error *error = iq_task_times(ps->kernel, ps->tasks.data[i], &times);
		iq_record_begin(out);
		iq_task_heading(out, ps->tasks.data[i]);
		if (error) {
			for (size_t k = 0; k < IQ_ARRAY_SIZE(keys); k++)
				iq_add_unavailable(out, keys[k], error->message);
			iq_line(out, "  {run_time_ns}");
			iq_warn_error(&ps->session->diag,
				      iq_error_prefix(error, "times of task %d", ps->tasks.data[i]->pid));
		} else {
			add_times(out, &times);
		}
		iq_line(out, "");
		iq_end(out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

/* A task and when it came onto its CPU. */
struct run {
	const struct iq_task *task;
	size_t place; /* among the tasks, for a stable order */
	uint64_t last, age;
	bool has_last, has_age;
};

struct runs {
	struct run *data;
	size_t count;
	int last_width, days_width; /* of the widest */
};

static void runs_free(struct runs *runs)
{
	free(runs->data);
}

/* The latest first, those that are not known at the end. */
static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	if (x->has_last != y->has_last)
		return x->has_last ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static int digits(uint64_t value)
{
	int count = 1;
	for (; value >= 10; value /= 10)
		count++;
	return count;
}

/* How long ago. A last arrival of 0 is none: the idle tasks don't keep it. */
static struct iq_error *find_age(const struct iq_ps *ps, struct run *run)
{
	uint64_t now;
	if (!run->last || run->task->unknown & IQ_TASK_CPU)
		return NULL;
	IQ_TRY(iq_cpu_clock(ps->kernel, (unsigned)run->task->cpu, &now));
	run->age = now > run->last ? now - run->last : 0;
	run->has_age = true;
	return NULL;
}

static struct iq_error *load_runs(const struct iq_ps *ps, struct runs *runs)
{
	runs->count = ps->tasks.count;
	runs->data = calloc(runs->count + 1, sizeof(*runs->data));
	if (!runs->data)
		return iq_error_no_memory();
	runs->last_width = runs->days_width = 1;
	for (size_t i = 0; i < runs->count; i++) {
		struct run *run = &runs->data[i];
		*run = (struct run){ .task = ps->tasks.data[i], .place = i };
		struct iq_error *error = iq_task_last_run(ps->kernel, run->task, &run->last);
		run->has_last = !error;
		if (!error)
			error = find_age(ps, run);
		iq_warn_error(&ps->session->diag, iq_error_prefix(error, "last run of task %d", run->task->pid));
		if (!run->has_last)
			continue;
		runs->last_width = IQ_MAX(runs->last_width, digits(run->last));
		runs->days_width = IQ_MAX(runs->days_width, digits(run->age / NANO / 86400));
		IQ_TRY(iq_check_interrupt());
	}
	qsort(runs->data, runs->count, sizeof(*runs->data), compare_runs);
	return NULL;
}

static void show_run(const struct iq_ps *ps, const struct runs *runs, const struct run *run)
{
	struct iq_out *out = ps->out;
	char when[64] = "-", template[128];
	int width = runs->last_width;
	iq_record_begin(out);
	iq_add_task(out, run->task);
	iq_add_string(out, "state", iq_task_state_name(run->task));
	if (run->has_last)
		iq_add_big(out, "last_run_ns", run->last);
	else
		iq_add_unavailable(out, "last_run_ns", "it can't be read");
	if (iq_args_has(ps->args, 'm')) {
		uint64_t seconds = run->age / NANO;
		width = runs->days_width + (int)sizeof(" 00:00:00.000") - 1;
		if (run->has_age) {
			iq_add_big(out, "age_ns", run->age);
			snprintf(when, sizeof(when), "%" PRIu64 " %02u:%02u:%02u.%03u", seconds / 86400,
				 (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
				 (unsigned)(seconds % 60), (unsigned)(run->age % NANO / 1000000));
		} else {
			iq_add_string(out, "age_ns", NULL);
		}
	} else if (run->has_last) {
		snprintf(when, sizeof(when), "%" PRIu64, run->last);
	}
	if (iq_out_is_text(out))
		iq_add_string(out, "when", when);
	snprintf(template, sizeof(template),
		 "[{when:%d}] [{state}]  PID: {pid:-7}  TASK: {task:-16@address}  CPU: {cpu:-3}  COMMAND: "
		 "\"{comm@string}\"",
		 width);
	iq_line(out, template);
	iq_end(out);
}

/* -C: a block for each CPU that was asked for. */
static struct iq_error *show_by_cpu(const struct iq_ps *ps, const struct runs *runs)
{
	const struct iq_cpu *cpus;
	size_t count;
	bool set[8192] = { false }, shown = false;
	IQ_TRY(iq_cpus(ps->kernel, &cpus, &count));
	size_t limit = count ? cpus[count - 1].id + 1 : 0;
	IQ_TRY(iq_parse_set(iq_args_value(ps->args, 'C'), "cpu", set, IQ_MIN(limit, sizeof(set))));
	for (size_t i = 0; i < count; i++) {
		if (cpus[i].id >= sizeof(set) || !set[cpus[i].id])
			continue;
		if (shown)
			iq_line(ps->out, "");
		shown = true;
		iq_text(ps->out, "CPU: %u%s", cpus[i].id, cpus[i].online ? "" : " [OFFLINE]");
		for (size_t r = 0; r < runs->count; r++) {
			if (runs->data[r].task->cpu == (int32_t)cpus[i].id)
				show_run(ps, runs, &runs->data[r]);
		}
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

struct iq_error *iq_ps_last_run(const struct iq_ps *ps)
{
	_cleanup_(runs_free) struct runs runs = { 0 };
	IQ_TRY(load_runs(ps, &runs));
	if (iq_args_has(ps->args, 'C'))
		return show_by_cpu(ps, &runs);
	for (size_t i = 0; i < runs.count; i++) {
		show_run(ps, &runs, &runs.data[i]);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
