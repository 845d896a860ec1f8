/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All struct pages that there are, one after the other. */
#ifndef IQ_KERNEL_MEM_MAP_H
#define IQ_KERNEL_MEM_MAP_H

#include "kernel/page.h"

/* Calls fn with each struct page of each section, by page number. Pages of the map that are not in the dump are left
 * out; the first such error is returned, with how many were, after the rest was shown. An error from fn ends it. */
typedef struct iq_error *(*iq_page_fn)(void *context, const struct iq_page *page);
struct iq_error *iq_mem_map_each(struct iq_kernel *kernel, iq_page_fn fn, void *context);

/* Calls fn with each flag of enum pageflags as it is listed there, other names of one bit too: "PG_locked", 0. */
typedef struct iq_error *(*iq_page_flag_fn)(void *context, const char *name, unsigned bit);
struct iq_error *iq_page_flags_each(struct iq_kernel *kernel, iq_page_flag_fn fn, void *context);

#endif
