/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A struct iq_kernel that a test fills itself: for the rooms that hold one. */
#ifndef IQ_TESTS_FAKE_KERNEL_H
#define IQ_TESTS_FAKE_KERNEL_H

#include "kernel/internal.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

/* In place of those of kernel.c, which would bring the real target in. */
struct iq_target *iq_kernel_target(struct iq_kernel *kernel)
{
	return kernel->target;
}

struct iq_symbols *iq_kernel_symbols(struct iq_kernel *kernel)
{
	return kernel->symbols;
}

struct iq_types *iq_kernel_types(struct iq_kernel *kernel)
{
	return kernel->types;
}

struct iq_images *iq_kernel_images(struct iq_kernel *kernel)
{
	return kernel->images;
}

const struct iq_diag *iq_kernel_diag(struct iq_kernel *kernel)
{
	return kernel->diag;
}

#endif
