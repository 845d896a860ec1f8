// SPDX-License-Identifier: GPL-2.0-or-later
/* vm: the user memory of tasks. */
#include "command/vm.h"

#include "command/tasks.h"
#include "kernel/object.h"
#include "kernel/task_memory.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { SPARE_PAGES = 4096 };

/* In the middle of a column; lines don't end in blanks. */
static void centre(char *buffer, size_t size, int width, uint64_t kibibytes, bool last)
{
	int length = snprintf(NULL, 0, "%" PRIu64 "k", kibibytes), left = IQ_MAX((width - length) / 2, 0);
	int right = last ? 0 : IQ_MAX(width - length - left, 0);
	snprintf(buffer, size, "%*s%" PRIu64 "k%*s", left, "", kibibytes, right, "");
}

/* The sizes; text has crash's columns. */
static void add_memory(struct iq_vm *vm)
{
	struct iq_task_memory memory;
	char rss[32] = "  ?   ", total[32] = "   ?";
	struct iq_task task = *vm->task;
	task.mm = vm->mm;
	struct iq_error *error = iq_task_memory(vm->kernel, &task, &memory);
	if (error) {
		iq_add_unavailable(vm->out, "rss_kb", error->message);
		iq_add_unavailable(vm->out, "total_vm_kb", error->message);
	} else {
		iq_add_unsigned(vm->out, "rss_kb", memory.resident_bytes / 1024);
		iq_add_unsigned(vm->out, "total_vm_kb", memory.virtual_bytes / 1024);
		centre(rss, sizeof(rss), 6, memory.resident_bytes / 1024, false);
		centre(total, sizeof(total), 8, memory.virtual_bytes / 1024, true);
	}
	iq_warn_error(&vm->session->diag, error);
	bool shown = !vm->single && !vm->structs;
	if (shown)
		iq_text(vm->out, "%s", "       MM               PGD          RSS    TOTAL_VM");
	if (shown && vm->mm)
		iq_text(vm->out, "%016" PRIx64 "  %016" PRIx64 "  %s  %s", vm->mm, vm->directory, rss, total);
	else if (shown)
		iq_text(vm->out, "%s", "       0                 0            0k       0k");
}

void iq_vm_open(struct iq_vm *vm)
{
	if (vm->opened)
		return;
	vm->opened = true;
	iq_record_begin(vm->out);
	iq_task_heading(vm->out, vm->task);
	iq_add_address(vm->out, "mm", vm->mm);
	if (vm->directory || !vm->mm)
		iq_add_address(vm->out, "pgd", vm->directory);
	else
		iq_add_unavailable(vm->out, "pgd", "it can't be read");
	add_memory(vm);
	if (!iq_args_has(vm->args, 'm'))
		iq_list_begin(vm->out, "areas");
}

/* -v: one that is missing is told of, and the next has its turn. */
static struct iq_error *show_struct(struct iq_vm *vm, const struct iq_vma *vma)
{
	iq_record_begin(vm->out);
	struct iq_error *error =
		iq_show_struct(vm->session, &vm->options, "vm_area_struct", vma->address, vm->out, "vm_area_struct");
	iq_end(vm->out);
	if (!iq_error_is(error, IQ_ERROR_MEMORY))
		return error ? error : iq_check_interrupt();
	iq_warn_error(&vm->session->diag, error);
	return NULL;
}

static struct iq_error *see_area(void *context, const struct iq_vma *vma)
{
	struct iq_vm *vm = context;
	return vm->structs ? show_struct(vm, vma) : iq_vm_area(vm, vma);
}

/* The page tables are found without the task: its mm may be one that -M names. */
static void find_space(struct iq_vm *vm)
{
	struct iq_target *target = iq_kernel_target(vm->kernel);
	struct iq_error *error =
		iq_get(target, iq_kernel_types(vm->kernel), vm->mm, "mm_struct", "pgd", &vm->directory);
	if (!error)
		error = iq_virt_to_phys(target, vm->directory, &vm->space.table);
	if (error)
		vm->directory = 0;
	iq_warn_error(&vm->session->diag, iq_error_prefix(error, "page tables of task %d", vm->task->pid));
	/* Some areas, as the vdso, were not always counted. */
	if (iq_failed(iq_get(target, iq_kernel_types(vm->kernel), vm->mm, "mm_struct", "total_vm", &vm->budget)) ||
	    vm->budget > UINT64_MAX - SPARE_PAGES)
		vm->budget = 0;
	vm->budget += SPARE_PAGES;
}

