// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values as text. Expectations are gdb's rules (its manual: "Print Settings", "Output Formats") and what crash 8.0.2,
 * which contains gdb 10.2, was seen to print; "set print repeats" is gdb's default here, which crash switches off.
 */
#include "value_setup.h"

static uint32_t flags, mixed, signed_char, boolean, s32, u8, f32, f64, s128, flex, holder, bits;

/*
 *   enum flags { A = 1, B = 2, CD = 12 }; enum mixed { ZERO, FIVE = 5 };
 *   typedef unsigned char u8;
 *   struct flex { int count; struct {} nothing; u8 none[0]; char text[]; };
 *   struct holder { struct flex *flex; char *name; union { u8 byte; struct { int low; _Bool yes; }; } either;
 *                   struct list_head lists[2]; };
 *   struct bits { int three : 3; unsigned int rest : 29; };
 */
static void add_types(struct builder *b)
{
	flags = b_type(b, B_ENUM, "flags", false, 3, 4);
	b_pair(b, "A", 1);
	b_pair(b, "B", 2);
	b_pair(b, "CD", 12);
	mixed = b_type(b, B_ENUM, "mixed", false, 2, 4);
	b_pair(b, "ZERO", 0);
	b_pair(b, "FIVE", 5);
	signed_char = b_int(b, "signed char", 1, B_SIGNED);
	boolean = b_int(b, "_Bool", 1, B_BOOL);
	s32 = b_int(b, "int", 4, B_SIGNED);
	uint32_t unsigned_char = b_int(b, "unsigned char", 1, 0);
	u8 = b_type(b, B_TYPEDEF, "u8", false, 0, unsigned_char);
	f32 = b_type(b, B_FLOAT, "float", false, 0, 4);
	f64 = b_type(b, B_FLOAT, "double", false, 0, 8);
	s128 = b_int(b, "__int128", 16, B_SIGNED);
	uint32_t nothing = b_type(b, B_STRUCT, NULL, false, 0, 0);
	uint32_t none = b_array(b, u8, 0), text = b_array(b, 3, 0);
	flex = b_type(b, B_STRUCT, "flex", false, 4, 4);
	b_member(b, "count", s32, 0);
	b_member(b, "nothing", nothing, 32);
	b_member(b, "none", none, 32);
	b_member(b, "text", text, 32);
	uint32_t flex_pointer = b_type(b, B_PTR, NULL, false, 0, flex), name = b_type(b, B_PTR, NULL, false, 0, 3);
	uint32_t inner = b_type(b, B_STRUCT, NULL, false, 2, 8);
	b_member(b, "low", s32, 0);
	b_member(b, "yes", boolean, 32);
	uint32_t either = b_type(b, B_UNION, NULL, false, 2, 8);
	b_member(b, "byte", u8, 0);
	b_member(b, NULL, inner, 0);
	uint32_t lists = b_array(b, 6, 2);
	holder = b_type(b, B_STRUCT, "holder", false, 4, 56);
	b_member(b, "flex", flex_pointer, 0);
	b_member(b, "name", name, 64);
	b_member(b, "either", either, 128);
	b_member(b, "lists", lists, 192);
	bits = b_type(b, B_STRUCT, "bits", true, 2, 4);
	b_member(b, "three", s32, b_bits(0, 3));
	b_member(b, "rest", 2, b_bits(3, 29));
}

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	machine_init(m);
	add_types(&m->b);
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

static struct iq_print_options defaults(struct machine *m)
{
	return (struct iq_print_options){
		.target = &m->target, .symbols = m->symbols, .radix = 10, .static_names = true
	};
}

static void expect_shown(const struct iq_value *value, const struct iq_print_options *options, const char *expected)
{
	struct iq_strbuf text = { 0 };
	expect_success(iq_value_print(value, options, &text));
	assert_string_equal(iq_strbuf_text(&text), expected);
	iq_strbuf_free(&text);
}

