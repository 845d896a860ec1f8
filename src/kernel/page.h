/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's description of physical pages: struct page. Facts: include/linux/mm_types.h, include/linux/page-flags.h.
 */
#ifndef IQ_KERNEL_PAGE_H
#define IQ_KERNEL_PAGE_H

#include "kernel/kernel.h"

struct iq_page {
	uint64_t address; /* of struct page */
	uint64_t physical;
	uint64_t flags;
	uint64_t mapping, index; /* as they are stored: other things of some kinds of pages */
	int32_t count;           /* _refcount */
};

/* The struct page of a physical address: in vmemmap (SPARSEMEM_VMEMMAP, as all x86-64 distributions have it). The
 * address is computed: that there is something needs a read. */
struct iq_error *iq_page_address(struct iq_kernel *kernel, uint64_t physical, uint64_t *page);

/* The physical address of the page that a struct page describes. IQ_ERROR_NOT_FOUND when it is none of vmemmap's. */
struct iq_error *iq_page_physical(struct iq_kernel *kernel, uint64_t page, uint64_t *physical);

struct iq_error *iq_page_read(struct iq_kernel *kernel, uint64_t page, struct iq_page *out);

/* The first struct page of the compound page that this one belongs to; itself if to none. */
struct iq_error *iq_page_head(struct iq_kernel *kernel, uint64_t page, uint64_t *head);

/* Appends the names of flags that are set, "slab,head", as enum pageflags has them. */
void iq_page_flag_names(struct iq_kernel *kernel, uint64_t flags, struct iq_strbuf *out);

#endif
