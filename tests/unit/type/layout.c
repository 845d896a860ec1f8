// SPDX-License-Identifier: GPL-2.0-or-later
/* Sizes, members by path, what lies at an offset; and types that contain themselves. */
#include "type_setup.h"

static void expect_member(struct iq_types *types, const char *path, uint64_t bit_offset, uint32_t bit_size)
{
	struct iq_type_member m;
	expect_success(iq_type_member(find(types, IQ_TYPE_STRUCT, "task"), path, &m));
	assert_int_equal(m.bit_offset, bit_offset);
	assert_int_equal(m.bit_size, bit_size);
}

static void members_are_found_by_path(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	expect_member(types, "state", 0, 0);
	expect_member(types, "on_rq", 33, 3);
	expect_member(types, "tasks.prev", 128, 0);
	expect_member(types, "pid", 24 * 8, 0);
	expect_member(types, "high", 28 * 8, 0);
	expect_member(types, "comm[3]", 35 * 8, 0);
	expect_member(types, "comm[0xf]", 47 * 8, 0);
	expect_member(types, "thread.sp", 48 * 8, 0);
	expect_member(types, "thread.regs[1][2]", (48 + 8 + 5 * 8) * 8, 0);
	expect_member(types, "thread.regs[1]", (48 + 8 + 3 * 8) * 8, 0);
	expect_member(types, "tail[1000]", 1120 * 8, 0);
	iq_types_free(types);
}

static void wrong_paths_say_what_is_wrong(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_type task = find(types, IQ_TYPE_STRUCT, "task");
	struct iq_type_member m;
	expect_error(iq_type_member(task, "mem", &m), IQ_ERROR_NOT_FOUND, "struct task has no member mem");
	expect_error(iq_type_member(task, "thread.mem.x", &m), IQ_ERROR_NOT_FOUND,
		     "struct task has no member thread.mem");
	expect_error(iq_type_member(task, "com", &m), IQ_ERROR_NOT_FOUND, "has no member com");
	expect_error(iq_type_member(task, "comm[16]", &m), IQ_ERROR_NOT_FOUND, "struct task has no member comm[16]");
	expect_error(iq_type_member(task, "tasks.next.next", &m), IQ_ERROR_NOT_FOUND, "no member tasks.next.next");
	expect_error(iq_type_member(task, "state[0]", &m), IQ_ERROR_NOT_FOUND, "no member state[0]");
	expect_error(iq_type_member(task, "", &m), IQ_ERROR_ARGUMENT, "a name is missing");
	expect_error(iq_type_member(task, "thread..sp", &m), IQ_ERROR_ARGUMENT, "a name is missing at \".sp\"");
	expect_error(iq_type_member(task, "comm[", &m), IQ_ERROR_ARGUMENT, "an index must be a number");
	expect_error(iq_type_member(task, "comm[-1]", &m), IQ_ERROR_ARGUMENT, "an index must be a number");
	expect_error(iq_type_member(task, "comm]", &m), IQ_ERROR_ARGUMENT, "unexpected \"]\"");
	expect_error(iq_type_member(task, "tail[99999999999999999999]", &m), IQ_ERROR_ARGUMENT, "too large");
	expect_error(iq_type_member(task, "tail[0xffffffffffffffff]", &m), IQ_ERROR_FORMAT, "larger than all memory");
	iq_types_free(types);
}

static void expect_place(struct iq_types *types, uint64_t offset, const char *place)
{
	struct iq_strbuf text = { 0 };
	iq_strbuf_add(&text, "task."); /* what was there before stays */
	expect_success(iq_type_describe_offset(find(types, IQ_TYPE_STRUCT, "task"), offset, &text));
	assert_string_equal(iq_strbuf_text(&text) + 5, place);
	iq_strbuf_free(&text);
}

static void offsets_are_described(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_strbuf text = { 0 };
	expect_place(types, 0, "state");
	expect_place(types, 3, "state+3");
	expect_place(types, 4, "on_cpu");
	expect_place(types, 16, "tasks.prev");
	expect_place(types, 24, "pid");
	expect_place(types, 28, "high");
	expect_place(types, 35, "comm[3]");
	expect_place(types, 48, "thread.sp");
	expect_place(types, 97, "thread.regs[1][2]+1");
	expect_place(types, 104, "fn");
	expect_place(types, 200, "tail[80]");
	expect_error(iq_type_describe_offset(find(types, IQ_TYPE_STRUCT, "task"), 6, &text), IQ_ERROR_NOT_FOUND,
		     "nothing lies at offset 6");
	expect_error(iq_type_describe_offset(find(types, IQ_TYPE_STRUCT, "thread"), 56, &text), IQ_ERROR_NOT_FOUND,
		     "nothing lies at offset 56");
	assert_int_equal(text.length, 0);
	iq_strbuf_free(&text);
	iq_types_free(types);
}

static void sizes_are_multiplied(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_type_member m;
	struct iq_type_info info;
	uint64_t size;
	expect_success(iq_types_member(types, "task", "thread.regs", &m));
	expect_success(iq_type_size(m.type, &size));
	assert_int_equal(size, 48);
	expect_success(iq_types_member(types, "task", "fn", &m));
	expect_success(iq_type_info(m.type, &info));
	expect_error(iq_type_size(info.target, &size), IQ_ERROR_ARGUMENT, "a function has no size");
	expect_success(iq_types_member(types, "task", "other", &m));
	expect_success(iq_type_info(m.type, &info));
	expect_error(iq_type_size(info.target, &size), IQ_ERROR_ARGUMENT, "struct only_declared is only declared");
	expect_error(iq_type_size(iq_type_void(types), &size), IQ_ERROR_ARGUMENT, "void has no size");
	expect_error(iq_type_size((struct iq_type){ 0 }, &size), IQ_ERROR_ARGUMENT, "no type was given");
	iq_types_free(types);
}

