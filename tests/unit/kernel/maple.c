// SPDX-License-Identifier: GPL-2.0-or-later
/* Maple trees built by hand after include/linux/maple_tree.h: nodes of 256 bytes, their type in bits 3 to 6 of the
 * pointer that leads to them. */
#include "maple_types.h"

#include "kernel/maple.h"

struct shown {
	struct seen first, last, entries, depths, nodes;
	unsigned last_slot;
};

static struct iq_error *see_entry(void *context, const struct iq_maple_place *place, uint64_t entry)
{
	struct shown *shown = context;
	IQ_TRY(see(&shown->first, place->first));
	IQ_TRY(see(&shown->last, place->last));
	IQ_TRY(see(&shown->depths, place->depth));
	shown->last_slot = place->depth ? place->slots[place->depth - 1] : 0;
	return see(&shown->entries, entry);
}

static struct iq_error *see_node(void *context, const struct iq_maple_place *place, enum iq_maple_type type,
				 uint64_t address)
{
	struct shown *shown = context;
	return see(&shown->nodes, address + type);
}

static struct iq_error *walk(struct objects *o, size_t limit, bool empty, struct shown *shown)
{
	const struct iq_maple_visitor visitor = {
		.entry = see_entry, .node = see_node, .context = shown, .empty = empty
	};
	*shown = (struct shown){ 0 };
	return iq_maple_each(&o->target, o->types, MEMORY, limit, &visitor);
}

/* Node n, from 1 on, lies at MEMORY + n * 256. */
static uint64_t node_at(unsigned n)
{
	return MEMORY + n * 256;
}

static uint64_t encoded(unsigned n, enum iq_maple_type type)
{
	return node_at(n) | (uint64_t)type << 3 | 4;
}

static void put_root(struct objects *o, uint64_t root)
{
	put_u64(o, MEMORY + 8, root);
}

static void put_parent(struct objects *o, unsigned n, uint64_t parent)
{
	put_u64(o, node_at(n), parent);
}

static void put_64(struct objects *o, unsigned n, unsigned slot, uint64_t entry, uint64_t pivot)
{
	if (slot < 15)
		put_u64(o, node_at(n) + 8 + slot * 8, pivot);
	put_u64(o, node_at(n) + 128 + slot * 8, entry);
}

static void put_arange(struct objects *o, unsigned n, unsigned slot, uint64_t entry, uint64_t pivot)
{
	if (slot < 9)
		put_u64(o, node_at(n) + 8 + slot * 8, pivot);
	put_u64(o, node_at(n) + 80 + slot * 8, entry);
}

static void put_end(struct objects *o, unsigned n, enum iq_maple_type type, unsigned end)
{
	o->memory[n * 256 + (type == IQ_MAPLE_ARANGE_64 ? 240 : 248)] = (uint8_t)end;
}

/* An arange_64 root over a leaf_64 for 0 to 0xfff and a range_64 for the rest, which has two leaves. */
static void build(struct objects *o)
{
	memset(o->memory, 0, sizeof(o->memory));
	put_root(o, encoded(1, IQ_MAPLE_ARANGE_64) | 2);
	put_parent(o, 1, MEMORY | 1);
	put_arange(o, 1, 0, encoded(2, IQ_MAPLE_LEAF_64), 0xfff);
	put_arange(o, 1, 1, encoded(3, IQ_MAPLE_RANGE_64), UINT64_MAX);
	put_end(o, 1, IQ_MAPLE_ARANGE_64, 1);
	put_parent(o, 2, node_at(1) | 6);
	put_64(o, 2, 0, 0, 0xf);
	put_64(o, 2, 1, 0x1000, 0x1f);
	put_64(o, 2, 2, 257 << 2 | 2, 0x2f); /* XA_ZERO_ENTRY */
	put_64(o, 2, 3, 0x2000, 0xfff);
	put_end(o, 2, IQ_MAPLE_LEAF_64, 3);
	put_parent(o, 3, node_at(1) | 1 << 3 | 6);
	put_64(o, 3, 0, encoded(4, IQ_MAPLE_LEAF_64), 0x100e);
	put_64(o, 3, 1, encoded(5, IQ_MAPLE_LEAF_64), UINT64_MAX);
	put_end(o, 3, IQ_MAPLE_RANGE_64, 1);
	put_parent(o, 4, node_at(3) | 6);
	for (unsigned i = 0; i < 15; i++) /* the last pivot is the node's end: no metadata */
		put_64(o, 4, i, 0x3000 + i * 0x10, 0x1000 + i);
	put_parent(o, 5, node_at(3) | 1 << 3 | 6);
	for (unsigned i = 0; i < 16; i++) /* full: the metadata's place is a slot */
		put_64(o, 5, i, 0x4000 + i * 0x10, 0x100f + i);
}

