/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory a task has: what ps tells in %MEM, VSZ and RSS. */
#ifndef IQ_KERNEL_TASK_MEMORY_H
#define IQ_KERNEL_TASK_MEMORY_H

#include "kernel/task.h"

struct iq_task_memory {
	uint64_t virtual_bytes;  /* mm->total_vm */
	uint64_t resident_bytes; /* pages of files, anonymous and shared ones */
};

/* Of the task's address space, which threads share. Kernel threads and tasks that have given theirs back have none:
 * zeros. The error says which structure could not be read. Facts: get_mm_counter() and get_mm_rss() in
 * include/linux/mm.h. */
struct iq_error *iq_task_memory(struct iq_kernel *kernel, const struct iq_task *task, struct iq_task_memory *out);

/* What resident_bytes is a part of: the pages that the page allocator was given (totalram_pages), in bytes. */
struct iq_error *iq_total_memory(struct iq_kernel *kernel, uint64_t *bytes);

#endif
