/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/bpf_source.h"
#include "command/modules.h"
#include "command/session.h"
#include "command/source.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

struct listing {
	struct iq_out *out;
	const char *wanted; /* a part of the names to list; NULL: all */
	size_t found;
};

/* Adds the fields, and shows the line; `radix` is that of the offset. `source` may be NULL. */
static void show(struct iq_out *out, const struct iq_symbol *symbol, uint64_t address, unsigned radix, bool with_module,
		 const struct iq_source_line *source)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	uint64_t offset = address - symbol->address;
	char type[2] = { symbol->type, '\0' };

	iq_record_begin(out);
	iq_add_address(out, "address", address);
	iq_add_string(out, "type", type);
	iq_add_string(out, "name", symbol->name);
	iq_add_unsigned(out, "offset", offset);
	iq_add_string(out, "module", symbol->module);
	iq_strbuf_add(&line, "{address:x@address} ({type}) {name@symbol}");
	if (offset)
		iq_strbuf_add(&line, radix == 16 ? "+{offset:X}" : "+{offset}");
	if (with_module && symbol->module)
		iq_strbuf_add(&line, " [{module}]");
	if (source) {
		iq_add_string(out, "file", source->file);
		iq_add_unsigned(out, "line", source->line);
		iq_strbuf_add(&line, " {file}: {line}");
	}
	iq_line(out, iq_strbuf_text(&line));
	iq_end(out);
}

static struct iq_error *list_symbol(void *context, const struct iq_symbol *symbol)
{
	struct listing *listing = context;

	IQ_TRY(iq_check_interrupt());
	if (listing->wanted && !strstr(symbol->name, listing->wanted))
		return NULL;
	listing->found++;
	show(listing->out, symbol, symbol->address, 10, true, NULL);
	return NULL;
}

/* In a module's own list its name is not repeated. */
static struct iq_error *list_module_symbol(void *context, const struct iq_symbol *symbol)
{
	IQ_TRY(iq_check_interrupt());
	show(context, symbol, symbol->address, 10, false, NULL);
	return NULL;
}

static struct iq_error *list_module(struct iq_kernel *kernel, const struct iq_image *module, struct iq_out *out)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (unsigned i = 0; i < module->range_count; i++) {
		start = IQ_MIN(start, module->ranges[i].start);
		end = IQ_MAX(end, module->ranges[i].end);
	}
	iq_text(out, "%llx MODULE START: %s", (unsigned long long)start, module->name);
	IQ_TRY(iq_symbols_each(iq_kernel_symbols(kernel), module->name, list_module_symbol, out));
	iq_text(out, "%llx MODULE END: %s", (unsigned long long)end, module->name);
	return NULL;
}

/* All modules, or the one that is named. */
static struct iq_error *list_modules(struct iq_kernel *kernel, const char *name, struct iq_out *out)
{
	_cleanup_free_ const struct iq_image **modules = NULL;
	bool found = !name;
	size_t count;

	IQ_TRY(iq_modules_by_base(kernel, &modules, &count));
	for (size_t i = 0; i < count; i++) {
		if (name && strcmp(modules[i]->name, name))
			continue;
		IQ_TRY(list_module(kernel, modules[i], out));
		found = true;
	}
	return found ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "no module %s is loaded", name);
}

static struct iq_error *search(struct iq_kernel *kernel, const char *part, struct iq_out *out)
{
	struct listing listing = { .out = out, .wanted = part };

	IQ_TRY(iq_symbols_each(iq_kernel_symbols(kernel), "*", list_symbol, &listing));
	if (!listing.found)
		iq_text(out, "(none found)");
	return NULL;
}

struct request {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_symbols *symbols;
	struct iq_out *out;
	bool next, previous;
	size_t shown;
};

/* With the line of source where debug information is at hand. */
static void show_with_line(const struct request *request, const struct iq_symbol *symbol, uint64_t address)
{
	struct iq_source_line line = { 0 };
	struct iq_bpf_place place;
	bool bpf = symbol->origin == IQ_SYMBOL_BPF && !iq_failed(iq_bpf_place_at(request->session, address, &place)) &&
		   place.line;
	if (bpf)
		line = (struct iq_source_line){ .file = place.line->file, .line = place.line->line };
	bool known = bpf ? line.line : iq_symbol_is_code(request->symbols, symbol) && !iq_failed(iq_code_line(request->kernel, address, NULL, &line)) &&
		     line.file && line.line;

	show(request->out, symbol, address, request->session->radix, true, known ? &line : NULL);
}