static void open_tree(struct objects *o)
{
	struct builder b;
	objects_types(&b);
	add_maple_types(&b);
	objects_open(o, &b);
	build(o);
}

static void trees_are_walked_in_order(void **state)
{
	struct objects o;
	struct shown s;
	open_tree(&o);
	expect_success(walk(&o, 40, false, &s));
	assert_int_equal(s.entries.count, 2 + 15 + 16);
	assert_int_equal(s.entries.values[0], 0x1000);
	assert_int_equal(s.first.values[0], 0x10);
	assert_int_equal(s.last.values[0], 0x1f);
	assert_int_equal(s.depths.values[0], 2);
	assert_int_equal(s.entries.values[1], 0x2000);
	assert_int_equal(s.first.values[1], 0x30);
	assert_int_equal(s.last.values[1], 0xfff);
	for (unsigned i = 0; i < 31; i++) {
		assert_int_equal(s.first.values[2 + i], 0x1000 + i);
		assert_int_equal(s.last.values[2 + i], i == 30 ? UINT64_MAX : 0x1000 + i);
		assert_int_equal(s.depths.values[2 + i], 3);
	}
	assert_int_equal(s.entries.values[32], 0x40f0);
	assert_int_equal(s.last_slot, 15);
	assert_int_equal(s.nodes.count, 5);
	assert_int_equal(s.nodes.values[0], node_at(1) + IQ_MAPLE_ARANGE_64);
	assert_int_equal(s.nodes.values[3], node_at(4) + IQ_MAPLE_LEAF_64);
	expect_success(walk(&o, 40, true, &s));
	assert_int_equal(s.entries.count, 34);
	assert_int_equal(s.entries.values[0], 0);
	assert_int_equal(s.last.values[0], 0xf);
	objects_close(&o);
}

static void roots_without_nodes(void **state)
{
	struct objects o;
	struct shown s;
	open_tree(&o);
	put_root(&o, 0);
	expect_success(walk(&o, 5, false, &s));
	assert_int_equal(s.entries.count, 0);
	expect_success(walk(&o, 5, true, &s));
	assert_int_equal(s.last.values[0], UINT64_MAX);
	put_root(&o, 0xffff888000123000);
	expect_success(walk(&o, 5, false, &s));
	assert_int_equal(s.entries.count, 1);
	assert_int_equal(s.last.values[0], 0);
	assert_int_equal(s.depths.values[0], 0);
	objects_close(&o);
}

static void dense_nodes_have_a_slot_an_index(void **state)
{
	struct objects o;
	struct shown s;
	open_tree(&o);
	put_arange(&o, 1, 0, encoded(6, IQ_MAPLE_DENSE), 4);
	put_arange(&o, 1, 1, encoded(7, IQ_MAPLE_LEAF_64), UINT64_MAX);
	put_u64(&o, node_at(6) + 8 + 3 * 8, 0x5000);
	put_u64(&o, node_at(6) + 8 + 4 * 8, 0x6000);
	put_u64(&o, node_at(6) + 8 + 5 * 8, 0x7000); /* behind the node's range */
	put_64(&o, 7, 0, 0, UINT64_MAX);
	expect_success(walk(&o, 40, false, &s));
	assert_int_equal(s.entries.count, 2);
	assert_int_equal(s.first.values[0], 3);
	assert_int_equal(s.last.values[0], 3);
	assert_int_equal(s.entries.values[1], 0x6000);
	objects_close(&o);
}

