/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of render/ share: the fields of the open records, and a face's functions. */
#ifndef IQ_RENDER_OUT_H
#define IQ_RENDER_OUT_H

#include "render/render.h"
#include "util/vec.h"

enum iq_field_type {
	IQ_FIELD_STRING,
	IQ_FIELD_UNSIGNED,
	IQ_FIELD_SIGNED,
	IQ_FIELD_BIG,
	IQ_FIELD_HEX,
	IQ_FIELD_ADDRESS,
	IQ_FIELD_BOOL,
	IQ_FIELD_FLOAT,
	IQ_FIELD_TIME,
	IQ_FIELD_NULL,
	IQ_FIELD_UNAVAILABLE, /* the reason is its text */
	IQ_FIELD_OBJECT,      /* opens a scope ... */
	IQ_FIELD_LIST,
	IQ_FIELD_END, /* ... which this closes */
};

struct iq_field {
	const char *key;
	enum iq_field_type type;
	union {
		uint64_t number;
		int64_t signed_number;
		double real;
		struct {
			size_t offset, length; /* of the text in iq_out.texts */
		} text;
	};
};

struct iq_scope {
	size_t first_field; /* index of the field that opened it */
	size_t texts;       /* length of iq_out.texts before it */
};

struct iq_out {
	struct iq_out_options options;
	struct iq_sink sink;
	bool closed, failed;
	IQ_VEC(struct iq_field) fields; /* of the outermost open record and what is in it */
	IQ_VEC(struct iq_scope) scopes;
	struct iq_strbuf texts;
	struct iq_strbuf line;     /* scratch of the text face */
	struct iq_strbuf warnings; /* of the JSON face: a JSON array without its brackets */
	size_t commands, records;  /* JSON: elements written so far */
};

void iq_out_write(struct iq_out *out, const char *bytes, size_t length);

/* The last field of this name that is visible from the innermost scope; NULL if there is none. */
const struct iq_field *iq_out_find(const struct iq_out *out, const char *key, size_t length);

static inline const char *iq_field_text(const struct iq_out *out, const struct iq_field *field)
{
	return out->texts.text + field->text.offset;
}

/* template.c: appends a template with its fields filled in. `length` of the template in bytes. */
void iq_template_render(const struct iq_out *out, const char *template, size_t length, struct iq_strbuf *buf);

/* Appends `text` (already escaped) as SPEC@STYLE says. */
void iq_spec_apply(const struct iq_out *out, const char *spec, const char *text, struct iq_strbuf *buf);

/* theme.c: the SGR parameters of a style, NULL for an unknown one. */
const char *iq_theme_style(const char *name, size_t length);

/* utf8.c: length of the valid UTF-8 character at `bytes` (1 to 4), 0 if there is none; *code is its number. */
size_t iq_utf8_decode(const char *bytes, size_t length, uint32_t *code);
/* Characters in a string, counting bytes that start one. */
size_t iq_utf8_width(const char *text);

/* json.c */
void iq_json_begin(struct iq_out *out, const char *command);
void iq_json_warn(struct iq_out *out, const char *line);
void iq_json_record(struct iq_out *out);
void iq_json_end(struct iq_out *out, const struct iq_error *error);
void iq_json_finish(struct iq_out *out);

#endif
