/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds BTF byte by byte, from the description in Documentation/bpf/btf.rst; right or, on purpose, wrong. */
#ifndef IQ_TESTS_BTF_BUILDER_H
#define IQ_TESTS_BTF_BUILDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	B_INT = 1,
	B_PTR,
	B_ARRAY,
	B_STRUCT,
	B_UNION,
	B_ENUM,
	B_FWD,
	B_TYPEDEF,
	B_VOLATILE,
	B_CONST,
	B_RESTRICT,
	B_FUNC,
	B_FUNC_PROTO,
	B_VAR,
	B_DATASEC,
	B_FLOAT,
	B_DECL_TAG,
	B_TYPE_TAG,
	B_ENUM64
};

enum { B_SIGNED = 1 << 24, B_CHAR = 2 << 24, B_BOOL = 4 << 24 };

struct builder {
	uint8_t types[16384], strings[8192], layout[512];
	uint32_t types_size, strings_size, layout_size;
	uint32_t first_id, last_id, first_string;
	uint8_t header[32]; /* filled by b_finish; see b_finish_raw */
	uint32_t header_size;
};

/* `base`: the BTF that this one, a module's, goes on from; NULL for vmlinux'. */
static inline void b_init(struct builder *b, const struct builder *base)
{
	memset(b, 0, sizeof(*b));
	b->strings_size = base ? 0 : 1;
	b->first_string = base ? base->strings_size : 0;
	b->last_id = base ? base->last_id : 0;
	b->first_id = b->last_id + 1;
	b->header_size = 24;
}

static inline uint32_t b_string(struct builder *b, const char *text)
{
	if (!text || !*text)
		return 0;
	uint32_t at = b->strings_size;
	memcpy(b->strings + at, text, strlen(text) + 1);
	b->strings_size += (uint32_t)strlen(text) + 1;
	return b->first_string + at;
}

static inline void b_put(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static inline void b_u32(struct builder *b, uint32_t value)
{
	b_put(b->types + b->types_size, value);
	b->types_size += 4;
}

/* The 12 bytes that all kinds have. Returns the type's number. */
static inline uint32_t b_type(struct builder *b, uint32_t kind, const char *name, bool flag, uint32_t vlen,
			      uint32_t size_or_type)
{
	b_u32(b, b_string(b, name));
	b_u32(b, (uint32_t)flag << 31 | kind << 24 | vlen);
	b_u32(b, size_or_type);
	return ++b->last_id;
}

static inline uint32_t b_int(struct builder *b, const char *name, uint32_t size, uint32_t encoding)
{
	uint32_t id = b_type(b, B_INT, name, false, 0, size);
	b_u32(b, encoding | size * 8);
	return id;
}

static inline uint32_t b_array(struct builder *b, uint32_t element, uint32_t count)
{
	uint32_t id = b_type(b, B_ARRAY, NULL, false, 0, 0);
	b_u32(b, element);
	b_u32(b, 1);
	b_u32(b, count);
	return id;
}

/* After a STRUCT or UNION, vlen times. */
static inline void b_member(struct builder *b, const char *name, uint32_t type, uint32_t offset)
{
	b_u32(b, b_string(b, name));
	b_u32(b, type);
	b_u32(b, offset);
}

static inline uint32_t b_bits(uint32_t bit_offset, uint32_t bit_size)
{
	return bit_size << 24 | bit_offset;
}

/* After an ENUM or FUNC_PROTO, vlen times. */
static inline void b_pair(struct builder *b, const char *name, uint32_t value)
{
	b_u32(b, b_string(b, name));
	b_u32(b, value);
}

/* Fills the header; the caller may then damage it. */
static inline void b_close(struct builder *b)
{
	b_put(b->header, 0x0001eb9f);
	b_put(b->header + 4, b->header_size);
	b_put(b->header + 8, 0);
	b_put(b->header + 12, b->types_size);
	b_put(b->header + 16, b->types_size + b->layout_size);
	b_put(b->header + 20, b->strings_size);
	b_put(b->header + 24, b->types_size);
	b_put(b->header + 28, b->layout_size);
}

/* The bytes as they stand, malloc'ed: header, types, layout, strings. */
static inline uint8_t *b_bytes(const struct builder *b, size_t *size)
{
	*size = (size_t)b->header_size + b->types_size + b->layout_size + b->strings_size;
	uint8_t *bytes = malloc(*size), *p = bytes;
	memcpy(p, b->header, b->header_size);
	p += b->header_size;
	memcpy(p, b->types, b->types_size);
	p += b->types_size;
	memcpy(p, b->layout, b->layout_size);
	p += b->layout_size;
	memcpy(p, b->strings, b->strings_size);
	return bytes;
}

#endif
