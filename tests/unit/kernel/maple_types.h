/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The structs of maple trees as BTF, after include/linux/maple_tree.h of 6.1. */
#ifndef IQ_TESTS_KERNEL_MAPLE_TYPES_H
#define IQ_TESTS_KERNEL_MAPLE_TYPES_H

#include "objects.h"

/*
 *   struct maple_tree { unsigned int lock; void *ma_root; unsigned int ma_flags; };
 *   struct maple_metadata { unsigned char end, gap; };
 *   struct maple_range_64 { void *parent; unsigned long pivot[15];
 *           union { void *slot[16]; struct { void *pad[15]; struct maple_metadata meta; }; }; };
 *   struct maple_arange_64 { void *parent; unsigned long pivot[9]; void *slot[10]; unsigned long gap[10];
 *           struct maple_metadata meta; };
 *   struct maple_node { void *parent; void *slot[31]; };
 */
/* Gives struct maple_tree's. */
static inline uint32_t add_maple_types(struct builder *b)
{
	uint32_t ulong = b_int(b, "unsigned long", 8, 0), uchar = b_int(b, "unsigned char", 1, 0);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, ulong);
	uint32_t pivots15 = b_array(b, ulong, 15), pivots9 = b_array(b, ulong, 9), slots16 = b_array(b, pointer, 16),
		 slots15 = b_array(b, pointer, 15), slots10 = b_array(b, pointer, 10),
		 slots31 = b_array(b, pointer, 31);
	uint32_t tree = b_type(b, B_STRUCT, "maple_tree", false, 1, 24);
	b_member(b, "ma_root", pointer, 64);
	uint32_t meta = b_type(b, B_STRUCT, "maple_metadata", false, 1, 2);
	b_member(b, "end", uchar, 0);
	uint32_t inner = b_type(b, B_STRUCT, NULL, false, 2, 128);
	b_member(b, "pad", slots15, 0);
	b_member(b, "meta", meta, 120 * 8);
	uint32_t both = b_type(b, B_UNION, NULL, false, 2, 128);
	b_member(b, "slot", slots16, 0);
	b_member(b, NULL, inner, 0);
	b_type(b, B_STRUCT, "maple_range_64", false, 3, 256);
	b_member(b, "parent", pointer, 0);
	b_member(b, "pivot", pivots15, 64);
	b_member(b, NULL, both, 128 * 8);
	b_type(b, B_STRUCT, "maple_arange_64", false, 4, 248);
	b_member(b, "parent", pointer, 0);
	b_member(b, "pivot", pivots9, 64);
	b_member(b, "slot", slots10, 80 * 8);
	b_member(b, "meta", meta, 240 * 8);
	b_type(b, B_STRUCT, "maple_node", false, 2, 256);
	b_member(b, "parent", pointer, 0);
	b_member(b, "slot", slots31, 64);
	return tree;
}

#endif
