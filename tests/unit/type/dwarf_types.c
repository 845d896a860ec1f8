// SPDX-License-Identifier: GPL-2.0-or-later
/* DWARF as a source of types: what a compiler wrote about the types that this file includes itself. */
#include "dwarf_setup.h"

#include "config.h"

#if IQ_HAVE_ELFUTILS

#include "samples/types.h"

static const char *const ways[] = { "-gdwarf-2 -gstrict-dwarf",
				    "-gdwarf-3 -gstrict-dwarf",
				    "-gdwarf-4",
				    "-gdwarf-4 -fdebug-types-section",
				    "-gdwarf-5",
				    "-gdwarf-5 -fdebug-types-section",
				    "-gdwarf-5 -gz=zlib" };

struct expected_member {
	const char *name, *text;
	uint64_t offset, size; /* bytes; bit-fields: 0 */
};

#define MEMBER(type, member, declaration)                                                                              \
	{                                                                                                              \
#member, declaration, offsetof(struct type, member), sizeof(((struct type *)0)->member)                \
	}

static const struct expected_member sample_members[] = {
	MEMBER(sample, name, "char name[16]"),
	MEMBER(sample, text, "const volatile int *text"),
	MEMBER(sample, flag, "_Bool flag"),
	MEMBER(sample, small, "signed char small"),
	MEMBER(sample, octet, "unsigned char octet"),
	MEMBER(sample, inner, "int inner"),
	MEMBER(sample, s, "short s"),
	MEMBER(sample, t, "char t"),
	MEMBER(sample, matrix, "int matrix[2][3][4]"),
	MEMBER(sample, points, "struct point points[3]"),
	MEMBER(sample, colour, "enum colour colour"),
	MEMBER(sample, tiny, "enum tiny tiny"),
	MEMBER(sample, opaque, "struct unknown *opaque"),
	MEMBER(sample, other, "union missing *other"),
	MEMBER(sample, callback, "int (*callback)(struct sample *, const char *, ...)"),
	MEMBER(sample, nothing, "void (*nothing)(void)"),
	MEMBER(sample, real, "double real"),
	MEMBER(sample, huge, "__int128 huge"),
	MEMBER(sample, both, "union both both"),
	MEMBER(sample, strings, "char *const *restrict strings[2]"),
	MEMBER(packed, c, "char c"),
	MEMBER(packed, l, "long l"),
};

/* The first and the number of bits that are set in an object. */
static void find_bits(const void *object, size_t size, uint64_t *first, uint32_t *count)
{
	const uint8_t *p = object;
	*count = 0;
	for (size_t i = 0; i < size * 8; i++) {
		if (!(p[i / 8] >> i % 8 & 1))
			continue;
		if (!(*count)++)
			*first = i;
	}
}

static struct iq_type_member member_of(struct sample_file *file, const char *type_name, const char *path)
{
	struct iq_type type;
	struct iq_type_member member;
	expect_success(iq_type_find(file->types, IQ_TYPE_STRUCT, type_name, &type));
	expect_success(iq_type_member(type, path, &member));
	return member;
}

static void check_bit_field(struct sample_file *file, const char *type, const char *name, const void *object,
			    size_t size)
{
	struct iq_type_member member = member_of(file, type, name);
	uint64_t first = 0;
	uint32_t count;
	find_bits(object, size, &first, &count);
	assert_int_equal(member.bit_offset, first);
	assert_int_equal(member.bit_size, count);
}

