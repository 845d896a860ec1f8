// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/rbtree.h"

#include "util/cleanup.h"

#include <string.h>

enum { LEFT, RIGHT, SIDES };

struct level {
	uint64_t node, children[SIDES];
	unsigned done; /* children that were gone down to */
};

struct walk {
	struct iq_target *target;
	uint64_t root, parent_offset, child_offsets[SIDES];
	bool whole, linear;
	size_t limit, count;
	iq_rbtree_fn fn;
	void *context;
	struct iq_error *damage; /* the first */
	struct iq_rbtree_place place;
	struct level levels[IQ_RBTREE_MAX_DEPTH + 1];
};

static struct iq_error *read_node(struct walk *w, uint64_t node, unsigned depth, struct level *out)
{
	uint64_t parent, expected = depth ? w->levels[depth - 1].node : 0;
	if (!iq_is_kernel_address(w->target, node))
		return iq_error_new(IQ_ERROR_FORMAT, "no kernel address");
	IQ_TRY(iq_read_u64(w->target, node + w->parent_offset, &parent));
	for (unsigned side = 0; side < SIDES; side++)
		IQ_TRY(iq_read_u64(w->target, node + w->child_offsets[side], &out->children[side]));
	parent &= ~UINT64_C(3); /* the lowest bit is the colour */
	/* Each node is reached from the one parent that it names: so none is walked twice, and the walk ends. */
	if ((depth || w->whole) && parent != expected)
		return iq_error_new(IQ_ERROR_FORMAT, "its parent is %#lx, not %#lx", parent, expected);
	if (depth && node == w->root)
		return iq_error_new(IQ_ERROR_FORMAT, "the tree leads back to its root");
	if (out->children[LEFT] && out->children[LEFT] == out->children[RIGHT])
		return iq_error_new(IQ_ERROR_FORMAT, "%#lx is on both sides below it", out->children[LEFT]);
	out->node = node;
	out->done = 0;
	return NULL;
}

static void note(struct walk *w, uint64_t node, struct iq_error *error)
{
	iq_error_keep(&w->damage, iq_error_prefix(error, "rb_node at %#lx, root%s%s", node, w->place.depth ? "/" : "",
						  w->place.turns));
}

/* Goes down to a node, or notes why it can't be. */
static bool descend(struct walk *w, uint64_t node)
{
	unsigned depth = w->place.depth;
	struct iq_error *error = read_node(w, node, depth, &w->levels[depth]);
	if (error)
		note(w, node, error);
	return !error;
}

static struct iq_error *show(struct walk *w)
{
	if (w->count++ >= w->limit)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %zu nodes", w->limit);
	IQ_TRY(iq_check_interrupt());
	return w->fn(w->context, w->levels[w->place.depth].node, &w->place);
}

static bool go_down(struct walk *w, unsigned side)
{
	uint64_t child = w->levels[w->place.depth].children[side];
	if (!child)
		return false;
	if (w->place.depth == IQ_RBTREE_MAX_DEPTH) {
		note(w, child, iq_error_new(IQ_ERROR_LIMIT, "it is too deep"));
		return false;
	}
	w->place.turns[w->place.depth++] = side == LEFT ? 'l' : 'r';
	w->place.turns[w->place.depth] = '\0';
	if (descend(w, child))
		return true;
	w->place.turns[--w->place.depth] = '\0';
	return false;
}

static struct iq_error *walk_tree(struct walk *w)
{
	for (;;) {
		struct level *level = &w->levels[w->place.depth];
		if (level->done == (w->linear ? RIGHT : LEFT))
			IQ_TRY(show(w));
		if (level->done < SIDES) {
			go_down(w, level->done++);
			continue;
		}
		if (!w->place.depth)
			return NULL;
		w->place.turns[--w->place.depth] = '\0';
	}
}

struct iq_error *iq_rbtree_each(struct iq_target *target, struct iq_types *types, uint64_t root, bool whole,
				bool linear, size_t limit, iq_rbtree_fn fn, void *context)
{
	_cleanup_free_ struct walk *w = calloc(1, sizeof(*w));
	if (!w)
		return iq_error_no_memory();
	w->target = target;
	w->root = root;
	w->whole = whole;
	w->linear = linear;
	w->limit = limit;
	w->fn = fn;
	w->context = context;
	IQ_TRY(iq_member_address(types, 0, "rb_node", "__rb_parent_color", &w->parent_offset));
	IQ_TRY(iq_member_address(types, 0, "rb_node", "rb_left", &w->child_offsets[LEFT]));
	IQ_TRY(iq_member_address(types, 0, "rb_node", "rb_right", &w->child_offsets[RIGHT]));
	if (!root || !descend(w, root))
		return w->damage;
	struct iq_error *error = walk_tree(w);
	if (!error)
		return w->damage;
	iq_error_free(w->damage);
	return error;
}
