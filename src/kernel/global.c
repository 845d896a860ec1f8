// SPDX-License-Identifier: GPL-2.0-or-later
/* The types of variables and functions: BTF knows functions and per-CPU variables, DWARF all, the table the well-known.
 */
#include "kernel/global.h"

#include "kernel/global_table.h"
#include "kernel/object.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

/* x86-64 counts per-CPU variables from 0 until 6.14 (upstream commit 9d7de2aa8b41: as other kernels from then on). */
bool iq_is_per_cpu_place(struct iq_kernel *kernel, uint64_t address)
{
	struct iq_symbols *symbols = iq_kernel_symbols(kernel);
	struct iq_symbol start, end;
	if (!iq_is_kernel_address(iq_kernel_target(kernel), address))
		return true;
	return !iq_failed(iq_symbol_by_name_in(symbols, NULL, "__per_cpu_start", &start)) &&
	       !iq_failed(iq_symbol_by_name_in(symbols, NULL, "__per_cpu_end", &end)) && address >= start.address &&
	       address < end.address;
}

/* The space up to the next other symbol: what is asked about may have several names. */
static uint64_t room_of(struct iq_kernel *kernel, const struct iq_symbol *symbol)
{
	struct iq_symbol next;
	if (symbol->size)
		return symbol->size;
	if (iq_failed(iq_symbol_next(iq_kernel_symbols(kernel), symbol, &next)))
		return 0;
	return next.address - symbol->address;
}

/* Does a struct end in an array without a length? An initialised one is longer than its type. */
static bool is_open_ended(struct iq_type type)
{
	struct iq_type_member last;
	struct iq_type_info info;
	if (iq_failed(iq_type_strip(type, &type)) || iq_failed(iq_type_info(type, &info)) ||
	    info.kind != IQ_TYPE_STRUCT || !info.count ||
	    iq_failed(iq_type_member_at(type, (uint32_t)info.count - 1, &last)) ||
	    iq_failed(iq_type_strip(last.type, &type)) || iq_failed(iq_type_info(type, &info)))
		return false;
	return info.kind == IQ_TYPE_ARRAY && !info.count;
}

/* Does an object of this type fill the symbol's place? kallsyms counts the padding up to the next symbol too. */
static bool fits(struct iq_kernel *kernel, const struct iq_symbol *symbol, struct iq_type type, bool measured)
{
	enum { PADDING = 64 };
	uint64_t size, room = room_of(kernel, symbol);
	if (iq_failed(iq_type_size(type, &size)))
		return false;
	return !room || (size <= room && (measured || room - size < PADDING + size || is_open_ended(type)));
}

static struct iq_error *from_btf(struct iq_kernel *kernel, struct iq_global *global)
{
	const struct iq_symbol *symbol = &global->symbol;
	struct iq_types *types = iq_kernel_types(kernel);
	struct iq_type type;
	struct iq_error *error;
	uint64_t size, room;
	if (symbol->origin != IQ_SYMBOL_VMLINUX && symbol->origin != IQ_SYMBOL_MODULE)
		return NULL;
	if (global->function) {
		error = iq_type_of_function(types, symbol->module, symbol->name, &type);
	} else {
		error = iq_type_of_variable(types, symbol->module, symbol->name, &type);
		/* Another variable of the same name would not fit. */
		room = error ? 0 : room_of(kernel, symbol);
		if (!error && room && (iq_failed(iq_type_size(type, &size)) || size > room))
			return NULL;
	}
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	global->type = type;
	global->source = IQ_GLOBAL_BTF;
	return NULL;
}

/* "T [CONSTANT]" */
static struct iq_error *counted_type(struct iq_kernel *kernel, const char *text, const char *bracket,
				     struct iq_type *out)
{
	struct iq_types *types = iq_kernel_types(kernel);
	_cleanup_free_ char *element = strndup(text, (size_t)(bracket - text));
	_cleanup_free_ char *constant = strndup(bracket + 1, strlen(bracket + 1) - 1);
	struct iq_type type;
	int64_t count;
	if (!element || !constant)
		return iq_error_no_memory();
	IQ_TRY(iq_type_parse(types, element, &type));
	IQ_TRY(iq_type_constant(types, constant, &count));
	return iq_type_array_of(types, type, (uint64_t)count, out);
}

