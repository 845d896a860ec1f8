// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/reader.h"

#include <endian.h>
#include <string.h>

const uint8_t *iq_reader_bytes(struct iq_reader *r, size_t length)
{
	if (r->overrun || length > iq_reader_left(r)) {
		r->overrun = true;
		return NULL;
	}
	const uint8_t *bytes = r->bytes + r->at;
	r->at += length;
	return bytes;
}

#define DEFINE_READ(bits)                                                                                              \
	uint##bits##_t iq_reader_u##bits(struct iq_reader *r)                                                          \
	{                                                                                                              \
		const uint8_t *bytes = iq_reader_bytes(r, bits / 8);                                                   \
		uint##bits##_t value;                                                                                  \
		if (!bytes)                                                                                            \
			return 0;                                                                                      \
		memcpy(&value, bytes, sizeof(value));                                                                  \
		return le##bits##toh(value);                                                                           \
	}

DEFINE_READ(32)
DEFINE_READ(64)

int32_t iq_reader_s32(struct iq_reader *r)
{
	return (int32_t)iq_reader_u32(r);
}

int64_t iq_reader_s64(struct iq_reader *r)
{
	return (int64_t)iq_reader_u64(r);
}

void iq_reader_skip(struct iq_reader *r, size_t length)
{
	iq_reader_bytes(r, length);
}

void iq_reader_seek(struct iq_reader *r, size_t offset)
{
	if (offset > r->size)
		r->overrun = true;
	else
		r->at = offset;
}

void iq_reader_align(struct iq_reader *r, size_t alignment)
{
	iq_reader_skip(r, (alignment - r->at % alignment) % alignment);
}

struct iq_error *iq_reader_check(const struct iq_reader *r)
{
	if (!r->overrun)
		return NULL;
	return iq_error_new(IQ_ERROR_FORMAT, "%s: ends too early (%zu bytes)", r->what ? r->what : "data", r->size);
}
