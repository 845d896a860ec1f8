// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps that are arrays: of values, of pointers, queues and stacks, stack traces, bloom filters. */
#include "walks.h"

static void set_array(struct maps *m, uint32_t type, uint32_t value_size, uint32_t max_entries)
{
	maps_set(m, type, 4, value_size, max_entries);
	put32(m, BODY, (value_size + 7) & ~7U);
	put32(m, BODY + 4, (uint32_t)iq_bpf_power_of_two(max_entries) - 1);
}

static void test_values(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	set_array(&m, IQ_BPF_MAP_ARRAY, 12, 5);
	walk_map(&m, &w);
	expect(&w, 5, NULL);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(key32(&w, i), i);
		assert_int_equal(w.elements[i].value, MEMORY + ARRAY_VALUES + i * 16);
		assert_int_equal(w.elements[i].value_size, 12);
		assert_int_equal(w.elements[i].kind, IQ_BPF_BYTES);
	}
	/* The callback's own error ends it and is handed on as it is. */
	w.stop_at = 2;
	walk_map(&m, &w);
	assert_string_equal(w.error->message, "enough");
	expect(&w, 2, "enough");
	maps_close(&m);
}

/* Of three pages the second is missing: what lies on it alone is left out, what begins or ends there is not. */
static void test_missing_page(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open_bare(&m, NULL);
	fake_add(&m.target, MEMORY, m.memory, 0x1000);
	fake_add(&m.target, MEMORY + 0x2000, m.memory + 0x2000, 0x1000);
	set_array(&m, IQ_BPF_MAP_ARRAY, 0x300, 15); /* 0x150, 0x450, ..., 0x2b50 + 0x300 */
	walk_map(&m, &w);
	/* 5: 0x1050 to 0x134f, 6: 0x1350, 7: 0x1650, 8: 0x1950, 9: 0x1c50 to 0x1f4f; 10 begins at 0x1f50. */
	expect(&w, 10, "nothing at 0xffff888000101");
	assert_int_equal(key32(&w, 4), 4);
	assert_int_equal(key32(&w, 5), 10);
	/* A value that goes over it is shown. */
	set_array(&m, IQ_BPF_MAP_ARRAY, 0x2800, 1);
	expect_map(&m, 1, "nothing at");
	maps_close(&m);
}

static void test_damaged_array(void **state)
{
	struct maps m;
	maps_open(&m);
	set_array(&m, IQ_BPF_MAP_ARRAY, 8, 4);
	m.map.max_entries = 0xffffffff;
	expect_map(&m, 4, "map 7 (some): max_entries 4294967295 goes beyond index_mask 0x3");
	set_array(&m, IQ_BPF_MAP_ARRAY, 8, 4);
	put32(&m, BODY, 16);
	expect_map(&m, 0, "elem_size 16 is not the value_size 8 rounded up to 8");
	m.map.address = MEMORY + MEMORY_SIZE;
	expect_map(&m, 0, "nothing at");
	m.map.type = 999;
	struct walked w = { 0 };
	walk_map(&m, &w);
	assert_int_equal(w.error->code, IQ_ERROR_UNSUPPORTED);
	expect(&w, 0, "map 7 (some)");
	maps_close(&m);
}

static void test_per_cpu(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	uint64_t address;
	maps_open(&m);
	set_array(&m, IQ_BPF_MAP_PERCPU_ARRAY, 12, 2);
	put64(&m, ARRAY_VALUES, 0x40);
	put64(&m, ARRAY_VALUES + 8, 0x60);
	walk_map(&m, &w);
	expect(&w, 2, NULL);
	assert_int_equal(w.elements[1].kind, IQ_BPF_PER_CPU);
	assert_int_equal(w.elements[1].value_stride, 16);
	assert_null(iq_bpf_element_on(&m.bpf, &w.elements[1], 1, &address));
	assert_int_equal(address, MEMORY + CPU1 + 0x60);
	expect_map(&m, 2, NULL);
	maps_close(&m);
}

