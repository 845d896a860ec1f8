// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry: who is asked in which order, what is loaded when, what is remembered. */
#include "type_setup.h"

struct world {
	struct iq_types *types;
	struct builder base;
	struct small_kernel k;
	unsigned loads;
};

static struct iq_error *load_modules(void *context)
{
	struct world *world = context;
	struct builder m;
	struct iq_type_member member;
	world->loads++;
	/* The loader asks for types itself, also for some that are not there. */
	expect_success(iq_types_member(world->types, "task", "comm", &member));
	expect_error(iq_types_member(world->types, "module", "mem", &member), IQ_ERROR_NOT_FOUND,
		     "there is no struct module");
	b_init(&m, &world->base);
	b_type(&m, B_STRUCT, "inode_of_ext4", false, 1, 8);
	b_member(&m, "number", world->k.lng, 0);
	b_type(&m, B_FUNC, "kill_task", false, 0, world->k.lng);
	b_close(&m);
	add_built(world->types, "ext4", &m);
	return iq_error_new(IQ_ERROR_FORMAT, "the list of modules is damaged");
}

static void modules_are_loaded_once_and_late(void **state)
{
	struct world world = { 0 };
	struct reports reports;
	reports_init(&reports);
	b_init(&world.base, NULL);
	build_small_types(&world.base, &world.k);
	world.types = iq_types_new(&reports.diag);
	struct loaded *loaded = add_built(world.types, NULL, &world.base);
	iq_types_set_loader(world.types, load_modules, &world);
	struct iq_type_member member;
	struct iq_type type;
	assert_int_equal(loaded->calls, 0);
	assert_true(iq_types_available(world.types));
	expect_success(iq_types_member(world.types, "task", "comm", &member));
	assert_false(iq_types_has_member(world.types, "inode_of_ext4", "number"));
	expect_success(iq_type_of_function(world.types, NULL, "kill_task", &type));
	assert_int_equal(world.loads, 0);
	expect_success(iq_types_member(world.types, "inode_of_ext4", "number", &member));
	expect_error(iq_type_find(world.types, IQ_TYPE_STRUCT, "nowhere", &type), IQ_ERROR_NOT_FOUND,
		     "there is no type struct");
	assert_int_equal(world.loads, 1);
	assert_int_equal(loaded->calls, 1);
	assert_int_equal(reports.count, 1);
	assert_string_equal(reports.last, "modules' types: the list of modules is damaged");
	expect_success(iq_type_of_function(world.types, "ext4", "kill_task", &type));
	assert_int_equal(type.id, world.k.lng);
	iq_types_free(world.types);
}

static void members_are_remembered_by_content(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_type_member first, second;
	char name[] = "task", path[] = "thread.sp";
	expect_success(iq_types_member(types, name, path, &first));
	expect_success(iq_types_member(types, "task", "thread.sp", &second));
	assert_memory_equal(&first, &second, sizeof(first));
	for (int i = 0; i < 2; i++) {
		assert_false(iq_types_has_member(types, "task", "mem"));
		assert_false(iq_types_has_member(types, "nope", "mem"));
		assert_true(iq_types_has_member(types, "task", "on_rq"));
		expect_error(iq_types_member(types, "task", "mem", &first), IQ_ERROR_NOT_FOUND,
			     "struct task has no member mem");
	}
	/* More than the table begins with. */
	static char paths[300][24];
	for (int i = 0; i < 300; i++) {
		snprintf(paths[i], sizeof(paths[i]), "tail[%d]", i);
		expect_success(iq_types_member(types, "task", paths[i], &first));
	}
	for (int i = 0; i < 300; i++) {
		expect_success(iq_types_member(types, "task", paths[i], &first));
		assert_int_equal(first.bit_offset, (120 + i) * 8);
	}
	iq_types_free(types);
}

static void sizes_come_by_name(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	uint64_t size;
	expect_success(iq_types_size(types, "task", &size));
	assert_int_equal(size, 120);
	expect_success(iq_types_size(types, "pid_t", &size));
	assert_int_equal(size, 4);
	expect_error(iq_types_size(types, "nope", &size), IQ_ERROR_NOT_FOUND, "there is no struct nope");
	iq_types_free(types);
}

static struct iq_error *append_name(void *context, struct iq_type type)
{
	struct iq_type_info info;
	IQ_TRY(iq_type_info(type, &info));
	iq_strbuf_addf(context, "%s;", info.name);
	return NULL;
}

static struct iq_error *refuse(void *context, struct iq_type type)
{
	return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
}