/* The type's value at the page's start. */
static void expect_text(struct machine *m, const char *type, const char *expected)
{
	struct iq_value value = iq_value_at(parse(m, type), PAGE_ADDRESS);
	struct iq_print_options options = defaults(m);
	expect_shown(&value, &options, expected);
}

static void expect_format(struct machine *m, const char *type, char format, const char *expected)
{
	struct iq_value value = iq_value_at(parse(m, type), PAGE_ADDRESS);
	struct iq_print_options options = defaults(m);
	options.format = format;
	expect_shown(&value, &options, expected);
}

static void expect_bytes(struct machine *m, const char *type, const char *bytes, size_t size, const char *expected)
{
	memset(m->page, 0, sizeof(m->page));
	memcpy(m->page, bytes, size);
	expect_text(m, type, expected);
}

#define EXPECT_BYTES(m, type, bytes, expected) expect_bytes(m, type, bytes, sizeof(bytes) - 1, expected)

static void test_integers(void **state)
{
	struct machine *m = *state;
	EXPECT_BYTES(m, "int", "\xff\xff\xff\xff", "-1");
	EXPECT_BYTES(m, "unsigned int", "\xff\xff\xff\xff", "4294967295");
	EXPECT_BYTES(m, "unsigned long", "\0\0\0\0\0\0\0\x80", "9223372036854775808");
	EXPECT_BYTES(m, "__int128", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "-2");
	EXPECT_BYTES(m, "__int128", "\0\0\0\0\0\0\0\0\x01", "18446744073709551616");
	EXPECT_BYTES(m, "_Bool", "\x01", "true");
	EXPECT_BYTES(m, "_Bool", "", "false");
	EXPECT_BYTES(m, "_Bool", "\x02", "2");
	EXPECT_BYTES(m, "u8", "v", "118 'v'");
	EXPECT_BYTES(m, "u8", "\xc8", "200 '\\310'");
	EXPECT_BYTES(m, "signed char", "\xff", "-1 '\\377'");
	EXPECT_BYTES(m, "u8", "\n", "10 '\\n'");
	EXPECT_BYTES(m, "u8", "'", "39 '\\''");
	EXPECT_BYTES(m, "u8", "\"", "34 '\"'");
	EXPECT_BYTES(m, "u8", "\\", "92 '\\\\'");
	EXPECT_BYTES(m, "u8", "", "0 '\\000'");
	EXPECT_BYTES(m, "struct bits", "\xfe\xff\xff\xff", "{\n  three = -2,\n  rest = 536870911\n}");
}

static void test_floats(void **state)
{
	struct machine *m = *state;
	float single = 1.1f;
	double real = 1.0 / 3;

	memcpy(m->page, &single, sizeof(single));
	expect_text(m, "float", "1.10000002");
	memcpy(m->page, &real, sizeof(real));
	expect_text(m, "double", "0.33333333333333331");
	real = 3;
	memcpy(m->page, &real, sizeof(real));
	expect_text(m, "double", "3");
}

static void test_enums(void **state)
{
	struct machine *m = *state;
	EXPECT_BYTES(m, "enum mixed", "\x05", "FIVE");
	EXPECT_BYTES(m, "enum mixed", "\x07", "7");
	EXPECT_BYTES(m, "enum flags", "\x02", "B");
	EXPECT_BYTES(m, "enum flags", "\x03", "(A | B)");
	EXPECT_BYTES(m, "enum flags", "\x0d", "(A | CD)");
	EXPECT_BYTES(m, "enum flags", "\x11", "(A | unknown: 0x10)");
	EXPECT_BYTES(m, "enum flags", "\x10", "(unknown: 0x10)");
	EXPECT_BYTES(m, "enum flags", "", "0");
	EXPECT_BYTES(m, "enum state", "\0\0\0\x80", "DEAD");
}

