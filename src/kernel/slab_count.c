// SPDX-License-Identifier: GPL-2.0-or-later
/* How many slabs and objects a cache has. */
#include "kernel/slab_internal.h"

struct counting {
	struct iq_kernel *kernel;
	const struct iq_slab_cache *cache;
	uint64_t free;
};

static struct iq_error *count_one(void *context, uint64_t object, uint64_t index)
{
	struct counting *counting = context;
	(void)object;
	(void)index;
	counting->free++;
	return NULL;
}

static struct iq_error *count_sheaf(void *context, uint64_t object, int cpu)
{
	struct counting *counting = context;
	(void)object;
	(void)cpu;
	counting->free++;
	return NULL;
}

static struct iq_error *count_free(void *context, const struct iq_slab *slab)
{
	struct counting *counting = context;
	counting->free += slab->objects - slab->inuse;
	if (slab->place != IQ_SLAB_CPU)
		return NULL;
	return iq_slab_free_each(counting->kernel, counting->cache, slab, slab->cpu_freelist, count_one, counting);
}

static struct iq_error *count_nodes(struct iq_kernel *k, const struct iq_slab_cache *cache, unsigned nodes,
				    struct iq_slab_counts *out)
{
	for (unsigned n = 0; n < nodes; n++) {
		struct iq_slab_node node;
		IQ_TRY(iq_slab_node(k, cache, n, &node));
		if (!node.counted)
			return iq_error_new(IQ_ERROR_NOT_FOUND, "this kernel doesn't count slabs (CONFIG_SLUB_DEBUG)");
		out->slabs += node.slabs;
		out->objects += node.objects;
	}
	out->known = true;
	return NULL;
}

struct iq_error *iq_slab_count(struct iq_kernel *kernel, const struct iq_slab_cache *cache, struct iq_slab_counts *out)
{
	struct counting counting = { kernel, cache, 0 };
	struct iq_slabs *slabs;
	*out = (struct iq_slab_counts){ 0 };
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	IQ_TRY(count_nodes(kernel, cache, slabs->nodes, out));
	IQ_TRY(iq_slab_each(kernel, cache, count_free, &counting));
	IQ_TRY(iq_slab_sheaves_each(kernel, cache, count_sheaf, &counting));
	if (counting.free > out->objects)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: of %lu objects %lu are said to be free", cache->name,
				    out->objects, counting.free);
	out->allocated_known = true;
	out->allocated = out->objects - counting.free;
	return NULL;
}
