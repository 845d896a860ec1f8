// SPDX-License-Identifier: GPL-2.0-or-later
/* Types as people type them: specifiers in any order, then an abstract declarator. */
#include "type/derived.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { MAX_PARAMETERS = 256 };

struct parser {
	struct iq_types *types;
	const char *text, *p;
	const char *end; /* behind the last byte that was taken */
	unsigned depth;
};

static struct iq_error *parse_type(struct parser *parser, struct iq_type *out);

static bool starts_word(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)*parser->p))
		parser->p++;
}

/* The next word, or an empty one; parser->p stays before it. */
static size_t peek_word(struct parser *parser)
{
	size_t length = 0;
	skip_blanks(parser);
	if (starts_word(*parser->p)) {
		while (isalnum((unsigned char)parser->p[length]) || parser->p[length] == '_')
			length++;
	}
	return length;
}

static void take(struct parser *parser, size_t length)
{
	parser->p += length;
	parser->end = parser->p;
}

static bool is_word(const struct parser *parser, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(parser->p, word, length) == 0;
}

/* Takes the character if it comes next. */
static bool take_char(struct parser *parser, char c)
{
	skip_blanks(parser);
	if (*parser->p != c)
		return false;
	take(parser, 1);
	return true;
}

static struct iq_error *wrong(const struct parser *parser, const char *why)
{
	return iq_error_new(IQ_ERROR_ARGUMENT, "type \"%.80s\": %s at column %zu", parser->text, why,
			    (size_t)(parser->p - parser->text) + 1);
}

/* Specifiers. */

enum { SHORT, LONG, SIGNED, UNSIGNED, INT, CHAR, BOOL, INT128, FLOAT, DOUBLE, VOID, INT_WORDS };

static const char *const int_words[INT_WORDS] = { "short", "long",     "signed", "unsigned", "int", "char",
						  "_Bool", "__int128", "float",  "double",   "void" };

enum { IS_CONST = 1, IS_VOLATILE = 2, IS_RESTRICT = 4 };

struct specifiers {
	unsigned char words[INT_WORDS];
	unsigned count; /* of words */
	unsigned qualifiers;
	struct iq_type type; /* struct, union, enum or typedef */
};

/* Takes a qualifier, or an address-space mark of the kernel's; false if the word is none. */
static bool take_qualifier(struct parser *parser, size_t length, unsigned *qualifiers)
{
	static const char *const marks[] = { "__user",   "__rcu",   "__iomem",  "__percpu",
					     "__kernel", "__force", "__bitwise" };
	if (is_word(parser, length, "const"))
		*qualifiers |= IS_CONST;
	else if (is_word(parser, length, "volatile"))
		*qualifiers |= IS_VOLATILE;
	else if (is_word(parser, length, "restrict") || is_word(parser, length, "__restrict"))
		*qualifiers |= IS_RESTRICT;
	else {
		size_t i = 0;
		while (i < IQ_ARRAY_SIZE(marks) && !is_word(parser, length, marks[i]))
			i++;
		if (i == IQ_ARRAY_SIZE(marks))
			return false;
	}
	take(parser, length);
	return true;
}

static struct iq_error *qualify(struct parser *parser, unsigned qualifiers, struct iq_type *type)
{
	if (qualifiers & IS_RESTRICT)
		IQ_TRY(iq_type_derive(parser->types, IQ_TYPE_RESTRICT, *type, 0, type));
	if (qualifiers & IS_VOLATILE)
		IQ_TRY(iq_type_derive(parser->types, IQ_TYPE_VOLATILE, *type, 0, type));
	if (qualifiers & IS_CONST)
		IQ_TRY(iq_type_derive(parser->types, IQ_TYPE_CONST, *type, 0, type));
	return NULL;
}

static struct iq_error *copy_word(const struct parser *parser, size_t length, char name[static 512])
{
	if (length >= 512)
		return wrong(parser, "a name is too long");
	memcpy(name, parser->p, length);
	name[length] = '\0';
	return NULL;
}

