// SPDX-License-Identifier: GPL-2.0-or-later
#include "../cmocka_setup.h"

#include "bytes.h"
#include "dump/file.h"

#include <stdlib.h>

static struct iq_file *open_bytes(const struct bytes *b)
{
	struct iq_file *file = NULL;
	assert_null(iq_file_open(b->path, NULL, &file));
	return file;
}

static void later_blocks_win(void **state)
{
	struct bytes b = bytes_new();
	uint64_t at = 0;
	bytes_block(&b, &at, 10, "aaaaaaaaaa", 10); /* 10 to 20 */
	bytes_block(&b, &at, 0, "bbbb", 4);
	bytes_block(&b, &at, 12, "cc", 2);
	bytes_block(&b, &at, 18, "dddd", 4);
	bytes_block(&b, &at, 3, "ee", 2);
	bytes_end(&b, at);
	struct iq_file *file = open_bytes(&b);
	char text[32] = "";
	assert_true(file->flattened);
	assert_false(file->truncated);
	assert_int_equal(file->size, 22);
	assert_int_equal(iq_file_get(file, 0, text, 22), 5); /* up to the gap */
	assert_memory_equal(text, "bbbee", 5);
	assert_int_equal(iq_file_get(file, 10, text, 22), 12);
	assert_memory_equal(text, "aaccaaaadddd", 12);
	assert_int_equal(iq_file_has(file, 9, 1), 0);
	assert_int_equal(iq_file_has(file, 0, 100), 5);
	assert_int_equal(iq_file_get(file, 22, text, 1), 0);
	iq_file_close(file);
	close(b.fd);
}

/* Against a plain array that the blocks are copied to in the stream's order. */
static void any_order_and_overlap(void **state)
{
	srand48(7);
	for (int round = 0; round < 50; round++) {
		enum { SIZE = 600 };
		uint8_t model[SIZE] = { 0 }, known[SIZE] = { 0 };
		struct bytes b = bytes_new();
		uint64_t at = 0;
		const int blocks = 1 + (int)(lrand48() % 60);
		for (int i = 0; i < blocks; i++) {
			uint8_t data[64];
			size_t size = (size_t)lrand48() % sizeof(data),
			       offset = (size_t)lrand48() % (SIZE - sizeof(data));
			memset(data, i + 1, sizeof(data));
			bytes_block(&b, &at, offset, data, size);
			memset(model + offset, i + 1, size);
			memset(known + offset, 1, size);
		}
		bytes_end(&b, at);
		struct iq_file *file = open_bytes(&b);
		assert_true(file->index.count <= 2 * (size_t)blocks + 1);
		for (size_t i = 0; i < SIZE; i++) {
			uint8_t byte = 0;
			assert_int_equal(iq_file_get(file, i, &byte, 1), known[i]);
			assert_int_equal(byte, model[i]);
		}
		iq_file_close(file);
		close(b.fd);
	}
}

static void count_line(void *context, const char *line)
{
	++*(int *)context;
}

static void cut_short(void **state)
{
	struct bytes b = bytes_new();
	uint64_t at = 0;
	int lines = 0;
	const struct iq_diag diag = { count_line, &lines };
	bytes_block(&b, &at, 0, "0123456789", 10);
	bytes_block(&b, &at, 10, "0123456789", 10);
	assert_int_equal(ftruncate(b.fd, (off_t)at - 4), 0);
	struct iq_file *file = NULL;
	assert_null(iq_file_open(b.path, &diag, &file));
	assert_int_equal(lines, 1);
	assert_true(file->truncated);
	assert_int_equal(file->size, 16);
	char text[32];
	assert_int_equal(iq_file_get(file, 8, text, 20), 8);
	assert_memory_equal(text, "89012345", 8);
	iq_file_close(file);
	close(b.fd);
}

static void hostile_headers(void **state)
{
	static const uint64_t headers[][2] = {
		{ 0, UINT64_MAX }, { INT64_MAX, 2 }, { UINT64_MAX - 1, 1 }, { 5, INT64_MAX }, { UINT64_C(1) << 63, 0 }
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct bytes b = bytes_new();
		uint64_t at = 0;
		bytes_block(&b, &at, 0, "x", 1);
		bytes_put64(&b, at, htobe64(headers[i][0]));
		bytes_put64(&b, at + 8, htobe64(headers[i][1]));
		struct iq_file *file = open_bytes(&b);
		assert_true(file->truncated);
		assert_int_equal(file->size, 1);
		iq_file_close(file);
		close(b.fd);
	}
}

static void many_blocks_stay_small(void **state)
{
	enum { BLOCKS = 20000 };
	struct bytes b = bytes_new();
	uint64_t at = 0;
	for (uint64_t i = 0; i < BLOCKS; i++) /* two interleaved streams, as makedumpfile writes them */
		bytes_block(&b, &at, i % 2 ? 1000000 + i * 8 : i * 8, &i, 8);
	bytes_end(&b, at);
	struct iq_file *file = open_bytes(&b);
	assert_int_equal(file->index.blocks, BLOCKS);
	assert_true(file->index.count * sizeof(struct iq_flattened_segment) <= 32 * BLOCKS);
	for (uint64_t i = 0, value; i < BLOCKS; i += 7) {
		assert_int_equal(iq_file_get(file, i % 2 ? 1000000 + i * 8 : i * 8, &value, 8), 8);
		assert_int_equal(value, i);
	}
	iq_file_close(file);
	close(b.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_blocks_win),
		cmocka_unit_test(any_order_and_overlap),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(hostile_headers),
		cmocka_unit_test(many_blocks_stay_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
