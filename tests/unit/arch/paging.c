// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables built here, byte by byte, after Intel's SDM 3A, chapter 4, and the kernel's
 * arch/x86/include/asm/pgtable*.h. */
#include "../cmocka_setup.h"

#include "arch/arch.h"
#include "arch/x86_64.h"

#include <elf.h>
#include <string.h>

#define PAGE 4096
#define PAGES 64
#define P UINT64_C(0x1)
#define RW UINT64_C(0x2)
#define US UINT64_C(0x4)
#define A UINT64_C(0x20)
#define D UINT64_C(0x40)
#define PS UINT64_C(0x80)
#define G UINT64_C(0x100)
#define NX (UINT64_C(1) << 63)
#define TABLE (P | RW | US | A | D) /* _PAGE_TABLE */
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

/* A machine with 64 pages of RAM, some of which the dump lost. */
struct machine {
	uint64_t memory[PAGES][PAGE / 8];
	bool filtered[PAGES];
	unsigned used;
	struct iq_paging paging;
	uint64_t root;
};

static struct machine machine;

static struct iq_error *read_machine(void *context, uint64_t address, void *buffer, size_t length)
{
	struct machine *m = context;
	if (address + length > sizeof(m->memory))
		return iq_error_memory(address, IQ_PAGE_ABSENT, "physical address %#lx: no RAM", address);
	if (m->filtered[address / PAGE])
		return iq_error_memory(address, IQ_PAGE_FILTERED, "physical address %#lx: page is not in the dump",
				       address);
	memcpy(buffer, (char *)m->memory + address, length);
	return NULL;
}

static int set_up(void **state)
{
	memset(&machine, 0, sizeof(machine));
	machine.paging.phys = (struct iq_phys){ read_machine, &machine };
	machine.paging.levels = 4;
	machine.used = 1;
	machine.root = PAGE * machine.used++;
	return 0;
}

static uint64_t *entry_at(uint64_t table, uint64_t address, unsigned level)
{
	return &machine.memory[table / PAGE][address >> (12 + 9 * level) & 511];
}

/* Makes the tables down to `level` (0: PTE) and sets the entry there. */
static uint64_t *map(uint64_t address, unsigned level, uint64_t value)
{
	uint64_t table = machine.root, address_mask = UINT64_C(0xffffffffff000) & ~machine.paging.encryption_mask;
	for (unsigned at = machine.paging.levels - 1; at > level; at--) {
		uint64_t *entry = entry_at(table, address, at);
		if (!*entry) {
			assert_true(machine.used < PAGES);
			*entry = PAGE * machine.used++ | TABLE | machine.paging.encryption_mask;
		}
		table = *entry & address_mask;
	}
	uint64_t *entry = entry_at(table, address, level);
	*entry = value;
	return entry;
}

static struct iq_walk walk(uint64_t address)
{
	struct iq_walk out;
	struct iq_error *error = iq_arch_x86_64.walk(&machine.paging, machine.root, address, &out);
	if (error)
		fail_msg("%s", error->message);
	return out;
}

static void assert_mapped(uint64_t address, uint64_t physical, uint64_t size)
{
	struct iq_walk out = walk(address);
	assert_true(out.mapped);
	assert_int_equal(out.physical, physical);
	assert_int_equal(out.page_size, size);
}

static void arch_by_machine(void **state)
{
	assert_ptr_equal(iq_arch_by_machine(EM_X86_64), &iq_arch_x86_64);
	assert_null(iq_arch_by_machine(EM_S390));
}

static void all_page_sizes_at_both_depths(void **state)
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		set_up(NULL);
		machine.paging.levels = levels;
		uint64_t base = levels == 4 ? UINT64_C(0xffff888000000000) : UINT64_C(0xff11000000000000);
		map(base, 0, UINT64_C(0x123000) | P | RW | A | D | G | NX);
		map(base + 2 * GIB, 1, UINT64_C(0x40000000) | P | RW | A | D | PS | G | NX);
		map(base + 4 * GIB, 2, UINT64_C(0x1c0000000) | P | RW | A | D | PS | G | NX);
		assert_mapped(base + 0xabc, 0x123abc, PAGE);
		assert_mapped(base + 2 * GIB + 0x1fffff, 0x401fffff, 2 << 20);
		assert_mapped(base + 4 * GIB + 0x3fffffff, 0x1ffffffff, GIB);

		struct iq_walk out = walk(base);
		assert_int_equal(out.count, levels);
		assert_string_equal(out.steps[0].level, "PGD");
		assert_int_equal(out.steps[0].entry_address, machine.root + 8 * (levels == 4 ? 0x111 : 0x111));
		assert_string_equal(out.steps[1].level, levels == 4 ? "PUD" : "P4D");
		assert_string_equal(out.steps[levels - 1].level, "PTE");
		assert_int_equal(out.flags, P | RW | A | D | G | NX);
	}
}

