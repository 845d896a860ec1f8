// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/arena.h"
#include "symbol/table.h"

#include "util/cleanup.h"

#include <string.h>

struct array {
	struct iq_symbol_table table;
	struct iq_arena arena;
};

static void release(struct iq_symbol_table *table)
{
	iq_arena_free(&((struct array *)table)->arena);
}

static void free_arrayp(struct array **array)
{
	if (!*array)
		return;
	iq_vec_free(&(*array)->table.symbols);
	iq_arena_free(&(*array)->arena);
	free(*array);
}

struct iq_error *iq_array_symbols_new(enum iq_symbol_origin origin, const char *module, const struct iq_symbol *symbols,
				      size_t count, struct iq_symbol_source **out)
{
	return iq_array_symbols_in(origin, module, NULL, 0, symbols, count, out);
}

struct iq_error *iq_array_symbols_in(enum iq_symbol_origin origin, const char *module,
				     const struct iq_symbol_range *ranges, unsigned range_count,
				     const struct iq_symbol *symbols, size_t count, struct iq_symbol_source **out)
{
	if (count > UINT32_MAX || range_count > IQ_ARRAY_SIZE(((struct iq_symbol_source *)0)->ranges))
		return iq_error_new(IQ_ERROR_LIMIT, "%zu symbols in %u ranges are too many for one table", count,
				    range_count);
	_cleanup_(free_arrayp) struct array *array = calloc(1, sizeof(*array));
	if (!array || !iq_vec_reserve(&array->table.symbols, count))
		return iq_error_no_memory();
	struct iq_symbol_source *source = &array->table.source;
	source->origin = origin;
	for (; source->range_count < range_count; source->range_count++)
		source->ranges[source->range_count] = ranges[source->range_count];
	source->module = module ? iq_arena_add(&array->arena, module, strlen(module)) : NULL;
	for (size_t i = 0; i < count; i++) {
		struct iq_symbol *symbol = iq_vec_push(&array->table.symbols);
		*symbol = symbols[i];
		symbol->name = iq_arena_add(&array->arena, symbols[i].name, strlen(symbols[i].name));
		symbol->module = source->module;
		symbol->origin = origin;
		if (!symbol->name)
			return iq_error_no_memory();
	}
	if (module && !source->module)
		return iq_error_no_memory();
	array->table.release = release;
	iq_symbol_table_finish(&array->table);
	*out = &iq_steal(array)->table.source;
	return NULL;
}
