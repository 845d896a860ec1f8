/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the room: DWARF's types. Those who have a DIE ask here for its type; dwarf_index.h finds DIEs by name. */
#ifndef IQ_TYPE_DWARF_TYPES_H
#define IQ_TYPE_DWARF_TYPES_H

#include "type/dwarf_internal.h"

#if IQ_HAVE_ELFUTILS

/* What a DIE's offset counts from. A type's id is that offset, and each of these is a source of its own. */
enum dwarf_space {
	DWARF_SPACE_INFO,      /* .debug_info */
	DWARF_SPACE_TYPES,     /* .debug_types: DWARF 4's type units */
	DWARF_SPACE_ALTERNATE, /* .debug_info of the dwz alternate file */
	DWARF_SPACES
};

/* The DIEs of a type's members, enumerators or parameters, remembered: they can only be found one after the other. */
struct dwarf_parts {
	uint32_t id, count;
	uint32_t *dies;
	bool variadic;
};

enum { DWARF_PARTS_KEPT = 512 };

struct dwarf_source {
	struct iq_type_source source;
	struct dwarf_types *all;
	enum dwarf_space space;
	struct dwarf_parts parts[DWARF_PARTS_KEPT];
};

struct dwarf_types {
	struct iq_dwarf *dwarf; /* NULL: closed */
	struct dwarf_source sources[DWARF_SPACES];
	struct iq_map type_units; /* dwarf_type_units.c: signature → where the type is */
	uint64_t type_units_end;  /* in .debug_types: how far its units are known */
	bool type_units_read;
	bool registered; /* the registry has the first one, and frees all */
};

/* The sources of a file, made on the first call; NULL when memory is out. */
struct dwarf_types *iq_dwarf_types(struct iq_dwarf *dwarf);

/* The DIE at an offset. IQ_ERROR_FORMAT if there is none. */
struct iq_error *iq_dwarf_space_die(struct iq_dwarf *dwarf, enum dwarf_space space, uint64_t offset, Dwarf_Die *out);

/* dwarf_type_units.c: the type in the unit of this signature, and whether an offset of .debug_types lies in a unit. */
struct iq_error *iq_dwarf_signature(struct iq_dwarf *dwarf, Dwarf_Attribute *attribute, Dwarf_Die *out);
bool iq_dwarf_in_type_unit(struct iq_dwarf *dwarf, uint64_t offset);

/* A DIE's name, printable ASCII; NULL when it has none. */
struct iq_error *iq_dwarf_checked_name(struct iq_dwarf *dwarf, Dwarf_Die *die, const char **out);

/* The DIE that this one is an instance or the definition of, to the last: a function's, with its prototype. */
void iq_dwarf_origin(struct iq_dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *out);

/* What struct iq_type_source_ops asks for by id. */
struct iq_error *iq_dwarf_info(struct iq_type_source *source, uint32_t id, struct iq_type_info *out);
struct iq_error *iq_dwarf_member_at(struct iq_type_source *source, uint32_t id, uint32_t n, struct iq_type_member *out);
struct iq_error *iq_dwarf_enumerator_at(struct iq_type_source *source, uint32_t id, uint32_t n,
					struct iq_type_enumerator *out);
struct iq_error *iq_dwarf_parameter_at(struct iq_type_source *source, uint32_t id, uint32_t n, const char **name,
				       struct iq_type *out);

#endif

#endif
