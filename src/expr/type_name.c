// SPDX-License-Identifier: GPL-2.0-or-later
/* Types inside expressions: where one begins, typeof, and how types are aligned. */
#include "expr/internal.h"

#include <string.h>

static bool is_typeof(const struct expr_parser *parser)
{
	return expr_is_name(parser, "typeof") || expr_is_name(parser, "__typeof__") || expr_is_name(parser, "__typeof");
}

static bool is_type_word(const struct expr_parser *parser)
{
	static const char *const words[] = { "struct",   "union",      "enum",     "void",     "char",
					     "short",    "int",        "long",     "signed",   "unsigned",
					     "__signed", "__signed__", "_Bool",    "__int128", "float",
					     "double",   "const",      "volatile", "bool",     "restrict",
					     "__user",   "__restrict", "__rcu",    "__iomem",  "__force" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(words); i++)
		if (expr_is_name(parser, words[i]))
			return true;
	return is_typeof(parser);
}

/* What vmlinux calls a type is one. What only a module calls so is looked for where nothing but a type makes sense, and
 * no variable has the name: that search loads the types of all modules. */
struct iq_error *expr_begins_type(struct expr_parser *parser, bool *yes)
{
	const struct iq_expr_context *context = parser->context;
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_type type;
	char name[256];
	*yes = parser->token.kind == TOKEN_NAME && is_type_word(parser);
	if (*yes || parser->token.kind != TOKEN_NAME)
		return NULL;
	IQ_TRY(expr_name(parser, name));
	struct iq_error *error = iq_type_find_in_vmlinux(context->types, IQ_TYPE_TYPEDEF, name, &type);
	*yes = !error;
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return expr_at(parser, parser->token.start, error);
	iq_error_free(error);
	const char *behind = parser->at + strspn(parser->at, " \t");
	if (*behind != ')' && *behind != '*' && *behind != '}')
		return NULL;
	if (context->identifier) {
		error = context->identifier(context->context, name, &value);
		if (!iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
			iq_error_free(error); /* told when the name is used */
			return NULL;
		}
		iq_error_free(error);
	}
	*yes = !iq_failed(iq_type_find(context->types, IQ_TYPE_TYPEDEF, name, &type));
	return NULL;
}

/* "typeof(...)" and the stars behind it. */
static struct iq_error *take_typeof(struct expr_parser *parser, struct iq_type *out)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	bool yes;
	IQ_TRY(expr_deeper(parser));
	IQ_TRY(expr_next(parser));
	IQ_TRY(expr_take(parser, '(', "a ("));
	const char *where = parser->token.start;
	IQ_TRY(expr_begins_type(parser, &yes));
	if (yes) {
		IQ_TRY(expr_type_name(parser, out));
	} else {
		parser->unevaluated++;
		IQ_TRY(expr_expression(parser, &value));
		parser->unevaluated--;
		if (!value.type.source)
			return expr_not_typed(parser, where, &value);
		*out = value.type;
	}
	IQ_TRY(expr_take(parser, ')', "a closing )"));
	parser->depth--;
	for (unsigned stars = 0; expr_is(parser, '*') && stars < 16; stars++) {
		IQ_TRY(iq_type_pointer_to(parser->context->types, *out, out));
		IQ_TRY(expr_next(parser));
	}
	return NULL;
}

struct iq_error *expr_type_name(struct expr_parser *parser, struct iq_type *out)
{
	const char *start = parser->token.start;
	size_t length;
	if (is_typeof(parser))
		return take_typeof(parser, out);
	IQ_TRY(expr_at(parser, start, iq_type_parse_prefix(parser->context->types, start, &length, out)));
	return expr_next_at(parser, start + length);
}

struct alignment {
	unsigned visits;
	uint64_t most;
};

/* What a type's layout tells. Neither BTF nor most DWARF tells more: an alignment that was asked for shows only where a
 * size or offset would otherwise be another. */
static struct iq_error *align(struct alignment *a, struct iq_type type, uint64_t offset, unsigned depth)
{
	struct iq_type_info info;
	uint64_t one = 1;
	IQ_TRY(iq_type_complete(type, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (depth > 32 || ++a->visits > 100000)
		return iq_error_new(IQ_ERROR_LIMIT, "a type contains itself, or too many others");
	if (info.kind == IQ_TYPE_ARRAY)
		return align(a, info.target, offset, depth + 1);
	if (info.kind == IQ_TYPE_STRUCT || info.kind == IQ_TYPE_UNION) {
		for (uint32_t n = 0; n < info.count; n++) {
			struct iq_type_member member;
			IQ_TRY(iq_type_member_at(type, n, &member));
			IQ_TRY(align(a, member.type, member.bit_size ? 0 : offset + member.bit_offset / 8, depth + 1));
		}
		return NULL;
	}
	if (info.kind == IQ_TYPE_FORWARD)
		return iq_type_size(type, &one);
	for (uint64_t size = info.size; one < size && one < 16 && offset % (2 * one) == 0;)
		one *= 2;
	a->most = IQ_MAX(a->most, one);
	return NULL;
}

struct iq_error *expr_alignment(struct iq_type type, uint64_t *alignment)
{
	struct alignment a = { .most = 1 };
	uint64_t size;
	IQ_TRY(align(&a, type, 0, 0));
	IQ_TRY(iq_type_size(type, &size));
	while (size % a.most)
		a.most /= 2;
	*alignment = a.most;
	return NULL;
}
