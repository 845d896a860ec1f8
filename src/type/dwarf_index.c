// SPDX-License-Identifier: GPL-2.0-or-later
/* The index of names: what its bytes must fulfil, and questions to it. */
#include "type/dwarf_index.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <string.h>

/* Each step is a bijection of the sum for a given word, and of the word for a given sum: no single change is missed. */
uint64_t iq_dwarf_index_checksum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t lanes[4] = { 1, 2, 3, 4 }, word;
	for (; size >= sizeof(lanes); p += sizeof(lanes), size -= sizeof(lanes)) {
		for (unsigned i = 0; i < 4; i++) {
			memcpy(&word, p + 8 * i, sizeof(word));
			lanes[i] = (lanes[i] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
			lanes[i] ^= lanes[i] >> 32;
		}
	}
	for (; size; p++, size--)
		lanes[0] = iq_hash_u64(lanes[0] ^ *p) + 1;
	return iq_hash_u64(iq_hash_u64(iq_hash_u64(lanes[0]) ^ lanes[1]) ^ lanes[2]) ^ lanes[3];
}

static bool same_source(const struct dwarf_index_header *a, const struct dwarf_index_header *b)
{
	return a->magic == b->magic && a->version == b->version && a->info_size == b->info_size &&
	       a->types_size == b->types_size && a->alternate_size == b->alternate_size &&
	       a->build_id_size == b->build_id_size && memcmp(a->build_id, b->build_id, sizeof(a->build_id)) == 0;
}

bool iq_dwarf_index_parse(void *data, size_t size, const struct dwarf_index_header *wanted, struct dwarf_index *out)
{
	const struct dwarf_index_header *header = data;
	if (size < sizeof(*header) || !same_source(header, wanted) || header->file_size != size)
		return false;
	uint64_t buckets = ((uint64_t)header->bucket_count + 1) * sizeof(uint32_t);
	uint64_t entries = (uint64_t)header->entry_count * sizeof(struct dwarf_index_record);
	if (!header->bucket_count || (header->bucket_count & (header->bucket_count - 1)) ||
	    size - sizeof(*header) != buckets + entries + header->names_size)
		return false;
	size_t summed = offsetof(struct dwarf_index_header, file_size);
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	if (iq_dwarf_index_checksum((const uint8_t *)data + summed, size - summed) != header->checksum)
		return false;
#else
	(void)summed;
#endif
	*out = (struct dwarf_index){ .header = header, .data = data, .size = size };
	out->buckets = (const uint32_t *)(header + 1);
	out->entries = (const struct dwarf_index_record *)(out->buckets + header->bucket_count + 1);
	out->names = (const char *)(out->entries + header->entry_count);
	return header->names_size && !out->names[header->names_size - 1];
}

bool iq_dwarf_index_at(const struct dwarf_index *index, uint32_t n, struct dwarf_index_entry *out)
{
	if (n >= index->header->entry_count)
		return false;
	const struct dwarf_index_record *record = &index->entries[n];
	uint32_t kind = record->kind_and_space & 0xff, space = record->kind_and_space >> 8;
	if (record->name >= index->header->names_size || kind >= DWARF_INDEX_KINDS || space >= DWARF_SPACES)
		return false;
	*out = (struct dwarf_index_entry){ .name = index->names + record->name,
					   .kind = (enum dwarf_index_kind)kind,
					   .space = (enum dwarf_space)space,
					   .die = record->die };
	return true;
}

bool iq_dwarf_index_next(const struct dwarf_index *index, const char *name, uint32_t *cursor,
			 struct dwarf_index_entry *out)
{
	uint32_t bucket = iq_hash_bytes(name, strlen(name)) & (index->header->bucket_count - 1);
	uint32_t at = index->buckets[bucket], end = index->buckets[bucket + 1];
	/* The cursor is what was looked at of the bucket. */
	for (uint64_t i = (uint64_t)at + *cursor; i < end; i++) {
		++*cursor;
		if (!iq_dwarf_index_at(index, (uint32_t)i, out))
			return false;
		if (strcmp(out->name, name) == 0)
			return true;
	}
	return false;
}

/* What describes the file that an index is of. */
static struct dwarf_index_header describe(struct iq_dwarf *dwarf)
{
	struct dwarf_index_header header = { .magic = DWARF_INDEX_MAGIC, .version = DWARF_INDEX_VERSION };
	header.info_size = iq_dwarf_section(dwarf->dwarf, ".debug_info").size;
	header.types_size = iq_dwarf_section(dwarf->dwarf, ".debug_types").size;
	if (dwarf->alternate)
		header.alternate_size = iq_dwarf_section(dwarf->alternate, ".debug_info").size;
	header.build_id_size = (uint32_t)dwarf->build_id_size;
	memcpy(header.build_id, dwarf->build_id, dwarf->build_id_size);
	return header;
}

static void free_index(void *data)
{
	iq_dwarf_index_release(data);
	free(data);
}

static struct iq_error *build(struct iq_dwarf *dwarf, const struct dwarf_index_header *header, struct dwarf_index *out)
{
	struct dwarf_index_builder builder = { 0 };
	struct iq_error *error = iq_dwarf_index_scan(dwarf, &builder);
	if (!error)
		error = iq_dwarf_index_finish(&builder, header, out);
	iq_dwarf_index_builder_free(&builder);
	return error;
}

struct iq_error *iq_dwarf_index(struct iq_dwarf *dwarf, const struct dwarf_index **out)
{
	*out = dwarf->index.data;
	if (*out)
		return NULL;
	struct dwarf_index_header header = describe(dwarf);
	struct dwarf_index *index = calloc(1, sizeof(*index));
	if (!index)
		return iq_error_no_memory();
	bool cached = dwarf->cache && dwarf->build_id_size;
	if (!cached || iq_failed(iq_dwarf_index_load(dwarf->cache, &header, index))) {
		struct iq_error *error = build(dwarf, &header, index);
		if (error) {
			free(index);
			return error;
		}
		/* Whoever can't write there pays with time only. */
		if (cached)
			iq_error_free(iq_dwarf_index_store(dwarf->cache, index));
	}
	dwarf->index.data = index;
	dwarf->index.free = free_index;
	*out = index;
	return NULL;
}

#endif
