// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A machine of eight pages of 256 bytes, made here in place of the dump and the page tables: physical pages 0 to 7, of
 * which page 3 is not in the dump. The kernel maps pages 0 to 5 from MAP on, page 6 at HIGH, and page 0 there a second
 * time.
 */
#include "../type/type_setup.h"

#include "../fake_target.h"
#include "kernel/search.h"

enum { PAGE = 256, PAGES = 8, MISSING = 3 };

#define MAP UINT64_C(0xffff888000000000)
#define HIGH UINT64_C(0xffffffffc0000000)

static uint8_t memory[PAGES * PAGE];
static uint64_t mapped_again; /* so many times HIGH + PAGE maps page 7 */
static unsigned leaves;

const struct iq_dump_info *iq_dump_info(const struct iq_dump *dump)
{
	static const struct iq_dump_info info = { .page_size = PAGE };
	return &info;
}

struct iq_error *iq_dump_read(struct iq_dump *dump, uint64_t address, void *buffer, size_t length)
{
	if (address / PAGE == MISSING || address + length > sizeof(memory))
		return iq_error_memory(address, IQ_PAGE_FILTERED, "no page at %#lx", address);
	memcpy(buffer, memory + address, length);
	return NULL;
}

bool iq_dump_next_present(struct iq_dump *dump, uint64_t address, uint64_t *next)
{
	if (address / PAGE == MISSING)
		address = (MISSING + 1) * PAGE;
	*next = address;
	return address < sizeof(memory);
}

static struct iq_error *next_leaf(const struct iq_paging *paging, uint64_t table, uint64_t from, uint64_t last,
				  struct iq_leaf *out, bool *found)
{
	struct iq_leaf all[] = { { MAP, 0, 6 * PAGE, 0 }, { HIGH, 6 * PAGE, PAGE, 0 } };
	*found = false;
	leaves++;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(all) && !*found; i++) {
		*out = all[i];
		*found = from <= out->address + out->size - 1 && last >= out->address;
	}
	uint64_t again = HIGH + PAGE, end = again + mapped_again * PAGE;
	if (*found || from >= end || last < again)
		return NULL;
	from = IQ_MAX(from, again) & ~UINT64_C(255);
	*out = (struct iq_leaf){ from, 7 * PAGE, PAGE, 0 };
	*found = true;
	return NULL;
}

static const struct iq_arch arch = { .next_leaf = next_leaf };

struct hits {
	struct iq_search_hit hit[2000];
	size_t count, stop_at;
	uint64_t progress;
};

static struct iq_error *on_hit(void *context, const struct iq_search_hit *hit)
{
	struct hits *hits = context;
	if (hits->stop_at && hits->count == hits->stop_at)
		return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
	assert_in_range(hits->count, 0, IQ_ARRAY_SIZE(hits->hit) - 1);
	hits->hit[hits->count++] = *hit;
	return NULL;
}

static struct hits hits;

static struct iq_error *search(struct iq_search search)
{
	struct iq_target target;
	fake_init(&target);
	target.arch = &arch;
	target.layout.kernel_table = 0x1000;
	if (search.memory == IQ_SEARCH_VIRTUAL && !search.first)
		search.first = UINT64_C(1) << 63;
	if (!search.last)
		search.last = UINT64_MAX;
	search.hit = on_hit;
	search.context = &hits;
	hits.count = 0;
	struct iq_error *error = iq_search(&target, &search);
	fake_free(&target);
	return error;
}

