/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct cpuinfo_x86 as gdb prints it. Its members are integers, arrays of them, and anonymous unions of both: this is
 * no printer of C values in general.
 */
#include "command/cpuinfo.h"

#include "kernel/cpu.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_STRUCT = 1 << 16, MAX_DEPTH = 4, MAX_ELEMENTS = 256, INDENT = 2 };

struct printer {
	struct iq_out *out;
	const uint8_t *bytes;
	size_t size;
	bool hexadecimal;
};

struct value {
	struct iq_type_info info; /* of the type itself, typedefs gone */
	uint64_t bits;
};

static struct iq_error *load_value(const struct printer *printer, struct iq_type type, uint64_t offset,
				   uint64_t bit_size, struct value *value)
{
	struct iq_type stripped;
	uint64_t size;

	IQ_TRY(iq_type_strip(type, &stripped));
	IQ_TRY(iq_type_info(stripped, &value->info));
	size = bit_size ? (offset % 8 + bit_size + 7) / 8 : value->info.size;
	if (!size || size > sizeof(value->bits) || offset / 8 + size > printer->size)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "not an integer of at most 64 bits");
	value->bits = 0;
	memcpy(&value->bits, printer->bytes + offset / 8, size);
	value->bits >>= offset % 8;
	if (!bit_size)
		bit_size = 8 * size;
	if (bit_size < 64)
		value->bits &= (UINT64_C(1) << bit_size) - 1;
	if (value->info.is_signed && bit_size < 64 && value->bits >> (bit_size - 1))
		value->bits |= ~UINT64_C(0) << bit_size;
	return NULL;
}

static void add_character(uint8_t c, char quote, struct iq_strbuf *text)
{
	if (c == quote || c == '\\')
		iq_strbuf_addf(text, "\\%c", c);
	else if (c >= 0x20 && c < 0x7f)
		iq_strbuf_add_char(text, (char)c);
	else if (c == '\n' || c == '\t' || c == '\r')
		iq_strbuf_addf(text, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	else
		iq_strbuf_addf(text, "\\%03o", c);
}

static void format_number(const struct printer *printer, const struct value *value, struct iq_strbuf *text)
{
	uint64_t mask = value->info.size < 8 ? (UINT64_C(1) << 8 * value->info.size) - 1 : UINT64_MAX;

	if (printer->hexadecimal)
		iq_strbuf_addf(text, "0x%" PRIx64, value->bits & mask);
	else if (value->info.encoding == IQ_INT_BOOL)
		iq_strbuf_add(text, value->bits ? "true" : "false");
	else if (value->info.is_signed)
		iq_strbuf_addf(text, "%" PRId64, (int64_t)value->bits);
	else
		iq_strbuf_addf(text, "%" PRIu64, value->bits);
	if (printer->hexadecimal || value->info.size != 1 || value->info.encoding == IQ_INT_BOOL)
		return;
	iq_strbuf_add(text, " '");
	add_character((uint8_t)value->bits, '\'', text);
	iq_strbuf_add_char(text, '\'');
}

static struct iq_error *format_array(const struct printer *printer, const struct iq_type_info *array, uint64_t offset,
				     struct iq_strbuf *text)
{
	uint64_t size;

	IQ_TRY(iq_type_size(array->target, &size));
	if (!size || array->count > MAX_ELEMENTS || offset / 8 + size * array->count > printer->size)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "an array of %" PRIu64 " elements", array->count);
	iq_strbuf_add_char(text, size == 1 ? '"' : '{');
	for (uint64_t i = 0; i < array->count; i++) {
		struct value value;

		IQ_TRY(load_value(printer, array->target, offset + i * size * 8, 0, &value));
		if (size == 1) {
			/* gdb takes a NUL at the end for C's. */
			if (!value.bits && i + 1 == array->count)
				break;
			add_character((uint8_t)value.bits, '"', text);
			continue;
		}
		iq_strbuf_add(text, i ? ", " : "");
		format_number(printer, &value, text);
	}
	iq_strbuf_add_char(text, size == 1 ? '"' : '}');
	return NULL;
}

