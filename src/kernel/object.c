// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/object.h"

#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

/* Bits [shift, shift + size) of `bytes`, sign-extended when wanted. Little-endian, as every machine we read. */
static uint64_t extract(const uint8_t *bytes, unsigned length, unsigned shift, unsigned size, bool is_signed)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < length && i < 8; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	value >>= shift;
	if (shift && length == 9)
		value |= (uint64_t)bytes[8] << (64 - shift);
	if (size < 64) {
		value &= (UINT64_C(1) << size) - 1;
		if (is_signed && value >> (size - 1))
			value |= ~UINT64_C(0) << size;
	}
	return value;
}

struct iq_error *iq_get(struct iq_target *target, struct iq_types *types, uint64_t address, const char *struct_name,
			const char *path, uint64_t *value)
{
	struct iq_type_member member;
	struct iq_type stripped;
	struct iq_type_info info;
	uint64_t bytes_in_type;
	uint8_t bytes[9];
	IQ_TRY(iq_types_member(types, struct_name, path, &member));
	IQ_TRY(iq_type_strip(member.type, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	IQ_TRY(iq_type_size(stripped, &bytes_in_type));
	uint64_t size = member.bit_size ? member.bit_size : bytes_in_type * 8;
	if (!size || size > 64)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s.%s is no number: it has %lu bytes", struct_name, path, bytes_in_type);
	unsigned shift = member.bit_offset % 8, length = (unsigned)((shift + size + 7) / 8);
	IQ_TRY(iq_error_prefix(iq_read(target, address + member.bit_offset / 8, bytes, length), "%s at %#lx, member %s",
			       struct_name, address, path));
	*value = extract(bytes, length, shift, (unsigned)size, info.is_signed);
	return NULL;
}

struct iq_error *iq_get_string(struct iq_target *target, struct iq_types *types, uint64_t address,
			       const char *struct_name, const char *path, char *buffer, size_t size)
{
	struct iq_type_member member;
	struct iq_type array;
	struct iq_type_info info;
	uint64_t length;
	IQ_TRY(iq_types_member(types, struct_name, path, &member));
	IQ_TRY(iq_type_strip(member.type, &array));
	IQ_TRY(iq_type_info(array, &info));
	IQ_TRY(iq_type_size(member.type, &length));
	/* A pointer to text is none: its own bytes would be shown. */
	if (!size || info.kind != IQ_TYPE_ARRAY || length != info.count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s.%s is no text", struct_name, path);
	length = IQ_MIN(length, size - 1);
	IQ_TRY(iq_error_prefix(iq_read(target, address + member.bit_offset / 8, buffer, length), "%s at %#lx, member %s",
			       struct_name, address, path));
	buffer[length] = '\0';
	return NULL;
}

struct iq_error *iq_member_address(struct iq_types *types, uint64_t address, const char *struct_name, const char *path,
				   uint64_t *out)
{
	struct iq_type_member member;
	IQ_TRY(iq_types_member(types, struct_name, path, &member));
	*out = address + member.bit_offset / 8;
	return NULL;
}

struct iq_error *iq_container_of(struct iq_types *types, uint64_t member_address, const char *struct_name,
				 const char *path, uint64_t *out)
{
	struct iq_type_member member;
	IQ_TRY(iq_types_member(types, struct_name, path, &member));
	*out = member_address - member.bit_offset / 8;
	return NULL;
}

/* What went wrong on the way along a list, and how far the way was. */
static struct iq_error *list_error(struct iq_error *error, const char *struct_name, const char *path, uint64_t head,
				   size_t before)
{
	return iq_error_prefix(error, "list of %s.%s at %#lx, after %zu elements", struct_name, path, head, before);
}

struct iq_error *iq_list_each(struct iq_target *target, struct iq_types *types, uint64_t head, const char *struct_name,
			      const char *path, size_t limit, iq_object_fn fn, void *context)
{
	struct iq_type_member member;
	uint64_t links[2], node, previous = head; /* struct list_head: next, prev */
	size_t count = 0;
	IQ_TRY(iq_types_member(types, struct_name, path, &member));
	IQ_TRY(list_error(iq_read_u64(target, head, &node), struct_name, path, head, 0));
	while (node != head) {
		if (count >= limit)
			return list_error(iq_error_new(IQ_ERROR_LIMIT, "more than %zu elements", limit), struct_name, path, head,
					  count);
		IQ_TRY(list_error(iq_read(target, node, links, sizeof(links)), struct_name, path, head, count));
		/* The back pointer finds a cycle that misses the head at once: its first element was reached from elsewhere. */
		if (links[1] != previous)
			return list_error(iq_error_new(IQ_ERROR_FORMAT, "%#lx points back to %#lx, not to %#lx", node, links[1],
						       previous),
					  struct_name, path, head, count);
		IQ_TRY(fn(context, node - member.bit_offset / 8));
		previous = node;
		node = links[0];
		count++;
	}
	return NULL;
}

struct iq_error *iq_hlist_each(struct iq_target *target, struct iq_types *types, uint64_t head, const char *struct_name,
			       const char *path, size_t limit, iq_object_fn fn, void *context)
{
	struct iq_type_member member;
	uint64_t links[2], node, place = head; /* struct hlist_node: next, and the place that points to this node */
	size_t count = 0;
	IQ_TRY(iq_types_member(types, struct_name, path, &member));
	IQ_TRY(list_error(iq_read_u64(target, head, &node), struct_name, path, head, 0));
	/* An odd "pointer" is the end mark of hlist_nulls. */
	while (node && !(node & 1)) {
		if (count >= limit)
			return list_error(iq_error_new(IQ_ERROR_LIMIT, "more than %zu elements", limit), struct_name, path, head,
					  count);
		/* The one cycle in which every pointer back is right. */
		if (node == head)
			return list_error(iq_error_new(IQ_ERROR_LIMIT, "a cycle: the head is an element of its own list"), struct_name,
					  path, head, count);
		IQ_TRY(list_error(iq_read(target, node, links, sizeof(links)), struct_name, path, head, count));
		if (links[1] != place)
			return list_error(iq_error_new(IQ_ERROR_FORMAT, "%#lx points back to %#lx, not to %#lx", node, links[1], place),
					  struct_name, path, head, count);
		IQ_TRY(fn(context, node - member.bit_offset / 8));
		place = node;
		node = links[0];
		count++;
	}
	return NULL;
}
