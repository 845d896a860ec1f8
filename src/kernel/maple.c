// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/maple.h"

#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

enum {
	NODE_SIZE = 256, /* and alignment: the low eight bits of a pointer to a node say more about it */
	MAX_SLOTS = 31,
	TYPE_SHIFT = 3,
	TYPE_MASK = 15,
	RESERVED = 4096, /* internal entries below are no pointers */
	ZERO_ENTRY = 257 << 2 | 2,
};

/* Where the parts of one type of node lie. */
struct shape {
	uint64_t pivots, slots, meta; /* offsets; of dense nodes, which have no pivots, only slots */
	unsigned slot_count;          /* pivots: one less */
};

/* One level of the way down. */
struct level {
	enum iq_maple_type type;
	uint64_t first, last; /* of the node */
	uint64_t next;        /* first index of the slot */
	unsigned slot, end;   /* the current one, the last one */
	uint64_t pivots[MAX_SLOTS], slots[MAX_SLOTS];
};

struct walk {
	struct iq_target *target;
	const struct iq_maple_visitor *visitor;
	uint64_t address;
	size_t limit, entries, nodes;
	struct shape shapes[4];
	struct iq_map visited;
	struct iq_maple_place place;
	struct iq_error *damage; /* the first */
	struct level levels[IQ_MAPLE_MAX_DEPTH];
};

static struct iq_error *find_shape(struct iq_types *types, const char *node, bool pivots, struct shape *shape)
{
	struct iq_type_member slots;
	struct iq_type_info info;
	struct iq_type array;
	uint64_t size;
	IQ_TRY(iq_types_size(types, node, &size));
	IQ_TRY(iq_types_member(types, node, "slot", &slots));
	IQ_TRY(iq_type_strip(slots.type, &array));
	IQ_TRY(iq_type_info(array, &info));
	shape->slots = slots.bit_offset / 8;
	if (pivots) {
		IQ_TRY(iq_member_address(types, 0, node, "pivot", &shape->pivots));
		IQ_TRY(iq_member_address(types, 0, node, "meta.end", &shape->meta));
	}
	uint64_t count = info.kind == IQ_TYPE_ARRAY ? info.count : 0;
	if (size > NODE_SIZE || count < 2 || count > MAX_SLOTS || shape->slots + count * 8 > NODE_SIZE ||
	    shape->pivots + (count - 1) * 8 > NODE_SIZE || shape->meta >= NODE_SIZE)
		return iq_error_new(IQ_ERROR_FORMAT, "struct %s of %lu bytes with %lu slots", node, size, count);
	shape->slot_count = (unsigned)count;
	return NULL;
}

static struct iq_error *find_shapes(struct iq_types *types, struct shape *shapes)
{
	IQ_TRY(find_shape(types, "maple_node", false, &shapes[IQ_MAPLE_DENSE]));
	IQ_TRY(find_shape(types, "maple_range_64", true, &shapes[IQ_MAPLE_RANGE_64]));
	shapes[IQ_MAPLE_LEAF_64] = shapes[IQ_MAPLE_RANGE_64];
	return find_shape(types, "maple_arange_64", true, &shapes[IQ_MAPLE_ARANGE_64]);
}

static bool is_leaf(enum iq_maple_type type)
{
	return type < IQ_MAPLE_RANGE_64;
}

/* Which slot is the last that is used: ma_data_end(). */
static unsigned data_end(const struct shape *shape, const struct level *level, const uint8_t *bytes)
{
	unsigned last = shape->slot_count - 2; /* pivot */
	if (level->type == IQ_MAPLE_DENSE)
		return (unsigned)IQ_MIN(level->last - level->first, (uint64_t)shape->slot_count - 1);
	if (level->type == IQ_MAPLE_ARANGE_64 || !level->pivots[last])
		return bytes[shape->meta];
	return level->pivots[last] == level->last ? last : last + 1;
}

static struct iq_error *check_pivots(const struct level *level)
{
	uint64_t first = level->first;
	for (unsigned i = 0; i < level->end; i++) {
		if (level->pivots[i] < first || level->pivots[i] >= level->last)
			return iq_error_new(IQ_ERROR_FORMAT, "pivot %u is %#lx, in a node for %#lx to %#lx", i,
					    level->pivots[i], level->first, level->last);
		first = level->pivots[i] + 1;
	}
	return NULL;
}

