/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/modules.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct iq_image *x = *(const struct iq_image *const *)a, *y = *(const struct iq_image *const *)b;

	return x->base < y->base ? -1 : x->base > y->base;
}

struct iq_error *iq_modules_by_base(struct iq_kernel *kernel, const struct iq_image ***modules, size_t *count)
{
	const struct iq_image *const *list;

	IQ_TRY(iq_images_modules(iq_kernel_images(kernel), &list, count));
	*modules = calloc(*count + 1, sizeof(**modules));
	if (!*modules)
		return iq_error_no_memory();
	if (*count) {
		memcpy(*modules, list, *count * sizeof(**modules));
		qsort(*modules, *count, sizeof(**modules), compare);
	}
	return NULL;
}
