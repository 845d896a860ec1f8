// SPDX-License-Identifier: GPL-2.0-or-later
/* Control groups in structs laid out by hand: whole, damaged, endless. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/cgroup.h"
#include "kernel/internal.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

/* struct cgroup_root { u64; struct cgroup cgrp; } at 8 - 8; the cgroups: 0 the root, 1 and 2 in it, 3 and 4 in 1. */
enum { ROOT = 0x78, CGROUPS = 0x80, GROUPS = 5, NODES = 0x400, NAMES = 0x800 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t group(unsigned n)
{
	return at(CGROUPS + n * 0x60);
}

static uint64_t node(unsigned n)
{
	return at(NODES + n * 0x20);
}

static void add_types(struct builder *b, bool rcu_parent)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "prev", ulong, 64);
	uint32_t css = b_type(b, B_STRUCT, "cgroup_subsys_state", false, 4, 48);
	b_member(b, "sibling", list, 0);
	b_member(b, "children", list, 128);
	b_member(b, "flags", uint, 256);
	b_member(b, "parent", ulong, 320);
	uint32_t cgroup = b_type(b, B_STRUCT, "cgroup", false, 3, 64);
	b_member(b, "level", uint, 0);
	b_member(b, "self", css, 64);
	b_member(b, "kn", ulong, 448);
	b_type(b, B_STRUCT, "cgroup_root", false, 1, 72);
	b_member(b, "cgrp", cgroup, 64);
	b_type(b, B_STRUCT, "kernfs_node", false, 3, 24);
	b_member(b, rcu_parent ? "__parent" : "parent", ulong, 0);
	b_member(b, "name", ulong, 64);
	b_member(b, "id", ulong, 128);
}

static void put_group(struct world *w, unsigned n, unsigned parent, unsigned level, const char *name)
{
	uint64_t place = at(NAMES + n * 0x20);
	put_u64(&w->o, group(n), level);
	put_u64(&w->o, group(n) + 24, group(n) + 24); /* no children */
	put_u64(&w->o, group(n) + 32, group(n) + 24);
	put_u64(&w->o, group(n) + 40, 2); /* CSS_ONLINE */
	put_u64(&w->o, group(n) + 48, n ? group(parent) + 8 : 0);
	put_u64(&w->o, group(n) + 56, node(n));
	put_u64(&w->o, node(n), n ? node(parent) : 0);
	put_u64(&w->o, node(n) + 8, place);
	put_u64(&w->o, node(n) + 16, 100 + n);
	memcpy(w->o.memory + NAMES + n * 0x20, name, strlen(name) + 1);
}

/* Makes the two the parent's children. */
static void link_two(struct world *w, unsigned parent, unsigned first, unsigned second)
{
	uint64_t head = group(parent) + 24, a = group(first) + 8, b = group(second) + 8;
	put_u64(&w->o, head, a);
	put_u64(&w->o, head + 8, b);
	put_u64(&w->o, a, b);
	put_u64(&w->o, a + 8, head);
	put_u64(&w->o, b, head);
	put_u64(&w->o, b + 8, a);
}

static void world_open(struct world *w, bool rcu_parent)
{
	const struct iq_symbol symbol = { "cgrp_dfl_root", at(ROOT), 72, 'D', IQ_SYMBOL_VMLINUX, NULL };
	struct iq_symbol_source *source;
	struct builder b;
	add_types(&b, rcu_parent);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	assert_null(iq_symbols_new(&w->o.target, &w->kernel.symbols));
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, &symbol, 1, &source));
	assert_null(iq_symbols_add(w->kernel.symbols, source));
	put_group(w, 0, 0, 0, "");
	put_group(w, 1, 0, 1, "system.slice");
	put_group(w, 2, 0, 1, "user.slice");
	put_group(w, 3, 1, 2, "ssh.service");
	put_group(w, 4, 1, 2, "cron.service");
	link_two(w, 0, 1, 2);
	link_two(w, 1, 3, 4);
}

static void world_close(struct world *w)
{
	iq_symbols_free(w->kernel.symbols);
	objects_close(&w->o);
}

static void expect_path(struct world *w, unsigned n, const char *expected, const char *why)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct iq_error *error = iq_cgroup_path(&w->kernel, group(n), &path);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(iq_strbuf_text(&path), expected);
}

