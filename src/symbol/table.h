/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols in an array, by address and by name: what the sources for modules, JITed code and ELF files have in common.
 */
#ifndef IQ_SYMBOL_TABLE_H
#define IQ_SYMBOL_TABLE_H

#include "symbol/symbol.h"
#include "util/vec.h"

struct iq_symbol_table {
	struct iq_symbol_source source; /* first: the operations cast */
	IQ_VEC(struct iq_symbol) symbols;
	uint32_t *by_name;                              /* indices in the order of names; made on first use */
	void (*release)(struct iq_symbol_table *table); /* what the names live in; may be NULL */
};

/* Sorts the symbols by address, gives sizes to those that have none (to the next one in the same range) and sets the
 * operations. With no ranges set, the symbols' own extent becomes the range. Several at one address come in the order
 * that the kernel's own table has: weak ones, boundaries such as __start_X and ones with more leading underscores last,
 * by name otherwise. */
void iq_symbol_table_finish(struct iq_symbol_table *table);

#endif
