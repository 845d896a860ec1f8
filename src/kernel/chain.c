// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/chain.h"

#include "util/cleanup.h"
#include "util/hash.h"

struct walk {
	struct iq_target *target;
	const struct iq_chain *chain;
	uint64_t previous, element, next; /* next: the pointer in element */
	uint64_t second;
	size_t count; /* of elements before `element` */
	bool ended;
};

static struct iq_error *after(const struct walk *w, struct iq_error *error)
{
	if (!w->count)
		return iq_error_prefix(error, "the first element");
	return iq_error_prefix(error, "after %zu element%s, behind %#lx", w->count, w->count == 1 ? "" : "s",
			       w->previous);
}

static struct iq_error *read_element(struct walk *w)
{
	if (!iq_is_kernel_address(w->target, w->element))
		return after(w, iq_error_new(IQ_ERROR_FORMAT, "%#lx is no kernel address", w->element));
	return after(w, iq_read_u64(w->target, w->element + w->chain->offset, &w->next));
}

static struct iq_error *start(struct walk *w)
{
	w->element = w->chain->first;
	w->count = 0;
	w->ended = !w->element || w->element == w->chain->end;
	if (w->ended)
		return NULL;
	IQ_TRY(read_element(w));
	w->second = w->next;
	return NULL;
}

/* hlist_nulls end with an odd number (include/linux/list_nulls.h); pointers to structures are even. */
static bool is_end(const struct walk *w)
{
	const struct iq_chain *chain = w->chain;
	bool null = !w->next || (w->next & 1 && !iq_is_kernel_address(w->target, w->next));
	if (w->next == w->element || w->next == chain->first || (chain->end && w->next == chain->end))
		return true;
	return (null && !chain->circular) || (w->count && w->next == w->second);
}

static struct iq_error *advance(struct walk *w)
{
	w->ended = is_end(w);
	if (w->ended)
		return NULL;
	w->count++;
	w->previous = w->element;
	if (!w->next)
		return after(w, iq_error_new(IQ_ERROR_FORMAT, "it points to NULL, not to the list's head"));
	w->element = w->next;
	return read_element(w);
}

static struct iq_error *circle(const struct walk *w, size_t before)
{
	return iq_error_new(
		IQ_ERROR_LIMIT,
		"after %zu elements: %#lx comes again: the list goes round in a circle of %zu, %zu before it", w->count,
		w->element, w->count - before, before);
}

/* R. P. Brent, "An improved Monte Carlo factorization algorithm", 1980: a mark that waits for the walk to come by, and
 * moves on each time twice as many steps were taken. *distinct: how many elements there are until one comes again. */
static struct iq_error *count_distinct(struct walk *w, size_t *distinct)
{
	size_t power = 1, length = 1;
	struct walk ahead, behind;
	*distinct = SIZE_MAX;
	/* An error on the way is the second walk's to tell: there is no circle before it. */
	if (iq_failed(start(w)) || w->ended)
		return NULL;
	uint64_t mark = w->element;
	if (iq_failed(advance(w)))
		return NULL;
	while (!w->ended && w->element != mark) {
		if (power == length) {
			mark = w->element;
			power *= 2;
			length = 0;
		}
		if (iq_failed(advance(w)))
			return NULL;
		length++;
		IQ_TRY(iq_check_interrupt());
	}
	if (w->ended)
		return NULL;
	/* The circle has `length` elements: two walks that far apart meet at its first. */
	ahead = behind = *w;
	IQ_TRY(start(&ahead));
	IQ_TRY(start(&behind));
	for (size_t i = 0; i < length; i++)
		IQ_TRY(advance(&ahead));
	while (ahead.element != behind.element) {
		IQ_TRY(advance(&ahead));
		IQ_TRY(advance(&behind));
		IQ_TRY(iq_check_interrupt());
	}
	*distinct = ahead.count;
	return NULL;
}

static struct iq_error *see(struct iq_map *seen, const struct walk *w)
{
	uint64_t before;
	if (iq_map_get(seen, w->element, &before))
		return circle(w, before);
	return iq_map_set(seen, w->element, w->count) ? NULL : iq_error_no_memory();
}

struct iq_error *iq_chain_each(struct iq_target *target, const struct iq_chain *chain, iq_object_fn fn, void *context)
{
	_cleanup_(iq_map_free) struct iq_map seen = { 0 };
	struct walk w = { .target = target, .chain = chain };
	size_t distinct = SIZE_MAX;
	if (chain->brent)
		IQ_TRY(count_distinct(&w, &distinct));
	IQ_TRY(start(&w));
	while (!w.ended) {
		if (!chain->brent)
			IQ_TRY(see(&seen, &w));
		else if (w.count == distinct)
			return iq_error_new(IQ_ERROR_LIMIT, "after %zu elements: %#lx comes again: the list goes round",
					    w.count, w.element);
		IQ_TRY(fn(context, w.element));
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(advance(&w));
	}
	return NULL;
}
