// SPDX-License-Identifier: GPL-2.0-or-later
/* The slabs that a cache's CPUs and nodes have, and how many there are. */
#include "kernel/page.h"
#include "kernel/slab_internal.h"

enum { MAX_SLABS = 1 << 24, MAX_OBJECTS = 1 << 15 };

struct iq_error *iq_slab_read(struct iq_kernel *k, const struct iq_slab_cache *cache, uint64_t address,
			      struct iq_slab *out)
{
	const struct iq_layout *layout = iq_target_layout(k->target);
	struct iq_slabs *slabs;
	uint64_t physical, frozen;
	IQ_TRY(iq_slabs_get(k, &slabs));
	*out = (struct iq_slab){ .address = address, .place = IQ_SLAB_NOWHERE, .cpu = -1 };
	IQ_TRY(iq_page_physical(k, address, &physical));
	IQ_TRY(iq_k_get(k, address, slabs->type, "slab_cache", &out->cache));
	if (out->cache != cache->address)
		return iq_error_new(IQ_ERROR_FORMAT, "slab at %#lx belongs to cache %#lx, not to %s", address,
				    out->cache, cache->name);
	IQ_TRY(iq_k_get(k, address, slabs->type, "objects", &out->objects));
	IQ_TRY(iq_k_get(k, address, slabs->type, "inuse", &out->inuse));
	IQ_TRY(iq_k_get(k, address, slabs->type, "frozen", &frozen));
	IQ_TRY(iq_k_get(k, address, slabs->type, "freelist", &out->freelist));
	if (out->inuse > out->objects || out->objects > MAX_OBJECTS)
		return iq_error_new(IQ_ERROR_FORMAT, "slab at %#lx says that %lu of %lu objects are in use", address,
				    out->inuse, out->objects);
	out->frozen = frozen;
	out->start = layout->direct_map + physical;
	return NULL;
}

struct walk {
	struct iq_kernel *kernel;
	struct iq_slabs *slabs;
	const struct iq_slab_cache *cache;
	enum iq_slab_place place;
	int cpu;
	unsigned node;
	iq_slab_fn fn;
	void *context;
	struct iq_error *first; /* what could not be read */
	struct iq_error *stop;  /* from fn */
};

static struct iq_error *show(struct walk *w, struct iq_slab *slab)
{
	slab->place = w->place;
	slab->cpu = w->cpu;
	slab->node = w->node;
	w->stop = w->fn(w->context, slab);
	return w->stop ? iq_error_new(IQ_ERROR_INTERRUPTED, "stopped") : iq_check_interrupt();
}

static struct iq_error *see_slab(void *context, uint64_t address)
{
	struct walk *w = context;
	struct iq_slab slab;
	struct iq_error *error = iq_slab_read(w->kernel, w->cache, address, &slab);
	if (!error)
		return show(w, &slab);
	iq_error_keep(&w->first, error);
	return NULL;
}

static struct iq_error *cpu_slab(struct walk *w, uint64_t address)
{
	struct iq_slab slab;
	uint64_t page;
	w->place = IQ_SLAB_CPU;
	IQ_TRY(iq_k_get(w->kernel, address, "kmem_cache_cpu", w->slabs->cpu_page, &page));
	if (!page)
		return NULL;
	IQ_TRY(iq_slab_read(w->kernel, w->cache, page, &slab));
	IQ_TRY(iq_k_get(w->kernel, address, "kmem_cache_cpu", "freelist", &slab.cpu_freelist));
	return show(w, &slab);
}

/* Linked by `next`, NULL at the end. */
static struct iq_error *cpu_partial(struct walk *w, uint64_t address)
{
	struct iq_map seen = { 0 };
	struct iq_error *error;
	uint64_t page;
	bool added = true;
	if (!iq_k_has(w->kernel, "kmem_cache_cpu", "partial"))
		return NULL;
	w->place = IQ_SLAB_CPU_PARTIAL;
	error = iq_k_get(w->kernel, address, "kmem_cache_cpu", "partial", &page);
	while (!error && page) {
		if (!iq_map_add(&seen, page, &added))
			error = iq_error_no_memory();
		else if (!added)
			error = iq_error_new(IQ_ERROR_LIMIT, "partial slabs at %#lx go round in a circle", page);
		if (!error)
			error = see_slab(w, page);
		if (!error)
			error = iq_k_get(w->kernel, page, w->slabs->type, "next", &page);
	}
	iq_map_free(&seen);
	return error;
}

