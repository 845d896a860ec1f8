// SPDX-License-Identifier: GPL-2.0-or-later
/* BTF's bytes, read when they are first asked for. They never move: names point into them. */
#include "type/btf.h"
#include "util/cleanup.h"

#include <errno.h>
#include <sys/mman.h>

enum { PIECE = 4096, MAX_SIZE = 1 << 30 };

void btf_bytes_take(struct btf_bytes *bytes, uint8_t *data, size_t size)
{
	bytes->data = data;
	bytes->size = size;
}

struct iq_error *btf_bytes_reserve(struct btf_bytes *bytes, uint64_t size, unsigned phase, iq_type_reader read,
				   void *context)
{
	if (size > MAX_SIZE)
		return iq_error_new(IQ_ERROR_FORMAT, "%llu bytes of BTF can't be", (unsigned long long)size);
	phase %= PIECE;
	size_t pieces = (size + phase + PIECE - 1) / PIECE;
	_cleanup_free_ uint8_t *missing = malloc(pieces / 8 + 1);
	if (!missing)
		return iq_error_no_memory();
	void *mapping = mmap(NULL, pieces * PIECE + 1, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapping == MAP_FAILED)
		return iq_error_errno(errno, "no memory for %llu bytes of BTF", (unsigned long long)size);
	for (size_t i = 0; i < pieces / 8 + 1; i++)
		missing[i] = 0xff;
	*bytes = (struct btf_bytes){ .data = (uint8_t *)mapping + phase,
				     .size = size,
				     .missing = iq_steal(missing),
				     .phase = phase,
				     .mapping = mapping,
				     .mapping_size = pieces * PIECE + 1,
				     .read = read,
				     .context = context };
	return NULL;
}

void btf_bytes_free(struct btf_bytes *bytes)
{
	if (bytes->mapping)
		munmap(bytes->mapping, bytes->mapping_size);
	else
		free(bytes->data);
	free(bytes->missing);
	*bytes = (struct btf_bytes){ 0 };
}

static struct iq_error *fetch_piece(struct btf_bytes *bytes, size_t piece)
{
	size_t start = piece * PIECE, end = start + PIECE;
	start = start < bytes->phase ? 0 : start - bytes->phase;
	end = IQ_MIN(end - bytes->phase, bytes->size);
	IQ_TRY(bytes->read(bytes->context, start, bytes->data + start, end - start));
	bytes->missing[piece / 8] &= (uint8_t) ~(1u << piece % 8);
	return NULL;
}

struct iq_error *btf_bytes_fetch(struct btf_bytes *bytes, size_t offset, size_t length)
{
	if (!length)
		return NULL;
	size_t last = (offset + bytes->phase + length - 1) / PIECE;
	for (size_t piece = (offset + bytes->phase) / PIECE; piece <= last; piece++) {
		if (bytes->missing[piece / 8] & 1u << piece % 8)
			IQ_TRY(fetch_piece(bytes, piece));
	}
	return NULL;
}
