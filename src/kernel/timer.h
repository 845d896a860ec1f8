/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers that are pending: those of the timer wheels, which count jiffies, and high-resolution ones. Facts:
 * kernel/time/timer.c (struct timer_base, timer_bases), include/linux/timer.h, kernel/time/hrtimer.c,
 * include/linux/hrtimer_defs.h, include/linux/timerqueue.h of 5.10, 6.1, 6.12 and 7.2.
 */
#ifndef IQ_KERNEL_TIMER_H
#define IQ_KERNEL_TIMER_H

#include "kernel/kernel.h"

struct iq_timer {
	uint64_t address;  /* struct timer_list, struct hrtimer */
	uint64_t expires;  /* jiffies; nanoseconds of its clock */
	uint64_t soft;     /* hrtimers: the earliest moment that is fine, too */
	uint64_t function; /* what is called */
};

typedef struct iq_error *(*iq_timer_fn)(void *context, const struct iq_timer *timer);

/* How many wheels each CPU has: 2 with NO_HZ (BASE_STD, BASE_DEF), 3 from 6.9 (BASE_LOCAL, BASE_GLOBAL, BASE_DEF;
 * upstream 83a665dc99a7), else 1; and their names. */
struct iq_error *iq_timer_wheels(struct iq_kernel *kernel, unsigned *count);
const char *iq_timer_wheel_name(unsigned count, unsigned n);

/* A CPU's n-th wheel: struct timer_base. */
struct iq_error *iq_timer_wheel(struct iq_kernel *kernel, unsigned cpu, unsigned n, uint64_t *address);

/* Calls fn with each timer of the struct timer_base at `address`, as they lie in the wheel: not by time. A slot that is
 * damaged ends there, and the first such error is returned after the rest was shown; an error from fn ends the walk. */
struct iq_error *iq_timers_each(struct iq_kernel *kernel, uint64_t address, iq_timer_fn fn, void *context);

/* One of a CPU's clocks for high-resolution timers. */
struct iq_timer_clock {
	uint64_t address;  /* struct hrtimer_clock_base */
	uint64_t get_time; /* the function that reads it; 0: gone with 6.18 (upstream 009eb5da29a9) */
	const char *name;  /* "HRTIMER_BASE_MONOTONIC"; NULL: not known */
	uint64_t offset;   /* nanoseconds that it is ahead of the monotonic clock */
};

/* A CPU's struct hrtimer_cpu_base; how many clocks it has; the n-th. */
struct iq_error *iq_timer_clocks(struct iq_kernel *kernel, unsigned cpu, uint64_t *address, unsigned *count);
struct iq_error *iq_timer_clock(struct iq_kernel *kernel, uint64_t cpu_base, unsigned n, struct iq_timer_clock *out);

/* Calls fn with each timer of a struct hrtimer_clock_base, the next to expire first. Damage as iq_rbtree_each() has it.
 */
struct iq_error *iq_hrtimers_each(struct iq_kernel *kernel, uint64_t clock_base, iq_timer_fn fn, void *context);

#endif
