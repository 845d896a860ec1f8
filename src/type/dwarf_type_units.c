// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Type units (gcc -fdebug-types-section): types named by 64-bit signatures. libdw would look for one through all units,
 * in a damaged file without end, so the signatures are collected from the units' headers here.
 */
#include "type/dwarf_abbrev.h"

#if IQ_HAVE_ELFUTILS

#include <string.h>

/* The value in the map: an offset and, above it, the space. */
enum { SPACE_SHIFT = 56 };

static struct iq_error *read_section(struct iq_dwarf *dwarf, struct dwarf_types *types, enum dwarf_space space)
{
	bool old = space == DWARF_SPACE_TYPES;
	struct dwarf_sections sections = { .info = iq_dwarf_section(dwarf->dwarf,
								    old ? ".debug_types" : ".debug_info") };
	for (uint64_t offset = 0, next; offset < sections.info.size; offset = next) {
		struct dwarf_unit unit;
		if (iq_failed(iq_dwarf_unit_read(&sections, offset, old, &unit, &next)))
			return NULL;
		if (old)
			types->type_units_end = next;
		if (unit.type_die && unit.type_die < next &&
		    !iq_map_set(&types->type_units, unit.signature, unit.type_die | (uint64_t)space << SPACE_SHIFT))
			return iq_error_no_memory();
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static struct iq_error *read_units(struct iq_dwarf *dwarf, struct dwarf_types **out)
{
	struct dwarf_types *types = *out = iq_dwarf_types(dwarf);
	if (!types)
		return iq_error_no_memory();
	if (types->type_units_read)
		return NULL;
	IQ_TRY(read_section(dwarf, types, DWARF_SPACE_INFO));
	IQ_TRY(read_section(dwarf, types, DWARF_SPACE_TYPES));
	types->type_units_read = true;
	return NULL;
}

bool iq_dwarf_in_type_unit(struct iq_dwarf *dwarf, uint64_t offset)
{
	struct dwarf_types *types;
	return !iq_failed(read_units(dwarf, &types)) && offset < types->type_units_end;
}

struct iq_error *iq_dwarf_signature(struct iq_dwarf *dwarf, Dwarf_Attribute *attribute, Dwarf_Die *out)
{
	struct dwarf_types *types;
	uint64_t signature, value;
	IQ_TRY(read_units(dwarf, &types));
	/* libdw has no question for it: 8 bytes, which it has checked to be there. */
	memcpy(&signature, attribute->valp, sizeof(signature));
	if (!iq_map_get(&types->type_units, signature, &value))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: there is no type unit 0x%llx", dwarf->path,
				    (unsigned long long)signature);
	return iq_dwarf_space_die(dwarf, (enum dwarf_space)(value >> SPACE_SHIFT),
				  value & ((UINT64_C(1) << SPACE_SHIFT) - 1), out);
}

#endif
