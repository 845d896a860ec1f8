// SPDX-License-Identifier: GPL-2.0-or-later
/* Hash maps: chains as they should be, and every way in which they can be wrong. */
#include "walks.h"

#include <time.h>

enum { BUCKETS = 0x800, ELEMENTS = 0x1000, SIZE = 48, KEY = 24 /* in struct htab_elem */ };

static uint64_t element(unsigned n)
{
	return MEMORY + ELEMENTS + n * SIZE;
}

static void set_hash(struct maps *m, uint32_t type, uint32_t key_size, uint32_t max_entries)
{
	uint64_t count = iq_bpf_power_of_two(max_entries);
	maps_set(m, type, key_size, 8, max_entries);
	put64(m, BODY, MEMORY + BUCKETS);
	put64(m, BODY + 8, 0);
	put32(m, BODY + 16, (uint32_t)count);
	put32(m, BODY + 20, SIZE);
	for (uint64_t i = 0; i < count; i++)
		put64(m, BUCKETS + i * 16 + 8, i << 1 | 1);
}

/* Element n, the first of its bucket. */
static void add(struct maps *m, unsigned n, uint32_t hash, uint32_t key)
{
	uint64_t head = BUCKETS + (hash & (iq_bpf_power_of_two(m->map.max_entries) - 1)) * 16 + 8, next;
	memcpy(&next, m->memory + head, sizeof(next));
	put64(m, element(n) - MEMORY, next);
	put32(m, element(n) - MEMORY + 16, hash);
	put32(m, element(n) - MEMORY + KEY, key);
	put64(m, head, element(n));
}

static void fill(struct maps *m)
{
	set_hash(m, IQ_BPF_MAP_HASH, 4, 4);
	add(m, 0, 0x13, 100); /* bucket 3: 2, 1, 0 */
	add(m, 1, 0x23, 101);
	add(m, 2, 0x33, 102);
	add(m, 3, 0x10, 103); /* bucket 0 */
}

static void test_order(void **state)
{
	static const uint32_t keys[] = { 103, 102, 101, 100 };
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	fill(&m);
	walk_map(&m, &w);
	expect(&w, 4, NULL);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(key32(&w, i), keys[i]);
	assert_int_equal(w.elements[1].address, element(2));
	assert_int_equal(w.elements[1].key_address, element(2) + KEY);
	assert_int_equal(w.elements[1].value, element(2) + KEY + 8);
	w.stop_at = 3;
	walk_map(&m, &w);
	expect(&w, 3, "enough");
	set_hash(&m, IQ_BPF_MAP_LRU_HASH, 4, 1);
	expect_map(&m, 0, NULL);
	maps_close(&m);
}

static void test_wrong_ends(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	fill(&m);
	put64(&m, element(0) - MEMORY, 2 << 1 | 1);
	expect_map(&m, 4, "map 7 (some): bucket 3: its chain ends with the mark of bucket 2");
	put64(&m, element(0) - MEMORY, element(2)); /* round */
	expect_map(&m, 4, "bucket 3: the chain comes back to 0xffff888000101060");
	put64(&m, element(0) - MEMORY, element(0)); /* to itself */
	expect_map(&m, 4, "bucket 3: the chain comes back to 0xffff888000101000");
	put64(&m, element(1) - MEMORY, element(3)); /* into another bucket */
	walk_map(&m, &w);
	expect(&w, 3, "bucket 3: the element at 0xffff888000101090 with hash 0x10 belongs to bucket 0");
	put64(&m, element(1) - MEMORY, 0);
	expect_map(&m, 3, "bucket 3: element at 0: nothing at 0");
	put64(&m, BUCKETS + 3 * 16 + 8, UINT64_C(0xffff888000900000));
	expect_map(&m, 1, "bucket 3: element at 0xffff888000900000: nothing");
	maps_close(&m);
}

/* Long chains keep their addresses otherwise. */
static void test_long_circle(void **state)
{
	struct maps m;
	maps_open(&m);
	set_hash(&m, IQ_BPF_MAP_HASH, 4, 32);
	for (unsigned n = 0; n < 20; n++)
		add(&m, n, 32 * n, n);
	expect_map(&m, 20, NULL);
	put64(&m, element(0) - MEMORY, element(17));
	expect_map(&m, 20, "bucket 0: the chain comes back to 0xffff888000101330");
	put64(&m, element(0) - MEMORY, element(2));
	expect_map(&m, 20, "bucket 0: the chain comes back to");
	maps_close(&m);
}

static void test_limit(void **state)
{
	static struct maps m; /* 1,024 elements more than it may have, and one */
	uint64_t count = 0;
	maps_open(&m);
	set_hash(&m, IQ_BPF_MAP_HASH, 4, 1);
	for (unsigned n = 0; n < 1026; n++)
		add(&m, n, n, n);
	struct iq_error *error = iq_bpf_map_count(&m.bpf, &m.map, &count);
	assert_non_null(error);
	assert_string_equal(error->message, "map 7 (some): more elements than max_entries 1");
	assert_int_equal(count, 1025);
	iq_error_free(error);
	maps_close(&m);
}

