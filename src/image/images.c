// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/internal.h"

#include "util/cleanup.h"

#include <string.h>

static const uint64_t MAX_JITED = UINT64_C(16) << 20;

void iq_image_free(struct iq_image *image)
{
	if (!image)
		return;
	free((char *)image->name);
	free(image);
}

void iq_image_freep(struct iq_image **image)
{
	iq_image_free(*image);
}

static struct iq_error *load_stage(struct iq_images *images, enum iq_image_stage stage)
{
	if (stage == IQ_STAGE_MODULES)
		return iq_modules_load(images);
	if (!iq_types_available(images->types))
		return NULL; /* the modules' error has told of it */
	if (stage == IQ_STAGE_BPF)
		return iq_bpf_load(images);
	return stage == IQ_STAGE_FTRACE ? iq_ftrace_load(images) : iq_kprobes_load(images);
}

/* Looks for the next kind of code. Each is found for itself: one list's damage leaves the others alone. */
static struct iq_error *load_next(struct iq_images *images)
{
	enum iq_image_stage stage = images->stage;
	IQ_TRY(iq_check_interrupt());
	if (stage == IQ_STAGE_DONE)
		return NULL;
	images->stage++; /* first: the loaders ask for symbols and types themselves */
	const size_t before = images->modules.count + images->jited.count;
	struct iq_error *error = load_stage(images, stage);
	/* Ctrl-C makes a search look as if nothing were there. */
	if (iq_interrupted() && images->modules.count + images->jited.count == before)
		images->stage = stage;
	return error;
}

static struct iq_error *load_modules(struct iq_images *images)
{
	return images->stage == IQ_STAGE_MODULES ? load_next(images) : NULL;
}

static struct iq_error *load_symbols(void *context, bool *more)
{
	struct iq_images *images = context;
	struct iq_error *error = load_next(images);
	*more = images->stage < IQ_STAGE_DONE;
	return error;
}

static struct iq_error *load_module_types(struct iq_images *images)
{
	if (images->module_types_loaded)
		return NULL;
	images->module_types_loaded = true;
	struct iq_error *error = iq_modules_load_types(images);
	images->module_types_loaded = !iq_interrupted();
	return error;
}

static struct iq_error *load_types(void *context)
{
	IQ_TRY(load_modules(context));
	return load_module_types(context);
}

struct iq_error *iq_images_open(struct iq_target *target, struct iq_symbols *symbols, struct iq_types *types,
				const struct iq_images_options *options, struct iq_images **out)
{
	_cleanup_(iq_images_closep) struct iq_images *images = calloc(1, sizeof(*images));
	if (!images)
		return iq_error_no_memory();
	images->target = target;
	images->symbols = symbols;
	images->types = types;
	images->vmlinux.kind = IQ_IMAGE_VMLINUX;
	images->vmlinux.name = "vmlinux";
	IQ_TRY(iq_images_take_options(images, options));
	IQ_TRY(iq_vmlinux_open(images));
	iq_symbols_set_loader(symbols, load_symbols, images);
	iq_types_set_loader(types, load_types, images);
	if (!iq_target_layout(target)->direct_map)
		iq_vmlinux_fill(images);
	*out = iq_steal(images);
	return NULL;
}

void iq_images_close(struct iq_images *images)
{
	if (!images)
		return;
	iq_images_free_debug(images);
	for (size_t i = 0; i < images->modules.count; i++)
		iq_image_free((struct iq_image *)images->modules.data[i]);
	for (size_t i = 0; i < images->jited.count; i++)
		iq_image_free((struct iq_image *)images->jited.data[i]);
	iq_vec_free(&images->modules);
	iq_vec_free(&images->jited);
	iq_vec_free(&images->places);
	iq_vec_free(&images->ksyms);
	free(images);
}

void iq_images_closep(struct iq_images **images)
{
	iq_images_close(*images);
}

const struct iq_image *iq_images_vmlinux(struct iq_images *images)
{
	iq_vmlinux_fill(images);
	return &images->vmlinux;
}

struct iq_error *iq_images_modules(struct iq_images *images, const struct iq_image *const **modules, size_t *count)
{
	if (!iq_types_available(images->types))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "modules: needs types: give a vmlinux with debug information");
	IQ_TRY(load_modules(images));
	IQ_TRY(load_module_types(images));
	if (!images->module_ids_loaded)
		iq_modules_load_ids(images);
	images->module_ids_loaded = true;
	*modules = images->modules.data;
	*count = images->modules.count;
	return NULL;
}

