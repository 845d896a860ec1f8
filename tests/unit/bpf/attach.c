// SPDX-License-Identifier: GPL-2.0-or-later
/* What hooks have their programs in, whole and damaged: arrays, lists of mprog, lists of cgroups, trampolines, chains
 * of classifiers, network devices. */
#include "map_setup.h"

#include "bpf/attach.h"

enum { ARRAY = 0x100, ENTRY = 0x400, BUNDLE = 0x800, PROGRAMS = 0x1000, STEP = 0x40, AUX = 0x20, MPROG_MAX = 64 };

static uint64_t program(unsigned n)
{
	return at(PROGRAMS + n * STEP);
}

static void add_arrays(struct builder *b, const struct basics *t)
{
	b_type(b, B_STRUCT, "bpf_prog_array_item", false, 2, 24);
	b_member(b, "prog", t->u64, 0);
	b_member(b, "bpf_cookie", t->u64, 64);
	uint32_t items = b_array(b, t->u64, 0);
	b_type(b, B_STRUCT, "bpf_prog_array", false, 1, 16);
	b_member(b, "items", items, 128);
	uint32_t places = b_array(b, t->u64, MPROG_MAX);
	b_type(b, B_STRUCT, "bpf_mprog_entry", false, 2, 8 * MPROG_MAX + 8);
	b_member(b, "fp_items", places, 0);
	b_member(b, "parent", t->u64, 64 * MPROG_MAX);
	b_type(b, B_STRUCT, "bpf_mprog_bundle", false, 1, 8 * MPROG_MAX);
	b_member(b, "cp_items", places, 0);
}

static void arrays_open(struct world *w)
{
	struct builder b;
	struct basics t = add_basics(&b);
	add_arrays(&b, &t);
	world_open(w, &b, 0, 0);
	for (unsigned i = 1; i < 10; i++) {
		put(w, program(i), program(i) + AUX);
		put_u32(w, program(i) + AUX, i);
		put(w, program(i) + AUX + 8, program(i));
	}
}

/* The n-th item of the array. */
static uint64_t item(unsigned n)
{
	return at(ARRAY + 16 + n * 24);
}

static struct iq_error *see_item(void *context, uint64_t found, uint64_t place)
{
	return see(context, (found - MEMORY - PROGRAMS) / STEP);
}

static void expect_seen(struct seen *seen, const char *digits)
{
	assert_int_equal(seen->count, strlen(digits));
	for (unsigned i = 0; i < seen->count; i++)
		assert_int_equal(seen->values[i], digits[i] - '0');
	*seen = (struct seen){ 0 };
}

static void arrays_end_at_null_and_have_dummies(void **state)
{
	struct world w;
	struct seen seen = { 0 };
	arrays_open(&w);
	expect_success(iq_bpf_prog_array_each(&w.bpf, 0, see_item, &seen));
	expect_success(iq_bpf_prog_array_each(&w.bpf, at(ARRAY), see_item, &seen)); /* bpf_empty_prog_array */
	expect_seen(&seen, "");
	put(&w, program(5), 0); /* dummy_bpf_prog: it has no aux */
	for (unsigned i = 0; i < 4; i++)
		put(&w, item(i), program((unsigned[]){ 3, 5, 3, 7 }[i]));
	put(&w, item(5), program(9)); /* behind the end */
	expect_success(iq_bpf_prog_array_each(&w.bpf, at(ARRAY), see_item, &seen));
	expect_seen(&seen, "337");
	seen.stop_at = 1;
	expect_error(iq_bpf_prog_array_each(&w.bpf, at(ARRAY), see_item, &seen), IQ_ERROR_INTERRUPTED, "enough");
	expect_seen(&seen, "3");
	world_close(&w);
}

static void damaged_arrays_say_where(void **state)
{
	struct world w;
	struct seen seen = { 0 };
	arrays_open(&w);
	put(&w, item(0), program(3));
	put(&w, item(1), 0x41414141);
	expect_error(iq_bpf_prog_array_each(&w.bpf, at(ARRAY), see_item, &seen), IQ_ERROR_FORMAT,
		     "bpf_prog_array at 0xffff888000100100: item 1 is 0x41414141");
	expect_seen(&seen, "3");
	/* A program that is not in the dump is attached all the same. */
	put(&w, item(1), LOST);
	expect_success(iq_bpf_prog_array_each(&w.bpf, at(ARRAY), see_item, &seen));
	assert_int_equal(seen.count, 2);
	seen.count = 0;
	expect_error(iq_bpf_prog_array_each(&w.bpf, LOST, see_item, &seen), IQ_ERROR_MEMORY,
		     "bpf_prog_array at 0xffff888000f00000, after 0 programs");
	/* The memory ends in the middle of it. */
	put(&w, MEMORY + MEMORY_SIZE - 24, program(4));
	expect_error(iq_bpf_prog_array_each(&w.bpf, MEMORY + MEMORY_SIZE - 40, see_item, &seen), IQ_ERROR_MEMORY,
		     "after 1 programs");
	expect_seen(&seen, "4");
	world_close(&w);
}

