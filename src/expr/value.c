// SPDX-License-Identifier: GPL-2.0-or-later
/* Typed values: where their bytes are, numbers out of them, and their parts. */
#include "expr/value.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { PAGE = 4096, MAX_BYTES = 64 << 20 };

void iq_value_deinit(struct iq_value *value)
{
	free(value->bytes);
	free(value->known);
	free(value->why);
	*value = (struct iq_value){ 0 };
}

static struct iq_error *duplicate(const void *bytes, size_t size, uint8_t **out)
{
	*out = malloc(size ? size : 1);
	if (!*out)
		return iq_error_no_memory();
	memcpy(*out, bytes, size);
	return NULL;
}

struct iq_error *iq_value_copy(const struct iq_value *value, struct iq_value *out)
{
	struct iq_value copy = *value;
	struct iq_error *error = NULL;

	copy.bytes = copy.known = NULL;
	copy.why = NULL;
	if (value->bytes)
		error = duplicate(value->bytes, value->size, &copy.bytes);
	if (!error && value->known)
		error = duplicate(value->known, value->size, &copy.known);
	if (!error && value->why && !(copy.why = strdup(value->why)))
		error = iq_error_no_memory();
	if (error) {
		iq_value_deinit(&copy);
		return error;
	}
	*out = copy;
	return NULL;
}

struct iq_value iq_value_at(struct iq_type type, uint64_t address)
{
	return (struct iq_value){ .type = type, .place = IQ_IN_MEMORY, .address = address };
}

struct iq_error *iq_value_of_bytes(struct iq_type type, const void *bytes, size_t size, struct iq_value *out)
{
	struct iq_value value = { .type = type, .place = IQ_IN_BYTES, .size = size };

	if (size > MAX_BYTES)
		return iq_error_new(IQ_ERROR_LIMIT, "a value of %zu bytes", size);
	if (size <= sizeof(value.small))
		memcpy(value.small, bytes, size);
	else
		IQ_TRY(duplicate(bytes, size, &value.bytes));
	*out = value;
	return NULL;
}

/* The type itself, typedefs gone, when it is one that a number is in. */
static struct iq_error *number_info(struct iq_type type, struct iq_type_info *info)
{
	struct iq_type stripped;

	if (!type.source)
		return iq_error_new(IQ_ERROR_ARGUMENT, "its type is not known");
	IQ_TRY(iq_type_strip(type, &stripped));
	IQ_TRY(iq_type_info(stripped, info));
	if (info->kind != IQ_TYPE_INT && info->kind != IQ_TYPE_ENUM && info->kind != IQ_TYPE_POINTER) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		iq_type_declare(type, "", &text);
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is not a number", iq_strbuf_text(&text));
	}
	if (!info->size || info->size > 16)
		return iq_error_new(IQ_ERROR_FORMAT, "an integer of %" PRIu64 " bytes", info->size);
	return NULL;
}

struct iq_error *iq_value_of_integer(struct iq_type type, uint64_t number, struct iq_value *out)
{
	uint8_t bytes[16];
	struct iq_type_info info;

	IQ_TRY(number_info(type, &info));
	if (info.encoding == IQ_INT_BOOL && info.kind == IQ_TYPE_INT)
		number = number != 0;
	memset(bytes, info.is_signed && (int64_t)number < 0 ? 0xff : 0, sizeof(bytes));
	for (unsigned i = 0; i < sizeof(number); i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return iq_value_of_bytes(type, bytes, info.size, out);
}

/* Out of memory, page by page, so that one that is missing costs only its own bytes. */
static struct iq_error *fetch_memory(struct iq_target *target, const struct iq_value *value, uint8_t *bytes,
				     uint8_t *known, size_t size, struct iq_error **first)
{
	for (size_t done = 0; done < size;) {
		uint64_t address = value->address + done;
		size_t part = IQ_MIN(size - done, PAGE - address % PAGE);
		struct iq_error *error =
			iq_read_space(target, value->user ? &value->space : NULL, address, bytes + done, part);

		if (error && error->code != IQ_ERROR_MEMORY)
			return error;
		memset(known + done, !error, part);
		if (error) {
			memset(bytes + done, 0, part);
			iq_error_keep(first, error);
		}
		done += part;
		if (done < size)
			IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

struct iq_error *iq_value_fetch(struct iq_target *target, const struct iq_value *value, uint8_t *bytes, uint8_t *known,
				size_t size, struct iq_error **first)
{
	size_t here = IQ_MIN(size, value->size);

	if (first)
		*first = NULL;
	if (value->place == IQ_IN_MEMORY)
		return fetch_memory(target, value, bytes, known, size, first);
	memcpy(bytes, iq_value_bytes(value), here);
	if (value->known)
		memcpy(known, value->known, here);
	else
		memset(known, 1, here);
	memset(bytes + here, 0, size - here);
	memset(known + here, 0, size - here);
	if (first && memchr(known, 0, size))
		*first = iq_error_new(IQ_ERROR_MEMORY, "%s", value->why ? value->why : "not available");
	return NULL;
}

/* `count` bits from bit `start` on, little endian; at most 64. */
static uint64_t take_bits(const uint8_t *bytes, unsigned start, unsigned count)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < count; i++)
		number |= (uint64_t)(bytes[(start + i) / 8] >> (start + i) % 8 & 1) << i;
	return number;
}

struct iq_error *iq_value_integer(struct iq_target *target, const struct iq_value *value, uint64_t *number)
{
	_cleanup_(iq_error_freep) struct iq_error *first = NULL;
	uint8_t bytes[24], known[24];
	struct iq_type_info info;
	struct iq_value part = *value;
	uint32_t bits = value->bit_size, start = value->bit_offset;
	size_t size;