static struct iq_error *show_task(struct iq_vm *vm, const struct iq_task *task, uint64_t mm)
{
	const char *only = iq_args_value(vm->args, 'P');
	struct iq_error *error = NULL;
	vm->task = task;
	vm->mm = mm ? mm : task->kernel_thread ? 0 : task->mm;
	vm->directory = vm->only = 0;
	vm->single = only != NULL;
	vm->opened = vm->heading = vm->found = false;
	if (only)
		IQ_TRY(iq_parse_address(vm->session, only, &vm->only));
	if (vm->mm)
		find_space(vm);
	const struct iq_reference *r = &vm->reference;
	if (!r->text || iq_refers_to_address(r, vm->mm) || iq_refers_to_address(r, vm->directory))
		iq_vm_open(vm);
	if (!r->text && vm->mm && !vm->pages && !vm->structs) {
		iq_text(vm->out, "      VMA           START       END     FLAGS FILE");
		vm->heading = true;
	}
	if (vm->mm && iq_args_has(vm->args, 'm'))
		IQ_TRY(iq_show_struct(vm->session, &vm->options, "mm_struct", vm->mm, vm->out, "mm_struct"));
	else if (vm->mm)
		error = iq_vmas_each(vm->kernel, vm->mm, see_area, vm);
	if (error && error->code != IQ_ERROR_INTERRUPTED) {
		if (vm->opened)
			iq_text(vm->out, "(areas are missing: %s)", error->message);
		iq_warn_error(&vm->session->diag, iq_error_prefix(error, "task %d", task->pid));
		error = NULL;
	}
	if (vm->single && !vm->found)
		iq_text(vm->out, "(not found)");
	if (!vm->opened)
		return error;
	if (!iq_args_has(vm->args, 'm'))
		iq_end(vm->out);
	iq_end(vm->out);
	if (r->text)
		iq_line(vm->out, "");
	return error;
}

static struct iq_error *show_tasks(struct iq_vm *vm)
{
	const struct iq_args *args = vm->args;
	const char *mm_text = iq_args_value(args, 'M');
	const struct iq_task *current;
	uint64_t mm = 0;
	if (mm_text)
		IQ_TRY(iq_parse_address(vm->session, mm_text, &mm));
	if (!args->count) {
		IQ_TRY(iq_session_task(vm->session, &current));
		return show_task(vm, current, mm);
	}
	bool blank = false;
	for (size_t n = 0; n < args->count; n++) {
		_cleanup_(iq_task_list_free) struct iq_task_list tasks = { 0 };
		IQ_TRY(iq_tasks_by_word(vm->kernel, args->words[n].text, &tasks));
		for (size_t i = 0; i < tasks.count; i++) {
			if (blank && !vm->reference.text)
				iq_line(vm->out, "");
			blank = true;
			IQ_TRY(show_task(vm, tasks.data[i], mm));
		}
	}
	return NULL;
}

/* -f */
static struct iq_error *show_flags(struct iq_kernel *kernel, struct iq_out *out, const char *text)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf names = { 0 };
	char *end;
	uint64_t flags = strtoull(text, &end, 16);
	if (!*text || *end)
		return iq_error_new(IQ_ERROR_ARGUMENT, "'%s' is no hexadecimal number", text);
	iq_vm_flag_names(kernel, flags, &names);
	iq_record_begin(out);
	iq_add_hex(out, "flags", flags);
	iq_add_string(out, "names", iq_strbuf_text(&names));
	iq_line(out, "{flags}: ({names})");
	iq_end(out);
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	static const char shows[] = "pPRmv";
	struct iq_vm vm = { .session = session, .out = out, .args = args };
	unsigned count = 0;
	for (const char *key = shows; *key; key++)
		count += iq_args_has(args, *key);
	if (count > 1)
		return iq_usage_error(args->command, "only one of -p, -P, -R, -m, -v at a time");
	IQ_TRY(iq_session_kernel(session, &vm.kernel));
	if (iq_args_value(args, 'f'))
		return show_flags(vm.kernel, out, iq_args_value(args, 'f'));
	vm.reference = iq_reference_parse(iq_args_value(args, 'R'));
	vm.structs = iq_args_has(args, 'm') || iq_args_has(args, 'v');
	vm.options = iq_struct_options(session, args);
	vm.pages = iq_args_has(args, 'p') || iq_args_has(args, 'P');
	return show_tasks(&vm);
}

const struct iq_command iq_command_vm = {
	.name = "vm",
	.summary = "user memory of tasks: its areas, their files and pages",
	.options =
		(const struct iq_option[]){
			{ 'p', NULL, NULL, "each page of each area: its physical address, or where else it is" },
			{ 'P', NULL, "VMA", "the same of one area, by the address of its vm_area_struct" },
			{ 'M', NULL, "MM", "this mm_struct instead of the task's own: of a task that gave it back" },
			{ 'R', NULL, "REFERENCE",
			  "only what refers to this: an address or flags of an area, a part of its path, an address, "
			  "physical address or offset of a page" },
			{ 'm', NULL, NULL, "the mm_struct instead" },
			{ 'v', NULL, NULL, "the vm_area_struct of each area instead" },
			{ 'x', NULL, NULL, "with -m or -v: integers in hexadecimal" },
			{ 'd', NULL, NULL, "with -m or -v: integers in decimal" },
			{ 'f', NULL, "FLAGS", "the names of the bits in a value of FLAGS instead" },
			{ 0 },
		},
	.arguments = "[PID | TASK]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Without arguments, the memory of the current task. RSS counts the pages that\n"
		"it has, TOTAL_VM all that its areas have room for. FLAGS is vm_flags\n"
		"(hexadecimal), FILE what is mapped, with (deleted) when its name is gone from\n"
		"its directory. Kernel threads have no user memory.\n\n"
		"A page that is not mapped is in swap (SWAP, with the offset in pages), in its\n"
		"file (FILE, with the offset in bytes), or nowhere yet (not mapped).",
	.examples =
		(const struct iq_example[]){
			{ "vm", "kfunc-6.1.47-la57.flat", "the memory of the panicking task" },
			{ "vm -R runbpf", "kfunc-6.1.47-la57.flat", "the areas of one file" },
			{ "vm -f 8000075", "kfunc-6.1.47-la57.flat", "names of flags" },
			{ 0 },
		},
	.run = run,
};
