// SPDX-License-Identifier: GPL-2.0-or-later
/* Arenas: which of their pages are mapped. */
#include "map_setup.h"

enum { AREA = 0x200 };

#define START UINT64_C(0xffffc90000008000) /* behind half a guard */
#define USER UINT64_C(0x7f7d26200000)

/* The kernel's mappings: one before the arena, three pages, one alone, one behind its 4 GB. */
static struct iq_leaf leaves[] = {
	{ START - 4096, 0x1000, 4096, 0 },       { START + 0x26200000, 0x5000, 4096, 0 },
	{ START + 0x26201000, 0x2000, 4096, 0 }, { START + 0x26202000, 0x9000, 4096, 0 },
	{ START + 0x26207000, 0x8000, 4096, 0 }, { START + 0x100000000, 0x7000, 4096, 0 },
};

static struct iq_error *next_leaf(const struct iq_paging *paging, uint64_t table, uint64_t from, uint64_t last,
				  struct iq_leaf *out, bool *found)
{
	*found = false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(leaves) && !*found; i++) {
		*out = leaves[i];
		*found = from <= out->address + out->size - 1 && last >= out->address;
	}
	return NULL;
}

static unsigned walks;

static struct iq_error *walk_to(uint64_t address, struct iq_walk *out)
{
	walks++;
	return NULL;
}

static struct iq_error *walk_damaged(uint64_t address, struct iq_walk *out)
{
	if (address > START && address < START + 0x400000)
		return iq_error_memory(address, IQ_PAGE_LOST, "the page table of %#lx is lost", address);
	return NULL;
}

static void open_map(struct world *w, const struct iq_arch *arch)
{
	struct builder b;
	struct basics t = add_basics(&b);
	b_type(&b, B_STRUCT, "vm_struct", false, 1, 16);
	b_member(&b, "addr", t.u64, 64);
	b_type(&b, B_STRUCT, "bpf_arena", false, 2, 24);
	b_member(&b, "user_vm_start", t.u64, 64);
	b_member(&b, "kern_vm", t.u64, 128);
	world_open(w, &b, IQ_BPF_MAP_ARENA, 8);
	w->o.target.arch = arch;
	w->o.target.walk = walk_to;
	put(w, at(MAP) + 8, USER);
	put(w, at(MAP) + 16, at(AREA));
	put(w, at(AREA) + 8, START - 32768);
}

static void pages_are_told_in_ranges(void **state)
{
	const struct iq_arch arch = { .next_leaf = next_leaf };
	struct world w;
	open_map(&w, &arch);
	walks = 0;
	expect_elements(&w, 2, NULL);
	assert_int_equal(walks, 2049); /* every page table of 2 MB was looked at */
	assert_int_equal(w.told.elements[0].kind, IQ_BPF_PAGES);
	assert_int_equal(w.told.elements[0].value, START + 0x26200000);
	assert_int_equal(w.told.elements[0].user, USER);
	assert_int_equal(w.told.elements[0].pages, 3);
	assert_int_equal(w.told.elements[1].value, START + 0x26207000);
	assert_int_equal(w.told.elements[1].user, USER + 0x7000);
	assert_int_equal(w.told.elements[1].pages, 1);
	expect_end(&w);
	put(&w, at(MAP) + 8, 0); /* no process has mapped it */
	expect_elements(&w, 2, NULL);
	assert_int_equal(w.told.elements[0].user, 0);
	world_close(&w);
}

static void damaged_arenas(void **state)
{
	const struct iq_arch arch = { .next_leaf = next_leaf };
	struct world w;
	open_map(&w, &arch);
	w.o.target.walk = walk_damaged;
	expect_elements(&w, 2, "map 7 (kind): the page table of 0xffffc90000200000 is lost");
	w.o.target.walk = walk_to;
	leaves[2].size = 2 << 20;
	expect_elements(&w, 0, "2097152 bytes at 0xffffc90026209000 are mapped as one");
	leaves[2].size = 4096;
	put(&w, at(AREA) + 8, 0x1000);
	expect_elements(&w, 0, "its area begins at 0x1000");
	put(&w, at(AREA) + 8, UINT64_MAX - 0xffffffff);
	expect_elements(&w, 0, "its area begins at 0xffffffff00000000");
	put(&w, at(MAP) + 16, LOST);
	expect_elements(&w, 0, "vm_struct at 0xffff888000f00000");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_told_in_ranges),
		cmocka_unit_test(damaged_arenas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