static void expect_damage(struct objects *o, unsigned shown, const char *why)
{
	struct shown s;
	struct iq_error *error = walk(o, 100, false, &s);
	assert_non_null(error);
	expect_error(error, error->code, why);
	assert_int_equal(s.entries.count, shown);
	build(o);
}

static void damaged_nodes_are_left_out(void **state)
{
	struct objects o;
	struct shown s;
	open_tree(&o);
	expect_error(walk(&o, 32, false, &s), IQ_ERROR_LIMIT, "maple_tree at 0xffff888000100000: more than 32 entries");
	expect_error(walk(&o, 4, false, &s), IQ_ERROR_LIMIT, "more than 4 ");
	put_arange(&o, 1, 0, 0x7000 | IQ_MAPLE_LEAF_64 << 3, 0xfff); /* a node where no memory is */
	expect_damage(&o, 31, "maple_tree at 0xffff888000100000, maple_node at 0x7000: ");
	put_64(&o, 3, 0, encoded(1, IQ_MAPLE_ARANGE_64), 0x100e); /* a cycle */
	expect_damage(&o, 18, "maple_node at 0xffff888000100100: it is in the tree already");
	put_64(&o, 3, 1, encoded(4, IQ_MAPLE_LEAF_64), UINT64_MAX); /* its brother once more */
	expect_damage(&o, 17, "it is in the tree already");
	put_64(&o, 3, 1, encoded(5, 7), UINT64_MAX);
	expect_damage(&o, 17, "node of type 7");
	put_64(&o, 3, 1, 0, UINT64_MAX);
	expect_damage(&o, 17, "no node");
	put_parent(&o, 5, node_at(5));
	expect_damage(&o, 17, "it was removed from its tree");
	put_end(&o, 1, IQ_MAPLE_ARANGE_64, 10);
	expect_damage(&o, 0, "it ends with slot 10 of 10");
	put_end(&o, 2, IQ_MAPLE_LEAF_64, 255);
	expect_damage(&o, 31, "it ends with slot 255 of 16");
	put_64(&o, 2, 1, 0x1000, 0xe); /* falls */
	expect_damage(&o, 31, "pivot 1 is 0xe, in a node for 0 to 0xfff");
	put_64(&o, 2, 1, 0x1000, 0x1000); /* outside */
	expect_damage(&o, 31, "pivot 1 is 0x1000, in a node for 0 to 0xfff");
	expect_success(walk(&o, 40, false, &s));
	objects_close(&o);
}

/* Nodes with one slot each, one below the other: the depth has an end. */
static void depth_is_bounded(void **state)
{
	struct objects o;
	struct shown s;
	open_tree(&o);
	for (unsigned n = 1; n < 40; n++) {
		put_arange(&o, n, 0, encoded(n + 1, IQ_MAPLE_ARANGE_64), UINT64_MAX);
		put_end(&o, n, IQ_MAPLE_ARANGE_64, 0);
	}
	expect_error(walk(&o, 100, false, &s), IQ_ERROR_FORMAT,
		     "maple_node at 0xffff888000102000: more than 31 levels");
	assert_int_equal(s.nodes.count, 31);
	objects_close(&o);
}

static void the_callback_can_end_the_walk(void **state)
{
	struct objects o;
	struct shown s = { .entries.stop_at = 2 };
	const struct iq_maple_visitor visitor = { .entry = see_entry, .context = &s };
	open_tree(&o);
	put_arange(&o, 1, 0, 0x7000 | IQ_MAPLE_LEAF_64 << 3, 0xfff);
	expect_error(iq_maple_each(&o.target, o.types, MEMORY, 100, &visitor), IQ_ERROR_INTERRUPTED, "enough");
	assert_int_equal(s.entries.count, 2);
	objects_close(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_walked_in_order),
		cmocka_unit_test(roots_without_nodes),
		cmocka_unit_test(dense_nodes_have_a_slot_an_index),
		cmocka_unit_test(damaged_nodes_are_left_out),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(the_callback_can_end_the_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
