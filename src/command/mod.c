/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/modules.h"
#include "command/session.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

static const char *state_name(unsigned state)
{
	static const char *const names[] = { "live", "coming", "going", "unformed" };

	return state < IQ_ARRAY_SIZE(names) ? names[state] : "damaged";
}

/* Widths as crash makes them: as wide as the widest name and size. */
struct layout {
	bool taints; /* only name and taints */
	char name[16], size[16];
};

static struct layout layout_for(const struct iq_image *const *modules, size_t count, bool taints)
{
	struct layout layout = { .taints = taints };
	size_t name = strlen("NAME");
	int size = (int)strlen("SIZE");

	for (size_t i = 0; i < count; i++) {
		name = IQ_MAX(name, strlen(modules[i]->name));
		size = IQ_MAX(size, snprintf(NULL, 0, "%" PRIu64, modules[i]->size));
	}
	snprintf(layout.name, sizeof(layout.name), "-%d", (int)IQ_MIN(name, (size_t)64));
	snprintf(layout.size, sizeof(layout.size), "%d", size);
	return layout;
}

static void show_heading(struct iq_out *out, const struct layout *layout)
{
	const struct iq_column all[] = { { NULL, "MODULE", "^16" },
					 { NULL, "NAME", layout->name },
					 { NULL, "BASE", "^16" },
					 { NULL, "SIZE", layout->size },
					 { NULL, "OBJECT FILE", "" } };
	const struct iq_column taints[] = { { NULL, "NAME", layout->name }, { NULL, "TAINTS", "" } };

	if (layout->taints)
		iq_table_heading(out, &(struct iq_table){ taints, IQ_ARRAY_SIZE(taints), "  " });
	else
		iq_table_heading(out, &(struct iq_table){ all, IQ_ARRAY_SIZE(all), "  " });
}

static void show(struct iq_out *out, const struct layout *layout, const struct iq_image *module)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf row = { 0 };

	iq_record_begin(out);
	iq_add_address(out, "module", module->object);
	iq_add_string(out, "name", module->name);
	iq_add_address(out, "base", module->base);
	iq_add_unsigned(out, "size", module->size);
	iq_add_string(out, "state", state_name(module->state));
	iq_add_string(out, "taints", module->taints);
	/* What crash says of a module whose debug information was not loaded: here there is nothing to load. */
	iq_strbuf_addf(
		&row,
		layout->taints
			? "{name:%s@symbol}  {taints}"
			: "{module@address}  {name:%s@symbol}  {base}  {size:%s}  (not loaded)  [CONFIG_KALLSYMS]",
		layout->name, layout->size);
	iq_line(out, iq_strbuf_text(&row));
	iq_end(out);
}

static bool is_wanted(const struct iq_args *args, const struct iq_image *module, bool *found)
{
	for (size_t i = 0; i < args->count; i++) {
		if (strcmp(args->words[i].text, module->name))
			continue;
		found[i] = true;
		return true;
	}
	return !args->count;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	bool tainted_only = iq_args_has(args, 't');
	_cleanup_free_ bool *found = calloc(args->count + 1, sizeof(*found));
	_cleanup_free_ const struct iq_image **modules = NULL;
	struct iq_kernel *kernel;
	struct layout layout;
	size_t count, shown = 0;

	if (!found)
		return iq_error_no_memory();
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_modules_by_base(kernel, &modules, &count));
	layout = layout_for(modules, count, tainted_only);
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(args, modules[i], found) || (tainted_only && !*modules[i]->taints))
			continue;
		if (!shown++)
			show_heading(out, &layout);
		show(out, &layout, modules[i]);
	}
	for (size_t i = 0; i < args->count; i++)
		if (!found[i])
			return iq_error_new(IQ_ERROR_NOT_FOUND, "no module %s is loaded", args->words[i].text);
	if (!shown)
		iq_text(out, tainted_only ? "no tainted modules" : "no modules are loaded");
	return NULL;
}

const struct iq_command iq_command_mod = {
	.name = "mod",
	.summary = "the loaded modules",
	.options =
		(const struct iq_option[]){ { 't', NULL, NULL, "only those that taint the kernel, with their taints" },
					    { 0 } },
	.arguments = "[MODULE]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Lists the modules that are named, or all, by base address: the address of\n"
		"struct module, name, base, size. Their symbols and types are read from the\n"
		"dump: nothing needs to be loaded with -s, as in crash.",
	.examples =
		(const struct iq_example[]){
			{ "mod", "kfunc-6.1.47-la57.flat", "all modules" },
			{ "mod -t", "kfunc-6.1.47-la57.flat", "what taints the kernel" },
			{ 0 },
		},
	.run = run,
};
