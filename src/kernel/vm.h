/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User address spaces: the areas of an mm_struct, and what its pages are. */
#ifndef IQ_KERNEL_VM_H
#define IQ_KERNEL_VM_H

#include "kernel/task.h"

struct iq_vma {
	uint64_t address;    /* struct vm_area_struct */
	uint64_t start, end; /* end is exclusive */
	uint64_t flags;      /* VM_... */
	uint64_t offset;     /* in the file, bytes */
	uint64_t file;       /* struct file; 0: none */
	bool known;          /* false: the vm_area_struct can't be read; of it only address, start and end are known */
};

typedef struct iq_error *(*iq_vma_fn)(void *context, const struct iq_vma *vma);

/* Calls fn with each area of the mm_struct at `mm` in order of addresses: its maple tree (6.1, upstream 763ecb035029)
 * or its list before. What can't be read or contradicts itself is left out, and the first such error is returned after
 * the rest was shown. */
struct iq_error *iq_vmas_each(struct iq_kernel *kernel, uint64_t mm, iq_vma_fn fn, void *context);

/* Appends the names of vm_flags: "READ|EXEC|MAYREAD"; bits without a name as a number. From the kernel's own enum where it
 * has one, else as include/linux/mm.h had them until then. */
void iq_vm_flag_names(struct iq_kernel *kernel, uint64_t flags, struct iq_strbuf *out);

/* Where a page is. */
enum iq_user_page_kind {
	IQ_PAGE_NONE, /* nowhere yet */
	IQ_PAGE_MAPPED,
	IQ_PAGE_SWAPPED,
	IQ_PAGE_IN_FILE, /* not mapped; the area's file has it */
};

struct iq_user_page {
	enum iq_user_page_kind kind;
	uint64_t physical;
	unsigned swap_type;   /* number of the swap device or file */
	uint64_t swap_offset; /* pages */
	uint64_t file_offset; /* bytes */
	uint64_t size;        /* of the mapping or the hole that the address is in */
};

/* What is at a user address of an area. `space` is of the area's mm. */
struct iq_error *iq_user_page(struct iq_kernel *kernel, const struct iq_space *space, const struct iq_vma *vma,
			      uint64_t address, struct iq_user_page *out);

/* Appends the path of a swap device or file: swap_info[type]->swap_file. */
struct iq_error *iq_swap_path(struct iq_kernel *kernel, unsigned type, struct iq_strbuf *out);

#endif
