// SPDX-License-Identifier: GPL-2.0-or-later
/* Types as people type them. Parsing and declaring again shows what was understood. */
#include "type_setup.h"

static void types_are_understood(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	static const struct {
		const char *text, *understood;
	} expected[] = {
		{ "int", "int" },
		{ "unsigned", "unsigned int" },
		{ "long unsigned int", "unsigned long" },
		{ "unsigned long", "unsigned long" },
		{ "int long signed long", "long long" },
		{ "short unsigned int", "unsigned short" },
		{ "unsigned char", "unsigned char" },
		{ "signed char", "signed char" },
		{ "char", "char" },
		{ "_Bool", "_Bool" },
		{ "bool", "_Bool" },
		{ "unsigned __int128", "unsigned __int128" },
		{ "long double", "long double" },
		{ "void *", "void *" },
		{ "struct task", "struct task" },
		{ " struct  list_head**", "struct list_head **" },
		{ "struct only_declared *", "struct only_declared *" },
		{ "enum state", "enum state" },
		{ "pid_t", "pid_t" },
		{ "pid_t const", "const pid_t" },
		{ "char[16]", "char [16]" },
		{ "char [ 0x10 ] ", "char [16]" },
		{ "struct task *[4]", "struct task *[4]" },
		{ "int [2][3]", "int [2][3]" },
		{ "int (*)[4]", "int (*)[4]" },
		{ "int *(*)[4]", "int *(*)[4]" },
		{ "void (*)(void)", "void (*)(void)" },
		{ "void (*)(struct task *, ...)", "void (*)(struct task *, ...)" },
		{ "int (*(*)(int))[3]", "int (*(*)(int))[3]" },
		{ "const char *const", "const char *const" },
		{ "char const volatile * restrict *", "const volatile char *restrict *" },
		{ "const char __user *", "const char *" },
		{ "char []", "char []" },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_type type;
		struct iq_error *error = iq_type_parse(types, expected[i].text, &type);
		if (error)
			fail_msg("%s: %s", expected[i].text, error->message);
		expect_declaration(type, "", expected[i].understood);
	}
	iq_types_free(types);
}

static void wrong_types_are_refused(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	static const struct {
		const char *text;
		enum iq_error_code code;
		const char *why;
	} expected[] = {
		{ "", IQ_ERROR_ARGUMENT, "a type is missing at column 1" },
		{ "*", IQ_ERROR_ARGUMENT, "a type is missing" },
		{ "struct", IQ_ERROR_ARGUMENT, "a name is missing" },
		{ "struct nope", IQ_ERROR_NOT_FOUND, "there is no type struct nope" },
		{ "union only_declared", IQ_ERROR_NOT_FOUND, "there is no type union only_declared" },
		{ "enum only_declared", IQ_ERROR_NOT_FOUND, "there is no type enum only_declared" },
		{ "nope_t", IQ_ERROR_NOT_FOUND, "there is no type nope_t" },
		{ "task", IQ_ERROR_NOT_FOUND, "there is no type task; there is a struct task" },
		{ "long long long", IQ_ERROR_ARGUMENT, "these words do not make a type" },
		{ "signed unsigned", IQ_ERROR_ARGUMENT, "these words do not make a type" },
		{ "short long", IQ_ERROR_ARGUMENT, "these words do not make a type" },
		{ "unsigned double", IQ_ERROR_ARGUMENT, "these words do not make a type" },
		{ "void int", IQ_ERROR_ARGUMENT, "these words do not make a type" },
		{ "pid_t int", IQ_ERROR_ARGUMENT, "too many words" },
		{ "int x", IQ_ERROR_ARGUMENT, "unexpected text at column 5" },
		{ "char [16", IQ_ERROR_ARGUMENT, "a ] is missing" },
		{ "char [99999999999999999999]", IQ_ERROR_ARGUMENT, "not the size of an array" },
		{ "long [0x7fffffff][0x7fffffff][16]", IQ_ERROR_FORMAT, "larger than all memory" },
		{ "struct only_declared [4]", IQ_ERROR_ARGUMENT, "is only declared" },
		{ "int (*", IQ_ERROR_ARGUMENT, "a ) is missing" },
		{ "int (*)(int", IQ_ERROR_ARGUMENT, "a ) is missing" },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_type type;
		expect_error(iq_type_parse(types, expected[i].text, &type), expected[i].code, expected[i].why);
	}
	iq_types_free(types);
}

static void a_prefix_ends_where_the_type_ends(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	static const struct {
		const char *text;
		size_t length;
	} expected[] = {
		{ "int)x", 3 },      { "struct task *)p", 13 }, { "pid_t *  ) 3", 7 },
		{ "char [4] x", 8 }, { "int (*)[4] )", 10 },    { "pid_t(5)", 5 },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_type type;
		size_t length;
		expect_success(iq_type_parse_prefix(types, expected[i].text, &length, &type));
		assert_int_equal(length, expected[i].length);
	}
	iq_types_free(types);
}

static void integers_need_no_source(void **state)
{
	struct iq_types *types = iq_types_new(NULL);
	struct iq_type type, again;
	uint64_t size;
	expect_success(iq_type_parse(types, "unsigned long *[3]", &type));
	expect_success(iq_type_size(type, &size));
	assert_int_equal(size, 24);
	expect_success(iq_type_parse(types, "long unsigned int * [3]", &again));
	assert_ptr_equal(type.source, again.source);
	assert_int_equal(type.id, again.id);
	assert_ptr_equal(iq_type_registry(type), types);
	for (unsigned bytes = 1; bytes <= 16; bytes *= 2) {
		struct iq_type_info info;
		expect_success(iq_type_int(types, bytes, bytes & 5, &type));
		expect_success(iq_type_info(type, &info));
		assert_int_equal(info.size, bytes);
		assert_int_equal(info.is_signed, (bytes & 5) != 0);
	}
	expect_error(iq_type_int(types, 3, true, &type), IQ_ERROR_ARGUMENT, "no integer of 3 bytes");
	iq_types_free(types);
}

/* A megabyte of one character each: an error, at once. */
static void long_texts_end(void **state)
{
	enum { LENGTH = 1 << 20 };
	struct iq_types *types = iq_types_new(NULL);
	char *text = malloc(LENGTH + 8);
	for (const char *c = "*([a "; *c; c++) {
		struct iq_type type;
		memcpy(text, "int ", 4);
		memset(text + 4, *c, LENGTH);
		text[LENGTH + 4] = '\0';
		struct iq_error *error = iq_type_parse(types, text, &type);
		assert_true((error == NULL) == (*c == ' '));
		assert_true(!error || strlen(error->message) < 1000);
		iq_error_free(error);
	}
	for (int i = 0; i + 3 < LENGTH; i += 2)
		memcpy(text + 4 + i, "(*", 3);
	struct iq_type type;
	expect_error(iq_type_parse(types, text, &type), IQ_ERROR_ARGUMENT, "missing");
	free(text);
	iq_types_free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_understood),
		cmocka_unit_test(wrong_types_are_refused),
		cmocka_unit_test(a_prefix_ends_where_the_type_ends),
		cmocka_unit_test(integers_need_no_source),
		cmocka_unit_test(long_texts_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
