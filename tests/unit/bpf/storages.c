// SPDX-License-Identifier: GPL-2.0-or-later
/* Storage of tasks, sockets, inodes and cgroups, whole and damaged. */
#include "map_setup.h"

enum { BUCKETS = 0x100, ELEMENTS = 0x400, STRIDE = 0x80, LISTS = 0x200, GROUP = 0x800, ROOT = 0x900, NODE = 0xa00 };

static uint64_t element(unsigned n)
{
	return at(ELEMENTS + n * STRIDE);
}

static void add_types(struct builder *b)
{
	struct basics t = add_basics(b);
	uint32_t bucket = b_type(b, B_STRUCT, "bpf_local_storage_map_bucket", false, 1, 16);
	b_member(b, "list", t.hlist_head, 0);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, bucket);
	b_type(b, B_STRUCT, "bpf_local_storage_map", false, 2, 32);
	b_member(b, "buckets", pointer, 64);
	b_member(b, "bucket_log", t.u32, 128);
	uint32_t bytes = b_array(b, t.u8, 0);
	uint32_t data = b_type(b, B_STRUCT, "bpf_local_storage_data", false, 2, 8);
	b_member(b, "smap", t.u64, 0);
	b_member(b, "data", bytes, 64);
	b_type(b, B_STRUCT, "bpf_local_storage_elem", false, 4, 72);
	b_member(b, "map_node", t.hlist_node, 0);
	b_member(b, "snode", t.hlist_node, 128);
	b_member(b, "local_storage", t.u64, 256);
	b_member(b, "sdata", data, 512);
	b_type(b, B_STRUCT, "bpf_local_storage", false, 1, 24);
	b_member(b, "owner", t.u64, 128);
}

/* Two buckets: the first has elements 0 and 1, the second element 2. Element 2 has lost its owner. */
static void open_storage(struct world *w, uint32_t type)
{
	struct builder b;
	add_types(&b);
	world_open(w, &b, type, 0);
	put(w, at(MAP) + 8, at(BUCKETS));
	put_u32(w, at(MAP) + 16, 1);
	link_hlist(w, at(BUCKETS), (uint64_t[]){ element(0), element(1) }, 2);
	link_hlist(w, at(BUCKETS) + 16, (uint64_t[]){ element(2) }, 1);
	for (unsigned i = 0; i < 3; i++) {
		put(w, element(i) + 32, i < 2 ? at(LISTS + i * 32) : 0);
		put(w, element(i) + 64, at(MAP));
	}
	put(w, at(LISTS) + 16, 0xffff888000aaa000);
	put(w, at(LISTS + 32) + 16, 0xffff888000bbb000);
}

static void elements_have_owners(void **state)
{
	static const struct {
		uint32_t type;
		const char *owner;
	} kinds[] = { { IQ_BPF_MAP_SK_STORAGE, "sock" },
		      { IQ_BPF_MAP_INODE_STORAGE, "inode" },
		      { IQ_BPF_MAP_TASK_STORAGE, "task_struct" },
		      { IQ_BPF_MAP_CGRP_STORAGE, "cgroup" } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
		const uint64_t owners[] = { 0xffff888000aaa000, 0xffff888000bbb000, 0 };
		struct world w;
		open_storage(&w, kinds[i].type);
		expect_elements(&w, 3, NULL);
		for (unsigned n = 0; n < 3; n++) {
			const struct iq_bpf_element *e = &w.told.elements[n];
			assert_int_equal(e->address, element(n));
			assert_int_equal(e->kind, IQ_BPF_BYTES);
			assert_int_equal(e->value, element(n) + 72);
			assert_int_equal(e->value_size, 8);
			assert_int_equal(e->key_size, 0);
			assert_int_equal(e->object, owners[n]);
			assert_string_equal(e->object_type, kinds[i].owner);
		}
		expect_end(&w);
		world_close(&w);
	}
}

static void damage_costs_its_own_bucket(void **state)
{
	struct world w;
	open_storage(&w, IQ_BPF_MAP_TASK_STORAGE);
	put(&w, element(1), element(0)); /* a circle */
	expect_elements(&w, 3, "map 7 (kind): bucket 0: list of bpf_local_storage_elem.map_node");
	put(&w, element(1), LOST);
	expect_elements(&w, 3, "nothing at 0xffff888000f00000");
	put(&w, element(1), 0);
	put(&w, element(0) + 64, at(MAP) + 8); /* another map's */
	expect_elements(&w, 2,
			"bpf_local_storage_elem at 0xffff888000100400: it belongs to the map at 0xffff888000100048");
	put(&w, element(0) + 64, at(MAP));
	put(&w, element(0) + 32, LOST); /* the value is still there */
	expect_elements(&w, 3, "bpf_local_storage at 0xffff888000f00000, member owner");
	assert_int_equal(w.told.elements[0].object, 0);
	put_u32(&w, at(MAP) + 16, 40);
	expect_elements(&w, 0, "bucket_log is 40");
	put_u32(&w, at(MAP) + 16, 1);
	put(&w, at(MAP) + 8, LOST);
	expect_elements(&w, 0, "bucket 0: list of");
	world_close(&w);
}

