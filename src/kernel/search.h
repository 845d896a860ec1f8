/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking for values and text in all of memory that the dump has. */
#ifndef IQ_KERNEL_SEARCH_H
#define IQ_KERNEL_SEARCH_H

#include "target/target.h"

enum iq_search_memory { IQ_SEARCH_VIRTUAL, IQ_SEARCH_PHYSICAL };

/* One thing that is looked for. */
struct iq_search_pattern {
	uint64_t value; /* when the search's `size` is not 0 */
	const void *text;
	size_t length; /* of text, in bytes */
};

struct iq_search_hit {
	uint64_t address;
	size_t pattern; /* index */
	uint64_t value; /* as it stands in memory: with a mask, bits may differ */
};

struct iq_search {
	enum iq_search_memory memory;
	const struct iq_space *space; /* of virtual addresses; NULL: the kernel's */
	uint64_t first, last;         /* addresses, both inclusive */
	unsigned size; /* 2, 4, 8: values of so many bytes, at addresses that are multiples of it; 0: text */
	uint64_t mask; /* bits of values that may differ */
	const struct iq_search_pattern *patterns;
	size_t pattern_count;
	struct iq_error *(*hit)(void *context, const struct iq_search_hit *hit);
	/* Told now and then how many pages were looked at; may be NULL. */
	void (*progress)(void *context, uint64_t pages);
	void *context;
};

/* Calls hit in order of addresses. Virtual memory is what the page tables map, page by page; what is not in the dump is
 * stepped over. Text may span pages that follow each other. Where one page is mapped over and over (KASAN's empty
 * shadow), it is looked at a few hundred times, and the rest of such a range is left out. */
struct iq_error *iq_search(struct iq_target *target, const struct iq_search *search);

#endif
