// SPDX-License-Identifier: GPL-2.0-or-later
/* sys: what kernel, on what machine, when, how it died; its system calls. */
#include "command/cpuinfo.h"
#include "command/session.h"

#include "kernel/cpu.h"
#include "kernel/system.h"
#include "kernel/task.h"
#include "util/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LABEL_WIDTH = 12, MAX_SYSTEM_CALLS = 1024 };

/* One line: the value if there is one, else why not. Frees the error. */
static void pair(struct iq_out *out, const char *label, const char *key, struct iq_error *error, const char *template)
{
	if (!error) {
		iq_pair(out, LABEL_WIDTH, label, template);
		return;
	}
	iq_add_unavailable(out, key, error->message);
	iq_text(out, "%*s: (unavailable: %s)", LABEL_WIDTH, label, error->message);
	iq_error_free(error);
}

static void show_files(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out)
{
	const struct iq_dump_info *info = iq_dump_info(iq_kernel_dump(kernel));
	const char *vmlinux = session->options.kernel.vmlinux;
	bool partial = info->dump_level > 0 || info->truncated || info->incomplete;
	iq_add_string(out, "kernel", vmlinux);
	if (vmlinux)
		iq_pair(out, LABEL_WIDTH, "KERNEL", "{kernel}");
	else
		iq_pair(out, LABEL_WIDTH, "KERNEL", "(symbols and types from the dump itself)");
	iq_list_begin(out, "dumpfiles");
	for (size_t i = 0; i < session->options.kernel.dump_count; i++) {
		iq_add_string(out, NULL, session->options.kernel.dumps[i]);
	}
	iq_end(out);
	iq_add_bool(out, "partial", partial);
	for (size_t i = 0; i < session->options.kernel.dump_count; i++) {
		if (iq_out_is_text(out)) {
			iq_add_string(out, "dumpfile", session->options.kernel.dumps[i]);
			iq_pair(out, LABEL_WIDTH, i ? "" : "DUMPFILE",
				partial ? "{dumpfile}  [PARTIAL DUMP]" : "{dumpfile}");
		}
	}
}

