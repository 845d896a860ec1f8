// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions around an address: the one that holds the code, and those that were inlined there. */
#include "type/dwarf_internal.h"
#include "util/cleanup.h"

#if IQ_HAVE_ELFUTILS

struct function_range {
	uint64_t start, end; /* the file's */
	uint64_t die;        /* offset */
};

/* The functions with code of one unit. */
struct functions {
	IQ_VEC(struct function_range) list; /* by start */
	struct functions *next;
};

/* All units that were asked about, by offset of the unit's DIE. */
struct function_tables {
	struct iq_map by_unit;
	struct functions *all;
};

static void free_tables(void *data)
{
	struct function_tables *tables = data;
	while (tables->all) {
		struct functions *functions = tables->all;
		tables->all = functions->next;
		iq_vec_free(&functions->list);
		free(functions);
	}
	iq_map_free(&tables->by_unit);
	free(tables);
}

static struct iq_error *add_function(struct iq_dwarf *dwarf, Dwarf_Die *die, struct functions *functions)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	while ((offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0) {
		if (!iq_dwarf_spend(dwarf))
			return iq_dwarf_limit(dwarf);
		struct function_range *range = start < end ? iq_vec_push(&functions->list) : NULL;
		if (range)
			*range = (struct function_range){ start, end, dwarf_dieoffset(die) };
		else if (start < end)
			return iq_error_no_memory();
	}
	return NULL;
}

/* Functions stand directly in a unit; Rust's in namespaces. */
static struct iq_error *collect(struct iq_dwarf *dwarf, Dwarf_Die *parent, unsigned depth, struct functions *functions)
{
	Dwarf_Die child;
	bool more = dwarf_child(parent, &child) == 0;
	for (; more; more = iq_dwarf_next(&child)) {
		if (!iq_dwarf_spend(dwarf))
			return iq_dwarf_limit(dwarf);
		int tag = dwarf_tag(&child);
		if (tag == DW_TAG_subprogram)
			IQ_TRY(add_function(dwarf, &child, functions));
		else if (tag == DW_TAG_namespace && depth < IQ_DWARF_MAX_DEPTH)
			IQ_TRY(collect(dwarf, &child, depth + 1, functions));
	}
	return NULL;
}

static int compare_functions(const void *left, const void *right)
{
	const struct function_range *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->die < b->die ? -1 : a->die > b->die;
}

static struct iq_error *functions_of(struct iq_dwarf *dwarf, Dwarf_Die *unit, struct functions **out)
{
	struct function_tables *tables = dwarf->scopes.data;
	if (!tables) {
		tables = calloc(1, sizeof(*tables));
		if (!tables)
			return iq_error_no_memory();
		dwarf->scopes = (struct iq_dwarf_part){ tables, free_tables };
	}
	uint64_t known;
	if (iq_map_get(&tables->by_unit, dwarf_dieoffset(unit), &known)) {
		*out = (struct functions *)(uintptr_t)known;
		return NULL;
	}
	struct functions *functions = calloc(1, sizeof(*functions));
	if (!functions)
		return iq_error_no_memory();
	functions->next = tables->all;
	tables->all = functions;
	iq_dwarf_start(dwarf);
	struct iq_error *error = collect(dwarf, unit, 0, functions);
	if (functions->list.count)
		qsort(functions->list.data, functions->list.count, sizeof(*functions->list.data), compare_functions);
	if (error && !functions->list.count)
		return error;
	iq_warn_error(dwarf->diag, error); /* what was found before the damage is good */
	if (!iq_map_set(&tables->by_unit, dwarf_dieoffset(unit), (uintptr_t)functions))
		return iq_error_no_memory();
	*out = functions;
	return NULL;
}

struct iq_error *iq_dwarf_function_at(struct iq_dwarf *dwarf, uint64_t pc, Dwarf_Die *unit, Dwarf_Die *function)
{
	struct functions *functions = NULL;
	uint64_t at = iq_dwarf_file_pc(dwarf, pc);
	IQ_TRY(iq_dwarf_unit_at(dwarf, pc, unit));
	IQ_TRY(functions_of(dwarf, unit, &functions));
	size_t low = 0, high = functions->list.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (functions->list.data[middle].start <= at)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t back = 0; back < 8 && low > back; back++) {
		const struct function_range *range = &functions->list.data[low - 1 - back];
		if (at < range->end)
			return iq_dwarf_die_at(dwarf, range->die, function);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no function for %#lx", dwarf->path, pc);
}

