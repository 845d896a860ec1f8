/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the kernel's objects: members by name, lists, hash lists, id tables. Every walk is bounded, sees cycles, and names the element
 * that is damaged.
 */
#ifndef IQ_KERNEL_OBJECT_H
#define IQ_KERNEL_OBJECT_H

#include "target/target.h"
#include "type/type.h"

/* Reads an integer, enum, bool, pointer or bit-field member of the struct at `address` by its own width; signed ones come sign-extended.
 * `struct_name` and `path` as for iq_types_member(). Errors name the struct, its address and the member. */
struct iq_error *iq_get(struct iq_target *target, struct iq_types *types, uint64_t address, const char *struct_name,
			const char *path, uint64_t *value);

/* Reads a char array member into buffer, always terminated. */
struct iq_error *iq_get_string(struct iq_target *target, struct iq_types *types, uint64_t address,
			       const char *struct_name, const char *path, char *buffer, size_t size);

/* The address of a member. */
struct iq_error *iq_member_address(struct iq_types *types, uint64_t address, const char *struct_name, const char *path,
				   uint64_t *out);

/* The struct that holds the member at `member_address`: container_of(). */
struct iq_error *iq_container_of(struct iq_types *types, uint64_t member_address, const char *struct_name,
				 const char *path, uint64_t *out);

typedef struct iq_error *(*iq_object_fn)(void *context, uint64_t address);

/* Calls fn with each struct on the circular list whose struct list_head is at `head`; the elements are `struct_name`s linked by `path`.
 * At most `limit` elements; a cycle that misses the head, a back pointer that disagrees, or a page that is missing ends the walk with an
 * error that says where and how many came before. An error from fn ends it too. */
struct iq_error *iq_list_each(struct iq_target *target, struct iq_types *types, uint64_t head, const char *struct_name,
			      const char *path, size_t limit, iq_object_fn fn, void *context);

/* The same for a struct hlist_head. */
struct iq_error *iq_hlist_each(struct iq_target *target, struct iq_types *types, uint64_t head, const char *struct_name,
			       const char *path, size_t limit, iq_object_fn fn, void *context);

typedef struct iq_error *(*iq_xarray_fn)(void *context, uint64_t index, uint64_t entry);

/* Calls fn with each entry of a struct xarray, struct radix_tree_root (before 4.20: the same shape with other names) or the one inside a
 * struct idr at `address`, in index order, as they are stored (with the bits that mark a value); internal entries are not shown. A node that
 * is damaged or missing is left out with all below it, and the first such error is returned after the rest was shown. */
struct iq_error *iq_xarray_each(struct iq_target *target, struct iq_types *types, uint64_t address, size_t limit,
				iq_xarray_fn fn, void *context);

enum { IQ_XARRAY_MAX_DEPTH = 64 };

/* Where in the tree an entry is: its index, and the slot taken in each node from the top one on; depth 0: it is the head itself. */
struct iq_xarray_place {
	uint64_t index;
	unsigned depth;
	unsigned slots[IQ_XARRAY_MAX_DEPTH];
};

typedef struct iq_error *(*iq_xarray_place_fn)(void *context, const struct iq_xarray_place *place, uint64_t entry);

/* The same with each entry's place, from `head` on: what the root holds, or an inner node's address with the bits that mark a node (then
 * indices count from that node's first). */
struct iq_error *iq_xarray_each_place(struct iq_target *target, struct iq_types *types, uint64_t head, size_t limit,
				      iq_xarray_place_fn fn, void *context);

/* What an xarray or radix tree root at `address` holds. */
struct iq_error *iq_xarray_head(struct iq_target *target, struct iq_types *types, uint64_t address, uint64_t *head);

#endif
