// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Types by name, without reading all names first. The types that a backtrace asks for come early (vmlinux' BTF begins
 * with what init/main.c includes), so the first few thousand go into a hash table as far as needed. A name that is not
 * among them is searched in the strings: most are not there at all (a struct that another kernel version has), and if
 * it is there, its offset finds the type without looking at the other names. Who asks often gets the whole table.
 */
#include "type/btf.h"
#include "util/cleanup.h"

#include <string.h>

enum {
	EARLY = 12288, /* types that go into the table at once */
	SEARCHES = 8,  /* before the whole table is built */
	STEP = 256,
	WINDOW = 65536, /* bytes of the strings that are fetched and searched at a time */
};

static bool grow_names(struct btf_names *names)
{
	if ((uint64_t)names->count * 4 < (uint64_t)names->capacity * 3)
		return true;
	if (names->capacity > UINT32_MAX / 2)
		return false;
	uint32_t capacity = names->capacity ? names->capacity * 2 : 1024;
	struct btf_name_slot *slots = calloc(capacity, sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t i = 0; i < names->capacity; i++) {
		if (!names->slots[i].id)
			continue;
		uint32_t at = names->slots[i].hash & (capacity - 1);
		while (slots[at].id)
			at = (at + 1) & (capacity - 1);
		slots[at] = names->slots[i];
	}
	free(names->slots);
	names->slots = slots;
	names->capacity = capacity;
	return true;
}

/* Hashes one more type's name into the table. A damaged name is skipped: the type is there, but can't be asked for. */
static struct iq_error *add_name(struct btf *btf, struct btf_names *names)
{
	const uint8_t *p = btf->bytes.data + btf->types + btf->offsets[names->next];
	uint32_t id = btf->first_id + names->next;
	uint32_t kind = btf_u32(p + 4) >> 24 & 0x7f;
	names->next++;
	if (kind >= BTF_KINDS || !names->wants((enum btf_kind)kind))
		return NULL;
	const char *name;
	struct iq_error *error = btf_string(btf, btf_u32(p), &name);
	if (error) {
		if (!btf->name_damage_reported)
			iq_warn(btf->source.types->diag, "type %u and perhaps more can't be found by name: %s", id,
				error->message);
		btf->name_damage_reported = true;
		iq_error_free(error);
		return NULL;
	}
	if (!name)
		return NULL;
	if (!grow_names(names))
		return iq_error_no_memory();
	uint32_t hash = iq_hash_bytes(name, strlen(name)), at = hash & (names->capacity - 1);
	while (names->slots[at].id)
		at = (at + 1) & (names->capacity - 1);
	names->slots[at] = (struct btf_name_slot){ hash, id };
	names->count++;
	return NULL;
}

static struct iq_error *search_names(struct btf *btf, const struct btf_names *names, const char *name, uint32_t hash,
				     bool (*matches)(enum btf_kind kind, unsigned wanted), unsigned wanted,
				     uint32_t *id)
{
	if (!names->capacity)
		return NULL;
	for (uint32_t at = hash & (names->capacity - 1); names->slots[at].id; at = (at + 1) & (names->capacity - 1)) {
		const struct btf_name_slot *slot = &names->slots[at];
		if (slot->hash != hash || (*id && *id < slot->id))
			continue;
		const uint8_t *p = btf->bytes.data + btf->types + btf->offsets[slot->id - btf->first_id];
		const char *its_name;
		IQ_TRY(btf_string(btf, btf_u32(p), &its_name));
		if (its_name && strcmp(its_name, name) == 0 &&
		    matches((enum btf_kind)(btf_u32(p + 4) >> 24 & 0x7f), wanted))
			*id = slot->id;
	}
	return NULL;
}

/* Makes a part of the strings be there. What can't be read is taken for a string that isn't there, and reported once.
 */
