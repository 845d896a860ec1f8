/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON face: docs/json.md says what it promises. */
#include "render/out.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define MAX_EXACT (UINT64_C(1) << 53)

static void json_put(struct json_object **object)
{
	json_object_put(*object);
}

static void write_text(struct iq_out *out, const char *text)
{
	iq_out_write(out, text, strlen(text));
}

static void write_object(struct iq_out *out, struct json_object *object)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	if (text)
		iq_out_write(out, text, length);
	else
		out->failed = true;
}

/* Valid UTF-8 stays, control characters are json-c's business, other bytes become \x.. in words. */
static struct json_object *new_string(const char *bytes, size_t length)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf valid = { 0 };

	for (size_t i = 0; i < length;) {
		uint32_t code;
		size_t size = iq_utf8_decode(bytes + i, length - i, &code);

		if (size)
			iq_strbuf_add_bytes(&valid, bytes + i, size);
		else
			iq_strbuf_addf(&valid, "\\x%02x", (unsigned char)bytes[i]);
		i += IQ_MAX(size, 1);
	}
	return valid.failed ? NULL : json_object_new_string_len(iq_strbuf_text(&valid), (int)valid.length);
}

static struct json_object *new_format(const char *format, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), format, value);
	return json_object_new_string(text);
}

/* 0.08, where the shortest text that gives the same bits may be 0.080000000000000002. */
static struct json_object *new_float(double value)
{
	char text[32];

	if (!isfinite(value))
		return NULL;
	snprintf(text, sizeof(text), "%.15g", value);
	return json_object_new_double_s(value, text);
}

static struct json_object *new_time(int64_t seconds)
{
	char text[64];
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	return json_object_new_string(text);
}

static struct json_object *new_value(const struct iq_out *out, const struct iq_field *field)
{
	uint64_t magnitude = field->signed_number < 0 ? -field->number : field->number;

	switch (field->type) {
	case IQ_FIELD_STRING: return new_string(iq_field_text(out, field), field->text.length);
	case IQ_FIELD_UNSIGNED:
		return field->number < MAX_EXACT ? json_object_new_int64(field->signed_number)
						 : new_format("%" PRIu64, field->number);
	case IQ_FIELD_SIGNED:
		return magnitude < MAX_EXACT ? json_object_new_int64(field->signed_number)
					     : new_format("%" PRId64, field->number);
	case IQ_FIELD_BIG: return new_format("%" PRIu64, field->number);
	case IQ_FIELD_HEX:
	case IQ_FIELD_ADDRESS: return new_format("0x%" PRIx64, field->number);
	case IQ_FIELD_BOOL: return json_object_new_boolean(field->number != 0);
	case IQ_FIELD_FLOAT: return new_float(field->real);
	case IQ_FIELD_TIME: return new_time(field->signed_number);
	case IQ_FIELD_OBJECT: return json_object_new_object();
	case IQ_FIELD_LIST: return json_object_new_array();
	case IQ_FIELD_NULL:
	case IQ_FIELD_UNAVAILABLE:
	case IQ_FIELD_END: break;
	}
	return NULL;
}

static void add_to(struct json_object *parent, const char *key, struct json_object *value)
{
	if (json_object_is_type(parent, json_type_array))
		json_object_array_add(parent, value);
	else
		json_object_object_add(parent, key ? key : "", value);
}

static void add_reason(const struct iq_out *out, struct json_object *parent, const struct iq_field *field)
{
	struct json_object *reasons;

	if (!field->key || !json_object_is_type(parent, json_type_object))
		return;
	if (!json_object_object_get_ex(parent, "unavailable", &reasons)) {
		reasons = json_object_new_object();
		json_object_object_add(parent, "unavailable", reasons);
	}
	json_object_object_add(reasons, field->key, new_string(iq_field_text(out, field), field->text.length));
}

/* Builds the value that fields[*at] opens or is, and steps behind it. Scopes nest as deep as the commands' code. */
static struct json_object *build(const struct iq_out *out, size_t *at)
{
	const struct iq_field *field = &out->fields.data[(*at)++];
	struct json_object *value = new_value(out, field);

	if (field->type != IQ_FIELD_OBJECT && field->type != IQ_FIELD_LIST)
		return value;
	while (*at < out->fields.count && out->fields.data[*at].type != IQ_FIELD_END) {
		const struct iq_field *member = &out->fields.data[*at];

		add_to(value, member->key, build(out, at));
		if (member->type == IQ_FIELD_UNAVAILABLE)
			add_reason(out, value, member);
	}
	++*at;
	return value;
}

void iq_json_record(struct iq_out *out)
{
	_cleanup_(json_put) struct json_object *record = NULL;
	size_t at = 0;

	record = out->fields.count ? build(out, &at) : NULL;
	write_text(out, out->records++ ? ",\n" : "\n");
	write_object(out, record);
}

void iq_json_begin(struct iq_out *out, const char *command)
{
	_cleanup_(json_put) struct json_object *name = new_string(command, strlen(command));

	write_text(out, out->commands++ ? ",\n" : "[");
	write_text(out, "{\"command\":");
	write_object(out, name);
	write_text(out, ",\"records\":[");
	out->records = 0;
}

void iq_json_warn(struct iq_out *out, const char *line)
{
	_cleanup_(json_put) struct json_object *text = new_string(line, strlen(line));

	if (out->warnings.length)
		iq_strbuf_add_char(&out->warnings, ',');
	iq_strbuf_add(&out->warnings,
		      json_object_to_json_string_ext(text, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static struct json_object *new_error(const struct iq_error *error)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "message", new_string(error->message, strlen(error->message)));
	if (error->has_address)
		json_object_object_add(object, "address", new_format("0x%" PRIx64, error->address));
	if (error->code == IQ_ERROR_MEMORY) {
		const char *page =
			error->page_state == IQ_PAGE_PRESENT ? "not mapped" : iq_page_state_name(error->page_state);

		json_object_object_add(object, "page", json_object_new_string(page));
	}
	return object;
}

void iq_json_end(struct iq_out *out, const struct iq_error *error)
{
	_cleanup_(json_put) struct json_object *object = error ? new_error(error) : NULL;

	write_text(out, out->records ? "\n],\"warnings\":[" : "],\"warnings\":[");
	iq_out_write(out, iq_strbuf_text(&out->warnings), out->warnings.length);
	write_text(out, "],\"error\":");
	write_object(out, object);
	write_text(out, "}");
}

void iq_json_finish(struct iq_out *out)
{
	write_text(out, out->commands ? "]\n" : "[]\n");
}
