// SPDX-License-Identifier: GPL-2.0-or-later
/* DWARF expressions (DWARF 5, 2.5): a stack of typed values. */
#include "type/dwarf_eval.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <inttypes.h>

/* A value on the stack, zero-extended. The generic type is 8 bytes, signed where it matters. */
struct operand {
	uint64_t value;
	uint8_t size; /* 1, 2, 4, 8 */
	bool is_signed, generic;
};

struct stack {
	struct operand data[IQ_EVAL_MAX_STACK];
	size_t count;
};

/* What run() came to. */
enum outcome { OUTCOME_NEXT, OUTCOME_JUMP, OUTCOME_DONE, OUTCOME_FAILED };

bool iq_eval_fail(struct iq_eval *eval, const char *format, ...)
{
	va_list args;
	if (eval->reason->length)
		return false;
	va_start(args, format);
	iq_strbuf_addv(eval->reason, format, args);
	va_end(args);
	return false;
}

struct iq_eval iq_eval_init(struct iq_dwarf *dwarf, const struct iq_dwarf_machine *machine, Dwarf_Die *die,
			    Dwarf_Attribute *attribute, unsigned *steps, struct iq_strbuf *reason)
{
	return (struct iq_eval){ .dwarf = dwarf,
				 .machine = machine,
				 .unit = iq_dwarf_die_key(dwarf, die) - dwarf_cuoffset(die),
				 .attribute = attribute,
				 .steps = steps,
				 .reason = reason };
}

const char *iq_eval_register_name(uint64_t number, char buffer[32])
{
	/* System V ABI, AMD64, figure 3.36. */
	static const char *const names[] = { "RAX", "RDX", "RCX", "RBX", "RSI", "RDI", "RBP", "RSP", "R8",
					     "R9",  "R10", "R11", "R12", "R13", "R14", "R15", "RIP" };
	if (number < IQ_ARRAY_SIZE(names))
		return names[number];
	snprintf(buffer, 32, "register %" PRIu64, number);
	return buffer;
}

/* AMD64 ABI: RBX, RBP, RSP, R12 to R15 are what they were after a call; RIP is not looked at. */
static bool survives_calls(uint64_t number)
{
	return number == 3 || number == 6 || number == 7 || number >= 12;
}

static bool get_register(struct iq_eval *eval, uint64_t number, const char *verb, uint64_t *value)
{
	char buffer[32];
	if (number <= UINT32_MAX && eval->machine->reg &&
	    eval->machine->reg(eval->machine->context, (unsigned)number, value))
		return true;
	return iq_eval_fail(eval, "%s %s, which %s", verb, iq_eval_register_name(number, buffer),
			    survives_calls(number) ? "is not known in this frame"
						   : "a call has changed since or is not known");
}

bool iq_eval_register(struct iq_eval *eval, uint64_t number, uint64_t *value)
{
	return get_register(eval, number, "needs", value);
}

static uint64_t truncate_to(uint64_t value, unsigned size)
{
	return size >= 8 ? value : value & ((1ull << size * 8) - 1);
}

static int64_t as_signed(const struct operand *operand)
{
	unsigned shift = 64 - operand->size * 8u;
	return (int64_t)(operand->value << shift) >> shift;
}

static bool push(struct iq_eval *eval, struct stack *stack, struct operand operand)
{
	if (stack->count >= IQ_EVAL_MAX_STACK)
		return iq_eval_fail(eval, "its location expression is damaged: the stack overflows");
	operand.value = truncate_to(operand.value, operand.size);
	stack->data[stack->count++] = operand;
	return true;
}

static struct operand generic(uint64_t value)
{
	return (struct operand){ value, 8, true, true };
}

static bool push_generic(struct iq_eval *eval, struct stack *stack, uint64_t value)
{
	return push(eval, stack, generic(value));
}

static bool pop(struct iq_eval *eval, struct stack *stack, struct operand *out)
{
	*out = generic(0);
	if (!stack->count)
		return iq_eval_fail(eval, "its location expression is damaged: the stack is empty");
	*out = stack->data[--stack->count];
	return true;
}