static void test_strings(void **state)
{
	struct machine *m = *state;
	EXPECT_BYTES(m, "char[16]", "call_kfunc", "\"call_kfunc\\000\\000\\000\\000\\000\"");
	EXPECT_BYTES(m, "char[4]", "abcd", "\"abcd\"");
	EXPECT_BYTES(m, "char[4]", "abc", "\"abc\"");
	EXPECT_BYTES(m, "u8[3]", "a\"\\", "\"a\\\"\\\\\"");
	/* A digit behind an octal escape would be read as a part of it. */
	EXPECT_BYTES(m, "char[4]",
		     "\x01"
		     "7x8",
		     "\"\\001\\067x8\"");
	EXPECT_BYTES(m, "char[6]", "\a\b\t\n\v\f", "\"\\a\\b\\t\\n\\v\\f\"");
	EXPECT_BYTES(m, "char[3]", "\x1b\x7f\xe9", "\"\\033\\177\\351\"");
	EXPECT_BYTES(m, "char[16]", "", "'\\000' <repeats 15 times>");
	EXPECT_BYTES(m, "char[11]", "", "\"\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\"");
	EXPECT_BYTES(m, "char[32]", "comm", "\"comm\", '\\000' <repeats 27 times>");
	EXPECT_BYTES(m, "char[20]", "xaaaaaaaaaaaaaaay", "\"x\", 'a' <repeats 15 times>, \"y\\000\\000\"");
	EXPECT_BYTES(m, "char[1]", "", "\"\"");
	/* Two texts, one in the other. */
	EXPECT_BYTES(m, "char[2][3]", "ab\0cd", "{\"ab\", \"cd\"}");
}

static void test_arrays(void **state)
{
	struct machine *m = *state;
	EXPECT_BYTES(m, "int[3]", "\1\0\0\0\2\0\0\0\3", "{1, 2, 3}");
	EXPECT_BYTES(m, "int[2][2]", "\1\0\0\0\2\0\0\0\3", "{{1, 2}, {3, 0}}");
	EXPECT_BYTES(m, "int[10]", "", "{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}");
	EXPECT_BYTES(m, "int[11]", "", "{0 <repeats 11 times>}");
	EXPECT_BYTES(m, "int[14]", "\7\0\0\0\7", "{7, 7, 0 <repeats 12 times>}");
	EXPECT_BYTES(m, "struct list_head[2]", "\1",
		     "{{\n    next = 0x1,\n    prev = 0x0\n  }, {\n    next = 0x0,\n    prev = 0x0\n  }}");
	EXPECT_BYTES(m, "_Bool[3]", "\1", "{true, false, false}");
}

static void test_limits(void **state)
{
	struct machine *m = *state;
	struct iq_print_options options = defaults(m);
	struct iq_value value = iq_value_at(parse(m, "u8[600]"), PAGE_ADDRESS);
	struct iq_strbuf text = { 0 };

	for (unsigned i = 0; i < 600; i++)
		m->page[i] = (uint8_t)('a' + i % 26);
	expect_success(iq_value_print(&value, &options, &text));
	assert_int_equal(text.length, 256 + 2 + 3); /* crash's print_max, quotes, dots */
	assert_string_equal(text.text + text.length - 4, "\"...");
	iq_strbuf_free(&text);
	options.element_limit = 3;
	expect_shown(&value, &options, "\"abc\"...");
	value.type = parse(m, "int[600]");
	memset(m->page, 0, sizeof(m->page));
	m->page[0] = 1;
	m->page[4] = 2;
	m->page[8] = 3;
	expect_shown(&value, &options, "{1, 2, 3...}");
	options.element_limit = 0;
	options.repeat_threshold = 2;
	expect_shown(&value, &options, "{1, 2, 3, 0 <repeats 597 times>}");
}

