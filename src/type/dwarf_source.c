// SPDX-License-Identifier: GPL-2.0-or-later
/* DWARF as a source of types by name, and the types of variables and functions: by the index. */
#include "type/dwarf_index.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <string.h>

static struct dwarf_source *of(struct iq_type_source *source)
{
	return (struct dwarf_source *)source;
}

static struct iq_error *index_of(struct iq_type_source *source, const struct dwarf_index **out)
{
	if (!of(source)->all->dwarf)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the DWARF of these types was closed");
	return iq_dwarf_index(of(source)->all->dwarf, out);
}

static struct iq_error *dwarf_open(struct iq_type_source *source)
{
	return of(source)->all->dwarf ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "the DWARF of these types was closed");
}

static unsigned kinds_of(enum dwarf_index_kind kind)
{
	switch (kind) {
	case DWARF_INDEX_STRUCT: return IQ_KIND(IQ_TYPE_STRUCT);
	case DWARF_INDEX_UNION: return IQ_KIND(IQ_TYPE_UNION);
	case DWARF_INDEX_ENUM: return IQ_KIND(IQ_TYPE_ENUM);
	case DWARF_INDEX_TYPEDEF: return IQ_KIND(IQ_TYPE_TYPEDEF);
	case DWARF_INDEX_BASE: return IQ_KIND(IQ_TYPE_INT) | IQ_KIND(IQ_TYPE_FLOAT);
	case DWARF_INDEX_STRUCT_DECLARED:
	case DWARF_INDEX_UNION_DECLARED: return IQ_KIND(IQ_TYPE_FORWARD);
	default: return 0;
	}
}

static struct iq_error *type_of_entry(struct iq_dwarf *dwarf, const struct dwarf_index_entry *entry,
				      struct iq_type *out)
{
	struct dwarf_types *types = iq_dwarf_types(dwarf);
	if (!types)
		return iq_error_no_memory();
	*out = (struct iq_type){ &types->sources[entry->space].source, entry->die };
	return NULL;
}

static struct iq_error *dwarf_find(struct iq_type_source *source, unsigned kinds, const char *name, struct iq_type *out)
{
	const struct dwarf_index *index;
	struct dwarf_index_entry entry;
	struct iq_type_info info;
	uint32_t cursor = 0;
	*out = (struct iq_type){ 0 };
	IQ_TRY(index_of(source, &index));
	while (iq_dwarf_index_next(index, name, &cursor, &entry)) {
		struct iq_type type;
		if (!(kinds_of(entry.kind) & kinds))
			continue;
		IQ_TRY(type_of_entry(of(source)->all->dwarf, &entry, &type));
		IQ_TRY(type.source->ops->info(type.source, type.id, &info));
		if (IQ_KIND(info.kind) & kinds) {
			*out = type;
			return NULL;
		}
	}
	return NULL;
}

static struct iq_error *enumerator_named(struct iq_type type, const char *name, int64_t *value, bool *found)
{
	struct iq_type_info info;
	IQ_TRY(type.source->ops->info(type.source, type.id, &info));
	for (uint32_t n = 0; info.kind == IQ_TYPE_ENUM && n < info.count && !*found; n++) {
		struct iq_type_enumerator enumerator;
		IQ_TRY(type.source->ops->enumerator_at(type.source, type.id, n, &enumerator));
		*found = enumerator.name && strcmp(enumerator.name, name) == 0;
		*value = enumerator.value;
	}
	return NULL;
}

static struct iq_error *dwarf_constant(struct iq_type_source *source, const char *name, struct iq_type *type,
				       int64_t *value, bool *found)
{
	const struct dwarf_index *index;
	struct dwarf_index_entry entry;
	uint32_t cursor = 0;
	*found = false;
	IQ_TRY(index_of(source, &index));
	while (!*found && iq_dwarf_index_next(index, name, &cursor, &entry)) {
		if (entry.kind != DWARF_INDEX_ENUMERATOR)
			continue;
		IQ_TRY(type_of_entry(of(source)->all->dwarf, &entry, type));
		IQ_TRY(enumerator_named(*type, name, value, found));
	}
	return NULL;
}

static struct iq_error *drop_not_found(struct iq_error *error)
{
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	return NULL;
}

static struct iq_error *dwarf_function(struct iq_type_source *source, const char *name, struct iq_type *out)
{
	struct iq_source_line declared;
	uint64_t entry;
	*out = (struct iq_type){ 0 };
	IQ_TRY(dwarf_open(source));
	return drop_not_found(iq_dwarf_function(of(source)->all->dwarf, name, out, &declared, &entry));
}

static struct iq_error *dwarf_variable(struct iq_type_source *source, const char *name, struct iq_type *out)
{
	uint64_t address;
	*out = (struct iq_type){ 0 };
	IQ_TRY(dwarf_open(source));
	return drop_not_found(iq_dwarf_global(of(source)->all->dwarf, name, 0, out, &address));
}

