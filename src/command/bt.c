// SPDX-License-Identifier: GPL-2.0-or-later
/* bt: which tasks, which way of showing their stacks. */
#include "command/frames.h"
#include "kernel/source.h"

#include "util/cleanup.h"

#include <string.h>

enum { LOCALS = 256 };

/* -g: the thread group of each task in the list, the leader first. */
static struct iq_error *expand_groups(struct iq_kernel *kernel, struct iq_task_list *list)
{
	_cleanup_(iq_task_list_free) struct iq_task_list groups = { 0 };
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	for (size_t n = 0; n < list->count; n++) {
		int32_t tgid = list->data[n]->tgid;
		if (!tgid && !iq_task_list_add(&groups, list->data[n]))
			return iq_error_no_memory();
		for (unsigned leaders = 2; tgid && leaders-- > 0;) {
			for (size_t i = 0; i < count; i++) {
				if (tasks[i].tgid == tgid && (tasks[i].pid == tgid) == (leaders == 1) &&
				    !iq_task_list_add(&groups, &tasks[i]))
					return iq_error_no_memory();
			}
		}
	}
	iq_task_list_free(list);
	*list = groups;
	groups = (struct iq_task_list){ 0 };
	return NULL;
}

static struct iq_error *choose_tasks(struct iq_session *session, const struct iq_args *args, struct iq_kernel *kernel,
				     struct iq_task_list *list)
{
	const struct iq_task *task;
	if (iq_args_has(args, 'a')) {
		IQ_TRY(iq_tasks_by_cpus(kernel, "a", list));
	} else if (iq_args_has(args, 'c')) {
		IQ_TRY(iq_tasks_by_cpus(kernel, iq_args_value(args, 'c'), list));
	} else if (iq_args_has(args, 'p')) {
		IQ_TRY(iq_panic_task(kernel, &task));
		if (!iq_task_list_add(list, task))
			return iq_error_no_memory();
	} else if (args->count) {
		for (size_t i = 0; i < args->count; i++)
			IQ_TRY(iq_tasks_by_word(kernel, args->words[i].text, list));
	} else {
		IQ_TRY(iq_session_task(session, &task));
		if (!iq_task_list_add(list, task))
			return iq_error_no_memory();
	}
	return iq_args_has(args, 'g') ? expand_groups(kernel, list) : NULL;
}

/* -t, -T, -r, -e: the task's stack without its frames. */
static struct iq_error *show_stack(struct iq_session *session, const struct iq_args *args, struct iq_kernel *kernel,
				   const struct iq_task *task, const struct iq_frame_options *options,
				   struct iq_out *out)
{
	uint64_t start = task->stack, end = task->stack + task->stack_size;
	size_t found;
	if (iq_args_has(args, 'r'))
		return iq_show_raw_stack(session, out, start, end);
	if (iq_args_has(args, 'e')) {
		IQ_TRY(iq_show_exception_frames(session, out, start, end, &found));
		if (!found)
			iq_text(out, "    (none found)");
		return NULL;
	}
	if (iq_args_has(args, 'T'))
		return iq_show_text_addresses(session, out, start, end, options);
	struct iq_backtrace trace;
	IQ_TRY(iq_task_backtrace(kernel, task, 0, &trace));
	/* A walk that never came to the task's own stack says nothing about where that one begins. */
	bool arrived = false;
	for (size_t i = 0; i < trace.count; i++)
		arrived |= iq_frame_place(&trace.frames[i]) >= start && iq_frame_place(&trace.frames[i]) < end;
	struct iq_error *error = arrived ? iq_show_live_addresses(session, out, &trace, options)
					 : iq_show_text_addresses(session, out, start, end, options);
	iq_backtrace_free(&trace);
	return error;
}

