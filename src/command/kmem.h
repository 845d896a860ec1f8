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

/* The fields and lines of a slab's cache, the slab, and the one object that an address points into, into the open
 * record. */
struct iq_error *iq_kmem_slab_object(const struct iq_kmem *kmem, uint64_t address, const struct iq_slab_object *object,
				     const struct iq_slab_cache *cache, const struct iq_slab *slab);

/* kmem_address.c: no option. */
struct iq_error *iq_kmem_addresses(const struct iq_kmem *kmem);

/* A file each, or two to one. */
struct iq_error *iq_kmem_totals(const struct iq_kmem *kmem);   /* -i */
struct iq_error *iq_kmem_free(const struct iq_kmem *kmem);     /* -f, -F */
struct iq_error *iq_kmem_vmalloc(const struct iq_kmem *kmem);  /* -v */
struct iq_error *iq_kmem_counters(const struct iq_kmem *kmem); /* -V */
struct iq_error *iq_kmem_nodes(const struct iq_kmem *kmem);    /* -n */
struct iq_error *iq_kmem_zones(const struct iq_kmem *kmem);    /* -z */
struct iq_error *iq_kmem_per_cpu(const struct iq_kmem *kmem);  /* -o */
struct iq_error *iq_kmem_huge(const struct iq_kmem *kmem);     /* -h */
struct iq_error *iq_kmem_flags(const struct iq_kmem *kmem);    /* -g */
struct iq_error *iq_kmem_pages(const struct iq_kmem *kmem);    /* -p */

/* kmem_size.c: "450.5 MB", "55 MB", "4 KB", "0". */
void iq_size_text(uint64_t bytes, char text[32]);

/* kmem_size.c: `text` in the middle of `width`; the odd blank goes before it. (A template's '^' puts it behind.) */
void iq_centre_right(const char *text, size_t width, char *buffer, size_t size);

#endif
