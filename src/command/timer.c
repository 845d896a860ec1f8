// SPDX-License-Identifier: GPL-2.0-or-later
/* timer: what is going to happen, and when. */
#include "command/cpus.h"
#include "command/session.h"

#include "kernel/system.h"
#include "kernel/timer.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { ADDRESS_WIDTH = 16 };

struct timers {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	uint64_t now;                 /* jiffies; nanoseconds of a clock */
	IQ_VEC(struct iq_timer) list; /* of one wheel or clock */
};

static void timers_free(struct timers *t)
{
	iq_vec_free(&t->list);
}

static struct iq_error *collect(void *context, const struct iq_timer *timer)
{
	struct timers *t = context;
	struct iq_timer *added = iq_vec_push(&t->list);
	if (!added)
		return iq_error_no_memory();
	*added = *timer;
	return NULL;
}

/* Damage is told, and what was found is shown. */
static struct iq_error *tell(const struct timers *t, unsigned cpu, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&t->session->diag, iq_error_prefix(error, "CPU %u", cpu));
	return NULL;
}

static int64_t time_left(const struct timers *t, const struct iq_timer *timer)
{
	return (int64_t)(timer->expires - t->now);
}

static int decimal_width(int64_t value)
{
	return snprintf(NULL, 0, "%" PRId64, value);
}

/* Adds what is called, and gives its text: "ffffffffb4cc4f90  <delayed_work_timer_fn>". */
static void add_function(const struct timers *t, uint64_t function, struct iq_strbuf *text)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	iq_symbol_format(iq_kernel_symbols(t->kernel), function, 0, &name);
	iq_add_address(t->out, "function", function);
	iq_add_string(t->out, "name", name.text);
	iq_strbuf_addf(text, "%*" PRIx64, ADDRESS_WIDTH, function);
	if (name.length)
		iq_strbuf_addf(text, "  <%s>", name.text);
}

/* By time; what is due at the same as it lies in the wheel. */
struct placed {
	struct iq_timer timer;
	size_t place;
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->timer.expires != y->timer.expires)
		return x->timer.expires < y->timer.expires ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static struct iq_error *sort_by_time(struct timers *t)
{
	_cleanup_free_ struct placed *placed = calloc(t->list.count + 1, sizeof(*placed));
	if (!placed)
		return iq_error_no_memory();
	for (size_t i = 0; i < t->list.count; i++)
		placed[i] = (struct placed){ t->list.data[i], i };
	qsort(placed, t->list.count, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < t->list.count; i++)
		t->list.data[i] = placed[i].timer;
	return NULL;
}

static void show_wheel_timers(struct timers *t, int expires_width)
{
	uint64_t most = 0;
	struct iq_out *out = t->out;
	iq_vec_foreach (timer, &t->list) {
		int64_t left = time_left(t, timer);
		most = IQ_MAX(most, left < 0 ? 0 - (uint64_t)left : (uint64_t)left);
	}
	int width = IQ_MAX(snprintf(NULL, 0, "%" PRIu64, most) + 1, 3);
	iq_text(out, "  %-*s     %-*s     TIMER_LIST     FUNCTION", expires_width, "EXPIRES", width, "TTE");
	iq_list_begin(out, "timers");
	iq_vec_foreach (timer, &t->list) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		iq_record_begin(out);
		iq_add_big(out, "expires", timer->expires);
		iq_add_signed(out, "tte", time_left(t, timer));
		iq_add_address(out, "timer", timer->address);
		add_function(t, timer->function, &text);
		iq_text(out, "  %*" PRIu64 "  %*" PRId64 "  %*" PRIx64 "  %s", expires_width, timer->expires, width,
			time_left(t, timer), ADDRESS_WIDTH, timer->address, iq_strbuf_text(&text));
		iq_end(out);
	}
	iq_end(out);
	if (!t->list.count)
		iq_text(out, "  (none)");
}

