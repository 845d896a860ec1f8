/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of any kind, walked as they lie in memory: each element holds the address of the next at one place. */
#ifndef IQ_KERNEL_CHAIN_H
#define IQ_KERNEL_CHAIN_H

#include "kernel/object.h"

struct iq_chain {
	uint64_t first;  /* the first element; 0: none */
	uint64_t offset; /* of the pointer to the next from the element's address */
	uint64_t end;    /* the address that ends it, such as a list's head; 0: none known */
	bool circular;   /* a list_head's: NULL is no end, but damage */
	bool brent;      /* see a circle with R. P. Brent's algorithm: no memory, but every element is read twice */
};

/*
 * Calls fn with each element. A chain ends at `end`, where it comes back to its first element (or, when that was a head
 * outside, to its second), at an element that points to itself, and, when it is not circular, at NULL or an
 * hlist_nulls' odd mark. A circle that misses the start, an address that is no kernel address, and memory that is
 * missing end it with an error that says where, and how many elements came before; an element whose pointer can't be
 * read is not given to fn. Bounded by memory for the addresses seen, or with `brent` by time only.
 */
struct iq_error *iq_chain_each(struct iq_target *target, const struct iq_chain *chain, iq_object_fn fn, void *context);

#endif
