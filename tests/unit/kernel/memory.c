// SPDX-License-Identifier: GPL-2.0-or-later
/* vmalloc's areas, swap areas, sections, zones and their free lists, laid out by hand after the kernel's headers; then
 * damaged. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/section.h"
#include "kernel/swap.h"
#include "kernel/vmalloc.h"
#include "kernel/zone.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

/* Where things are in MEMORY. */
enum {
	AREA_LIST = 0x20,
	VMAP_NODES = 0x40,
	NR_VMAP_NODES = 0x48,
	SWAP_INFO = 0x60,
	NR_SWAPFILES = 0x80,
	MEM_SECTION = 0x90,
	HIGHEST_SECTION = 0x98,
	NODE_DATA = 0xa0,
	ROOTS = 0x200,
	AREAS = 0x400, /* 64 bytes each */
	VMAP_NODE = 0x600,
	SWAPS = 0x700,
	NODE = 0x800,
	PAGES = 0x1000, /* 64 bytes each */
	SECTIONS = 0x2000,
	SIZEOF_ZONE = 200,
	FREE_AREAS = 88,
};

#define NOWHERE UINT64_C(0xffff888fffff0000) /* kernel memory that there isn't */

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct seen seen;
};

static uint64_t area_at(unsigned n)
{
	return MEMORY + AREAS + n * 64;
}

static uint64_t page_at(unsigned n)
{
	return MEMORY + PAGES + n * 64;
}

static void add_members(struct builder *b, const char *type, uint32_t size, uint32_t member_type, unsigned count,
			const char *const *names, const unsigned *offsets)
{
	b_type(b, B_STRUCT, type, false, count, size);
	for (unsigned i = 0; i < count; i++)
		b_member(b, names[i], member_type, offsets[i] * 8);
}

#define MEMBERS(b, type, size, member_type, names, ...)                                                                \
	add_members(b, type, size, member_type, IQ_ARRAY_SIZE(names), names, (const unsigned[]){ __VA_ARGS__ })

static void add_zone_types(struct builder *b, uint32_t ulong, uint32_t pointer, uint32_t list)
{
	uint32_t lists = b_array(b, list, 2), three = b_array(b, ulong, 3);
	uint32_t area = b_type(b, B_STRUCT, "free_area", false, 2, 40);
	b_member(b, "free_list", lists, 0);
	b_member(b, "nr_free", ulong, 256);
	uint32_t areas = b_array(b, area, 2);
	uint32_t zone = b_type(b, B_STRUCT, "zone", false, 8, SIZEOF_ZONE);
	b_member(b, "_watermark", three, 0);
	b_member(b, "zone_start_pfn", ulong, 192);
	b_member(b, "spanned_pages", ulong, 256);
	b_member(b, "present_pages", ulong, 320);
	b_member(b, "managed_pages", ulong, 384);
	b_member(b, "name", pointer, 448);
	b_member(b, "vm_stat", three, 512);
	b_member(b, "free_area", areas, FREE_AREAS * 8);
	uint32_t zones = b_array(b, zone, 2);
	b_type(b, B_STRUCT, "pglist_data", false, 5, 2 * SIZEOF_ZONE + 32);
	b_member(b, "node_zones", zones, 0);
	b_member(b, "node_id", ulong, 2 * SIZEOF_ZONE * 8);
	b_member(b, "node_start_pfn", ulong, 2 * SIZEOF_ZONE * 8 + 64);
	b_member(b, "node_spanned_pages", ulong, 2 * SIZEOF_ZONE * 8 + 128);
	b_member(b, "node_present_pages", ulong, 2 * SIZEOF_ZONE * 8 + 192);
	b_type(b, B_ENUM, "zone_stat_item", false, 2, 4);
	b_pair(b, "NR_FREE_PAGES", 1);
	b_pair(b, "NR_VM_ZONE_STAT_ITEMS", 3);
	b_type(b, B_ENUM, "migratetype", false, 4, 4);
	b_pair(b, "MIGRATE_UNMOVABLE", 0);
	b_pair(b, "MIGRATE_PCPTYPES", 1);
	b_pair(b, "MIGRATE_HIGHATOMIC", 1);
	b_pair(b, "MIGRATE_TYPES", 2);
}

