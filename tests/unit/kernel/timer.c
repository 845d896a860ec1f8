// SPDX-License-Identifier: GPL-2.0-or-later
/* Timer wheels and high-resolution timers laid out by hand: found, damaged, going round. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/timer.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

/* A wheel of four slots, timers of 0x20 bytes, a clock's base, hrtimers of 0x40. */
enum { WHEEL = 0x100, TIMERS = 0x400, CLOCK = 0x800, HRTIMERS = 0x1000, CPU_BASE = 0x2000 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t timer(unsigned n)
{
	return at(TIMERS + n * 0x20);
}

static uint64_t hrtimer(unsigned n)
{
	return at(HRTIMERS + n * 0x40);
}

static void add_types(struct builder *b, bool get_time)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0);
	uint32_t head = b_type(b, B_STRUCT, "hlist_head", false, 1, 8);
	b_member(b, "first", ulong, 0);
	uint32_t link = b_type(b, B_STRUCT, "hlist_node", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "pprev", ulong, 64);
	b_type(b, B_STRUCT, "timer_list", false, 3, 32);
	b_member(b, "entry", link, 0);
	b_member(b, "expires", ulong, 128);
	b_member(b, "function", ulong, 192);
	uint32_t slots = b_array(b, head, 4);
	b_type(b, B_STRUCT, "timer_base", false, 1, 0x30);
	b_member(b, "vectors", slots, 0x80);
	uint32_t node = b_type(b, B_STRUCT, "rb_node", false, 3, 24);
	b_member(b, "__rb_parent_color", ulong, 0);
	b_member(b, "rb_right", ulong, 64);
	b_member(b, "rb_left", ulong, 128);
	uint32_t queued = b_type(b, B_STRUCT, "timerqueue_node", false, 2, 32);
	b_member(b, "node", node, 0);
	b_member(b, "expires", ulong, 192);
	b_type(b, B_STRUCT, "hrtimer", false, 3, 0x40);
	b_member(b, "node", queued, 0);
	b_member(b, "_softexpires", ulong, 256);
	b_member(b, "function", ulong, 320);
	uint32_t base = b_type(b, B_STRUCT, "hrtimer_clock_base", false, get_time ? 4 : 3, 0x40);
	b_member(b, "index", uint, 64);
	b_member(b, "active", ulong, 256);
	b_member(b, "offset", ulong, 320);
	if (get_time)
		b_member(b, "get_time", ulong, 384);
	uint32_t bases = b_array(b, base, 2);
	b_type(b, B_STRUCT, "hrtimer_cpu_base", false, 1, 0x100);
	b_member(b, "clock_base", bases, 0x200);
	b_type(b, B_ENUM, "hrtimer_base_type", false, 2, 4);
	b_pair(b, "HRTIMER_BASE_MONOTONIC", 0);
	b_pair(b, "HRTIMER_BASE_REALTIME", 1);
}

static void put_timer(struct world *w, unsigned n, uint64_t next, uint64_t place, uint64_t expires)
{
	put_u64(&w->o, timer(n), next);
	put_u64(&w->o, timer(n) + 8, place);
	put_u64(&w->o, timer(n) + 16, expires);
	put_u64(&w->o, timer(n) + 24, 0xf00 + n);
	put_u64(&w->o, place, timer(n));
}

static void put_hrtimer(struct world *w, unsigned n, uint64_t parent, uint64_t left, uint64_t right)
{
	put_u64(&w->o, hrtimer(n), parent | 1);
	put_u64(&w->o, hrtimer(n) + 8, right);
	put_u64(&w->o, hrtimer(n) + 16, left);
	put_u64(&w->o, hrtimer(n) + 24, 1000 + n);
	put_u64(&w->o, hrtimer(n) + 32, 900 + n);
	put_u64(&w->o, hrtimer(n) + 40, 0xf00 + n);
}

static void world_open(struct world *w, bool get_time)
{
	struct builder b;
	add_types(&b, get_time);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	put_timer(w, 0, timer(1), at(WHEEL + 0x10), 70);
	put_timer(w, 1, 0, timer(0), 71);
	put_timer(w, 2, 0, at(WHEEL + 0x10 + 3 * 8), 60);
	put_u64(&w->o, at(CLOCK + 32), hrtimer(1));
	put_hrtimer(w, 1, 0, hrtimer(0), hrtimer(2));
	put_hrtimer(w, 0, hrtimer(1), 0, 0);
	put_hrtimer(w, 2, hrtimer(1), 0, 0);
}

static void world_close(struct world *w)
{
	objects_close(&w->o);
}

