// SPDX-License-Identifier: GPL-2.0-or-later
/* LPM tries, and ring buffers. */
#include "walks.h"

enum { NODES = 0x800, NODE = 64, DATA = 24 };

static uint64_t node(unsigned n)
{
	return MEMORY + NODES + n * NODE;
}

/* An IPv4 prefix; `children` are numbers of nodes, 0: none. */
static void put_node(struct maps *m, unsigned n, const char *address, uint32_t bits, unsigned left, unsigned right,
		     bool intermediate)
{
	unsigned parts[4];
	uint64_t offset = node(n) - MEMORY;
	assert_int_equal(sscanf(address, "%u.%u.%u.%u", &parts[0], &parts[1], &parts[2], &parts[3]), 4);
	put64(m, offset, left ? node(left) : 0);
	put64(m, offset + 8, right ? node(right) : 0);
	put32(m, offset + 16, bits);
	put32(m, offset + 20, intermediate);
	for (unsigned i = 0; i < 4; i++)
		m->memory[offset + DATA + i] = (uint8_t)parts[i];
}

/* The example in kernel/bpf/lpm_trie.c: 192.168.0.0/16, /24 of 0, 1 and 128, and 192.168.0.0/23 that joins two. */
static void fill(struct maps *m)
{
	maps_set(m, IQ_BPF_MAP_LPM_TRIE, 8, 4, 8);
	put64(m, BODY, node(1));
	put_node(m, 1, "192.168.0.0", 16, 4, 3, false);
	put_node(m, 2, "192.168.0.0", 24, 0, 0, false);
	put_node(m, 3, "192.168.128.0", 24, 0, 0, false);
	put_node(m, 4, "192.168.0.0", 23, 2, 5, true);
	put_node(m, 5, "192.168.1.0", 24, 0, 0, false);
}

static void test_trie(void **state)
{
	static const uint8_t keys[4][8] = {
		{ 24, 0, 0, 0, 192, 168, 0, 0 },
		{ 24, 0, 0, 0, 192, 168, 1, 0 },
		{ 24, 0, 0, 0, 192, 168, 128, 0 },
		{ 16, 0, 0, 0, 192, 168, 0, 0 },
	};
	struct maps m;
	struct walked w = { 0 };
	maps_open(&m);
	fill(&m);
	walk_map(&m, &w);
	expect(&w, 4, NULL);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(w.keys[i], keys[i], 8);
	assert_int_equal(w.elements[1].address, node(5));
	assert_int_equal(w.elements[1].value, node(5) + DATA + 4);
	put64(&m, BODY, 0);
	expect_map(&m, 0, NULL);
	maps_close(&m);
}

static void test_damaged_trie(void **state)
{
	struct maps m;
	maps_open(&m);
	fill(&m);
	put_node(&m, 5, "192.168.1.0", 24, 1, 0, false); /* back up: a circle */
	expect_map(&m, 4, "node at 0xffff888000100840 does not belong below 0xffff888000100940");
	fill(&m);
	put_node(&m, 4, "192.168.0.0", 23, 2, 2, true); /* one node, two ways */
	expect_map(&m, 3, "node at 0xffff888000100880 does not belong below 0xffff888000100900");
	fill(&m);
	put_node(&m, 3, "192.169.128.0", 24, 0, 0, false); /* another prefix */
	expect_map(&m, 3, "does not belong below 0xffff888000100840");
	fill(&m);
	put_node(&m, 2, "192.168.0.0", 33, 0, 0, false);
	expect_map(&m, 3, "its prefix has 33 bits");
	fill(&m);
	put64(&m, node(4) - MEMORY, 0x10);
	expect_map(&m, 3, "map 7 (some): node at 0x10: nothing at 0x10");
	fill(&m);
	m.map.max_entries = 1; /* 3 nodes at most: 1, 4, 2 */
	expect_map(&m, 2, "more nodes than max_entries 1 can have");
	fill(&m);
	m.map.key_size = 4;
	expect_map(&m, 0, "key_size 4");
	m.map.key_size = 261;
	expect_map(&m, 0, "key_size 261");
	maps_close(&m);
}

