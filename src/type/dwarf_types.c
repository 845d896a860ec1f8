// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The DWARF front end: DIEs in the words of the model. A type's id is its DIE's offset; 0, where a unit's header is, is
 * void.
 */
#include "type/dwarf_types.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <string.h>

enum {
	MAX_PARTS = 1 << 20, /* members of a struct, enumerators, parameters */
	MAX_ORIGINS = 16,    /* abstract origins and specifications in a row */
	POINTER_SIZE = 8,
};

static struct dwarf_source *of(struct iq_type_source *source)
{
	return (struct dwarf_source *)source;
}

/* DIEs. */

static struct iq_error *damaged(struct iq_dwarf *dwarf, Dwarf_Die *die, const char *what)
{
	return iq_error_new(IQ_ERROR_FORMAT, "%s: the DIE at 0x%llx: %s", dwarf->path,
			    (unsigned long long)dwarf_dieoffset(die), what);
}

static enum dwarf_space space_of(struct iq_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Half version;
	uint8_t unit_type;
	if (dwarf_cu_getdwarf(die->cu) != dwarf->dwarf)
		return DWARF_SPACE_ALTERNATE;
	if (!dwarf_cu_info(die->cu, &version, &unit_type, NULL, NULL, NULL, NULL, NULL) && version < 5 &&
	    unit_type == DW_UT_type)
		return DWARF_SPACE_TYPES;
	return DWARF_SPACE_INFO;
}

struct iq_error *iq_dwarf_space_die(struct iq_dwarf *dwarf, enum dwarf_space space, uint64_t offset, Dwarf_Die *out)
{
	if (space != DWARF_SPACE_TYPES)
		return iq_dwarf_die_at(dwarf, offset | (space == DWARF_SPACE_ALTERNATE ? IQ_DWARF_ALTERNATE : 0), out);
	if (iq_dwarf_in_type_unit(dwarf, offset) && dwarf_offdie_types(dwarf->dwarf, offset, out) &&
	    dwarf_tag(out) != DW_TAG_invalid)
		return NULL;
	return iq_error_new(IQ_ERROR_FORMAT, "%s: there is no DIE at 0x%llx of its type units", dwarf->path,
			    (unsigned long long)offset);
}

struct iq_error *iq_dwarf_checked_name(struct iq_dwarf *dwarf, Dwarf_Die *die, const char **out)
{
	const char *name = iq_dwarf_name(dwarf, die);
	*out = name && *name ? name : NULL;
	for (const char *p = name; p && *p; p++) {
		if (*p < 0x20 || *p > 0x7e) {
			*out = NULL;
			return damaged(dwarf, die, "its name is damaged");
		}
	}
	return NULL;
}

static bool flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	bool set = false;
	return dwarf_attr(die, name, &attribute) && !dwarf_formflag(&attribute, &set) && set;
}

void iq_dwarf_origin(struct iq_dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *out)
{
	Dwarf_Die at = *die, next;
	for (unsigned i = 0; i < MAX_ORIGINS; i++) {
		if (!iq_dwarf_reference(dwarf, &at, DW_AT_abstract_origin, &next) &&
		    !iq_dwarf_reference(dwarf, &at, DW_AT_specification, &next))
			break;
		at = next;
	}
	*out = at;
}

/* Types of DIEs. */

struct iq_error *iq_dwarf_type_of(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type *out)
{
	Dwarf_Die other;
	struct dwarf_types *types = iq_dwarf_types(dwarf);
	*out = (struct iq_type){ 0 };
	if (!types)
		return iq_error_no_memory();
	/* What stands in a type unit of its own. */
	Dwarf_Attribute signature;
	if (dwarf_attr(die, DW_AT_signature, &signature) && dwarf_whatform(&signature) == DW_FORM_ref_sig8) {
		IQ_TRY(iq_dwarf_signature(dwarf, &signature, &other));
		die = &other;
	}
	if (dwarf_tag(die) == DW_TAG_subprogram) {
		iq_dwarf_origin(dwarf, die, &other);
		die = &other;
	}
	Dwarf_Off offset = dwarf_dieoffset(die);
	if (offset > UINT32_MAX)
		return damaged(dwarf, die, "it lies behind the first 4 GiB, which is not supported");
	*out = (struct iq_type){ &types->sources[space_of(dwarf, die)].source, (uint32_t)offset };
	return NULL;
}

