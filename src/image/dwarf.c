// SPDX-License-Identifier: GPL-2.0-or-later
/* The DWARF of an image: found, checked and opened once. */
#include "image/internal.h"

#include "util/cleanup.h"

static struct iq_error *nothing_found(struct iq_images *images, const struct iq_image *image,
				      const struct iq_debuginfo *found)
{
	if (!found->attempts.count && (images->debuginfo.off || !images->look_for_debuginfo))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no debug information of %s was given", image->name);
	if (!image->build_id_size)
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "debug information of %s can't be looked for: its build-id is not known",
				    image->name);
	return iq_error_new(IQ_ERROR_NOT_FOUND,
			    "no debug information of %s was found: `debuginfo %s` tells where it was looked for",
			    image->name, image->name);
}

/* BTF has the same types, and finds them faster. That of modules is known once they have been listed. */
static bool has_btf(struct iq_images *images, const struct iq_image *image)
{
	const struct iq_image *const *modules;
	size_t count;
	if (images->no_btf)
		return false;
	if (image->kind == IQ_IMAGE_MODULE)
		iq_warn_error(iq_images_diag(images), iq_images_modules(images, &modules, &count));
	return image->btf_size != 0;
}

/* By the kernel's list, else by the symbols of the file, which is told. */
static struct iq_error *find_sections(struct iq_images *images, struct iq_image_debug *debug, const char *path)
{
	const struct iq_dwarf_section *sections;
	size_t count;
	_cleanup_(iq_error_freep) struct iq_error *error = iq_image_sections(images, debug->image, &sections, &count);
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return iq_steal(error);
	IQ_TRY(iq_sections_by_symbols(images, debug, path));
	if (!debug->sections.count)
		return iq_steal(error);
	iq_warn(iq_images_diag(images), "%s; its symbols tell", error->message);
	iq_error_freep(&debug->sections_error);
	return NULL;
}

static struct iq_error *open_dwarf(struct iq_images *images, struct iq_image_debug *debug)
{
	const struct iq_image *image = debug->image;
	_cleanup_(iq_debuginfo_free) struct iq_debuginfo found = { 0 };
	if (image->kind != IQ_IMAGE_VMLINUX && image->kind != IQ_IMAGE_MODULE)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s is code made in the kernel: it has no debug information",
				    image->name);
	IQ_TRY(iq_image_find_debuginfo(images, image, &found));
	if (!found.path)
		return nothing_found(images, image, &found);
	struct iq_dwarf_options options = { .path = found.path,
					    .build_id = image->build_id,
					    .build_id_size = image->build_id_size,
					    .cache = images->cache,
					    .types = images->types,
					    .diag = iq_images_diag(images) };
	if (image->kind == IQ_IMAGE_VMLINUX) {
		options.slide = iq_target_layout(images->target)->kaslr_offset;
	} else {
		options.module = image->name;
		IQ_TRY(find_sections(images, debug, found.path));
		options.sections = debug->sections.data;
		options.section_count = debug->sections.count;
	}
	IQ_TRY(iq_dwarf_open(&options, &debug->dwarf));
	return has_btf(images, image) ? NULL : iq_types_add_dwarf(images->types, debug->dwarf);
}

void iq_modules_add_dwarf(struct iq_images *images)
{
	for (size_t i = 0; i < images->modules.count && !iq_interrupted(); i++) {
		struct iq_dwarf *dwarf;
		iq_error_free(iq_image_dwarf(images, images->modules.data[i], &dwarf));
	}
}

struct iq_error *iq_image_dwarf(struct iq_images *images, const struct iq_image *image, struct iq_dwarf **out)
{
	struct iq_image_debug *debug;
	IQ_TRY(iq_image_debug_of(images, image, &debug));
	if (!debug->asked) {
		debug->asked = true; /* first: the search asks for types, which may ask for DWARF */
		struct iq_error *error = open_dwarf(images, debug);
		if (iq_error_is(error, IQ_ERROR_INTERRUPTED)) {
			debug->asked = false;
			return error;
		}
		/* What nobody asked for is no news; what is there and of no use is. */
		if (error && !iq_error_is(error, IQ_ERROR_NOT_FOUND))
			iq_warn(iq_images_diag(images), "%s", error->message);
		debug->error = error;
	}
	if (!debug->dwarf)
		return debug->error ? iq_error_again(debug->error)
				    : iq_error_new(IQ_ERROR_NOT_FOUND,
						   "the debug information of %s is just being looked for", image->name);
	*out = debug->dwarf;
	return NULL;
}

struct iq_dwarf *iq_image_open_dwarf(struct iq_images *images, const struct iq_image *image)
{
	iq_vec_foreach (debug, &images->debug) {
		if ((*debug)->image == image)
			return (*debug)->dwarf;
	}
	return NULL;
}