/* "char []" is as long as the string that lies there, other arrays as the symbol. */
static struct iq_error *table_type(struct iq_kernel *kernel, const struct iq_symbol *symbol, const char *text,
				   struct iq_type *out)
{
	struct iq_type_info info;
	struct iq_type type;
	const char *bracket = strchr(text, '[');
	uint64_t size, count = 0;
	if (bracket && isupper((unsigned char)bracket[1]))
		return counted_type(kernel, text, bracket, out);
	IQ_TRY(iq_type_parse(iq_kernel_types(kernel), text, out));
	IQ_TRY(iq_type_strip(*out, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (info.kind != IQ_TYPE_ARRAY || info.count)
		return NULL;
	IQ_TRY(iq_type_size(info.target, &size));
	if (size == 1) {
		char buffer[4096];
		IQ_TRY(iq_read_string(iq_kernel_target(kernel), symbol->address, buffer, sizeof(buffer)));
		count = strlen(buffer) + 1;
	} else if (size) {
		count = room_of(kernel, symbol) / size;
	}
	return iq_type_array_of(iq_kernel_types(kernel), info.target, count, out);
}

static struct iq_error *from_table(struct iq_kernel *kernel, struct iq_global *global)
{
	for (size_t i = 0; i < iq_global_table_size; i++) {
		const struct iq_global_entry *entry = &iq_global_table[i];
		struct iq_type type;
		if (strcmp(entry->name, global->symbol.name) != 0)
			continue;
		struct iq_error *error = table_type(kernel, &global->symbol, entry->type, &type);
		if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
			return error;
		if (!iq_failed(error) && fits(kernel, &global->symbol, type, strstr(entry->type, "char ["))) {
			global->type = type;
			global->source = IQ_GLOBAL_TABLE;
			return NULL;
		}
	}
	return NULL;
}

static const struct iq_image *image_of(struct iq_kernel *kernel, const struct iq_symbol *symbol)
{
	struct iq_images *images = iq_kernel_images(kernel);
	const struct iq_image *const *modules;
	size_t count;
	if (symbol->origin == IQ_SYMBOL_VMLINUX)
		return iq_images_vmlinux(images);
	if (symbol->origin != IQ_SYMBOL_MODULE || !symbol->module ||
	    iq_failed(iq_images_modules(images, &modules, &count)))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (strcmp(modules[i]->name, symbol->module) == 0)
			return modules[i];
	return NULL;
}

/* That there is no DWARF, or none that can be read, leaves the symbol without a type. */
static struct iq_error *from_dwarf(struct iq_kernel *kernel, struct iq_global *global)
{
	const struct iq_symbol *symbol = &global->symbol;
	const struct iq_image *image = image_of(kernel, symbol);
	struct iq_dwarf *dwarf;
	struct iq_type type;
	struct iq_source_line declared;
	uint64_t found_at = 0;
	if (!image || iq_failed(iq_image_dwarf(iq_kernel_images(kernel), image, &dwarf)))
		return NULL;
	struct iq_error *error = global->function
					 ? iq_dwarf_function(dwarf, symbol->name, &type, &declared, &found_at)
					 : iq_dwarf_global(dwarf, symbol->name, symbol->address, &type, &found_at);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (iq_failed(error) || !type.source || (found_at && found_at != symbol->address))
		return NULL;
	global->type = type;
	global->source = IQ_GLOBAL_DWARF;
	return NULL;
}

struct iq_error *iq_global_of_symbol(struct iq_kernel *kernel, const struct iq_symbol *symbol, struct iq_global *out)
{
	*out = (struct iq_global){ .symbol = *symbol, .source = IQ_GLOBAL_UNTYPED };
	out->function = iq_symbol_is_code(iq_kernel_symbols(kernel), symbol);
	out->per_cpu = !out->function && iq_is_per_cpu_place(kernel, symbol->address);
	if (iq_types_available(iq_kernel_types(kernel)))
		IQ_TRY(from_btf(kernel, out));
	if (out->source == IQ_GLOBAL_UNTYPED && symbol->origin == IQ_SYMBOL_VMLINUX && !out->function)
		IQ_TRY(from_table(kernel, out));
	if (out->source == IQ_GLOBAL_UNTYPED)
		IQ_TRY(from_dwarf(kernel, out));
	return NULL;
}

struct iq_error *iq_global_by_name(struct iq_kernel *kernel, const char *name, struct iq_global *out)
{
	struct iq_symbol symbol;
	IQ_TRY(iq_symbol_by_name(iq_kernel_symbols(kernel), name, &symbol));
	return iq_global_of_symbol(kernel, &symbol, out);
}
