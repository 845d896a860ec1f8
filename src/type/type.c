// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry of sources, and the questions that go straight to the source of a type. */
#include "type/source.h"
#include "util/cleanup.h"

#include <string.h>

struct iq_types *iq_types_new(const struct iq_diag *diag)
{
	struct iq_types *types = calloc(1, sizeof(*types));
	if (!types)
		return NULL;
	types->diag = diag;
	types->derived = iq_derived_new(types);
	if (!types->derived) {
		free(types);
		return NULL;
	}
	return types;
}

struct iq_error *iq_types_set_name(struct iq_types *types, const char *name)
{
	free(types->name);
	types->name = strdup(name);
	return types->name ? NULL : iq_error_no_memory();
}

void iq_types_free(struct iq_types *types)
{
	if (!types)
		return;
	iq_vec_foreach (source, &types->sources)
		(*source)->ops->free(*source);
	iq_vec_free(&types->sources);
	types->derived->ops->free(types->derived);
	iq_types_forget_members(types);
	free(types->name);
	free(types);
}

void iq_types_freep(struct iq_types **types)
{
	iq_types_free(*types);
	*types = NULL;
}

struct iq_error *iq_types_add_source(struct iq_types *types, const char *module, struct iq_type_source *source)
{
	source->types = types;
	source->module = module ? strdup(module) : NULL;
	if ((module && !source->module) || !iq_vec_reserve(&types->sources, types->sources.count + 1)) {
		source->ops->free(source);
		return iq_error_no_memory();
	}
	*iq_vec_push(&types->sources) = source;
	types->core_sources += !module;
	return NULL;
}

void iq_types_set_loader(struct iq_types *types, struct iq_error *(*load)(void *context), void *context)
{
	types->load = load;
	types->load_context = context;
}

/* Has modules' types added, once; what Ctrl-C cut short is done again. The flag goes down first: the loader itself asks
 * for types. */
void iq_types_load_modules(struct iq_types *types)
{
	struct iq_error *(*load)(void *context) = types->load;
	if (!load || iq_interrupted())
		return;
	types->load = NULL;
	iq_warn_error(types->diag, iq_error_prefix(load(types->load_context), "modules' types"));
	if (iq_interrupted())
		types->load = load;
}

struct iq_error *iq_type_source_open(struct iq_type_source *source, bool *usable)
{
	*usable = false;
	if (source->left_out)
		return NULL;
	struct iq_error *error = source->ops->open(source);
	if (error && source->module) {
		source->left_out = true;
		iq_warn_error(source->types->diag, error);
		return NULL;
	}
	*usable = !error;
	return error;
}

bool iq_types_available(struct iq_types *types)
{
	bool usable = false;
	for (size_t i = 0; i < types->sources.count && !usable; i++) {
		if (!types->sources.data[i]->module)
			iq_error_free(iq_type_source_open(types->sources.data[i], &usable));
	}
	return usable;
}

static struct iq_error *no_types(void)
{
	return iq_error_new(IQ_ERROR_NOT_FOUND, "needs types: give a vmlinux with debug information");
}

/*
 * Asks vmlinux' sources and then the modules', until `ask` sets *done. A damaged vmlinux is an error only when nobody
 * else knows the answer.
 */
struct question {
	struct iq_error *(*ask)(struct question *question, struct iq_type_source *source, bool *done);
	unsigned kinds;
	const char *name;
	struct iq_type type;
	int64_t value;
};

static bool same_module(const struct iq_type_source *a, const struct iq_type_source *b)
{
	return a->module && b->module ? strcmp(a->module, b->module) == 0 : a->module == b->module;
}

/* Does another source know all that this one knows? */
static bool is_needless(struct iq_types *types, const struct iq_type_source *source)
{
	if (!source->fallback)
		return false;
	iq_vec_foreach (other, &types->sources) {
		bool usable = false;
		if (!(*other)->fallback && same_module(*other, source) &&
		    !iq_failed(iq_type_source_open(*other, &usable)) && usable)
			return true;
	}
	return false;
}

