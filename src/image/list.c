// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/list.h"

#include "util/cleanup.h"
#include "util/hash.h"

enum { NEXT = 0, PREVIOUS = 8 };

/* Adds entries from `at` on until `head`. An error says why it ended elsewhere. */
static struct iq_error *follow(struct iq_target *target, uint64_t head, uint64_t at, uint64_t link, size_t limit,
			       struct iq_map *seen, struct iq_list *out)
{
	uint64_t before = head;
	while (at != head) {
		uint64_t next;
		bool added;
		IQ_TRY(iq_check_interrupt());
		if ((at & 7) || !iq_is_kernel_address(target, at))
			return iq_error_new(IQ_ERROR_FORMAT, "%#lx follows %#lx, which is no list entry", at, before);
		IQ_TRY(iq_read_u64(target, at + link, &next));
		if (!iq_map_add(seen, at, &added))
			return iq_error_no_memory();
		if (!added)
			return iq_error_new(IQ_ERROR_LIMIT, "%#lx follows %#lx for the second time", at, before);
		if (out->entries.count == limit)
			return iq_error_new(IQ_ERROR_LIMIT, "more than %zu entries", limit);
		uint64_t *entry = iq_vec_push(&out->entries);
		if (!entry)
			return iq_error_no_memory();
		*entry = at;
		before = at;
		at = next;
	}
	return NULL;
}

static void reverse(uint64_t *entries, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		uint64_t other = entries[count - 1 - i];
		entries[count - 1 - i] = entries[i];
		entries[i] = other;
	}
}

struct iq_error *iq_list_read(struct iq_target *target, uint64_t head, size_t limit, const char *what,
			      struct iq_list *out)
{
	uint64_t next, previous;
	_cleanup_(iq_map_free) struct iq_map seen = { 0 };
	IQ_TRY(iq_error_prefix(iq_read_u64(target, head + NEXT, &next), "%s", what));
	struct iq_error *broken = follow(target, head, next, NEXT, limit, &seen, out);
	if (!broken)
		return NULL;
	if (iq_error_is(broken, IQ_ERROR_INTERRUPTED) || iq_error_is(broken, IQ_ERROR_NO_MEMORY))
		return broken;
	size_t forward = out->entries.count;
	if (!iq_failed(iq_read_u64(target, head + PREVIOUS, &previous)))
		iq_error_free(follow(target, head, previous, PREVIOUS, limit, &seen, out));
	if (out->entries.count > forward)
		reverse(out->entries.data + forward, out->entries.count - forward);
	iq_warn(iq_target_diag(target),
		"%s: the list is broken after %zu entries (%s); %zu more were found from its end", what, forward,
		broken->message, out->entries.count - forward);
	iq_error_free(broken);
	return NULL;
}

void iq_list_free(struct iq_list *list)
{
	iq_vec_free(&list->entries);
}
