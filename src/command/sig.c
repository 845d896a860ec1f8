// SPDX-License-Identifier: GPL-2.0-or-later
/* sig: what tasks do with signals, and which wait for them. */
#include "command/tasks.h"

#include "kernel/signal.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_WIDTH = 80 };

struct sig {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const char *indent; /* of the lines of a thread with -g */
	size_t queued;      /* shown of a queue */
};

static struct iq_error *tell(const struct sig *s, const struct iq_task *task, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&s->session->diag, iq_error_prefix(error, "signals of task %d", task->pid));
	return NULL;
}

/* Appends "(SA_SIGINFO|SA_RESTART)". Values: include/uapi/asm-generic/signal-defs.h,
 * arch/x86/include/uapi/asm/signal.h. */
static void add_flags(uint64_t flags, struct iq_strbuf *text)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ 0x1, "SA_NOCLDSTOP" },      { 0x4000000, "SA_RESTORER" },   { 0x2, "SA_NOCLDWAIT" },
		{ 0x4, "SA_SIGINFO" },        { 0x8000000, "SA_ONSTACK" },    { 0x10000000, "SA_RESTART" },
		{ 0x40000000, "SA_NODEFER" }, { 0x80000000, "SA_RESETHAND" },
	};
	bool first = true;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		iq_strbuf_addf(text, "%s%s", first ? " (" : "|", names[i].name);
		first = false;
	}
	if (!first)
		iq_strbuf_add_char(text, ')');
}

static void show_action(const struct sig *s, unsigned number, const struct iq_signal_action *action)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf flags = { 0 }, name = { 0 };
	char handler[32];
	iq_signal_name(number, &name);
	add_flags(action->flags, &flags);
	if (action->handler <= 1 || action->handler == UINT64_MAX)
		snprintf(handler, sizeof(handler), "%s",
			 action->handler == 0   ? "SIG_DFL"
			 : action->handler == 1 ? "SIG_IGN"
						: "SIG_ERR");
	else
		snprintf(handler, sizeof(handler), "%" PRIx64, action->handler);
	iq_record_begin(s->out);
	iq_add_unsigned(s->out, "signal", number);
	iq_add_string(s->out, "name", name.text);
	iq_add_address(s->out, "sigaction", action->address);
	iq_add_address(s->out, "handler", action->handler);
	iq_add_hex(s->out, "mask", action->mask);
	iq_add_hex(s->out, "flags", action->flags);
	iq_text(s->out, "%s[%u] %" PRIx64 " %10s %016" PRIx64 " %" PRIx64 "%s", number < 10 ? " " : "", number,
		action->address, handler, action->mask, action->flags, iq_strbuf_text(&flags));
	iq_end(s->out);
}

/* What the thread group does with each signal. */
static struct iq_error *show_actions(const struct sig *s, const struct iq_task *task, const struct iq_signals *signals)
{
	struct iq_out *out = s->out;
	struct iq_error *error = NULL;
	iq_add_address(out, "signal_struct", signals->signal);
	iq_add_unsigned(out, "threads", signals->threads);
	iq_line(out, "SIGNAL_STRUCT: {signal_struct@address}  NR_THREADS: {threads}");
	iq_text(out, " SIG    SIGACTION        HANDLER       MASK       FLAGS");
	iq_list_begin(out, "actions");
	/* One on a page that is missing: so are its neighbours, and one complaint says it. */
	for (unsigned number = 1; signals->sighand && number <= IQ_SIGNALS; number++) {
		struct iq_signal_action action;
		struct iq_error *failed = iq_signal_action(s->kernel, signals->sighand, number, &action);
		if (failed)
			iq_error_keep(&error, failed);
		else
			show_action(s, number, &action);
	}
	iq_end(out);
	return tell(s, task, error);
}

static struct iq_error *show_queued(void *context, unsigned number, uint64_t info)
{
	struct sig *s = context;
	if (!s->queued++)
		iq_text(s->out, "%s  SIGQUEUE:  SIG      SIGINFO", s->indent);
	iq_record_begin(s->out);
	iq_add_unsigned(s->out, "signal", number);
	iq_add_address(s->out, "siginfo", info);
	iq_text(s->out, "%s             %3u  %" PRIx64, s->indent, number, info);
	iq_end(s->out);
	return NULL;
}

