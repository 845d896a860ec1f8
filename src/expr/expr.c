// SPDX-License-Identifier: GPL-2.0-or-later
#include "expr/internal.h"

#include <string.h>

static struct iq_error *begin(struct expr_parser *parser, const struct iq_expr_context *context, const char *text)
{
	size_t length = strnlen(text, IQ_EXPR_MAX_LENGTH + 1);
	*parser = (struct expr_parser){ .context = context, .text = text, .at = text };
	if (length > IQ_EXPR_MAX_LENGTH)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the expression is longer than %d bytes", IQ_EXPR_MAX_LENGTH);
	IQ_TRY(expr_next(parser));
	if (parser->token.kind == TOKEN_END)
		return expr_wrong(parser, text, "there is no expression");
	return NULL;
}

static struct iq_error *expect_end(const struct expr_parser *parser)
{
	const struct expr_token *token = &parser->token;
	if (token->kind == TOKEN_END)
		return NULL;
	if (token->kind != TOKEN_MARK)
		return expr_wrong(parser, token->start, "an operator is expected before \"%.*s\"",
				  (int)IQ_MIN(token->length, 40), token->start);
	return expr_wrong(parser, token->start, "\"%.*s\" is not expected here", (int)token->length, token->start);
}

/* A constant that stands alone is shown by its name, as gdb does; in arithmetic C takes it for an int. */
static struct iq_error *keep_name(const struct expr_parser *parser, struct iq_value *value)
{
	struct iq_value named = { 0 };
	uint64_t number;
	if (!parser->constant.source ||
	    parser->text[strspn(parser->text, " \tabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")])
		return NULL;
	IQ_TRY(iq_value_integer(parser->context->target, value, &number));
	IQ_TRY(iq_value_of_integer(parser->constant, number, &named));
	expr_replace(value, &named);
	return NULL;
}

struct iq_error *iq_expr_evaluate(const struct iq_expr_context *context, const char *text, struct iq_value *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct expr_parser parser;
	IQ_TRY(begin(&parser, context, text));
	IQ_TRY(expr_expression(&parser, &value));
	IQ_TRY(expect_end(&parser));
	IQ_TRY(keep_name(&parser, &value));
	*out = (struct iq_value){ 0 };
	expr_replace(out, &value);
	return NULL;
}

struct iq_error *iq_expr_type(const struct iq_expr_context *context, const char *text, struct iq_type *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct expr_parser parser;
	struct iq_type type;
	bool yes;
	IQ_TRY(begin(&parser, context, text));
	parser.unevaluated = 1;
	IQ_TRY(expr_begins_type(&parser, &yes));
	if (yes) {
		IQ_TRY(expr_type_name(&parser, &type));
	} else {
		IQ_TRY(expr_expression(&parser, &value));
		if (!value.type.source)
			return expr_not_typed(&parser, text, &value);
		IQ_TRY(keep_name(&parser, &value));
		type = value.type;
	}
	IQ_TRY(expect_end(&parser));
	*out = type;
	return NULL;
}