static struct iq_error *never(void *context, uint64_t found, uint64_t place)
{
	unsigned *count = context;
	++*count;
	return NULL;
}

static void arrays_without_an_end_are_bounded(void **state)
{
	struct world w;
	static uint64_t endless[5000 * 3];
	unsigned count = 0;
	arrays_open(&w);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(endless); i++)
		endless[i] = program(1);
	fake_add(&w.o.target, MEMORY + 0x100000, endless, sizeof(endless));
	expect_error(iq_bpf_prog_array_each(&w.bpf, MEMORY + 0x100000, never, &count), IQ_ERROR_LIMIT,
		     "no end after 4096 programs");
	assert_int_equal(count, 4096);
	world_close(&w);
}

static struct iq_error *see_entry(void *context, uint64_t found, uint64_t link)
{
	IQ_TRY(see(context, (found - MEMORY - PROGRAMS) / STEP));
	return see(context, link);
}

static void entries_have_programs_and_links(void **state)
{
	struct world w;
	struct seen seen = { 0 };
	arrays_open(&w);
	put(&w, at(ENTRY), program(2));
	put(&w, at(ENTRY + 8), program(3));
	put(&w, at(ENTRY + 8 * MPROG_MAX), at(BUNDLE));
	put(&w, at(BUNDLE + 8), 9);
	expect_success(iq_bpf_mprog_each(&w.bpf, 0, see_entry, &seen));
	expect_success(iq_bpf_mprog_each(&w.bpf, at(ENTRY), see_entry, &seen));
	expect_seen(&seen, "2039");
	/* The bundle is missing: its first link can't be read, the program is told. */
	put(&w, at(ENTRY + 8 * MPROG_MAX), LOST);
	expect_error(iq_bpf_mprog_each(&w.bpf, at(ENTRY), see_entry, &seen), IQ_ERROR_MEMORY,
		     "bpf_mprog_bundle at 0xffff888000f00000");
	expect_seen(&seen, "20");
	put(&w, at(ENTRY + 8 * MPROG_MAX), at(BUNDLE));
	put(&w, at(ENTRY + 8), 12345);
	expect_error(iq_bpf_mprog_each(&w.bpf, at(ENTRY), see_entry, &seen), IQ_ERROR_FORMAT,
		     "bpf_mprog_entry at 0xffff888000100400: program 1 is 0x3039");
	expect_seen(&seen, "20");
	expect_error(iq_bpf_mprog_each(&w.bpf, LOST, see_entry, &seen), IQ_ERROR_MEMORY, "0xffff888000f00200");
	/* All 64 in use: there is no end but the array's. */
	for (unsigned i = 0; i < MPROG_MAX; i++)
		put(&w, at(ENTRY + 8 * i), program(1));
	unsigned count = 0;
	expect_success(iq_bpf_mprog_each(&w.bpf, at(ENTRY), never, &count));
	assert_int_equal(count, MPROG_MAX);
	world_close(&w);
}

/* One walk over hooks, without links. */
struct hooks {
	struct world w;
	struct iq_bpf_attachments found;
	struct iq_bpf_hooks hooks;
};

static void hooks_start(struct hooks *h)
{
	h->found = (struct iq_bpf_attachments){ 0 };
	h->hooks = (struct iq_bpf_hooks){ .bpf = &h->w.bpf, .found = &h->found };
}

/* The IDs of the programs that were found, and the damage that was kept (NULL: none). */
static void expect_found(struct hooks *h, struct iq_error *error, const char *ids, const char *damage)
{
	expect_success(error);
	assert_int_equal(h->found.hooks.count, strlen(ids));
	for (size_t i = 0; i < h->found.hooks.count; i++) {
		assert_int_equal(h->found.hooks.data[i]->attachment.program_id, ids[i] - '0');
		iq_bpf_hook_free(h->found.hooks.data[i]);
	}
	iq_vec_free(&h->found.hooks);
	if (damage)
		expect_error(h->hooks.damage, h->hooks.damage ? h->hooks.damage->code : IQ_ERROR_FORMAT, damage);
	else
		assert_null(h->hooks.damage);
	iq_map_free(&h->hooks.links);
	iq_map_free(&h->hooks.programs);
	hooks_start(h);
}

enum { TABLE = 0x100, TRAMPOLINE = 0x2200, TRAMP_STEP = 0x80, LINK = 0x2800, LINK_STEP = 0x80, KINDS = 3 };

