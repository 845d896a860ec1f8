// SPDX-License-Identifier: GPL-2.0-or-later
/* The system as a whole: names, times, load, memory. */
#include "kernel/system.h"

#include "kernel/internal.h"

#include <stdio.h>
#include <string.h>

enum { UTS_LENGTH = 65, UTS_FIELDS = 6, MAX_NODES = 1024, MAX_COMMAND_LINE = 65536 };

static void copy_uts(char *to, const uint8_t *from)
{
	memcpy(to, from, UTS_LENGTH - 1);
	to[UTS_LENGTH - 1] = '\0';
}

struct iq_error *iq_utsname(struct iq_kernel *kernel, struct iq_utsname *out)
{
	uint64_t ns, offset;
	struct iq_type_member member;
	uint8_t bytes[UTS_LENGTH * UTS_FIELDS];
	if (!iq_dump_vmcoreinfo_number(kernel->dump, "SYMBOL(init_uts_ns)", 16, &ns))
		IQ_TRY(iq_k_symbol(kernel, "init_uts_ns", &ns));
	if (!iq_dump_vmcoreinfo_number(kernel->dump, "OFFSET(uts_namespace.name)", 10, &offset)) {
		IQ_TRY(iq_types_member(kernel->types, "uts_namespace", "name", &member));
		offset = member.bit_offset / 8;
	}
	IQ_TRY(iq_error_prefix(iq_read(kernel->target, ns + offset, bytes, sizeof(bytes)), "init_uts_ns"));
	char *const fields[] = {
		out->sysname, out->nodename, out->release, out->version, out->machine, out->domainname
	};
	for (size_t i = 0; i < UTS_FIELDS; i++)
		copy_uts(fields[i], bytes + i * UTS_LENGTH);
	return NULL;
}

/* struct timekeeper inside tk_core, whose shape has changed: a member of an anonymous struct until 6.12, of struct
 * tk_data since; and whose name has: it became the first of timekeeper_data[], the others of which are auxiliary
 * clocks. */
static struct iq_error *timekeeper(struct iq_kernel *kernel, uint64_t *address)
{
	struct iq_symbol symbol;
	struct iq_type_member member;
	uint64_t size;
	if (iq_failed(iq_symbol_by_name_in(kernel->symbols, NULL, "tk_core", &symbol)))
		IQ_TRY(iq_symbol_by_name_in(kernel->symbols, NULL, "timekeeper_data", &symbol));
	if (iq_types_has_member(kernel->types, "tk_data", "timekeeper")) {
		IQ_TRY(iq_types_member(kernel->types, "tk_data", "timekeeper", &member));
		*address = symbol.address + member.bit_offset / 8;
		return NULL;
	}
	/* { seqcount_raw_spinlock_t seq; struct timekeeper timekeeper; } ____cacheline_aligned: the first place behind
	 * the lock that fits the alignment of 64-bit members. */
	if (iq_failed(iq_types_size(kernel->types, "seqcount_raw_spinlock_t", &size)))
		size = 4;
	*address = symbol.address + ((size + 7) & ~UINT64_C(7));
	return NULL;
}

static struct iq_error *keeper_value(struct iq_kernel *kernel, const char *path, uint64_t *value)
{
	uint64_t address;
	IQ_TRY(timekeeper(kernel, &address));
	return iq_k_get(kernel, address, "timekeeper", path, value);
}

/* Real time at the last tick, nanoseconds since the epoch. */
static struct iq_error *last_tick(struct iq_kernel *kernel, uint64_t *nanoseconds)
{
	uint64_t seconds, fraction, shift;
	IQ_TRY(keeper_value(kernel, "xtime_sec", &seconds));
	IQ_TRY(keeper_value(kernel, "tkr_mono.xtime_nsec", &fraction));
	IQ_TRY(keeper_value(kernel, "tkr_mono.shift", &shift));
	if (seconds > INT64_MAX / 1000000000 || shift > 63)
		return iq_error_new(IQ_ERROR_FORMAT, "the timekeeper's time makes no sense");
	*nanoseconds = seconds * 1000000000 + (fraction >> shift);
	return NULL;
}

