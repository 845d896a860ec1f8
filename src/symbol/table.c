// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/table.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

static bool is_weak(const struct iq_symbol *symbol)
{
	return tolower((unsigned char)symbol->type) == 'w' || tolower((unsigned char)symbol->type) == 'v';
}

/* Names that linker scripts provide: __start_rodata, __init_end. */
static bool is_boundary(const char *name)
{
	size_t length = strlen(name);
	return strncmp(name, "__", 2) == 0 &&
	       (strncmp(name, "__start_", 8) == 0 || strncmp(name, "__stop_", 7) == 0 ||
		strncmp(name, "__end_", 6) == 0 || (length > 6 && strcmp(name + length - 6, "_start") == 0) ||
		(length > 4 && strcmp(name + length - 4, "_end") == 0));
}

/* The order of the kernel's own table: scripts/kallsyms.c: compare_symbols(), over what `nm -n` gives it. */
static int compare_symbols(const void *a, const void *b)
{
	const struct iq_symbol *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (is_weak(x) != is_weak(y))
		return is_weak(x) ? 1 : -1;
	if (is_boundary(x->name) != is_boundary(y->name))
		return is_boundary(x->name) ? 1 : -1;
	size_t u = underscores(x->name), v = underscores(y->name);
	if (u != v)
		return u < v ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The first index whose address is above `address`. */
static size_t upper_bound(const struct iq_symbol_table *table, uint64_t address)
{
	size_t low = 0, high = table->symbols.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->symbols.data[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct iq_error *by_address(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out)
{
	struct iq_symbol_table *table = (struct iq_symbol_table *)source;
	size_t i = upper_bound(table, address);
	if (!i)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol at or below %#lx", address);
	const struct iq_symbol *symbols = table->symbols.data, *named = NULL;
	uint64_t start = symbols[i - 1].address;
	for (; i && symbols[i - 1].address == start; i--) {
		if (*symbols[i - 1].name)
			named = &symbols[i - 1];
	}
	if (!named)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the name of the symbol at %#lx is damaged", start);
	*out = *named;
	return NULL;
}

static struct iq_error *above(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out)
{
	struct iq_symbol_table *table = (struct iq_symbol_table *)source;
	size_t i = upper_bound(table, address);
	while (i < table->symbols.count && !*table->symbols.data[i].name)
		i++;
	if (i == table->symbols.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol above %#lx", address);
	*out = table->symbols.data[i];
	return NULL;
}

static int compare_names(const void *a, const void *b, void *context)
{
	const struct iq_symbol *symbols = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(symbols[x].name, symbols[y].name);
	return order ? order : x < y ? -1 : x > y;
}

static struct iq_error *sort_names(struct iq_symbol_table *table)
{
	if (table->by_name || !table->symbols.count)
		return NULL;
	uint32_t count = (uint32_t)table->symbols.count;
	table->by_name = malloc(count * sizeof(*table->by_name));
	if (!table->by_name)
		return iq_error_no_memory();
	for (uint32_t i = 0; i < count; i++)
		table->by_name[i] = i;
	qsort_r(table->by_name, count, sizeof(*table->by_name), compare_names, table->symbols.data);
	return NULL;
}

static struct iq_error *by_name(struct iq_symbol_source *source, const char *name, iq_symbol_fn fn, void *context)
{
	struct iq_symbol_table *table = (struct iq_symbol_table *)source;
	if (!*name)
		return NULL;
	IQ_TRY(sort_names(table));
	const struct iq_symbol *symbols = table->symbols.data;
	size_t low = 0, high = table->symbols.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(symbols[table->by_name[middle]].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < table->symbols.count && strcmp(symbols[table->by_name[low]].name, name) == 0; low++)
		IQ_TRY(fn(context, &symbols[table->by_name[low]]));
	return NULL;
}

static struct iq_error *each(struct iq_symbol_source *source, iq_symbol_fn fn, void *context)
{
	struct iq_symbol_table *table = (struct iq_symbol_table *)source;
	iq_vec_foreach (symbol, &table->symbols) {
		IQ_TRY(iq_check_interrupt());
		if (*symbol->name)
			IQ_TRY(fn(context, symbol));
	}
	return NULL;
}

static void free_table(struct iq_symbol_source *source)
{
	struct iq_symbol_table *table = (struct iq_symbol_table *)source;
	iq_vec_free(&table->symbols);
	free(table->by_name);
	if (table->release)
		table->release(table);
	free(table);
}

static const struct iq_symbol_source_ops ops = {
	.by_address = by_address, .by_name = by_name, .each = each, .above = above, .free = free_table
};

/* The end of the range that holds `address`, or 0. */
static uint64_t range_end(const struct iq_symbol_source *source, uint64_t address)
{
	for (unsigned i = 0; i < source->range_count; i++) {
		if (address >= source->ranges[i].start && address < source->ranges[i].end)
			return source->ranges[i].end;
	}
	return 0;
}

static void set_sizes(struct iq_symbol_table *table)
{
	uint64_t next = 0;
	for (size_t i = table->symbols.count; i-- > 0;) {
		struct iq_symbol *symbol = &table->symbols.data[i];
		bool last = i + 1 == table->symbols.count;
		if (!last && symbol[1].address != symbol->address)
			next = symbol[1].address;
		if (symbol->size)
			continue;
		uint64_t end = range_end(&table->source, symbol->address);
		if (end && next > symbol->address)
			end = IQ_MIN(end, next);
		symbol->size = end ? end - symbol->address : 0;
	}
}

void iq_symbol_table_finish(struct iq_symbol_table *table)
{
	struct iq_symbol *symbols = table->symbols.data;
	size_t count = table->symbols.count;
	table->source.ops = &ops;
	if (!count)
		return;
	qsort(symbols, count, sizeof(*symbols), compare_symbols);
	if (!table->source.range_count) {
		uint64_t end = symbols[0].address;
		for (size_t i = 0; i < count; i++)
			end = IQ_MAX(end, symbols[i].address + IQ_MAX(symbols[i].size, (uint64_t)1));
		table->source.ranges[0] = (struct iq_symbol_range){ symbols[0].address, end };
		table->source.range_count = 1;
	}
	set_sizes(table);
}