static void add_types(struct builder *b)
{
	static const char *const vm[] = { "flags", "nr_pages", "phys_addr", "caller" };
	static const char *const swap[] = { "flags", "pages", "inuse_pages", "prio", "swap_file" };
	b_init(b, NULL);
	uint32_t ulong = b_int(b, "unsigned long", 8, 0), chr = b_int(b, "char", 1, 0);
	uint32_t slong = b_int(b, "long", 8, B_SIGNED), pointer = b_type(b, B_PTR, NULL, false, 0, chr);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", pointer, 0);
	b_member(b, "prev", pointer, 64);
	b_type(b, B_STRUCT, "vmap_area", false, 4, 40);
	b_member(b, "va_start", ulong, 0);
	b_member(b, "va_end", ulong, 64);
	b_member(b, "list", list, 128);
	b_member(b, "vm", pointer, 256);
	uint32_t busy = b_type(b, B_STRUCT, "rb_list", false, 1, 16);
	b_member(b, "head", list, 0);
	b_type(b, B_STRUCT, "vmap_node", false, 1, 32);
	b_member(b, "busy", busy, 64);
	MEMBERS(b, "vm_struct", 32, ulong, vm, 0, 8, 16, 24);
	MEMBERS(b, "swap_info_struct", 40, slong, swap, 0, 8, 16, 24, 32);
	b_type(b, B_STRUCT, "mem_section", false, 1, 1024);
	b_member(b, "section_mem_map", ulong, 0);
	b_type(b, B_STRUCT, "page", false, 1, 64);
	b_member(b, "lru", list, 64);
	add_zone_types(b, ulong, pointer, list);
}

/* `nodes`: since 6.9. */
static void world_open(struct world *w, bool nodes)
{
	const struct iq_symbol symbols[] = {
		{ nodes ? "vmap_nodes" : "vmap_area_list", MEMORY + (nodes ? VMAP_NODES : AREA_LIST), 8, 'D',
		  IQ_SYMBOL_VMLINUX, NULL },
		{ "nr_vmap_nodes", MEMORY + NR_VMAP_NODES, 4, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "swap_info", MEMORY + SWAP_INFO, 32, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "nr_swapfiles", MEMORY + NR_SWAPFILES, 4, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "mem_section", MEMORY + MEM_SECTION, 8, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "__highest_present_section_nr", MEMORY + HIGHEST_SECTION, 8, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "node_data", MEMORY + NODE_DATA, 32, 'D', IQ_SYMBOL_VMLINUX, NULL },
	};
	struct iq_symbol_source *source;
	struct builder b;
	add_types(&b);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	w->kernel.dump = iq_target_dump(&w->o.target);
	expect_success(iq_symbols_new(&w->o.target, &w->kernel.symbols));
	expect_success(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, symbols, IQ_ARRAY_SIZE(symbols), &source));
	expect_success(iq_symbols_add(w->kernel.symbols, source));
	memset(&w->seen, 0, sizeof(w->seen));
}

static void world_close(struct world *w)
{
	iq_symbols_free(w->kernel.symbols);
	objects_close(&w->o);
}

static void link_two(struct world *w, uint64_t first, uint64_t second)
{
	put_u64(&w->o, first, second);
	put_u64(&w->o, second + 8, first);
}

static void put_area(struct world *w, unsigned n, uint64_t start, uint64_t end, uint64_t vm)
{
	put_u64(&w->o, area_at(n), start);
	put_u64(&w->o, area_at(n) + 8, end);
	put_u64(&w->o, area_at(n) + 32, vm);
}

/* A list of the areas from first to last; the members lie 16 bytes into them. */
static void link_areas(struct world *w, uint64_t head, unsigned first, unsigned last)
{
	link_two(w, head, area_at(first) + 16);
	for (unsigned n = first; n < last; n++)
		link_two(w, area_at(n) + 16, area_at(n + 1) + 16);
	link_two(w, area_at(last) + 16, head);
}

static struct iq_error *see_area(void *context, const struct iq_vmap_area *area)
{
	struct world *w = context;
	assert_int_equal(area->vm_known, area->vm == MEMORY + SWAPS);
	if (area->vm_known) {
		assert_int_equal(area->flags, 0x22);
		assert_int_equal(area->pages, 4);
	}
	return see(&w->seen, area->start);
}

