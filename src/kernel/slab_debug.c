// SPDX-License-Identifier: GPL-2.0-or-later
/* What slub_debug keeps beside an object. */
#include "kernel/slab_internal.h"

/* include/linux/poison.h: SLUB_RED_INACTIVE, SLUB_RED_ACTIVE */
enum { RED_FREE = 0xbb, RED_IN_USE = 0xcc, MAX_ZONE = 4096 };

static struct iq_error *read_track(struct iq_kernel *k, uint64_t address, struct iq_slab_track *out)
{
	uint64_t cpu, pid;
	out->address = address;
	IQ_TRY(iq_k_get(k, address, "track", "addr", &out->caller));
	IQ_TRY(iq_k_get(k, address, "track", "cpu", &cpu));
	IQ_TRY(iq_k_get(k, address, "track", "pid", &pid));
	IQ_TRY(iq_k_get(k, address, "track", "when", &out->when));
	out->cpu = (int)cpu;
	out->pid = (int32_t)pid;
	return NULL;
}

struct iq_error *iq_slab_tracks(struct iq_kernel *kernel, const struct iq_slab_cache *cache, uint64_t object,
				struct iq_slab_track *allocated, struct iq_slab_track *freed)
{
	struct iq_slabs *slabs;
	uint64_t size, place = object + cache->inuse;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	if (!(cache->flags & slabs->store_user))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s keeps no tracks (slub_debug=U)", cache->name);
	IQ_TRY(iq_types_size(kernel->types, "track", &size));
	/* A free pointer outside of the object lies before the tracks. */
	if (cache->offset >= cache->inuse)
		place += sizeof(uint64_t);
	IQ_TRY(read_track(kernel, place, allocated));
	return read_track(kernel, place + size, freed);
}

/* The first byte of a zone that is not what it was filled with. */
static struct iq_error *check_zone(struct iq_kernel *k, uint64_t start, uint64_t size, uint64_t *bad, uint8_t *found)
{
	uint8_t bytes[MAX_ZONE];
	if (!size || *bad)
		return NULL;
	if (size > sizeof(bytes))
		return iq_error_new(IQ_ERROR_FORMAT, "a red zone of %lu bytes is no red zone", size);
	IQ_TRY(iq_read(k->target, start, bytes, size));
	for (uint64_t i = 0; i < size && !*bad; i++) {
		if (bytes[i] == *found)
			continue;
		*bad = start + i;
		*found = bytes[i];
	}
	return NULL;
}

struct iq_error *iq_slab_red_zones(struct iq_kernel *kernel, const struct iq_slab_cache *cache, uint64_t object,
				   bool allocated, uint64_t *bad, uint8_t *value)
{
	struct iq_slabs *slabs;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	if (!(cache->flags & slabs->red_zone))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no red zones (slub_debug=Z)", cache->name);
	*bad = 0;
	*value = allocated ? RED_IN_USE : RED_FREE;
	IQ_TRY(check_zone(kernel, object - cache->left_pad, cache->left_pad, bad, value));
	if (cache->inuse <= cache->object_size)
		return NULL;
	return check_zone(kernel, object + cache->object_size, cache->inuse - cache->object_size, bad, value);
}
