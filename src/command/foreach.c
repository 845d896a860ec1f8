// SPDX-License-Identifier: GPL-2.0-or-later
/* foreach: one command for many tasks. */
#include "command/tasks.h"

#include "util/cleanup.h"

#include <regex.h>
#include <string.h>

/* What a word before the command asks of a task; of several words any one is enough, as in crash. */
struct filter {
	enum { BY_KIND, BY_STATE, BY_NAME, BY_PATTERN, BY_TASKS } kind;
	const char *word;
	regex_t pattern;
	struct iq_task_list tasks;
};

struct filters {
	struct filter *data;
	size_t count, capacity;
};

static void filters_free(struct filters *filters)
{
	iq_vec_foreach (filter, filters) {
		if (filter->kind == BY_PATTERN)
			regfree(&filter->pattern);
		iq_task_list_free(&filter->tasks);
	}
	iq_vec_free(filters);
}

static bool is_one_of(const char *word, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(word, *names) == 0)
			return true;
	}
	return false;
}

/* The commands that make sense for one task at a time. */
static bool is_task_command(const char *word)
{
	static const char *const names[] = { "bt", "files", "ps", "set", "task", "vm", "vtop", NULL };
	return is_one_of(word, names);
}

/* Those that show the task's line themselves. */
static bool shows_heading(const char *word)
{
	static const char *const names[] = { "bt", "files", "task", "vm", NULL };
	return is_one_of(word, names);
}

/* Does the command show only the tasks that refer to something? It sets them apart itself then. */
static bool searches(const struct iq_args *args, size_t command)
{
	static const char *const names[] = { "files", "vm", NULL };
	bool found = false;
	for (size_t n = command + 1; n < args->count; n++)
		found |= strncmp(args->words[n].text, "-R", 2) == 0;
	return found && is_one_of(args->words[command].text, names);
}

static bool some_task_is_called(struct iq_kernel *kernel, const char *name)
{
	const struct iq_task *tasks;
	size_t count;
	if (iq_failed(iq_tasks(kernel, &tasks, &count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(tasks[i].comm, name) == 0)
			return true;
	}
	return false;
}

static struct iq_error *parse_filter(struct iq_kernel *kernel, const struct iq_args *args, size_t n,
				     struct filters *filters)
{
	static const char *const kinds[] = { "kernel", "user", "gleader", "active", NULL };
	static const char *const states[] = { "RU", "IN", "UN", "ID", "ST", "TR", "ZO", "DE", "PA", "WA", "NE", NULL };
	const char *word = args->words[n].text;
	bool quoted = args->line[args->words[n].offset] == '\'';
	struct iq_task_list tasks = { 0 };
	struct filter *filter = iq_vec_push(filters);
	if (!filter)
		return iq_error_no_memory();
	filter->kind = BY_NAME;
	filter->word = word;
	if (quoted) {
		if (regcomp(&filter->pattern, word, REG_EXTENDED | REG_NOSUB))
			return iq_error_new(IQ_ERROR_ARGUMENT, "'%s' is no regular expression", word);
		filter->kind = BY_PATTERN;
	} else if (is_one_of(word, kinds)) {
		filter->kind = BY_KIND;
	} else if (is_one_of(word, states)) {
		filter->kind = BY_STATE;
	} else if (word[0] == '\\') {
		filter->word = word + 1;
	} else if (!iq_failed(iq_tasks_by_word(kernel, word, &tasks))) {
		filter->kind = BY_TASKS;
		filter->tasks = tasks;
	} else if (!some_task_is_called(kernel, word)) {
		return iq_error_new(IQ_ERROR_ARGUMENT,
				    "'%s' is neither a task, a state, kernel, user, gleader, active, nor one of the "
				    "commands bt, files, ps, set, task, vm, vtop",
				    word);
	}
	return NULL;
}

static bool kind_matches(const struct iq_task *task, const char *kind)
{
	if (strcmp(kind, "kernel") == 0)
		return task->kernel_thread;
	if (strcmp(kind, "active") == 0)
		return task->on_cpu;
	return !task->kernel_thread && (strcmp(kind, "user") == 0 || task->pid == task->tgid);
}

static bool filter_matches(const struct filter *filter, const struct iq_task *task)
{
	switch (filter->kind) {
	case BY_KIND: return kind_matches(task, filter->word);
	case BY_STATE: return strcmp(iq_task_state_name(task), filter->word) == 0;
	case BY_NAME: return strcmp(task->comm, filter->word) == 0;
	case BY_PATTERN: return regexec(&filter->pattern, task->comm, 0, NULL, 0) == 0;
	case BY_TASKS:
		for (size_t i = 0; i < filter->tasks.count; i++) {
			if (filter->tasks.data[i] == task)
				return true;
		}
		return false;
	}
	return false;
}

static bool wanted(const struct filters *filters, const struct iq_task *task)
{
	if (!filters->count)
		return true;
	for (size_t i = 0; i < filters->count; i++) {
		if (filter_matches(&filters->data[i], task))
			return true;
	}
	return false;
}

/* That no task is in a state is an answer; a pattern that fits none is more likely a mistake. */
static struct iq_error *nobody(const struct filters *filters)
{
	for (size_t i = 0; i < filters->count; i++) {
		if (filters->data[i].kind == BY_PATTERN)
			return iq_error_new(IQ_ERROR_NOT_FOUND, "no task's name fits '%s'", filters->data[i].word);
	}
	return NULL;
}

/* Runs the command with the task as the session's context. A failure is one task's: it is told, and the next has its
 * turn. bt has told it in its output; those are counted. */
static struct iq_error *run_for(struct iq_session *session, const struct iq_task *task, const char *command,
				struct iq_out *out, size_t *failed)
{
	session->task = task->address;
	struct iq_error *error = iq_session_run_nested(session, command, out);
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY) ||
	    iq_error_is(error, IQ_ERROR_ARGUMENT))
		return error;
	if (failed)
		++*failed;
	else
		iq_warn(&session->diag, "task %d: %s", task->pid, error->message);
	iq_error_free(error);
	return NULL;
}

