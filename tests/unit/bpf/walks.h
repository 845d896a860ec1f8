/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a walk over a map gave. */
#ifndef IQ_TESTS_BPF_WALKS_H
#define IQ_TESTS_BPF_WALKS_H

#include "../cmocka_setup.h"

#include "maps.h"

enum { MAX_SEEN = 64 };

struct walked {
	struct maps *m;
	struct iq_bpf_element elements[MAX_SEEN];
	uint8_t keys[MAX_SEEN][64];
	size_t count;
	size_t stop_at; /* the callback fails there; 0: never */
	struct iq_error *error;
};

static inline struct iq_error *keep_element(void *context, const struct iq_bpf_element *element)
{
	struct walked *walked = context;
	if (walked->stop_at && walked->count == walked->stop_at)
		return iq_error_new(IQ_ERROR_ARGUMENT, "enough");
	assert_in_range(walked->count, 0, MAX_SEEN - 1);
	walked->elements[walked->count] = *element;
	if (element->key) {
		assert_in_range(element->key_size, 1, 64);
		memcpy(walked->keys[walked->count], element->key, element->key_size);
	}
	walked->count++;
	return NULL;
}

static inline void walk_map(struct maps *m, struct walked *walked)
{
	*walked = (struct walked){ .m = m, .stop_at = walked->stop_at };
	walked->error = iq_bpf_map_each(&m->bpf, &m->map, keep_element, walked);
	uint64_t count = 0;
	iq_error_free(iq_bpf_map_count(&m->bpf, &m->map, &count));
	if (!walked->error)
		assert_int_equal(count, walked->count);
}

static inline uint32_t key32(const struct walked *walked, size_t n)
{
	uint32_t key;
	assert_in_range(n, 0, walked->count - 1);
	memcpy(&key, walked->keys[n], sizeof(key));
	return key;
}

/* The walk gave `count` elements, and no error, or one that says `words`. */
static inline void expect(struct walked *walked, size_t count, const char *words)
{
	if (!words && walked->error)
		fail_msg("%s", walked->error->message);
	if (words && !walked->error)
		fail_msg("no error \"%s\"", words);
	if (words && !strstr(walked->error->message, words))
		fail_msg("\"%s\" and not \"%s\"", walked->error->message, words);
	assert_int_equal(walked->count, count);
	iq_error_free(walked->error);
	walked->error = NULL;
}

static inline void expect_map(struct maps *m, size_t count, const char *words)
{
	struct walked walked = { 0 };
	walk_map(m, &walked);
	expect(&walked, count, words);
}

#endif
