// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of devices, CPUs and sockets, whole and damaged. */
#include "map_setup.h"

enum { SLOTS = 0x100, TARGETS = 0x400, STRIDE = 0x80, PROGRAM = 0x900, AUX = 0x920 };

static uint64_t target(unsigned n)
{
	return at(TARGETS + n * STRIDE);
}

static void add_types(struct builder *b)
{
	struct basics t = add_basics(b);
	uint32_t value = b_type(b, B_STRUCT, "bpf_devmap_val", false, 2, 8);
	b_member(b, "ifindex", t.u32, 0);
	b_member(b, "id", t.u32, 32);
	b_type(b, B_STRUCT, "bpf_dtab_netdev", false, 5, 56);
	b_member(b, "dev", t.u64, 0);
	b_member(b, "index_hlist", t.hlist_node, 64);
	b_member(b, "xdp_prog", t.u64, 192);
	b_member(b, "idx", t.u32, 256);
	b_member(b, "val", value, 288);
	b_type(b, B_STRUCT, "bpf_dtab", false, 3, 32);
	b_member(b, "netdev_map", t.u64, 64);
	b_member(b, "dev_index_head", t.u64, 128);
	b_member(b, "n_buckets", t.u32, 192);
	b_type(b, B_STRUCT, "bpf_cpu_map_entry", false, 3, 32);
	b_member(b, "kthread", t.u64, 64);
	b_member(b, "value", value, 128);
	b_member(b, "prog", t.u64, 192);
	b_type(b, B_STRUCT, "bpf_cpu_map", false, 1, 16);
	b_member(b, "cpu_map", t.u64, 64);
	b_type(b, B_STRUCT, "bpf_stab", false, 1, 16);
	b_member(b, "sks", t.u64, 64);
	uint32_t pointers = b_array(b, t.u64, 0);
	b_type(b, B_STRUCT, "reuseport_array", false, 1, 16);
	b_member(b, "ptrs", pointers, 128);
	b_type(b, B_STRUCT, "xsk_map", false, 1, 16);
	b_member(b, "xsk_map", pointers, 128);
	uint32_t common = b_type(b, B_STRUCT, "sock_common", false, 1, 16);
	b_member(b, "skc_cookie", t.u64, 64);
	b_type(b, B_STRUCT, "sock", false, 1, 16);
	b_member(b, "__sk_common", common, 0);
	uint32_t bucket = b_type(b, B_STRUCT, "bpf_shtab_bucket", false, 1, 16);
	b_member(b, "head", t.hlist_head, 0);
	uint32_t buckets = b_type(b, B_PTR, NULL, false, 0, bucket);
	b_type(b, B_STRUCT, "bpf_shtab", false, 2, 24);
	b_member(b, "buckets", buckets, 64);
	b_member(b, "buckets_num", t.u32, 128);
	uint32_t bytes = b_array(b, t.u8, 0);
	b_type(b, B_STRUCT, "bpf_shtab_elem", false, 4, 48);
	b_member(b, "hash", t.u32, 128);
	b_member(b, "sk", t.u64, 192);
	b_member(b, "node", t.hlist_node, 256);
	b_member(b, "key", bytes, 384);
}

static void open_map(struct world *w, uint32_t type)
{
	struct builder b;
	add_types(&b);
	world_open(w, &b, type, 4);
	put(w, at(MAP) + 8, at(SLOTS));
	put(w, at(PROGRAM), at(AUX));
	put_u32(w, at(AUX), 71);
	put(w, at(AUX) + 8, at(PROGRAM));
}

