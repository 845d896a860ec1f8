/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of runq share. */
#ifndef IQ_COMMAND_RUNQ_H
#define IQ_COMMAND_RUNQ_H

#include "command/tasks.h"

#include "kernel/runqueue.h"

struct iq_runq {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const struct iq_args *args;
	struct iq_out *out;
	const struct iq_cpu **cpus; /* that are to be shown */
	size_t count;
};

/* The task at this address; what is not in the list of tasks is made up in *made, with nothing known but the address.
 */
const struct iq_task *iq_runq_task(const struct iq_runq *r, uint64_t address, struct iq_task *made);

/* Adds the object "current", and shows it behind "  CURRENT: ". */
void iq_runq_current(const struct iq_runq *r, const struct iq_cpu *cpu);

/* Reports what was damaged or missing of a CPU's queue. Errors that end the command are handed back. */
struct iq_error *iq_runq_tell(const struct iq_runq *r, const struct iq_cpu *cpu, struct iq_error *error);

/* Adds task_struct's prio as "priority", or why there is none. */
void iq_runq_priority(const struct iq_runq *r, const struct iq_task *task);

/* runq_groups.c: -g. */
struct iq_error *iq_runq_groups(const struct iq_runq *r);

/* runq_times.c: -t, -T, -m. */
struct iq_error *iq_runq_clocks(const struct iq_runq *r);
struct iq_error *iq_runq_lag(const struct iq_runq *r);
struct iq_error *iq_runq_running(const struct iq_runq *r);

#endif
