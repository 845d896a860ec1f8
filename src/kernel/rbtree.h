/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Red-black trees. Facts: include/linux/rbtree.h, include/linux/rbtree_types.h. */
#ifndef IQ_KERNEL_RBTREE_H
#define IQ_KERNEL_RBTREE_H

#include "kernel/object.h"

/* A tree of n nodes is at most 2 * log2(n + 1) high. */
enum { IQ_RBTREE_MAX_DEPTH = 128 };

/* Where in the tree a node is: the turns taken from the root, 'l' or 'r' each; "" is the root. */
struct iq_rbtree_place {
	unsigned depth;
	char turns[IQ_RBTREE_MAX_DEPTH + 1];
};

typedef struct iq_error *(*iq_rbtree_fn)(void *context, uint64_t node, const struct iq_rbtree_place *place);

/* Calls fn with the struct rb_node `root` and each below it: from left to right when `linear`, else each before those
 * below it. `whole`: `root` has no parent, as what a struct rb_root points to. At most `limit` nodes. A node that is
 * damaged (it names another parent, or its parent has it on both sides), missing or too deep is left out with all below
 * it, and the first such error is returned after the rest was shown; an error from fn ends the walk. */
struct iq_error *iq_rbtree_each(struct iq_target *target, struct iq_types *types, uint64_t root, bool whole,
				bool linear, size_t limit, iq_rbtree_fn fn, void *context);

#endif
