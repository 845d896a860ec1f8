/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine instruction is, for those who look for the JIT compiler's shapes. */
#ifndef IQ_BPF_SHAPE_H
#define IQ_BPF_SHAPE_H

#include "arch/x86_64.h"
#include "bpf/machine.h"

#include <string.h>

static inline bool iq_shape_is(const struct iq_insn *insn, const char *name)
{
	return strcmp(insn->name, name) == 0;
}

/* nop of any length, endbr, and what stands in their place. */
static inline bool iq_shape_nop(const struct iq_insn *insn)
{
	return strncmp(insn->name, "nop", 3) == 0 || strncmp(insn->name, "endbr", 5) == 0 ||
	       (iq_shape_is(insn, "xchg") && insn->bytes[insn->length - 1] == 0x90);
}

static inline bool iq_shape_reg(const struct iq_operand *op, uint8_t reg, unsigned width)
{
	return op->kind == IQ_OPERAND_REG && op->reg == reg && !op->reg_shift && op->width == width;
}

static inline bool iq_shape_imm(const struct iq_operand *op, uint64_t value)
{
	return op->kind == IQ_OPERAND_IMM && op->immediate == value;
}

/* NAME REG, of 64 bits: push, pop. */
static inline bool iq_shape_one(const struct iq_insn *insn, const char *name, uint8_t reg)
{
	return iq_shape_is(insn, name) && insn->operand_count && iq_shape_reg(&insn->operands[0], reg, 64);
}

/* NAME to register from register. */
static inline bool iq_shape_two(const struct iq_insn *insn, const char *name, uint8_t to, uint8_t from, unsigned width)
{
	return iq_shape_is(insn, name) && insn->operand_count >= 2 && iq_shape_reg(&insn->operands[0], to, width) &&
	       iq_shape_reg(&insn->operands[1], from, width);
}

/* NAME register, constant. */
static inline bool iq_shape_constant(const struct iq_insn *insn, const char *name, uint8_t to)
{
	return iq_shape_is(insn, name) && insn->operand_count >= 2 && iq_shape_reg(&insn->operands[0], to, 64) &&
	       insn->operands[1].kind == IQ_OPERAND_IMM;
}

/* Reads instructions one after the other; each step looks whether the next one is what is wanted. */
struct iq_shape_reader {
	const struct iq_bpf_machine *machine;
	size_t at;
	struct iq_insn insn; /* the one at `at` */
	bool valid;
};

static inline void iq_shape_seek(struct iq_shape_reader *reader, size_t at)
{
	reader->at = at;
	reader->valid = iq_bpf_machine_insn(reader->machine, at, &reader->insn);
}

/* Goes on if `matches`; tells whether it did. */
static inline bool iq_shape_take(struct iq_shape_reader *reader, bool matches)
{
	if (!reader->valid || !matches)
		return false;
	iq_shape_seek(reader, reader->at + 1);
	return true;
}

/* Does a jump or call lead out of the image? */
static inline bool iq_shape_leaves(const struct iq_bpf_machine *machine, const struct iq_insn *insn)
{
	return insn->has_target && insn->target - machine->address >= machine->size;
}

/* Five bytes that the kernel patches: a nop, or a jump. */
static inline bool iq_shape_patched(const struct iq_shape_reader *reader)
{
	const struct iq_insn *insn = &reader->insn;
	return reader->valid && insn->length == 5 &&
	       (iq_shape_nop(insn) || (insn->flow == IQ_FLOW_JUMP && insn->has_target));
}

#endif
