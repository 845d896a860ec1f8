// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf map: an element: its key and its value as their types have them, else as bytes. */
#include "command/bpf_element.h"
#include "bpf/btf.h"
#include "bpf/object.h"
#include "command/evaluate.h"
#include "command/frames.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { WIDTH = 100, BYTES_ON_LINE = 16, MAX_BYTES = 16 << 20, MAX_VARIABLES = 1 << 20 };

/* A type whose values don't have the size that the map says is not the type. */
static void fit(struct iq_type *type, uint32_t size)
{
	uint64_t bytes;
	if (type->source && (iq_failed(iq_type_size(*type, &bytes)) || bytes != size))
		*type = (struct iq_type){ 0 };
}

static struct iq_error *find_section(struct iq_bpf_elements *elements)
{
	struct iq_type_variable variable;
	struct iq_types *types;
	const struct iq_bpf_map *map = elements->map;
	if (elements->value.source || !map->btf || !map->value_type_id || map->max_entries != 1)
		return NULL;
	IQ_TRY(iq_bpf_btf_types(elements->shown->bpf, map->btf, &types, &elements->section_module));
	if (!iq_failed(iq_btf_section_variable(types, elements->section_module, map->value_type_id, 0, &variable)))
		elements->section_types = types;
	return NULL;
}

struct iq_error *iq_bpf_elements_init(struct iq_bpf_elements *elements, const struct iq_bpf_shown *shown,
				      const struct iq_bpf_map *map)
{
	struct iq_bpf_ring ring;
	*elements = (struct iq_bpf_elements){ .shown = shown, .map = map };
	struct iq_error *error = iq_bpf_map_types(shown->bpf, map, &elements->key, &elements->value);
	if (!error)
		error = find_section(elements);
	/* Without types there are still the bytes. */
	if (error && !iq_error_is(error, IQ_ERROR_NO_MEMORY)) {
		iq_warn_error(&shown->session->diag, iq_error_prefix(error, "types of map %u", map->id));
		error = NULL;
	}
	IQ_TRY(error);
	fit(&elements->key, map->key_size);
	fit(&elements->value, map->value_size);
	IQ_TRY(iq_session_print_options(shown->session, shown->args, &elements->line));
	elements->lines = elements->line;
	elements->line.one_line = true;
	elements->lines.indent = 4;
	IQ_TRY(iq_cpus(iq_bpf_kernel(shown->bpf), &elements->cpus, &elements->cpu_count));
	if (!map->key_size && !map->value_size && !iq_failed(iq_bpf_ring_read(shown->bpf, map, &ring))) {
		elements->ring = ring.data;
		elements->ring_size = ring.size;
	}
	return NULL;
}

void iq_bpf_elements_deinit(struct iq_bpf_elements *elements)
{
	iq_strbuf_free(&elements->text);
	iq_error_free(elements->first);
}

static struct iq_target *target_of(const struct iq_bpf_elements *elements)
{
	return iq_kernel_target(iq_bpf_kernel(elements->shown->bpf));
}

/* Bytes out of memory; they are the caller's. */
static struct iq_error *read_bytes(const struct iq_bpf_elements *elements, uint64_t address, uint64_t size,
				   uint8_t **bytes)
{
	if (size > MAX_BYTES)
		return iq_error_new(IQ_ERROR_LIMIT, "%lu bytes are too many", size);
	_cleanup_free_ uint8_t *buffer = malloc(size ? size : 1);
	if (!buffer)
		return iq_error_no_memory();
	IQ_TRY(iq_read(target_of(elements), address, buffer, size));
	*bytes = iq_steal(buffer);
	return NULL;
}

/* JSON */

static void add_hex_bytes(struct iq_out *out, const char *key, const uint8_t *bytes, size_t size,
			  struct iq_strbuf *text)
{
	static const char digits[] = "0123456789abcdef";
	iq_strbuf_truncate(text, 0);
	for (size_t i = 0; i < size; i++) {
		iq_strbuf_add_char(text, digits[bytes[i] >> 4]);
		iq_strbuf_add_char(text, digits[bytes[i] & 15]);
	}
	iq_add_string(out, key, iq_strbuf_text(text));
}

/* What can't be had is said in its place, and once for the map. */
static void add_missing(struct iq_bpf_elements *elements, const char *key, struct iq_error *error)
{
	iq_add_unavailable(elements->shown->out, key, error->message);
	iq_error_keep(&elements->first, error);
}

