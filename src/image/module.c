// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules by the kernel's list of them (kernel/module/main.c: modules), each struct module read whole. */
#include "image/internal.h"

#include "image/list.h"
#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

enum { MAX_MODULES = 1 << 14, MAX_PARTS = 12 };

static const uint64_t MAX_PART = UINT64_C(1) << 30;

/* A part of a module in memory, as far as it is executable. */
struct part {
	uint64_t base, size, text_size;
	bool init;
};

static bool add_range(struct iq_images *images, struct iq_image *image, uint64_t start, uint64_t size)
{
	if (!size)
		return true;
	if (!iq_is_kernel_address(images->target, start) || size > MAX_PART || start + size < start ||
	    image->range_count == IQ_IMAGE_MAX_RANGES)
		return false;
	image->ranges[image->range_count++] = (struct iq_symbol_range){ start, start + size };
	return true;
}

/* Text and the rest become ranges of their own, since the last function ends with the text. */
static void add_part(struct iq_images *images, struct iq_image *image, const struct part *part)
{
	uint64_t text = IQ_MIN(part->text_size, part->size);
	if (!part->size || !part->base)
		return;
	if (!add_range(images, image, part->base, text) ||
	    !add_range(images, image, part->base + text, part->size - text)) {
		iq_warn(iq_images_diag(images), "modules: %s: a part of %#lx bytes at %#lx can't be", image->name,
			part->size, part->base);
		return;
	}
	if (text)
		image->text[part->init] = (struct iq_symbol_range){ part->base, part->base + text };
	if (part->init)
		return;
	if (!image->base)
		image->base = part->base;
	image->size += part->size;
}

/* 6.4 and later: struct module_memory mem[MOD_MEM_NUM_TYPES], text and init text apart (ac3b43283923). */
static bool read_mem(struct iq_images *images, const struct iq_object *module, struct iq_image *image)
{
	uint64_t size, element, base_at, size_at;
	int64_t first_init = 4;
	const uint8_t *mem = iq_object_bytes(module, "mem", &size);
	if (!mem || iq_failed(iq_types_size(images->types, "module_memory", &element)) || !element ||
	    !iq_member_offset(images, "module_memory", "base", &base_at) ||
	    !iq_member_offset(images, "module_memory", "size", &size_at) || base_at + 8 > element ||
	    size_at + 4 > element)
		return false;
	iq_error_free(iq_type_constant(images->types, "MOD_INIT_TEXT", &first_init));
	for (uint64_t i = 0; i < MAX_PARTS && (i + 1) * element <= size; i++) {
		struct part part = { .init = (int64_t)i >= first_init };
		uint32_t bytes;
		memcpy(&part.base, mem + i * element + base_at, sizeof(part.base));
		memcpy(&bytes, mem + i * element + size_at, sizeof(bytes));
		part.size = bytes;
		part.text_size = i == 0 || (int64_t)i == first_init ? bytes : 0;
		add_part(images, image, &part);
	}
	return true;
}

/* Before: a core and an init layout, each text first (4.5, 7523e4dc5057). */
static bool read_layouts(struct iq_images *images, const struct iq_object *module, struct iq_image *image)
{
	struct part core = { 0 }, init = { .init = true };
	if (!iq_object_get(module, "core_layout.base", &core.base) ||
	    !iq_object_get(module, "core_layout.size", &core.size) ||
	    !iq_object_get(module, "core_layout.text_size", &core.text_size))
		return false;
	add_part(images, image, &core);
	if (iq_object_get(module, "init_layout.base", &init.base) &&
	    iq_object_get(module, "init_layout.size", &init.size) &&
	    iq_object_get(module, "init_layout.text_size", &init.text_size))
		add_part(images, image, &init);
	return true;
}

