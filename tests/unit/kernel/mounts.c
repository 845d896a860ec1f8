// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounts as a list and as a tree, their namespaces, and dirty inodes, in structs laid out by hand; damaged, too. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/mount.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

enum {
	SPACE = 0x100,
	SUPER = 0x200,
	TYPE = 0x280,
	TEXT = 0x2c0,
	DENTRY = 0x400,
	INODES = 0x600,
	MOUNTS = 0x1000,
	STEP = 0x100,
	LINK = 64, /* mount.mnt_list, or mount.mnt_node */
	INSTANCE = 96,
	CURSOR = 0x10000000,
};

/* How the mounts of a namespace hang together: until 6.7, since 6.8, since 6.17. */
enum shape { LIST, TREE, CHAIN };

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct seen seen;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t mount(unsigned n)
{
	return at(MOUNTS + n * STEP);
}

static uint64_t inode(unsigned n)
{
	return at(INODES + n * 64);
}

static void add_types(struct builder *b, enum shape shape, bool wide)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0),
		 sint = b_int(b, "int", 4, B_SIGNED);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "prev", ulong, 64);
	uint32_t node = b_type(b, B_STRUCT, "rb_node", false, 3, 24);
	b_member(b, "__rb_parent_color", ulong, 0);
	b_member(b, "rb_right", ulong, 64);
	b_member(b, "rb_left", ulong, 128);
	uint32_t root = b_type(b, B_STRUCT, "rb_root", false, 1, 8);
	b_member(b, "rb_node", ulong, 0);
	uint32_t common = b_type(b, B_STRUCT, "ns_common", false, 1, 4);
	b_member(b, "inum", uint, 0);
	b_type(b, B_STRUCT, "mnt_namespace", false, 2, 32);
	b_member(b, "ns", common, 0);
	b_member(b, shape == LIST ? "list" : "mounts", shape == LIST ? list : root, 64);
	b_type(b, B_STRUCT, "nsproxy", false, 1, 8);
	b_member(b, "mnt_ns", ulong, 0);
	b_type(b, B_STRUCT, "task_struct", false, 1, 8);
	b_member(b, "nsproxy", ulong, 0);
	uint32_t vfsmount = b_type(b, B_STRUCT, "vfsmount", false, 3, 24);
	b_member(b, "mnt_root", ulong, 0);
	b_member(b, "mnt_sb", ulong, 64);
	b_member(b, "mnt_flags", sint, 128);
	b_type(b, B_STRUCT, "mount", false, 7, 136);
	b_member(b, "mnt_parent", ulong, 0);
	b_member(b, "mnt", vfsmount, 16 * 8);
	b_member(b, "mnt_devname", ulong, 40 * 8);
	b_member(b, "mnt_ns", ulong, 48 * 8);
	b_member(b, "mnt_id", sint, 56 * 8);
	b_member(b, shape == LIST ? "mnt_list" : "mnt_node", shape == LIST ? list : node, LINK * 8);
	b_member(b, shape == CHAIN ? "mnt_next_for_sb" : "mnt_instance", shape == CHAIN ? ulong : list, INSTANCE * 8);
	b_type(b, B_STRUCT, "super_block", false, 3, 64);
	b_member(b, "s_type", ulong, 0);
	b_member(b, "s_mounts", shape == CHAIN ? ulong : list, 64);
	b_member(b, "s_inodes", list, 32 * 8);
	b_type(b, B_STRUCT, "file_system_type", false, 1, 8);
	b_member(b, "name", ulong, 0);
	b_type(b, B_STRUCT, "inode", false, 2, 32);
	b_member(b, "i_state", wide ? ulong : uint, 0);
	b_member(b, "i_sb_list", list, 64);
}

/* A circular list through the words at these addresses. */
static void put_list(struct world *w, const uint64_t *places, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		put_u64(&w->o, places[i], places[(i + 1) % count]);
		put_u64(&w->o, places[(i + 1) % count] + 8, places[i]);
	}
}

static void put_mount(struct world *w, unsigned n, unsigned parent)
{
	put_u64(&w->o, mount(n), mount(parent));
	put_u64(&w->o, mount(n) + 16, at(DENTRY));
	put_u64(&w->o, mount(n) + 24, at(SUPER));
	put_u64(&w->o, mount(n) + 40, at(TEXT));
	put_u64(&w->o, mount(n) + 48, at(SPACE));
	put_u64(&w->o, mount(n) + 56, 20 + n);
}