static struct iq_error *add_value(struct iq_bpf_elements *elements, uint64_t address, uint64_t size)
{
	struct iq_out *out = elements->shown->out;
	_cleanup_free_ uint8_t *bytes = NULL;
	iq_add_address(out, "address", address);
	struct iq_error *error = read_bytes(elements, address, size, &bytes);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (error)
		add_missing(elements, "bytes", error);
	else
		add_hex_bytes(out, "bytes", bytes, size, &elements->text);
	if (!elements->value.source || size != elements->map->value_size)
		return NULL;
	struct iq_value value = iq_value_at(elements->value, address);
	error = iq_value_record(&value, &elements->line, out, "value");
	if (iq_error_is(error, IQ_ERROR_MEMORY)) {
		add_missing(elements, "value", error);
		return NULL;
	}
	return error;
}

static struct iq_error *add_key(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	struct iq_out *out = elements->shown->out;
	_cleanup_(iq_value_deinit) struct iq_value key = { 0 };
	if (!element->key)
		return NULL;
	add_hex_bytes(out, "key_bytes", element->key, element->key_size, &elements->text);
	if (!elements->key.source || element->key_size != elements->map->key_size)
		return NULL;
	IQ_TRY(iq_value_of_bytes(elements->key, element->key, element->key_size, &key));
	return iq_value_record(&key, &elements->line, out, "key");
}

static struct iq_error *add_variables(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	struct iq_out *out = elements->shown->out;
	struct iq_error *error = NULL;
	iq_list_begin(out, "variables");
	for (uint32_t n = 0; n < MAX_VARIABLES && !error; n++) {
		struct iq_type_variable variable;
		error = iq_check_interrupt();
		if (error || iq_failed(iq_btf_section_variable(elements->section_types, elements->section_module,
							       elements->map->value_type_id, n, &variable)))
			break;
		struct iq_value value = iq_value_at(variable.type, element->value + variable.offset);
		iq_strbuf_truncate(&elements->text, 0);
		iq_type_declare(variable.type, "", &elements->text);
		iq_record_begin(out);
		iq_add_string(out, "name", variable.name);
		iq_add_string(out, "type", iq_strbuf_text(&elements->text));
		iq_add_address(out, "address", value.address);
		iq_add_unsigned(out, "size", variable.size);
		error = iq_value_record(&value, &elements->line, out, "value");
		if (iq_error_is(error, IQ_ERROR_MEMORY)) {
			add_missing(elements, "value", error);
			error = NULL;
		}
		iq_end(out);
	}
	iq_end(out);
	return error;
}

static void add_object(struct iq_bpf_elements *elements, const char *key, const char *type, uint64_t address,
		       uint32_t id)
{
	struct iq_out *out = elements->shown->out;
	iq_strbuf_truncate(&elements->text, 0);
	iq_object_begin(out, key);
	iq_add_address(out, "address", address);
	iq_add_string(out, "type", type);
	if (id)
		iq_add_unsigned(out, "id", id);
	struct iq_error *error = iq_bpf_object_text(elements->shown->bpf, type, address, &elements->text);
	if (error && !elements->text.length) {
		add_missing(elements, "name", error);
	} else {
		iq_error_keep(&elements->first, error);
		iq_add_string(out, "name", elements->text.length ? iq_strbuf_text(&elements->text) : NULL);
	}
	iq_end(out);
}

static struct iq_error *add_copies(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	struct iq_out *out = elements->shown->out;
	struct iq_error *error = NULL;
	iq_list_begin(out, "values");
	for (size_t i = 0; i < elements->cpu_count && !error; i++) {
		uint64_t address;
		iq_record_begin(out);
		iq_add_unsigned(out, "cpu", elements->cpus[i].id);
		error = iq_bpf_element_on(elements->shown->bpf, element, elements->cpus[i].id, &address);
		if (error) {
			add_missing(elements, "value", error);
			error = NULL;
		} else {
			error = add_value(elements, address, element->value_size);
		}
		iq_end(out);
	}
	iq_end(out);
	return error;
}

/* Stack traces. */

static bool has_build_ids(const struct iq_bpf_elements *elements)
{
	return elements->map->flags & IQ_BPF_STACK_BUILD_IDS;
}

