// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * XArrays and radix trees of nodes with 4 slots, built by hand after include/linux/xarray.h (entries marked 2 are
 * internal, nodes lie above 4096, values are odd) and include/linux/radix-tree.h of 4.18 (internal entries are marked
 * 1).
 */
#include "objects.h"

struct entries {
	struct seen indices, values;
};

static struct iq_error *see_entry(void *context, uint64_t index, uint64_t entry)
{
	struct entries *entries = context;
	IQ_TRY(see(&entries->indices, index));
	return see(&entries->values, entry);
}

static struct iq_error *walk(struct objects *o, size_t limit, struct entries *entries)
{
	*entries = (struct entries){ 0 };
	return iq_xarray_each(&o->target, o->types, MEMORY, limit, see_entry, entries);
}

/* Node number n, from 1 on, lies at MEMORY + n * 64; `parent` 0: the root's. */
static uint64_t node_at(unsigned n)
{
	return MEMORY + n * 64;
}

static void put_node(struct objects *o, unsigned n, unsigned parent, unsigned shift, unsigned offset)
{
	o->memory[n * 64] = (uint8_t)shift;
	o->memory[n * 64 + 1] = (uint8_t)offset;
	put_u64(o, node_at(n) + 8, parent ? node_at(parent) : 0);
}

static void put_slot(struct objects *o, unsigned n, unsigned slot, uint64_t entry)
{
	put_u64(o, node_at(n) + 16 + slot * 8, entry);
}

static void open_arrays(struct objects *o, bool radix)
{
	struct builder b;
	objects_types(&b);
	if (radix) {
		/* A kernel before 4.20: the xarray's name is taken away, the old one's is there. */
		for (uint32_t i = 0; i + 6 < b.strings_size; i++) {
			if (memcmp(b.strings + i, "xarray", 7) == 0)
				b.strings[i] = 'y';
		}
		b_type(&b, B_STRUCT, "radix_tree_root", false, 1, 16);
		b_member(&b, "rnode", 9, 64); /* type 9: char * */
	}
	objects_open(o, &b);
}

/* Indices 1, 2 (a value), 6, 13 in two levels of 4 slots; marks internal entries with `mark`. */
static void build_tree(struct objects *o, unsigned mark)
{
	put_u64(o, MEMORY + 8, node_at(1) + mark);
	put_node(o, 1, 0, 2, 0);
	put_slot(o, 1, 0, node_at(2) + mark);
	put_slot(o, 1, 1, node_at(3) + mark);
	put_slot(o, 1, 3, node_at(4) + mark);
	put_node(o, 2, 1, 0, 0);
	put_slot(o, 2, 1, 0xffff888000aaa000);
	put_slot(o, 2, 2, mark == 2 ? 0x85 : 0x86); /* a value: odd in an xarray, marked 2 in a radix tree */
	put_node(o, 3, 1, 0, 1);
	put_slot(o, 3, 2, 0xffff888000bbb000);
	put_node(o, 4, 1, 0, 3);
	put_slot(o, 4, 1, 0xffff888000ccc000);
}

static void expect_tree(struct objects *o)
{
	static const uint64_t indices[] = { 1, 2, 6, 13 };
	struct entries e;
	expect_success(walk(o, 4, &e));
	assert_int_equal(e.indices.count, 4);
	assert_memory_equal(e.indices.values, indices, sizeof(indices));
	assert_int_equal(e.values.values[0], 0xffff888000aaa000);
	assert_int_equal(e.values.values[3], 0xffff888000ccc000);
}

static void trees_are_walked_in_order(void **state)
{
	struct objects o;
	struct entries e;
	open_arrays(&o, false);
	expect_success(walk(&o, 10, &e));
	assert_int_equal(e.indices.count, 0);
	put_u64(&o, MEMORY + 8, 0xffff888000123000); /* one entry at index 0 needs no node */
	expect_success(walk(&o, 10, &e));
	assert_int_equal(e.indices.count, 1);
	assert_int_equal(e.indices.values[0], 0);
	assert_int_equal(e.values.values[0], 0xffff888000123000);
	build_tree(&o, 2);
	expect_tree(&o);
	put_slot(&o, 4, 2, 0x1 << 2 | 2); /* a sibling of slot 1, and a retry entry: not shown */
	put_slot(&o, 4, 3, 0x102);
	expect_tree(&o);
	objects_close(&o);
}