struct iq_error *iq_dwarf_declared_type(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type *out)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type;
	*out = (struct iq_type){ 0 };
	if (!iq_dwarf_attr(dwarf, die, DW_AT_type, &attribute)) {
		struct dwarf_types *types = iq_dwarf_types(dwarf);
		if (!types)
			return iq_error_no_memory();
		*out = (struct iq_type){ &types->sources[DWARF_SPACE_INFO].source, 0 };
		return NULL;
	}
	if (dwarf_whatform(&attribute) == DW_FORM_ref_sig8)
		IQ_TRY(iq_dwarf_signature(dwarf, &attribute, &type));
	else if (!iq_dwarf_target(dwarf, &attribute, &type))
		return damaged(dwarf, die, "its type can't be found");
	return iq_dwarf_type_of(dwarf, &type, out);
}

/* Parts. */

static bool is_part(Dwarf_Die *child, int parent)
{
	switch (dwarf_tag(child)) {
	case DW_TAG_member:
		/* A class's static members are declarations. */
		return parent != DW_TAG_enumeration_type && !flag(child, DW_AT_declaration) &&
		       !flag(child, DW_AT_external);
	case DW_TAG_enumerator: return parent == DW_TAG_enumeration_type;
	case DW_TAG_formal_parameter: return parent == DW_TAG_subroutine_type || parent == DW_TAG_subprogram;
	default: return false;
	}
}

/* The next DIE on the same level; *more false: there is none. DIEs go forward only, whatever damage says. */
static struct iq_error *next_sibling(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned count, bool *more)
{
	Dwarf_Off before = dwarf_dieoffset(die);
	int result = dwarf_siblingof(die, die);
	*more = result == 0;
	if (result < 0 || (*more && dwarf_dieoffset(die) <= before))
		return damaged(dwarf, die, "what follows it is damaged");
	if (count >= MAX_PARTS)
		return damaged(dwarf, die, "too many others are beside it");
	return count % 4096 ? NULL : iq_check_interrupt();
}

static struct iq_error *collect_parts(struct iq_dwarf *dwarf, Dwarf_Die *die, struct dwarf_parts *out)
{
	IQ_VEC(uint32_t) dies = { 0 };
	Dwarf_Die child;
	int tag = dwarf_tag(die), result = dwarf_child(die, &child);
	struct iq_error *error = result < 0 ? damaged(dwarf, die, "its children can't be read") : NULL;
	bool more = result == 0;
	for (unsigned n = 1; more && !error; n++) {
		if (dwarf_tag(&child) == DW_TAG_unspecified_parameters)
			out->variadic = true;
		if (is_part(&child, tag)) {
			uint32_t *place = iq_vec_push(&dies);
			if (!place)
				error = iq_error_no_memory();
			else
				*place = (uint32_t)dwarf_dieoffset(&child);
		}
		if (!error)
			error = next_sibling(dwarf, &child, n, &more);
	}
	if (error)
		iq_vec_free(&dies);
	out->dies = dies.data;
	out->count = (uint32_t)dies.count;
	return error;
}

/* The parts of a type; valid until the next question. */
static struct iq_error *parts_of(struct dwarf_source *source, uint32_t id, Dwarf_Die *die,
				 const struct dwarf_parts **out)
{
	struct dwarf_parts *kept = &source->parts[iq_hash_u64(id) % DWARF_PARTS_KEPT], new = { .id = id };
	*out = kept;
	if (kept->id == id)
		return NULL;
	IQ_TRY(collect_parts(source->all->dwarf, die, &new));
	free(kept->dies);
	*kept = new;
	return NULL;
}

static struct iq_error *part_at(struct iq_type_source *source, uint32_t id, uint32_t n, Dwarf_Die *parent,
				Dwarf_Die *part)
{
	struct iq_dwarf *dwarf = of(source)->all->dwarf;
	const struct dwarf_parts *parts;
	if (!dwarf)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the DWARF of this type was closed");
	IQ_TRY(iq_dwarf_space_die(dwarf, of(source)->space, id, parent));
	IQ_TRY(parts_of(of(source), id, parent, &parts));
	if (n >= parts->count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: the type at 0x%x has %u parts, not %u", dwarf->path, id,
				    parts->count, n + 1);
	return iq_dwarf_space_die(dwarf, of(source)->space, parts->dies[n], part);
}