/* struct bpf_stack_build_id: status, 20 bytes of build ID, and an offset in that file or, without, an address. */
static void add_build_id(struct iq_bpf_elements *elements, const uint8_t *entry)
{
	struct iq_out *out = elements->shown->out;
	uint32_t status;
	uint64_t place;
	memcpy(&status, entry, sizeof(status));
	memcpy(&place, entry + 24, sizeof(place));
	if (status == 1) { /* BPF_STACK_BUILD_ID_VALID */
		add_hex_bytes(out, "build_id", entry + 4, 20, &elements->text);
		iq_add_hex(out, "offset", place);
		iq_line(out, "    build ID {build_id} + {offset:X}");
	} else if (status == 2) { /* BPF_STACK_BUILD_ID_IP */
		iq_add_address(out, "pc", place);
		iq_line(out, "    [{pc@address}]");
	}
}

static void add_frame(struct iq_bpf_elements *elements, const uint8_t *entry, bool is_return)
{
	struct iq_out *out = elements->shown->out;
	struct iq_frame_options options = { .offsets = true };
	struct iq_symbol symbol;
	uint64_t pc;
	options.hexadecimal = iq_session_hexadecimal(elements->shown->session, elements->shown->args);
	memcpy(&pc, entry, sizeof(pc));
	iq_add_address(out, "pc", pc);
	if (!iq_is_kernel_address(target_of(elements), pc))
		iq_line(out, "    [{pc@address}] (user)");
	else if (iq_add_function(out, iq_bpf_kernel(elements->shown->bpf), pc, is_return, &options, &symbol))
		iq_line(out, symbol.module ? "    [{pc@address}] {text@symbol} [{module}]"
					   : "    [{pc@address}] {text@symbol}");
	else
		iq_line(out, "    [{pc@address}] (unknown)");
}

static struct iq_error *show_stack(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	struct iq_out *out = elements->shown->out;
	size_t size = has_build_ids(elements) ? IQ_BPF_STACK_BUILD_ID_SIZE : sizeof(uint64_t);
	_cleanup_free_ uint8_t *bytes = NULL;
	iq_add_address(out, "address", element->value);
	struct iq_error *error = read_bytes(elements, element->value, element->value_size, &bytes);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (error) {
		iq_text(out, "    <%s>", error->message);
		add_missing(elements, "frames", error);
		return NULL;
	}
	iq_list_begin(out, "frames");
	for (size_t at = 0; at + size <= element->value_size; at += size) {
		iq_record_begin(out);
		if (has_build_ids(elements))
			add_build_id(elements, bytes + at);
		else
			add_frame(elements, bytes + at, at);
		iq_end(out);
	}
	iq_end(out);
	return NULL;
}

static const char *state_name(unsigned state)
{
	switch (state) {
	case IQ_BPF_RECORD_BUSY: return "busy";
	case IQ_BPF_RECORD_DISCARDED: return "discarded";
	default: return "committed";
	}
}

static struct iq_error *add_element(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	struct iq_out *out = elements->shown->out;
	if (element->address)
		iq_add_address(out, "element", element->address);
	IQ_TRY(add_key(elements, element));
	if (element->object)
		add_object(elements, "object", element->object_type, element->object, element->object_id);
	if (element->program)
		add_object(elements, "program", "bpf_prog", element->program, element->program_id);
	switch (element->kind) {
	case IQ_BPF_PER_CPU: return add_copies(elements, element);
	case IQ_BPF_STACK: return show_stack(elements, element);
	case IQ_BPF_RECORD:
		iq_add_string(out, "state", state_name(element->state));
		iq_add_unsigned(out, "size", element->value_size);
		iq_add_unsigned(out, "offset", element->address - elements->ring);
		break;
	case IQ_BPF_PAGES:
		iq_add_address(out, "address", element->value);
		iq_add_unsigned(out, "pages", element->pages);
		if (element->user)
			iq_add_address(out, "user", element->user);
		else
			iq_add_string(out, "user", NULL);
		return NULL;
	default: break;
	}
	if (!element->value)
		return NULL;
	IQ_TRY(add_value(elements, element->value, element->value_size));
	return elements->section_types ? add_variables(elements, element) : NULL;
}

/* Text */

