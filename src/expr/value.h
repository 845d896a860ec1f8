/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A typed value of the dead kernel: an object in its memory, or bytes that were computed or came out of registers.
 */
#ifndef IQ_EXPR_VALUE_H
#define IQ_EXPR_VALUE_H

#include "symbol/symbol.h"
#include "target/target.h"
#include "type/type.h"

enum iq_place {
	IQ_IN_MEMORY, /* an lvalue at `address` */
	IQ_IN_BYTES,  /* `size` bytes at iq_value_bytes() */
};

struct iq_value {
	struct iq_type type; /* source NULL: no type is known; a symbol without one, whose address alone can be used */
	enum iq_place place;
	uint64_t address; /* IN_MEMORY: of the first byte of the storage */
	bool user;        /* address is in `space`, not the kernel's */
	struct iq_space space;
	uint32_t bit_offset; /* of a bit-field, from `address` or from the bytes' start (little endian); else 0 */
	uint32_t bit_size;   /* 0: no bit-field */
	/* IN_BYTES: */
	size_t size;
	uint8_t small[16];  /* when size <= 16 */
	uint8_t *bytes;     /* malloc'ed, else */
	uint8_t *known;     /* malloc'ed, `size` flags: 0 where a byte is not known; NULL: all are */
	char *why;          /* malloc'ed reason for bytes that are not known; may be NULL */
	const char *symbol; /* with no type: its name, borrowed from the registry */
};

void iq_value_deinit(struct iq_value *value); /* fits _cleanup_() */
struct iq_error *iq_value_copy(const struct iq_value *value, struct iq_value *out);

/* An object in memory. */
struct iq_value iq_value_at(struct iq_type type, uint64_t address);

/* A copy of bytes. */
struct iq_error *iq_value_of_bytes(struct iq_type type, const void *bytes, size_t size, struct iq_value *out);

/* An integer, enum, bool, char or pointer; cut to the type's width. */
struct iq_error *iq_value_of_integer(struct iq_type type, uint64_t number, struct iq_value *out);

static inline const uint8_t *iq_value_bytes(const struct iq_value *value)
{
	return value->bytes ? value->bytes : value->small;
}

/* The value's bytes, out of memory where it lies there: `bytes` and `known` are `size` long (of a bit-field: the bytes
 * that hold it). What can't be read is 0 in `known`, page by page, and the first such error goes to *first (may be
 * NULL; the caller's). */
struct iq_error *iq_value_fetch(struct iq_target *target, const struct iq_value *value, uint8_t *bytes, uint8_t *known,
				size_t size, struct iq_error **first);

/* The number in an integer, enum, bool, char, pointer or bit-field, sign-extended when its type is signed. The error is
 * of the memory, or IQ_ERROR_ARGUMENT for other types. */
struct iq_error *iq_value_integer(struct iq_target *target, const struct iq_value *value, uint64_t *number);

/* Parts. Of an object in memory these are lvalues again. */
struct iq_error *iq_value_member(struct iq_target *target, const struct iq_value *value, const char *path,
				 struct iq_value *out); /* "thread.sp", "comm[3]"; not through pointers */
struct iq_error *iq_value_element(struct iq_target *target, const struct iq_value *value, int64_t index,
				  struct iq_value *out); /* of an array; may be outside its bounds, as C allows */
struct iq_error *iq_value_dereference(struct iq_target *target, const struct iq_value *pointer, struct iq_value *out);

#endif