/* kernel/panic.c: taint_flags, in the order of the bits. */
static void read_taints(const struct iq_object *module, struct iq_image *image)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	uint64_t taints;
	size_t n = 0;
	if (!iq_object_get(module, "taints", &taints))
		return;
	for (size_t bit = 0; bit < strlen(letters); bit++) {
		if (taints >> bit & 1)
			image->taints[n++] = letters[bit];
	}
}

static void read_orc(const struct iq_object *module, struct iq_image *image)
{
	struct iq_orc_table *orc = &image->orc;
	if (iq_object_get(module, "arch.num_orcs", &orc->count) &&
	    iq_object_get(module, "arch.orc_unwind_ip", &orc->ip) &&
	    iq_object_get(module, "arch.orc_unwind", &orc->orc) && orc->count &&
	    orc->count <= image->size / sizeof(int32_t))
		return;
	*orc = (struct iq_orc_table){ 0 };
}

/* The BTF of loaded modules: struct module forgets it once the module is live, the parsed copies hang on btf_modules
 * (5.11, 36e68442d1af). Maps a module's address to its struct btf. */
static struct iq_error *read_btf_modules(struct iq_images *images, struct iq_map *btfs)
{
	uint64_t head, offset;
	_cleanup_(iq_list_free) struct iq_list list = { 0 };
	if (!iq_vmlinux_symbol(images, "btf_modules", &head) ||
	    !iq_member_offset(images, "btf_module", "list", &offset))
		return NULL;
	IQ_TRY(iq_list_read(images->target, head, MAX_MODULES, "btf_modules", &list));
	for (size_t i = 0; i < list.entries.count; i++) {
		uint64_t entry = list.entries.data[i] - offset, module, btf;
		struct iq_error *error = iq_member_read(images, "btf_module", "module", entry, &module);
		if (!error)
			error = iq_member_read(images, "btf_module", "btf", entry, &btf);
		if (!error && !iq_map_set(btfs, module, btf))
			return iq_error_no_memory();
		iq_warn_error(iq_images_diag(images), iq_error_prefix(error, "btf_modules"));
	}
	return NULL;
}

static struct iq_error *find_btf(struct iq_images *images, const struct iq_map *btfs, struct iq_image *image)
{
	uint64_t btf, data, size;
	if (iq_map_get(btfs, image->object, &btf)) {
		IQ_TRY(iq_member_read(images, "btf", "data", btf, &data));
		IQ_TRY(iq_member_read(images, "btf", "data_size", btf, &size));
	} else if (iq_failed(iq_member_read(images, "module", "btf_data", image->object, &data)) ||
		   iq_failed(iq_member_read(images, "module", "btf_data_size", image->object, &size))) {
		return NULL; /* a kernel without BTF of modules */
	}
	if (data && size) {
		image->btf = data;
		image->btf_size = size;
	}
	return NULL;
}

struct btf_context {
	struct iq_images *images;
	const struct iq_image *image;
};

static struct iq_error *load_btf(void *context, uint8_t **bytes, size_t *size)
{
	struct btf_context *c = context;
	return iq_read_btf(c->images, c->image->btf, c->image->btf_size, bytes, size);
}

static struct iq_error *add_types(struct iq_images *images, const struct iq_image *image)
{
	if (!image->btf)
		return NULL;
	struct btf_context *context = malloc(sizeof(*context));
	if (!context)
		return iq_error_no_memory();
	*context = (struct btf_context){ images, image };
	return iq_types_add_btf(images->types, image->name, load_btf, context, free);
}

static struct iq_error *add_symbols(struct iq_images *images, const struct iq_object *module,
				    const struct iq_image *image)
{
	uint64_t kallsyms, offset;
	struct iq_symbol_source *source;
	if (!iq_object_get(module, "kallsyms", &kallsyms) || !kallsyms) {
		if (!iq_member_offset(images, "module", "core_kallsyms", &offset))
			return NULL; /* built without CONFIG_KALLSYMS */
		kallsyms = module->address + offset;
	}
	IQ_TRY(iq_module_symbols_new(images, image, kallsyms, &source));
	return iq_symbols_add(images->symbols, source);
}

