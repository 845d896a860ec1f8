// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an opcode does. What the verifier does not let through and the kernel does not make itself is INVALID; operands
 * that are ignored are not looked at. Facts: Documentation/bpf/standardization/instruction-set.rst; check_alu_op(),
 * check_cond_jmp_op(), check_atomic() and check_ld_abs() in kernel/bpf/verifier.c.
 */
#include "bpf/insn_code.h"

#include <string.h>

static struct iq_bpf_meaning make(enum iq_bpf_kind kind, unsigned width)
{
	return (struct iq_bpf_meaning){ .kind = kind, .slots = 1, .width = width };
}

static const struct iq_bpf_meaning invalid = { .kind = IQ_BPF_INVALID, .slots = 1 };

static struct iq_bpf_meaning alu(struct iq_bpf_insn insn)
{
	bool wide = iq_bpf_class(insn) == IQ_BPF_ALU64, x = insn.code & IQ_BPF_X;
	struct iq_bpf_meaning meaning = make(IQ_BPF_ALU, wide ? 8 : 4);
	meaning.uses_imm = !x;
	switch (iq_bpf_op(insn)) {
	case IQ_BPF_NEG: return x ? invalid : meaning;
	case IQ_BPF_END:
		if ((wide && x) || (insn.imm != 16 && insn.imm != 32 && insn.imm != 64))
			return invalid;
		meaning.width = (unsigned)insn.imm / 8;
		meaning.uses_imm = true;
		return meaning;
	case 0xe0:
	case 0xf0: return invalid;
	default: return meaning;
	}
}

static struct iq_bpf_meaning jump_to(enum iq_bpf_kind kind, unsigned width, int64_t distance)
{
	struct iq_bpf_meaning meaning = make(kind, width);
	meaning.has_target = true;
	meaning.target = distance + 1;
	return meaning;
}

/* The kernel keeps the distance of a function in imm until the program is loaded; then it goes into off, and imm is
 * the function's number (JITed) or says how it is interpreted. */
static struct iq_bpf_meaning call_of(struct iq_bpf_insn insn)
{
	if (insn.src != IQ_BPF_PSEUDO_CALL)
		return make(IQ_BPF_CALL, 0);
	return jump_to(IQ_BPF_CALL, 0, insn.off ? insn.off : insn.imm);
}

static struct iq_bpf_meaning jump(struct iq_bpf_insn insn)
{
	struct iq_bpf_meaning meaning;
	switch (insn.code) {
	case IQ_BPF_CODE_JA: return jump_to(IQ_BPF_JUMP, 0, insn.off);
	case IQ_BPF_CODE_GOTOL: return jump_to(IQ_BPF_JUMP, 0, insn.imm);
	case IQ_BPF_CODE_GOTOX: return make(IQ_BPF_JUMP, 0);
	case IQ_BPF_CODE_CALL: return call_of(insn);
	case IQ_BPF_CODE_CALLX: return make(IQ_BPF_CALL, 0);
	case IQ_BPF_CODE_EXIT: return make(IQ_BPF_EXIT, 0);
	case IQ_BPF_CODE_TAIL_CALL: return make(IQ_BPF_TAIL_CALL, 0);
	case IQ_BPF_CODE_JCOND:
		return insn.src == IQ_BPF_PSEUDO_CALL ? call_of(insn)
		       : insn.src == 0                ? jump_to(IQ_BPF_BRANCH, 0, insn.off)
						      : invalid;
	default: break;
	}
	switch (iq_bpf_op(insn)) {
	case IQ_BPF_JA:
	case IQ_BPF_CALL_OP:
	case IQ_BPF_EXIT_OP:
	case IQ_BPF_JCOND:
	case IQ_BPF_TAIL_CALL_OP: return invalid;
	default:
		meaning = jump_to(IQ_BPF_BRANCH, iq_bpf_class(insn) == IQ_BPF_JMP ? 8 : 4, insn.off);
		meaning.uses_imm = !(insn.code & IQ_BPF_X);
		return meaning;
	}
}