static void user_half(void **state)
{
	map(0x7ffc12345000, 0, UINT64_C(0x77000) | P | RW | US | A | D | NX);
	assert_mapped(0x7ffc12345678, 0x77678, PAGE);
	machine.paging.levels = 5;
	machine.root = PAGE * machine.used++;
	map(0xfedcba98765000, 0, UINT64_C(0x99000) | P | US);
	assert_mapped(0xfedcba98765008, 0x99008, PAGE);
}

static void addresses_without_a_mapping(void **state)
{
	map(0xffff888000000000, 0, 0x1000 | P);
	struct iq_walk out = walk(0xffff888000001000);
	assert_false(out.mapped);
	assert_int_equal(out.count, 4);
	assert_int_equal(out.page_size, PAGE);
	out = walk(0xffff888000200000);
	assert_false(out.mapped);
	assert_int_equal(out.count, 3);
	assert_string_equal(out.steps[2].level, "PMD");
	assert_int_equal(out.steps[2].entry, 0);
	out = walk(0x1234567890abcdef); /* not canonical */
	assert_false(out.mapped);
	assert_int_equal(out.count, 0);
	assert_int_equal(walk(0xff11000000000000).count, 0); /* canonical with five levels only */
}

static void bits_beyond_the_address_are_no_address(void **state)
{
	/* NX, a protection key (bits 59 to 62), software bits 9 to 11 and 52 to 58. */
	map(0x400000, 0, UINT64_C(0xfff0000000005e67) | NX);
	assert_mapped(0x400010, 0x5010, PAGE);
}

static void encrypted_tables(void **state)
{
	for (unsigned bit = 47; bit <= 51; bit += 4) {
		set_up(NULL);
		machine.paging.encryption_mask = UINT64_C(1) << bit;
		uint64_t c = machine.paging.encryption_mask;
		map(0xffffc90000000000, 0, UINT64_C(0x8000) | c | P | RW | NX);
		map(0xffff888000000000, 1, UINT64_C(0x200000) | c | P | RW | PS | NX);
		map(0xffff888000200000, 1, UINT64_C(0x400000) | P | RW | PS | NX); /* shared with the hypervisor */
		assert_mapped(0xffffc90000000123, 0x8123, PAGE);
		assert_mapped(0xffff888000000001, 0x200001, 2 << 20);
		assert_mapped(0xffff888000200001, 0x400001, 2 << 20);
		machine.root |= c; /* as in CR3 */
		assert_mapped(0xffffc90000000123, 0x8123, PAGE);
		assert_int_equal(walk(0xffffc90000000123).flags, P | RW | NX);
	}
}

/* pfn_pte() inverts the address of entries that are not present but not empty: arch/x86/include/asm/pgtable-invert.h.
 */
static void prot_none_is_mapped(void **state)
{
	const uint64_t address_bits = UINT64_C(0xffffffffff000);
	map(0x400000, 0, (UINT64_C(0x5000) ^ address_bits) | G | A);
	assert_mapped(0x400010, 0x5010, PAGE);
	map(0x401000, 0, UINT64_C(0x6000) | G | A); /* a kernel before 4.19 */
	assert_mapped(0x401010, 0x6010, PAGE);
	map(0x600000, 1, (UINT64_C(0xa00000) ^ (address_bits & ~UINT64_C(0x1fffff))) | G | PS | A);
	assert_mapped(0x654321, 0xa54321, 2 << 20);
	map(0x800000, 1, (UINT64_C(0xc00000) ^ (address_bits & ~UINT64_C(0x1fffff))) | PS | RW); /* being split */
	assert_mapped(0x854321, 0xc54321, 2 << 20);

	struct iq_strbuf text = { 0 };
	iq_arch_x86_64.format_page_flags(walk(0x400000).flags, &text);
	assert_string_equal(iq_strbuf_text(&text), "ACCESSED|PROTNONE|GLOBAL");
	iq_strbuf_free(&text);
}

