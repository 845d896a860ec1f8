// SPDX-License-Identifier: GPL-2.0-or-later
/* One slab of eight objects, its free list written as kernels have hidden it; the same damaged; a sheaf. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/slab_internal.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

#define CACHE MEMORY
#define SHEAVES (MEMORY + 0x100) /* of CPU 0 */
#define SHEAF (MEMORY + 0x200)
#define SLAB (MEMORY + 0x1000)
#define RANDOM UINT64_C(0x0123456789abcdef)

enum { OBJECTS = 8, SIZE = 96, OFFSET = 48, LEFT_PAD = 32 };
enum hiding { PLAIN, XOR, SWAB };

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct iq_slabs slabs;
	struct iq_slab_cache cache;
	struct iq_slab slab;
	struct iq_slab_state states[OBJECTS];
	enum hiding hiding;
};

static uint64_t object(unsigned n)
{
	return SLAB + LEFT_PAD + n * SIZE;
}

static void world_open(struct world *w, enum hiding hiding)
{
	struct builder b;
	memset(w, 0, sizeof(*w));
	b_init(&b, NULL);
	uint32_t uint = b_int(&b, "unsigned int", 4, 0), ulong = b_int(&b, "unsigned long", 8, 0);
	uint32_t many = b_array(&b, ulong, 0);
	b_type(&b, B_STRUCT, "kmem_cache", false, hiding == PLAIN ? 1 : 2, 128);
	b_member(&b, "node", ulong, 0);
	if (hiding != PLAIN)
		b_member(&b, "random", ulong, 64);
	b_type(&b, B_STRUCT, "slub_percpu_sheaves", false, 3, 32);
	b_member(&b, "main", ulong, 64);
	b_member(&b, "spare", ulong, 128);
	b_member(&b, "rcu_free", ulong, 192);
	b_type(&b, B_STRUCT, "slab_sheaf", false, 2, 32);
	b_member(&b, "size", uint, 192);
	b_member(&b, "objects", many, 256);
	b_type(&b, B_STRUCT, "track", false, 4, 24);
	b_member(&b, "addr", ulong, 0);
	b_member(&b, "pid", uint, 64);
	b_member(&b, "cpu", uint, 96);
	b_member(&b, "when", ulong, 128);
	objects_open(&w->o, &b);
	w->hiding = hiding;
	w->kernel.target = &w->o.target;
	w->kernel.types = w->o.types;
	w->kernel.slabs = &w->slabs;
	w->kernel.cpus_loaded = true;
	*iq_vec_push(&w->kernel.cpus) = (struct iq_cpu){ .present = true, .offset_known = true };
	w->cache = (struct iq_slab_cache){ .address = CACHE,
					   .name = "eights",
					   .size = SIZE,
					   .offset = OFFSET,
					   .left_pad = LEFT_PAD,
					   .random = hiding == PLAIN ? 0 : RANDOM };
	w->slab = (struct iq_slab){ .address = CACHE, .start = SLAB, .objects = OBJECTS, .inuse = OBJECTS, .cpu = -1 };
}

static void world_close(struct world *w)
{
	iq_vec_free(&w->kernel.cpus);
	iq_map_free(&w->slabs.sheaves);
	objects_close(&w->o);
}

/* mm/slub.c: freelist_ptr() and set_freepointer(); bytes turned by hand. */
static void put_next(struct world *w, uint64_t from, uint64_t to)
{
	uint64_t place = from + OFFSET, turned = 0;
	for (unsigned i = 0; i < 8; i++)
		turned |= (place >> 8 * i & 0xff) << (56 - 8 * i);
	put_u64(&w->o, place, w->hiding == PLAIN ? to : to ^ RANDOM ^ (w->hiding == SWAB ? turned : place));
}

/* 5 → 2 → 7 */
static void put_list(struct world *w)
{
	put_next(w, object(5), object(2));
	put_next(w, object(2), object(7));
	put_next(w, object(7), 0);
	w->slab.freelist = object(5);
	w->slab.inuse = OBJECTS - 3;
}

static struct iq_error *find_states(struct world *w)
{
	return iq_slab_states(&w->kernel, &w->cache, &w->slab, w->states);
}

static void expect_error_with(struct iq_error *error, enum iq_error_code code, const char *message)
{
	assert_non_null(error);
	assert_int_equal(error->code, code);
	if (!strstr(error->message, message))
		fail_msg("\"%s\" is not in \"%s\"", message, error->message);
	iq_error_free(error);
}

/* One letter an object: allocated, free, in a cpu's list, in a sheaf, unknown. */
static void expect_states(const struct world *w, const char *expected)
{
	static const char letters[] = "?AFCS";
	for (unsigned i = 0; i < OBJECTS; i++)
		assert_int_equal(letters[w->states[i].use], expected[i]);
}

static void lists_are_followed_however_hidden(void **state)
{
	for (enum hiding hiding = PLAIN; hiding <= SWAB; hiding++) {
		struct world w;
		world_open(&w, hiding);
		put_list(&w);
		expect_success(find_states(&w));
		expect_states(&w, "AAFAAFAF");
		world_close(&w);
	}
}

static void a_cpu_has_its_own_list(void **state)
{
	struct world w;
	world_open(&w, SWAB);
	put_list(&w);
	put_next(&w, object(0), object(1));
	put_next(&w, object(1), 0);
	w.slab.place = IQ_SLAB_CPU;
	w.slab.cpu = 3;
	w.slab.cpu_freelist = object(0);
	expect_success(find_states(&w));
	expect_states(&w, "CCFAAFAF");
	assert_int_equal(w.states[1].cpu, 3);
	world_close(&w);
}

