// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/bug.h"

#include "kernel/internal.h"

#include <string.h>

enum { MAX_TABLE = 8 << 20 };

/* The bytes between two symbols. */
static struct iq_error *read_table(struct iq_kernel *k, const char *start_name, const char *end_name, uint64_t *start,
				   uint8_t **bytes, size_t *size)
{
	uint64_t end;
	IQ_TRY(iq_k_symbol(k, start_name, start));
	IQ_TRY(iq_k_symbol(k, end_name, &end));
	if (end < *start || end - *start > MAX_TABLE)
		return iq_error_new(IQ_ERROR_FORMAT, "%s at %#lx, %s at %#lx", start_name, *start, end_name, end);
	_cleanup_free_ uint8_t *read = malloc(end - *start + 1);
	if (!read)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(k->target, *start, read, end - *start), "%s", start_name));
	*bytes = iq_steal(read);
	*size = end - *start;
	return NULL;
}

struct bug_layout {
	uint64_t size, address, file, line, flags;
	bool has_file;
};

static struct iq_error *bug_layout(struct iq_kernel *k, struct bug_layout *out)
{
	struct iq_type_member member;
	*out = (struct bug_layout){ 0 };
	IQ_TRY(iq_types_size(k->types, "bug_entry", &out->size));
	/* Relative addresses (CONFIG_GENERIC_BUG_RELATIVE_POINTERS): on x86-64 always. */
	IQ_TRY(iq_types_member(k->types, "bug_entry", "bug_addr_disp", &member));
	out->address = member.bit_offset / 8;
	IQ_TRY(iq_types_member(k->types, "bug_entry", "flags", &member));
	out->flags = member.bit_offset / 8;
	out->has_file = !iq_failed(iq_types_member(k->types, "bug_entry", "file_disp", &member));
	if (out->has_file) {
		out->file = member.bit_offset / 8;
		IQ_TRY(iq_types_member(k->types, "bug_entry", "line", &member));
		out->line = member.bit_offset / 8;
	}
	if (!out->size || out->address + 4 > out->size || out->file + 4 > out->size || out->line + 2 > out->size ||
	    out->flags + 2 > out->size)
		return iq_error_new(IQ_ERROR_FORMAT, "struct bug_entry of %lu bytes", out->size);
	return NULL;
}

static uint64_t relative(uint64_t place, const uint8_t *bytes)
{
	int32_t offset;
	memcpy(&offset, bytes, sizeof(offset));
	return place + (uint64_t)(int64_t)offset;
}

static void fill_bug(struct iq_kernel *k, const struct bug_layout *layout, uint64_t place, const uint8_t *entry,
		     struct iq_bug *out)
{
	uint16_t flags, line = 0;
	memcpy(&flags, entry + layout->flags, 2);
	*out = (struct iq_bug){ .warning = flags & 1 }; /* BUGFLAG_WARNING */
	if (!layout->has_file)
		return;
	memcpy(&line, entry + layout->line, 2);
	out->line = line;
	if (iq_failed(iq_read_string(k->target, relative(place + layout->file, entry + layout->file), out->file, sizeof(out->file))))
		out->file[0] = '\0';
}

static bool search_bugs(struct iq_kernel *k, const struct bug_layout *layout, uint64_t start, const uint8_t *bytes, size_t size,
			uint64_t address, struct iq_bug *out)
{
	for (size_t at = 0; at + layout->size <= size; at += layout->size) {
		uint64_t place = start + at;
		if (relative(place + layout->address, bytes + at + layout->address) == address) {
			fill_bug(k, layout, place, bytes + at, out);
			return true;
		}
	}
	return false;
}

/* A module's own table: module.bug_table, module.num_bugs. */
static struct iq_error *module_table(struct iq_kernel *k, const struct iq_image *module, const struct bug_layout *layout,
				     uint64_t *start, uint8_t **bytes, size_t *size)
{
	uint64_t count;
	IQ_TRY(iq_k_get(k, module->object, "module", "bug_table", start));
	IQ_TRY(iq_k_get(k, module->object, "module", "num_bugs", &count));
	if (count > MAX_TABLE / layout->size)
		return iq_error_new(IQ_ERROR_FORMAT, "module %s has %lu bugs", module->name, count);
	*size = count * layout->size;
	_cleanup_free_ uint8_t *read = malloc(*size + 1);
	if (!read)
		return iq_error_no_memory();
	IQ_TRY(iq_read(k->target, *start, read, *size));
	*bytes = iq_steal(read);
	return NULL;
}

struct iq_error *iq_bug_at(struct iq_kernel *kernel, uint64_t address, struct iq_bug *out)
{
	struct bug_layout layout;
	_cleanup_free_ uint8_t *bytes = NULL;
	uint64_t start;
	size_t size;
	const struct iq_image *image = iq_image_at(kernel->images, address);
	IQ_TRY(bug_layout(kernel, &layout));
	if (image && image->kind == IQ_IMAGE_MODULE)
		IQ_TRY(module_table(kernel, image, &layout, &start, &bytes, &size));
	else
		IQ_TRY(read_table(kernel, "__start___bug_table", "__stop___bug_table", &start, &bytes, &size));
	if (!search_bugs(kernel, &layout, start, bytes, size, address, out))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no BUG or WARN is at %#lx", address);
	return NULL;
}

struct iq_error *iq_static_call_at(struct iq_kernel *kernel, uint64_t address, const char **name)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	uint64_t start;
	size_t size;
	struct iq_symbol symbol;
	IQ_TRY(read_table(kernel, "__start_static_call_sites", "__stop_static_call_sites", &start, &bytes, &size));
	for (size_t at = 0; at + 8 <= size; at += 8) { /* struct static_call_site { s32 addr; s32 key; } */
		if (relative(start + at, bytes + at) != address)
			continue;
		/* The key's lowest bits are flags. */
		uint64_t key = relative(start + at + 4, bytes + at + 4) & ~UINT64_C(3);
		IQ_TRY(iq_symbol_at(kernel->symbols, key, &symbol));
		*name = strncmp(symbol.name, "__SCK__", 7) == 0 ? symbol.name + 7 : symbol.name;
		return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no static call is at %#lx", address);
}