static struct iq_error *print_members(const struct printer *printer, struct iq_type type, uint64_t offset,
				      unsigned depth);

static struct iq_error *print_member(const struct printer *printer, const struct iq_type_member *member,
				     uint64_t offset, unsigned depth, const char *comma)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_type stripped;
	struct iq_type_info info;
	struct value value;
	int indent = (int)depth * INDENT;

	IQ_TRY(iq_type_strip(member->type, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	if (info.kind == IQ_TYPE_STRUCT || info.kind == IQ_TYPE_UNION) {
		iq_text(printer->out, member->name ? "%*s%s = {" : "%*s%s{", indent, "",
			member->name ? member->name : "");
		IQ_TRY(print_members(printer, stripped, offset, depth + 1));
		iq_text(printer->out, "%*s}%s", indent, "", comma);
		return NULL;
	}
	if (info.kind == IQ_TYPE_ARRAY) {
		IQ_TRY(format_array(printer, &info, offset, &text));
	} else {
		IQ_TRY(load_value(printer, stripped, offset, member->bit_size, &value));
		format_number(printer, &value, &text);
	}
	iq_add_string(printer->out, member->name, iq_strbuf_text(&text));
	iq_text(printer->out, "%*s%s = %s%s", indent, "", member->name, iq_strbuf_text(&text), comma);
	return NULL;
}

static struct iq_error *print_members(const struct printer *printer, struct iq_type type, uint64_t offset,
				      unsigned depth)
{
	struct iq_type_info info;

	if (depth > MAX_DEPTH)
		return iq_error_new(IQ_ERROR_LIMIT, "structures are nested too deeply");
	IQ_TRY(iq_type_info(type, &info));
	for (uint32_t i = 0; i < info.count; i++) {
		struct iq_type_member member;

		IQ_TRY(iq_type_member_at(type, i, &member));
		IQ_TRY(iq_error_prefix(print_member(printer, &member, offset + member.bit_offset, depth,
						    i + 1 < info.count ? "," : ""),
				       "%s", member.name ? member.name : "an anonymous member"));
	}
	return NULL;
}

struct iq_error *iq_show_cpuinfo(struct iq_kernel *kernel, struct iq_out *out, bool hexadecimal)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	const struct iq_cpu *cpus;
	struct iq_type type;
	uint64_t size;
	size_t count, shown = 0;

	IQ_TRY(iq_type_find(iq_kernel_types(kernel), IQ_TYPE_STRUCT, "cpuinfo_x86", &type));
	IQ_TRY(iq_type_size(type, &size));
	if (size > MAX_STRUCT)
		return iq_error_new(IQ_ERROR_FORMAT, "struct cpuinfo_x86 of %" PRIu64 " bytes", size);
	bytes = malloc(size + 1);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		struct printer printer = { out, bytes, size, hexadecimal };
		uint64_t address;

		if (!cpus[i].online)
			continue;
		IQ_TRY(iq_per_cpu_symbol(kernel, cpus[i].id, "cpu_info", &address));
		IQ_TRY(iq_read(iq_kernel_target(kernel), address, bytes, size));
		if (shown++)
			iq_line(out, "");
		iq_record_begin(out);
		iq_add_unsigned(out, "cpu", cpus[i].id);
		iq_line(out, "CPU {cpu}:");
		iq_text(out, "struct cpuinfo_x86 {");
		IQ_TRY(print_members(&printer, type, 0, 1));
		iq_text(out, "}");
		iq_end(out);
	}
	return NULL;
}

struct iq_error *iq_cpu_khz(struct iq_kernel *kernel, uint64_t *khz)
{
	struct iq_symbol symbol;
	uint32_t value;

	IQ_TRY(iq_symbol_by_name(iq_kernel_symbols(kernel), "cpu_khz", &symbol));
	IQ_TRY(iq_read_u32(iq_kernel_target(kernel), symbol.address, &value));
	*khz = value;
	return NULL;
}
