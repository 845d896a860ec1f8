// SPDX-License-Identifier: GPL-2.0-or-later
/* Values that registers may hold: joins, arithmetic, what branches tell. */
#include "bpf/flow.h"
#include "bpf/insn_code.h"

static bool is_pointer(const struct iq_bpf_value *v)
{
	return v->kind >= IQ_BPF_V_STACK;
}

static bool maybe_stack(const struct iq_bpf_value *v)
{
	return v->kind == IQ_BPF_V_STACK || (v->kind == IQ_BPF_V_UNKNOWN && v->maybe_stack);
}

static struct iq_bpf_value unknown(bool stack)
{
	return (struct iq_bpf_value){ .kind = IQ_BPF_V_UNKNOWN, .maybe_stack = stack };
}

/* All numbers are nothing known. */
static struct iq_bpf_value number(uint64_t least, uint64_t most)
{
	return least == 0 && most == UINT64_MAX ? unknown(false) : iq_bpf_range(least, most);
}

bool iq_bpf_value_same(const struct iq_bpf_value *a, const struct iq_bpf_value *b)
{
	if (a->kind != b->kind || a->maybe_null != b->maybe_null)
		return false;
	if (a->kind == IQ_BPF_V_UNKNOWN)
		return a->maybe_stack == b->maybe_stack;
	if (a->kind == IQ_BPF_V_NUMBER)
		return a->least == b->least && a->most == b->most;
	return a->id == b->id && a->offset == b->offset && a->span == b->span;
}

/* Joins. */

static struct iq_bpf_value or_null(struct iq_bpf_value pointer)
{
	pointer.maybe_null = true;
	return pointer;
}

static bool is_null(const struct iq_bpf_value *v)
{
	return v->kind == IQ_BPF_V_NUMBER && v->most == 0;
}

static struct iq_bpf_value join_pointers(const struct iq_bpf_value *a, const struct iq_bpf_value *b, bool widen)
{
	struct iq_bpf_value value = *a;
	value.maybe_null = a->maybe_null || b->maybe_null;
	if (a->offset == b->offset && a->span == b->span)
		return value;
	value.offset = a->offset < b->offset ? a->offset : b->offset;
	if (widen || a->span > INT32_MAX || b->span > INT32_MAX) {
		value.offset = 0;
		value.span = IQ_BPF_ANYWHERE;
		return value;
	}
	int64_t a_end = a->offset + (int64_t)a->span, b_end = b->offset + (int64_t)b->span;
	value.span = (uint64_t)(a_end > b_end ? a_end : b_end) - (uint64_t)value.offset;
	return value;
}

struct iq_bpf_value iq_bpf_value_join(const struct iq_bpf_value *a, const struct iq_bpf_value *b, bool widen)
{
	if (iq_bpf_value_same(a, b))
		return *a;
	if (a->kind == IQ_BPF_V_NUMBER && b->kind == IQ_BPF_V_NUMBER) {
		if (widen)
			return unknown(false);
		return number(a->least < b->least ? a->least : b->least, a->most > b->most ? a->most : b->most);
	}
	if (is_pointer(a) && is_null(b))
		return or_null(*a);
	if (is_pointer(b) && is_null(a))
		return or_null(*b);
	if (is_pointer(a) && a->kind == b->kind && a->id == b->id)
		return join_pointers(a, b, widen);
	return unknown(maybe_stack(a) || maybe_stack(b));
}

/* Arithmetic. */

/* Farther than this is nowhere; sums of these don't overflow. */
#define FAR (INT64_C(1) << 40)

/* A pointer that is moved by least to most bytes. */
static struct iq_bpf_value move(struct iq_bpf_value pointer, uint64_t least, uint64_t most)
{
	if (pointer.span == IQ_BPF_ANYWHERE || most - least > INT32_MAX || pointer.span > INT32_MAX ||
	    __builtin_add_overflow(pointer.offset, (int64_t)least, &pointer.offset) || pointer.offset > FAR ||
	    pointer.offset < -FAR) {
		pointer.offset = 0;
		pointer.span = IQ_BPF_ANYWHERE;
		return pointer;
	}
	pointer.span += most - least;
	return pointer;
}

