// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * XArrays, and the radix trees they replaced in 4.20 (upstream f8d5d0cc145c, 3159f943aafd). Facts:
 * include/linux/xarray.h, lib/xarray.c; include/linux/radix-tree.h of 4.18.
 */
#include "kernel/object.h"

#include "util/cleanup.h"

#include <string.h>

enum { MAX_SLOTS = 64 };

/* Names and marks of one of the two kinds. */
struct shape {
	bool radix;
	const char *root, *head, *node;
	uint64_t slots_offset, parent_offset, shift_offset, index_offset;
	unsigned chunk_shift; /* a node has 1 << chunk_shift slots: 64, or 16 with CONFIG_BASE_SMALL */
};

struct walk {
	struct iq_target *target;
	struct shape shape;
	uint64_t head;
	bool inner; /* the head may be a node with a parent */
	size_t limit, count;
	iq_xarray_place_fn fn;
	void *context;
	struct iq_xarray_place place;
	struct iq_error *damage; /* the first */
};

static struct iq_error *node_offset(struct iq_types *types, const char *node, const char *member, uint64_t *out)
{
	return iq_member_address(types, 0, node, member, out);
}

static struct iq_error *find_shape(struct iq_types *types, struct shape *shape)
{
	struct iq_type_member slots;
	struct iq_type_info info;
	struct iq_type array;
	*shape = (struct shape){ .root = "xarray", .head = "xa_head", .node = "xa_node" };
	if (!iq_types_has_member(types, "xarray", "xa_head") && iq_types_has_member(types, "radix_tree_root", "rnode"))
		*shape = (struct shape){
			.radix = true, .root = "radix_tree_root", .head = "rnode", .node = "radix_tree_node"
		};
	IQ_TRY(node_offset(types, shape->node, "parent", &shape->parent_offset));
	IQ_TRY(node_offset(types, shape->node, "shift", &shape->shift_offset));
	IQ_TRY(node_offset(types, shape->node, "offset", &shape->index_offset));
	IQ_TRY(iq_types_member(types, shape->node, "slots", &slots));
	shape->slots_offset = slots.bit_offset / 8;
	IQ_TRY(iq_type_strip(slots.type, &array));
	IQ_TRY(iq_type_info(array, &info));
	for (shape->chunk_shift = 1; shape->chunk_shift < 7; shape->chunk_shift++) {
		if (info.kind == IQ_TYPE_ARRAY && info.count == UINT64_C(1) << shape->chunk_shift)
			return NULL;
	}
	return iq_error_new(IQ_ERROR_FORMAT, "struct %s with %lu slots", shape->node, info.count);
}

/* Is the entry a node, and where? An xarray's are marked 2 and lie above 4096, below which other internal entries are
 * (a sibling of an entry of several indices, a retry entry); a radix tree's are marked 1, and its siblings point into
 * the node that they are in. */
static bool is_node(const struct walk *w, uint64_t entry, uint64_t parent, uint64_t *node)
{
	if (w->shape.radix) {
		*node = entry & ~UINT64_C(3);
		return (entry & 3) == 1 &&
		       (!parent || *node - parent >= w->shape.slots_offset + (UINT64_C(8) << w->shape.chunk_shift));
	}
	*node = entry - 2;
	return (entry & 3) == 2 && entry > 4096;
}

static bool is_internal(const struct walk *w, uint64_t entry)
{
	return (entry & 3) == (w->shape.radix ? 1u : 2u);
}

static struct iq_error *show_entry(struct walk *w, uint64_t index, uint64_t entry)
{
	if (!entry || is_internal(w, entry))
		return NULL;
	if (w->count++ >= w->limit)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %zu entries", w->limit);
	w->place.index = index;
	return w->fn(w->context, &w->place, entry);
}

/* One level of the tree. */
struct level {
	uint64_t node, first; /* the node's address, and the index of its first slot */
	unsigned shift, slot, slots;
	uint64_t entries[MAX_SLOTS];
};

