// SPDX-License-Identifier: GPL-2.0-or-later
/* The grammar of operators: C11 6.5, and gdb's `@` between shifts and sums. */
#include "expr/internal.h"

static struct iq_error *nothing_is_written(const struct expr_parser *parser, const char *where)
{
	return expr_wrong(parser, where, "nothing is ever written: assignments are refused%s",
			  expr_is(parser, '=') ? " (== compares)" : "");
}

struct iq_error *expr_deeper(struct expr_parser *parser)
{
	if (++parser->depth <= IQ_EXPR_MAX_DEPTH)
		return NULL;
	return expr_wrong(parser, parser->token.start, "nested more than %d deep", IQ_EXPR_MAX_DEPTH);
}

static bool is_assignment(const struct expr_parser *parser)
{
	const struct expr_token *token = &parser->token;
	char last = token->kind == TOKEN_MARK ? token->start[token->length - 1] : ' ';
	if (last != '=')
		return false;
	return !expr_is(parser, MARK2('=', '=')) && !expr_is(parser, MARK2('!', '=')) &&
	       !expr_is(parser, MARK2('<', '=')) && !expr_is(parser, MARK2('>', '='));
}

static bool is_step(const struct expr_parser *parser)
{
	return expr_is(parser, MARK2('+', '+')) || expr_is(parser, MARK2('-', '-'));
}

/* Unary operators. */

static struct iq_error *arithmetic_unary(struct expr_parser *parser, const char *where, unsigned mark,
					 const struct iq_value *value, struct iq_value *out)
{
	struct expr_operand operand;
	if (mark == '!') {
		IQ_TRY(expr_scalar(parser, where, value, &operand));
		return expr_result(parser, 4, true, !operand.bits, out);
	}
	IQ_TRY(expr_integer(parser, where, value, &operand));
	if (mark == '-')
		operand.bits = -operand.bits;
	else if (mark == '~')
		operand.bits = ~operand.bits;
	return iq_value_of_integer(operand.type, operand.bits, out);
}

static struct iq_error *take_unary(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	const char *where = parser->token.start;
	unsigned mark = parser->token.mark;
	IQ_TRY(expr_next(parser));
	IQ_TRY(expr_unary(parser, &value));
	if (mark == '&')
		return expr_address_of(parser, where, &value, out);
	if (mark == '*')
		return expr_dereference(parser, where, &value, out);
	return arithmetic_unary(parser, where, mark, &value, out);
}

/* "(type) operand", and gdb's "{type} address". *taken is false when a parenthesis holds no type. */
static struct iq_error *take_cast(struct expr_parser *parser, struct iq_value *out, bool *taken)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 }, pointer = { 0 };
	const struct expr_parser before = *parser;
	const char *where = parser->token.start;
	bool brace = *where == '{';
	struct iq_type type;
	IQ_TRY(expr_next(parser));
	IQ_TRY(expr_begins_type(parser, taken));
	if (!*taken && brace)
		return expr_wrong(parser, parser->token.start, "a type is expected behind {");
	if (!*taken) {
		*parser = before;
		return NULL;
	}
	IQ_TRY(expr_type_name(parser, &type));
	IQ_TRY(expr_take(parser, brace ? '}' : ')', brace ? "a closing }" : "a closing )"));
	if (expr_is(parser, '{'))
		return expr_wrong(parser, where, "compound literals are not known here");
	IQ_TRY(expr_unary(parser, &value));
	if (!brace)
		return expr_cast(parser, where, type, &value, out);
	IQ_TRY(iq_type_pointer_to(parser->context->types, type, &type));
	IQ_TRY(expr_cast(parser, where, type, &value, &pointer));
	return expr_dereference(parser, where, &pointer, out);
}

/* What may follow an operand. */

static struct iq_error *take_index(struct expr_parser *parser, struct iq_value *value)
{
	_cleanup_(iq_value_deinit) struct iq_value index = { 0 }, element = { 0 };
	const char *where = parser->token.start;
	IQ_TRY(expr_next(parser));
	IQ_TRY(expr_expression(parser, &index));
	IQ_TRY(expr_take(parser, ']', "a closing ]"));
	IQ_TRY(expr_index(parser, where, value, &index, &element));
	expr_replace(value, &element);
	return NULL;
}

