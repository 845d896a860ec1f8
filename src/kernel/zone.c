// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/zone.h"

#include "kernel/internal.h"

#include <string.h>

enum { MAX_NODES = 1024, MAX_ZONES = 16, MAX_ORDERS = 64, MAX_TYPES = 32 };

/* The elements of an array member. */
static struct iq_error *array_length(struct iq_kernel *k, const char *type, const char *member, uint64_t limit,
				     uint64_t *offset, uint64_t *length)
{
	struct iq_type_member array;
	struct iq_type_info info;
	struct iq_type stripped;
	IQ_TRY(iq_types_member(k->types, type, member, &array));
	IQ_TRY(iq_type_strip(array.type, &stripped));
	IQ_TRY(iq_type_info(stripped, &info));
	if (info.kind != IQ_TYPE_ARRAY || !info.count || info.count > limit)
		return iq_error_new(IQ_ERROR_FORMAT, "struct %s's %s is no array as is known here", type, member);
	*offset = array.bit_offset / 8;
	*length = info.count;
	return NULL;
}

static struct iq_error *read_node(struct iq_kernel *k, uint64_t address, struct iq_node *node)
{
	uint64_t id;
	*node = (struct iq_node){ .address = address };
	IQ_TRY(iq_k_get(k, address, "pglist_data", "node_id", &id));
	node->id = (unsigned)id;
	IQ_TRY(iq_k_get(k, address, "pglist_data", "node_start_pfn", &node->start_pfn));
	IQ_TRY(iq_k_get(k, address, "pglist_data", "node_spanned_pages", &node->spanned));
	IQ_TRY(iq_k_get(k, address, "pglist_data", "node_present_pages", &node->present));
	IQ_TRY(array_length(k, "pglist_data", "node_zones", MAX_ZONES, &node->zones, &node->zone_count));
	node->zones += address;
	return NULL;
}

/* Interruptions are no damage. */
static bool is_damage(const struct iq_error *error)
{
	return !iq_error_is(error, IQ_ERROR_INTERRUPTED) && !iq_error_is(error, IQ_ERROR_NO_MEMORY);
}

/* The array of nodes ends where the next variable begins: what is there is no node of that number. */
static struct iq_error *each_of_array(struct iq_kernel *k, uint64_t array, iq_node_fn fn, void *context,
				      struct iq_error **damage)
{
	for (unsigned i = 0; i < MAX_NODES; i++) {
		struct iq_node node;
		uint64_t address;
		IQ_TRY(iq_error_prefix(iq_read_u64(k->target, array + 8 * (uint64_t)i, &address), "node_data"));
		if (!address)
			continue;
		if (!iq_is_kernel_address(k->target, address))
			break;
		struct iq_error *error = read_node(k, address, &node);
		if (!error && node.id != i)
			break;
		if (!error)
			IQ_TRY(fn(context, &node));
		else if (is_damage(error))
			iq_error_keep(damage, iq_error_prefix(error, "node %u", i));
		else
			return error;
	}
	return NULL;
}

struct iq_error *iq_nodes_each(struct iq_kernel *kernel, iq_node_fn fn, void *context)
{
	struct iq_error *damage = NULL;
	uint64_t address;
	/* Kernels without CONFIG_NUMA have one. */
	if (!iq_failed(iq_k_symbol(kernel, "contig_page_data", &address))) {
		struct iq_node node;
		IQ_TRY(read_node(kernel, address, &node));
		return fn(context, &node);
	}
	IQ_TRY(iq_k_symbol(kernel, "node_data", &address));
	struct iq_error *error = each_of_array(kernel, address, fn, context, &damage);
	if (!error)
		return damage;
	iq_error_free(damage);
	return error;
}

