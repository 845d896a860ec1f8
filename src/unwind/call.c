// SPDX-License-Identifier: GPL-2.0-or-later
/* What a function passed to the one that it called, as its own code tells: the argument was copied out of a register
 * that calls preserve, or was an address in its own frame. */
#include "unwind/internal.h"

#include <string.h>

enum { MAX_CALLER = 256 * 1024, MAX_BACK = 64 };

/* The instructions of the function up to the call, and which of them something jumps to. */
struct caller {
	const struct iq_frame *frame;
	const struct iq_arch *arch;
	IQ_VEC(struct iq_insn) insns;
	struct iq_map targets;
	bool anywhere; /* a jump whose target is not known */
};

static void caller_free(struct caller *caller)
{
	iq_vec_free(&caller->insns);
	iq_map_free(&caller->targets);
}

static struct iq_error *add(struct caller *caller, const struct iq_insn *insn)
{
	bool added;
	caller->anywhere |= insn->flow == IQ_FLOW_JUMP && !insn->has_target;
	if (insn->has_target && insn->flow != IQ_FLOW_CALL && !iq_map_add(&caller->targets, insn->target, &added))
		return iq_error_no_memory();
	if (insn->address >= caller->frame->pc)
		return NULL;
	struct iq_insn *kept = iq_vec_push(&caller->insns);
	if (!kept)
		return iq_error_no_memory();
	*kept = *insn;
	return NULL;
}

/* Reads the whole function: a jump into the middle may come from behind the call. */
static struct iq_error *read_caller(struct iq_unwinder *unwinder, struct caller *caller)
{
	struct iq_symbol symbol;
	IQ_TRY(iq_symbol_at(unwinder->options.symbols, caller->frame->pc - 1, &symbol));
	if (!symbol.size || symbol.size > MAX_CALLER)
		return iq_error_new(IQ_ERROR_LIMIT, "%s is %lu bytes long", symbol.name, symbol.size);
	_cleanup_free_ uint8_t *code = malloc(symbol.size);
	if (!code)
		return iq_error_no_memory();
	IQ_TRY(iq_read(unwinder->options.target, symbol.address, code, symbol.size));
	struct iq_insn insn;
	for (uint64_t at = 0; at < symbol.size; at += insn.length) {
		struct iq_error *error = caller->arch->decode(code + at, IQ_MIN(symbol.size - at, UINT64_C(15)),
							      symbol.address + at, &insn);
		if (error && symbol.address + at < caller->frame->pc)
			return error;
		if (iq_failed(error))
			insn = (struct iq_insn){ .address = symbol.address + at, .length = 1 }; /* padding */
		IQ_TRY(add(caller, &insn));
	}
	return NULL;
}

static bool writes(const struct iq_insn *insn, unsigned reg)
{
	for (unsigned i = 0; i < insn->operand_count; i++) {
		if (insn->operands[i].kind == IQ_OPERAND_REG && insn->operands[i].write && insn->operands[i].reg == reg)
			return true;
	}
	return false;
}

static bool is_jump_target(const struct caller *caller, const struct iq_insn *insn)
{
	return caller->anywhere || iq_map_get(&caller->targets, insn->address, NULL);
}

/* Is the register's value at instruction `n` the one that the frame still has? Calls preserve it, and nothing writes it
 * up to the call. */
static bool lasts(const struct caller *caller, unsigned reg, size_t n)
{
	if (reg >= 64 || !(caller->arch->callee_saved >> reg & 1) || !iq_reg_known(&caller->frame->regs, reg))
		return false;
	/* The call itself moves the stack pointer, and its return moves it back. */
	for (size_t i = n; i + 1 < caller->insns.count; i++) {
		if (writes(&caller->insns.data[i], reg))
			return false;
	}
	return true;
}

/* The value that instruction `n` gives the register; false where it can't be told. *from: it is a copy of that one. */
static bool value_made(const struct caller *caller, size_t n, uint64_t *value, unsigned *from)
{
	const struct iq_insn *insn = &caller->insns.data[n];
	const struct iq_operand *to = &insn->operands[0], *by = &insn->operands[1];
	*from = IQ_NO_REG;
	if (insn->operand_count < 2 || to->reg_shift || to->width < 32)
		return false;
	if (strcmp(insn->name, "lea") == 0 && to->width == 64 && by->kind == IQ_OPERAND_MEM && !by->segment &&
	    by->index == IQ_NO_REG && !by->pc_relative && by->base != IQ_NO_REG && lasts(caller, by->base, n + 1)) {
		*value = caller->frame->regs.value[by->base] + (uint64_t)by->displacement;
		return true;
	}
	if (strcmp(insn->name, "xor") == 0 && by->kind == IQ_OPERAND_REG && by->reg == to->reg) {
		*value = 0;
		return true;
	}
	if (strncmp(insn->name, "mov", 3) != 0 || insn->name[3] == 's' || insn->name[3] == 'z')
		return false;
	if (by->kind == IQ_OPERAND_IMM) {
		*value = to->width == 64 ? by->immediate : (uint32_t)by->immediate;
		return true;
	}
	if (by->kind != IQ_OPERAND_REG || to->width != 64)
		return false;
	*from = by->reg;
	*value = caller->frame->regs.value[by->reg % IQ_MAX_REGS];
	return lasts(caller, by->reg, n + 1);
}

struct iq_error *iq_call_argument(struct iq_unwinder *unwinder, const struct iq_frame *frame, unsigned reg,
				  uint64_t *value)
{
	_cleanup_(caller_free) struct caller caller = { .frame = frame, .arch = unwinder->arch };
	if (!frame->pc_is_return || frame->kind != IQ_FRAME_CALL)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the caller is not known");
	IQ_TRY(read_caller(unwinder, &caller));
	size_t count = caller.insns.count, n = count ? count - 1 : 0;
	if (!count || caller.insns.data[n].flow != IQ_FLOW_CALL ||
	    caller.insns.data[n].address + caller.insns.data[n].length != frame->pc)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "before %#lx is no call", frame->pc);
	unsigned wanted = reg;
	for (unsigned steps = 0; n > 0 && steps < MAX_BACK && !is_jump_target(&caller, &caller.insns.data[n]);
	     steps++) {
		const struct iq_insn *insn = &caller.insns.data[--n];
		if (insn->flow != IQ_FLOW_NEXT && insn->flow != IQ_FLOW_COND_JUMP)
			break;
		if (!writes(insn, wanted))
			continue;
		unsigned from;
		if (value_made(&caller, n, value, &from))
			return NULL;
		if (from == IQ_NO_REG)
			break;
		wanted = from;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "the code before %#lx does not tell what it passed in %s", frame->pc,
			    unwinder->arch->reg_names[reg]);
}