static void devices_have_programs(void **state)
{
	struct world w;
	open_map(&w, IQ_BPF_MAP_DEVMAP);
	put(&w, at(SLOTS) + 8, target(0));
	put(&w, at(SLOTS) + 24, target(1));
	put(&w, target(0), 0xffff888000aaa000);
	put(&w, target(1), 0xffff888000bbb000);
	put(&w, target(1) + 24, at(PROGRAM));
	expect_elements(&w, 2, NULL);
	assert_int_equal(w.told.keys[0], 1);
	assert_int_equal(w.told.keys[1], 3);
	assert_int_equal(w.told.elements[0].object, 0xffff888000aaa000);
	assert_int_equal(w.told.elements[0].address, target(0));
	assert_int_equal(w.told.elements[0].program, 0);
	assert_int_equal(w.told.elements[1].object, 0xffff888000bbb000);
	assert_string_equal(w.told.elements[1].object_type, "net_device");
	assert_int_equal(w.told.elements[1].program, at(PROGRAM));
	assert_int_equal(w.told.elements[1].program_id, 71);
	assert_int_equal(w.told.elements[1].value, target(1) + 36);
	assert_int_equal(w.told.elements[1].value_size, 8);
	expect_end(&w);
	put(&w, at(PROGRAM), LOST); /* its program has no number */
	expect_elements(&w, 2, "bpf_prog_aux at 0xffff888000f00000");
	assert_int_equal(w.told.elements[1].program_id, 0);
	put(&w, at(SLOTS) + 8, LOST);
	expect_elements(&w, 1, "bpf_dtab_netdev at 0xffff888000f00000, member dev");
	put(&w, at(MAP) + 8, LOST);
	expect_elements(&w, 0, "nothing at 0xffff888000f00000");
	world_close(&w);
}

static void devices_are_hashed(void **state)
{
	struct world w;
	open_map(&w, IQ_BPF_MAP_DEVMAP_HASH);
	put(&w, at(MAP) + 16, at(SLOTS));
	put_u32(&w, at(MAP) + 24, 4);
	link_hlist(&w, at(SLOTS) + 8, (uint64_t[]){ target(0) + 8, target(1) + 8 }, 2);
	put_u32(&w, target(0) + 32, 77);
	put_u32(&w, target(1) + 32, 5);
	put(&w, target(1), 0xffff888000bbb000);
	expect_elements(&w, 2, NULL);
	assert_int_equal(w.told.keys[0], 77);
	assert_int_equal(w.told.keys[1], 5);
	assert_int_equal(w.told.elements[1].key_address, target(1) + 32);
	assert_int_equal(w.told.elements[1].object, 0xffff888000bbb000);
	expect_end(&w);
	put_u32(&w, target(0) + 32, 78);
	expect_elements(&w, 1, "bucket 1: bpf_dtab_netdev at 0xffff888000100400 with index 78 belongs to bucket 2");
	put_u32(&w, target(0) + 32, 77);
	put(&w, target(1) + 8, target(0) + 8); /* a circle */
	expect_elements(&w, 2, "map 7 (kind): bucket 1: list of bpf_dtab_netdev.index_hlist");
	put_u32(&w, at(MAP) + 24, 8);
	expect_elements(&w, 0, "n_buckets is 8 with max_entries 4");
	world_close(&w);
}

static void cpus_have_threads(void **state)
{
	struct world w;
	open_map(&w, IQ_BPF_MAP_CPUMAP);
	put(&w, at(SLOTS) + 16, target(0));
	put(&w, target(0) + 8, 0xffff888000aaa000);
	put(&w, target(0) + 24, at(PROGRAM));
	expect_elements(&w, 1, NULL);
	assert_int_equal(w.told.keys[0], 2);
	assert_int_equal(w.told.elements[0].object, 0xffff888000aaa000);
	assert_string_equal(w.told.elements[0].object_type, "task_struct");
	assert_int_equal(w.told.elements[0].program_id, 71);
	assert_int_equal(w.told.elements[0].value, target(0) + 16);
	w.map.max_entries = 100000;
	expect_elements(&w, 0, "max_entries is 100000");
	world_close(&w);
}

