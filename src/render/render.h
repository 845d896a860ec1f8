/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records and their faces. A command never prints: it opens a record, adds named and typed fields, and says with
 * templates how the text face lays them out. The JSON face takes the fields and ignores the layout; the text face does
 * the opposite. Both stream: a text line goes out when it is emitted, a JSON object when its outermost record ends.
 *
 *     iq_record_begin(out);
 *     iq_add_unsigned(out, "pid", 90);
 *     iq_add_address(out, "task", 0xffff8cda42f6a280);
 *     iq_add_string(out, "comm", comm);                       // escaped by the faces, never by the command
 *     iq_line(out, "PID: {pid:-8} TASK: {task@address}  COMMAND: \"{comm}\"");
 *     iq_list_begin(out, "frames");
 *     for (...) {
 *             iq_record_begin(out);
 *             iq_add_unsigned(out, "level", level);
 *             iq_add_address(out, "sp", sp);
 *             iq_line(out, "{level:#3} [{sp}] ...");          // sees this record's fields first, then the outer ones
 *             iq_end(out);
 *     }
 *     iq_end(out);                                            // the list
 *     iq_end(out);                                            // the record
 *
 * Out of memory is remembered and told by iq_out_end(). Keys must outlive the record: literals or static names.
 */
#ifndef IQ_RENDER_RENDER_H
#define IQ_RENDER_RENDER_H

#include "util/error.h"
#include "util/strbuf.h"

#include <stddef.h>

struct iq_out;

/* Where bytes go. `write` returns false once nobody reads any more; it is not called again after that. `flush` (may be
 * NULL) passes on what was held back. */
struct iq_sink {
	bool (*write)(void *context, const char *bytes, size_t length);
	bool (*flush)(void *context);
	void *context;
};

enum iq_face { IQ_FACE_TEXT, IQ_FACE_JSON };

struct iq_out_options {
	enum iq_face face;
	bool colour; /* text: SGR colours, for terminals */
};

/* Makes an output; NULL when memory is out. One JSON document (an array of commands) lasts from here to iq_out_free().
 */
struct iq_out *iq_out_new(const struct iq_out_options *options, struct iq_sink sink);
void iq_out_free(struct iq_out *out);
void iq_out_freep(struct iq_out **out);

/* Brackets one command: its text as typed, what was warned of, how it ended (NULL: well). Scopes still open are closed.
 * iq_out_end() returns an error when records were lost because memory was out. */
void iq_out_begin(struct iq_out *out, const char *command);
void iq_out_warn(struct iq_out *out, const char *line);
struct iq_error *iq_out_end(struct iq_out *out, const struct iq_error *error);

/* True once the reader went away (a closed pipe). The interrupt flag of util/diag.h is set then, so that loops end. */
bool iq_out_closed(const struct iq_out *out);

/* Lets the reader see what there is so far: for commands that wait. */
void iq_out_flush(struct iq_out *out);

/* For the rare command whose two faces need different work, such as reading more for JSON than for text. */
bool iq_out_is_text(const struct iq_out *out);

/* Scopes. A record inside a list is an element of it; elsewhere than at the top or in a list, use iq_object_begin(). */
void iq_record_begin(struct iq_out *out);
void iq_object_begin(struct iq_out *out, const char *key);
void iq_list_begin(struct iq_out *out, const char *key);
void iq_end(struct iq_out *out);

/*
 * Fields. `key` is NULL for an element of a list.
 *
 *               JSON                                              text by default
 *     string    string; a NULL pointer gives null                 as it is
 *     bytes     the same, may hold NULs                           as it is
 *     unsigned  number, for counts below 2^53; else a string      decimal
 *     signed    the same                                          decimal
 *     big       decimal string                                    decimal
 *     hex       "0x2a"                                            2a
 *     address   "0xffffffff8d67a8c3"                              16 digits
 *     bool      true, false                                       yes, no
 *     float     number                                            two places; {key:.1} for one
 *     time      "2026-11-22T13:37:45Z"                            Sun Nov 22 13:37:45 UTC 2026
 */
void iq_add_string(struct iq_out *out, const char *key, const char *text);
void iq_add_bytes(struct iq_out *out, const char *key, const void *bytes, size_t length);
void iq_add_unsigned(struct iq_out *out, const char *key, uint64_t value);
void iq_add_signed(struct iq_out *out, const char *key, int64_t value);
void iq_add_big(struct iq_out *out, const char *key, uint64_t value);
void iq_add_hex(struct iq_out *out, const char *key, uint64_t value);
void iq_add_address(struct iq_out *out, const char *key, uint64_t value);
void iq_add_bool(struct iq_out *out, const char *key, bool value);
void iq_add_float(struct iq_out *out, const char *key, double value);
void iq_add_time(struct iq_out *out, const char *key, int64_t seconds);

/* Something that can't be had: null, with the reason under "unavailable" of the same record; "(unavailable)" in text.
 */
void iq_add_unavailable(struct iq_out *out, const char *key, const char *reason);

/*
 * Layout, for the text face only.
 *
 * A template is text with fields in braces, {key:SPEC@STYLE}; "{{" is a brace. SPEC is made of flags ('-' left-aligned,
 * '^' centred, else right-aligned; '0' filled with zeros; '#' a '#' directly before the value: "{level:#3}" is " #0"),
 * the width, '.' and the precision (places of a float, most characters of a string), and 'x' (hexadecimal), 'X'
 * (hexadecimal behind 0x), 'd' (decimal) or 'o' (octal): all optional. STYLE is a name of theme.c: heading, address,
 * symbol, string, mark, dim, error. An unknown key shows as "{key}". Blanks at the end of the line are left out.
 */
void iq_line(struct iq_out *out, const char *template);

/* A line without fields behind it (or made of several): printf's format. Control characters are escaped; blanks at the
 * end stay, for text that is the kernel's own. */
void iq_text(struct iq_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of a key–value list as crash's `sys` has it: the label right-aligned to `width`, ": ", the template. */
void iq_pair(struct iq_out *out, int width, const char *label, const char *template);

struct iq_column {
	const char *key;
	const char *heading;
	const char *heading_spec; /* SPEC@STYLE of a template */
	const char *spec;
};

struct iq_table {
	const struct iq_column *columns;
	size_t count;
	const char *gap; /* between columns */
};

/* The line of headings; the line of the current record's fields under them. */
void iq_table_heading(struct iq_out *out, const struct iq_table *table);
void iq_table_row(struct iq_out *out, const struct iq_table *table);

/* Appends text from a dump with everything that could steer a terminal replaced: control bytes, invalid UTF-8, C1 and
 * bidirectional controls become \x.. of their bytes; tabs stay. */
void iq_escape_text(struct iq_strbuf *buf, const char *bytes, size_t length);

#endif
