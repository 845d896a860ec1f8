/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about slabs share. */
#ifndef IQ_KERNEL_SLAB_INTERNAL_H
#define IQ_KERNEL_SLAB_INTERNAL_H

#include "kernel/internal.h"
#include "kernel/slab.h"

/* How a page says that it is a slab's. */
enum iq_slab_mark {
	IQ_SLAB_MARK_FLAG,        /* PG_slab among the page flags: before 6.10 */
	IQ_SLAB_MARK_TYPE_BITS,   /* bits of page_type: 6.10 (upstream 46df8e73a4a3) */
	IQ_SLAB_MARK_TYPE_NUMBER, /* the top byte of page_type: 6.12 (upstream 4ffca5a96678) */
};

/* How free lists are hidden, found out by which of them leads somewhere. */
enum iq_slab_cipher {
	IQ_SLAB_CIPHER_UNKNOWN,
	IQ_SLAB_CIPHER_SWAB, /* next ^ random ^ swab(address): 5.7 (upstream 1ad53d9fa3f6) */
	IQ_SLAB_CIPHER_XOR,  /* next ^ random ^ address: 4.14 (upstream 2482ddec670f) */
};

struct iq_slabs {
	enum iq_slab_mark mark;
	uint64_t mark_bits, mark_wanted;
	const char *type;              /* of what describes a slab */
	const char *cpu_page;          /* the member of kmem_cache_cpu that says which slab it has */
	const char *links;             /* the member of a slab that links it into a node's lists */
	unsigned node_bits;            /* of a node's number in page flags */
	unsigned nodes;                /* how many elements kmem_cache.node has */
	uint64_t store_user, red_zone; /* flags of a kmem_cache: SLAB_STORE_USER, SLAB_RED_ZONE */
	enum iq_slab_cipher cipher;
	IQ_VEC(struct iq_slab_cache) caches;
	uint64_t sheaves_of; /* the cache whose sheaves were read; 0: none's */
	bool sheaves_damaged;
	struct iq_map sheaves;     /* free objects in sheaves → the CPU + 1, or 0 */
	struct iq_map cache_index; /* address of struct kmem_cache → index in caches */
};

/* slab.c: loaded on the first question. */
struct iq_error *iq_slabs_get(struct iq_kernel *kernel, struct iq_slabs **out);

/* slab_list.c: reads what a slab says of itself; an error if it is not of this cache, or makes no sense. */
struct iq_error *iq_slab_read(struct iq_kernel *kernel, const struct iq_slab_cache *cache, uint64_t address,
			      struct iq_slab *out);

/* slab_free.c: calls fn with the free objects from `first` on. */
typedef struct iq_error *(*iq_slab_free_fn)(void *context, uint64_t object, uint64_t index);
struct iq_error *iq_slab_free_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache,
				   const struct iq_slab *slab, uint64_t first, iq_slab_free_fn fn, void *context);

/* slab_sheaf.c: calls fn with every object that lies free in a sheaf of this cache; the CPU, or -1 for a node's. */
typedef struct iq_error *(*iq_slab_sheaf_fn)(void *context, uint64_t object, int cpu);
struct iq_error *iq_slab_sheaves_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache, iq_slab_sheaf_fn fn,
				      void *context);

#endif