/* The child of `parent` whose code holds `pc`: a block or an inlined function. */
static bool inner(struct iq_dwarf *dwarf, Dwarf_Die *parent, uint64_t pc, Dwarf_Die *out)
{
	Dwarf_Die child;
	bool more = dwarf_child(parent, &child) == 0;
	for (; more && iq_dwarf_spend(dwarf); more = iq_dwarf_next(&child)) {
		int tag = dwarf_tag(&child);
		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    iq_dwarf_covers(dwarf, &child, pc)) {
			*out = child;
			return true;
		}
	}
	return false;
}

static void call_line(struct iq_dwarf *dwarf, Dwarf_Die *unit, Dwarf_Die *inlined, struct iq_source_line *out)
{
	uint64_t value = 0;
	*out = (struct iq_source_line){ 0 };
	if (iq_dwarf_unsigned(dwarf, inlined, DW_AT_call_file, &value))
		iq_dwarf_file(dwarf, unit, value, out);
	if (iq_dwarf_unsigned(dwarf, inlined, DW_AT_call_line, &value))
		out->line = (unsigned)value;
	if (iq_dwarf_unsigned(dwarf, inlined, DW_AT_call_column, &value))
		out->column = (unsigned)value;
}

static uint64_t entry_of(struct iq_dwarf *dwarf, Dwarf_Die *function)
{
	Dwarf_Addr base, start = 0, end;
	if (dwarf_entrypc(function, &start) != 0 && dwarf_ranges(function, 0, &base, &start, &end) <= 0)
		return 0;
	return iq_dwarf_runtime(dwarf, start);
}

/* From the function inwards. */
static struct iq_error *find_chain(struct iq_dwarf *dwarf, uint64_t pc, Dwarf_Die *unit, Dwarf_Die *chain,
				   size_t *count)
{
	*count = 1;
	IQ_TRY(iq_dwarf_function_at(dwarf, pc, unit, &chain[0]));
	Dwarf_Die at = chain[0];
	iq_dwarf_start(dwarf);
	for (unsigned depth = 0; depth < IQ_DWARF_MAX_DEPTH && *count < IQ_DWARF_MAX_DEPTH; depth++) {
		if (!inner(dwarf, &at, iq_dwarf_file_pc(dwarf, pc), &at))
			break;
		if (dwarf_tag(&at) == DW_TAG_inlined_subroutine)
			chain[(*count)++] = at;
	}
	return NULL;
}

struct iq_error *iq_dwarf_scopes(struct iq_dwarf *dwarf, uint64_t pc, struct iq_scopes *out)
{
	Dwarf_Die unit, chain[IQ_DWARF_MAX_DEPTH];
	size_t count = 0;
	*out = (struct iq_scopes){ 0 };
	IQ_TRY(find_chain(dwarf, pc, &unit, chain, &count));
	out->data = calloc(count, sizeof(*out->data));
	if (!out->data)
		return iq_error_no_memory();
	out->count = count;
	for (size_t i = 0; i < count; i++) {
		struct iq_scope *scope = &out->data[i];
		Dwarf_Die *die = &chain[count - 1 - i];
		scope->function = iq_dwarf_name(dwarf, die);
		scope->inlined = i + 1 < count;
		scope->low_pc = scope->inlined ? 0 : entry_of(dwarf, die);
		scope->die = iq_dwarf_die_key(dwarf, die);
		if (i > 0)
			call_line(dwarf, &unit, &chain[count - i], &scope->line);
		else
			iq_error_free(iq_dwarf_line(dwarf, pc, &scope->line));
	}
	return NULL;
}

#else

struct iq_error *iq_dwarf_scopes(struct iq_dwarf *dwarf, uint64_t pc, struct iq_scopes *out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "made without elfutils");
}

#endif

void iq_scopes_free(struct iq_scopes *scopes)
{
	free(scopes->data);
	*scopes = (struct iq_scopes){ 0 };
}
