// SPDX-License-Identifier: GPL-2.0-or-later
/* Binary operators: C's usual arithmetic conversions (C11 6.3.1.8) on LP64, arithmetic that wraps as the kernel's does
 * (-fno-strict-overflow), pointers. */
#include "expr/internal.h"

static uint64_t cut(uint64_t bits, unsigned rank, bool is_signed)
{
	if (rank != 4)
		return bits;
	return is_signed ? (uint64_t)(int32_t)bits : (uint32_t)bits;
}

struct iq_error *expr_balance(const struct expr_operand *a, const struct expr_operand *b, unsigned *rank,
			      bool *is_signed)
{
	const struct expr_operand *high = a->rank >= b->rank ? a : b, *low = high == a ? b : a;
	*rank = high->rank;
	*is_signed = high->is_signed;
	/* long and long long are equally wide: of an unsigned long beside a long long becomes unsigned long long. */
	if (!low->is_signed && (low->rank == high->rank || (low->rank == 8 && high->rank == 9)))
		*is_signed = false;
	return NULL;
}

static struct iq_error *divide(struct expr_parser *parser, const char *where, bool modulo, bool is_signed,
			       uint64_t left, uint64_t right, uint64_t *out)
{
	*out = 0;
	if (parser->unevaluated)
		return NULL;
	if (!right)
		return expr_wrong(parser, where, "division by zero");
	if (!is_signed)
		*out = modulo ? left % right : left / right;
	else if (right == UINT64_MAX) /* the smallest number by -1 would trap */
		*out = modulo ? 0 : -left;
	else
		*out = (uint64_t)(modulo ? (int64_t)left % (int64_t)right : (int64_t)left / (int64_t)right);
	return NULL;
}

static struct iq_error *arithmetic(struct expr_parser *parser, const char *where, unsigned mark,
				   const struct expr_operand *a, const struct expr_operand *b, struct iq_value *out)
{
	unsigned rank;
	bool is_signed;
	IQ_TRY(expr_balance(a, b, &rank, &is_signed));
	uint64_t left = cut(a->bits, rank, is_signed), right = cut(b->bits, rank, is_signed), result;
	switch (mark) {
	case '+': result = left + right; break;
	case '-': result = left - right; break;
	case '*': result = left * right; break;
	case '&': result = left & right; break;
	case '|': result = left | right; break;
	case '^': result = left ^ right; break;
	default: IQ_TRY(divide(parser, where, mark == '%', is_signed, left, right, &result));
	}
	return expr_result(parser, rank, is_signed, result, out);
}

/* The type is the left side's. What C leaves undefined is an error: a wrong number helps nobody. */
static struct iq_error *shift(struct expr_parser *parser, const char *where, bool to_left, const struct expr_operand *a,
			      const struct expr_operand *b, struct iq_value *out)
{
	unsigned width = a->rank == 4 ? 32 : 64;
	uint64_t result;
	if (b->is_signed && (int64_t)b->bits < 0)
		return expr_wrong(parser, where, "a shift by a negative number");
	if (b->bits >= width)
		return expr_wrong(parser, where, "a shift by %llu: the left side has %u bits%s",
				  (unsigned long long)b->bits, width,
				  width == 32 && b->bits < 64 ? " (1UL has 64)" : "");
	if (to_left)
		result = a->bits << b->bits;
	else
		result = a->is_signed ? (uint64_t)((int64_t)a->bits >> b->bits) : a->bits >> b->bits;
	return expr_result(parser, a->rank, a->is_signed, result, out);
}

static struct iq_error *compare(struct expr_parser *parser, unsigned mark, const struct expr_operand *a,
				const struct expr_operand *b, struct iq_value *out)
{
	uint64_t left = a->bits, right = b->bits;
	bool is_signed = false, result;
	if (a->class == CLASS_INTEGER && b->class == CLASS_INTEGER) {
		unsigned rank;
		IQ_TRY(expr_balance(a, b, &rank, &is_signed));
		left = cut(left, rank, is_signed);
		right = cut(right, rank, is_signed);
	}
	bool less = is_signed ? (int64_t)left < (int64_t)right : left < right, equal = left == right;
	switch (mark) {
	case '<': result = less; break;
	case '>': result = !less && !equal; break;
	case MARK2('<', '='): result = less || equal; break;
	case MARK2('>', '='): result = !less; break;
	case MARK2('=', '='): result = equal; break;
	default: result = !equal;
	}
	return expr_result(parser, 4, true, result, out);
}

