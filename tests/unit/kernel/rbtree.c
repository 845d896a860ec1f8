// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Red-black trees laid out by hand after include/linux/rbtree_types.h: node n at MEMORY + n * 32.
 *
 *            1
 *         2     3
 *       4   5     6
 *          7
 */
#include "objects.h"

#include "kernel/rbtree.h"

struct tree {
	struct objects o;
	struct seen seen;
	char places[64][IQ_RBTREE_MAX_DEPTH + 1];
};

enum { PARENT = 0, RIGHT = 8, LEFT = 16 };

static uint64_t node_at(unsigned n)
{
	return n ? MEMORY + n * 32 : 0;
}

static void put_node(struct tree *t, unsigned n, unsigned parent, unsigned left, unsigned right)
{
	put_u64(&t->o, node_at(n) + PARENT, node_at(parent) | (n & 1)); /* the colour is not looked at */
	put_u64(&t->o, node_at(n) + RIGHT, node_at(right));
	put_u64(&t->o, node_at(n) + LEFT, node_at(left));
}

static void build(struct tree *t)
{
	put_node(t, 1, 0, 2, 3);
	put_node(t, 2, 1, 4, 5);
	put_node(t, 3, 1, 0, 6);
	put_node(t, 4, 2, 0, 0);
	put_node(t, 5, 2, 7, 0);
	put_node(t, 6, 3, 0, 0);
	put_node(t, 7, 5, 0, 0);
}

static void setup(struct tree *t)
{
	struct builder b;
	objects_types(&b);
	b_type(&b, B_STRUCT, "rb_node", false, 3, 24);
	b_member(&b, "__rb_parent_color", 5, 0); /* unsigned long */
	b_member(&b, "rb_right", 9, 64);         /* a pointer */
	b_member(&b, "rb_left", 9, 128);
	objects_open(&t->o, &b);
	build(t);
}

static struct iq_error *see_node(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct tree *t = context;
	snprintf(t->places[t->seen.count], sizeof(t->places[0]), "%s", place->turns);
	assert_int_equal(place->depth, strlen(place->turns));
	return see(&t->seen, (node - MEMORY) / 32);
}

static struct iq_error *walk(struct tree *t, unsigned root, bool whole, bool linear, size_t limit)
{
	memset(&t->seen, 0, sizeof(t->seen));
	return iq_rbtree_each(&t->o.target, t->o.types, node_at(root), whole, linear, limit, see_node, t);
}

static void expect_order(const struct tree *t, const char *order)
{
	assert_int_equal(t->seen.count, strlen(order));
	for (unsigned i = 0; i < t->seen.count; i++)
		assert_int_equal(t->seen.values[i], order[i] - '0');
}

static void trees_are_walked_in_both_orders(void **state)
{
	static const char *const places[] = { "", "l", "ll", "lr", "lrl", "r", "rr" };
	struct tree t;
	setup(&t);
	expect_success(walk(&t, 1, true, false, 7));
	expect_order(&t, "1245736");
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(places); i++)
		assert_string_equal(t.places[i], places[i]);
	expect_success(walk(&t, 1, true, true, 7));
	expect_order(&t, "4275136");
	assert_string_equal(t.places[0], "ll");
	expect_success(walk(&t, 2, false, true, 7));
	expect_order(&t, "4275");
	expect_success(walk(&t, 0, true, true, 7));
	expect_order(&t, "");
	objects_close(&t.o);
}

static void expect_damage(struct tree *t, const char *order, enum iq_error_code code, const char *why)
{
	expect_error(walk(t, 1, true, false, 100), code, why);
	expect_order(t, order);
	build(t);
}

static void damaged_nodes_are_left_out(void **state)
{
	struct tree t;
	setup(&t);
	expect_error(walk(&t, 1, true, false, 3), IQ_ERROR_LIMIT, "more than 3 nodes");
	expect_order(&t, "124");
	expect_error(walk(&t, 2, true, false, 9), IQ_ERROR_FORMAT,
		     "rb_node at 0xffff888000100040, root: its parent is 0xffff888000100020, not 0");
	put_node(&t, 2, 6, 4, 5);
	expect_damage(&t, "136", IQ_ERROR_FORMAT, "its parent is 0xffff8880001000c0, not 0xffff888000100020");
	put_node(&t, 7, 5, 2, 0); /* back up */
	expect_damage(&t, "1245736", IQ_ERROR_FORMAT, "rb_node at 0xffff888000100040, root/lrll: its parent is");
	put_node(&t, 6, 3, 1, 0);
	expect_damage(&t, "1245736", IQ_ERROR_FORMAT, "its parent is 0, not 0xffff8880001000c0");
	put_node(&t, 5, 2, 7, 7);
	expect_damage(&t, "12436", IQ_ERROR_FORMAT, "0xffff8880001000e0 is on both sides below it");
	put_u64(&t.o, node_at(5) + LEFT, 0x7ffc00000000);
	expect_damage(&t, "124536", IQ_ERROR_FORMAT, "rb_node at 0x7ffc00000000, root/lrl: no kernel address");
	put_u64(&t.o, node_at(5) + LEFT, 0xffff999900000000);
	expect_damage(&t, "124536", IQ_ERROR_MEMORY, "nothing at 0xffff999900000000");
	/* A circle through a root that is not said to have no parent. */
	put_node(&t, 2, 7, 4, 5);
	put_node(&t, 7, 5, 2, 0);
	expect_error(walk(&t, 2, false, false, 100), IQ_ERROR_FORMAT, "the tree leads back to its root");
	expect_order(&t, "2457");
	objects_close(&t.o);
}

static void a_path_that_never_ends_is_cut(void **state)
{
	struct tree t;
	setup(&t);
	/* A list of nodes to the left: no balanced tree has that. */
	for (unsigned n = 1; n < 200; n++)
		put_node(&t, n, n - 1, n + 1, 0);
	expect_error(walk(&t, 1, true, true, 40), IQ_ERROR_LIMIT, "more than 40 nodes");
	assert_int_equal(t.seen.values[0], 129);
	objects_close(&t.o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_walked_in_both_orders),
		cmocka_unit_test(damaged_nodes_are_left_out),
		cmocka_unit_test(a_path_that_never_ends_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
