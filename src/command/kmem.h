/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem's parts. Each file has the work of one option or a few; kmem.c has the command and calls them. */
#ifndef IQ_COMMAND_KMEM_H
#define IQ_COMMAND_KMEM_H

#include "command/session.h"
#include "kernel/slab.h"

struct iq_kmem {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const struct iq_args *args;
	struct iq_out *out;
};

/* kmem_slab.c: -s and -S. */
struct iq_error *iq_kmem_slabs(const struct iq_kmem *kmem);

/* A cache's fields and line into the open record, below the headings if *heading is false. */
void iq_kmem_cache_line(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, bool *heading);

/* kmem_slab_objects.c: the slabs on the lists of a cache with their objects, into the open record. */
struct iq_error *iq_kmem_cache_slabs(const struct iq_kmem *kmem, const struct iq_slab_cache *cache);

/* A slab's fields and lines into the open record, and of its objects that at `only`, or all with UINT64_MAX. */
struct iq_error *iq_kmem_slab(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, const struct iq_slab *slab,
			      uint64_t only);

#endif
