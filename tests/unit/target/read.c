// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading virtual memory: what comes, and what is said when it can't. */
#include "../cmocka_setup.h"

#include "machine.h"

/* Bytes that tell their place. */
static void fill(uint64_t physical)
{
	uint8_t *page = page_at(physical);
	for (unsigned i = 0; i < PAGE; i++)
		page[i] = (uint8_t)(i * 7 + physical / PAGE);
}

static int set_up(void **state)
{
	build(4, 0);
	fill(0x202000);
	fill(0x203000);
	add_vmcoreinfo(0);
	return 0;
}

static void assert_unreadable(struct iq_error *error, uint64_t address, enum iq_page_state page_state,
			      const char *message)
{
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_string_equal(error->message, message);
	assert_true(error->has_address);
	assert_int_equal(error->address, address);
	assert_int_equal(error->page_state, page_state);
	iq_error_free(error);
}

static void values(void **state)
{
	uint8_t bytes[PAGE];
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64, physical;
	open_well();
	for (int round = 0; round < 2; round++) { /* not cached, and cached */
		assert_null(iq_read_u8(m.target, m.vmalloc + 3, &u8));
		assert_int_equal(u8, m.pages[0x202][3]);
		assert_null(iq_read_u16(m.target, m.vmalloc + PAGE - 1, &u16));
		assert_int_equal(u16, m.pages[0x202][PAGE - 1] | m.pages[0x203][0] << 8);
		assert_null(iq_read_u32(m.target, m.vmalloc + 8, &u32));
		assert_memory_equal(&u32, m.pages[0x202] + 8, 4);
		assert_null(iq_read_u64(m.target, m.direct_map + 0x203010, &u64));
		assert_memory_equal(&u64, m.pages[0x203] + 16, 8);
		assert_null(iq_read(m.target, m.vmalloc + 100, bytes, PAGE));
		assert_memory_equal(bytes, m.pages[0x202] + 100, PAGE - 100);
		assert_memory_equal(bytes + PAGE - 100, m.pages[0x203], 100);
		assert_null(iq_virt_to_phys(m.target, m.vmalloc + PAGE + 5, &physical));
		assert_int_equal(physical, 0x203005);
	}
	assert_null(iq_read(m.target, 0x1234567890abcdef, bytes, 0));
}

static void strings(void **state)
{
	char text[32];
	memset(page_at(0x202000), 'x', PAGE);
	strcpy((char *)page_at(0x202000) + 40, "short");
	memcpy(page_at(0x202000) + PAGE - 3, "two", 3);
	memcpy(page_at(0x203000), "pages", 6);
	memcpy(page_at(0x203000) + PAGE - 4, "end", 4);
	open_well();
	assert_null(iq_read_string(m.target, m.vmalloc + 40, text, sizeof(text)));
	assert_string_equal(text, "short");
	assert_null(iq_read_string(m.target, m.vmalloc + PAGE - 3, text, sizeof(text)));
	assert_string_equal(text, "twopages");
	assert_null(iq_read_string(m.target, m.vmalloc + 40, text, 3));
	assert_string_equal(text, "sh");
	/* A NUL before the end of mapped memory is enough. */
	assert_null(iq_read_string(m.target, m.vmalloc + 2 * PAGE - 4, text, sizeof(text)));
	assert_string_equal(text, "end");
	struct iq_error *error = iq_read_string(m.target, m.vmalloc + 2 * PAGE, text, sizeof(text));
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_string_equal(text, "");
	iq_error_free(error);
	error = iq_read_string(m.target, m.vmalloc, text, 0);
	assert_true(iq_error_is(error, IQ_ERROR_ARGUMENT));
	iq_error_free(error);
}

static void what_can_not_be_read(void **state)
{
	uint64_t u64;
	uint8_t bytes[3 * PAGE];
	forget_page(0x203000);
	map(m.vmalloc + 4 * PAGE, 0, UINT64_C(0x123456000) | P);
	open_well();
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + PAGE + 8, &u64), m.vmalloc + PAGE + 8, IQ_PAGE_FILTERED,
			  "0xffffb0c040001008: page is not in the dump (filtered out: makedumpfile -d 31)");
	/* The first byte that is missing counts. */
	assert_unreadable(iq_read(m.target, m.vmalloc + 16, bytes, sizeof(bytes)), m.vmalloc + PAGE, IQ_PAGE_FILTERED,
			  "0xffffb0c040001000: page is not in the dump (filtered out: makedumpfile -d 31)");
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + 3 * PAGE, &u64), m.vmalloc + 3 * PAGE, IQ_PAGE_PRESENT,
			  "0xffffb0c040003000: no mapping in the page tables (PTE is 0)");
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + GIB, &u64), m.vmalloc + GIB, IQ_PAGE_PRESENT,
			  "0xffffb0c080000000: no mapping in the page tables (PUD is 0)");
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + 4 * PAGE, &u64), m.vmalloc + 4 * PAGE, IQ_PAGE_ABSENT,
			  "0xffffb0c040004000: page is at physical 0x123456000, where the machine has no RAM");
	assert_unreadable(iq_read_u64(m.target, 0xdead000000000100, &u64), 0xdead000000000100, IQ_PAGE_PRESENT,
			  "0xdead000000000100: not a canonical address");
	assert_unreadable(iq_read_u64(m.target, 0xfffffffffffffffc, &u64), 0xfffffffffffffffc, IQ_PAGE_PRESENT,
			  "0xfffffffffffffffc: 8 bytes go past the end of the address space");
	/* Half of a number at the border. */
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + PAGE - 4, &u64), m.vmalloc + PAGE, IQ_PAGE_FILTERED,
			  "0xffffb0c040001000: page is not in the dump (filtered out: makedumpfile -d 31)");
}