/* Behind "struct", "union", "enum": the name. What is only declared is good enough for a pointer to it. */
static struct iq_error *take_tagged(struct parser *parser, enum iq_type_kind kind, struct iq_type *out)
{
	char name[512];
	size_t length = peek_word(parser);
	if (!length)
		return wrong(parser, "a name is missing");
	IQ_TRY(copy_word(parser, length, name));
	struct iq_error *error = iq_type_find(parser->types, kind, name, out);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND) && kind != IQ_TYPE_ENUM) {
		struct iq_type_info info;
		struct iq_error *second = iq_type_lookup(parser->types, IQ_KIND(IQ_TYPE_FORWARD), name, false, out);
		if (!second && out->source && !iq_failed(iq_type_raw_info(*out, &info)) &&
		    info.is_union_forward == (kind == IQ_TYPE_UNION))
			iq_error_freep(&error);
		iq_error_free(second);
	}
	if (!error)
		take(parser, length);
	return error;
}

static bool word_is_int(const struct parser *parser, size_t length, unsigned *word)
{
	if (is_word(parser, length, "__signed__") || is_word(parser, length, "__signed")) {
		*word = SIGNED;
		return true;
	}
	for (*word = 0; *word < INT_WORDS; ++*word) {
		if (is_word(parser, length, int_words[*word]))
			return true;
	}
	return false;
}

static struct iq_error *take_typedef(struct parser *parser, size_t length, struct iq_type *out)
{
	char name[512];
	IQ_TRY(copy_word(parser, length, name));
	struct iq_error *error = iq_type_find(parser->types, IQ_TYPE_TYPEDEF, name, out);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND) && is_word(parser, length, "bool")) {
		iq_error_freep(&error);
		*out = iq_type_basic(parser->types, IQ_BASIC_BOOL);
	}
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		struct iq_type other;
		iq_error_free(error);
		if (!iq_failed(iq_type_lookup(parser->types, IQ_KIND(IQ_TYPE_STRUCT), name, true, &other)) &&
		    other.source)
			return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no type %s; there is a struct %s", name,
					    name);
		return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no type %s", name);
	}
	if (!error)
		take(parser, length);
	return error;
}

static struct iq_error *take_specifiers(struct parser *parser, struct specifiers *s)
{
	for (size_t length; (length = peek_word(parser)) != 0;) {
		unsigned word;
		if (take_qualifier(parser, length, &s->qualifiers))
			continue;
		if (word_is_int(parser, length, &word)) {
			if (s->type.source || ++s->count > 8)
				return wrong(parser, "too many words for one type");
			s->words[word]++;
			take(parser, length);
			continue;
		}
		if (s->type.source || s->count)
			return NULL;
		if (is_word(parser, length, "struct") || is_word(parser, length, "union") ||
		    is_word(parser, length, "enum")) {
			enum iq_type_kind kind = *parser->p == 's'   ? IQ_TYPE_STRUCT
						 : *parser->p == 'u' ? IQ_TYPE_UNION
								     : IQ_TYPE_ENUM;
			take(parser, length);
			IQ_TRY(take_tagged(parser, kind, &s->type));
		} else {
			IQ_TRY(take_typedef(parser, length, &s->type));
		}
	}
	return s->type.source || s->count ? NULL : wrong(parser, "a type is missing");
}