static struct iq_bpf_value anywhere(struct iq_bpf_value pointer)
{
	pointer.offset = 0;
	pointer.span = IQ_BPF_ANYWHERE;
	return pointer;
}

static struct iq_bpf_value add(const struct iq_bpf_value *a, const struct iq_bpf_value *b)
{
	uint64_t least, most;
	if (is_pointer(b) && !is_pointer(a)) {
		const struct iq_bpf_value *swap = a;
		a = b;
		b = swap;
	}
	if (is_pointer(a) && is_pointer(b))
		return unknown(maybe_stack(a) || maybe_stack(b));
	if (is_pointer(a))
		return b->kind == IQ_BPF_V_NUMBER ? move(*a, b->least, b->most) : anywhere(*a);
	if (a->kind == IQ_BPF_V_NUMBER && b->kind == IQ_BPF_V_NUMBER) {
		if (iq_bpf_is_constant(a) && iq_bpf_is_constant(b))
			return iq_bpf_range(a->least + b->least, a->least + b->least);
		if (!__builtin_add_overflow(a->least, b->least, &least) &&
		    !__builtin_add_overflow(a->most, b->most, &most))
			return number(least, most);
	}
	return unknown(maybe_stack(a) || maybe_stack(b));
}

static struct iq_bpf_value subtract(const struct iq_bpf_value *a, const struct iq_bpf_value *b)
{
	if (is_pointer(a) && b->kind == IQ_BPF_V_NUMBER)
		return move(*a, -b->most, -b->least);
	if (is_pointer(a) && is_pointer(b)) {
		if (a->kind == b->kind && a->id == b->id && !a->span && !b->span && !a->maybe_null && !b->maybe_null) {
			uint64_t distance = (uint64_t)a->offset - (uint64_t)b->offset;
			return iq_bpf_range(distance, distance);
		}
		return unknown(false);
	}
	if (is_pointer(a))
		return anywhere(*a);
	if (a->kind == IQ_BPF_V_NUMBER && b->kind == IQ_BPF_V_NUMBER && a->least >= b->most)
		return number(a->least - b->most, a->most - b->least);
	return unknown(maybe_stack(a));
}

static uint64_t divide(uint64_t a, uint64_t b, bool is_signed, bool narrow)
{
	if (!b)
		return 0; /* by definition */
	if (!is_signed)
		return a / b;
	int64_t x = narrow ? (int32_t)a : (int64_t)a, y = narrow ? (int32_t)b : (int64_t)b;
	return y == -1 ? -(uint64_t)x : (uint64_t)(x / y);
}

static uint64_t remainder_of(uint64_t a, uint64_t b, bool is_signed, bool narrow)
{
	if (!b)
		return a;
	if (!is_signed)
		return a % b;
	int64_t x = narrow ? (int32_t)a : (int64_t)a, y = narrow ? (int32_t)b : (int64_t)b;
	return y == -1 ? 0 : (uint64_t)(x % y);
}

/* Both operands are known. Narrow ones are 32 bits, zero-extended; so is the result. */
static uint64_t calculate(struct iq_bpf_insn insn, uint64_t a, uint64_t b)
{
	bool narrow = iq_bpf_class(insn) == IQ_BPF_ALU32, is_signed = iq_bpf_is_signed_division(insn);
	unsigned shift = (unsigned)b & (narrow ? 31 : 63);
	switch (iq_bpf_op(insn)) {
	case IQ_BPF_ADD: return a + b;
	case IQ_BPF_SUB: return a - b;
	case IQ_BPF_MUL: return a * b;
	case IQ_BPF_DIV: return divide(a, b, is_signed, narrow);
	case IQ_BPF_MOD: return remainder_of(a, b, is_signed, narrow);
	case IQ_BPF_OR: return a | b;
	case IQ_BPF_AND: return a & b;
	case IQ_BPF_XOR: return a ^ b;
	case IQ_BPF_LSH: return a << shift;
	case IQ_BPF_RSH: return a >> shift;
	case IQ_BPF_NEG: return -a;
	case IQ_BPF_ARSH: return narrow ? (uint64_t)((int32_t)a >> shift) : (uint64_t)((int64_t)a >> shift);
	default: /* MOV */ return b;
	}
}

