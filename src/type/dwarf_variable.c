// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments and locals of a function, inlined or not. */
#include "type/dwarf_internal.h"
#include "util/cleanup.h"

#if IQ_HAVE_ELFUTILS

struct variable_walk {
	struct iq_dwarf *dwarf;
	uint64_t pc; /* the file's */
	struct iq_error *(*fn)(void *context, const struct iq_dwarf_variable *variable);
	void *context;
};

/* A variable that is only declared in the function lives elsewhere; one without a name can't be shown. */
static struct iq_error *give(const struct variable_walk *walk, Dwarf_Die *die, bool parameter, unsigned depth)
{
	struct iq_dwarf *dwarf = walk->dwarf;
	Dwarf_Attribute attribute;
	uint64_t line = 0;
	struct iq_dwarf_variable variable = { .name = iq_dwarf_name(dwarf, die),
					      .parameter = parameter,
					      .depth = depth,
					      .die = iq_dwarf_die_key(dwarf, die) };
	if (!variable.name || dwarf_attr(die, DW_AT_declaration, &attribute))
		return NULL;
	if (iq_dwarf_unsigned(dwarf, die, DW_AT_decl_line, &line))
		variable.line = (unsigned)line;
	if (iq_failed(iq_dwarf_declared_type(dwarf, die, &variable.type)))
		variable.type = (struct iq_type){ 0 };
	return walk->fn(walk->context, &variable);
}

static struct iq_error *give_all(const struct variable_walk *walk, Dwarf_Die *parent, int tag, unsigned depth)
{
	Dwarf_Die child;
	bool more = dwarf_child(parent, &child) == 0;
	for (; more; more = iq_dwarf_next(&child)) {
		if (!iq_dwarf_spend(walk->dwarf))
			return iq_dwarf_limit(walk->dwarf);
		if (dwarf_tag(&child) == tag)
			IQ_TRY(give(walk, &child, tag == DW_TAG_formal_parameter, depth));
	}
	return NULL;
}

/* The block directly in `parent` that holds the pc. */
static bool inner_block(const struct variable_walk *walk, Dwarf_Die *parent, Dwarf_Die *out)
{
	Dwarf_Die child;
	bool more = dwarf_child(parent, &child) == 0;
	for (; more && iq_dwarf_spend(walk->dwarf); more = iq_dwarf_next(&child)) {
		if (dwarf_tag(&child) == DW_TAG_lexical_block && iq_dwarf_covers(walk->dwarf, &child, walk->pc)) {
			*out = child;
			return true;
		}
	}
	return false;
}

struct iq_error *iq_dwarf_variables(struct iq_dwarf *dwarf, const struct iq_scope *scope, uint64_t pc,
				    struct iq_error *(*fn)(void *context, const struct iq_dwarf_variable *variable),
				    void *context)
{
	const struct variable_walk walk = { dwarf, iq_dwarf_file_pc(dwarf, pc), fn, context };
	Dwarf_Die at;
	IQ_TRY(iq_dwarf_die_at(dwarf, scope->die, &at));
	iq_dwarf_start(dwarf);
	IQ_TRY(give_all(&walk, &at, DW_TAG_formal_parameter, 0));
	for (unsigned depth = 0; depth < IQ_DWARF_MAX_DEPTH; depth++) {
		IQ_TRY(give_all(&walk, &at, DW_TAG_variable, depth));
		if (!inner_block(&walk, &at, &at))
			break;
	}
	return NULL;
}

#else

struct iq_error *iq_dwarf_variables(struct iq_dwarf *dwarf, const struct iq_scope *scope, uint64_t pc,
				    struct iq_error *(*fn)(void *context, const struct iq_dwarf_variable *variable),
				    void *context)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "made without elfutils");
}

#endif
