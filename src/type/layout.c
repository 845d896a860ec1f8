// SPDX-License-Identifier: GPL-2.0-or-later
/* Sizes, members by path, and what lies at an offset: from any source, bounded for types that contain themselves. */
#include "type/source.h"

#include <ctype.h>
#include <string.h>

static bool is_alias(enum iq_type_kind kind)
{
	return kind == IQ_TYPE_TYPEDEF || kind == IQ_TYPE_CONST || kind == IQ_TYPE_VOLATILE ||
	       kind == IQ_TYPE_RESTRICT || kind == IQ_TYPE_TAG;
}

static struct iq_error *strip_info(struct iq_type type, struct iq_type *out, struct iq_type_info *info)
{
	for (int i = 0; i < IQ_TYPE_MAX_DEPTH; i++) {
		IQ_TRY(iq_type_raw_info(type, info));
		if (!is_alias(info->kind)) {
			*out = type;
			return NULL;
		}
		type = info->target;
	}
	return iq_error_new(IQ_ERROR_LIMIT, "type %u: more than %d typedefs in a row, or a cycle", type.id,
			    IQ_TYPE_MAX_DEPTH);
}

struct iq_error *iq_type_strip(struct iq_type type, struct iq_type *out)
{
	struct iq_type_info info;
	return strip_info(type, out, &info);
}

/* Like strip_info, and from a declaration on to the definition. */
static struct iq_error *complete_info(struct iq_type type, struct iq_type *out, struct iq_type_info *info)
{
	IQ_TRY(strip_info(type, out, info));
	if (info->kind != IQ_TYPE_FORWARD || !info->name)
		return NULL;
	struct iq_type definition;
	IQ_TRY(iq_type_lookup(type.source->types, IQ_KIND(info->is_union_forward ? IQ_TYPE_UNION : IQ_TYPE_STRUCT),
			      info->name, false, &definition));
	if (!definition.source)
		return NULL;
	*out = definition;
	return iq_type_raw_info(definition, info);
}

struct iq_error *iq_type_complete(struct iq_type type, struct iq_type *out)
{
	struct iq_type_info info;
	return complete_info(type, out, &info);
}

static struct iq_error *too_large(void)
{
	return iq_error_new(IQ_ERROR_FORMAT, "a type is larger than all memory");
}

/* Through the dimensions of an array to its element; *factor is the number of elements. */
static struct iq_error *element_info(struct iq_type type, struct iq_type_info *info, uint64_t *factor)
{
	*factor = 1;
	for (int i = 0; i < IQ_TYPE_MAX_DEPTH; i++) {
		IQ_TRY(complete_info(type, &type, info));
		if (info->kind != IQ_TYPE_ARRAY)
			return NULL;
		if (__builtin_mul_overflow(*factor, info->count, factor))
			return too_large();
		type = info->target;
	}
	return iq_error_new(IQ_ERROR_LIMIT, "an array of more than %d dimensions, or a cycle", IQ_TYPE_MAX_DEPTH);
}

struct iq_error *iq_type_size(struct iq_type type, uint64_t *size)
{
	struct iq_type_info info;
	uint64_t factor;
	*size = 0;
	IQ_TRY(element_info(type, &info, &factor));
	switch (info.kind) {
	case IQ_TYPE_VOID: return iq_error_new(IQ_ERROR_ARGUMENT, "void has no size");
	case IQ_TYPE_FUNCTION: return iq_error_new(IQ_ERROR_ARGUMENT, "a function has no size");
	case IQ_TYPE_FORWARD:
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s %s is only declared: its size is not known",
				    info.is_union_forward ? "union" : "struct", info.name ? info.name : "{...}");
	default: break;
	}
	return __builtin_mul_overflow(factor, info.size, size) ? too_large() : NULL;
}

struct iq_error *iq_type_info(struct iq_type type, struct iq_type_info *out)
{
	IQ_TRY(iq_type_raw_info(type, out));
	if (!is_alias(out->kind) && out->kind != IQ_TYPE_ARRAY)
		return NULL;
	struct iq_error *error = iq_type_size(type, &out->size);
	if (iq_error_is(error, IQ_ERROR_ARGUMENT))
		iq_error_freep(&error);
	return error;
}

/* Members by path. */

struct search {
	const char *name;
	size_t length;
	unsigned visits;
	struct iq_error *damage; /* of a member that could not be read: the answer if nothing is found */
	struct iq_type_member *out;
};