static void append_bytes(struct iq_strbuf *line, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		char text[] = { ' ', digits[bytes[i] >> 4], digits[bytes[i] & 15] };
		iq_strbuf_add_bytes(line, i ? text : text + 1, i ? 3 : 2);
	}
}

static struct iq_error *append_key(struct iq_bpf_elements *elements, const struct iq_bpf_element *element,
				   struct iq_strbuf *line)
{
	_cleanup_(iq_value_deinit) struct iq_value key = { 0 };
	if (!element->key)
		return NULL;
	iq_strbuf_add(line, "key: ");
	if (!elements->key.source || element->key_size != elements->map->key_size) {
		append_bytes(line, element->key, element->key_size);
		return NULL;
	}
	IQ_TRY(iq_value_of_bytes(elements->key, element->key, element->key_size, &key));
	return iq_value_print(&key, &elements->line, line);
}

/* Lines of 16 bytes with their ASCII beside them. */
static void show_bytes(struct iq_out *out, const uint8_t *bytes, size_t size, unsigned indent)
{
	for (size_t at = 0; at < size; at += BYTES_ON_LINE) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
		size_t count = IQ_MIN(size - at, (size_t)BYTES_ON_LINE);
		iq_strbuf_pad(&line, indent);
		append_bytes(&line, bytes + at, count);
		iq_strbuf_pad(&line, indent + 3 * BYTES_ON_LINE + 1);
		for (size_t i = at; i < at + count; i++)
			iq_strbuf_add_char(&line, bytes[i] < 0x80 && isprint(bytes[i]) ? (char)bytes[i] : '.');
		iq_text(out, "%s", iq_strbuf_text(&line));
	}
}

/* Shows what is on the line so far and the bytes, behind it where they are few. */
static struct iq_error *show_raw(struct iq_bpf_elements *elements, struct iq_strbuf *line, uint64_t address,
				 uint64_t size)
{
	struct iq_out *out = elements->shown->out;
	_cleanup_free_ uint8_t *bytes = NULL;
	struct iq_error *error = read_bytes(elements, address, size, &bytes);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (error) {
		iq_text(out, "%s<%s>", iq_strbuf_text(line), error->message);
		iq_error_keep(&elements->first, error);
		return NULL;
	}
	if (size <= BYTES_ON_LINE)
		append_bytes(line, bytes, size);
	while (line->length && line->text[line->length - 1] == ' ')
		iq_strbuf_truncate(line, line->length - 1);
	iq_text(out, "%s", iq_strbuf_text(line));
	if (size > BYTES_ON_LINE)
		show_bytes(out, bytes, size, 4);
	return NULL;
}

/* A value behind what is on the line, on several lines where it is too long for one, with `label` before it. */
static struct iq_error *show_typed(struct iq_bpf_elements *elements, struct iq_strbuf *line, const char *label,
				   const struct iq_value *value)
{
	struct iq_out *out = elements->shown->out;
	size_t start = line->length;
	iq_strbuf_add(line, start && line->text[start - 1] != ' ' ? "  " : "");
	iq_strbuf_add(line, label);
	struct iq_error *error = iq_value_print(value, &elements->line, line);
	if (!error && line->length > WIDTH) {
		iq_strbuf_truncate(line, start);
		if (*label) {
			iq_text(out, "%s", iq_strbuf_text(line));
			iq_strbuf_truncate(line, 0);
			iq_strbuf_addf(line, "    %s", label);
		}
		error = iq_value_print(value, &elements->lines, line);
	}
	if (iq_error_is(error, IQ_ERROR_MEMORY)) {
		iq_strbuf_addf(line, "<%s>", error->message);
		iq_error_keep(&elements->first, error);
		error = NULL;
	}
	IQ_TRY(error);
	iq_print_lines(out, iq_strbuf_text(line));
	return NULL;
}

static struct iq_error *show_value(struct iq_bpf_elements *elements, struct iq_strbuf *line, const char *label,
				   uint64_t address, uint64_t size)
{
	if (elements->value.source && size == elements->map->value_size) {
		struct iq_value value = iq_value_at(elements->value, address);
		return show_typed(elements, line, label, &value);
	}
	iq_strbuf_add(line, line->length && line->text[line->length - 1] != ' ' ? "  " : "");
	iq_strbuf_add(line, label);
	return show_raw(elements, line, address, size);
}

