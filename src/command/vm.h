/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm's parts. */
#ifndef IQ_COMMAND_VM_H
#define IQ_COMMAND_VM_H

#include "command/filenames.h"
#include "command/structs.h"
#include "kernel/vm.h"

/* One address space that is being shown. */
struct iq_vm {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_args *args;
	struct iq_reference reference;
	const struct iq_task *task;
	uint64_t mm, directory; /* the top page table's address; 0: not known */
	struct iq_space space;
	uint64_t only;   /* -P: this area alone */
	bool single;     /* was it given? */
	uint64_t budget; /* pages that may still be looked at: as many as the mm_struct counts */
	bool pages;      /* -p, -P: each page of an area */
	bool structs;    /* -m, -v: whole structs instead of lines */
	struct iq_print_options options;
	bool opened;  /* the task's record */
	bool heading; /* the line of headings for areas */
	bool found;   /* the area of -P */
};

/* The task's lines and its record, unless they are there already. */
void iq_vm_open(struct iq_vm *vm);

/* One area: its line, with its pages when these are wanted; of a search only if it is meant. */
struct iq_error *iq_vm_area(struct iq_vm *vm, const struct iq_vma *vma);

#endif