static void add_cgroup_types(struct builder *b)
{
	struct basics t = add_basics(b);
	uint32_t css = b_type(b, B_STRUCT, "cgroup_subsys_state", false, 4, 48);
	b_member(b, "sibling", t.list, 0);
	b_member(b, "children", t.list, 128);
	b_member(b, "flags", t.u32, 256);
	b_member(b, "parent", t.u64, 320);
	uint32_t cgroup = b_type(b, B_STRUCT, "cgroup", false, 3, 64);
	b_member(b, "self", css, 0);
	b_member(b, "level", t.u32, 384);
	b_member(b, "kn", t.u64, 448);
	b_type(b, B_STRUCT, "cgroup_root", false, 1, 64);
	b_member(b, "cgrp", cgroup, 0);
	b_type(b, B_STRUCT, "kernfs_node", false, 1, 8);
	b_member(b, "id", t.u64, 0);
	b_type(b, B_STRUCT, "bpf_cgroup_storage_map", false, 1, 32);
	b_member(b, "list", t.list, 64);
	uint32_t bytes = b_array(b, t.u8, 0);
	b_type(b, B_STRUCT, "bpf_storage_buffer", false, 1, 16);
	b_member(b, "data", bytes, 128);
	uint32_t key = b_type(b, B_STRUCT, "bpf_cgroup_storage_key", false, 2, 16);
	b_member(b, "cgroup_inode_id", t.u64, 0);
	b_member(b, "attach_type", t.u32, 64);
	b_type(b, B_STRUCT, "bpf_cgroup_storage", false, 3, 56);
	b_member(b, "buf", t.u64, 0);
	b_member(b, "key", key, 128);
	b_member(b, "list_map", t.list, 256);
}

/* Storage for the root cgroup, ID 1, and for one that is gone, 77. */
static void open_cgroup_storage(struct world *w, uint32_t type)
{
	const struct iq_symbol symbol = { "cgrp_dfl_root", at(ROOT), 64, 'D', IQ_SYMBOL_VMLINUX, NULL };
	struct iq_symbol_source *source;
	struct builder b;
	add_cgroup_types(&b);
	world_open(w, &b, type, 0);
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, &symbol, 1, &source));
	assert_null(iq_symbols_add(w->kernel.symbols, source));
	w->map.key_size = 16;
	put(w, at(ROOT) + 16, at(ROOT) + 16);
	put(w, at(ROOT) + 24, at(ROOT) + 16);
	put(w, at(ROOT) + 56, at(NODE));
	put(w, at(NODE), 1);
	const uint64_t head = at(MAP) + 8, a = element(0) + 32, z = element(1) + 32;
	const uint64_t links[][2] = {
		{ head, a }, { head + 8, z }, { a, z }, { a + 8, head }, { z, head }, { z + 8, a }
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(links); i++)
		put(w, links[i][0], links[i][1]);
	for (unsigned i = 0; i < 2; i++) {
		put(w, element(i), at(GROUP + i * 64));
		put(w, element(i) + 16, i ? 77 : 1);
		put_u32(w, element(i) + 24, 6);
	}
}

static void cgroups_are_found_by_their_ids(void **state)
{
	struct world w;
	open_cgroup_storage(&w, IQ_BPF_MAP_CGROUP_STORAGE);
	expect_elements(&w, 2, NULL);
	assert_int_equal(w.told.keys[0], 1);
	assert_int_equal(w.told.keys[1], 77);
	assert_int_equal(w.told.elements[0].key_size, 16);
	assert_int_equal(w.told.elements[0].key_address, element(0) + 16);
	assert_int_equal(w.told.elements[0].value, at(GROUP) + 16);
	assert_int_equal(w.told.elements[0].object, at(ROOT));
	assert_string_equal(w.told.elements[0].object_type, "cgroup");
	assert_int_equal(w.told.elements[1].object, 0);
	expect_end(&w);
	world_close(&w);
	open_cgroup_storage(&w, IQ_BPF_MAP_PERCPU_CGROUP_STORAGE);
	w.map.value_size = 5;
	expect_elements(&w, 2, NULL);
	assert_int_equal(w.told.elements[1].kind, IQ_BPF_PER_CPU);
	assert_int_equal(w.told.elements[1].value, at(GROUP + 64));
	assert_int_equal(w.told.elements[1].value_stride, 8);
	world_close(&w);
}

static void damaged_cgroup_storage(void **state)
{
	struct world w;
	open_cgroup_storage(&w, IQ_BPF_MAP_CGROUP_STORAGE);
	put(&w, at(ROOT) + 56, LOST); /* whose they are is not known */
	expect_elements(&w, 2, "kernfs_node at 0xffff888000f00000");
	assert_int_equal(w.told.elements[0].object, 0);
	put(&w, element(0) + 32, element(0) + 32);
	expect_elements(&w, 1, "kernfs_node at 0xffff888000f00000");
	put(&w, at(ROOT) + 56, at(NODE));
	expect_elements(&w, 1, "points back to");
	w.map.key_size = 400;
	expect_elements(&w, 0, "key_size 400");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_have_owners),
		cmocka_unit_test(damage_costs_its_own_bucket),
		cmocka_unit_test(cgroups_are_found_by_their_ids),
		cmocka_unit_test(damaged_cgroup_storage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
