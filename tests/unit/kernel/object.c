// SPDX-License-Identifier: GPL-2.0-or-later
/* Members by name, and lists: whole, damaged, endless. */
#include "objects.h"

static uint64_t get(struct objects *o, const char *path)
{
	uint64_t value = 0;
	expect_success(iq_get(&o->target, o->types, MEMORY, "thing", path, &value));
	return value;
}

static void open_thing(struct objects *o)
{
	struct builder b;
	objects_types(&b);
	objects_open(o, &b);
}

static void members_are_read_by_their_own_width(void **state)
{
	struct objects o;
	open_thing(&o);
	static const uint8_t bytes[64] = {
		0xfe, 0xff, 0xff, 0xff,                         /* number: -2 */
		0x85, 0xf7,                                     /* low: 5, high: 0x1ef0 */
		0x80, 0x01,                                     /* tiny: -128, yes */
		1,    0,    0,    0,    0,    0,    0,    0x80, /* list.next */
		2,    0,    0,    0,    0,    0,    0,    0x80, /* list.prev */
		'a',  'b',  'c',  0,    'x',  'y',  'z',  'z',  /* name */
		0x10, 0,    0,    0,    0x80, 0x88, 0xff, 0xff, /* text */
		0x0f, 0,    0,    0,    0,    0,    0,    0x80, /* 3 bits of nothing, wide: 0x1000000000000001 */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* odd: -1 */
		0xf1,                                           /* negative: 10001 in 5 bits: -15 */
	};
	memcpy(o.memory, bytes, sizeof(bytes));
	assert_int_equal(get(&o, "number"), -2);
	assert_int_equal(get(&o, "low"), 5);
	assert_int_equal(get(&o, "high"), 0x1ef0);
	assert_int_equal(get(&o, "tiny"), -128);
	assert_int_equal(get(&o, "yes"), 1);
	assert_int_equal(get(&o, "list.next"), UINT64_C(0x8000000000000001));
	assert_int_equal(get(&o, "name[5]"), 'y');
	assert_int_equal(get(&o, "text"), UINT64_C(0xffff888000000010));
	assert_int_equal(get(&o, "wide"), UINT64_C(0x1000000000000001));
	assert_int_equal(get(&o, "odd"), -1);
	assert_int_equal(get(&o, "negative"), -15);
	char name[16];
	expect_success(iq_get_string(&o.target, o.types, MEMORY, "thing", "name", name, sizeof(name)));
	assert_string_equal(name, "abc");
	o.memory[27] = '-';
	expect_success(iq_get_string(&o.target, o.types, MEMORY, "thing", "name", name, sizeof(name)));
	assert_string_equal(name, "abc-xyzz"); /* no NUL in the array */
	expect_success(iq_get_string(&o.target, o.types, MEMORY, "thing", "name", name, 4));
	assert_string_equal(name, "abc");
	objects_close(&o);
}

static void wrong_members_and_missing_memory_are_named(void **state)
{
	struct objects o;
	uint64_t value;
	char name[16];
	open_thing(&o);
	expect_error(iq_get(&o.target, o.types, MEMORY, "thing", "mem", &value), IQ_ERROR_NOT_FOUND,
		     "struct thing has no member mem");
	expect_error(iq_get(&o.target, o.types, MEMORY, "nothing", "mem", &value), IQ_ERROR_NOT_FOUND,
		     "no struct nothing");
	expect_error(iq_get(&o.target, o.types, MEMORY, "thing", "list", &value), IQ_ERROR_ARGUMENT,
		     "thing.list is no number");
	expect_error(iq_get_string(&o.target, o.types, MEMORY, "thing", "low", name, sizeof(name)), IQ_ERROR_ARGUMENT,
		     "thing.low is no text");
	expect_error(iq_get_string(&o.target, o.types, MEMORY, "thing", "text", name, sizeof(name)), IQ_ERROR_ARGUMENT,
		     "thing.text is no text");
	struct iq_error *error = iq_get(&o.target, o.types, MEMORY + MEMORY_SIZE - 8, "thing", "text", &value);
	assert_true(error && error->has_address);
	assert_int_equal(error->address, MEMORY + MEMORY_SIZE + 24);
	expect_error(error, IQ_ERROR_MEMORY, "thing at 0xffff888000103ff8, member text: ");
	uint64_t place;
	expect_success(iq_member_address(o.types, MEMORY, "thing", "list.prev", &place));
	assert_int_equal(place, MEMORY + 16);
	expect_success(iq_container_of(o.types, place, "thing", "list.prev", &place));
	assert_int_equal(place, MEMORY);
	objects_close(&o);
}

/* `n` things of 64 bytes, the first at MEMORY + 256, on a list with its head at MEMORY; as hlist with `back` pointing
 * to pointers. */
static void build_list(struct objects *o, unsigned n, bool hlist)
{
	uint64_t previous = MEMORY, before = hlist ? MEMORY : MEMORY;
	for (unsigned i = 0; i < n; i++) {
		uint64_t node = MEMORY + 256 + i * 64 + 8;
		put_u64(o, previous, node);
		put_u64(o, node + 8, before);
		previous = before = node;
	}
	put_u64(o, previous, hlist ? 0 : MEMORY);
	if (!hlist)
		put_u64(o, MEMORY + 8, previous);
}