static void show_uptime(struct iq_kernel *kernel, struct iq_out *out)
{
	uint64_t nanoseconds;
	struct iq_error *error = iq_uptime(kernel, &nanoseconds);
	if (error) {
		pair(out, "UPTIME", "uptime_seconds", error, "");
		return;
	}
	uint64_t seconds = nanoseconds / 1000000000, days = seconds / 86400;
	char text[64], day_text[32] = "";
	if (days)
		snprintf(day_text, sizeof(day_text), "%llu day%s, ", (unsigned long long)days, days == 1 ? "" : "s");
	snprintf(text, sizeof(text), "%s%02u:%02u:%02u", day_text, (unsigned)(seconds / 3600 % 24),
		 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	iq_add_unsigned(out, "uptime_seconds", seconds);
	if (iq_out_is_text(out))
		iq_add_string(out, "uptime", text);
	iq_pair(out, LABEL_WIDTH, "UPTIME", "{uptime}");
}

static void show_load(struct iq_kernel *kernel, struct iq_out *out)
{
	unsigned load[3] = { 0 };
	struct iq_error *error = iq_load_average(kernel, load);
	if (error) {
		pair(out, "LOAD AVERAGE", "load_average", error, "");
		return;
	}
	iq_list_begin(out, "load_average");
	for (size_t i = 0; i < 3; i++)
		iq_add_float(out, NULL, load[i] / 100.0);
	iq_end(out);
	if (iq_out_is_text(out)) {
		char text[64];
		snprintf(text, sizeof(text), "%u.%02u, %u.%02u, %u.%02u", load[0] / 100, load[0] % 100, load[1] / 100,
			 load[1] % 100, load[2] / 100, load[2] % 100);
		iq_add_string(out, "load", text);
	}
	iq_pair(out, LABEL_WIDTH, "LOAD AVERAGE", "{load}");
}

static void show_counts(struct iq_kernel *kernel, struct iq_out *out)
{
	const struct iq_cpu *cpus;
	const struct iq_task *tasks;
	size_t count, online = 0, present = 0;
	int64_t when;
	struct iq_error *error = iq_cpus(kernel, &cpus, &count);
	for (size_t i = 0; !error && i < count; i++) {
		online += cpus[i].online;
		present += cpus[i].present;
	}
	if (!error && count && !cpus[0].masks_known)
		error = iq_error_new(IQ_ERROR_MEMORY, "the masks of the present and online CPUs can't be read");
	if (!error) {
		iq_add_unsigned(out, "cpus", present);
		iq_add_unsigned(out, "cpus_offline", present - online);
	}
	pair(out, "CPUS", "cpus", error, present > online ? "{cpus} [OFFLINE: {cpus_offline}]" : "{cpus}");
	error = iq_crash_time(kernel, &when);
	if (!error)
		iq_add_time(out, "date", when);
	pair(out, "DATE", "date", error, "{date}");
	show_uptime(kernel, out);
	show_load(kernel, out);
	error = iq_tasks(kernel, &tasks, &count);
	if (!error) {
		iq_add_unsigned(out, "tasks", count);
		iq_add_bool(out, "tasks_complete", iq_tasks_complete(kernel));
	}
	pair(out, "TASKS", "tasks", error, iq_tasks_complete(kernel) ? "{tasks}" : "{tasks} (some may be missing)");
}

/* Without the kernel's memory vmcoreinfo still tells the release. */
static void show_release(struct iq_kernel *kernel, struct iq_out *out, struct iq_error *error)
{
	const char *release;
	size_t length;

	if (iq_dump_vmcoreinfo_get(iq_kernel_dump(kernel), "OSRELEASE", &release, &length)) {
		iq_add_bytes(out, "release", release, length);
		iq_pair(out, LABEL_WIDTH, "RELEASE", "{release}");
		pair(out, "VERSION", "version", error, "");
	} else {
		pair(out, "RELEASE", "release", error, "");
	}
}

static void show_names(struct iq_kernel *kernel, struct iq_out *out)
{
	struct iq_utsname uts;
	uint64_t khz = 0;
	struct iq_error *error = iq_utsname(kernel, &uts);
	if (error) {
		show_release(kernel, out, error);
		return;
	}
	iq_add_string(out, "nodename", uts.nodename);
	iq_add_string(out, "release", uts.release);
	iq_add_string(out, "version", uts.version);
	iq_add_string(out, "machine", uts.machine);
	iq_pair(out, LABEL_WIDTH, "NODENAME", "{nodename}");
	iq_pair(out, LABEL_WIDTH, "RELEASE", "{release}");
	iq_pair(out, LABEL_WIDTH, "VERSION", "{version}");
	error = iq_cpu_khz(kernel, &khz);
	if (error)
		iq_add_unavailable(out, "cpu_khz", error->message);
	else
		iq_add_unsigned(out, "cpu_khz", khz);
	iq_error_free(error);
	if (iq_out_is_text(out))
		iq_add_unsigned(out, "mhz", khz / 1000);
	iq_pair(out, LABEL_WIDTH, "MACHINE", khz ? "{machine}  ({mhz} Mhz)" : "{machine}");
}

static void show_memory(struct iq_kernel *kernel, struct iq_out *out)
{
	uint64_t bytes;
	struct iq_error *error = iq_memory_size(kernel, &bytes);
	if (!error) {
		iq_add_big(out, "memory_bytes", bytes);
		if (iq_out_is_text(out)) {
			char text[32];
			double megabytes = (double)bytes / (1 << 20);
			snprintf(text, sizeof(text), megabytes >= 1024 ? "%.1f GB" : "%.1f MB",
				 megabytes >= 1024 ? megabytes / 1024 : megabytes);
			iq_add_string(out, "memory", text);
		}
	}
	pair(out, "MEMORY", "memory_bytes", error, "{memory}");
}

static void show_taint(struct iq_kernel *kernel, struct iq_out *out)
{
	uint64_t mask;
	char letters[65];
	struct iq_error *error = iq_taint(kernel, &mask);
	if (error) {
		pair(out, "TAINTED", "tainted_mask", error, "");
		return;
	}
	iq_taint_letters(mask, letters);
	iq_add_hex(out, "tainted_mask", mask);
	iq_add_string(out, "taint", letters);
	if (mask)
		iq_pair(out, LABEL_WIDTH, "TAINTED", "{taint}");
}

static void show_panic(struct iq_kernel *kernel, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_error *error = iq_panic_message(kernel, &text);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_add_string(out, "panic", NULL);
		iq_pair(out, LABEL_WIDTH, "PANIC", "(no crash is in the log)");
		iq_error_free(error);
		return;
	}
	if (!error)
		iq_add_string(out, "panic", iq_strbuf_text(&text));
	pair(out, "PANIC", "panic", error, "\"{panic@mark}\"");
}

