// SPDX-License-Identifier: GPL-2.0-or-later
/* The bytes of a value, for its text and its record: what is known of them, numbers out of them, equal elements. */
#include "expr/printer.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

bool iq_printer_step(struct iq_printer *printer, uint64_t steps)
{
	printer->work += steps;
	return printer->work <= IQ_PRINT_MAX_WORK;
}

/* What has no bytes of its own: functions, what is only declared, void. */
static struct iq_error *bytes_of(const struct iq_value *value, uint64_t *size)
{
	if (value->bit_size) {
		*size = (value->bit_offset + (uint64_t)value->bit_size + 7) / 8;
		return NULL;
	}
	struct iq_error *error = iq_type_size(value->type, size);
	if (iq_error_is(error, IQ_ERROR_ARGUMENT)) {
		iq_error_freep(&error);
		*size = 0;
	}
	return error;
}

struct iq_error *iq_printer_open(const struct iq_value *value, const struct iq_print_options *options,
				 struct iq_printer *printer)
{
	_cleanup_(iq_error_freep) struct iq_error *first = NULL;
	uint64_t size;

	*printer = (struct iq_printer){ .options = options, .value = value };
	if (!value->type.source)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s%sits type is not known", value->symbol ? value->symbol : "",
				    value->symbol ? ": " : "");
	printer->element_limit = options->element_limit ? options->element_limit : IQ_PRINT_ELEMENTS;
	printer->repeat_threshold = options->repeat_threshold ? options->repeat_threshold : IQ_PRINT_REPEATS;
	IQ_TRY(bytes_of(value, &size));
	printer->size = IQ_MIN(size, IQ_PRINT_MAX_BYTES);
	printer->bytes = malloc(printer->size + 1);
	printer->known = malloc(printer->size + 1);
	struct iq_error *error = printer->bytes && printer->known ? NULL : iq_error_no_memory();
	if (!error)
		error = iq_value_fetch(options->target, value, printer->bytes, printer->known, printer->size, &first);
	if (!error && first && !memchr(printer->known, 1, printer->size))
		error = iq_steal(first);
	if (error)
		iq_printer_close(printer);
	return error;
}

void iq_printer_close(struct iq_printer *printer)
{
	free(printer->bytes);
	free(printer->known);
	printer->bytes = printer->known = NULL;
}

struct iq_error *iq_part_of(struct iq_type declared, uint64_t bit_offset, uint32_t bit_size, struct iq_part *out)
{
	*out = (struct iq_part){ .declared = declared, .bit_offset = bit_offset, .bit_size = bit_size };
	IQ_TRY(iq_type_complete(declared, &out->type));
	return iq_type_info(out->type, &out->info);
}

/* The bytes that a part touches. */
static void extent(const struct iq_part *part, uint64_t *start, uint64_t *length)
{
	*start = part->bit_offset / 8;
	*length = part->bit_size ? (part->bit_offset % 8 + part->bit_size + 7) / 8 : part->info.size;
}

enum iq_known iq_part_known(const struct iq_printer *printer, const struct iq_part *part)
{
	uint64_t start, length;

	extent(part, &start, &length);
	if (!length)
		return IQ_KNOWN_ALL;
	if (start >= printer->size)
		return IQ_KNOWN_NONE;
	uint64_t inside = IQ_MIN(length, printer->size - start);
	if (!memchr(printer->known + start, 1, inside))
		return IQ_KNOWN_NONE;
	return inside == length && !memchr(printer->known + start, 0, inside) ? IQ_KNOWN_ALL : IQ_KNOWN_SOME;
}

void iq_part_reason(const struct iq_printer *printer, const struct iq_part *part, struct iq_strbuf *out)
{
	const struct iq_value *value = printer->value;
	uint64_t start, length;
	uint8_t byte;

	extent(part, &start, &length);
	const uint8_t *hole =
		start < printer->size ? memchr(printer->known + start, 0, IQ_MIN(length, printer->size - start)) : NULL;
	if (!hole) {
		if (printer->size < IQ_PRINT_MAX_BYTES)
			iq_strbuf_addf(out, "outside of the %zu bytes of its type", printer->size);
		else
			iq_strbuf_addf(out, "not read: it lies behind %d bytes", IQ_PRINT_MAX_BYTES);
		return;
	}
	if (value->place == IQ_IN_BYTES) {
		iq_strbuf_add(out, value->why ? value->why : "not available");
		return;
	}
	struct iq_error *error = iq_read_space(printer->options->target, value->user ? &value->space : NULL,
					       value->address + (uint64_t)(hole - printer->known), &byte, 1);
	iq_strbuf_add(out, error ? error->message : "not available");
	iq_error_free(error);
}

