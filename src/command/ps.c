// SPDX-License-Identifier: GPL-2.0-or-later
/* ps: which tasks there are. */
#include "command/ps.h"

#include "kernel/task_memory.h"
#include "kernel/task_times.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

enum { COMM_LENGTH = 15 }; /* what the kernel keeps of a name: TASK_COMM_LEN less the NUL */

/* By PID, the idle tasks by CPU, tasks whose PID is not known at the end. */
static int compare_tasks(const void *a, const void *b)
{
	const struct iq_task *x = *(const struct iq_task *const *)a, *y = *(const struct iq_task *const *)b;
	uint32_t pid_x = (uint32_t)x->pid, pid_y = (uint32_t)y->pid;
	if (pid_x != pid_y)
		return pid_x < pid_y ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static struct iq_error *all_tasks(struct iq_kernel *kernel, struct iq_task_list *list)
{
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		if (!iq_task_list_add(list, &tasks[i]))
			return iq_error_no_memory();
	}
	if (list->count)
		qsort(list->data, list->count, sizeof(*list->data), compare_tasks);
	return NULL;
}

static struct iq_error *add_by_pattern(const struct iq_task_list *all, const char *word, struct iq_task_list *list)
{
	regex_t pattern;
	bool added = true;
	if (regcomp(&pattern, word, REG_EXTENDED | REG_NOSUB))
		return iq_error_new(IQ_ERROR_ARGUMENT, "'%s' is no regular expression", word);
	for (size_t i = 0; i < all->count && added; i++) {
		if (regexec(&pattern, all->data[i]->comm, 0, NULL, 0) == 0)
			added = iq_task_list_add(list, all->data[i]);
	}
	regfree(&pattern);
	return added ? NULL : iq_error_no_memory();
}

static struct iq_error *add_by_name(const struct iq_task_list *all, const char *word, struct iq_task_list *list)
{
	for (size_t i = 0; i < all->count; i++) {
		const char *comm = all->data[i]->comm;
		bool same = strcmp(comm, word) == 0 ||
			    (strlen(comm) == COMM_LENGTH && strncmp(comm, word, COMM_LENGTH) == 0);
		if (same && !iq_task_list_add(list, all->data[i]))
			return iq_error_no_memory();
	}
	return NULL;
}

static struct iq_error *add_by_number(const struct iq_ps *ps, const struct iq_task_list *all, const char *word,
				      struct iq_task_list *list)
{
	const struct iq_task *task;
	char *end;
	errno = 0;
	uint64_t pid = isdigit((unsigned char)*word) ? strtoull(word, &end, 10) : 0;
	for (size_t i = 0; isdigit((unsigned char)*word) && !*end && i < all->count; i++) {
		if (all->data[i]->pid >= 0 && (uint64_t)all->data[i]->pid == pid &&
		    !iq_task_list_add(list, all->data[i]))
			return iq_error_no_memory();
	}
	if (list->count || !isxdigit((unsigned char)*word))
		return NULL;
	uint64_t address = strtoull(word, &end, 16);
	if (*end || errno || iq_failed(iq_task_by_address(ps->kernel, address, &task)))
		return NULL;
	return iq_task_list_add(list, task) ? NULL : iq_error_no_memory();
}