static struct iq_error *show_copies(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	for (size_t i = 0; i < elements->cpu_count; i++) {
		struct iq_strbuf *line = &elements->text;
		uint64_t address;
		iq_strbuf_truncate(line, 0);
		iq_strbuf_addf(line, "    CPU %u: ", elements->cpus[i].id);
		struct iq_error *error =
			iq_bpf_element_on(elements->shown->bpf, element, elements->cpus[i].id, &address);
		if (error) {
			iq_text(elements->shown->out, "%s<%s>", iq_strbuf_text(line), error->message);
			iq_error_keep(&elements->first, error);
			continue;
		}
		IQ_TRY(show_value(elements, line, "", address, element->value_size));
	}
	return NULL;
}

static struct iq_error *show_variables(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	for (uint32_t n = 0; n < MAX_VARIABLES; n++) {
		struct iq_strbuf *line = &elements->text;
		struct iq_type_variable variable;
		IQ_TRY(iq_check_interrupt());
		if (iq_failed(iq_btf_section_variable(elements->section_types, elements->section_module,
						      elements->map->value_type_id, n, &variable)))
			break;
		struct iq_value value = iq_value_at(variable.type, element->value + variable.offset);
		iq_strbuf_truncate(line, 0);
		iq_strbuf_add(line, "  ");
		iq_type_declare(variable.type, variable.name ? variable.name : "", line);
		iq_strbuf_add(line, " = ");
		IQ_TRY(show_typed(elements, line, "", &value));
	}
	return NULL;
}

/* "program: 6 (tail_one)", "net_device: ffff888003a0c000 (lo (1))" */
static void append_object(struct iq_bpf_elements *elements, const char *type, uint64_t address, uint32_t id,
			  struct iq_strbuf *line)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	bool program = strcmp(type, "bpf_prog") == 0, map = strcmp(type, "bpf_map") == 0;
	iq_strbuf_addf(line, line->length > 2 ? "  %s: " : "%s: ", program ? "program" : map ? "map" : type);
	iq_strbuf_addf(line, id ? "%lu" : "%lx", id ? id : address);
	iq_error_keep(&elements->first, iq_bpf_object_text(elements->shown->bpf, type, address, &name));
	if (name.length)
		iq_strbuf_addf(line, " (%s)", iq_strbuf_text(&name));
}

static struct iq_error *show_element(struct iq_bpf_elements *elements, const struct iq_bpf_element *element)
{
	struct iq_out *out = elements->shown->out;
	struct iq_strbuf *line = &elements->text;
	const char *label = "value: ";
	if (elements->section_types && element->value)
		return show_variables(elements, element);
	iq_strbuf_truncate(line, 0);
	iq_strbuf_add(line, "  ");
	IQ_TRY(append_key(elements, element, line));
	if (element->object)
		append_object(elements, element->object_type, element->object, element->object_id, line);
	if (element->program)
		append_object(elements, "bpf_prog", element->program, element->program_id, line);
	switch (element->kind) {
	case IQ_BPF_PER_CPU: iq_text(out, "%s", iq_strbuf_text(line)); return show_copies(elements, element);
	case IQ_BPF_STACK: iq_text(out, "%s", iq_strbuf_text(line)); return show_stack(elements, element);
	case IQ_BPF_RECORD:
		label = "";
		iq_strbuf_addf(line, "record at %lu: %u bytes, %s  ", element->address - elements->ring,
			       element->value_size, state_name(element->state));
		break;
	case IQ_BPF_PAGES:
		iq_strbuf_addf(line, "%lx: %lu page%s", element->value, element->pages, element->pages == 1 ? "" : "s");
		if (element->user)
			iq_strbuf_addf(line, ", %lx in processes", element->user);
		iq_text(out, "%s", iq_strbuf_text(line));
		return NULL;
	default:
		if (!element->value) {
			iq_text(out, "%s", iq_strbuf_text(line));
			return NULL;
		}
		break;
	}
	return show_value(elements, line, label, element->value, element->value_size);
}

struct iq_error *iq_bpf_show_element(void *context, const struct iq_bpf_element *element)
{
	struct iq_bpf_elements *elements = context;
	struct iq_out *out = elements->shown->out;
	elements->count++;
	iq_record_begin(out);
	struct iq_error *error = iq_out_is_text(out) ? show_element(elements, element) : add_element(elements, element);
	iq_end(out);
	return error;
}
