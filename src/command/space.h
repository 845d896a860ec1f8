/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose memory an address means. */
#ifndef IQ_COMMAND_SPACE_H
#define IQ_COMMAND_SPACE_H

#include "command/session.h"

/* The address space of a task's user memory, with the address of its top page table in *directory (may be NULL).
 * An error for a kernel thread. */
struct iq_error *iq_task_space(struct iq_kernel *kernel, const struct iq_task *task, struct iq_space *space,
			       uint64_t *directory);

#endif
