// SPDX-License-Identifier: GPL-2.0-or-later
/* A module's own symbol table (kernel/module/kallsyms.c: struct mod_kallsyms), read when the first question comes for
 * it. */
#include "image/internal.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <elf.h>
#include <string.h>

enum { MAX_SYMBOLS = 1 << 20, MAX_STRINGS = 64 << 20, MAX_NAME = 1024 };

struct module_symbols {
	struct iq_symbol_source source;
	struct iq_images *images;
	uint64_t kallsyms;
	struct iq_symbol_source *inner; /* NULL until read */
	bool tried;
};

struct tables {
	Elf64_Sym *symbols;
	uint64_t count;
	char *strings; /* NUL behind them */
	uint64_t string_size;
	char *types; /* NULL before 5.2 (1c7651f43777): then st_info holds the letter */
};

static void free_tables(struct tables *tables)
{
	free(tables->symbols);
	free(tables->strings);
	free(tables->types);
}

/* How many bytes from `address` to the end of the module's range that holds it; 0 when none does. */
static uint64_t room_at(const struct module_symbols *m, uint64_t address)
{
	/* Text and data of one part are two ranges that touch. */
	uint64_t end = address;
	for (unsigned round = 0; round < m->source.range_count; round++) {
		for (unsigned i = 0; i < m->source.range_count; i++) {
			const struct iq_symbol_range *range = &m->source.ranges[i];
			if (end >= range->start && end < range->end)
				end = range->end;
		}
	}
	return end - address;
}

static struct iq_error *fetch(const struct module_symbols *m, uint64_t address, uint64_t size, const char *what,
			      void **out)
{
	if (size > room_at(m, address))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: %lu bytes at %#lx lie outside the module", what, size,
				    address);
	_cleanup_free_ char *bytes = malloc(size + 1);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(m->images->target, address, bytes, size), "%s", what));
	bytes[size] = '\0';
	*out = iq_steal(bytes);
	return NULL;
}

/* The strings end where the types begin, or else with the last name; the table itself does not say. */
static uint64_t string_size(const struct module_symbols *m, const struct tables *tables, uint64_t strings,
			    uint64_t types)
{
	uint64_t room = IQ_MIN(room_at(m, strings), (uint64_t)MAX_STRINGS), last = 0;
	for (uint64_t i = 0; i < tables->count; i++)
		last = IQ_MAX(last, (uint64_t)tables->symbols[i].st_name);
	if (types > strings && types - strings <= room)
		return types - strings;
	return IQ_MIN(room, last + MAX_NAME);
}

/* Begins with an empty string, and names begin behind another's end, but for the few whose ends a linker lets names share: with a damaged pointer
 * they begin anywhere. */
static bool is_string_table(const struct tables *tables)
{
	uint64_t names = 0, after_end = 0;
	for (uint64_t i = 1; i < tables->count; i++) {
		uint64_t at = tables->symbols[i].st_name;
		if (!at || at >= tables->string_size || !tables->strings[at])
			continue;
		names++;
		after_end += !tables->strings[at - 1];
	}
	return !tables->strings[0] && after_end >= names / 2;
}

static struct iq_error *read_tables(const struct module_symbols *m, struct tables *out)
{
	_cleanup_(iq_object_free) struct iq_object kallsyms = { 0 };
	uint64_t symbols, strings, types = 0;
	IQ_TRY(iq_object_read(m->images, "mod_kallsyms", m->kallsyms, &kallsyms));
	if (!iq_object_get(&kallsyms, "symtab", &symbols) || !iq_object_get(&kallsyms, "num_symtab", &out->count) ||
	    !iq_object_get(&kallsyms, "strtab", &strings))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct mod_kallsyms has other members than known");
	if (!out->count)
		return NULL;
	if (out->count > MAX_SYMBOLS)
		return iq_error_new(IQ_ERROR_FORMAT, "mod_kallsyms.num_symtab is %lu", out->count);
	void *bytes;
	IQ_TRY(fetch(m, symbols, out->count * sizeof(*out->symbols), "mod_kallsyms.symtab", &bytes));
	out->symbols = bytes;
	/* ELF's null symbol is the first; its st_info may have a letter before 5.2. */
	if (out->symbols->st_name || out->symbols->st_value || out->symbols->st_shndx)
		return iq_error_new(IQ_ERROR_FORMAT, "mod_kallsyms.symtab points to %#lx, which is no table of symbols", symbols);
	bool typed = iq_object_get(&kallsyms, "typetab", &types) && types;
	if (typed) {
		IQ_TRY(fetch(m, types, out->count, "mod_kallsyms.typetab", &bytes));
		out->types = bytes;
	}
	out->string_size = string_size(m, out, strings, types);
	IQ_TRY(fetch(m, strings, out->string_size, "mod_kallsyms.strtab", &bytes));
	out->strings = bytes;
	if (!is_string_table(out))
		return iq_error_new(IQ_ERROR_FORMAT, "mod_kallsyms.strtab points to %#lx, which is no table of names", strings);
	return NULL;
}

/* typetab has nm's letters, all lower case: the binding makes them upper. */
static char letter(const struct tables *tables, uint64_t i)
{
	const Elf64_Sym *symbol = &tables->symbols[i];
	unsigned char c = tables->types ? (unsigned char)tables->types[i] : symbol->st_info;
	if (!isalpha(c))
		return '?';
	return tables->types && ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL ? (char)toupper(c) : (char)c;
}

/* A name that counts: kernel/module/kallsyms.c leaves out empty ones and mapping symbols. NULL otherwise; "" a damaged
 * one. */
