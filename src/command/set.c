// SPDX-License-Identifier: GPL-2.0-or-later
/* set: the task that commands work on, and how values are shown. */
#include "command/tasks.h"

#include "util/cleanup.h"

#include <limits.h>
#include <string.h>

static struct iq_error *show_context(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out)
{
	const struct iq_task *task;
	_cleanup_(iq_strbuf_free) struct iq_strbuf state = { 0 };
	IQ_TRY(iq_session_task(session, &task));
	iq_task_state_text(kernel, task, &state);
	iq_record_begin(out);
	iq_add_task(out, task);
	iq_add_string(out, "state", iq_strbuf_text(&state));
	iq_pair(out, 7, "PID", "{pid}");
	iq_pair(out, 7, "COMMAND", "\"{comm@string}\"");
	iq_pair(out, 7, "TASK", "{task@address}");
	iq_pair(out, 7, "CPU", "{cpu}");
	iq_pair(out, 7, "STATE", "{state}");
	iq_end(out);
	return NULL;
}

static void show_radix(const struct iq_session *session, struct iq_out *out)
{
	iq_record_begin(out);
	iq_add_unsigned(out, "radix", session->radix);
	iq_line(out, session->radix == 16 ? "output radix: {radix} (hex)" : "output radix: {radix} (decimal)");
	iq_end(out);
}

static void show_scroll(const struct iq_session *session, struct iq_out *out)
{
	iq_record_begin(out);
	iq_add_bool(out, "scroll", session->scroll);
	iq_text(out, "scroll: %s", session->scroll ? "on" : "off");
	iq_end(out);
}

static void show_print_max(const struct iq_session *session, struct iq_out *out)
{
	iq_record_begin(out);
	iq_add_unsigned(out, "print_max", session->print_max);
	iq_line(out, "print_max: {print_max}");
	iq_end(out);
}

static void show_print_repeats(const struct iq_session *session, struct iq_out *out)
{
	iq_record_begin(out);
	if (session->print_repeats == UINT_MAX)
		iq_add_string(out, "print_repeats", NULL);
	else
		iq_add_unsigned(out, "print_repeats", session->print_repeats);
	iq_line(out, session->print_repeats == UINT_MAX ? "print_repeats: off" : "print_repeats: {print_repeats}");
	iq_end(out);
}

/* A number from 1 to a million. */
static struct iq_error *take_limit(const char *value, const char *what, uint64_t *limit)
{
	IQ_TRY(iq_parse_number(value, limit));
	if (!*limit || *limit > 1000000)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is a number from 1 to 1000000, not '%s'", what, value);
	return NULL;
}

static struct iq_error *set_print_max(struct iq_session *session, const char *value)
{
	uint64_t limit;
	IQ_TRY(take_limit(value, "print_max", &limit));
	session->print_max = limit;
	return NULL;
}

static struct iq_error *set_print_repeats(struct iq_session *session, const char *value)
{
	uint64_t limit = UINT_MAX;
	if (strcmp(value, "off") != 0)
		IQ_TRY(take_limit(value, "print_repeats", &limit));
	session->print_repeats = (unsigned)limit;
	return NULL;
}

static struct iq_error *set_radix(struct iq_session *session, const char *value)
{
	if (strcmp(value, "10") == 0 || strcmp(value, "dec") == 0)
		session->radix = 10;
	else if (strcmp(value, "16") == 0 || strcmp(value, "hex") == 0)
		session->radix = 16;
	else
		return iq_error_new(IQ_ERROR_ARGUMENT, "the radix is 10 or 16, not '%s'", value);
	return NULL;
}

static struct iq_error *set_scroll(struct iq_session *session, const char *value)
{
	bool on = strcmp(value, "on") == 0;
	if (!on && strcmp(value, "off") != 0)
		return iq_error_new(IQ_ERROR_ARGUMENT, "scroll is on or off, not '%s'", value);
	session->scroll = on;
	return NULL;
}

static const struct {
	const char *name;
	struct iq_error *(*set)(struct iq_session *session, const char *value);
	void (*show)(const struct iq_session *session, struct iq_out *out);
} settings[] = {
	{ "scroll", set_scroll, show_scroll },
	{ "radix", set_radix, show_radix },
	{ "print_max", set_print_max, show_print_max },
	{ "print_repeats", set_print_repeats, show_print_repeats },
};

/* Words that name a setting, alone or with a value; false if they don't. */
static bool setting(struct iq_session *session, const struct iq_args *args, struct iq_out *out, struct iq_error **error)
{
	const char *name = args->words[0].text, *value = args->count > 1 ? args->words[1].text : NULL;
	*error = NULL;
	if (strcmp(name, "hex") == 0 || strcmp(name, "dec") == 0) {
		value = name;
		name = "radix";
	}
	for (size_t i = 0; i < IQ_ARRAY_SIZE(settings); i++) {
		if (strcmp(settings[i].name, name) != 0)
			continue;
		*error = value ? settings[i].set(session, value) : NULL;
		if (!*error)
			settings[i].show(session, out);
		return true;
	}
	return false;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(iq_task_list_free) struct iq_task_list list = { 0 };
	struct iq_kernel *kernel;
	struct iq_error *error;
	IQ_TRY(iq_session_kernel(session, &kernel));
	if (iq_args_has(args, 'v')) {
		for (size_t i = 0; i < IQ_ARRAY_SIZE(settings); i++)
			settings[i].show(session, out);
		return NULL;
	}
	if (iq_args_has(args, 'p')) {
		session->task = 0;
		return show_context(session, kernel, out);
	}
	if (iq_args_has(args, 'c')) {
		IQ_TRY(iq_tasks_by_cpus(kernel, iq_args_value(args, 'c'), &list));
		if (list.count != 1)
			return iq_error_new(IQ_ERROR_ARGUMENT, "one CPU is wanted, whose current task is known");
	} else if (args->count) {
		if (setting(session, args, out, &error))
			return error;
		if (args->count > 1)
			return iq_usage_error(args->command, "one task is wanted");
		IQ_TRY(iq_tasks_by_word(kernel, args->words[0].text, &list));
	}
	if (list.count)
		session->task = list.data[0]->address;
	return show_context(session, kernel, out);
}

const struct iq_command iq_command_set = {
	.name = "set",
	.summary = "choose the task that commands work on, or how values are shown",
	.arguments = "[PID | TASK | radix [10|16] | scroll [on|off] | print_max [N] | print_repeats [N|off]]",
	.max_arguments = 2,
	.options =
		(const struct iq_option[]){
			{ 'c', NULL, "CPU", "the task that ran on this CPU" },
			{ 'p', NULL, NULL, "the task that panicked" },
			{ 'v', NULL, NULL, "show all settings" },
			{ 0 },
		},
	.help = "Without arguments, shows the task. `radix` is the base in which numbers and\n"
		"offsets are shown; `scroll` says whether long output goes through a pager on a\n"
		"terminal; `print_max` how many elements of an array are shown; and more than\n"
		"`print_repeats` equal ones in a row are folded.",
	.examples =
		(const struct iq_example[]){
			{ "set", "kfunc-6.1.47-la57.flat", "the current context" },
			{ "set -c 0", "kfunc-6.1.47-la57.flat", "what CPU 0 ran" },
			{ "set 1", "kfunc-6.1.47-la57.flat", "the task with PID 1" },
			{ 0 },
		},
	.run = run,
};
