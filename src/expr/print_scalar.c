// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, enums, floats, pointers and functions in gdb's style, by type or by a format letter. */
#include "expr/printer.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STRING_READ_PIECE = 64, FAR_AWAY = 16384 };

/*
 * Does the symbol before a data address have anything to do with it? gdb knows sizes and gives no name behind an
 * object's end; kallsyms has none, and the constants that follow an object have no names of their own. So: texts only
 * by their exact address, nothing behind the boundaries that the linker script makes or far away.
 */
static bool is_its_name(const struct iq_symbol *symbol, uint64_t address, bool text)
{
	static const char *const boundaries[] = { "__start_", "__stop_", "__end_", "__kstrtab", "__ksymtab" };

	if (symbol->address == address)
		return true;
	if (text || (strchr("rR", symbol->type) && address - symbol->address >= FAR_AWAY))
		return false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(boundaries); i++) {
		if (strncmp(symbol->name, boundaries[i], strlen(boundaries[i])) == 0)
			return false;
	}
	return true;
}

/* Symbols are looked for where an image can be: an address of the heap would have everything loaded for nothing. */
static bool has_data_name(const struct iq_print_options *options, uint64_t address, bool text)
{
	const struct iq_layout *layout = iq_target_layout(options->target);
	struct iq_symbol symbol;

	if (!(address >= layout->text && address < layout->text_end) &&
	    !(address >= layout->modules && address < layout->modules_end))
		return false;
	return !iq_failed(iq_symbol_at(options->symbols, address, &symbol)) && is_its_name(&symbol, address, text);
}

static void add_name(const struct iq_print_options *options, uint64_t address, struct iq_strbuf *out)
{
	size_t length = out->length;

	iq_strbuf_add(out, " <");
	if (iq_symbol_format(options->symbols, address, IQ_SYMBOL_OFFSET_DECIMAL, out))
		iq_strbuf_add_char(out, '>');
	else
		iq_strbuf_truncate(out, length);
}

/* The text that a pointer leads to, as far as it can be read. gdb looks at a text's first byte once more to know
 * whether it ended: one that fills the limit is always cut. */
static void add_pointed_text(struct iq_printer *printer, uint64_t address)
{
	const struct iq_print_options *options = printer->options;
	const struct iq_value *value = printer->value;
	_cleanup_free_ uint8_t *text = malloc(printer->element_limit + STRING_READ_PIECE);
	_cleanup_(iq_error_freep) struct iq_error *error = NULL;
	size_t length = 0;
	bool ended = false;

	if (!text || !iq_printer_step(printer, 16))
		return;
	while (!ended && length < printer->element_limit) {
		size_t piece = STRING_READ_PIECE - (address + length) % STRING_READ_PIECE;
		piece = IQ_MIN(piece, printer->element_limit - length);
		error = iq_read_space(options->target, value->user ? &value->space : NULL, address + length,
				      text + length, piece);
		if (error)
			break;
		const uint8_t *end = memchr(text + length, 0, piece);
		ended = end;
		length = end ? (size_t)(end - text) + 1 : length + piece;
	}
	iq_strbuf_add_char(printer->out, ' ');
	if (length)
		iq_print_string(printer, text, length, !ended && !error);
	if (error)
		iq_strbuf_addf(printer->out, "<error: Cannot access memory at address 0x%" PRIx64 ">",
			       address + length);
}

void iq_print_address(struct iq_printer *printer, uint64_t address, struct iq_type target, bool own)
{
	struct iq_part pointed;
	bool known = !iq_failed(iq_part_of(target, 0, 0, &pointed));

	iq_strbuf_addf(printer->out, "0x%" PRIx64, address);
	bool text = known && iq_is_textual(&pointed.info), code = known && pointed.info.kind == IQ_TYPE_FUNCTION;
	if (address && printer->options->symbols &&
	    (code || (printer->options->static_names && has_data_name(printer->options, address, text && !own))))
		add_name(printer->options, address, printer->out);
	if (address && text)
		add_pointed_text(printer, address);
}

