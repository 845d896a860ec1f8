/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/session.h"
#include "command/slab_name.h"
#include "command/space.h"

#include "kernel/slab.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { LINE_BYTES = 16, TEXT_LINE = 60, OPTION_8 = 256, OPTION_16, OPTION_32, OPTION_64 };

enum memory { MEMORY_KERNEL, MEMORY_USER, MEMORY_PHYSICAL };

struct request {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_target *target;
	struct iq_symbols *symbols;
	struct iq_out *out;
	enum memory memory;
	struct iq_space space; /* with MEMORY_USER */
	uint64_t address, count;
	bool has_count;
	unsigned size; /* of a value, in bytes */
	char format;   /* 'x', 'd', 'D' */
	bool symbolic, ascii, swap;
	unsigned slabs; /* -S: how often */
};

static struct iq_error *read_bytes(const struct request *rd, uint64_t address, void *buffer, size_t length)
{
	switch (rd->memory) {
	case MEMORY_PHYSICAL: return iq_dump_read(iq_target_dump(rd->target), address, buffer, length);
	case MEMORY_USER: return iq_read_space(rd->target, &rd->space, address, buffer, length);
	case MEMORY_KERNEL: break;
	}
	return iq_read(rd->target, address, buffer, length);
}

/* Reads up to `wanted` values; *got are there even when an error is returned. */
static struct iq_error *read_values(const struct request *rd, uint64_t address, uint8_t *bytes, unsigned wanted,
				    unsigned *got)
{
	*got = wanted;
	if (!iq_failed(read_bytes(rd, address, bytes, (size_t)wanted * rd->size)))
		return NULL;
	for (*got = 0; *got < wanted; ++*got)
		IQ_TRY(read_bytes(rd, address + *got * rd->size, bytes + *got * rd->size, rd->size));
	return NULL;
}

static uint64_t value_at(const struct request *rd, const uint8_t *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < rd->size; i++)
		value |= (uint64_t)bytes[rd->swap ? rd->size - 1 - i : i] << 8 * i;
	return value;
}

static int64_t sign_extend(uint64_t value, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (int64_t)(value << unused) >> unused;
}

/* Adds a value to the list of the record and, in crash's width, to the line. */
static void add_value(const struct request *rd, uint64_t value, struct iq_strbuf *line)
{
	static const int signed_width[] = { [1] = 3, [2] = 5, [4] = 12, [8] = 15 };
	static const int unsigned_width[] = { [1] = 3, [2] = 5, [4] = 12, [8] = 20 };

	switch (rd->format) {
	case 'd':
		iq_add_signed(rd->out, NULL, sign_extend(value, rd->size));
		iq_strbuf_addf(line, "%*" PRId64, signed_width[rd->size], sign_extend(value, rd->size));
		break;
	case 'D':
		iq_add_unsigned(rd->out, NULL, value);
		iq_strbuf_addf(line, "%*" PRIu64, unsigned_width[rd->size], value);
		break;
	default: iq_add_hex(rd->out, NULL, value); iq_strbuf_addf(line, "%0*" PRIx64, (int)rd->size * 2, value);
	}
}

static bool symbol_of(const struct request *rd, uint64_t value, struct iq_strbuf *name)
{
	unsigned flags = rd->session->radix == 16 ? IQ_SYMBOL_OFFSET_HEX : 0;

	return rd->symbolic && iq_is_kernel_address(rd->target, value) &&
	       iq_symbol_format(rd->symbols, value, flags, name);
}

/* A symbol's name, or with -S a slab object's cache. */
static bool name_of(const struct request *rd, uint64_t value, struct iq_strbuf *name)
{
	return (rd->symbolic && rd->slabs && iq_slab_name(rd->kernel, value, rd->slabs > 1, name)) ||
	       symbol_of(rd, value, name);
}

static void add_values(const struct request *rd, const uint8_t *bytes, unsigned count, struct iq_strbuf *line)
{
	iq_list_begin(rd->out, "values");
	for (unsigned i = 0; i < count; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 }, unused = { 0 };
		uint64_t value = value_at(rd, bytes + i * rd->size);
		bool named = name_of(rd, value, &name);

		if (i)
			iq_strbuf_add_char(line, ' ');
		add_value(rd, value, named ? &unused : line);
		if (named)
			iq_strbuf_addf(line, i + 1 < count ? "%-16s" : "%s", iq_strbuf_text(&name));
	}
	iq_end(rd->out);
}

static void add_names(const struct request *rd, const uint8_t *bytes, unsigned count)
{
	iq_list_begin(rd->out, "symbols");
	for (unsigned i = 0; i < count; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };

		iq_add_string(rd->out, NULL,
			      symbol_of(rd, value_at(rd, bytes + i * rd->size), &name) ? iq_strbuf_text(&name) : NULL);
	}
	iq_end(rd->out);
}

