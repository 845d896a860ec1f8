/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is mapped where vmalloc() maps: stacks, modules, I/O memory. Facts: mm/vmalloc.c, include/linux/vmalloc.h. */
#ifndef IQ_KERNEL_VMALLOC_H
#define IQ_KERNEL_VMALLOC_H

#include "kernel/kernel.h"

struct iq_vmap_area {
	uint64_t address;    /* struct vmap_area */
	uint64_t start, end; /* exclusive; with the guard page */
	uint64_t vm;         /* struct vm_struct; 0: vm_map_ram() made it, which needs none */
	/* Of the vm_struct; 0 when it can't be read. */
	bool vm_known;
	uint64_t flags, pages, physical, caller;
};

typedef struct iq_error *(*iq_vmap_area_fn)(void *context, const struct iq_vmap_area *area);

/* Calls fn with each area that is in use, by address: those of vmap_area_list, or since 6.9 (upstream d093602919ad) of
 * all vmap_nodes. The first damage is returned after the rest was shown; an error from fn ends it. */
struct iq_error *iq_vmap_areas_each(struct iq_kernel *kernel, iq_vmap_area_fn fn, void *context);

/* The area that holds an address; NOT_FOUND when none does. */
struct iq_error *iq_vmap_area_at(struct iq_kernel *kernel, uint64_t address, struct iq_vmap_area *out);

/* Appends the flags' names, "ALLOC,USERMAP": VM_... of include/linux/vmalloc.h. */
void iq_vmap_flag_names(uint64_t flags, struct iq_strbuf *out);

#endif
