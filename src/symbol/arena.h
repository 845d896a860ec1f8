/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that live as long as their owner and never move. */
#ifndef IQ_SYMBOL_ARENA_H
#define IQ_SYMBOL_ARENA_H

#include <stddef.h>

struct iq_arena_chunk;

/* Zero-initialise. */
struct iq_arena {
	struct iq_arena_chunk *chunks;
};

/* Keeps `length` bytes and a NUL behind them; NULL when memory is out. */
const char *iq_arena_add(struct iq_arena *arena, const char *text, size_t length);
void iq_arena_free(struct iq_arena *arena);

#endif