static struct iq_error *show_wheel(struct timers *t, const struct iq_cpu *cpu, unsigned n, unsigned wheels, int width)
{
	struct iq_out *out = t->out;
	uint64_t address;
	t->list.count = 0;
	struct iq_error *error = iq_timer_wheel(t->kernel, cpu->id, n, &address);
	if (error)
		return tell(t, cpu->id, error);
	error = tell(t, cpu->id, iq_timers_each(t->kernel, address, collect, t));
	if (!error)
		error = sort_by_time(t);
	IQ_TRY(error);
	iq_record_begin(out);
	iq_add_unsigned(out, "cpu", cpu->id);
	iq_add_bool(out, "online", cpu->online);
	iq_add_string(out, "base", iq_timer_wheel_name(wheels, n));
	iq_add_address(out, "timer_base", address);
	iq_add_big(out, "jiffies", t->now);
	iq_line(out, cpu->online ? "TIMER_BASES[{cpu}][{base}]: {timer_base@address}"
				 : "TIMER_BASES[{cpu}][{base}]: {timer_base@address} [OFFLINE]");
	show_wheel_timers(t, width);
	iq_end(out);
	return iq_check_interrupt();
}

static struct iq_error *show_wheels(struct timers *t, const struct iq_cpu_list *cpus)
{
	unsigned wheels;
	IQ_TRY(iq_jiffies(t->kernel, &t->now));
	IQ_TRY(iq_timer_wheels(t->kernel, &wheels));
	int width = IQ_MAX(snprintf(NULL, 0, "%" PRIu64, t->now), (int)sizeof("JIFFIES") - 1);
	if (iq_out_is_text(t->out)) {
		iq_text(t->out, "JIFFIES");
		iq_text(t->out, "%*" PRIu64, width, t->now);
		iq_text(t->out, "%s", "");
	}
	for (size_t i = 0; i < cpus->count; i++) {
		if (i)
			iq_line(t->out, "");
		for (unsigned n = 0; n < wheels; n++)
			IQ_TRY(show_wheel(t, cpus->data[i], n, wheels, width));
	}
	return NULL;
}

/* Centred as crash has it: where that doesn't come out even, numbers are nearer to the right, headings of addresses to
 * the left. */
static void add_centred(struct iq_strbuf *line, const char *text, int width, bool right)
{
	int padding = IQ_MAX(width - (int)strlen(text), 0), before = (padding + right) / 2;
	iq_strbuf_addf(line, "%*s%s%*s  ", before, "", text, padding - before, "");
}

static void add_centred_number(struct iq_strbuf *line, uint64_t value, int width)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, (int64_t)value);
	add_centred(line, text, width, true);
}

static void show_line(struct iq_out *out, struct iq_strbuf *line)
{
	while (line->length && line->text[line->length - 1] == ' ')
		iq_strbuf_truncate(line, line->length - 1);
	iq_text(out, "  %s", iq_strbuf_text(line));
	iq_strbuf_truncate(line, 0);
}

static void show_clock_timers(struct timers *t)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	const struct iq_timer *last = &t->list.data[t->list.count - 1];
	/* The last to expire has the longest numbers. */
	int soft = IQ_MAX(decimal_width((int64_t)last->soft), (int)sizeof("SOFTEXPIRES") - 1),
	    hard = IQ_MAX(decimal_width((int64_t)last->expires), (int)sizeof("EXPIRES") - 1),
	    left = decimal_width(time_left(t, last));
	add_centred(&line, "CURRENT", soft, true);
	show_line(t->out, &line);
	add_centred_number(&line, t->now, soft);
	show_line(t->out, &line);
	add_centred(&line, "SOFTEXPIRES", soft, true);
	add_centred(&line, "EXPIRES", hard, true);
	add_centred(&line, "TTE", left, true);
	add_centred(&line, "HRTIMER", ADDRESS_WIDTH, false);
	add_centred(&line, "FUNCTION", ADDRESS_WIDTH, false);
	show_line(t->out, &line);
	iq_vec_foreach (timer, &t->list) {
		iq_record_begin(t->out);
		iq_add_big(t->out, "soft_expires_ns", timer->soft);
		iq_add_big(t->out, "expires_ns", timer->expires);
		iq_add_signed(t->out, "tte_ns", time_left(t, timer));
		iq_add_address(t->out, "timer", timer->address);
		add_centred_number(&line, timer->soft, soft);
		add_centred_number(&line, timer->expires, hard);
		iq_strbuf_addf(&line, "%*" PRId64 "  %" PRIx64 "  ", left, time_left(t, timer), timer->address);
		add_function(t, timer->function, &line);
		show_line(t->out, &line);
		iq_end(t->out);
	}
}