static void all_named_types_are_walked(void **state)
{
	struct small_kernel k;
	struct iq_types *types = small_kernel(&k, NULL);
	struct iq_strbuf names = { 0 };
	expect_success(iq_types_each(types, append_name, &names));
	assert_string_equal(names.text, "unsigned long;unsigned int;char;u32;pid_t;list_head;state;thread;task;");
	iq_strbuf_free(&names);
	expect_error(iq_types_each(types, refuse, NULL), IQ_ERROR_INTERRUPTED, "enough");
	iq_types_free(types);
}

/* Of two types of one name the first is found, also after the table of names has grown. */
static void the_first_of_two_is_found(void **state)
{
	struct builder b;
	b_init(&b, NULL);
	b_type(&b, B_STRUCT, "twice", false, 0, 1);
	b_type(&b, B_UNION, "twice", false, 0, 2);
	b_type(&b, B_STRUCT, "twice", false, 0, 3);
	char names[400][16];
	for (int i = 0; i < 400; i++) {
		snprintf(names[i], sizeof(names[i]), "t%d", i);
		b_type(&b, B_STRUCT, names[i], false, 0, (uint32_t)i);
	}
	b_close(&b);
	struct iq_types *types = iq_types_new(NULL);
	add_built(types, NULL, &b);
	uint64_t size;
	struct iq_type_info info;
	for (int i = 399; i >= 0; i--) {
		expect_success(iq_types_size(types, names[i], &size));
		assert_int_equal(size, i);
	}
	expect_success(iq_type_info(find(types, IQ_TYPE_STRUCT, "twice"), &info));
	assert_int_equal(info.size, 1);
	expect_success(iq_type_info(find(types, IQ_TYPE_UNION, "twice"), &info));
	assert_int_equal(info.size, 2);
	iq_types_free(types);
}

/* Late types and names that are nowhere are searched in the strings at first; the answers are those of the table that
 * comes later. */
static void late_types_are_found_by_their_string(void **state)
{
	enum { COUNT = 14000 };
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	loaded->size = 24 + COUNT * 12 + COUNT * 8;
	uint8_t *bytes = loaded->bytes = calloc(1, loaded->size), *p = bytes + 24;
	uint32_t at = 1;
	char *names = (char *)bytes + 24 + COUNT * 12;
	const uint32_t header[] = { 0x0001eb9f, 24, 0, COUNT * 12, COUNT * 12, COUNT * 8 };
	for (size_t i = 0; i < 6; i++)
		b_put(bytes + i * 4, header[i]);
	for (uint32_t i = 0; i < COUNT; i++, p += 12) { /* s0, xs1, s2, xs3, …: a search for s1 must not stop at xs1 */
		b_put(p, at);
		b_put(p + 4, (i % 3 ? B_STRUCT : B_UNION) << 24);
		b_put(p + 8, i);
		at += (uint32_t)sprintf(names + at, "%ss%u", i % 2 ? "x" : "", i) + 1;
	}
	for (int pieces = 0; pieces < 2; pieces++) {
		struct iq_types *types = iq_types_new(NULL);
		if (pieces)
			expect_success(iq_types_add_btf_paged(types, NULL, loaded->size, 100, loaded_read, loaded,
							      loaded_free));
		else
			expect_success(iq_types_add_btf(types, NULL, loaded_load, loaded, NULL));
		for (uint32_t i = COUNT - 40; i < COUNT; i++) {
			char name[16];
			struct iq_type type;
			struct iq_type_info info;
			sprintf(name, "s%u", i);
			struct iq_error *error =
				iq_type_find(types, i % 3 ? IQ_TYPE_STRUCT : IQ_TYPE_UNION, name, &type);
			if (i % 2) {
				expect_error(error, IQ_ERROR_NOT_FOUND, "there is no type");
				continue;
			}
			expect_success(error);
			expect_success(iq_type_info(type, &info));
			assert_int_equal(info.size, i);
			expect_error(iq_type_find(types, IQ_TYPE_ENUM, name, &type), IQ_ERROR_NOT_FOUND,
				     "there is no type enum");
		}
		iq_types_free(types);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_are_loaded_once_and_late),
		cmocka_unit_test(members_are_remembered_by_content),
		cmocka_unit_test(sizes_come_by_name),
		cmocka_unit_test(all_named_types_are_walked),
		cmocka_unit_test(the_first_of_two_is_found),
		cmocka_unit_test(late_types_are_found_by_their_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
