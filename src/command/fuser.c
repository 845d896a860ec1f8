// SPDX-License-Identifier: GPL-2.0-or-later
/* fuser: which tasks use a file. */
#include "command/filenames.h"
#include "command/tasks.h"

#include "kernel/object.h"
#include "kernel/vm.h"
#include "util/cleanup.h"

#include <string.h>

enum { USE_ROOT = 1, USE_CWD = 2, USE_EXE = 4, USE_FD = 8, USE_MMAP = 16 };

struct search {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const struct iq_task *task;
	const char *path; /* NULL: by address */
	uint64_t address; /* of a struct file, dentry, inode or address_space */
	unsigned uses;    /* of the task */
	size_t found;
};

static bool is_meant(const struct search *s, const struct iq_open_file *file)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	if (!s->path)
		return s->address == file->address || s->address == file->dentry || s->address == file->inode ||
		       s->address == file->mapping;
	iq_show_path(s->session, file, &path, NULL);
	return strcmp(iq_strbuf_text(&path), s->path) == 0;
}

/* Is the struct file, or the dentry on its mount, the one that is looked for? */
static void look_at_file(struct search *s, uint64_t address, unsigned use)
{
	struct iq_open_file file;
	if (s->uses & use)
		return;
	iq_warn_error(&s->session->diag, iq_open_file_read(s->kernel, address, &file));
	if (is_meant(s, &file))
		s->uses |= use;
}

static void look_at_directory(struct search *s, uint64_t mount, uint64_t dentry, unsigned use)
{
	struct iq_open_file file;
	if (!dentry)
		return;
	iq_warn_error(&s->session->diag, iq_open_file_of_dentry(s->kernel, dentry, &file));
	file.mount = mount;
	if (is_meant(s, &file))
		s->uses |= use;
}

static struct iq_error *see_descriptor(void *context, unsigned fd, uint64_t file)
{
	look_at_file(context, file, USE_FD);
	return iq_check_interrupt();
}

static struct iq_error *see_area(void *context, const struct iq_vma *vma)
{
	if (vma->file)
		look_at_file(context, vma->file, USE_MMAP);
	return iq_check_interrupt();
}

/* What is missing of a task is told; the next has its turn. */
static struct iq_error *tell(const struct search *s, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&s->session->diag, iq_error_prefix(error, "task %d", s->task->pid));
	return NULL;
}

static struct iq_error *look_at_memory(struct search *s)
{
	uint64_t file;
	if (!s->task->mm || s->task->kernel_thread)
		return NULL;
	IQ_TRY(tell(s, iq_vmas_each(s->kernel, s->task->mm, see_area, s)));
	IQ_TRY(tell(s, iq_get(iq_kernel_target(s->kernel), iq_kernel_types(s->kernel), s->task->mm, "mm_struct",
			      "exe_file", &file)));
	if (file)
		look_at_file(s, file, USE_EXE);
	return NULL;
}

static void show(struct search *s, struct iq_out *out)
{
	static const char *const names[] = { "root", "cwd", "exe", "fd", "mmap" };
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	if (!s->found++)
		iq_text(out, " PID         TASK        COMM             USAGE");
	iq_record_begin(out);
	iq_add_task(out, s->task);
	iq_list_begin(out, "uses");
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (!(s->uses >> i & 1))
			continue;
		iq_add_string(out, NULL, names[i]);
		iq_strbuf_addf(&text, "%s%s", text.length ? " " : "", names[i]);
	}
	iq_end(out);
	if (iq_out_is_text(out)) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
		iq_strbuf_addf(&name, "\"%s\"", s->task->comm);
		iq_add_string(out, "name", iq_strbuf_text(&name));
		iq_add_string(out, "usage", iq_strbuf_text(&text));
		iq_line(out, "{pid:5}  {task@address}  {name:-16@string} {usage}");
	}
	iq_end(out);
}

static struct iq_error *look_for(struct search *s, struct iq_out *out)
{
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(s->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		struct iq_directories d;
		s->task = &tasks[i];
		s->uses = 0;
		IQ_TRY(tell(s, iq_task_directories(s->kernel, s->task, &d)));
		look_at_directory(s, d.root_mount, d.root_dentry, USE_ROOT);
		look_at_directory(s, d.cwd_mount, d.cwd_dentry, USE_CWD);
		IQ_TRY(tell(s, iq_task_descriptors(s->kernel, s->task, see_descriptor, s)));
		IQ_TRY(look_at_memory(s));
		if (s->uses)
			show(s, out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kernel *kernel;
	IQ_TRY(iq_session_kernel(session, &kernel));
	for (size_t i = 0; i < args->count; i++) {
		const char *word = args->words[i].text;
		struct search s = { .session = session, .kernel = kernel };
		if (iq_failed(iq_parse_address(session, word, &s.address)) ||
		    !iq_is_kernel_address(iq_kernel_target(kernel), s.address))
			s.path = word;
		IQ_TRY(look_for(&s, out));
		if (!s.found)
			iq_text(out, "No users of %s found", word);
	}
	return NULL;
}

const struct iq_command iq_command_fuser = {
	.name = "fuser",
	.summary = "which tasks use a file",
	.arguments = "PATH | ADDRESS...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "USAGE says how: as root or cwd (working directory), as exe (the program that\n"
		"it runs), by an fd (file descriptor), or mapped into memory (mmap). PATH is a\n"
		"whole path as `files` shows it, also \"pipe:[1456]\" or \"bpf-prog\"; ADDRESS is\n"
		"that of an inode, or of a dentry, struct file or address_space.",
	.examples =
		(const struct iq_example[]){
			{ "fuser /dev/console", "kfunc-6.1.47-la57.flat", "who has the console open" },
			{ "fuser bpf-prog", "kfunc-6.1.47-la57.flat", "who holds BPF programs" },
			{ 0 },
		},
	.run = run,
};