static bool read_memory(struct iq_eval *eval, uint64_t address, unsigned size, uint64_t *value)
{
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return iq_eval_fail(eval, "its location expression reads %u bytes at once", size);
	if (!eval->machine->read)
		return iq_eval_fail(eval, "needs memory at %#" PRIx64, address);
	*value = 0;
	struct iq_error *error = eval->machine->read(eval->machine->context, address, value, size);
	if (!error)
		return true;
	iq_eval_fail(eval, "needs %s", error->message);
	iq_error_free(error);
	return false;
}

/* The base type `offset` of the unit; 0 is the generic type. */
static bool base_type(struct iq_eval *eval, uint64_t offset, struct operand *out)
{
	Dwarf_Die die;
	uint64_t size = 0, encoding = 0;
	*out = generic(0);
	if (!offset)
		return true;
	if (offset > UINT32_MAX || iq_failed(iq_dwarf_die_at(eval->dwarf, eval->unit + offset, &die)) ||
	    !iq_dwarf_unsigned(eval->dwarf, &die, DW_AT_byte_size, &size) ||
	    !iq_dwarf_unsigned(eval->dwarf, &die, DW_AT_encoding, &encoding))
		return iq_eval_fail(eval, "its location expression is damaged: it names no type");
	if (encoding == DW_ATE_float || (size != 1 && size != 2 && size != 4 && size != 8))
		return iq_eval_fail(eval,
				    "its location is computed with a type (%" PRIu64 " bytes%s) that is not supported",
				    size, encoding == DW_ATE_float ? ", floating point" : "");
	out->size = (uint8_t)size;
	out->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	out->generic = false;
	return true;
}

static bool convert(struct iq_eval *eval, struct stack *stack, uint64_t type, bool reinterpret)
{
	struct operand value, to;
	if (!pop(eval, stack, &value) || !base_type(eval, type, &to))
		return false;
	if (reinterpret && value.size != to.size)
		return iq_eval_fail(eval, "its location expression is damaged: it reinterprets %u bytes as %u",
				    value.size, to.size);
	to.value = value.is_signed && !value.generic ? (uint64_t)as_signed(&value) : value.value;
	return push(eval, stack, to);
}

static bool divide(struct iq_eval *eval, bool remainder, const struct operand *a, const struct operand *b,
		   uint64_t *out)
{
	if (!b->value)
		return iq_eval_fail(eval, "its location expression divides by zero");
	bool is_signed = a->is_signed && !(remainder && a->generic);
	if (is_signed && as_signed(b) == -1)
		*out = remainder ? 0 : 0 - a->value;
	else if (is_signed)
		*out = (uint64_t)(remainder ? as_signed(a) % as_signed(b) : as_signed(a) / as_signed(b));
	else
		*out = remainder ? a->value % b->value : a->value / b->value;
	return true;
}

static uint64_t shift(unsigned op, const struct operand *a, uint64_t by)
{
	unsigned bits = a->size * 8u;
	if (op == DW_OP_shra)
		return (uint64_t)(as_signed(a) >> IQ_MIN(by, bits - 1));
	if (by >= bits)
		return 0;
	return op == DW_OP_shl ? a->value << by : a->value >> by;
}

static bool compare(unsigned op, const struct operand *a, const struct operand *b)
{
	bool less = a->is_signed ? as_signed(a) < as_signed(b) : a->value < b->value;
	bool equal = a->value == b->value;
	switch (op) {
	case DW_OP_eq: return equal;
	case DW_OP_ne: return !equal;
	case DW_OP_lt: return less;
	case DW_OP_le: return less || equal;
	case DW_OP_gt: return !less && !equal;
	default: return !less;
	}
}

