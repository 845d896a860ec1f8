// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a module's sections lie, as /sys/module/NAME/sections lists them (kernel/module/sysfs.c: struct
 * module_sect_attrs). Until 6.13 a counted array of struct module_sect_attr: a bin_attribute (since 5.9, ed66f991bb19;
 * a module_attribute and `name` before) and `address`. Since 6.14 bare bin_attributes, whose `private` is the address,
 * and a NULL-terminated array of pointers to them (d8959b947a8d, 34f5ec0f8252, 4b2c11e4aaf7).
 */
#include "image/internal.h"

#include "util/cleanup.h"

#include <string.h>

enum { MAX_SECTIONS = 4096, MAX_NAME = 256 };

/* How this kernel's list is made. */
struct shape {
	uint64_t first, element;      /* of the counted array */
	uint64_t count;               /* 0: a list of pointers instead */
	uint64_t pointers;            /* its address */
	uint64_t name_at, address_at; /* in an element */
};

static struct iq_error *unknown(const struct iq_image *image)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED,
			    "%s: where its sections lie is not known: this kernel's types have no struct "
			    "module_sect_attrs as known here",
			    image->name);
}

static struct iq_error *find_counted(struct iq_images *images, const struct iq_image *image, uint64_t list,
				     struct shape *shape)
{
	IQ_TRY(iq_error_prefix(iq_member_read(images, "module_sect_attrs", "nsections", list, &shape->count),
			       "%s: where its sections lie", image->name));
	if (!shape->count || shape->count > MAX_SECTIONS)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: %lu sections can't be", image->name, shape->count);
	if (iq_failed(iq_types_size(images->types, "module_sect_attr", &shape->element)) ||
	    !iq_member_offset(images, "module_sect_attrs", "attrs", &shape->first) ||
	    !iq_member_offset(images, "module_sect_attr", "address", &shape->address_at) ||
	    (!iq_member_offset(images, "module_sect_attr", "battr.attr.name", &shape->name_at) &&
	     !iq_member_offset(images, "module_sect_attr", "name", &shape->name_at)))
		return unknown(image);
	shape->first += list;
	return NULL;
}

static struct iq_error *find_shape(struct iq_images *images, const struct iq_image *image, struct shape *shape)
{
	uint64_t list;
	IQ_TRY(iq_error_prefix(iq_member_read(images, "module", "sect_attrs", image->object, &list),
			       "%s: where its sections lie", image->name));
	if (!list)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: the kernel has no list of its sections", image->name);
	if (iq_types_has_member(images->types, "module_sect_attrs", "nsections"))
		return find_counted(images, image, list, shape);
	if (!iq_member_offset(images, "bin_attribute", "attr.name", &shape->name_at) ||
	    !iq_member_offset(images, "bin_attribute", "private", &shape->address_at))
		return unknown(image);
	return iq_error_prefix(iq_member_read(images, "module_sect_attrs", "grp.bin_attrs", list, &shape->pointers),
			       "%s: where its sections lie", image->name);
}

static bool is_loaded(const struct iq_image *image, uint64_t address)
{
	for (unsigned i = 0; i < image->range_count; i++) {
		if (address >= image->ranges[i].start && address < image->ranges[i].end)
			return true;
	}
	return false;
}

struct iq_error *iq_section_add(struct iq_image_debug *debug, const char *name, uint64_t address)
{
	char *copy = strdup(name);
	struct iq_dwarf_section *section = copy ? iq_vec_push(&debug->sections) : NULL;
	if (!section) {
		free(copy);
		return iq_error_no_memory();
	}
	*section = (struct iq_dwarf_section){ copy, address };
	return NULL;
}

static struct iq_error *read_section(struct iq_images *images, struct iq_image_debug *debug, const struct shape *shape,
				     uint64_t element)
{
	uint64_t name_at, address;
	char name[MAX_NAME];
	IQ_TRY(iq_read_u64(images->target, element + shape->name_at, &name_at));
	IQ_TRY(iq_read_u64(images->target, element + shape->address_at, &address));
	if (!is_loaded(debug->image, address))
		return NULL;
	IQ_TRY(iq_read_string(images->target, name_at, name, sizeof(name)));
	if (!iq_plausible_name(name, sizeof(name)))
		return iq_error_new(IQ_ERROR_FORMAT, "a section's name at %#lx is damaged", name_at);
	return iq_section_add(debug, name, address);
}

static struct iq_error *read_sections(struct iq_images *images, struct iq_image_debug *debug)
{
	struct shape shape = { 0 };
	IQ_TRY(find_shape(images, debug->image, &shape));
	for (uint64_t i = 0; i < (shape.count ? shape.count : MAX_SECTIONS); i++) {
		uint64_t element = shape.first + i * shape.element;
		struct iq_error *error = NULL;
		IQ_TRY(iq_check_interrupt());
		if (!shape.count)
			error = iq_read_u64(images->target, shape.pointers + i * sizeof(uint64_t), &element);
		if (!error && !shape.count && !element)
			break;
		bool lost = error != NULL;
		if (!error)
			error = read_section(images, debug, &shape, element);
		iq_warn_error(iq_images_diag(images),
			      iq_error_prefix(error, "%s: the list of its sections", debug->image->name));
		if (lost)
			break;
	}
	return debug->sections.count ? NULL
				     : iq_error_new(IQ_ERROR_NOT_FOUND, "%s: where its sections lie is not known",
						    debug->image->name);
}

struct iq_error *iq_image_sections(struct iq_images *images, const struct iq_image *image,
				   const struct iq_dwarf_section **sections, size_t *count)
{
	struct iq_image_debug *debug;
	if (image->kind != IQ_IMAGE_MODULE)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is no module", image->name);
	IQ_TRY(iq_image_debug_of(images, image, &debug));
	if (!debug->sections_read) {
		debug->sections_error = read_sections(images, debug);
		if (iq_error_is(debug->sections_error, IQ_ERROR_INTERRUPTED))
			return iq_steal(debug->sections_error);
		debug->sections_read = true;
	}
	*sections = debug->sections.data;
	*count = debug->sections.count;
	return iq_error_again(debug->sections_error);
}