static struct iq_error *show_task(struct iq_session *session, const struct iq_args *args, struct iq_kernel *kernel,
				  const struct iq_task *task, struct iq_out *out)
{
	struct iq_frame_options options = {
		.offsets = iq_args_has(args, 's'),
		.hexadecimal = iq_session_hexadecimal(session, args),
		.stack_data = iq_args_has(args, 'f') || iq_args_has(args, 'F'),
		.words = iq_args_count(args, 'F') > 1 ? IQ_WORDS_SLAB_ADDRESSES
			 : iq_args_has(args, 'F')     ? IQ_WORDS_SLABS
						      : IQ_WORDS_PLAIN,
		.lines = iq_args_has(args, 'l') || iq_args_has(args, LOCALS) ? IQ_LINES_WANTED : IQ_LINES_IF_THERE,
		.locals = iq_args_has(args, LOCALS),
	};
	struct iq_backtrace trace;
	iq_task_heading(out, task);
	if (!task->stack && !(task->unknown & IQ_TASK_STACK)) { /* a zombie */
		iq_list_begin(out, "frames");
		iq_end(out);
		iq_text(out, "    (the task is dead and has given its stack back)");
		return NULL;
	}
	if (iq_args_has(args, 't') || iq_args_has(args, 'T') || iq_args_has(args, 'r') || iq_args_has(args, 'e'))
		return show_stack(session, args, kernel, task, &options, out);
	if (options.locals)
		IQ_TRY(iq_task_backtrace_with_registers(kernel, task, IQ_UNWIND_SCAN, &trace));
	else
		IQ_TRY(iq_task_backtrace(kernel, task, IQ_UNWIND_SCAN, &trace));
	struct iq_error *error = iq_show_backtrace(session, out, &trace, &options);
	iq_backtrace_free(&trace);
	return error;
}

/* -E: every CPU's own stacks. */
static struct iq_error *show_cpu_stacks(struct iq_session *session, const struct iq_args *args,
					struct iq_kernel *kernel, struct iq_out *out)
{
	const struct iq_cpu *cpus;
	size_t count;
	bool set[8192] = { false };
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	size_t limit = count ? cpus[count - 1].id + 1 : 0;
	IQ_TRY(iq_parse_set(iq_args_has(args, 'c') ? iq_args_value(args, 'c') : "a", "cpu", set,
			    IQ_MIN(limit, sizeof(set))));
	bool first = true;
	for (size_t i = 0; i < count; i++) {
		struct iq_stack stacks[16];
		size_t stack_count;
		if (cpus[i].id >= sizeof(set) || !set[cpus[i].id])
			continue;
		IQ_TRY(iq_cpu_stacks(kernel, cpus[i].id, stacks, IQ_ARRAY_SIZE(stacks), &stack_count));
		for (size_t n = 0; n < stack_count; n++) {
			size_t found;
			if (!first)
				iq_line(out, "");
			first = false;
			iq_record_begin(out);
			iq_add_unsigned(out, "cpu", cpus[i].id);
			iq_add_string(out, "stack_name", stacks[n].name);
			iq_add_address(out, "start", stacks[n].start);
			iq_line(out, strcmp(stacks[n].name, "IRQ") == 0 ? "CPU {cpu} {stack_name} STACK:"
									: "CPU {cpu} {stack_name} EXCEPTION STACK:");
			IQ_TRY(iq_show_exception_frames(session, out, stacks[n].start, stacks[n].end, &found));
			if (!found)
				iq_text(out, "(none found)");
			iq_end(out);
		}
	}
	return NULL;
}