/* What was found free before the damage is; of the rest nothing is said. */
static void damage_is_not_taken_for_use(void **state)
{
	static const struct {
		uint64_t next;
		const char *message, *states;
	} cases[] = {
		{ SLAB + LEFT_PAD + 3, "leads to", "??F??F??" },              /* not at an object's beginning */
		{ SLAB + LEFT_PAD + OBJECTS * SIZE, "leads to", "??F??F??" }, /* the one behind the last */
		{ UINT64_C(0xdead000000000100), "leads to", "??F??F??" },
		{ SLAB + LEFT_PAD + 5 * SIZE, "circle", "??F??F??" },
		{ 0, "says that 5 of 8 objects are in use, but 2 are free", "??F??F??" },
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		struct world w;
		world_open(&w, SWAB);
		put_list(&w);
		put_next(&w, object(2), cases[i].next);
		expect_error_with(find_states(&w), i == 3 ? IQ_ERROR_LIMIT : IQ_ERROR_FORMAT, cases[i].message);
		expect_states(&w, cases[i].states);
		world_close(&w);
	}
}

static void the_beginning_may_be_damaged_or_missing(void **state)
{
	struct world w;
	world_open(&w, SWAB);
	put_list(&w);
	w.slab.freelist = 0x10;
	expect_error_with(find_states(&w), IQ_ERROR_FORMAT, "begins with 0x10");
	expect_states(&w, "????????");
	w.slab.start = MEMORY + MEMORY_SIZE + 0x1000; /* is not there */
	w.slab.freelist = w.slab.start + LEFT_PAD;
	expect_error_with(find_states(&w), IQ_ERROR_MEMORY, "eights: the free list");
	expect_states(&w, "F???????");
	world_close(&w);
}

static void what_lies_in_a_sheaf_is_free(void **state)
{
	struct world w;
	world_open(&w, SWAB);
	put_list(&w);
	w.cache.sheaves = SHEAVES;
	put_u64(&w.o, SHEAVES + 8, SHEAF);
	put_u64(&w.o, SHEAF + 24, 2);
	put_u64(&w.o, SHEAF + 32, object(3));
	put_u64(&w.o, SHEAF + 40, object(6));
	expect_success(find_states(&w));
	expect_states(&w, "AAFSAFSF");
	assert_int_equal(w.states[3].cpu, 0);
	w.slabs.sheaves_of = 0;
	put_u64(&w.o, SHEAF + 24, 1 << 20);
	expect_error_with(find_states(&w), IQ_ERROR_FORMAT, "says that it has 1048576 objects");
	expect_states(&w, "??F??F?F");
	world_close(&w);
}

/* free pointer at 48 in an object of 64, zone up to 72, tracks at 72: mm/slub.c's layout with slub_debug=ZU. */
static void what_debugging_keeps_is_read(void **state)
{
	struct world w;
	struct iq_slab_track allocated, freed;
	uint64_t bad;
	uint8_t value;
	world_open(&w, SWAB);
	w.slabs.store_user = 0x10;
	w.slabs.red_zone = 0x20;
	w.cache.object_size = 64;
	w.cache.inuse = 72;
	expect_error_with(iq_slab_tracks(&w.kernel, &w.cache, object(1), &allocated, &freed), IQ_ERROR_NOT_FOUND,
			  "keeps no tracks");
	expect_error_with(iq_slab_red_zones(&w.kernel, &w.cache, object(1), true, &bad, &value), IQ_ERROR_NOT_FOUND,
			  "has no red zones");
	w.cache.flags = 0x30;
	for (unsigned i = 0; i < LEFT_PAD; i += 8)
		put_u64(&w.o, object(1) - LEFT_PAD + i, UINT64_C(0xcccccccccccccccc));
	put_u64(&w.o, object(1) + 64, UINT64_C(0xcccccccccccccccc));
	expect_success(iq_slab_red_zones(&w.kernel, &w.cache, object(1), true, &bad, &value));
	assert_int_equal(bad, 0);
	expect_success(iq_slab_red_zones(&w.kernel, &w.cache, object(1), false, &bad, &value));
	assert_int_equal(bad, object(1) - LEFT_PAD);
	put_u64(&w.o, object(1) + 64, UINT64_C(0xcccc0041cccccccc));
	expect_success(iq_slab_red_zones(&w.kernel, &w.cache, object(1), true, &bad, &value));
	assert_int_equal(bad, object(1) + 68);
	assert_int_equal(value, 0x41);
	put_u64(&w.o, object(1) + 72, UINT64_C(0xffffffff81234567));
	put_u64(&w.o, object(1) + 80, UINT64_C(0x300000000) | 1234); /* pid, cpu */
	put_u64(&w.o, object(1) + 88, 4711);
	put_u64(&w.o, object(1) + 96, 0);
	expect_success(iq_slab_tracks(&w.kernel, &w.cache, object(1), &allocated, &freed));
	assert_int_equal(allocated.caller, UINT64_C(0xffffffff81234567));
	assert_int_equal(allocated.pid, 1234);
	assert_int_equal(allocated.cpu, 3);
	assert_int_equal(allocated.when, 4711);
	assert_int_equal(freed.caller, 0);
	w.cache.offset = 72; /* a free pointer behind the object: the tracks come after it */
	expect_success(iq_slab_tracks(&w.kernel, &w.cache, object(1), &allocated, &freed));
	assert_int_equal(allocated.address, object(1) + 80);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_followed_however_hidden),
		cmocka_unit_test(a_cpu_has_its_own_list),
		cmocka_unit_test(damage_is_not_taken_for_use),
		cmocka_unit_test(the_beginning_may_be_damaged_or_missing),
		cmocka_unit_test(what_lies_in_a_sheaf_is_free),
		cmocka_unit_test(what_debugging_keeps_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
