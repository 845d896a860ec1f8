/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in the source: lines, inlined functions, arguments and locals, out of DWARF where it is at hand. */
#ifndef IQ_KERNEL_SOURCE_H
#define IQ_KERNEL_SOURCE_H

#include "expr/value.h"
#include "kernel/kernel.h"
#include "kernel/task.h"

/* Where a pc is in the source. */
struct iq_source {
	struct iq_dwarf *dwarf;   /* of vmlinux or of the module; borrowed */
	uint64_t pc;              /* what was asked for */
	struct iq_scopes scopes;  /* innermost first, the function that holds the code last; none in assembly */
	struct iq_source_line at; /* the innermost line */
};

/* The address to look a frame's place up by: its pc, or the byte before, where that lies behind the instruction that
 * matters: a call, or an int3 that struck. */
uint64_t iq_frame_source_pc(const struct iq_frame *frame);

/* Where a frame is. IQ_ERROR_NOT_FOUND: there is no debug information for its code, and why. */
struct iq_error *iq_frame_source(struct iq_kernel *kernel, const struct iq_frame *frame, struct iq_source *out);
void iq_source_free(struct iq_source *source); /* fits _cleanup_() */

/* A task's backtrace with as many registers as can be known in each frame (IQ_UNWIND_CALLEE_SAVED). Call frame
 * information tells of code that is not in the dump, but only from files that are open: those of the task's frames are.
 */
struct iq_error *iq_task_backtrace_with_registers(struct iq_kernel *kernel, const struct iq_task *task, unsigned flags,
						  struct iq_backtrace *out);

/* A variable of a function. The value is only there for the length of the callback; what is not known of it is told by
 * value->known and value->why. With `reason` nothing of it is known, and value has the type alone. */
struct iq_local {
	const char *name;
	bool parameter;
	unsigned depth, line; /* see struct iq_dwarf_variable */
	const struct iq_value *value;
	const char *reason; /* "optimized out"; NULL: there is a value */
};

/*
 * Calls fn for the arguments and then the locals of one of the frame's functions, source->scopes.data[scope]. The
 * backtrace should be iq_task_backtrace_with_registers()'s: with fewer registers less is known. What the caller had
 * in its registers tells the values of arguments at entry (DW_OP_entry_value).
 */
struct iq_error *iq_frame_locals(struct iq_kernel *kernel, const struct iq_backtrace *trace, size_t frame,
				 const struct iq_source *source, size_t scope,
				 struct iq_error *(*fn)(void *context, const struct iq_local *local), void *context);

#endif