static struct iq_error *read_node(struct walk *w, uint64_t node, struct level *level)
{
	const struct shape *shape = &w->shapes[level->type];
	uint8_t bytes[NODE_SIZE];
	uint64_t parent;
	bool added;
	if (!iq_map_add(&w->visited, node, &added))
		return iq_error_no_memory();
	if (!added)
		return iq_error_new(IQ_ERROR_FORMAT, "it is in the tree already");
	IQ_TRY(iq_read(w->target, node, bytes, sizeof(bytes)));
	memcpy(&parent, bytes, sizeof(parent));
	/* ma_dead_node() */
	if ((parent & ~(uint64_t)(NODE_SIZE - 1)) == node)
		return iq_error_new(IQ_ERROR_FORMAT, "it was removed from its tree");
	if (level->type != IQ_MAPLE_DENSE)
		memcpy(level->pivots, bytes + shape->pivots, (shape->slot_count - 1) * 8);
	memcpy(level->slots, bytes + shape->slots, shape->slot_count * 8);
	level->end = data_end(shape, level, bytes);
	if (level->end >= shape->slot_count)
		return iq_error_new(IQ_ERROR_FORMAT, "it ends with slot %u of %u", level->end, shape->slot_count);
	if (level->type == IQ_MAPLE_DENSE) {
		for (unsigned i = 0; i < level->end; i++)
			level->pivots[i] = level->first + i;
	}
	return check_pivots(level);
}

/* Opens the node for the range of w->place at the next level. */
static struct iq_error *open_node(struct walk *w, uint64_t encoded)
{
	uint64_t node = encoded & ~(uint64_t)(NODE_SIZE - 1), type = encoded >> TYPE_SHIFT & TYPE_MASK;
	unsigned depth = w->place.depth;
	if (!node || encoded < RESERVED)
		return iq_error_new(IQ_ERROR_FORMAT, "no node");
	if (type > IQ_MAPLE_ARANGE_64)
		return iq_error_new(IQ_ERROR_FORMAT, "node of type %lu", type);
	if (depth >= IQ_MAPLE_MAX_DEPTH)
		return iq_error_new(IQ_ERROR_FORMAT, "more than %u levels", IQ_MAPLE_MAX_DEPTH);
	struct level *level = &w->levels[depth];
	*level = (struct level){ .type = (enum iq_maple_type)type, .first = w->place.first, .last = w->place.last };
	level->next = level->first;
	return read_node(w, node, level);
}

/* Goes down to a node; one that is damaged is noted and left out: *depth stays. */
static struct iq_error *descend(struct walk *w, uint64_t encoded, unsigned *depth)
{
	uint64_t node = encoded & ~(uint64_t)(NODE_SIZE - 1);
	if (w->nodes++ >= w->limit)
		return iq_error_new(IQ_ERROR_LIMIT, "maple_tree at %#lx: more than %zu nodes", w->address, w->limit);
	struct iq_error *error = open_node(w, encoded);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (error) {
		iq_error_keep(&w->damage,
			      iq_error_prefix(error, "maple_tree at %#lx, maple_node at %#lx", w->address, node));
		return NULL;
	}
	++*depth;
	return w->visitor->node ? w->visitor->node(w->visitor->context, &w->place, w->levels[*depth - 1].type, node)
				: NULL;
}

static struct iq_error *show_entry(struct walk *w, uint64_t entry)
{
	if (entry == ZERO_ENTRY || (!entry && !w->visitor->empty))
		return NULL;
	if (w->entries++ >= w->limit)
		return iq_error_new(IQ_ERROR_LIMIT, "maple_tree at %#lx: more than %zu entries", w->address, w->limit);
	return w->visitor->entry(w->visitor->context, &w->place, entry);
}

/* Sets w->place to the current slot of the deepest level. */
static void take_slot(struct walk *w, unsigned depth)
{
	const struct level *level = &w->levels[depth - 1];
	w->place.depth = depth;
	w->place.first = level->next;
	w->place.last = level->slot < level->end ? level->pivots[level->slot] : level->last;
	w->place.slots[depth - 1] = level->slot;
}

static struct iq_error *walk_tree(struct walk *w, uint64_t root)
{
	unsigned depth = 0;
	IQ_TRY(descend(w, root, &depth));
	while (depth) {
		struct level *level = &w->levels[depth - 1];
		if (level->slot > level->end) {
			depth--;
			IQ_TRY(iq_check_interrupt());
			continue;
		}
		uint64_t slot = level->slots[level->slot];
		take_slot(w, depth);
		level->slot++;
		level->next = w->place.last + 1;
		if (is_leaf(level->type))
			IQ_TRY(show_entry(w, slot));
		else
			IQ_TRY(descend(w, slot, &depth));
	}
	return NULL;
}

struct iq_error *iq_maple_each(struct iq_target *target, struct iq_types *types, uint64_t address, size_t limit,
			       const struct iq_maple_visitor *visitor)
{
	uint64_t root;
	IQ_TRY(iq_get(target, types, address, "maple_tree", "ma_root", &root));
	_cleanup_free_ struct walk *w = calloc(1, sizeof(*w));
	if (!w)
		return iq_error_no_memory();
	*w = (struct walk){ .target = target, .visitor = visitor, .address = address, .limit = limit };
	/* One entry at index 0 needs no node, but where it looks like one: xa_is_node(). */
	bool single = (root & 3) != 2 || root < RESERVED;
	w->place.last = single && root ? 0 : UINT64_MAX;
	if (single)
		return show_entry(w, root);
	IQ_TRY(find_shapes(types, w->shapes));
	struct iq_error *error = walk_tree(w, root);
	iq_map_free(&w->visited);
	if (!error)
		return w->damage;
	iq_error_free(w->damage);
	return error;
}