static void test_damaged_table(void **state)
{
	struct maps m;
	maps_open(&m);
	fill(&m);
	m.map.max_entries = 0x80000000;
	expect_map(&m, 0, "n_buckets is 4, which is not max_entries 2147483648 rounded up");
	fill(&m);
	m.map.max_entries = 3; /* 4 buckets as well */
	expect_map(&m, 4, NULL);
	m.map.key_size = 0xfffffff9;
	expect_map(&m, 0, "key_size 4294967289");
	fill(&m);
	put64(&m, BODY, 0x1000);
	expect_map(&m, 0, "buckets 0 to 3: nothing at 0x1000");
	/* Preallocated: an element is one of the area's. */
	fill(&m);
	put64(&m, BODY + 8, element(0));
	expect_map(&m, 4, NULL);
	put64(&m, BODY + 8, element(0) + 8);
	expect_map(&m, 0, "bucket 0: 0xffff888000101090 is none of the map's elements");
	put64(&m, BODY + 8, element(1)); /* 0 lies before the area */
	expect_map(&m, 3, "bucket 3: 0xffff888000101000 is none of the map's elements");
	put32(&m, BODY + 20, 16);
	expect_map(&m, 0, "elem_size is 16 with keys of 4 bytes");
	maps_close(&m);
}

/* Of two pages of buckets the second is missing. */
static void test_missing_buckets(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open_bare(&m, NULL);
	fake_add(&m.target, MEMORY, m.memory, 0x3000);
	fake_add(&m.target, MEMORY + 0x4000, m.memory + 0x4000, 0x8000);
	set_hash(&m, IQ_BPF_MAP_HASH, 4, 512);
	put64(&m, BODY, MEMORY + 0x2000);
	for (uint64_t i = 0; i < 512; i++)
		put64(&m, 0x2000 + i * 16 + 8, i << 1 | 1);
	put64(&m, 0x2000 + 255 * 16 + 8, element(0));
	put64(&m, ELEMENTS, 255 << 1 | 1);
	put32(&m, ELEMENTS + 16, 255);
	walk_map(&m, &w);
	expect(&w, 1, "buckets 256 to 511: nothing at 0xffff888000103000");
	assert_int_equal(w.elements[0].address, element(0));
	maps_close(&m);
}

/* The pointer lies directly behind the key, or at a multiple of 8. */
static void test_per_cpu(void **state)
{
	for (unsigned layout = 0; layout < 2; layout++) {
		struct maps m;
		struct walked w = { 0 };
		uint64_t address;
		maps_open(&m);
		set_hash(&m, layout ? IQ_BPF_MAP_LRU_PERCPU_HASH : IQ_BPF_MAP_PERCPU_HASH, 4, 2);
		add(&m, 0, 0, 5);
		add(&m, 1, 1, 6);
		for (unsigned n = 0; n < 2; n++)
			put64(&m, element(n) - MEMORY + KEY + (layout ? 8 : 4), 0x40 + n * 16);
		walk_map(&m, &w);
		expect(&w, 2, NULL);
		for (unsigned n = 0; n < 2; n++) {
			assert_int_equal(w.elements[n].kind, IQ_BPF_PER_CPU);
			assert_int_equal(w.elements[n].value, 0x40 + n * 16);
			assert_null(iq_bpf_element_on(&m.bpf, &w.elements[n], 1, &address));
			assert_int_equal(address, MEMORY + CPU1 + 0x40 + n * 16);
		}
		maps_close(&m);
	}
}

static void test_maps(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	set_hash(&m, IQ_BPF_MAP_HASH_OF_MAPS, 4, 2);
	add(&m, 0, 0, 5);
	put64(&m, element(0) - MEMORY + KEY + 8, MEMORY + 0xa000);
	put32(&m, 0xa000, 44);
	walk_map(&m, &w);
	expect(&w, 1, NULL);
	assert_string_equal(w.elements[0].object_type, "bpf_map");
	assert_int_equal(w.elements[0].object, MEMORY + 0xa000);
	assert_int_equal(w.elements[0].object_id, 44);
	maps_close(&m);
}

/* 100,000 elements: each is read once, and a page of buckets at a time. */
static void test_speed(void **state)
{
	enum { COUNT = 100000, BUCKET_COUNT = 131072 };
	static struct maps m;
	uint64_t *elements = calloc(COUNT, SIZE), *buckets = calloc(BUCKET_COUNT, 16), count;
	uint64_t at = UINT64_C(0xffff889000000000), table = UINT64_C(0xffff88a000000000);
	struct timespec start, end;
	assert_true(elements && buckets);
	maps_open(&m);
	set_hash(&m, IQ_BPF_MAP_HASH, 4, 64);
	m.map.max_entries = COUNT;
	put64(&m, BODY, table);
	put32(&m, BODY + 16, BUCKET_COUNT);
	fake_add(&m.target, at, elements, (size_t)COUNT * SIZE);
	fake_add(&m.target, table, buckets, (size_t)BUCKET_COUNT * 16);
	for (uint64_t i = 0; i < BUCKET_COUNT; i++)
		buckets[2 * i + 1] = i << 1 | 1;
	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t hash = iq_hash_u64(i) & 0xffffffff, *head = buckets + 2 * (hash & (BUCKET_COUNT - 1)) + 1;
		elements[i * SIZE / 8] = *head;
		elements[i * SIZE / 8 + 2] = hash;
		elements[i * SIZE / 8 + 3] = i;
		*head = at + i * SIZE;
	}
	m.target.reads = 0;
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_null(iq_bpf_map_count(&m.bpf, &m.map, &count));
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(count, COUNT);
	assert_in_range(m.target.reads, COUNT, COUNT + BUCKET_COUNT * 16 / 4096 + 16);
	assert_in_range((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000, 0, 2000);
	free(elements);
	free(buckets);
	maps_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),         cmocka_unit_test(test_wrong_ends),
		cmocka_unit_test(test_long_circle),   cmocka_unit_test(test_limit),
		cmocka_unit_test(test_damaged_table), cmocka_unit_test(test_missing_buckets),
		cmocka_unit_test(test_per_cpu),       cmocka_unit_test(test_maps),
		cmocka_unit_test(test_speed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