static struct iq_error *describe(void *context, const struct iq_timer *t)
{
	struct iq_strbuf *text = context;
	iq_strbuf_addf(text, "%s%lu/%lu:%lx", text->length ? " " : "", t->soft, t->expires, t->function);
	return NULL;
}

static void expect_wheel(struct world *w, const char *expected, const char *why)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_error *error = iq_timers_each(&w->kernel, at(WHEEL), describe, &text);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(iq_strbuf_text(&text), expected);
}

static void timers_come_by_slot(void **state)
{
	struct world w;
	world_open(&w, true);
	expect_wheel(&w, "0/70:f00 0/71:f01 0/60:f02", NULL);
	world_close(&w);
}

static void damage_ends_one_slot(void **state)
{
	struct world w;
	world_open(&w, true);
	put_u64(&w.o, timer(1), timer(0)); /* goes round */
	expect_wheel(&w, "0/70:f00 0/71:f01 0/60:f02", "slot 0 of timer_base at 0xffff888000100100");
	put_u64(&w.o, timer(0), 0xffff888000f00000);
	expect_wheel(&w, "0/70:f00 0/60:f02", "slot 0 of timer_base");
	world_close(&w);
}

static struct iq_error *refuse(void *context, const struct iq_timer *t)
{
	(*(unsigned *)context)++;
	return iq_error_new(IQ_ERROR_NOT_FOUND, "enough");
}

static void a_callback_ends_the_walk(void **state)
{
	struct world w;
	unsigned count = 0;
	world_open(&w, true);
	expect_error(iq_timers_each(&w.kernel, at(WHEEL), refuse, &count), IQ_ERROR_NOT_FOUND, "enough");
	assert_int_equal(count, 1);
	expect_error(iq_hrtimers_each(&w.kernel, at(CLOCK), refuse, &count), IQ_ERROR_NOT_FOUND, "enough");
	assert_int_equal(count, 2);
	world_close(&w);
}

static void hrtimers_come_by_time(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct world w;
	world_open(&w, true);
	expect_success(iq_hrtimers_each(&w.kernel, at(CLOCK), describe, &text));
	assert_string_equal(iq_strbuf_text(&text), "900/1000:f00 901/1001:f01 902/1002:f02");
	iq_strbuf_truncate(&text, 0);
	put_u64(&w.o, hrtimer(1) + 16, 0xffff888000f00000); /* the left half is missing */
	expect_error(iq_hrtimers_each(&w.kernel, at(CLOCK), describe, &text), IQ_ERROR_MEMORY, "rb_node");
	assert_string_equal(iq_strbuf_text(&text), "901/1001:f01 902/1002:f02");
	iq_strbuf_truncate(&text, 0);
	put_u64(&w.o, at(CLOCK + 32), 0);
	expect_success(iq_hrtimers_each(&w.kernel, at(CLOCK), describe, &text));
	assert_int_equal(text.length, 0);
	world_close(&w);
}

static void clocks_have_a_function_or_a_name(void **state)
{
	for (int get_time = 0; get_time < 2; get_time++) {
		struct iq_timer_clock clock;
		struct world w;
		world_open(&w, get_time);
		put_u64(&w.o, at(CPU_BASE + 0x80 + 8), 1);
		put_u64(&w.o, at(CPU_BASE + 0x80 + 40), 77);
		put_u64(&w.o, at(CPU_BASE + 0x80 + 48), 0xabc);
		expect_success(iq_timer_clock(&w.kernel, at(CPU_BASE), 1, &clock));
		assert_int_equal(clock.address, at(CPU_BASE + 0x80));
		assert_int_equal(clock.offset, 77);
		assert_int_equal(clock.get_time, get_time ? 0xabc : 0);
		assert_string_equal(clock.name, "HRTIMER_BASE_REALTIME");
		put_u64(&w.o, at(CPU_BASE + 0x80 + 8), 9); /* no clock has this number */
		expect_success(iq_timer_clock(&w.kernel, at(CPU_BASE), 1, &clock));
		assert_null(clock.name);
		world_close(&w);
	}
}

static void wheels_have_names(void **state)
{
	assert_string_equal(iq_timer_wheel_name(2, 1), "BASE_DEF");
	assert_string_equal(iq_timer_wheel_name(3, 1), "BASE_GLOBAL");
	assert_string_equal(iq_timer_wheel_name(1, 0), "BASE_STD");
	assert_null(iq_timer_wheel_name(4, 0));
	assert_null(iq_timer_wheel_name(2, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_come_by_slot),
		cmocka_unit_test(damage_ends_one_slot),
		cmocka_unit_test(a_callback_ends_the_walk),
		cmocka_unit_test(hrtimers_come_by_time),
		cmocka_unit_test(clocks_have_a_function_or_a_name),
		cmocka_unit_test(wheels_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
