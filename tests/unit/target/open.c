// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding page tables and the layout, in dumps of a machine whose layout the test chose. */
#include "../cmocka_setup.h"

#include "machine.h"

static void assert_layout(void)
{
	const struct iq_layout *layout = iq_target_layout(m.target);
	assert_int_equal(layout->paging_levels, m.levels);
	assert_int_equal(layout->encryption_mask, m.mask);
	assert_int_equal(layout->phys_base, phys_base());
	assert_int_equal(layout->kaslr_offset, m.text - LINK_BASE - 16 * MIB);
	assert_int_equal(layout->link_base, LINK_BASE);
	assert_int_equal(layout->text, m.text);
	assert_int_equal(layout->text_end, m.text + TEXT_SIZE);
	assert_int_equal(layout->modules, LINK_BASE + GIB);
	assert_int_equal(layout->modules_end, UINT64_C(0xffffffffff000000));
	assert_int_equal(layout->direct_map, m.direct_map);
	assert_int_equal(layout->direct_map_size, MAX_PFN * (uint64_t)PAGE);
	assert_int_equal(layout->vmalloc, m.vmalloc);
	assert_int_equal(layout->vmalloc_end, m.vmalloc + (m.levels == 4 ? 32 : 12800) * TIB);
	assert_int_equal(layout->vmemmap, m.vmemmap);
	assert_int_equal(layout->vmemmap_end, m.vmemmap + 2 * MIB); /* 4096 pages, 64 bytes each, rounded up */
}

static void by_vmcoreinfo(void **state)
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		build(levels, 0);
		add_vmcoreinfo(0);
		open_well();
		assert_layout();
		assert_int_equal(iq_target_layout(m.target)->kernel_table, m.table);
		assert_string_equal(iq_strbuf_text(&m.warnings), "");
		tear_down(NULL);
	}
}

static void with_encrypted_memory(void **state)
{
	build(4, UINT64_C(1) << 47);
	add_vmcoreinfo(0);
	open_well();
	assert_layout();
	tear_down(NULL);

	/* Without vmcoreinfo the mask has to be found too. */
	for (unsigned bit = 47; bit <= 51; bit += 4) {
		build(4, UINT64_C(1) << bit);
		add_qemu_note(m.table | m.mask);
		open_well();
		assert_layout();
		tear_down(NULL);
	}
}

/* The user half of PTI's pair: shares nothing with the kernel's but the entry code. */
static void build_pti_pair(uint64_t *kernel, uint64_t *user)
{
	m.next_table = (m.next_table + 2 * PAGE - 1) & ~(uint64_t)(2 * PAGE - 1);
	*kernel = new_table();
	*user = new_table();
	memcpy((uint64_t *)page_at(*kernel) + 256, (uint64_t *)page_at(m.table) + 256, PAGE / 2);
	map_in(*user, m.text, 1, TEXT_PHYSICAL | P | PS);
	map_in(*user, UINT64_C(0xfffffe0000000000), 0, 0x201000 | P | NX);
}

static void by_registers(void **state)
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		uint64_t kernel, user;
		build(levels, 0);
		build_pti_pair(&kernel, &user);
		add_note("CORE", NT_PRSTATUS, "0123456789", 10);
		add_qemu_note(0x7000); /* a CPU in other hands: no kernel there */
		add_qemu_note(user | 0x806);
		open_well();
		assert_layout();
		assert_int_equal(iq_target_layout(m.target)->kernel_table, kernel);
		tear_down(NULL);
	}
}

static void by_looking_through_memory(void **state)
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		uint64_t kernel, user;
		build(levels, 0);
		build_pti_pair(&kernel, &user);
		page_at(0x5000)[17] = 1;
		memset(page_at(0x6000), 0x67, PAGE); /* entries, but to nowhere */
		for (unsigned i = 0; i < 512; i++)   /* a table that names itself */
			((uint64_t *)page_at(0x8000))[i] = 0x8000 | TABLE;
		open_well();
		assert_layout();
		uint64_t found = iq_target_layout(m.target)->kernel_table;
		assert_true(found == m.table || found == kernel);
		tear_down(NULL);
	}
}

static void wrong_vmcoreinfo_is_not_believed(void **state)
{
	build(4, 0);
	add_vmcoreinfo(2 * MIB);
	open_well();
	assert_layout();
	assert_contains(iq_strbuf_text(&m.warnings), "vmcoreinfo names");
}

