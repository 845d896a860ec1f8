// SPDX-License-Identifier: GPL-2.0-or-later
/* Units, abbreviations and attributes, as in the DWARF 5 standard, chapter 7.5; versions 2 to 5. */
#include "type/dwarf_abbrev.h"

#if IQ_HAVE_ELFUTILS

#include <string.h>

enum { MAX_ABBREVS = 1 << 20, MAX_SPECS = 1 << 22 };

/* Reading with bounds: after a failure everything reads as 0. */
struct cursor {
	const uint8_t *at, *end;
	bool failed;
};

static uint64_t fixed(struct cursor *c, unsigned size)
{
	uint64_t value = 0;
	if (c->failed || (size_t)(c->end - c->at) < size) {
		c->failed = true;
		return 0;
	}
	memcpy(&value, c->at, size); /* DWARF of the machines that this reads is little-endian, and so are they */
	c->at += size;
	return value;
}

static void skip(struct cursor *c, uint64_t size)
{
	if (c->failed || (uint64_t)(c->end - c->at) < size)
		c->failed = true;
	else
		c->at += size;
}

static uint64_t leb(struct cursor *c, bool is_signed)
{
	uint64_t value = 0;
	for (unsigned shift = 0; !c->failed; shift += 7) {
		if (c->at >= c->end || shift > 63) {
			c->failed = true;
			break;
		}
		uint8_t byte = *c->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (is_signed && byte & 0x40 && shift + 7 < 64)
			value |= ~UINT64_C(0) << (shift + 7);
		return value;
	}
	return 0;
}

static uint64_t uleb(struct cursor *c)
{
	return leb(c, false);
}

static const char *text(struct cursor *c)
{
	const uint8_t *end = c->failed ? NULL : memchr(c->at, 0, (size_t)(c->end - c->at));
	const char *start = (const char *)c->at;
	if (!end) {
		c->failed = true;
		return NULL;
	}
	c->at = end + 1;
	return start;
}

/* A string of a section of strings; NULL if it is damaged. */
static const char *string_at(const struct dwarf_section *section, uint64_t offset)
{
	if (offset >= section->size || !memchr(section->data + offset, 0, section->size - offset))
		return NULL;
	return (const char *)section->data + offset;
}

/* Abbreviations. */

static struct iq_error *read_specs(struct cursor *c, struct dwarf_abbrevs *out, struct dwarf_abbrev *abbrev)
{
	abbrev->first = (uint32_t)out->specs.count;
	for (;;) {
		uint64_t name = uleb(c), form = uleb(c);
		int64_t implicit = form == DW_FORM_implicit_const ? (int64_t)leb(c, true) : 0;
		if (c->failed || name > UINT32_MAX || form > UINT32_MAX || out->specs.count >= MAX_SPECS)
			return iq_error_new(IQ_ERROR_FORMAT, "damaged abbreviations");
		if (!name && !form)
			break;
		struct dwarf_attribute_spec *spec = iq_vec_push(&out->specs);
		if (!spec)
			return iq_error_no_memory();
		*spec = (struct dwarf_attribute_spec){ (uint32_t)name, (uint32_t)form, implicit };
	}
	abbrev->count = (uint32_t)out->specs.count - abbrev->first;
	return NULL;
}

struct iq_error *iq_dwarf_abbrevs_read(const struct dwarf_section *section, uint64_t offset, struct dwarf_abbrevs *out)
{
	if (out->read && out->offset == offset)
		return NULL;
	out->read = false;
	out->list.count = out->specs.count = 0;
	if (offset >= section->size)
		return iq_error_new(IQ_ERROR_FORMAT, "abbreviations outside their section");
	struct cursor c = { section->data + offset, section->data + section->size, false };
	for (;;) {
		struct dwarf_abbrev abbrev = { .code = uleb(&c) };
		if (!c.failed && !abbrev.code)
			break;
		uint64_t tag = uleb(&c);
		abbrev.tag = (uint32_t)tag;
		abbrev.has_children = fixed(&c, 1) != 0;
		if (c.failed || tag > UINT32_MAX || out->list.count >= MAX_ABBREVS)
			return iq_error_new(IQ_ERROR_FORMAT, "damaged abbreviations");
		IQ_TRY(read_specs(&c, out, &abbrev));
		struct dwarf_abbrev *kept = iq_vec_push(&out->list);
		if (!kept)
			return iq_error_no_memory();
		*kept = abbrev;
	}
	out->offset = offset;
	out->read = true;
	return NULL;
}

