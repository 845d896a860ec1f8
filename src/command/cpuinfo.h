/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IQ_COMMAND_CPUINFO_H
#define IQ_COMMAND_CPUINFO_H

#include "kernel/kernel.h"
#include "render/render.h"

/* Shows struct cpuinfo_x86 of every online CPU as gdb prints a structure. */
struct iq_error *iq_show_cpuinfo(struct iq_kernel *kernel, struct iq_out *out, bool hexadecimal);

/* The processors' clock, as the kernel measured it. */
struct iq_error *iq_cpu_khz(struct iq_kernel *kernel, uint64_t *khz);

#endif