/* Mounts 0, 1 and 2 of a namespace, on one super block. */
static void world_open(struct world *w, enum shape shape, bool wide)
{
	struct builder b;
	add_types(&b, shape, wide);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	memset(&w->seen, 0, sizeof(w->seen));
	for (unsigned i = 0; i < 3; i++)
		put_mount(w, i, 0);
	put_u64(&w->o, at(SPACE), 4026531841);
	put_u64(&w->o, at(SUPER), at(TYPE));
	put_u64(&w->o, at(TYPE), at(TEXT) + 8);
	memcpy(w->o.memory + TEXT, "none\0\0\0\0tmpfs", 14);
	if (shape == LIST) {
		put_list(w, (uint64_t[]){ at(SPACE) + 8, mount(0) + LINK, mount(1) + LINK, mount(2) + LINK }, 4);
	} else { /* 1 is the root, black; 0 left and 2 right of it */
		put_u64(&w->o, at(SPACE) + 8, mount(1) + LINK);
		put_u64(&w->o, mount(1) + LINK, 1);
		put_u64(&w->o, mount(1) + LINK + 8, mount(2) + LINK);
		put_u64(&w->o, mount(1) + LINK + 16, mount(0) + LINK);
		put_u64(&w->o, mount(0) + LINK, mount(1) + LINK);
		put_u64(&w->o, mount(2) + LINK, mount(1) + LINK);
	}
	if (shape == CHAIN) {
		put_u64(&w->o, at(SUPER) + 8, mount(2));
		put_u64(&w->o, mount(2) + INSTANCE, mount(0));
	} else {
		put_list(w, (uint64_t[]){ at(SUPER) + 8, mount(2) + INSTANCE, mount(0) + INSTANCE }, 3);
	}
	put_list(w, (uint64_t[]){ at(SUPER) + 32, inode(0) + 8, inode(1) + 8, inode(2) + 8 }, 4);
}

static void world_close(struct world *w)
{
	objects_close(&w->o);
}

static struct iq_error *see_address(void *context, uint64_t address)
{
	struct world *w = context;
	return see(&w->seen, address);
}