static void expect_hits(const uint64_t *addresses, size_t count)
{
	assert_int_equal(hits.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(hits.hit[i].address, addresses[i]);
}

#define EXPECT(...)                                                                                                    \
	do {                                                                                                           \
		const uint64_t expected_[] = { __VA_ARGS__ };                                                          \
		expect_hits(expected_, IQ_ARRAY_SIZE(expected_));                                                      \
	} while (0)

static int reset(void **state)
{
	memset(memory, 0xee, sizeof(memory));
	mapped_again = 0;
	hits.stop_at = 0;
	return 0;
}

static void put(size_t at, uint64_t value, size_t size)
{
	memcpy(memory + at, &value, size);
}

static void values_are_found_at_multiples_of_their_size(void **state)
{
	static const struct iq_search_pattern patterns[] = { { .value = 0x1122334455667788 }, { .value = 0xabba } };
	put(0, 0x1122334455667788, 8);
	put(248, 0xabba, 8);
	put(2 * PAGE + 4, 0x1122334455667788, 8); /* not at a multiple of 8 */
	put(MISSING * PAGE, 0xabba, 8);           /* not in the dump */
	put(6 * PAGE + 16, 0x1122334455667788, 8);
	put(7 * PAGE + 8, 0xabba, 8); /* not mapped */
	expect_success(search((struct iq_search){ .size = 8, .patterns = patterns, .pattern_count = 2 }));
	EXPECT(MAP, MAP + 248, HIGH + 16);
	assert_int_equal(hits.hit[1].pattern, 1);
	assert_int_equal(hits.hit[1].value, 0xabba);
	expect_success(search((struct iq_search){
		.memory = IQ_SEARCH_PHYSICAL, .size = 8, .patterns = patterns, .pattern_count = 2 }));
	EXPECT(0, 248, 6 * PAGE + 16, 7 * PAGE + 8);
	expect_success(search((struct iq_search){
		.size = 4, .patterns = &(struct iq_search_pattern){ .value = 0x55667788 }, .pattern_count = 1 }));
	EXPECT(MAP, MAP + 2 * PAGE + 4, HIGH + 16);
	expect_success(search((struct iq_search){ .size = 2, .patterns = &patterns[1], .pattern_count = 1 }));
	EXPECT(MAP + 248);
	hits.stop_at = 1;
	expect_error(search((struct iq_search){ .size = 8, .patterns = patterns, .pattern_count = 2 }),
		     IQ_ERROR_INTERRUPTED, "enough");
	expect_error(
		search((struct iq_search){ .first = MAP + 4, .size = 8, .patterns = patterns, .pattern_count = 2 }),
		IQ_ERROR_ARGUMENT, "at multiples of it");
}

static void a_mask_leaves_bits_out(void **state)
{
	struct iq_search_pattern pattern = { .value = 0xbabe0000 };
	put(16, 0xbabe1234, 4);
	put(20, 0xbabe0000, 4);
	put(24, 0x1babe000, 4);
	expect_success(
		search((struct iq_search){ .size = 4, .mask = 0xffff, .patterns = &pattern, .pattern_count = 1 }));
	EXPECT(MAP + 16, MAP + 20);
	assert_int_equal(hits.hit[0].value, 0xbabe1234);
}

static void ranges_are_kept_to(void **state)
{
	struct iq_search_pattern pattern = { .value = 0x77 };
	for (size_t i = 0; i < 6; i++)
		put(i * PAGE + 8, 0x77, 8);
	expect_success(search((struct iq_search){
		.first = MAP + 16, .last = MAP + 2 * PAGE + 15, .size = 8, .patterns = &pattern, .pattern_count = 1 }));
	EXPECT(MAP + PAGE + 8, MAP + 2 * PAGE + 8);
	expect_success(search((struct iq_search){
		.first = MAP + 16, .last = MAP + 2 * PAGE + 14, .size = 8, .patterns = &pattern, .pattern_count = 1 }));
	EXPECT(MAP + PAGE + 8);
	expect_success(search((struct iq_search){ .memory = IQ_SEARCH_PHYSICAL,
						  .first = 4 * PAGE,
						  .last = 5 * PAGE,
						  .size = 8,
						  .patterns = &pattern,
						  .pattern_count = 1 }));
	EXPECT(4 * PAGE + 8);
}

static void text_may_span_pages(void **state)
{
	const struct iq_search_pattern patterns[] = { { .text = "needle", .length = 6 },
						      { .text = "eed", .length = 3 },
						      { .text = "x", .length = 1 } };
	struct iq_search wanted = { .patterns = patterns, .pattern_count = 3 };
	memcpy(memory + PAGE - 3, "needle", 6);
	memcpy(memory + 2 * PAGE - 6, "needle", 6);
	memcpy(memory + 3 * PAGE - 2, "needle", 6); /* its end is not in the dump */
	memcpy(memory + 6 * PAGE - 2, "needle", 6); /* its end is mapped elsewhere */
	memory[6 * PAGE + 100] = 'x';
	expect_success(search(wanted));
	EXPECT(MAP + PAGE - 3, MAP + PAGE - 2, MAP + 2 * PAGE - 6, MAP + 2 * PAGE - 5, HIGH + 100);
	assert_int_equal(hits.hit[0].pattern, 0);
	assert_int_equal(hits.hit[1].pattern, 1);
	wanted.memory = IQ_SEARCH_PHYSICAL;
	expect_success(search(wanted));
	EXPECT(PAGE - 3, PAGE - 2, 2 * PAGE - 6, 2 * PAGE - 5, 6 * PAGE - 2, 6 * PAGE - 1, 6 * PAGE + 100);
	wanted.first = PAGE - 2;
	wanted.last = 2 * PAGE - 2;
	expect_success(search(wanted));
	EXPECT(PAGE - 2, 2 * PAGE - 5);
	/* Longer than a page. */
	char text[2 * PAGE];
	memset(text, 'a', sizeof(text));
	memset(memory + 4 * PAGE + 100, 'a', sizeof(text));
	const struct iq_search_pattern large = { .text = text, .length = sizeof(text) };
	expect_success(
		search((struct iq_search){ .patterns = &large, .pattern_count = 1, .memory = IQ_SEARCH_PHYSICAL }));
	EXPECT(4 * PAGE + 100);
	static const char endless[1 << 20] = "x"; /* each page would be copied with a megabyte before it */
	const struct iq_search_pattern too_long = { .text = endless, .length = sizeof(endless) };
	struct iq_error *refused =
		search((struct iq_search){ .patterns = &too_long, .pattern_count = 1, .memory = IQ_SEARCH_PHYSICAL });
	assert_true(iq_error_is(refused, IQ_ERROR_ARGUMENT));
	iq_error_free(refused);
	const struct iq_search_pattern nothing = { .text = "", .length = 0 };
	expect_error(search((struct iq_search){ .patterns = &nothing, .pattern_count = 1 }), IQ_ERROR_ARGUMENT,
		     "text of 0 bytes");
}

static void one_page_over_and_over_ends(void **state)
{
	const struct iq_search_pattern pattern = { .value = 0x1234567 };
	mapped_again = UINT64_C(1) << 20;
	put(7 * PAGE, 0x1234567, 8);
	leaves = 0;
	expect_success(search((struct iq_search){ .size = 8, .patterns = &pattern, .pattern_count = 1 }));
	assert_in_range(hits.count, 513, 1000);
	assert_in_range(leaves, 513, 1010);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values_are_found_at_multiples_of_their_size, reset),
		cmocka_unit_test_setup(a_mask_leaves_bits_out, reset),
		cmocka_unit_test_setup(ranges_are_kept_to, reset),
		cmocka_unit_test_setup(text_may_span_pages, reset),
		cmocka_unit_test_setup(one_page_over_and_over_ends, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
