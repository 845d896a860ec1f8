// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/bug.h"

#include "kernel/internal.h"

#include <string.h>

enum { MAX_TABLE = 8 << 20 };

/* The bytes between two symbols. */
static struct iq_error *find_table(struct iq_kernel *k, const char *start_name, const char *end_name,
				   struct iq_code_table *out)
{
	uint64_t end;
	IQ_TRY(iq_k_symbol(k, start_name, &out->start));
	IQ_TRY(iq_k_symbol(k, end_name, &end));
	if (end < out->start || end - out->start > MAX_TABLE)
		return iq_error_new(IQ_ERROR_FORMAT, "%s at %#lx, %s at %#lx", start_name, out->start, end_name, end);
	out->size = end - out->start;
	return NULL;
}

/* Reads a table that was found into the kernel's copy of it. */
static struct iq_error *read_table(struct iq_kernel *k, struct iq_code_table *table)
{
	_cleanup_free_ uint8_t *read = malloc(table->size + 1);
	if (!read)
		return iq_error_no_memory();
	IQ_TRY(iq_read(k->target, table->start, read, table->size));
	table->bytes = iq_steal(read);
	return NULL;
}

/* What a table was asked for last is kept, also that it can't be had: a listing asks for each call and ud2. */
static struct iq_error *kept_table(const struct iq_code_table *table)
{
	return table->bytes ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "the table can't be read");
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
static struct iq_error *find_module_table(struct iq_kernel *k, const struct iq_image *module,
					  const struct bug_layout *layout, struct iq_code_table *out)
{
	uint64_t count;
	IQ_TRY(iq_k_get(k, module->object, "module", "bug_table", &out->start));
	IQ_TRY(iq_k_get(k, module->object, "module", "num_bugs", &count));
	if (count > MAX_TABLE / layout->size)
		return iq_error_new(IQ_ERROR_FORMAT, "module %s has %lu bugs", module->name, count);
	out->size = count * layout->size;
	return NULL;
}

/* The table for code of `module`; NULL: vmlinux'. */
static struct iq_error *bug_table(struct iq_kernel *k, const struct iq_image *module, const struct bug_layout *layout)
{
	struct iq_code_table *table = &k->bugs;
	if (table->asked && table->module == module)
		return kept_table(table);
	free(table->bytes);
	*table = (struct iq_code_table){ .asked = true, .module = module };
	if (module)
		IQ_TRY(find_module_table(k, module, layout, table));
	else
		IQ_TRY(find_table(k, "__start___bug_table", "__stop___bug_table", table));
	return iq_error_prefix(read_table(k, table), "bug table");
}

static struct iq_error *static_call_table(struct iq_kernel *k)
{
	struct iq_code_table *table = &k->static_calls;
	if (table->asked)
		return kept_table(table);
	table->asked = true;
	IQ_TRY(find_table(k, "__start_static_call_sites", "__stop_static_call_sites", table));
	return iq_error_prefix(read_table(k, table), "static call sites");
}

struct iq_error *iq_bug_at(struct iq_kernel *kernel, uint64_t address, struct iq_bug *out)
{
	struct bug_layout layout;
	const struct iq_image *image = iq_image_at(kernel->images, address);
	const struct iq_code_table *table = &kernel->bugs;
	IQ_TRY(bug_layout(kernel, &layout));
	IQ_TRY(bug_table(kernel, image && image->kind == IQ_IMAGE_MODULE ? image : NULL, &layout));
	if (!search_bugs(kernel, &layout, table->start, table->bytes, table->size, address, out))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no BUG or WARN is at %#lx", address);
	return NULL;
}

struct iq_error *iq_static_call_at(struct iq_kernel *kernel, uint64_t address, const char **name)
{
	struct iq_symbol symbol;
	const struct iq_code_table *table = &kernel->static_calls;
	IQ_TRY(static_call_table(kernel));
	for (size_t at = 0; at + 8 <= table->size; at += 8) { /* struct static_call_site { s32 addr; s32 key; } */
		uint64_t place = table->start + at;
		if (relative(place, table->bytes + at) != address)
			continue;
		/* The key's lowest bits are flags. */
		uint64_t key = relative(place + 4, table->bytes + at + 4) & ~UINT64_C(3);
		IQ_TRY(iq_symbol_at(kernel->symbols, key, &symbol));
		*name = strncmp(symbol.name, "__SCK__", 7) == 0 ? symbol.name + 7 : symbol.name;
		return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no static call is at %#lx", address);
}
