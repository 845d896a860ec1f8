// SPDX-License-Identifier: GPL-2.0-or-later
#include "../cmocka_setup.h"

#include "bytes.h"
#include "dump/bitmap.h"

#include <stdlib.h>

static void rank_and_next_agree_with_counting(void **state)
{
	enum { BYTES = 5000, BITS = BYTES * 8 - 3 };
	static uint8_t map[BYTES];
	srand48(3);
	for (size_t i = 0; i < BYTES; i++)
		map[i] = i > 1000 && i < 3500 ? 0 : (uint8_t)lrand48();
	struct bytes b = bytes_new();
	bytes_put(&b, 100, map, sizeof(map)); /* not aligned to anything */
	struct iq_file *file;
	assert_null(iq_file_open(b.path, NULL, &file));
	struct iq_bitmap bitmap = { .window.file = file, .offset = 100, .bits = BITS };
	uint64_t rank, total = 0, next, wanted_next = UINT64_MAX;
	assert_null(
		iq_bitmap_rank(&bitmap, 20000, &rank)); /* out of order first: the counts are made as far as needed */
	for (uint64_t i = 0; i < BITS; i++) {
		bool lost;
		assert_null(iq_bitmap_rank(&bitmap, i, &rank));
		assert_int_equal(rank, total);
		bool set = map[i / 8] >> (i % 8) & 1;
		assert_int_equal(iq_bitmap_test(&bitmap, i, &lost), set);
		total += set;
	}
	for (uint64_t i = BITS; i-- > 0;) {
		if (map[i / 8] >> (i % 8) & 1)
			wanted_next = i;
		assert_int_equal(iq_bitmap_next(&bitmap, i, &next), wanted_next != UINT64_MAX);
		if (wanted_next != UINT64_MAX)
			assert_int_equal(next, wanted_next);
	}
	assert_false(iq_bitmap_next(&bitmap, BITS, &next));
	iq_bitmap_free(&bitmap);
	iq_file_close(file);
	close(b.fd);
}

static void cut_bitmap_is_lost(void **state)
{
	static const uint8_t ones[1000] = { 1 };
	struct bytes b = bytes_new();
	bytes_put(&b, 0, ones, sizeof(ones));
	struct iq_file *file;
	assert_null(iq_file_open(b.path, NULL, &file));
	struct iq_bitmap bitmap = { .window.file = file, .bits = UINT64_C(1) << 40 };
	uint64_t rank;
	bool lost;
	assert_false(iq_bitmap_test(&bitmap, 8000, &lost));
	assert_true(lost);
	assert_false(iq_bitmap_test(&bitmap, 7999, &lost));
	assert_false(lost);
	assert_null(iq_bitmap_rank(&bitmap, 8000, &rank));
	assert_int_equal(rank, 1);
	struct iq_error *error = iq_bitmap_rank(&bitmap, UINT64_C(1) << 39, &rank);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	iq_error_free(error);
	iq_bitmap_free(&bitmap);
	iq_file_close(file);
	close(b.fd);
}

/* What isn't in the file is stepped over at once: bit by bit these would take days. */
static void bits_that_the_file_lacks(void **state)
{
	static const uint8_t ones[2] = { 0x10, 0x80 };
	uint64_t next, at = 0;
	for (unsigned flattened = 0; flattened < 2; flattened++) {
		struct bytes b = bytes_new();
		if (flattened) {
			bytes_block(&b, &at, 0, ones, 1);
			bytes_block(&b, &at, UINT64_C(1) << 37, ones + 1, 1);
			bytes_end(&b, at);
		} else {
			bytes_put(&b, 0, ones, 1);
		}
		struct iq_file *file;
		assert_null(iq_file_open(b.path, NULL, &file));
		struct iq_bitmap bitmap = { .window.file = file, .bits = (UINT64_C(1) << 40) + 8 };
		assert_true(iq_bitmap_next(&bitmap, 0, &next));
		assert_int_equal(next, 4);
		assert_int_equal(iq_bitmap_next(&bitmap, 5, &next), flattened);
		if (flattened)
			assert_int_equal(next, (UINT64_C(1) << 40) + 7);
		bitmap.bits--;
		assert_false(iq_bitmap_next(&bitmap, 5, &next));
		iq_bitmap_free(&bitmap);
		iq_file_close(file);
		close(b.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rank_and_next_agree_with_counting),
		cmocka_unit_test(cut_bitmap_is_lost),
		cmocka_unit_test(bits_that_the_file_lacks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
