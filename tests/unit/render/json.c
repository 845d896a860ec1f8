/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON face: what docs/json.md promises. */
#include "../cmocka_setup.h"

#include "sink.h"

#include "util/cleanup.h"

#include <json-c/json.h>
#include <math.h>

static void emit_values(struct iq_out *out)
{
	iq_out_begin(out, "sys \"x\"");
	iq_record_begin(out);
	iq_add_unsigned(out, "small", 42);
	iq_add_unsigned(out, "largest", (UINT64_C(1) << 53) - 1);
	iq_add_unsigned(out, "too_large", UINT64_C(1) << 53);
	iq_add_signed(out, "negative", -22);
	iq_add_signed(out, "very_negative", INT64_MIN);
	iq_add_big(out, "big", 7);
	iq_add_hex(out, "hex", 0x2a);
	iq_add_address(out, "address", 0xffffffff8d67a8c3);
	iq_add_bool(out, "bool", true);
	iq_add_float(out, "float", 0.08);
	iq_add_float(out, "nan", NAN);
	iq_add_time(out, "time", 1795354665);
	iq_add_string(out, "none", NULL);
	iq_add_unavailable(out, "rss", "filtered out");
	iq_list_begin(out, "list");
	iq_add_unsigned(out, NULL, 1);
	iq_add_string(out, NULL, "two");
	iq_record_begin(out);
	iq_add_bool(out, "three", false);
	iq_end(out);
	iq_end(out);
	iq_object_begin(out, "regs");
	iq_add_hex(out, "rip", 1);
	iq_end(out);
	iq_line(out, "{small}");
	iq_text(out, "not in JSON");
	iq_end(out);
	iq_out_warn(out, "damaged \"list\"");
	iq_out_warn(out, "again");
	assert_null(iq_out_end(out, NULL));
}

static void test_values(void **state)
{
	struct text_sink sink = { 0 };
	struct iq_out *out = text_sink_out(&sink, IQ_FACE_JSON, false);

	emit_values(out);
	iq_out_free(out);
	assert_string_equal(
		iq_strbuf_text(&sink.text),
		"[{\"command\":\"sys \\\"x\\\"\",\"records\":[\n"
		"{\"small\":42,\"largest\":9007199254740991,\"too_large\":\"9007199254740992\",\"negative\":-22,"
		"\"very_negative\":\"-9223372036854775808\",\"big\":\"7\",\"hex\":\"0x2a\",\"address\":"
		"\"0xffffffff8d67a8c3\","
		"\"bool\":true,\"float\":0.08,\"nan\":null,\"time\":\"2026-11-22T13:37:45Z\",\"none\":null,\"rss\":"
		"null,"
		"\"unavailable\":{\"rss\":\"filtered "
		"out\"},\"list\":[1,\"two\",{\"three\":false}],\"regs\":{\"rip\":\"0x1\"}}\n"
		"],\"warnings\":[\"damaged \\\"list\\\"\",\"again\"],\"error\":null}]\n");
	iq_strbuf_free(&sink.text);
}

static void test_errors(void **state)
{
	struct text_sink sink = { 0 };
	struct iq_out *out = text_sink_out(&sink, IQ_FACE_JSON, false);
	struct iq_error *plain = iq_error_new(IQ_ERROR_ARGUMENT, "no \001");
	struct iq_error *memory = iq_error_memory(0xffff888000001000, IQ_PAGE_FILTERED, "task_struct");
	struct iq_error *unmapped = iq_error_memory(0x10, IQ_PAGE_PRESENT, "x");

	iq_out_begin(out, "a");
	assert_null(iq_out_end(out, plain));
	iq_out_begin(out, "b");
	iq_record_begin(out);
	iq_list_begin(out, "half");
	assert_null(iq_out_end(out, memory));
	iq_out_begin(out, "c");
	assert_null(iq_out_end(out, unmapped));
	iq_out_free(out);
	assert_string_equal(
		iq_strbuf_text(&sink.text),
		"[{\"command\":\"a\",\"records\":[],\"warnings\":[],\"error\":{\"message\":\"no \\u0001\"}},\n"
		"{\"command\":\"b\",\"records\":[\n{\"half\":[]}\n],\"warnings\":[],\"error\":{\"message\":\"task_"
		"struct\","
		"\"address\":\"0xffff888000001000\",\"page\":\"filtered\"}},\n"
		"{\"command\":\"c\",\"records\":[],\"warnings\":[],\"error\":{\"message\":\"x\",\"address\":\"0x10\","
		"\"page\":\"not mapped\"}}]\n");
	iq_error_free(plain);
	iq_error_free(memory);
	iq_error_free(unmapped);
	iq_strbuf_free(&sink.text);
}

static void test_no_command(void **state)
{
	struct text_sink sink = { 0 };

	iq_out_free(text_sink_out(&sink, IQ_FACE_JSON, false));
	assert_string_equal(iq_strbuf_text(&sink.text), "[]\n");
	iq_strbuf_free(&sink.text);
}

/* Every byte value, in every place where a dump's bytes can stand: the document parses, and bad bytes are told apart.
 */
static void test_hostile_bytes(void **state)
{
	struct text_sink sink = { 0 };
	struct iq_out *out = text_sink_out(&sink, IQ_FACE_JSON, false);
	char bytes[256];
	struct json_object *document, *records, *text;

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	iq_out_begin(out, "x");
	iq_record_begin(out);
	iq_add_bytes(out, "text", bytes, sizeof(bytes));
	iq_end(out);
	assert_null(iq_out_end(out, NULL));
	iq_out_free(out);
	document = json_tokener_parse(iq_strbuf_text(&sink.text));
	assert_non_null(document);
	records = json_object_object_get(json_object_array_get_idx(document, 0), "records");
	text = json_object_object_get(json_object_array_get_idx(records, 0), "text");
	assert_int_equal(json_object_get_string_len(text), 128 + 128 * 4);
	assert_memory_equal(json_object_get_string(text), bytes, 128);
	assert_memory_equal(json_object_get_string(text) + 128, "\\x80\\x81", 8);
	json_object_put(document);
	iq_strbuf_free(&sink.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_command),
		cmocka_unit_test(test_hostile_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
