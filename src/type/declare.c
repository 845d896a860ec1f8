// SPDX-License-Identifier: GPL-2.0-or-later
/* Types as C writes them. A declarator grows around the name from the inside out: "*fn", "(*fn)(int)", "void
 * (*fn)(int)". */
#include "type/source.h"
#include "util/cleanup.h"

#include <string.h>

enum { MAX_LENGTH = 64 * 1024 };

static void declare(struct iq_type type, const char *name, struct iq_strbuf *out, int depth);

enum { IS_CONST = 1, IS_VOLATILE = 2, IS_RESTRICT = 4 };

static void add_qualifiers(struct iq_strbuf *out, unsigned qualifiers)
{
	iq_strbuf_add(out, qualifiers & IS_CONST ? "const " : "");
	iq_strbuf_add(out, qualifiers & IS_VOLATILE ? "volatile " : "");
	iq_strbuf_add(out, qualifiers & IS_RESTRICT ? "restrict " : "");
}

/* Compilers write "long unsigned int" into debug information; people, gdb and crash write "unsigned long". */
static const char *usual_name(const char *name)
{
	static const char *const names[][2] = {
		{ "long unsigned int", "unsigned long" },
		{ "long int", "long" },
		{ "long long unsigned int", "unsigned long long" },
		{ "long long int", "long long" },
		{ "short unsigned int", "unsigned short" },
		{ "short int", "short" },
	};
	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(name, names[i][0]) == 0)
			return names[i][1];
	}
	return name;
}

/* The specifier at the end of the chain: "unsigned long", "struct list_head", "enum {...}". */
static void add_base(struct iq_strbuf *out, const struct iq_type_info *info)
{
	const char *keyword = "", *name = info->name;
	switch (info->kind) {
	case IQ_TYPE_VOID: name = "void"; break;
	case IQ_TYPE_INT: name = usual_name(name); break;
	case IQ_TYPE_STRUCT: keyword = "struct "; break;
	case IQ_TYPE_UNION: keyword = "union "; break;
	case IQ_TYPE_ENUM: keyword = "enum "; break;
	case IQ_TYPE_FORWARD: keyword = info->is_union_forward ? "union " : "struct "; break;
	default: break;
	}
	iq_strbuf_addf(out, "%s%s", keyword, name ? name : "{...}");
}

/* Replaces the declarator by PREFIX declarator SUFFIX. */
static void wrap(struct iq_strbuf *declarator, const char *prefix, const char *suffix)
{
	struct iq_strbuf wrapped = { 0 };
	iq_strbuf_addf(&wrapped, "%s%s%s", prefix, iq_strbuf_text(declarator), suffix);
	iq_strbuf_free(declarator);
	*declarator = wrapped;
}

static void add_parameters(struct iq_type function, const struct iq_type_info *info, struct iq_strbuf *out, int depth)
{
	iq_strbuf_add_char(out, '(');
	for (uint32_t n = 0; n < info->count && out->length < MAX_LENGTH; n++) {
		const char *name;
		struct iq_type type;
		iq_strbuf_add(out, n ? ", " : "");
		if (iq_failed(function.source->ops->parameter_at(function.source, function.id, n, &name, &type)))
			iq_strbuf_add(out, "<damaged type>");
		else
			declare(type, "", out, depth + 1);
	}
	if (info->variadic)
		iq_strbuf_add(out, info->count ? ", ..." : "...");
	else if (!info->count)
		iq_strbuf_add(out, "void");
	iq_strbuf_add_char(out, ')');
}

/* "*", "*const ", "* __rcu ": what stands before a pointer's name. */
static void wrap_pointer(struct iq_strbuf *declarator, unsigned qualifiers, const char *tags)
{
	struct iq_strbuf prefix = { 0 };
	iq_strbuf_add_char(&prefix, '*');
	iq_strbuf_add(&prefix, tags);
	iq_strbuf_add(&prefix, *tags ? " " : "");
	add_qualifiers(&prefix, qualifiers);
	char *text = prefix.text;
	/* "char *const" alone, "char *const p" with a name */
	if (text && !*iq_strbuf_text(declarator) && prefix.length > 1)
		iq_strbuf_truncate(&prefix, prefix.length - 1);
	wrap(declarator, iq_strbuf_text(&prefix), "");
	iq_strbuf_free(&prefix);
}

