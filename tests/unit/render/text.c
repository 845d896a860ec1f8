/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text face: crash's layouts out of fields, and nothing from a dump that could steer a terminal. */
#include "../cmocka_setup.h"

#include "sink.h"

#include "util/cleanup.h"
#include "util/diag.h"

static char *rendered(void (*emit)(struct iq_out *out), bool colour)
{
	struct text_sink sink = { 0 };
	struct iq_out *out = text_sink_out(&sink, IQ_FACE_TEXT, colour);

	iq_out_begin(out, "test");
	emit(out);
	assert_null(iq_out_end(out, NULL));
	iq_out_free(out);
	return iq_strbuf_steal(&sink.text);
}

static void assert_text(void (*emit)(struct iq_out *out), bool colour, const char *expected)
{
	_cleanup_free_ char *text = rendered(emit, colour);

	assert_string_equal(text, expected);
}

static void emit_backtrace(struct iq_out *out)
{
	static const struct {
		uint64_t sp, pc;
		const char *function;
	} frames[] = { { 0xffffbb1c801cfb48, 0xffffffff8d67a8c3, "machine_kexec" },
		       { 0xffffbb1c801cfba0, 0xffffffff8d75ab4a, "x" } };

	iq_record_begin(out);
	iq_add_unsigned(out, "pid", 90);
	iq_add_address(out, "task", 0xffff8cda42f6a280);
	iq_add_unsigned(out, "cpu", 0);
	iq_add_string(out, "comm", "runkfunc");
	iq_line(out, "PID: {pid:-8} TASK: {task}  CPU: {cpu:-4} COMMAND: \"{comm}\"");
	iq_list_begin(out, "frames");
	for (size_t i = 0; i < 2; i++) {
		iq_record_begin(out);
		iq_add_unsigned(out, "level", i * 10);
		iq_add_address(out, "sp", frames[i].sp);
		iq_add_address(out, "pc", frames[i].pc);
		iq_add_string(out, "function", frames[i].function);
		iq_line(out, "{level:#3} [{sp}] {function} at {pc}");
		iq_end(out);
	}
	iq_end(out);
	iq_line(out, "{function} is gone, {pid} is not");
	iq_end(out);
}

/* As crash 8.0.2 prints it. */
static void test_crash_layout(void **state)
{
	assert_text(emit_backtrace, false,
		    "PID: 90       TASK: ffff8cda42f6a280  CPU: 0    COMMAND: \"runkfunc\"\n"
		    " #0 [ffffbb1c801cfb48] machine_kexec at ffffffff8d67a8c3\n"
		    "#10 [ffffbb1c801cfba0] x at ffffffff8d75ab4a\n"
		    "{function} is gone, 90 is not\n");
}

static void emit_specs(struct iq_out *out)
{
	iq_record_begin(out);
	iq_add_unsigned(out, "n", 255);
	iq_add_signed(out, "s", -22);
	iq_add_hex(out, "h", 0xabc);
	iq_add_address(out, "a", 0x1000);
	iq_add_big(out, "b", UINT64_MAX);
	iq_add_bool(out, "y", true);
	iq_add_float(out, "f", 0.25);
	iq_add_time(out, "t", 1795354665);
	iq_add_string(out, "u", "h\xc3\xa4user");
	iq_add_string(out, "none", NULL);
	iq_add_unavailable(out, "rss", "the page was filtered out");
	iq_line(out, "{n}|{n:6}|{n:-6}|{n:^6}|{n:06}|{n:x}|{n:X}|{n:o}|{n:#5}|");
	iq_line(out, "{s}|{h}|{h:d}|{a}|{a:x}|{a:-8x}|{b}|{y}|{f}|{f:.1}|{f:6.1}|");
	iq_line(out, "{t}|{u:.3}|{u:7}|{none:3}|{rss}|");
	iq_line(out, "{{n} {unknown} {n");
	iq_pair(out, 12, "KERNEL", "{n}  [PARTIAL DUMP]");
	iq_end(out);
}

