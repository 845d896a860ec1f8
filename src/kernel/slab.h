/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slab allocator (SLUB): its caches, their slabs, and which objects are free. Facts: mm/slab.h, mm/slub.c,
 * include/linux/slub_def.h. A slab is described by struct slab since 5.17 (upstream d122019bf061), by struct page
 * before.
 */
#ifndef IQ_KERNEL_SLAB_H
#define IQ_KERNEL_SLAB_H

#include "kernel/kernel.h"

struct iq_slab_object {
	uint64_t cache;   /* struct kmem_cache */
	const char *name; /* its name, the kernel's to keep */
	uint64_t slab;    /* struct slab or struct page: the first page's */
	uint64_t start;   /* virtual address of the slab's memory */
	uint64_t objects; /* in the slab */
	uint64_t size;    /* from one object to the next */
	bool inside;     /* the address lies in an object, not in what is left over or in a red zone before the first */
	uint64_t object; /* address of that object */
	uint64_t index;
};

/* The slab object that a kernel address in the direct map points to or into. IQ_ERROR_NOT_FOUND when it is none:
 * another page, or one whose cache is not on the kernel's list of caches. Free objects are objects too. */
struct iq_error *iq_slab_at(struct iq_kernel *kernel, uint64_t address, struct iq_slab_object *out);

struct iq_slab_cache {
	uint64_t address; /* struct kmem_cache */
	char name[64];
	uint64_t size;        /* from one object to the next */
	uint64_t object_size; /* what its users asked for */
	uint64_t slab_bytes;  /* of a new slab; under pressure smaller ones are made */
	uint64_t left_pad;    /* a red zone before each object */
	uint64_t offset;      /* of the pointer to the next free object, in a free object */
	uint64_t random;      /* what that pointer is hidden with (CONFIG_SLAB_FREELIST_HARDENED) */
	uint64_t inuse;       /* of the object with its red zone; what debugging keeps comes behind that */
	uint64_t flags;       /* SLAB_... */
	uint64_t cpu_slab;    /* per-CPU struct kmem_cache_cpu; 0: has none (7.0 and later) */
	uint64_t sheaves;     /* per-CPU struct slub_percpu_sheaves (6.18); 0: has none */
};

/* All caches, in the order of the kernel's list, cached. Damage of the list is reported, and what came before it given.
 */
struct iq_error *iq_slab_caches(struct iq_kernel *kernel, const struct iq_slab_cache **caches, size_t *count);

/* Where the allocator keeps a slab. */
enum iq_slab_place {
	IQ_SLAB_CPU,         /* a CPU takes from it */
	IQ_SLAB_CPU_PARTIAL, /* on a CPU's list of partly used ones */
	IQ_SLAB_PARTIAL,     /* on a node's list of partly used ones */
	IQ_SLAB_FULL,        /* on a node's list of full ones, which there is only when the cache is debugged */
	IQ_SLAB_NOWHERE,     /* on none of these: full, or just being worked at */
};

struct iq_slab {
	uint64_t address; /* struct slab or struct page */
	uint64_t cache;   /* struct kmem_cache */
	uint64_t start;   /* of its memory */
	uint64_t objects;
	uint64_t inuse; /* as it counts itself: objects that a CPU or a sheaf holds free are in use for it */
	bool frozen;    /* a CPU has it */
	uint64_t freelist;
	enum iq_slab_place place;
	int cpu;               /* whose it is; -1: no CPU's */
	uint64_t cpu_freelist; /* IQ_SLAB_CPU: the objects that only this CPU takes */
	unsigned node;
};

typedef struct iq_error *(*iq_slab_fn)(void *context, const struct iq_slab *slab);

/* Calls fn with the slab that a CPU takes objects of a cache from, and then with those on its list of partly used ones.
 * These three leave out what can't be read, and return the first such error after the rest was shown. */
