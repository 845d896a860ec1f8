/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debuginfo: which debug information there is, where it was looked for, and what would bring the rest. */
#include "command/modules.h"
#include "command/session.h"

#include "util/cleanup.h"

#include <string.h>

enum { LABEL_WIDTH = 10 };

/* How the search for one image went. */
struct finding {
	const struct iq_image *image;
	struct iq_debuginfo result;
	char *problem; /* what is wrong with a file that was named; NULL: nothing */
};

static void finding_deinit(struct finding *finding)
{
	iq_debuginfo_free(&finding->result);
	free(finding->problem);
}

static struct iq_error *find(struct iq_kernel *kernel, const struct iq_image *image, struct finding *out)
{
	struct iq_error *error;

	*out = (struct finding){ .image = image };
	error = iq_image_find_debuginfo(iq_kernel_images(kernel), image, &out->result);
	if (!iq_error_is(error, IQ_ERROR_ARGUMENT))
		return error;
	out->problem = strdup(error->message);
	iq_error_free(error);
	return out->problem ? NULL : iq_error_no_memory();
}

static void add_build_id(struct iq_out *out, const struct iq_image *image)
{
	char text[2 * sizeof(image->build_id) + 1] = "";

	for (size_t i = 0; i < image->build_id_size && i < sizeof(image->build_id); i++)
		snprintf(text + 2 * i, 3, "%02x", image->build_id[i]);
	if (image->build_id_size)
		iq_add_string(out, "build_id", text);
	else
		iq_add_unavailable(out, "build_id", "it is neither in vmcoreinfo nor in the kernel's memory");
}

static void add_attempts(struct iq_out *out, const struct iq_debuginfo *result, bool shown)
{
	iq_list_begin(out, "attempts");
	for (size_t i = 0; i < result->attempts.count; i++) {
		const struct iq_debuginfo_attempt *attempt = &result->attempts.data[i];

		iq_record_begin(out);
		iq_add_string(out, "outcome", iq_debuginfo_outcome_name(attempt->outcome));
		iq_add_string(out, "place", attempt->path);
		iq_add_string(out, "detail", attempt->detail);
		if (shown && attempt->outcome == IQ_DEBUGINFO_UNREADABLE && attempt->detail &&
		    !strncmp(attempt->detail, attempt->path, strlen(attempt->path)))
			iq_line(out, "  {outcome:-14}  {detail}");
		else if (shown)
			iq_line(out,
				attempt->detail ? "  {outcome:-14}  {place} ({detail})" : "  {outcome:-14}  {place}");
		iq_end(out);
	}
	iq_end(out);
}

/* What all records have. */
static void add_fields(struct iq_out *out, const struct finding *finding)
{
	iq_add_string(out, "name", finding->image->name);
	add_build_id(out, finding->image);
	iq_add_string(out, "path", finding->result.path);
	iq_add_bool(out, "checked", finding->result.path && !finding->result.unchecked);
	iq_add_string(out, "problem", finding->problem);
}

static const char *path_template(const struct finding *finding)
{
	if (finding->problem)
		return "{problem@error}";
	if (!finding->result.path)
		return "(not found)";
	return finding->result.unchecked ? "{path} (unchecked: there is no build-id to compare)" : "{path}";
}

static void add_advice(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out, bool wanted)
{
	const char *release = iq_images_release(iq_kernel_images(kernel));
	_cleanup_free_ char *advice = wanted ? iq_debuginfo_advice(session->options.kernel.debuginfo, release) : NULL;

	iq_add_string(out, "advice", advice);
	if (advice)
		iq_pair(out, LABEL_WIDTH, "TO HAVE IT", "{advice}");
}

/* Where a module's sections were loaded, as a debugger must be told. */
static void add_sections(struct iq_kernel *kernel, struct iq_out *out, const struct iq_image *module)
{
	const struct iq_dwarf_section *sections;
	size_t count;
	struct iq_error *error = iq_image_sections(iq_kernel_images(kernel), module, &sections, &count);

	if (error) {
		iq_add_unavailable(out, "sections", error->message);
		iq_text(out, "%s", error->message);
		iq_error_free(error);
		return;
	}
	iq_text(out, "its sections:");
	iq_list_begin(out, "sections");
	for (size_t i = 0; i < count; i++) {
		iq_record_begin(out);
		iq_add_string(out, "section", sections[i].name);
		iq_add_address(out, "address", sections[i].address);
		iq_line(out, "  {address@address}  {section}");
		iq_end(out);
	}
	iq_end(out);
}

