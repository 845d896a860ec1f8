// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/objects.h"

#include "command/evaluate.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { KINDS = 1 << IQ_TYPE_STRUCT | 1 << IQ_TYPE_UNION | 1 << IQ_TYPE_TYPEDEF };

static bool is_struct_member(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot && dot > text && (isalpha((unsigned char)*text) || *text == '_');
}

static struct iq_error *member_offset(struct iq_session *session, const char *text, uint64_t *offset)
{
	_cleanup_(iq_structure_deinit) struct iq_structure structure = { 0 };
	struct iq_type_member member;
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_structure_parse(iq_kernel_types(kernel), KINDS, text, &structure));
	if (structure.paths.count != 1)
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is not one member", text);
	IQ_TRY(iq_type_member(structure.type, structure.paths.data[0], &member));
	if (member.bit_size || member.bit_offset % 8)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is a bit-field: it has no offset in bytes", text);
	*offset = member.bit_offset / 8;
	return NULL;
}

struct iq_error *iq_parse_offset(struct iq_session *session, const char *text, uint64_t *offset)
{
	if (is_struct_member(text))
		return member_offset(session, text, offset);
	return iq_parse_number(text, offset);
}

bool iq_is_offset(struct iq_session *session, const char *text)
{
	struct iq_kernel *kernel;
	uint64_t offset;

	if (iq_failed(iq_session_kernel(session, &kernel)) || iq_failed(iq_parse_offset(session, text, &offset)))
		return false;
	return !iq_is_kernel_address(iq_kernel_target(kernel), offset);
}

struct iq_error *iq_object_views_parse(struct iq_session *session, const struct iq_args *args,
				       struct iq_object_views *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_session_print_options(session, args, &out->options));
	for (size_t i = 0; i < args->option_count; i++) {
		struct iq_object_view *view;

		if (args->options[i].key != 's' && args->options[i].key != 'S')
			continue;
		view = iq_vec_push(&out->views);
		if (!view)
			return iq_error_no_memory();
		view->raw = args->options[i].key == 'S';
		IQ_TRY(iq_structure_parse(iq_kernel_types(kernel), KINDS, args->options[i].value, &view->structure));
	}
	return NULL;
}

void iq_object_views_deinit(struct iq_object_views *views)
{
	iq_vec_foreach (view, &views->views)
		iq_structure_deinit(&view->structure);
	iq_vec_free(&views->views);
}

static bool is_enum(struct iq_type type)
{
	struct iq_type_info info;

	return !iq_failed(iq_type_strip(type, &type)) && !iq_failed(iq_type_info(type, &info)) &&
	       info.kind == IQ_TYPE_ENUM;
}

/* A char array up to its NUL. False if it is none, or not all there. */
static bool print_text(const struct iq_value *value, const struct iq_print_options *options, struct iq_strbuf *text)
{
	struct iq_type_info array, element;
	struct iq_type stripped;
	uint8_t bytes[256], known[sizeof(bytes)];

	if (iq_failed(iq_type_strip(value->type, &stripped)) || iq_failed(iq_type_info(stripped, &array)) ||
	    array.kind != IQ_TYPE_ARRAY || array.size != array.count || array.size > sizeof(bytes) ||
	    iq_failed(iq_type_strip(array.target, &stripped)) || iq_failed(iq_type_info(stripped, &element)) ||
	    !element.name || strcmp(element.name, "char") != 0 ||
	    iq_failed(iq_value_fetch(options->target, value, bytes, known, array.size, NULL)) ||
	    memchr(known, 0, array.size))
		return false;
	iq_strbuf_add_char(text, '"');
	iq_escape_text(text, (const char *)bytes, strnlen((const char *)bytes, array.size));
	iq_strbuf_add_char(text, '"');
	return true;
}

static struct iq_error *print_raw(const struct iq_value *value, const struct iq_print_options *options,
				  struct iq_strbuf *text)
{
	struct iq_print_options plain = *options;
	uint64_t number;

	plain.static_names = false;
	if (print_text(value, &plain, text))
		return NULL;
	if (!is_enum(value->type))
		return iq_value_print(value, &plain, text);
	IQ_TRY(iq_value_integer(options->target, value, &number));
	iq_strbuf_addf(text, options->radix == 16 ? "0x%lx" : "%ld", (long)number);
	return NULL;
}

static void show_member(const struct iq_object_views *views, const struct iq_value *object, const char *path,
			struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	_cleanup_(iq_error_freep) struct iq_error *error = NULL;
	struct iq_print_options options = views->options;

	options.indent = 2;
	iq_strbuf_addf(&text, "  %s = ", path);
	error = iq_structure_member(options.target, object, path, &value, NULL);
	if (!error)
		error = print_raw(&value, &options, &text);
	if (!error)
		error = iq_value_record(&value, &options, out, path);
	if (error) {
		iq_strbuf_addf(&text, "<%s>", error->message);
		iq_add_unavailable(out, path, error->message);
	}
	iq_print_lines(out, iq_strbuf_text(&text));
}

static void show_raw(const struct iq_object_views *views, const struct iq_structure *structure,
		     const struct iq_value *object, struct iq_out *out)
{
	iq_add_string(out, "type", structure->title);
	iq_add_address(out, "address", object->address);
	iq_object_begin(out, "value");
	for (size_t i = 0; i < structure->paths.count; i++)
		show_member(views, object, structure->paths.data[i], out);
	iq_end(out);
}

static void show_view(const struct iq_object_views *views, const struct iq_object_view *view, uint64_t address,
		      struct iq_out *out)
{
	_cleanup_(iq_error_freep) struct iq_error *error = NULL;
	struct iq_value object = iq_value_at(view->structure.type, address);

	iq_record_begin(out);
	if (view->raw && view->structure.paths.count)
		show_raw(views, &view->structure, &object, out);
	else
		error = iq_structure_show(&view->structure, &object, &views->options, out);
	if (error) {
		iq_add_unavailable(out, "value", error->message);
		iq_text(out, "  <%s>", error->message);
	}
	iq_end(out);
}

void iq_object_views_show(const struct iq_object_views *views, uint64_t address, struct iq_out *out)
{
	if (!views->views.count)
		return;
	iq_list_begin(out, "structures");
	for (size_t i = 0; i < views->views.count; i++)
		show_view(views, &views->views.data[i], address, out);
	iq_end(out);
}
