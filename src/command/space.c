/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/space.h"

struct iq_error *iq_task_space(struct iq_kernel *kernel, const struct iq_task *task, struct iq_space *space,
			       uint64_t *directory)
{
	struct iq_target *target = iq_kernel_target(kernel);
	struct iq_type_member member;
	struct iq_error *error;
	uint64_t pgd;

	if (!task->mm)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "task %d (%s) has no user memory", task->pid, task->comm);
	IQ_TRY(iq_types_member(iq_kernel_types(kernel), "mm_struct", "pgd", &member));
	error = iq_read_u64(target, task->mm + member.bit_offset / 8, &pgd);
	if (!error)
		error = iq_virt_to_phys(target, pgd, &space->table);
	if (directory)
		*directory = pgd;
	return iq_error_prefix(error, "page tables of task %d (%s)", task->pid, task->comm);
}
