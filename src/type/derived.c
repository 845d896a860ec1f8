// SPDX-License-Identifier: GPL-2.0-or-later
/* Types that no source has to have: the machine's integers, and what is made from other types by a cast: pointers,
 * arrays, functions. */
#include "type/derived.h"

#include "util/cleanup.h"

#include <string.h>

enum { MAX_ENTRIES = 1 << 20, FIRST_ENTRY = IQ_BASIC_TYPES };

/* LP64; all that Linux runs on. By enum iq_basic_type. */
static const struct iq_type_info basics[IQ_BASIC_TYPES] = {
	[IQ_BASIC_VOID] = { .kind = IQ_TYPE_VOID },
	[IQ_BASIC_BOOL] = { IQ_TYPE_INT, "_Bool", 1, IQ_INT_BOOL, false },
	[IQ_BASIC_CHAR] = { IQ_TYPE_INT, "char", 1, IQ_INT_CHAR, true },
	[IQ_BASIC_SCHAR] = { IQ_TYPE_INT, "signed char", 1, IQ_INT_CHAR, true },
	[IQ_BASIC_UCHAR] = { IQ_TYPE_INT, "unsigned char", 1, IQ_INT_CHAR, false },
	[IQ_BASIC_SHORT] = { IQ_TYPE_INT, "short", 2, IQ_INT_SIGNED, true },
	[IQ_BASIC_USHORT] = { IQ_TYPE_INT, "unsigned short", 2, IQ_INT_UNSIGNED, false },
	[IQ_BASIC_INT] = { IQ_TYPE_INT, "int", 4, IQ_INT_SIGNED, true },
	[IQ_BASIC_UINT] = { IQ_TYPE_INT, "unsigned int", 4, IQ_INT_UNSIGNED, false },
	[IQ_BASIC_LONG] = { IQ_TYPE_INT, "long", 8, IQ_INT_SIGNED, true },
	[IQ_BASIC_ULONG] = { IQ_TYPE_INT, "unsigned long", 8, IQ_INT_UNSIGNED, false },
	[IQ_BASIC_LLONG] = { IQ_TYPE_INT, "long long", 8, IQ_INT_SIGNED, true },
	[IQ_BASIC_ULLONG] = { IQ_TYPE_INT, "unsigned long long", 8, IQ_INT_UNSIGNED, false },
	[IQ_BASIC_INT128] = { IQ_TYPE_INT, "__int128", 16, IQ_INT_SIGNED, true },
	[IQ_BASIC_UINT128] = { IQ_TYPE_INT, "unsigned __int128", 16, IQ_INT_UNSIGNED, false },
	[IQ_BASIC_FLOAT] = { IQ_TYPE_FLOAT, "float", 4 },
	[IQ_BASIC_DOUBLE] = { IQ_TYPE_FLOAT, "double", 8 },
	[IQ_BASIC_LDOUBLE] = { IQ_TYPE_FLOAT, "long double", 16 },
};

struct entry {
	enum iq_type_kind kind;
	struct iq_type target;
	uint64_t count;
	struct iq_type *parameters;
	bool variadic;
};

struct derived {
	struct iq_type_source source;
	IQ_VEC(struct entry) entries;
	struct iq_map known; /* hash of an entry → its index */
};

static struct derived *of(struct iq_type_source *source)
{
	return (struct derived *)source;
}

static struct iq_error *derived_open(struct iq_type_source *source)
{
	return NULL;
}

static struct iq_error *entry_of(struct iq_type_source *source, uint32_t id, struct entry **out)
{
	struct derived *d = of(source);
	if (id < FIRST_ENTRY || id - FIRST_ENTRY >= d->entries.count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "there is no derived type %u", id);
	*out = &d->entries.data[id - FIRST_ENTRY];
	return NULL;
}

static struct iq_error *derived_info(struct iq_type_source *source, uint32_t id, struct iq_type_info *out)
{
	struct entry *entry;
	if (id < FIRST_ENTRY) {
		*out = basics[id];
		return NULL;
	}
	IQ_TRY(entry_of(source, id, &entry));
	*out = (struct iq_type_info){ .kind = entry->kind,
				      .target = entry->target,
				      .count = entry->count,
				      .variadic = entry->variadic,
				      .size = entry->kind == IQ_TYPE_POINTER ? 8 : 0 };
	return NULL;
}

static struct iq_error *derived_member_at(struct iq_type_source *source, uint32_t id, uint32_t n,
					  struct iq_type_member *out)
{
	return iq_error_new(IQ_ERROR_ARGUMENT, "a derived type has no members");
}

static struct iq_error *derived_enumerator_at(struct iq_type_source *source, uint32_t id, uint32_t n,
					      struct iq_type_enumerator *out)
{
	return iq_error_new(IQ_ERROR_ARGUMENT, "a derived type has no enumerators");
}

