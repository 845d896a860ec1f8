/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Typed growing arrays: `IQ_VEC(struct frame) frames = {0};`. The members are public: data, count, capacity.
 * iq_vec_push returns a pointer to the new, zeroed element, or NULL when memory is out.
 */
#ifndef IQ_UTIL_VEC_H
#define IQ_UTIL_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define IQ_VEC(type)                                                                                                   \
	struct {                                                                                                       \
		type *data;                                                                                            \
		size_t count, capacity;                                                                                \
	}

/* Appends one zeroed element and returns a pointer to it; NULL when memory is out. Moves the array. */
#define iq_vec_push(vec)                                                                                               \
	((__typeof__((vec)->data))iq_vec_grow_((void **)&(vec)->data, &(vec)->count, &(vec)->capacity,                 \
					       sizeof(*(vec)->data)))

/* Makes room for `n` elements in all; false when memory is out. */
#define iq_vec_reserve(vec, n)                                                                                         \
	iq_vec_reserve_((void **)&(vec)->data, &(vec)->capacity, (n), sizeof(*(vec)->data))

#define iq_vec_free(vec)                                                                                               \
	do {                                                                                                           \
		free((vec)->data);                                                                                     \
		(vec)->data = NULL;                                                                                    \
		(vec)->count = (vec)->capacity = 0;                                                                    \
	} while (0)

#define iq_vec_foreach(item, vec)                                                                                      \
	for (__typeof__((vec)->data) item = (vec)->data; item && item < (vec)->data + (vec)->count; item++)

bool iq_vec_reserve_(void **data, size_t *capacity, size_t wanted, size_t size);
void *iq_vec_grow_(void **data, size_t *count, size_t *capacity, size_t size);

#endif
