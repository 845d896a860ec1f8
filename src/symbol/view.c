// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/view.h"

#include "util/cleanup.h"

#include <string.h>

enum { PAGE = 4096 };

struct iq_error *iq_view_init(struct iq_view *view, struct iq_target *target, uint64_t address, uint64_t size,
			      const char *what)
{
	uint64_t last = address + size - 1;
	if (!size || last < address)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: %lu bytes at %#lx are no table", what, size, address);
	size_t count = last / PAGE - address / PAGE + 1;
	uint8_t **pages = calloc(count, sizeof(*pages));
	if (!pages)
		return iq_error_no_memory();
	*view = (struct iq_view){
		.target = target, .what = what, .address = address, .size = size, .pages = pages, .page_count = count
	};
	return NULL;
}

/* A kept page is always PAGE bytes long; of the first and the last only the table's own bytes are filled. */
static struct iq_error *load(struct iq_view *view, size_t n)
{
	uint64_t page = (view->address / PAGE + n) * PAGE;
	uint64_t from = IQ_MAX(page, view->address);
	uint64_t last = IQ_MIN(page + (PAGE - 1), view->address + (view->size - 1));
	_cleanup_free_ uint8_t *bytes = malloc(PAGE);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(view->target, from, bytes + (from - page), last - from + 1), "%s", view->what));
	view->pages[n] = iq_steal(bytes);
	return NULL;
}

struct iq_error *iq_view_read(struct iq_view *view, uint64_t offset, void *buffer, size_t length)
{
	if (offset > view->size || length > view->size - offset)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: offset %#lx lies outside", view->what, offset);
	uint8_t *to = buffer;
	uint64_t at = view->address % PAGE + offset;
	while (length) {
		size_t n = at / PAGE, part = IQ_MIN(length, PAGE - at % PAGE);
		if (!view->pages[n])
			IQ_TRY(load(view, n));
		memcpy(to, view->pages[n] + at % PAGE, part);
		to += part;
		at += part;
		length -= part;
	}
	return NULL;
}

void iq_view_free(struct iq_view *view)
{
	for (size_t i = 0; i < view->page_count; i++)
		free(view->pages[i]);
	free(view->pages);
	*view = (struct iq_view){ 0 };
}