static struct iq_error *read_image(struct iq_images *images, const struct iq_object *module, struct iq_image **out)
{
	uint64_t size, state;
	const char *name = (const char *)iq_object_bytes(module, "name", &size);
	if (!name)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct module has no member name");
	if (!iq_plausible_name(name, size))
		return iq_error_new(IQ_ERROR_FORMAT, "struct module at %#lx: its name is damaged", module->address);
	_cleanup_(iq_image_freep) struct iq_image *image = calloc(1, sizeof(*image));
	if (!image || !(image->name = strndup(name, size)))
		return iq_error_no_memory();
	image->kind = IQ_IMAGE_MODULE;
	image->object = module->address;
	if (iq_object_get(module, "state", &state))
		image->state = (unsigned)state;
	if (!read_mem(images, module, image) && !read_layouts(images, module, image))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct module has neither mem nor core_layout");
	if (!image->range_count)
		iq_warn(iq_images_diag(images), "modules: %s occupies no memory", image->name);
	read_taints(module, image);
	read_orc(module, image);
	*out = iq_steal(image);
	return NULL;
}

static struct iq_error *add_module(struct iq_images *images, uint64_t address)
{
	_cleanup_(iq_object_free) struct iq_object module = { 0 };
	struct iq_image *image;
	IQ_TRY(iq_object_read(images, "module", address, &module));
	IQ_TRY(read_image(images, &module, &image));
	IQ_TRY(iq_images_take(images, image, true));
	return add_symbols(images, &module, image);
}

struct iq_error *iq_modules_load_types(struct iq_images *images)
{
	_cleanup_(iq_map_free) struct iq_map btfs = { 0 };
	if (images->no_btf) {
		iq_modules_add_dwarf(images); /* their BTF says nothing without vmlinux' */
		return NULL;
	}
	iq_warn_error(iq_images_diag(images), read_btf_modules(images, &btfs));
	for (size_t i = 0; i < images->modules.count; i++) {
		struct iq_image *image = (struct iq_image *)images->modules.data[i];
		if (image->btf)
			continue; /* found before a Ctrl-C */
		iq_warn_error(iq_images_diag(images),
			      iq_error_prefix(find_btf(images, &btfs, image), "%s: its BTF", image->name));
		IQ_TRY(add_types(images, image));
	}
	return NULL;
}

void iq_modules_load_ids(struct iq_images *images)
{
	for (size_t i = 0; i < images->modules.count; i++) {
		_cleanup_(iq_object_free) struct iq_object module = { 0 };
		struct iq_image *image = (struct iq_image *)images->modules.data[i];
		if (!iq_failed(iq_object_read(images, "module", image->object, &module)))
			iq_module_build_id(images, &module, image);
	}
}

struct iq_error *iq_modules_load(struct iq_images *images)
{
	uint64_t head, offset;
	_cleanup_(iq_list_free) struct iq_list list = { 0 };
	if (!iq_vmlinux_symbol(images, "modules", &head))
		return NULL; /* built without modules; a kernel without symbols has said so already */
	if (!iq_types_available(images->types))
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "modules: needs types: give a vmlinux with debug information; modules' symbols are "
				    "missing until then");
	if (!iq_member_offset(images, "module", "list", &offset))
		return iq_error_new(IQ_ERROR_UNSUPPORTED,
				    "modules: struct module.list is not among this kernel's types");
	IQ_TRY(iq_list_read(images->target, head, MAX_MODULES, "modules", &list));
	for (size_t i = 0; i < list.entries.count; i++) {
		struct iq_error *error = add_module(images, list.entries.data[i] - offset);
		if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_UNSUPPORTED))
			return error;
		iq_warn_error(iq_images_diag(images), iq_error_prefix(error, "modules"));
	}
	return NULL;
}