/* One argument: 'PATTERN', \NAME, PID, address, or name. */
static struct iq_error *find_by_word(const struct iq_ps *ps, const struct iq_task_list *all, size_t n,
				     struct iq_task_list *list)
{
	const char *word = ps->args->words[n].text;
	char first = ps->args->line[ps->args->words[n].offset];
	if (first == '\'') {
		IQ_TRY(add_by_pattern(all, word, list));
	} else {
		if (first != '\\')
			IQ_TRY(add_by_number(ps, all, word, list));
		if (!list->count)
			IQ_TRY(add_by_name(all, word, list));
	}
	if (!list->count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no task has the PID, the address or the name %s", word);
	return NULL;
}

/* -y "FIFO,rr,3" */
static struct iq_error *parse_policies(const char *text, unsigned *mask)
{
	*mask = 0;
	while (text) {
		size_t length = strcspn(text, ",");
		unsigned policy = 0;
		const char *name;
		for (; (name = iq_policy_name(policy)); policy++) {
			if ((strlen(name) == length && strncasecmp(name, text, length) == 0) ||
			    (length == 1 && text[0] == (char)('0' + policy)))
				break;
		}
		if (!name)
			return iq_error_new(IQ_ERROR_ARGUMENT, "%.*s is no scheduling policy", (int)length, text);
		*mask |= 1u << policy;
		text = text[length] ? text + length + 1 : NULL;
	}
	return NULL;
}

static bool wanted(const struct iq_ps *ps, const struct iq_task *task, unsigned policies)
{
	const struct iq_args *args = ps->args;
	unsigned policy;
	if (iq_args_has(args, 'k') && !task->kernel_thread)
		return false;
	if (iq_args_has(args, 'u') && (task->kernel_thread || task->unknown & (IQ_TASK_FLAGS | IQ_TASK_MM)))
		return false;
	if (iq_args_has(args, 'G') && task->pid != task->tgid)
		return false;
	if (iq_args_has(args, 'A') && !task->on_cpu)
		return false;
	return !policies ||
	       (!iq_failed(iq_task_policy(ps->kernel, task, &policy)) && policy < 32 && policies >> policy & 1);
}

/* The tasks that arguments and options mean, each once. */
static struct iq_error *choose(struct iq_ps *ps)
{
	_cleanup_(iq_task_list_free) struct iq_task_list all = { 0 };
	const struct iq_task *tasks;
	size_t count;
	unsigned policies = 0;
	IQ_TRY(all_tasks(ps->kernel, &all));
	IQ_TRY(iq_tasks(ps->kernel, &tasks, &count));
	IQ_TRY(parse_policies(iq_args_value(ps->args, 'y'), &policies));
	_cleanup_free_ bool *taken = calloc(count + 1, sizeof(*taken));
	if (!taken)
		return iq_error_no_memory();
	for (size_t n = 0; n < IQ_MAX(ps->args->count, (size_t)1); n++) {
		_cleanup_(iq_task_list_free) struct iq_task_list found = { 0 };
		const struct iq_task_list *from = &all;
		if (ps->args->count) {
			IQ_TRY(find_by_word(ps, &all, n, &found));
			from = &found;
		}
		for (size_t i = 0; i < from->count; i++) {
			const struct iq_task *task = from->data[i];
			if (taken[task - tasks] || !wanted(ps, task, policies))
				continue;
			taken[task - tasks] = true;
			if (!iq_task_list_add(&ps->tasks, task))
				return iq_error_no_memory();
		}
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

/* A column's value that can't be had. */
static void add_unknown(struct iq_out *out, const char *key, const char *reason)
{
	if (iq_out_is_text(out))
		iq_add_string(out, key, "-");
	else
		iq_add_unavailable(out, key, reason);
}

static void add_number(struct iq_out *out, const char *key, const struct iq_task *task, unsigned what, int32_t value)
{
	if (task->unknown & what)
		add_unknown(out, key, "it can't be read");
	else
		iq_add_signed(out, key, value);
}

/* `total` is 0 when the machine's memory is not known. */
static void add_memory(const struct iq_ps *ps, const struct iq_task *task, uint64_t total)
{
	struct iq_task_memory memory;
	struct iq_error *error = iq_task_memory(ps->kernel, task, &memory);
	if (error || !total)
		add_unknown(ps->out, "mem_percent", error ? error->message : "the machine's memory is not known");
	else
		iq_add_float(ps->out, "mem_percent", (double)memory.resident_bytes * 100 / (double)total);
	if (error) {
		add_unknown(ps->out, "vsz_kb", error->message);
		add_unknown(ps->out, "rss_kb", error->message);
		iq_error_free(error);
		return;
	}
	iq_add_unsigned(ps->out, "vsz_kb", memory.virtual_bytes / 1024);
	iq_add_unsigned(ps->out, "rss_kb", memory.resident_bytes / 1024);
}

/* -s: where a sleeping task's saved registers lie. Of one that was running nothing current is saved. */
static void add_stack_pointer(const struct iq_ps *ps, const struct iq_task *task)
{
	uint64_t sp;
	struct iq_error *error = task->on_cpu ? NULL : iq_task_stack_pointer(ps->kernel, task, &sp);
	if (task->on_cpu)
		iq_add_string(ps->out, "stack_pointer", iq_out_is_text(ps->out) ? "--" : NULL);
	else if (error)
		add_unknown(ps->out, "stack_pointer", error->message);
	else
		iq_add_address(ps->out, "stack_pointer", sp);
	iq_error_free(error);
}

static void show_row(const struct iq_ps *ps, const struct iq_task *task, uint64_t total)
{
	struct iq_out *out = ps->out;
	iq_record_begin(out);
	add_number(out, "pid", task, IQ_TASK_PID, task->pid);
	add_number(out, "tgid", task, IQ_TASK_TGID, task->tgid);
	add_number(out, "ppid", task, IQ_TASK_PPID, task->ppid);
	add_number(out, "cpu", task, IQ_TASK_CPU, task->cpu);
	iq_add_address(out, "task", task->address);
	if (task->unknown & IQ_TASK_STATE)
		add_unknown(out, "state", "it can't be read");
	else
		iq_add_string(out, "state", iq_task_state_name(task));
	iq_add_bool(out, "active", task->on_cpu);
	if (task->unknown & (IQ_TASK_FLAGS | IQ_TASK_MM) && !task->kernel_thread)
		add_unknown(out, "kernel_thread", "its flags or its mm can't be read");
	else
		iq_add_bool(out, "kernel_thread", task->kernel_thread);
	add_memory(ps, task, total);
	if (iq_args_has(ps->args, 's'))
		add_stack_pointer(ps, task);
	if (task->unknown & IQ_TASK_COMM)
		add_unknown(out, "comm", "it can't be read");
	else
		iq_add_string(out, "comm", task->comm);
	if (iq_out_is_text(out))
		iq_add_string(out, "mark", task->on_cpu ? ">" : " ");
	bool stack = iq_args_has(ps->args, 's'), kernel = task->kernel_thread;
	char template[192];
	snprintf(template, sizeof(template),
		 "{mark@mark}{pid:8}{ppid:8}{cpu:4}  {%s:^16@address}  {state:-2}{mem_percent:6.1}  {vsz_kb:7}  "
		 "{rss_kb:7}  %s{comm@string}%s",
		 stack ? "stack_pointer" : "task", kernel ? "[" : "", kernel ? "]" : "");
	iq_line(out, template);
	iq_end(out);
}

static struct iq_error *show_table(const struct iq_ps *ps)
{
	uint64_t total = 0;
	iq_warn_error(&ps->session->diag, iq_total_memory(ps->kernel, &total));
	iq_text(ps->out, "      PID    PPID  CPU  %s  ST  %%MEM      VSZ      RSS  COMM",
		iq_args_has(ps->args, 's') ? "    KSTACKP    " : "     TASK      ");
	for (size_t i = 0; i < ps->tasks.count; i++) {
		show_row(ps, ps->tasks.data[i], total);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

/* -S: how many tasks are in each state. */
static struct iq_error *show_summary(const struct iq_ps *ps)
{
	static const char *const states[] = { "RU", "IN", "UN", "ID", "ZO", "ST", "TR", "DE", "WA", "PA", "NE", "??" };
	for (size_t s = 0; s < IQ_ARRAY_SIZE(states); s++) {
		unsigned count = 0;
		for (size_t i = 0; i < ps->tasks.count; i++)
			count += strcmp(iq_task_state_name(ps->tasks.data[i]), states[s]) == 0;
		if (!count)
			continue;
		iq_record_begin(ps->out);
		iq_add_string(ps->out, "state", states[s]);
		iq_add_unsigned(ps->out, "count", count);
		iq_line(ps->out, "  {state}: {count}");
		iq_end(ps->out);
	}
	return NULL;
}

static struct iq_error *check_options(const struct iq_args *args)
{
	static const char shows[] = "pctlmS";
	unsigned count = 0;
	for (const char *key = shows; *key; key++)
		count += iq_args_has(args, *key);
	if (count > 1)
		return iq_usage_error(args->command, "only one of -p, -c, -t, -l, -m, -S at a time");
	if (iq_args_has(args, 'k') && iq_args_has(args, 'u'))
		return iq_usage_error(args->command, "-k and -u: no task is both");
	if (iq_args_has(args, 'C') && !iq_args_has(args, 'l') && !iq_args_has(args, 'm'))
		return iq_usage_error(args->command, "-C goes with -l or -m");
	if (iq_args_has(args, 's') && count)
		return iq_usage_error(args->command, "-s changes the table, which is not shown with another option");
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_ps ps = { .session = session, .args = args, .out = out };
	IQ_TRY(check_options(args));
	IQ_TRY(iq_session_kernel(session, &ps.kernel));
	struct iq_error *error = choose(&ps);
	if (error)
		;
	else if (iq_args_has(args, 'p'))
		error = iq_ps_ancestors(&ps);
	else if (iq_args_has(args, 'c'))
		error = iq_ps_children(&ps);
	else if (iq_args_has(args, 't'))
		error = iq_ps_times(&ps);
	else if (iq_args_has(args, 'l') || iq_args_has(args, 'm'))
		error = iq_ps_last_run(&ps);
	else
		error = iq_args_has(args, 'S') ? show_summary(&ps) : show_table(&ps);
	iq_task_list_free(&ps.tasks);
	return error;
}

const struct iq_command iq_command_ps = {
	.name = "ps",
	.summary = "show tasks: their state, memory, times, parents and children",
	.options =
		(const struct iq_option[]){
			{ 'k', NULL, NULL, "kernel threads only" },
			{ 'u', NULL, NULL, "user tasks only" },
			{ 'G', NULL, NULL, "only the leaders of thread groups" },
			{ 'A', NULL, NULL, "only what the CPUs ran" },
			{ 'y', NULL, "POLICIES",
			  "only these scheduling policies: NORMAL, FIFO, RR, BATCH, ISO, IDLE, DEADLINE, EXT, or their "
			  "numbers" },
			{ 's', NULL, NULL, "the kernel stack pointer instead of the task's address" },
			{ 'p', NULL, NULL, "the ancestors of each task, the oldest first" },
			{ 'c', NULL, NULL, "the children of each task" },
			{ 't', NULL, NULL,
			  "when each task began, and how long it ran in user mode and in the kernel (nanoseconds)" },
			{ 'l', NULL, NULL,
			  "when each task came onto its CPU the last time (nanoseconds), the latest first" },
			{ 'm', NULL, NULL, "how long ago that was, by the clock of the CPU" },
			{ 'C', NULL, "CPUS", "with -l or -m: the tasks of these CPUs, CPU by CPU" },
			{ 'S', NULL, NULL, "how many tasks are in each state" },
			{ 0 },
		},
	.arguments = "[PID | TASK | NAME | 'PATTERN']...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Without arguments, all tasks, idle tasks and threads too, by PID. A task is\n"
		"named by its PID, the address of its task_struct, its name (behind a backslash\n"
		"when it looks like a number) or a regular expression in single quotes.\n\n"
		"`>` marks what a CPU ran; names of kernel threads stand in brackets. ST is the\n"
		"state: RU running or ready, IN and UN asleep (where a signal wakes it or does\n"
		"not), ID an idle kernel thread, ZO zombie, DE dead, ST stopped, TR traced, PA\n"
		"parked, WA waking up, NE new. VSZ and RSS are in KiB: the address space, and\n"
		"the pages of files, anonymous and shared memory in it, %MEM being their part\n"
		"of the machine's memory. What is not in the dump shows as `-`.",
	.examples =
		(const struct iq_example[]){
			{ "ps -u", "kfunc-6.1.47-la57.flat", "user tasks" },
			{ "ps 'kworker.*'", "kfunc-6.1.47-la57.flat", "the workers" },
			{ "ps -A -s", "kfunc-6.1.47-la57.flat", "what the CPUs ran" },
			{ "ps -p 1", "kfunc-6.1.47-la57.flat", "where a task comes from" },
			{ "ps -m -C 0", "kfunc-6.1.47-la57.flat", "who ran on CPU 0, and how long ago" },
			{ "ps -S", "kfunc-6.1.47-la57.flat", "a count of states" },
			{ 0 },
		},
	.run = run,
};
