// SPDX-License-Identifier: GPL-2.0-or-later
/* How a type is defined, as crash shows it: declarations, offsets or addresses before them, the size behind. */
#include "command/structure.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_DEPTH = 32, MAX_LINES = 200000, INDENT = 4, ADDRESS_WIDTH = 18 };

struct definition {
	struct iq_out *out;
	unsigned flags;
	uint64_t address;
	int column; /* width of what stands before a declaration, 0: nothing does */
	unsigned lines;
};

/* "  [16] " or blanks, and what follows; `depth` counts braces. */
static void add_column(const struct definition *d, const uint64_t *bit_offset, unsigned depth, struct iq_strbuf *line)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	if (bit_offset && d->column) {
		uint64_t offset = *bit_offset / 8;
		if (d->flags & IQ_DEFINE_ADDRESSES)
			iq_strbuf_addf(&text, "[%" PRIx64 "]", d->address + offset);
		else
			iq_strbuf_addf(&text, d->flags & IQ_DEFINE_HEXADECIMAL ? "[0x%" PRIx64 "]" : "[%" PRIu64 "]",
				       offset);
	}
	if (d->column)
		iq_strbuf_addf(line, "%*s %*s", d->column, iq_strbuf_text(&text), (int)((depth - 1) * INDENT), "");
	else
		iq_strbuf_addf(line, "%*s", (int)(depth * INDENT), "");
}

/* The struct, union or enum without a name at the end of a declaration: its body is shown in place of "{...}". */
static bool find_anonymous(struct iq_type type, struct iq_type *out, struct iq_type_info *info)
{
	for (unsigned i = 0; i < MAX_DEPTH; i++) {
		if (iq_failed(iq_type_info(type, info)))
			return false;
		switch (info->kind) {
		case IQ_TYPE_STRUCT:
		case IQ_TYPE_UNION:
		case IQ_TYPE_ENUM: *out = type; return !info->name;
		case IQ_TYPE_POINTER:
		case IQ_TYPE_ARRAY:
		case IQ_TYPE_CONST:
		case IQ_TYPE_VOLATILE:
		case IQ_TYPE_TAG: type = info->target; break;
		default: return false;
		}
	}
	return false;
}

/* "{A, B = 4, C}" */
static void add_enumerators(struct iq_type type, const struct iq_type_info *info, struct iq_strbuf *out)
{
	int64_t expected = 0;

	iq_strbuf_add_char(out, '{');
	for (uint32_t n = 0; n < info->count && n < MAX_LINES; n++) {
		struct iq_type_enumerator enumerator;

		if (iq_failed(iq_type_enumerator_at(type, n, &enumerator)))
			break;
		iq_strbuf_addf(out, "%s%s", n ? ", " : "", enumerator.name ? enumerator.name : "?");
		if (enumerator.value != expected)
			iq_strbuf_addf(out, info->is_signed || info->size < 8 ? " = %" PRId64 : " = %" PRIu64,
				       enumerator.value);
		expected = (int64_t)((uint64_t)enumerator.value + 1);
	}
	iq_strbuf_add_char(out, '}');
}

static struct iq_error *define_members(struct definition *d, struct iq_type type, uint64_t base, unsigned depth);

/* The lines of a member whose struct or union has no name: "struct {", its members, "} name;". */
static struct iq_error *define_nested(struct definition *d, const struct iq_type_member *member, struct iq_type body,
				      const char *declaration, uint64_t bit_offset, unsigned depth)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf first = { 0 }, last = { 0 };
	const char *dots = strstr(declaration, "{...}");
	struct iq_type_info info;

	if (!dots)
		return NULL;
	add_column(d, NULL, depth, &first);
	iq_strbuf_addf(&first, "%.*s{", (int)(dots - declaration), declaration);
	iq_text(d->out, "%s", iq_strbuf_text(&first));
	IQ_TRY(iq_type_strip(member->type, &body));
	IQ_TRY(iq_type_info(body, &info));
	/* Behind a pointer offsets begin anew; of an array they are the first element's. */
	bool inside = info.kind != IQ_TYPE_POINTER;
	struct iq_type anonymous;
	if (find_anonymous(member->type, &anonymous, &info))
		IQ_TRY(define_members(d, anonymous, inside ? bit_offset : 0, depth + 1));
	add_column(d, member->name ? &bit_offset : NULL, depth, &last);
	iq_strbuf_addf(&last, "}%s;", dots + strlen("{...}"));
	iq_text(d->out, "%s", iq_strbuf_text(&last));
	return NULL;
}

