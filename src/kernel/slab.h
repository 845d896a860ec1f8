/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of the slab allocator (SLUB). Facts: mm/slab.h, mm/slub.c, include/linux/slub_def.h. */
#ifndef IQ_KERNEL_SLAB_H
#define IQ_KERNEL_SLAB_H

#include "kernel/kernel.h"

struct iq_slab_object {
	uint64_t cache;   /* struct kmem_cache */
	const char *name; /* its name, the kernel's to keep */
	uint64_t slab;    /* struct slab (5.17+, upstream d122019bf061) or struct page: the first page's */
	uint64_t start;   /* virtual address of the slab's memory */
	uint64_t objects; /* in the slab */
	uint64_t size;    /* from one object to the next */
	bool inside;     /* the address lies in an object, not in what is left over or in a red zone before the first */
	uint64_t object; /* address of that object */
	uint64_t index;
};

/* The slab object that a kernel address in the direct map points to or into. IQ_ERROR_NOT_FOUND when it is none:
 * another page, or one whose cache is not on the kernel's list of caches. Free objects are objects too. */
struct iq_error *iq_slab_at(struct iq_kernel *kernel, uint64_t address, struct iq_slab_object *out);

#endif
