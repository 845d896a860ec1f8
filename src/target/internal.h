/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the target room share among themselves. */
#ifndef IQ_TARGET_INTERNAL_H
#define IQ_TARGET_INTERNAL_H

#include "target/target.h"

/* The translation cache: direct-mapped, one part for small pages and one for the large ones. */
#define IQ_TLB_SMALL 1024
#define IQ_TLB_LARGE 128
#define IQ_TLB_LARGE_SHIFT 21

struct iq_tlb_entry {
	uint64_t tag;   /* page number + 1; 0: empty */
	uint64_t table; /* 0 for the kernel's */
	uint64_t physical;
};

struct iq_target {
	struct iq_dump *dump;
	const struct iq_dump_info *info;
	const struct iq_arch *arch;
	const struct iq_diag *diag;
	struct iq_paging paging;
	struct iq_layout layout;
	unsigned attempts; /* at finding the page table */
	bool bases_searched;
	bool linear_image;   /* the image's place in physical memory is known, tables or not */
	bool image_unmapped; /* the tables' part for the image is damaged: its linear mapping comes first */
	const struct iq_dump_mapping *mappings;
	size_t mapping_count;
	struct iq_tlb_entry small[IQ_TLB_SMALL], large[IQ_TLB_LARGE];
};

/* Finds the kernel's page table and fills target->layout and target->paging. An error when there is nothing at all to
 * read kernel addresses by. */
struct iq_error *iq_target_find_table(struct iq_target *target);

/* Drops all cached translations. */
void iq_target_forget(struct iq_target *target);

#endif
