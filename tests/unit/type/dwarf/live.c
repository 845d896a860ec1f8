/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiled by the tests of type/dwarf*.c in several ways, loaded and run: each function calls `probe` with its name,
 * its arguments and locals having the values that tests/unit/type/dwarf_live.c knows. Line numbers are in the test: add
 * at the end only.
 */
#ifdef __clang__
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noipa))
#endif

struct pair {
	long first, second;
};

void (*probe)(const char *function);
volatile long sink;
static volatile long counter = 77;

/* Arguments that are not needed after the call of probe(): only entry values have them. */
ALONE long forgets(long alpha, int beta, unsigned char gamma)
{
	sink = alpha + beta + gamma;
	probe("forgets");
	return 1;
}

/* What it passes to forgets() lives in a register over the call. */
ALONE long keeps(long x)
{
	long y = x + 5;
	long r = forgets(y, 42, 200);
	return r + y;
}

/* Hands its argument on: an entry value of an entry value. */
ALONE long hands_on(long handed)
{
	long r = forgets(handed, -3, 7);
	sink = 5;
	return r;
}

ALONE long starts(void)
{
	long r = hands_on(1234567);
	sink = 6;
	return r;
}

static inline __attribute__((always_inline)) long inner(long in, long factor)
{
	long product = in * factor;
	sink = product;
	probe("inner");
	return product + in;
}

static inline __attribute__((always_inline)) long middle(long in_middle)
{
	long twice = in_middle * 2;
	return inner(twice, 3) + twice;
}

ALONE long inlines(long base)
{
	long result = middle(base + 1);
	return result + base;
}

/* A structure in registers, a pointer to one that is in no memory, a narrow one, a static. */
ALONE long pieces(struct pair pair, short narrow)
{
	static long calls;
	struct pair swapped = { pair.second, pair.first };
	calls++;
	sink = calls;
	probe("pieces");
	return swapped.first * 2 + swapped.second + narrow + counter + pair.first;
}

ALONE long arrays(int count)
{
	int values[4] = { count, count + 1, count + 2, count + 3 };
	long total = 0;
	for (int i = 0; i < 4; i++)
		total += values[i];
	sink = (long)&values;
	probe("arrays");
	{
		long block = total * 10;
		sink = block;
		probe("arrays");
		total += block;
	}
	return total + values[sink & 3];
}

/* A jump to another function: the caller's call site speaks of jumps(), not of forgets(). */
ALONE long jumps(long tail)
{
	return forgets(tail + 1, 1, 2);
}

ALONE long lands(long far)
{
	long r = jumps(far);
	sink = 3;
	return r;
}

ALONE long reached(long x)
{
	long y = x + 5;
	long r = forgets(y, 43, 201);
	return r + y;
}

long (*pointer)(long);

ALONE long indirect(long through)
{
	long r = pointer(through);
	sink = 4;
	return r + 1;
}

void run(void)
{
	pointer = reached;
	keeps(100);
	starts();
	inlines(20);
	pieces((struct pair){ 11, 22 }, -9);
	arrays(50);
	lands(60);
	indirect(70);
	sink = 1;
}
