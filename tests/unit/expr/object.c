// SPDX-License-Identifier: GPL-2.0-or-later
/* Expressions over objects in memory: members, pointers, arrays, bit-fields, functions, per-CPU data. The bytes are
 * those of expr_setup.h. */
#include "expr_setup.h"

/* The value of an expression as a number, and its type as C has it. */
static void expect(struct dead *d, const char *text, uint64_t number, const char *type)
{
	struct iq_value value = { 0 };
	struct iq_strbuf declared = { 0 };
	struct iq_type found;
	uint64_t got;
	struct iq_error *error = iq_expr_evaluate(&d->context, text, &value);
	if (!error)
		error = iq_value_integer(&d->target, &value, &got);
	if (!error)
		error = iq_expr_type(&d->context, text, &found);
	if (error)
		fail_msg("%s: %s", text, error->message);
	if (got != number)
		fail_msg("%s: got %#llx, expected %#llx", text, (unsigned long long)got, (unsigned long long)number);
	iq_type_declare(value.type, "", &declared);
	assert_string_equal(iq_strbuf_text(&declared), type);
	iq_strbuf_free(&declared);
	expect_declaration(found, "", type);
	iq_value_deinit(&value);
}

static void expect_place(struct dead *d, const char *text, uint64_t address, const char *type)
{
	struct iq_value value = { 0 };
	struct iq_error *error = iq_expr_evaluate(&d->context, text, &value);
	if (error)
		fail_msg("%s: %s", text, error->message);
	assert_int_equal(value.place, IQ_IN_MEMORY);
	assert_int_equal(value.address, address);
	expect_declaration(value.type, "", type);
	iq_value_deinit(&value);
}

static void members(void **state)
{
	struct dead d;
	dead_init(&d);
	expect(&d, "task.pid", 42, "pid_t");
	expect(&d, "task.low", 42, "u32");
	expect(&d, "task.high + 1", 8, "unsigned int");
	expect(&d, "task.comm[0]", 's', "char");
	expect(&d, "task.comm[8] == '0'", 1, "int");
	expect(&d, "task.thread.regs[1][0]", 4, "unsigned long");
	expect(&d, "task.thread.regs[1][2]", (uint64_t)-6, "unsigned long");
	expect(&d, "*task.thread.regs[1]", 4, "unsigned long");
	expect(&d, "**task.thread.regs", 1, "unsigned long");
	expect(&d, "*(*(task.thread.regs + 1) + 1)", 5, "unsigned long");
	expect(&d, "(&task)->pid", 42, "pid_t");
	expect(&d, "(&task).pid", 42, "pid_t");
	expect(&d, "task->pid", 42, "pid_t");
	expect(&d, "(*&task).pid", 42, "pid_t");
	expect(&d, "((struct task *)0xffff888000001000)->low", 42, "u32");
	expect(&d, "((struct task *)$rbx)->low", 42, "u32");
	expect(&d, "({struct task}0xffff888000001000).low", 42, "u32");
	expect(&d, "task.tail[3]", 'l', "char");
	expect(&d, "(task.comm + 1)[1]", 'a', "char");
	expect(&d, "sizeof task", 120, "unsigned long");
	expect(&d, "sizeof task.comm", 16, "unsigned long");
	expect(&d, "sizeof(task.thread.regs) / sizeof(task.thread.regs[0][0])", 6, "unsigned long");
	expect(&d, "sizeof(struct task)", 120, "unsigned long");
	expect(&d, "_Alignof(struct task)", 8, "unsigned long");
	expect(&d, "_Alignof(struct list_head)", 8, "unsigned long");
	expect(&d, "_Alignof(pid_t)", 4, "unsigned long");
	expect_place(&d, "task.tasks", TASK + 8, "struct list_head");
	expect_place(&d, "task.comm[0]@3", TASK + 32, "char [3]");
	expect_place(&d, "task.thread.regs[0]@1 + 0 == 0, task.comm", TASK + 32, "char [16]");
	dead_free(&d);
}

static void bit_fields_are_promoted(void **state)
{
	struct dead d;
	dead_init(&d);
	expect(&d, "task.on_cpu", 1, "u32");
	expect(&d, "task.on_rq", 5, "u32");
	expect(&d, "task.on_rq - 6", (uint64_t)-1, "int"); /* C11 6.3.1.1: int holds all its values */
	expect(&d, "-task.on_rq", (uint64_t)-5, "int");
	expect(&d, "~task.on_cpu", (uint64_t)-2, "int");
	expect(&d, "task.low - 43", 0xffffffff, "unsigned int");
	dead_free(&d);
}

