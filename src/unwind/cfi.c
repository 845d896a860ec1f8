// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame after one that neither ORC nor the code leads on from, by DWARF's call frame information, where debug
 * information is at hand; and the callee-saved registers, which it knows exactly. Kernels keep none of it in memory.
 */
#include "unwind/internal.h"

#include "type/dwarf.h"

static bool is_callee_saved(const struct iq_arch *arch, unsigned reg)
{
	return reg < 16 && reg != arch->reg_sp && (arch->callee_saved >> reg & 1);
}

static struct iq_error *find_cfa(struct iq_unwinder *unwinder, const struct iq_cfi *cfi, const struct iq_frame *frame,
				 uint64_t *cfa)
{
	uint8_t reg = cfi->cfa_is_expression ? IQ_NO_REG : unwinder->arch->reg_from_dwarf(cfi->cfa_reg);
	if (cfi->cfa_is_expression || reg == IQ_NO_REG || !iq_reg_known(&frame->regs, reg))
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "call frame information wants a register that is not known at %#lx", frame->pc);
	*cfa = frame->regs.value[reg] + (uint64_t)cfi->cfa_offset;
	return NULL;
}

/* What the caller had in its callee-saved registers. One that can't be read is only unknown. */
static void restore(struct iq_unwinder *unwinder, const struct iq_cfi *cfi, uint64_t cfa, const struct iq_frame *frame,
		    struct iq_frame *next)
{
	for (unsigned number = 0; number < IQ_ARRAY_SIZE(cfi->rules); number++) {
		uint8_t reg = unwinder->arch->reg_from_dwarf(number);
		uint64_t value, slot = cfa + (uint64_t)cfi->offsets[number];
		if (!is_callee_saved(unwinder->arch, reg))
			continue;
		if (cfi->rules[number] == IQ_CFI_AT_CFA &&
		    !iq_failed(iq_read_u64(unwinder->options.target, slot, &value))) {
			iq_reg_set(&next->regs, reg, value);
			next->slots[reg] = slot;
		} else if (cfi->rules[number] == IQ_CFI_SAME && iq_reg_known(&frame->regs, reg)) {
			iq_reg_set(&next->regs, reg, frame->regs.value[reg]);
			next->slots[reg] = frame->slots[reg];
		}
	}
}

struct iq_error *iq_cfi_step(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next)
{
	struct iq_images *images = unwinder->options.images;
	const struct iq_image *image = iq_image_at(images, iq_frame_insn(frame));
	struct iq_dwarf *dwarf;
	struct iq_cfi cfi;
	uint64_t cfa;
	if (!image)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is in no known code", frame->pc);
	IQ_TRY(iq_image_dwarf(images, image, &dwarf));
	IQ_TRY(iq_dwarf_cfi(dwarf, iq_frame_insn(frame), &cfi));
	IQ_TRY(find_cfa(unwinder, &cfi, frame, &cfa));
	if (cfi.return_reg >= IQ_ARRAY_SIZE(cfi.rules) || cfi.rules[cfi.return_reg] != IQ_CFI_AT_CFA)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "call frame information has no return address for %#lx",
				    frame->pc);
	next->kind = IQ_FRAME_CALL;
	next->proof = IQ_PROOF_CFI;
	next->pc_is_return = true;
	next->pc_slot = cfa + (uint64_t)cfi.offsets[cfi.return_reg];
	next->sp = cfa;
	IQ_TRY(iq_error_prefix(iq_read_u64(unwinder->options.target, next->pc_slot, &next->pc), "return address"));
	if (!iq_is_return_address(unwinder, next->pc) && !iq_is_unreadable_code(unwinder, next->pc) &&
	    !iq_is_first_code(unwinder, next->pc))
		return iq_error_new(IQ_ERROR_FORMAT, "call frame information leads to %#lx, which is no return address",
				    next->pc);
	iq_reg_set(&next->regs, unwinder->arch->reg_pc, next->pc);
	iq_reg_set(&next->regs, unwinder->arch->reg_sp, cfa);
	restore(unwinder, &cfi, cfa, frame, next);
	return NULL;
}

bool iq_cfi_restore(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next)
{
	struct iq_images *images = unwinder->options.images;
	const struct iq_image *image = iq_image_at(images, iq_frame_insn(frame));
	struct iq_dwarf *dwarf = image ? iq_image_open_dwarf(images, image) : NULL;
	struct iq_cfi cfi;
	uint64_t cfa;
	if (!dwarf || iq_failed(iq_dwarf_cfi(dwarf, iq_frame_insn(frame), &cfi)) ||
	    iq_failed(find_cfa(unwinder, &cfi, frame, &cfa)) || cfa != next->sp)
		return false;
	restore(unwinder, &cfi, cfa, frame, next);
	return true;
}
