// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ring buffers: struct bpf_ringbuf (kernel/bpf/ringbuf.c). Positions only grow; a record begins at a multiple of 8 with
 * a header (struct bpf_ringbuf_hdr: length with two flags, and how many pages behind the struct it lies). The data
 * pages are mapped twice, one behind the other, so that a record may go over the end.
 */
#include "bpf/map_internal.h"

#include <string.h>

#define BUSY (1U << 31) /* include/uapi/linux/bpf.h: BPF_RINGBUF_BUSY_BIT */
#define DISCARDED (1U << 30)

struct iq_error *iq_bpf_ring_read(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_bpf_ring *out)
{
	uint64_t mask, overwrite = 0, busy = 0;
	*out = (struct iq_bpf_ring){ 0 };
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_ringbuf_map", "rb", &out->address));
	IQ_TRY(iq_b_get(bpf, out->address, "bpf_ringbuf", "mask", &mask));
	IQ_TRY(iq_b_get(bpf, out->address, "bpf_ringbuf", "consumer_pos", &out->consumer));
	IQ_TRY(iq_b_get(bpf, out->address, "bpf_ringbuf", "producer_pos", &out->producer));
	IQ_TRY(iq_member_address(bpf->types, out->address, "bpf_ringbuf", "data", &out->data));
	/* 6.19 ("bpf: Add overwrite mode for BPF ring buffer"): what was overwritten can't be consumed. */
	IQ_TRY(iq_b_get_if(bpf, out->address, "bpf_ringbuf", "overwrite_pos", &overwrite));
	/* 6.1: 205715673844 ("bpf: Add bpf_user_ringbuf_drain() helper") */
	IQ_TRY(iq_b_get_if(bpf, out->address, "bpf_ringbuf", "busy.counter", &busy));
	out->busy = busy;
	out->size = mask + 1;
	out->first = IQ_MAX(out->consumer, overwrite);
	if (out->size != map->max_entries || out->size & mask)
		return iq_error_new(IQ_ERROR_FORMAT, "mask is %#lx with max_entries %u", mask, map->max_entries);
	if (out->first > out->producer || out->producer - out->first > out->size || out->first & 7)
		return iq_error_new(IQ_ERROR_FORMAT, "consumer position %#lx, producer position %#lx, %#lx bytes",
				    out->first, out->producer, out->size);
	return NULL;
}

/* A record's header: its length and state. Of a kernel's own the page offset tells whether it is one. */
static struct iq_error *check(const struct iq_bpf_walk *walk, const struct iq_bpf_ring *ring, uint64_t position,
			      const uint32_t header[2])
{
	uint64_t address = ring->data + (position & (ring->size - 1)), left = ring->producer - position;
	uint32_t length = header[0] & ~(BUSY | DISCARDED);
	if (length > left || left - length < 8)
		return iq_error_new(IQ_ERROR_FORMAT, "the record at position %#lx has %u bytes, with %lu left",
				    position, length, left);
	if (walk->map->type == IQ_BPF_MAP_RINGBUF && header[1] != (address - ring->address) >> 12)
		return iq_error_new(IQ_ERROR_FORMAT, "no record at position %#lx: its page is %u, not %lu", position,
				    header[1], (address - ring->address) >> 12);
	return NULL;
}

struct iq_error *iq_bpf_walk_ring(struct iq_bpf_walk *walk)
{
	struct iq_bpf_ring ring;
	IQ_TRY(iq_bpf_ring_read(walk->bpf, walk->map, &ring));
	for (uint64_t position = ring.first; position < ring.producer;) {
		uint32_t header[2];
		uint64_t address = ring.data + (position & (ring.size - 1));
		/* Behind a header that can't be believed nothing can be found. */
		IQ_TRY(iq_error_prefix(iq_read(walk->bpf->target, address, header, sizeof(header)),
				       "record at position %#lx", position));
		IQ_TRY(check(walk, &ring, position, header));
		uint32_t length = header[0] & ~(BUSY | DISCARDED);
		struct iq_bpf_element element = {
			.address = address,
			.kind = IQ_BPF_RECORD,
			.value = address + sizeof(header),
			.value_size = length,
			.state = header[0] & BUSY        ? IQ_BPF_RECORD_BUSY
				 : header[0] & DISCARDED ? IQ_BPF_RECORD_DISCARDED
							 : IQ_BPF_RECORD_READY,
		};
		IQ_TRY(iq_bpf_walk_tell(walk, &element));
		position += ((uint64_t)length + sizeof(header) + 7) & ~UINT64_C(7);
	}
	return NULL;
}
