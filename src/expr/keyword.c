// SPDX-License-Identifier: GPL-2.0-or-later
/* What looks like a call and is none: sizeof, and the kernel's macros for places in structures and per-CPU data. */
#include "expr/internal.h"

#include <string.h>

static struct iq_error *take_open(struct expr_parser *parser)
{
	IQ_TRY(expr_next(parser));
	return expr_take(parser, '(', "a (");
}

/* A type that must come, "(" already taken. */
static struct iq_error *take_type(struct expr_parser *parser, struct iq_type *type)
{
	bool yes;
	IQ_TRY(expr_begins_type(parser, &yes));
	if (!yes)
		return expr_wrong(parser, parser->token.start, "a type is expected");
	return expr_type_name(parser, type);
}

/* "(type)", or an operand that is not evaluated. */
static struct iq_error *take_type_or_operand(struct expr_parser *parser, struct iq_type *type)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	const char *where = parser->token.start;
	if (expr_is(parser, '(')) {
		const struct expr_parser before = *parser;
		bool yes;
		IQ_TRY(expr_next(parser));
		IQ_TRY(expr_begins_type(parser, &yes));
		if (yes) {
			IQ_TRY(expr_type_name(parser, type));
			return expr_take(parser, ')', "a closing )");
		}
		*parser = before;
	}
	parser->unevaluated++;
	IQ_TRY(expr_unary(parser, &value));
	parser->unevaluated--;
	if (!value.type.source)
		return expr_not_typed(parser, where, &value);
	if (value.bit_size)
		return expr_wrong(parser, where, "a bit-field has no size in bytes");
	*type = value.type;
	return NULL;
}

struct iq_error *expr_sizeof(struct expr_parser *parser, struct iq_value *out)
{
	struct iq_type type;
	uint64_t size;
	IQ_TRY(expr_next(parser));
	const char *where = parser->token.start;
	IQ_TRY(take_type_or_operand(parser, &type));
	IQ_TRY(expr_step(parser, where, type, &size));
	return expr_result(parser, 8, false, size, out);
}

static struct iq_error *take_alignof(struct expr_parser *parser, struct iq_value *out)
{
	struct iq_type type;
	uint64_t alignment;
	IQ_TRY(expr_next(parser));
	const char *where = parser->token.start;
	IQ_TRY(take_type_or_operand(parser, &type));
	IQ_TRY(expr_at(parser, where, expr_alignment(type, &alignment)));
	return expr_result(parser, 8, false, alignment, out);
}

/* "type, member)": the member's offset, as the address that it has in a structure at 0. */
static struct iq_error *take_offset(struct expr_parser *parser, struct iq_type *type, uint64_t *offset)
{
	_cleanup_(iq_value_deinit) struct iq_value member = { 0 };
	IQ_TRY(take_type(parser, type));
	IQ_TRY(expr_take(parser, ',', "a comma"));
	const char *where = parser->token.start;
	member = iq_value_at(*type, 0);
	IQ_TRY(expr_member_path(parser, &member));
	if (member.bit_size)
		return expr_wrong(parser, where, "a bit-field has no offset in bytes");
	*offset = member.address;
	return expr_take(parser, ')', "a closing )");
}

static struct iq_error *take_offsetof(struct expr_parser *parser, struct iq_value *out)
{
	struct iq_type type;
	uint64_t offset;
	IQ_TRY(take_open(parser));
	IQ_TRY(take_offset(parser, &type, &offset));
	return expr_result(parser, 8, false, offset, out);
}

static struct iq_error *take_container_of(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value pointer = { 0 };
	struct expr_operand operand;
	struct iq_type type;
	uint64_t offset;
	IQ_TRY(take_open(parser));
	const char *where = parser->token.start;
	IQ_TRY(expr_assignment(parser, &pointer));
	IQ_TRY(expr_scalar(parser, where, &pointer, &operand));
	IQ_TRY(expr_take(parser, ',', "a comma"));
	IQ_TRY(take_offset(parser, &type, &offset));
	return expr_pointer(type, operand.bits - offset, out);
}

/* ", cpu)", and where that CPU has the object. */
static struct iq_error *take_cpu(struct expr_parser *parser, const char *where, uint64_t *address)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	const struct iq_expr_context *context = parser->context;
	struct expr_operand cpu;
	IQ_TRY(expr_take(parser, ',', "a comma"));
	const char *begin = parser->token.start;
	IQ_TRY(expr_assignment(parser, &value));
	IQ_TRY(expr_integer(parser, begin, &value, &cpu));
	IQ_TRY(expr_take(parser, ')', "a closing )"));
	if (parser->unevaluated)
		return NULL;
	if (!context->per_cpu)
		return expr_wrong(parser, where, "there is no per-CPU data here");
	if (cpu.bits > UINT32_MAX)
		return expr_wrong(parser, begin, "there is no CPU %lld", (long long)cpu.bits);
	return expr_at(parser, where, context->per_cpu(context->context, *address, (unsigned)cpu.bits, address));
}

static struct iq_error *take_per_cpu(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	IQ_TRY(take_open(parser));
	const char *where = parser->token.start;
	IQ_TRY(expr_assignment(parser, &value));
	if (value.place != IQ_IN_MEMORY)
		return expr_wrong(parser, where, "a per-CPU variable is expected (per_cpu_ptr takes a pointer)");
	IQ_TRY(take_cpu(parser, where, &value.address));
	expr_replace(out, &value);
	return NULL;
}

static struct iq_error *take_per_cpu_ptr(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct expr_operand pointer;
	IQ_TRY(take_open(parser));
	const char *where = parser->token.start;
	IQ_TRY(expr_assignment(parser, &value));
	IQ_TRY(expr_operand(parser, where, &value, &pointer));
	if (pointer.class != CLASS_POINTER)
		return expr_wrong(parser, where, "a per-CPU pointer is expected (per_cpu takes a variable)");
	IQ_TRY(take_cpu(parser, where, &pointer.bits));
	return iq_value_of_integer(pointer.type, pointer.bits, out);
}

struct iq_error *expr_keyword(struct expr_parser *parser, struct iq_value *out, bool *taken)
{
	static const struct {
		const char *name;
		struct iq_error *(*take)(struct expr_parser *parser, struct iq_value *out);
	} keywords[] = {
		{ "sizeof", expr_sizeof },
		{ "offsetof", take_offsetof },
		{ "__builtin_offsetof", take_offsetof },
		{ "container_of", take_container_of },
		{ "per_cpu", take_per_cpu },
		{ "per_cpu_ptr", take_per_cpu_ptr },
		{ "_Alignof", take_alignof },
		{ "alignof", take_alignof },
		{ "__alignof__", take_alignof },
	};
	*taken = false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(keywords) && !*taken; i++) {
		*taken = expr_is_name(parser, keywords[i].name);
		if (*taken)
			IQ_TRY(keywords[i].take(parser, out));
	}
	return NULL;
}
