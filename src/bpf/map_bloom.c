// SPDX-License-Identifier: GPL-2.0-or-later
/* Bloom filters: struct bpf_bloom_filter (kernel/bpf/bloom_filter.c). They can't tell what was put into them. */
#include "bpf/map_internal.h"

#include <string.h>

struct iq_error *iq_bpf_bloom_read(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_bpf_bloom *out)
{
	uint64_t words[IQ_BPF_PAGE / 8], size;
	uint32_t mask;
	struct iq_error *first = NULL;
	*out = (struct iq_bpf_bloom){ 0 };
	IQ_TRY(iq_b_get32(bpf, map->address, "bpf_bloom_filter", "bitset_mask", &mask));
	IQ_TRY(iq_b_get32(bpf, map->address, "bpf_bloom_filter", "hash_seed", &out->seed));
	IQ_TRY(iq_b_get32(bpf, map->address, "bpf_bloom_filter", "nr_hash_funcs", &out->hashes));
	IQ_TRY(iq_member_address(bpf->types, map->address, "bpf_bloom_filter", "bitset", &out->bitset));
	out->bits = (uint64_t)mask + 1;
	if (out->bits & mask)
		return iq_error_new(IQ_ERROR_FORMAT, "bitset_mask is %#x", mask);
	size = (out->bits + 63) / 64 * 8;
	for (uint64_t at = 0, length; at < size; at += length) {
		uint64_t address = out->bitset + at;
		length = IQ_MIN(IQ_BPF_PAGE - address % IQ_BPF_PAGE, size - at);
		struct iq_error *error = iq_check_interrupt();
		if (!error) {
			memset(words, 0, sizeof(words));
			error = iq_read(bpf->target, address, words, length);
		}
		if (iq_error_is(error, IQ_ERROR_INTERRUPTED)) {
			iq_error_free(first);
			return error;
		}
		if (error) {
			out->unread += length * 8;
			iq_error_keep(&first, error);
			continue;
		}
		for (uint64_t i = 0; i < (length + 7) / 8; i++)
			out->set += (unsigned)__builtin_popcountll(words[i]);
	}
	return first;
}

/* It has no elements. */
struct iq_error *iq_bpf_walk_bloom(struct iq_bpf_walk *walk)
{
	return NULL;
}