static bool binary(struct iq_eval *eval, struct stack *stack, unsigned op)
{
	struct operand a, b;
	if (!pop(eval, stack, &b) || !pop(eval, stack, &a))
		return false;
	struct operand result = a;
	switch (op) {
	case DW_OP_and: result.value = a.value & b.value; break;
	case DW_OP_or: result.value = a.value | b.value; break;
	case DW_OP_xor: result.value = a.value ^ b.value; break;
	case DW_OP_plus: result.value = a.value + b.value; break;
	case DW_OP_minus: result.value = a.value - b.value; break;
	case DW_OP_mul: result.value = a.value * b.value; break;
	case DW_OP_div:
	case DW_OP_mod:
		if (!divide(eval, op == DW_OP_mod, &a, &b, &result.value))
			return false;
		break;
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra: result.value = shift(op, &a, b.value); break;
	default: return push_generic(eval, stack, compare(op, &a, &b));
	}
	return push(eval, stack, result);
}

static bool unary(struct iq_eval *eval, struct stack *stack, const Dwarf_Op *op)
{
	struct operand value;
	if (!pop(eval, stack, &value))
		return false;
	switch (op->atom) {
	case DW_OP_abs:
		if (value.is_signed && as_signed(&value) < 0)
			value.value = 0 - value.value;
		break;
	case DW_OP_neg: value.value = 0 - value.value; break;
	case DW_OP_not: value.value = ~value.value; break;
	default: value.value += op->number; break; /* DW_OP_plus_uconst */
	}
	return push(eval, stack, value);
}

static bool pick(struct iq_eval *eval, struct stack *stack, uint64_t depth)
{
	if (depth >= stack->count)
		return iq_eval_fail(eval, "its location expression is damaged: the stack is not that deep");
	return push(eval, stack, stack->data[stack->count - 1 - depth]);
}

static bool rotate(struct iq_eval *eval, struct stack *stack, size_t depth)
{
	if (stack->count < depth)
		return iq_eval_fail(eval, "its location expression is damaged: the stack is not that deep");
	struct operand *top = &stack->data[stack->count - 1], old = *top;
	for (size_t i = 0; i + 1 < depth; i++)
		top[-(ptrdiff_t)i] = top[-(ptrdiff_t)i - 1];
	top[-(ptrdiff_t)(depth - 1)] = old;
	return true;
}

static bool dereference(struct iq_eval *eval, struct stack *stack, unsigned size, uint64_t type)
{
	struct operand address, value;
	if (!pop(eval, stack, &address) || !base_type(eval, type, &value))
		return false;
	return read_memory(eval, address.value, size, &value.value) && push(eval, stack, value);
}

/* DW_OP_fbreg's base: what DW_AT_frame_base of the function says. */
static bool frame_base(struct iq_eval *eval, uint64_t *value)
{
	Dwarf_Die unit, function;
	Dwarf_Attribute attribute;
	if (eval->nesting >= IQ_EVAL_MAX_NESTING)
		return iq_eval_fail(eval, "its location is nested too deeply");
	if (iq_failed(iq_dwarf_function_at(eval->dwarf, eval->machine->pc, &unit, &function)) ||
	    !iq_dwarf_attr(eval->dwarf, &function, DW_AT_frame_base, &attribute))
		return iq_eval_fail(eval, "the function has no frame base");
	struct iq_eval nested =
		iq_eval_init(eval->dwarf, eval->machine, &function, &attribute, eval->steps, eval->reason);
	nested.nesting = eval->nesting + 1;
	struct iq_place place;
	if (!iq_eval_attribute(&nested, false, &place))
		return false;
	*value = place.value;
	return place.kind == IQ_PLACE_MEMORY || place.kind == IQ_PLACE_VALUE ||
	       iq_eval_fail(eval, "the function has no frame base here");
}

/* Operations that put something of the machine on the stack. */
static bool from_machine(struct iq_eval *eval, struct stack *stack, const Dwarf_Op *op)
{
	struct operand typed = generic(0);
	uint64_t value = 0;
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		return iq_eval_register(eval, op->atom - DW_OP_breg0, &value) &&
		       push_generic(eval, stack, value + op->number);
	switch (op->atom) {
	case DW_OP_bregx:
		return iq_eval_register(eval, op->number, &value) && push_generic(eval, stack, value + op->number2);
	case DW_OP_fbreg: return frame_base(eval, &value) && push_generic(eval, stack, value + op->number);
	case DW_OP_call_frame_cfa:
		if (!eval->machine->cfa || !eval->machine->cfa(eval->machine->context, &value))
			return iq_eval_fail(eval, "needs the address of the frame, which is not known");
		return push_generic(eval, stack, value);
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
		if (!iq_eval_register(eval, op->number, &value) || !base_type(eval, op->number2, &typed))
			return false;
		typed.value = value;
		return push(eval, stack, typed);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value: return iq_eval_entry_value(eval, op, &value) && push_generic(eval, stack, value);
	default: /* DW_OP_GNU_parameter_ref */
		return iq_eval_parameter(eval, eval->unit + op->number, &value) && push_generic(eval, stack, value);
	}
}

