/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maple trees (6.1, upstream 54a611b60590): ranges of indices, each with an entry. Facts: include/linux/maple_tree.h,
 * lib/maple_tree.c of 6.1 and 6.12.
 */
#ifndef IQ_KERNEL_MAPLE_H
#define IQ_KERNEL_MAPLE_H

#include "kernel/object.h"

enum iq_maple_type {
	IQ_MAPLE_DENSE,
	IQ_MAPLE_LEAF_64,
	IQ_MAPLE_RANGE_64,
	IQ_MAPLE_ARANGE_64,
};

enum { IQ_MAPLE_MAX_DEPTH = 31 }; /* MAPLE_HEIGHT_MAX */

/* Where in the tree something is. */
struct iq_maple_place {
	uint64_t first, last;                   /* the indices that it is for, both inclusive */
	unsigned depth;                         /* nodes above it: 0 is what the root holds */
	unsigned slots[IQ_MAPLE_MAX_DEPTH + 1]; /* the slot taken in each of them, the root's node first */
};

struct iq_maple_visitor {
	/* Called with each entry in index order. */
	struct iq_error *(*entry)(void *context, const struct iq_maple_place *place, uint64_t entry);
	/* Called with each node before what is below it; NULL: not wanted. `address` is its struct maple_node's. */
	struct iq_error *(*node)(void *context, const struct iq_maple_place *place, enum iq_maple_type type,
				 uint64_t address);
	void *context;
	bool empty; /* entry() is called for ranges without an entry too, with 0 */
};

/* Walks the struct maple_tree at `address`, at most `limit` entries and as many nodes. Entries that the kernel holds
 * for itself (XA_ZERO_ENTRY) are not shown. A node that is missing, damaged, removed or reached twice is left out with
 * all below it, and the first such error is returned after the rest was shown; an error from a callback ends the walk.
 */
struct iq_error *iq_maple_each(struct iq_target *target, struct iq_types *types, uint64_t address, size_t limit,
			       const struct iq_maple_visitor *visitor);

#endif
