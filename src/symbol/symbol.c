// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/symbol.h"

#include "util/cleanup.h"
#include "util/vec.h"

#include <string.h>

/* A source's range in the order of addresses; `reach` is the highest end up to here. */
struct place {
	uint64_t start, end, reach;
	struct iq_symbol_source *source;
};

struct iq_symbols {
	struct iq_target *target;
	IQ_VEC(struct iq_symbol_source *) sources;
	IQ_VEC(struct place) places;
	bool sorted;
	struct iq_error *(*load)(void *context, bool *more);
	void *load_context;
};

struct iq_error *iq_symbols_new(struct iq_target *target, struct iq_symbols **out)
{
	struct iq_symbols *symbols = calloc(1, sizeof(*symbols));
	if (!symbols)
		return iq_error_no_memory();
	symbols->target = target;
	*out = symbols;
	return NULL;
}

void iq_symbols_free(struct iq_symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->sources.count; i++)
		symbols->sources.data[i]->ops->free(symbols->sources.data[i]);
	iq_vec_free(&symbols->sources);
	iq_vec_free(&symbols->places);
	free(symbols);
}

void iq_symbols_freep(struct iq_symbols **symbols)
{
	iq_symbols_free(*symbols);
}

static struct iq_error *add_places(struct iq_symbols *symbols, struct iq_symbol_source *source)
{
	for (unsigned i = 0; i < source->range_count; i++) {
		const struct iq_symbol_range *range = &source->ranges[i];
		if (range->end <= range->start)
			continue;
		struct place *place = iq_vec_push(&symbols->places);
		if (!place)
			return iq_error_no_memory();
		*place = (struct place){ .start = range->start, .end = range->end, .source = source };
	}
	symbols->sorted = false;
	return NULL;
}

struct iq_error *iq_symbols_add(struct iq_symbols *symbols, struct iq_symbol_source *source)
{
	struct iq_symbol_source **slot = iq_vec_push(&symbols->sources);
	if (!slot) {
		source->ops->free(source);
		return iq_error_no_memory();
	}
	*slot = source;
	return add_places(symbols, source);
}

void iq_symbols_set_loader(struct iq_symbols *symbols, struct iq_error *(*load)(void *context, bool *more),
			   void *context)
{
	symbols->load = load;
	symbols->load_context = context;
}

/* Has one more part added; false if there is none left, or after Ctrl-C. */
static bool load_more(struct iq_symbols *symbols)
{
	struct iq_error *(*load)(void *, bool *) = symbols->load;
	bool more = false;
	if (!load || iq_interrupted())
		return false;
	symbols->load = NULL; /* the loader asks for symbols itself */
	iq_warn_error(symbols->target ? iq_target_diag(symbols->target) : NULL, load(symbols->load_context, &more));
	if (more)
		symbols->load = load;
	return true;
}

