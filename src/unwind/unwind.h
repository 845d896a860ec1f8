/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From registers to the frames of a stack. Each frame says by what it is proven: an ORC entry, the function's own code, saved registers.
 * Where nothing proves the next frame the walk stops, and only a scan that is marked as such may follow.
 *
 * This room knows stacks only as ranges, and tasks not at all: both come in as callbacks.
 */
#ifndef IQ_UNWIND_UNWIND_H
#define IQ_UNWIND_UNWIND_H

#include "image/image.h"
#include "symbol/symbol.h"
#include "target/target.h"

struct iq_stack {
	uint64_t start, end;  /* [start, end) */
	const char *name;     /* "task", "IRQ", "NMI", "DOUBLEFAULT", "DEBUG", "MCE", "VC", "entry"; static text */
};

struct iq_unwinder;

struct iq_unwind_options {
	struct iq_target *target;   /* all borrowed */
	struct iq_symbols *symbols;
	struct iq_images *images;
	/* The stack that holds `sp`; false if it is none that is known. */
	bool (*stack_at)(void *context, uint64_t sp, struct iq_stack *out);
	/* The return address that a tracer (function graph, kretprobe, rethook) took from the stack slot `slot` of task `task` and replaced
	 * by `trampoline`; false if nothing is known of it. */
	bool (*original_return)(void *context, uint64_t task, uint64_t slot, uint64_t trampoline, uint64_t *address);
	void *context;
};

struct iq_error *iq_unwinder_new(const struct iq_unwind_options *options, struct iq_unwinder **out);
void iq_unwinder_free(struct iq_unwinder *unwinder);
void iq_unwinder_freep(struct iq_unwinder **unwinder);

enum iq_frame_kind {
	IQ_FRAME_CALL,       /* a function that called the frame before it, or the first one */
	IQ_FRAME_EXCEPTION,  /* a function that was interrupted: `regs` is what the entry code saved, at `pt_regs` */
	IQ_FRAME_USER,       /* the registers of user mode: the end of the walk */
	IQ_FRAME_POSSIBLE,   /* from a scan: a return address that lay on the stack, nothing more */
};

/* What proves the frame: how its pc and sp were come by. */
enum iq_frame_proof {
	IQ_PROOF_START,      /* given by the caller: a CPU's registers, a sleeping task's saved stack pointer */
	IQ_PROOF_ORC,        /* the frame before it had an ORC entry */
	IQ_PROOF_CODE,       /* the stack depth, computed over the code of the frame before it */
	IQ_PROOF_CFI,        /* DWARF's call frame information for the frame before it */
	IQ_PROOF_FRAME_POINTER, /* a frame pointer that the code of the frame before it had set up */
	IQ_PROOF_SAVED_REGS, /* a struct pt_regs */
	IQ_PROOF_NONE,       /* scan */
};

struct iq_frame {
	enum iq_frame_kind kind;
	enum iq_frame_proof proof;
	uint64_t pc;
	bool pc_is_return;     /* pc is behind a call: the call itself is before it, look up pc - 1 */
	bool pc_is_behind; /* of an EXCEPTION: pc is behind the int3 that struck, and what stood in its place has not
			      run: look up pc - 1 */
	uint64_t sp;           /* the stack pointer in this function at pc */
	uint64_t pc_slot;      /* where on the stack pc was found; 0: in registers */
	uint64_t pt_regs;      /* address of the saved registers of an EXCEPTION or USER frame; 0: from a note */
	bool hooked;           /* a tracer had replaced the return address; pc is the original */
	struct iq_stack stack;
	struct iq_regs regs;   /* as far as they are known at pc */
	uint64_t slots[17];    /* for registers 0 to 16: where on the stack the value in `regs` was saved; 0: nowhere, or unchanged */
};

enum iq_walk_end {
	IQ_END_COMPLETE,   /* the stack's natural end: user mode, or the first function of a kernel thread or idle task */
	IQ_END_UNPROVEN,   /* nothing proves the next frame; `reason` says what was tried */
	IQ_END_DAMAGED,    /* memory missing, a cycle, a pc outside all code; `reason` says which */
	IQ_END_LIMIT,
};

struct iq_backtrace {
	struct iq_frame *frames;
	size_t count;
	enum iq_walk_end end;
	char *reason;      /* one line; NULL with IQ_END_COMPLETE */
};

void iq_backtrace_free(struct iq_backtrace *trace);

enum iq_unwind_flags {
	IQ_UNWIND_SCAN = 1 << 0,       /* after an unproven end, go on with a scan for return addresses */
	IQ_UNWIND_CALLEE_SAVED = 1 << 1, /* recover callee-saved registers from each function's code (slower) */
};

/* Walks from `start` (which must know pc and sp). `exact` tells whether pc is the very instruction (a fault, an NMI) or a return
 * address. `task` is handed to original_return. Damage never fails the walk: it ends it. */
struct iq_error *iq_unwind(struct iq_unwinder *unwinder, const struct iq_regs *start, bool exact, uint64_t task,
			   unsigned flags, struct iq_backtrace *out);

/* Is `address` right behind a call instruction, in code? */
bool iq_is_return_address(struct iq_unwinder *unwinder, uint64_t address);

/* The stack's words that look like return addresses (behind a call, in code): bt -t and -T, and scans. Calls fn for each. */
struct iq_error *iq_unwind_scan(struct iq_unwinder *unwinder, uint64_t start, uint64_t end,
				struct iq_error *(*fn)(void *context, uint64_t slot, uint64_t address), void *context);

/* Looks for struct pt_regs that lie between start and end: bt -e. Calls fn for each plausible one. */
struct iq_error *iq_unwind_find_regs(struct iq_unwinder *unwinder, uint64_t start, uint64_t end,
				     struct iq_error *(*fn)(void *context, uint64_t address, const struct iq_regs *regs),
				     void *context);

/* What a function's own code says about its stack frame at `pc`: unwind/code.c. Offsets are relative to the CFA, the value of the stack
 * pointer before the call (the return address is at CFA - 8 on x86-64). */
struct iq_code_frame {
	bool sp_known;          /* sp == CFA + sp_offset */
	int64_t sp_offset;
	bool fp_known;          /* the frame pointer register == CFA + fp_offset */
	int64_t fp_offset;
	uint32_t saved;         /* bit per register: its value at entry is in the slot CFA + save_offset[reg] */
	int32_t save_offset[17];
	uint32_t unchanged;     /* bit per register: still holds its value at entry */
};
/* `is_return`: pc is a return address, so what counts is the call before it (behind which the function may end). IQ_ERROR_NOT_FOUND when no path
 * through the code leads there. */
struct iq_error *iq_code_frame(struct iq_unwinder *unwinder, uint64_t pc, bool is_return, struct iq_code_frame *out);

/* What the function of `frame`, which stands at a return address, passed in register `reg` to the one that it called,
 * by its own code: a copy of a register that calls preserve, an address in its frame, a constant. IQ_ERROR_NOT_FOUND
 * where the code does not tell; what it read from memory is not told, since that may have changed. */
struct iq_error *iq_call_argument(struct iq_unwinder *unwinder, const struct iq_frame *frame, unsigned reg,
				  uint64_t *value);

#endif
