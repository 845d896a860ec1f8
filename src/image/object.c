// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/internal.h"

#include "util/cleanup.h"

#include <string.h>

enum { MAX_OBJECT = 64 * 1024 };

struct iq_error *iq_object_read(struct iq_images *images, const char *type, uint64_t address, struct iq_object *out)
{
	uint64_t size;
	IQ_TRY(iq_types_size(images->types, type, &size));
	if (!size || size > MAX_OBJECT)
		return iq_error_new(IQ_ERROR_FORMAT, "struct %s has %lu bytes", type, size);
	_cleanup_free_ uint8_t *bytes = malloc(size);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(images->target, address, bytes, size), "struct %s at %#lx", type, address));
	*out = (struct iq_object){
		.types = images->types, .type = type, .address = address, .size = size, .bytes = iq_steal(bytes)
	};
	return NULL;
}

void iq_object_free(struct iq_object *object)
{
	free(object->bytes);
	object->bytes = NULL;
}

/* Where a member lies, in bytes; false if there is none or it is a bit-field. */
static bool locate(struct iq_types *types, const char *type, const char *path, uint64_t *offset, uint64_t *size)
{
	struct iq_type_member member;
	if (iq_failed(iq_types_member(types, type, path, &member)) || member.bit_size || member.bit_offset % 8 ||
	    iq_failed(iq_type_size(member.type, size)))
		return false;
	*offset = member.bit_offset / 8;
	return true;
}

const uint8_t *iq_object_bytes(const struct iq_object *object, const char *path, uint64_t *size)
{
	uint64_t offset;
	if (!locate(object->types, object->type, path, &offset, size) || offset > object->size ||
	    *size > object->size - offset)
		return NULL;
	return object->bytes + offset;
}

/* Little-endian, as every machine that the target room knows. */
static uint64_t number(const uint8_t *bytes, uint64_t size)
{
	uint64_t value = 0;
	for (uint64_t i = size; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

bool iq_object_get(const struct iq_object *object, const char *path, uint64_t *value)
{
	uint64_t size;
	const uint8_t *bytes = iq_object_bytes(object, path, &size);
	if (!bytes || size > sizeof(*value))
		return false;
	*value = number(bytes, size);
	return true;
}

bool iq_member_offset(struct iq_images *images, const char *type, const char *path, uint64_t *offset)
{
	uint64_t size;
	return locate(images->types, type, path, offset, &size);
}

struct iq_error *iq_member_read(struct iq_images *images, const char *type, const char *path, uint64_t address,
				uint64_t *value)
{
	uint64_t offset, size;
	uint8_t bytes[8];
	if (!locate(images->types, type, path, &offset, &size) || size > sizeof(bytes))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "struct %s has no number %s", type, path);
	IQ_TRY(iq_error_prefix(iq_read(images->target, address + offset, bytes, size), "struct %s at %#lx", type,
			       address));
	*value = number(bytes, size);
	return NULL;
}

bool iq_plausible_name(const char *name, size_t limit)
{
	size_t length = strnlen(name, limit);
	if (!length || length == limit)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	}
	return true;
}
