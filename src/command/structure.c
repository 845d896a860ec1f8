// SPDX-License-Identifier: GPL-2.0-or-later
/* A structure's name with members behind it, and their values. */
#include "command/structure.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { MAX_SEARCH = 32, MAX_MEMBERS = 200, MEMBER_INDENT = 2 };

void iq_structure_deinit(struct iq_structure *structure)
{
	iq_vec_foreach (path, &structure->paths)
		free(*path);
	iq_vec_free(&structure->paths);
	free(structure->title);
	*structure = (struct iq_structure){ 0 };
}

/* Is `name` the last member of the struct that holds it? Looks into anonymous ones. */
static bool find_last(struct iq_type type, const char *name, size_t length, unsigned depth, bool *last)
{
	struct iq_type_info info;

	if (depth > MAX_SEARCH || iq_failed(iq_type_complete(type, &type)) || iq_failed(iq_type_info(type, &info)) ||
	    (info.kind != IQ_TYPE_STRUCT && info.kind != IQ_TYPE_UNION))
		return false;
	for (uint32_t n = 0; n < info.count; n++) {
		struct iq_type_member member;

		if (iq_failed(iq_type_member_at(type, n, &member)))
			return false;
		if (!member.name && find_last(member.type, name, length, depth + 1, last))
			return true;
		if (member.name && strlen(member.name) == length && !memcmp(member.name, name, length)) {
			*last = n + 1 == info.count;
			return true;
		}
	}
	return false;
}

static bool points(const struct iq_value *value, struct iq_type *target)
{
	struct iq_type_info info;
	struct iq_type type;

	if (iq_failed(iq_type_strip(value->type, &type)) || iq_failed(iq_type_info(type, &info)) ||
	    info.kind != IQ_TYPE_POINTER)
		return false;
	*target = info.target;
	return true;
}

/* An index behind a pointer: the object so many behind the one that it points to. */
static struct iq_error *index_pointer(const char *token, size_t length, struct iq_value *value)
{
	_cleanup_free_ char *digits = strndup(token + 1, length - 2);
	uint64_t index, size;

	if (!digits)
		return iq_error_no_memory();
	IQ_TRY(iq_parse_number(digits, &index));
	IQ_TRY(iq_type_size(value->type, &size));
	value->address += index * size;
	return NULL;
}

/* "[3]" or "name" at `p`. */
static struct iq_error *token_length(const char *path, const char *p, size_t *length)
{
	*length = 0;
	if (*p == '[') {
		*length = strcspn(p, "]") + 1;
		if (!p[*length - 1])
			return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\": a ] is missing", path);
		return NULL;
	}
	while (isalnum((unsigned char)p[*length]) || p[*length] == '_')
		++*length;
	if (!*length)
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\": a member's name is missing at \"%s\"", path, p);
	return NULL;
}

/* One step of a path. Without a target only types are looked at. */
static struct iq_error *step(struct iq_target *target, const char *token, size_t length, struct iq_value *value,
			     bool *last)
{
	_cleanup_free_ char *text = NULL;
	struct iq_type pointed;

	if (points(value, &pointed)) {
		if (target)
			IQ_TRY(iq_value_dereference(target, value, value));
		else
			*value = iq_value_at(pointed, 0);
		if (*token == '[')
			return index_pointer(token, length, value);
	}
	text = strndup(token, length);
	if (!text)
		return iq_error_no_memory();
	if (*token != '[')
		find_last(value->type, token, length, 0, last);
	return iq_value_member(target, value, text, value);
}

struct iq_error *iq_structure_member(struct iq_target *target, const struct iq_value *value, const char *path,
				     struct iq_value *out, bool *last)
{
	bool unused;

	*out = *value;
	if (!last)
		last = &unused;
	*last = false;
	for (const char *p = path; *p;) {
		size_t length;

		if (p > path && *p != '[') {
			if (*p == '.' || strncmp(p, "->", 2) == 0)
				p += *p == '.' ? 1 : 2;
			else
				return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\": unexpected \"%s\"", path, p);
		}
		IQ_TRY(token_length(path, p, &length));
		IQ_TRY(step(target, p, length, out, last));
		p += length;
	}
	return NULL;
}

static struct iq_error *find_type(struct iq_types *types, unsigned kinds, const char *name, struct iq_type *out)
{
	static const enum iq_type_kind order[] = { IQ_TYPE_STRUCT, IQ_TYPE_UNION, IQ_TYPE_TYPEDEF, IQ_TYPE_ENUM,
						   IQ_TYPE_INT };
	static const char *const keywords[] = { "struct", "union", NULL, "enum", NULL };
	struct iq_error *first = NULL;

	for (size_t i = 0; i < IQ_ARRAY_SIZE(order); i++) {
		size_t keyword = keywords[i] ? strlen(keywords[i]) : 0;
		const char *bare = name;

		if (!(kinds & 1u << order[i]))
			continue;
		if (keyword && strncmp(name, keywords[i], keyword) == 0 && name[keyword] == ' ')
			bare = name + keyword + strspn(name + keyword, " ");
		struct iq_error *error = iq_type_find(types, order[i], bare, out);
		if (!error) {
			iq_error_free(first);
			return NULL;
		}
		if (first)
			iq_error_free(error);
		else
			first = error;
	}
	if (iq_error_is(first, IQ_ERROR_NOT_FOUND) && iq_types_available(types)) {
		iq_error_free(first);
		return iq_error_new(IQ_ERROR_NOT_FOUND, "invalid data structure reference: %s", name);
	}
	return first;
}