static void paths_begin_at_the_root(void **state)
{
	for (int rcu_parent = 0; rcu_parent < 2; rcu_parent++) {
		struct world w;
		world_open(&w, rcu_parent);
		expect_path(&w, 0, "/", NULL);
		expect_path(&w, 1, "/system.slice", NULL);
		expect_path(&w, 4, "/system.slice/cron.service", NULL);
		put_u64(&w.o, node(1) + 8, 0xffff888000f00000); /* its name is missing */
		expect_path(&w, 4, "?/cron.service", "path of cgroup at 0xffff888000100200: name of kernfs_node at");
		world_close(&w);
	}
}

static void paths_without_an_end_are_cut(void **state)
{
	struct world w;
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	world_open(&w, false);
	put_u64(&w.o, node(0), node(1)); /* its own grandfather */
	expect_error(iq_cgroup_path(&w.kernel, group(3), &path), IQ_ERROR_LIMIT, "no root after 4096 steps up");
	assert_memory_equal(iq_strbuf_text(&path), "?/", 2);
	world_close(&w);
}

static struct iq_error *see_id(void *context, const struct iq_cgroup *cgroup)
{
	return see(context, cgroup->id + (cgroup->dying ? 1000 : 0));
}

static void expect_walk(struct world *w, const uint64_t *ids, unsigned count, const char *why)
{
	struct seen seen = { 0 };
	struct iq_error *error = iq_cgroups_each(&w->kernel, group(0), see_id, &seen);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_int_equal(seen.count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(seen.values[i], ids[i]);
}

static void parents_come_before_children(void **state)
{
	const uint64_t ids[] = { 100, 101, 103, 1104, 102 };
	struct seen seen = { .stop_at = 3 };
	struct world w;
	uint64_t root;
	world_open(&w, false);
	expect_success(iq_cgroup_default_root(&w.kernel, &root));
	assert_int_equal(root, group(0));
	put_u64(&w.o, group(4) + 40, 0); /* removed, but in use */
	expect_walk(&w, ids, 5, NULL);
	expect_error(iq_cgroups_each(&w.kernel, root, see_id, &seen), IQ_ERROR_INTERRUPTED, "enough");
	assert_int_equal(seen.count, 3);
	world_close(&w);
}

static void one_is_found_by_its_id(void **state)
{
	struct iq_cgroup cgroup;
	struct world w;
	world_open(&w, false);
	expect_success(iq_cgroup_by_id(&w.kernel, 104, &cgroup));
	assert_int_equal(cgroup.address, group(4));
	assert_int_equal(cgroup.parent, group(1));
	assert_int_equal(cgroup.level, 2);
	assert_false(cgroup.dying);
	expect_error(iq_cgroup_by_id(&w.kernel, 77, &cgroup), IQ_ERROR_NOT_FOUND, "there is no cgroup with ID 77");
	put_u64(&w.o, group(1) + 24, at(0x3000)); /* not found, and not all were seen */
	expect_error(iq_cgroup_by_id(&w.kernel, 77, &cgroup), IQ_ERROR_FORMAT, "points back to");
	world_close(&w);
}

static void damage_costs_what_is_below_it(void **state)
{
	const uint64_t without_1[] = { 100, 102 }, without_3[] = { 100, 101, 104, 102 }, end[] = { 100, 101, 102 };
	struct world w;
	world_open(&w, false);
	put_u64(&w.o, group(1) + 48, group(3) + 8);
	expect_walk(&w, without_1, 2, "cgroup at 0xffff8880001000e0: its parent is");
	put_u64(&w.o, group(1) + 48, group(0) + 8);
	put_u64(&w.o, group(3), 7);
	expect_walk(&w, without_3, 4, "it is at level 7, its parent at 1");
	put_u64(&w.o, group(3), 2);
	put_u64(&w.o, group(3) + 56, 0xffff888000f00000);
	expect_walk(&w, without_3, 4, "kernfs_node at 0xffff888000f00000, member id");
	put_u64(&w.o, group(3) + 56, node(3));
	put_u64(&w.o, group(1) + 24, 0xffff888000f00000);
	expect_walk(&w, end, 3, "list of cgroup.self.sibling");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_begin_at_the_root),       cmocka_unit_test(paths_without_an_end_are_cut),
		cmocka_unit_test(parents_come_before_children),  cmocka_unit_test(one_is_found_by_its_id),
		cmocka_unit_test(damage_costs_what_is_below_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