static void expect_seen(struct world *w, unsigned count, const uint64_t *values)
{
	assert_int_equal(w->seen.count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(w->seen.values[i], values[i]);
	w->seen.count = 0;
}

#define SEEN(w, ...) expect_seen(w, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8, (const uint64_t[]){ __VA_ARGS__ })

static void build_areas(struct world *w)
{
	put_area(w, 0, 0x1000, 0x3000, MEMORY + SWAPS);
	put_area(w, 1, 0x3000, 0x5000, 0);
	put_area(w, 2, 0x8000, 0x9000, NOWHERE);
	put_u64(&w->o, MEMORY + SWAPS, 0x22);
	put_u64(&w->o, MEMORY + SWAPS + 8, 4);
	link_areas(w, MEMORY + AREA_LIST, 0, 2);
}

static void areas_of_one_list(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf flags = { 0 };
	struct iq_vmap_area area;
	struct world w;
	world_open(&w, false);
	build_areas(&w);
	expect_success(iq_vmap_areas_each(&w.kernel, see_area, &w));
	SEEN(&w, 0x1000, 0x3000, 0x8000);
	expect_success(iq_vmap_area_at(&w.kernel, 0x4fff, &area));
	assert_int_equal(area.address, area_at(1));
	expect_error(iq_vmap_area_at(&w.kernel, 0x5000, &area), IQ_ERROR_NOT_FOUND, "0x5000 lies in no area");
	iq_vmap_flag_names(0x22, &flags);
	assert_string_equal(iq_strbuf_text(&flags), "ALLOC,UNINITIALIZED");
	world_close(&w);
}

static void damaged_areas(void **state)
{
	struct world w;
	world_open(&w, false);
	build_areas(&w);
	put_u64(&w.o, area_at(1) + 8, 0x2fff);
	expect_error(iq_vmap_areas_each(&w.kernel, see_area, &w), IQ_ERROR_FORMAT, "before its start");
	SEEN(&w, 0x1000, 0x8000);
	/* A list that goes round without its head. */
	build_areas(&w);
	link_two(&w, area_at(2) + 16, area_at(1) + 16);
	struct iq_error *error = iq_vmap_areas_each(&w.kernel, see_area, &w);
	assert_non_null(error);
	iq_error_free(error);
	assert_true(w.seen.count >= 1 && w.seen.count <= 3);
	w.seen.count = 0;
	/* And one that leads to memory that is missing. */
	build_areas(&w);
	put_u64(&w.o, area_at(0) + 16, NOWHERE);
	error = iq_vmap_areas_each(&w.kernel, see_area, &w);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	iq_error_free(error);
	SEEN(&w, 0x1000);
	build_areas(&w);
	w.seen.stop_at = 1;
	expect_error(iq_vmap_areas_each(&w.kernel, see_area, &w), IQ_ERROR_INTERRUPTED, "enough");
	world_close(&w);
}

static void areas_of_nodes(void **state)
{
	struct world w;
	world_open(&w, true);
	build_areas(&w);
	put_u64(&w.o, MEMORY + VMAP_NODES, MEMORY + VMAP_NODE);
	put_u64(&w.o, MEMORY + NR_VMAP_NODES, 2);
	/* The second node has the lower addresses. */
	link_areas(&w, MEMORY + VMAP_NODE + 8, 2, 2);
	link_areas(&w, MEMORY + VMAP_NODE + 32 + 8, 0, 1);
	expect_success(iq_vmap_areas_each(&w.kernel, see_area, &w));
	SEEN(&w, 0x1000, 0x3000, 0x8000);
	put_u64(&w.o, MEMORY + VMAP_NODE + 8, NOWHERE);
	struct iq_error *error = iq_vmap_areas_each(&w.kernel, see_area, &w);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	iq_error_free(error);
	SEEN(&w, 0x1000, 0x3000);
	put_u64(&w.o, MEMORY + NR_VMAP_NODES, UINT32_MAX);
	expect_error(iq_vmap_areas_each(&w.kernel, see_area, &w), IQ_ERROR_FORMAT, "nr_vmap_nodes is 4294967295");
	world_close(&w);
}

static struct iq_error *see_swap(void *context, const struct iq_swap_area *area)
{
	struct world *w = context;
	assert_int_equal(area->pages, 100);
	assert_int_equal(area->used, 7);
	assert_int_equal(area->priority, -2);
	assert_false(area->kind_known);
	return see(&w->seen, area->type);
}

static void put_swap(struct world *w, unsigned n, uint64_t flags)
{
	const uint64_t address = MEMORY + SWAPS + n * 40, values[] = { flags, 100, 7, (uint64_t)-2, NOWHERE };
	put_u64(&w->o, MEMORY + SWAP_INFO + n * UINT64_C(8), address);
	for (unsigned i = 0; i < 5; i++)
		put_u64(&w->o, address + i * UINT64_C(8), values[i]);
}

static void swap_areas(void **state)
{
	struct world w;
	world_open(&w, false);
	put_swap(&w, 0, 3);
	put_swap(&w, 1, 0); /* given back */
	put_swap(&w, 3, 1);
	put_u64(&w.o, MEMORY + NR_SWAPFILES, 4);
	expect_success(iq_swap_areas_each(&w.kernel, see_swap, &w));
	SEEN(&w, 0, 3);
	put_u64(&w.o, MEMORY + SWAP_INFO, NOWHERE);
	struct iq_error *error = iq_swap_areas_each(&w.kernel, see_swap, &w);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_non_null(strstr(error->message, "swap area 0"));
	iq_error_free(error);
	SEEN(&w, 3);
	put_u64(&w.o, MEMORY + NR_SWAPFILES, 65);
	expect_error(iq_swap_areas_each(&w.kernel, see_swap, &w), IQ_ERROR_FORMAT, "nr_swapfiles is 65");
	world_close(&w);
}

static struct iq_error *see_section(void *context, const struct iq_section *section)
{
	struct world *w = context;
	assert_int_equal(section->pages, 32768); /* SECTION_SIZE_BITS is 27 on x86-64 */
	assert_int_equal(section->map, 0x40000000 + section->number * 32768 * 64);
	assert_int_equal(section->flags, 15);
	return see(&w->seen, section->number);
}

/* Four sections to a root of 4 KiB, as they take 1024 bytes here. */
static void sections(void **state)
{
	struct world w;
	world_open(&w, false);
	put_u64(&w.o, MEMORY + MEM_SECTION, MEMORY + ROOTS);
	put_u64(&w.o, MEMORY + HIGHEST_SECTION, 10);
	put_u64(&w.o, MEMORY + ROOTS, NOWHERE);
	put_u64(&w.o, MEMORY + ROOTS + 8, 0); /* a hole of four */
	put_u64(&w.o, MEMORY + ROOTS + 16, MEMORY + SECTIONS);
	put_u64(&w.o, MEMORY + SECTIONS, 0x40000000 | 15);
	put_u64(&w.o, MEMORY + SECTIONS + 1024, 1); /* present without a map */
	put_u64(&w.o, MEMORY + SECTIONS + 2048, 0x40000000 | 15);
	put_u64(&w.o, MEMORY + SECTIONS + 3072, 0x40000000 | 15); /* beyond the highest */
	struct iq_error *error = iq_sections_each(&w.kernel, see_section, &w);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_non_null(strstr(error->message, "section 0"));
	iq_error_free(error);
	SEEN(&w, 8, 10);
	put_u64(&w.o, MEMORY + ROOTS, 0);
	expect_success(iq_sections_each(&w.kernel, see_section, &w));
	SEEN(&w, 8, 10);
	put_u64(&w.o, MEMORY + HIGHEST_SECTION, UINT64_MAX);
	expect_error(iq_sections_each(&w.kernel, see_section, &w), IQ_ERROR_FORMAT, "the highest section");
	world_close(&w);
}

struct zones {
	struct world w;
	struct iq_node node;
	struct iq_zone zone;
	unsigned lists;
};

static struct iq_error *keep_node(void *context, const struct iq_node *node)
{
	struct zones *z = context;
	z->node = *node;
	return see(&z->w.seen, node->id);
}

static struct iq_error *keep_zone(void *context, const struct iq_zone *zone)
{
	struct zones *z = context;
	if (!zone->index)
		z->zone = *zone;
	return see(&z->w.seen, zone->spanned);
}

static struct iq_error *see_block(void *context, uint64_t page)
{
	struct zones *z = context;
	return see(&z->w.seen, (page - page_at(0)) / 64);
}

static struct iq_error *see_list(void *context, const struct iq_free_list *list)
{
	struct zones *z = context;
	assert_int_equal(list->order, z->lists / 2);
	assert_int_equal(list->type, z->lists % 2);
	assert_int_equal(list->address,
			 z->zone.address + FREE_AREAS + list->order * UINT64_C(40) + list->type * UINT64_C(16));
	z->lists++;
	return NULL;
}

static void zones_open(struct zones *z)
{
	struct world *w = &z->w;
	const uint64_t zone = MEMORY + NODE, values[] = { 23, 28, 33, 1, 4095, 3998, 3840, MEMORY + 0x300, 0, 3808 };
	world_open(w, false);
	z->lists = 0;
	put_u64(&w->o, MEMORY + NODE_DATA, MEMORY + NODE);
	put_u64(&w->o, MEMORY + NODE_DATA + 16, NOWHERE);
	put_u64(&w->o, MEMORY + NODE_DATA + 24, 0x1234); /* another variable */
	put_u64(&w->o, MEMORY + NODE + 2 * SIZEOF_ZONE + 8, 1);
	put_u64(&w->o, MEMORY + NODE + 2 * SIZEOF_ZONE + 16, 4095);
	memcpy(w->o.memory + 0x300, "DMA", 4);
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(values); i++)
		put_u64(&w->o, zone + i * UINT64_C(8), values[i]);
}

