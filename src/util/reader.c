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

uint8_t iq_reader_u8(struct iq_reader *r)
{
	const uint8_t *bytes = iq_reader_bytes(r, 1);
	return bytes ? *bytes : 0;
}

#define DEFINE_READ(bits)                                                                                              \
	uint##bits##_t iq_reader_u##bits(struct iq_reader *r)                                                          \
	{                                                                                                              \
		const uint8_t *bytes = iq_reader_bytes(r, bits / 8);                                                   \
		uint##bits##_t value;                                                                                  \
		if (!bytes)                                                                                            \
			return 0;                                                                                      \
		memcpy(&value, bytes, sizeof(value));                                                                  \
		return r->big_endian ? be##bits##toh(value) : le##bits##toh(value);                                    \
	}

DEFINE_READ(16)
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

/* Reads the 7-bit groups; *width is how many bits they span. */
static uint64_t read_leb128(struct iq_reader *r, unsigned *width, uint8_t *last)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;
	do {
		byte = iq_reader_u8(r);
		if (shift >= 64 && (byte & 0x7f) != 0 && (byte & 0x7f) != 0x7f)
			r->overrun = true;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !r->overrun);
	*width = shift;
	*last = byte;
	return r->overrun ? 0 : value;
}

uint64_t iq_reader_uleb128(struct iq_reader *r)
{
	unsigned width;
	uint8_t last;
	return read_leb128(r, &width, &last);
}

int64_t iq_reader_sleb128(struct iq_reader *r)
{
	unsigned width;
	uint8_t last;
	uint64_t value = read_leb128(r, &width, &last);
	if ((last & 0x40) && width < 64)
		value |= ~UINT64_C(0) << width;
	return (int64_t)value;
}

const char *iq_reader_string(struct iq_reader *r)
{
	if (r->overrun)
		return NULL;
	const uint8_t *start = r->bytes + r->at;
	const uint8_t *end = iq_reader_left(r) ? memchr(start, 0, iq_reader_left(r)) : NULL;
	if (!end) {
		r->overrun = true;
		return NULL;
	}
	r->at += (size_t)(end - start) + 1;
	return (const char *)start;
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
