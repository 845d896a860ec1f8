/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory there is, and what for: /proc/meminfo's sums, in pages. Facts: fs/proc/meminfo.c, mm/util.c,
 * mm/hugetlb.c. */
#ifndef IQ_KERNEL_MEMINFO_H
#define IQ_KERNEL_MEMINFO_H

#include "kernel/kernel.h"

struct iq_error *iq_memory_total(struct iq_kernel *kernel, uint64_t *pages);   /* MemTotal */
struct iq_error *iq_memory_free(struct iq_kernel *kernel, uint64_t *pages);    /* MemFree */
struct iq_error *iq_memory_used(struct iq_kernel *kernel, uint64_t *pages);    /* the rest */
struct iq_error *iq_memory_buffers(struct iq_kernel *kernel, uint64_t *pages); /* block devices' page cache */
struct iq_error *iq_memory_cached(struct iq_kernel *kernel,
				  uint64_t *pages); /* files' page cache, without those and swap's */
struct iq_error *iq_memory_slab(struct iq_kernel *kernel, uint64_t *pages);
struct iq_error *iq_huge_total(struct iq_kernel *kernel, uint64_t *pages); /* small pages in all pools of huge ones */
struct iq_error *iq_huge_free(struct iq_kernel *kernel, uint64_t *pages);
struct iq_error *iq_swap_total(struct iq_kernel *kernel, uint64_t *pages);
struct iq_error *iq_swap_used(struct iq_kernel *kernel, uint64_t *pages);
struct iq_error *iq_swap_free(struct iq_kernel *kernel, uint64_t *pages);
struct iq_error *iq_commit_limit(struct iq_kernel *kernel, uint64_t *pages);
struct iq_error *iq_committed(struct iq_kernel *kernel, uint64_t *pages);

/* A pool of huge pages: struct hstate. */
struct iq_huge_pool {
	uint64_t address;
	uint64_t page_size; /* bytes */
	uint64_t total, free, reserved, surplus;
	char name[32];
};
typedef struct iq_error *(*iq_huge_pool_fn)(void *context, const struct iq_huge_pool *pool);
struct iq_error *iq_huge_pools_each(struct iq_kernel *kernel, iq_huge_pool_fn fn, void *context);

#endif
