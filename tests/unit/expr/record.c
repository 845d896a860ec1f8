// SPDX-License-Identifier: GPL-2.0-or-later
/* Values as JSON, and types made to do harm: whatever they are, there is an answer, soon. */
#include "value_setup.h"

#include <time.h>

static uint32_t s32, u8;

/*
 *   typedef unsigned char u8;
 *   struct object { int number; _Bool yes; u8 bytes[3]; char text[8]; enum state state; struct { long deep; };
 *                   double real; struct list_head *next; int list[2]; };
 */
static void add_types(struct builder *b)
{
	s32 = b_int(b, "int", 4, B_SIGNED);
	uint32_t boolean = b_int(b, "_Bool", 1, B_BOOL), byte = b_int(b, "unsigned char", 1, 0);
	u8 = b_type(b, B_TYPEDEF, "u8", false, 0, byte);
	uint32_t real = b_type(b, B_FLOAT, "double", false, 0, 8), s64 = b_int(b, "long", 8, B_SIGNED);
	uint32_t bytes = b_array(b, u8, 3), text = b_array(b, 3, 8), list = b_array(b, s32, 2);
	uint32_t inner = b_type(b, B_STRUCT, NULL, false, 1, 8);
	b_member(b, "deep", s64, 0);
	uint32_t state = 8;
	b_type(b, B_STRUCT, "object", false, 9, 64);
	b_member(b, "number", s32, 0);
	b_member(b, "yes", boolean, 32);
	b_member(b, "bytes", bytes, 40);
	b_member(b, "text", text, 64);
	b_member(b, "state", state, 128);
	b_member(b, NULL, inner, 192);
	b_member(b, "real", real, 256);
	b_member(b, "next", 7, 320);
	b_member(b, "list", list, 384);
}

/*
 *   struct self { struct self self; };                      contains itself
 *   struct wide { struct wide a, b, c, d, e, f, g, h; };    the same, branching
 *   struct huge { int sea[0xffffffff]; };
 *   int ocean[65536][65536][65536]...
 *   struct hole { struct wide *p; u8 empty[0]; } with a size of 0
 *   typedef loop1 loop2; typedef loop2 loop1;
 */
static void add_hostile(struct builder *b)
{
	uint32_t self = b_type(b, B_STRUCT, "self", false, 1, 8);
	b_member(b, "self", self, 0);
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	uint32_t wide = b_type(b, B_STRUCT, "wide", false, 8, 8);
	for (unsigned i = 0; i < 8; i++)
		b_member(b, names[i], wide, 0);
	uint32_t nameless = b_type(b, B_STRUCT, "nameless", false, 8, 8);
	for (unsigned i = 0; i < 8; i++)
		b_member(b, NULL, nameless, 0);
	uint32_t sea = b_array(b, s32, 0xffffffff);
	b_type(b, B_STRUCT, "huge", false, 1, 16);
	b_member(b, "sea", sea, 0);
	uint32_t ocean = s32;
	for (unsigned i = 0; i < 40; i++)
		ocean = b_array(b, ocean, 3);
	b_type(b, B_STRUCT, "ocean", false, 1, 0xffffffff);
	b_member(b, "ocean", ocean, 0);
	uint32_t beyond = b_type(b, B_STRUCT, "beyond", false, 2, 8);
	b_member(b, "in", s32, 0);
	b_member(b, "out", s32, 0xfffffff8);
	b_array(b, beyond, 0xffffffff);
	uint32_t loop = b_type(b, B_TYPEDEF, "loop1", false, 0, 0);
	b_type(b, B_TYPEDEF, "loop2", false, 0, loop);
	b_put(b->types + b->types_size - 16, loop + 1);
	b_type(b, B_STRUCT, "looped", false, 2, 8);
	b_member(b, "loop", loop, 0);
	b_member(b, "number", s32, 32);
}

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	machine_init(m);
	add_types(&m->b);
	add_hostile(&m->b);
	machine_start(m);
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	machine_free(*state);
	free(*state);
	return 0;
}

static bool collect(void *context, const char *bytes, size_t length)
{
	iq_strbuf_add_bytes(context, bytes, length);
	return true;
}

/* The JSON of a record with the value under "value". */
static void record(struct machine *m, const struct iq_value *value, struct iq_strbuf *json, struct iq_error **error)
{
	struct iq_print_options options = { .target = &m->target, .symbols = m->symbols, .radix = 10 };
	struct iq_out *out = iq_out_new(&(struct iq_out_options){ .face = IQ_FACE_JSON },
					(struct iq_sink){ .write = collect, .context = json });
	iq_out_begin(out, "x");
	iq_record_begin(out);
	*error = iq_value_record(value, &options, out, "value");
	iq_end(out);
	expect_success(iq_out_end(out, NULL));
	iq_out_free(out);
}