/* Kinds in the words of the model. */

static struct iq_error *base_info(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type_info *out)
{
	uint64_t encoding = 0;
	iq_dwarf_unsigned(dwarf, die, DW_AT_encoding, &encoding);
	out->kind = IQ_TYPE_INT;
	switch (encoding) {
	case DW_ATE_boolean: out->encoding = IQ_INT_BOOL; break;
	case DW_ATE_signed:
		out->encoding = IQ_INT_SIGNED;
		out->is_signed = true;
		break;
	case DW_ATE_address:
	case DW_ATE_UTF:
	case DW_ATE_unsigned: out->encoding = IQ_INT_UNSIGNED; break;
	case DW_ATE_signed_char:
	case DW_ATE_unsigned_char:
		out->encoding = IQ_INT_CHAR;
		out->is_signed = encoding == DW_ATE_signed_char;
		break;
	case DW_ATE_float: out->kind = IQ_TYPE_FLOAT; break;
	default: return damaged(dwarf, die, "the encoding of this base type is not known");
	}
	return NULL;
}

/* Signed is what is said to be, by the type below or by the enumerators' own form (upstream gcc writes negative ones,
 * and only those, as sdata). */
static struct iq_error *enum_info(struct iq_type_source *source, Dwarf_Die *die, const struct dwarf_parts *parts,
				  struct iq_type_info *out)
{
	struct iq_dwarf *dwarf = of(source)->all->dwarf;
	Dwarf_Attribute attribute;
	Dwarf_Die type, constant;
	uint64_t encoding;
	out->kind = IQ_TYPE_ENUM;
	out->count = parts->count;
	if (iq_dwarf_unsigned(dwarf, die, DW_AT_encoding, &encoding)) {
		out->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
		return NULL;
	}
	for (unsigned i = 0; i < IQ_TYPE_MAX_DEPTH; i++) {
		if (!dwarf_attr(i ? &type : die, DW_AT_type, &attribute))
			break;
		if (!iq_dwarf_target(dwarf, &attribute, &type))
			return damaged(dwarf, die, "its type can't be found");
		if (iq_dwarf_unsigned(dwarf, &type, DW_AT_encoding, &encoding)) {
			out->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
			return NULL;
		}
	}
	for (uint32_t n = 0; n < parts->count && !out->is_signed; n++) {
		Dwarf_Sword value;
		IQ_TRY(iq_dwarf_space_die(dwarf, of(source)->space, parts->dies[n], &constant));
		out->is_signed = dwarf_attr(&constant, DW_AT_const_value, &attribute) &&
				 dwarf_whatform(&attribute) == DW_FORM_sdata && !dwarf_formsdata(&attribute, &value) &&
				 value < 0;
	}
	return NULL;
}

/* How many elements one subrange has; 0: not said (a flexible array), or computed when the program runs. */
static uint64_t dimension(struct iq_dwarf *dwarf, Dwarf_Die *subrange)
{
	uint64_t value, lower = 0;
	if (iq_dwarf_unsigned(dwarf, subrange, DW_AT_count, &value))
		return value;
	if (!iq_dwarf_unsigned(dwarf, subrange, DW_AT_upper_bound, &value))
		return 0;
	iq_dwarf_unsigned(dwarf, subrange, DW_AT_lower_bound, &lower);
	return value + 1 - lower; /* an upper bound of -1 is gcc's way to say 0 */
}

static struct iq_error *array_info(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type_info *out)
{
	uint64_t counts[IQ_TYPE_MAX_DEPTH];
	unsigned dimensions = 0;
	Dwarf_Die child;
	int result = dwarf_child(die, &child);
	bool more = result == 0;
	if (result < 0)
		return damaged(dwarf, die, "its children can't be read");
	for (unsigned n = 1; more; n++) {
		if (dwarf_tag(&child) == DW_TAG_subrange_type) {
			if (dimensions == IQ_TYPE_MAX_DEPTH)
				return damaged(dwarf, die, "this array has too many dimensions");
			counts[dimensions++] = dimension(dwarf, &child);
		}
		IQ_TRY(next_sibling(dwarf, &child, n, &more));
	}
	out->kind = IQ_TYPE_ARRAY;
	IQ_TRY(iq_dwarf_declared_type(dwarf, die, &out->target));
	/* DWARF has all dimensions in one type, the model has arrays of arrays. */
	for (; dimensions > 1; dimensions--)
		IQ_TRY(iq_type_array_of(out->target.source->types, out->target, counts[dimensions - 1], &out->target));
	out->count = dimensions ? counts[0] : 0;
	return NULL;
}

