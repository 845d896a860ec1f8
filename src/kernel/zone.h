/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Physical memory as the page allocator sees it: nodes, their zones, the free lists of each. Facts:
 * include/linux/mmzone.h, mm/page_alloc.c. */
#ifndef IQ_KERNEL_ZONE_H
#define IQ_KERNEL_ZONE_H

#include "kernel/object.h"

struct iq_kernel;

/* struct pglist_data. Page counts. */
struct iq_node {
	uint64_t address;
	unsigned id;
	uint64_t start_pfn, spanned, present;
	uint64_t zones;      /* address of the first struct zone */
	uint64_t zone_count; /* of all that it has room for; most machines leave some empty */
};

/* struct zone. Page counts; those of an empty zone are 0. */
struct iq_zone {
	uint64_t address;
	unsigned node, index;
	char name[16]; /* "" when it can't be read */
	uint64_t start_pfn, spanned, present, managed;
	uint64_t min, low, high; /* watermarks, without the boost (1c30844d2dfe, 5.0) */
	int64_t free;            /* NR_FREE_PAGES; what CPUs have on their own lists is not free */
};

/* A list of free blocks of one order and migrate type. */
struct iq_free_list {
	uint64_t address; /* its struct list_head */
	unsigned order, type;
};

/* One damaged node or zone does not hide the next: it is left out, and the first such error is returned after the rest
 * was shown. An error from fn ends the walk. */
typedef struct iq_error *(*iq_node_fn)(void *context, const struct iq_node *node);
struct iq_error *iq_nodes_each(struct iq_kernel *kernel, iq_node_fn fn, void *context);

typedef struct iq_error *(*iq_zone_fn)(void *context, const struct iq_zone *zone);
struct iq_error *iq_zones_each(struct iq_kernel *kernel, const struct iq_node *node, iq_zone_fn fn, void *context);

typedef struct iq_error *(*iq_free_list_fn)(void *context, const struct iq_free_list *list);
struct iq_error *iq_free_lists_each(struct iq_kernel *kernel, const struct iq_zone *zone, iq_free_list_fn fn,
				    void *context);

/* Calls fn with the first struct page of each block on a free list, at most `limit` of them. As iq_list_each() for
 * damage. */
struct iq_error *iq_free_blocks_each(struct iq_kernel *kernel, const struct iq_free_list *list, size_t limit,
				     iq_object_fn fn, void *context);

/* The name of a migrate type as enum migratetype has it, without MIGRATE_: "UNMOVABLE"; NULL if it has none. */
const char *iq_migrate_type_name(struct iq_kernel *kernel, unsigned type);

#endif
