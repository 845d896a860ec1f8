// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Integer arithmetic. The compiler is the oracle: each expression stands here once, is evaluated by inquest as text and
 * by the compiler as code, and value, size and signedness must agree.
 */
#include "../cmocka_setup.h"

#include "expr/expr.h"

#include <stdio.h>
#include <stdlib.h>

#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wbool-operation"
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wshift-negative-value"
#pragma GCC diagnostic ignored "-Wshift-count-overflow"
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Woverflow"
#pragma GCC diagnostic ignored "-Wlogical-not-parentheses"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wconstant-conversion"
#pragma GCC diagnostic ignored "-Wconstant-logical-operand"
#else
#pragma GCC diagnostic ignored "-Wbool-compare"
#pragma GCC diagnostic ignored "-Wshift-overflow"
#endif

struct fixture {
	struct iq_types *types;
	struct iq_expr_context context;
	unsigned count;
};

static void check(struct fixture *f, const char *text, uint64_t expected, size_t size, bool is_signed)
{
	struct iq_value value = { 0 };
	struct iq_type_info info;
	struct iq_type type;
	uint64_t number = 0;
	f->count++;
	struct iq_error *error = iq_expr_evaluate(&f->context, text, &value);
	if (!error)
		error = iq_value_integer(NULL, &value, &number);
	if (!error)
		error = iq_type_info(value.type, &info);
	if (error)
		fail_msg("%s: %s", text, error->message);
	if (number != expected || info.size != size || info.is_signed != is_signed)
		fail_msg("%s: got %llx (%u bytes, %s), the compiler has %llx (%zu bytes, %s)", text,
			 (unsigned long long)number, (unsigned)info.size, info.is_signed ? "signed" : "unsigned",
			 (unsigned long long)expected, size, is_signed ? "signed" : "unsigned");
	/* The type alone must come out the same without anything being evaluated. */
	error = iq_expr_type(&f->context, text, &type);
	if (error)
		fail_msg("type of %s: %s", text, error->message);
	assert_true(type.source == value.type.source && type.id == value.type.id);
	iq_value_deinit(&value);
}

#define SIGNED(e) ((__typeof__(e))-1 < (__typeof__(e))1)
#define C(e) check(f, #e, (uint64_t)(e), sizeof(e), SIGNED(e));

/* Every operator with every pair of these: no product of the signed ones overflows an int. */
#define OPERANDS(M, op)                                                                                                \
	M(op, (_Bool)1)                                                                                                \
	M(op, (signed char)-5)                                                                                         \
	M(op, (unsigned char)250)                                                                                      \
	M(op, (short)-30000)                                                                                           \
	M(op, (unsigned short)65000)                                                                                   \
	M(op, 7)                                                                                                       \
	M(op, -3)                                                                                                      \
	M(op, 4000000000U)                                                                                             \
	M(op, 0x80000001)                                                                                              \
	M(op, -9L)                                                                                                     \
	M(op, 0xfffffffffffffff0UL)                                                                                    \
	M(op, -11LL)                                                                                                   \
	M(op, 13ULL)
#define OPERANDS2(M, op, left)                                                                                         \
	M(left op(_Bool) 1)                                                                                            \
	M(left op(signed char) - 5)                                                                                    \
	M(left op(unsigned char) 250)                                                                                  \
	M(left op(short) 300)                                                                                          \
	M(left op(unsigned short) 65000)                                                                               \
	M(left op 7)                                                                                                   \
	M(left op - 3)                                                                                                 \
	M(left op 4000000000U)                                                                                         \
	M(left op 0x80000001)                                                                                          \
	M(left op - 9L)                                                                                                \
	M(left op 0xfffffffffffffff0UL)                                                                                \
	M(left op - 11LL)                                                                                              \
	M(left op 13ULL)
#define ROW(op, left) OPERANDS2(C, op, left)
#define TABLE(op) OPERANDS(ROW, op)
#define SHIFTS(op, left) C(left op 0) C(left op 1) C(left op 5U) C(left op 31L) C(left op(char) 3)

static void binary_operators(void **state)
{
	struct fixture *f = *state;
	TABLE(+)
	TABLE(-)
	TABLE(*)
	TABLE(/)
	TABLE(%)
	TABLE(&)
	TABLE(|)
	TABLE(^)
}

