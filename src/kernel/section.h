/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where there is memory at all (SPARSEMEM): sections, each with its struct pages, and the blocks in which memory is
 * plugged. Facts: include/linux/mmzone.h, mm/sparse.c, include/linux/memory.h, drivers/base/memory.c. */
#ifndef IQ_KERNEL_SECTION_H
#define IQ_KERNEL_SECTION_H

#include "kernel/kernel.h"

/* Bits of iq_section.flags: SECTION_... of mmzone.h. */
enum {
	IQ_SECTION_PRESENT = 1,
	IQ_SECTION_HAS_MAP = 2,
	IQ_SECTION_ONLINE = 4,
	IQ_SECTION_EARLY = 8,
	IQ_SECTION_ZONE_DEVICE = 16,
};

struct iq_section {
	uint64_t address; /* struct mem_section */
	uint64_t number;
	uint64_t coded_map; /* as it is stored, without flags */
	uint64_t flags;
	uint64_t map; /* its first struct page */
	uint64_t start_pfn, pages;
};

/* Calls fn with each section that has struct pages, by number. One root that is damaged is left out, and the first such
 * error is returned after the rest was shown; an error from fn ends it. */
typedef struct iq_error *(*iq_section_fn)(void *context, const struct iq_section *section);
struct iq_error *iq_sections_each(struct iq_kernel *kernel, iq_section_fn fn, void *context);

struct iq_memory_block {
	uint64_t address; /* struct memory_block */
	char name[32];
	uint64_t start, end; /* physical, end exclusive */
	int node;
	const char *state; /* "ONLINE", "OFFLINE", ..., "UNKNOWN" */
	uint64_t start_section;
};

/* Calls fn with each memory block by number: of the xarray memory_blocks (5.8, upstream 4fb6eabf1037). */
typedef struct iq_error *(*iq_memory_block_fn)(void *context, const struct iq_memory_block *block);
struct iq_error *iq_memory_blocks_each(struct iq_kernel *kernel, iq_memory_block_fn fn, void *context);

#endif
