// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -n: nodes with their zones, sections, memory blocks. */
#include "command/kmem.h"

#include "kernel/page.h"
#include "kernel/section.h"
#include "kernel/zone.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

struct view {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	unsigned page_shift;
	uint64_t zone_size;
	unsigned count; /* of what is listed */
};

static struct iq_error *see_zone(void *context, const struct iq_zone *zone)
{
	struct view *v = context;
	uint64_t map = 0;
	if (zone->spanned)
		IQ_TRY(iq_page_address(v->kernel, zone->start_pfn << v->page_shift, &map));
	iq_record_begin(v->out);
	iq_add_unsigned(v->out, "zone", zone->index);
	iq_add_string(v->out, "name", zone->name[0] ? zone->name : NULL);
	iq_add_unsigned(v->out, "size", zone->spanned);
	iq_add_address(v->out, "mem_map", map);
	iq_add_address(v->out, "start_paddr", zone->start_pfn << v->page_shift);
	iq_add_unsigned(v->out, "start_mapnr", zone->start_pfn);
	iq_line(v->out, "{zone:3}   {name:-9} {size:7}  {mem_map:16x}  {start_paddr:11x}  {start_mapnr:11}");
	iq_end(v->out);
	return NULL;
}

/* Text: the node and the addresses of its zones. */
static void show_node_lines(struct view *v, const struct iq_node *node, uint64_t map)
{
	char text[24], start[24], number[24];
	snprintf(text, sizeof(text), "%" PRIx64, node->start_pfn << v->page_shift);
	iq_centre_right(text, 16, start, sizeof(start));
	snprintf(text, sizeof(text), "%" PRIu64, node->start_pfn);
	iq_centre_right(text, 11, number, sizeof(number));
	if (v->count++) {
		iq_line(v->out, "");
		iq_text(v->out, "-------------------------------------------------------------------");
		iq_line(v->out, "");
	}
	iq_text(v->out, "NODE    SIZE      PGLIST_DATA       BOOTMEM_DATA       NODE_ZONES");
	iq_line(v->out, "{node:3}   {size:^8}  {pglist_data@address}        ----        {zones_at@address}");
	for (uint64_t i = 1; i < node->zone_count; i++)
		iq_text(v->out, "%52s%016" PRIx64, "", node->zones + i * v->zone_size);
	iq_text(v->out, "    MEM_MAP          START_PADDR    START_MAPNR");
	iq_text(v->out, "%016" PRIx64 "  %s  %.*s", map, start, (int)(strcspn(number, "0123456789") + strlen(text)),
		number);
	iq_line(v->out, "");
	iq_text(v->out, "ZONE  NAME         SIZE       MEM_MAP      START_PADDR  START_MAPNR");
}

static struct iq_error *see_node(void *context, const struct iq_node *node)
{
	struct view *v = context;
	uint64_t map = 0;
	if (node->spanned)
		IQ_TRY(iq_page_address(v->kernel, node->start_pfn << v->page_shift, &map));
	iq_record_begin(v->out);
	iq_add_string(v->out, "kind", "node");
	iq_add_unsigned(v->out, "node", node->id);
	iq_add_unsigned(v->out, "size", node->spanned);
	iq_add_unsigned(v->out, "present", node->present);
	iq_add_address(v->out, "pglist_data", node->address);
	iq_add_address(v->out, "mem_map", map);
	iq_add_address(v->out, "start_paddr", node->start_pfn << v->page_shift);
	if (iq_out_is_text(v->out)) {
		iq_add_address(v->out, "zones_at", node->zones);
		show_node_lines(v, node, map);
	}
	iq_list_begin(v->out, "zones");
	struct iq_error *error = iq_zones_each(v->kernel, node, see_zone, v);
	iq_end(v->out);
	iq_end(v->out);
	return error;
}

static struct iq_error *see_section(void *context, const struct iq_section *section)
{
	struct view *v = context;
	static const char letters[] = "PMOED";
	char state[sizeof(letters)] = "";
	size_t length = 0;
	for (unsigned i = 0; letters[i]; i++) {
		if (section->flags >> i & 1)
			state[length++] = letters[i];
	}
	state[length] = '\0';
	iq_record_begin(v->out);
	iq_add_string(v->out, "kind", "section");
	iq_add_unsigned(v->out, "number", section->number);
	iq_add_address(v->out, "section", section->address);
	iq_add_address(v->out, "coded_mem_map", section->coded_map);
	iq_add_address(v->out, "mem_map", section->map);
	iq_add_string(v->out, "state", state);
	iq_add_unsigned(v->out, "pfn", section->start_pfn);
	iq_line(v->out, "{number:2}  {section@address}  {coded_mem_map}  {mem_map}  {state:^5} {pfn}");
	iq_end(v->out);
	return NULL;
}

static struct iq_error *see_block(void *context, const struct iq_memory_block *block)
{
	struct view *v = context;
	iq_record_begin(v->out);
	iq_add_string(v->out, "kind", "block");
	iq_add_address(v->out, "memory_block", block->address);
	iq_add_string(v->out, "name", block->name[0] ? block->name : NULL);
	iq_add_address(v->out, "start", block->start);
	iq_add_address(v->out, "end", block->end - 1);
	iq_add_signed(v->out, "node", block->node);
	iq_add_string(v->out, "state", block->state);
	iq_add_unsigned(v->out, "start_section", block->start_section);
	iq_line(v->out,
		" {memory_block@address} {name:^12} {start:8x} - {end:8x} {node:^4}  {state:-7} {start_section}");
	iq_end(v->out);
	return NULL;
}

/* What is missing of one part does not hide the next. */
static struct iq_error *tell(struct view *v, const char *what, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&v->session->diag, iq_error_prefix(error, "%s", what));
	return NULL;
}

struct iq_error *iq_kmem_nodes(const struct iq_kmem *kmem)
{
	struct view v = { .session = kmem->session, .kernel = kmem->kernel, .out = kmem->out };
	if (kmem->args->count)
		return iq_usage_error(kmem->args->command, "-n takes no arguments");
	IQ_TRY(iq_types_size(iq_kernel_types(v.kernel), "zone", &v.zone_size));
	v.page_shift = iq_target_arch(iq_kernel_target(v.kernel))->page_shift;
	IQ_TRY(tell(&v, "nodes", iq_nodes_each(v.kernel, see_node, &v)));
	iq_line(kmem->out, "");
	iq_text(kmem->out, "-------------------------------------------------------------------");
	iq_line(kmem->out, "");
	iq_text(kmem->out, "NR      SECTION        CODED_MEM_MAP        MEM_MAP       STATE PFN");
	IQ_TRY(tell(&v, "sections", iq_sections_each(v.kernel, see_section, &v)));
	iq_line(kmem->out, "");
	iq_text(kmem->out, "   MEM_BLOCK        NAME        PHYSICAL RANGE     NODE  STATE   START_SECTION_NO");
	return tell(&v, "memory blocks", iq_memory_blocks_each(v.kernel, see_block, &v));
}
