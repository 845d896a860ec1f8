// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/vec.h"

#include <stdint.h>
#include <string.h>

bool iq_vec_reserve_(void **data, size_t *capacity, size_t wanted, size_t size)
{
	if (wanted <= *capacity)
		return true;
	if (wanted > SIZE_MAX / size)
		return false;
	void *moved = realloc(*data, wanted * size);
	if (!moved)
		return false;
	*data = moved;
	*capacity = wanted;
	return true;
}

void *iq_vec_grow_(void **data, size_t *count, size_t *capacity, size_t size)
{
	if (*count == *capacity) {
		size_t wanted = *capacity ? *capacity * 2 : 8;
		if (wanted < *capacity || !iq_vec_reserve_(data, capacity, wanted, size))
			return NULL;
	}
	void *element = (char *)*data + *count * size;
	memset(element, 0, size);
	(*count)++;
	return element;
}
