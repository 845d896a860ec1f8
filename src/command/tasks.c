// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/tasks.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool iq_task_list_add(struct iq_task_list *list, const struct iq_task *task)
{
	const struct iq_task **slot = iq_vec_push(list);
	if (slot)
		*slot = task;
	return slot != NULL;
}

void iq_task_list_free(struct iq_task_list *list)
{
	iq_vec_free(list);
}

/* A whole word as a number. */
static bool number(const char *word, int base, uint64_t *value)
{
	char *end;
	if (!isxdigit((unsigned char)*word))
		return false;
	errno = 0;
	*value = strtoull(word, &end, base);
	return !*end && !errno;
}

struct iq_error *iq_tasks_by_word(struct iq_kernel *kernel, const char *word, struct iq_task_list *list)
{
	const struct iq_task *tasks;
	size_t count, before = list->count;
	uint64_t pid, address;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	bool is_pid = number(word, 10, &pid), is_address = number(word, 16, &address);
	for (size_t i = 0; i < count; i++) {
		if (is_pid && (uint64_t)tasks[i].pid == pid && !iq_task_list_add(list, &tasks[i]))
			return iq_error_no_memory();
	}
	for (size_t i = 0; i < count && list->count == before; i++) {
		if (is_address && tasks[i].address == address && !iq_task_list_add(list, &tasks[i]))
			return iq_error_no_memory();
	}
	if (list->count == before)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no task has the PID or the address %s", word);
	return NULL;
}

struct iq_error *iq_tasks_by_cpus(struct iq_kernel *kernel, const char *cpus, struct iq_task_list *list)
{
	const struct iq_cpu *all;
	const struct iq_task *task;
	size_t count;
	bool set[8192] = { false };
	IQ_TRY(iq_cpus(kernel, &all, &count));
	size_t limit = count ? all[count - 1].id + 1 : 0;
	IQ_TRY(iq_parse_set(cpus, "cpu", set, IQ_MIN(limit, sizeof(set))));
	for (size_t i = 0; i < count; i++) {
		if (all[i].id >= sizeof(set) || !set[all[i].id])
			continue;
		if (!all[i].current_task)
			continue; /* reported when the CPUs were read, or offline */
		IQ_TRY(iq_task_by_address(kernel, all[i].current_task, &task));
		if (!iq_task_list_add(list, task))
			return iq_error_no_memory();
	}
	return NULL;
}

static void add_id(struct iq_out *out, const char *key, bool known, int32_t value)
{
	if (known)
		iq_add_signed(out, key, value);
	else
		iq_add_unavailable(out, key, "it can't be read");
}

void iq_add_task(struct iq_out *out, const struct iq_task *task)
{
	add_id(out, "pid", !(task->unknown & IQ_TASK_PID), task->pid);
	iq_add_address(out, "task", task->address);
	add_id(out, "cpu", !(task->unknown & IQ_TASK_CPU), task->cpu);
	if (task->unknown & IQ_TASK_COMM)
		iq_add_unavailable(out, "comm", "it can't be read");
	else
		iq_add_string(out, "comm", task->comm);
}

void iq_task_heading(struct iq_out *out, const struct iq_task *task)
{
	iq_add_task(out, task);
	iq_line(out, "PID: {pid:-7}  TASK: {task:-16@address}  CPU: {cpu:-3}  COMMAND: \"{comm@string}\"");
}

void iq_registers(struct iq_out *out, const struct iq_arch *arch, const struct iq_regs *regs)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_object_begin(out, "regs");
	for (unsigned i = 0; i < arch->reg_block_count; i++) {
		const struct iq_reg_place *place = &arch->reg_block[i];
		iq_strbuf_add(&line, place->label);
		if (iq_reg_known(regs, place->reg)) {
			iq_add_hex(out, arch->reg_names[place->reg], regs->value[place->reg]);
			iq_strbuf_addf(&line, "%0*" PRIx64, place->digits, regs->value[place->reg]);
		} else {
			iq_strbuf_addf(&line, "%.*s", place->digits, "----------------");
		}
		if (place->last) {
			iq_text(out, "%s", iq_strbuf_text(&line));
			iq_strbuf_truncate(&line, 0);
		}
	}
	iq_end(out);
}

void iq_task_state_text(struct iq_kernel *kernel, const struct iq_task *task, struct iq_strbuf *text)
{
	static const struct {
		const char *letters, *name;
	} names[] = { { "RU", "TASK_RUNNING" },
		      { "IN", "TASK_INTERRUPTIBLE" },
		      { "UN", "TASK_UNINTERRUPTIBLE" },
		      { "ID", "TASK_IDLE" },
		      { "ST", "TASK_STOPPED" },
		      { "TR", "TASK_TRACED" },
		      { "ZO", "EXIT_ZOMBIE" },
		      { "DE", "TASK_DEAD" },
		      { "PA", "TASK_PARKED" },
		      { "WA", "TASK_WAKING" },
		      { "NE", "TASK_NEW" } };
	const struct iq_task *panicked;
	const char *state = iq_task_state_name(task), *name = state;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].letters, state) == 0)
			name = names[i].name;
	}
	iq_strbuf_add(text, name);
	if (!task->on_cpu)
		return;
	bool panic = !iq_failed(iq_panic_task(kernel, &panicked)) && panicked->address == task->address;
	iq_strbuf_add(text, panic ? " (PANIC)" : " (ACTIVE)");
}