static void test_pointers(void **state)
{
	struct machine *m = *state;
	struct iq_print_options options = defaults(m);
	struct iq_value value = iq_value_at(parse(m, "void (*)(int)"), PAGE_ADDRESS);

	put64(m->page, CODE_ADDRESS + 0x100);
	expect_shown(&value, &options, "0xffffffff81000100 <kill_task>");
	put64(m->page, CODE_ADDRESS + 0x110);
	expect_shown(&value, &options, "0xffffffff81000110 <kill_task+16>");
	put64(m->page, CODE_ADDRESS + 0x1008);
	expect_text(m, "struct list_head *", "0xffffffff81001008 <table+8>");
	put64(m->page, CODE_ADDRESS + 0x1000 + 0x20000);
	expect_text(m, "void *", "0xffffffff81021000"); /* constants far behind "table" are not its own */
	put64(m->page, CODE_ADDRESS + 0x41008);
	expect_text(m, "void *", "0xffffffff81041008");
	put64(m->page, CODE_ADDRESS + 0x42000 + 0x10000);
	expect_text(m, "void *", "0xffffffff81052000 <state+65536>");
	put64(m->page, 0);
	expect_text(m, "void *", "0x0");
	expect_text(m, "char *", "0x0");
	options.static_names = false;
	value.type = parse(m, "void *");
	put64(m->page, CODE_ADDRESS + 0x100);
	expect_shown(&value, &options, "0xffffffff81000100");
	options.pointer_types = true;
	expect_shown(&value, &options, "(void *) 0xffffffff81000100");
	put64(m->page, 0);
	/* gdb 10 in crash 8.0.2: p (const volatile char *)0, p (const unsigned char *)0 */
	value.type = parse(m, "const volatile char *");
	expect_shown(&value, &options, "0x0");
	value.type = parse(m, "const unsigned char *");
	expect_shown(&value, &options, "(const unsigned char *) 0x0");
}

static void test_pointed_text(void **state)
{
	struct machine *m = *state;

	put64(m->page, PAGE_ADDRESS + 100);
	strcpy((char *)m->page + 100, "IO-APIC");
	expect_text(m, "char *", "0xffff888000001064 \"IO-APIC\"");
	expect_text(m, "const unsigned char *", "0xffff888000001064 \"IO-APIC\"");
	put64(m->page, 8);
	expect_text(m, "char *", "0x8 <error: Cannot access memory at address 0x8>");
	/* One that runs into the missing page. */
	put64(m->page, PAGE_ADDRESS + 4094);
	memcpy(m->page + 4094, "ab", 2);
	expect_text(m, "char *",
		    "0xffff888000001ffe \"ab\"<error: Cannot access memory at address 0xffff888000002000>");
}

static void test_structs(void **state)
{
	struct machine *m = *state;
	struct iq_value value = iq_value_at(parse(m, "struct holder"), PAGE_ADDRESS);
	struct iq_print_options options = defaults(m);

	put64(m->page, PAGE_ADDRESS + 200);
	m->page[16] = 'A';
	m->page[20] = 1;
	expect_shown(
		&value, &options,
		"{\n  flex = 0xffff8880000010c8,\n  name = 0x0,\n  either = {\n    byte = 65 'A',\n    {\n"
		"      low = 65,\n      yes = true\n    }\n  },\n  lists = {{\n      next = 0x0,\n      prev = 0x0\n"
		"    }, {\n      next = 0x0,\n      prev = 0x0\n    }}\n}");
	options.one_line = true;
	expect_shown(&value, &options,
		     "{flex = 0xffff8880000010c8, name = 0x0, either = {byte = 65 'A', {low = 65, yes = true}}, "
		     "lists = {{next = 0x0, prev = 0x0}, {next = 0x0, prev = 0x0}}}");
	options.one_line = false;
	options.indent = 2;
	options.radix = 16;
	value.type = parse(m, "struct bits");
	m->page[0] = 0xff;
	expect_shown(&value, &options, "{\n    three = 0x7,\n    rest = 0x21f\n  }");
}