/* C's combinations of int words; IQ_BASIC_TYPES for those that mean nothing. */
static enum iq_basic_type basic_of(const unsigned char words[static INT_WORDS])
{
	unsigned alone = words[CHAR] + words[BOOL] + words[INT128] + words[FLOAT] + words[DOUBLE] + words[VOID];
	bool is_unsigned = words[UNSIGNED], sign = words[SIGNED] + words[UNSIGNED] > 0;
	if (words[SIGNED] + words[UNSIGNED] > 1 || words[SHORT] > 1 || words[LONG] > 2 ||
	    (words[SHORT] && words[LONG]) || words[INT] > 1 || alone > 1 || (alone && words[INT]))
		return IQ_BASIC_TYPES;
	if (words[DOUBLE] && words[LONG] == 1 && !sign && !words[SHORT])
		return IQ_BASIC_LDOUBLE;
	if (alone && (words[SHORT] || words[LONG]))
		return IQ_BASIC_TYPES;
	if (words[CHAR])
		return !sign ? IQ_BASIC_CHAR : IQ_BASIC_SCHAR + is_unsigned;
	if (words[INT128])
		return IQ_BASIC_INT128 + is_unsigned;
	if (alone)
		return sign            ? IQ_BASIC_TYPES
		       : words[BOOL]   ? IQ_BASIC_BOOL
		       : words[FLOAT]  ? IQ_BASIC_FLOAT
		       : words[DOUBLE] ? IQ_BASIC_DOUBLE
				       : IQ_BASIC_VOID;
	if (words[SHORT])
		return IQ_BASIC_SHORT + is_unsigned;
	if (words[LONG])
		return (words[LONG] == 2 ? IQ_BASIC_LLONG : IQ_BASIC_LONG) + is_unsigned;
	return IQ_BASIC_INT + is_unsigned;
}

static struct iq_error *finish_specifiers(struct parser *parser, struct specifiers *s, struct iq_type *out)
{
	*out = s->type;
	if (s->count) {
		enum iq_basic_type basic = basic_of(s->words);
		if (basic == IQ_BASIC_TYPES)
			return wrong(parser, "these words do not make a type");
		*out = iq_type_basic(parser->types, basic);
		/* Whether a plain char is signed depends on the kernel: -funsigned-char since 6.2, upstream commit
		 * 3bc753c06dd0. */
		struct iq_type found;
		if (basic == IQ_BASIC_CHAR &&
		    !iq_failed(iq_type_lookup(parser->types, IQ_KIND(IQ_TYPE_INT), "char", true, &found)) &&
		    found.source)
			*out = found;
	}
	return qualify(parser, s->qualifiers, out);
}

/* Declarators. */

static struct iq_error *take_count(struct parser *parser, uint64_t *count)
{
	*count = 0;
	skip_blanks(parser);
	unsigned base = 10;
	if (parser->p[0] == '0' && (parser->p[1] == 'x' || parser->p[1] == 'X')) {
		base = 16;
		parser->p += 2;
	}
	for (; isxdigit((unsigned char)*parser->p); parser->p++) {
		char c = *parser->p;
		unsigned digit = (unsigned)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
		if (digit >= base || __builtin_mul_overflow(*count, base, count) ||
		    __builtin_add_overflow(*count, digit, count))
			return wrong(parser, "not the size of an array");
	}
	return take_char(parser, ']') ? NULL : wrong(parser, "a ] is missing");
}

static struct iq_error *take_arrays(struct parser *parser, struct iq_type *type)
{
	uint64_t counts[16];
	unsigned n = 0;
	while (take_char(parser, '[')) {
		if (n == IQ_ARRAY_SIZE(counts))
			return wrong(parser, "too many dimensions");
		IQ_TRY(take_count(parser, &counts[n++]));
	}
	while (n > 0) {
		uint64_t size;
		IQ_TRY(iq_type_array_of(parser->types, *type, counts[--n], type));
		IQ_TRY(iq_type_size(*type, &size));
	}
	return NULL;
}