static void expect_json(struct machine *m, const char *type, uint64_t address, const char *expected)
{
	struct iq_value value = iq_value_at(parse(m, type), address);
	struct iq_strbuf json = { 0 };
	struct iq_error *error;
	record(m, &value, &json, &error);
	expect_success(error);
	if (!strstr(iq_strbuf_text(&json), expected))
		fail_msg("%s is not in %s", expected, iq_strbuf_text(&json));
	iq_strbuf_free(&json);
}

static void test_object(void **state)
{
	struct machine *m = *state;
	double real = 0.5;

	memset(m->page, 0xff, 4);
	m->page[4] = 1;
	memcpy(m->page + 5, "\1\2\3hi", 5);
	b_put(m->page + 16, 0x80000000);
	put64(m->page + 24, UINT64_C(1) << 60);
	memcpy(m->page + 32, &real, 8);
	put64(m->page + 40, PAGE_ADDRESS);
	expect_json(m, "struct object", PAGE_ADDRESS,
		    "\"value\":{\"number\":-1,\"yes\":true,\"bytes\":[1,2,3],\"text\":\"hi\",\"state\":\"DEAD\","
		    "\"deep\":\"1152921504606846976\",\"real\":0.5,\"next\":\"0xffff888000001000\",\"list\":[0,0]}");
	expect_json(m, "int", PAGE_ADDRESS, "\"value\":-1");
	expect_json(m, "struct list_head[2]", PAGE_ADDRESS + 1000,
		    "\"value\":[{\"next\":\"0x0\",\"prev\":\"0x0\"},{\"next\":\"0x0\",\"prev\":\"0x0\"}]");
	m->page[16] = 7;
	expect_json(m, "enum state", PAGE_ADDRESS + 16, "\"value\":2147483655");
	/* Bit-fields, anonymous members. */
	m->page[104] = 0x0b;
	expect_json(m, "struct task", PAGE_ADDRESS + 100, "\"on_cpu\":1,\"on_rq\":5,");
}

static void test_holes(void **state)
{
	struct machine *m = *state;
	struct iq_value value = iq_value_at(parse(m, "struct object"), PAGE_ADDRESS + 4096);
	struct iq_strbuf json = { 0 };
	struct iq_error *error;

	expect_json(m, "struct object", PAGE_ADDRESS + 4096 - 48,
		    "\"next\":\"0x0\",\"list\":null,\"unavailable\":{\"list\":\"nothing at 0xffff888000002000\"}}");
	record(m, &value, &json, &error);
	expect_error(error, IQ_ERROR_MEMORY, "0xffff888000002000");
	iq_strbuf_free(&json);
}

/* Both faces of a hostile type, within seconds and some megabytes. */
static void survive(struct machine *m, const char *type, const char *says)
{
	struct iq_value value = iq_value_at(parse(m, type), PAGE_ADDRESS);
	struct iq_print_options options = { .target = &m->target, .symbols = m->symbols, .radix = 10 };
	struct iq_strbuf text = { 0 }, json = { 0 };
	clock_t start = clock();

	struct iq_error *error = iq_value_print(&value, &options, &text);
	const char *told = error ? error->message : iq_strbuf_text(&text);
	if (!strstr(told, says))
		fail_msg("%s: no \"%s\" in %.200s", type, says, told);
	iq_error_freep(&error);
	assert_true(text.length < (40u << 20));
	record(m, &value, &json, &error);
	iq_error_free(error);
	assert_true(json.length < (400u << 20));
	iq_strbuf_free(&text);
	iq_strbuf_free(&json);
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
}

static void test_hostile(void **state)
{
	struct machine *m = *state;
	survive(m, "struct self", "{...}");
	survive(m, "struct wide", "too much for one value");
	survive(m, "struct nameless", "too much for one value");
	survive(m, "struct huge", "<outside of the 16 bytes of its type> <repeats 4294967291 times>");
	survive(m, "struct ocean", "");
	survive(m, "struct beyond", "out = <");
	survive(m, "struct beyond[0xffffffff]", "<repeats 512 times>, <nothing at");
	survive(m, "struct looped", "loop = <");
	survive(m, "loop1", "typedefs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
