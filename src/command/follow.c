// SPDX-License-Identifier: GPL-2.0-or-later
/* struct -p: members that are pointers, and behind each what it points to. */
#include "command/structure.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { TARGET_INDENT = 5 };

static struct iq_error *add_target(const struct iq_value *pointer, const struct iq_print_options *options,
				   unsigned indent, struct iq_strbuf *text)
{
	struct iq_print_options inner = *options;
	struct iq_value object;
	struct iq_type_info info;
	struct iq_type type;
	uint64_t address;

	IQ_TRY(iq_value_integer(options->target, pointer, &address));
	iq_strbuf_addf(text, "\n%*s-> ", (int)indent, "");
	if (!address) {
		iq_strbuf_add(text, "NULL");
		return NULL;
	}
	size_t length = text->length;
	iq_strbuf_add_char(text, '<');
	if (options->symbols && iq_symbol_format(options->symbols, address, 0, text))
		iq_strbuf_add(text, "> ");
	else
		iq_strbuf_truncate(text, length);
	IQ_TRY(iq_value_dereference(options->target, pointer, &object));
	IQ_TRY(iq_type_complete(object.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (info.kind == IQ_TYPE_FUNCTION)
		return NULL;
	if (info.kind == IQ_TYPE_VOID || info.kind == IQ_TYPE_FORWARD) {
		iq_strbuf_add(text, "(unknown target type)");
		return NULL;
	}
	inner.indent = indent + TARGET_INDENT - 2;
	struct iq_error *error = iq_value_print(&object, &inner, text);
	if (!iq_error_is(error, IQ_ERROR_MEMORY))
		return error;
	iq_strbuf_addf(text, "(not accessible: %s)", error->message);
	iq_error_free(error);
	return NULL;
}

static bool is_pointer(struct iq_type type)
{
	struct iq_type_info info;

	return !iq_failed(iq_type_strip(type, &type)) && !iq_failed(iq_type_info(type, &info)) &&
	       info.kind == IQ_TYPE_POINTER;
}

static struct iq_error *add_pointer(const struct iq_value *member, const char *name,
				    const struct iq_print_options *options, struct iq_strbuf *text)
{
	uint64_t address;

	iq_type_declare(member->type, name, text);
	struct iq_error *error = iq_value_integer(options->target, member, &address);
	if (!error)
		iq_strbuf_addf(text, " = 0x%" PRIx64, address);
	if (!error)
		error = add_target(member, options, options->indent, text);
	if (!iq_error_is(error, IQ_ERROR_MEMORY))
		return error;
	iq_strbuf_addf(text, " = <%s>", error->message);
	iq_error_free(error);
	return NULL;
}

/* One member: `options->indent` is where its line begins. */
static struct iq_error *add_member(const struct iq_value *member, const char *name, bool last,
				   const struct iq_print_options *options, struct iq_strbuf *text)
{
	iq_strbuf_addf(text, "%*s", (int)options->indent, "");
	if (name && !member->bit_size && is_pointer(member->type)) {
		IQ_TRY(add_pointer(member, name, options, text));
		iq_strbuf_add_char(text, '\n');
		return NULL;
	}
	if (name)
		iq_strbuf_addf(text, "%s = ", name);
	struct iq_error *error = iq_value_print(member, options, text);
	if (iq_error_is(error, IQ_ERROR_MEMORY)) {
		iq_strbuf_addf(text, "<%s>", error->message);
		iq_error_freep(&error);
	}
	iq_strbuf_add(text, last ? "\n" : ",\n");
	return error;
}

static struct iq_error *add_all(const struct iq_structure *structure, const struct iq_value *value,
				const struct iq_print_options *options, struct iq_strbuf *text)
{
	struct iq_type_info info;
	struct iq_type type;

	IQ_TRY(iq_type_complete(structure->type, &type));
	IQ_TRY(iq_type_info(type, &info));
	iq_strbuf_addf(text, "%s {\n", structure->title);
	for (uint32_t n = 0; n < info.count; n++) {
		struct iq_type_member member;
		struct iq_value part = *value;

		IQ_TRY(iq_type_member_at(type, n, &member));
		part.type = member.type;
		part.address += member.bit_offset / 8;
		part.bit_size = member.bit_size;
		part.bit_offset = member.bit_size ? member.bit_offset % 8 : 0;
		IQ_TRY(add_member(&part, member.name, n + 1 == info.count, options, text));
	}
	iq_strbuf_add(text, "}\n");
	return NULL;
}

/* JSON: the structure, and under "targets" what its pointers lead to. */
static struct iq_error *add_targets(const struct iq_structure *structure, const struct iq_value *value,
				    const struct iq_print_options *options, struct iq_out *out)
{
	struct iq_error *error = NULL;
	struct iq_type_info info;
	struct iq_type type;

	IQ_TRY(iq_structure_show(structure, value, options, out));
	IQ_TRY(iq_type_complete(structure->type, &type));
	IQ_TRY(iq_type_info(type, &info));
	uint64_t count = structure->paths.count ? structure->paths.count : info.count;
	iq_object_begin(out, "targets");
	for (uint32_t n = 0; n < count && !error; n++) {
		struct iq_type_member at = { 0 };
		struct iq_value member, object;
		uint64_t address;

		if (!structure->paths.count)
			error = iq_type_member_at(type, n, &at);
		const char *path = structure->paths.count ? structure->paths.data[n] : at.name;
		if (error || !path || iq_failed(iq_structure_member(options->target, value, path, &member, NULL)) ||
		    !is_pointer(member.type) || iq_failed(iq_value_integer(options->target, &member, &address)) ||
		    !address || iq_failed(iq_value_dereference(options->target, &member, &object)))
			continue;
		error = iq_value_record(&object, options, out, path);
		if (iq_error_is(error, IQ_ERROR_MEMORY)) {
			iq_add_unavailable(out, path, error->message);
			iq_error_freep(&error);
		}
	}
	iq_end(out);
	return error;
}

struct iq_error *iq_structure_follow(const struct iq_structure *structure, const struct iq_value *value,
				     const struct iq_print_options *options, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_print_options inner = *options;

	if (!iq_out_is_text(out))
		return add_targets(structure, value, options, out);
	inner.indent += 2;
	if (!structure->paths.count)
		IQ_TRY(add_all(structure, value, &inner, &text));
	for (size_t i = 0; i < structure->paths.count; i++) {
		struct iq_value member;
		bool last;

		struct iq_error *error =
			iq_structure_member(options->target, value, structure->paths.data[i], &member, &last);
		if (error && error->code != IQ_ERROR_MEMORY)
			return error;
		if (error)
			iq_strbuf_addf(&text, "  %s = <%s>\n", structure->paths.data[i], error->message);
		else
			IQ_TRY(add_member(&member, structure->paths.data[i], last, &inner, &text));
		iq_error_free(error);
	}
	iq_print_lines(out, iq_strbuf_text(&text));
	return text.failed ? iq_error_no_memory() : NULL;
}
