/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct bpf_prog, bpf_prog_aux and bpf_map, whole and damaged. */
#include "map_setup.h"

#include "bpf/program.h"

enum {
	PROG = 0x1000,
	AUX = 0x1100,
	USER = 0x1200,
	MAPS = 0x1300,
	FUNCTIONS = 0x1340,
	MAP_A = 0x1400,
	MAP_B = 0x1500,
	FUNCTION = 0x1600
};

static void add_types(struct builder *b)
{
	b_init(b, NULL);
	uint32_t u32 = b_int(b, "unsigned int", 4, 0), u64 = b_int(b, "unsigned long", 8, 0);
	uint32_t u16 = b_int(b, "unsigned short", 2, 0), u8 = b_int(b, "unsigned char", 1, 0);
	uint32_t chr = b_int(b, "char", 1, 0), name = b_array(b, chr, 16), tag = b_array(b, u8, 8);
	b_type(b, B_STRUCT, "bpf_prog", true, 12, 64);
	b_member(b, "pages", u16, 0);
	b_member(b, "jited", u16, b_bits(16, 1));
	b_member(b, "gpl_compatible", u16, b_bits(17, 1));
	b_member(b, "is_func", u16, b_bits(18, 1));
	b_member(b, "type", u32, 32);
	b_member(b, "expected_attach_type", u32, 64);
	b_member(b, "len", u32, 96);
	b_member(b, "jited_len", u32, 128);
	b_member(b, "tag", tag, 160);
	b_member(b, "bpf_func", u64, 256);
	b_member(b, "aux", u64, 320);
	b_member(b, "insnsi", tag, 448);
	b_type(b, B_STRUCT, "bpf_prog_aux", false, 15, 104);
	static const char *const numbers[] = { "used_map_cnt", "stack_depth", "id",
					       "func_cnt",     "func_idx",    "attach_btf_id" };
	for (uint32_t i = 0; i < IQ_ARRAY_SIZE(numbers); i++)
		b_member(b, numbers[i], u32, 32 * i);
	b_member(b, "load_time", u64, 192);
	b_member(b, "name", name, 256);
	static const char *const words[] = { "func", "used_maps", "btf", "user", "prog", "func_info", "func_info_cnt" };
	for (uint32_t i = 0; i < IQ_ARRAY_SIZE(words); i++)
		b_member(b, words[i], u64, 384 + 64 * i);
	uint32_t kuid = b_type(b, B_STRUCT, "kuid", false, 1, 4);
	b_member(b, "val", u32, 0);
	b_type(b, B_STRUCT, "user_struct", false, 1, 4);
	b_member(b, "uid", kuid, 0);
	b_type(b, B_STRUCT, "bpf_map", false, 7, 40);
	static const char *const facts[] = { "id", "map_type", "key_size", "value_size", "max_entries", "map_flags" };
	for (uint32_t i = 0; i < IQ_ARRAY_SIZE(facts); i++)
		b_member(b, facts[i], u32, 32 * i);
	b_member(b, "name", name, 192);
}

static void put_text(struct world *w, uint64_t address, const char *text)
{
	memcpy(w->o.memory + (address - MEMORY), text, strlen(text) + 1);
}