static int compare_images(const void *a, const void *b)
{
	const struct iq_image *x = *(const struct iq_image *const *)a, *y = *(const struct iq_image *const *)b;
	return x->base < y->base ? -1 : x->base > y->base;
}

struct iq_error *iq_images_jited(struct iq_images *images, const struct iq_image *const **list, size_t *count)
{
	if (!iq_types_available(images->types))
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "JITed code: needs types: give a vmlinux with debug information");
	while (images->stage < IQ_STAGE_DONE) {
		IQ_TRY(iq_check_interrupt());
		iq_warn_error(iq_images_diag(images), load_next(images));
	}
	iq_bpf_find_owners(images);
	if (images->jited.count)
		qsort(images->jited.data, images->jited.count, sizeof(*images->jited.data), compare_images);
	*list = images->jited.data;
	*count = images->jited.count;
	return NULL;
}

struct iq_error *iq_images_take(struct iq_images *images, struct iq_image *image, bool module)
{
	_cleanup_(iq_image_freep) struct iq_image *owned = image;
	const struct iq_image **slot = module ? iq_vec_push(&images->modules) : iq_vec_push(&images->jited);
	if (!slot)
		return iq_error_no_memory();
	*slot = iq_steal(owned);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(image->text); i++) {
		if (image->text[i].end <= image->text[i].start)
			continue;
		struct iq_text_place *place = iq_vec_push(&images->places);
		if (!place)
			return iq_error_no_memory();
		*place = (struct iq_text_place){ image->text[i].start, image->text[i].end, image };
	}
	images->places_sorted = false;
	return NULL;
}

struct iq_error *iq_jited_add(struct iq_images *images, enum iq_image_kind kind, const char *module, const char *name,
			      uint64_t object, uint64_t start, uint64_t end, struct iq_image **out)
{
	if (out)
		*out = NULL;
	if (end <= start || end - start > MAX_JITED || !iq_is_kernel_address(images->target, start)) {
		iq_warn(iq_images_diag(images), "%s: its code can't lie from %#lx to %#lx", name, start, end);
		return NULL;
	}
	_cleanup_(iq_image_freep) struct iq_image *image = calloc(1, sizeof(*image));
	if (!image || !(image->name = strdup(name)))
		return iq_error_no_memory();
	image->kind = kind;
	image->object = object;
	image->base = start;
	image->size = end - start;
	image->ranges[0] = image->text[0] = (struct iq_symbol_range){ start, end };
	image->range_count = 1;

	enum iq_symbol_origin origin =
		kind == IQ_IMAGE_FTRACE_TRAMPOLINE || kind == IQ_IMAGE_KPROBE_PAGE ? IQ_SYMBOL_FTRACE : IQ_SYMBOL_BPF;
	struct iq_symbol symbol = { .name = name, .address = start, .size = end - start, .type = 't' };
	struct iq_symbol_source *source;
	IQ_TRY(iq_array_symbols_new(origin, module, &symbol, 1, &source));
	IQ_TRY(iq_symbols_add(images->symbols, source));
	struct iq_image *taken = iq_steal(image);
	IQ_TRY(iq_images_take(images, taken, false));
	if (out)
		*out = taken;
	return NULL;
}

static int compare_places(const void *a, const void *b)
{
	const struct iq_text_place *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

static const struct iq_image *find_place(struct iq_images *images, uint64_t address)
{
	size_t low = 0, high = images->places.count;
	if (!images->places_sorted && high)
		qsort(images->places.data, high, sizeof(*images->places.data), compare_places);
	images->places_sorted = true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (images->places.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= images->places.data[low - 1].end)
		return NULL;
	return images->places.data[low - 1].image;
}

const struct iq_image *iq_image_at(struct iq_images *images, uint64_t address)
{
	if (!iq_is_kernel_address(images->target, address))
		return NULL;
	iq_vmlinux_fill(images);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(images->vmlinux.text); i++) {
		const struct iq_symbol_range *text = &images->vmlinux.text[i];
		if (address >= text->start && address < text->end)
			return &images->vmlinux;
	}
	const struct iq_layout *layout = iq_target_layout(images->target);
	if (address >= layout->text && address < layout->text_end)
		return NULL;
	const struct iq_image *image = find_place(images, address);
	while (!image && images->stage < IQ_STAGE_DONE && !iq_interrupted()) {
		iq_warn_error(iq_images_diag(images), load_next(images));
		image = find_place(images, address);
	}
	return image;
}
