// SPDX-License-Identifier: GPL-2.0-or-later
/* The answers of iq_types_member, remembered: kernel/ asks the same few hundred questions for each task, file, page. */
#include "type/source.h"

#include <string.h>

static uint32_t hash_of(const char *struct_name, const char *path, bool core_only)
{
	uint32_t hash = iq_hash_bytes(struct_name, strlen(struct_name));
	return hash * 31 + iq_hash_bytes(path, strlen(path)) + core_only;
}

static bool same(const struct iq_member_slot *slot, const char *struct_name, const char *path, uint32_t hash,
		 bool core_only)
{
	return slot->hash == hash && slot->core_only == core_only &&
	       (slot->struct_name == struct_name || strcmp(slot->struct_name, struct_name) == 0) &&
	       (slot->path == path || strcmp(slot->path, path) == 0);
}

static struct iq_member_slot *find_slot(struct iq_member_slot *slots, size_t capacity, const char *struct_name,
					const char *path, uint32_t hash, bool core_only)
{
	size_t at = hash & (capacity - 1);
	while (slots[at].struct_name && !same(&slots[at], struct_name, path, hash, core_only))
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

static bool make_room(struct iq_types *types)
{
	if (types->member_count * 4 < types->member_capacity * 3)
		return true;
	size_t capacity = types->member_capacity ? types->member_capacity * 2 : 128;
	struct iq_member_slot *slots = calloc(capacity, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < types->member_capacity; i++) {
		const struct iq_member_slot *old = &types->members[i];
		if (old->struct_name)
			*find_slot(slots, capacity, old->struct_name, old->path, old->hash, old->core_only) = *old;
	}
	free(types->members);
	types->members = slots;
	types->member_capacity = capacity;
	return true;
}

void iq_types_forget_members(struct iq_types *types)
{
	free(types->members);
	types->members = NULL;
	types->member_count = types->member_capacity = 0;
}

static size_t asked(const struct iq_types *types, bool core_only)
{
	return core_only ? types->core_sources : types->sources.count;
}

/* The slot of a question, if it was asked before. */
static const struct iq_member_slot *recall(struct iq_types *types, const char *struct_name, const char *path,
					   bool core_only)
{
	if (!types->member_capacity)
		return NULL;
	const struct iq_member_slot *slot = find_slot(types->members, types->member_capacity, struct_name, path,
						      hash_of(struct_name, path, core_only), core_only);
	return slot->struct_name && (slot->found || slot->sources == asked(types, core_only)) ? slot : NULL;
}

static void remember(struct iq_types *types, const char *struct_name, const char *path, bool core_only, bool found,
		     const struct iq_type_member *member)
{
	uint32_t hash = hash_of(struct_name, path, core_only);
	if (!make_room(types))
		return;
	struct iq_member_slot *slot =
		find_slot(types->members, types->member_capacity, struct_name, path, hash, core_only);
	types->member_count += !slot->struct_name;
	*slot = (struct iq_member_slot){ struct_name, path, hash, core_only, found, asked(types, core_only), *member };
}

/* The struct itself is remembered under an empty path, also that there is none: a kernel without it is asked for each
 * of its tasks. */
static struct iq_error *struct_of(struct iq_types *types, const char *struct_name, bool core_only, struct iq_type *out)
{
	const struct iq_member_slot *slot = recall(types, struct_name, "", core_only);
	if (slot && slot->found) {
		*out = slot->member.type;
		return NULL;
	}
	if (slot)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no struct %s", struct_name);
	struct iq_type_member member = { 0 };
	struct iq_error *error = iq_type_lookup_compound(types, struct_name, core_only, &member.type);
	if (!error || (types->sources.count && iq_error_is(error, IQ_ERROR_NOT_FOUND)))
		remember(types, struct_name, "", core_only, !error, &member);
	*out = member.type;
	return error;
}

static struct iq_error *member_of(struct iq_types *types, const char *struct_name, const char *path, bool core_only,
				  struct iq_type_member *out)
{
	const struct iq_member_slot *slot = recall(types, struct_name, path, core_only);
	if (slot && slot->found) {
		*out = slot->member;
		return NULL;
	}
	if (slot && *path)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "struct %s has no member %s", struct_name, path);

	struct iq_type type;
	*out = (struct iq_type_member){ 0 };
	IQ_TRY(struct_of(types, struct_name, core_only, &type));
	struct iq_error *error = iq_type_member(type, path, out);
	/* The first answer of "no such member" has the best message; it is remembered for those who only probe. */
	if (!error || iq_error_is(error, IQ_ERROR_NOT_FOUND))
		remember(types, struct_name, path, core_only, !error, out);
	return error;
}

struct iq_error *iq_types_member(struct iq_types *types, const char *struct_name, const char *path,
				 struct iq_type_member *out)
{
	return member_of(types, struct_name, path, false, out);
}

bool iq_types_has_member(struct iq_types *types, const char *struct_name, const char *path)
{
	struct iq_type_member member;
	return !iq_failed(member_of(types, struct_name, path, true, &member));
}

struct iq_error *iq_types_size(struct iq_types *types, const char *struct_name, uint64_t *size)
{
	struct iq_type type;
	*size = 0;
	IQ_TRY(struct_of(types, struct_name, false, &type));
	return iq_error_prefix(iq_type_size(type, size), "%s", struct_name);
}