/* A program with ID 12: a JITed, GPL-compatible sched_cls (3) of 11 instructions, loaded by uid 1000, with two maps. */
static void open(struct world *w)
{
	struct builder b;
	add_types(&b);
	world_open(w, &b, 0, 0);
	put(w, at(PROG), UINT64_C(3) << 32 | 3 << 16 | 2);
	put_u32(w, at(PROG) + 8, 5);
	put_u32(w, at(PROG) + 12, 11);
	put_u32(w, at(PROG) + 16, 59);
	put_text(w, at(PROG) + 20, "\x1a\x2b\x13\x49\xf2\xf2\x27\x4d");
	put(w, at(PROG) + 32, UINT64_C(0xffffffffc0000000));
	put(w, at(PROG) + 40, at(AUX));
	put_u32(w, at(AUX), 2);
	put_u32(w, at(AUX) + 4, 8);
	put_u32(w, at(AUX) + 8, 12);
	put(w, at(AUX) + 24, 7444731290);
	put_text(w, at(AUX) + 32, "call_kfunc");
	put(w, at(AUX) + 56, at(MAPS));
	put(w, at(AUX) + 72, at(USER));
	put(w, at(AUX) + 80, at(PROG));
	put_u32(w, at(USER), 1000);
	put(w, at(MAPS), at(MAP_A));
	put(w, at(MAPS) + 8, at(MAP_B));
	static const uint32_t facts[] = { 3, 1, 4, 8, 100, 0x400 };
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(facts); i++)
		put_u32(w, at(MAP_A) + 4 * i, facts[i]);
	put_text(w, at(MAP_A) + 24, "counts");
	put_u32(w, at(MAP_B), 4);
}

static void a_whole_one(void **state)
{
	(void)state;
	struct world w;
	struct iq_bpf_program p;
	open(&w);
	expect_success(iq_bpf_program_listed(&w.bpf, 12, at(PROG), &p));
	assert_int_equal(p.aux, at(AUX));
	assert_int_equal(p.id, 12);
	assert_string_equal(p.type_name, "type 3"); /* these types have no enumeration */
	assert_int_equal(p.attach_type, 5);
	assert_string_equal(p.name, "call_kfunc");
	assert_memory_equal(p.tag, "\x1a\x2b\x13\x49\xf2\xf2\x27\x4d", 8);
	assert_true(p.jited && p.gpl_compatible && !p.is_function && !p.sleepable);
	assert_int_equal(p.load_time, 7444731290);
	assert_true(p.uid_known);
	assert_int_equal(p.uid, 1000);
	assert_int_equal(p.insns, at(PROG) + 56);
	assert_int_equal(p.insn_count, 11);
	assert_int_equal(p.image, UINT64_C(0xffffffffc0000000));
	assert_int_equal(p.jited_len, 59);
	assert_int_equal(p.memlock, 8192);
	assert_int_equal(p.stack_depth, 8);
	world_close(&w);
}

static void expect_damaged(uint64_t address, uint64_t value, bool wide, const char *why)
{
	struct world w;
	struct iq_bpf_program p;
	open(&w);
	if (wide)
		put(&w, address, value);
	else
		put_u32(&w, address, (uint32_t)value);
	struct iq_error *error = iq_bpf_program_listed(&w.bpf, 12, at(PROG), &p);
	expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	world_close(&w);
}

static void damaged_ones(void **state)
{
	(void)state;
	expect_damaged(at(PROG) + 40, 0, true,
		       "BPF program 12: struct bpf_prog at 0xffff888000101000 is damaged: its aux is 0");
	expect_damaged(at(PROG) + 40, LOST, true, "aux of the struct bpf_prog at 0xffff888000101000");
	expect_damaged(at(PROG) + 40, at(MAPS), true, "its aux at 0xffff888000101300 is of the one at");
	expect_damaged(at(PROG) + 12, 0, false, "it has 0 instructions");
	expect_damaged(at(PROG) + 12, 1000001, false, "it has 1000001 instructions");
	expect_damaged(at(AUX) + 12, 1025, false, "it has 1025 functions");
	expect_damaged(at(AUX), 4097, false, "it uses 4097 maps");
	expect_damaged(at(AUX) + 8, 13, false, "struct bpf_prog at 0xffff888000101000 is damaged: its own ID is 13");
}

/* Who loaded it is a detail. */
static void a_lost_user(void **state)
{
	(void)state;
	struct world w;
	struct iq_bpf_program p;
	open(&w);
	put(&w, at(AUX) + 72, LOST);
	expect_success(iq_bpf_program_read(&w.bpf, at(PROG), &p));
	assert_false(p.uid_known);
	world_close(&w);
}