/* Constants that lie elsewhere: DW_OP_addrx and its like, DW_OP_const_type. */
static bool far_constant(struct iq_eval *eval, struct stack *stack, const Dwarf_Op *op)
{
	Dwarf_Attribute attribute;
	struct operand typed = generic(0);
	if (op->atom == DW_OP_const_type || op->atom == DW_OP_GNU_const_type) {
		/* libdw has checked that the block, a byte with its size before it, lies in the section. */
		const uint8_t *block = (const uint8_t *)(uintptr_t)op->number2;
		if (!base_type(eval, op->number, &typed))
			return false;
		for (unsigned i = 0; i < block[0] && i < 8; i++)
			typed.value |= (uint64_t)block[1 + i] << i * 8;
		return push(eval, stack, typed);
	}
	bool address = op->atom == DW_OP_addrx || op->atom == DW_OP_GNU_addr_index;
	Dwarf_Addr value = 0;
	Dwarf_Word word = 0;
	if (dwarf_getlocation_attr(eval->attribute, op, &attribute) != 0 ||
	    (address ? dwarf_formaddr(&attribute, &value) : dwarf_formudata(&attribute, &word)) != 0)
		return iq_eval_fail(eval, "its location expression is damaged: no entry in .debug_addr");
	return push_generic(eval, stack, address ? iq_dwarf_runtime(eval->dwarf, value) : word);
}

static bool constant(struct iq_eval *eval, struct stack *stack, const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		return push_generic(eval, stack, op->atom - DW_OP_lit0);
	if (op->atom == DW_OP_addr)
		return push_generic(eval, stack, iq_dwarf_runtime(eval->dwarf, op->number));
	return push_generic(eval, stack, op->number);
}

/* One operation that only changes the stack. */
static bool operate(struct iq_eval *eval, struct stack *stack, const Dwarf_Op *op)
{
	struct operand dropped;
	switch (op->atom) {
	case DW_OP_addr:
	case DW_OP_const1u ... DW_OP_consts:
	case DW_OP_lit0 ... DW_OP_lit31: return constant(eval, stack, op);
	case DW_OP_dup: return pick(eval, stack, 0);
	case DW_OP_drop: return pop(eval, stack, &dropped);
	case DW_OP_over: return pick(eval, stack, 1);
	case DW_OP_pick: return pick(eval, stack, op->number);
	case DW_OP_swap: return rotate(eval, stack, 2);
	case DW_OP_rot: return rotate(eval, stack, 3);
	case DW_OP_deref: return dereference(eval, stack, 8, 0);
	case DW_OP_deref_size: return dereference(eval, stack, (unsigned)op->number, 0);
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type: return dereference(eval, stack, (unsigned)op->number, op->number2);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst: return unary(eval, stack, op);
	case DW_OP_and:
	case DW_OP_div ... DW_OP_mul:
	case DW_OP_or:
	case DW_OP_plus:
	case DW_OP_shl ... DW_OP_xor:
	case DW_OP_eq ... DW_OP_ne: return binary(eval, stack, op->atom);
	case DW_OP_convert:
	case DW_OP_GNU_convert: return convert(eval, stack, op->number, false);
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret: return convert(eval, stack, op->number, true);
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index:
	case DW_OP_const_type:
	case DW_OP_GNU_const_type: return far_constant(eval, stack, op);
	case DW_OP_breg0 ... DW_OP_breg31:
	case DW_OP_bregx:
	case DW_OP_fbreg:
	case DW_OP_call_frame_cfa:
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
	case DW_OP_GNU_parameter_ref: return from_machine(eval, stack, op);
	case DW_OP_nop: return true;
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address: return iq_eval_fail(eval, "it is thread-local, which no kernel code is");
	default:
		return iq_eval_fail(eval, "its location uses the DWARF operation %#x, which is not supported",
				    op->atom);
	}
}

