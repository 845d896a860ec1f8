// SPDX-License-Identifier: GPL-2.0-or-later
/* BTF that is wrong: every header field, records that don't fit, numbers and offsets that lead nowhere, and single
 * bytes. */
#include "type_setup.h"

#include "util/cleanup.h"

static void expect_header_error(unsigned at, uint32_t value, enum iq_error_code code, const char *text)
{
	struct builder b;
	struct small_kernel k;
	b_init(&b, NULL);
	build_small_types(&b, &k);
	b_put(b.header + at, value);
	struct iq_types *types = iq_types_new(NULL);
	struct iq_type type;
	add_built(types, NULL, &b);
	assert_false(iq_types_available(types));
	for (int i = 0; i < 2; i++) /* each question gets the error */
		expect_error(iq_type_find(types, IQ_TYPE_STRUCT, "task", &type), code, text);
	assert_false(iq_types_has_member(types, "task", "comm"));
	iq_types_free(types);
}

static void header_fields_are_checked(void **state)
{
	expect_header_error(0, 0x0001eb9e, IQ_ERROR_FORMAT, "BTF of vmlinux: its magic is 0xeb9e, not 0xeb9f");
	expect_header_error(0, 0x00019feb, IQ_ERROR_UNSUPPORTED, "big-endian");
	expect_header_error(0, 0x0002eb9f, IQ_ERROR_UNSUPPORTED, "its version is 2");
	expect_header_error(4, 20, IQ_ERROR_FORMAT, "header is said to have 20 bytes");
	expect_header_error(4, 0xffffffff, IQ_ERROR_FORMAT, "header is said to have 4294967295 bytes");
	expect_header_error(8, 0xfffffff0, IQ_ERROR_FORMAT, "its types (offset 4294967280");
	expect_header_error(8, 2, IQ_ERROR_FORMAT, "its types are not aligned");
	expect_header_error(12, 0xffffffff, IQ_ERROR_FORMAT, "do not fit");
	expect_header_error(16, 0xffffffff, IQ_ERROR_FORMAT, "its strings (offset 4294967295");
	expect_header_error(20, 0xffffffff, IQ_ERROR_FORMAT, "do not fit");
}

static struct iq_error *load_nothing(void *context, uint8_t **bytes, size_t *size)
{
	return iq_error_memory(0xffffffff82000000, IQ_PAGE_FILTERED, "page is not in the dump");
}

static void too_few_bytes_and_failing_loads_are_errors(void **state)
{
	struct builder b;
	struct iq_type type;
	b_init(&b, NULL);
	b_close(&b);
	struct iq_types *types = iq_types_new(NULL);
	struct loaded *loaded = add_built(types, NULL, &b);
	loaded->size = 10;
	expect_error(iq_type_find(types, IQ_TYPE_INT, "int", &type), IQ_ERROR_FORMAT, "10 bytes are too few");
	iq_types_free(types);

	types = iq_types_new(NULL);
	expect_success(iq_types_add_btf(types, NULL, load_nothing, NULL, NULL));
	for (int i = 0; i < 2; i++) {
		struct iq_error *error = iq_type_find(types, IQ_TYPE_INT, "int", &type);
		assert_int_equal(error->page_state, IQ_PAGE_FILTERED);
		assert_int_equal(error->address, 0xffffffff82000000);
		expect_error(error, IQ_ERROR_MEMORY, "BTF of vmlinux: page is not in the dump");
	}
	iq_types_free(types);

	types = iq_types_new(NULL);
	assert_false(iq_types_available(types));
	expect_error(iq_type_find(types, IQ_TYPE_STRUCT, "task", &type), IQ_ERROR_NOT_FOUND,
		     "struct task: needs types: give a vmlinux with debug information");
	iq_types_free(types);
}

/* What lies before the damage stays usable; what lies behind it gets the reason. */
static void expect_stop(struct builder *b, const char *why)
{
	struct reports reports;
	reports_init(&reports);
	struct iq_types *types = iq_types_new(&reports.diag);
	struct iq_type type;
	struct iq_type_info info;
	struct iq_type_member member;
	b_close(b);
	add_built(types, NULL, b);
	expect_success(iq_types_member(types, "good", "a", &member));
	expect_error(iq_type_find(types, IQ_TYPE_STRUCT, "behind", &type), IQ_ERROR_NOT_FOUND,
		     "there is no type struct behind");
	assert_int_equal(reports.count, 1);
	if (!strstr(reports.last, why) || !strstr(reports.last, "BTF of vmlinux: type 3 at offset 0x"))
		fail_msg("\"%s\" is not in \"%s\"", why, reports.last);
	type = find(types, IQ_TYPE_STRUCT, "good");
	type.id = 4;
	struct iq_error *error = iq_type_info(type, &info);
	assert_non_null(error);
	assert_non_null(strstr(error->message, "type 4 is not known: BTF of vmlinux: type 3"));
	iq_error_free(error);
	iq_types_free(types);
}

static void init_stop(struct builder *b)
{
	b_init(b, NULL);
	uint32_t lng = b_int(b, "long", 8, B_SIGNED);
	b_type(b, B_STRUCT, "good", false, 1, 8);
	b_member(b, "a", lng, 0);
}

