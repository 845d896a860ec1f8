// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk itself: which way to step from a frame, what a new frame must fulfil, and how a walk ends. */
#include "unwind/internal.h"

#include <string.h>

enum { MAX_FRAMES = 1024, MAX_POSSIBLE = 256, MAX_TRACERS = 4 };

struct walk {
	struct iq_unwinder *unwinder;
	uint64_t task;
	unsigned flags;
	struct iq_map seen; /* stack pointers of exception frames and return slots: a cycle shows here */
	IQ_VEC(struct iq_frame) frames;
	struct iq_stack scanned; /* by the scan behind the last proven frame */
	enum iq_walk_end end;
	char *reason;
};

struct iq_error *iq_unwinder_new(const struct iq_unwind_options *options, struct iq_unwinder **out)
{
	struct iq_unwinder *unwinder = calloc(1, sizeof(*unwinder));
	if (!unwinder)
		return iq_error_no_memory();
	unwinder->options = *options;
	unwinder->arch = iq_target_arch(options->target);
	*out = unwinder;
	return NULL;
}

void iq_unwinder_free(struct iq_unwinder *unwinder)
{
	if (!unwinder)
		return;
	iq_map_free(&unwinder->code_cache);
	iq_vec_free(&unwinder->code_frames);
	free(unwinder);
}

void iq_unwinder_freep(struct iq_unwinder **unwinder)
{
	iq_unwinder_free(*unwinder);
}

void iq_backtrace_free(struct iq_backtrace *trace)
{
	free(trace->frames);
	free(trace->reason);
	*trace = (struct iq_backtrace){ 0 };
}

static bool find_stack(struct iq_unwinder *unwinder, uint64_t sp, struct iq_stack *out)
{
	return unwinder->options.stack_at && unwinder->options.stack_at(unwinder->options.context, sp, out);
}

/* Ends the walk with an error's message as the reason. */
static void stop(struct walk *walk, enum iq_walk_end end, struct iq_error *error)
{
	walk->end = end;
	walk->reason = error ? strdup(error->message) : NULL;
	iq_error_free(error);
}

static bool is_return_trampoline(struct walk *walk, uint64_t pc)
{
	static const char *const trampolines[] = { "return_to_handler", "arch_rethook_trampoline",
						   "__kretprobe_trampoline", "kretprobe_trampoline" };
	struct iq_symbol symbol;
	if (iq_failed(iq_symbol_at(walk->unwinder->options.symbols, pc, &symbol)) || symbol.address != pc)
		return false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(trampolines); i++) {
		if (strcmp(symbol.name, trampolines[i]) == 0)
			return true;
	}
	return false;
}

/* The function returns to a trampoline, and what stood there before is not known: nor are the frames behind it. */
static bool is_lost_return(struct walk *walk, const struct iq_frame *frame)
{
	return frame->kind == IQ_FRAME_CALL && frame->pc_slot && !frame->pc_is_return &&
	       is_return_trampoline(walk, frame->pc);
}

/* Sees through tracers' trampolines: the return address that they replaced. One may have replaced another's. */
static void unhook(struct walk *walk, struct iq_frame *frame)
{
	const struct iq_unwind_options *options = &walk->unwinder->options;
	for (unsigned depth = 0; depth < MAX_TRACERS && is_return_trampoline(walk, frame->pc); depth++) {
		uint64_t original;
		if (!options->original_return ||
		    !options->original_return(options->context, walk->task, frame->pc_slot, frame->pc, &original)) {
			frame->pc_is_return = false; /* no call stands before it */
			return;
		}
		frame->pc = original;
		frame->hooked = true;
		iq_reg_set(&frame->regs, walk->unwinder->arch->reg_pc, original);
	}
}

/* Entry code of kernel threads leaves a struct pt_regs of zeros at the top of the stack. */
static bool is_empty_regs(const struct iq_frame *frame)
{
	return frame->kind == IQ_FRAME_EXCEPTION && frame->pc == 0 && frame->sp == 0;
}