/* The number of the operation at byte `offset` of the expression; `count` is the end, more is none. */
static size_t find_op(const Dwarf_Op *ops, size_t count, uint64_t offset)
{
	for (size_t i = 0; i < count; i++) {
		if (ops[i].offset == offset)
			return i;
	}
	return offset > ops[count - 1].offset ? count : count + 1;
}

/* DW_OP_skip and DW_OP_bra: 3 bytes long, the target relative to their end. */
static bool jump(struct iq_eval *eval, struct stack *stack, const Dwarf_Op *ops, size_t count, size_t *at)
{
	struct operand condition = generic(1);
	const Dwarf_Op *op = &ops[*at];
	if (op->atom == DW_OP_bra && !pop(eval, stack, &condition))
		return false;
	*at += 1;
	if (!condition.value)
		return true;
	*at = find_op(ops, count, op->offset + 3 + op->number);
	return *at <= count || iq_eval_fail(eval, "its location expression is damaged: it jumps between operations");
}

/* Operations that say where the thing is, and end the expression. */
static bool last_op(struct iq_eval *eval, const Dwarf_Op *op, struct stack *stack, struct iq_place *out, bool *done)
{
	struct operand top;
	*done = true;
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) {
		out->kind = IQ_PLACE_VALUE;
		return get_register(eval, op->atom - DW_OP_reg0, "in", &out->value);
	}
	switch (op->atom) {
	case DW_OP_regx: out->kind = IQ_PLACE_VALUE; return get_register(eval, op->number, "in", &out->value);
	case DW_OP_stack_value:
		out->kind = IQ_PLACE_VALUE;
		if (!pop(eval, stack, &top))
			return false;
		out->value = top.is_signed ? (uint64_t)as_signed(&top) : top.value;
		return true;
	case DW_OP_implicit_value: {
		Dwarf_Block block;
		if (dwarf_getlocation_implicit_value(eval->attribute, op, &block) != 0)
			return iq_eval_fail(eval, "its location expression is damaged");
		*out = (struct iq_place){ .kind = IQ_PLACE_BYTES, .bytes = block.data, .size = block.length };
		return true;
	}
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		*out = (struct iq_place){ .kind = IQ_PLACE_POINTER,
					  .value = op->number | (eval->unit & IQ_DWARF_ALTERNATE),
					  .offset = (int64_t)op->number2 };
		return true;
	default: *done = false; return true;
	}
}

bool iq_eval_place(struct iq_eval *eval, const Dwarf_Op *ops, size_t count, bool as_value, struct iq_place *out)
{
	struct stack stack = { .count = 0 };
	bool done = false;
	*out = (struct iq_place){ .kind = IQ_PLACE_NONE };
	if (!count)
		return true;
	for (size_t at = 0; at < count;) {
		if (!*eval->steps || !--*eval->steps)
			return iq_eval_fail(eval, "its location expression has no end: damaged");
		if (!last_op(eval, &ops[at], &stack, out, &done))
			return false;
		if (done)
			return true;
		if (ops[at].atom == DW_OP_bra || ops[at].atom == DW_OP_skip) {
			if (!jump(eval, &stack, ops, count, &at))
				return false;
		} else if (!operate(eval, &stack, &ops[at++])) {
			return false;
		}
	}
	struct operand top;
	if (!pop(eval, &stack, &top))
		return false;
	out->kind = as_value ? IQ_PLACE_VALUE : IQ_PLACE_MEMORY;
	out->value = as_value && top.is_signed ? (uint64_t)as_signed(&top) : top.value;
	return true;
}

bool iq_eval_attribute(struct iq_eval *eval, bool as_value, struct iq_place *out)
{
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	return iq_eval_choose(eval, &ops, &count) && iq_eval_place(eval, ops, count, as_value, out);
}

#endif
