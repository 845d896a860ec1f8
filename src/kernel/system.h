/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system as a whole: what kernel on what machine, when, how busy, how it was tainted, how it died. */
#ifndef IQ_KERNEL_SYSTEM_H
#define IQ_KERNEL_SYSTEM_H

#include "kernel/kernel.h"

/* struct new_utsname of init_uts_ns; found without types through vmcoreinfo's OFFSET(uts_namespace.name). */
struct iq_utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
struct iq_error *iq_utsname(struct iq_kernel *kernel, struct iq_utsname *out);

/* When the kernel died: CRASHTIME of vmcoreinfo, the dump header's time (makedumpfile copies it), or the timekeeper's.
 * Seconds since the epoch. */
struct iq_error *iq_crash_time(struct iq_kernel *kernel, int64_t *seconds);

/* When it booted, by the timekeeper's offset of the boot clock to real time (tk_core.timekeeper.offs_real less
 * offs_boot), seconds since the epoch. */
struct iq_error *iq_boot_time(struct iq_kernel *kernel, int64_t *seconds);

/* Time since boot in nanoseconds, suspended time included: from the timekeeper, else from jiffies. */
struct iq_error *iq_uptime(struct iq_kernel *kernel, uint64_t *nanoseconds);

/* avenrun[3] in hundredths. */
struct iq_error *iq_load_average(struct iq_kernel *kernel, unsigned hundredths[3]);

/* Physical memory the kernel managed, in bytes: the zones' present pages, as crash counts. */
struct iq_error *iq_memory_size(struct iq_kernel *kernel, uint64_t *bytes);

/* CONFIG_HZ, from what the kernel itself keeps. */
struct iq_error *iq_hz(struct iq_kernel *kernel, unsigned *hz);

/* The count of ticks, as the kernel has it: it begins five minutes before 32 bits of it wrap. */
struct iq_error *iq_jiffies(struct iq_kernel *kernel, uint64_t *jiffies);

/* The monotonic clock at the last tick, counted in ticks: as exact as HZ is. Nanoseconds. */
struct iq_error *iq_ticks_time(struct iq_kernel *kernel, uint64_t *nanoseconds);

/* tainted_mask. The letters of the set bits, upper case as the oops shows them, and what each means. */
struct iq_error *iq_taint(struct iq_kernel *kernel, uint64_t *mask);
void iq_taint_letters(uint64_t mask, char letters[65]);
const char *iq_taint_meaning(unsigned bit); /* NULL for a bit that means nothing */

/* The line of the log that says how the kernel died ("Oops: 0000 [#1] ...", "Kernel panic - not syncing: ...", "sysrq:
 * Trigger a crash"), without the time. The first that fits of a list in order of precedence. NOT_FOUND if the log has
 * none. */
struct iq_error *iq_panic_message(struct iq_kernel *kernel, struct iq_strbuf *out);

/* The kernel command line: saved_command_line. */
struct iq_error *iq_command_line(struct iq_kernel *kernel, struct iq_strbuf *out);

#endif
