/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/modules.h"
#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

/* crash heads the list so. Its "OBJECT FILE" says whether debug information was loaded, for which we need no loading. */
static const char heading[] = "     MODULE       NAME                         BASE          SIZE  OBJECT FILE";

static const char *state_name(unsigned state)
{
	static const char *const names[] = { "live", "coming", "going", "unformed" };

	return state < IQ_ARRAY_SIZE(names) ? names[state] : "damaged";
}

/* crash: the longest name, but at least the heading's, then the gap. */
static int name_width(const struct iq_image *const *modules, size_t count)
{
	size_t width = strlen("NAME");

	for (size_t i = 0; i < count; i++)
		width = IQ_MAX(width, strlen(modules[i]->name));
	return (int)IQ_MIN(width, (size_t)64);
}

static void show(struct iq_out *out, const struct iq_image *module, int width)
{
	char template[160];

	iq_record_begin(out);
	iq_add_address(out, "module", module->object);
	iq_add_string(out, "name", module->name);
	iq_add_address(out, "base", module->base);
	iq_add_unsigned(out, "size", module->size);
	iq_add_string(out, "state", state_name(module->state));
	iq_add_string(out, "taints", module->taints);
	snprintf(template, sizeof(template), "{module@address}  {name:-%d@symbol}  {base}  {size:6}  (not loaded)  [CONFIG_KALLSYMS]",
		 width);
	iq_line(out, template);
	iq_end(out);
}

static void show_taints(struct iq_out *out, const struct iq_image *module, int width)
{
	char template[64];

	iq_record_begin(out);
	iq_add_address(out, "module", module->object);
	iq_add_string(out, "name", module->name);
	iq_add_address(out, "base", module->base);
	iq_add_unsigned(out, "size", module->size);
	iq_add_string(out, "state", state_name(module->state));
	iq_add_string(out, "taints", module->taints);
	snprintf(template, sizeof(template), "{name:-%d@symbol}  {taints}", width);
	iq_line(out, template);
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
	size_t count, shown = 0;

	if (!found)
		return iq_error_no_memory();
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_modules_by_base(kernel, &modules, &count));
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(args, modules[i], found) || (tainted_only && !*modules[i]->taints))
			continue;
		if (!shown++)
			iq_text(out, "%s", tainted_only ? "NAME  TAINTS" : heading);
		(tainted_only ? show_taints : show)(out, modules[i], name_width(modules, count));
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
	.options = (const struct iq_option[]){ { 't', NULL, NULL, "only those that taint the kernel, with their taints" }, { 0 } },
	.arguments = "[MODULE]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Lists the modules that are named, or all, by base address: the address of struct module, name, base, size.\n"
		"Their symbols and types are read from the dump: nothing needs to be loaded with -s, as in crash.",
	.examples = (const struct iq_example[]){
		{ "mod", "kfunc-6.1.47-la57.flat", "all modules" },
		{ "mod -t", "kfunc-6.1.47-la57.flat", "what taints the kernel" },
		{ 0 },
	},
	.run = run,
};