/* Real time at boot, nanoseconds since the epoch. */
static struct iq_error *boot_moment(struct iq_kernel *kernel, uint64_t *nanoseconds)
{
	uint64_t real, boot;
	if (!kernel->boot_moment) {
		IQ_TRY(keeper_value(kernel, "offs_real", &real));
		IQ_TRY(keeper_value(kernel, "offs_boot", &boot));
		if (boot > real)
			return iq_error_new(IQ_ERROR_FORMAT, "the timekeeper's offsets make no sense");
		kernel->boot_moment = real - boot;
	}
	*nanoseconds = kernel->boot_moment;
	return NULL;
}

struct iq_error *iq_crash_time(struct iq_kernel *kernel, int64_t *seconds)
{
	uint64_t value;
	/* Written by crash_save_vmcoreinfo() at the crash itself; absent in dumps of a running guest. */
	if (iq_dump_vmcoreinfo_number(kernel->dump, "CRASHTIME", 10, &value) && value) {
		*seconds = (int64_t)value;
		return NULL;
	}
	struct iq_error *error = last_tick(kernel, &value);
	if (!error) {
		*seconds = (int64_t)(value / 1000000000);
		return NULL;
	}
	*seconds = iq_dump_info(kernel->dump)->header_time;
	if (!*seconds)
		return error;
	iq_error_free(error);
	return NULL;
}

struct iq_error *iq_boot_time(struct iq_kernel *kernel, int64_t *seconds)
{
	uint64_t moment;
	IQ_TRY(boot_moment(kernel, &moment));
	*seconds = (int64_t)(moment / 1000000000);
	return NULL;
}

struct iq_error *iq_uptime(struct iq_kernel *kernel, uint64_t *nanoseconds)
{
	uint64_t now, boot;
	struct iq_error *error = last_tick(kernel, &now);
	if (!error)
		error = boot_moment(kernel, &boot);
	if (!error) {
		*nanoseconds = now > boot ? now - boot : 0;
		return NULL;
	}
	/* INITIAL_JIFFIES is five minutes before the 32-bit counter wraps. */
	uint64_t symbol, jiffies;
	unsigned hz;
	if (iq_failed(iq_hz(kernel, &hz)) || iq_failed(iq_k_symbol(kernel, "jiffies", &symbol)) ||
	    iq_failed(iq_read_u64(kernel->target, symbol, &jiffies)))
		return error;
	boot = (uint32_t)(-300 * (int)hz);
	*nanoseconds = (jiffies - boot) / hz * 1000000000;
	iq_error_free(error);
	return NULL;
}

struct iq_error *iq_load_average(struct iq_kernel *kernel, unsigned hundredths[3])
{
	uint64_t symbol, values[3];
	IQ_TRY(iq_k_symbol(kernel, "avenrun", &symbol));
	IQ_TRY(iq_error_prefix(iq_read(kernel->target, symbol, values, sizeof(values)), "avenrun"));
	for (size_t i = 0; i < 3; i++) /* FSHIFT is 11; /proc/loadavg adds half of a hundredth */
		hundredths[i] = (unsigned)((values[i] + 2048 / 200) * 100 / 2048);
	return NULL;
}

