// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/arena.h"

#include "util/cleanup.h"

#include <string.h>

enum { CHUNK = 16 * 1024 };

struct iq_arena_chunk {
	struct iq_arena_chunk *next;
	size_t used, size;
	char text[];
};

static struct iq_arena_chunk *add_chunk(struct iq_arena *arena, size_t size)
{
	struct iq_arena_chunk *chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	*chunk = (struct iq_arena_chunk){ .next = arena->chunks, .size = size };
	arena->chunks = chunk;
	return chunk;
}

const char *iq_arena_add(struct iq_arena *arena, const char *text, size_t length)
{
	struct iq_arena_chunk *chunk = arena->chunks;
	if (!chunk || length >= chunk->size - chunk->used)
		chunk = add_chunk(arena, IQ_MAX(length + 1, (size_t)CHUNK));
	if (!chunk)
		return NULL;
	char *kept = chunk->text + chunk->used;
	memcpy(kept, text, length);
	kept[length] = '\0';
	chunk->used += length + 1;
	return kept;
}

void iq_arena_free(struct iq_arena *arena)
{
	while (arena->chunks) {
		struct iq_arena_chunk *chunk = arena->chunks;
		arena->chunks = chunk->next;
		free(chunk);
	}
}