/* The registers that a task entered the kernel with end at the top of its stack, or 16 bytes below (FRED; arch/x86/include/asm/thread_info.h). Those
 * of user mode and the empty ones of kernel threads are found there only. */
static bool is_at_top(const struct iq_frame *frame, const struct iq_frame *next)
{
	uint64_t room = frame->stack.end - (next->pc_slot + 5 * 8);
	return (next->kind == IQ_FRAME_USER || is_empty_regs(next)) && (room == 0 || room == 16);
}

enum { MAX_TOP = 192 }; /* struct pt_regs and its padding: what lies above the first function's frame */

/* Where ORC has the stack end, only an empty struct pt_regs may follow. */
static struct iq_error *check_end(struct iq_unwinder *unwinder, const struct iq_frame *frame)
{
	struct iq_frame regs = { 0 };
	if (frame->stack.end - frame->sp > MAX_TOP)
		return iq_error_new(IQ_ERROR_FORMAT, "ORC has the stack end at %#lx, before its top", frame->sp);
	if (!iq_failed(iq_step_to_regs(unwinder, frame->sp, &regs)) && regs.kind == IQ_FRAME_USER &&
	    iq_can_be_saved(unwinder, &regs.regs))
		return iq_error_new(IQ_ERROR_FORMAT, "ORC has the stack end at %#lx, where the registers of user mode are", frame->sp);
	return NULL;
}

/* Can what an ORC entry led to be true? A damaged table, or a destroyed base register, leads anywhere. */
static struct iq_error *check_orc(struct walk *walk, const struct iq_frame *frame, const struct iq_frame *next, bool end)
{
	struct iq_unwinder *unwinder = walk->unwinder;
	struct iq_stack stack;
	if (end)
		return check_end(unwinder, frame);
	if (next->kind != IQ_FRAME_CALL && !is_at_top(frame, next) && !iq_can_be_saved(unwinder, &next->regs))
		return iq_error_new(IQ_ERROR_FORMAT, "at %#lx, where ORC has saved registers, are none", next->pc_slot);
	/* Saved registers stand for themselves: the stack pointer in them may be the very thing that was wrong. */
	if (next->kind != IQ_FRAME_CALL)
		return NULL;
	if (!find_stack(unwinder, next->sp - 8, &stack))
		return iq_error_new(IQ_ERROR_FORMAT, "ORC leads to the stack pointer %#lx, which is on no stack", next->sp);
	if (!is_return_trampoline(walk, next->pc) && !iq_is_return_address(unwinder, next->pc) &&
	    !iq_is_unreadable_code(unwinder, next->pc) && !iq_is_first_code(unwinder, next->pc))
		return iq_error_new(IQ_ERROR_FORMAT, "ORC leads to %#lx, which is no return address", next->pc);
	return NULL;
}

/* One step by ORC, else by the code. */
static struct iq_error *step(struct walk *walk, const struct iq_frame *frame, struct iq_frame *next, bool *end)
{
	struct iq_unwinder *unwinder = walk->unwinder;
	struct iq_orc_entry orc;
	struct iq_error *error = iq_orc_find(unwinder, iq_frame_insn(frame), &orc);
	if (!error)
		error = iq_orc_step(unwinder, &orc, frame, next, end);
	if (!error)
		error = check_orc(walk, frame, next, *end);
	if (!error)
		return NULL;
	*end = false;
	memset(next, 0, sizeof(*next));
	struct iq_error *second = iq_code_step(unwinder, frame, next, end);
	if (second && error && error->code == IQ_ERROR_MEMORY) {
		iq_error_free(second);
		return error;
	}
	if (second && error)
		second = iq_error_prefix(second, "%s", error->message);
	iq_error_free(error);
	return second;
}

/* Recovers what ORC does not tell: callee-saved registers, from DWARF if it is open, else from the code of the frame
 * that saved them. */
