// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/page_cache.h"

#include "kernel/internal.h"

enum { MAX_CACHED = 1 << 28 };

struct cache_walk {
	iq_cached_page_fn fn;
	void *context;
};

static struct iq_error *see_entry(void *context, uint64_t index, uint64_t entry)
{
	struct cache_walk *w = context;
	/* Values are shadows (workingset information): bit 0 in an xarray, bit 1 in a radix tree. */
	return entry & 3 ? NULL : w->fn(w->context, index, entry);
}

struct iq_error *iq_cached_pages(struct iq_kernel *kernel, uint64_t mapping, iq_cached_page_fn fn, void *context)
{
	struct cache_walk w = { fn, context };
	uint64_t tree;
	/* page_tree before 4.17 (upstream b93b016313b3) */
	const char *member = iq_k_has(kernel, "address_space", "i_pages") ? "i_pages" : "page_tree";
	IQ_TRY(iq_member_address(kernel->types, mapping, "address_space", member, &tree));
	return iq_error_prefix(iq_xarray_each(kernel->target, kernel->types, tree, MAX_CACHED, see_entry, &w),
			       "pages of address_space at %#lx", mapping);
}

struct iq_error *iq_mapping_pages(struct iq_kernel *kernel, uint64_t mapping, uint64_t *pages)
{
	return iq_k_get(kernel, mapping, "address_space", "nrpages", pages);
}