	IQ_TRY(number_info(value->type, &info));
	if (!bits)
		bits = (uint32_t)info.size * 8;
	bits = IQ_MIN(bits, 64);
	size = (start % 8 + bits + 7) / 8;
	if (value->place == IQ_IN_BYTES) {
		/* The bytes' own start stays where it is. */
		if (start / 8 + size > value->size)
			return iq_error_new(IQ_ERROR_FORMAT, "a value of %zu bytes, of which bits %u to %u are wanted",
					    value->size, start, start + bits - 1);
		memcpy(bytes, iq_value_bytes(value) + start / 8, size);
		if (value->known && memchr(value->known + start / 8, 0, size))
			return iq_error_new(IQ_ERROR_MEMORY, "%s", value->why ? value->why : "not available");
	} else {
		part.address += start / 8;
		IQ_TRY(iq_value_fetch(target, &part, bytes, known, size, &first));
		if (first)
			return iq_steal(first);
	}
	*number = take_bits(bytes, start % 8, bits);
	if (info.is_signed && bits < 64 && *number >> (bits - 1) & 1)
		*number |= UINT64_MAX << bits;
	return NULL;
}

/* The part of `value` that begins `bits` into it. */
static struct iq_error *part_of(const struct iq_value *value, struct iq_type type, int64_t bits, uint32_t bit_size,
				struct iq_value *out)
{
	struct iq_value part = { .type = type, .place = value->place };
	uint64_t size, offset = (uint64_t)(bits >> 3);

	part.bit_size = bit_size;
	if (bit_size)
		part.bit_offset = (uint32_t)(bits & 7);
	if (value->place == IQ_IN_MEMORY) {
		part.address = value->address + offset;
		part.user = value->user;
		part.space = value->space;
		*out = part;
		return NULL;
	}
	IQ_TRY(iq_type_size(type, &size));
	if (bit_size)
		size = (part.bit_offset + bit_size + 7) / 8;
	if (bits < 0 || offset > value->size || size > value->size - offset)
		return iq_error_new(IQ_ERROR_ARGUMENT, "it lies outside the value's %zu bytes", value->size);
	IQ_TRY(iq_value_of_bytes(type, iq_value_bytes(value) + offset, size, &part));
	part.bit_size = bit_size;
	part.bit_offset = bit_size ? (uint32_t)(bits & 7) : 0;
	if (value->known) {
		struct iq_error *error = duplicate(value->known + offset, size, &part.known);
		if (!error && value->why && !(part.why = strdup(value->why)))
			error = iq_error_no_memory();
		if (error) {
			iq_value_deinit(&part);
			return error;
		}
	}
	*out = part;
	return NULL;
}

struct iq_error *iq_value_member(struct iq_target *target, const struct iq_value *value, const char *path,
				 struct iq_value *out)
{
	struct iq_type_member member;

	if (!value->type.source)
		return iq_error_new(IQ_ERROR_ARGUMENT, "its type is not known");
	IQ_TRY(iq_type_member(value->type, path, &member));
	if (member.bit_offset > INT64_MAX)
		return iq_error_new(IQ_ERROR_FORMAT, "%s lies %" PRIu64 " bits away", path, member.bit_offset);
	return iq_error_prefix(part_of(value, member.type, (int64_t)member.bit_offset, member.bit_size, out), "%s",
			       path);
}

struct iq_error *iq_value_element(struct iq_target *target, const struct iq_value *value, int64_t index,
				  struct iq_value *out)
{
	struct iq_type_info info;
	struct iq_type array;
	uint64_t size;
	int64_t bits;

	if (!value->type.source)
		return iq_error_new(IQ_ERROR_ARGUMENT, "its type is not known");
	IQ_TRY(iq_type_strip(value->type, &array));
	IQ_TRY(iq_type_info(array, &info));
	if (info.kind != IQ_TYPE_ARRAY)
		return iq_error_new(IQ_ERROR_ARGUMENT, "it is no array");
	IQ_TRY(iq_type_size(info.target, &size));
	if (size > INT64_MAX / 8 || __builtin_mul_overflow(index, (int64_t)size * 8, &bits))
		return iq_error_new(IQ_ERROR_ARGUMENT, "index %" PRId64 " is too large", index);
	return iq_error_prefix(part_of(value, info.target, bits, 0, out), "element %" PRId64, index);
}

struct iq_error *iq_value_dereference(struct iq_target *target, const struct iq_value *pointer, struct iq_value *out)
{
	struct iq_type_info info;
	struct iq_type type;
	uint64_t address;

	if (!pointer->type.source)
		return iq_error_new(IQ_ERROR_ARGUMENT, "its type is not known");
	IQ_TRY(iq_type_strip(pointer->type, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (info.kind != IQ_TYPE_POINTER)
		return iq_error_new(IQ_ERROR_ARGUMENT, "it is no pointer");
	IQ_TRY(iq_value_integer(target, pointer, &address));
	struct iq_value object = iq_value_at(info.target, address);
	/* What user memory points to is user memory too. */
	object.user = pointer->user;
	object.space = pointer->space;
	*out = object;
	return NULL;
}
