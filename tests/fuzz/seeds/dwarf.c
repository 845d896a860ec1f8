/* What tests/fuzz/seeds/dwarf/ is made of: see tests/fuzz/dwarf.c. */
struct pair {
	long a, b;
};
void probe(long x);
long sink;

__attribute__((noinline)) static long callee(long in, struct pair p)
{
	static long calls;
	probe(p.a + calls++);
	{
		long inner = p.b;
		probe(inner);
		return inner;
	}
}

static inline __attribute__((always_inline)) long inlined(long y)
{
	long twice = y * 2;
	probe(twice);
	return twice + sink;
}

long caller(long z)
{
	int array[3] = { z, 1, 2 };
	struct pair p = { z + 1, 42 };
	sink = (long)&array;
	long r = callee(z, p);
	return inlined(r) + p.a;
}

void probe(long x)
{
	sink += x;
	__asm__ volatile("" ::: "memory");
}
