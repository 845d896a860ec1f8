// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/objects.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

/* The struct, union or type called `name`, with or without the keyword; *full is what C calls it. */
static struct iq_error *find_type(struct iq_types *types, const char *name, char **full, struct iq_type *type)
{
	static const char *const keywords[] = { "struct ", "union ", "" };
	struct iq_error *error = NULL;

	for (size_t i = 0; i < IQ_ARRAY_SIZE(keywords); i++) {
		bool given = i < 2 && !strncmp(name, keywords[i], strlen(keywords[i]));

		iq_error_free(error);
		if (asprintf(full, "%s%s", given ? "" : keywords[i], name) < 0) {
			*full = NULL;
			return iq_error_no_memory();
		}
		error = iq_type_parse(types, *full, type);
		if (!error)
			return iq_type_complete(*type, type);
		free(*full);
		*full = NULL;
		if (given || !iq_error_is(error, IQ_ERROR_NOT_FOUND))
			return error;
	}
	iq_error_free(error);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no struct, union or type is called %s", name);
}

static bool is_struct_member(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot && dot > text && (isalpha((unsigned char)*text) || *text == '_');
}

static struct iq_error *member_offset(struct iq_session *session, const char *text, uint64_t *offset)
{
	_cleanup_free_ char *name = strndup(text, (size_t)(strchr(text, '.') - text)), *full = NULL;
	const char *path = strchr(text, '.') + 1;
	struct iq_type_member member;
	struct iq_kernel *kernel;
	struct iq_type type;

	if (!name)
		return iq_error_no_memory();
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(find_type(iq_kernel_types(kernel), name, &full, &type));
	IQ_TRY(iq_type_member(type, path, &member));
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

/* "module.name,list.next": the type's name ends at the first dot, and the members' paths are parted by commas. */
static struct iq_error *parse_view(struct iq_kernel *kernel, const char *text, struct iq_object_view *view)
{
	char *path;

	view->text = strdup(text);
	if (!view->text)
		return iq_error_no_memory();
	path = strchr(view->text, '.');
	if (path)
		*path++ = '\0';
	IQ_TRY(find_type(iq_kernel_types(kernel), view->text, &view->type_name, &view->type));
	for (char *rest = path; path && (path = strsep(&rest, ","));) {
		struct iq_type_member member;
		const char **slot;

		IQ_TRY(iq_type_member(view->type, path, &member));
		slot = iq_vec_push(&view->paths);
		if (!slot)
			return iq_error_no_memory();
		*slot = path;
	}
	return NULL;
}

struct iq_error *iq_object_views_parse(struct iq_session *session, const struct iq_args *args,
				       struct iq_object_views *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	out->options = (struct iq_print_options){ .target = iq_kernel_target(kernel),
						  .symbols = iq_kernel_symbols(kernel),
						  .radix = iq_session_hexadecimal(session, args) ? 16 : 10,
						  .static_names = true };
	for (size_t i = 0; i < args->option_count; i++) {
		struct iq_object_view *view;

		if (args->options[i].key != 's' && args->options[i].key != 'S')
			continue;
		view = iq_vec_push(&out->views);
		if (!view)
			return iq_error_no_memory();
		view->raw = args->options[i].key == 'S';
		IQ_TRY(parse_view(kernel, args->options[i].value, view));
	}
	return NULL;
}

void iq_object_views_deinit(struct iq_object_views *views)
{
	iq_vec_foreach (view, &views->views) {
		free(view->text);
		free(view->type_name);
		iq_vec_free(&view->paths);
	}
	iq_vec_free(&views->views);
}

/* gdb parts members by commas, and crash cuts a member out of that text: so one that is not the last of its struct
 * ends in a comma. */
static bool is_last(struct iq_type type, const char *path)
{
	const char *dot = strrchr(path, '.');
	_cleanup_free_ char *outer = strndup(path, dot ? (size_t)(dot - path) : 0);
	_cleanup_free_ char *name = strdup(dot ? dot + 1 : path);
	struct iq_type_member member;
	struct iq_type_info info;

	if (!outer || !name)
		return false;
	name[strcspn(name, "[")] = '\0';
	if (dot && !iq_failed(iq_type_member(type, outer, &member)))
		type = member.type;
	return !iq_failed(iq_type_strip(type, &type)) && !iq_failed(iq_type_info(type, &info)) && info.count &&
	       !iq_failed(iq_type_member_at(type, (uint32_t)(info.count - 1), &member)) && member.name &&
	       !strcmp(member.name, name);
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

static void show_member(const struct iq_object_views *views, const struct iq_object_view *view,
			const struct iq_value *object, const char *path, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_print_options options = views->options;
	struct iq_error *error;

	options.indent = 2;
	iq_strbuf_addf(&text, "  %s = ", path);
	error = iq_value_member(options.target, object, path, &value);
	if (!error)
		error = view->raw ? print_raw(&value, &options, &text) : iq_value_print(&value, &options, &text);
	if (error) {
		iq_strbuf_addf(&text, "<%s>", error->message);
		iq_add_unavailable(out, path, error->message);
	} else {
		if (!view->raw && !is_last(view->type, path))
			iq_strbuf_add_char(&text, ',');
		iq_error_free(iq_value_record(&value, &options, out, path));
	}
	iq_error_free(error);
	iq_print_lines(out, iq_strbuf_text(&text));
}

static void show_whole(const struct iq_object_views *views, const struct iq_object_view *view,
		       const struct iq_value *object, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	_cleanup_(iq_error_freep) struct iq_error *error = NULL;

	iq_strbuf_addf(&text, "%s ", view->type_name);
	error = iq_value_print(object, &views->options, &text);
	if (error) {
		iq_strbuf_addf(&text, "<%s>", error->message);
		iq_add_unavailable(out, "value", error->message);
	} else {
		iq_error_free(iq_value_record(object, &views->options, out, "value"));
	}
	iq_print_lines(out, iq_strbuf_text(&text));
}

static void show_view(const struct iq_object_views *views, const struct iq_object_view *view, uint64_t address,
		      struct iq_out *out)
{
	struct iq_value object = iq_value_at(view->type, address);

	iq_record_begin(out);
	iq_add_string(out, "type", view->type_name);
	iq_add_address(out, "address", address);
	if (view->paths.count) {
		iq_object_begin(out, "members");
		for (size_t i = 0; i < view->paths.count; i++)
			show_member(views, view, &object, view->paths.data[i], out);
		iq_end(out);
	} else {
		show_whole(views, view, &object, out);
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
