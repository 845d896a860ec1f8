// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame after one that no ORC entry describes: saved registers in entry code, the stack depth computed over the function's own
 * code, and last the frame pointer. And the reading of struct pt_regs.
 */
#include "unwind/internal.h"

#include <string.h>

enum { MAX_DETOUR = 256 }; /* more than optprobe_template_func is long */

struct iq_error *iq_step_to_regs(struct iq_unwinder *unwinder, uint64_t address, struct iq_frame *next)
{
	const struct iq_arch *arch = unwinder->arch;
	uint8_t bytes[512];
	if (arch->pt_regs_size > sizeof(bytes))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct pt_regs of %zu bytes", arch->pt_regs_size);
	IQ_TRY(iq_error_prefix(iq_read(unwinder->options.target, address, bytes, arch->pt_regs_size), "saved registers"));
	IQ_TRY(arch->parse_pt_regs(bytes, arch->pt_regs_size, &next->regs));
	next->pt_regs = address;
	next->pc = next->regs.value[arch->reg_pc];
	next->sp = next->regs.value[arch->reg_sp];
	next->kind = arch->is_user_mode(&next->regs) ? IQ_FRAME_USER : IQ_FRAME_EXCEPTION;
	next->proof = IQ_PROOF_SAVED_REGS;
	for (unsigned reg = 0; reg < IQ_ARRAY_SIZE(next->slots); reg++) {
		int offset = arch->pt_regs_offset(reg);
		next->slots[reg] = offset < 0 ? 0 : address + (uint64_t)offset;
	}
	next->pc_slot = next->slots[arch->reg_pc];
	return NULL;
}

struct iq_error *iq_step_to_iret_frame(struct iq_unwinder *unwinder, uint64_t address, struct iq_frame *next)
{
	static const uint8_t order[] = { IQ_X86_RIP, IQ_X86_CS, IQ_X86_RFLAGS, IQ_X86_RSP, IQ_X86_SS };
	uint64_t words[5];
	IQ_TRY(iq_error_prefix(iq_read(unwinder->options.target, address, words, sizeof(words)), "interrupt frame"));
	for (unsigned i = 0; i < 5; i++)
		iq_reg_set(&next->regs, order[i], words[i]);
	next->pc = words[0];
	next->sp = words[3];
	next->pc_slot = address;
	next->kind = unwinder->arch->is_user_mode(&next->regs) ? IQ_FRAME_USER : IQ_FRAME_EXCEPTION;
	next->proof = IQ_PROOF_SAVED_REGS;
	return NULL;
}

/* A jump to an address that is none ends, on AMD's CPUs and in QEMU, with that address as the saved rip: any will do.
 */
bool iq_can_be_saved(struct iq_unwinder *unwinder, const struct iq_regs *regs)
{
	struct iq_regs without_pc = *regs;
	iq_reg_set(&without_pc, unwinder->arch->reg_pc, 0);
	return unwinder->arch->plausible_pt_regs(&without_pc);
}

void iq_restore_callee_saved(struct iq_unwinder *unwinder, const struct iq_code_frame *code, uint64_t cfa,
			     const struct iq_frame *frame, struct iq_frame *next)
{
	for (unsigned reg = 0; reg < 16; reg++) {
		uint64_t value;
		if (!(unwinder->arch->callee_saved >> reg & 1) || reg == unwinder->arch->reg_sp)
			continue;
		uint64_t slot = cfa + (uint64_t)(int64_t)code->save_offset[reg];
		if (code->saved >> reg & 1) {
			if (iq_failed(iq_read_u64(unwinder->options.target, slot, &value)))
				continue;
			iq_reg_set(&next->regs, reg, value);
			next->slots[reg] = slot;
		} else if ((code->unchanged >> reg & 1) && iq_reg_known(&frame->regs, reg)) {
			iq_reg_set(&next->regs, reg, frame->regs.value[reg]);
			next->slots[reg] = frame->slots[reg];
		}
	}
}

static struct iq_error *return_to(struct iq_unwinder *unwinder, uint64_t cfa, enum iq_frame_proof proof,
				  struct iq_frame *next)
{
	next->kind = IQ_FRAME_CALL;
	next->proof = proof;
	next->pc_slot = cfa - 8;
	next->pc_is_return = true;
	next->sp = cfa;
	IQ_TRY(iq_error_prefix(iq_read_u64(unwinder->options.target, next->pc_slot, &next->pc), "return address"));
	iq_reg_set(&next->regs, unwinder->arch->reg_pc, next->pc);
	iq_reg_set(&next->regs, unwinder->arch->reg_sp, cfa);
	return NULL;
}

static bool on_stack(const struct iq_frame *frame, uint64_t address)
{
	return address >= frame->stack.start && address < frame->stack.end;
}

