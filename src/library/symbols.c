// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols, types by name, modules: what a dump holds by name. */
#include "library/internal.h"

#include <string.h>

static struct inquest_symbol public_symbol(const struct iq_symbol *symbol)
{
	return (struct inquest_symbol){
		.name = symbol->name,
		.address = symbol->address,
		.size = symbol->size,
		.module = symbol->module,
		.type = symbol->type,
	};
}

struct inquest_error *inquest_symbol_by_name(struct inquest *crash, const char *name, struct inquest_symbol *out)
{
	struct iq_symbol symbol;

	IQ_PUBLIC_TRY(iq_symbol_by_name(iq_kernel_symbols(crash->kernel), name, &symbol));
	*out = public_symbol(&symbol);
	return NULL;
}

struct inquest_error *inquest_symbol_at(struct inquest *crash, uint64_t address, struct inquest_symbol *out)
{
	struct iq_symbol symbol;

	IQ_PUBLIC_TRY(iq_symbol_at(iq_kernel_symbols(crash->kernel), address, &symbol));
	*out = public_symbol(&symbol);
	return NULL;
}

struct symbol_walk {
	bool (*fn)(void *context, const struct inquest_symbol *symbol);
	void *context;
	bool ended;
};

static struct iq_error *give_symbol(void *context, const struct iq_symbol *symbol)
{
	struct symbol_walk *walk = context;
	struct inquest_symbol given = public_symbol(symbol);

	if (walk->fn(walk->context, &given))
		return NULL;
	walk->ended = true;
	return iq_error_new(IQ_ERROR_INTERRUPTED, "the caller wants no more");
}

struct inquest_error *inquest_each_symbol(struct inquest *crash, const char *module,
					  bool (*fn)(void *context, const struct inquest_symbol *symbol), void *context)
{
	struct symbol_walk walk = { fn, context, false };
	struct iq_error *error = iq_symbols_each(iq_kernel_symbols(crash->kernel), module, give_symbol, &walk);

	if (walk.ended)
		iq_error_freep(&error);
	return iq_public_error(error);
}

struct inquest_error *inquest_type_size(struct inquest *crash, const char *type, uint64_t *size)
{
	struct iq_type parsed;

	IQ_PUBLIC_TRY(iq_type_parse(iq_kernel_types(crash->kernel), type, &parsed));
	return iq_public_error(iq_type_size(parsed, size));
}

struct inquest_error *inquest_type_member(struct inquest *crash, const char *type, const char *path,
					  struct inquest_member *out)
{
	struct iq_type parsed;
	struct iq_type_member member;
	uint64_t size = 0;

	IQ_PUBLIC_TRY(iq_type_parse(iq_kernel_types(crash->kernel), type, &parsed));
	IQ_PUBLIC_TRY(iq_type_member(parsed, path, &member));
	IQ_PUBLIC_TRY(iq_type_size(member.type, &size));
	*out = (struct inquest_member){
		.offset = member.bit_offset / 8,
		.size = size,
		.bit_offset = member.bit_offset % 8,
		.bit_size = member.bit_size,
	};
	return NULL;
}

struct inquest_error *inquest_each_module(struct inquest *crash,
					  bool (*fn)(void *context, const struct inquest_module *module), void *context)
{
	const struct iq_image *const *modules;
	size_t count;

	IQ_PUBLIC_TRY(iq_images_modules(iq_kernel_images(crash->kernel), &modules, &count));
	for (size_t i = 0; i < count; i++) {
		struct inquest_module given = {
			.name = modules[i]->name,
			.address = modules[i]->object,
			.base = modules[i]->base,
			.size = modules[i]->size,
			.build_id_size = modules[i]->build_id_size,
		};
		memcpy(given.build_id, modules[i]->build_id, sizeof(given.build_id));
		if (!fn(context, &given))
			break;
	}
	return NULL;
}
