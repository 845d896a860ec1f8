/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF notes out of bytes that are not trusted. */
#ifndef IQ_DUMP_NOTES_H
#define IQ_DUMP_NOTES_H

#include "dump/dump.h"

struct iq_notes {
	uint8_t *bytes; /* what the notes point into; owned */
	struct iq_note *data;
	size_t count, capacity;
};

/* Parses `notes->bytes`, owned by `notes` from then on, and adds what is found. Notes that don't fit are reported and
 * end the parsing. */
struct iq_error *iq_notes_parse(struct iq_notes *notes, uint8_t *bytes, size_t size, const struct iq_diag *diag);

/* The first note of this name and type; NULL if there is none. */
const struct iq_note *iq_notes_find(const struct iq_notes *notes, const char *name, uint32_t type);

void iq_notes_free(struct iq_notes *notes);

#endif
