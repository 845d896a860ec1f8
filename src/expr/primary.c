// SPDX-License-Identifier: GPL-2.0-or-later
/* Names, literals, parentheses, and what begins with a dollar. */
#include "expr/internal.h"

#include <ctype.h>
#include <string.h>

static struct iq_error *ask_identifier(struct expr_parser *parser, const char *name, struct iq_value *out)
{
	if (!parser->context->identifier)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no names are known here");
	return parser->context->identifier(parser->context->context, name, out);
}

/* C's type of an enum constant is int where it fits; alone it keeps its name (expr.c). */
static struct iq_error *ask_constant(struct expr_parser *parser, const char *name, struct iq_value *out)
{
	int64_t value;
	IQ_TRY(iq_type_constant_of(parser->context->types, name, &parser->constant, &value));
	if (value == (int32_t)value)
		return expr_result(parser, 4, true, (uint64_t)value, out);
	if (value == (uint32_t)value)
		return expr_result(parser, 4, false, (uint64_t)value, out);
	return expr_result(parser, 8, value < 0, (uint64_t)value, out);
}

/* A name that isn't there in one place costs the loading of all modules: ask first where it is most likely. */
static struct iq_error *look_up(struct expr_parser *parser, const char *name, struct iq_value *out)
{
	bool upper = true;
	for (const char *p = name; *p; p++)
		upper &= !islower((unsigned char)*p);
	struct iq_error *error = upper ? ask_constant(parser, name, out) : ask_identifier(parser, name, out);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	return upper ? ask_identifier(parser, name, out) : ask_constant(parser, name, out);
}

static struct iq_error *unknown_name(struct expr_parser *parser, const char *where, const char *name)
{
	struct iq_type type;
	if (!iq_failed(iq_type_find(parser->context->types, IQ_TYPE_STRUCT, name, &type)))
		return expr_wrong(parser, where, "\"%s\" is no variable, function or enum constant: write struct %s",
				  name, name);
	if (!iq_failed(iq_type_find(parser->context->types, IQ_TYPE_TYPEDEF, name, &type)))
		return expr_wrong(parser, where, "\"%s\" is a type: a value is expected", name);
	size_t length = strlen(name);
	if (length >= 4 && strspn(name, "0123456789abcdefABCDEF") == length)
		return expr_wrong(parser, where, "there is no \"%s\": a hexadecimal number needs 0x before it", name);
	return expr_wrong(parser, where, "there is no variable, function or enum constant \"%s\"", name);
}

static struct iq_error *take_name(struct expr_parser *parser, struct iq_value *out)
{
	const char *where = parser->token.start;
	char name[256];
	bool taken, is_type = false;
	IQ_TRY(expr_name(parser, name));
	IQ_TRY(expr_keyword(parser, out, &taken));
	if (taken)
		return NULL;
	struct iq_error *error = look_up(parser, name, out);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		IQ_TRY(expr_begins_type(parser, &is_type));
		return is_type ? expr_wrong(parser, where, "a value is expected, and \"%s\" begins a type", name)
			       : unknown_name(parser, where, name);
	}
	IQ_TRY(expr_at(parser, where, error));
	return expr_next(parser);
}

/* "$", "$$", "$3", "$$2": the history. */
static bool is_history(const char *text, int *number)
{
	bool back = text[1] == '$';
	const char *digits = text + 1 + back;
	size_t length = strlen(digits);
	if (strspn(digits, "0123456789") != length || length > 6)
		return false;
	int n = (int)strtol(digits, NULL, 10);
	*number = !back ? n : length ? -n : -1;
	return true;
}

static struct iq_error *take_dollar(struct expr_parser *parser, struct iq_value *out)
{
	const struct iq_expr_context *context = parser->context;
	const char *where = parser->token.start;
	char name[256];
	int number;
	IQ_TRY(expr_name(parser, name));
	if (is_history(name, &number)) {
		if (!context->history)
			return expr_wrong(parser, where, "there is no history of values here");
		IQ_TRY(expr_at(parser, where, context->history(context->context, number, out)));
	} else {
		if (!context->reg)
			return expr_wrong(parser, where, "there are no registers here");
		IQ_TRY(expr_at(parser, where, context->reg(context->context, name + 1, out)));
	}
	return expr_next(parser);
}

struct iq_error *expr_primary(struct expr_parser *parser, struct iq_value *out)
{
	const struct expr_token *token = &parser->token;
	switch (token->kind) {
	case TOKEN_NUMBER: return expr_number(parser, out);
	case TOKEN_CHARACTER: return expr_character(parser, out);
	case TOKEN_STRING: return expr_string(parser, out);
	case TOKEN_NAME: return take_name(parser, out);
	case TOKEN_DOLLAR: return take_dollar(parser, out);
	case TOKEN_END: return expr_wrong(parser, token->start, "the expression ends where a value is expected");
	case TOKEN_MARK: break;
	}
	if (!expr_is(parser, '('))
		return expr_wrong(parser, token->start, "a value is expected before \"%.*s\"", (int)token->length,
				  token->start);
	IQ_TRY(expr_next(parser));
	IQ_TRY(expr_expression(parser, out));
	return expr_take(parser, ')', "a closing )");
}