static struct iq_error *visit(unsigned *visits)
{
	if (++*visits <= IQ_TYPE_MAX_VISITS)
		return NULL;
	return iq_error_new(IQ_ERROR_LIMIT, "more than %d members were looked at: the types are damaged",
			    IQ_TYPE_MAX_VISITS);
}

static struct iq_error *search_members(struct search *search, struct iq_type type, uint64_t base, int depth,
				       bool *found)
{
	struct iq_type_info info;
	IQ_TRY(complete_info(type, &type, &info));
	if (info.kind != IQ_TYPE_STRUCT && info.kind != IQ_TYPE_UNION)
		return NULL;
	if (depth == IQ_TYPE_MAX_DEPTH)
		return iq_error_new(IQ_ERROR_LIMIT, "a struct contains itself, or more than %d others one in the other",
				    depth);
	for (uint32_t n = 0; n < info.count; n++) {
		struct iq_type_member member;
		IQ_TRY(visit(&search->visits));
		struct iq_error *error = type.source->ops->member_at(type.source, type.id, n, &member);
		if (error) {
			iq_error_free(search->damage);
			search->damage = error;
			continue;
		}
		if (__builtin_add_overflow(member.bit_offset, base, &member.bit_offset))
			return too_large();
		if (!member.name) {
			IQ_TRY(search_members(search, member.type, member.bit_offset, depth + 1, found));
			if (*found)
				return NULL;
		} else if (strncmp(member.name, search->name, search->length) == 0 && !member.name[search->length]) {
			*search->out = member;
			*found = true;
			return NULL;
		}
	}
	return NULL;
}

/* One name of a path: from *member's type to the member of that name in it. */
static struct iq_error *step_name(struct iq_type_member *member, const char *name, size_t length, bool *found)
{
	struct search search = { .name = name, .length = length, .out = member };
	*found = false;
	struct iq_error *error = search_members(&search, member->type, member->bit_offset, 0, found);
	if (!error && !*found) {
		error = search.damage;
		search.damage = NULL;
	}
	iq_error_free(search.damage);
	return error;
}

/* One index of a path: `*path` stands behind the '['. */
static struct iq_error *step_index(struct iq_type_member *member, const char **path, bool *found)
{
	struct iq_type_info info;
	struct iq_type type;
	uint64_t index = 0, size, bits;
	unsigned base = strncmp(*path, "0x", 2) == 0 ? 16 : 10;
	const char *digits = *path + (base == 16 ? 2 : 0), *p = digits;
	for (; isxdigit((unsigned char)*p) && (base == 16 || isdigit((unsigned char)*p)); p++) {
		unsigned digit = (unsigned)(isdigit((unsigned char)*p) ? *p - '0' : (*p | 0x20) - 'a' + 10);
		if (__builtin_mul_overflow(index, base, &index) || __builtin_add_overflow(index, digit, &index))
			return iq_error_new(IQ_ERROR_ARGUMENT, "the index is too large");
	}
	if (p == digits || *p != ']')
		return iq_error_new(IQ_ERROR_ARGUMENT, "an index must be a number between [ and ]");
	*path = p + 1;

	*found = false;
	IQ_TRY(strip_info(member->type, &type, &info));
	if (info.kind != IQ_TYPE_ARRAY || member->bit_size || (info.count && index >= info.count))
		return NULL;
	IQ_TRY(iq_type_size(info.target, &size));
	if (__builtin_mul_overflow(size, index, &bits) || __builtin_mul_overflow(bits, 8, &bits) ||
	    __builtin_add_overflow(member->bit_offset, bits, &member->bit_offset))
		return too_large();
	member->type = info.target;
	*found = true;
	return NULL;
}

static struct iq_error *no_member(struct iq_type type, const char *path, size_t length)
{
	struct iq_strbuf text = { 0 };
	iq_type_declare(type, "", &text);
	struct iq_error *error =
		iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no member %.*s", iq_strbuf_text(&text), (int)length, path);
	iq_strbuf_free(&text);
	return error;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

struct iq_error *iq_type_member(struct iq_type type, const char *path, struct iq_type_member *out)
{
	struct iq_type_member member = { .type = type };
	const char *p = path;
	do {
		bool found = false;
		struct iq_error *error;
		if (*p == '[') {
			p++;
			error = step_index(&member, &p, &found);
		} else {
			p += *p == '.' && p > path;
			size_t length = 0;
			while (is_name_char(p[length]))
				length++;
			if (!length)
				return iq_error_new(IQ_ERROR_ARGUMENT,
						    "\"%s\" is not a member's path: a name is missing at \"%s\"", path,
						    p);
			error = step_name(&member, p, length, &found);
			p += length;
		}
		if (error)
			return iq_error_prefix(error, "%.*s", (int)(p - path), path);
		if (!found)
			return no_member(type, path, (size_t)(p - path));
		if (*p && *p != '.' && *p != '[')
			return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is not a member's path: unexpected \"%s\"", path,
					    p);
	} while (*p);
	*out = member;
	return NULL;
}