/* The state of one declaration: what was met on the way from the outermost type to the base. */
struct declaration {
	struct iq_strbuf declarator;
	struct iq_strbuf tags;
	unsigned qualifiers;
	bool pointer; /* the last thing wrapped was a '*': arrays and functions need parentheses */
};

static void add_tag(struct declaration *d, const struct iq_type_info *info)
{
	/* Met from the outside in; C has the innermost first, but a second tag on one type is not known to exist. */
	const char *name = info->name ? info->name : "";
	if (strcmp(name, "_Atomic") == 0) /* DWARF's: a qualifier with its full name */
		iq_strbuf_add(&d->tags, " _Atomic");
	else
		iq_strbuf_addf(&d->tags, info->is_attribute ? " __attribute__((%s))" : " __%s", name);
}

/* Takes one type of the chain into the declarator; false at the base. */
static bool take(struct declaration *d, struct iq_type type, const struct iq_type_info *info, int depth)
{
	switch (info->kind) {
	case IQ_TYPE_CONST: d->qualifiers |= IS_CONST; return true;
	case IQ_TYPE_VOLATILE: d->qualifiers |= IS_VOLATILE; return true;
	case IQ_TYPE_RESTRICT: d->qualifiers |= IS_RESTRICT; return true;
	case IQ_TYPE_TAG: add_tag(d, info); return true;
	case IQ_TYPE_POINTER:
		wrap_pointer(&d->declarator, d->qualifiers, iq_strbuf_text(&d->tags));
		d->qualifiers = 0;
		iq_strbuf_truncate(&d->tags, 0);
		d->pointer = true;
		return true;
	case IQ_TYPE_ARRAY:
	case IQ_TYPE_FUNCTION: {
		struct iq_strbuf suffix = { 0 };
		iq_strbuf_add(&suffix, d->pointer ? ")" : "");
		if (info->kind == IQ_TYPE_FUNCTION)
			add_parameters(type, info, &suffix, depth);
		else if (info->count)
			iq_strbuf_addf(&suffix, "[%llu]", (unsigned long long)info->count);
		else
			iq_strbuf_add(&suffix, "[]");
		wrap(&d->declarator, d->pointer ? "(" : "", iq_strbuf_text(&suffix));
		iq_strbuf_free(&suffix);
		d->pointer = false;
		return true;
	}
	default: return false;
	}
}

static void declare(struct iq_type type, const char *name, struct iq_strbuf *out, int depth)
{
	struct declaration d = { 0 };
	struct iq_type_info info;
	bool whole = false;
	iq_strbuf_add(&d.declarator, name);
	if (depth < IQ_TYPE_MAX_DEPTH / 4) {
		for (int i = 0; i < IQ_TYPE_MAX_DEPTH && d.declarator.length < MAX_LENGTH; i++) {
			if (iq_failed(iq_type_raw_info(type, &info)))
				break;
			whole = !take(&d, type, &info, depth);
			if (whole)
				break;
			type = info.target;
		}
	}
	if (whole) {
		add_qualifiers(out, d.qualifiers);
		add_base(out, &info);
		iq_strbuf_add(out, iq_strbuf_text(&d.tags));
	} else {
		iq_strbuf_add(out, "<damaged type>");
	}
	if (d.declarator.length)
		iq_strbuf_addf(out, " %s", iq_strbuf_text(&d.declarator));
	iq_strbuf_free(&d.declarator);
	iq_strbuf_free(&d.tags);
}

void iq_type_declare(struct iq_type type, const char *name, struct iq_strbuf *out)
{
	declare(type, name, out, 0);
}
