/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a fuzz target's input as the BTF of one module. */
#ifndef IQ_TESTS_FUZZ_BTF_PART_H
#define IQ_TESTS_FUZZ_BTF_PART_H

#include "type/type.h"

#include <stdlib.h>
#include <string.h>

struct part {
	const uint8_t *bytes;
	size_t size;
};

static inline struct iq_error *load_part(void *context, uint8_t **bytes, size_t *size)
{
	struct part *part = context;
	*bytes = malloc(part->size + 1);
	if (part->size)
		memcpy(*bytes, part->bytes, part->size);
	*size = part->size;
	return NULL;
}

#endif