/* JSON: what the words point to that are addresses of slab objects. */
static void add_slabs(const struct request *rd, const uint8_t *bytes, unsigned count)
{
	iq_list_begin(rd->out, "slabs");
	for (unsigned i = 0; i < count; i++) {
		struct iq_slab_object object;

		if (iq_failed(iq_slab_at(rd->kernel, value_at(rd, bytes + i * rd->size), &object))) {
			iq_add_string(rd->out, NULL, NULL);
			continue;
		}
		iq_record_begin(rd->out);
		iq_add_string(rd->out, "cache", object.name);
		iq_add_address(rd->out, "kmem_cache", object.cache);
		if (object.inside)
			iq_add_address(rd->out, "object", object.object);
		else
			iq_add_string(rd->out, "object", NULL);
		iq_end(rd->out);
	}
	iq_end(rd->out);
}

static void printable(const uint8_t *bytes, size_t length, char *text)
{
	for (size_t i = 0; i < length; i++)
		text[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	text[length] = '\0';
}

static void show_line(const struct request *rd, uint64_t address, const uint8_t *bytes, unsigned count)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	char text[LINE_BYTES + 1];

	iq_record_begin(rd->out);
	iq_add_address(rd->out, "address", address);
	iq_strbuf_addf(&line, "%16" PRIx64 ":  ", address);
	add_values(rd, bytes, count, &line);
	if (rd->symbolic && !iq_out_is_text(rd->out))
		add_names(rd, bytes, count);
	if (rd->symbolic && rd->slabs && !iq_out_is_text(rd->out))
		add_slabs(rd, bytes, count);
	if (rd->ascii) {
		printable(bytes, (size_t)count * rd->size, text);
		iq_add_string(rd->out, "ascii", text);
		iq_strbuf_pad(&line, strlen("ffffffff00000000:  ") + LINE_BYTES / rd->size * (rd->size * 2 + 1) + 2);
		iq_strbuf_add(&line, text);
	}
	iq_text(rd->out, "%s", iq_strbuf_text(&line));
	iq_end(rd->out);
}

static struct iq_error *show_values(const struct request *rd)
{
	unsigned per_line = LINE_BYTES / rd->size;
	uint64_t address = rd->address;