/* __swp_entry(): type in bits 59 to 63, inverted offset in bits 9 to 58, bit 8 clear (pgtable_64.h). */
static void swapped_out_is_not_mapped(void **state)
{
	uint64_t swap = UINT64_C(3) << 59 | (~UINT64_C(0x1234) << 14 >> 5 & ~UINT64_C(0x1ff));
	map(0x400000, 0, swap);
	struct iq_walk out = walk(0x400000);
	assert_false(out.mapped);
	assert_int_equal(out.steps[3].entry, swap);
	map(0x600000, 1, swap); /* a huge page under migration */
	assert_false(walk(0x600000).mapped);
}

static void assert_damaged(uint64_t address, const char *words)
{
	struct iq_walk out;
	struct iq_error *error = iq_arch_x86_64.walk(&machine.paging, machine.root, address, &out);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	if (!strstr(error->message, words))
		fail_msg("%s", error->message);
	assert_false(out.mapped);
	iq_error_free(error);
}

static void impossible_entries(void **state)
{
	map(0xffffc00000000000, 3, 0x1000 | P | PS);
	assert_damaged(0xffffc00000000000, "PGD entry 1081");
	map(0xffffd00000000000, 2, UINT64_C(0x40200000) | P | PS);
	assert_damaged(0xffffd00000000000, "PUD entry 40200081");
	map(0xffffd00080000000, 1, UINT64_C(0x4000000) | 0x4000 | P | PS);
	assert_damaged(0xffffd00080000000, "reserved address bits");
	map(0xffffd00080200000, 1, UINT64_C(0x4000000) | 0x1000 | P | PS); /* PAT */
	assert_mapped(0xffffd00080212345, 0x4012345, 2 << 20);
	assert_int_equal(walk(0xffffd00080212345).flags & 0x1000, 0x1000);
}

static void levels_that_do_not_exist(void **state)
{
	struct iq_walk out;
	machine.paging.levels = 3;
	struct iq_error *error = iq_arch_x86_64.walk(&machine.paging, machine.root, 0, &out);
	assert_true(iq_error_is(error, IQ_ERROR_ARGUMENT));
	iq_error_free(error);
}

static void tables_that_point_to_themselves(void **state)
{
	for (unsigned i = 0; i < 512; i++)
		machine.memory[machine.root / PAGE][i] = machine.root | TABLE;
	assert_mapped(0xffff888000000123, machine.root + 0x123, PAGE);
}

static void missing_tables(void **state)
{
	struct iq_walk out;
	map(0xffff888000000000, 0, 0x1000 | P);
	unsigned pmd_page = (entry_at(machine.root, 0xffff888000000000, 3)[0] & 0xff000) / PAGE + 1;
	machine.filtered[pmd_page] = true;
	struct iq_error *error = iq_arch_x86_64.walk(&machine.paging, machine.root, 0xffff888000000000, &out);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_int_equal(error->page_state, IQ_PAGE_FILTERED);
	assert_int_equal(error->address, pmd_page * PAGE);
	assert_string_equal(error->message,
			    "PMD table at physical 0x3000: physical address 0x3000: page is not in the dump");
	assert_int_equal(out.count, 2);
	assert_false(out.mapped);
	iq_error_free(error);

	map(0xffff900000000000, 3, UINT64_C(0x7777777000) | TABLE);
	error = iq_arch_x86_64.walk(&machine.paging, machine.root, 0xffff900000000000, &out);
	assert_int_equal(error->page_state, IQ_PAGE_ABSENT);
	iq_error_free(error);
}

