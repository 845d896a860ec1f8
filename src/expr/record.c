// SPDX-License-Identifier: GPL-2.0-or-later
/* Values as JSON: struct → object, array → list, char array → string. */
#include "expr/printer.h"
#include "util/cleanup.h"
#include "util/diag.h"

#include <inttypes.h>
#include <string.h>

/* What a script gets of an array is not cut at what a person wants to see. */
enum { MAX_LIST = 1 << 16 };

struct recorder {
	struct iq_printer *printer;
	struct iq_out *out;
};

static void add_part(struct recorder *r, const struct iq_part *part, const char *key, unsigned depth);

static void add_reason(struct recorder *r, const struct iq_part *part, const char *key)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf reason = { 0 };

	iq_part_reason(r->printer, part, &reason);
	iq_add_unavailable(r->out, key, iq_strbuf_text(&reason));
}

static void add_damage(struct recorder *r, const char *key, struct iq_error *error)
{
	iq_add_unavailable(r->out, key, error->message);
	iq_error_free(error);
}

static void add_integer(struct recorder *r, const struct iq_part *part, const char *key, struct iq_number number)
{
	bool wide = part->info.size > 8 && number.high != (part->info.is_signed && number.low >> 63 ? UINT64_MAX : 0);

	if (wide) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		iq_number_decimal(number, part->info.is_signed, &text);
		iq_add_string(r->out, key, iq_strbuf_text(&text));
	} else if (part->info.kind == IQ_TYPE_INT && part->info.encoding == IQ_INT_BOOL && number.low <= 1) {
		iq_add_bool(r->out, key, number.low);
	} else if (part->info.is_signed) {
		iq_add_signed(r->out, key, (int64_t)number.low);
	} else {
		iq_add_unsigned(r->out, key, number.low);
	}
}

static void add_scalar(struct recorder *r, const struct iq_part *part, const char *key)
{
	struct iq_number number;
	const char *name;
	double real;

	if (part->info.kind == IQ_TYPE_FUNCTION) {
		iq_add_address(r->out, key, iq_part_address(r->printer, part));
	} else if (part->info.kind == IQ_TYPE_FLOAT && iq_part_float(r->printer, part, &real)) {
		iq_add_float(r->out, key, real);
	} else if (part->info.kind == IQ_TYPE_VOID || part->info.kind == IQ_TYPE_FORWARD ||
		   part->info.kind == IQ_TYPE_FLOAT || !iq_part_number(r->printer, part, &number)) {
		iq_add_unavailable(r->out, key, "no number is in its type");
	} else if (part->info.kind == IQ_TYPE_POINTER) {
		iq_add_address(r->out, key, number.low);
	} else if (part->info.kind == IQ_TYPE_ENUM && (name = iq_enum_name(r->printer, part, number.low))) {
		iq_add_string(r->out, key, name);
	} else {
		add_integer(r, part, key, number);
	}
}

/* Members of anonymous structs and unions belong to the outer one, as in C. */
static void add_members(struct recorder *r, const struct iq_part *part, unsigned depth)
{
	for (uint32_t n = 0; n < part->info.count && iq_printer_step(r->printer, 1) && !iq_interrupted(); n++) {
		struct iq_type_member member;
		struct iq_part inner;

		struct iq_error *error = iq_type_member_at(part->type, n, &member);
		if (error) {
			add_damage(r, "?", error);
			return;
		}
		if (__builtin_add_overflow(member.bit_offset, part->bit_offset, &member.bit_offset))
			error = iq_error_new(IQ_ERROR_FORMAT, "a member larger than all memory");
		else
			error = iq_part_of(member.type, member.bit_offset, member.bit_size, &inner);
		bool compound = !error && (inner.info.kind == IQ_TYPE_STRUCT || inner.info.kind == IQ_TYPE_UNION);
		if (error)
			add_damage(r, member.name ? member.name : "?", error);
		else if (!member.name && compound && depth < IQ_PRINT_RECURSION)
			add_members(r, &inner, depth + 1);
		else if (member.name)
			add_part(r, &inner, member.name, depth + 1);
	}
}

/* Is this an array of characters for people, and not of bytes? u8 is a typedef, char and unsigned char are none. */
static bool is_text(const struct iq_part *array)
{
	struct iq_type_info info;

	return iq_unqualified_info(array->info.target, &info) && iq_is_textual(&info) && info.encoding == IQ_INT_CHAR;
}

static void add_text(struct recorder *r, const struct iq_part *array, const char *key)
{
	const uint8_t *bytes = r->printer->bytes + array->bit_offset / 8;
	uint64_t length = array->info.count;

	while (length && !bytes[length - 1])
		length--;
	iq_add_bytes(r->out, key, bytes, length);
}

static void add_elements(struct recorder *r, const struct iq_part *array, const char *key, unsigned depth)
{
	uint64_t size, count = array->info.count;

	struct iq_error *error = iq_type_size(array->info.target, &size);
	if (error) {
		add_damage(r, key, error);
		return;
	}
	if (is_text(array) && iq_part_known(r->printer, array) == IQ_KNOWN_ALL) {
		add_text(r, array, key);
		return;
	}
	iq_list_begin(r->out, key);
	for (uint64_t i = 0; i < count && size && i < MAX_LIST && iq_printer_step(r->printer, 1) && !iq_interrupted();
	     i++) {
		struct iq_part element;

		error = iq_part_of(array->info.target, array->bit_offset + i * size * 8, 0, &element);
		if (error)
			add_damage(r, NULL, error);
		else
			add_part(r, &element, NULL, depth + 1);
	}
	iq_end(r->out);
}

static void add_part(struct recorder *r, const struct iq_part *part, const char *key, unsigned depth)
{
	bool compound = part->info.kind == IQ_TYPE_STRUCT || part->info.kind == IQ_TYPE_UNION;
	bool aggregate = compound || part->info.kind == IQ_TYPE_ARRAY;
	enum iq_known known = iq_part_known(r->printer, part);

	if (depth > IQ_PRINT_RECURSION || !iq_printer_step(r->printer, 1)) {
		if (!r->printer->spent)
			iq_add_unavailable(r->out, key, "too much for one value");
		r->printer->spent = depth <= IQ_PRINT_RECURSION;
	} else if (known == IQ_KNOWN_NONE || (known == IQ_KNOWN_SOME && !aggregate)) {
		add_reason(r, part, key);
	} else if (compound) {
		if (key)
			iq_object_begin(r->out, key);
		else
			iq_record_begin(r->out);
		add_members(r, part, depth);
		iq_end(r->out);
	} else if (aggregate) {
		add_elements(r, part, key, depth);
	} else {
		add_scalar(r, part, key);
	}
}

struct iq_error *iq_value_record(const struct iq_value *value, const struct iq_print_options *options,
				 struct iq_out *out, const char *key)
{
	_cleanup_(iq_printer_close) struct iq_printer printer;
	struct recorder r = { &printer, out };
	struct iq_part part;

	IQ_TRY(iq_printer_open(value, options, &printer));
	IQ_TRY(iq_part_of(value->type, value->bit_offset, value->bit_size, &part));
	add_part(&r, &part, key, 0);
	return iq_check_interrupt();
}