static struct iq_error *show_neighbour(const struct request *request, struct iq_error *error,
				       const struct iq_symbol *symbol)
{
	if (!error)
		show_with_line(request, symbol, symbol->address);
	else if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	return NULL;
}

static struct iq_error *show_with_neighbours(struct request *request, const struct iq_symbol *symbol, uint64_t address)
{
	struct iq_symbol other;

	if (request->previous)
		IQ_TRY(show_neighbour(request, iq_symbol_previous(request->symbols, symbol, &other), &other));
	show_with_line(request, symbol, address);
	if (request->next)
		IQ_TRY(show_neighbour(request, iq_symbol_next(request->symbols, symbol, &other), &other));
	return NULL;
}

static struct iq_error *show_named(void *context, const struct iq_symbol *symbol)
{
	struct request *request = context;

	request->shown++;
	return show_with_neighbours(request, symbol, symbol->address);
}

/* A name shows every symbol that bears it, an address or symbol+offset the one that holds it. */
static struct iq_error *show_argument(struct request *request, const char *text)
{
	struct iq_symbol symbol;
	uint64_t address;

	request->shown = 0;
	if (!isdigit((unsigned char)*text)) {
		struct iq_error *error = iq_symbols_by_name(request->symbols, text, show_named, request);

		if (error && !iq_error_is(error, IQ_ERROR_NOT_FOUND))
			return error;
		iq_error_free(error);
	}
	if (request->shown)
		return NULL;
	IQ_TRY(iq_parse_address(request->session, text, &address));
	IQ_TRY(iq_symbol_at(request->symbols, address, &symbol));
	return show_with_neighbours(request, &symbol, address);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct request request = { session, .out = out, .next = iq_args_has(args, 'n'),
				   .previous = iq_args_has(args, 'p') };
	struct listing all = { .out = out };
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	request.kernel = kernel;
	request.symbols = iq_kernel_symbols(kernel);
	if (iq_args_has(args, 'l'))
		return iq_symbols_each(request.symbols, "*", list_symbol, &all);
	if (iq_args_has(args, 'M') || iq_args_has(args, 'm'))
		return list_modules(kernel, iq_args_value(args, 'm'), out);
	if (iq_args_has(args, 'q'))
		return search(kernel, iq_args_value(args, 'q'), out);
	if (!args->count)
		return iq_usage_error(args->command, "which symbol?");
	for (size_t i = 0; i < args->count; i++)
		IQ_TRY(show_argument(&request, args->words[i].text));
	return NULL;
}

const struct iq_command iq_command_sym = {
	.name = "sym",
	.summary = "a symbol's address, or an address' symbol",
	.options =
		(const struct iq_option[]){
			{ 'l', NULL, NULL, "list all symbols" },
			{ 'M', NULL, NULL, "list the symbols of all modules" },
			{ 'm', NULL, "MODULE", "list the symbols of one module" },
			{ 'q', NULL, "STRING", "list the symbols that hold STRING" },
			{ 'n', NULL, NULL, "show the next symbol, too" },
			{ 'p', NULL, NULL, "show the previous symbol, too" },
			{ 0 },
		},
	.arguments = "[SYMBOL | ADDRESS]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Shows address, type (nm's letter) and name of every symbol of that name, or of\n"
		"the symbol that holds ADDRESS, with the offset into it. Modules' symbols are\n"
		"followed by the module's name in brackets, BPF programs' and trampolines' by\n"
		"[bpf]. Code's line of source comes last, where there is debug information; BPF\n"
		"programs have their own.",
	.examples =
		(const struct iq_example[]){
			{ "sym bpf_skb_ct_lookup", "kfunc-6.1.47-la57.flat", "a module's symbol" },
			{ "sym bpf_test_run+315", "kfunc-6.1.47-la57.flat", "where an offset lies" },
			{ "sym -np bpf_test_run", "kfunc-6.1.47-la57.flat", "with its neighbours" },
			{ "sym -q sys_bpf", "kfunc-6.1.47-la57.flat", "a search" },
			{ "sym -m nf_conntrack", "kfunc-6.1.47-la57.flat", "a module's symbols" },
			{ 0 },
		},
	.run = run,
};