static struct iq_error *show_system(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out)
{
	iq_record_begin(out);
	show_files(session, kernel, out);
	show_counts(kernel, out);
	show_names(kernel, out);
	show_memory(kernel, out);
	show_taint(kernel, out);
	show_panic(kernel, out);
	iq_end(out);
	return iq_check_interrupt();
}

/* -t: each bit that is set, and what it means. */
static struct iq_error *show_taints(struct iq_kernel *kernel, struct iq_out *out)
{
	uint64_t mask;
	char letters[65];
	IQ_TRY(iq_taint(kernel, &mask));
	iq_taint_letters(mask, letters);
	iq_record_begin(out);
	iq_add_hex(out, "tainted_mask", mask);
	iq_add_string(out, "taint", letters);
	iq_line(out, "TAINTED_MASK: {tainted_mask}  {taint}");
	iq_list_begin(out, "meanings");
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(mask >> bit & 1))
			continue;
		const char *meaning = iq_taint_meaning(bit);
		iq_add_string(out, NULL, meaning);
		iq_text(out, "  bit %u: %s", bit, meaning ? meaning : "(unknown to inquest)");
	}
	iq_end(out);
	iq_end(out);
	return NULL;
}

/* -c: the system call table. The functions' names are symbols of the kernel; the numbers are places in sys_call_table.
 */
static struct iq_error *show_system_calls(struct iq_kernel *kernel, const struct iq_args *args, struct iq_out *out)
{
	struct iq_symbol table, end;
	const char *wanted = args->count ? args->words[0].text : NULL;
	char *rest = NULL;
	uint64_t number = wanted ? strtoull(wanted, &rest, 0) : 0;
	bool by_number = wanted && *wanted && !*rest, found = false;
	IQ_TRY(iq_symbol_by_name(iq_kernel_symbols(kernel), "sys_call_table", &table));
	uint64_t count = MAX_SYSTEM_CALLS;
	if (!iq_failed(iq_symbol_next(iq_kernel_symbols(kernel), &table, &end)))
		count = IQ_MIN(count, (end.address - table.address) / 8);
	iq_text(out, "NUM  SYSTEM CALL");
	for (uint64_t i = 0; i < count; i++) {
		struct iq_symbol symbol;
		uint64_t address;
		IQ_TRY(iq_read_u64(iq_kernel_target(kernel), table.address + 8 * i, &address));
		if (iq_failed(iq_symbol_at(iq_kernel_symbols(kernel), address, &symbol)) || symbol.address != address)
			break; /* behind the table's end */
		if (wanted && (by_number ? number != i : !strstr(symbol.name, wanted)))
			continue;
		found = true;
		iq_record_begin(out);
		iq_add_unsigned(out, "number", i);
		iq_add_string(out, "function", symbol.name);
		iq_add_string(out, "module", symbol.module);
		iq_line(out,
			symbol.module ? "{number:3}  {function@symbol} [{module}]" : "{number:3}  {function@symbol}");
		iq_end(out);
	}
	return found ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "no system call is meant by '%s'", wanted ? wanted : "");
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kernel *kernel;
	IQ_TRY(iq_session_kernel(session, &kernel));
	if (iq_args_has(args, 't'))
		return show_taints(kernel, out);
	if (iq_args_has(args, 'c'))
		return show_system_calls(kernel, args, out);
	if (args->count)
		return iq_usage_error(args->command, "an argument goes with -c");
	return show_system(session, kernel, out);
}

const struct iq_command iq_command_sys = {
	.name = "sys",
	.summary = "show what kernel this was, when and how it died",
	.arguments = "[NAME | NUMBER]",
	.max_arguments = 1,
	.options =
		(const struct iq_option[]){
			{ 't', NULL, NULL, "what tainted the kernel" },
			{ 'c', NULL, NULL,
			  "the system calls: all, one by number, or those with NAME in their function's name" },
			{ 0 },
		},
	.help = "PANIC is the line of the log by which the kernel announced its end. A dump is\n"
		"partial when pages were left out of it on purpose (makedumpfile -d), or when\n"
		"its end is missing.",
	.examples =
		(const struct iq_example[]){
			{ "sys", "kfunc-6.1.47-la57.flat", "the summary" },
			{ "sys -c bpf", "kfunc-6.1.47-la57.flat", "the bpf system call" },
			{ "sys -t", "kfunc-6.1.47-la57.flat", "taint flags in words" },
			{ 0 },
		},
	.run = run,
};