static void pointers(void **state)
{
	struct dead d;
	dead_init(&d);
	expect(&d, "task.tasks.next", TASK + 0x108, "struct list_head *");
	expect(&d, "&task", TASK, "struct task *");
	expect(&d, "&task + 1", TASK + 120, "struct task *");
	expect(&d, "&task.tasks", TASK + 8, "struct list_head *");
	expect(&d, "&task.comm", TASK + 32, "char (*)[16]");
	expect(&d, "&task.comm[2] - task.comm", 2, "long");
	expect(&d, "&task.comm[2] > task.comm", 1, "int");
	expect(&d, "task.tasks.prev == &task.tasks", 1, "int");
	expect(&d, "(void *)&task + 8 == task.tasks.prev", 1, "int");
	expect(&d, "task.other", 0x9000, "struct only_declared *");
	expect(&d, "kill_task == task.fn", 1, "int");
	expect(&d, "&kill_task == kill_task", 1, "int");
	expect(&d, "*kill_task == kill_task", 1, "int");
	expect(&d, "(long)kill_task", FUNCTION, "long");
	expect(&d, "1 ? &task : 0", TASK, "struct task *");
	expect(&d, "*(unsigned int *)&untyped", 0xcafe1234, "unsigned int");
	expect(&d, "(unsigned int)untyped", 0xcafe1234, "unsigned int");
	expect(&d, "&untyped", UNTYPED, "void *");
	expect(&d, "\"abc\"[1]", 'b', "char");
	expect(&d, "*\"abc\"", 'a', "char");
	expect_place(&d, "kill_task", FUNCTION, "void (struct task *, ...)");
	dead_free(&d);
}

static void places_in_structures(void **state)
{
	struct dead d;
	dead_init(&d);
	expect(&d, "offsetof(struct task, pid)", 24, "unsigned long");
	expect(&d, "offsetof(struct task, thread.regs[1][2])", 96, "unsigned long");
	expect(&d, "offsetof(struct task, thread.regs[task.on_cpu])", 80, "unsigned long");
	expect(&d, "container_of(task.tasks.prev, struct task, tasks)", TASK, "struct task *");
	expect(&d, "container_of(task.tasks.prev, struct task, tasks)->pid", 42, "pid_t");
	expect(&d, "(typeof(&task))$rbx == &task", 1, "int");
	expect(&d, "((typeof(task) *)$rbx)->pid", 42, "pid_t");
	expect(&d, "sizeof(typeof(task.comm))", 16, "unsigned long");
	dead_free(&d);
}

static void names_and_dollars(void **state)
{
	struct dead d;
	dead_init(&d);
	expect(&d, "DEAD", 0x80000000, "enum state"); /* alone it keeps its name */
	expect(&d, "DEAD + 0", 0x80000000, "unsigned int");
	expect(&d, "RUNNING + 0", 0, "int");
	expect(&d, "task.state == DEAD", 1, "int");
	expect(&d, "(enum state)0x80000000 == task.state", 1, "int");
	expect(&d, "$", 0, "int");
	expect(&d, "$7", 7, "int");
	expect(&d, "$$", (uint64_t)-1, "int");
	expect(&d, "$$3 + $2", (uint64_t)-1, "int");
	expect(&d, "$rbx & 0xfff", 0, "unsigned long");
	dead_free(&d);
}

static void per_cpu_data(void **state)
{
	struct dead d;
	dead_init(&d);
	expect(&d, "per_cpu(percpu, 0).low", 100, "u32");
	expect(&d, "per_cpu(percpu, 1).low", 101, "u32");
	expect(&d, "per_cpu(percpu.low, 1)", 101, "u32");
	expect(&d, "per_cpu_ptr(&percpu, 1)->low", 101, "u32");
	expect(&d, "per_cpu_ptr(&percpu, task.on_cpu)", PERCPU + 2 * CPU_STEP, "struct task *");
	dead_free(&d);
}

/* What has no address in the kernel is read from the user space that was given. */
static void user_memory(void **state)
{
	struct iq_space space = { 0x1000 };
	struct iq_value value = { 0 };
	struct dead d;
	dead_init(&d);
	d.context.user = &space;
	expect_success(iq_expr_evaluate(&d.context, "*(int *)0x7ffff000", &value));
	assert_true(value.user && value.space.table == 0x1000);
	iq_value_deinit(&value);
	expect_success(iq_expr_evaluate(&d.context, "*(int *)0xffff888000001000", &value));
	assert_false(value.user);
	iq_value_deinit(&value);
	dead_free(&d);
}

/* For a type nothing is read: every page may be missing. */
static void types_read_nothing(void **state)
{
	static const char *const texts[] = { "task.tasks.next->next->prev",
					     "*task.tasks.next",
					     "task.thread.regs[task.on_rq]",
					     "task.pid ? 1 : 2",
					     "!task.pid",
					     "per_cpu(percpu, 1).low",
					     "sizeof(*task.tasks.next)",
					     "&task + task.pid",
					     "task.low / task.high" };
	struct dead d;
	dead_init(&d);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct iq_type type;
		expect_success(iq_expr_type(&d.context, texts[i], &type));
		assert_int_equal(d.target.reads, 0);
	}
	dead_free(&d);
}

static void types_by_name(void **state)
{
	static const char *const texts[] = { "struct task", "pid_t", "unsigned long", "struct list_head *",
					     "char [4]" };
	struct dead d;
	dead_init(&d);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct iq_type type;
		expect_success(iq_expr_type(&d.context, texts[i], &type));
		expect_declaration(type, "", texts[i]);
	}
	dead_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),           cmocka_unit_test(bit_fields_are_promoted),
		cmocka_unit_test(pointers),          cmocka_unit_test(places_in_structures),
		cmocka_unit_test(names_and_dollars), cmocka_unit_test(per_cpu_data),
		cmocka_unit_test(user_memory),       cmocka_unit_test(types_read_nothing),
		cmocka_unit_test(types_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