static struct iq_error *take_parameters(struct parser *parser, struct iq_type *type)
{
	struct iq_type parameters[MAX_PARAMETERS];
	size_t count = 0;
	bool variadic = false;
	if (!take_char(parser, ')')) {
		do {
			skip_blanks(parser);
			if (strncmp(parser->p, "...", 3) == 0) {
				take(parser, 3);
				variadic = true;
				break;
			}
			if (count == MAX_PARAMETERS)
				return wrong(parser, "too many parameters");
			IQ_TRY(parse_type(parser, &parameters[count++]));
		} while (take_char(parser, ','));
		if (!take_char(parser, ')'))
			return wrong(parser, "a ) is missing");
	}
	struct iq_type nothing = iq_type_void(parser->types);
	if (count == 1 && !variadic && parameters[0].source == nothing.source && parameters[0].id == nothing.id)
		count = 0;
	return iq_type_derive_function(parser->types, *type, parameters, count, variadic, type);
}

/* Steps over what stands in parentheses, to the end of the group. */
static struct iq_error *skip_group(struct parser *parser)
{
	for (unsigned open = 1; open; parser->p++) {
		if (!*parser->p)
			return wrong(parser, "a ) is missing");
		open += *parser->p == '(';
		open -= *parser->p == ')';
	}
	parser->end = parser->p;
	return NULL;
}

static struct iq_error *take_declarator(struct parser *parser, struct iq_type *type)
{
	for (unsigned stars = 0; take_char(parser, '*'); stars++) {
		unsigned qualifiers = 0;
		if (stars == IQ_TYPE_MAX_DEPTH / 4)
			return wrong(parser, "too many pointers");
		IQ_TRY(iq_type_pointer_to(parser->types, *type, type));
		for (size_t length; (length = peek_word(parser)) && take_qualifier(parser, length, &qualifiers);)
			;
		IQ_TRY(qualify(parser, qualifiers, type));
	}
	/* "(*...)": what stands behind the group belongs to the type that the group points to. */
	const char *group = parser->p;
	skip_blanks(parser);
	if (*parser->p != '(')
		return take_arrays(parser, type);
	parser->p++;
	skip_blanks(parser);
	if (*parser->p != '*') {
		parser->p = group;
		return NULL;
	}
	if (++parser->depth > IQ_TYPE_MAX_DEPTH / 4)
		return wrong(parser, "too many parentheses");
	const char *inside = parser->p;
	IQ_TRY(skip_group(parser));
	if (take_char(parser, '('))
		IQ_TRY(take_parameters(parser, type));
	else
		IQ_TRY(take_arrays(parser, type));
	const char *behind = parser->end;
	parser->p = inside;
	IQ_TRY(take_declarator(parser, type));
	if (!take_char(parser, ')'))
		return wrong(parser, "a ) is missing");
	parser->p = parser->end = behind;
	parser->depth--;
	return NULL;
}

static struct iq_error *parse_type(struct parser *parser, struct iq_type *out)
{
	struct specifiers specifiers = { 0 };
	if (++parser->depth > IQ_TYPE_MAX_DEPTH / 4)
		return wrong(parser, "too many types one in the other");
	IQ_TRY(take_specifiers(parser, &specifiers));
	IQ_TRY(finish_specifiers(parser, &specifiers, out));
	IQ_TRY(take_declarator(parser, out));
	parser->depth--;
	return NULL;
}

struct iq_error *iq_type_parse_prefix(struct iq_types *types, const char *text, size_t *length, struct iq_type *out)
{
	struct parser parser = { .types = types, .text = text, .p = text, .end = text };
	struct iq_type type;
	IQ_TRY(parse_type(&parser, &type));
	*out = type;
	*length = (size_t)(parser.end - text);
	return NULL;
}

struct iq_error *iq_type_parse(struct iq_types *types, const char *text, struct iq_type *out)
{
	size_t length;
	struct iq_type type;
	IQ_TRY(iq_type_parse_prefix(types, text, &length, &type));
	struct parser rest = { .text = text, .p = text + length };
	skip_blanks(&rest);
	if (*rest.p)
		return wrong(&rest, "unexpected text");
	*out = type;
	return NULL;
}