/* In the lowest nodes there are entries: what looks like a node, the node itself even, is told, and the rest shown. */
static void nodes_below_the_lowest_are_told(void **state)
{
	struct objects o;
	struct entries e;
	open_arrays(&o, false);
	build_tree(&o, 2);
	put_slot(&o, 3, 1, node_at(3) + 2);
	expect_error(walk(&o, 10, &e), IQ_ERROR_FORMAT, "xa_node at 0xffff8880001000c0: slot 1 is 0xffff8880001000c2");
	assert_int_equal(e.indices.count, 4);
	objects_close(&o);
}

static void radix_trees_are_walked_too(void **state)
{
	struct objects o;
	open_arrays(&o, true);
	build_tree(&o, 1);
	expect_tree(&o);
	objects_close(&o);
}

struct places {
	struct iq_xarray_place place[8];
	unsigned count;
};

static struct iq_error *see_place(void *context, const struct iq_xarray_place *place, uint64_t entry)
{
	struct places *places = context;
	assert_in_range(places->count, 0, 7);
	places->place[places->count++] = *place;
	return NULL;
}

static void places_are_told(void **state)
{
	static const unsigned expected[][3] = { { 1, 0, 1 }, { 2, 0, 2 }, { 6, 1, 2 }, { 13, 3, 1 } };
	struct places places = { 0 };
	struct objects o;
	uint64_t head;
	open_arrays(&o, false);
	build_tree(&o, 2);
	expect_success(iq_xarray_head(&o.target, o.types, MEMORY, &head));
	assert_int_equal(head, node_at(1) + 2);
	expect_success(iq_xarray_each_place(&o.target, o.types, head, 10, see_place, &places));
	assert_int_equal(places.count, 4);
	for (unsigned i = 0; i < places.count; i++) {
		assert_int_equal(places.place[i].index, expected[i][0]);
		assert_int_equal(places.place[i].depth, 2);
		assert_int_equal(places.place[i].slots[0], expected[i][1]);
		assert_int_equal(places.place[i].slots[1], expected[i][2]);
	}
	places.count = 0;
	expect_success(iq_xarray_each_place(&o.target, o.types, 0xffff888000aaa000, 10, see_place, &places));
	assert_int_equal(places.count, 1);
	assert_int_equal(places.place[0].depth, 0);
	places.count = 0;
	expect_success(iq_xarray_each_place(&o.target, o.types, node_at(3) + 2, 10, see_place, &places)); /* inside */
	assert_int_equal(places.count, 1);
	assert_int_equal(places.place[0].index, 2);
	objects_close(&o);
}

static void expect_damage(struct objects *o, unsigned shown, const char *why)
{
	struct entries e;
	struct iq_error *error = walk(o, 100, &e);
	assert_non_null(error);
	expect_error(error, error->code, why);
	assert_int_equal(e.indices.count, shown);
	build_tree(o, 2);
}

static void damaged_nodes_are_left_out(void **state)
{
	struct objects o;
	struct entries e;
	open_arrays(&o, false);
	build_tree(&o, 2);
	expect_error(walk(&o, 3, &e), IQ_ERROR_LIMIT, "xarray at 0xffff888000100000: more than 3 entries");
	put_slot(&o, 1, 1, 0x7002); /* a node where no memory is */
	expect_damage(&o, 3, "xarray at 0xffff888000100000: xa_node at 0x7000: ");
	put_slot(&o, 1, 1, node_at(1) + 2); /* the node itself */
	expect_damage(&o, 3, "xa_node at 0xffff888000100040: it points back to 0, not to 0xffff888000100040");
	put_slot(&o, 1, 1, node_at(2) + 2); /* a brother's child */
	expect_damage(&o, 3, "it is for slot 0 with shift 0, not 1 with 0");
	put_node(&o, 3, 1, 2, 1); /* as high as its parent */
	expect_damage(&o, 3, "it is for slot 1 with shift 2");
	put_node(&o, 3, 1, 1, 1);
	expect_damage(&o, 3, "shift of 1");
	put_node(&o, 1, 0, 200, 0);
	expect_damage(&o, 0, "shift of 200");
	put_u64(&o, MEMORY + 8, node_at(2) + 2);
	expect_damage(&o, 0, "it points back to 0xffff888000100040, not to 0");
	expect_tree(&o);
	objects_close(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_walked_in_order),       cmocka_unit_test(radix_trees_are_walked_too),
		cmocka_unit_test(nodes_below_the_lowest_are_told), cmocka_unit_test(places_are_told),
		cmocka_unit_test(damaged_nodes_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