static void add_fields(struct definition *d, const struct iq_type_member *member, const char *declaration,
		       const char *type, uint64_t bit_offset)
{
	uint64_t size;

	iq_add_string(d->out, "name", member->name);
	iq_add_string(d->out, "declaration", declaration);
	iq_add_string(d->out, "type", type);
	iq_add_unsigned(d->out, "offset", bit_offset / 8);
	if (d->flags & IQ_DEFINE_ADDRESSES)
		iq_add_address(d->out, "address", d->address + bit_offset / 8);
	if (member->bit_size) {
		iq_add_unsigned(d->out, "bit_offset", bit_offset);
		iq_add_unsigned(d->out, "bit_size", member->bit_size);
	}
	struct iq_error *error = iq_type_size(member->type, &size);
	if (error)
		iq_add_unavailable(d->out, "size", error->message);
	else
		iq_add_unsigned(d->out, "size", size);
	iq_error_free(error);
}

/* BTF has the same for "[]" and "[0]"; only the last member of a struct can be the former. */
static void add_declaration(const struct iq_type_member *member, const char *name, bool last, struct iq_strbuf *out)
{
	struct iq_type_info info;

	iq_type_declare(member->type, name ? name : "", out);
	if (last || out->failed || out->length < 2 || strcmp(out->text + out->length - 2, "[]") != 0 ||
	    iq_failed(iq_type_info(member->type, &info)) || info.kind != IQ_TYPE_ARRAY)
		return;
	iq_strbuf_truncate(out, out->length - 1);
	iq_strbuf_add(out, "0]");
}

static struct iq_error *define_member(struct definition *d, const struct iq_type_member *member, const char *name,
				      bool last, uint64_t bit_offset, unsigned depth)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf declaration = { 0 }, type = { 0 }, line = { 0 };
	struct iq_type_info info;
	struct iq_type body;

	if (++d->lines > MAX_LINES || depth > MAX_DEPTH)
		return iq_error_new(IQ_ERROR_LIMIT, "the type has too many members, or contains itself");
	IQ_TRY(iq_check_interrupt());
	add_declaration(member, name, last, &declaration);
	add_declaration(member, "", last, &type);
	add_fields(d, member, iq_strbuf_text(&declaration), iq_strbuf_text(&type), bit_offset);
	bool anonymous = find_anonymous(member->type, &body, &info) && strstr(iq_strbuf_text(&declaration), "{...}");
	if (anonymous && info.kind != IQ_TYPE_ENUM)
		return define_nested(d, member, body, iq_strbuf_text(&declaration), bit_offset, depth);
	add_column(d, &bit_offset, depth, &line);
	const char *text = iq_strbuf_text(&declaration), *dots = anonymous ? strstr(text, "{...}") : NULL;
	if (dots) {
		iq_strbuf_addf(&line, "%.*s", (int)(dots - text), text);
		add_enumerators(body, &info, &line);
		text = dots + strlen("{...}");
	}
	iq_strbuf_add(&line, text);
	if (member->bit_size)
		iq_strbuf_addf(&line, " : %u", member->bit_size);
	iq_text(d->out, "%s;", iq_strbuf_text(&line));
	return NULL;
}

static struct iq_error *define_members(struct definition *d, struct iq_type type, uint64_t base, unsigned depth)
{
	struct iq_error *error = NULL;
	struct iq_type_info info;

	IQ_TRY(iq_type_info(type, &info));
	iq_list_begin(d->out, "members");
	if (!info.count)
		iq_text(d->out, "%*s<no data fields>",
			d->column ? d->column + 1 + (int)((depth - 1) * INDENT) : (int)(depth * INDENT), "");
	for (uint32_t n = 0; n < info.count && !error; n++) {
		struct iq_type_member member;

		error = iq_type_member_at(type, n, &member);
		if (error)
			break;
		iq_record_begin(d->out);
		error = define_member(d, &member, member.name, info.kind == IQ_TYPE_STRUCT && n + 1 == info.count,
				      base + member.bit_offset, depth);
		iq_end(d->out);
	}
	iq_end(d->out);
	return error;
}

static int digits(uint64_t number, bool hexadecimal)
{
	char text[24];

	return snprintf(text, sizeof(text), hexadecimal ? "0x%" PRIx64 : "%" PRIu64, number);
}

static void choose_column(struct definition *d, uint64_t size)
{
	if (d->flags & IQ_DEFINE_ADDRESSES)
		d->column = 2 + ADDRESS_WIDTH;
	else if (d->flags & IQ_DEFINE_OFFSETS)
		d->column = 4 + digits(size, d->flags & IQ_DEFINE_HEXADECIMAL);
}

