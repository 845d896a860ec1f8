// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

#include "command/space.h"

struct inquest_error *inquest_read(struct inquest *crash, uint64_t address, void *buffer, size_t length)
{
	return iq_public_error(iq_read(iq_kernel_target(crash->kernel), address, buffer, length));
}

struct inquest_error *inquest_read_physical(struct inquest *crash, uint64_t address, void *buffer, size_t length)
{
	return iq_public_error(iq_dump_read(iq_kernel_dump(crash->kernel), address, buffer, length));
}

struct inquest_error *inquest_read_user(struct inquest *crash, uint64_t task, uint64_t address, void *buffer,
					size_t length)
{
	const struct iq_task *found;
	struct iq_space space;

	IQ_PUBLIC_TRY(iq_task_by_address(crash->kernel, task, &found));
	IQ_PUBLIC_TRY(iq_task_space(crash->kernel, found, &space, NULL));
	return iq_public_error(iq_read_space(iq_kernel_target(crash->kernel), &space, address, buffer, length));
}