static struct iq_types *hostile_types(struct reports *reports)
{
	struct builder b;
	b_init(&b, NULL);
	uint32_t lng = b_int(&b, "long", 8, B_SIGNED);
	b_type(&b, B_TYPEDEF, "self", false, 0, b.last_id + 1);
	b_type(&b, B_TYPEDEF, "ping", false, 0, b.last_id + 2);
	b_type(&b, B_CONST, NULL, false, 0, b.last_id);
	b_type(&b, B_STRUCT, "inside_itself", false, 1, 8);
	b_member(&b, "again", b.last_id, 0);
	b_type(&b, B_STRUCT, "hidden_itself", false, 1, 8);
	b_member(&b, NULL, b.last_id, 0);
	b_type(&b, B_UNION, "branching", false, 2, 8);
	b_member(&b, NULL, b.last_id + 1, 0);
	b_member(&b, NULL, b.last_id + 1, 0);
	for (int i = 0; i < 40; i++) { /* 2^40 ways through it */
		b_type(&b, B_UNION, NULL, false, 2, 8);
		b_member(&b, NULL, b.last_id + 1, 0);
		b_member(&b, NULL, b.last_id + 1, 0);
	}
	b_type(&b, B_UNION, NULL, false, 0, 0);
	uint32_t array = lng;
	for (int i = 0; i < 4; i++)
		array = b_array(&b, array, 0xffffffff);
	b_type(&b, B_TYPEDEF, "huge_t", false, 0, array);
	b_array(&b, b.last_id + 1, 1);
	b_type(&b, B_TYPEDEF, "array_of_itself", false, 0, b.last_id);
	b_type(&b, B_PTR, NULL, false, 0, b.last_id + 1);
	b_type(&b, B_TYPEDEF, "pointer_to_itself", false, 0, b.last_id);
	b_type(&b, B_FUNC_PROTO, NULL, false, 2, b.last_id + 1);
	b_pair(&b, NULL, b.last_id);
	b_pair(&b, NULL, b.last_id);
	b_type(&b, B_TYPEDEF, "takes_itself", false, 0, b.last_id);
	b_type(&b, B_STRUCT, "user_of_cycles", false, 3, 8);
	b_member(&b, "f", b.last_id - 2, 0);
	b_member(&b, "p", b.last_id - 4, 0);
	b_member(&b, "a", b.last_id - 6, 0);
	b_close(&b);
	struct iq_types *types = iq_types_new(reports ? &reports->diag : NULL);
	add_built(types, NULL, &b);
	return types;
}

static void cycles_end(void **state)
{
	struct iq_types *types = hostile_types(NULL);
	struct iq_type type;
	struct iq_type_info info;
	struct iq_type_member m;
	struct iq_strbuf text = { 0 };
	uint64_t size;
	expect_error(iq_type_strip(find(types, IQ_TYPE_TYPEDEF, "self"), &type), IQ_ERROR_LIMIT, "a cycle");
	expect_error(iq_type_info(find(types, IQ_TYPE_TYPEDEF, "ping"), &info), IQ_ERROR_LIMIT, "a cycle");
	expect_error(iq_type_size(find(types, IQ_TYPE_TYPEDEF, "huge_t"), &size), IQ_ERROR_FORMAT,
		     "larger than all memory");
	expect_error(iq_type_size(find(types, IQ_TYPE_TYPEDEF, "array_of_itself"), &size), IQ_ERROR_LIMIT, "a cycle");
	expect_success(iq_types_member(types, "inside_itself", "again.again.again", &m));
	struct iq_type inside = find(types, IQ_TYPE_STRUCT, "inside_itself");
	expect_error(iq_type_describe_offset(inside, 0, &text), IQ_ERROR_LIMIT, "contains itself");
	struct iq_type hidden = find(types, IQ_TYPE_STRUCT, "hidden_itself");
	expect_error(iq_type_member(hidden, "x", &m), IQ_ERROR_LIMIT, "contains itself");
	expect_error(iq_type_describe_offset(hidden, 0, &text), IQ_ERROR_LIMIT, "contains itself");
	struct iq_type branching = find(types, IQ_TYPE_UNION, "branching");
	expect_error(iq_type_member(branching, "x", &m), IQ_ERROR_LIMIT, "members were looked at");
	expect_error(iq_type_describe_offset(branching, 0, &text), IQ_ERROR_LIMIT, "members were looked at");
	assert_int_equal(text.length, 0);
	iq_strbuf_free(&text);
	iq_types_free(types);
}

static void declarations_of_cycles_end(void **state)
{
	struct iq_types *types = hostile_types(NULL);
	for (const char *const *name = (const char *const[]){ "f", "p", "a", NULL }; *name; name++) {
		struct iq_type_member m;
		struct iq_strbuf text = { 0 };
		expect_success(iq_types_member(types, "user_of_cycles", *name, &m));
		iq_type_declare(m.type, *name, &text);
		assert_in_range(text.length, 1, 10 << 20);
		iq_strbuf_free(&text);
	}
	iq_types_free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_by_path),
		cmocka_unit_test(wrong_paths_say_what_is_wrong),
		cmocka_unit_test(offsets_are_described),
		cmocka_unit_test(sizes_are_multiplied),
		cmocka_unit_test(cycles_end),
		cmocka_unit_test(declarations_of_cycles_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