/* The deepest: each bit of 256 bytes is a level. */
static void test_deep_trie(void **state)
{
	enum { BITS = 2048, SIZE = DATA + 256 };
	static struct maps m;
	uint8_t *memory = calloc(BITS + 1, SIZE);
	uint64_t start = UINT64_C(0xffff889000000000), count;
	assert_non_null(memory);
	maps_open(&m);
	maps_set(&m, IQ_BPF_MAP_LPM_TRIE, 260, 1, BITS + 1);
	put64(&m, BODY, start);
	fake_add(&m.target, start, memory, (size_t)(BITS + 1) * SIZE);
	for (uint32_t n = 0; n <= BITS; n++) {
		uint64_t next = start + (n + 1) * SIZE;
		memcpy(memory + n * SIZE, &next, n < BITS ? 8 : 0);
		memcpy(memory + n * SIZE + 16, &n, 4);
	}
	assert_null(iq_bpf_map_count(&m.bpf, &m.map, &count));
	assert_int_equal(count, BITS + 1);
	free(memory);
	maps_close(&m);
}

static void set_ring(struct maps *m, uint32_t type, uint64_t consumer, uint64_t producer)
{
	maps_set(m, type, 0, 0, 4096);
	put64(m, BODY, MEMORY + RING);
	put64(m, RING, 4095);
	put64(m, RING + 8, consumer);
	put64(m, RING + 16, producer);
}

static void put_record(struct maps *m, uint64_t position, uint32_t header)
{
	put32(m, RING_DATA + position % 4096, header);
	put32(m, RING_DATA + position % 4096 + 4, (uint32_t)(RING_DATA - RING + position % 4096) >> 12);
}

static void test_ring(void **state)
{
	struct maps m;
	struct walked w = { 0 };
	struct iq_bpf_ring ring;
	maps_open(&m);
	set_ring(&m, IQ_BPF_MAP_RINGBUF, 0x1fe0, 0x2040);
	put_record(&m, 0x1fe0, 9);             /* 8 + 9 → 24 bytes */
	put_record(&m, 0x1ff8, 16 | 1u << 30); /* over the end: 24 bytes */
	put_record(&m, 0x2010, 33 | 1u << 31); /* 48 bytes, to the producer's position */
	walk_map(&m, &w);
	expect(&w, 3, NULL);
	assert_int_equal(w.elements[0].address, MEMORY + RING_DATA + 0xfe0);
	assert_int_equal(w.elements[0].value, MEMORY + RING_DATA + 0xfe8);
	assert_int_equal(w.elements[0].value_size, 9);
	assert_int_equal(w.elements[0].state, IQ_BPF_RECORD_READY);
	assert_int_equal(w.elements[1].value, MEMORY + RING_DATA + 0x1000);
	assert_int_equal(w.elements[1].state, IQ_BPF_RECORD_DISCARDED);
	assert_int_equal(w.elements[2].address, MEMORY + RING_DATA + 0x10);
	assert_int_equal(w.elements[2].state, IQ_BPF_RECORD_BUSY);
	assert_null(iq_bpf_ring_read(&m.bpf, &m.map, &ring));
	assert_int_equal(ring.size, 4096);
	assert_int_equal(ring.first, 0x1fe0);
	assert_int_equal(ring.data, MEMORY + RING_DATA);
	set_ring(&m, IQ_BPF_MAP_RINGBUF, 0x2000, 0x2000);
	expect_map(&m, 0, NULL);
	maps_close(&m);
}

static void test_damaged_ring(void **state)
{
	struct maps m;
	maps_open(&m);
	set_ring(&m, IQ_BPF_MAP_RINGBUF, 0x100, 0x140);
	put_record(&m, 0x100, 8);
	put_record(&m, 0x110, 41);
	expect_map(&m, 1, "map 7 (some): the record at position 0x110 has 41 bytes, with 48 left");
	put_record(&m, 0x110, 40);
	expect_map(&m, 2, NULL);
	put32(&m, RING_DATA + 0x114, 7);
	expect_map(&m, 1, "no record at position 0x110: its page is 7, not 1");
	/* Processes leave that field alone in their own ring buffers. */
	m.map.type = IQ_BPF_MAP_USER_RINGBUF;
	expect_map(&m, 2, NULL);
	set_ring(&m, IQ_BPF_MAP_RINGBUF, 0x148, 0x140);
	expect_map(&m, 0, "consumer position 0x148, producer position 0x140");
	set_ring(&m, IQ_BPF_MAP_RINGBUF, 0x100, 0x1108);
	expect_map(&m, 0, "consumer position");
	set_ring(&m, IQ_BPF_MAP_RINGBUF, 0x104, 0x140);
	expect_map(&m, 0, "consumer position");
	put64(&m, RING, 4094);
	expect_map(&m, 0, "mask is 0xffe with max_entries 4096");
	put64(&m, BODY, 0);
	expect_map(&m, 0, "nothing at 0");
	maps_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trie), cmocka_unit_test(test_damaged_trie), cmocka_unit_test(test_deep_trie),
		cmocka_unit_test(test_ring), cmocka_unit_test(test_damaged_ring),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
