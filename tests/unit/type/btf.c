// SPDX-License-Identifier: GPL-2.0-or-later
/* Every kind of BTF as the model shows it; a module's BTF on top of vmlinux'; bytes that come in pieces. */
#include "type_setup.h"

static struct iq_types *one(const struct builder *b)
{
	struct iq_types *types = iq_types_new(NULL);
	add_built(types, NULL, b);
	return types;
}

/* Any type of the first source by its number: the tests know the numbers. */
static struct iq_type by_id(struct iq_types *types, const char *any_struct, uint32_t id)
{
	struct iq_type type = find(types, IQ_TYPE_STRUCT, any_struct);
	type.id = id;
	return type;
}

static void ints_have_size_sign_and_encoding(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	b_int(&b, "int", 4, B_SIGNED);
	b_int(&b, "_Bool", 1, B_BOOL);
	b_int(&b, "char", 1, B_SIGNED | B_CHAR);
	b_int(&b, "unsigned char", 1, 0);
	b_int(&b, "__int128", 16, B_SIGNED);
	b_type(&b, B_FLOAT, "double", false, 0, 8);
	b_close(&b);
	struct iq_types *types = one(&b);
	static const struct {
		const char *name;
		uint64_t size;
		enum iq_int_encoding encoding;
		bool is_signed;
	} expected[] = {
		{ "int", 4, IQ_INT_SIGNED, true },       { "_Bool", 1, IQ_INT_BOOL, false },
		{ "char", 1, IQ_INT_CHAR, true },        { "unsigned char", 1, IQ_INT_CHAR, false },
		{ "__int128", 16, IQ_INT_SIGNED, true },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_type_info info;
		expect_success(iq_type_info(find(types, IQ_TYPE_INT, expected[i].name), &info));
		assert_int_equal(info.kind, IQ_TYPE_INT);
		assert_string_equal(info.name, expected[i].name);
		assert_int_equal(info.size, expected[i].size);
		assert_int_equal(info.encoding, expected[i].encoding);
		assert_int_equal(info.is_signed, expected[i].is_signed);
	}
	struct iq_type_info info;
	expect_success(iq_type_info(find(types, IQ_TYPE_FLOAT, "double"), &info));
	assert_int_equal(info.kind, IQ_TYPE_FLOAT);
	assert_int_equal(info.size, 8);
	iq_types_free(types);
}

static void enums_are_signed_by_their_flag(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	b_type(&b, B_ENUM, "plain", false, 1, 4);
	b_pair(&b, "TOP", 0x80000000);
	b_type(&b, B_ENUM, "negative", true, 2, 4);
	b_pair(&b, "MINUS", 0xffffffff);
	b_pair(&b, "ONE", 1);
	b_type(&b, B_ENUM64, "wide", false, 1, 8);
	b_u32(&b, b_string(&b, "WIDE"));
	b_u32(&b, 0x00000001);
	b_u32(&b, 0x80000000);
	b_close(&b);
	struct iq_types *types = one(&b);
	struct iq_type_enumerator e;
	struct iq_type_info info;
	struct iq_type negative = find(types, IQ_TYPE_ENUM, "negative");
	expect_success(iq_type_info(negative, &info));
	assert_true(info.is_signed);
	assert_int_equal(info.count, 2);
	expect_success(iq_type_enumerator_at(negative, 0, &e));
	assert_string_equal(e.name, "MINUS");
	assert_int_equal(e.value, -1);
	expect_success(iq_type_enumerator_at(find(types, IQ_TYPE_ENUM, "plain"), 0, &e));
	assert_int_equal(e.value, 0x80000000);
	expect_success(iq_type_info(find(types, IQ_TYPE_ENUM, "wide"), &info));
	assert_int_equal(info.size, 8);
	int64_t value;
	expect_success(iq_type_constant(types, "WIDE", &value));
	assert_int_equal((uint64_t)value, 0x8000000000000001);
	expect_success(iq_type_constant(types, "ONE", &value));
	assert_int_equal(value, 1);
	expect_error(iq_type_constant(types, "TWO", &value), IQ_ERROR_NOT_FOUND, "there is no enum constant TWO");
	expect_error(iq_type_enumerator_at(negative, 2, &e), IQ_ERROR_NOT_FOUND,
		     "enum negative has 2 enumerators, not 3");
	iq_types_free(types);
}