static struct iq_bpf_meaning load_immediate(const struct iq_bpf_insn *insns, size_t count, size_t index)
{
	struct iq_bpf_insn insn = insns[index];
	struct iq_bpf_meaning meaning;
	switch (iq_bpf_mode(insn)) {
	case IQ_BPF_ABS:
	case IQ_BPF_IND:
		if (iq_bpf_size(insn) == 8)
			return invalid;
		return make(IQ_BPF_LD_ABS, iq_bpf_size(insn));
	case IQ_BPF_IMM:
		if (insn.code != IQ_BPF_CODE_LD_IMM64 || count - index < 2 || insns[index + 1].code)
			return invalid;
		meaning = make(IQ_BPF_LD_IMM64, 8);
		meaning.slots = 2;
		meaning.uses_imm = true;
		return meaning;
	default: return invalid;
	}
}

static struct iq_bpf_meaning load(struct iq_bpf_insn insn)
{
	unsigned size = iq_bpf_size(insn);
	struct iq_bpf_meaning meaning = make(IQ_BPF_LOAD, size);
	switch (iq_bpf_mode(insn)) {
	case IQ_BPF_MEM:
	case IQ_BPF_PROBE_MEM:
	case IQ_BPF_PROBE_MEM32: return meaning;
	case IQ_BPF_MEMSX:
	case IQ_BPF_PROBE_MEMSX:
	case IQ_BPF_PROBE_MEM32SX: meaning.signed_load = true; return size == 8 ? invalid : meaning;
	default: return invalid;
	}
}

static bool is_atomic(struct iq_bpf_insn insn)
{
	switch (insn.imm) {
	case IQ_BPF_LOAD_ACQUIRE:
	case IQ_BPF_STORE_RELEASE: return true;
	case IQ_BPF_ADD:
	case IQ_BPF_OR:
	case IQ_BPF_AND:
	case IQ_BPF_XOR:
	case IQ_BPF_ADD | IQ_BPF_FETCH:
	case IQ_BPF_OR | IQ_BPF_FETCH:
	case IQ_BPF_AND | IQ_BPF_FETCH:
	case IQ_BPF_XOR | IQ_BPF_FETCH:
	case IQ_BPF_XCHG:
	case IQ_BPF_CMPXCHG: return iq_bpf_size(insn) >= 4;
	default: return false;
	}
}

static struct iq_bpf_meaning store(struct iq_bpf_insn insn)
{
	bool x = iq_bpf_class(insn) == IQ_BPF_STX;
	struct iq_bpf_meaning meaning = make(IQ_BPF_STORE, iq_bpf_size(insn));
	meaning.uses_imm = !x;
	switch (iq_bpf_mode(insn)) {
	case IQ_BPF_MEM:
	case IQ_BPF_PROBE_MEM32: return meaning;
	case IQ_BPF_ATOMIC_MODE:
		if (!x)
			return insn.code == IQ_BPF_CODE_NOSPEC ? make(IQ_BPF_NOSPEC, 0) : invalid;
		break;
	case IQ_BPF_PROBE_ATOMIC:
		if (!x)
			return invalid;
		break;
	default: return invalid;
	}
	meaning.kind = IQ_BPF_ATOMIC;
	return is_atomic(insn) ? meaning : invalid;
}

struct iq_bpf_meaning iq_bpf_insn_meaning(const struct iq_bpf_insn *insns, size_t count, size_t index)
{
	if (index >= count)
		return invalid;
	struct iq_bpf_insn insn = insns[index];
	if (insn.dst > IQ_BPF_MAX_REG || insn.src > IQ_BPF_MAX_REG)
		return invalid;
	switch (iq_bpf_class(insn)) {
	case IQ_BPF_LD: return load_immediate(insns, count, index);
	case IQ_BPF_LDX: return load(insn);
	case IQ_BPF_ST:
	case IQ_BPF_STX: return store(insn);
	case IQ_BPF_ALU32:
	case IQ_BPF_ALU64: return alu(insn);
	default: return jump(insn);
	}
}
