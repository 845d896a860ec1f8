// SPDX-License-Identifier: GPL-2.0-or-later
/* One pass over all units: what stands at their top level, and enumerators. */
#include "type/dwarf_abbrev.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <gelf.h>
#include <string.h>

enum { MAX_ORIGINS = 8, STEP = 4096, KEPT_PAGES = 16 << 20 };

struct scan {
	struct iq_dwarf *dwarf;
	struct dwarf_index_builder *builder;
	struct dwarf_sections sections;
	struct dwarf_abbrevs abbrevs;
	enum dwarf_space space;
	unsigned dies, damaged;
};

struct dwarf_section iq_dwarf_section(Dwarf *dwarf, const char *name)
{
	Elf *elf = dwarf_getelf(dwarf);
	size_t names;
	if (!elf || elf_getshdrstrndx(elf, &names))
		return (struct dwarf_section){ 0 };
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		const char *its_name = elf_strptr(elf, names, header.sh_name);
		/* libdw has decompressed it, also an old .zdebug_ one. */
		if (!its_name || (strcmp(its_name, name) != 0 &&
				  (strncmp(its_name, ".z", 2) != 0 || strcmp(its_name + 2, name + 1) != 0)))
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		if (data && data->d_buf)
			return (struct dwarf_section){ data->d_buf, data->d_size };
	}
	return (struct dwarf_section){ 0 };
}

/* The name of the DIE that this one is an instance or definition of. */
static const char *origin_name(struct scan *scan, const struct dwarf_unit *unit, const struct dwarf_die *die,
			       bool *lasting)
{
	struct dwarf_die at = *die;
	for (unsigned i = 0; i < MAX_ORIGINS && at.origin; i++) {
		Dwarf_Die other;
		if (at.origin_elsewhere) {
			uint64_t space =
				at.origin_in_alternate || scan->space == DWARF_SPACE_ALTERNATE ? IQ_DWARF_ALTERNATE : 0;
			*lasting = false;
			if (iq_failed(iq_dwarf_die_at(scan->dwarf, at.origin | space, &other)))
				return NULL;
			return iq_dwarf_name(scan->dwarf, &other);
		}
		if (!iq_dwarf_die_read(unit, unit->sections->info.data + at.origin, &at) || !at.abbrev)
			return NULL;
		*lasting = at.name_lasts;
		if (at.name)
			return at.name;
	}
	return NULL;
}

static int kind_of(const struct dwarf_die *die)
{
	switch (die->abbrev->tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type: return die->declaration ? DWARF_INDEX_STRUCT_DECLARED : DWARF_INDEX_STRUCT;
	case DW_TAG_union_type: return die->declaration ? DWARF_INDEX_UNION_DECLARED : DWARF_INDEX_UNION;
	case DW_TAG_enumeration_type: return die->declaration ? -1 : DWARF_INDEX_ENUM;
	case DW_TAG_typedef: return DWARF_INDEX_TYPEDEF;
	case DW_TAG_base_type: return DWARF_INDEX_BASE;
	case DW_TAG_variable:
		return die->has_value && !die->declaration ? DWARF_INDEX_VARIABLE : DWARF_INDEX_VARIABLE_DECLARED;
	case DW_TAG_subprogram: return die->has_code ? DWARF_INDEX_FUNCTION : DWARF_INDEX_FUNCTION_DECLARED;
	default: return -1;
	}
}

static bool is_compound(int kind)
{
	return kind == DWARF_INDEX_STRUCT || kind == DWARF_INDEX_UNION || kind == DWARF_INDEX_ENUM;
}

static struct iq_error *add(struct scan *scan, const struct dwarf_unit *unit, const struct dwarf_die *die,
			    uint64_t offset)
{
	int kind = kind_of(die);
	const char *name = die->name;
	bool lasting = die->name_lasts;
	if (kind < 0)
		return NULL;
	if (!name && (kind == DWARF_INDEX_VARIABLE || kind == DWARF_INDEX_FUNCTION))
		name = origin_name(scan, unit, die, &lasting);
	if (!name)
		return NULL;
	return iq_dwarf_index_add(scan->builder, (enum dwarf_index_kind)kind, name, lasting,
				  is_compound(kind) ? die->byte_size : 0, scan->space, offset);
}

static struct iq_error *check_interrupt(struct scan *scan)
{
	return ++scan->dies % STEP ? NULL : iq_check_interrupt();
}

/* The DIEs below the unit's own. `open` of the levels around the current one are namespaces, whose children count as
 * top-level; an enum's children are looked at for their names. */