/* One wrong entry for the image doesn't cost all the others. */
static void a_damaged_image_mapping(void **state)
{
	build(4, 0);
	map(m.text, 1, (12 * MIB) | P | PS);
	add_vmcoreinfo(0);
	open_well();
	assert_layout();
	assert_int_equal(iq_target_layout(m.target)->kernel_table, m.table);
	assert_string_equal(iq_strbuf_text(&m.warnings), "");
}

/* Nothing of the image is mapped any more, in no table; the direct map and the rest are. */
static void an_image_that_no_table_maps(void **state)
{
	uint64_t value;
	build(4, 0);
	map(m.text, 1, 0);
	map(m.text + 2 * MIB, 1, 0);
	add_vmcoreinfo(0);
	strcpy((char *)page_at(TEXT_PHYSICAL + 0x1000) + 8, "inquest");
	strcpy((char *)page_at(0x202000) + 8, "vmalloc");
	open_well();
	assert_contains(iq_strbuf_text(&m.warnings), "do not map the kernel image");
	const struct iq_layout *layout = iq_target_layout(m.target);
	assert_int_equal(layout->text, m.text);
	assert_int_equal(layout->direct_map, m.direct_map);
	assert_int_equal(layout->vmalloc, m.vmalloc);
	assert_null(iq_read_u64(m.target, m.text + 0x1008, &value));
	assert_memory_equal(&value, "inquest", 8);
	assert_null(iq_read_u64(m.target, m.direct_map + TEXT_PHYSICAL + 0x1008, &value));
	assert_memory_equal(&value, "inquest", 8);
	assert_null(iq_read_u64(m.target, m.vmalloc + 8, &value));
	assert_memory_equal(&value, "vmalloc", 8);
}

/* One entry says that the whole GiB of the image is a single page: a place it can't have been looked for twice. */
static void a_gigantic_page_over_the_image(void **state)
{
	uint64_t value;
	build(4, 0);
	map(LINK_BASE, 2, P | RW | PS);
	add_vmcoreinfo(0);
	strcpy((char *)page_at(TEXT_PHYSICAL + 0x1000) + 8, "inquest");
	open_well();
	assert_contains(iq_strbuf_text(&m.warnings), "do not map the kernel image");
	assert_int_equal(iq_target_layout(m.target)->text_end, LINK_BASE + GIB);
	assert_null(iq_read_u64(m.target, m.text + 0x1008, &value));
	assert_memory_equal(&value, "inquest", 8);
}

static void a_lost_table_is_replaced(void **state)
{
	uint64_t kernel, user;
	build(4, 0);
	build_pti_pair(&kernel, &user);
	add_vmcoreinfo(0);
	forget_page(m.table);
	open_well();
	assert_layout();
	assert_int_equal(iq_target_layout(m.target)->kernel_table, kernel);
	assert_contains(iq_strbuf_text(&m.warnings), "PGD table at physical 0x600000: physical address 0x600");
}

static void the_image_without_tables(void **state)
{
	uint64_t value;
	build(4, 0);
	add_vmcoreinfo(0);
	forget_page(m.table);
	strcpy((char *)page_at(TEXT_PHYSICAL + 0x1000) + 8, "inquest");
	open_well();
	assert_contains(iq_strbuf_text(&m.warnings), "no page table of the kernel can be read");
	assert_null(iq_read_u64(m.target, m.text + 0x1008, &value));
	assert_memory_equal(&value, "inquest", 8);
	struct iq_error *error = iq_read_u64(m.target, m.vmalloc, &value);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_int_equal(error->page_state, IQ_PAGE_LOST);
	iq_error_free(error);
	assert_false(iq_phys_to_virt(m.target, 0x1000, &value));

	/* Whoever reads page_offset_base out of the image opens the direct map too. */
	iq_target_set_bases(m.target, m.direct_map, 0, 0);
	assert_null(iq_read_u64(m.target, m.direct_map + TEXT_PHYSICAL + 0x1008, &value));
	assert_memory_equal(&value, "inquest", 8);
	struct iq_walk walk;
	error = iq_walk(m.target, NULL, m.text, &walk);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	iq_error_free(error);
}

static void nothing_to_go_by(void **state)
{
	strcpy((char *)page_at(0x1000), "no kernel here");
	m.machine_name = "x86_64";
	write_dump();
	struct iq_error *error = open_target();
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	assert_contains(error->message, "no page table of a Linux kernel found");
	iq_error_free(error);
}