static struct iq_error *show_clock(struct timers *t, const struct iq_cpu *cpu, uint64_t base, unsigned n, uint64_t now)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	struct iq_timer_clock clock;
	struct iq_out *out = t->out;
	t->list.count = 0;
	IQ_TRY(tell(t, cpu->id, iq_timer_clock(t->kernel, base, n, &clock)));
	t->now = now + clock.offset;
	struct iq_error *error = iq_hrtimers_each(t->kernel, clock.address, collect, t);
	bool missing = error != NULL;
	IQ_TRY(tell(t, cpu->id, error));
	if (clock.get_time)
		iq_symbol_format(iq_kernel_symbols(t->kernel), clock.get_time, 0, &name);
	else if (clock.name)
		iq_strbuf_add(&name, clock.name);
	iq_record_begin(out);
	iq_add_unsigned(out, "clock", n);
	iq_add_address(out, "clock_base", clock.address);
	iq_add_string(out, "name", name.text);
	iq_add_big(out, "now_ns", t->now);
	iq_line(out, "  CLOCK: {clock}  HRTIMER_CLOCK_BASE: {clock_base@address}  [{name@symbol}]");
	iq_list_begin(out, "timers");
	if (t->list.count)
		show_clock_timers(t);
	else
		iq_text(out, missing ? "  (unavailable)" : "  (empty)");
	iq_end(out);
	iq_end(out);
	return iq_check_interrupt();
}

static struct iq_error *show_clocks_of_cpu(struct timers *t, const struct iq_cpu *cpu, uint64_t now)
{
	uint64_t address;
	unsigned clocks = 0;
	struct iq_error *error = iq_timer_clocks(t->kernel, cpu->id, &address, &clocks);
	if (error)
		return tell(t, cpu->id, error);
	iq_record_begin(t->out);
	iq_add_unsigned(t->out, "cpu", cpu->id);
	iq_add_bool(t->out, "online", cpu->online);
	iq_add_address(t->out, "cpu_base", address);
	iq_line(t->out, cpu->online ? "CPU: {cpu}  HRTIMER_CPU_BASE: {cpu_base@address}"
				    : "CPU: {cpu}  HRTIMER_CPU_BASE: {cpu_base@address} [OFFLINE]");
	iq_list_begin(t->out, "clocks");
	for (unsigned n = 0; n < clocks && !error; n++) {
		if (n)
			iq_line(t->out, "");
		error = show_clock(t, cpu, address, n, now);
	}
	iq_end(t->out);
	iq_end(t->out);
	return error;
}

static struct iq_error *show_clocks(struct timers *t, const struct iq_cpu_list *cpus)
{
	uint64_t now;
	IQ_TRY(iq_ticks_time(t->kernel, &now));
	for (size_t i = 0; i < cpus->count; i++) {
		if (i)
			iq_line(t->out, "");
		IQ_TRY(show_clocks_of_cpu(t, cpus->data[i], now));
	}
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(timers_free) struct timers t = { .session = session, .out = out };
	_cleanup_(iq_cpu_list_free) struct iq_cpu_list cpus = { 0 };
	IQ_TRY(iq_session_kernel(session, &t.kernel));
	IQ_TRY(iq_cpu_list_choose(t.kernel, iq_args_value(args, 'C'), &cpus));
	return iq_args_has(args, 'r') ? show_clocks(&t, &cpus) : show_wheels(&t, &cpus);
}

const struct iq_command iq_command_timer = {
	.name = "timer",
	.summary = "pending timers: when they expire, and what they call",
	.options =
		(const struct iq_option[]){
			{ 'r', NULL, NULL, "high-resolution timers" },
			{ 'C', NULL, "CPUS", "only those of these CPUs: 1, 0,2-4, a" },
			{ 0 },
		},
	.help = "Timers of each CPU's wheels, in jiffies, with TTE, the time to expiration: a\n"
		"negative one is late, as when its CPU let no interrupt in. Wheels since 6.9:\n"
		"BASE_LOCAL for timers that are bound to the CPU, BASE_GLOBAL for those that\n"
		"any CPU may run, BASE_DEF for those that wait until the CPU wakes anyway.\n\n"
		"-r: each clock's timers in nanoseconds. They may expire from SOFTEXPIRES on and\n"
		"must at EXPIRES. CURRENT is the clock at the last tick. Clocks 4 to 7 are 0 to 3\n"
		"again, for timers whose function runs in a soft interrupt.",
	.examples =
		(const struct iq_example[]){
			{ "timer -C 0", "kfunc-6.1.47-la57.flat", "timers of CPU 0" },
			{ "timer -r", "kfunc-6.1.47-la57.flat", "high-resolution timers" },
			{ 0 },
		},
	.run = run,
};
