// SPDX-License-Identifier: GPL-2.0-or-later
/* ps -p, -c: parents and children. */
#include "command/ps.h"

#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

enum { MAX_INDENT = 100 };

/* Adds the task's fields and its line, indented. */
static void show_indented(struct iq_out *out, const struct iq_task *task, size_t indent)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf template = { 0 };
	iq_add_task(out, task);
	iq_strbuf_pad(&template, IQ_MIN(indent, (size_t)MAX_INDENT));
	iq_strbuf_add(&template, "PID: {pid:-7}  TASK: {task:-16@address}  CPU: {cpu:-3}  COMMAND: \"{comm@string}\"");
	iq_line(out, iq_strbuf_text(&template));
}

/* From the task upwards, to the first that is its own parent, or whose parent is not known, or where the way would be a
 * circle. */
static struct iq_error *find_ancestors(const struct iq_ps *ps, const struct iq_task *task, struct iq_task_list *list)
{
	struct iq_map seen = { 0 };
	struct iq_error *error = NULL;
	bool added, room = iq_map_add(&seen, task->address, &added);
	while (room && task->parent && !iq_failed(iq_task_by_address(ps->kernel, task->parent, &task))) {
		room = iq_map_add(&seen, task->address, &added);
		if (!added)
			break;
		room = room && iq_task_list_add(list, task);
	}
	if (!room)
		error = iq_error_no_memory();
	iq_map_free(&seen);
	return error;
}

struct iq_error *iq_ps_ancestors(const struct iq_ps *ps)
{
	for (size_t i = 0; i < ps->tasks.count; i++) {
		_cleanup_(iq_task_list_free) struct iq_task_list ancestors = { 0 };
		IQ_TRY(find_ancestors(ps, ps->tasks.data[i], &ancestors));
		iq_record_begin(ps->out);
		iq_list_begin(ps->out, "ancestors");
		for (size_t n = 0; n < ancestors.count; n++) {
			iq_record_begin(ps->out);
			show_indented(ps->out, ancestors.data[ancestors.count - 1 - n], n);
			iq_end(ps->out);
		}
		iq_end(ps->out);
		show_indented(ps->out, ps->tasks.data[i], ancestors.count);
		iq_line(ps->out, "");
		iq_end(ps->out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static int compare_parents(const void *a, const void *b)
{
	const struct iq_task *x = *(const struct iq_task *const *)a, *y = *(const struct iq_task *const *)b;
	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* All processes, by their parents. Threads and idle tasks are no children: they are on nobody's list. */
static struct iq_error *index_children(struct iq_kernel *kernel, struct iq_task_list *index)
{
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		if (tasks[i].unknown & IQ_TASK_LINKS || tasks[i].pid != tasks[i].tgid || tasks[i].idle)
			continue;
		if (!iq_task_list_add(index, &tasks[i]))
			return iq_error_no_memory();
	}
	if (index->count)
		qsort(index->data, index->count, sizeof(*index->data), compare_parents);
	return NULL;
}

/* The place of the first task whose parent is not below `parent`. */
static size_t first_child(const struct iq_task_list *index, uint64_t parent)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->data[middle]->parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct iq_error *iq_ps_children(const struct iq_ps *ps)
{
	_cleanup_(iq_task_list_free) struct iq_task_list index = { 0 };
	IQ_TRY(index_children(ps->kernel, &index));
	for (size_t i = 0; i < ps->tasks.count; i++) {
		uint64_t parent = ps->tasks.data[i]->address;
		size_t first = first_child(&index, parent), n = first;
		iq_record_begin(ps->out);
		iq_task_heading(ps->out, ps->tasks.data[i]);
		iq_list_begin(ps->out, "children");
		for (; n < index.count && index.data[n]->parent == parent; n++) {
			iq_record_begin(ps->out);
			show_indented(ps->out, index.data[n], 2);
			iq_end(ps->out);
		}
		iq_end(ps->out);
		if (n == first)
			iq_text(ps->out, "  (no children)");
		iq_line(ps->out, "");
		iq_end(ps->out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