static void zones(void **state)
{
	struct zones z;
	zones_open(&z);
	struct iq_error *error = iq_nodes_each(&z.w.kernel, keep_node, &z);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_non_null(strstr(error->message, "node 2"));
	iq_error_free(error);
	SEEN(&z.w, 0);
	assert_int_equal(z.node.zone_count, 2);
	expect_success(iq_zones_each(&z.w.kernel, &z.node, keep_zone, &z));
	SEEN(&z.w, 4095, 0);
	assert_string_equal(z.zone.name, "DMA");
	assert_int_equal(z.zone.start_pfn, 1);
	assert_int_equal(z.zone.present, 3998);
	assert_int_equal(z.zone.managed, 3840);
	assert_int_equal(z.zone.min, 23);
	assert_int_equal(z.zone.low, 28);
	assert_int_equal(z.zone.high, 33);
	assert_int_equal(z.zone.free, 3808);
	/* A zone that lies where memory is missing hides no other. */
	z.node.zones = MEMORY + MEMORY_SIZE - SIZEOF_ZONE;
	error = iq_zones_each(&z.w.kernel, &z.node, keep_zone, &z);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_non_null(strstr(error->message, "zone 1 of node 0"));
	iq_error_free(error);
	SEEN(&z.w, 0);
	assert_string_equal(iq_migrate_type_name(&z.w.kernel, 1), "HIGHATOMIC");
	assert_null(iq_migrate_type_name(&z.w.kernel, 2));
	world_close(&z.w);
}

