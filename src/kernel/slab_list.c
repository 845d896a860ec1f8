// SPDX-License-Identifier: GPL-2.0-or-later
/* The slabs that a cache's CPUs and nodes have. */
#include "kernel/page.h"
#include "kernel/slab_internal.h"

enum { MAX_SLABS = 1 << 24, MAX_OBJECTS = 1 << 15 };

static struct iq_error *find_node(struct iq_kernel *k, const struct iq_slabs *slabs, uint64_t page, unsigned *node)
{
	/* A struct of its own since 6.18 (upstream 53fbef56e07d) */
	const char *path = iq_k_has(k, "page", "flags.f") ? "flags.f" : "flags";
	uint64_t flags;
	*node = 0;
	if (!slabs->node_bits)
		return NULL;
	IQ_TRY(iq_k_get(k, page, "page", path, &flags));
	*node = (unsigned)(flags >> (64 - slabs->node_bits));
	return NULL;
}

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
	IQ_TRY(find_node(k, slabs, address, &out->node));
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
	iq_slab_fn fn;
	void *context;
	struct iq_error *first; /* what could not be read */
	struct iq_error *stop;  /* from fn */
};

static struct iq_error *show(struct walk *w, struct iq_slab *slab)
{
	slab->place = w->place;
	slab->cpu = w->cpu;
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

/* Keeps what a part of the walk gave; true when the walk is to end. */
static bool ended(struct walk *w, struct iq_error *error)
{
	bool interrupted = iq_error_is(error, IQ_ERROR_INTERRUPTED);
	if (interrupted) {
		iq_error_free(w->first);
		w->first = error;
	} else {
		iq_error_keep(&w->first, error);
	}
	return interrupted;
}

static struct iq_error *result(struct walk *w)
{
	if (w->stop) {
		iq_error_free(w->first);
		return w->stop;
	}
	return iq_error_prefix(w->first, "%s", w->cache->name);
}

static bool walk_cpu(struct walk *w, unsigned cpu)
{
	uint64_t address;
	struct iq_error *error = NULL;
	if (!w->cache->cpu_slab)
		return false;
	w->cpu = (int)cpu;
	error = iq_per_cpu(w->kernel, cpu, w->cache->cpu_slab, &address);
	if (error)
		return ended(w, error);
	return ended(w, cpu_slab(w, address)) || ended(w, cpu_partial(w, address));
}

struct iq_error *iq_slab_cpu_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, unsigned cpu,
				  iq_slab_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .cache = cache, .fn = fn, .context = context };
	IQ_TRY(iq_slabs_get(kernel, &w.slabs));
	walk_cpu(&w, cpu);
	return result(&w);
}

struct iq_error *iq_slab_node_count(struct iq_kernel *kernel, unsigned *count)
{
	struct iq_slabs *slabs;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	*count = slabs->nodes;
	return NULL;
}

static struct iq_error *find_node_parts(struct iq_kernel *k, const struct iq_slab_cache *cache, unsigned node,
					struct iq_slab_node *out)
{
	uint64_t place, size;
	/* 7.0 (kmem_cache_per_node_ptrs) */
	if (iq_k_has(k, "kmem_cache", "per_node")) {
		IQ_TRY(iq_types_size(k->types, "kmem_cache_per_node_ptrs", &size));
		IQ_TRY(iq_member_address(k->types, cache->address, "kmem_cache", "per_node", &place));
		place += size * node;
		IQ_TRY(iq_k_get(k, place, "kmem_cache_per_node_ptrs", "barn", &out->barn));
		return iq_k_get(k, place, "kmem_cache_per_node_ptrs", "node", &out->address);
	}
	IQ_TRY(iq_member_address(k->types, cache->address, "kmem_cache", "node", &place));
	IQ_TRY(iq_read_u64(k->target, place + node * sizeof(uint64_t), &out->address));
	if (out->address && iq_k_has(k, "kmem_cache_node", "barn"))
		IQ_TRY(iq_k_get(k, out->address, "kmem_cache_node", "barn", &out->barn));
	return NULL;
}

