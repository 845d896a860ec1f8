// SPDX-License-Identifier: GPL-2.0-or-later
/* Free lists: a free object holds the address of the next one, which hardened kernels hide. */
#include "kernel/slab_internal.h"

static bool index_of(const struct iq_slab_cache *cache, const struct iq_slab *slab, uint64_t object, uint64_t *index)
{
	uint64_t offset = object - slab->start - cache->left_pad;
	if (!cache->size || offset % cache->size || offset / cache->size >= slab->objects)
		return false;
	*index = offset / cache->size;
	return true;
}

static uint64_t decode(const struct iq_slab_cache *cache, enum iq_slab_cipher cipher, uint64_t place, uint64_t stored)
{
	return stored ^ cache->random ^ (cipher == IQ_SLAB_CIPHER_SWAB ? __builtin_bswap64(place) : place);
}

/* Which cipher a kernel has shows at the first pointer: only with the right one it leads to an object, or nowhere. */
static struct iq_error *next_free(struct iq_kernel *k, struct iq_slabs *slabs, const struct iq_slab_cache *cache,
				  const struct iq_slab *slab, uint64_t object, uint64_t *next)
{
	uint64_t place = object + cache->offset, stored, index;
	IQ_TRY(iq_read_u64(k->target, place, &stored));
	if (!iq_k_has(k, "kmem_cache", "random")) {
		*next = stored;
		return NULL;
	}
	if (slabs->cipher == IQ_SLAB_CIPHER_UNKNOWN) {
		for (enum iq_slab_cipher c = IQ_SLAB_CIPHER_SWAB; c <= IQ_SLAB_CIPHER_XOR && !slabs->cipher; c++) {
			*next = decode(cache, c, place, stored);
			if (!*next || index_of(cache, slab, *next, &index))
				slabs->cipher = c;
		}
	}
	*next = decode(cache, slabs->cipher ? slabs->cipher : IQ_SLAB_CIPHER_SWAB, place, stored);
	return NULL;
}

struct iq_error *iq_slab_free_each(struct iq_kernel *kernel, const struct iq_slab_cache *cache,
				   const struct iq_slab *slab, uint64_t first, iq_slab_free_fn fn, void *context)
{
	struct iq_slabs *slabs;
	uint64_t object = first, before = 0, index;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	for (uint64_t n = 0; object; n++) {
		if (n == slab->objects)
			return iq_error_new(IQ_ERROR_LIMIT,
					    "%s: the free list of the slab at %#lx goes round in a circle", cache->name,
					    slab->address);
		if (!index_of(cache, slab, object, &index)) {
			if (!before)
				return iq_error_new(IQ_ERROR_FORMAT,
						    "%s: the free list of the slab at %#lx begins with %#lx, which is "
						    "no object of it",
						    cache->name, slab->address, object);
			return iq_error_new(IQ_ERROR_FORMAT,
					    "%s: the free object at %#lx leads to %#lx, which is no object of its slab",
					    cache->name, before, object);
		}
		IQ_TRY(fn(context, object, index));
		before = object;
		IQ_TRY(iq_error_prefix(next_free(kernel, slabs, cache, slab, before, &object),
				       "%s: the free list of the slab at %#lx", cache->name, slab->address));
	}
	return NULL;
}