static void test_flexible(void **state)
{
	struct machine *m = *state;
	memcpy(m->page, "\2\0\0\0hi", 7);
	expect_text(m, "struct flex",
		    "{\n  count = 2,\n  nothing = {<No data fields>},\n  none = 0xffff888000001004 \"hi\",\n"
		    "  text = 0xffff888000001004 \"hi\"\n}");
}

static void test_formats(void **state)
{
	struct machine *m = *state;
	memcpy(m->page, "\xff\xff\xff\xff", 4);
	expect_format(m, "int", 'x', "0xffffffff");
	expect_format(m, "int", 'u', "4294967295");
	expect_format(m, "unsigned int", 'd', "-1");
	expect_format(m, "int", 't', "11111111111111111111111111111111");
	expect_format(m, "int", 'o', "037777777777");
	expect_format(m, "short", 'z', "0xffff");
	memcpy(m->page, "\x2c\1\0\0", 4);
	expect_format(m, "int", 'c', "44 ','");
	expect_format(m, "int", 'z', "0x0000012c");
	expect_format(m, "short", 't', "100101100");
	memset(m->page, 0, 4);
	expect_format(m, "int", 'o', "0");
	expect_format(m, "_Bool", 'd', "0");
	expect_format(m, "enum mixed", 'd', "0");
	memcpy(m->page, "sw", 3);
	expect_format(m, "char[3]", 'x', "{0x73, 0x77, 0x0}");
	expect_format(m, "char[3]", 'c', "{115 's', 119 'w', 0 '\\000'}");
	expect_format(m, "char[3]", 's', "\"sw\"");
	put64(m->page, CODE_ADDRESS + 0x104);
	expect_format(m, "unsigned long", 'a', "0xffffffff81000104 <kill_task+4>");
	expect_format(m, "void (*)(int)", 'x', "0xffffffff81000104");
}

static void test_missing(void **state)
{
	struct machine *m = *state;
	struct iq_print_options options = defaults(m);
	struct iq_value value = iq_value_at(parse(m, "struct holder"), PAGE_ADDRESS + 4096 - 16);
	struct iq_strbuf text = { 0 };

	put64(m->page + 4080, 1);
	expect_shown(&value, &options,
		     "{\n  flex = 0x1,\n  name = 0x0,\n  either = <nothing at 0xffff888000002000>,\n"
		     "  lists = <nothing at 0xffff888000002008>\n}");
	value.address = PAGE_ADDRESS + 4096 - 4;
	value.type = parse(m, "int[16]");
	expect_shown(&value, &options, "{0, <nothing at 0xffff888000002000> <repeats 15 times>}");
	value.address = PAGE_ADDRESS + 4096 - 1;
	value.type = parse(m, "int");
	expect_shown(&value, &options, "<nothing at 0xffff888000002000>");
	value.address = PAGE_ADDRESS + 4096;
	expect_error(iq_value_print(&value, &options, &text), IQ_ERROR_MEMORY, "0xffff888000002000");
	assert_string_equal(iq_strbuf_text(&text), "");
	iq_strbuf_free(&text);
}

static void test_without_bytes(void **state)
{
	struct machine *m = *state;
	struct iq_print_options options = defaults(m);
	struct iq_value value = iq_value_at(iq_type_void(m->types), PAGE_ADDRESS);
	struct iq_type_info info;
	struct iq_strbuf text = { 0 };

	expect_shown(&value, &options, "void");
	expect_success(iq_type_info(parse(m, "void (*)(int)"), &info));
	value = iq_value_at(info.target, CODE_ADDRESS + 0x100);
	expect_shown(&value, &options, "{void (int)} 0xffffffff81000100 <kill_task>");
	value.type.source = NULL;
	value.symbol = "jiffies";
	expect_error(iq_value_print(&value, &options, &text), IQ_ERROR_ARGUMENT, "jiffies: its type is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_integers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_floats, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_enums, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_arrays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pointers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pointed_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_structs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flexible, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_formats, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_bytes, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