static void check_bit_fields(struct sample_file *file)
{
#define BITS(type, field, value)                                                                                       \
	do {                                                                                                           \
		struct type object;                                                                                    \
		memset(&object, 0, sizeof(object));                                                                    \
		object.field = value;                                                                                  \
		check_bit_field(file, #type, #field, &object, sizeof(object));                                         \
	} while (0)
	BITS(sample, a, 7);
	BITS(sample, b, 127);
	BITS(sample, wide, -1);
	BITS(sample, last, -1);
	BITS(sample, bit, 1);
	BITS(packed, f, -1);
	BITS(packed, g, -1);
#undef BITS
}

/* DWARF 2 has no restrict. */
static void without_restrict(char *text)
{
	static const char qualifier[] = "restrict ";
	char *at = strstr(text, qualifier);
	if (at)
		memmove(at, at + strlen(qualifier), strlen(at + strlen(qualifier)) + 1);
}

static void check_members(struct sample_file *file, bool has_restrict)
{
	for (size_t i = 0; i < sizeof(sample_members) / sizeof(sample_members[0]); i++) {
		const struct expected_member *expected = &sample_members[i];
		bool packed = i >= sizeof(sample_members) / sizeof(sample_members[0]) - 2;
		struct iq_type_member member = member_of(file, packed ? "packed" : "sample", expected->name);
		struct iq_strbuf text = { 0 };
		uint64_t size;
		iq_type_declare(member.type, member.name, &text);
		char wanted[128];
		snprintf(wanted, sizeof(wanted), "%s", expected->text);
		if (!has_restrict)
			without_restrict(wanted);
		assert_string_equal(iq_strbuf_text(&text), wanted);
		iq_strbuf_free(&text);
		expect_success(iq_type_size(member.type, &size));
		assert_int_equal(size, expected->size);
		assert_int_equal(member.bit_offset, expected->offset * 8);
		assert_int_equal(member.bit_size, 0);
	}
}

static void check_sizes(struct sample_file *file)
{
	uint64_t size;
	expect_success(iq_types_size(file->types, "sample", &size));
	assert_int_equal(size, sizeof(struct sample));
	expect_success(iq_types_size(file->types, "packed", &size));
	assert_int_equal(size, sizeof(struct packed));
	expect_success(iq_types_size(file->types, "both", &size));
	assert_int_equal(size, sizeof(union both));
	expect_success(iq_types_size(file->types, "word", &size));
	assert_int_equal(size, sizeof(word));
}

/* Flexible, empty, and the elements of arrays of arrays. */
static void check_arrays(struct sample_file *file)
{
	struct iq_type_info info;
	expect_success(iq_type_info(member_of(file, "sample", "words").type, &info));
	assert_int_equal(info.kind, IQ_TYPE_ARRAY);
	assert_int_equal(info.count, 0);
	assert_int_equal(member_of(file, "sample", "words").bit_offset, 8 * offsetof(struct sample, words));
	assert_int_equal(member_of(file, "sample", "words[9]").bit_offset, 8 * (offsetof(struct sample, words) + 72));
	expect_success(iq_type_info(member_of(file, "sample", "none").type, &info));
	assert_int_equal(info.count, 0);
	assert_int_equal(member_of(file, "sample", "matrix[1][2][3]").bit_offset,
			 8 * offsetof(struct sample, matrix[1][2][3]));
	assert_int_equal(member_of(file, "sample", "points[2].y").bit_offset, 8 * offsetof(struct sample, points[2].y));
}

static void check_enum(struct sample_file *file, const char *name, bool is_signed, size_t size, unsigned count)
{
	struct iq_type type;
	struct iq_type_info info;
	expect_success(iq_type_find(file->types, IQ_TYPE_ENUM, name, &type));
	expect_success(iq_type_info(type, &info));
	assert_int_equal(info.kind, IQ_TYPE_ENUM);
	assert_string_equal(info.name, name);
	assert_int_equal(info.is_signed, is_signed);
	assert_int_equal(info.size, size);
	assert_int_equal(info.count, count);
}

static void check_enums(struct sample_file *file)
{
	static const struct {
		const char *name;
		int64_t value;
	} constants[] = { { "RED", RED },   { "GREEN", GREEN }, { "BLUE", BLUE }, { "MINUS", MINUS },
			  { "PLUS", PLUS }, { "LARGE", LARGE }, { "TINY", TINY }, { "UNNAMED", 77 } };
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		int64_t value;
		expect_success(iq_type_constant(file->types, constants[i].name, &value));
		assert_int_equal(value, constants[i].value);
	}
	check_enum(file, "colour", false, sizeof(enum colour), 3);
	check_enum(file, "signs", true, sizeof(enum signs), 2);
	check_enum(file, "large", false, sizeof(enum large), 1);
	check_enum(file, "tiny", false, sizeof(enum tiny), 1);
}

