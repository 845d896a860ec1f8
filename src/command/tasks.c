// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/tasks.h"

#include "arch/x86_64.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <errno.h>
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

/* One register of the block: "RIP: ffffffffc03eef06", dashes where the value is not known. */
static void add_register(struct iq_strbuf *line, const struct iq_regs *regs, unsigned reg, const char *label, int digits)
{
	iq_strbuf_add(line, label);
	if (iq_reg_known(regs, reg))
		iq_strbuf_addf(line, "%0*llx", digits, (unsigned long long)regs->value[reg]);
	else
		iq_strbuf_addf(line, "%.*s", digits, "----------------");
}

void iq_registers(struct iq_out *out, const struct iq_regs *regs)
{
	static const struct {
		unsigned reg;
		const char *label;
		uint8_t digits;
		bool last; /* of its line */
	} block[] = {
		{ IQ_X86_RIP, "    RIP: ", 16, 0 },      { IQ_X86_RSP, "  RSP: ", 16, 0 }, { IQ_X86_RFLAGS, "  RFLAGS: ", 8, 1 },
		{ IQ_X86_RAX, "    RAX: ", 16, 0 },      { IQ_X86_RBX, "  RBX: ", 16, 0 }, { IQ_X86_RCX, "  RCX: ", 16, 1 },
		{ IQ_X86_RDX, "    RDX: ", 16, 0 },      { IQ_X86_RSI, "  RSI: ", 16, 0 }, { IQ_X86_RDI, "  RDI: ", 16, 1 },
		{ IQ_X86_RBP, "    RBP: ", 16, 0 },      { IQ_X86_R8, "   R8: ", 16, 0 },  { IQ_X86_R9, "   R9: ", 16, 1 },
		{ IQ_X86_R10, "    R10: ", 16, 0 },      { IQ_X86_R11, "  R11: ", 16, 0 }, { IQ_X86_R12, "  R12: ", 16, 1 },
		{ IQ_X86_R13, "    R13: ", 16, 0 },      { IQ_X86_R14, "  R14: ", 16, 0 }, { IQ_X86_R15, "  R15: ", 16, 1 },
		{ IQ_X86_ORIG_RAX, "    ORIG_RAX: ", 16, 0 }, { IQ_X86_CS, "  CS: ", 4, 0 }, { IQ_X86_SS, "  SS: ", 4, 1 },
	};
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_object_begin(out, "regs");
	for (size_t i = 0; i < IQ_ARRAY_SIZE(block); i++) {
		if (iq_reg_known(regs, block[i].reg))
			iq_add_hex(out, iq_arch_x86_64.reg_names[block[i].reg], regs->value[block[i].reg]);
		add_register(&line, regs, block[i].reg, block[i].label, block[i].digits);
		if (block[i].last) {
			iq_text(out, "%s", iq_strbuf_text(&line));
			iq_strbuf_truncate(&line, 0);
		}
	}
	iq_end(out);
}
