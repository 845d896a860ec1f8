/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an instruction of x86-64 does to the stack pointer. */
#include "arch/x86_64.h"
#include "arch/x86_64_insn.h"

#include <Zydis/Zydis.h>
#include <string.h>

/* The width of the implicit access through RSP, in bytes; 0 if there is none. */
static int64_t slot_size(const struct iq_insn *insn, bool write)
{
	unsigned i;

	for (i = 0; i < insn->operand_count; i++) {
		const struct iq_operand *operand = &insn->operands[i];

		if (operand->kind == IQ_OPERAND_MEM && operand->implicit && operand->base == IQ_X86_RSP &&
		    (write ? operand->write : operand->read))
			return operand->width / 8;
	}
	return 0;
}

static bool writes_rsp(const struct iq_insn *insn)
{
	unsigned i;

	for (i = 0; i < insn->operand_count; i++)
		if (insn->operands[i].kind == IQ_OPERAND_REG && insn->operands[i].reg == IQ_X86_RSP &&
		    insn->operands[i].write)
			return true;
	return false;
}

static bool is_full_rsp(const struct iq_operand *operand)
{
	return operand->kind == IQ_OPERAND_REG && operand->reg == IQ_X86_RSP && operand->width == 64;
}

/* add, sub and lea with %rsp as destination. */
static bool arithmetic_effect(const struct iq_insn *insn, int64_t *delta)
{
	const struct iq_operand *to = &insn->operands[0], *from = &insn->operands[1];

	if (insn->operand_count < 2 || !is_full_rsp(to))
		return false;
	if (insn->mnemonic == ZYDIS_MNEMONIC_LEA) {
		*delta = from->displacement;
		return from->base == IQ_X86_RSP && from->index == IQ_NO_REG && !from->pc_relative;
	}
	*delta = (int64_t)(insn->mnemonic == ZYDIS_MNEMONIC_ADD ? from->immediate : -from->immediate);
	return from->kind == IQ_OPERAND_IMM;
}

bool iq_x86_64_stack_effect(const struct iq_insn *insn, int64_t *delta)
{
	*delta = 0;
	if (!writes_rsp(insn))
		return true;
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
	case ZYDIS_MNEMONIC_PUSHF:
	case ZYDIS_MNEMONIC_PUSHFQ: *delta = -slot_size(insn, true); return *delta != 0;
	case ZYDIS_MNEMONIC_POP:
	case ZYDIS_MNEMONIC_POPF:
	case ZYDIS_MNEMONIC_POPFQ:
		*delta = slot_size(insn, false);
		return *delta != 0 && !(insn->operands[0].reg == IQ_X86_RSP && !insn->operands[0].implicit);
	case ZYDIS_MNEMONIC_CALL: *delta = -8; return slot_size(insn, true) == 8 && strcmp(insn->name, "call") == 0;
	case ZYDIS_MNEMONIC_RET:
		*delta = 8 + (insn->operands[0].kind == IQ_OPERAND_IMM ? (int64_t)insn->operands[0].immediate : 0);
		return slot_size(insn, false) == 8 && strcmp(insn->name, "ret") == 0;
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_LEA: return arithmetic_effect(insn, delta);
	default: return false;
	}
}