static const char *name_of(const struct tables *tables, uint64_t i, uint64_t *damaged)
{
	uint64_t at = tables->symbols[i].st_name;
	const char *name = at < tables->string_size ? tables->strings + at : "";
	if (!at)
		return NULL;
	if (*name && iq_plausible_name(name, IQ_MIN((uint64_t)MAX_NAME, tables->string_size - at + 1)))
		return *name == '$' || strncmp(name, ".L", 2) == 0 ? NULL : name;
	++*damaged;
	return "";
}

struct found {
	IQ_VEC(struct iq_symbol) symbols;
	bool failed;
};

static void add(struct found *found, const char *name, uint64_t address, char type)
{
	struct iq_symbol *symbol = iq_vec_push(&found->symbols);
	if (symbol)
		*symbol = (struct iq_symbol){ .name = name, .address = address, .type = type };
	else
		found->failed = true;
}

/* An address that the machine can have: in the kernel, or a per-CPU variable's. */
static bool is_address(const struct module_symbols *m, uint64_t address)
{
	return !(address >> 47) || iq_is_kernel_address(m->images->target, address);
}

static struct iq_error *build(struct module_symbols *m, const struct tables *tables)
{
	struct found found = { 0 };
	uint64_t damaged = 0;
	for (uint64_t i = 1; i < tables->count; i++) { /* the first is ELF's null symbol */
		const Elf64_Sym *symbol = &tables->symbols[i];
		bool empty = !symbol->st_name && !symbol->st_value && !symbol->st_info && !symbol->st_shndx;
		if (empty || !is_address(m, symbol->st_value))
			damaged++;
		else if (symbol->st_shndx != SHN_UNDEF) {
			const char *name = name_of(tables, i, &damaged);
			if (name)
				add(&found, name, symbol->st_value, letter(tables, i));
		}
	}
	if (damaged)
		iq_warn(iq_images_diag(m->images), "%s: %lu of %lu symbols are damaged", m->source.module, damaged,
			tables->count);
	/* What lies between two symbols may be one that was lost: they end where their own sizes say. */
	for (uint64_t i = 1; damaged && i < tables->count; i++) {
		const Elf64_Sym *symbol = &tables->symbols[i];
		if (is_address(m, symbol->st_value) && symbol->st_size && symbol->st_size < UINT32_MAX)
			add(&found, "", symbol->st_value + symbol->st_size, '?');
	}
	if (found.failed) {
		iq_vec_free(&found.symbols);
		return iq_error_no_memory();
	}
	struct iq_error *error =
		iq_array_symbols_in(IQ_SYMBOL_MODULE, m->source.module, m->source.ranges, m->source.range_count,
				    found.symbols.data, found.symbols.count, &m->inner);
	iq_vec_free(&found.symbols);
	return error;
}

/* Reads the table once; a damaged one is reported once and has no symbols from then on. */
static struct iq_symbol_source *open_source(struct iq_symbol_source *source)
{
	struct module_symbols *m = (struct module_symbols *)source;
	if (m->tried)
		return m->inner;
	m->tried = true;
	_cleanup_(free_tables) struct tables tables = { 0 };
	struct iq_error *error = read_tables(m, &tables);
	if (!error)
		error = build(m, &tables);
	iq_warn_error(iq_images_diag(m->images), iq_error_prefix(error, "%s has no symbols", m->source.module));
	return m->inner;
}

static struct iq_error *none(const struct iq_symbol_source *source)
{
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no symbols", source->module);
}

static struct iq_error *by_address(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out)
{
	struct iq_symbol_source *inner = open_source(source);
	return inner ? inner->ops->by_address(inner, address, out) : none(source);
}

static struct iq_error *by_name(struct iq_symbol_source *source, const char *name, iq_symbol_fn fn, void *context)
{
	struct iq_symbol_source *inner = open_source(source);
	return inner ? inner->ops->by_name(inner, name, fn, context) : NULL;
}

static struct iq_error *each(struct iq_symbol_source *source, iq_symbol_fn fn, void *context)
{
	struct iq_symbol_source *inner = open_source(source);
	return inner ? inner->ops->each(inner, fn, context) : NULL;
}

static struct iq_error *above(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out)
{
	struct iq_symbol_source *inner = open_source(source);
	return inner ? inner->ops->above(inner, address, out) : none(source);
}

static void free_source(struct iq_symbol_source *source)
{
	struct module_symbols *m = (struct module_symbols *)source;
	if (m->inner)
		m->inner->ops->free(m->inner);
	free((char *)source->module);
	free(m);
}

static const struct iq_symbol_source_ops ops = {
	.by_address = by_address, .by_name = by_name, .each = each, .above = above, .free = free_source
};

struct iq_error *iq_module_symbols_new(struct iq_images *images, const struct iq_image *image, uint64_t kallsyms,
				       struct iq_symbol_source **out)
{
	_cleanup_free_ struct module_symbols *m = calloc(1, sizeof(*m));
	if (!m)
		return iq_error_no_memory();
	m->source.ops = &ops;
	m->source.origin = IQ_SYMBOL_MODULE;
	m->source.module = strdup(image->name); /* the registry may outlive the images */
	if (!m->source.module)
		return iq_error_no_memory();
	memcpy(m->source.ranges, image->ranges, sizeof(image->ranges));
	m->source.range_count = image->range_count;
	m->images = images;
	m->kallsyms = kallsyms;
	*out = &iq_steal(m)->source;
	return NULL;
}

_Static_assert(IQ_IMAGE_MAX_RANGES == IQ_ARRAY_SIZE(((struct iq_symbol_source *)0)->ranges),
	       "an image's ranges fit a source");