static struct iq_error *scan_dies(struct scan *scan, const struct dwarf_unit *unit, const uint8_t *at, bool *damaged)
{
	const uint8_t *info = unit->sections->info.data;
	uint64_t enum_die = 0;
	struct dwarf_die die;
	for (unsigned depth = 1, open = 0; depth && at < unit->end;) {
		uint64_t offset = (uint64_t)(at - info);
		IQ_TRY(check_interrupt(scan));
		*damaged = !iq_dwarf_die_read(unit, at, &die);
		if (*damaged)
			return NULL;
		at = die.next;
		if (!die.abbrev) {
			depth--;
			open = IQ_MIN(open, depth ? depth - 1 : 0);
			continue;
		}
		bool top = depth == open + 1;
		if (top)
			IQ_TRY(add(scan, unit, &die, offset));
		else if (enum_die && die.abbrev->tag == DW_TAG_enumerator && depth == open + 2 && die.name)
			IQ_TRY(iq_dwarf_index_add(scan->builder, DWARF_INDEX_ENUMERATOR, die.name, die.name_lasts, 0,
						  scan->space, enum_die));
		if (!die.abbrev->has_children)
			continue;
		bool is_enum = top && die.abbrev->tag == DW_TAG_enumeration_type;
		bool is_open = top && (die.abbrev->tag == DW_TAG_namespace || die.abbrev->tag == DW_TAG_module);
		if (top)
			enum_die = is_enum ? offset : 0;
		if (!is_enum && !is_open && die.sibling > offset) {
			at = info + die.sibling;
			continue;
		}
		depth++;
		open += is_open;
	}
	return NULL;
}

static struct iq_error *scan_unit(struct scan *scan, struct dwarf_unit *unit)
{
	struct dwarf_die die;
	bool damaged = true;
	if (unit->first_die) {
		struct iq_error *error =
			iq_dwarf_abbrevs_read(&scan->sections.abbrev, unit->abbrev_offset, &scan->abbrevs);
		if (iq_error_is(error, IQ_ERROR_NO_MEMORY))
			return error;
		unit->abbrevs = &scan->abbrevs;
		damaged = iq_failed(error) || !iq_dwarf_die_read(unit, unit->first_die, &die);
	}
	if (!damaged && die.abbrev && die.abbrev->has_children) {
		if (die.str_offsets_base)
			unit->str_offsets_base = die.str_offsets_base;
		IQ_TRY(scan_dies(scan, unit, die.next, &damaged));
	}
	scan->damaged += damaged;
	return NULL;
}

static struct iq_error *scan_section(struct scan *scan, Dwarf *dwarf, enum dwarf_space space)
{
	bool types = space == DWARF_SPACE_TYPES;
	uint64_t offset = 0, next, forgotten = 0;
	scan->space = space;
	scan->abbrevs.read = false;
	scan->sections = (struct dwarf_sections){
		.info = iq_dwarf_section(dwarf, types ? ".debug_types" : ".debug_info"),
		.abbrev = iq_dwarf_section(dwarf, ".debug_abbrev"),
		.str = iq_dwarf_section(dwarf, ".debug_str"),
		.line_str = iq_dwarf_section(dwarf, ".debug_line_str"),
		.str_offsets = iq_dwarf_section(dwarf, ".debug_str_offsets"),
	};
	if (scan->dwarf->alternate && space != DWARF_SPACE_ALTERNATE)
		scan->sections.alternate_str = iq_dwarf_section(scan->dwarf->alternate, ".debug_str");
	for (; offset < scan->sections.info.size; offset = next) {
		struct dwarf_unit unit;
		struct iq_error *error = iq_dwarf_unit_read(&scan->sections, offset, types, &unit, &next);
		if (error) {
			iq_warn_error(scan->dwarf->diag, iq_error_prefix(error, "%s", scan->dwarf->path));
			return NULL;
		}
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(scan_unit(scan, &unit));
		if (space == DWARF_SPACE_INFO && next - forgotten > KEPT_PAGES) {
			iq_dwarf_forget_pages(scan->dwarf, forgotten, next);
			forgotten = next;
		}
	}
	if (space == DWARF_SPACE_INFO)
		iq_dwarf_forget_pages(scan->dwarf, forgotten, offset);
	return NULL;
}

struct iq_error *iq_dwarf_index_scan(struct iq_dwarf *dwarf, struct dwarf_index_builder *builder)
{
	struct scan scan = { .dwarf = dwarf, .builder = builder };
	struct iq_error *error = scan_section(&scan, dwarf->dwarf, DWARF_SPACE_INFO);
	if (!error)
		error = scan_section(&scan, dwarf->dwarf, DWARF_SPACE_TYPES);
	if (!error && dwarf->alternate)
		error = scan_section(&scan, dwarf->alternate, DWARF_SPACE_ALTERNATE);
	iq_dwarf_abbrevs_free(&scan.abbrevs);
	if (scan.damaged)
		iq_warn(dwarf->diag, "%s: %u units of DWARF are damaged: names in them can't be found", dwarf->path,
			scan.damaged);
	return error;
}

#endif
