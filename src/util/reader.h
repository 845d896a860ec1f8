/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded cursor over bytes that are not trusted. Reading past the end gives zeros and sets `overrun`, which stays set:
 * parse a whole structure, then check once with iq_reader_check().
 */
#ifndef IQ_UTIL_READER_H
#define IQ_UTIL_READER_H

#include "util/error.h"

#include <stddef.h>

struct iq_reader {
	const uint8_t *bytes;
	size_t size, at;
	bool overrun;
	const char *what; /* for the error message: "kdump header" */
};

static inline struct iq_reader iq_reader_init(const void *bytes, size_t size, const char *what)
{
	return (struct iq_reader){ .bytes = bytes, .size = size, .what = what };
}

static inline size_t iq_reader_left(const struct iq_reader *r)
{
	return r->size - r->at;
}

/* Returns a pointer to `length` bytes and steps over them; NULL past the end. */
const uint8_t *iq_reader_bytes(struct iq_reader *r, size_t length);

/* Little-endian, as all that is read here. */
uint32_t iq_reader_u32(struct iq_reader *r);
uint64_t iq_reader_u64(struct iq_reader *r);
int32_t iq_reader_s32(struct iq_reader *r);
int64_t iq_reader_s64(struct iq_reader *r);

void iq_reader_skip(struct iq_reader *r, size_t length);
void iq_reader_seek(struct iq_reader *r, size_t offset);
void iq_reader_align(struct iq_reader *r, size_t alignment);

/* Returns NULL, or an IQ_ERROR_FORMAT error if anything was read past the end. */
struct iq_error *iq_reader_check(const struct iq_reader *r);

#endif
