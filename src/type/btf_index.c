// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each type of a BTF lies, and which have which name. BTF has no index: a type is found by walking over all
 * before it. We keep 4 bytes for each, and walk only as far as needed: the types that a backtrace asks for come early
 * (vmlinux' BTF begins with what init/main.c includes).
 */
#include "type/btf.h"
#include "util/cleanup.h"

#include <string.h>

/* Bytes after the common 12, and for each of vlen elements. FUNC keeps its linkage in vlen. */
static const struct {
	uint8_t fixed, each;
} record_sizes[BTF_KINDS] = {
	[BTF_INT] = { 4, 0 },      [BTF_ARRAY] = { 12, 0 },  [BTF_STRUCT] = { 0, 12 },  [BTF_UNION] = { 0, 12 },
	[BTF_ENUM] = { 0, 8 },     [BTF_VAR] = { 4, 0 },     [BTF_DATASEC] = { 0, 12 }, [BTF_FUNC_PROTO] = { 0, 8 },
	[BTF_DECL_TAG] = { 4, 0 }, [BTF_ENUM64] = { 0, 12 },
};

static struct iq_error *error_again(const struct iq_error *error)
{
	struct iq_error *copy = iq_error_new(error->code, "%s", error->message);
	if (copy->code == error->code) {
		copy->page_state = error->page_state;
		copy->has_address = error->has_address;
		copy->address = error->address;
	}
	return copy;
}

/* The length of a record, from its second word. vlen has 24 bits and kind 7 since the header grew a layout section
 * (Linux 7.1); before, the bits between were zero. The layout section tells the sizes of kinds newer than this program.
 */
static struct iq_error *record_length(struct btf *btf, uint32_t info, uint64_t *length)
{
	uint32_t kind = info >> 24 & 0x7f, vlen = info & 0xffffff;
	unsigned fixed, each;
	if (kind > BTF_UNKNOWN && kind < BTF_KINDS) {
		fixed = record_sizes[kind].fixed;
		each = record_sizes[kind].each;
	} else {
		struct btf *with = btf->layout_count || !btf->base ? btf : btf->base;
		if (!kind || kind >= with->layout_count)
			return iq_error_new(IQ_ERROR_UNSUPPORTED, "unknown kind %u", kind);
		size_t at = with->layout + kind * 4;
		IQ_TRY(btf_bytes_need(&with->bytes, at, 4));
		fixed = with->bytes.data[at];
		each = with->bytes.data[at + 1];
	}
	*length = 12 + fixed + (uint64_t)each * vlen;
	if (*length % 4)
		return iq_error_new(IQ_ERROR_FORMAT, "a record of kind %u is said to have %llu bytes", kind,
				    (unsigned long long)*length);
	return NULL;
}

static struct iq_error *next_length(struct btf *btf, uint64_t *length)
{
	uint32_t left = btf->types_size - btf->next_offset;
	if (left < 12)
		return iq_error_new(IQ_ERROR_FORMAT, "the type section ends inside a type");
	size_t at = btf->types + btf->next_offset;
	IQ_TRY(btf_bytes_need(&btf->bytes, at, 12));
	IQ_TRY(record_length(btf, btf_u32(btf->bytes.data + at + 4), length));
	if (*length > left)
		return iq_error_new(IQ_ERROR_FORMAT, "its %llu bytes do not fit into the type section",
				    (unsigned long long)*length);
	return NULL;
}

static bool make_room(struct btf *btf)
{
	if (btf->count < btf->capacity)
		return true;
	uint32_t capacity = btf->capacity ? btf->capacity + btf->capacity / 2 : 1024;
	uint32_t *offsets = realloc(btf->offsets, (size_t)capacity * sizeof(*offsets));
	if (!offsets)
		return false;
	btf->offsets = offsets;
	btf->capacity = capacity;
	return true;
}

static void stop_scan(struct btf *btf, struct iq_error *error)
{
	btf->complete = true;
	btf->stop = iq_error_prefix(error, "%s: type %u at offset 0x%x", btf->label, btf->first_id + btf->count,
				    btf->types + btf->next_offset);
	iq_warn(btf->source.types->diag, "%s; types after it are unknown", btf->stop->message);
}

struct iq_error *btf_scan(struct btf *btf, uint32_t count)
{
	while (!btf->complete && btf->count < count) {
		if (btf->next_offset >= btf->types_size) {
			btf->complete = true;
			break;
		}
		uint64_t length = 0;
		struct iq_error *error = next_length(btf, &length);
		if (error) {
			stop_scan(btf, error);
			break;
		}
		if (!make_room(btf))
			return iq_error_no_memory();
		btf->offsets[btf->count++] = btf->next_offset;
		btf->next_offset += (uint32_t)length;
	}
	return NULL;
}

struct iq_error *btf_scan_all(struct btf *btf)
{
	IQ_TRY(btf_scan(btf, UINT32_MAX));
	return btf->stop ? error_again(btf->stop) : NULL;
}

static struct iq_error *no_such_type(struct btf *btf, uint32_t id)
{
	if (btf->stop)
		return iq_error_prefix(error_again(btf->stop), "type %u is not known", id);
	return iq_error_new(IQ_ERROR_FORMAT, "%s has no type %u: its last is %u", btf->label, id,
			    btf->first_id + btf->count - 1);
}

struct iq_error *btf_record(struct btf *btf, uint32_t id, struct btf **owner, struct btf_record *out)
{
	if (id < btf->first_id && btf->base)
		btf = btf->base;
	if (owner)
		*owner = btf;
	if (id < btf->first_id)
		return iq_error_new(IQ_ERROR_FORMAT, "%s has no type %u", btf->label, id);
	uint32_t index = id - btf->first_id;
	if (index >= btf->count)
		IQ_TRY(btf_scan(btf, index + 1));
	if (index >= btf->count)
		return no_such_type(btf, id);

	size_t at = btf->types + btf->offsets[index];
	IQ_TRY(btf_bytes_need(&btf->bytes, at, 12));
	const uint8_t *p = btf->bytes.data + at;
	uint32_t info = btf_u32(p + 4), kind = info >> 24 & 0x7f;
	*out = (struct btf_record){ .kind = kind < BTF_KINDS ? (enum btf_kind)kind : BTF_UNKNOWN,
				    .name = btf_u32(p),
				    .vlen = info & 0xffffff,
				    .flag = info >> 31,
				    .size_or_type = btf_u32(p + 8),
				    .extra = p + 12 };
	uint64_t length = 12;
	if (out->kind != BTF_UNKNOWN)
		IQ_TRY(record_length(btf, info, &length));
	out->extra_size = length - 12;
	/* A live kernel may have changed the bytes since the scan. */
	if (length > btf->types_size - btf->offsets[index])
		return iq_error_new(IQ_ERROR_FORMAT, "%s: type %u has changed since it was first read", btf->label, id);
	return btf_bytes_need(&btf->bytes, at + 12, out->extra_size);
}

struct iq_error *btf_string(struct btf *btf, uint32_t offset, const char **out)
{
	*out = NULL;
	if (!offset)
		return NULL;
	uint32_t at = offset;
	if (btf->base) {
		if (offset < btf->base->strings_size)
			btf = btf->base;
		else
			at -= btf->base->strings_size;
	}
	const char *text = (const char *)btf->bytes.data + btf->strings + at;
	for (uint32_t i = 0; at < btf->strings_size; i++, at++) {
		if (btf->bytes.missing && (i == 0 || (btf->strings + at + btf->bytes.phase) % 4096 == 0))
			IQ_TRY(btf_bytes_need(&btf->bytes, btf->strings + at, 1));
		if (!text[i]) {
			*out = i ? text : NULL;
			return NULL;
		}
		if (text[i] < 0x20 || text[i] > 0x7e)
			return iq_error_new(IQ_ERROR_FORMAT,
					    "%s: the string at offset 0x%x is damaged: byte 0x%02x in it", btf->label,
					    offset, (uint8_t)text[i]);
	}
	return iq_error_new(IQ_ERROR_FORMAT, "%s: string offset 0x%x leads out of the string section", btf->label,
			    offset);
}

void btf_index_free(struct btf *btf)
{
	free(btf->offsets);
	iq_error_free(btf->stop);
}