static struct iq_error *set_title(struct iq_structure *structure)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_type_info named, info;
	struct iq_type type;

	IQ_TRY(iq_type_info(structure->type, &named));
	IQ_TRY(iq_type_complete(structure->type, &type));
	IQ_TRY(iq_type_info(type, &info));
	iq_strbuf_add(&text, info.kind == IQ_TYPE_STRUCT  ? "struct "
			     : info.kind == IQ_TYPE_UNION ? "union "
			     : info.kind == IQ_TYPE_ENUM  ? "enum "
							  : "");
	iq_strbuf_add(&text, named.name ? named.name : "{...}");
	structure->title = iq_strbuf_steal(&text);
	return structure->title ? NULL : iq_error_no_memory();
}

/* "pid,comm,thread.sp" */
static struct iq_error *take_paths(struct iq_structure *structure, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, ",");
		struct iq_value base = iq_value_at(structure->type, 0), member;
		char **path = iq_vec_push(&structure->paths);

		if (!path)
			return iq_error_no_memory();
		*path = strndup(text, length);
		if (!*path)
			return iq_error_no_memory();
		if (structure->paths.count > MAX_MEMBERS)
			return iq_error_new(IQ_ERROR_ARGUMENT, "more than %d members", MAX_MEMBERS);
		struct iq_error *error = iq_structure_member(NULL, &base, *path, &member, NULL);
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
			iq_error_free(error);
			return iq_error_new(IQ_ERROR_NOT_FOUND, "invalid data structure reference: %s.%s",
					    strchr(structure->title, ' ') ? strchr(structure->title, ' ') + 1
									  : structure->title,
					    *path);
		}
		IQ_TRY(error);
		text += length;
		text += *text == ',';
	}
	return NULL;
}

struct iq_error *iq_structure_parse(struct iq_types *types, unsigned kinds, const char *text, struct iq_structure *out)
{
	_cleanup_(iq_structure_deinit) struct iq_structure structure = { 0 };
	size_t length = strcspn(text, ".");
	_cleanup_free_ char *name = strndup(text, length);

	if (!name)
		return iq_error_no_memory();
	IQ_TRY(find_type(types, kinds, name, &structure.type));
	IQ_TRY(set_title(&structure));
	if (text[length])
		IQ_TRY(take_paths(&structure, text + length + 1));
	*out = structure;
	structure = (struct iq_structure){ 0 };
	return NULL;
}

/* The text face of one member; what can't be read says why in its place. */
static struct iq_error *show_member(const struct iq_value *value, const char *path,
				    const struct iq_print_options *options, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_print_options inner = *options;
	struct iq_value member;
	bool last;

	inner.indent += MEMBER_INDENT;
	iq_strbuf_addf(&text, "%*s%s = ", (int)inner.indent, "", path);
	struct iq_error *error = iq_structure_member(options->target, value, path, &member, &last);
	if (!error && iq_out_is_text(out))
		error = iq_value_print(&member, &inner, &text);
	else if (!error)
		error = iq_value_record(&member, options, out, path);
	if (error && error->code != IQ_ERROR_MEMORY)
		return error;
	if (error) {
		iq_add_unavailable(out, path, error->message);
		iq_strbuf_addf(&text, "<%s>", error->message);
		iq_error_free(error);
	}
	iq_strbuf_add(&text, last ? "" : ",");
	iq_print_lines(out, iq_strbuf_text(&text));
	return text.failed ? iq_error_no_memory() : NULL;
}

static struct iq_error *show_whole(const struct iq_structure *structure, const struct iq_value *value,
				   const struct iq_print_options *options, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	if (!iq_out_is_text(out))
		return iq_value_record(value, options, out, "value");
	iq_strbuf_addf(&text, "%*s%s ", (int)options->indent, "", structure->title);
	IQ_TRY(iq_value_print(value, options, &text));
	iq_print_lines(out, iq_strbuf_text(&text));
	return NULL;
}

struct iq_error *iq_structure_show(const struct iq_structure *structure, const struct iq_value *value,
				   const struct iq_print_options *options, struct iq_out *out)
{
	struct iq_error *error = NULL;

	iq_add_string(out, "type", structure->title);
	iq_add_address(out, "address", value->address);
	if (!structure->paths.count)
		return show_whole(structure, value, options, out);
	iq_object_begin(out, "value");
	for (size_t i = 0; i < structure->paths.count && !error; i++)
		error = show_member(value, structure->paths.data[i], options, out);
	iq_end(out);
	return error;
}

bool iq_structure_expand(struct iq_session *session, const char *line, struct iq_strbuf *buf)
{
	unsigned kinds = 1u << IQ_TYPE_STRUCT | 1u << IQ_TYPE_UNION | 1u << IQ_TYPE_TYPEDEF | 1u << IQ_TYPE_ENUM;
	_cleanup_free_ char *name = NULL;
	struct iq_kernel *kernel;
	struct iq_type type;

	line += strspn(line, " \t");
	if (*line == '*') {
		iq_strbuf_addf(buf, "* %s", line + 1);
		return true;
	}
	size_t length = 0;
	while (isalnum((unsigned char)line[length]) || line[length] == '_')
		length++;
	/* crash's "enum" is gdb's: what follows names the type. */
	if (length == 4 && strncmp(line, "enum ", 5) == 0) {
		iq_strbuf_addf(buf, "* %s", line + 5);
		return true;
	}
	if (!length || !strchr(". \t", line[length]) || isdigit((unsigned char)*line))
		return false;
	name = strndup(line, length);
	if (!name || iq_command_find(name) || iq_failed(iq_session_kernel(session, &kernel)) ||
	    iq_failed(find_type(iq_kernel_types(kernel), kinds, name, &type)))
		return false;
	iq_strbuf_addf(buf, "* %s", line);
	return true;
}