static struct iq_error *ask_sources(struct iq_types *types, struct question *question, bool modules, bool *done)
{
	_cleanup_(iq_error_freep) struct iq_error *first = NULL;
	for (size_t i = 0; i < types->sources.count && !*done; i++) {
		struct iq_type_source *source = types->sources.data[i];
		bool usable;
		/* What is whole but for a page may lack the very type that was asked for. */
		if (!source->module == modules || (!first && is_needless(types, source)))
			continue;
		struct iq_error *error = iq_type_source_open(source, &usable);
		if (!error && usable)
			error = question->ask(question, source, done);
		/* A vmlinux with everything makes up for damaged BTF. */
		if (!error && usable && source->fallback && !modules)
			iq_error_freep(&first);
		if (first)
			iq_error_free(error);
		else
			first = error;
	}
	return *done ? NULL : iq_steal(first);
}

static struct iq_error *ask(struct iq_types *types, struct question *question, bool core_only, bool *done)
{
	*done = false;
	struct iq_error *error = ask_sources(types, question, false, done);
	if (error || *done || core_only)
		return error;
	iq_types_load_modules(types);
	return ask_sources(types, question, true, done);
}

static struct iq_error *ask_find(struct question *question, struct iq_type_source *source, bool *done)
{
	IQ_TRY(source->ops->find(source, question->kinds, question->name, &question->type));
	*done = question->type.source != NULL;
	return NULL;
}

static struct iq_error *ask_constant(struct question *question, struct iq_type_source *source, bool *done)
{
	return source->ops->constant(source, question->name, &question->type, &question->value, done);
}

struct iq_error *iq_type_lookup(struct iq_types *types, unsigned kinds, const char *name, bool core_only,
				struct iq_type *out)
{
	struct question question = { .ask = ask_find, .kinds = kinds, .name = name };
	bool found;
	IQ_TRY(ask(types, &question, core_only, &found));
	*out = question.type;
	return NULL;
}

static const char *keyword_of(enum iq_type_kind kind)
{
	switch (kind) {
	case IQ_TYPE_STRUCT: return "struct ";
	case IQ_TYPE_UNION: return "union ";
	case IQ_TYPE_ENUM: return "enum ";
	case IQ_TYPE_TYPEDEF: return "typedef ";
	default: return "";
	}
}

static struct iq_error *find(struct iq_types *types, enum iq_type_kind kind, const char *name, bool core_only,
			     struct iq_type *out)
{
	*out = (struct iq_type){ 0 };
	IQ_TRY(iq_type_lookup(types, IQ_KIND(kind), name, core_only, out));
	if (out->source)
		return NULL;
	if (!types->sources.count)
		return iq_error_prefix(no_types(), "%s%s", keyword_of(kind), name);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no type %s%s", keyword_of(kind), name);
}

struct iq_error *iq_type_find(struct iq_types *types, enum iq_type_kind kind, const char *name, struct iq_type *out)
{
	return find(types, kind, name, false, out);
}

struct iq_error *iq_type_find_in_vmlinux(struct iq_types *types, enum iq_type_kind kind, const char *name,
					 struct iq_type *out)
{
	return find(types, kind, name, true, out);
}

struct iq_error *iq_type_lookup_compound(struct iq_types *types, const char *name, bool core_only, struct iq_type *out)
{
	const unsigned tagged = IQ_KIND(IQ_TYPE_STRUCT) | IQ_KIND(IQ_TYPE_UNION);
	struct iq_type first;
	struct iq_type_info info;
	/* One search for all, because it is most expensive when there is nothing. */
	IQ_TRY(iq_type_lookup(types, tagged | IQ_KIND(IQ_TYPE_TYPEDEF), name, core_only, &first));
	if (first.source) {
		IQ_TRY(iq_type_raw_info(first, &info));
		if (info.kind == IQ_TYPE_TYPEDEF)
			IQ_TRY(iq_type_lookup(types, tagged, name, true, out));
		if (info.kind != IQ_TYPE_TYPEDEF || !out->source)
			*out = first;
		return NULL;
	}
	if (!types->sources.count)
		return iq_error_prefix(no_types(), "struct %s", name);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no struct %s", name);
}