uint64_t iq_part_address(const struct iq_printer *printer, const struct iq_part *part)
{
	return printer->value->place == IQ_IN_MEMORY ? printer->value->address + part->bit_offset / 8 : 0;
}

static uint64_t load(const uint8_t *bytes, uint64_t bit, unsigned count)
{
	uint64_t number = 0;

	if (bit % 8 == 0 && count % 8 == 0) {
		for (unsigned i = 0; i < count / 8; i++)
			number |= (uint64_t)bytes[bit / 8 + i] << 8 * i;
		return number;
	}
	for (unsigned i = 0; i < count; i++)
		number |= (uint64_t)(bytes[(bit + i) / 8] >> (bit + i) % 8 & 1) << i;
	return number;
}

bool iq_part_number(const struct iq_printer *printer, const struct iq_part *part, struct iq_number *out)
{
	uint64_t bits = part->bit_size ? part->bit_size : part->info.size * 8;
	uint64_t start, length;

	extent(part, &start, &length);
	if (!bits || bits > 128 || length > printer->size || start > printer->size - length)
		return false;
	unsigned low = (unsigned)IQ_MIN(bits, 64), high = (unsigned)bits - low;
	out->low = load(printer->bytes, part->bit_offset, low);
	out->high = high ? load(printer->bytes, part->bit_offset + 64, high) : 0;
	bool negative = part->info.is_signed && (high ? out->high >> (high - 1) & 1 : out->low >> (low - 1) & 1);
	if (negative && low < 64)
		out->low |= UINT64_MAX << low;
	if (negative && high < 64)
		out->high |= high ? UINT64_MAX << high : UINT64_MAX;
	return true;
}

void iq_number_decimal(struct iq_number number, bool is_signed, struct iq_strbuf *out)
{
	unsigned __int128 value = (unsigned __int128)number.high << 64 | number.low;
	char text[48], *p = text + sizeof(text) - 1;

	*p = '\0';
	bool negative = is_signed && number.high >> 63;
	if (negative)
		value = -value;
	do {
		*--p = (char)('0' + (unsigned)(value % 10));
		value /= 10;
	} while (value);
	if (negative)
		*--p = '-';
	iq_strbuf_add(out, p);
}

bool iq_part_float(const struct iq_printer *printer, const struct iq_part *part, double *out)
{
	uint64_t start = part->bit_offset / 8, size = part->info.size;
	float single;

	if (part->bit_size || part->bit_offset % 8 || size > printer->size || start > printer->size - size)
		return false;
	if (size == sizeof(single)) {
		memcpy(&single, printer->bytes + start, sizeof(single));
		*out = single;
		return true;
	}
	if (size != sizeof(*out))
		return false;
	memcpy(out, printer->bytes + start, sizeof(*out));
	return true;
}

uint64_t iq_part_repeats(struct iq_printer *printer, const struct iq_part *array, uint64_t size, uint64_t first,
			 uint64_t count)
{
	uint64_t start = array->bit_offset / 8, same = 1, base = start + first * size;

	while (first + same < count) {
		uint64_t other = base + same * size;

		/* What lies behind the bytes that were read is all the same: not known. */
		if (base >= printer->size)
			return count - first;
		if (other >= printer->size || size > printer->size - other ||
		    memcmp(printer->bytes + base, printer->bytes + other, size) != 0 ||
		    memcmp(printer->known + base, printer->known + other, size) != 0)
			break;
		same++;
	}
	iq_printer_step(printer, same * size / 64);
	return same;
}

const char *iq_enum_name(struct iq_printer *printer, const struct iq_part *part, uint64_t value)
{
	iq_printer_step(printer, part->info.count / 16);
	for (uint32_t n = 0; n < part->info.count; n++) {
		struct iq_type_enumerator enumerator;

		if (iq_failed(iq_type_enumerator_at(part->type, n, &enumerator)))
			break;
		uint64_t other = (uint64_t)enumerator.value;
		if (part->info.size < 8 && !part->info.is_signed)
			other &= (UINT64_C(1) << 8 * part->info.size) - 1;
		if (other == value)
			return enumerator.name;
	}
	return NULL;
}

bool iq_is_textual(const struct iq_type_info *element)
{
	return element->kind == IQ_TYPE_INT && element->size == 1 && element->encoding != IQ_INT_BOOL;
}

bool iq_unqualified_info(struct iq_type type, struct iq_type_info *info)
{
	for (unsigned i = 0; i < IQ_PRINT_RECURSION; i++) {
		if (iq_failed(iq_type_info(type, info)))
			return false;
		if (info->kind != IQ_TYPE_CONST && info->kind != IQ_TYPE_VOLATILE && info->kind != IQ_TYPE_TAG)
			break;
		type = info->target;
	}
	return true;
}
