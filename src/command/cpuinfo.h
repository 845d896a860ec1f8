/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IQ_COMMAND_CPUINFO_H
#define IQ_COMMAND_CPUINFO_H

#include "command/session.h"

/* Shows struct cpuinfo_x86 of every online CPU. */
struct iq_error *iq_show_cpuinfo(struct iq_session *session, const struct iq_args *args, struct iq_out *out);

/* The processors' clock, as the kernel measured it. */
struct iq_error *iq_cpu_khz(struct iq_kernel *kernel, uint64_t *khz);

#endif