/* -v: the magic word at the end of each task's stack. */
static struct iq_error *check_overflows(struct iq_kernel *kernel, struct iq_out *out)
{
	const struct iq_task *tasks;
	size_t count, bad = 0;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t word;
		/* A dead task may have given its stack back. */
		if (!tasks[i].stack || iq_failed(iq_read_u64(iq_kernel_target(kernel), tasks[i].stack, &word)) ||
		    word == STACK_END_MAGIC)
			continue;
		iq_record_begin(out);
		iq_task_heading(out, &tasks[i]);
		iq_add_address(out, "stack", tasks[i].stack);
		iq_add_hex(out, "stack_end", word);
		iq_line(out, "  possible stack overflow: {stack@address}: {stack_end:016x} is not STACK_END_MAGIC");
		iq_end(out);
		bad++;
	}
	if (!bad)
		iq_text(out, "No stack overflows detected");
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(iq_task_list_free) struct iq_task_list list = { 0 };
	struct iq_kernel *kernel;
	bool shown = false;
	IQ_TRY(iq_session_kernel(session, &kernel));
	if (iq_args_has(args, 'n') && strcmp(iq_args_value(args, 'n'), "idle") != 0)
		return iq_usage_error(args->command, "-n knows only \"idle\"");
	if (iq_args_has(args, 'v'))
		return check_overflows(kernel, out);
	if (iq_args_has(args, 'E'))
		return show_cpu_stacks(session, args, kernel, out);
	IQ_TRY(choose_tasks(session, args, kernel, &list));
	for (size_t i = 0; i < list.count; i++) {
		if (iq_args_has(args, 'n') && list.data[i]->idle)
			continue;
		if (shown)
			iq_line(out, "");
		shown = true;
		iq_record_begin(out);
		struct iq_error *error = show_task(session, args, kernel, list.data[i], out);
		if (error && !iq_error_is(error, IQ_ERROR_INTERRUPTED) && !iq_error_is(error, IQ_ERROR_NO_MEMORY)) {
			iq_add_unavailable(out, "frames", error->message);
			iq_text(out, "    (no backtrace: %s)", error->message);
			/* Of one task this is the answer; of many it must not hide the others. */
			if (list.count > 1)
				iq_error_freep(&error);
		}
		iq_end(out);
		IQ_TRY(error);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

const struct iq_command iq_command_bt = {
	.name = "bt",
	.summary = "show the stack of a task: its frames, or what lies on it",
	.arguments = "[PID | TASK]...",
	.max_arguments = IQ_ANY_NUMBER,
	.options =
		(const struct iq_option[]){
			{ 'a', NULL, NULL, "the task that ran on each CPU" },
			{ 'c', NULL, "CPUS", "the tasks that ran on these CPUs: 3, 0,2-4, a" },
			{ 'p', NULL, NULL, "the task that panicked" },
			{ 'g', NULL, NULL, "all threads of the task's group, the leader first" },
			{ 'n', NULL, "idle", "leave out idle tasks" },
			{ 's', NULL, NULL, "functions with the offset of the address" },
			{ 'x', NULL, NULL, "offsets in hexadecimal" },
			{ 'd', NULL, NULL, "offsets in decimal" },
			{ 'l', NULL, NULL, "source file and line of each frame: say so if there is no debug information" },
			{ LOCALS, "locals", NULL,
			  "arguments and local variables of each frame (needs debug information; "
			  "BPF programs' do not)" },
			{ 'f', NULL, NULL, "the words on the stack under each frame" },
			{ 'F', NULL, NULL,
			  "the same, with symbols and [CACHE]s for words that are addresses of some; twice: "
			  "[ADDRESS:CACHE]" },
			{ 't', NULL, NULL, "everything that looks like a return address, from the stack pointer on" },
			{ 'T', NULL, NULL, "the same over the whole stack of the task" },
			{ 'r', NULL, NULL,
			  "the whole stack as words, with symbols for those that are addresses of some" },
			{ 'e', NULL, NULL, "everything on the stack that looks like saved registers" },
			{ 'E', NULL, NULL,
			  "the same on the IRQ and exception stacks of every CPU (with -c: of these CPUs)" },
			{ 'v', NULL, NULL, "check the end of every task's stack for an overflow" },
			{ 0 },
		},
	.help = "Without arguments, the task chosen with `set`: at first the one that panicked.\n"
		"PID 0 is every idle task.\n\n"
		"A frame stands on proof: an ORC entry, the depth of the stack computed over\n"
		"the function's code, saved registers. Where nothing proves the next frame the\n"
		"walk says so, and what follows comes from a scan: every line of it has a `?`.\n"
		"Functions of modules and BPF programs have the module's name, or [bpf], behind\n"
		"them. Registers whose value is not known show as dashes.\n\n"
		"Where debug information is found (see `debuginfo`), each frame has its file and\n"
		"line below it, and functions that were inlined have lines of their own,\n"
		"innermost first, above the function that they became part of. BPF programs keep\n"
		"their lines themselves: file and line stand behind the frame, with -l below it.\n\n"
		"--locals shows a BPF program's frame without debug information: its context\n"
		"with the type that it has in the kernel, arguments, R0 to R10 with the machine's\n"
		"registers that hold them, and its stack: fp-8 and below is the program's own,\n"
		"then come tail-call counters and the caller's registers that its prologue saved.\n"
		"Words have names where they point into the stack (fp-16), to maps and their\n"
		"values (counts[3]), to symbols or slab objects. What is not in a register or on\n"
		"the stack any more is taken from the caller where its code tells, or is not known.",
	.examples =
		(const struct iq_example[]){
			{ "bt", "kfunc-6.1.47-la57.flat", "the task that panicked" },
			{ "bt -s 1", "kfunc-6.1.47-la57.flat", "a sleeping task, with offsets" },
			{ "bt -a -n idle", "kfunc-6.1.47-la57.flat", "what the CPUs were doing" },
			{ "bt -f", "kfunc-6.1.47-la57.flat", "the frames' words" },
			{ 0 },
		},
	.run = run,
};
