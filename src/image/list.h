/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's circular lists (struct list_head), walked with bounds. */
#ifndef IQ_IMAGE_LIST_H
#define IQ_IMAGE_LIST_H

#include "target/target.h"
#include "util/vec.h"

/* Addresses of the list_heads that hang on a list, in its order. Zero-initialise; free with iq_list_free. */
struct iq_list {
	IQ_VEC(uint64_t) entries;
};

/* Follows `next` from `head` until it comes back. Where the chain is broken (unreadable, a cycle, not a kernel address,
 * more than `limit` entries) it is followed from the other end, too, the break is reported as "WHAT: ...", and what was
 * found is given. Only an unreadable head is an error. */
struct iq_error *iq_list_read(struct iq_target *target, uint64_t head, size_t limit, const char *what,
			      struct iq_list *out);

void iq_list_free(struct iq_list *list);

#endif
