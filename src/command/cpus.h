/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs as commands choose them. */
#ifndef IQ_COMMAND_CPUS_H
#define IQ_COMMAND_CPUS_H

#include "command/command.h"
#include "kernel/cpu.h"

struct iq_cpu_list {
	const struct iq_cpu **data;
	size_t count;
};

/* Those that "0,2-4" or "a" names; all that are present for NULL. */
struct iq_error *iq_cpu_list_choose(struct iq_kernel *kernel, const char *text, struct iq_cpu_list *list);

/* Fits _cleanup_(). */
void iq_cpu_list_free(struct iq_cpu_list *list);

#endif