	for (uint64_t left = rd->count; left; address += LINE_BYTES) {
		uint8_t bytes[LINE_BYTES];
		unsigned got;
		struct iq_error *error = read_values(rd, address, bytes, (unsigned)IQ_MIN(left, per_line), &got);

		if (got)
			show_line(rd, address, bytes, got);
		left -= got;
		if (error)
			return error;
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

/* Text: all that is printable from the address on, or `count` bytes with dots for what is not. */
static struct iq_error *show_text(const struct request *rd)
{
	uint64_t address = rd->address, left = rd->has_count ? rd->count : UINT64_MAX;
	bool more = true;

	while (left && more) {
		char text[TEXT_LINE + 1];
		struct iq_error *error = NULL;
		unsigned length;

		for (length = 0; length < IQ_MIN(left, TEXT_LINE); length++) {
			uint8_t byte;

			error = read_bytes(rd, address + length, &byte, 1);
			more = !error && (rd->has_count || (byte >= 0x20 && byte < 0x7f));
			if (!more)
				break;
			printable(&byte, 1, text + length);
		}
		text[length] = '\0';
		if (length) {
			iq_record_begin(rd->out);
			iq_add_address(rd->out, "address", address);
			iq_add_string(rd->out, "text", text);
			iq_line(rd->out, "{address:16x}:  {text}");
			iq_end(rd->out);
		}
		IQ_TRY(error);
		IQ_TRY(iq_check_interrupt());
		address += length;
		left -= length;
	}
	return NULL;
}

static void take_format(struct request *rd, const struct iq_args *args)
{
	for (size_t i = 0; i < args->option_count; i++) {
		int key = args->options[i].key;

		if (key >= OPTION_8 && key <= OPTION_64)
			rd->size = 1u << (key - OPTION_8);
		else if (key == 'd' || key == 'D')
			rd->format = (char)key;
	}
	rd->slabs = iq_args_count(args, 'S');
	rd->symbolic = (iq_args_has(args, 's') || iq_args_has(args, 'S')) && rd->size == 8;
	rd->ascii = rd->format == 'x' && !rd->symbolic && !iq_args_has(args, 'x');
	/* crash ignores -N on 64-bit values, and so do scripts that were written for it. */
	rd->swap = iq_args_has(args, 'N') && rd->size < 8;
}

static struct iq_error *take_memory(struct request *rd, const struct iq_args *args, struct iq_kernel *kernel)
{
	const struct iq_task *task;

	if (iq_args_has(args, 'p')) {
		rd->memory = MEMORY_PHYSICAL;
		return NULL;
	}
	if (!iq_args_has(args, 'u') && iq_is_kernel_address(rd->target, rd->address))
		return NULL;
	rd->memory = MEMORY_USER;
	IQ_TRY(iq_session_task(rd->session, &task));
	return iq_task_space(kernel, task, &rd->space, NULL);
}

static struct iq_error *take_range(struct request *rd, const struct iq_args *args)
{
	const char *end_text = iq_args_value(args, 'e'), *offset_text = iq_args_value(args, 'o');
	uint64_t offset = 0, end;

	IQ_TRY(iq_parse_address(rd->session, args->words[0].text, &rd->address));
	if (offset_text)
		IQ_TRY(iq_evaluate(rd->session, offset_text, &offset));
	rd->address += offset;
	rd->count = 1;
	rd->has_count = args->count > 1 || end_text;
	if (args->count > 1)
		IQ_TRY(iq_parse_number(args->words[1].text, &rd->count));
	if (end_text) {
		IQ_TRY(iq_parse_address(rd->session, end_text, &end));
		if (end <= rd->address)
			return iq_error_new(IQ_ERROR_ARGUMENT, "the end %" PRIx64 " is not behind the start %" PRIx64,
					    end, rd->address);
		rd->count = (end - rd->address + rd->size - 1) / rd->size;
	}
	if (rd->count > UINT64_MAX / 2 / rd->size)
		return iq_error_new(IQ_ERROR_ARGUMENT, "that is more than there is memory");
	if (iq_args_has(args, 'R') && rd->count)
		rd->address -= (rd->count - 1) * rd->size;
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct request rd = { .session = session, .out = out, .size = 8, .format = 'x' };
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	rd.kernel = kernel;
	rd.target = iq_kernel_target(kernel);
	rd.symbols = iq_kernel_symbols(kernel);
	take_format(&rd, args);
	if (iq_args_has(args, 'a'))
		rd.size = 1;
	IQ_TRY(take_range(&rd, args));
	IQ_TRY(take_memory(&rd, args, kernel));
	return iq_args_has(args, 'a') ? show_text(&rd) : show_values(&rd);
}

const struct iq_command iq_command_rd = {
	.name = "rd",
	.summary = "read memory",
	.options =
		(const struct iq_option[]){
			{ OPTION_8, "8", NULL, "values of 8 bits" },
			{ OPTION_16, "16", NULL, "values of 16 bits" },
			{ OPTION_32, "32", NULL, "values of 32 bits" },
			{ OPTION_64, "64", NULL, "values of 64 bits (the default)" },
			{ 'd', NULL, NULL, "signed decimal" },
			{ 'D', NULL, NULL, "unsigned decimal" },
			{ 's', NULL, NULL, "kernel addresses as symbols" },
			{ 'S', NULL, NULL, "the same, and slab objects as [CACHE]; twice: as [ADDRESS:CACHE]" },
			{ 'a', NULL, NULL, "as text: up to the first byte that is not printable, or COUNT bytes" },
			{ 'x', NULL, NULL, "without the text beside the values" },
			{ 'p', NULL, NULL, "ADDRESS is physical" },
			{ 'u', NULL, NULL, "ADDRESS is in the user memory of the current task" },
			{ 'N', NULL, NULL, "network byte order (16- and 32-bit values)" },
			{ 'R', NULL, NULL, "COUNT values that end with the one at ADDRESS" },
			{ 'o', NULL, "OFFSET", "add OFFSET to ADDRESS" },
			{ 'e', NULL, "END", "up to the address END" },
			{ 0 },
		},
	.arguments = "ADDRESS|SYMBOL [COUNT]",
	.min_arguments = 1,
	.max_arguments = 2,
	.help = "Shows COUNT values (1) from an address on. The address may be symbol+offset.\n"
		"What is not a kernel address is taken for one of the current task's user\n"
		"memory. When memory is missing, what lies before it is shown, and then why it\n"
		"is missing.",
	.examples =
		(const struct iq_example[]){
			{ "rd linux_banner 4", "kfunc-6.1.47-la57.flat", "values and text" },
			{ "rd -a linux_banner", "kfunc-6.1.47-la57.flat", "text" },
			{ "rd -s sys_call_table 8", "kfunc-6.1.47-la57.flat", "symbols" },
			{ "rd -32 -d jiffies", "kfunc-6.1.47-la57.flat", "a decimal number" },
			{ "rd init_task -e init_task+64", "kfunc-6.1.47-la57.flat", "a range" },
			{ 0 },
		},
	.run = run,
};
