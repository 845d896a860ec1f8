// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/notes.h"

#include "util/reader.h"
#include "util/vec.h"

#include <string.h>

struct iq_error *iq_notes_parse(struct iq_notes *notes, uint8_t *bytes, size_t size, const struct iq_diag *diag)
{
	notes->bytes = bytes;
	struct iq_reader r = iq_reader_init(bytes, size, "notes");
	while (iq_reader_left(&r) >= 12) {
		uint32_t name_size = iq_reader_u32(&r);
		uint32_t desc_size = iq_reader_u32(&r);
		uint32_t type = iq_reader_u32(&r);
		if (!name_size && !desc_size && !type)
			break; /* /proc/vmcore pads its merged notes with zeros */
		const uint8_t *name = iq_reader_bytes(&r, name_size);
		iq_reader_align(&r, 4);
		const uint8_t *desc = iq_reader_bytes(&r, desc_size);
		if (r.overrun) {
			iq_warn(diag, "notes: note %zu is cut short or damaged (name %u bytes, description %u bytes)",
				notes->count, name_size, desc_size);
			break;
		}
		bool named = name_size > 0 && memchr(name, 0, name_size);
		struct iq_note *note = iq_vec_push(notes);
		if (!note)
			return iq_error_no_memory();
		*note = (struct iq_note){ named ? (const char *)name : "", type, desc, desc_size };
		if (iq_reader_left(&r) >= 4) /* the last one may lack its padding */
			iq_reader_align(&r, 4);
	}
	return NULL;
}

const struct iq_note *iq_notes_find(const struct iq_notes *notes, const char *name, uint32_t type)
{
	for (size_t i = 0; i < notes->count; i++) {
		if (notes->data[i].type == type && strcmp(notes->data[i].name, name) == 0)
			return &notes->data[i];
	}
	return NULL;
}

void iq_notes_free(struct iq_notes *notes)
{
	free(notes->data);
	free(notes->bytes);
	*notes = (struct iq_notes){ 0 };
}
