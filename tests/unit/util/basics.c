// SPDX-License-Identifier: GPL-2.0-or-later
#include "../cmocka_setup.h"

#include "util/error.h"
#include "util/hash.h"
#include "util/reader.h"
#include "util/strbuf.h"
#include "util/vec.h"

#include <string.h>

static void error_keeps_address_and_context(void **state)
{
	struct iq_error *error = iq_error_memory(0xffff888100000000, IQ_PAGE_FILTERED, "page is not in the dump");
	error = iq_error_prefix(error, "task_struct at %#lx", 0xffff888100000000);
	assert_string_equal(error->message, "task_struct at 0xffff888100000000: page is not in the dump");
	assert_true(error->has_address);
	assert_int_equal(error->address, 0xffff888100000000);
	assert_int_equal(error->page_state, IQ_PAGE_FILTERED);
	iq_error_free(error);
	char word[1 << 16];
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	struct iq_error *endless = iq_error_new(IQ_ERROR_ARGUMENT, "no option %s (usage: p)", word);
	assert_in_range(strlen(endless->message), 1000, 4096);
	assert_memory_equal(endless->message, "no option xxx", 13);
	assert_non_null(strstr(endless->message, "x [...] x"));
	assert_non_null(strstr(endless->message, "xxx (usage: p)"));
	iq_error_free(endless);
	assert_null(iq_error_prefix(NULL, "nothing"));
}

static void reader_stops_at_the_end(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6 };
	struct iq_reader r = iq_reader_init(bytes, sizeof(bytes), "test");
	assert_int_equal(iq_reader_u32(&r), 0x04030201);
	assert_null(iq_reader_check(&r));
	assert_int_equal(iq_reader_u32(&r), 0);
	assert_int_equal(iq_reader_u32(&r), 0); /* an overrun stays */
	struct iq_error *error = iq_reader_check(&r);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	iq_error_free(error);
}

static void map_holds_many_keys(void **state)
{
	struct iq_map map = { 0 };
	for (uint64_t i = 0; i < 10000; i++)
		assert_true(iq_map_set(&map, i * 4096, i));
	uint64_t value;
	for (uint64_t i = 0; i < 10000; i++) {
		assert_true(iq_map_get(&map, i * 4096, &value));
		assert_int_equal(value, i);
	}
	assert_false(iq_map_get(&map, 1, NULL));
	bool added;
	assert_true(iq_map_add(&map, 4096, &added));
	assert_false(added);
	iq_map_free(&map);
}

static void strbuf_grows_and_pads(void **state)
{
	struct iq_strbuf buf = { 0 };
	assert_string_equal(iq_strbuf_text(&buf), "");
	iq_strbuf_addf(&buf, "%d", 42);
	iq_strbuf_pad(&buf, 5);
	iq_strbuf_add_char(&buf, '|');
	assert_string_equal(iq_strbuf_text(&buf), "42   |");
	for (int i = 0; i < 1000; i++)
		iq_strbuf_add(&buf, "0123456789");
	assert_int_equal(buf.length, 10006);
	iq_strbuf_truncate(&buf, 2);
	char *text = iq_strbuf_steal(&buf);
	assert_string_equal(text, "42");
	free(text);
}

static void vec_zeroes_new_elements(void **state)
{
	IQ_VEC(uint64_t) vec = { 0 };
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t *slot = iq_vec_push(&vec);
		assert_int_equal(*slot, 0);
		*slot = i;
	}
	uint64_t sum = 0;
	iq_vec_foreach (item, &vec)
		sum += *item;
	assert_int_equal(sum, 4950);
	iq_vec_free(&vec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_keeps_address_and_context),
		cmocka_unit_test(reader_stops_at_the_end),
		cmocka_unit_test(map_holds_many_keys),
		cmocka_unit_test(strbuf_grows_and_pads),
		cmocka_unit_test(vec_zeroes_new_elements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