static void fetch_strings(struct btf *btf, size_t at, size_t length)
{
	while (length) {
		size_t step = IQ_MIN(length, 4096 - (at + btf->bytes.phase) % 4096);
		struct iq_error *error = btf_bytes_need(&btf->bytes, at, step);
		if (error && !btf->name_damage_reported) {
			iq_warn(btf->source.types->diag, "%s: names are missing: %s", btf->label, error->message);
			btf->name_damage_reported = true;
		}
		iq_error_free(error);
		at += step;
		length -= step;
	}
}

struct iq_error *btf_find_string(struct btf *btf, const char *name, uint32_t *at, bool *found)
{
	size_t length = strlen(name) + 1; /* with its NUL */
	*found = false;
	for (size_t from = *at; from < btf->strings_size; from += WINDOW) {
		/* A string that begins in this window may end in the next. */
		size_t size = IQ_MIN(WINDOW + length - 1, btf->strings_size - from);
		const char *start = (const char *)btf->bytes.data + btf->strings + from, *end = start + size,
			   *p = start;
		if (btf->bytes.missing)
			fetch_strings(btf, btf->strings + from, size);
		while ((p = memmem(p, (size_t)(end - p), name, length))) {
			uint32_t offset = (uint32_t)(from + (size_t)(p - start));
			const char *text = NULL;
			/* Read again, to see that its end is not a hole; and a tail of a longer name is none. */
			if (offset && !p[-1] && !iq_failed(btf_string(btf, offset, &text)) && text &&
			    !strcmp(text, name)) {
				*at = offset;
				*found = true;
				return NULL;
			}
			p++;
		}
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

/* Looks behind what the table has for a type whose name is at this offset of the strings. */
static struct iq_error *search_offset(struct btf *btf, const struct btf_names *names, uint32_t offset,
				      bool (*matches)(enum btf_kind kind, unsigned wanted), unsigned wanted,
				      uint32_t *id)
{
	for (uint32_t i = names->next;; i++) {
		if (i >= btf->count)
			IQ_TRY(btf_scan(btf, i + STEP));
		if (i >= btf->count)
			return NULL;
		const uint8_t *p = btf->bytes.data + btf->types + btf->offsets[i];
		if (btf_u32(p) == offset && matches((enum btf_kind)(btf_u32(p + 4) >> 24 & 0x7f), wanted)) {
			*id = btf->first_id + i;
			return NULL;
		}
	}
}

static struct iq_error *search_strings(struct btf *btf, const struct btf_names *names, const char *name,
				       bool (*matches)(enum btf_kind kind, unsigned wanted), unsigned wanted,
				       uint32_t *id)
{
	uint32_t first = 0;
	bool found;
	/* Strings are there once, but nothing guarantees it. */
	for (uint32_t at = 1, copies = 0; copies < 4; at++, copies++) {
		IQ_TRY(btf_find_string(btf, name, &at, &found));
		if (!found)
			break;
		uint32_t its_id = 0;
		IQ_TRY(search_offset(btf, names, at, matches, wanted, &its_id));
		if (its_id && (!first || its_id < first))
			first = its_id;
	}
	*id = first;
	return NULL;
}

struct iq_error *btf_by_name(struct btf *btf, struct btf_names *names, const char *name,
			     bool (*matches)(enum btf_kind kind, unsigned wanted), unsigned wanted, uint32_t *id)
{
	uint32_t hash = iq_hash_bytes(name, strlen(name));
	*id = 0;
	for (;;) {
		IQ_TRY(search_names(btf, names, name, hash, matches, wanted, id));
		if (*id)
			return NULL;
		/* A module's names may be among its base's strings; it is small. */
		if (names->next >= EARLY && !btf->base && btf->searches < SEARCHES &&
		    !(btf->complete && names->next == btf->count)) {
			btf->searches++;
			return search_strings(btf, names, name, matches, wanted, id);
		}
		uint32_t until = names->next + STEP;
		IQ_TRY(btf_scan(btf, until));
		if (names->next == btf->count)
			return NULL;
		while (names->next < IQ_MIN(until, btf->count))
			IQ_TRY(add_name(btf, names));
	}
}

void btf_names_free(struct btf *btf)
{
	free(btf->named.slots);
	free(btf->functions.slots);
}
