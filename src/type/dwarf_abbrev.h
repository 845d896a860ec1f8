/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: DIEs read straight from the bytes of .debug_info, for the one pass over all units. libdw keeps each
 * unit's abbreviations for good: 200 MB for a vmlinux, and it decodes each attribute again for each question.
 */
#ifndef IQ_TYPE_DWARF_ABBREV_H
#define IQ_TYPE_DWARF_ABBREV_H

#include "type/dwarf_index.h"

#if IQ_HAVE_ELFUTILS

struct dwarf_attribute_spec {
	uint32_t name, form;
	int64_t implicit; /* DW_FORM_implicit_const */
};

struct dwarf_abbrev {
	uint64_t code;
	uint32_t tag;
	bool has_children;
	uint32_t first, count; /* its attributes, in specs */
};

struct dwarf_abbrevs {
	uint64_t offset; /* in .debug_abbrev */
	bool read;
	IQ_VEC(struct dwarf_abbrev) list;
	IQ_VEC(struct dwarf_attribute_spec) specs;
};

/* The sections of one file. */
struct dwarf_sections {
	struct dwarf_section info, abbrev, str, line_str, str_offsets;
	struct dwarf_section alternate_str;
};

/* A unit's header. */
struct dwarf_unit {
	const struct dwarf_sections *sections;
	const struct dwarf_abbrevs *abbrevs;
	const uint8_t *start, *end; /* the header's first byte, the unit's end */
	const uint8_t *first_die;
	unsigned version, address_size, offset_size;
	uint64_t str_offsets_base;
	uint64_t abbrev_offset;
	uint64_t signature, type_die; /* of a type unit: its name, and where the type is in the section; else 0 */
};

/* What the index wants to know of a DIE. Offsets are the section's. */
struct dwarf_die {
	const struct dwarf_abbrev *abbrev; /* NULL: the end of a list of children */
	const char *name;
	bool name_lasts; /* it lies in a section of strings */
	bool declaration, has_code, has_value;
	uint64_t byte_size;
	uint64_t str_offsets_base; /* of a unit's own DIE */
	uint64_t sibling;          /* 0: none */
	uint64_t origin;           /* DW_AT_abstract_origin or DW_AT_specification; 0: none */
	bool origin_elsewhere;     /* in another unit */
	bool origin_in_alternate;
	const uint8_t *next; /* what follows its attributes */
};

/* Reads the header of the unit at `offset`; *next is where the one after it begins. `types`: of .debug_types.
 * IQ_ERROR_FORMAT: no unit can be found from there on. */
struct iq_error *iq_dwarf_unit_read(const struct dwarf_sections *sections, uint64_t offset, bool types,
				    struct dwarf_unit *out, uint64_t *next);

struct iq_error *iq_dwarf_abbrevs_read(const struct dwarf_section *section, uint64_t offset, struct dwarf_abbrevs *out);
void iq_dwarf_abbrevs_free(struct dwarf_abbrevs *abbrevs);

/* False: damaged. */
bool iq_dwarf_die_read(const struct dwarf_unit *unit, const uint8_t *at, struct dwarf_die *out);

#endif

#endif