static void expect_seen(struct world *w, const uint64_t *values, unsigned count)
{
	assert_int_equal(w->seen.count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(w->seen.values[i], values[i]);
	w->seen.count = 0;
}

static void mounts_are_found_in_lists_and_trees(void **state)
{
	for (enum shape shape = LIST; shape <= CHAIN; shape++) {
		struct world w;
		world_open(&w, shape, true);
		expect_success(iq_mounts_each(&w.kernel, at(SPACE), see_address, &w));
		expect_seen(&w, (uint64_t[]){ mount(0), mount(1), mount(2) }, 3);
		expect_success(iq_super_block_mounts_each(&w.kernel, at(SUPER), see_address, &w));
		expect_seen(&w, (uint64_t[]){ mount(2), mount(0) }, 2);
		w.seen.stop_at = 1;
		expect_error(iq_mounts_each(&w.kernel, at(SPACE), see_address, &w), IQ_ERROR_INTERRUPTED, "enough");
		world_close(&w);
	}
}

static void a_reader_of_proc_is_no_mount(void **state)
{
	struct world w;
	world_open(&w, LIST, true);
	put_u64(&w.o, mount(1) + 32, CURSOR);
	expect_success(iq_mounts_each(&w.kernel, at(SPACE), see_address, &w));
	expect_seen(&w, (uint64_t[]){ mount(0), mount(2) }, 2);
	world_close(&w);
	world_open(&w, TREE, true); /* the same bit means another thing since 6.8: MNT_ONRB */
	put_u64(&w.o, mount(1) + 32, CURSOR);
	expect_success(iq_mounts_each(&w.kernel, at(SPACE), see_address, &w));
	expect_seen(&w, (uint64_t[]){ mount(0), mount(1), mount(2) }, 3);
	world_close(&w);
}

static void a_mount_is_read(void **state)
{
	struct iq_mount m;
	struct world w;
	world_open(&w, LIST, true);
	expect_success(iq_mount_read(&w.kernel, mount(1), &m));
	assert_int_equal(m.vfsmount, mount(1) + 16);
	assert_int_equal(m.parent, mount(0));
	assert_int_equal(m.space, at(SPACE));
	assert_int_equal(m.id, 21);
	assert_int_equal(m.parent_id, 20);
	assert_string_equal(m.type, "tmpfs");
	assert_string_equal(m.device, "none");
	put_u64(&w.o, mount(1) + 48, (uint64_t)-22); /* MNT_NS_INTERNAL */
	put_u64(&w.o, mount(1) + 40, 0x5000);
	put_u64(&w.o, mount(1), 0x6000);
	expect_error(iq_mount_read(&w.kernel, mount(1), &m), IQ_ERROR_MEMORY, "mount at 0x6000, member mnt_id");
	assert_int_equal(m.space, 0);
	assert_int_equal(m.parent_id, -1);
	assert_string_equal(m.device, "");
	assert_string_equal(m.type, "tmpfs");
	world_close(&w);
}

static void a_task_has_a_namespace(void **state)
{
	struct iq_task task = { .address = at(0x40), .pid = 7 };
	struct iq_mount_space space;
	struct world w;
	world_open(&w, LIST, true);
	expect_success(iq_task_mount_space(&w.kernel, &task, &space));
	assert_int_equal(space.address, 0); /* it has died */
	put_u64(&w.o, at(0x40), at(0x48));
	put_u64(&w.o, at(0x48), at(SPACE));
	expect_success(iq_task_mount_space(&w.kernel, &task, &space));
	assert_int_equal(space.address, at(SPACE));
	assert_int_equal(space.inode, 4026531841);
	put_u64(&w.o, at(0x40), 0x7000);
	expect_error(iq_task_mount_space(&w.kernel, &task, &space), IQ_ERROR_MEMORY, "nsproxy at 0x7000");
	world_close(&w);
}

static void dirty_inodes_are_found(void **state)
{
	for (int wide = 0; wide < 2; wide++) { /* I_DIRTY_DATASYNC is 1 << 4 where i_state has 32 bits, 1 << 1 before */
		struct world w;
		world_open(&w, LIST, wide);
		put_u64(&w.o, inode(0), wide ? 1 << 1 : 1 << 4);
		put_u64(&w.o, inode(1), wide ? 1 << 4 : 1 << 1);
		put_u64(&w.o, inode(2), 1 << 11); /* I_DIRTY_TIME */
		expect_success(iq_dirty_inodes_each(&w.kernel, at(SUPER), see_address, &w));
		expect_seen(&w, (uint64_t[]){ inode(0), inode(2) }, 2);
		world_close(&w);
	}
}

static void damage_costs_what_it_hides(void **state)
{
	struct world w;
	world_open(&w, LIST, true);
	put_u64(&w.o, mount(1) + LINK, mount(0) + LINK); /* a circle */
	expect_error(iq_mounts_each(&w.kernel, at(SPACE), see_address, &w), IQ_ERROR_FORMAT, "after 2 elements");
	expect_seen(&w, (uint64_t[]){ mount(0), mount(1) }, 2);
	put_u64(&w.o, inode(0), 2);
	put_u64(&w.o, inode(0) + 8, 0x7000);
	expect_error(iq_dirty_inodes_each(&w.kernel, at(SUPER), see_address, &w), IQ_ERROR_MEMORY, "after 1 elements");
	expect_seen(&w, (uint64_t[]){ inode(0) }, 1);
	world_close(&w);
	world_open(&w, CHAIN, true);
	put_u64(&w.o, mount(1) + LINK + 16, 0x7000); /* what is on the left is lost */
	expect_error(iq_mounts_each(&w.kernel, at(SPACE), see_address, &w), IQ_ERROR_FORMAT, "rb_node at 0x7000");
	expect_seen(&w, (uint64_t[]){ mount(1), mount(2) }, 2);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts_are_found_in_lists_and_trees),
		cmocka_unit_test(a_reader_of_proc_is_no_mount),
		cmocka_unit_test(a_mount_is_read),
		cmocka_unit_test(a_task_has_a_namespace),
		cmocka_unit_test(dirty_inodes_are_found),
		cmocka_unit_test(damage_costs_what_it_hides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