static struct iq_error *see_object(void *context, uint64_t address)
{
	return see(context, address);
}

static struct iq_error *walk_list(struct objects *o, size_t limit, struct seen *seen)
{
	seen->count = 0;
	return iq_list_each(&o->target, o->types, MEMORY, "thing", "list", limit, see_object, seen);
}

static struct iq_error *walk_hlist(struct objects *o, size_t limit, struct seen *seen)
{
	seen->count = 0;
	return iq_hlist_each(&o->target, o->types, MEMORY, "thing", "list", limit, see_object, seen);
}

static void lists_are_walked(void **state)
{
	struct objects o;
	struct seen seen = { 0 };
	open_thing(&o);
	for (unsigned n = 0; n < 5; n++) {
		build_list(&o, n, false);
		expect_success(walk_list(&o, n, &seen));
		assert_int_equal(seen.count, n);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(seen.values[i], MEMORY + 256 + i * 64);
		build_list(&o, n, true);
		expect_success(walk_hlist(&o, n, &seen));
		assert_int_equal(seen.count, n);
		assert_true(!n || seen.values[n - 1] == MEMORY + 256 + (n - 1) * 64);
	}
	/* hlist_nulls end with an odd mark */
	put_u64(&o, MEMORY + 256 + 3 * 64 + 8, 0x15);
	expect_success(walk_hlist(&o, 4, &seen));
	assert_int_equal(seen.count, 4);
	objects_close(&o);
}

static void damaged_lists_end_with_the_reason(void **state)
{
	struct objects o;
	struct seen seen = { 0 };
	open_thing(&o);
	uint64_t first = MEMORY + 256 + 8, third = first + 128;
	build_list(&o, 5, false);
	expect_error(walk_list(&o, 4, &seen), IQ_ERROR_LIMIT,
		     "list of thing.list at 0xffff888000100000, after 4 elements: more than 4 elements");
	assert_int_equal(seen.count, 4);

	/* A cycle that misses the head: seen at its first element, not after a million. */
	put_u64(&o, third, first + 64);
	expect_error(
		walk_list(&o, 1000000, &seen), IQ_ERROR_FORMAT,
		"after 3 elements: 0xffff888000100148 points back to 0xffff888000100108, not to 0xffff888000100188");
	assert_int_equal(seen.count, 3);
	put_u64(&o, third, third);
	expect_error(walk_list(&o, 1000000, &seen), IQ_ERROR_FORMAT, "points back to");

	put_u64(&o, third, UINT64_C(0xdead000000000100)); /* LIST_POISON1 */
	struct iq_error *error = walk_list(&o, 1000000, &seen);
	assert_true(error && error->address == UINT64_C(0xdead000000000100));
	expect_error(error, IQ_ERROR_MEMORY, "after 3 elements: ");
	put_u64(&o, third, 0);
	expect_error(walk_list(&o, 1000000, &seen), IQ_ERROR_MEMORY, "after 3 elements: ");
	put_u64(&o, MEMORY, 0x1234);
	expect_error(walk_list(&o, 1000000, &seen), IQ_ERROR_MEMORY, "after 0 elements: ");

	build_list(&o, 5, true);
	put_u64(&o, third, first);
	expect_error(walk_hlist(&o, 1000000, &seen), IQ_ERROR_FORMAT, "after 3 elements: ");
	/* The head is an element, and what points back to it is right. */
	put_u64(&o, MEMORY, MEMORY);
	put_u64(&o, MEMORY + 8, MEMORY);
	expect_error(walk_hlist(&o, 1000000, &seen), IQ_ERROR_LIMIT, "after 0 elements: a cycle");
	build_list(&o, 5, true);
	expect_error(walk_hlist(&o, 2, &seen), IQ_ERROR_LIMIT, "more than 2 elements");
	put_u64(&o, third, 0x4000);
	expect_error(walk_hlist(&o, 100, &seen), IQ_ERROR_MEMORY, "after 3 elements: ");
	objects_close(&o);
}

static void the_callback_can_end_the_walk(void **state)
{
	struct objects o;
	struct seen seen = { .stop_at = 2 };
	open_thing(&o);
	build_list(&o, 5, false);
	expect_error(walk_list(&o, 10, &seen), IQ_ERROR_INTERRUPTED, "enough");
	assert_int_equal(seen.count, 2);
	expect_error(iq_list_each(&o.target, o.types, MEMORY, "thing", "nowhere", 10, see_object, &seen),
		     IQ_ERROR_NOT_FOUND, "struct thing has no member nowhere");
	objects_close(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read_by_their_own_width),
		cmocka_unit_test(wrong_members_and_missing_memory_are_named),
		cmocka_unit_test(lists_are_walked),
		cmocka_unit_test(damaged_lists_end_with_the_reason),
		cmocka_unit_test(the_callback_can_end_the_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
