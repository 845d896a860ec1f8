// SPDX-License-Identifier: GPL-2.0-or-later
/* Chains laid out by hand: element n is the word at MEMORY + n * 16, with the word behind it as the way back. */
#include "objects.h"

#include "kernel/chain.h"

struct chain {
	struct objects o;
	struct seen seen;
};

static uint64_t at(unsigned n)
{
	return MEMORY + n * 16;
}

static struct iq_error *see_element(void *context, uint64_t address)
{
	return see(context, (address - MEMORY) / 16);
}

static void setup(struct chain *c)
{
	c->o.types = NULL;
	fake_init(&c->o.target);
	memset(c->o.memory, 0, sizeof(c->o.memory));
	fake_add(&c->o.target, MEMORY, c->o.memory, sizeof(c->o.memory));
}

/* 1 → 2 → ... → last, and from there to `next`. */
static void link_to(struct chain *c, unsigned last, uint64_t next)
{
	for (unsigned n = 1; n <= last; n++)
		put_u64(&c->o, at(n), n < last ? at(n + 1) : next);
}

static struct iq_error *walk(struct chain *c, struct iq_chain chain)
{
	memset(&c->seen, 0, sizeof(c->seen));
	return iq_chain_each(&c->o.target, &chain, see_element, &c->seen);
}

static void expect_seen(const struct chain *c, unsigned count)
{
	assert_int_equal(c->seen.count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(c->seen.values[i], i + 1);
}

static void every_end_is_known(void **state)
{
	struct chain c;
	setup(&c);
	for (int brent = 0; brent < 2; brent++) {
		struct iq_chain chain = { .first = at(1), .brent = brent };
		link_to(&c, 5, 0);
		expect_success(walk(&c, chain));
		expect_seen(&c, 5);
		link_to(&c, 5, at(1)); /* round */
		expect_success(walk(&c, chain));
		expect_seen(&c, 5);
		link_to(&c, 5, at(5)); /* to itself */
		expect_success(walk(&c, chain));
		expect_seen(&c, 5);
		link_to(&c, 5, at(2)); /* past a head that is not in the circle */
		expect_success(walk(&c, chain));
		expect_seen(&c, 5);
		link_to(&c, 5, 0x7); /* hlist_nulls */
		expect_success(walk(&c, chain));
		expect_seen(&c, 5);
		link_to(&c, 5, at(9));
		chain.end = at(9);
		expect_success(walk(&c, chain));
		expect_seen(&c, 5);
		chain.end = at(3);
		expect_success(walk(&c, chain));
		expect_seen(&c, 2);
		chain.first = at(3);
		expect_success(walk(&c, chain));
		expect_seen(&c, 0);
		chain.first = 0;
		expect_success(walk(&c, chain));
		expect_seen(&c, 0);
	}
	objects_close(&c.o);
}

static void the_pointer_may_lie_anywhere(void **state)
{
	struct chain c;
	setup(&c);
	put_u64(&c.o, at(1) + 8, at(2));
	expect_success(walk(&c, (struct iq_chain){ .first = at(1), .offset = 8 }));
	expect_seen(&c, 2);
	objects_close(&c.o);
}

static void circles_are_seen(void **state)
{
	struct chain c;
	setup(&c);
	link_to(&c, 9, at(4));
	expect_error(
		walk(&c, (struct iq_chain){ .first = at(1) }), IQ_ERROR_LIMIT,
		"after 9 elements: 0xffff888000100040 comes again: the list goes round in a circle of 6, 3 before it");
	expect_seen(&c, 9);
	/* Brent's, for circles of every length and way to them. */
	for (unsigned last = 3; last < 40; last++) {
		for (unsigned back = 3; back < last; back++) {
			char why[80];
			link_to(&c, last, at(back));
			snprintf(why, sizeof(why), "after %u elements: %#lx comes again", last, at(back));
			expect_error(walk(&c, (struct iq_chain){ .first = at(1), .brent = true }), IQ_ERROR_LIMIT, why);
			expect_seen(&c, last);
		}
	}
	objects_close(&c.o);
}

static void what_is_no_list_ends_with_an_error(void **state)
{
	struct chain c;
	setup(&c);
	for (int brent = 0; brent < 2; brent++) {
		struct iq_chain chain = { .first = at(1), .brent = brent };
		link_to(&c, 3, 0x7ffc12345678);
		expect_error(walk(&c, chain), IQ_ERROR_FORMAT,
			     "after 3 elements, behind 0xffff888000100030: 0x7ffc12345678 is no kernel address");
		expect_seen(&c, 3);
		link_to(&c, 3, 0xffff999900000000);
		expect_error(walk(&c, chain), IQ_ERROR_MEMORY,
			     "after 3 elements, behind 0xffff888000100030: nothing at 0xffff999900000000");
		expect_seen(&c, 3);
		link_to(&c, 3, 0);
		chain.circular = true;
		chain.end = at(9);
		expect_error(walk(&c, chain), IQ_ERROR_FORMAT,
			     "after 3 elements, behind 0xffff888000100030: it points to NULL, not to the list's head");
		expect_seen(&c, 3);
		chain.first = 0x1000;
		expect_error(walk(&c, chain), IQ_ERROR_FORMAT, "the first element: 0x1000 is no kernel address");
		expect_seen(&c, 0);
	}
	objects_close(&c.o);
}

static void a_walk_can_be_ended(void **state)
{
	struct chain c;
	setup(&c);
	link_to(&c, 30, 0);
	c.o.target.interrupt_at = 10;
	expect_error(walk(&c, (struct iq_chain){ .first = at(1) }), IQ_ERROR_INTERRUPTED, "interrupted");
	iq_interrupt_set(false);
	assert_in_range(c.seen.count, 1, 10);
	objects_close(&c.o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end_is_known),  cmocka_unit_test(the_pointer_may_lie_anywhere),
		cmocka_unit_test(circles_are_seen),    cmocka_unit_test(what_is_no_list_ends_with_an_error),
		cmocka_unit_test(a_walk_can_be_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
