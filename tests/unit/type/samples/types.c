/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types.h"

#define KEEP __attribute__((used)) /* also where the linker sees the whole program */

KEEP struct sample sample;
KEEP struct packed packed[3] = { { 1 } };
KEEP union both both;
KEEP enum signs signs;
KEEP enum large large;
KEEP enum { UNNAMED = 77 } unnamed;
KEEP static word hidden = 5;
extern int elsewhere;
extern int declared_first;
KEEP int declared_first = 1;
KEEP unsigned long long (*table[4])(int, struct point *);

static inline __attribute__((always_inline)) int inlined(int value)
{
	return value + elsewhere;
}

static int twice(int x)
{
	static int hidden_in_function;
	hidden_in_function += inlined(x);
	return 2 * hidden_in_function;
}

KEEP int visible(struct sample *s, const char *format, ...)
{
	hidden++;
	declared_first++;
	return twice(s->points[1].x) + (int)hidden + format[0];
}
