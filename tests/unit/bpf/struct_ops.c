// SPDX-License-Identifier: GPL-2.0-or-later
/* struct_ops maps as kernels before and since 6.9 have them. */
#include "map_setup.h"

#include "bpf/struct_ops.h"

enum { KVALUE = 16, UVALUE = 0x400, DATA = 8 };

/*
 *   struct demo_ops { int (*first)(void); long number; int (*second)(void); const void *other; int (*third)(void); };
 *   struct bpf_struct_ops_demo_ops { refcount, state; struct demo_ops data; };
 */
static uint32_t add_types(struct builder *b, bool common)
{
	struct basics t = add_basics(b);
	b_type(b, B_ENUM, "bpf_struct_ops_state", false, 2, 4);
	b_pair(b, "BPF_STRUCT_OPS_STATE_INIT", 0);
	b_pair(b, "BPF_STRUCT_OPS_STATE_INUSE", 1);
	uint32_t state = b->last_id;
	uint32_t function = b_type(b, B_FUNC_PROTO, NULL, false, 0, t.u32);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, function), other = b_type(b, B_PTR, NULL, false, 0, 0);
	uint32_t typed = b_type(b, B_TYPEDEF, "third_fn", false, 0, pointer);
	uint32_t ops = b_type(b, B_STRUCT, "demo_ops", false, 5, 40);
	b_member(b, "first", pointer, 0);
	b_member(b, "number", t.u64, 64);
	b_member(b, "second", pointer, 128);
	b_member(b, "other", other, 192);
	b_member(b, "third", typed, 256);
	uint32_t head = b_type(b, B_STRUCT, "bpf_struct_ops_common_value", false, 2, 8);
	b_member(b, "refcnt", t.u32, 0);
	b_member(b, "state", state, 32);
	uint32_t value = b_type(b, B_STRUCT, "bpf_struct_ops_value", false, common ? 1 : 2, 8);
	if (!common)
		b_member(b, "refcnt", t.u32, 0);
	b_member(b, common ? "common" : "state", common ? head : state, common ? 0 : 32);
	b_type(b, B_STRUCT, "bpf_struct_ops_map", false, 2, 72);
	b_member(b, "uvalue", t.u64, 64);
	b_member(b, "kvalue", value, KVALUE * 8);
	uint32_t whole = b_type(b, B_STRUCT, "bpf_struct_ops_demo_ops", false, 2, 48);
	b_member(b, "common", head, 0);
	b_member(b, "data", ops, DATA * 8);
	return whole;
}

/* first is program 71, third the kernel's own function. */
static void open_map(struct world *w, bool common)
{
	struct builder b;
	uint32_t value = add_types(&b, common);
	world_open(w, &b, IQ_BPF_MAP_STRUCT_OPS, 1);
	w->map.vmlinux_value_type_id = value;
	w->map.value_size = 48;
	put(w, at(MAP) + 8, at(UVALUE));
	put_u32(w, at(MAP) + KVALUE + 4, 1);
	put(w, at(MAP) + KVALUE + DATA, 0xffffffffc0000000);
	put(w, at(MAP) + KVALUE + DATA + 8, 5);
	put(w, at(MAP) + KVALUE + DATA + 24, 0xffffffff82000000);
	put(w, at(MAP) + KVALUE + DATA + 32, 0xffffffff81234560);
	put(w, at(UVALUE) + DATA, 71);
}

struct functions {
	struct iq_bpf_struct_ops_function f[8];
	unsigned count, stop_at;
};

static struct iq_error *see_function(void *context, const struct iq_bpf_struct_ops_function *function)
{
	struct functions *functions = context;
	if (functions->stop_at && functions->count == functions->stop_at)
		return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
	functions->f[functions->count++] = *function;
	return NULL;
}

static void functions_have_programs(void **state)
{
	for (int common = 0; common < 2; common++) {
		struct functions functions = { 0 }, one = { .stop_at = 1 };
		struct iq_bpf_struct_ops ops;
		struct iq_type_info info;
		struct world w;
		open_map(&w, common);
		expect_elements(&w, 1, NULL);
		assert_int_equal(w.told.keys[0], 0);
		assert_int_equal(w.told.elements[0].value, at(MAP) + KVALUE);
		assert_int_equal(w.told.elements[0].value_size, 48);
		expect_success(iq_bpf_struct_ops_read(&w.bpf, &w.map, &ops));
		assert_string_equal(ops.state_name, "inuse");
		expect_success(iq_type_info(ops.type, &info));
		assert_string_equal(info.name, "demo_ops");
		expect_success(iq_bpf_struct_ops_each(&w.bpf, &ops, see_function, &functions));
		assert_int_equal(functions.count, 2);
		assert_string_equal(functions.f[0].name, "first");
		assert_int_equal(functions.f[0].program_id, 71);
		assert_int_equal(functions.f[0].code, 0xffffffffc0000000);
		assert_string_equal(functions.f[1].name, "third");
		assert_int_equal(functions.f[1].offset, 32);
		assert_int_equal(functions.f[1].program_id, 0);
		assert_int_equal(functions.f[1].code, 0xffffffff81234560);
		expect_error(iq_bpf_struct_ops_each(&w.bpf, &ops, see_function, &one), IQ_ERROR_INTERRUPTED, "enough");
		world_close(&w);
	}
}

static void what_is_missing_is_left_out(void **state)
{
	struct functions functions = { 0 };
	struct iq_bpf_struct_ops ops;
	struct world w;
	open_map(&w, true);
	put(&w, at(UVALUE) + DATA, 0xffffffffc0000000); /* no ID */
	expect_success(iq_bpf_struct_ops_read(&w.bpf, &w.map, &ops));
	expect_error(iq_bpf_struct_ops_each(&w.bpf, &ops, see_function, &functions), IQ_ERROR_FORMAT,
		     "program of first: 0xffffffffc0000000 is no ID");
	assert_int_equal(functions.count, 2); /* its code is known */
	assert_int_equal(functions.f[0].program_id, 0);
	functions.count = 0;
	put(&w, at(MAP) + 8, LOST);
	expect_success(iq_bpf_struct_ops_read(&w.bpf, &w.map, &ops));
	expect_error(iq_bpf_struct_ops_each(&w.bpf, &ops, see_function, &functions), IQ_ERROR_MEMORY,
		     "program of first: nothing at 0xffff888000f00008");
	assert_int_equal(functions.count, 2);
	w.map.vmlinux_value_type_id = 1; /* unsigned int */
	assert_non_null(ops.type.source);
	struct iq_error *error = iq_bpf_struct_ops_read(&w.bpf, &w.map, &ops);
	assert_non_null(error);
	iq_error_free(error);
	w.map.vmlinux_value_type_id = 0;
	expect_error(iq_bpf_struct_ops_read(&w.bpf, &w.map, &ops), IQ_ERROR_NOT_FOUND,
		     "map 7 has no type for its value");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_programs),
		cmocka_unit_test(what_is_missing_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