static struct iq_bpf_value swap_bytes(struct iq_bpf_insn insn, const struct iq_bpf_value *dst)
{
	bool swaps = insn.code == IQ_BPF_CODE_BSWAP || insn.code & IQ_BPF_X;
	if (iq_bpf_is_constant(dst)) {
		uint64_t v = swaps ? __builtin_bswap64(dst->least) >> (64 - insn.imm) : dst->least;
		if (insn.imm < 64)
			v &= (UINT64_C(1) << insn.imm) - 1;
		return iq_bpf_range(v, v);
	}
	return insn.imm < 64 ? iq_bpf_range(0, (UINT64_C(1) << insn.imm) - 1) : unknown(false);
}

static uint64_t extended(uint64_t value, int16_t bits)
{
	unsigned shift = 64u - (unsigned)bits;
	return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* The lower 32 bits of a value. */
static struct iq_bpf_value narrowed(const struct iq_bpf_value *value)
{
	if (iq_bpf_is_constant(value))
		return iq_bpf_range((uint32_t)value->least, (uint32_t)value->least);
	if (value->kind == IQ_BPF_V_NUMBER && value->most <= UINT32_MAX)
		return *value;
	return iq_bpf_range(0, UINT32_MAX);
}

static struct iq_bpf_value copy(struct iq_bpf_insn insn, const struct iq_bpf_value *src)
{
	bool narrow = iq_bpf_class(insn) == IQ_BPF_ALU32;
	if (iq_bpf_is_movsx(insn)) {
		uint64_t positive = (UINT64_C(1) << (insn.off - 1)) - 1;
		if (iq_bpf_is_constant(src)) {
			uint64_t v = extended(src->least, insn.off);
			v = narrow ? (uint32_t)v : v;
			return iq_bpf_range(v, v);
		}
		if (src->kind == IQ_BPF_V_NUMBER && src->most <= positive)
			return *src;
		return narrow ? iq_bpf_range(0, UINT32_MAX) : unknown(false);
	}
	if (insn.code == IQ_BPF_CODE_MOV64_X && insn.off)
		return unknown(false); /* another address space */
	return narrow ? narrowed(src) : *src;
}

/* Operations on ranges of which something is known at once. Operands of narrow ones are narrow. */
static struct iq_bpf_value calculate_range(struct iq_bpf_insn insn, const struct iq_bpf_value *a,
					   const struct iq_bpf_value *b, uint64_t limit)
{
	bool known = a->kind == IQ_BPF_V_NUMBER;
	uint64_t most = known ? a->most : limit;
	unsigned bits = limit == UINT32_MAX ? 31 : 63;
	if (!iq_bpf_is_constant(b))
		return iq_bpf_op(insn) == IQ_BPF_AND && b->kind == IQ_BPF_V_NUMBER
			       ? number(0, b->most < most ? b->most : most)
			       : number(0, limit);
	uint64_t c = b->least;
	switch (iq_bpf_op(insn)) {
	case IQ_BPF_AND: return number(0, c < most ? c : most);
	case IQ_BPF_RSH: return number(known ? a->least >> (c & bits) : 0, most >> (c & bits));
	case IQ_BPF_LSH:
		if (known && most <= limit >> (c & bits))
			return number(a->least << (c & bits), most << (c & bits));
		break;
	case IQ_BPF_MUL:
		if (known && c && most <= limit / c)
			return number(a->least * c, most * c);
		break;
	case IQ_BPF_DIV:
		if (c && !iq_bpf_is_signed_division(insn))
			return number(known ? a->least / c : 0, most / c);
		break;
	case IQ_BPF_MOD:
		if (c && !iq_bpf_is_signed_division(insn))
			return number(0, c - 1 < most ? c - 1 : most);
		break;
	default: break;
	}
	return number(0, limit);
}

struct iq_bpf_value iq_bpf_value_alu(struct iq_bpf_insn insn, const struct iq_bpf_value *dst,
				     const struct iq_bpf_value *src)
{
	bool narrow = iq_bpf_class(insn) == IQ_BPF_ALU32;
	unsigned op = iq_bpf_op(insn);
	struct iq_bpf_value a = *dst, b = *src, result;
	if (op == IQ_BPF_END)
		return swap_bytes(insn, dst);
	if (op == IQ_BPF_MOV)
		return copy(insn, src);
	if (op == IQ_BPF_NEG)
		b = iq_bpf_range(0, 0);
	if (narrow) {
		a = narrowed(dst);
		b = narrowed(&b);
	}
	if (iq_bpf_is_constant(&a) && iq_bpf_is_constant(&b)) {
		uint64_t v = calculate(insn, a.least, b.least);
		v = narrow ? (uint32_t)v : v;
		return iq_bpf_range(v, v);
	}
	if (op == IQ_BPF_ADD || op == IQ_BPF_SUB)
		result = op == IQ_BPF_ADD ? add(&a, &b) : subtract(&a, &b);
	else
		result = calculate_range(insn, &a, &b, narrow ? UINT32_MAX : UINT64_MAX);
	/* Masks keep a pointer into the stack there. */
	if (!narrow && result.kind == IQ_BPF_V_UNKNOWN)
		result.maybe_stack = maybe_stack(dst) || maybe_stack(src);
	return narrow ? narrowed(&result) : result;
}

/* Branches. */

/* The comparison that holds when this one does not. */
static unsigned opposite(unsigned op)
{
	switch (op) {
	case IQ_BPF_JEQ: return IQ_BPF_JNE;
	case IQ_BPF_JNE: return IQ_BPF_JEQ;
	case IQ_BPF_JGT: return IQ_BPF_JLE;
	case IQ_BPF_JLE: return IQ_BPF_JGT;
	case IQ_BPF_JGE: return IQ_BPF_JLT;
	case IQ_BPF_JLT: return IQ_BPF_JGE;
	default: return IQ_BPF_JA; /* of the others nothing is made */
	}
}

static bool refine_pointer(unsigned op, uint64_t operand, struct iq_bpf_value *dst)
{
	if (operand || !dst->maybe_null)
		return true;
	if (op == IQ_BPF_JEQ)
		*dst = iq_bpf_range(0, 0);
	else if (op == IQ_BPF_JNE)
		dst->maybe_null = false;
	return true;
}

static bool refine_range(unsigned op, uint64_t operand, uint64_t *least, uint64_t *most)
{
	switch (op) {
	case IQ_BPF_JEQ:
		*least = operand > *least ? operand : *least;
		*most = operand < *most ? operand : *most;
		break;
	case IQ_BPF_JNE:
		if (*least == *most)
			return *least != operand;
		*least += *least == operand;
		*most -= *most == operand;
		break;
	case IQ_BPF_JGT:
		if (operand == UINT64_MAX)
			return false;
		operand++;
		/* fall through */
	case IQ_BPF_JGE: *least = operand > *least ? operand : *least; break;
	case IQ_BPF_JLT:
		if (!operand)
			return false;
		operand--;
		/* fall through */
	case IQ_BPF_JLE: *most = operand < *most ? operand : *most; break;
	default: break;
	}
	return *least <= *most;
}

bool iq_bpf_value_refine(struct iq_bpf_insn insn, const struct iq_bpf_value *operand, bool taken,
			 struct iq_bpf_value *dst)
{
	bool narrow = iq_bpf_class(insn) == IQ_BPF_JMP32;
	unsigned op = taken ? iq_bpf_op(insn) : opposite(iq_bpf_op(insn));
	if (!iq_bpf_is_constant(operand))
		return true;
	if (is_pointer(dst))
		return narrow ? true : refine_pointer(op, operand->least, dst);
	uint64_t least = 0, most = UINT64_MAX, value = narrow ? (uint32_t)operand->least : operand->least;
	if (dst->kind == IQ_BPF_V_NUMBER) {
		least = dst->least;
		most = dst->most;
	}
	if (narrow && most > UINT32_MAX) /* says nothing about the upper half */
		return true;
	/* Comparing something with a number does not make it one: a pointer is checked for NULL so. */
	bool pointer = dst->kind == IQ_BPF_V_UNKNOWN && (value == 0 && op == IQ_BPF_JNE);
	if (op == IQ_BPF_JA || op == IQ_BPF_JSET || pointer)
		return true;
	if (!refine_range(op, value, &least, &most))
		return false;
	*dst = number(least, most);
	return true;
}
