// SPDX-License-Identifier: GPL-2.0-or-later
/* The areas of an address space: in a maple tree, and on the list that kernels before 6.1 had. */
#include "../cmocka_setup.h"

#include "maple_types.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/maple.h"
#include "kernel/vm.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

#define MM MEMORY
#define NODE (MEMORY + 0x100)

struct space {
	struct objects o;
	struct iq_kernel kernel;
};

static uint64_t area(unsigned n)
{
	return MEMORY + 0x1000 + n * 64;
}

/* struct vm_area_struct { vm_start, vm_end, vm_flags, vm_pgoff, vm_file, vm_next; }, all of 8 bytes. */
static void put_area(struct space *s, unsigned n, uint64_t start, uint64_t end, uint64_t flags)
{
	const uint64_t members[] = { start, end, flags, 3, flags ? 0xffff888000aaa000 : 0, 0 };
	memcpy(s->o.memory + 0x1000 + n * 64, members, sizeof(members));
}

static void build(struct space *s, bool tree)
{
	memset(s->o.memory, 0, sizeof(s->o.memory));
	put_area(s, 0, 0x400000, 0x401000, 0x8000075);
	put_area(s, 1, 0x401000, 0x480000, 0);
	put_area(s, 2, 0x7ffe00000000, 0x7ffe00021000, 0x100173);
	if (!tree) {
		put_u64(&s->o, MM, area(0));
		put_u64(&s->o, area(0) + 40, area(1));
		put_u64(&s->o, area(1) + 40, area(2));
		return;
	}
	/* One leaf: a hole before each area but the second. */
	const uint64_t pivots[] = { 0x3fffff, 0x400fff, 0x47ffff, 0x7ffdffffffff, 0x7ffe00020fff, UINT64_MAX };
	const uint64_t slots[] = { 0, area(0), area(1), 0, area(2), 0 };
	put_u64(&s->o, MM + 8 + 8, NODE | IQ_MAPLE_LEAF_64 << 3 | 6);
	put_u64(&s->o, NODE, (MM + 8) | 1);
	memcpy(s->o.memory + 0x108, pivots, sizeof(pivots));
	memcpy(s->o.memory + 0x180, slots, sizeof(slots));
	s->o.memory[0x100 + 248] = 5;
}

static void space_open(struct space *s, bool tree)
{
	struct builder b;
	objects_types(&b);
	uint32_t ulong = b_int(&b, "unsigned long", 8, 0);
	uint32_t maple = tree ? add_maple_types(&b) : 0;
	b_type(&b, B_STRUCT, "mm_struct", false, 1, 32);
	if (tree)
		b_member(&b, "mm_mt", maple, 64);
	else
		b_member(&b, "mmap", ulong, 0);
	static const char *const members[] = { "vm_start", "vm_end", "vm_flags", "vm_pgoff", "vm_file", "vm_next" };
	b_type(&b, B_STRUCT, "vm_area_struct", false, tree ? 5 : 6, 48);
	for (unsigned i = 0; i < (tree ? 5u : 6u); i++)
		b_member(&b, members[i], ulong, i * 64);
	if (tree) {
		b_type(&b, B_ENUM, NULL, false, 5, 4);
		b_pair(&b, NULL, 1); /* damaged */
		b_pair(&b, "VMA_READ_BIT", 0);
		b_pair(&b, "VMA_MAYBE_GUARD_BIT", 11);
		b_pair(&b, "VMA_SEALED_BIT", 42);
		b_pair(&b, "VMA_LATER_NAME_BIT", 42);
	}
	objects_open(&s->o, &b);
	s->o.target.arch = &iq_arch_x86_64;
	s->kernel = (struct iq_kernel){ .target = &s->o.target, .types = s->o.types };
	build(s, tree);
}

struct areas {
	struct iq_vma data[8];
	unsigned count, stop_at;
};

static struct iq_error *see_area(void *context, const struct iq_vma *vma)
{
	struct areas *areas = context;
	if (areas->stop_at && areas->count == areas->stop_at)
		return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
	assert_in_range(areas->count, 0, 7);
	areas->data[areas->count++] = *vma;
	return NULL;
}

static struct iq_error *walk(struct space *s, struct areas *areas)
{
	areas->count = 0;
	return iq_vmas_each(&s->kernel, MM, see_area, areas);
}

