// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the debug information of an image is looked for. */
#include "image/internal.h"

#include "util/cleanup.h"

#include <string.h>

static struct iq_error *copy_text(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return text && !*to ? iq_error_no_memory() : NULL;
}

static struct iq_error *copy_debuginfo(struct iq_debuginfo_options *to, const struct iq_debuginfo_options *from)
{
	char **paths = calloc(from->path_count + 1, sizeof(*paths));
	if (!paths)
		return iq_error_no_memory();
	*to = (struct iq_debuginfo_options){ .paths = (const char *const *)paths,
					     .off = from->off,
					     .debuginfod = from->debuginfod };
	for (; to->path_count < from->path_count; to->path_count++)
		IQ_TRY(copy_text(&paths[to->path_count], from->paths[to->path_count]));
	return copy_text((char **)&to->root, from->root);
}

struct iq_error *iq_images_take_options(struct iq_images *images, const struct iq_images_options *options)
{
	if (!options)
		return NULL;
	images->look_for_debuginfo = options->debuginfo != NULL;
	IQ_TRY(copy_text(&images->given_vmlinux, options->vmlinux));
	IQ_TRY(copy_text(&images->cache, options->cache));
	return options->debuginfo ? copy_debuginfo(&images->debuginfo, options->debuginfo) : NULL;
}

struct iq_error *iq_error_again(const struct iq_error *error)
{
	return error ? iq_error_new(error->code, "%s", error->message) : NULL;
}

static void free_one(struct iq_image_debug *debug)
{
	iq_dwarf_close(debug->dwarf);
	iq_vec_foreach (section, &debug->sections)
		free((char *)section->name);
	iq_vec_free(&debug->sections);
	iq_error_free(debug->sections_error);
	iq_error_free(debug->error);
	free(debug);
}

void iq_images_free_debug(struct iq_images *images)
{
	for (size_t i = 0; i < images->debug.count; i++)
		free_one(images->debug.data[i]);
	iq_vec_free(&images->debug);
	for (size_t i = 0; i < images->debuginfo.path_count; i++)
		free((char *)images->debuginfo.paths[i]);
	free((void *)images->debuginfo.paths);
	free((char *)images->debuginfo.root);
	iq_debuginfo_trees_free(images->trees);
	free(images->given_vmlinux);
	free(images->cache);
}

struct iq_error *iq_image_debug_of(struct iq_images *images, const struct iq_image *image, struct iq_image_debug **out)
{
	for (size_t i = 0; i < images->debug.count; i++) {
		if (images->debug.data[i]->image == image) {
			*out = images->debug.data[i];
			return NULL;
		}
	}
	struct iq_image_debug **place = iq_vec_push(&images->debug);
	*out = place ? calloc(1, sizeof(**place)) : NULL;
	if (!*out) {
		images->debug.count -= place != NULL;
		return iq_error_no_memory();
	}
	(*out)->image = image;
	*place = *out;
	return NULL;
}

const char *iq_images_release(struct iq_images *images)
{
	const char *text;
	size_t length;
	uint64_t names, offset;
	if (images->release_asked)
		return *images->release ? images->release : NULL;
	images->release_asked = true;
	if (iq_dump_vmcoreinfo_get(iq_target_dump(images->target), "OSRELEASE", &text, &length) &&
	    length < sizeof(images->release)) {
		memcpy(images->release, text, length);
	} else if (iq_vmlinux_symbol(images, "init_uts_ns", &names) &&
		   iq_member_offset(images, "uts_namespace", "name.release", &offset)) {
		if (iq_failed(iq_read_string(images->target, names + offset, images->release, sizeof(images->release))))
			*images->release = '\0';
	}
	if (!iq_plausible_name(images->release, sizeof(images->release)))
		*images->release = '\0';
	return *images->release ? images->release : NULL;
}

static void find_build_id(struct iq_images *images, const struct iq_image *image)
{
	_cleanup_(iq_object_free) struct iq_object module = { 0 };
	if (image->build_id_size)
		return;
	if (image == &images->vmlinux)
		iq_vmlinux_build_id(images);
	else if (!images->module_ids_loaded && !iq_failed(iq_object_read(images, "module", image->object, &module)))
		iq_module_build_id(images, &module, (struct iq_image *)image);
}

static struct iq_debuginfo_request request_for(struct iq_images *images, const struct iq_image *image)
{
	find_build_id(images, image);
	return (struct iq_debuginfo_request){ .release = iq_images_release(images),
					      .module = image->kind == IQ_IMAGE_MODULE ? image->name : NULL,
					      .build_id = image->build_id,
					      .build_id_size = image->build_id_size,
					      .trees = images->trees };
}

struct iq_error *iq_images_check_debuginfo(struct iq_images *images)
{
	if (!images->debuginfo.path_count)
		return NULL;
	const struct iq_debuginfo_request request = request_for(images, &images->vmlinux);
	return iq_debuginfo_check(&images->debuginfo, &request);
}

/* The vmlinux of the command line, whose build-id was compared when it was opened. That it has no DWARF is no mistake:
 * it was given for its symbols. */
static struct iq_error *look_in_given(struct iq_images *images, const struct iq_debuginfo_request *request,
				      struct iq_debuginfo *out)
{
	const char *paths[] = { images->given_vmlinux };
	const struct iq_debuginfo_options options = { .paths = paths, .path_count = 1, .off = true };
	struct iq_error *error = iq_debuginfo_find(&options, request, out);
	if (!iq_error_is(error, IQ_ERROR_ARGUMENT))
		return error;
	iq_error_free(error);
	return NULL;
}

/* Puts the attempts of `first` before those of `out`. */
static struct iq_error *join(struct iq_debuginfo *first, struct iq_debuginfo *out)
{
	iq_vec_foreach (attempt, &out->attempts) {
		struct iq_debuginfo_attempt *place = iq_vec_push(&first->attempts);
		if (!place)
			return iq_error_no_memory();
		*place = *attempt;
		*attempt = (struct iq_debuginfo_attempt){ 0 };
	}
	first->path = iq_steal(out->path);
	first->unchecked = out->unchecked;
	iq_debuginfo_free(out);
	*out = *first;
	*first = (struct iq_debuginfo){ 0 };
	return NULL;
}

struct iq_error *iq_image_find_debuginfo(struct iq_images *images, const struct iq_image *image,
					 struct iq_debuginfo *out)
{
	_cleanup_(iq_debuginfo_free) struct iq_debuginfo given = { 0 };
	*out = (struct iq_debuginfo){ 0 };
	if (image->kind != IQ_IMAGE_VMLINUX && image->kind != IQ_IMAGE_MODULE)
		return NULL;
	if (!images->trees)
		images->trees = iq_debuginfo_trees_new();
	const struct iq_debuginfo_request request = request_for(images, image);
	if (image->kind == IQ_IMAGE_VMLINUX && images->given_vmlinux) {
		IQ_TRY(look_in_given(images, &request, &given));
		if (given.path || !images->look_for_debuginfo) {
			*out = given;
			given = (struct iq_debuginfo){ 0 };
			return NULL;
		}
	}
	struct iq_error *error =
		images->look_for_debuginfo ? iq_debuginfo_find(&images->debuginfo, &request, out) : NULL;
	struct iq_error *lost = given.attempts.count ? join(&given, out) : NULL;
	if (!error)
		return lost;
	iq_error_free(lost);
	return error;
}
