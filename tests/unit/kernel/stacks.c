// SPDX-License-Identifier: GPL-2.0-or-later
/* A CPU's IRQ stack, and the return addresses that tracers keep, in the layouts that kernels have had. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

#define TASK MEMORY
#define SHADOW (MEMORY + 0x1000)
#define NODES (MEMORY + 0x2000)
#define SLOT UINT64_C(0xffffc90000013e78)
#define TRAMPOLINE UINT64_C(0xffffffff81067670)
#define OTHER_TRAMPOLINE UINT64_C(0xffffffff81072340)
#define CALLER UINT64_C(0xffffffff81234567)

struct tracing {
	struct objects o;
	struct iq_kernel kernel;
};

enum kretprobes { HASHED, LISTED, RETHOOKS }; /* up to 5.10, 5.17, and since */

/* `words`: since 6.11 task->ret_stack is an array of words. */
static void tracing_open(struct tracing *t, bool words, enum kretprobes kretprobes)
{
	bool rethook = kretprobes == RETHOOKS;
	struct builder b;
	b_init(&b, NULL);
	uint32_t sint = b_int(&b, "int", 4, B_SIGNED), ulong = b_int(&b, "unsigned long", 8, 0);
	uint32_t node = b_type(&b, B_STRUCT, "llist_node", false, 1, 8);
	b_member(&b, "next", ulong, 0);
	uint32_t head = b_type(&b, B_STRUCT, "llist_head", false, 1, 8);
	b_member(&b, "first", ulong, 0);
	uint32_t entry = b_type(&b, B_STRUCT, "ftrace_ret_stack", false, 3, 24);
	b_member(&b, "ret", ulong, 0);
	b_member(&b, "func", ulong, 64);
	b_member(&b, "retp", ulong, 128);
	uint32_t stack = b_type(&b, B_PTR, NULL, false, 0, words ? ulong : entry);
	b_type(&b, B_STRUCT, rethook ? "rethook_node" : "kretprobe_instance", false, 4, 40);
	b_member(&b, "task", ulong, 0);
	b_member(&b, kretprobes == HASHED ? "hlist" : "llist", node, 64);
	b_member(&b, "ret_addr", ulong, 128);
	b_member(&b, rethook ? "frame" : "fp", ulong, 192);
	b_type(&b, B_STRUCT, "task_struct", false, kretprobes == HASHED ? 2 : 3, 24);
	b_member(&b, "curr_ret_stack", sint, 0);
	b_member(&b, "ret_stack", stack, 64);
	if (kretprobes != HASHED)
		b_member(&b, rethook ? "rethooks" : "kretprobe_instances", head, 128);
	objects_open(&t->o, &b);
	t->kernel = (struct iq_kernel){ .target = &t->o.target, .types = t->o.types };
}

/* The only symbol. */
static void name_address(struct tracing *t, const char *name, uint64_t address)
{
	const struct iq_symbol symbol = { name, address, 0, 'A', IQ_SYMBOL_VMLINUX, NULL };
	struct iq_symbol_source *source;
	t->o.target.arch = &iq_arch_x86_64;
	assert_null(iq_symbols_new(&t->o.target, &t->kernel.symbols));
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, &symbol, 1, &source));
	assert_null(iq_symbols_add(t->kernel.symbols, source));
}

static void put_instance(struct tracing *t, unsigned i, uint64_t next, uint64_t return_address, uint64_t slot)
{
	put_u64(&t->o, NODES + 64 * i + 8, next);
	put_u64(&t->o, NODES + 64 * i + 16, return_address);
	put_u64(&t->o, NODES + 64 * i + 24, slot);
}

static void finds_kretprobes(void **state)
{
	static const enum kretprobes kinds[] = { LISTED, RETHOOKS };
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
		struct tracing t;
		uint64_t address;
		tracing_open(&t, false, kinds[i]);
		put_u64(&t.o, TASK, UINT32_MAX); /* no function graph */
		put_u64(&t.o, TASK + 16, NODES + 8);
		put_instance(&t, 0, NODES + 64 + 8, 0x1111, SLOT - 8);
		put_instance(&t, 1, NODES + 128 + 8, TRAMPOLINE,
			     SLOT); /* two on one function: the newer replaced the trampoline */
		put_instance(&t, 2, 0, CALLER, SLOT);
		assert_true(iq_original_return(&t.kernel, TASK, SLOT, TRAMPOLINE, &address));
		assert_int_equal(address, CALLER);
		assert_false(iq_original_return(&t.kernel, TASK, SLOT + 8, TRAMPOLINE, &address));
		put_u64(&t.o, NODES + 128 + 8, NODES + 8); /* a ring has an end, too */
		assert_false(iq_original_return(&t.kernel, TASK, SLOT + 8, TRAMPOLINE, &address));
		objects_close(&t.o);
	}
}