void iq_dwarf_abbrevs_free(struct dwarf_abbrevs *abbrevs)
{
	iq_vec_free(&abbrevs->list);
	iq_vec_free(&abbrevs->specs);
}

/* Compilers number them from 1. */
static const struct dwarf_abbrev *find_abbrev(const struct dwarf_abbrevs *abbrevs, uint64_t code)
{
	if (code - 1 < abbrevs->list.count && abbrevs->list.data[code - 1].code == code)
		return &abbrevs->list.data[code - 1];
	for (size_t i = 0; i < abbrevs->list.count; i++) {
		if (abbrevs->list.data[i].code == code)
			return &abbrevs->list.data[i];
	}
	return NULL;
}

/* Units. */

struct iq_error *iq_dwarf_unit_read(const struct dwarf_sections *sections, uint64_t offset, bool types,
				    struct dwarf_unit *out, uint64_t *next)
{
	const struct dwarf_section *info = &sections->info;
	struct cursor c = { info->data + offset, info->data + info->size, offset > info->size };
	*out = (struct dwarf_unit){ .sections = sections, .start = c.at, .offset_size = 4 };
	uint64_t length = fixed(&c, 4), unit_type = DW_UT_compile;
	if (length == 0xffffffff) {
		out->offset_size = 8;
		length = fixed(&c, 8);
	}
	if (c.failed || length > (uint64_t)(c.end - c.at))
		return iq_error_new(IQ_ERROR_FORMAT, "the unit at 0x%llx does not fit into its section",
				    (unsigned long long)offset);
	c.end = out->end = c.at + length;
	*next = (uint64_t)(out->end - info->data);
	out->version = (unsigned)fixed(&c, 2);
	if (out->version >= 5) {
		unit_type = fixed(&c, 1);
		out->address_size = (unsigned)fixed(&c, 1);
		out->abbrev_offset = fixed(&c, out->offset_size);
	} else {
		out->abbrev_offset = fixed(&c, out->offset_size);
		out->address_size = (unsigned)fixed(&c, 1);
	}
	if (types || unit_type == DW_UT_type || unit_type == DW_UT_split_type) {
		out->signature = fixed(&c, 8);
		out->type_die = offset + fixed(&c, out->offset_size);
	} else if (unit_type == DW_UT_skeleton || unit_type == DW_UT_split_compile) {
		skip(&c, 8);
	}
	out->first_die = c.at;
	if (c.failed || out->version < 2 || out->version > 5 || out->address_size > 8)
		out->first_die = NULL; /* of no known form; the next one may be */
	out->str_offsets_base = out->version >= 5 ? 2 * (uint64_t)out->offset_size : 0;
	return NULL;
}

/* Attributes. */

struct value {
	uint32_t form;
	uint64_t number;
	const char *string; /* DW_FORM_string */
};

static void read_value(struct cursor *c, const struct dwarf_unit *unit, uint32_t form, struct value *out)
{
	for (unsigned i = 0; form == DW_FORM_indirect && i < 4; i++)
		form = (uint32_t)uleb(c);
	*out = (struct value){ .form = form };
	switch (form) {
	case DW_FORM_addr: out->number = fixed(c, unit->address_size); break;
	case DW_FORM_data1:
	case DW_FORM_ref1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1: out->number = fixed(c, 1); break;
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2: out->number = fixed(c, 2); break;
	case DW_FORM_strx3:
	case DW_FORM_addrx3: out->number = fixed(c, 3); break;
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
	case DW_FORM_ref_sup4: out->number = fixed(c, 4); break;
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8: out->number = fixed(c, 8); break;
	case DW_FORM_data16: skip(c, 16); break;
	case DW_FORM_string: out->string = text(c); break;
	case DW_FORM_block1: skip(c, fixed(c, 1)); break;
	case DW_FORM_block2: skip(c, fixed(c, 2)); break;
	case DW_FORM_block4: skip(c, fixed(c, 4)); break;
	case DW_FORM_block:
	case DW_FORM_exprloc: skip(c, uleb(c)); break;
	case DW_FORM_sdata: out->number = leb(c, true); break;
	case DW_FORM_udata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_str_index:
	case DW_FORM_GNU_addr_index: out->number = uleb(c); break;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_sec_offset:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_strp_alt:
	case DW_FORM_GNU_ref_alt: out->number = fixed(c, unit->offset_size); break;
	case DW_FORM_ref_addr:
		out->number = fixed(c, unit->version <= 2 ? unit->address_size : unit->offset_size);
		break;
	case DW_FORM_flag_present: out->number = 1; break;
	case DW_FORM_implicit_const: break;
	default: c->failed = true; /* its length is not known */
	}
}