static struct iq_error *read_zone(struct iq_kernel *k, uint64_t address, struct iq_zone *zone)
{
	/* Renamed in 5.0 (upstream 1c30844d2dfe). */
	const bool boosted = iq_k_has(k, "zone", "_watermark");
	uint64_t name, value;
	int64_t item;
	zone->address = address;
	IQ_TRY(iq_k_get(k, address, "zone", "zone_start_pfn", &zone->start_pfn));
	IQ_TRY(iq_k_get(k, address, "zone", "spanned_pages", &zone->spanned));
	IQ_TRY(iq_k_get(k, address, "zone", "present_pages", &zone->present));
	/* An atomic_long_t since 5.0 (upstream 9705bea5f833). */
	if (iq_k_has(k, "zone", "managed_pages.counter"))
		IQ_TRY(iq_k_get(k, address, "zone", "managed_pages.counter", &zone->managed));
	else
		IQ_TRY(iq_k_get(k, address, "zone", "managed_pages", &zone->managed));
	IQ_TRY(iq_k_get(k, address, "zone", boosted ? "_watermark[0]" : "watermark[0]", &zone->min));
	IQ_TRY(iq_k_get(k, address, "zone", boosted ? "_watermark[1]" : "watermark[1]", &zone->low));
	IQ_TRY(iq_k_get(k, address, "zone", boosted ? "_watermark[2]" : "watermark[2]", &zone->high));
	IQ_TRY(iq_type_constant(k->types, "NR_FREE_PAGES", &item));
	IQ_TRY(iq_member_address(k->types, address, "zone", "vm_stat", &value));
	IQ_TRY(iq_read_u64(k->target, value + 8 * (uint64_t)item, &value));
	zone->free = (int64_t)value;
	IQ_TRY(iq_k_get(k, address, "zone", "name", &name));
	if (iq_failed(iq_read_string(k->target, name, zone->name, sizeof(zone->name))))
		zone->name[0] = '\0';
	return NULL;
}

struct iq_error *iq_zones_each(struct iq_kernel *kernel, const struct iq_node *node, iq_zone_fn fn, void *context)
{
	struct iq_error *damage = NULL;
	uint64_t size;
	IQ_TRY(iq_types_size(kernel->types, "zone", &size));
	for (unsigned i = 0; i < node->zone_count; i++) {
		struct iq_zone zone = { .node = node->id, .index = i };
		struct iq_error *error = read_zone(kernel, node->zones + i * size, &zone);
		if (error && is_damage(error)) {
			iq_error_keep(&damage, iq_error_prefix(error, "zone %u of node %u", i, node->id));
			continue;
		}
		if (!error)
			error = fn(context, &zone);
		if (error) {
			iq_error_free(damage);
			return error;
		}
	}
	return damage;
}

struct iq_error *iq_free_lists_each(struct iq_kernel *kernel, const struct iq_zone *zone, iq_free_list_fn fn,
				    void *context)
{
	uint64_t areas, orders, area_size, lists, types;
	IQ_TRY(array_length(kernel, "zone", "free_area", MAX_ORDERS, &areas, &orders));
	IQ_TRY(array_length(kernel, "free_area", "free_list", MAX_TYPES, &lists, &types));
	IQ_TRY(iq_types_size(kernel->types, "free_area", &area_size));
	for (unsigned order = 0; order < orders; order++) {
		for (unsigned type = 0; type < types; type++) {
			struct iq_free_list list = {
				.address = zone->address + areas + order * area_size + lists + type * UINT64_C(16),
				.order = order,
				.type = type,
			};
			IQ_TRY(fn(context, &list));
		}
	}
	return NULL;
}

struct iq_error *iq_free_blocks_each(struct iq_kernel *kernel, const struct iq_free_list *list, size_t limit,
				     iq_object_fn fn, void *context)
{
	/* By a name of its own since 5.17 (upstream bf75f200569d), at the same place. */
	const char *member = iq_k_has(kernel, "page", "buddy_list") ? "buddy_list" : "lru";
	return iq_list_each(kernel->target, kernel->types, list->address, "page", member, limit, fn, context);
}

const char *iq_migrate_type_name(struct iq_kernel *kernel, unsigned type)
{
	struct iq_type names;
	struct iq_type_info info;
	if (iq_failed(iq_type_find_in_vmlinux(kernel->types, IQ_TYPE_ENUM, "migratetype", &names)) ||
	    iq_failed(iq_type_info(names, &info)))
		return NULL;
	for (uint32_t i = 0; i < info.count; i++) {
		struct iq_type_enumerator name;
		/* MIGRATE_TYPES is their number, MIGRATE_PCPTYPES the first that CPUs don't keep. */
		if (!iq_failed(iq_type_enumerator_at(names, i, &name)) && name.name && name.value == type &&
		    !strncmp(name.name, "MIGRATE_", 8) && strcmp(name.name, "MIGRATE_PCPTYPES") &&
		    strcmp(name.name, "MIGRATE_TYPES"))
			return name.name + 8;
	}
	return NULL;
}
