// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -f and -F: the free lists of each zone. */
#include "command/kmem.h"

#include "kernel/page.h"
#include "kernel/vmstat.h"
#include "util/cleanup.h"

#include <inttypes.h>

struct view {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	bool each; /* -F */
	unsigned page_shift;
	const struct iq_node *node;
	const struct iq_zone *zone;
	uint64_t blocks; /* of the list */
	uint64_t found;  /* pages on all lists */
	bool begun;      /* something was shown */
};

static struct iq_error *see_block(void *context, uint64_t page)
{
	struct view *v = context;
	IQ_TRY(iq_check_interrupt());
	v->blocks++;
	if (!v->each)
		return NULL;
	iq_add_address(v->out, NULL, page);
	iq_text(v->out, "%" PRIx64, page);
	return NULL;
}

static struct iq_error *see_list(void *context, const struct iq_free_list *list)
{
	struct view *v = context;
	struct iq_out *out = v->out;
	const char *type = iq_migrate_type_name(v->kernel, list->type);
	const uint64_t block = UINT64_C(1) << list->order;
	iq_record_begin(out);
	iq_add_unsigned(out, "order", list->order);
	iq_add_string(out, "type", type);
	iq_add_address(out, "free_list", list->address);
	if (v->each) {
		iq_text(out, "AREA    SIZE  FREE_AREA_STRUCT");
		iq_text(out, "%3u  %6" PRIu64 "k  %016" PRIx64, list->order, block << v->page_shift >> 10,
			list->address);
		iq_list_begin(out, "struct_pages");
	}
	v->blocks = 0;
	/* No more blocks can be free than the zone has pages. */
	struct iq_error *error = iq_free_blocks_each(v->kernel, list, v->zone->spanned >> list->order, see_block, v);
	if (v->each)
		iq_end(out);
	else
		iq_text(out, "%3u  %6" PRIu64 "k  %016" PRIx64 "  %6" PRIu64 " %6" PRIu64, list->order,
			block << v->page_shift >> 10, list->address, v->blocks, v->blocks * block);
	iq_add_unsigned(out, "blocks", v->blocks);
	iq_add_unsigned(out, "pages", v->blocks * block);
	iq_add_bool(out, "complete", !error);
	iq_end(out);
	v->found += v->blocks * block;
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&v->session->diag, iq_error_prefix(error, "free list of order %u, type %s, zone %s", list->order,
							 type ? type : "?", v->zone->name));
	return NULL;
}

static void show_heading(struct view *v, uint64_t map)
{
	char text[24], map_text[24], start[24], number[24];
	const struct iq_zone *zone = v->zone;
	const bool empty = !zone->spanned;
	snprintf(map_text, sizeof(map_text), "%" PRIx64, map);
	snprintf(text, sizeof(text), "%" PRIx64, zone->start_pfn << v->page_shift);
	iq_centre_right(text, 11, start, sizeof(start));
	snprintf(text, sizeof(text), "%" PRIu64, empty ? 0 : zone->start_pfn - v->node->start_pfn);
	iq_centre_right(text, 11, number, sizeof(number));
	if (v->begun)
		iq_line(v->out, "");
	v->begun = true;
	iq_add_string(v->out, "map_text", map_text);
	iq_add_string(v->out, "start_text", start);
	iq_add_string(v->out, "number_text", number);
	iq_add_string(v->out, "name_text", zone->name[0] ? zone->name : "(unknown)");
	iq_text(v->out, "ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR");
	iq_line(v->out, "{zone:3}   {name_text:-9} {size:6}  {free:6}  {map_text:^16}  {start_text}  {number_text}");
}

static struct iq_error *see_zone(void *context, const struct iq_zone *zone)
{
	struct view *v = context;
	uint64_t map = 0;
	v->zone = zone;
	if (zone->spanned)
		IQ_TRY(iq_page_address(v->kernel, zone->start_pfn << v->page_shift, &map));
	iq_record_begin(v->out);
	iq_add_unsigned(v->out, "node", zone->node);
	iq_add_unsigned(v->out, "zone", zone->index);
	iq_add_address(v->out, "address", zone->address);
	iq_add_string(v->out, "name", zone->name[0] ? zone->name : NULL);
	iq_add_unsigned(v->out, "size", zone->spanned);
	iq_add_signed(v->out, "free", zone->free);
	iq_add_address(v->out, "mem_map", map);
	iq_add_address(v->out, "start_paddr", zone->start_pfn << v->page_shift);
	if (iq_out_is_text(v->out))
		show_heading(v, map);
	iq_list_begin(v->out, "lists");
	struct iq_error *error = NULL;
	if (zone->spanned) {
		if (!v->each)
			iq_text(v->out, "AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES");
		error = iq_free_lists_each(v->kernel, zone, see_list, v);
	}
	iq_end(v->out);
	iq_end(v->out);
	return error;
}

static struct iq_error *see_node(void *context, const struct iq_node *node)
{
	struct view *v = context;
	v->node = node;
	/* More than one are told apart. */
	if (node->id) {
		iq_line(v->out, "");
		iq_text(v->out, "NODE");
		iq_text(v->out, " %2u", node->id);
	}
	return iq_zones_each(v->kernel, node, see_zone, v);
}

struct iq_error *iq_kmem_free(const struct iq_kmem *kmem)
{
	struct view v = {
		.session = kmem->session, .kernel = kmem->kernel, .out = kmem->out, .each = iq_args_has(kmem->args, 'F')
	};
	uint64_t free;
	if (kmem->args->count)
		return iq_usage_error(kmem->args->command, "-f takes no arguments");
	v.page_shift = iq_target_arch(iq_kernel_target(v.kernel))->page_shift;
	struct iq_error *error = iq_nodes_each(v.kernel, see_node, &v);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	/* The sum is the kernel's own: it is there whatever a zone lacks. */
	struct iq_error *missing = iq_memory_counter(v.kernel, "NR_FREE_PAGES", &free);
	if (missing) {
		iq_error_keep(&error, missing);
		return error;
	}
	iq_record_begin(kmem->out);
	iq_add_unsigned(kmem->out, "nr_free_pages", free);
	iq_add_unsigned(kmem->out, "found", v.found);
	iq_line(kmem->out, "");
	iq_line(kmem->out, free == v.found ? "nr_free_pages: {nr_free_pages}  (verified)"
					   : "nr_free_pages: {nr_free_pages}  (found {found})");
	iq_end(kmem->out);
	return error;
}