static void test_objects(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	set_array(&m, IQ_BPF_MAP_PROG_ARRAY, 4, 6);
	put64(&m, ARRAY_VALUES + 8, MEMORY + 0x800);      /* 1: a program, its aux at 0x840 */
	put64(&m, ARRAY_VALUES + 4 * 8, MEMORY + 0x1800); /* 4: one without */
	put64(&m, 0x808, MEMORY + 0x840);
	put32(&m, 0x844, 33);
	put64(&m, 0x848, MEMORY + 0x800);
	put64(&m, 0x1808, UINT64_C(0xffff888000900000));
	walk_map(&m, &w);
	expect(&w, 2, "nothing at 0xffff888000900008");
	assert_int_equal(key32(&w, 0), 1);
	assert_int_equal(w.elements[0].object, MEMORY + 0x800);
	assert_int_equal(w.elements[0].object_id, 33);
	assert_string_equal(w.elements[0].object_type, "bpf_prog");
	assert_int_equal(key32(&w, 1), 4);
	assert_int_equal(w.elements[1].object_id, 0);

	/* What lies there is no program: it has no ID. */
	put64(&m, 0x848, MEMORY + 0x1800);
	put64(&m, ARRAY_VALUES + 4 * 8, 0);
	walk_map(&m, &w);
	expect(&w, 1, "its aux at 0xffff888000100840 is of the one at 0xffff888000101800");
	assert_int_equal(w.elements[0].object, MEMORY + 0x800);
	assert_int_equal(w.elements[0].object_id, 0);

	set_array(&m, IQ_BPF_MAP_ARRAY_OF_MAPS, 4, 2);
	put64(&m, ARRAY_VALUES, 0);
	put32(&m, 0x800, 21);
	walk_map(&m, &w);
	expect(&w, 1, NULL);
	assert_string_equal(w.elements[0].object_type, "bpf_map");
	assert_int_equal(w.elements[0].object_id, 21);

	set_array(&m, IQ_BPF_MAP_PERF_EVENT_ARRAY, 4, 2);
	put64(&m, 0x808, MEMORY + 0x900);
	walk_map(&m, &w);
	expect(&w, 1, NULL);
	assert_string_equal(w.elements[0].object_type, "perf_event");
	assert_int_equal(w.elements[0].object, MEMORY + 0x900);
	assert_int_equal(w.elements[0].address, MEMORY + 0x800);
	maps_close(&m);
}

static void set_queue(struct maps *m, uint32_t type, uint32_t head, uint32_t tail)
{
	maps_set(m, type, 0, 8, 4);
	put32(m, BODY, head);
	put32(m, BODY + 4, tail);
	put32(m, BODY + 8, 5);
}

static void test_queue_and_stack(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	set_queue(&m, IQ_BPF_MAP_QUEUE, 1, 3); /* round the end: 3, 4, 0 */
	walk_map(&m, &w);
	expect(&w, 3, NULL);
	assert_null(w.elements[0].key);
	assert_int_equal(w.elements[0].value, MEMORY + ARRAY_VALUES + 24);
	assert_int_equal(w.elements[1].value, MEMORY + ARRAY_VALUES + 32);
	assert_int_equal(w.elements[2].value, MEMORY + ARRAY_VALUES);
	set_queue(&m, IQ_BPF_MAP_STACK, 1, 3); /* the newest first */
	walk_map(&m, &w);
	expect(&w, 3, NULL);
	assert_int_equal(w.elements[0].value, MEMORY + ARRAY_VALUES);
	assert_int_equal(w.elements[1].value, MEMORY + ARRAY_VALUES + 32);
	assert_int_equal(w.elements[2].value, MEMORY + ARRAY_VALUES + 24);
	set_queue(&m, IQ_BPF_MAP_STACK, 2, 2);
	expect_map(&m, 0, NULL);
	set_queue(&m, IQ_BPF_MAP_QUEUE, 5, 2);
	expect_map(&m, 0, "head 5 and tail 2 of size 5 with max_entries 4");
	set_queue(&m, IQ_BPF_MAP_QUEUE, 4, 2);
	m.map.max_entries = 0xffffffff;
	expect_map(&m, 0, "of size 5 with max_entries 4294967295");
	maps_close(&m);
}

