/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of the dead machine, read page by page as it is looked at and kept from then on. */
#ifndef IQ_SYMBOL_VIEW_H
#define IQ_SYMBOL_VIEW_H

#include "target/target.h"

struct iq_view {
	struct iq_target *target;
	const char *what; /* for messages */
	uint64_t address, size;
	uint8_t **pages; /* by page of the address space, counted from the one that holds `address` */
	size_t page_count;
};

/* `what` is borrowed. */
struct iq_error *iq_view_init(struct iq_view *view, struct iq_target *target, uint64_t address, uint64_t size,
			      const char *what);

/* Copies `length` bytes at `offset`, which must lie inside. */
struct iq_error *iq_view_read(struct iq_view *view, uint64_t offset, void *buffer, size_t length);

void iq_view_free(struct iq_view *view);

#endif