/* Fills in *error what a part of the walk gave; true when the walk is to end. */
static bool ended(struct walk *w, struct iq_error *error)
{
	bool interrupted = iq_error_is(error, IQ_ERROR_INTERRUPTED);
	if (interrupted) {
		iq_error_free(w->first);
		w->first = error;
	} else {
		iq_error_keep(&w->first, error ? iq_error_prefix(error, "%s", w->cache->name) : NULL);
	}
	return interrupted;
}

static struct iq_error *each_cpu(struct walk *w, struct iq_error *(*part)(struct walk *w, uint64_t address))
{
	const struct iq_cpu *cpus;
	size_t count;
	if (!w->cache->cpu_slab)
		return NULL;
	IQ_TRY(iq_cpus(w->kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t address;
		struct iq_error *error = iq_per_cpu(w->kernel, cpus[i].id, w->cache->cpu_slab, &address);
		w->cpu = (int)cpus[i].id;
		if (!error)
			error = part(w, address);
		if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
			return error;
		iq_error_keep(&w->first, error);
	}
	w->cpu = -1;
	return NULL;
}

struct iq_error *iq_slab_node(struct iq_kernel *k, const struct iq_slab_cache *cache, unsigned node,
			      uint64_t *node_address, uint64_t *barn)
{
	uint64_t place, size;
	*node_address = *barn = 0;
	/* 7.0 (kmem_cache_per_node_ptrs) */
	if (iq_k_has(k, "kmem_cache", "per_node")) {
		IQ_TRY(iq_types_size(k->types, "kmem_cache_per_node_ptrs", &size));
		IQ_TRY(iq_member_address(k->types, cache->address, "kmem_cache", "per_node", &place));
		place += size * node;
		IQ_TRY(iq_k_get(k, place, "kmem_cache_per_node_ptrs", "barn", barn));
		return iq_k_get(k, place, "kmem_cache_per_node_ptrs", "node", node_address);
	}
	IQ_TRY(iq_member_address(k->types, cache->address, "kmem_cache", "node", &place));
	IQ_TRY(iq_read_u64(k->target, place + node * sizeof(uint64_t), node_address));
	if (*node_address && iq_k_has(k, "kmem_cache_node", "barn"))
		IQ_TRY(iq_k_get(k, *node_address, "kmem_cache_node", "barn", barn));
	return NULL;
}

static struct iq_error *node_list(struct walk *w, uint64_t node, const char *list)
{
	uint64_t head;
	IQ_TRY(iq_member_address(w->kernel->types, node, "kmem_cache_node", list, &head));
	return iq_list_each(w->kernel->target, w->kernel->types, head, w->slabs->type, w->slabs->links, MAX_SLABS,
			    see_slab, w);
}

static struct iq_error *each_node(struct walk *w, enum iq_slab_place place, const char *list)
{
	if (!iq_k_has(w->kernel, "kmem_cache_node", list))
		return NULL;
	w->place = place;
	for (w->node = 0; w->node < w->slabs->nodes; w->node++) {
		uint64_t node, barn;
		struct iq_error *error = iq_slab_node(w->kernel, w->cache, w->node, &node, &barn);
		if (!error && node)
			error = node_list(w, node, list);
		if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
			return error;
		iq_error_keep(&w->first, error);
	}
	return NULL;
}

struct iq_error *iq_slab_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, iq_slab_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .cache = cache, .cpu = -1, .fn = fn, .context = context };
	IQ_TRY(iq_slabs_get(kernel, &w.slabs));
	bool end = ended(&w, each_cpu(&w, cpu_slab)) || ended(&w, each_cpu(&w, cpu_partial)) ||
		   ended(&w, each_node(&w, IQ_SLAB_PARTIAL, "partial")) ||
		   ended(&w, each_node(&w, IQ_SLAB_FULL, "full"));
	if (end && w.stop) {
		iq_error_free(w.first);
		return w.stop;
	}
	return w.first;
}

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
	if (!iq_k_has(k, "kmem_cache_node", "total_objects"))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "this kernel doesn't count slabs (CONFIG_SLUB_DEBUG)");
	for (unsigned n = 0; n < nodes; n++) {
		uint64_t node, barn, slabs, objects;
		IQ_TRY(iq_slab_node(k, cache, n, &node, &barn));
		if (!node)
			continue;
		IQ_TRY(iq_k_get(k, node, "kmem_cache_node", "nr_slabs.counter", &slabs));
		IQ_TRY(iq_k_get(k, node, "kmem_cache_node", "total_objects.counter", &objects));
		out->slabs += slabs;
		out->objects += objects;
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