static struct iq_error *show_pending(struct sig *s, const struct iq_task *task, const char *key, uint64_t set,
				     uint64_t queue)
{
	s->queued = 0;
	iq_object_begin(s->out, key);
	iq_add_hex(s->out, "signal", set);
	iq_text(s->out, "%s    SIGNAL: %016" PRIx64, s->indent, set);
	iq_list_begin(s->out, "queue");
	struct iq_error *error = queue ? iq_signals_each(s->kernel, queue, show_queued, s) : NULL;
	if (!s->queued)
		iq_text(s->out, "%s  SIGQUEUE: %s", s->indent, error ? "(unavailable)" : "(empty)");
	iq_end(s->out);
	iq_end(s->out);
	return tell(s, task, error);
}

/* What waits for this task alone. */
static struct iq_error *show_own(struct sig *s, const struct iq_task *task, const struct iq_signals *signals)
{
	struct iq_out *out = s->out;
	bool pending = (signals->pending | signals->shared) & ~signals->blocked;
	iq_add_bool(out, "sigpending", pending);
	iq_add_hex(out, "blocked", signals->blocked);
	iq_text(out, "%sSIGPENDING: %s", s->indent, pending ? "yes" : "no");
	iq_text(out, "%s   BLOCKED: %016" PRIx64, s->indent, signals->blocked);
	iq_text(out, "%sPRIVATE_PENDING", s->indent);
	return show_pending(s, task, "private", signals->pending, signals->queue);
}

static struct iq_error *show_shared(struct sig *s, const struct iq_task *task, const struct iq_signals *signals)
{
	iq_text(s->out, "SHARED_PENDING");
	return show_pending(s, task, "shared", signals->shared, signals->shared_queue);
}

static struct iq_error *show_task(struct sig *s, const struct iq_task *task)
{
	struct iq_signals signals;
	struct iq_error *error = iq_task_signals(s->kernel, task, &signals);
	s->indent = "";
	iq_record_begin(s->out);
	iq_task_heading(s->out, task);
	if (error) {
		iq_add_unavailable(s->out, "signal_struct", error->message);
		iq_line(s->out, "SIGNAL_STRUCT: {signal_struct}");
		error = tell(s, task, error);
	} else {
		error = show_actions(s, task, &signals);
		if (!error)
			error = show_own(s, task, &signals);
		if (!error)
			error = show_shared(s, task, &signals);
	}
	iq_line(s->out, "");
	iq_end(s->out);
	return error;
}

static struct iq_error *show_thread(struct sig *s, const struct iq_task *task)
{
	struct iq_signals signals;
	struct iq_error *error = iq_task_signals(s->kernel, task, &signals);
	s->indent = "  ";
	iq_line(s->out, "");
	iq_record_begin(s->out);
	iq_add_task(s->out, task);
	iq_line(s->out, "  PID: {pid:-7}  TASK: {task:-16@address}  CPU: {cpu:-3}  COMMAND: \"{comm@string}\"");
	error = error ? tell(s, task, error) : show_own(s, task, &signals);
	iq_end(s->out);
	s->indent = "";
	return error;
}

/* -g: the group's, then each thread's own, the leader first. */
static struct iq_error *show_group(struct sig *s, const struct iq_task *task)
{
	const struct iq_task *tasks, *leader = task;
	struct iq_signals signals;
	size_t count;
	IQ_TRY(iq_tasks(s->kernel, &tasks, &count));
	if (task->pid != task->tgid && !(task->unknown & IQ_TASK_TGID))
		iq_error_free(iq_task_by_pid(s->kernel, task->tgid, &leader));
	s->indent = "";
	iq_record_begin(s->out);
	iq_task_heading(s->out, leader);
	struct iq_error *error = iq_task_signals(s->kernel, leader, &signals);
	if (error) {
		error = tell(s, leader, error);
	} else {
		error = show_actions(s, leader, &signals);
		if (!error)
			error = show_shared(s, leader, &signals);
	}
	iq_list_begin(s->out, "threads_of_group");
	if (!error)
		error = show_thread(s, leader);
	for (size_t i = 0; !error && i < count; i++) {
		if (&tasks[i] != leader && tasks[i].tgid == leader->tgid && !tasks[i].idle)
			error = show_thread(s, &tasks[i]);
	}
	iq_end(s->out);
	iq_line(s->out, "");
	iq_end(s->out);
	return error;
}