static void load_the_rest(struct iq_symbols *symbols)
{
	while (load_more(symbols))
		;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

static void sort_places(struct iq_symbols *symbols)
{
	if (symbols->sorted || !symbols->places.count)
		return;
	qsort(symbols->places.data, symbols->places.count, sizeof(*symbols->places.data), compare_places);
	uint64_t reach = 0;
	iq_vec_foreach (place, &symbols->places)
		place->reach = reach = IQ_MAX(reach, place->end);
	symbols->sorted = true;
}

/* The innermost range that holds the address: the one that starts last. */
static const struct place *find_place(struct iq_symbols *symbols, uint64_t address)
{
	sort_places(symbols);
	size_t low = 0, high = symbols->places.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (symbols->places.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0 && symbols->places.data[low].reach > address) {
		if (symbols->places.data[low].end > address)
			return &symbols->places.data[low];
	}
	return NULL;
}

static struct iq_error *no_symbol(uint64_t address)
{
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol for %#lx", address);
}

struct iq_error *iq_symbol_at(struct iq_symbols *symbols, uint64_t address, struct iq_symbol *out)
{
	const struct place *place = find_place(symbols, address);
	bool kernel = !symbols->target || iq_is_kernel_address(symbols->target, address);
	while (!place && kernel && load_more(symbols))
		place = find_place(symbols, address);
	if (!place)
		return no_symbol(address);
	struct iq_symbol symbol;
	uint64_t start = place->start;
	IQ_TRY(place->source->ops->by_address(place->source, address, &symbol));
	if (symbol.address < start)
		return no_symbol(address);
	*out = symbol;
	return NULL;
}

/* The first symbol of a walk, which is the one at the lowest address. */
struct first {
	struct iq_symbol symbol;
	bool found;
};

static struct iq_error *take_lowest(void *context, const struct iq_symbol *symbol)
{
	struct first *first = context;
	if (!first->found || symbol->address < first->symbol.address)
		first->symbol = *symbol;
	first->found = true;
	return NULL;
}

static bool same_module(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Looks in all sources of one origin. */
static struct iq_error *find_in_origin(struct iq_symbols *symbols, enum iq_symbol_origin origin, const char *name,
				       struct first *first)
{
	struct iq_error *kept = NULL;
	for (size_t i = 0; i < symbols->sources.count; i++) {
		struct iq_symbol_source *source = symbols->sources.data[i];
		if (source->origin != origin)
			continue;
		struct iq_error *error = source->ops->by_name(source, name, take_lowest, first);
		if (error && !kept)
			kept = error;
		else
			iq_error_free(error);
	}
	if (!first->found)
		return kept;
	iq_error_free(kept);
	return NULL;
}

static struct iq_error *no_name(const char *name)
{
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol is called %s", name);
}

struct iq_error *iq_symbol_by_name(struct iq_symbols *symbols, const char *name, struct iq_symbol *out)
{
	static const enum iq_symbol_origin order[] = { IQ_SYMBOL_VMLINUX, IQ_SYMBOL_MODULE, IQ_SYMBOL_BPF,
						       IQ_SYMBOL_FTRACE };
	struct first first = { 0 };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(order) && !first.found; i++) {
		if (order[i] != IQ_SYMBOL_VMLINUX)
			load_the_rest(symbols);
		IQ_TRY(find_in_origin(symbols, order[i], name, &first));
	}
	if (!first.found)
		return no_name(name);
	*out = first.symbol;
	return NULL;
}

struct iq_error *iq_symbol_by_name_in(struct iq_symbols *symbols, const char *module, const char *name,
				      struct iq_symbol *out)
{
	struct first first = { 0 };
	if (module)
		load_the_rest(symbols);
	for (size_t i = 0; i < symbols->sources.count; i++) {
		struct iq_symbol_source *source = symbols->sources.data[i];
		if (same_module(source->module, module))
			IQ_TRY(source->ops->by_name(source, name, take_lowest, &first));
	}
	if (!first.found)
		return module ? iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol of %s is called %s", module, name)
			      : no_name(name);
	*out = first.symbol;
	return NULL;
}

struct iq_error *iq_symbols_by_name(struct iq_symbols *symbols, const char *name, iq_symbol_fn fn, void *context)
{
	load_the_rest(symbols);
	for (size_t i = 0; i < symbols->sources.count; i++) {
		struct iq_symbol_source *source = symbols->sources.data[i];
		IQ_TRY(source->ops->by_name(source, name, fn, context));
	}
	return NULL;
}

static int compare_sources(const void *a, const void *b)
{
	const struct iq_symbol_source *x = *(struct iq_symbol_source *const *)a,
				      *y = *(struct iq_symbol_source *const *)b;
	if ((x->origin == IQ_SYMBOL_VMLINUX) != (y->origin == IQ_SYMBOL_VMLINUX))
		return x->origin == IQ_SYMBOL_VMLINUX ? -1 : 1;
	uint64_t left = x->range_count ? x->ranges[0].start : 0, right = y->range_count ? y->ranges[0].start : 0;
	return left < right ? -1 : left > right;
}

struct iq_error *iq_symbols_each(struct iq_symbols *symbols, const char *module, iq_symbol_fn fn, void *context)
{
	bool all = module && strcmp(module, "*") == 0, found = all;
	if (module)
		load_the_rest(symbols);
	size_t count = symbols->sources.count;
	if (!count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbols at all");
	_cleanup_free_ struct iq_symbol_source **sources = malloc(count * sizeof(*sources));
	if (!sources)
		return iq_error_no_memory();
	memcpy(sources, symbols->sources.data, count * sizeof(*sources));
	qsort(sources, count, sizeof(*sources), compare_sources);
	for (size_t i = 0; i < count; i++) {
		if (!all && !same_module(sources[i]->module, module))
			continue;
		found = true;
		IQ_TRY(sources[i]->ops->each(sources[i], fn, context));
	}
	if (found)
		return NULL;
	return module ? iq_error_new(IQ_ERROR_NOT_FOUND, "no module %s", module)
		      : iq_error_new(IQ_ERROR_NOT_FOUND, "no symbols of the kernel itself");
}

/* Asks every source of the symbol's module for the neighbour and keeps the nearest. */
static struct iq_error *neighbour(struct iq_symbols *symbols, const struct iq_symbol *symbol, bool next,
				  struct iq_symbol *out)
{
	bool found = false;
	struct iq_symbol nearest = { 0 };
	if (!next && !symbol->address)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol before %s", symbol->name);
	for (size_t i = 0; i < symbols->sources.count; i++) {
		struct iq_symbol_source *source = symbols->sources.data[i];
		struct iq_symbol here;
		if (source->origin != symbol->origin || !same_module(source->module, symbol->module))
			continue;
		struct iq_error *error = next ? source->ops->above(source, symbol->address, &here)
					      : source->ops->by_address(source, symbol->address - 1, &here);
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
			iq_error_free(error);
			continue;
		}
		IQ_TRY(error);
		if (!found || (next ? here.address < nearest.address : here.address > nearest.address))
			nearest = here;
		found = true;
	}
	if (!found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol %s %s", next ? "after" : "before", symbol->name);
	*out = nearest;
	return NULL;
}

struct iq_error *iq_symbol_next(struct iq_symbols *symbols, const struct iq_symbol *symbol, struct iq_symbol *out)
{
	return neighbour(symbols, symbol, true, out);
}

struct iq_error *iq_symbol_previous(struct iq_symbols *symbols, const struct iq_symbol *symbol, struct iq_symbol *out)
{
	return neighbour(symbols, symbol, false, out);
}

static bool within(struct iq_symbols *symbols, const char *start, const char *end, uint64_t address)
{
	struct iq_symbol first, last;
	return !iq_failed(iq_symbol_by_name_in(symbols, NULL, start, &first)) && address >= first.address &&
	       !iq_failed(iq_symbol_by_name_in(symbols, NULL, end, &last)) && address < last.address;
}

bool iq_symbol_is_code(struct iq_symbols *symbols, const struct iq_symbol *symbol)
{
	if (!symbol->type || !strchr("tTwW", symbol->type))
		return false;
	return symbol->origin != IQ_SYMBOL_VMLINUX ||
	       !(within(symbols, "_sdata", "_edata", symbol->address) ||
		 within(symbols, "__start_rodata", "__end_rodata", symbol->address));
}

bool iq_symbol_format(struct iq_symbols *symbols, uint64_t address, unsigned flags, struct iq_strbuf *out)
{
	struct iq_symbol symbol;
	if (iq_failed(iq_symbol_at(symbols, address, &symbol)))
		return false;
	uint64_t offset = address - symbol.address;
	iq_strbuf_add(out, symbol.name);
	if (offset || (flags & IQ_SYMBOL_SIZE))
		iq_strbuf_addf(out, flags & IQ_SYMBOL_OFFSET_HEX ? "+0x%lx" : "+%lu", offset);
	if (flags & IQ_SYMBOL_SIZE)
		iq_strbuf_addf(out, flags & IQ_SYMBOL_OFFSET_HEX ? "/0x%lx" : "/%lu", symbol.size);
	if ((flags & IQ_SYMBOL_WITH_MODULE) && symbol.module)
		iq_strbuf_addf(out, " [%s]", symbol.module);
	return true;
}
