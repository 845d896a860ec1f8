/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Swap areas. Facts: include/linux/swap.h, mm/swapfile.c. */
#ifndef IQ_KERNEL_SWAP_H
#define IQ_KERNEL_SWAP_H

#include "kernel/kernel.h"

struct iq_swap_area {
	uint64_t address; /* struct swap_info_struct */
	unsigned type;    /* its number in page-table entries */
	bool partition;   /* a block device, not a file */
	bool kind_known;  /* false: the file can't be read */
	uint64_t pages, used;
	int priority;
	uint64_t file; /* struct file */
};

/* Calls fn with each area in use. One that is damaged is left out, and the first such error is returned after the rest
 * was shown; an error from fn ends it. */
typedef struct iq_error *(*iq_swap_area_fn)(void *context, const struct iq_swap_area *area);
struct iq_error *iq_swap_areas_each(struct iq_kernel *kernel, iq_swap_area_fn fn, void *context);

#endif