static void put_trace(struct maps *m, uint32_t id, uint64_t offset, uint32_t hash, uint32_t entries)
{
	put64(m, STACK_BUCKETS + id * 8, MEMORY + offset);
	put32(m, offset + 8, hash);
	put32(m, offset + 12, entries);
}

static void test_stack_traces(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	maps_set(&m, IQ_BPF_MAP_STACK_TRACE, 4, 64, 6);
	put32(&m, BODY, 8);
	put_trace(&m, 2, 0x800, 0xabcdef02, 3);
	put_trace(&m, 7, 0x900, 0x0000000f, 8);
	walk_map(&m, &w);
	expect(&w, 2, NULL);
	assert_int_equal(key32(&w, 0), 2);
	assert_int_equal(w.elements[0].kind, IQ_BPF_STACK);
	assert_int_equal(w.elements[0].value, MEMORY + 0x810);
	assert_int_equal(w.elements[0].value_size, 24);
	assert_int_equal(key32(&w, 1), 7);

	put_trace(&m, 2, 0x800, 0xabcdef03, 3);
	expect_map(&m, 1, "trace 2 at 0xffff888000100800 has hash 0xabcdef03");
	put_trace(&m, 2, 0x800, 0xabcdef02, 9);
	expect_map(&m, 1, "has 9 entries, with value_size 64");
	m.map.flags = IQ_BPF_STACK_BUILD_IDS;
	put_trace(&m, 2, 0x800, 0xabcdef02, 2);
	walk_map(&m, &w);
	expect(&w, 1, "trace 7");
	assert_int_equal(w.elements[0].value_size, 64);
	put32(&m, BODY, 4);
	expect_map(&m, 0, "n_buckets is 4");
	maps_close(&m);
}

static void test_bloom(void **state)
{
	struct maps m;
	struct iq_bpf_bloom bloom;
	maps_open(&m);
	maps_set(&m, IQ_BPF_MAP_BLOOM_FILTER, 0, 4, 10);
	put32(&m, BODY, 127);
	put32(&m, BODY + 4, 0x1234);
	put32(&m, BODY + 8, 5);
	put64(&m, ARRAY_VALUES, 0x8000000000000001);
	put64(&m, ARRAY_VALUES + 8, 0xff);
	put64(&m, ARRAY_VALUES + 16, 0xff); /* behind it */
	expect_map(&m, 0, NULL);
	assert_null(iq_bpf_bloom_read(&m.bpf, &m.map, &bloom));
	assert_int_equal(bloom.bits, 128);
	assert_int_equal(bloom.set, 10);
	assert_int_equal(bloom.hashes, 5);
	assert_int_equal(bloom.seed, 0x1234);
	put32(&m, BODY, 0xffffffff);
	struct iq_error *error = iq_bpf_bloom_read(&m.bpf, &m.map, &bloom);
	assert_non_null(error);
	iq_error_free(error);
	assert_int_equal(bloom.unread, (UINT64_C(1) << 32) - 8 * (MEMORY_SIZE - ARRAY_VALUES));
	put32(&m, BODY, 126);
	error = iq_bpf_bloom_read(&m.bpf, &m.map, &bloom);
	assert_string_equal(error->message, "bitset_mask is 0x7e");
	iq_error_free(error);
	maps_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),        cmocka_unit_test(test_missing_page),
		cmocka_unit_test(test_damaged_array), cmocka_unit_test(test_per_cpu),
		cmocka_unit_test(test_objects),       cmocka_unit_test(test_queue_and_stack),
		cmocka_unit_test(test_stack_traces),  cmocka_unit_test(test_bloom),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