static struct iq_error *dwarf_each(struct iq_type_source *source,
				   struct iq_error *(*fn)(void *context, struct iq_type type), void *context)
{
	const struct dwarf_index *index;
	struct dwarf_index_entry entry;
	IQ_TRY(index_of(source, &index));
	for (uint32_t n = 0; iq_dwarf_index_at(index, n, &entry); n++) {
		struct iq_type type;
		if (!(kinds_of(entry.kind) & ~IQ_KIND(IQ_TYPE_FORWARD)))
			continue;
		IQ_TRY(type_of_entry(of(source)->all->dwarf, &entry, &type));
		IQ_TRY(fn(context, type));
	}
	return NULL;
}

static void free_types(struct dwarf_types *types)
{
	for (unsigned space = 0; space < DWARF_SPACES; space++) {
		for (unsigned i = 0; i < DWARF_PARTS_KEPT; i++)
			free(types->sources[space].parts[i].dies);
		free(types->sources[space].source.module);
	}
	iq_map_free(&types->type_units);
	free(types);
}

/* The registry's part: what iq_dwarf_close() has left, or else it must not find later. */
static void dwarf_free(struct iq_type_source *source)
{
	struct dwarf_types *types = of(source)->all;
	if (types->dwarf)
		types->dwarf->source = (struct iq_dwarf_part){ 0 };
	free_types(types);
}

static void file_closed(void *data)
{
	struct dwarf_types *types = data;
	types->dwarf = NULL;
	if (!types->registered)
		free_types(types);
}

static const struct iq_type_source_ops dwarf_ops = {
	.open = dwarf_open,
	.find = dwarf_find,
	.info = iq_dwarf_info,
	.member_at = iq_dwarf_member_at,
	.enumerator_at = iq_dwarf_enumerator_at,
	.parameter_at = iq_dwarf_parameter_at,
	.function = dwarf_function,
	.variable = dwarf_variable,
	.constant = dwarf_constant,
	.each = dwarf_each,
	.free = dwarf_free,
};

struct dwarf_types *iq_dwarf_types(struct iq_dwarf *dwarf)
{
	struct dwarf_types *types = dwarf->source.data;
	if (types)
		return types;
	types = calloc(1, sizeof(*types));
	if (!types)
		return NULL;
	types->dwarf = dwarf;
	for (unsigned space = 0; space < DWARF_SPACES; space++) {
		struct dwarf_source *source = &types->sources[space];
		source->source.ops = &dwarf_ops;
		source->source.types = dwarf->types;
		source->source.fallback = true;
		source->all = types;
		source->space = (enum dwarf_space)space;
	}
	dwarf->source.data = types;
	dwarf->source.free = file_closed;
	return types;
}

struct iq_error *iq_types_add_dwarf(struct iq_types *types, struct iq_dwarf *dwarf)
{
	struct dwarf_types *made = iq_dwarf_types(dwarf);
	if (!made)
		return iq_error_no_memory();
	if (types != dwarf->types)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s was opened for other types", dwarf->path);
	if (made->registered)
		return NULL;
	made->registered = true;
	return iq_types_add_source(types, dwarf->module, &made->sources[DWARF_SPACE_INFO].source);
}

/* Variables and functions. */

static struct iq_error *die_of_entry(struct iq_dwarf *dwarf, const struct dwarf_index_entry *entry, Dwarf_Die *out)
{
	return iq_dwarf_space_die(dwarf, entry->space, entry->die, out);
}

/* Where a variable of fixed place is: DW_OP_addr or DW_OP_addrx alone. 0: not known. */
static uint64_t address_of(struct iq_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Attribute location, indexed;
	Dwarf_Op *ops;
	size_t count;
	Dwarf_Addr address;
	if (!dwarf_attr(die, DW_AT_location, &location) || dwarf_getlocation(&location, &ops, &count) || count != 1)
		return 0;
	if (ops[0].atom == DW_OP_addr)
		return iq_dwarf_runtime(dwarf, ops[0].number);
	if ((ops[0].atom == DW_OP_addrx || ops[0].atom == DW_OP_GNU_addr_index) &&
	    !dwarf_getlocation_attr(&location, ops, &indexed) && !dwarf_formaddr(&indexed, &address))
		return iq_dwarf_runtime(dwarf, address);
	return 0;
}

static bool is_variable(enum dwarf_index_kind kind)
{
	return kind == DWARF_INDEX_VARIABLE || kind == DWARF_INDEX_VARIABLE_DECLARED;
}