/* By the stack depth that the function's code gives. The stack pointer is the better witness: it can't be destroyed by a write to memory. */
static struct iq_error *step_by_code(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next)
{
	struct iq_code_frame code;
	const struct iq_arch *arch = unwinder->arch;
	IQ_TRY(iq_frame_code(unwinder, frame, &code));
	uint64_t cfa;
	if (code.sp_known && iq_reg_known(&frame->regs, arch->reg_sp))
		cfa = frame->regs.value[arch->reg_sp] - (uint64_t)code.sp_offset;
	else if (code.fp_known && iq_reg_known(&frame->regs, arch->reg_fp))
		cfa = frame->regs.value[arch->reg_fp] - (uint64_t)code.fp_offset;
	else
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the code at %#lx fixes neither its stack nor its frame pointer",
				    frame->pc);
	IQ_TRY(return_to(unwinder, cfa, IQ_PROOF_CODE, next));
	iq_restore_callee_saved(unwinder, &code, cfa, frame, next);
	return NULL;
}

/* Init code is freed when the kernel has booted: it is filtered out, or something else lies there. */
static bool is_init_code(struct iq_unwinder *unwinder, uint64_t address)
{
	struct iq_symbol symbol;
	if (!unwinder->init_probed) {
		unwinder->init_probed = true;
		if (!iq_failed(iq_symbol_by_name(unwinder->options.symbols, "_sinittext", &symbol)))
			unwinder->init_start = symbol.address;
		if (!iq_failed(iq_symbol_by_name(unwinder->options.symbols, "_einittext", &symbol)))
			unwinder->init_end = symbol.address;
	}
	return address >= unwinder->init_start && address < unwinder->init_end;
}

bool iq_is_unreadable_code(struct iq_unwinder *unwinder, uint64_t address)
{
	uint8_t byte;
	if (is_init_code(unwinder, address - 1))
		return true;
	return iq_image_at(unwinder->options.images, address - 1) &&
	       iq_failed(iq_read_u8(unwinder->options.target, address - 1, &byte));
}

/* By the chain of frame pointers, for code whose depth can't be computed (an aligned or variable frame). What RSP was in the caller is not known
 * exactly then, only that it is not below the frame. */
static struct iq_error *step_by_frame_pointer(struct iq_unwinder *unwinder, const struct iq_frame *frame,
					      struct iq_frame *next)
{
	unsigned fp_reg = unwinder->arch->reg_fp;
	uint64_t fp = frame->regs.value[fp_reg], saved;
	if (!iq_reg_known(&frame->regs, fp_reg) || fp < frame->sp || fp % 8 || !on_stack(frame, fp) ||
	    !on_stack(frame, fp + 15))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no frame pointer leads on from %#lx", frame->pc);
	IQ_TRY(return_to(unwinder, fp + 16, IQ_PROOF_FRAME_POINTER, next));
	/* There the call can't be seen, and the place in a known function must do. */
	if (!iq_is_return_address(unwinder, next->pc) && !iq_is_unreadable_code(unwinder, next->pc) &&
	    !iq_is_first_code(unwinder, next->pc))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the frame pointer %#lx leads to %#lx, which is no return address",
				    fp, next->pc);
	IQ_TRY(iq_read_u64(unwinder->options.target, fp, &saved));
	iq_reg_set(&next->regs, fp_reg, saved);
	next->slots[fp_reg] = fp;
	return NULL;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Entry code (arch/x86/entry/entry_64.S): when it calls C, the stack pointer stands at the struct pt_regs that it has built. */
static bool is_entry_code(const char *name)
{
	return starts_with(name, "asm_") || starts_with(name, "entry_SYSCALL") || starts_with(name, "entry_SYSENTER") ||
	       starts_with(name, "entry_INT80") || starts_with(name, "common_interrupt_return") ||
	       starts_with(name, "ret_from_fork") || starts_with(name, "end_repeat_nmi") ||
	       starts_with(name, "int80_emulation") || strcmp(name, "nmi") == 0;
}

/* Where a kernel thread or a CPU begins. */
static bool is_first_function(const char *name)
{
	return starts_with(name, "secondary_startup_64") || starts_with(name, "ret_from_fork") ||
	       strcmp(name, "start_cpu0") == 0 || strcmp(name, "startup_64") == 0;
}

bool iq_is_first_code(struct iq_unwinder *unwinder, uint64_t address)
{
	struct iq_symbol symbol;
	return !iq_failed(iq_symbol_at(unwinder->options.symbols, address - 1, &symbol)) && is_first_function(symbol.name);
}

/* Entry code that was itself struck before it did anything: what the CPU pushed lies on top of the stack, for some
 * exceptions behind an error code. Nothing has changed the other registers. */
static bool step_from_first_insn(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next)
{
	struct iq_code_frame code;
	if (frame->pc_is_return || iq_failed(iq_code_frame(unwinder, frame->pc, false, &code)) || !code.sp_known ||
	    code.sp_offset != -8)
		return false;
	for (unsigned error_code = 0; error_code <= 8; error_code += 8) {
		memset(next, 0, sizeof(*next));
		next->regs = frame->regs;
		memcpy(next->slots, frame->slots, sizeof(next->slots));
		if (!iq_failed(iq_step_to_iret_frame(unwinder, frame->sp + error_code, next)) &&
		    unwinder->arch->plausible_pt_regs(&next->regs) &&
		    (next->kind == IQ_FRAME_USER || iq_image_at(unwinder->options.images, next->pc)))
			return true;
	}
	memset(next, 0, sizeof(*next));
	return false;
}