static void structs_have_members_and_bit_fields(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_type task = find(types, IQ_TYPE_STRUCT, "task");
	struct iq_type_info info;
	expect_success(iq_type_info(task, &info));
	assert_int_equal(info.size, 120);
	assert_int_equal(info.count, 10);
	struct iq_type_member m;
	expect_success(iq_type_member_at(task, 2, &m));
	assert_string_equal(m.name, "on_rq");
	assert_int_equal(m.bit_offset, 33);
	assert_int_equal(m.bit_size, 3);
	assert_int_equal(m.type.id, k.u32);
	expect_success(iq_type_member_at(task, 4, &m));
	assert_null(m.name);
	expect_error(iq_type_member_at(task, 10, &m), IQ_ERROR_NOT_FOUND, "struct task has 10 members, not 11");
	iq_types_free(types);
}

/* pahole before 1.13 told bit-fields by INT types of fewer bits than their bytes, with an offset of their own. */
static void old_bit_fields_are_told_by_their_type(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	uint32_t three = b_type(&b, B_INT, "unsigned int", false, 0, 4);
	b_u32(&b, 2 << 16 | 3);
	uint32_t alias = b_type(&b, B_TYPEDEF, "u3", false, 0, three);
	b_type(&b, B_STRUCT, "old", false, 2, 8);
	b_member(&b, "a", alias, 32);
	b_member(&b, "b", b.last_id, 64);
	b_close(&b);
	struct iq_types *types = one(&b);
	struct iq_type_member m;
	expect_success(iq_types_member(types, "old", "a", &m));
	assert_int_equal(m.bit_size, 3);
	assert_int_equal(m.bit_offset, 34);
	expect_success(iq_types_member(types, "old", "b", &m));
	assert_int_equal(m.bit_size, 0);
	iq_types_free(types);
}

static void other_kinds_have_their_targets(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_type_info info;
	struct iq_type_member m;
	expect_success(iq_types_member(types, "task", "comm", &m));
	expect_success(iq_type_info(m.type, &info));
	assert_int_equal(info.kind, IQ_TYPE_ARRAY);
	assert_int_equal(info.count, 16);
	assert_int_equal(info.size, 16);
	assert_int_equal(info.target.id, k.chr);
	expect_success(iq_types_member(types, "task", "thread", &m));
	expect_success(iq_type_info(m.type, &info));
	assert_int_equal(info.kind, IQ_TYPE_CONST);
	assert_int_equal(info.size, 56);
	expect_success(iq_type_info(info.target, &info));
	assert_int_equal(info.kind, IQ_TYPE_VOLATILE);
	assert_int_equal(info.target.id, k.thread);
	expect_success(iq_types_member(types, "task", "other", &m));
	expect_success(iq_type_info(m.type, &info));
	assert_int_equal(info.kind, IQ_TYPE_POINTER);
	assert_int_equal(info.size, 8);
	expect_success(iq_type_info(info.target, &info));
	assert_int_equal(info.kind, IQ_TYPE_FORWARD);
	assert_false(info.is_union_forward);
	assert_string_equal(info.name, "only_declared");
	expect_success(iq_type_info(by_id(types, "task", 0), &info));
	assert_int_equal(info.kind, IQ_TYPE_VOID);
	iq_types_free(types);
}

static void functions_and_variables_have_types(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_type type, parameter;
	struct iq_type_info info;
	const char *name;
	expect_success(iq_type_of_function(types, NULL, "kill_task", &type));
	expect_success(iq_type_info(type, &info));
	assert_int_equal(info.kind, IQ_TYPE_FUNCTION);
	assert_int_equal(info.count, 1);
	assert_true(info.variadic);
	assert_int_equal(info.target.id, 0);
	expect_success(iq_type_parameter_at(type, 0, &name, &parameter));
	assert_int_equal(parameter.id, k.task_pointer);
	expect_error(iq_type_parameter_at(type, 1, &name, &parameter), IQ_ERROR_NOT_FOUND, "has 1 parameters");
	expect_success(iq_type_of_variable(types, NULL, "current_task", &type));
	assert_int_equal(type.id, k.task_pointer);
	expect_error(iq_type_of_variable(types, NULL, "kill_task", &type), IQ_ERROR_NOT_FOUND,
		     "vmlinux do not know a variable");
	expect_error(iq_type_of_function(types, "ext4", "f", &type), IQ_ERROR_NOT_FOUND,
		     "types of ext4 do not know a function f");
	iq_types_free(types);
}