static const char *indexed_string(const struct dwarf_unit *unit, uint64_t index)
{
	const struct dwarf_section *offsets = &unit->sections->str_offsets;
	uint64_t at, offset = 0;
	if (__builtin_mul_overflow(index, unit->offset_size, &at) ||
	    __builtin_add_overflow(at, unit->str_offsets_base, &at) || at >= offsets->size ||
	    offsets->size - at < unit->offset_size)
		return NULL;
	memcpy(&offset, offsets->data + at, unit->offset_size);
	return string_at(&unit->sections->str, offset);
}

static void take_name(const struct dwarf_unit *unit, const struct value *value, struct dwarf_die *out)
{
	out->name_lasts = value->form != DW_FORM_string;
	switch (value->form) {
	case DW_FORM_string: out->name = value->string; break;
	case DW_FORM_strp: out->name = string_at(&unit->sections->str, value->number); break;
	case DW_FORM_line_strp: out->name = string_at(&unit->sections->line_str, value->number); break;
	case DW_FORM_GNU_strp_alt:
	case DW_FORM_strp_sup: out->name = string_at(&unit->sections->alternate_str, value->number); break;
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4: out->name = indexed_string(unit, value->number); break;
	default: out->name = NULL;
	}
}

/* An offset in the section of what a reference within the unit names; 0: somewhere else. */
static uint64_t local_reference(const struct dwarf_unit *unit, const struct value *value)
{
	switch (value->form) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata: break;
	default: return 0;
	}
	if (value->number >= (uint64_t)(unit->end - unit->start))
		return 0;
	return (uint64_t)(unit->start - unit->sections->info.data) + value->number;
}

static void take_origin(const struct dwarf_unit *unit, const struct value *value, struct dwarf_die *out)
{
	out->origin = local_reference(unit, value);
	if (out->origin)
		return;
	out->origin_in_alternate = value->form == DW_FORM_GNU_ref_alt || value->form == DW_FORM_ref_sup4 ||
				   value->form == DW_FORM_ref_sup8;
	out->origin_elsewhere = value->form == DW_FORM_ref_addr || out->origin_in_alternate;
	if (out->origin_elsewhere)
		out->origin = value->number;
}

static void take(const struct dwarf_unit *unit, uint32_t name, const struct value *value, struct dwarf_die *out)
{
	switch (name) {
	case DW_AT_name: take_name(unit, value, out); break;
	case DW_AT_declaration: out->declaration = value->number != 0; break;
	case DW_AT_byte_size: out->byte_size = value->number; break;
	case DW_AT_sibling: out->sibling = local_reference(unit, value); break;
	case DW_AT_abstract_origin:
	case DW_AT_specification: take_origin(unit, value, out); break;
	case DW_AT_str_offsets_base: out->str_offsets_base = value->number; break;
	case DW_AT_low_pc:
	case DW_AT_entry_pc:
	case DW_AT_ranges: out->has_code = true; break;
	case DW_AT_location:
	case DW_AT_const_value: out->has_value = true; break;
	default: break;
	}
}

bool iq_dwarf_die_read(const struct dwarf_unit *unit, const uint8_t *at, struct dwarf_die *out)
{
	struct cursor c = { at, unit->end, at < unit->start || at >= unit->end };
	uint64_t code = uleb(&c);
	memset(out, 0, sizeof(*out));
	out->next = c.at;
	if (c.failed || !code)
		return !c.failed;
	out->abbrev = find_abbrev(unit->abbrevs, code);
	if (!out->abbrev)
		return false;
	const struct dwarf_attribute_spec *spec = unit->abbrevs->specs.data + out->abbrev->first;
	for (uint32_t i = 0; i < out->abbrev->count; i++, spec++) {
		struct value value;
		read_value(&c, unit, spec->form, &value);
		if (spec->form == DW_FORM_implicit_const)
			value.number = (uint64_t)spec->implicit;
		take(unit, spec->name, &value, out);
	}
	out->next = c.at;
	return !c.failed;
}

#endif
