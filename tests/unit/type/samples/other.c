/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types.h"

/* The same names for other things than in types.c. */
static char hidden[3] = { 1 };
__attribute__((used)) int elsewhere;
struct only_here {
	struct point at;
	struct sample *sample;
} only_here;

static int twice(int x)
{
	return hidden[x & 1];
}

int entry(int x)
{
	hidden[0]++;
	return twice(x);
}