/* In entry code, by the saved registers. *done tells whether this was entry code at all. */
static struct iq_error *step_from_entry(struct iq_unwinder *unwinder, const struct iq_frame *frame,
					struct iq_frame *next, bool *done, bool *end)
{
	struct iq_symbol symbol;
	*done = false;
	if (iq_failed(iq_symbol_at(unwinder->options.symbols, iq_frame_insn(frame), &symbol)))
		return NULL;
	bool entry = is_entry_code(symbol.name), first = is_first_function(symbol.name);
	if (!entry && !first)
		return NULL;
	if (entry && !iq_failed(iq_step_to_regs(unwinder, frame->sp, next)) && iq_can_be_saved(unwinder, &next->regs)) {
		*done = true;
		return NULL;
	}
	memset(next, 0, sizeof(*next));
	*done = starts_with(symbol.name, "asm_") && step_from_first_insn(unwinder, frame, next);
	if (*done)
		return NULL;
	*done = *end = first;
	return NULL;
}

/*
 * From the detour of an optimised kprobe, to which a jump leads that was written over the probed instruction: the
 * detour builds a struct pt_regs and calls optimized_callback(), which makes their rip that of an int3
 * (arch/x86/kernel/kprobes/opt.c). The proof is the jump itself. Nothing else is known in a page of kprobes: it is no
 * function, and how deep the stack is in there depends on the probed one.
 */
static struct iq_error *step_from_detour(struct iq_unwinder *unwinder, const struct iq_frame *frame,
					 struct iq_frame *next)
{
	uint8_t bytes[5];
	struct iq_insn jump;
	if (frame->pc_is_return && !iq_failed(iq_step_to_regs(unwinder, frame->sp, next))) {
		/* Since 6.9 (upstream ee63291aa820) cs is 16 bits wide; the word's others are what was on the stack before. */
		iq_reg_set(&next->regs, IQ_X86_CS, next->regs.value[IQ_X86_CS] & 0xffff);
		if (unwinder->arch->plausible_pt_regs(&next->regs) && !unwinder->arch->is_user_mode(&next->regs) &&
		    !iq_failed(iq_read(unwinder->options.target, next->pc - 1, bytes, sizeof(bytes))) &&
		    !iq_failed(unwinder->arch->decode(bytes, sizeof(bytes), next->pc - 1, &jump)) &&
		    jump.flow == IQ_FLOW_JUMP && jump.has_target && jump.target < frame->pc &&
		    frame->pc - jump.target <= MAX_DETOUR) {
			next->kind = IQ_FRAME_EXCEPTION;
			next->pc_is_behind = true;
			return NULL;
		}
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND,
			    "%#lx is in the instructions that kprobes copied away, and no probed function jumps there",
			    frame->pc);
}

/* A jump to where no code is: the call before it pushed its return address, and nothing else has happened since. */
static struct iq_error *step_from_nowhere(struct iq_unwinder *unwinder, const struct iq_frame *frame,
					  struct iq_frame *next)
{
	IQ_TRY(return_to(unwinder, frame->sp + 8, IQ_PROOF_CODE, next));
	if (!iq_is_return_address(unwinder, next->pc))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is in no known code, and no return address is on top of the stack",
				    frame->pc);
	for (unsigned reg = 0; reg < 16; reg++) {
		if ((unwinder->arch->callee_saved >> reg & 1) && reg != unwinder->arch->reg_sp &&
		    iq_reg_known(&frame->regs, reg)) {
			iq_reg_set(&next->regs, reg, frame->regs.value[reg]);
			next->slots[reg] = frame->slots[reg];
		}
	}
	return NULL;
}

struct iq_error *iq_code_step(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next,
			      bool *end)
{
	bool done;
	const struct iq_image *image = iq_image_at(unwinder->options.images, iq_frame_insn(frame));
	*end = false;
	if (!frame->pc_is_return && !image)
		return step_from_nowhere(unwinder, frame, next);
	if (image && image->kind == IQ_IMAGE_KPROBE_PAGE)
		return step_from_detour(unwinder, frame, next);
	IQ_TRY(step_from_entry(unwinder, frame, next, &done, end));
	if (done)
		return NULL;
	struct iq_error *error = step_by_code(unwinder, frame, next);
	if (!error || error->code == IQ_ERROR_NO_MEMORY)
		return error;
	/* The frame pointer comes last: it knows less of the caller, and anyone may have destroyed it. */
	static struct iq_error *(*const others[])(struct iq_unwinder *, const struct iq_frame *, struct iq_frame *) = {
		iq_cfi_step, step_by_frame_pointer
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(others); i++) {
		memset(next, 0, sizeof(*next));
		if (!iq_failed(others[i](unwinder, frame, next))) {
			iq_error_free(error);
			return NULL;
		}
	}
	return error;
}
