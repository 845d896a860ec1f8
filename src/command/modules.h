/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IQ_COMMAND_MODULES_H
#define IQ_COMMAND_MODULES_H

#include "kernel/kernel.h"

/* The loaded modules by base address, as crash lists them. The array is malloc'ed, the images are not the caller's. */
struct iq_error *iq_modules_by_base(struct iq_kernel *kernel, const struct iq_image ***modules, size_t *count);

#endif