static void recover_registers(struct walk *walk, const struct iq_frame *frame, struct iq_frame *next)
{
	struct iq_code_frame code;
	if (next->kind != IQ_FRAME_CALL || next->proof == IQ_PROOF_CFI || iq_cfi_restore(walk->unwinder, frame, next) ||
	    next->proof != IQ_PROOF_ORC || iq_failed(iq_frame_code(walk->unwinder, frame, &code)))
		return;
	/* Only where the code agrees with ORC about the CFA. */
	if (code.sp_known && iq_reg_known(&frame->regs, walk->unwinder->arch->reg_sp) &&
	    frame->regs.value[walk->unwinder->arch->reg_sp] - (uint64_t)code.sp_offset == next->sp)
		iq_restore_callee_saved(walk->unwinder, &code, next->sp, frame, next);
}

/* Was it an int3 that led here, by a kprobe or by code that is being patched? Its entry code says so ("int3"
 * before 5.8). */
static bool came_by_int3(struct walk *walk, const struct iq_frame *entry)
{
	struct iq_symbol symbol;
	return !iq_failed(iq_symbol_at(walk->unwinder->options.symbols, iq_frame_insn(entry), &symbol)) &&
	       (strcmp(symbol.name, "asm_exc_int3") == 0 || strcmp(symbol.name, "int3") == 0);
}

/* What every new frame must fulfil: it is on a stack, further up than the one before or on another stack, not seen before, in code. */
static struct iq_error *check_frame(struct walk *walk, const struct iq_frame *frame, struct iq_frame *next)
{
	struct iq_unwinder *unwinder = walk->unwinder;
	bool added;
	if (next->kind == IQ_FRAME_USER)
		return NULL;
	/* An interrupted function's stack pointer may be the very thing that was wrong. */
	if (!find_stack(unwinder, next->kind == IQ_FRAME_CALL ? next->sp - 8 : next->sp, &next->stack) &&
	    next->kind == IQ_FRAME_CALL)
		return iq_error_new(IQ_ERROR_FORMAT, "the stack pointer %#lx is on no stack", next->sp);
	bool same = frame->stack.start == next->stack.start;
	if (same && next->sp <= frame->sp && next->kind == IQ_FRAME_CALL)
		return iq_error_new(IQ_ERROR_FORMAT, "the stack pointer goes back from %#lx to %#lx", frame->sp, next->sp);
	if (!iq_map_add(&walk->seen, next->pc_slot, &added))
		return iq_error_no_memory();
	if (!added)
		return iq_error_new(IQ_ERROR_FORMAT, "the frame at %#lx comes again", next->pc_slot);
	if (next->kind == IQ_FRAME_CALL && !iq_image_at(unwinder->options.images, next->pc - 1))
		return iq_error_new(IQ_ERROR_FORMAT, "the return address %#lx at %#lx is not in any code", next->pc,
				    next->pc_slot);
	return NULL;
}

/* Adds the frame after the last one; false when the walk has ended. */
static bool advance(struct walk *walk)
{
	struct iq_frame *frame = &walk->frames.data[walk->frames.count - 1], next = { 0 };
	bool end = false;
	if (frame->kind == IQ_FRAME_USER) {
		stop(walk, IQ_END_COMPLETE, NULL);
		return false;
	}
	if (is_lost_return(walk, frame)) {
		stop(walk, IQ_END_UNPROVEN,
		     iq_error_new(IQ_ERROR_NOT_FOUND,
				  "a tracer replaced the return address at %#lx, and keeps none for it",
				  frame->pc_slot));
		return false;
	}
	struct iq_error *error = step(walk, frame, &next, &end);
	if (error) {
		stop(walk, error->code == IQ_ERROR_MEMORY ? IQ_END_DAMAGED : IQ_END_UNPROVEN, error);
		return false;
	}
	if (end || is_empty_regs(&next)) {
		stop(walk, IQ_END_COMPLETE, NULL);
		return false;
	}
	if (next.kind == IQ_FRAME_CALL)
		unhook(walk, &next);
	else if (next.kind == IQ_FRAME_EXCEPTION && came_by_int3(walk, frame))
		next.pc_is_behind = true;
	error = check_frame(walk, frame, &next);
	if (error) {
		stop(walk, IQ_END_DAMAGED, error);
		return false;
	}
	if (walk->flags & IQ_UNWIND_CALLEE_SAVED)
		recover_registers(walk, frame, &next);
	struct iq_frame *kept = iq_vec_push(&walk->frames);
	if (!kept) {
		stop(walk, IQ_END_LIMIT, iq_error_no_memory());
		return false;
	}
	*kept = next;
	return true;
}

