// SPDX-License-Identifier: GPL-2.0-or-later
/* Casts, addresses, and what pointers lead to. */
#include "expr/internal.h"

static bool same_type(struct iq_type a, struct iq_type b)
{
	struct iq_type left, right;
	if (iq_failed(iq_type_complete(a, &left)) || iq_failed(iq_type_complete(b, &right)))
		return false;
	return left.source == right.source && left.id == right.id;
}

static struct iq_error *no_cast(struct expr_parser *parser, const char *where, const struct iq_value *value,
				struct iq_type type)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf from = { 0 }, to = { 0 };
	return expr_wrong(parser, where, "%s can't be cast to %s", expr_type_text(value->type, &from),
			  expr_type_text(type, &to));
}

/* gdb's way with a symbol whose type isn't known: the cast says what lies there. */
static struct iq_error *cast_untyped(const struct iq_value *value, struct iq_type type, struct iq_value *out)
{
	*out = iq_value_at(type, value->address);
	return NULL;
}

struct iq_error *expr_cast(struct expr_parser *parser, const char *where, struct iq_type type,
			   const struct iq_value *value, struct iq_value *out)
{
	struct iq_type_info info;
	struct iq_type plain;
	struct expr_operand operand;
	IQ_TRY(expr_at(parser, where, iq_type_complete(type, &plain)));
	IQ_TRY(expr_at(parser, where, iq_type_info(plain, &info)));
	if (info.kind == IQ_TYPE_VOID)
		return iq_value_of_bytes(type, "", 0, out);
	if (!value->type.source)
		return cast_untyped(value, type, out);
	if (same_type(type, value->type) && info.kind != IQ_TYPE_INT && info.kind != IQ_TYPE_POINTER &&
	    info.kind != IQ_TYPE_ENUM) {
		IQ_TRY(iq_value_copy(value, out));
		out->type = type;
		return NULL;
	}
	IQ_TRY(expr_operand(parser, where, value, &operand));
	if ((info.kind != IQ_TYPE_INT && info.kind != IQ_TYPE_ENUM && info.kind != IQ_TYPE_POINTER) || info.size > 8)
		return no_cast(parser, where, value, type);
	if (operand.class != CLASS_INTEGER && operand.class != CLASS_POINTER) {
		IQ_TRY(expr_scalar(parser, where, value, &operand));
		return no_cast(parser, where, value, type);
	}
	if (info.kind == IQ_TYPE_INT && info.encoding == IQ_INT_BOOL)
		operand.bits = operand.bits != 0;
	return iq_value_of_integer(type, operand.bits, out);
}

struct iq_error *expr_address_of(struct expr_parser *parser, const char *where, const struct iq_value *value,
				 struct iq_value *out)
{
	if (value->place != IQ_IN_MEMORY)
		return expr_wrong(parser, where, "this is a value, not an object in memory: it has no address");
	if (value->bit_size)
		return expr_wrong(parser, where, "a bit-field has no address");
	if (!value->type.source)
		return expr_pointer(iq_type_void(parser->context->types), value->address, out);
	return expr_pointer(value->type, value->address, out);
}

/* What is not the kernel's lies in the user space that was asked for. */
static struct iq_value object_at(const struct expr_parser *parser, struct iq_type type, uint64_t address)
{
	struct iq_value value = iq_value_at(type, address);
	if (parser->context->user && !iq_is_kernel_address(parser->context->target, address)) {
		value.user = true;
		value.space = *parser->context->user;
	}
	return value;
}

struct iq_error *expr_dereference(struct expr_parser *parser, const char *where, const struct iq_value *value,
				  struct iq_value *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct expr_operand pointer;
	struct iq_type_info info;
	struct iq_type plain;
	IQ_TRY(expr_operand(parser, where, value, &pointer));
	if (pointer.class == CLASS_ARRAY)
		return expr_at(parser, where, iq_value_element(parser->context->target, value, 0, out));
	if (pointer.class != CLASS_POINTER)
		return expr_wrong(parser, where, "%s is no pointer%s", expr_type_text(value->type, &text),
				  pointer.class == CLASS_INTEGER ? ": cast it, as in *(int *)" : "");
	IQ_TRY(expr_at(parser, where, iq_type_strip(pointer.target, &plain)));
	IQ_TRY(expr_at(parser, where, iq_type_info(plain, &info)));
	if (info.kind == IQ_TYPE_VOID)
		return expr_wrong(parser, where, "what a void * points to has no type: cast it first");
	*out = object_at(parser, pointer.target, pointer.bits);
	return NULL;
}

struct iq_error *expr_index(struct expr_parser *parser, const char *where, const struct iq_value *value,
			    const struct iq_value *index, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value element = { 0 };
	struct expr_operand base, number;
	IQ_TRY(expr_operand(parser, where, value, &base));
	if (base.class == CLASS_ARRAY) {
		IQ_TRY(expr_integer(parser, where, index, &number));
		return expr_at(parser, where,
			       iq_value_element(parser->context->target, value, (int64_t)number.bits, out));
	}
	IQ_TRY(iq_value_copy(value, &element));
	IQ_TRY(expr_binary(parser, where, '+', &element, index));
	return expr_dereference(parser, where, &element, out);
}

/* `.` and `->` are taken for each other, as in gdb: what is meant is never in doubt. */
struct iq_error *expr_member(struct expr_parser *parser, const char *where, const struct iq_value *value,
			     const char *name, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value object = { 0 };
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct expr_operand operand;
	struct iq_type_info info;
	struct iq_type plain;
	IQ_TRY(expr_operand(parser, where, value, &operand));
	if (operand.class == CLASS_POINTER)
		IQ_TRY(expr_dereference(parser, where, value, &object));
	else
		IQ_TRY(iq_value_copy(value, &object));
	IQ_TRY(expr_at(parser, where, iq_type_complete(object.type, &plain)));
	IQ_TRY(expr_at(parser, where, iq_type_info(plain, &info)));
	if (info.kind == IQ_TYPE_FORWARD)
		return expr_wrong(parser, where, "%s is only declared here: its members are not known",
				  expr_type_text(plain, &text));
	if (info.kind != IQ_TYPE_STRUCT && info.kind != IQ_TYPE_UNION)
		return expr_wrong(parser, where, "%s has no members: it is no struct or union",
				  expr_type_text(object.type, &text));
	struct iq_error *error = iq_value_member(parser->context->target, &object, name, out);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return expr_at(parser, where, error);
	iq_error_free(error);
	return expr_wrong(parser, where, "%s has no member \"%s\"", expr_type_text(plain, &text), name);
}