struct iq_error *iq_slab_node(struct iq_kernel *kernel, const struct iq_slab_cache *cache, unsigned node,
			      struct iq_slab_node *out)
{
	struct iq_slabs *slabs;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	*out = (struct iq_slab_node){ .counted = iq_k_has(kernel, "kmem_cache_node", "total_objects"),
				      .full_tracked = cache->flags & slabs->store_user &&
						      iq_k_has(kernel, "kmem_cache_node", "full") };
	IQ_TRY(find_node_parts(kernel, cache, node, out));
	if (!out->address)
		return NULL;
	IQ_TRY(iq_k_get(kernel, out->address, "kmem_cache_node", "nr_partial", &out->partial));
	if (!out->counted)
		return NULL;
	IQ_TRY(iq_k_get(kernel, out->address, "kmem_cache_node", "nr_slabs.counter", &out->slabs));
	return iq_k_get(kernel, out->address, "kmem_cache_node", "total_objects.counter", &out->objects);
}

static struct iq_error *node_list(struct walk *w, uint64_t node, enum iq_slab_place place, const char *list)
{
	uint64_t head;
	if (!iq_k_has(w->kernel, "kmem_cache_node", list))
		return NULL;
	w->place = place;
	IQ_TRY(iq_member_address(w->kernel->types, node, "kmem_cache_node", list, &head));
	return iq_list_each(w->kernel->target, w->kernel->types, head, w->slabs->type, w->slabs->links, MAX_SLABS,
			    see_slab, w);
}

static bool walk_node(struct walk *w, unsigned n)
{
	struct iq_slab_node node;
	struct iq_error *error = iq_slab_node(w->kernel, w->cache, n, &node);
	w->cpu = -1;
	if (error)
		return ended(w, error);
	return node.address && (ended(w, node_list(w, node.address, IQ_SLAB_PARTIAL, "partial")) ||
				ended(w, node_list(w, node.address, IQ_SLAB_FULL, "full")));
}

struct iq_error *iq_slab_node_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, unsigned node,
				   iq_slab_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .cache = cache, .fn = fn, .context = context };
	IQ_TRY(iq_slabs_get(kernel, &w.slabs));
	walk_node(&w, node);
	return result(&w);
}

struct iq_error *iq_slab_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, iq_slab_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .cache = cache, .fn = fn, .context = context };
	const struct iq_cpu *cpus;
	size_t count;
	bool end = false;
	IQ_TRY(iq_slabs_get(kernel, &w.slabs));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count && !end; i++)
		end = walk_cpu(&w, cpus[i].id);
	for (unsigned n = 0; n < w.slabs->nodes && !end; n++)
		end = walk_node(&w, n);
	return result(&w);
}

struct locating {
	uint64_t address;
	struct iq_slab *slab;
	bool found;
};

static struct iq_error *see_located(void *context, const struct iq_slab *slab)
{
	struct locating *locating = context;
	if (slab->address != locating->address)
		return NULL;
	*locating->slab = *slab;
	locating->found = true;
	return NULL;
}

struct iq_error *iq_slab_of(struct iq_kernel *kernel, const struct iq_slab_object *object,
			    const struct iq_slab_cache **cache, struct iq_slab *slab)
{
	struct locating locating = { object->slab, slab, false };
	struct iq_slabs *slabs;
	const struct iq_cpu *cpus;
	size_t count;
	uint64_t index;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	if (!iq_map_get(&slabs->cache_index, object->cache, &index))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is no slab cache", object->cache);
	*cache = &slabs->caches.data[index];
	IQ_TRY(iq_slab_read(kernel, *cache, object->slab, slab));
	slab->place = slab->inuse < slab->objects ? IQ_SLAB_PARTIAL : IQ_SLAB_NOWHERE;
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count && !locating.found; i++)
		iq_warn_error(kernel->diag, iq_slab_cpu_each(kernel, *cache, cpus[i].id, see_located, &locating));
	return iq_check_interrupt();
}