static void comparisons_and_logic(void **state)
{
	struct fixture *f = *state;
	TABLE(<)
	TABLE(>)
	TABLE(<=)
	TABLE(>=)
	TABLE(==)
	TABLE(!=)
	TABLE(&&)
	TABLE(||)
}

/* 1 << 31 is no C of the standard's, but what every compiler does, and the kernel relies on it. */
__attribute__((no_sanitize("undefined"))) static void shifts(void **state)
{
	struct fixture *f = *state;
	OPERANDS(SHIFTS, >>)
	OPERANDS(SHIFTS, <<)
	C(1L << 40)
	C(1UL << 63)
	C(-1L >> 63)
	C(0xffffffffffffffffULL >> 63)
}

static void literals(void **state)
{
	struct fixture *f = *state;
	C(0)
	C(00) C(0x0) C(017) C(0xFf) C(0b101) C(42u) C(42U) C(42l) C(42L) C(42ul) C(42LU) C(42lu) C(42ll) C(42ull)
		C(42LLU) C(2147483647) C(2147483648) C(4294967295) C(4294967296) C(0x7fffffff) C(0x80000000)
			C(0xffffffff) C(0x100000000) C(037777777777) C(0x7fffffffffffffff) C(0x8000000000000000)
				C(0xffffffffffffffff) C(9223372036854775807) C(2147483648u) C(4294967296u)
					C(0xffffffffl) C(0xffffffffffffffffl) C(01777777777777777777777) C('a' + 0)
						C('\n' + 0) C('\0' + 0) C('\377' + 0) C('\x7f' + 0) C('\'' + 0)
							C('"' + 0) C('\\' + 0) C('\101' + 0) C("abc"[1] + 0)
								C(sizeof("abc")) C(sizeof("ab"
											  "cd\0")) C(sizeof "x")
									C("a\tb"[1] + 0)
}

static void unary_and_casts(void **state)
{
	struct fixture *f = *state;
	C(-5)
	C(- -5) C(~0) C(~0u) C(~0UL) C(!5) C(!0) C(!!7L) C(+(char)7) C(-(unsigned char)1) C(~(unsigned short)1)
		C(-0x80000000) C(-2147483648) C(-1u) C((char)300 + 0) C((unsigned char)-1) C((short)0x18000)
			C((int)0xffffffff) C((unsigned)-1) C((long)-1) C((unsigned long)-1) C((unsigned long)(int)-1)
				C((unsigned long)(unsigned)-1) C((_Bool)256) C((_Bool)0) C((long long)(signed char)0x80)
					C((int)(long)0x1fffffffful) C((unsigned int)~0UL) C((char)'\377' + 0)
						C((unsigned long)(char)-1) C((signed char)(unsigned char)200)
							C((unsigned short)(int)-2)
}

static void precedence(void **state)
{
	struct fixture *f = *state;
	C(2 + 3 * 4)
	C((2 + 3) * 4) C(20 - 5 - 3) C(100 / 10 / 5) C(100 / 10 * 5) C(7 % 4 * 2) C(1 + 2 << 3) C(1 << 2 + 3) C(
		256 >> 2 >> 1) C(1 | 2 ^ 3 & 4) C((1 | 2) ^ 3) C(5 & 3 == 3) C(1 < 2 == 1) C(3 > 2 > 1) C(1 || 0 && 0)
		C(0 && 1 || 1) C(!0 + 1) C(-2 * -3) C(~1 & 0xff) C(-~5) C(1 ? 2 : 3) C(0 ? 2 : 3) C(1 ? 0 ? 4 : 5 : 6)
			C(0   ? 1
			  : 0 ? 2
			      : 3) C(1 ? 2 : 3UL) C(0 ? 2 : -3) C(1 ? -1 : 0u) C((1, 2, 3)) C(1 ? (2, 3) : 4) C(2 ?: 5)
				C(0 ?: 5L) C(1 == 1 ? 10 : 20) C(sizeof(int) * 2) C(sizeof(char) + sizeof(long))
					C(sizeof 1L) C(sizeof(1 + 1LL)) C(sizeof(int *)) C(sizeof(char[10]))
						C(sizeof(int[3][4])) C(sizeof((char)1 + (char)1)) C(sizeof - 1)
							C(sizeof(long) == sizeof(void *)) C(_Alignof(int))
								C(_Alignof(long)) C(_Alignof(char))
									C(sizeof(__typeof__(1L))) C((__typeof__(1L))7)
										C(sizeof(1 ? 1 : 1L)) C(3 - 1) C(3 - +1)
}