static void another_machine(void **state)
{
	page_at(0x1000);
	m.machine_name = "aarch64";
	write_dump();
	struct iq_error *error = open_target();
	assert_true(iq_error_is(error, IQ_ERROR_UNSUPPORTED));
	iq_error_free(error);
}

/* nokaslr: the first vmalloc area need not be in the first GiB then. */
static void fixed_bases(void **state)
{
	build_with(4, 0, UINT64_C(0xffff888000000000), UINT64_C(0xffffc900c0000000), UINT64_C(0xffffea0000000000));
	open_well();
	m.vmalloc = UINT64_C(0xffffc90000000000);
	assert_layout();
	tear_down(NULL);
	build_with(4, 0, UINT64_C(0xffff880000000000), UINT64_C(0xffffc90000000000), UINT64_C(0xffffea0000000000));
	open_well();
	assert_layout();
	tear_down(NULL);
	build_with(5, 0, UINT64_C(0xff11000000000000), UINT64_C(0xffa0000000000000), UINT64_C(0xffd4000000000000));
	open_well();
	assert_layout();
}

/* A direct map with a hole, page tables split to 4 KiB at its end, and nothing behind it. */
static void odd_direct_map(void **state)
{
	build(4, 0);
	map(m.direct_map + 4 * MIB, 1, 0);
	map(m.direct_map + 14 * MIB, 1, 0);
	for (uint64_t at = 14 * MIB; at < 15 * MIB + 3 * PAGE; at += PAGE)
		map(m.direct_map + at, 0, at | P | RW | NX);
	add_vmcoreinfo(0);
	open_well();
	assert_int_equal(iq_target_layout(m.target)->direct_map, m.direct_map);
	assert_int_equal(iq_target_layout(m.target)->direct_map_size, 15 * MIB + 3 * PAGE);
	assert_int_equal(iq_target_layout(m.target)->vmalloc, m.vmalloc);
}

static void bases_from_symbols(void **state)
{
	uint64_t address;
	build(4, 0);
	add_vmcoreinfo(0);
	open_well();
	assert_true(iq_phys_to_virt(m.target, 0x1234, &address));
	assert_int_equal(address, m.direct_map + 0x1234);
	assert_false(iq_phys_to_virt(m.target, MAX_PFN * (uint64_t)PAGE, &address));
	iq_target_set_bases(m.target, 0, m.vmalloc - GIB, 0);
	const struct iq_layout *layout = iq_target_layout(m.target);
	assert_int_equal(layout->direct_map, m.direct_map);
	assert_int_equal(layout->vmalloc, m.vmalloc - GIB);
	assert_int_equal(layout->vmalloc_end, m.vmalloc - GIB + 32 * TIB);
	assert_int_equal(layout->vmemmap, m.vmemmap);
	/* A page_offset_base that the tables contradict is damage. */
	iq_target_set_bases(m.target, m.direct_map + 2 * MIB, 0, 0);
	assert_int_equal(layout->direct_map, m.direct_map);
	assert_contains(iq_strbuf_text(&m.warnings), "page tables contradict");
	assert_ptr_equal(iq_target_dump(m.target), m.dump);
	assert_string_equal(iq_target_arch(m.target)->name, "x86_64");
	assert_ptr_equal(iq_target_diag(m.target), &m.diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(by_vmcoreinfo, tear_down),
		cmocka_unit_test_teardown(with_encrypted_memory, tear_down),
		cmocka_unit_test_teardown(by_registers, tear_down),
		cmocka_unit_test_teardown(by_looking_through_memory, tear_down),
		cmocka_unit_test_teardown(wrong_vmcoreinfo_is_not_believed, tear_down),
		cmocka_unit_test_teardown(a_damaged_image_mapping, tear_down),
		cmocka_unit_test_teardown(an_image_that_no_table_maps, tear_down),
		cmocka_unit_test_teardown(a_gigantic_page_over_the_image, tear_down),
		cmocka_unit_test_teardown(a_lost_table_is_replaced, tear_down),
		cmocka_unit_test_teardown(the_image_without_tables, tear_down),
		cmocka_unit_test_teardown(nothing_to_go_by, tear_down),
		cmocka_unit_test_teardown(another_machine, tear_down),
		cmocka_unit_test_teardown(fixed_bases, tear_down),
		cmocka_unit_test_teardown(odd_direct_map, tear_down),
		cmocka_unit_test_teardown(bases_from_symbols, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
