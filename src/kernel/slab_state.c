// SPDX-License-Identifier: GPL-2.0-or-later
/* Which objects of a slab are free. */
#include "kernel/slab_internal.h"

struct marking {
	struct iq_slab_state *states;
	struct iq_slab_state state;
	uint64_t marked;
};

static struct iq_error *mark(void *context, uint64_t object, uint64_t index)
{
	struct marking *marking = context;
	(void)object;
	marking->states[index] = marking->state;
	marking->marked++;
	return NULL;
}

static struct iq_error *mark_free(struct iq_kernel *k, const struct iq_slab_cache *cache, const struct iq_slab *slab,
				  struct iq_slab_state *states)
{
	struct marking marking = { .states = states, .state = { IQ_SLAB_FREE, -1 } };
	IQ_TRY(iq_slab_free_each(k, cache, slab, slab->freelist, mark, &marking));
	if (marking.marked != slab->objects - slab->inuse)
		return iq_error_new(IQ_ERROR_FORMAT,
				    "%s: the slab at %#lx says that %lu of %lu objects are in use, but %lu are free",
				    cache->name, slab->address, slab->inuse, slab->objects, marking.marked);
	if (slab->place != IQ_SLAB_CPU)
		return NULL;
	marking.state = (struct iq_slab_state){ IQ_SLAB_FREE_CPU, slab->cpu };
	return iq_slab_free_each(k, cache, slab, slab->cpu_freelist, mark, &marking);
}

static struct iq_error *keep_object(void *context, uint64_t object, int cpu)
{
	struct iq_slabs *slabs = context;
	return iq_map_set(&slabs->sheaves, object, (uint64_t)(cpu + 1)) ? NULL : iq_error_no_memory();
}

/* The objects in the cache's sheaves, read once for all its slabs. */
static struct iq_error *load_sheaves(struct iq_kernel *k, struct iq_slabs *slabs, const struct iq_slab_cache *cache)
{
	if (slabs->sheaves_of == cache->address)
		return NULL;
	iq_map_free(&slabs->sheaves);
	slabs->sheaves = (struct iq_map){ 0 };
	slabs->sheaves_of = cache->address;
	struct iq_error *error = iq_slab_sheaves_each(k, cache, keep_object, slabs);
	slabs->sheaves_damaged = error;
	return error;
}

/* What is on no list is used, where all lists were followed to their ends. */
static void mark_rest(const struct iq_slabs *slabs, const struct iq_slab_cache *cache, const struct iq_slab *slab,
		      bool complete, struct iq_slab_state *states)
{
	for (uint64_t i = 0; i < slab->objects; i++) {
		uint64_t cpu;
		if (states[i].use != IQ_SLAB_UNKNOWN)
			continue;
		if (iq_map_get(&slabs->sheaves, slab->start + cache->left_pad + i * cache->size, &cpu))
			states[i] = (struct iq_slab_state){ IQ_SLAB_FREE_SHEAF, (int)cpu - 1 };
		else if (complete)
			states[i].use = IQ_SLAB_ALLOCATED;
	}
}

struct iq_error *iq_slab_states(struct iq_kernel *kernel, const struct iq_slab_cache *cache, const struct iq_slab *slab,
				struct iq_slab_state *states)
{
	struct iq_error *error;
	struct iq_slabs *slabs;
	for (uint64_t i = 0; i < slab->objects; i++)
		states[i] = (struct iq_slab_state){ IQ_SLAB_UNKNOWN, -1 };
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	error = mark_free(kernel, cache, slab, states);
	iq_error_keep(&error, load_sheaves(kernel, slabs, cache));
	mark_rest(slabs, cache, slab, !error && !slabs->sheaves_damaged, states);
	return error;
}