static void show_size(const struct definition *d, uint64_t size)
{
	iq_add_unsigned(d->out, "size", size);
	iq_text(d->out, d->flags & IQ_DEFINE_HEXADECIMAL ? "SIZE: 0x%" PRIx64 : "SIZE: %" PRIu64, size);
}

static struct iq_error *define_enum(struct definition *d, struct iq_type type, const struct iq_type_info *info)
{
	iq_list_begin(d->out, "enumerators");
	for (uint32_t n = 0; n < info->count && n < MAX_LINES; n++) {
		struct iq_type_enumerator enumerator;

		if (iq_failed(iq_type_enumerator_at(type, n, &enumerator)))
			break;
		iq_record_begin(d->out);
		iq_add_string(d->out, "name", enumerator.name);
		iq_add_signed(d->out, "value", enumerator.value);
		iq_line(d->out, d->flags & IQ_DEFINE_HEXADECIMAL ? "  {name} = {value:X}" : "  {name} = {value}");
		iq_end(d->out);
	}
	iq_end(d->out);
	return NULL;
}

/* A typedef of something that is neither struct, union nor enum: "typedef int pid_t;" */
static void define_alias(struct definition *d, const struct iq_type_info *named)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_type type;

	if (iq_failed(iq_type_strip(named->target, &type)))
		type = named->target;
	iq_type_declare(type, named->name, &text);
	iq_text(d->out, "typedef %s;", iq_strbuf_text(&text));
}

static struct iq_error *define_whole(struct definition *d, const struct iq_structure *structure)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf head = { 0 };
	struct iq_type_info named, info;
	struct iq_type type;
	uint64_t size;

	IQ_TRY(iq_type_info(structure->type, &named));
	IQ_TRY(iq_type_complete(structure->type, &type));
	IQ_TRY(iq_type_info(type, &info));
	bool alias = named.kind == IQ_TYPE_TYPEDEF;
	bool compound = info.kind == IQ_TYPE_STRUCT || info.kind == IQ_TYPE_UNION;
	IQ_TRY(iq_type_size(structure->type, &size));
	choose_column(d, size);
	if (!compound && info.kind != IQ_TYPE_ENUM) {
		if (alias)
			define_alias(d, &named);
		else
			iq_text(d->out, "%s;", named.name ? named.name : "void");
		show_size(d, size);
		return NULL;
	}
	iq_type_declare(type, "", &head);
	/* Without a name it is "struct {...}". */
	char *dots = strstr(head.text, " {...}");
	iq_text(d->out, "%s%.*s {", alias ? "typedef " : "", dots ? (int)(dots - head.text) : (int)head.length,
		head.text);
	if (compound)
		IQ_TRY(define_members(d, type, 0, 1));
	else
		IQ_TRY(define_enum(d, type, &info));
	iq_text(d->out, alias ? "} %s;" : compound ? "}" : "};", named.name);
	if (compound)
		show_size(d, size);
	else
		iq_add_unsigned(d->out, "size", size);
	return NULL;
}

/* The chosen members alone, each under its path. */
static struct iq_error *define_paths(struct definition *d, const struct iq_structure *structure)
{
	struct iq_error *error = NULL;
	uint64_t size;

	IQ_TRY(iq_type_size(structure->type, &size));
	if (!(d->flags & IQ_DEFINE_ADDRESSES))
		d->flags |= IQ_DEFINE_OFFSETS;
	choose_column(d, size);
	iq_text(d->out, "%s {", structure->title);
	iq_list_begin(d->out, "members");
	for (size_t i = 0; i < structure->paths.count && !error; i++) {
		const char *path = structure->paths.data[i];
		struct iq_value base = iq_value_at(structure->type, 0), value;

		error = iq_structure_member(NULL, &base, path, &value, NULL);
		if (error)
			break;
		struct iq_type_member member = { path, value.type, value.address * 8 + value.bit_offset,
						 value.bit_size };
		iq_record_begin(d->out);
		error = define_member(d, &member, path, true, member.bit_offset, 1);
		iq_end(d->out);
	}
	iq_end(d->out);
	iq_text(d->out, "}");
	iq_add_unsigned(d->out, "size", size);
	return error;
}

struct iq_error *iq_structure_define(const struct iq_structure *structure, uint64_t address, unsigned flags,
				     struct iq_out *out)
{
	struct definition d = { .out = out, .flags = flags, .address = address };

	iq_record_begin(out);
	iq_add_string(out, "type", structure->title);
	struct iq_error *error = structure->paths.count ? define_paths(&d, structure) : define_whole(&d, structure);
	iq_end(out);
	return error;
}