/* gdb takes an enum whose values are single bits, or runs of neighbouring ones, for a set of flags. */
static bool is_flag_enum(struct iq_printer *printer, const struct iq_part *part)
{
	for (uint32_t n = 0; n < part->info.count; n++) {
		struct iq_type_enumerator enumerator;

		if (iq_failed(iq_type_enumerator_at(part->type, n, &enumerator)))
			return false;
		uint64_t value = (uint64_t)enumerator.value;
		if (enumerator.value < 0)
			return false;
		if (value && (value >> __builtin_ctzll(value) & ((value >> __builtin_ctzll(value)) + 1)))
			return false;
	}
	return true;
}

static void print_flags(struct iq_printer *printer, const struct iq_part *part, uint64_t value)
{
	struct iq_strbuf *out = printer->out;
	const char *before = "(";

	for (uint32_t n = 0; n < part->info.count; n++) {
		struct iq_type_enumerator enumerator;

		if (iq_failed(iq_type_enumerator_at(part->type, n, &enumerator)))
			break;
		if (!(value & (uint64_t)enumerator.value))
			continue;
		iq_strbuf_addf(out, "%s%s", before, enumerator.name ? enumerator.name : "?");
		value &= ~(uint64_t)enumerator.value;
		before = " | ";
	}
	if (value)
		iq_strbuf_addf(out, "%sunknown: 0x%" PRIx64 ")", before, value);
	else
		iq_strbuf_add(out, *before == '(' ? "0" : ")");
}

static void print_enum(struct iq_printer *printer, const struct iq_part *part, struct iq_number number)
{
	const char *name = iq_enum_name(printer, part, number.low);

	if (name)
		iq_strbuf_add(printer->out, name);
	else if (is_flag_enum(printer, part))
		print_flags(printer, part, number.low);
	else
		iq_number_decimal(number, part->info.is_signed, printer->out);
}

static void print_float(struct iq_printer *printer, const struct iq_part *part)
{
	double value;

	if (!iq_part_float(printer, part, &value)) {
		iq_strbuf_addf(printer->out, "<a float of %" PRIu64 " bytes>", part->info.size);
		return;
	}
	if (isnan(value)) {
		uint64_t bits;
		memcpy(&bits, &value, sizeof(bits));
		iq_strbuf_addf(printer->out, "%snan(0x%" PRIx64 ")", bits >> 63 ? "-" : "",
			       bits & ((UINT64_C(1) << 52) - 1));
	} else {
		iq_strbuf_addf(printer->out, "%.*g", part->info.size == 4 ? 9 : 17, value);
	}
}

/* The bits of a number without those that its sign filled. */
static struct iq_number masked(const struct iq_part *part, struct iq_number number)
{
	uint64_t bits = part->bit_size ? part->bit_size : part->info.size * 8;

	if (bits <= 64)
		number.high = 0;
	else if (bits < 128)
		number.high &= (UINT64_C(1) << (bits - 64)) - 1;
	if (bits < 64)
		number.low &= (UINT64_C(1) << bits) - 1;
	return number;
}

static void print_hexadecimal(struct iq_strbuf *out, struct iq_number number, unsigned digits)
{
	if (number.high)
		iq_strbuf_addf(out, "0x%" PRIx64 "%016" PRIx64, number.high, number.low);
	else
		iq_strbuf_addf(out, "0x%0*" PRIx64, (int)digits, number.low);
}

/* 1 or 3 bits for a digit, without zeros in front. */
static void print_digits(struct iq_strbuf *out, struct iq_number number, unsigned bits)
{
	unsigned __int128 value = (unsigned __int128)number.high << 64 | number.low;
	char text[130], *p = text + sizeof(text) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + (unsigned)(value & ((1u << bits) - 1)));
		value >>= bits;
	} while (value);
	iq_strbuf_addf(out, "%s%s", bits == 3 && *p != '0' ? "0" : "", p);
}