struct iq_error *iq_memory_size(struct iq_kernel *kernel, uint64_t *bytes)
{
	uint64_t array, node, zones, size, present, count;
	struct iq_type_member member;
	IQ_TRY(iq_k_symbol(kernel, "node_data", &array));
	IQ_TRY(iq_types_member(kernel->types, "pglist_data", "node_zones", &member));
	zones = member.bit_offset / 8;
	IQ_TRY(iq_types_size(kernel->types, "zone", &size));
	*bytes = 0;
	for (unsigned i = 0; i < MAX_NODES; i++) {
		/* The array ends where the next symbol begins: nodes without memory are NULL. */
		if (iq_failed(iq_read_u64(kernel->target, array + 8 * (uint64_t)i, &node)) ||
		    !iq_is_kernel_address(kernel->target, node) ||
		    iq_failed(iq_k_get(kernel, node, "pglist_data", "node_id", &count)) || count != i)
			break;
		IQ_TRY(iq_k_get(kernel, node, "pglist_data", "nr_zones", &count));
		for (uint64_t zone = 0; zone < count && zone < 16; zone++) {
			IQ_TRY(iq_k_get(kernel, node + zones + zone * size, "zone", "present_pages", &present));
			*bytes += present << iq_target_arch(kernel->target)->page_shift;
		}
	}
	if (!*bytes)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no memory node was found");
	return NULL;
}

/* A tick in nanoseconds. */
static struct iq_error *read_tick(struct iq_kernel *kernel, uint64_t *nanoseconds)
{
	uint64_t symbol, shift;
	uint32_t value;
	/* tick_nsec is (10^9 + HZ/2) / HZ (kernel/time/ntp.c); since 5.x NTP adjusts tick_length instead of it. */
	if (!iq_failed(iq_k_symbol(kernel, "tick_nsec", &symbol))) {
		IQ_TRY(iq_error_prefix(iq_read_u32(kernel->target, symbol, &value), "tick_nsec"));
		*nanoseconds = value;
		return NULL;
	}
	/* It is part of a larger variable since 6.13; kernel/time/jiffies.c makes this clock's factor of the same. */
	IQ_TRY(iq_k_symbol(kernel, "clocksource_jiffies", &symbol));
	IQ_TRY(iq_k_get(kernel, symbol, "clocksource", "shift", &shift));
	IQ_TRY(iq_k_get(kernel, symbol, "clocksource", "mult", nanoseconds));
	*nanoseconds = shift < 32 ? *nanoseconds >> shift : 0;
	return NULL;
}

struct iq_error *iq_hz(struct iq_kernel *kernel, unsigned *hz)
{
	uint64_t tick;
	IQ_TRY(read_tick(kernel, &tick));
	*hz = tick ? (unsigned)((UINT64_C(1000000000) + tick / 2) / tick) : 0;
	if (*hz < 1 || *hz > 100000)
		return iq_error_new(IQ_ERROR_FORMAT, "a tick of %lu ns, which no kernel has", tick);
	return NULL;
}

struct iq_error *iq_jiffies(struct iq_kernel *kernel, uint64_t *jiffies)
{
	uint64_t symbol;
	IQ_TRY(iq_k_symbol(kernel, "jiffies", &symbol));
	return iq_error_prefix(iq_read_u64(kernel->target, symbol, jiffies), "jiffies");
}

struct iq_error *iq_ticks_time(struct iq_kernel *kernel, uint64_t *nanoseconds)
{
	uint64_t jiffies;
	unsigned hz;
	IQ_TRY(iq_hz(kernel, &hz));
	IQ_TRY(iq_jiffies(kernel, &jiffies));
	/* INITIAL_JIFFIES is five minutes before the 32-bit counter wraps. */
	*nanoseconds = (jiffies - (uint32_t)(-300 * (int)hz)) * (1000000000 / hz);
	return NULL;
}

struct iq_error *iq_command_line(struct iq_kernel *kernel, struct iq_strbuf *out)
{
	uint64_t symbol, address;
	_cleanup_free_ char *text = malloc(MAX_COMMAND_LINE);
	if (!text)
		return iq_error_no_memory();
	IQ_TRY(iq_k_symbol(kernel, "saved_command_line", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u64(kernel->target, symbol, &address), "saved_command_line"));
	IQ_TRY(iq_error_prefix(iq_read_string(kernel->target, address, text, MAX_COMMAND_LINE), "saved_command_line"));
	iq_strbuf_add(out, text);
	return NULL;
}