struct iq_error *iq_dwarf_global(struct iq_dwarf *dwarf, const char *name, uint64_t address, struct iq_type *type,
				 uint64_t *found_at)
{
	const struct dwarf_index *index;
	struct dwarf_index_entry entry;
	uint32_t cursor = 0;
	bool found = false;
	*type = (struct iq_type){ 0 };
	*found_at = 0;
	IQ_TRY(iq_dwarf_index(dwarf, &index));
	while (iq_dwarf_index_next(index, name, &cursor, &entry)) {
		Dwarf_Die die;
		if (!is_variable(entry.kind))
			continue;
		IQ_TRY(die_of_entry(dwarf, &entry, &die));
		uint64_t its_address = address_of(dwarf, &die);
		bool exact = address && its_address == address;
		/* Of those that are elsewhere none is meant; one that is declared only may be anywhere. */
		if (found && !exact)
			continue;
		if (address && its_address && !exact)
			continue;
		IQ_TRY(iq_dwarf_declared_type(dwarf, &die, type));
		*found_at = its_address;
		found = true;
		if (exact || !address)
			return NULL;
	}
	if (found)
		return NULL;
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no variable %s", dwarf->path, name);
}

static void declared_at(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_source_line *out)
{
	Dwarf_Die unit;
	uint64_t line;
	const char *file = dwarf_decl_file(die);
	*out = (struct iq_source_line){ .file = file };
	if (iq_dwarf_unsigned(dwarf, die, DW_AT_decl_line, &line) && line <= UINT32_MAX)
		out->line = (unsigned)line;
	if (dwarf_diecu(die, &unit, NULL, NULL)) {
		Dwarf_Attribute directory;
		if (dwarf_attr(&unit, DW_AT_comp_dir, &directory))
			out->directory = dwarf_formstring(&directory);
	}
}

/* Where a function begins; 0: nowhere. One with a .cold part has ranges only, its own first. */
static uint64_t entry_of(struct iq_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	if (dwarf_entrypc(die, &start) && dwarf_ranges(die, 0, &base, &start, &end) <= 0)
		return 0;
	return iq_dwarf_runtime(dwarf, start);
}

/* Does the file's symbol table have this name at this address? */
static bool is_symbol(struct iq_dwarf *dwarf, const char *name, uint64_t address)
{
	int count = dwfl_module_getsymtab(dwarf->dwfl_module);
	for (int i = 0; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr value;
		const char *its_name =
			dwfl_module_getsym_info(dwarf->dwfl_module, i, &symbol, &value, NULL, NULL, NULL);
		/* Of a file that is not relocated libdwfl's value has the bias of a place where it was not loaded. */
		if (its_name && (dwarf->relocatable ? value : iq_dwarf_runtime(dwarf, symbol.st_value)) == address &&
		    strcmp(its_name, name) == 0)
			return true;
	}
	return false;
}

/* A function and what gcc split off from it (foo.part.0, foo.constprop.0) have one name in DWARF. Of several the one is
 * meant that has it in the symbol table, too. */
static struct iq_error *find_function(struct iq_dwarf *dwarf, const char *name, Dwarf_Die *out, uint64_t *entry)
{
	const struct dwarf_index *index;
	struct dwarf_index_entry found;
	unsigned count = 0;
	IQ_TRY(iq_dwarf_index(dwarf, &index));
	for (uint32_t cursor = 0; iq_dwarf_index_next(index, name, &cursor, &found);)
		count += found.kind == DWARF_INDEX_FUNCTION || found.kind == DWARF_INDEX_FUNCTION_DECLARED;
	if (!count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no function %s", dwarf->path, name);
	bool first = true;
	for (uint32_t cursor = 0; iq_dwarf_index_next(index, name, &cursor, &found);) {
		Dwarf_Die die;
		if (found.kind != DWARF_INDEX_FUNCTION && found.kind != DWARF_INDEX_FUNCTION_DECLARED)
			continue;
		IQ_TRY(die_of_entry(dwarf, &found, &die));
		uint64_t its_entry = entry_of(dwarf, &die);
		bool exact = count == 1 || (its_entry && is_symbol(dwarf, name, its_entry));
		if (first || exact) {
			*out = die;
			*entry = its_entry;
		}
		first = false;
		if (exact)
			break;
	}
	return NULL;
}

struct iq_error *iq_dwarf_function(struct iq_dwarf *dwarf, const char *name, struct iq_type *type,
				   struct iq_source_line *declared, uint64_t *entry)
{
	Dwarf_Die die;
	*type = (struct iq_type){ 0 };
	*declared = (struct iq_source_line){ 0 };
	*entry = 0;
	IQ_TRY(find_function(dwarf, name, &die, entry));
	declared_at(dwarf, &die, declared);
	return iq_dwarf_type_of(dwarf, &die, type);
}

#else

static struct iq_error *unsupported(void)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "this build reads no DWARF (made without elfutils)");
}

struct iq_error *iq_types_add_dwarf(struct iq_types *types, struct iq_dwarf *dwarf)
{
	return unsupported();
}

struct iq_error *iq_dwarf_global(struct iq_dwarf *dwarf, const char *name, uint64_t address, struct iq_type *type,
				 uint64_t *found_at)
{
	return unsupported();
}

struct iq_error *iq_dwarf_function(struct iq_dwarf *dwarf, const char *name, struct iq_type *type,
				   struct iq_source_line *declared, uint64_t *entry)
{
	return unsupported();
}

#endif
