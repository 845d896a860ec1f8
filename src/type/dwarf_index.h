/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: which DIE has which name. libdw can only be asked unit by unit, and vmlinux has thousands, so all
 * names are collected once (0.5 s), and what came out is kept in a file under the build-id.
 *
 * The file: struct dwarf_index_header; bucket_count + 1 numbers, where each bucket's entries begin; the entries, in the
 * order of buckets and within one in the order of the units; the names. All numbers are this machine's.
 */
#ifndef IQ_TYPE_DWARF_INDEX_H
#define IQ_TYPE_DWARF_INDEX_H

#include "type/dwarf_types.h"

#if IQ_HAVE_ELFUTILS

enum dwarf_index_kind {
	DWARF_INDEX_STRUCT,
	DWARF_INDEX_UNION,
	DWARF_INDEX_ENUM,
	DWARF_INDEX_TYPEDEF,
	DWARF_INDEX_BASE,
	DWARF_INDEX_STRUCT_DECLARED, /* the declared ones are left out where a definition is */
	DWARF_INDEX_UNION_DECLARED,
	DWARF_INDEX_ENUMERATOR, /* the DIE is the enum's */
	DWARF_INDEX_VARIABLE,
	DWARF_INDEX_VARIABLE_DECLARED, /* and optimized out */
	DWARF_INDEX_FUNCTION,
	DWARF_INDEX_FUNCTION_DECLARED, /* and inlined everywhere */
	DWARF_INDEX_KINDS
};

struct dwarf_index_entry {
	const char *name;
	enum dwarf_index_kind kind;
	enum dwarf_space space;
	uint32_t die; /* offset */
};

/* What the index was made of, and by which program. */
struct dwarf_index_header {
	uint32_t magic, version;
	uint64_t checksum; /* of all that follows */
	uint64_t file_size;
	uint64_t info_size, types_size, alternate_size; /* of the sections */
	uint8_t build_id[IQ_DWARF_MAX_BUILD_ID];
	uint32_t build_id_size;
	uint32_t bucket_count; /* a power of two */
	uint32_t entry_count;
	uint32_t names_size;
};

enum { DWARF_INDEX_MAGIC = 0x31785149 /* "IQx1" */, DWARF_INDEX_VERSION = 1 };

struct dwarf_index_record {
	uint32_t name; /* offset */
	uint32_t die;
	uint32_t kind_and_space; /* kind | space << 8 */
};

/* The bytes, checked. */
struct dwarf_index {
	const struct dwarf_index_header *header;
	const uint32_t *buckets;
	const struct dwarf_index_record *entries;
	const char *names;
	void *data;
	size_t size;
	bool mapped; /* or malloc'ed */
};

/* dwarf_index.c */

/* The index of a file: from the cache, or built. Valid as long as the file is open. */
struct iq_error *iq_dwarf_index(struct iq_dwarf *dwarf, const struct dwarf_index **out);

/* The next entry of this name; *cursor is 0 at first. */
bool iq_dwarf_index_next(const struct dwarf_index *index, const char *name, uint32_t *cursor,
			 struct dwarf_index_entry *out);

/* Entry number n. */
bool iq_dwarf_index_at(const struct dwarf_index *index, uint32_t n, struct dwarf_index_entry *out);

/* Checks the bytes of an index: all that can be wrong with one of another file, version, or a damaged one. */
bool iq_dwarf_index_parse(void *data, size_t size, const struct dwarf_index_header *wanted, struct dwarf_index *out);

uint64_t iq_dwarf_index_checksum(const void *data, size_t size);

/* dwarf_index_file.c: the cached file of a build-id. The errors of both are for tests: nobody needs a cache. */
struct iq_error *iq_dwarf_index_load(const char *directory, const struct dwarf_index_header *wanted,
				     struct dwarf_index *out);
struct iq_error *iq_dwarf_index_store(const char *directory, const struct dwarf_index *index);
void iq_dwarf_index_release(struct dwarf_index *index);

/* dwarf_index_build.c: names on their way into an index */

struct dwarf_index_name {
	uint32_t text, hash; /* offset in texts */
	uint32_t defined;    /* a bit for each kind that has an entry */
};

struct dwarf_index_builder {
	IQ_VEC(char) texts;
	IQ_VEC(struct dwarf_index_name) names;
	IQ_VEC(struct dwarf_index_record) entries; /* `name` is a number in names here */
	uint32_t *slots;                           /* number of a name + 1, by hash */
	size_t slot_count;
	struct iq_map seen; /* what would come again from other units */
};

/* `text` must stay where it is if `lasting`; `size` tells structs of one name apart. */
struct iq_error *iq_dwarf_index_add(struct dwarf_index_builder *builder, enum dwarf_index_kind kind, const char *text,
				    bool lasting, uint64_t size, enum dwarf_space space, uint64_t die);
/* `header` has what describes the source. */
struct iq_error *iq_dwarf_index_finish(struct dwarf_index_builder *builder, const struct dwarf_index_header *header,
				       struct dwarf_index *out);
void iq_dwarf_index_builder_free(struct dwarf_index_builder *builder);

/* dwarf_index_scan.c: all names of a file. */
struct iq_error *iq_dwarf_index_scan(struct iq_dwarf *dwarf, struct dwarf_index_builder *builder);

/* A section's bytes, as libdw has them: relocated and decompressed. size 0: none. */
struct dwarf_section {
	const uint8_t *data;
	size_t size;
};
struct dwarf_section iq_dwarf_section(Dwarf *dwarf, const char *name);

#endif

#endif