static struct iq_error *add_possible(void *context, uint64_t slot, uint64_t address)
{
	struct walk *walk = context;
	if (walk->frames.count >= MAX_FRAMES + MAX_POSSIBLE)
		return iq_error_new(IQ_ERROR_LIMIT, "too many possible frames");
	struct iq_frame *frame = iq_vec_push(&walk->frames);
	if (!frame)
		return iq_error_no_memory();
	*frame = (struct iq_frame){
		.kind = IQ_FRAME_POSSIBLE,
		.proof = IQ_PROOF_NONE,
		.pc = address,
		.pc_is_return = true,
		.pc_slot = slot,
		.sp = slot + 8,
		.stack = walk->scanned,
	};
	return NULL;
}

/* Behind the last proven frame, everything on its stack that looks like a return address. */
static struct iq_error *scan_rest(struct walk *walk)
{
	const struct iq_frame *last = &walk->frames.data[walk->frames.count - 1];
	uint64_t from = (last->sp + 7) & ~UINT64_C(7);
	walk->scanned = last->stack;
	if (from < last->stack.start || from >= last->stack.end)
		return NULL;
	struct iq_error *error = iq_unwind_scan(walk->unwinder, from, last->stack.end, add_possible, walk);
	if (!iq_error_is(error, IQ_ERROR_LIMIT))
		return error;
	iq_error_free(error);
	return NULL;
}

struct iq_error *iq_unwind(struct iq_unwinder *unwinder, const struct iq_regs *start, bool exact, uint64_t task,
			   unsigned flags, struct iq_backtrace *out)
{
	const struct iq_arch *arch = unwinder->arch;
	struct walk walk = { .unwinder = unwinder, .task = task, .flags = flags };
	struct iq_error *error = NULL;
	*out = (struct iq_backtrace){ 0 };
	if (!iq_reg_known(start, arch->reg_pc) || !iq_reg_known(start, arch->reg_sp))
		return iq_error_new(IQ_ERROR_ARGUMENT, "a stack walk needs the program counter and the stack pointer");
	struct iq_frame *first = iq_vec_push(&walk.frames);
	if (!first)
		return iq_error_no_memory();
	*first = (struct iq_frame){
		.kind = arch->is_user_mode(start) ? IQ_FRAME_USER : IQ_FRAME_CALL,
		.proof = IQ_PROOF_START,
		.pc = start->value[arch->reg_pc],
		.pc_is_return = !exact,
		.sp = start->value[arch->reg_sp],
		.regs = *start,
	};
	find_stack(unwinder, first->sp, &first->stack);
	while (advance(&walk)) {
		if (walk.frames.count >= MAX_FRAMES) {
			stop(&walk, IQ_END_LIMIT, iq_error_new(IQ_ERROR_LIMIT, "more than %d frames", MAX_FRAMES));
			break;
		}
	}
	if ((flags & IQ_UNWIND_SCAN) && walk.end != IQ_END_COMPLETE)
		error = scan_rest(&walk);
	iq_map_free(&walk.seen);
	*out = (struct iq_backtrace){
		.frames = walk.frames.data, .count = walk.frames.count, .end = walk.end, .reason = walk.reason
	};
	if (error)
		iq_backtrace_free(out);
	return error;
}