static struct iq_error *of_module(struct iq_types *types, const char *module, const char *name, bool variable,
				  struct iq_type *out)
{
	_cleanup_(iq_error_freep) struct iq_error *first = NULL;
	*out = (struct iq_type){ 0 };
	if (module)
		iq_types_load_modules(types);
	for (size_t i = 0; i < types->sources.count && !out->source; i++) {
		struct iq_type_source *source = types->sources.data[i];
		bool usable;
		if (module ? !source->module || strcmp(module, source->module) != 0 : source->module != NULL)
			continue;
		if (!first && is_needless(types, source))
			continue;
		struct iq_error *error = iq_type_source_open(source, &usable);
		if (!error && usable)
			error = (variable ? source->ops->variable : source->ops->function)(source, name, out);
		if (first)
			iq_error_free(error);
		else
			first = error;
	}
	if (out->source)
		return NULL;
	if (first)
		return iq_steal(first);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "the types of %s do not know a %s %s", module ? module : "vmlinux",
			    variable ? "variable" : "function", name);
}

struct iq_error *iq_type_of_function(struct iq_types *types, const char *module, const char *name, struct iq_type *out)
{
	return of_module(types, module, name, false, out);
}

struct iq_error *iq_type_of_variable(struct iq_types *types, const char *module, const char *name, struct iq_type *out)
{
	return of_module(types, module, name, true, out);
}

struct iq_error *iq_type_constant_of(struct iq_types *types, const char *name, struct iq_type *type, int64_t *value)
{
	struct question question = { .ask = ask_constant, .name = name };
	bool found;
	IQ_TRY(ask(types, &question, false, &found));
	if (!found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no enum constant %s", name);
	*value = question.value;
	*type = question.type;
	return NULL;
}

struct iq_error *iq_type_constant(struct iq_types *types, const char *name, int64_t *value)
{
	struct iq_type type;
	return iq_type_constant_of(types, name, &type, value);
}

struct iq_error *iq_types_each(struct iq_types *types, struct iq_error *(*fn)(void *context, struct iq_type type),
			       void *context)
{
	iq_types_load_modules(types);
	for (size_t i = 0; i < types->sources.count; i++) {
		bool usable;
		if (is_needless(types, types->sources.data[i]))
			continue;
		IQ_TRY(iq_type_source_open(types->sources.data[i], &usable));
		if (usable)
			IQ_TRY(types->sources.data[i]->ops->each(types->sources.data[i], fn, context));
	}
	return NULL;
}

struct iq_types *iq_type_registry(struct iq_type type)
{
	return type.source ? type.source->types : NULL;
}

static struct iq_error *no_type(void)
{
	return iq_error_new(IQ_ERROR_ARGUMENT, "no type was given");
}

struct iq_error *iq_type_raw_info(struct iq_type type, struct iq_type_info *out)
{
	return type.source ? type.source->ops->info(type.source, type.id, out) : no_type();
}

/* Strips and completes, and checks that the type has a part number n. */
static struct iq_error *with_part(struct iq_type *type, uint32_t n, const char *what,
				  bool (*has)(enum iq_type_kind kind))
{
	struct iq_type_info info;
	IQ_TRY(iq_type_complete(*type, type));
	IQ_TRY(iq_type_raw_info(*type, &info));
	if (!has(info.kind))
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s%s has no %ss", keyword_of(info.kind),
				    info.name ? info.name : "the type", what);
	if (n >= info.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s%s has %llu %ss, not %llu", keyword_of(info.kind),
				    info.name ? info.name : "the type", (unsigned long long)info.count, what, n + 1ULL);
	return NULL;
}

static bool has_members(enum iq_type_kind kind)
{
	return kind == IQ_TYPE_STRUCT || kind == IQ_TYPE_UNION;
}

static bool has_enumerators(enum iq_type_kind kind)
{
	return kind == IQ_TYPE_ENUM;
}

static bool has_parameters(enum iq_type_kind kind)
{
	return kind == IQ_TYPE_FUNCTION;
}

struct iq_error *iq_type_member_at(struct iq_type type, uint32_t n, struct iq_type_member *out)
{
	IQ_TRY(with_part(&type, n, "member", has_members));
	return type.source->ops->member_at(type.source, type.id, n, out);
}

struct iq_error *iq_type_enumerator_at(struct iq_type type, uint32_t n, struct iq_type_enumerator *out)
{
	IQ_TRY(with_part(&type, n, "enumerator", has_enumerators));
	return type.source->ops->enumerator_at(type.source, type.id, n, out);
}

struct iq_error *iq_type_parameter_at(struct iq_type type, uint32_t n, const char **name, struct iq_type *out)
{
	IQ_TRY(with_part(&type, n, "parameter", has_parameters));
	return type.source->ops->parameter_at(type.source, type.id, n, name, out);
}