static void records_are_checked(void **state)
{
	struct builder b;
	init_stop(&b);
	b_type(&b, 27, "strange", false, 0, 0);
	b_type(&b, B_STRUCT, "behind", false, 0, 0);
	expect_stop(&b, "unknown kind 27");

	init_stop(&b);
	b_type(&b, 0, "strange", false, 0, 0);
	b_type(&b, B_STRUCT, "behind", false, 0, 0);
	expect_stop(&b, "unknown kind 0");

	static const uint32_t kinds[] = { B_STRUCT, B_UNION, B_ENUM, B_ENUM64, B_FUNC_PROTO, B_DATASEC };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		init_stop(&b);
		b_type(&b, kinds[i], "long_one", false, 0xffff, 4);
		b_type(&b, B_STRUCT, "behind", false, 0, 0);
		expect_stop(&b, "do not fit into the type section");
	}
	static const uint32_t fixed[] = { B_INT, B_ARRAY, B_VAR, B_DECL_TAG };
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		init_stop(&b);
		b_type(&b, fixed[i], "cut", false, 0, 4);
		expect_stop(&b, "do not fit into the type section");
	}
	init_stop(&b);
	b_u32(&b, 0);
	expect_stop(&b, "the type section ends inside a type");
}

static void numbers_and_string_offsets_are_checked(void **state)
{
	struct builder b;
	struct reports reports;
	reports_init(&reports);
	init_stop(&b);
	b_type(&b, B_STRUCT, "bad", false, 3, 8);
	b_member(&b, "wild", 0x7fffffff, 0);
	b_u32(&b, 0x00ffffff); /* a name outside the strings */
	b_u32(&b, 1);
	b_u32(&b, 0);
	b_member(&b, "good", 1, 64);
	uint32_t control = b_string(&b, "a\033[2Jb");
	b_u32(&b, control);
	b_u32(&b, B_TYPEDEF << 24);
	b_u32(&b, 1);
	b.last_id++;
	b_close(&b);
	struct iq_types *types = iq_types_new(&reports.diag);
	add_built(types, NULL, &b);
	struct iq_type_member member;
	struct iq_type_info info;
	expect_success(iq_types_member(types, "bad", "good", &member));
	expect_error(iq_types_member(types, "bad", "missing", &member), IQ_ERROR_FORMAT,
		     "string offset 0xffffff leads out");
	expect_success(iq_types_member(types, "bad", "wild", &member));
	expect_error(iq_type_info(member.type, &info), IQ_ERROR_FORMAT,
		     "BTF of vmlinux has no type 2147483647: its last is 4");
	struct iq_type type = find(types, IQ_TYPE_STRUCT, "bad");
	type.id = control ? 4 : 0;
	expect_error(iq_type_info(type, &info), IQ_ERROR_FORMAT, "is damaged: byte 0x1b in it");
	assert_int_equal(reports.count, 1);
	iq_types_free(types);
}

static void a_damaged_module_is_left_out(void **state)
{
	struct builder b, m;
	struct small_kernel k;
	struct reports reports;
	reports_init(&reports);
	b_init(&b, NULL);
	build_small_types(&b, &k);
	b_init(&m, &b);
	b_type(&m, B_STRUCT, "odd", false, 0, 8);
	b_close(&m);
	struct iq_types *types = iq_types_new(&reports.diag);
	add_built(types, NULL, &b);
	add_built(types, "fine", &m);
	m.header[0] = 0;
	add_built(types, "bad", &m);
	uint64_t size;
	struct iq_type type;
	for (int i = 0; i < 2; i++) {
		expect_error(iq_type_find(types, IQ_TYPE_STRUCT, "nowhere", &type), IQ_ERROR_NOT_FOUND,
			     "there is no type");
		expect_success(iq_types_size(types, "odd", &size));
	}
	assert_int_equal(reports.count, 1);
	assert_non_null(strstr(reports.last, "BTF of module bad: its magic is 0xeb00"));
	iq_types_free(types);
}

static struct iq_error *ask_everything(void *context, struct iq_type type)
{
	struct iq_type_info info;
	struct iq_type_member member;
	struct iq_strbuf text = { 0 };
	iq_type_declare(type, "x", &text);
	if (!iq_failed(iq_type_info(type, &info))) {
		for (uint32_t n = 0; n < info.count && n < 20; n++)
			iq_error_free(iq_type_member_at(type, n, &member));
	}
	for (uint64_t offset = 0; offset < 130; offset += 5)
		iq_error_free(iq_type_describe_offset(type, offset, &text));
	iq_error_free(iq_type_member(type, "thread.regs[1][2]", &member));
	iq_strbuf_free(&text);
	return NULL;
}

/* Every byte of a BTF, set to a few other values: no crash, no hang; the sanitizers watch. */
static void single_bytes_are_changed(void **state)
{
	struct builder b;
	struct small_kernel k;
	b_init(&b, NULL);
	build_small_types(&b, &k);
	size_t size;
	_cleanup_free_ uint8_t *bytes = b_bytes(&b, &size);
	static const uint8_t changes[] = { 0x01, 0x80, 0xff, 0x10 };
	for (size_t at = 0; at < size * sizeof(changes); at++) {
		struct iq_types *types = iq_types_new(NULL);
		struct loaded *loaded = add_built(types, NULL, &b);
		loaded->bytes[at / sizeof(changes)] ^= changes[at % sizeof(changes)];
		iq_error_free(iq_types_each(types, ask_everything, NULL));
		struct iq_type type;
		int64_t value;
		iq_error_free(iq_type_constant(types, "DEAD", &value));
		iq_error_free(iq_type_of_function(types, NULL, "kill_task", &type));
		iq_error_free(iq_type_parse(types, "struct task *[4]", &type));
		iq_types_free(types);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_fields_are_checked),
		cmocka_unit_test(too_few_bytes_and_failing_loads_are_errors),
		cmocka_unit_test(records_are_checked),
		cmocka_unit_test(numbers_and_string_offsets_are_checked),
		cmocka_unit_test(a_damaged_module_is_left_out),
		cmocka_unit_test(single_bytes_are_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
