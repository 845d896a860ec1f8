// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/eventpoll.h"

#include "kernel/internal.h"
#include "kernel/rbtree.h"

enum { MAX_WATCHED = 1 << 26 }; /* as many as a task can have files */

struct walk {
	struct iq_kernel *k;
	iq_watched_fn fn;
	void *context;
};

static struct iq_error *see_node(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct walk *w = context;
	struct iq_watched watched = { 0 };
	uint64_t item, fd, events;
	IQ_TRY(iq_container_of(w->k->types, node, "epitem", "rbn", &item));
	IQ_TRY(iq_k_get(w->k, item, "epitem", "ffd.fd", &fd));
	IQ_TRY(iq_k_get(w->k, item, "epitem", "ffd.file", &watched.file));
	IQ_TRY(iq_k_get(w->k, item, "epitem", "event.events", &events));
	watched.fd = (int32_t)fd;
	watched.events = (uint32_t)events;
	return w->fn(w->context, &watched);
}

struct iq_error *iq_eventpoll_each(struct iq_kernel *kernel, uint64_t address, iq_watched_fn fn, void *context)
{
	struct walk w = { kernel, fn, context };
	/* rb_root_cached since 4.13 (upstream b2ac2ea6296e) */
	bool cached = iq_k_has(kernel, "eventpoll", "rbr.rb_root");
	uint64_t root;
	IQ_TRY(iq_k_get(kernel, address, "eventpoll", cached ? "rbr.rb_root.rb_node" : "rbr.rb_node", &root));
	if (!root)
		return NULL;
	return iq_error_prefix(
		iq_rbtree_each(kernel->target, kernel->types, root, true, true, MAX_WATCHED, see_node, &w),
		"eventpoll at %#lx", address);
}