static struct iq_error *take_member(struct expr_parser *parser, struct iq_value *value)
{
	_cleanup_(iq_value_deinit) struct iq_value member = { 0 };
	char name[256];
	if (parser->token.kind != TOKEN_NAME)
		return expr_wrong(parser, parser->token.start, "a member's name is expected");
	IQ_TRY(expr_name(parser, name));
	IQ_TRY(expr_member(parser, parser->token.start, value, name, &member));
	expr_replace(value, &member);
	return expr_next(parser);
}

/* A member's offset ends where a pointer leads elsewhere. */
static struct iq_error *expect_no_pointer(const struct expr_parser *parser, const struct iq_value *value)
{
	struct iq_type_info info;
	struct iq_type type;
	IQ_TRY(iq_type_strip(value->type, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (info.kind == IQ_TYPE_POINTER)
		return expr_wrong(parser, parser->token.start, "an offset does not go through a pointer");
	return NULL;
}

struct iq_error *expr_member_path(struct expr_parser *parser, struct iq_value *value)
{
	IQ_TRY(expect_no_pointer(parser, value));
	IQ_TRY(take_member(parser, value));
	for (;;) {
		if (expr_is(parser, '[') || expr_is(parser, '.'))
			IQ_TRY(expect_no_pointer(parser, value));
		if (expr_is(parser, '[')) {
			IQ_TRY(take_index(parser, value));
		} else if (expr_is(parser, '.')) {
			IQ_TRY(expr_next(parser));
			IQ_TRY(take_member(parser, value));
		} else {
			return NULL;
		}
	}
}

static struct iq_error *take_postfix(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	IQ_TRY(expr_primary(parser, &value));
	for (;;) {
		if (expr_is(parser, '[')) {
			IQ_TRY(take_index(parser, &value));
		} else if (expr_is(parser, '.') || expr_is(parser, MARK2('-', '>'))) {
			IQ_TRY(expr_next(parser));
			IQ_TRY(take_member(parser, &value));
		} else if (expr_is(parser, '(')) {
			return expr_wrong(parser, parser->token.start, "functions of a dead kernel can't be called");
		} else if (is_step(parser)) {
			return nothing_is_written(parser, parser->token.start);
		} else {
			expr_replace(out, &value);
			return NULL;
		}
	}
}

struct iq_error *expr_unary(struct expr_parser *parser, struct iq_value *out)
{
	bool taken = false;
	IQ_TRY(expr_deeper(parser));
	if (expr_is(parser, '(') || expr_is(parser, '{'))
		IQ_TRY(take_cast(parser, out, &taken));
	if (taken)
		;
	else if (expr_is(parser, '-') || expr_is(parser, '+') || expr_is(parser, '~') || expr_is(parser, '!') ||
		 expr_is(parser, '&') || expr_is(parser, '*'))
		IQ_TRY(take_unary(parser, out));
	else if (is_step(parser))
		return nothing_is_written(parser, parser->token.start);
	else if (expr_is_name(parser, "sizeof"))
		IQ_TRY(expr_sizeof(parser, out));
	else
		IQ_TRY(take_postfix(parser, out));
	parser->depth--;
	return NULL;
}

/* Binary operators. */

/* How tightly the current token binds; 0: it is no binary operator. */
static unsigned level_of(const struct expr_parser *parser)
{
	if (parser->token.kind != TOKEN_MARK)
		return 0;
	switch (parser->token.mark) {
	case MARK2('|', '|'): return 1;
	case MARK2('&', '&'): return 2;
	case '|': return 3;
	case '^': return 4;
	case '&': return 5;
	case MARK2('=', '='):
	case MARK2('!', '='): return 6;
	case '<':
	case '>':
	case MARK2('<', '='):
	case MARK2('>', '='): return 7;
	case MARK2('<', '<'):
	case MARK2('>', '>'): return 8;
	case '@': return 9;
	case '+':
	case '-': return 10;
	case '*':
	case '/':
	case '%': return 11;
	}
	return 0;
}

/* The right side is evaluated only when it matters. */
static struct iq_error *take_logical(struct expr_parser *parser, const char *where, bool both, struct iq_value *left)
{
	_cleanup_(iq_value_deinit) struct iq_value right = { 0 }, result = { 0 };
	struct expr_operand a, b;
	IQ_TRY(expr_scalar(parser, where, left, &a));
	bool decided = (a.bits != 0) != both;
	parser->unevaluated += decided;
	const char *begin = parser->token.start;
	IQ_TRY(expr_binary_chain(parser, both ? 3 : 2, &right));
	IQ_TRY(expr_scalar(parser, begin, &right, &b));
	parser->unevaluated -= decided;
	IQ_TRY(expr_result(parser, 4, true, decided ? !both : b.bits != 0, &result));
	expr_replace(left, &result);
	return NULL;
}

struct iq_error *expr_binary_chain(struct expr_parser *parser, unsigned least, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value left = { 0 };
	unsigned level, count = 0;
	IQ_TRY(expr_unary(parser, &left));
	while ((level = level_of(parser)) != 0 && level >= least) {
		_cleanup_(iq_value_deinit) struct iq_value right = { 0 };
		const char *where = parser->token.start;
		unsigned mark = parser->token.mark;
		IQ_TRY(expr_next(parser));
		if (++count % 1024 == 0)
			IQ_TRY(iq_check_interrupt());
		if (level <= 2) {
			IQ_TRY(take_logical(parser, where, level == 2, &left));
			continue;
		}
		IQ_TRY(expr_binary_chain(parser, level + 1, &right));
		IQ_TRY(expr_binary(parser, where, mark, &left, &right));
	}
	expr_replace(out, &left);
	return NULL;
}

/* Both sides of ?: make the type, one of them the value. */
static struct iq_error *join(struct expr_parser *parser, const char *where, const struct iq_value *left,
			     const struct iq_value *right, bool first, struct iq_value *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf one = { 0 }, other = { 0 };
	struct expr_operand a, b;
	parser->unevaluated += !first;
	IQ_TRY(expr_operand(parser, where, left, &a));
	parser->unevaluated -= !first;
	parser->unevaluated += first;
	IQ_TRY(expr_operand(parser, where, right, &b));
	parser->unevaluated -= first;
	const struct expr_operand *chosen = first ? &a : &b;
	if (a.class == CLASS_INTEGER && b.class == CLASS_INTEGER) {
		unsigned rank;
		bool is_signed;
		IQ_TRY(expr_balance(&a, &b, &rank, &is_signed));
		return expr_result(parser, rank, is_signed, chosen->bits, out);
	}
	if ((a.class == CLASS_POINTER || b.class == CLASS_POINTER) &&
	    (a.class == CLASS_POINTER || a.class == CLASS_INTEGER) &&
	    (b.class == CLASS_POINTER || b.class == CLASS_INTEGER))
		return iq_value_of_integer(a.class == CLASS_POINTER ? a.type : b.type, chosen->bits, out);
	if (a.class == b.class)
		return iq_value_copy(first ? left : right, out);
	return expr_wrong(parser, where, "the two sides of ?: don't go together: %s and %s",
			  expr_type_text(left->type, &one), expr_type_text(right->type, &other));
}

static struct iq_error *take_conditional(struct expr_parser *parser, struct iq_value *value)
{
	_cleanup_(iq_value_deinit) struct iq_value left = { 0 }, right = { 0 }, result = { 0 };
	const char *where = parser->token.start;
	struct expr_operand condition;
	IQ_TRY(expr_scalar(parser, where, value, &condition));
	bool first = condition.bits != 0;
	IQ_TRY(expr_deeper(parser));
	IQ_TRY(expr_next(parser));
	if (expr_is(parser, ':')) { /* GNU's a ?: b */
		IQ_TRY(iq_value_copy(value, &left));
	} else {
		parser->unevaluated += !first;
		IQ_TRY(expr_expression(parser, &left));
		parser->unevaluated -= !first;
	}
	IQ_TRY(expr_take(parser, ':', "the : of ?:"));
	parser->unevaluated += first;
	IQ_TRY(expr_assignment(parser, &right));
	parser->unevaluated -= first;
	parser->depth--;
	IQ_TRY(join(parser, where, &left, &right, first, &result));
	expr_replace(value, &result);
	return NULL;
}

struct iq_error *expr_assignment(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	IQ_TRY(expr_binary_chain(parser, 1, &value));
	if (expr_is(parser, '?'))
		IQ_TRY(take_conditional(parser, &value));
	if (is_assignment(parser))
		return nothing_is_written(parser, parser->token.start);
	expr_replace(out, &value);
	return NULL;
}

struct iq_error *expr_expression(struct expr_parser *parser, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	IQ_TRY(expr_assignment(parser, &value));
	while (expr_is(parser, ',')) {
		_cleanup_(iq_value_deinit) struct iq_value next = { 0 };
		IQ_TRY(expr_next(parser));
		IQ_TRY(expr_assignment(parser, &next));
		expr_replace(&value, &next);
	}
	expr_replace(out, &value);
	return NULL;
}