static void test_specs(void **state)
{
	assert_text(emit_specs, false,
		    "255|   255|255   | 255  |000255|ff|0xff|377| #255|\n"
		    "-22|abc|2748|0000000000001000|1000|1000    |18446744073709551615|yes|0.25|0.2|   0.2|\n"
		    "Sun Nov 22 13:37:45 UTC 2026|h\xc3\xa4u| h\xc3\xa4user|  -|(unavailable)|\n"
		    "{n} {unknown} {n\n"
		    "      KERNEL: 255  [PARTIAL DUMP]\n");
}

static void emit_table(struct iq_out *out)
{
	static const struct iq_column columns[] = { { "pid", "PID", "5@heading", "5" },
						    { "task", "TASK", "^16", "@address" },
						    { "comm", "COMM", "", "" } };
	static const struct iq_table table = { columns, IQ_ARRAY_SIZE(columns), "  " };

	iq_table_heading(out, &table);
	iq_record_begin(out);
	iq_add_unsigned(out, "pid", 7);
	iq_add_address(out, "task", 0xff1c3305ee9ca100);
	iq_add_string(out, "comm", "cat");
	iq_table_row(out, &table);
	iq_end(out);
}

static void test_table(void **state)
{
	assert_text(emit_table, false, "  PID        TASK        COMM\n    7  ff1c3305ee9ca100  cat\n");
}

static void test_colour(void **state)
{
	assert_text(emit_table, true,
		    "  \033[1mPID\033[0m        TASK        COMM\n    7  \033[35mff1c3305ee9ca100\033[0m  cat\n");
}

static void emit_hostile(struct iq_out *out)
{
	static const char hostile[] = "\033]0;owned\007 \xc2\x9b"
				      "31m a\tb\x7f\nc \xff\xc0\xaf \xe2\x80\xae \xed\xa0\x80 \xe2\x9c\x93";

	iq_record_begin(out);
	iq_add_string(out, "comm", hostile);
	iq_add_bytes(out, "nul", "a\0b", 3);
	iq_line(out, "{comm} {nul}");
	iq_text(out, "%s", hostile);
	iq_end(out);
}

static void test_hostile_text(void **state)
{
	static const char safe[] = "\\x1b]0;owned\\x07 \\xc2\\x9b31m a\tb\\x7f\\x0ac \\xff\\xc0\\xaf \\xe2\\x80\\xae "
				   "\\xed\\xa0\\x80 \xe2\x9c\x93";
	_cleanup_(iq_strbuf_free) struct iq_strbuf expected = { 0 };

	iq_strbuf_addf(&expected, "%s a\\x00b\n%s\n", safe, safe);
	assert_text(emit_hostile, false, iq_strbuf_text(&expected));
}

/* Nothing is written after the reader went away, and loops are told. */
static void test_closed_sink(void **state)
{
	struct text_sink sink = { 0 };
	struct iq_out *out = text_sink_out(&sink, IQ_FACE_TEXT, false);

	iq_interrupt_set(false);
	sink.room = 8;
	iq_out_begin(out, "test");
	iq_text(out, "one");
	assert_false(iq_out_closed(out));
	iq_text(out, "twotwo");
	assert_true(iq_out_closed(out));
	assert_true(iq_interrupted());
	sink.room = 100;
	iq_text(out, "three");
	assert_null(iq_out_end(out, NULL));
	assert_string_equal(iq_strbuf_text(&sink.text), "one\n");
	iq_interrupt_set(false);
	iq_out_free(out);
	iq_strbuf_free(&sink.text);
}

/* A command may stop anywhere, even in the middle of its scopes; the next one starts clean. */
static void test_open_scopes(void **state)
{
	struct text_sink sink = { 0 };
	struct iq_out *out = text_sink_out(&sink, IQ_FACE_TEXT, false);

	iq_out_begin(out, "first");
	iq_record_begin(out);
	iq_list_begin(out, "list");
	iq_add_string(out, "key", "old");
	assert_null(iq_out_end(out, NULL));
	iq_end(out);
	iq_out_begin(out, "second");
	iq_line(out, "{key}");
	assert_null(iq_out_end(out, NULL));
	assert_string_equal(iq_strbuf_text(&sink.text), "{key}\n");
	iq_out_free(out);
	iq_strbuf_free(&sink.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crash_layout), cmocka_unit_test(test_specs),
		cmocka_unit_test(test_table),        cmocka_unit_test(test_colour),
		cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_closed_sink),
		cmocka_unit_test(test_open_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