static uint64_t trampoline(unsigned n)
{
	return at(TRAMPOLINE + n * TRAMP_STEP);
}

static uint64_t link_at(unsigned n)
{
	return at(LINK + n * LINK_STEP);
}

static void add_trampolines(struct builder *b, const struct basics *t)
{
	uint32_t base = b_type(b, B_STRUCT, "bpf_link", false, 2, 16);
	b_member(b, "id", t->u32, 0);
	b_member(b, "prog", t->u64, 64);
	b_type(b, B_STRUCT, "bpf_tramp_link", false, 2, 32);
	b_member(b, "link", base, 0);
	b_member(b, "tramp_hlist", t->hlist_node, 128);
	uint32_t function = b_type(b, B_STRUCT, "function", false, 1, 8);
	b_member(b, "addr", t->u64, 0);
	uint32_t lists = b_array(b, t->hlist_head, KINDS);
	b_type(b, B_STRUCT, "bpf_trampoline", false, 5, 64);
	b_member(b, "hlist", t->hlist_node, 0);
	b_member(b, "key", t->u64, 128);
	b_member(b, "func", function, 192);
	b_member(b, "extension_prog", t->u64, 256);
	b_member(b, "progs_hlist", lists, 320);
}

/* Two trampolines in the fourth bucket: links 1 and 2 at the first one's entry, 3 at its exit; the second extended. */
static void trampolines_open(struct hooks *h)
{
	const struct iq_symbol symbol = { "trampoline_table", at(TABLE), 8192, 'b', IQ_SYMBOL_VMLINUX, NULL };
	struct iq_symbol_source *source;
	struct builder b;
	struct basics t = add_basics(&b);
	add_trampolines(&b, &t);
	world_open(&h->w, &b, 0, 0);
	hooks_start(h);
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, &symbol, 1, &source));
	assert_null(iq_symbols_add(h->w.kernel.symbols, source));
	for (unsigned i = 1; i < 10; i++) {
		/* The table has the first 8 kB: programs lie behind it. */
		put(&h->w, at(0x3000 + i * STEP), at(0x3000 + i * STEP + AUX));
		put_u32(&h->w, at(0x3000 + i * STEP + AUX), i);
		put(&h->w, at(0x3000 + i * STEP + AUX + 8), at(0x3000 + i * STEP));
		put(&h->w, link_at(i) + 8, at(0x3000 + i * STEP));
	}
	link_hlist(&h->w, at(TABLE + 3 * 8), (uint64_t[]){ trampoline(1), trampoline(2) }, 2);
	link_hlist(&h->w, trampoline(1) + 40, (uint64_t[]){ link_at(1) + 16, link_at(2) + 16 }, 2);
	link_hlist(&h->w, trampoline(1) + 48, (uint64_t[]){ link_at(3) + 16 }, 1);
	put(&h->w, trampoline(2) + 32, at(0x3000 + 4 * STEP));
}

static void trampolines_have_programs(void **state)
{
	struct hooks h;
	trampolines_open(&h);
	/* The struct bpf_prog of this test is too small to be described: that is the attachment's damage, not the
	 * walk's. */
	expect_found(&h, iq_bpf_find_trampolines(&h.hooks), "1234", NULL);
	/* A link that is in link_idr is not told again, nor is a program that such a link attaches. */
	assert_true(iq_map_set(&h.hooks.links, link_at(2), 0));
	assert_true(iq_map_set(&h.hooks.programs, at(0x3000 + 4 * STEP), 0));
	expect_found(&h, iq_bpf_find_trampolines(&h.hooks), "13", NULL);
	world_close(&h.w);
}

static void damaged_trampolines_cost_what_they_hide(void **state)
{
	struct hooks h;
	trampolines_open(&h);
	put(&h.w, link_at(2) + 16, link_at(1) + 16); /* a cycle */
	expect_found(&h, iq_bpf_find_trampolines(&h.hooks), "1234", "points back to");
	put(&h.w, link_at(2) + 16, 0);
	put(&h.w, trampoline(1) + 40, LOST);
	expect_found(&h, iq_bpf_find_trampolines(&h.hooks), "34", "after 0 elements");
	put(&h.w, trampoline(1), trampoline(1)); /* its bucket ends nowhere */
	expect_found(&h, iq_bpf_find_trampolines(&h.hooks), "3", "after 0 elements");
	world_close(&h.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_end_at_null_and_have_dummies),
		cmocka_unit_test(damaged_arrays_say_where),
		cmocka_unit_test(arrays_without_an_end_are_bounded),
		cmocka_unit_test(entries_have_programs_and_links),
		cmocka_unit_test(trampolines_have_programs),
		cmocka_unit_test(damaged_trampolines_cost_what_they_hide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
