// SPDX-License-Identifier: GPL-2.0-or-later
/* task: the kernel's own record of a task. */
#include "command/structs.h"
#include "command/tasks.h"

#include "kernel/object.h"
#include "util/cleanup.h"
#include "util/vec.h"

#include <ctype.h>
#include <string.h>

struct show {
	struct iq_session *session;
	struct iq_out *out;
	struct iq_print_options options;
	IQ_VEC(char *) members; /* of -R, and arguments that are no tasks */
};

static void free_members(struct show *show)
{
	iq_vec_foreach (member, &show->members)
		free(*member);
	iq_vec_free(&show->members);
}

/* Adds what stands between commas. */
static struct iq_error *add_members(struct show *show, const char *text)
{
	while (text && *text) {
		size_t length = strcspn(text, ",");
		char **slot = length ? iq_vec_push(&show->members) : NULL;
		if (length && (!slot || !(*slot = strndup(text, length))))
			return iq_error_no_memory();
		text += length + (text[length] == ',');
	}
	return NULL;
}

/* Where a task's thread_info is: at the start of its task_struct, or (without CONFIG_THREAD_INFO_IN_TASK, which x86-64
 * has since 4.9, upstream 15f4eae70d36) at the end of its stack. */
static uint64_t thread_info(struct iq_kernel *kernel, const struct iq_task *task)
{
	struct iq_types *types = iq_kernel_types(kernel);
	uint64_t address;
	if (iq_types_has_member(types, "task_struct", "thread_info") &&
	    !iq_failed(iq_member_address(types, task->address, "task_struct", "thread_info", &address)))
		return address;
	return task->stack;
}

static struct iq_error *show_whole(struct show *show, const struct iq_task *task)
{
	uint64_t info = thread_info(show->session->kernel, task);
	IQ_TRY(iq_show_struct(show->session, &show->options, "task_struct", task->address, show->out, "task_struct"));
	if (!info)
		return NULL;
	iq_line(show->out, "");
	return iq_show_struct(show->session, &show->options, "thread_info", info, show->out, "thread_info");
}

/* One member in one of the two structs; *found: it has one of this name. */
static struct iq_error *show_member(struct show *show, const char *struct_name, uint64_t address, const char *path,
				    bool *found)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	_cleanup_(iq_value_deinit) struct iq_value member = { 0 };
	struct iq_target *target = iq_kernel_target(show->session->kernel);
	struct iq_print_options options = show->options;
	struct iq_type type;
	if (!address)
		return NULL;
	IQ_TRY(iq_type_find(iq_kernel_types(show->session->kernel), IQ_TYPE_STRUCT, struct_name, &type));
	struct iq_value value = iq_value_at(type, address);
	struct iq_error *error = iq_value_member(target, &value, path, &member);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	*found = true;
	iq_record_begin(show->out);
	iq_add_string(show->out, "struct", struct_name);
	iq_add_string(show->out, "member", path);
	if (!iq_out_is_text(show->out)) {
		error = iq_value_record(&member, &options, show->out, "value");
	} else {
		options.indent = 2;
		iq_strbuf_addf(&text, "  %s = ", path);
		error = iq_value_print(&member, &options, &text);
		if (error)
			iq_strbuf_addf(&text, "<%s>", error->message);
		iq_strbuf_add_char(&text, ',');
		iq_print_lines(show->out, iq_strbuf_text(&text));
		iq_error_free(error);
		error = NULL;
	}
	iq_end(show->out);
	return error;
}

static struct iq_error *show_members(struct show *show, const struct iq_task *task)
{
	iq_list_begin(show->out, "members");
	iq_vec_foreach (path, &show->members) {
		bool found = false;
		IQ_TRY(show_member(show, "task_struct", task->address, *path, &found));
		IQ_TRY(show_member(show, "thread_info", thread_info(show->session->kernel, task), *path, &found));
		if (!found)
			return iq_error_new(IQ_ERROR_ARGUMENT, "neither task_struct nor thread_info has a member %s",
					    *path);
		IQ_TRY(iq_check_interrupt());
	}
	iq_end(show->out);
	return NULL;
}

static struct iq_error *show_task(struct show *show, const struct iq_task *task)
{
	iq_record_begin(show->out);
	iq_task_heading(show->out, task);
	IQ_TRY(show->members.count ? show_members(show, task) : show_whole(show, task));
	iq_end(show->out);
	return NULL;
}

/* A word is a task, or else names members. */
static struct iq_error *sort_words(struct show *show, const struct iq_args *args, struct iq_task_list *tasks)
{
	const struct iq_task *current;
	for (size_t i = 0; i < args->count; i++) {
		const char *word = args->words[i].text;
		struct iq_error *error = iq_tasks_by_word(show->session->kernel, word, tasks);
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND) && (isalpha((unsigned char)*word) || *word == '_') &&
		    word[strspn(word, "0123456789abcdefABCDEFxX")]) {
			iq_error_free(error);
			error = add_members(show, word);
		}
		IQ_TRY(error);
	}
	if (tasks->count)
		return NULL;
	IQ_TRY(iq_session_task(show->session, &current));
	return iq_task_list_add(tasks, current) ? NULL : iq_error_no_memory();
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(iq_task_list_free) struct iq_task_list tasks = { 0 };
	_cleanup_(free_members) struct show show = { .session = session, .out = out };
	struct iq_kernel *kernel;
	if (iq_args_has(args, 'x') && iq_args_has(args, 'd'))
		return iq_usage_error(args->command, "-x and -d: only one of them");
	IQ_TRY(iq_session_kernel(session, &kernel));
	show.options = iq_struct_options(session, args);
	for (size_t i = 0; i < args->option_count; i++) {
		if (args->options[i].key == 'R')
			IQ_TRY(add_members(&show, args->options[i].value));
	}
	IQ_TRY(sort_words(&show, args, &tasks));
	for (size_t i = 0; i < tasks.count; i++) {
		if (i)
			iq_line(out, "");
		IQ_TRY(show_task(&show, tasks.data[i]));
	}
	return NULL;
}

const struct iq_command iq_command_task = {
	.name = "task",
	.summary = "the task_struct and thread_info of tasks, whole or by member",
	.options =
		(const struct iq_option[]){
			{ 'R', NULL, "MEMBER[,MEMBER]...",
			  "only these members: \"comm\", \"se.on_rq\", \"cpus_mask.bits[0]\"" },
			{ 'x', NULL, NULL, "integers in hexadecimal" },
			{ 'd', NULL, NULL, "integers in decimal" },
			{ 0 },
		},
	.arguments = "[PID | TASK | MEMBER[,MEMBER]...]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Without arguments, the current task. Members may stand without -R, where no\n"
		"task can be meant. What both structs have is shown of both, the task_struct\n"
		"first.",
	.examples =
		(const struct iq_example[]){
			{ "task -R comm,pid,flags", "kfunc-6.1.47-la57.flat", "members of the panicking task" },
			{ "task -x -R se.on_rq 1", "kfunc-6.1.47-la57.flat", "a member of a member" },
			{ "foreach user task -R utime", "kfunc-6.1.47-la57.flat", "the same of many tasks" },
			{ 0 },
		},
	.run = run,
};
