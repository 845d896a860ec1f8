// SPDX-License-Identifier: GPL-2.0-or-later
/* A module's build-id: struct module.build_id where the kernel keeps one (5.14 with CONFIG_STACKTRACE_BUILD_ID,
 * 9294523e3768), else out of its note sections, which lie in its memory and are listed for /sys/module/NAME/notes
 * (struct module_notes_attrs). */
#include "image/internal.h"

#include "util/cleanup.h"

#include <elf.h>
#include <string.h>

enum { MAX_NOTES = 64, MAX_NOTE_BYTES = 4096 };

bool iq_notes_build_id(const uint8_t *bytes, size_t size, struct iq_image *image)
{
	size_t at = 0;
	Elf64_Nhdr note;
	while (size - at >= sizeof(note)) {
		memcpy(&note, bytes + at, sizeof(note));
		at += sizeof(note);
		size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3, desc = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name > size - at || desc > size - at - name)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(bytes + at, "GNU", 4) == 0 &&
		    note.n_descsz && note.n_descsz <= sizeof(image->build_id)) {
			memcpy(image->build_id, bytes + at + name, note.n_descsz);
			image->build_id_size = note.n_descsz;
			return true;
		}
		at += name + desc;
	}
	return false;
}

/* One struct bin_attribute: `private` is the section's address. */
static bool read_note(struct iq_images *images, uint64_t attribute, struct iq_image *image)
{
	uint64_t address, size;
	uint8_t bytes[MAX_NOTE_BYTES];
	if (iq_failed(iq_member_read(images, "bin_attribute", "private", attribute, &address)) ||
	    iq_failed(iq_member_read(images, "bin_attribute", "size", attribute, &size)) || !size ||
	    size > sizeof(bytes))
		return false;
	for (unsigned i = 0; i < image->range_count; i++) {
		if (address >= image->ranges[i].start && address < image->ranges[i].end &&
		    size <= image->ranges[i].end - address)
			return !iq_failed(iq_read(images->target, address, bytes, size)) &&
			       iq_notes_build_id(bytes, size, image);
	}
	return false;
}

static void read_notes(struct iq_images *images, uint64_t notes, struct iq_image *image)
{
	uint64_t count = 0, attributes, element, offset;
	if (!notes || !iq_member_offset(images, "module_notes_attrs", "attrs", &offset) ||
	    iq_failed(iq_types_size(images->types, "bin_attribute", &element)))
		return;
	/* 6.14 has a NULL-terminated array of pointers in place of the count (4723f16de64e). */
	bool counted = !iq_failed(iq_member_read(images, "module_notes_attrs", "notes", notes, &count));
	if (!counted && (iq_failed(iq_member_read(images, "module_notes_attrs", "grp.bin_attrs", notes, &attributes)) ||
			 !attributes))
		return;
	for (uint64_t i = 0; i < (counted ? IQ_MIN(count, (uint64_t)MAX_NOTES) : MAX_NOTES); i++) {
		uint64_t attribute = notes + offset + i * element;
		if (!counted && (iq_failed(iq_read_u64(images->target, attributes + i * 8, &attribute)) || !attribute))
			return;
		if (read_note(images, attribute, image))
			return;
	}
}

void iq_module_build_id(struct iq_images *images, const struct iq_object *module, struct iq_image *image)
{
	uint64_t size, notes;
	const uint8_t *id = iq_object_bytes(module, "build_id", &size);
	bool any = false;
	for (uint64_t i = 0; id && i < size; i++)
		any |= id[i] != 0;
	if (any && size <= sizeof(image->build_id)) {
		memcpy(image->build_id, id, size);
		image->build_id_size = size;
	} else if (iq_object_get(module, "notes_attrs", &notes)) {
		read_notes(images, notes, image);
	}
}
