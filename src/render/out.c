/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open records: scopes and fields, and who gets them when they end. */
#include "render/out.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <stdlib.h>
#include <string.h>

struct iq_out *iq_out_new(const struct iq_out_options *options, struct iq_sink sink)
{
	struct iq_out *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->options = *options;
	out->sink = sink;
	return out;
}

void iq_out_free(struct iq_out *out)
{
	if (!out)
		return;
	if (out->options.face == IQ_FACE_JSON)
		iq_json_finish(out);
	iq_vec_free(&out->fields);
	iq_vec_free(&out->scopes);
	iq_strbuf_free(&out->texts);
	iq_strbuf_free(&out->line);
	iq_strbuf_free(&out->warnings);
	free(out);
}

void iq_out_freep(struct iq_out **out)
{
	iq_out_free(*out);
	*out = NULL;
}

static void check_reader(struct iq_out *out, bool there)
{
	if (there)
		return;
	out->closed = true;
	iq_interrupt_set(true);
}

void iq_out_write(struct iq_out *out, const char *bytes, size_t length)
{
	if (!out->closed && length)
		check_reader(out, out->sink.write(out->sink.context, bytes, length));
}

void iq_out_flush(struct iq_out *out)
{
	if (!out->closed && out->sink.flush)
		check_reader(out, out->sink.flush(out->sink.context));
}

bool iq_out_closed(const struct iq_out *out)
{
	return out->closed;
}

bool iq_out_is_text(const struct iq_out *out)
{
	return out->options.face == IQ_FACE_TEXT;
}

void iq_out_begin(struct iq_out *out, const char *command)
{
	if (out->options.face == IQ_FACE_JSON)
		iq_json_begin(out, command);
}

void iq_out_warn(struct iq_out *out, const char *line)
{
	if (out->options.face == IQ_FACE_JSON)
		iq_json_warn(out, line);
}

struct iq_error *iq_out_end(struct iq_out *out, const struct iq_error *error)
{
	bool failed;

	while (out->scopes.count)
		iq_end(out);
	if (out->options.face == IQ_FACE_JSON)
		iq_json_end(out, error);
	failed = out->failed || out->texts.failed || out->line.failed || out->warnings.failed;
	out->failed = false;
	out->fields.count = 0;
	iq_strbuf_free(&out->texts);
	iq_strbuf_free(&out->line);
	iq_strbuf_free(&out->warnings);
	return failed ? iq_error_no_memory() : NULL;
}

static struct iq_field *add_field(struct iq_out *out, const char *key, enum iq_field_type type)
{
	struct iq_field *field = iq_vec_push(&out->fields);

	if (!field) {
		out->failed = true;
		return NULL;
	}
	field->key = key;
	field->type = type;
	return field;
}

static void open_scope(struct iq_out *out, const char *key, enum iq_field_type type)
{
	struct iq_scope *scope = iq_vec_push(&out->scopes);

	if (!scope) {
		out->failed = true;
		return;
	}
	scope->first_field = out->fields.count;
	scope->texts = out->texts.length;
	add_field(out, key, type);
}

void iq_record_begin(struct iq_out *out)
{
	open_scope(out, NULL, IQ_FIELD_OBJECT);
}

void iq_object_begin(struct iq_out *out, const char *key)
{
	open_scope(out, key, IQ_FIELD_OBJECT);
}

void iq_list_begin(struct iq_out *out, const char *key)
{
	open_scope(out, key, IQ_FIELD_LIST);
}

void iq_end(struct iq_out *out)
{
	struct iq_scope scope;
	bool keep = out->options.face == IQ_FACE_JSON;

	if (!out->scopes.count)
		return;
	scope = out->scopes.data[--out->scopes.count];
	if (keep)
		add_field(out, NULL, IQ_FIELD_END);
	if (keep && !out->scopes.count)
		iq_json_record(out);
	if (!keep || !out->scopes.count) {
		out->fields.count = IQ_MIN(out->fields.count, scope.first_field);
		iq_strbuf_truncate(&out->texts, scope.texts);
	}
}

static void add_text(struct iq_out *out, const char *key, enum iq_field_type type, const void *bytes, size_t length)
{
	struct iq_field *field = add_field(out, key, type);

	if (!field)
		return;
	field->text.offset = out->texts.length;
	field->text.length = length;
	iq_strbuf_add_bytes(&out->texts, bytes, length);
	iq_strbuf_add_char(&out->texts, '\0');
	if (out->texts.failed)
		out->fields.count--;
}

void iq_add_bytes(struct iq_out *out, const char *key, const void *bytes, size_t length)
{
	add_text(out, key, IQ_FIELD_STRING, bytes, length);
}

void iq_add_string(struct iq_out *out, const char *key, const char *text)
{
	if (text)
		add_text(out, key, IQ_FIELD_STRING, text, strlen(text));
	else
		add_field(out, key, IQ_FIELD_NULL);
}

void iq_add_unavailable(struct iq_out *out, const char *key, const char *reason)
{
	add_text(out, key, IQ_FIELD_UNAVAILABLE, reason, strlen(reason));
}

static void add_number(struct iq_out *out, const char *key, enum iq_field_type type, uint64_t value)
{
	struct iq_field *field = add_field(out, key, type);

	if (field)
		field->number = value;
}

void iq_add_unsigned(struct iq_out *out, const char *key, uint64_t value)
{
	add_number(out, key, IQ_FIELD_UNSIGNED, value);
}

void iq_add_signed(struct iq_out *out, const char *key, int64_t value)
{
	add_number(out, key, IQ_FIELD_SIGNED, (uint64_t)value);
}

void iq_add_big(struct iq_out *out, const char *key, uint64_t value)
{
	add_number(out, key, IQ_FIELD_BIG, value);
}

void iq_add_hex(struct iq_out *out, const char *key, uint64_t value)
{
	add_number(out, key, IQ_FIELD_HEX, value);
}

void iq_add_address(struct iq_out *out, const char *key, uint64_t value)
{
	add_number(out, key, IQ_FIELD_ADDRESS, value);
}

void iq_add_bool(struct iq_out *out, const char *key, bool value)
{
	add_number(out, key, IQ_FIELD_BOOL, value);
}

void iq_add_time(struct iq_out *out, const char *key, int64_t seconds)
{
	add_number(out, key, IQ_FIELD_TIME, (uint64_t)seconds);
}

void iq_add_float(struct iq_out *out, const char *key, double value)
{
	struct iq_field *field = add_field(out, key, IQ_FIELD_FLOAT);

	if (field)
		field->real = value;
}

const struct iq_field *iq_out_find(const struct iq_out *out, const char *key, size_t length)
{
	for (size_t i = out->fields.count; i-- > 0;) {
		const struct iq_field *field = &out->fields.data[i];

		if (field->key && !strncmp(field->key, key, length) && !field->key[length] &&
		    field->type < IQ_FIELD_OBJECT)
			return field;
	}
	return NULL;
}