static void sockets_have_cookies(void **state)
{
	static const uint32_t types[] = { IQ_BPF_MAP_SOCKMAP, IQ_BPF_MAP_REUSEPORT_SOCKARRAY };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(types); i++) {
		struct world w;
		open_map(&w, types[i]);
		put(&w, i ? at(MAP) + 16 + 24 : at(SLOTS) + 24, target(0));
		expect_elements(&w, 1, NULL);
		assert_int_equal(w.told.keys[0], 3);
		assert_int_equal(w.told.elements[0].kind, IQ_BPF_OBJECT);
		assert_int_equal(w.told.elements[0].object, target(0));
		assert_string_equal(w.told.elements[0].object_type, "sock");
		assert_int_equal(w.told.elements[0].value, target(0) + 8);
		assert_int_equal(w.told.elements[0].value_size, 8);
		w.map.value_size = 4; /* then user space may not read it */
		expect_elements(&w, 1, NULL);
		assert_int_equal(w.told.elements[0].value, 0);
		world_close(&w);
	}
}

static void xdp_sockets(void **state)
{
	struct world w;
	open_map(&w, IQ_BPF_MAP_XSKMAP);
	put(&w, at(MAP) + 16, target(0));
	expect_elements(&w, 1, NULL);
	assert_string_equal(w.told.elements[0].object_type, "xdp_sock");
	assert_int_equal(w.told.elements[0].object, target(0));
	world_close(&w);
}

/* Buckets 0 to 3; bucket 1 has keys 0x1234 and 0x5678. */
static void open_sockhash(struct world *w)
{
	open_map(w, IQ_BPF_MAP_SOCKHASH);
	put_u32(w, at(MAP) + 16, 4);
	link_hlist(w, at(SLOTS) + 16, (uint64_t[]){ target(0) + 32, target(1) + 32 }, 2);
	put_u32(w, target(0) + 16, 0xabcd1);
	put_u32(w, target(0) + 48, 0x1234);
	put(w, target(0) + 24, target(2));
	put_u32(w, target(1) + 16, 5);
	put_u32(w, target(1) + 48, 0x5678);
	put(w, target(1) + 24, target(3));
}

static void sockets_are_hashed(void **state)
{
	struct world w;
	open_sockhash(&w);
	expect_elements(&w, 2, NULL);
	assert_int_equal(w.told.keys[0], 0x1234);
	assert_int_equal(w.told.keys[1], 0x5678);
	assert_int_equal(w.told.elements[0].address, target(0));
	assert_int_equal(w.told.elements[0].key_address, target(0) + 48);
	assert_int_equal(w.told.elements[0].object, target(2));
	assert_int_equal(w.told.elements[1].object, target(3));
	assert_int_equal(w.told.elements[1].value, target(3) + 8);
	expect_end(&w);
	world_close(&w);
}

static void damaged_hash_of_sockets(void **state)
{
	struct world w;
	open_sockhash(&w);
	put_u32(&w, target(0) + 16, 2);
	expect_elements(&w, 1, "bucket 1: the element at 0xffff888000100400 with hash 0x2 belongs to bucket 2");
	put_u32(&w, target(0) + 16, 1);
	put(&w, target(1) + 32, target(0) + 32);
	expect_elements(&w, 2, "bucket 1: list of bpf_shtab_elem.node");
	put(&w, target(0) + 32, LOST);
	expect_elements(&w, 1, "nothing at 0xffff888000f00000");
	w.map.key_size = 1 << 20;
	expect_elements(&w, 0, "key_size 1048576");
	w.map.key_size = 4;
	put_u32(&w, at(MAP) + 16, 1 << 30);
	expect_elements(&w, 0, "buckets_num is 1073741824 with max_entries 4");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_have_programs),
		cmocka_unit_test(devices_are_hashed),
		cmocka_unit_test(cpus_have_threads),
		cmocka_unit_test(sockets_have_cookies),
		cmocka_unit_test(xdp_sockets),
		cmocka_unit_test(sockets_are_hashed),
		cmocka_unit_test(damaged_hash_of_sockets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