/* One image at length. */
static void show_one(struct iq_session *session, struct iq_kernel *kernel, const struct finding *finding,
		     struct iq_out *out, bool attempts)
{
	iq_record_begin(out);
	add_fields(out, finding);
	iq_add_string(out, "release", iq_images_release(iq_kernel_images(kernel)));
	iq_pair(out, LABEL_WIDTH, finding->image->kind == IQ_IMAGE_VMLINUX ? "KERNEL" : "MODULE",
		finding->image->kind == IQ_IMAGE_VMLINUX ? "{release}" : "{name}");
	iq_pair(out, LABEL_WIDTH, "BUILD-ID", "{build_id}");
	iq_pair(out, LABEL_WIDTH, "DEBUG INFO", path_template(finding));
	add_advice(session, kernel, out, !finding->result.path);
	if (attempts && finding->result.attempts.count)
		iq_text(out, "looked for it in:");
	else if (attempts)
		iq_text(out, "it was not looked for");
	add_attempts(out, &finding->result, attempts);
	if (finding->image->kind == IQ_IMAGE_MODULE)
		add_sections(kernel, out, finding->image);
	iq_end(out);
}

static struct iq_error *show_vmlinux(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out,
				     bool attempts)
{
	_cleanup_(finding_deinit) struct finding finding = { 0 };

	IQ_TRY(find(kernel, iq_images_vmlinux(iq_kernel_images(kernel)), &finding));
	show_one(session, kernel, &finding, out, attempts || !finding.result.path);
	return NULL;
}

static void show_row(const struct finding *finding, struct iq_out *out, int width)
{
	char template[160];

	iq_record_begin(out);
	add_fields(out, finding);
	snprintf(template, sizeof(template), "{name:-%d@symbol}  {build_id:-40}  %s", width, path_template(finding));
	iq_line(out, template);
	add_attempts(out, &finding->result, false);
	iq_end(out);
}

static struct iq_error *show_modules(struct iq_kernel *kernel, struct iq_out *out)
{
	_cleanup_free_ const struct iq_image **modules = NULL;
	int width = (int)strlen("MODULE");
	size_t count;

	IQ_TRY(iq_modules_by_base(kernel, &modules, &count));
	for (size_t i = 0; i < count; i++)
		width = IQ_MAX(width, (int)strlen(modules[i]->name));
	if (count)
		iq_text(out, "%s", "");
	if (count)
		iq_text(out, "%-*s  %-40s  DEBUG INFO", width, "MODULE", "BUILD-ID");
	for (size_t i = 0; i < count; i++) {
		_cleanup_(finding_deinit) struct finding finding = { 0 };

		IQ_TRY(iq_check_interrupt());
		IQ_TRY(find(kernel, modules[i], &finding));
		show_row(&finding, out, width);
	}
	return NULL;
}

/* '-' and '_' are alike in a module's name. */
static bool is_name_of(const char *text, const struct iq_image *module)
{
	size_t i = 0;

	while (text[i] && (text[i] == '-' ? '_' : text[i]) == (module->name[i] == '-' ? '_' : module->name[i]))
		i++;
	return !text[i] && !module->name[i];
}

static struct iq_error *show_named(struct iq_session *session, struct iq_kernel *kernel, const char *name,
				   struct iq_out *out)
{
	_cleanup_(finding_deinit) struct finding finding = { 0 };
	const struct iq_image *const *modules;
	size_t count;

	if (!strcmp(name, "vmlinux"))
		return show_vmlinux(session, kernel, out, true);
	IQ_TRY(iq_images_modules(iq_kernel_images(kernel), &modules, &count));
	for (size_t i = 0; i < count; i++) {
		if (!is_name_of(name, modules[i]))
			continue;
		IQ_TRY(find(kernel, modules[i], &finding));
		show_one(session, kernel, &finding, out, true);
		return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no module %s is loaded", name);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	if (!args->count) {
		IQ_TRY(show_vmlinux(session, kernel, out, false));
		return show_modules(kernel, out);
	}
	for (size_t i = 0; i < args->count; i++) {
		if (i)
			iq_text(out, "%s", "");
		IQ_TRY(show_named(session, kernel, args->words[i].text, out));
	}
	return NULL;
}

const struct iq_command iq_command_debuginfo = {
	.name = "debuginfo",
	.summary = "which debug information there is, and what would bring the rest",
	.arguments = "[vmlinux | MODULE]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Shows the files with debug information (DWARF) of the kernel and of its\n"
		"modules, or that there are none. For what is named, and for a kernel that has\n"
		"none, each place that was looked at is listed, and what to type on the\n"
		"distribution that the kernel is of.\n\n"
		"It is looked for in what --debuginfo names, in directories of build-ids, where\n"
		"Debian, Ubuntu, Fedora, RHEL and SUSE install it below /usr/lib/debug, beside\n"
		"the installed kernels and in build trees, and with --debuginfod on the servers\n"
		"of DEBUGINFOD_URLS. A file counts only when its build-id is the dump's.\n"
		"A module's sections are shown with their addresses.",
	.examples =
		(const struct iq_example[]){
			{ "debuginfo", "kfunc-6.1.47-la57.flat", "the kernel's and all modules'" },
			{ "debuginfo nf_conntrack", "kfunc-6.1.47-la57.flat", "where a module's was looked for" },
			{ 0 },
		},
	.run = run,
};