/* What lies at an offset. */

struct describe {
	unsigned visits;
	struct iq_strbuf *out;
	size_t start; /* where the path begins in out */
};

static struct iq_error *describe(struct describe *d, struct iq_type type, uint64_t offset, int depth, bool *found);

static struct iq_error *describe_element(struct describe *d, const struct iq_type_info *array, uint64_t offset,
					 int depth, bool *found)
{
	uint64_t size;
	IQ_TRY(iq_type_size(array->target, &size));
	if (!size || (array->count && offset / size >= array->count))
		return NULL;
	iq_strbuf_addf(d->out, "[%llu]", (unsigned long long)(offset / size));
	return describe(d, array->target, offset % size, depth + 1, found);
}

/* Does the member have bytes at the offset? *within is the offset from its start. */
static struct iq_error *covers(const struct iq_type_member *member, bool last, uint64_t offset, bool *yes,
			       uint64_t *within)
{
	struct iq_type_info info;
	struct iq_type type;
	uint64_t start = member->bit_offset / 8, size;
	*yes = false;
	if (offset < start)
		return NULL;
	*within = offset - start;
	if (member->bit_size) {
		*yes = offset <= (member->bit_offset + member->bit_size - 1) / 8;
		return NULL;
	}
	IQ_TRY(iq_type_size(member->type, &size));
	IQ_TRY(strip_info(member->type, &type, &info));
	*yes = *within < size || (last && info.kind == IQ_TYPE_ARRAY && !info.count);
	return NULL;
}

static struct iq_error *describe_member(struct describe *d, const struct iq_type_member *member, bool last,
					uint64_t offset, int depth, bool *found)
{
	bool yes;
	uint64_t within;
	IQ_TRY(covers(member, last, offset, &yes, &within));
	if (!yes)
		return NULL;
	size_t length = d->out->length;
	if (member->name)
		iq_strbuf_addf(d->out, "%s%s", length > d->start ? "." : "", member->name);
	if (member->bit_size)
		*found = true;
	else
		IQ_TRY(describe(d, member->type, within, depth + 1, found));
	if (!*found)
		iq_strbuf_truncate(d->out, length);
	return NULL;
}

static struct iq_error *describe(struct describe *d, struct iq_type type, uint64_t offset, int depth, bool *found)
{
	struct iq_type_info info;
	if (depth >= IQ_TYPE_MAX_DEPTH)
		return iq_error_new(IQ_ERROR_LIMIT, "a struct contains itself, or more than %d others one in the other",
				    IQ_TYPE_MAX_DEPTH);
	IQ_TRY(complete_info(type, &type, &info));
	if (info.kind == IQ_TYPE_ARRAY)
		return describe_element(d, &info, offset, depth, found);
	if (info.kind != IQ_TYPE_STRUCT && info.kind != IQ_TYPE_UNION) {
		*found = offset < info.size;
		if (*found && offset)
			iq_strbuf_addf(d->out, "+%llu", (unsigned long long)offset);
		return NULL;
	}
	for (uint32_t n = 0; n < info.count && !*found; n++) {
		struct iq_type_member member;
		IQ_TRY(visit(&d->visits));
		IQ_TRY(type.source->ops->member_at(type.source, type.id, n, &member));
		/* Of a member whose size nobody knows the place isn't known either; the others are. */
		struct iq_error *error = describe_member(d, &member, n + 1 == info.count, offset, depth, found);
		if (!iq_error_is(error, IQ_ERROR_ARGUMENT))
			IQ_TRY(error);
		else
			iq_error_free(error);
	}
	return NULL;
}

struct iq_error *iq_type_describe_offset(struct iq_type type, uint64_t offset, struct iq_strbuf *out)
{
	struct describe d = { .out = out, .start = out->length };
	bool found = false;
	struct iq_error *error = describe(&d, type, offset, 0, &found);
	if (!error && !found)
		error = iq_error_new(IQ_ERROR_NOT_FOUND, "nothing lies at offset %llu", (unsigned long long)offset);
	if (error)
		iq_strbuf_truncate(out, d.start);
	return error;
}
