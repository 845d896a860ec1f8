/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of object.c and xarray.c: a few types as BTF, and memory to put structs into. */
#ifndef IQ_TESTS_KERNEL_OBJECTS_H
#define IQ_TESTS_KERNEL_OBJECTS_H

#include "../type/type_setup.h"

#include "../fake_target.h"
#include "kernel/object.h"

enum { MEMORY_SIZE = 16384 };

#define MEMORY UINT64_C(0xffff888000100000)

struct objects {
	struct iq_target target;
	struct iq_types *types;
	uint8_t memory[MEMORY_SIZE]; /* at MEMORY */
};

/*
 *   struct list_head { struct list_head *next, *prev; };
 *   struct thing {
 *           int number;                          // 0
 *           unsigned int low : 3, high : 13;     // bits 32, 35
 *           signed char tiny;                    // 6
 *           _Bool yes;                           // 7
 *           struct list_head list;               // 8
 *           char name[8];                        // 24
 *           const char *text;                    // 32
 *           unsigned long wide : 61;             // bits 40 * 8 + 3
 *           struct { long odd; };                // 48
 *           int negative : 5;                    // bit 448
 *   };
 *   struct xarray { unsigned int lock, flags; void *xa_head; };
 *   struct xa_node { unsigned char shift, offset; struct xa_node *parent; void *slots[4]; };
 *   and the radix tree of 4.18 in the same shape
 */
static inline void objects_types(struct builder *b)
{
	b_init(b, NULL);
	uint32_t sint = b_int(b, "int", 4, B_SIGNED), uint = b_int(b, "unsigned int", 4, 0),
		 chr = b_int(b, "char", 1, 0);
	uint32_t schar = b_int(b, "signed char", 1, B_SIGNED), yes = b_int(b, "_Bool", 1, B_BOOL);
	uint32_t ulong = b_int(b, "unsigned long", 8, 0), slong = b_int(b, "long", 8, B_SIGNED);
	uint32_t uchar = b_int(b, "unsigned char", 1, 0), pointer = b_type(b, B_PTR, NULL, false, 0, chr);
	uint32_t name = b_array(b, chr, 8), slots = b_array(b, pointer, 4);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", pointer, 0);
	b_member(b, "prev", pointer, 64);
	uint32_t inner = b_type(b, B_STRUCT, NULL, false, 1, 8);
	b_member(b, "odd", slong, 0);
	b_type(b, B_STRUCT, "thing", true, 11, 64);
	b_member(b, "number", sint, 0);
	b_member(b, "low", uint, b_bits(32, 3));
	b_member(b, "high", uint, b_bits(35, 13));
	b_member(b, "tiny", schar, 48);
	b_member(b, "yes", yes, 56);
	b_member(b, "list", list, 64);
	b_member(b, "name", name, 192);
	b_member(b, "text", pointer, 256);
	b_member(b, "wide", ulong, b_bits(323, 61));
	b_member(b, NULL, inner, 384);
	b_member(b, "negative", sint, b_bits(448, 5));
	b_type(b, B_STRUCT, "xarray", false, 2, 16);
	b_member(b, "flags", uint, 32);
	b_member(b, "xa_head", pointer, 64);
	for (int radix = 0; radix < 2; radix++) {
		b_type(b, B_STRUCT, radix ? "radix_tree_node" : "xa_node", false, 4, 48);
		b_member(b, "shift", uchar, 0);
		b_member(b, "offset", uchar, 8);
		b_member(b, "parent", pointer, 64);
		b_member(b, "slots", slots, 128);
	}
}

static inline void objects_open(struct objects *o, struct builder *b)
{
	b_close(b);
	fake_init(&o->target);
	memset(o->memory, 0, sizeof(o->memory));
	fake_add(&o->target, MEMORY, o->memory, sizeof(o->memory));
	o->types = iq_types_new(NULL);
	add_built(o->types, NULL, b);
}

static inline void objects_close(struct objects *o)
{
	iq_types_free(o->types);
	fake_free(&o->target);
}

static inline void put_u64(struct objects *o, uint64_t address, uint64_t value)
{
	memcpy(o->memory + (address - MEMORY), &value, sizeof(value));
}

/* What a walk gave: up to 64 numbers. */
struct seen {
	uint64_t values[64];
	unsigned count;
	unsigned stop_at; /* the callback fails there; 0: never */
};

static inline struct iq_error *see(struct seen *seen, uint64_t value)
{
	if (seen->stop_at && seen->count == seen->stop_at)
		return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
	assert_in_range(seen->count, 0, 63);
	seen->values[seen->count++] = value;
	return NULL;
}

#endif
