// SPDX-License-Identifier: GPL-2.0-or-later
/* Names on their way into an index: each text once, each type once for thousands of units. */
#include "type/dwarf_index.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <string.h>

enum { MAX_ENTRIES = 1 << 25, MAX_TEXTS = 1 << 30, FIRST_SLOTS = 1 << 16 };

/* Variables and functions that are there may share a name; the rest comes from headers, again in each unit. */
static bool comes_once(enum dwarf_index_kind kind)
{
	return kind != DWARF_INDEX_VARIABLE && kind != DWARF_INDEX_FUNCTION;
}

static uint64_t seen_key(uint64_t what, enum dwarf_index_kind kind, uint64_t size)
{
	return iq_hash_u64(what << 4 | kind) + size * UINT64_C(0x9e3779b97f4a7c15);
}

static bool grow_slots(struct dwarf_index_builder *builder)
{
	if (builder->names.count * 2 < builder->slot_count)
		return true;
	size_t count = builder->slot_count ? builder->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = calloc(count, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < builder->names.count; i++) {
		size_t at = builder->names.data[i].hash & (count - 1);
		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(builder->slots);
	builder->slots = slots;
	builder->slot_count = count;
	return true;
}

static bool add_text(struct dwarf_index_builder *builder, const char *text, size_t length)
{
	size_t need = builder->texts.count + length + 1;
	if (need > builder->texts.capacity &&
	    !iq_vec_reserve(&builder->texts, IQ_MAX(need, builder->texts.capacity * 2)))
		return false;
	memcpy(builder->texts.data + builder->texts.count, text, length + 1);
	builder->texts.count = need;
	return true;
}

/* The number of a name, new or known. */
static struct iq_error *intern(struct dwarf_index_builder *builder, const char *text, uint32_t *out)
{
	size_t length = strlen(text);
	uint32_t hash = iq_hash_bytes(text, length);
	if (!grow_slots(builder))
		return iq_error_no_memory();
	size_t at = hash & (builder->slot_count - 1);
	for (; builder->slots[at]; at = (at + 1) & (builder->slot_count - 1)) {
		const struct dwarf_index_name *name = &builder->names.data[builder->slots[at] - 1];
		if (name->hash == hash && strcmp(builder->texts.data + name->text, text) == 0) {
			*out = builder->slots[at] - 1;
			return NULL;
		}
	}
	if (builder->texts.count + length >= MAX_TEXTS)
		return iq_error_new(IQ_ERROR_LIMIT, "more than 1 GiB of names");
	struct dwarf_index_name *name = iq_vec_push(&builder->names);
	if (!name)
		return iq_error_no_memory();
	*name = (struct dwarf_index_name){ .text = (uint32_t)builder->texts.count, .hash = hash };
	if (!add_text(builder, text, length))
		return iq_error_no_memory();
	*out = (uint32_t)(builder->names.count - 1);
	builder->slots[at] = *out + 1;
	return NULL;
}

struct iq_error *iq_dwarf_index_add(struct dwarf_index_builder *builder, enum dwarf_index_kind kind, const char *text,
				    bool lasting, uint64_t size, enum dwarf_space space, uint64_t die)
{
	uint32_t number;
	bool added = true;
	/* Linkers merge strings, so most of what comes again is known by its place. */
	if (lasting && comes_once(kind) && !iq_map_add(&builder->seen, seen_key((uintptr_t)text, kind, size), &added))
		return iq_error_no_memory();
	if (!added || !*text || die > UINT32_MAX)
		return NULL;
	IQ_TRY(intern(builder, text, &number));
	if (comes_once(kind) && !iq_map_add(&builder->seen, seen_key(number, kind, size), &added))
		return iq_error_no_memory();
	if (!added)
		return NULL;
	if (builder->entries.count >= MAX_ENTRIES)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %d names", MAX_ENTRIES);
	struct dwarf_index_record *record = iq_vec_push(&builder->entries);
	if (!record)
		return iq_error_no_memory();
	*record = (struct dwarf_index_record){ number, (uint32_t)die, (uint32_t)kind | (uint32_t)space << 8 };
	builder->names.data[number].defined |= 1u << kind;
	return NULL;
}

/* Is it only declared, and defined elsewhere? */
static bool is_superfluous(const struct dwarf_index_builder *builder, const struct dwarf_index_record *record)
{
	uint32_t defined = builder->names.data[record->name].defined;
	switch (record->kind_and_space & 0xff) {
	case DWARF_INDEX_STRUCT_DECLARED: return defined >> DWARF_INDEX_STRUCT & 1;
	case DWARF_INDEX_UNION_DECLARED: return defined >> DWARF_INDEX_UNION & 1;
	case DWARF_INDEX_VARIABLE_DECLARED: return defined >> DWARF_INDEX_VARIABLE & 1;
	case DWARF_INDEX_FUNCTION_DECLARED: return defined >> DWARF_INDEX_FUNCTION & 1;
	default: return false;
	}
}

static void drop_superfluous(struct dwarf_index_builder *builder)
{
	size_t kept = 0;
	iq_vec_foreach (record, &builder->entries) {
		if (!is_superfluous(builder, record))
			builder->entries.data[kept++] = *record;
	}
	builder->entries.count = kept;
}

/* Puts the entries in the order of buckets. */
static void fill(struct dwarf_index_builder *builder, uint32_t *buckets, uint32_t mask,
		 struct dwarf_index_record *entries)
{
	iq_vec_foreach (record, &builder->entries)
		buckets[builder->names.data[record->name].hash & mask]++;
	uint32_t sum = 0;
	for (uint32_t i = 0; i <= mask; i++) {
		uint32_t count = buckets[i];
		buckets[i] = sum;
		sum += count;
	}
	buckets[mask + 1] = sum;
	iq_vec_foreach (record, &builder->entries) {
		const struct dwarf_index_name *name = &builder->names.data[record->name];
		struct dwarf_index_record *place = &entries[buckets[name->hash & mask]++];
		*place = *record;
		place->name = name->text;
	}
	/* Each now stands where the next begins. */
	memmove(buckets + 1, buckets, mask * sizeof(*buckets));
	buckets[0] = 0;
}

struct iq_error *iq_dwarf_index_finish(struct dwarf_index_builder *builder, const struct dwarf_index_header *header,
				       struct dwarf_index *out)
{
	if (!builder->texts.count && !add_text(builder, "", 0))
		return iq_error_no_memory();
	drop_superfluous(builder);
	uint32_t bucket_count = 1;
	while (bucket_count < builder->entries.count)
		bucket_count *= 2;
	size_t buckets_size = ((size_t)bucket_count + 1) * sizeof(uint32_t);
	size_t entries_size = builder->entries.count * sizeof(struct dwarf_index_record);
	size_t size = sizeof(*header) + buckets_size + entries_size + builder->texts.count;
	uint8_t *data = calloc(1, size);
	if (!data)
		return iq_error_no_memory();
	struct dwarf_index_header *made = (struct dwarf_index_header *)data;
	*made = *header;
	made->file_size = size;
	made->bucket_count = bucket_count;
	made->entry_count = (uint32_t)builder->entries.count;
	made->names_size = (uint32_t)builder->texts.count;
	fill(builder, (uint32_t *)(made + 1), bucket_count - 1,
	     (struct dwarf_index_record *)(data + sizeof(*header) + buckets_size));
	memcpy(data + size - builder->texts.count, builder->texts.data, builder->texts.count);
	size_t summed = offsetof(struct dwarf_index_header, file_size);
	made->checksum = iq_dwarf_index_checksum(data + summed, size - summed);
	if (iq_dwarf_index_parse(data, size, header, out))
		return NULL;
	free(data);
	return iq_error_new(IQ_ERROR_LIMIT, "there are too many names for an index");
}

void iq_dwarf_index_builder_free(struct dwarf_index_builder *builder)
{
	iq_vec_free(&builder->texts);
	iq_vec_free(&builder->names);
	iq_vec_free(&builder->entries);
	free(builder->slots);
	iq_map_free(&builder->seen);
}

#endif