/* All tasks' in one table: hash_ptr(0xffff888000100000, 6) is 42. */
static void finds_kretprobes_in_the_hash(void **state)
{
	struct tracing t;
	uint64_t address, table = MEMORY + 0x3000;
	tracing_open(&t, false, HASHED);
	name_address(&t, "kretprobe_inst_table", table);
	put_u64(&t.o, TASK, UINT32_MAX);
	put_u64(&t.o, table + 8 * 42, NODES + 8);
	put_instance(&t, 0, NODES + 64 + 8, 0x1111, SLOT);
	put_u64(&t.o, NODES, TASK + 64); /* another task's */
	put_instance(&t, 1, 0, CALLER, SLOT);
	put_u64(&t.o, NODES + 64, TASK);
	assert_true(iq_original_return(&t.kernel, TASK, SLOT, TRAMPOLINE, &address));
	assert_int_equal(address, CALLER);
	assert_false(iq_original_return(&t.kernel, TASK, SLOT + 8, TRAMPOLINE, &address));
	iq_symbols_free(t.kernel.symbols);
	objects_close(&t.o);
}

static void finds_the_function_graph(void **state)
{
	struct tracing t;
	uint64_t address;
	tracing_open(&t, false, RETHOOKS);
	put_u64(&t.o, TASK, 1); /* the newest */
	put_u64(&t.o, TASK + 8, SHADOW);
	put_u64(&t.o, SHADOW, CALLER);
	put_u64(&t.o, SHADOW + 16, SLOT);
	put_u64(&t.o, SHADOW + 24, 0x1111);
	put_u64(&t.o, SHADOW + 40, SLOT - 32);
	assert_true(iq_original_return(&t.kernel, TASK, SLOT, TRAMPOLINE, &address));
	assert_int_equal(address, CALLER);
	objects_close(&t.o);
}

/* Since 6.11: entries of three words, data of the tracers, and the word that says how far back the entry begins. */
static void finds_the_function_graph_in_words(void **state)
{
	struct tracing t;
	uint64_t address;
	tracing_open(&t, true, RETHOOKS);
	put_u64(&t.o, TASK, 9); /* behind the newest */
	put_u64(&t.o, TASK + 8, SHADOW);
	put_u64(&t.o, SHADOW, CALLER);
	put_u64(&t.o, SHADOW + 16, SLOT);
	put_u64(&t.o, SHADOW + 24, 3 | 1 << 12); /* the bits above tell which tracers want the return */
	put_u64(&t.o, SHADOW + 32, 0x1111);
	put_u64(&t.o, SHADOW + 48, SLOT - 32);
	put_u64(&t.o, SHADOW + 64, 4);
	assert_true(iq_original_return(&t.kernel, TASK, SLOT, TRAMPOLINE, &address));
	assert_int_equal(address, CALLER);
	put_u64(&t.o, SHADOW + 24, 1000); /* before the array's begin */
	assert_false(iq_original_return(&t.kernel, TASK, SLOT, TRAMPOLINE, &address));
	objects_close(&t.o);
}

/* A kretprobe came after the graph tracer: what it replaced is return_to_handler, which is asked for next. */
static void finds_one_tracer_below_another(void **state)
{
	struct tracing t;
	uint64_t address;
	tracing_open(&t, false, RETHOOKS);
	put_u64(&t.o, TASK, 0);
	put_u64(&t.o, TASK + 8, SHADOW);
	put_u64(&t.o, SHADOW, TRAMPOLINE);
	put_u64(&t.o, SHADOW + 16, SLOT);
	put_u64(&t.o, TASK + 16, NODES + 8);
	put_instance(&t, 0, 0, CALLER, SLOT);
	assert_true(iq_original_return(&t.kernel, TASK, SLOT, OTHER_TRAMPOLINE, &address));
	assert_int_equal(address, TRAMPOLINE);
	assert_true(iq_original_return(&t.kernel, TASK, SLOT, TRAMPOLINE, &address));
	assert_int_equal(address, CALLER);
	objects_close(&t.o);
}

/* hardirq_stack_ptr is the stack's end up to 5.11, its last word since. */
static void finds_the_irq_stack(void **state)
{
	static const uint64_t tops[] = { 0xffffc90000004000, 0xffffc90000003ff8 };
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(tops); i++) {
		struct tracing t;
		struct iq_stack stacks[8];
		size_t count;
		tracing_open(&t, false, RETHOOKS);
		name_address(&t, "hardirq_stack_ptr", 0x1fb88);
		t.kernel.cpus_loaded = true;
		*iq_vec_push(&t.kernel.cpus) =
			(struct iq_cpu){ .id = 3, .present = true, .offset_known = true, .offset = MEMORY - 0x1fb88 };
		put_u64(&t.o, MEMORY, tops[i]);
		assert_null(iq_cpu_stacks(&t.kernel, 3, stacks, IQ_ARRAY_SIZE(stacks), &count));
		assert_int_equal(count, 1);
		assert_string_equal(stacks[0].name, "IRQ");
		assert_int_equal(stacks[0].start, 0xffffc90000000000);
		assert_int_equal(stacks[0].end, 0xffffc90000004000);
		iq_vec_free(&t.kernel.cpus);
		iq_vec_free(&t.kernel.stacks);
		iq_symbols_free(t.kernel.symbols);
		objects_close(&t.o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_kretprobes),
		cmocka_unit_test(finds_kretprobes_in_the_hash),
		cmocka_unit_test(finds_the_function_graph),
		cmocka_unit_test(finds_the_function_graph_in_words),
		cmocka_unit_test(finds_one_tracer_below_another),
		cmocka_unit_test(finds_the_irq_stack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