static void show_names(struct iq_out *out)
{
	for (unsigned number = 1; number <= IQ_SIGNALS; number++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
		const char *other = iq_signal_other_name(number);
		iq_signal_name(number, &name);
		iq_record_begin(out);
		iq_add_unsigned(out, "signal", number);
		iq_add_string(out, "name", name.text);
		iq_add_string(out, "other", other);
		iq_text(out, "%s[%u] %s%s%s", number < 10 ? " " : "", number, iq_strbuf_text(&name), other ? "/" : "",
			other ? other : "");
		iq_end(out);
	}
}

static void show_set(struct iq_out *out, uint64_t set)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_record_begin(out);
	iq_add_hex(out, "set", set);
	iq_list_begin(out, "names");
	for (unsigned number = 1; number <= IQ_SIGNALS; number++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
		if (!(set >> (number - 1) & 1))
			continue;
		iq_signal_name(number, &name);
		iq_add_string(out, NULL, name.text);
		if (line.length && line.length + 1 + name.length > LINE_WIDTH) {
			iq_text(out, "%s", iq_strbuf_text(&line));
			iq_strbuf_truncate(&line, 0);
		}
		iq_strbuf_addf(&line, "%s%s", line.length ? " " : "", iq_strbuf_text(&name));
	}
	iq_end(out);
	iq_text(out, "%s", set ? iq_strbuf_text(&line) : "(none)");
	iq_end(out);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct sig s = { .session = session, .out = out, .indent = "" };
	_cleanup_(iq_task_list_free) struct iq_task_list list = { 0 };
	uint64_t set;
	if (iq_args_has(args, 'l')) {
		show_names(out);
		return NULL;
	}
	if (iq_args_has(args, 's')) {
		IQ_TRY(iq_parse_hexadecimal(iq_args_value(args, 's'), &set));
		show_set(out, set);
		return NULL;
	}
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	for (size_t i = 0; i < args->count; i++)
		IQ_TRY(iq_tasks_by_word(s.kernel, args->words[i].text, &list));
	if (!args->count) {
		const struct iq_task *task;
		IQ_TRY(iq_session_task(session, &task));
		if (!iq_task_list_add(&list, task))
			return iq_error_no_memory();
	}
	for (size_t i = 0; i < list.count; i++) {
		IQ_TRY(iq_args_has(args, 'g') ? show_group(&s, list.data[i]) : show_task(&s, list.data[i]));
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

const struct iq_command iq_command_sig = {
	.name = "sig",
	.summary = "what tasks do with signals, and which wait for them",
	.options =
		(const struct iq_option[]){
			{ 'l', NULL, NULL, "the names of all signals" },
			{ 's', NULL, "SET", "the names of the signals in a set, a hexadecimal number" },
			{ 'g', NULL, NULL, "all threads of the thread group" },
			{ 0 },
		},
	.arguments = "[PID | TASK]...",
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_NO_DUMP,
	.help = "For each signal the program's handler (an address in its memory; SIG_DFL: the\n"
		"default, SIG_IGN: it is ignored), the set of signals that are blocked while it\n"
		"runs, and flags. Then the signals that the task blocks, those sent to it\n"
		"(PRIVATE_PENDING) and to its thread group (SHARED_PENDING) that it has not taken\n"
		"yet. SIGPENDING: yes when one of them is not blocked.\n\n"
		"Without arguments, the task is the one that `set` chose, else the one that\n"
		"panicked.",
	.examples =
		(const struct iq_example[]){
			{ "sig 1", "kfunc-6.1.47-la57.flat", "signals of process 1" },
			{ "sig -s 800A000000000201", NULL, "the names in a set" },
			{ 0 },
		},
	.run = run,
};