struct iq_error *iq_slab_cpu_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, unsigned cpu,
				  iq_slab_fn fn, void *context);

/* The same for a node's lists of partly used and of full slabs. */
struct iq_error *iq_slab_node_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, unsigned node,
				   iq_slab_fn fn, void *context);

/* All CPUs, then all nodes. */
struct iq_error *iq_slab_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, iq_slab_fn fn,
			      void *context);

/* What a cache has on a node. */
struct iq_slab_node {
	uint64_t address;        /* struct kmem_cache_node; 0: none */
	uint64_t barn;           /* struct node_barn (6.18, upstream 2d517aa09bbc); 0: none */
	uint64_t partial;        /* how many partly used slabs it counts */
	bool counted;            /* the kernel counts the following (CONFIG_SLUB_DEBUG) */
	uint64_t slabs, objects; /* all slabs of the node, and the objects in them */
	bool full_tracked;       /* full slabs are on a list: the cache is debugged (SLAB_STORE_USER) */
};

/* How many nodes kmem_cache.node has room for; one of them. */
struct iq_error *iq_slab_node_count(struct iq_kernel *kernel, unsigned *count);
struct iq_error *iq_slab_node(struct iq_kernel *kernel, const struct iq_slab_cache *cache, unsigned node,
			      struct iq_slab_node *out);

struct iq_slab_counts {
	bool known; /* slabs and objects */
	uint64_t slabs, objects;
	bool allocated_known;
	uint64_t allocated;
};

/* How many slabs and objects a cache has: the nodes' counters (CONFIG_SLUB_DEBUG), less what is free in the slabs on
 * the lists, in the CPUs' free lists and sheaves. With an error, *out still tells what is known. */
struct iq_error *iq_slab_count(struct iq_kernel *kernel, const struct iq_slab_cache *cache, struct iq_slab_counts *out);

/* Is an object in use? */
enum iq_slab_use {
	IQ_SLAB_UNKNOWN, /* a list of free objects could not be followed to its end */
	IQ_SLAB_ALLOCATED,
	IQ_SLAB_FREE,
	IQ_SLAB_FREE_CPU,   /* on a CPU's own free list */
	IQ_SLAB_FREE_SHEAF, /* in a CPU's or (cpu -1) a node's sheaf (6.18) */
};

struct iq_slab_state {
	enum iq_slab_use use;
	int cpu;
};

/* Fills in states[slab->objects]; with an error, too: then those that are not known to be free are IQ_SLAB_UNKNOWN. */
struct iq_error *iq_slab_states(struct iq_kernel *kernel, const struct iq_slab_cache *cache, const struct iq_slab *slab,
				struct iq_slab_state *states);

/* Who allocated or freed an object last, kept by slub_debug=U: struct track. */
struct iq_slab_track {
	uint64_t address;
	uint64_t caller; /* 0: it never happened */
	int cpu;
	int32_t pid;
	uint64_t when; /* jiffies */
};

/* IQ_ERROR_NOT_FOUND when the cache keeps none. */
struct iq_error *iq_slab_tracks(struct iq_kernel *kernel, const struct iq_slab_cache *cache, uint64_t object,
				struct iq_slab_track *allocated, struct iq_slab_track *freed);

/* Looks at the red zones before and behind an object (slub_debug=Z): *bad is the first byte that was overwritten, with
 * what; 0: none was. IQ_ERROR_NOT_FOUND when the cache has none. */
struct iq_error *iq_slab_red_zones(struct iq_kernel *kernel, const struct iq_slab_cache *cache, uint64_t object,
				   bool allocated, uint64_t *bad, uint8_t *value);

/* The slab that an object is in, with its place found out: whether a node's list has it is not looked for, only whether
 * it should. Fails also for a slab that contradicts itself. */
struct iq_error *iq_slab_of(struct iq_kernel *kernel, const struct iq_slab_object *object,
			    const struct iq_slab_cache **cache, struct iq_slab *slab);

#endif
