/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page cache of a file. */
#ifndef IQ_KERNEL_PAGE_CACHE_H
#define IQ_KERNEL_PAGE_CACHE_H

#include "kernel/kernel.h"

/* How many pages of an address_space are in the page cache. */
struct iq_error *iq_mapping_pages(struct iq_kernel *kernel, uint64_t mapping, uint64_t *pages);

/* Calls fn with each page of a struct address_space by index: the address of its struct page, of a folio of several
 * pages the first. Shadows of pages that were dropped are not shown. As iq_xarray_each() for what is damaged. */
typedef struct iq_error *(*iq_cached_page_fn)(void *context, uint64_t index, uint64_t page);
struct iq_error *iq_cached_pages(struct iq_kernel *kernel, uint64_t mapping, iq_cached_page_fn fn, void *context);

#endif