static void free_lists(void **state)
{
	struct zones z;
	zones_open(&z);
	z.zone = (struct iq_zone){ .address = MEMORY + NODE, .spanned = 4095 };
	expect_success(iq_free_lists_each(&z.w.kernel, &z.zone, see_list, &z));
	assert_int_equal(z.lists, 4);
	const struct iq_free_list list = { .address = MEMORY + NODE + FREE_AREAS + 16, .type = 1 };
	link_two(&z.w, list.address, page_at(3) + 8);
	link_two(&z.w, page_at(3) + 8, page_at(1) + 8);
	link_two(&z.w, page_at(1) + 8, list.address);
	expect_success(iq_free_blocks_each(&z.w.kernel, &list, 10, see_block, &z));
	SEEN(&z.w, 3, 1);
	/* More than there can be. */
	expect_error(iq_free_blocks_each(&z.w.kernel, &list, 1, see_block, &z), IQ_ERROR_LIMIT, "more than 1");
	z.w.seen.count = 0;
	link_two(&z.w, page_at(1) + 8, page_at(3) + 8);
	struct iq_error *error = iq_free_blocks_each(&z.w.kernel, &list, 10, see_block, &z);
	assert_non_null(error);
	iq_error_free(error);
	assert_true(z.w.seen.count <= 3);
	world_close(&z.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_of_one_list), cmocka_unit_test(damaged_areas), cmocka_unit_test(areas_of_nodes),
		cmocka_unit_test(swap_areas),        cmocka_unit_test(sections),      cmocka_unit_test(zones),
		cmocka_unit_test(free_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
