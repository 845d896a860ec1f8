// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sheaves: arrays of free objects that the CPUs and nodes keep, since 6.18 (upstream 2d517aa09bbc). Their slabs take
 * these objects for used. Those that wait for RCU on their way back, and those that were given out filled in advance,
 * no list has.
 */
#include "kernel/slab_internal.h"

enum { MAX_OBJECTS = 1 << 16, MAX_SHEAVES = 1 << 16 };

struct walk {
	struct iq_kernel *kernel;
	const struct iq_slab_cache *cache;
	int cpu;
	iq_slab_sheaf_fn fn;
	void *context;
};

static struct iq_error *see_sheaf(void *context, uint64_t sheaf)
{
	struct walk *w = context;
	uint64_t objects, size, object;
	IQ_TRY(iq_k_get(w->kernel, sheaf, "slab_sheaf", "size", &size));
	if (size > MAX_OBJECTS)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: sheaf at %#lx says that it has %lu objects", w->cache->name,
				    sheaf, size);
	IQ_TRY(iq_member_address(w->kernel->types, sheaf, "slab_sheaf", "objects", &objects));
	for (uint64_t i = 0; i < size; i++) {
		IQ_TRY(iq_read_u64(w->kernel->target, objects + i * sizeof(object), &object));
		IQ_TRY(w->fn(w->context, object, w->cpu));
	}
	return NULL;
}

static struct iq_error *cpu_sheaves(struct walk *w, uint64_t address)
{
	static const char *const members[] = { "main", "spare", "rcu_free" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(members); i++) {
		uint64_t sheaf;
		IQ_TRY(iq_k_get(w->kernel, address, "slub_percpu_sheaves", members[i], &sheaf));
		if (sheaf)
			IQ_TRY(see_sheaf(w, sheaf));
	}
	return NULL;
}

struct iq_error *iq_slab_sheaves_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, iq_slab_sheaf_fn fn,
				      void *context)
{
	struct walk w = { kernel, cache, -1, fn, context };
	struct iq_slabs *slabs;
	const struct iq_cpu *cpus;
	size_t count;
	if (!cache->sheaves)
		return NULL;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t address;
		w.cpu = (int)cpus[i].id;
		IQ_TRY(iq_per_cpu(kernel, cpus[i].id, cache->sheaves, &address));
		IQ_TRY(cpu_sheaves(&w, address));
	}
	w.cpu = -1;
	for (unsigned n = 0; n < slabs->nodes; n++) {
		struct iq_slab_node node;
		uint64_t head;
		IQ_TRY(iq_slab_node(kernel, cache, n, &node));
		if (!node.barn)
			continue;
		IQ_TRY(iq_member_address(kernel->types, node.barn, "node_barn", "sheaves_full", &head));
		IQ_TRY(iq_list_each(kernel->target, kernel->types, head, "slab_sheaf", "barn_list", MAX_SHEAVES,
				    see_sheaf, &w));
	}
	return NULL;
}
