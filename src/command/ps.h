/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of ps share. */
#ifndef IQ_COMMAND_PS_H
#define IQ_COMMAND_PS_H

#include "command/tasks.h"

struct iq_ps {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const struct iq_args *args;
	struct iq_out *out;
	struct iq_task_list tasks; /* to be shown */
};

/* ps_times.c: -t; -l and -m, with -C in blocks of one CPU. */
struct iq_error *iq_ps_times(const struct iq_ps *ps);
struct iq_error *iq_ps_last_run(const struct iq_ps *ps);

/* ps_family.c: -p, -c. */
struct iq_error *iq_ps_ancestors(const struct iq_ps *ps);
struct iq_error *iq_ps_children(const struct iq_ps *ps);

#endif