static void flags_in_the_words_of_crash(void **state)
{
	static const struct {
		uint64_t flags;
		const char *text;
	} cases[] = {
		{ P | RW | A | D | PS | G | NX, "PRESENT|RW|ACCESSED|DIRTY|PSE|GLOBAL|NX" },
		{ P | RW | US | A | D, "PRESENT|RW|USER|ACCESSED|DIRTY" },
		{ P | RW | 0x18 | A | D | G | NX, "PRESENT|RW|PWT|PCD|ACCESSED|DIRTY|GLOBAL|NX" },
		{ 0, "" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iq_strbuf text = { 0 };
		iq_arch_x86_64.format_page_flags(cases[i].flags, &text);
		assert_string_equal(iq_strbuf_text(&text), cases[i].text);
		iq_strbuf_free(&text);
	}
}

static void canonical_addresses(void **state)
{
	const struct iq_arch *arch = &iq_arch_x86_64;
	assert_true(arch->is_canonical(0x00007fffffffffff, 4));
	assert_false(arch->is_canonical(0x0000800000000000, 4));
	assert_true(arch->is_canonical(0x0000800000000000, 5));
	assert_false(arch->is_canonical(0xffff7fffffffffff, 4));
	assert_true(arch->is_canonical(0xffff800000000000, 4));
	assert_true(arch->is_canonical(0xff00000000000000, 5));
	assert_false(arch->is_canonical(0xfeffffffffffffff, 5));
	assert_true(arch->is_kernel_address(0xffffffffffffffff, 4));
	assert_false(arch->is_kernel_address(0x7fffffffffff, 4));
	assert_false(arch->is_kernel_address(0xff11000000000000, 4));
}

static bool next(uint64_t from, uint64_t last, struct iq_leaf *leaf)
{
	bool found;
	struct iq_error *error = iq_arch_x86_64.next_leaf(&machine.paging, machine.root, from, last, leaf, &found);
	if (error)
		fail_msg("%s", error->message);
	return found;
}

static void leaves_in_order(void **state)
{
	struct iq_leaf leaf;
	map(0x400000, 0, 0x5000 | P | US);
	map(0xffff888000000000, 0, 0x1000 | P);
	map(0xffff888000200000, 1, UINT64_C(0x200000) | P | PS);
	map(0xffff888040000000, 2, UINT64_C(0x40000000) | P | PS);
	map(0xfffffffffffff000, 0, 0x9000 | P);

	assert_true(next(0, UINT64_MAX, &leaf));
	assert_int_equal(leaf.address, 0x400000);
	assert_int_equal(leaf.physical, 0x5000);
	assert_int_equal(leaf.size, PAGE);
	assert_true(next(0x401000, UINT64_MAX, &leaf));
	assert_int_equal(leaf.address, 0xffff888000000000);
	assert_true(next(0xffff888000001000, UINT64_MAX, &leaf));
	assert_int_equal(leaf.address, 0xffff888000200000);
	assert_true(next(0xffff888000300000, UINT64_MAX, &leaf)); /* in the middle of one */
	assert_int_equal(leaf.address, 0xffff888000200000);
	assert_true(next(0xffff888000400000, UINT64_MAX, &leaf));
	assert_int_equal(leaf.address, 0xffff888040000000);
	assert_int_equal(leaf.size, GIB);
	assert_true(next(0xffff888080000000, UINT64_MAX, &leaf));
	assert_int_equal(leaf.address, 0xfffffffffffff000);
	assert_false(next(0xffff888080000000, 0xffffffffffffefff, &leaf));
	assert_false(next(0x401000, 0xffff7fffffffffff, &leaf));

	machine.filtered[entry_at(machine.root, 0xffff888000000000, 3)[0] / PAGE] = true; /* stepped over */
	assert_true(next(0x401000, UINT64_MAX, &leaf));
	assert_int_equal(leaf.address, 0xfffffffffffff000);
}

static void a_maze_of_tables_ends(void **state)
{
	/* Two tables that name each other a thousandfold, with not one leaf: different entries, so that none is
	 * skipped. */
	bool found;
	struct iq_leaf leaf;
	machine.paging.levels = 5;
	for (unsigned page = 0; page < 5; page++) {
		for (unsigned i = 0; i < 512; i++)
			machine.memory[1 + page][i] = page == 4 ? 0 : (2 + page) * PAGE | TABLE | (i & 7) << 9;
	}
	struct iq_error *error = iq_arch_x86_64.next_leaf(&machine.paging, PAGE, 0, UINT64_MAX, &leaf, &found);
	assert_true(iq_error_is(error, IQ_ERROR_LIMIT));
	iq_error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arch_by_machine),
		cmocka_unit_test_setup(all_page_sizes_at_both_depths, set_up),
		cmocka_unit_test_setup(user_half, set_up),
		cmocka_unit_test_setup(addresses_without_a_mapping, set_up),
		cmocka_unit_test_setup(bits_beyond_the_address_are_no_address, set_up),
		cmocka_unit_test_setup(encrypted_tables, set_up),
		cmocka_unit_test_setup(prot_none_is_mapped, set_up),
		cmocka_unit_test_setup(swapped_out_is_not_mapped, set_up),
		cmocka_unit_test_setup(impossible_entries, set_up),
		cmocka_unit_test_setup(levels_that_do_not_exist, set_up),
		cmocka_unit_test_setup(tables_that_point_to_themselves, set_up),
		cmocka_unit_test_setup(missing_tables, set_up),
		cmocka_unit_test(flags_in_the_words_of_crash),
		cmocka_unit_test(canonical_addresses),
		cmocka_unit_test_setup(leaves_in_order, set_up),
		cmocka_unit_test_setup(a_maze_of_tables_ends, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