static void areas_come_in_order(void **state)
{
	for (int tree = 0; tree < 2; tree++) {
		struct space s;
		struct areas areas = { 0 };
		space_open(&s, tree);
		expect_success(walk(&s, &areas));
		assert_int_equal(areas.count, 3);
		assert_int_equal(areas.data[0].address, area(0));
		assert_int_equal(areas.data[0].start, 0x400000);
		assert_int_equal(areas.data[0].end, 0x401000);
		assert_int_equal(areas.data[0].flags, 0x8000075);
		assert_int_equal(areas.data[0].offset, 0x3000);
		assert_int_equal(areas.data[0].file, 0xffff888000aaa000);
		assert_true(areas.data[0].known);
		assert_int_equal(areas.data[1].file, 0);
		assert_int_equal(areas.data[2].end, 0x7ffe00021000);
		areas.stop_at = 1;
		expect_error(walk(&s, &areas), IQ_ERROR_INTERRUPTED, "enough");
		assert_int_equal(areas.count, 1);
		put_u64(&s.o, tree ? MM + 16 : MM, 0);
		expect_success(walk(&s, &areas));
		assert_int_equal(areas.count, 0);
		objects_close(&s.o);
	}
}

static void damaged_areas_of_a_tree_keep_their_range(void **state)
{
	struct space s;
	struct areas areas = { 0 };
	space_open(&s, true);
	put_u64(&s.o, NODE + 0x80 + 2 * 8, 0x1000); /* an area that is missing */
	expect_error(walk(&s, &areas), IQ_ERROR_MEMORY, "vm_area_struct at 0x1000, member vm_start: ");
	assert_int_equal(areas.count, 3);
	assert_false(areas.data[1].known);
	assert_int_equal(areas.data[1].address, 0x1000);
	assert_int_equal(areas.data[1].start, 0x401000);
	assert_int_equal(areas.data[1].end, 0x480000);
	build(&s, true);
	put_u64(&s.o, area(1) + 8, 0x490000); /* one that says another range */
	expect_error(walk(&s, &areas), IQ_ERROR_FORMAT,
		     "is for 0x401000 to 0x490000, in a place for 0x401000 to 0x480000");
	assert_int_equal(areas.count, 3);
	assert_false(areas.data[1].known);
	put_u64(&s.o, MM + 16, 0x5000 | IQ_MAPLE_LEAF_64 << 3 | 6);
	expect_error(walk(&s, &areas), IQ_ERROR_MEMORY,
		     "mm_struct at 0xffff888000100000: maple_tree at 0xffff888000100008, maple_node at 0x5000: ");
	assert_int_equal(areas.count, 0);
	objects_close(&s.o);
}

static void damaged_lists_end(void **state)
{
	struct space s;
	struct areas areas = { 0 };
	space_open(&s, false);
	put_u64(&s.o, area(2) + 40, area(1)); /* a circle */
	expect_error(walk(&s, &areas), IQ_ERROR_FORMAT,
		     "after 3 areas: 0xffff888000101040 is for 0x401000 to 0x480000");
	assert_int_equal(areas.count, 3);
	put_u64(&s.o, area(1) + 40, area(1));
	expect_error(walk(&s, &areas), IQ_ERROR_FORMAT, "after 2 areas: ");
	put_u64(&s.o, area(1) + 8, 0x401000); /* empty */
	expect_error(walk(&s, &areas), IQ_ERROR_FORMAT, "after 1 areas: ");
	put_u64(&s.o, area(0) + 40, 0x1000);
	expect_error(walk(&s, &areas), IQ_ERROR_MEMORY,
		     "mm_struct at 0xffff888000100000, after 1 areas: vm_area_struct at 0x1000, member vm_start: ");
	assert_int_equal(areas.count, 1);
	objects_close(&s.o);
}

static void flags_have_names(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf names = { 0 };
	struct space s;
	space_open(&s, false);
	iq_vm_flag_names(&s.kernel, 0, &names);
	assert_string_equal(iq_strbuf_text(&names), "");
	iq_vm_flag_names(&s.kernel, 0x8000075, &names);
	assert_string_equal(iq_strbuf_text(&names), "READ|EXEC|MAYREAD|MAYWRITE|MAYEXEC|SOFTDIRTY");
	iq_strbuf_truncate(&names, 0);
	iq_vm_flag_names(&s.kernel, UINT64_C(0x4080000002), &names);
	assert_string_equal(iq_strbuf_text(&names), "WRITE|MERGEABLE|0x4000000000");
	objects_close(&s.o);
	space_open(&s, true); /* a kernel that numbers them in an enum */
	iq_strbuf_truncate(&names, 0);
	iq_vm_flag_names(&s.kernel, UINT64_C(0x40000000803), &names);
	assert_string_equal(iq_strbuf_text(&names), "READ|MAYBE_GUARD|SEALED|0x2");
	objects_close(&s.o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_come_in_order),
		cmocka_unit_test(damaged_areas_of_a_tree_keep_their_range),
		cmocka_unit_test(damaged_lists_end),
		cmocka_unit_test(flags_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
