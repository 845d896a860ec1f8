// SPDX-License-Identifier: GPL-2.0-or-later
/* Call frame information: .debug_frame, then .eh_frame of files that libdwfl did not relocate. */
#include "type/dwarf_internal.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <string.h>

/* CFA = register + offset, when libdw's expression for it says no more than that. */
static void set_cfa(Dwarf_Frame *frame, struct iq_cfi *out)
{
	Dwarf_Op *ops;
	size_t count = 0;
	out->cfa_is_expression = true;
	if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count != 1)
		return;
	if (ops->atom >= DW_OP_breg0 && ops->atom <= DW_OP_breg31) {
		out->cfa_reg = ops->atom - DW_OP_breg0;
		out->cfa_offset = (int64_t)ops->number;
	} else if (ops->atom == DW_OP_bregx) {
		out->cfa_reg = (unsigned)IQ_MIN(ops->number, UINT32_MAX);
		out->cfa_offset = (int64_t)ops->number2;
	} else {
		return;
	}
	out->cfa_is_expression = false;
}

/* libdw puts each rule as an expression: nothing (undefined), nothing at NULL (same value), DW_OP_call_frame_cfa with
 * DW_OP_plus_uconst (a memory location, or with DW_OP_stack_value the value). */
static void set_rule(Dwarf_Frame *frame, int number, struct iq_cfi *out)
{
	Dwarf_Op storage[3], *ops = NULL;
	size_t count = 0;
	enum iq_cfi_rule *rule = &out->rules[number];
	*rule = IQ_CFI_UNKNOWN;
	if (dwarf_frame_register(frame, number, storage, &ops, &count) != 0)
		return;
	if (!count) {
		*rule = ops ? IQ_CFI_UNKNOWN : IQ_CFI_SAME;
		return;
	}
	*rule = IQ_CFI_EXPRESSION;
	if (ops[0].atom != DW_OP_call_frame_cfa)
		return;
	size_t at = 1;
	if (at < count && ops[at].atom == DW_OP_plus_uconst)
		out->offsets[number] = (int64_t)ops[at++].number;
	if (at == count)
		*rule = IQ_CFI_AT_CFA;
	else if (at + 1 == count && ops[at].atom == DW_OP_stack_value)
		*rule = IQ_CFI_CFA_PLUS;
}

/* Tables don't mention what the ABI says (System V, AMD64, 3.2.1): the callee gives RBX, RBP and R12 to R15 back as
 * they were, and RSP is the CFA then. */
static void apply_abi(struct iq_cfi *cfi)
{
	static const uint8_t preserved[] = { 3, 6, 12, 13, 14, 15 };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(preserved); i++) {
		if (cfi->rules[preserved[i]] == IQ_CFI_UNKNOWN)
			cfi->rules[preserved[i]] = IQ_CFI_SAME;
	}
	/* libebl (backends/x86_64_cfi.c, also in 0.188) means rbx and names rax. */
	if (cfi->rules[0] == IQ_CFI_SAME)
		cfi->rules[0] = IQ_CFI_UNKNOWN;
	if (cfi->rules[7] == IQ_CFI_UNKNOWN || cfi->rules[7] == IQ_CFI_SAME)
		cfi->rules[7] = IQ_CFI_CFA_PLUS;
}

static struct iq_error *read_frame(const struct iq_dwarf *dwarf, Dwarf_Frame *frame, struct iq_cfi *out)
{
	Dwarf_Addr start, end;
	bool signal = false;
	int return_reg = dwarf_frame_info(frame, &start, &end, &signal);
	if (return_reg < 0)
		return iq_dwarf_error(dwarf, "call frame information");
	out->return_reg = (unsigned)return_reg;
	out->signal_frame = signal;
	set_cfa(frame, out);
	for (int i = 0; i < (int)IQ_ARRAY_SIZE(out->rules); i++)
		set_rule(frame, i, out);
	apply_abi(out);
	return NULL;
}

static bool find_frame(Dwarf_CFI *cfi, uint64_t pc, Dwarf_Frame **frame)
{
	return cfi && dwarf_cfi_addrframe(cfi, pc, frame) == 0;
}

/* Of ET_REL files it still has section-relative addresses: libdwfl relocates debug sections only. */
static Dwarf_CFI *eh_frame(struct iq_dwarf *dwarf)
{
	if (!dwarf->eh_frame_tried && !dwarf->relocatable)
		dwarf->eh_frame = dwarf_getcfi_elf(dwarf->elf);
	dwarf->eh_frame_tried = true;
	return dwarf->eh_frame;
}

struct iq_error *iq_dwarf_cfi(struct iq_dwarf *dwarf, uint64_t pc, struct iq_cfi *out)
{
	uint64_t at = iq_dwarf_file_pc(dwarf, pc);
	Dwarf_Frame *frame = NULL;
	*out = (struct iq_cfi){ 0 };
	if (!find_frame(dwarf_getcfi(dwarf->dwarf), at, &frame) && !find_frame(eh_frame(dwarf), at, &frame))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no call frame information for %#lx", dwarf->path, pc);
	struct iq_error *error = read_frame(dwarf, frame, out);
	free(frame);
	return error;
}

#else

struct iq_error *iq_dwarf_cfi(struct iq_dwarf *dwarf, uint64_t pc, struct iq_cfi *out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "made without elfutils");
}

#endif