static bool is_declaration(Dwarf_Die *die)
{
	return flag(die, DW_AT_declaration);
}

static struct iq_error *compound_info(struct iq_type_source *source, uint32_t id, Dwarf_Die *die,
				      struct iq_type_info *out)
{
	const struct dwarf_parts *parts;
	int tag = dwarf_tag(die);
	out->kind = tag == DW_TAG_union_type ? IQ_TYPE_UNION : IQ_TYPE_STRUCT;
	if (tag == DW_TAG_enumeration_type && is_declaration(die)) {
		/* The model has no declared enums; gcc's are int-sized, whatever comes later. */
		out->kind = IQ_TYPE_ENUM;
		out->size = out->size ? out->size : 4;
		return NULL;
	}
	if (is_declaration(die) && tag != DW_TAG_subprogram) {
		out->is_union_forward = tag == DW_TAG_union_type;
		out->kind = IQ_TYPE_FORWARD;
		return NULL;
	}
	IQ_TRY(parts_of(of(source), id, die, &parts));
	out->count = parts->count;
	if (tag == DW_TAG_enumeration_type)
		return enum_info(source, die, parts, out);
	if (tag == DW_TAG_subroutine_type || tag == DW_TAG_subprogram) {
		out->kind = IQ_TYPE_FUNCTION;
		out->name = NULL; /* a function's, not its prototype's */
		out->variadic = parts->variadic;
		return iq_dwarf_declared_type(of(source)->all->dwarf, die, &out->target);
	}
	return NULL;
}

/* Types that stand for another one. */
static const struct {
	int tag;
	enum iq_type_kind kind;
} aliases[] = {
	{ DW_TAG_typedef, IQ_TYPE_TYPEDEF },        { DW_TAG_subrange_type, IQ_TYPE_TYPEDEF },
	{ DW_TAG_const_type, IQ_TYPE_CONST },       { DW_TAG_immutable_type, IQ_TYPE_CONST },
	{ DW_TAG_volatile_type, IQ_TYPE_VOLATILE }, { DW_TAG_restrict_type, IQ_TYPE_RESTRICT },
	{ DW_TAG_atomic_type, IQ_TYPE_TAG },        { DW_TAG_pointer_type, IQ_TYPE_POINTER },
	{ DW_TAG_reference_type, IQ_TYPE_POINTER }, { DW_TAG_rvalue_reference_type, IQ_TYPE_POINTER },
};

static struct iq_error *alias_info(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type_info *out)
{
	int tag = dwarf_tag(die);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(aliases); i++) {
		if (aliases[i].tag != tag)
			continue;
		out->kind = aliases[i].kind;
		out->size = 0;
		if (out->kind == IQ_TYPE_POINTER)
			out->size = POINTER_SIZE;
		if (out->kind == IQ_TYPE_TAG)
			out->name = "_Atomic";
		return iq_dwarf_declared_type(dwarf, die, &out->target);
	}
	return damaged(dwarf, die, "this is no type of C");
}

struct iq_error *iq_dwarf_info(struct iq_type_source *source, uint32_t id, struct iq_type_info *out)
{
	struct iq_dwarf *dwarf = of(source)->all->dwarf;
	Dwarf_Die die;
	*out = (struct iq_type_info){ .kind = IQ_TYPE_VOID };
	if (!id)
		return NULL;
	if (!dwarf)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the DWARF of this type was closed");
	IQ_TRY(iq_dwarf_space_die(dwarf, of(source)->space, id, &die));
	IQ_TRY(iq_dwarf_checked_name(dwarf, &die, &out->name));
	iq_dwarf_unsigned(dwarf, &die, DW_AT_byte_size, &out->size);
	switch (dwarf_tag(&die)) {
	case DW_TAG_base_type: return base_info(dwarf, &die, out);
	case DW_TAG_unspecified_type: out->name = NULL; return NULL;
	case DW_TAG_array_type: out->size = 0; return array_info(dwarf, &die, out);
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_subroutine_type:
	case DW_TAG_subprogram: return compound_info(source, id, &die, out);
	default: return alias_info(dwarf, &die, out);
	}
}

