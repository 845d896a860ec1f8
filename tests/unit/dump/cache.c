// SPDX-License-Identifier: GPL-2.0-or-later
#include "../cmocka_setup.h"

#include "dump/cache.h"

#include <stdlib.h>
#include <string.h>

static void keeps_to_its_bound(void **state)
{
	struct iq_cache cache;
	iq_cache_init(&cache, 64 * 4096, 4096);
	srand48(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t pfn = (uint64_t)lrand48() % 200 + (i % 3 ? UINT64_C(1) << 33 : 0);
		const uint8_t *bytes = iq_cache_find(&cache, pfn);
		if (!bytes) {
			uint8_t *room = iq_cache_reserve(&cache);
			assert_non_null(room);
			memset(room, (int)(pfn & 0xff), 4096);
			if (i % 11 == 0)
				continue; /* the page could not be had after all */
			bytes = iq_cache_commit(&cache, pfn);
		}
		assert_int_equal(bytes[0], pfn & 0xff);
		assert_int_equal(bytes[4095], pfn & 0xff);
		assert_true(cache.count <= 64);
	}
	assert_int_equal(cache.count, 64);
	iq_cache_free(&cache);
}

static void pages_in_use_stay(void **state)
{
	struct iq_cache cache;
	iq_cache_init(&cache, 16 * 4096, 4096);
	for (uint64_t pfn = 0; pfn < 1000; pfn++) {
		*iq_cache_reserve(&cache) = (uint8_t)pfn;
		iq_cache_commit(&cache, pfn);
		assert_non_null(iq_cache_find(&cache, 0)); /* asked for all the time */
	}
	assert_null(iq_cache_find(&cache, 5));
	iq_cache_free(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keeps_to_its_bound), cmocka_unit_test(pages_in_use_stay) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