static struct iq_error *derived_parameter_at(struct iq_type_source *source, uint32_t id, uint32_t n, const char **name,
					     struct iq_type *out)
{
	struct entry *entry;
	IQ_TRY(entry_of(source, id, &entry));
	if (n >= entry->count || !entry->parameters)
		return iq_error_new(IQ_ERROR_ARGUMENT, "there is no parameter %u", n);
	*name = NULL;
	*out = entry->parameters[n];
	return NULL;
}

static void derived_free(struct iq_type_source *source)
{
	struct derived *d = of(source);
	iq_vec_foreach (entry, &d->entries)
		free(entry->parameters);
	iq_vec_free(&d->entries);
	iq_map_free(&d->known);
	free(d);
}

/* Never among the registry's sources, so never asked by name. */
static const struct iq_type_source_ops derived_ops = {
	.open = derived_open,
	.info = derived_info,
	.member_at = derived_member_at,
	.enumerator_at = derived_enumerator_at,
	.parameter_at = derived_parameter_at,
	.free = derived_free,
};

struct iq_type_source *iq_derived_new(struct iq_types *types)
{
	struct derived *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->source.ops = &derived_ops;
	d->source.types = types;
	return &d->source;
}

struct iq_type iq_type_basic(struct iq_types *types, enum iq_basic_type basic)
{
	return (struct iq_type){ types->derived, basic };
}

static struct iq_error *add_entry(struct derived *d, const struct entry *new, struct iq_type *out)
{
	if (d->entries.count >= MAX_ENTRIES)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %d derived types", MAX_ENTRIES);
	struct entry *entry = iq_vec_push(&d->entries);
	if (!entry)
		return iq_error_no_memory();
	*entry = *new;
	*out = (struct iq_type){ &d->source, (uint32_t)(FIRST_ENTRY + d->entries.count - 1) };
	return NULL;
}

struct iq_error *iq_type_derive(struct iq_types *types, enum iq_type_kind kind, struct iq_type target, uint64_t count,
				struct iq_type *out)
{
	struct derived *d = of(types->derived);
	struct entry new = { .kind = kind, .target = target, .count = count };
	uint64_t key = iq_hash_u64((uintptr_t)target.source ^ (uint64_t)target.id << 32), index;
	key = iq_hash_u64(iq_hash_u64(key ^ kind) ^ count);
	if (iq_map_get(&d->known, key, &index)) {
		const struct entry *old = &d->entries.data[index];
		if (old->kind == kind && old->target.source == target.source && old->target.id == target.id &&
		    old->count == count) {
			*out = (struct iq_type){ &d->source, (uint32_t)(FIRST_ENTRY + index) };
			return NULL;
		}
	}
	IQ_TRY(add_entry(d, &new, out));
	return iq_map_set(&d->known, key, out->id - FIRST_ENTRY) ? NULL : iq_error_no_memory();
}

struct iq_error *iq_type_derive_function(struct iq_types *types, struct iq_type result,
					 const struct iq_type *parameters, size_t count, bool variadic,
					 struct iq_type *out)
{
	struct entry new = { .kind = IQ_TYPE_FUNCTION, .target = result, .count = count, .variadic = variadic };
	if (count) {
		new.parameters = calloc(count, sizeof(*parameters));
		if (!new.parameters)
			return iq_error_no_memory();
		memcpy(new.parameters, parameters, count * sizeof(*parameters));
	}
	struct iq_error *error = add_entry(of(types->derived), &new, out);
	if (error)
		free(new.parameters);
	return error;
}

struct iq_error *iq_type_pointer_to(struct iq_types *types, struct iq_type target, struct iq_type *out)
{
	return iq_type_derive(types, IQ_TYPE_POINTER, target, 0, out);
}

struct iq_error *iq_type_array_of(struct iq_types *types, struct iq_type element, uint64_t count, struct iq_type *out)
{
	return iq_type_derive(types, IQ_TYPE_ARRAY, element, count, out);
}

struct iq_type iq_type_void(struct iq_types *types)
{
	return iq_type_basic(types, IQ_BASIC_VOID);
}

struct iq_error *iq_type_int(struct iq_types *types, unsigned size, bool is_signed, struct iq_type *out)
{
	enum iq_basic_type basic;
	switch (size) {
	case 1: basic = IQ_BASIC_SCHAR; break;
	case 2: basic = IQ_BASIC_SHORT; break;
	case 4: basic = IQ_BASIC_INT; break;
	case 8: basic = IQ_BASIC_LONG; break;
	case 16: basic = IQ_BASIC_INT128; break;
	default: return iq_error_new(IQ_ERROR_ARGUMENT, "there is no integer of %u bytes", size);
	}
	*out = iq_type_basic(types, basic + !is_signed);
	return NULL;
}