static struct iq_error *read_node(const struct walk *w, uint64_t node, const struct level *parent, struct level *out)
{
	const struct shape *s = &w->shape;
	uint64_t back;
	uint8_t shift, offset;
	IQ_TRY(iq_read_u64(w->target, node + s->parent_offset, &back));
	IQ_TRY(iq_read_u8(w->target, node + s->shift_offset, &shift));
	IQ_TRY(iq_read_u8(w->target, node + s->index_offset, &offset));
	if (shift >= IQ_XARRAY_MAX_DEPTH || shift % s->chunk_shift)
		return iq_error_new(IQ_ERROR_FORMAT, "shift of %u", shift);
	/* Each node is reached from the one place that it names, a level higher: so no node is walked twice, and the
	 * walk ends. */
	if ((parent || !w->inner) && back != (parent ? parent->node : 0))
		return iq_error_new(IQ_ERROR_FORMAT, "it points back to %#lx, not to %#lx", back,
				    parent ? parent->node : 0);
	if (parent && (offset != parent->slot || shift + s->chunk_shift != parent->shift))
		return iq_error_new(IQ_ERROR_FORMAT, "it is for slot %u with shift %u, not %u with %u", offset, shift,
				    parent->slot, parent->shift - s->chunk_shift);
	out->node = node;
	out->shift = shift;
	out->slot = 0;
	out->slots = 1u << s->chunk_shift;
	out->first = parent ? parent->first + ((uint64_t)parent->slot << parent->shift) : 0;
	return iq_read(w->target, node + s->slots_offset, out->entries, 8 * out->slots);
}

/* Goes down to a node; one that is damaged is noted and left out. */
static void descend(struct walk *w, uint64_t node, struct level *levels, unsigned *depth)
{
	const struct level *parent = *depth ? &levels[*depth - 1] : NULL;
	struct iq_error *error = read_node(w, node, parent, &levels[*depth]);
	if (!error)
		++*depth;
	else
		iq_error_keep(&w->damage, iq_error_prefix(error, "%s at %#lx", w->shape.node, node));
}

static struct iq_error *walk_tree(struct walk *w, uint64_t root)
{
	struct level levels[IQ_XARRAY_MAX_DEPTH]; /* shift falls at each */
	unsigned depth = 0;
	descend(w, root, levels, &depth);
	while (depth) {
		struct level *level = &levels[depth - 1];
		uint64_t node;
		if (level->slot == level->slots) {
			if (--depth)
				levels[depth - 1].slot++;
			IQ_TRY(iq_check_interrupt());
			continue;
		}
		uint64_t entry = level->entries[level->slot];
		w->place.depth = depth;
		w->place.slots[depth - 1] = level->slot;
		unsigned before = depth;
		bool inner = entry > 4096 && is_node(w, entry, level->node, &node);
		if (inner && level->shift) {
			descend(w, node, levels, &depth);
		} else if (inner) {
			iq_error_keep(&w->damage, iq_error_new(IQ_ERROR_FORMAT,
							       "%s at %#lx: slot %u is %#lx, a node below the lowest",
							       w->shape.node, level->node, level->slot, entry));
		} else {
			IQ_TRY(show_entry(w, level->first + ((uint64_t)level->slot << level->shift), entry));
		}
		if (depth == before)
			level->slot++;
	}
	return NULL;
}

static struct iq_error *each(struct walk *w)
{
	uint64_t node;
	if (!is_node(w, w->head, 0, &node))
		return show_entry(w, 0, w->head);
	struct iq_error *error = walk_tree(w, node);
	if (!error)
		return w->damage;
	iq_error_free(w->damage);
	return error;
}

struct iq_error *iq_xarray_each_place(struct iq_target *target, struct iq_types *types, uint64_t head, size_t limit,
				      iq_xarray_place_fn fn, void *context)
{
	struct walk w = { .target = target, .head = head, .inner = true, .limit = limit, .fn = fn, .context = context };
	IQ_TRY(find_shape(types, &w.shape));
	return each(&w);
}

struct iq_error *iq_xarray_head(struct iq_target *target, struct iq_types *types, uint64_t address, uint64_t *head)
{
	struct shape shape;
	IQ_TRY(find_shape(types, &shape));
	return iq_get(target, types, address, shape.root, shape.head, head);
}

/* An iq_xarray_fn behind an iq_xarray_place_fn. */
struct plain {
	iq_xarray_fn fn;
	void *context;
	bool failed; /* fn did */
};

static struct iq_error *show_plain(void *context, const struct iq_xarray_place *place, uint64_t entry)
{
	struct plain *plain = context;
	struct iq_error *error = plain->fn(plain->context, place->index, entry);
	plain->failed = error != NULL;
	return error;
}

struct iq_error *iq_xarray_each(struct iq_target *target, struct iq_types *types, uint64_t address, size_t limit,
				iq_xarray_fn fn, void *context)
{
	struct plain plain = { fn, context, false };
	struct walk w = { .target = target, .limit = limit, .fn = show_plain, .context = &plain };
	IQ_TRY(find_shape(types, &w.shape));
	IQ_TRY(iq_get(target, types, address, w.shape.root, w.shape.head, &w.head));
	struct iq_error *error = each(&w);
	return plain.failed ? error : iq_error_prefix(error, "%s at %#lx", w.shape.root, address);
}
