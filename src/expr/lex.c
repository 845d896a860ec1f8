// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of an expression, and errors that say where. */
#include "expr/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct iq_error *expr_wrong(const struct expr_parser *parser, const char *where, const char *format, ...)
{
	struct iq_strbuf text = { 0 };
	va_list args;
	va_start(args, format);
	iq_strbuf_addv(&text, format, args);
	va_end(args);
	struct iq_error *error = iq_error_new(IQ_ERROR_ARGUMENT, "column %zu: %s", (size_t)(where - parser->text) + 1,
					      iq_strbuf_text(&text));
	iq_strbuf_free(&text);
	return error;
}

struct iq_error *expr_at(const struct expr_parser *parser, const char *where, struct iq_error *error)
{
	if (!error || error->code == IQ_ERROR_NO_MEMORY || error->code == IQ_ERROR_INTERRUPTED ||
	    !strncmp(error->message, "column ", 7))
		return error;
	error = iq_error_prefix(error, "column %zu", (size_t)(where - parser->text) + 1);
	if (error->code == IQ_ERROR_NOT_FOUND)
		error->code = IQ_ERROR_ARGUMENT;
	return error;
}

static bool begins_name(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static bool continues_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Behind the closing quote; NULL when there is none. */
static const char *quoted_end(const char *p)
{
	for (char quote = *p++; *p != quote; p++)
		if (!*p || (*p == '\\' && !*++p))
			return NULL;
	return p + 1;
}

/* The longest mark at p. */
static size_t mark_length(const char *p)
{
	static const char marks[][4] = { "<<=", ">>=", "...", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
					 "+=",  "-=",  "*=",  "/=", "%=", "&=", "|=", "^=", "++", "--", "::" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(marks); i++)
		if (!strncmp(p, marks[i], strlen(marks[i])))
			return strlen(marks[i]);
	return strchr("+-*/%&|^~!<>=?:,.()[]{}@", *p) ? 1 : 0;
}

static struct iq_error *take_mark(struct expr_parser *parser)
{
	struct expr_token *token = &parser->token;
	token->kind = TOKEN_MARK;
	token->length = mark_length(token->start);
	token->mark = 0;
	if (!token->length && isprint((unsigned char)*token->start))
		return expr_wrong(parser, token->start, "unexpected character '%c'", *token->start);
	if (!token->length)
		return expr_wrong(parser, token->start, "unexpected byte 0x%02x", (unsigned char)*token->start);
	for (size_t i = 0; i < token->length; i++)
		token->mark = token->mark << 8 | (unsigned char)token->start[i];
	return NULL;
}

/* A function's name may hold dots (foo.constprop.0); then the member's dot can't be told from it, and the member is
 * what is meant. */
struct iq_error *expr_next_at(struct expr_parser *parser, const char *at)
{
	struct expr_token *token = &parser->token;
	const char *p = at + strspn(at, " \t\n\r\v\f");
	*token = (struct expr_token){ .start = p };
	if (!*p) {
		token->kind = TOKEN_END;
	} else if (isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1]))) {
		token->kind = TOKEN_NUMBER;
		while (continues_name(p[token->length]) || p[token->length] == '.')
			token->length++;
	} else if (begins_name(*p)) {
		token->kind = TOKEN_NAME;
		while (continues_name(p[token->length]))
			token->length++;
	} else if (*p == '$') {
		token->kind = TOKEN_DOLLAR;
		token->length = 1 + (p[1] == '$');
		while (continues_name(p[token->length]))
			token->length++;
	} else if (*p == '"' || *p == '\'') {
		const char *end = quoted_end(p);
		if (!end)
			return expr_wrong(parser, p, "the closing %c is missing", *p);
		token->kind = *p == '"' ? TOKEN_STRING : TOKEN_CHARACTER;
		token->length = (size_t)(end - p);
	} else {
		IQ_TRY(take_mark(parser));
	}
	parser->at = p + token->length;
	return NULL;
}

struct iq_error *expr_next(struct expr_parser *parser)
{
	return expr_next_at(parser, parser->at);
}

bool expr_is_name(const struct expr_parser *parser, const char *name)
{
	return parser->token.kind == TOKEN_NAME && strlen(name) == parser->token.length &&
	       !memcmp(name, parser->token.start, parser->token.length);
}

struct iq_error *expr_take(struct expr_parser *parser, unsigned mark, const char *what)
{
	if (expr_is(parser, mark))
		return expr_next(parser);
	if (parser->token.kind == TOKEN_END)
		return expr_wrong(parser, parser->token.start, "%s is missing at the end", what);
	return expr_wrong(parser, parser->token.start, "%s is expected before \"%.*s\"", what,
			  (int)IQ_MIN(parser->token.length, 40), parser->token.start);
}

struct iq_error *expr_name(const struct expr_parser *parser, char name[static 256])
{
	if (parser->token.length >= 256)
		return expr_wrong(parser, parser->token.start, "the name is too long");
	memcpy(name, parser->token.start, parser->token.length);
	name[parser->token.length] = '\0';
	return NULL;
}