static void tags_are_types_but_sections_are_not(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	uint32_t chr = b_int(&b, "char", 1, 0);
	uint32_t user = b_type(&b, B_TYPE_TAG, "user", false, 0, chr);
	uint32_t pointer = b_type(&b, B_PTR, NULL, false, 0, user);
	uint32_t attribute = b_type(&b, B_TYPE_TAG, "noderef", true, 0, chr);
	uint32_t tagged = b_type(&b, B_DECL_TAG, "kfunc", false, 0, chr);
	b_u32(&b, 0xffffffff);
	uint32_t section = b_type(&b, B_DATASEC, ".data", false, 1, 8);
	b_u32(&b, tagged);
	b_u32(&b, 0);
	b_u32(&b, 8);
	b_type(&b, B_STRUCT, "last", false, 1, 8);
	b_member(&b, "p", pointer, 0);
	b_close(&b);
	struct iq_types *types = one(&b);
	struct iq_type_info info;
	expect_success(iq_type_info(by_id(types, "last", user), &info));
	assert_int_equal(info.kind, IQ_TYPE_TAG);
	assert_string_equal(info.name, "user");
	assert_int_equal(info.size, 1);
	assert_false(info.is_attribute);
	expect_success(iq_type_info(by_id(types, "last", attribute), &info));
	assert_true(info.is_attribute);
	expect_error(iq_type_info(by_id(types, "last", tagged), &info), IQ_ERROR_FORMAT,
		     "5 is not the number of a type");
	expect_error(iq_type_info(by_id(types, "last", section), &info), IQ_ERROR_FORMAT,
		     "6 is not the number of a type");
	iq_types_free(types);
}

static void build_module(struct builder *m, const struct builder *base, const struct small_kernel *k)
{
	b_init(m, base);
	b_type(m, B_STRUCT, "only_declared", false, 2, 16);
	b_member(m, "owner", k->task_pointer, 0);
	b_member(m, "count", k->lng, 64);
	b_type(m, B_STRUCT, "task", false, 0, 1); /* a name that vmlinux has too */
	b_type(m, B_TYPEDEF, "odd_t", false, 0, m->first_id);
	b_close(m);
}

static void a_module_goes_on_from_vmlinux(void **state)
{
	struct builder b, m;
	struct small_kernel k;
	b_init(&b, NULL);
	build_small_types(&b, &k);
	build_module(&m, &b, &k);
	struct iq_types *types = iq_types_new(NULL);
	add_built(types, NULL, &b);
	struct loaded *module = add_built(types, "odd", &m);
	struct iq_type_member member;
	struct iq_type_info info;
	expect_success(iq_types_member(types, "task", "comm", &member)); /* vmlinux' struct task */
	assert_int_equal(module->calls, 0);
	expect_success(iq_types_member(types, "only_declared", "count", &member));
	assert_int_equal(module->calls, 1);
	assert_int_equal(member.bit_offset, 64);
	struct iq_type lng = find(types, IQ_TYPE_INT, "unsigned long");
	assert_ptr_equal(member.type.source, lng.source);
	assert_int_equal(member.type.id, lng.id);
	expect_success(iq_type_info(find(types, IQ_TYPE_TYPEDEF, "odd_t"), &info));
	assert_int_equal(info.size, 16);
	/* vmlinux only declares it: what points to it finds the module's definition. */
	expect_success(iq_types_member(types, "task", "other", &member));
	expect_success(iq_type_info(member.type, &info));
	expect_success(iq_type_member(info.target, "owner", &member));
	assert_int_equal(member.type.id, k.task_pointer);
	/* Probes ask vmlinux alone. */
	assert_false(iq_types_has_member(types, "only_declared", "count"));
	assert_true(iq_types_has_member(types, "task", "comm"));
	iq_types_free(types);
}