/* A member's place, in bytes from the start of its struct. Without one it is at the start: a union's. */
static struct iq_error *member_location(struct iq_dwarf *dwarf, Dwarf_Die *member, uint64_t *bytes)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t count;
	*bytes = 0;
	if (!dwarf_attr(member, DW_AT_data_member_location, &attribute) ||
	    iq_dwarf_unsigned(dwarf, member, DW_AT_data_member_location, bytes))
		return NULL;
	/* Before DWARF 3 it was an expression. */
	if (dwarf_getlocation(&attribute, &ops, &count) || count != 1 || ops[0].atom != DW_OP_plus_uconst)
		return damaged(dwarf, member, "the place of this member is not constant");
	*bytes = ops[0].number;
	return NULL;
}

/* DWARF 2's bit-fields: DW_AT_bit_offset counts from the most significant bit of a unit of DW_AT_byte_size, or of the
 * type's size. */
static struct iq_error *old_bit_field(struct iq_dwarf *dwarf, Dwarf_Die *die, uint64_t from_top,
				      struct iq_type_member *member)
{
	uint64_t bytes;
	if (!iq_dwarf_unsigned(dwarf, die, DW_AT_byte_size, &bytes))
		IQ_TRY(iq_type_size(member->type, &bytes));
	member->bit_offset += bytes * 8 - from_top - member->bit_size;
	return NULL;
}

struct iq_error *iq_dwarf_member_at(struct iq_type_source *source, uint32_t id, uint32_t n, struct iq_type_member *out)
{
	struct iq_dwarf *dwarf = of(source)->all->dwarf;
	Dwarf_Die parent, die;
	uint64_t value;
	*out = (struct iq_type_member){ 0 };
	IQ_TRY(part_at(source, id, n, &parent, &die));
	if (dwarf_tag(&die) != DW_TAG_member)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: the type at 0x%x has no members", dwarf->path, id);
	IQ_TRY(iq_dwarf_checked_name(dwarf, &die, &out->name));
	IQ_TRY(iq_dwarf_declared_type(dwarf, &die, &out->type));
	if (iq_dwarf_unsigned(dwarf, &die, DW_AT_bit_size, &value)) {
		if (!value || value > 8 * 16)
			return damaged(dwarf, &die, "a bit-field of this size is impossible");
		out->bit_size = (uint32_t)value;
	}
	if (iq_dwarf_unsigned(dwarf, &die, DW_AT_data_bit_offset, &out->bit_offset))
		return NULL;
	IQ_TRY(member_location(dwarf, &die, &out->bit_offset));
	if (__builtin_mul_overflow(out->bit_offset, 8, &out->bit_offset))
		return damaged(dwarf, &die, "this member lies outside all memory");
	if (out->bit_size && iq_dwarf_unsigned(dwarf, &die, DW_AT_bit_offset, &value))
		return old_bit_field(dwarf, &die, value, out);
	return NULL;
}

struct iq_error *iq_dwarf_enumerator_at(struct iq_type_source *source, uint32_t id, uint32_t n,
					struct iq_type_enumerator *out)
{
	struct iq_dwarf *dwarf = of(source)->all->dwarf;
	Dwarf_Die parent, die;
	uint64_t value;
	*out = (struct iq_type_enumerator){ 0 };
	IQ_TRY(part_at(source, id, n, &parent, &die));
	if (dwarf_tag(&die) != DW_TAG_enumerator || !iq_dwarf_unsigned(dwarf, &die, DW_AT_const_value, &value))
		return damaged(dwarf, &die, "this is no enumerator");
	out->value = (int64_t)value;
	return iq_dwarf_checked_name(dwarf, &die, &out->name);
}

struct iq_error *iq_dwarf_parameter_at(struct iq_type_source *source, uint32_t id, uint32_t n, const char **name,
				       struct iq_type *out)
{
	struct iq_dwarf *dwarf = of(source)->all->dwarf;
	Dwarf_Die parent, die;
	*out = (struct iq_type){ 0 };
	*name = NULL;
	IQ_TRY(part_at(source, id, n, &parent, &die));
	if (dwarf_tag(&die) != DW_TAG_formal_parameter)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: the type at 0x%x has no parameters", dwarf->path, id);
	IQ_TRY(iq_dwarf_checked_name(dwarf, &die, name));
	return iq_dwarf_declared_type(dwarf, &die, out);
}

#endif
