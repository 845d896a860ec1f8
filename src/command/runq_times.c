// SPDX-License-Identifier: GPL-2.0-or-later
/* runq -t, -T, -m: the run queues' clocks. */
#include "command/runq.h"

#include "kernel/task_times.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

#define NANO UINT64_C(1000000000)

struct clock {
	const struct iq_cpu *cpu;
	const struct iq_task *task; /* its current one */
	struct iq_task made;
	uint64_t now, since;
	bool has_now, has_since;
};

/* A CPU's clock, and when its task came onto it. */
static void read_clock(const struct iq_runq *r, const struct iq_cpu *cpu, struct clock *clock)
{
	*clock = (struct clock){ .cpu = cpu };
	struct iq_error *error = iq_cpu_clock(r->kernel, cpu->id, &clock->now);
	clock->has_now = !error;
	if (cpu->current_task) {
		clock->task = iq_runq_task(r, cpu->current_task, &clock->made);
		struct iq_error *second = iq_task_last_run(r->kernel, clock->task, &clock->since);
		clock->has_since = !second;
		iq_error_keep(&error, second);
	}
	iq_warn_error(&r->session->diag, iq_error_prefix(error, "CPU %u", cpu->id));
}

static void add_times(struct iq_out *out, const struct clock *clock)
{
	iq_add_unsigned(out, "cpu", clock->cpu->id);
	iq_add_bool(out, "online", clock->cpu->online);
	if (clock->has_now)
		iq_add_big(out, "clock_ns", clock->now);
	else
		iq_add_unavailable(out, "clock_ns", "it can't be read");
	if (!clock->task)
		return;
	iq_object_begin(out, "current");
	iq_add_task(out, clock->task);
	iq_end(out);
	if (clock->has_since)
		iq_add_big(out, "last_run_ns", clock->since);
	else
		iq_add_unavailable(out, "last_run_ns", "it can't be read");
}

static const char *comm(const struct clock *clock)
{
	return clock->task->unknown & IQ_TASK_COMM ? "(unavailable)" : clock->task->comm;
}

static void format_pid(const struct clock *clock, char *text, size_t size)
{
	snprintf(text, size, clock->task->unknown & IQ_TASK_PID ? "?" : "%d", clock->task->pid);
}

struct iq_error *iq_runq_clocks(const struct iq_runq *r)
{
	struct iq_out *out = r->out;
	for (size_t i = 0; i < r->count; i++) {
		struct clock clock;
		char now[32] = "(unavailable)", pid[16], label[16];
		read_clock(r, r->cpus[i], &clock);
		iq_record_begin(out);
		add_times(out, &clock);
		if (clock.has_now)
			snprintf(now, sizeof(now), "%" PRIu64, clock.now);
		int width = snprintf(label, sizeof(label), "%sCPU %u: ", clock.cpu->id < 10 ? " " : "", clock.cpu->id);
		iq_text(out, "%s%s%s", label, now, clock.cpu->online ? "" : " [OFFLINE]");
		if (clock.task && clock.has_since) {
			format_pid(&clock, pid, sizeof(pid));
			iq_text(out, "%*s%0*" PRIu64 "  PID: %-5s  TASK: %" PRIx64 "  COMMAND: \"%s\"", width, "",
				(int)IQ_MIN(strlen(now), sizeof("18446744073709551615") - 1), clock.since, pid,
				clock.task->address, comm(&clock));
		} else {
			iq_text(out, "%*s(unavailable)", width, "");
		}
		iq_end(out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static unsigned digits(uint64_t value)
{
	unsigned count = 1;
	for (; value >= 10; value /= 10)
		count++;
	return count;
}

/* The latest first. */
static int compare_clocks(const void *a, const void *b)
{
	const struct clock *x = a, *y = b;
	if (x->has_now != y->has_now)
		return x->has_now ? -1 : 1;
	if (x->now != y->now)
		return x->now > y->now ? -1 : 1;
	return x->cpu->id < y->cpu->id ? -1 : x->cpu->id > y->cpu->id;
}

struct iq_error *iq_runq_lag(const struct iq_runq *r)
{
	_cleanup_free_ struct clock *clocks = calloc(r->count + 1, sizeof(*clocks));
	struct iq_out *out = r->out;
	if (!clocks)
		return iq_error_no_memory();
	for (size_t i = 0; i < r->count; i++) {
		struct iq_error *error = iq_cpu_clock(r->kernel, r->cpus[i]->id, &clocks[i].now);
		clocks[i].cpu = r->cpus[i];
		clocks[i].has_now = !error;
		IQ_TRY(iq_runq_tell(r, r->cpus[i], error));
	}
	qsort(clocks, r->count, sizeof(*clocks), compare_clocks);
	for (size_t i = 0; i < r->count; i++) {
		unsigned id = clocks[i].cpu->id;
		int pad = (int)(2 + digits(r->count)) - (int)digits(id);
		uint64_t lag = clocks[0].now - clocks[i].now;
		iq_record_begin(out);
		iq_add_unsigned(out, "cpu", id);
		if (clocks[i].has_now) {
			iq_add_big(out, "clock_ns", clocks[i].now);
			iq_add_big(out, "lag_ns", lag);
			iq_text(out, "%*sCPU %u: %.2f secs", IQ_MAX(pad, 0), "", id, (double)lag / NANO);
		} else {
			iq_add_unavailable(out, "clock_ns", "it can't be read");
			iq_text(out, "%*sCPU %u: (unavailable)", IQ_MAX(pad, 0), "", id);
		}
		iq_end(out);
	}
	return NULL;
}

struct iq_error *iq_runq_running(const struct iq_runq *r)
{
	struct iq_out *out = r->out;
	int width = r->count ? (int)digits(r->cpus[r->count - 1]->id) : 1;
	int days_width = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct clock clock;
		char pid[16];
		read_clock(r, r->cpus[i], &clock);
		bool known = clock.has_now && clock.task && clock.has_since;
		uint64_t ran = known && clock.now > clock.since ? clock.now - clock.since : 0, seconds = ran / NANO;
		if (!days_width)
			days_width = (int)digits(clock.now / NANO / 86400);
		iq_record_begin(out);
		add_times(out, &clock);
		if (known) {
			iq_add_big(out, "running_ns", ran);
			format_pid(&clock, pid, sizeof(pid));
			iq_text(out,
				" %*sCPU %u: [%*" PRIu64 " %02u:%02u:%02u.%03u]  PID: %-5s  TASK: %" PRIx64
				"  COMMAND: \"%s\"%s",
				width - (int)digits(clock.cpu->id), "", clock.cpu->id, days_width, seconds / 86400,
				(unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
				(unsigned)(seconds % 60), (unsigned)(ran % NANO / 1000000), pid, clock.task->address,
				comm(&clock), clock.cpu->online ? "" : " [OFFLINE]");
		} else {
			iq_add_unavailable(out, "running_ns", "the clock or the task can't be read");
			iq_text(out, " %*sCPU %u: [unknown]", width - (int)digits(clock.cpu->id), "", clock.cpu->id);
		}
		iq_end(out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
