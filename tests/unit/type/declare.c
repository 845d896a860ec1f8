// SPDX-License-Identifier: GPL-2.0-or-later
/* C declarations, as a C programmer would write them. */
#include "type_setup.h"

static void members_are_declared(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	static const struct {
		const char *path, *name, *text;
	} expected[] = {
		{ "state", "state", "enum state state" },
		{ "pid", "pid", "pid_t pid" },
		{ "comm", "comm", "char comm[16]" },
		{ "comm", "", "char [16]" },
		{ "tail", "tail", "char tail[]" },
		{ "tasks.next", "next", "struct list_head *next" },
		{ "tasks.next", "", "struct list_head *" },
		{ "thread", "thread", "const volatile struct thread thread" },
		{ "thread.regs", "regs", "unsigned long regs[2][3]" },
		{ "thread.regs[0]", "", "unsigned long [3]" },
		{ "fn", "fn", "void (*fn)(struct task *, ...)" },
		{ "fn", "", "void (*)(struct task *, ...)" },
		{ "other", "other", "struct only_declared *other" },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct iq_type_member m;
		expect_success(iq_types_member(types, "task", expected[i].path, &m));
		expect_declaration(m.type, expected[i].name, expected[i].text);
	}
	struct iq_type_member m;
	expect_success(iq_type_member_at(find(types, IQ_TYPE_STRUCT, "task"), 4, &m));
	expect_declaration(m.type, "either", "union {...} either");
	expect_declaration(iq_type_void(types), "", "void");
	expect_declaration((struct iq_type){ 0 }, "x", "<damaged type> x");
	struct iq_type function;
	expect_success(iq_type_of_function(types, NULL, "kill_task", &function));
	expect_declaration(function, "kill_task", "void kill_task(struct task *, ...)");
	iq_types_free(types);
}

/* Each member's declaration is written by hand from the C that the records stand for. */
static void hard_declarators(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	uint32_t chr = b_int(&b, "char", 1, 0);
	uint32_t nothing = b_type(&b, B_FUNC_PROTO, NULL, false, 0, chr);
	uint32_t to_nothing = b_type(&b, B_PTR, NULL, false, 0, nothing);
	uint32_t table = b_array(&b, to_nothing, 4);
	uint32_t three = b_array(&b, chr, 3);
	uint32_t to_three = b_type(&b, B_PTR, NULL, false, 0, three);
	uint32_t returns = b_type(&b, B_FUNC_PROTO, NULL, false, 1, to_nothing);
	b_pair(&b, "n", chr);
	uint32_t to_returns = b_type(&b, B_PTR, NULL, false, 0, returns);
	uint32_t constant = b_type(&b, B_CONST, NULL, false, 0, chr);
	uint32_t to_constant = b_type(&b, B_PTR, NULL, false, 0, constant);
	uint32_t constant_pointer = b_type(&b, B_CONST, NULL, false, 0, to_constant);
	uint32_t to_pointer = b_type(&b, B_PTR, NULL, false, 0, constant_pointer);
	uint32_t constant_array = b_type(&b, B_CONST, NULL, false, 0, three);
	uint32_t user = b_type(&b, B_TYPE_TAG, "user", false, 0, constant);
	uint32_t to_user = b_type(&b, B_PTR, NULL, false, 0, user);
	uint32_t rcu = b_type(&b, B_TYPE_TAG, "rcu", false, 0, to_user);
	uint32_t to_rcu = b_type(&b, B_PTR, NULL, false, 0, rcu);
	uint32_t restricted = b_type(&b, B_RESTRICT, NULL, false, 0, to_constant);
	uint32_t odd = b_type(&b, B_TYPE_TAG, "noderef", true, 0, chr);
	const struct {
		uint32_t type;
		const char *text;
	} expected[] = {
		{ table, "char (*x[4])(void)" },
		{ to_three, "char (*x)[3]" },
		{ to_returns, "char (*(*x)(char))(void)" },
		{ to_constant, "const char *x" },
		{ constant_pointer, "const char *const x" },
		{ to_pointer, "const char *const *x" },
		{ constant_array, "const char x[3]" },
		{ to_user, "const char __user *x" },
		{ to_rcu, "const char __user * __rcu *x" },
		{ restricted, "const char *restrict x" },
		{ odd, "char __attribute__((noderef)) x" },
	};
	b_type(&b, B_STRUCT, "all", false, 0, 0);
	b_close(&b);
	struct iq_types *types = iq_types_new(NULL);
	add_built(types, NULL, &b);
	struct iq_type type = find(types, IQ_TYPE_STRUCT, "all");
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		type.id = expected[i].type;
		expect_declaration(type, "x", expected[i].text);
	}
	type.id = constant_pointer;
	expect_declaration(type, "", "const char *const");
	iq_types_free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_declared),
		cmocka_unit_test(hard_declarators),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