static void print_as_character(struct iq_printer *printer, const struct iq_part *part, struct iq_number number)
{
	if (part->info.is_signed)
		iq_strbuf_addf(printer->out, "%d ", (int8_t)number.low);
	else
		iq_strbuf_addf(printer->out, "%u ", (uint8_t)number.low);
	iq_print_character(printer, (uint8_t)number.low);
}

/* A format letter of gdb's; false for one that leaves the value as its type has it. */
static bool print_formatted(struct iq_printer *printer, const struct iq_part *part, struct iq_number number,
			    char format)
{
	struct iq_strbuf *out = printer->out;
	struct iq_number bits = masked(part, number);

	switch (format) {
	case 'x': print_hexadecimal(out, bits, 1); return true;
	case 'z': print_hexadecimal(out, bits, 2 * (unsigned)part->info.size); return true;
	case 'o': print_digits(out, bits, 3); return true;
	case 't': print_digits(out, bits, 1); return true;
	case 'u': iq_number_decimal(bits, false, out); return true;
	case 'd': {
		/* What has no sign gets one, by its highest bit. */
		uint64_t size = part->bit_size ? part->bit_size : part->info.size * 8;
		if (size < 64 && bits.low >> (size - 1) & 1)
			bits = (struct iq_number){ bits.low | UINT64_MAX << size, UINT64_MAX };
		else if (size == 64 && bits.low >> 63)
			bits.high = UINT64_MAX;
		iq_number_decimal(bits, true, out);
		return true;
	}
	case 'c': print_as_character(printer, part, number); return true;
	case 'a':
		print_hexadecimal(out, bits, 1);
		if (printer->options->symbols && bits.low)
			add_name(printer->options, bits.low, out);
		return true;
	default: return false;
	}
}

static void print_integer(struct iq_printer *printer, const struct iq_part *part, struct iq_number number)
{
	if (printer->options->radix == 16) {
		print_hexadecimal(printer->out, masked(part, number), 1);
		return;
	}
	if (part->info.encoding == IQ_INT_BOOL && number.low <= 1 && !number.high) {
		iq_strbuf_add(printer->out, number.low ? "true" : "false");
		return;
	}
	iq_number_decimal(number, part->info.is_signed, printer->out);
	if (iq_is_textual(&part->info)) {
		iq_strbuf_add_char(printer->out, ' ');
		iq_print_character(printer, (uint8_t)number.low);
	}
}

/* What has no bytes. */
static bool print_bodiless(struct iq_printer *printer, const struct iq_part *part)
{
	uint64_t address = iq_part_address(printer, part);

	switch (part->info.kind) {
	case IQ_TYPE_VOID: iq_strbuf_add(printer->out, "void"); return true;
	case IQ_TYPE_FORWARD: iq_strbuf_add(printer->out, "<incomplete type>"); return true;
	case IQ_TYPE_FUNCTION:
		iq_strbuf_add_char(printer->out, '{');
		iq_type_declare(part->type, "", printer->out);
		iq_strbuf_addf(printer->out, "} 0x%" PRIx64, address);
		if (printer->options->symbols && address)
			add_name(printer->options, address, printer->out);
		return true;
	default: return false;
	}
}

void iq_print_scalar(struct iq_printer *printer, const struct iq_part *part)
{
	struct iq_strbuf *out = printer->out;
	char format = printer->options->format;
	struct iq_number number;

	if (print_bodiless(printer, part))
		return;
	if (part->info.kind == IQ_TYPE_FLOAT && (!format || format == 'f' || format == 's')) {
		print_float(printer, part);
		return;
	}
	if (!iq_part_number(printer, part, &number)) {
		iq_strbuf_addf(out, "<a number of %" PRIu64 " bytes>", part->info.size);
		return;
	}
	if (format && print_formatted(printer, part, number, format))
		return;
	switch (part->info.kind) {
	case IQ_TYPE_POINTER: iq_print_address(printer, number.low, part->info.target, false); break;
	case IQ_TYPE_ENUM: print_enum(printer, part, number); break;
	default: print_integer(printer, part, number); break;
	}
}