static void tables_that_can_not_be_read(void **state)
{
	uint64_t u64;
	struct iq_walk walk;
	uint64_t pte_table = map(m.vmalloc + 8 * GIB, 0, 0x202000 | P);
	forget_page(pte_table);
	map(m.vmalloc + 16 * GIB, 1, UINT64_C(0x4000) | P | PS);
	map(m.vmalloc + 32 * GIB, 2, UINT64_C(0x777777000) | TABLE);
	open_well();
	char message[200];
	snprintf(message, sizeof(message),
		 "0xffffb0c240000000: PTE table at physical 0x%lx is not in the dump (filtered out: makedumpfile -d 31)",
		 pte_table);
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + 8 * GIB, &u64), m.vmalloc + 8 * GIB, IQ_PAGE_FILTERED,
			  message);
	assert_unreadable(iq_read_u64(m.target, m.vmalloc + 32 * GIB, &u64), m.vmalloc + 32 * GIB, IQ_PAGE_ABSENT,
			  "0xffffb0c840000000: PMD table at physical 0x777777000 is at physical 0x777777000, where the "
			  "machine has no RAM");
	struct iq_error *error = iq_read_u64(m.target, m.vmalloc + 16 * GIB, &u64);
	assert_int_equal(error->address, m.vmalloc + 16 * GIB);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_contains(error->message, "0xffffb0c440000000: PMD entry 4081 at physical");
	iq_error_free(error);

	error = iq_walk(m.target, NULL, m.vmalloc + 8 * GIB, &walk);
	assert_int_equal(error->page_state, IQ_PAGE_FILTERED);
	assert_int_equal(walk.count, 3);
	iq_error_free(error);
	assert_null(iq_walk(m.target, NULL, m.vmalloc + 1, &walk));
	assert_true(walk.mapped);
	assert_int_equal(walk.physical, 0x202001);
	assert_null(iq_walk(m.target, NULL, m.vmalloc + 64 * GIB, &walk));
	assert_false(walk.mapped);
}

static void spaces(void **state)
{
	uint64_t a = new_table(), b = new_table();
	uint8_t u8;
	map_in(a, 0x400000, 0, 0x202000 | P | US);
	map_in(b, 0x400000, 0, 0x203000 | P | US);
	map_in(b, 0x401000, 0, UINT64_C(0x2c00000000123e00)); /* swapped out */
	map_in(b, 0x600000, 1, UINT64_C(0x200000) | P | PS | US);
	map(0x800000, 0, 0x202000 | P | US); /* the table that was found is a process's */
	open_well();
	struct iq_space space_a = { a }, space_b = { b }, space_lost = { 0 };
	for (int round = 0; round < 2; round++) {
		assert_null(iq_read_space(m.target, &space_a, 0x400001, &u8, 1));
		assert_int_equal(u8, m.pages[0x202][1]);
		assert_null(iq_read_space(m.target, &space_b, 0x400001, &u8, 1));
		assert_int_equal(u8, m.pages[0x203][1]);
		assert_null(iq_read_space(m.target, &space_b, 0x603005, &u8, 1));
		assert_int_equal(u8, m.pages[0x203][5]);
		/* The kernel's half is the same everywhere, whatever the process's table has of it. */
		assert_null(iq_read_space(m.target, &space_a, m.vmalloc + 2, &u8, 1));
		assert_int_equal(u8, m.pages[0x202][2]);
		assert_unreadable(iq_read_u8(m.target, 0x400001, &u8), 0x400001, IQ_PAGE_PRESENT,
				  "0x400001: no mapping in the page tables (PMD is 0)");
		assert_unreadable(iq_read_u8(m.target, 0x800001, &u8), 0x800001, IQ_PAGE_PRESENT,
				  "0x800001: not a kernel address");
		assert_unreadable(iq_read_space(m.target, &space_lost, 0x800001, &u8, 1), 0x800001, IQ_PAGE_LOST,
				  "0x800001: no page tables to translate the address with");
	}
	assert_unreadable(iq_read_space(m.target, &space_b, 0x401000, &u8, 1), 0x401000, IQ_PAGE_PRESENT,
			  "0x401000: page is swapped out or moving (PTE is 2c00000000123e00)");
	struct iq_walk walk;
	assert_null(iq_walk(m.target, &space_a, m.vmalloc, &walk)); /* the walk shows the table as it is */
	assert_false(walk.mapped);
}

/* Far more pages than the translation cache has room for, all in its way. */
static void many_translations(void **state)
{
	enum { COUNT = 2500, STEP = 97 };
	const uint64_t base = m.vmalloc + 4 * GIB;
	for (unsigned i = 0; i < COUNT; i++)
		map(base + (uint64_t)i * PAGE, 0, (0x202000 + (i % 2) * PAGE) | P | RW);
	open_well();
	for (unsigned i = 0, at = 0; i < 4 * COUNT; i++, at = (at + STEP) % COUNT) {
		uint8_t u8;
		assert_null(iq_read_u8(m.target, base + (uint64_t)at * PAGE + 9, &u8));
		assert_int_equal(u8, m.pages[0x202 + at % 2][9]);
	}
}

static void addresses(void **state)
{
	open_well();
	assert_true(iq_is_kernel_address(m.target, m.vmalloc));
	assert_true(iq_is_kernel_address(m.target, 0xffff800000000000));
	assert_false(iq_is_kernel_address(m.target, 0xff11000000000000));
	assert_false(iq_is_kernel_address(m.target, 0x7fffffffffff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_can_not_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tables_that_can_not_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_translations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