static struct iq_error *move_pointer(struct expr_parser *parser, const char *where, bool forward,
				     const struct expr_operand *pointer, const struct expr_operand *number,
				     struct iq_value *out)
{
	uint64_t size;
	IQ_TRY(expr_step(parser, where, pointer->target, &size));
	uint64_t distance = size * number->bits;
	return iq_value_of_integer(pointer->type, forward ? pointer->bits + distance : pointer->bits - distance, out);
}

static struct iq_error *pointer_distance(struct expr_parser *parser, const char *where, const struct expr_operand *a,
					 const struct expr_operand *b, struct iq_value *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf left = { 0 }, right = { 0 };
	uint64_t size, other;
	IQ_TRY(expr_step(parser, where, a->target, &size));
	IQ_TRY(expr_step(parser, where, b->target, &other));
	if (size != other)
		return expr_wrong(parser, where, "these point to different things: %s and %s",
				  expr_type_text(a->type, &left), expr_type_text(b->type, &right));
	if (!size)
		return expr_wrong(parser, where, "what these point to has no size");
	return expr_result(parser, 8, true, (uint64_t)((int64_t)(a->bits - b->bits) / (int64_t)size), out);
}

static struct iq_error *with_pointer(struct expr_parser *parser, const char *where, unsigned mark,
				     const struct expr_operand *a, const struct expr_operand *b, struct iq_value *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	bool left = a->class == CLASS_POINTER, right = b->class == CLASS_POINTER;
	if (mark == '+' && left != right)
		return left ? move_pointer(parser, where, true, a, b, out)
			    : move_pointer(parser, where, true, b, a, out);
	if (mark == '-' && left)
		return right ? pointer_distance(parser, where, a, b, out)
			     : move_pointer(parser, where, false, a, b, out);
	return expr_wrong(parser, where, "not for pointers (%s): cast it to unsigned long first",
			  expr_type_text(left ? a->type : b->type, &text));
}

/* gdb's "first @ count": as many objects as that, from `first` on, as an array. */
static struct iq_error *repeat(struct expr_parser *parser, const char *where, const struct iq_value *first,
			       const struct iq_value *count, struct iq_value *out)
{
	struct expr_operand number;
	struct iq_type type;
	uint64_t size;
	if (!first->type.source)
		return expr_not_typed(parser, where, first);
	if (first->place != IQ_IN_MEMORY || first->bit_size)
		return expr_wrong(parser, where, "the left side of @ must be an object in memory");
	IQ_TRY(expr_integer(parser, where, count, &number));
	if (!parser->unevaluated && (int64_t)number.bits <= 0)
		return expr_wrong(parser, where, "the right side of @ must be greater than 0");
	IQ_TRY(expr_at(parser, where, iq_type_size(first->type, &size)));
	IQ_TRY(iq_type_array_of(parser->context->types, first->type, number.bits, &type));
	IQ_TRY(expr_at(parser, where, iq_type_size(type, &size)));
	*out = iq_value_at(type, first->address);
	out->user = first->user;
	out->space = first->space;
	return NULL;
}

static bool is_comparison(unsigned mark)
{
	return mark == '<' || mark == '>' || mark == MARK2('<', '=') || mark == MARK2('>', '=') ||
	       mark == MARK2('=', '=') || mark == MARK2('!', '=');
}

static struct iq_error *apply(struct expr_parser *parser, const char *where, unsigned mark, const struct iq_value *left,
			      const struct iq_value *right, struct iq_value *out)
{
	struct expr_operand a, b;
	if (mark == '@')
		return repeat(parser, where, left, right, out);
	IQ_TRY(expr_scalar(parser, where, left, &a));
	IQ_TRY(expr_scalar(parser, where, right, &b));
	if (is_comparison(mark))
		return compare(parser, mark, &a, &b, out);
	if (a.class == CLASS_POINTER || b.class == CLASS_POINTER)
		return with_pointer(parser, where, mark, &a, &b, out);
	if (mark == MARK2('<', '<') || mark == MARK2('>', '>'))
		return shift(parser, where, mark == MARK2('<', '<'), &a, &b, out);
	return arithmetic(parser, where, mark, &a, &b, out);
}

struct iq_error *expr_binary(struct expr_parser *parser, const char *where, unsigned mark, struct iq_value *left,
			     const struct iq_value *right)
{
	struct iq_value result = { 0 };
	IQ_TRY(apply(parser, where, mark, left, right, &result));
	expr_replace(left, &result);
	return NULL;
}