/* What C doesn't evaluate is not evaluated, but typed. */
static void short_circuit(void **state)
{
	struct fixture *f = *state;
	C(0 && 1 / 1) C(1 || 1 / 1) check(f, "0 && 1 / 0", 0, 4, true);
	check(f, "1 || 1 / 0", 1, 4, true);
	check(f, "1 ? 2 : 1 / 0", 2, 4, true);
	check(f, "0 ? 1 / 0 : 3L", 3, 8, true);
	check(f, "0 && *(int *)0", 0, 4, true);
	check(f, "0 && 0 || (1 || 1 / 0)", 1, 4, true);
	check(f, "sizeof(1 / 0)", 4, 8, false);
	check(f, "sizeof(*(long *)0)", 8, 8, false);
	check(f, "(typeof(1 / 0))5", 5, 4, true);
}

static void wrapping(void **state)
{
	struct fixture *f = *state;
	check(f, "0x7fffffff + 1", (uint64_t)INT32_MIN, 4, true);
	check(f, "0x7fffffffffffffff + 1", (uint64_t)INT64_MIN, 8, true);
	check(f, "(-0x7fffffff - 1) / -1", (uint64_t)INT32_MIN, 4, true);
	check(f, "(-0x7fffffffffffffff - 1) / -1", (uint64_t)INT64_MIN, 8, true);
	check(f, "(-0x7fffffffffffffff - 1) % -1", 0, 8, true);
	check(f, "0u - 1", 0xffffffff, 4, false);
	check(f, "70000 * 70000", (uint64_t)(int32_t)4900000000u, 4, true);
}

static void pointers_compare_and_convert(void **state)
{
	struct fixture *f = *state;
	check(f, "(char *)0x1010 - (char *)0x1000", 16, 8, true);
	check(f, "(long *)0x1010 - (long *)0x1000", 2, 8, true);
	check(f, "(long *)0x1000 - (long *)0x1010", (uint64_t)-2, 8, true);
	check(f, "(void *)0x1010 - (void *)0x1000", 16, 8, true);
	check(f, "(unsigned long)((int *)0x1000 + 3)", 0x100c, 8, false);
	check(f, "(unsigned long)(3 + (int *)0x1000)", 0x100c, 8, false);
	check(f, "(unsigned long)((int *)0x1000 - 1)", 0xffc, 8, false);
	check(f, "(unsigned long)((int *)0x1000 + -1)", 0xffc, 8, false);
	check(f, "(unsigned long)((void *)0x1000 + 1)", 0x1001, 8, false);
	check(f, "(unsigned long)&((int *)0x1000)[5]", 0x1014, 8, false);
	check(f, "(unsigned long)&5[(int *)0x1000]", 0x1014, 8, false);
	check(f, "(unsigned long)&((int (*)[4])0x1000)[2][1]", 0x1024, 8, false);
	check(f, "(char *)1 < (char *)-1", 1, 4, true);
	check(f, "(char *)0 == 0", 1, 4, true);
	check(f, "!(char *)0", 1, 4, true);
	check(f, "(char *)1 && 1", 1, 4, true);
	check(f, "(int)(char *)0x123456789", 0x23456789, 4, true);
	check(f, "(unsigned long)(1 ? (char *)5 : 0)", 5, 8, false);
	check(f, "sizeof((char *)0 + 1)", 8, 8, false);
	check(f, "sizeof(*(int (*)[4])0)", 16, 8, false);
}

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->types = iq_types_new(NULL);
	f->context.types = f->types;
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;
	printf("%u expressions\n", f->count);
	iq_types_free(f->types);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binary_operators),
		cmocka_unit_test(comparisons_and_logic),
		cmocka_unit_test(shifts),
		cmocka_unit_test(literals),
		cmocka_unit_test(unary_and_casts),
		cmocka_unit_test(precedence),
		cmocka_unit_test(short_circuit),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(pointers_compare_and_convert),
	};
	return cmocka_run_group_tests(tests, make, drop);
}
