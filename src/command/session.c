/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/structure.h"

#include "bpf/bpf.h"
#include "command/chosen.h"
#include "kernel/cpu.h"
#include "util/cleanup.h"

#include <string.h>
#include <time.h>

enum { MAX_WARNINGS = 200, MAX_NESTING = 8 };

static void tell(const struct iq_session *session, const char *line)
{
	if (session->options.warn)
		session->options.warn(session->options.context, line);
	if (session->out)
		iq_out_warn(session->out, line);
}

/* Each warning once, and not without end: a damaged list can give one for every element. */
static void report(void *context, const char *line)
{
	struct iq_session *session = context;
	char **kept;

	if (session->warned.count > MAX_WARNINGS)
		return;
	iq_vec_foreach (warned, &session->warned)
		if (!strcmp(*warned, line))
			return;
	kept = iq_vec_push(&session->warned);
	if (!kept)
		return;
	*kept = strdup(line);
	if (!*kept) {
		session->warned.count--;
		return;
	}
	tell(session, session->warned.count > MAX_WARNINGS ? "more warnings are not shown" : line);
}

void iq_session_init(struct iq_session *session, const struct iq_session_options *options)
{
	*session = (struct iq_session){ .options = *options, .radix = 10, .scroll = true, .print_max = 256,
					  .print_repeats = 10 };
	session->diag = (struct iq_diag){ .report = report, .context = session };
}

void iq_session_deinit(struct iq_session *session)
{
	iq_vec_foreach (value, &session->history)
		iq_value_deinit(value);
	iq_vec_free(&session->history);
	iq_vec_foreach (variable, &session->variables) {
		free(variable->name);
		iq_value_deinit(&variable->value);
	}
	iq_vec_free(&session->variables);
	iq_chosen_frame_free(session->frame);
	iq_bpf_free(session->bpf);
	iq_kernel_close(session->kernel);
	iq_vec_foreach (warned, &session->warned)
		free(*warned);
	iq_vec_free(&session->warned);
	iq_vec_foreach (alias, &session->aliases) {
		free(alias->name);
		free(alias->text);
	}
	iq_vec_free(&session->aliases);
}

struct iq_error *iq_session_kernel(struct iq_session *session, struct iq_kernel **kernel)
{
	if (!session->kernel) {
		struct iq_kernel_options options = session->options.kernel;

		if (!options.dump_count)
			return iq_error_new(IQ_ERROR_ARGUMENT, "no dump was given");
		options.diag = &session->diag;
		IQ_TRY(iq_kernel_open(&options, &session->kernel));
	}
	*kernel = session->kernel;
	return NULL;
}

struct iq_error *iq_session_bpf(struct iq_session *session, struct iq_bpf **bpf)
{
	struct iq_kernel *kernel;
	IQ_TRY(iq_session_kernel(session, &kernel));
	if (!session->bpf)
		IQ_TRY(iq_bpf_new(kernel, &session->bpf));
	*bpf = session->bpf;
	return NULL;
}

struct iq_error *iq_session_task(struct iq_session *session, const struct iq_task **task)
{
	struct iq_kernel *kernel;
	const struct iq_cpu *cpus;
	struct iq_error *error;
	size_t count;

	IQ_TRY(iq_session_kernel(session, &kernel));
	if (session->task)
		return iq_task_by_address(kernel, session->task, task);
	error = iq_panic_task(kernel, task);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	if (!count || !cpus[0].current_task)
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "no task panicked, and CPU 0's current task is not known: choose one with set");
	return iq_task_by_address(kernel, cpus[0].current_task, task);
}

bool iq_session_hexadecimal(const struct iq_session *session, const struct iq_args *args)
{
	return iq_args_has(args, 'x') || (session->radix == 16 && !iq_args_has(args, 'd'));
}

struct running {
	struct iq_session *session;
	struct iq_out *out;
};

static struct iq_error *run_parsed(void *context, const struct iq_args *args)
{
	struct running *running = context;
	struct iq_kernel *kernel;

	if (!(args->command->flags & IQ_COMMAND_NO_DUMP))
		IQ_TRY(iq_session_kernel(running->session, &kernel));
	return args->command->run(running->session, args, running->out);
}

struct iq_error *iq_session_run_nested(struct iq_session *session, const char *line, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf expanded = { 0 };
	struct running running = { session, out };
	struct iq_error *error;

	if (session->depth >= MAX_NESTING)
		return iq_error_new(IQ_ERROR_LIMIT, "commands are nested too deeply");
	if (iq_alias_expand(session, line, &expanded) || iq_structure_expand(session, line, &expanded))
		line = iq_strbuf_text(&expanded);
	session->depth++;
	error = iq_args_parse(line, run_parsed, &running);
	session->depth--;
	return error;
}

static void report_failure(struct iq_session *session, const char *line, const struct iq_error *error)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	session->failures++;
	if (!session->options.fail)
		return;
	line += strspn(line, " \t");
	iq_strbuf_add_bytes(&text, line, strcspn(line, " \t"));
	iq_strbuf_addf(&text, ": %s", error->message);
	session->options.fail(session->options.context, iq_strbuf_text(&text));
}

struct iq_error *iq_session_run(struct iq_session *session, const char *line, struct iq_out *out)
{
	struct iq_error *error, *lost;

	line += strspn(line, " \t\r\n");
	if (!*line)
		return NULL;
	iq_out_begin(out, line);
	session->out = out;
	error = iq_session_run_nested(session, line, out);
	/* A reader that went away wanted no more: that is no failure. */
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) && iq_out_closed(out))
		iq_error_freep(&error);
	session->out = NULL;
	lost = iq_out_end(out, error);
	if (!error)
		error = iq_steal(lost);
	iq_error_free(lost);
	if (error)
		report_failure(session, line, error);
	return error;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void iq_session_progress(struct iq_session *session, const char *command, uint64_t done, uint64_t total)
{
	enum { FIRST = 1000, EACH = 200 };
	int64_t now;
	char line[80];

	if (!session->options.progress)
		return;
	if (!total) {
		if (session->progress_shown)
			session->options.progress(session->options.context, NULL);
		session->progress_shown = false;
		session->progress_next = 0;
		return;
	}
	now = milliseconds();
	if (!session->progress_next)
		session->progress_next = now + FIRST;
	if (now < session->progress_next)
		return;
	session->progress_next = now + EACH;
	session->progress_shown = true;
	snprintf(line, sizeof(line), "%s: %u%%", command, (unsigned)(IQ_MIN(done, total) * 100 / total));
	session->options.progress(session->options.context, line);
}
