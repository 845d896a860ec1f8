// SPDX-License-Identifier: GPL-2.0-or-later
/* log: the kernel's ring buffer. */
#include "command/session.h"

#include "kernel/log.h"
#include "kernel/system.h"
#include "util/cleanup.h"

#include <string.h>
#include <time.h>

struct show {
	const struct iq_args *args;
	struct iq_out *out;
	bool utc;             /* -T: and the moment of booting is known */
	int64_t boot_seconds; /* since the epoch */
};

/* "[    4.580123] " or, with -T, "[Sun Nov 22 13:37:41 UTC 2026] ". */
static void add_stamp(const struct show *show, const struct iq_log_record *record, struct iq_strbuf *line)
{
	uint64_t seconds = record->time_ns / 1000000000;
	if (iq_args_has(show->args, 't'))
		return;
	if (show->utc) {
		time_t when = (time_t)(show->boot_seconds + (int64_t)seconds);
		struct tm tm;
		char text[64];
		if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%a %b %e %H:%M:%S UTC %Y", &tm)) {
			iq_strbuf_addf(line, "[%s] ", text);
			return;
		}
	}
	iq_strbuf_addf(line, "[%5llu.%06llu] ", (unsigned long long)seconds,
		       (unsigned long long)(record->time_ns / 1000 % 1000000));
}

static void add_fields(struct iq_out *out, const struct iq_log_record *record)
{
	iq_add_unsigned(out, "seq", record->seq);
	iq_add_big(out, "time_ns", record->time_ns);
	iq_add_unsigned(out, "level", record->level);
	iq_add_unsigned(out, "facility", record->facility);
	if (record->has_caller)
		iq_add_hex(out, "caller", record->caller);
	if (record->cleared)
		iq_add_bool(out, "cleared", true);
	iq_add_bytes(out, "text", record->text, record->text_length);
	if (*record->subsystem)
		iq_add_string(out, "subsystem", record->subsystem);
	if (*record->device)
		iq_add_string(out, "device", record->device);
}

/* -d: what was known of the device, one KEY=value a line under the message. */
static void show_dictionary(struct iq_out *out, const struct iq_log_record *record, int indent)
{
	if (*record->subsystem)
		iq_text(out, "%*sSUBSYSTEM=%s", indent, "", record->subsystem);
	if (*record->device)
		iq_text(out, "%*sDEVICE=%s", indent, "", record->device);
	for (size_t at = 0; record->dict && at < record->dict_length;) {
		size_t length = strnlen(record->dict + at, record->dict_length - at);
		iq_text(out, "%*s%.*s", indent, "", (int)length, record->dict + at);
		at += length + 1;
	}
}

static struct iq_error *show_record(void *context, const struct iq_log_record *record)
{
	struct show *show = context;
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_record_begin(show->out);
	add_fields(show->out, record);
	add_stamp(show, record, &line);
	if (iq_args_has(show->args, 'm'))
		iq_strbuf_addf(&line, "<%u>", record->facility << 3 | record->level);
	size_t indent = line.length;
	/* A record of several lines is indented under its first. */
	const char *text = record->text, *end = text + record->text_length;
	do {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = stop ? (size_t)(stop - text) : (size_t)(end - text);
		iq_escape_text(&line, text, length);
		iq_text(show->out, "%s", iq_strbuf_text(&line));
		iq_strbuf_truncate(&line, 0);
		iq_strbuf_pad(&line, indent);
		text += length + 1;
	} while (text < end);
	if (iq_args_has(show->args, 'd'))
		show_dictionary(show->out, record, (int)indent);
	iq_end(show->out);
	return iq_check_interrupt();
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct show show = { .args = args, .out = out };
	struct iq_kernel *kernel;
	IQ_TRY(iq_session_kernel(session, &kernel));
	if (iq_args_has(args, 'T')) {
		struct iq_error *error = iq_boot_time(kernel, &show.boot_seconds);
		show.utc = !error;
		iq_warn_error(&session->diag, iq_error_prefix(error, "log -T: the moment of booting is not known"));
	}
	return iq_log_each(kernel, show_record, &show);
}

const struct iq_command iq_command_log = {
	.name = "log",
	.summary = "show the kernel's message buffer",
	.options =
		(const struct iq_option[]){
			{ 'T', NULL, NULL, "the time of day (UTC) instead of the time since boot" },
			{ 't', NULL, NULL, "no time" },
			{ 'd', NULL, NULL, "the device that a message speaks of, as SUBSYSTEM= and DEVICE= lines" },
			{ 'm', NULL, NULL, "the facility and level before the message, as <6>" },
			{ 0 },
		},
	.help = "Messages in the order of their numbers, from both kinds of ring buffer that\n"
		"kernels have had since 3.5. It needs neither types nor symbols: vmcoreinfo\n"
		"describes the buffer.\n\n"
		"-T adds each message's clock to the moment of booting, which drifts: NTP does\n"
		"not correct that clock.",
	.examples =
		(const struct iq_example[]){
			{ "log | tail -n 5", "kfunc-6.1.47-la57.flat", "the last messages" },
			{ "log -m | grep '^.*<1>'", "kfunc-6.1.47-la57.flat", "alerts only" },
			{ "log | grep -A 20 -B 20 Oops", "kfunc-6.1.47-la57.flat", "the oops and what led to it" },
			{ 0 },
		},
	.run = run,
};