static void check_kinds(struct sample_file *file)
{
	struct iq_type type;
	struct iq_type_info info;
	struct iq_strbuf text = { 0 };
	expect_success(iq_type_info(member_of(file, "sample", "flag").type, &info));
	assert_int_equal(info.encoding, IQ_INT_BOOL);
	expect_success(iq_type_info(member_of(file, "sample", "octet").type, &info));
	assert_int_equal(info.encoding, IQ_INT_CHAR);
	assert_false(info.is_signed);
	expect_success(iq_type_info(member_of(file, "sample", "small").type, &info));
	assert_true(info.is_signed);
	expect_success(iq_type_info(member_of(file, "sample", "real").type, &info));
	assert_int_equal(info.kind, IQ_TYPE_FLOAT);
	expect_success(iq_type_info(member_of(file, "sample", "opaque").type, &info));
	assert_int_equal(info.kind, IQ_TYPE_POINTER);
	assert_int_equal(info.size, 8);
	expect_success(iq_type_info(info.target, &info));
	assert_int_equal(info.kind, IQ_TYPE_FORWARD);
	assert_false(info.is_union_forward);
	expect_success(iq_type_info(member_of(file, "sample", "other").type, &info));
	expect_success(iq_type_info(info.target, &info));
	assert_true(info.is_union_forward);
	/* A declaration in one unit, the definition in the other. */
	expect_success(iq_type_find(file->types, IQ_TYPE_STRUCT, "only_here", &type));
	expect_error(iq_type_find(file->types, IQ_TYPE_STRUCT, "nowhere", &type), IQ_ERROR_NOT_FOUND,
		     "there is no type");
	iq_type_declare(member_of(file, "sample", "counter").type, "counter", &text);
	assert_true(!strcmp(iq_strbuf_text(&text), "int _Atomic counter") ||
		    !strcmp(iq_strbuf_text(&text), "int counter")); /* strict DWARF before 5 has no such qualifier */
	iq_strbuf_free(&text);
}

static void test_all_forms(void **state)
{
	unsigned built = 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct sample_file file;
		if (sample_build(&file, ways[i], NULL)) {
			built++;
			sample_open(&file, 0, NULL, 0);
			expect_success(iq_types_add_dwarf(file.types, file.dwarf));
			expect_success(iq_types_add_dwarf(file.types, file.dwarf)); /* again: nothing happens */
			check_sizes(&file);
			check_members(&file, !strstr(ways[i], "-gdwarf-2"));
			check_bit_fields(&file);
			check_arrays(&file);
			check_enums(&file);
			check_kinds(&file);
			assert_int_equal(file.reports.count, 0);
		}
		sample_remove(&file);
	}
	if (!built)
		skip();
}

/* dwz moves what two units share into partial units, here of an alternate file: what it is read from changes, the
 * answers don't. */
static void test_dwz(void **state)
{
	struct sample_file file;
	if (!run_command("command -v dwz >/dev/null") ||
	    !sample_build(&file, "-gdwarf-4", "cp %1$s %1$s-2 && dwz -m %1$s-alternate %1$s %1$s-2 2>/dev/null"))
		skip();
	sample_open(&file, 0, NULL, 0);
	expect_success(iq_types_add_dwarf(file.types, file.dwarf));
	assert_non_null(file.dwarf->alternate);
	check_sizes(&file);
	check_members(&file, true);
	check_bit_fields(&file);
	check_arrays(&file);
	check_enums(&file);
	check_kinds(&file);
	sample_remove(&file);
}

struct counted {
	unsigned structs, enums;
	bool sample;
};

static struct iq_error *count_type(void *context, struct iq_type type)
{
	struct counted *counted = context;
	struct iq_type_info info;
	IQ_TRY(iq_type_info(type, &info));
	assert_non_null(info.name);
	counted->structs += info.kind == IQ_TYPE_STRUCT;
	counted->enums += info.kind == IQ_TYPE_ENUM;
	counted->sample |= info.kind == IQ_TYPE_STRUCT && !strcmp(info.name, "sample");
	return NULL;
}

