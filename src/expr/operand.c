// SPDX-License-Identifier: GPL-2.0-or-later
/* What operators see of a value: arrays and functions decay, small integers are promoted (C11 6.3.1.1, 6.3.2.1). */
#include "expr/internal.h"

#include <string.h>

const char *expr_type_text(struct iq_type type, struct iq_strbuf *buf)
{
	iq_strbuf_truncate(buf, 0);
	iq_type_declare(type, "", buf);
	return iq_strbuf_text(buf);
}

struct iq_error *expr_not_typed(const struct expr_parser *parser, const char *where, const struct iq_value *value)
{
	const char *name = value->symbol ? value->symbol : "this";
	return expr_wrong(parser, where, "\"%s\" has no known type here: cast it, as in *(int *)&%s", name, name);
}

static struct iq_error *int_type(struct iq_types *types, unsigned rank, bool is_signed, struct iq_type *out)
{
	if (rank == 9)
		return iq_type_parse(types, is_signed ? "long long" : "unsigned long long", out);
	return iq_type_int(types, rank, is_signed, out);
}

struct iq_error *expr_result(struct expr_parser *parser, unsigned rank, bool is_signed, uint64_t bits,
			     struct iq_value *out)
{
	struct iq_type type;
	IQ_TRY(int_type(parser->context->types, rank, is_signed, &type));
	return iq_value_of_integer(type, bits, out);
}

struct iq_error *expr_pointer(struct iq_type type, uint64_t bits, struct iq_value *out)
{
	struct iq_type pointer;
	IQ_TRY(iq_type_pointer_to(iq_type_registry(type), type, &pointer));
	return iq_value_of_integer(pointer, bits, out);
}

struct iq_error *expr_step(struct expr_parser *parser, const char *where, struct iq_type target, uint64_t *size)
{
	struct iq_type_info info;
	struct iq_type type;
	IQ_TRY(expr_at(parser, where, iq_type_strip(target, &type)));
	IQ_TRY(expr_at(parser, where, iq_type_info(type, &info)));
	*size = 1;
	if (info.kind == IQ_TYPE_VOID || info.kind == IQ_TYPE_FUNCTION)
		return NULL;
	return expr_at(parser, where, iq_type_size(target, size));
}

/* A bit-field becomes int when int holds all its values, like the smaller types. */
static struct iq_error *promote(struct expr_parser *parser, const char *where, const struct iq_value *value,
				const struct iq_type_info *info, struct expr_operand *out)
{
	uint64_t bits = value->bit_size ? value->bit_size : 8 * info->size;
	if (info->size > 8)
		return expr_wrong(parser, where, "integers of %u bits are shown, but not calculated with",
				  (unsigned)(8 * info->size));
	out->class = CLASS_INTEGER;
	if (bits < 32 || info->encoding == IQ_INT_BOOL) {
		out->rank = 4;
		out->is_signed = true;
	} else {
		bool is_long_long = info->kind == IQ_TYPE_INT && info->name && strstr(info->name, "long long");
		out->rank = info->size <= 4 ? 4 : is_long_long ? 9 : 8;
		out->is_signed = info->is_signed;
	}
	return int_type(parser->context->types, out->rank, out->is_signed, &out->type);
}

static struct iq_error *decay(struct expr_parser *parser, const char *where, const struct iq_value *value,
			      struct iq_type target, struct expr_operand *out)
{
	if (value->place != IQ_IN_MEMORY) {
		out->class = CLASS_ARRAY;
		return NULL;
	}
	out->class = CLASS_POINTER;
	out->target = target;
	out->bits = value->address;
	return expr_at(parser, where, iq_type_pointer_to(parser->context->types, target, &out->type));
}

struct iq_error *expr_operand(struct expr_parser *parser, const char *where, const struct iq_value *value,
			      struct expr_operand *out)
{
	struct iq_type_info info;
	struct iq_type type;
	*out = (struct expr_operand){ .type = value->type };
	if (!value->type.source)
		return expr_not_typed(parser, where, value);
	IQ_TRY(expr_at(parser, where, iq_type_strip(value->type, &type)));
	IQ_TRY(expr_at(parser, where, iq_type_info(type, &info)));
	switch (info.kind) {
	case IQ_TYPE_INT:
	case IQ_TYPE_ENUM: IQ_TRY(promote(parser, where, value, &info, out)); break;
	case IQ_TYPE_POINTER:
		out->class = CLASS_POINTER;
		out->target = info.target;
		break;
	case IQ_TYPE_ARRAY: return decay(parser, where, value, info.target, out);
	case IQ_TYPE_FUNCTION: return decay(parser, where, value, value->type, out);
	case IQ_TYPE_VOID: out->class = CLASS_VOID; return NULL;
	case IQ_TYPE_FLOAT: out->class = CLASS_FLOAT; return NULL;
	default: out->class = CLASS_COMPOUND; return NULL;
	}
	if (parser->unevaluated)
		return NULL;
	return expr_at(parser, where, iq_value_integer(parser->context->target, value, &out->bits));
}

static struct iq_error *wrong_class(struct expr_parser *parser, const char *where, const char *wanted,
				    const struct expr_operand *operand)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	const char *why = operand->class == CLASS_FLOAT   ? ", and floating point is not calculated with"
			  : operand->class == CLASS_ARRAY ? ", and this array is not in memory: it has no address"
							  : "";
	return expr_wrong(parser, where, "%s is expected, not %s%s", wanted, expr_type_text(operand->type, &text), why);
}

struct iq_error *expr_scalar(struct expr_parser *parser, const char *where, const struct iq_value *value,
			     struct expr_operand *out)
{
	IQ_TRY(expr_operand(parser, where, value, out));
	if (out->class != CLASS_INTEGER && out->class != CLASS_POINTER)
		return wrong_class(parser, where, "a number or pointer", out);
	return NULL;
}

struct iq_error *expr_integer(struct expr_parser *parser, const char *where, const struct iq_value *value,
			      struct expr_operand *out)
{
	IQ_TRY(expr_operand(parser, where, value, out));
	if (out->class != CLASS_INTEGER)
		return wrong_class(parser, where, "a number", out);
	return NULL;
}
