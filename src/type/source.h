/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the room: what a front end (BTF, DWARF) answers, and the registry of all of them. */
#ifndef IQ_TYPE_SOURCE_H
#define IQ_TYPE_SOURCE_H

#include "type/type.h"
#include "util/hash.h"
#include "util/vec.h"

enum {
	IQ_TYPE_MAX_DEPTH = 64,       /* typedefs in a row, nested anonymous members, parentheses of a declaration */
	IQ_TYPE_MAX_VISITS = 1 << 20, /* members looked at for one question: hostile types can branch without end */
};

/* A set of kinds: 1 << IQ_TYPE_STRUCT | … */
#define IQ_KIND(kind) (1u << (kind))

/* All are given ids that came from a source and may still be wrong. "Not found" is no error: out->source stays NULL. */
struct iq_type_source_ops {
	/* Makes the source ready; called before each question and cheap from the second time on. */
	struct iq_error *(*open)(struct iq_type_source *source);
	struct iq_error *(*find)(struct iq_type_source *source, unsigned kinds, const char *name, struct iq_type *out);
	/* The size of arrays, typedefs, qualifiers and tags is left 0: layout.c knows. */
	struct iq_error *(*info)(struct iq_type_source *source, uint32_t id, struct iq_type_info *out);
	/* n is below info's count; bit_offset is from the start of this struct. */
	struct iq_error *(*member_at)(struct iq_type_source *source, uint32_t id, uint32_t n,
				      struct iq_type_member *out);
	struct iq_error *(*enumerator_at)(struct iq_type_source *source, uint32_t id, uint32_t n,
					  struct iq_type_enumerator *out);
	struct iq_error *(*parameter_at)(struct iq_type_source *source, uint32_t id, uint32_t n, const char **name,
					 struct iq_type *out);
	struct iq_error *(*function)(struct iq_type_source *source, const char *name, struct iq_type *out);
	struct iq_error *(*variable)(struct iq_type_source *source, const char *name, struct iq_type *out);
	/* *type: the enum that has it */
	struct iq_error *(*constant)(struct iq_type_source *source, const char *name, struct iq_type *type,
				     int64_t *value, bool *found);
	struct iq_error *(*each)(struct iq_type_source *source,
				 struct iq_error *(*fn)(void *context, struct iq_type type), void *context);
	void (*free)(struct iq_type_source *source);
};

/* Embedded at the start of a front end's own structure. */
struct iq_type_source {
	const struct iq_type_source_ops *ops;
	struct iq_types *types;
	char *module;  /* NULL: vmlinux */
	bool left_out; /* damaged, and that was said */
	bool fallback; /* asked only where no other source of the same module is whole: DWARF has what BTF has */
};

struct iq_member_slot {
	const char *struct_name, *path; /* NULL: a free slot */
	uint32_t hash;
	bool core_only, found;
	size_t sources; /* how many were asked: a later one may know what was not found */
	struct iq_type_member member;
};

struct iq_types {
	const struct iq_diag *diag;
	char *name; /* whose types, for messages; NULL: vmlinux' */
	IQ_VEC(struct iq_type_source *) sources;
	size_t core_sources; /* of them vmlinux' */
	struct iq_type_source *derived;
	struct iq_error *(*load)(void *context);
	void *load_context;
	struct iq_member_slot *members; /* answers of iq_types_member */
	size_t member_count, member_capacity;
};

/* Adds a source, which the registry owns from then on (also on failure). */
struct iq_error *iq_types_add_source(struct iq_types *types, const char *module, struct iq_type_source *source);

/* Has the modules' types added, if that wasn't done yet. */
void iq_types_load_modules(struct iq_types *types);

/* Opens a source; *usable false: a module's that is left out. */
struct iq_error *iq_type_source_open(struct iq_type_source *source, bool *usable);

/* Like iq_type_find for a set of kinds, but with nothing found out->source is NULL. `core_only`: vmlinux alone, nothing
 * is loaded for it.
 */
struct iq_error *iq_type_lookup(struct iq_types *types, unsigned kinds, const char *name, bool core_only,
				struct iq_type *out);

/* struct, union or typedef of that name; the error when there is none says so. */
struct iq_error *iq_type_lookup_compound(struct iq_types *types, const char *name, bool core_only, struct iq_type *out);

/* What the front end says, sizes of arrays and typedefs left 0. */
struct iq_error *iq_type_raw_info(struct iq_type type, struct iq_type_info *out);

/* Releases what iq_types_member remembers. */
void iq_types_forget_members(struct iq_types *types);

struct iq_type_source *iq_derived_new(struct iq_types *types);

#endif
