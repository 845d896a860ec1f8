/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: BTF, the kernel's own type format (Documentation/bpf/btf.rst, include/uapi/linux/btf.h). A header,
 * then types one after the other, numbered from 1, then strings. A module's BTF goes on where vmlinux' ends, in numbers
 * and in string offsets.
 */
#ifndef IQ_TYPE_BTF_H
#define IQ_TYPE_BTF_H

#include "type/source.h"

enum btf_kind {
	BTF_UNKNOWN,
	BTF_INT,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
	BTF_KINDS
};

/* One type's record: the 12 bytes that all kinds have, and what follows them. */
struct btf_record {
	enum btf_kind kind;
	uint32_t name; /* string offset */
	uint32_t vlen;
	bool flag;
	uint32_t size_or_type;
	const uint8_t *extra; /* extra_size bytes, in memory */
	size_t extra_size;
};

/* The bytes: all there, or read piece by piece. */
struct btf_bytes {
	uint8_t *data;
	size_t size;
	uint8_t *missing; /* a bit for each piece not yet read; NULL: all is there */
	unsigned phase;
	uint8_t *mapping;
	size_t mapping_size;
	iq_type_reader read;
	void *context;
};

/* Names to type numbers, filled as far as it was needed. */
struct btf_name_slot {
	uint32_t hash, id; /* id 0: free */
};

struct btf_names {
	struct btf_name_slot *slots;
	uint32_t count, capacity;
	uint32_t next; /* index of the first type not looked at */
	bool (*wants)(enum btf_kind kind);
};

struct btf {
	struct iq_type_source source;
	struct btf *base; /* vmlinux', for a module */
	char *label;      /* "BTF of vmlinux" */
	iq_type_loader load;
	void *context;
	void (*free_context)(void *context);
	struct btf_bytes bytes;
	bool opened;
	struct iq_error *failure; /* why it can't be used at all */

	uint32_t types, types_size; /* where the sections lie in bytes */
	uint32_t strings, strings_size;
	uint32_t layout, layout_count; /* record sizes of kinds, by kind; 0: none given */

	/* btf_index.c */
	uint32_t first_id;
	uint32_t *offsets; /* of type first_id + i in the type section */
	uint32_t count, capacity;
	uint32_t next_offset;
	bool complete;         /* every type has its offset, or what follows can't be read */
	struct iq_error *stop; /* why what follows can't be read */
	struct btf_names named, functions;
	unsigned searches; /* of the strings, for names that the tables don't have yet */
	bool name_damage_reported;
};

/* btf.c */
/* NULL: it is another front end's. */
struct btf *btf_from_source(struct iq_type_source *source);
/* Is it a kind of type, not of a function, variable, section or tag on a declaration? */
bool btf_is_type(enum btf_kind kind);
/* Type `id` as `btf` counts, which may be its base's. */
struct iq_type btf_type_of(struct btf *btf, uint32_t id);

/* btf_bytes.c */

/* Takes malloc'ed bytes. */
void btf_bytes_take(struct btf_bytes *bytes, uint8_t *data, size_t size);
/* Makes room for bytes that `read` will give. */
struct iq_error *btf_bytes_reserve(struct btf_bytes *bytes, uint64_t size, unsigned phase, iq_type_reader read,
				   void *context);
void btf_bytes_free(struct btf_bytes *bytes);
struct iq_error *btf_bytes_fetch(struct btf_bytes *bytes, size_t offset, size_t length);

/* Makes sure that bytes [offset, offset + length) are there; the caller has checked that they lie within the size. */
static inline struct iq_error *btf_bytes_need(struct btf_bytes *bytes, size_t offset, size_t length)
{
	return bytes->missing ? btf_bytes_fetch(bytes, offset, length) : NULL;
}

static inline uint32_t btf_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* btf_index.c: where each type lies */

/* Goes through the types until `count` are known or none is left. */
struct iq_error *btf_scan(struct btf *btf, uint32_t count);
/* Goes through all; the error is why not. */
struct iq_error *btf_scan_all(struct btf *btf);
/* Gives a type's record. `owner` (may be NULL) is set to the BTF that holds it: the type may be the base's. */
struct iq_error *btf_record(struct btf *btf, uint32_t id, struct btf **owner, struct btf_record *out);
void btf_index_free(struct btf *btf);
/* A string by offset; NULL for none (offset 0). */
struct iq_error *btf_string(struct btf *btf, uint32_t offset, const char **out);

/* btf_names.c: which has which name */

/* Where the first string equal to `name` from offset *at on lies; false: nowhere. For a BTF without a base. */
struct iq_error *btf_find_string(struct btf *btf, const char *name, uint32_t *at, bool *found);
/* The lowest-numbered type of this name that `matches`; *id 0: none. */
struct iq_error *btf_by_name(struct btf *btf, struct btf_names *names, const char *name,
			     bool (*matches)(enum btf_kind kind, unsigned wanted), unsigned wanted, uint32_t *id);
void btf_names_free(struct btf *btf);

#endif