static void show_heading(const struct iq_task *task, const char *name, struct iq_out *out)
{
	if (shows_heading(name) || !iq_out_is_text(out))
		return;
	iq_record_begin(out);
	iq_task_heading(out, task);
	iq_end(out);
}

/* ps shows many tasks itself, under one heading: it is run once, for all that are meant. */
static struct iq_error *run_ps(struct iq_session *session, const struct filters *filters, const char *command,
			       struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	const struct iq_task *tasks;
	size_t count, length;
	IQ_TRY(iq_tasks(session->kernel, &tasks, &count));
	iq_strbuf_add(&line, command);
	length = line.length;
	for (size_t i = 0; i < count; i++) {
		if (wanted(filters, &tasks[i]))
			iq_strbuf_addf(&line, " %lx", tasks[i].address);
	}
	if (line.failed)
		return iq_error_no_memory();
	if (line.length == length)
		return nobody(filters);
	return iq_session_run_nested(session, iq_strbuf_text(&line), out);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(filters_free) struct filters filters = { 0 };
	struct iq_kernel *kernel;
	const struct iq_task *tasks;
	struct iq_error *error = NULL;
	size_t count, n = 0, shown = 0, failed = 0;
	IQ_TRY(iq_session_kernel(session, &kernel));
	for (; n < args->count && !is_task_command(args->words[n].text); n++)
		IQ_TRY(parse_filter(kernel, args, n, &filters));
	if (n == args->count)
		return iq_usage_error(args->command, "no command to run");
	const char *name = args->words[n].text, *command = iq_args_text(args, n);
	if (strcmp(name, "ps") == 0)
		return run_ps(session, &filters, command, out);
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	uint64_t before = session->task;
	bool quiet = searches(args, n);
	for (size_t i = 0; i < count && !error; i++) {
		if (!wanted(&filters, &tasks[i]))
			continue;
		if (shown++ && !quiet)
			iq_line(out, "");
		show_heading(&tasks[i], name, out);
		error = run_for(session, &tasks[i], command, out, strcmp(name, "bt") == 0 ? &failed : NULL);
		if (!error)
			error = iq_check_interrupt();
	}
	session->task = before;
	if (failed)
		iq_warn(&session->diag, "foreach: bt failed for %zu of %zu tasks: its output says why", failed, shown);
	return error || shown ? error : nobody(&filters);
}

const struct iq_command iq_command_foreach = {
	.name = "foreach",
	.summary = "run a command for many tasks",
	.arguments =
		"[PID | TASK | NAME | 'PATTERN' | STATE | kernel | user | gleader | active]... COMMAND [ARGUMENT]...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_PREFIX,
	.help = "COMMAND is bt, files, ps, set, task, vm or vtop, with its own options. Without\n"
		"anything before it, it is run for every task; else for each task that one of\n"
		"the words means: a PID, a task_struct's address, a command's name (behind a\n"
		"backslash when it is like another word), a regular expression in single\n"
		"quotes, a state (RU IN UN ID ST TR ZO DE PA WA NE), `kernel` threads, `user`\n"
		"tasks, `gleader`: the leaders of their thread groups, `active`: what the CPUs\n"
		"ran. With -R, files and vm show only the tasks that have what is looked for.",
	.examples =
		(const struct iq_example[]){
			{ "foreach bt", "kfunc-6.1.47-la57.flat", "every stack" },
			{ "foreach ST bt", "kfunc-6.1.47-la57.flat", "the tasks that are stopped" },
			{ "foreach user ps", "kfunc-6.1.47-la57.flat", "user tasks" },
			{ 0 },
		},
	.run = run,
};