static void test_each(void **state)
{
	struct sample_file file;
	struct counted counted = { 0 };
	if (!sample_build(&file, "-gdwarf-5", NULL))
		skip();
	sample_open(&file, 0, NULL, 0);
	expect_success(iq_types_add_dwarf(file.types, file.dwarf));
	expect_success(iq_types_each(file.types, count_type, &counted));
	assert_int_equal(counted.structs, 4); /* point, sample, packed, only_here */
	assert_int_equal(counted.enums, 4);
	assert_true(counted.sample);
	sample_remove(&file);
}

static struct iq_error *refuse(void *context, uint8_t **bytes, size_t *size)
{
	return iq_error_new(IQ_ERROR_MEMORY, "no bytes");
}

static void add_btf(struct iq_types *types)
{
	struct builder b;
	b_init(&b, NULL);
	b_type(&b, B_STRUCT, "sample", false, 0, 4);
	b_close(&b);
	add_built(types, NULL, &b);
}

/* Whole BTF is not asked twice; damaged BTF leaves all to DWARF. */
static void test_beside_btf(void **state)
{
	struct sample_file file;
	struct iq_type type;
	uint64_t size;
	if (!sample_build(&file, "-gdwarf-5", NULL))
		skip();
	sample_open(&file, 0, NULL, 0);
	add_btf(file.types);
	expect_success(iq_types_add_dwarf(file.types, file.dwarf));
	expect_success(iq_types_size(file.types, "sample", &size));
	assert_int_equal(size, 4);
	expect_error(iq_type_find(file.types, IQ_TYPE_STRUCT, "packed", &type), IQ_ERROR_NOT_FOUND, "there is no type");
	assert_null(file.dwarf->index.data);
	sample_close(&file);

	sample_open(&file, 0, NULL, 0);
	expect_success(iq_types_add_btf(file.types, NULL, refuse, NULL, NULL));
	assert_false(iq_types_available(file.types));
	expect_success(iq_types_add_dwarf(file.types, file.dwarf));
	assert_true(iq_types_available(file.types));
	check_sizes(&file);
	assert_true(iq_types_has_member(file.types, "sample", "points[1].y"));
	assert_false(iq_types_has_member(file.types, "sample", "nothing_of_that_name"));
	expect_error(iq_type_find(file.types, IQ_TYPE_STRUCT, "nowhere", &type), IQ_ERROR_NOT_FOUND,
		     "there is no type");
	sample_remove(&file);
}

/* The file may be closed before its types, and after them. */
static void test_lifetimes(void **state)
{
	struct sample_file file;
	struct iq_type type;
	struct iq_type_info info;
	struct iq_dwarf *dwarf;
	if (!sample_build(&file, "-gdwarf-5", NULL))
		skip();
	sample_open(&file, 0, NULL, 0);
	expect_success(iq_types_add_dwarf(file.types, file.dwarf));
	expect_success(iq_type_find(file.types, IQ_TYPE_STRUCT, "sample", &type));
	iq_dwarf_closep(&file.dwarf);
	assert_true(iq_failed(iq_type_info(type, &info)));
	assert_true(iq_failed(iq_type_find(file.types, IQ_TYPE_STRUCT, "sample", &type)));
	sample_close(&file);

	sample_open(&file, 0, NULL, 0);
	expect_success(iq_types_add_dwarf(file.types, file.dwarf));
	expect_success(iq_type_find(file.types, IQ_TYPE_STRUCT, "sample", &type));
	dwarf = file.dwarf;
	iq_types_free(file.types);
	file.types = NULL;
	iq_dwarf_close(dwarf);
	file.dwarf = NULL;
	sample_remove(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_forms),  cmocka_unit_test(test_dwz),       cmocka_unit_test(test_each),
		cmocka_unit_test(test_beside_btf), cmocka_unit_test(test_lifetimes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77;
}

#endif