static void maps_of_a_program(void **state)
{
	(void)state;
	struct world w;
	struct iq_bpf_program p;
	uint32_t ids[2];
	size_t count;
	open(&w);
	expect_success(iq_bpf_program_read(&w.bpf, at(PROG), &p));
	expect_success(iq_bpf_program_maps(&w.bpf, &p, ids, 2, &count));
	assert_int_equal(count, 2);
	assert_int_equal(ids[0], 3);
	assert_int_equal(ids[1], 4);
	ids[1] = 99;
	expect_success(iq_bpf_program_maps(&w.bpf, &p, ids, 1, &count));
	assert_int_equal(count, 2);
	assert_int_equal(ids[1], 99);
	put(&w, at(MAPS), LOST);
	expect_success(iq_bpf_program_maps(&w.bpf, &p, ids, 2, &count));
	assert_int_equal(ids[0], 0);
	assert_int_equal(ids[1], 4);
	p.used_maps = LOST;
	expect_error(iq_bpf_program_maps(&w.bpf, &p, ids, 2, &count), IQ_ERROR_MEMORY, "0xffff888000f00000");
	world_close(&w);
}

static void machine_code_of_functions(void **state)
{
	(void)state;
	struct world w;
	struct iq_bpf_program p;
	uint64_t length;
	open(&w);
	expect_success(iq_bpf_program_read(&w.bpf, at(PROG), &p));
	expect_success(iq_bpf_program_jited_len(&w.bpf, &p, &length));
	assert_int_equal(length, 59);
	put_u32(&w, at(AUX) + 12, 2);
	put(&w, at(AUX) + 48, at(FUNCTIONS));
	put(&w, at(FUNCTIONS), at(PROG));
	put(&w, at(FUNCTIONS) + 8, at(FUNCTION));
	put_u32(&w, at(FUNCTION) + 16, 41);
	expect_success(iq_bpf_program_read(&w.bpf, at(PROG), &p));
	expect_success(iq_bpf_program_jited_len(&w.bpf, &p, &length));
	assert_int_equal(length, 100);
	put(&w, at(FUNCTIONS) + 8, LOST);
	expect_error(iq_bpf_program_jited_len(&w.bpf, &p, &length), IQ_ERROR_MEMORY, "bpf_prog at 0xffff888000f00000");
	world_close(&w);
}

static void a_map(void **state)
{
	(void)state;
	struct world w;
	struct iq_bpf_map map;
	open(&w);
	expect_success(iq_bpf_map_listed(&w.bpf, 3, at(MAP_A), &map));
	assert_string_equal(map.name, "counts");
	assert_string_equal(map.type_name, "type 1");
	assert_int_equal(map.key_size, 4);
	assert_int_equal(map.value_size, 8);
	assert_int_equal(map.max_entries, 100);
	assert_int_equal(map.flags, 0x400);
	assert_false(map.memlock_known || map.uid_known || map.frozen);
	expect_error(iq_bpf_map_listed(&w.bpf, 5, at(MAP_A), &map), IQ_ERROR_FORMAT,
		     "BPF map 5: struct bpf_map at 0xffff888000101400 is damaged: its own ID is 3");
	expect_error(iq_bpf_map_listed(&w.bpf, 5, LOST, &map), IQ_ERROR_MEMORY,
		     "BPF map 5: bpf_map at 0xffff888000f00000");
	world_close(&w);
}

/* A kernel without BPF has no tables: nothing is in them, and that is no error. */
static void no_tables(void **state)
{
	(void)state;
	struct world w;
	struct iq_bpf_program p;
	open(&w);
	expect_success(iq_bpf_each(&w.bpf, IQ_BPF_PROGRAMS, NULL, NULL));
	expect_error(iq_bpf_program_by_id(&w.bpf, 12, &p), IQ_ERROR_NOT_FOUND, "there is no BPF program with ID 12");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_one),
		cmocka_unit_test(damaged_ones),
		cmocka_unit_test(a_lost_user),
		cmocka_unit_test(maps_of_a_program),
		cmocka_unit_test(machine_code_of_functions),
		cmocka_unit_test(a_map),
		cmocka_unit_test(no_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