static void record_sizes_of_new_kinds_come_from_the_layout(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	b.header_size = 32;
	b.layout_size = 31 * 4;
	b.layout[30 * 4] = 4; /* kind 30: 4 bytes, and 8 for each of vlen */
	b.layout[30 * 4 + 1] = 8;
	uint32_t lng = b_int(&b, "long", 8, B_SIGNED);
	b_type(&b, 30, "strange", false, 2, 0);
	for (int i = 0; i < 5; i++)
		b_u32(&b, 0xffffffff);
	b_type(&b, B_STRUCT, "behind", false, 1, 8);
	b_member(&b, "a", lng, 0);
	b_close(&b);
	struct iq_types *types = one(&b);
	uint64_t size;
	expect_success(iq_types_size(types, "behind", &size));
	assert_int_equal(size, 8);
	struct iq_type_info info;
	expect_error(iq_type_info(by_id(types, "behind", 2), &info), IQ_ERROR_FORMAT, "2 is not the number of a type");
	iq_types_free(types);
}

/* A vmlinux of many pages, of which a backtrace's questions touch few. */
static void pieces_are_read_when_they_are_asked_for(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	uint32_t lng = b_int(&b, "long", 8, B_SIGNED);
	b_type(&b, B_STRUCT, "early", false, 1, 8);
	b_member(&b, "first", lng, 0);
	for (int i = 0; i < 800; i++)
		b_type(&b, B_PTR, NULL, false, 0, lng);
	b_type(&b, B_STRUCT, "late", false, 1, 8);
	b_member(&b, "second", lng, 0);
	b_close(&b);
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	loaded->bytes = b_bytes(&b, &loaded->size);
	for (unsigned phase = 0; phase < 4096; phase += 1365) {
		struct iq_types *types = iq_types_new(NULL);
		loaded->calls = 0;
		expect_success(iq_types_add_btf_paged(types, NULL, loaded->size, phase, loaded_read, loaded, NULL));
		assert_int_equal(loaded->calls, 0);
		assert_true(iq_types_available(types));
		assert_in_range(loaded->calls, 1, 2); /* the header, which may straddle two */
		assert_true(iq_types_has_member(types, "early", "first"));
		assert_in_range(loaded->calls, 2, 4);
		assert_true(iq_types_has_member(types, "late", "second"));
		assert_int_equal(loaded->calls, (loaded->size + phase + 4095) / 4096);
		iq_types_free(types);
	}
	loaded_free(loaded);
}

static struct iq_error *read_without_second_page(void *context, uint64_t offset, void *buffer, size_t length)
{
	if (offset / 4096 == 1)
		return iq_error_memory(0xffffffff81001000, IQ_PAGE_FILTERED, "page is not in the dump");
	return loaded_read(context, offset, buffer, length);
}

static void a_missing_page_costs_only_what_is_on_it(void **state)
{
	struct builder b;
	struct reports reports;
	reports_init(&reports);
	b_init(&b, NULL);
	uint32_t lng = b_int(&b, "long", 8, B_SIGNED);
	b_type(&b, B_STRUCT, "early", false, 1, 8);
	b_member(&b, "first", lng, 0);
	for (int i = 0; i < 600; i++)
		b_type(&b, B_PTR, NULL, false, 0, lng);
	b_close(&b);
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	loaded->bytes = b_bytes(&b, &loaded->size);
	assert_true(loaded->size > 4096);
	struct iq_types *types = iq_types_new(&reports.diag);
	expect_success(
		iq_types_add_btf_paged(types, NULL, loaded->size, 0, read_without_second_page, loaded, loaded_free));
	/* Names and the types from the second page on can't be had, and that is said once each. */
	struct iq_type type;
	expect_error(iq_type_find(types, IQ_TYPE_STRUCT, "early", &type), IQ_ERROR_NOT_FOUND,
		     "there is no type struct early");
	assert_int_equal(reports.count, 2);
	assert_non_null(strstr(reports.last, "page is not in the dump"));
	iq_types_free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ints_have_size_sign_and_encoding),
		cmocka_unit_test(enums_are_signed_by_their_flag),
		cmocka_unit_test(structs_have_members_and_bit_fields),
		cmocka_unit_test(old_bit_fields_are_told_by_their_type),
		cmocka_unit_test(other_kinds_have_their_targets),
		cmocka_unit_test(functions_and_variables_have_types),
		cmocka_unit_test(tags_are_types_but_sections_are_not),
		cmocka_unit_test(a_module_goes_on_from_vmlinux),
		cmocka_unit_test(record_sizes_of_new_kinds_come_from_the_layout),
		cmocka_unit_test(pieces_are_read_when_they_are_asked_for),
		cmocka_unit_test(a_missing_page_costs_only_what_is_on_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
