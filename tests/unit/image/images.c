// SPDX-License-Identifier: GPL-2.0-or-later
/* What is loaded beside vmlinux, read from a kernel that was built in memory; then with its lists and tables damaged.
 */
#include "../cmocka_setup.h"

#include "loaded_kernel.h"

static struct loaded_kernel *open_built(bool new_layout)
{
	struct loaded_kernel *k = build_kernel(new_layout);
	assert_null(open_kernel(k));
	return k;
}

static const struct iq_image *const *modules_of(struct loaded_kernel *k, size_t expected)
{
	const struct iq_image *const *modules;
	size_t count;
	assert_null(iq_images_modules(k->images, &modules, &count));
	assert_int_equal(count, expected);
	return modules;
}

static void modules_in_both_layouts(void **state)
{
	for (unsigned new_layout = 0; new_layout < 2; new_layout++) {
		struct loaded_kernel *k = open_built(new_layout);
		const struct iq_image *const *modules = modules_of(k, MODULES);
		for (unsigned i = 0; i < MODULES; i++) {
			const struct iq_image *module = modules[i];
			char name[8];
			snprintf(name, sizeof(name), "mod%u", i);
			assert_string_equal(module->name, name);
			assert_int_equal(module->kind, IQ_IMAGE_MODULE);
			assert_int_equal(module->object, module_base(i) + MODULE_AT);
			assert_int_equal(module->base, module_base(i));
			assert_int_equal(module->size, 0x3000);
			assert_int_equal(module->text[0].start, module_base(i));
			assert_int_equal(module->text[0].end, module_base(i) + 0x1000);
			assert_int_equal(module->text[1].end, 0);
			assert_int_equal(module->orc.count, 7);
			assert_int_equal(module->orc.ip, module_base(i) + 0x2100);
			assert_string_equal(module->taints, "OE");
			assert_int_equal(module->build_id_size, 20);
			assert_int_equal(module->build_id[19], 0xa0 + i);
		}
		assert_int_equal(k->target.warnings.length, 0);
		close_kernel(k);
	}
}

static void module_symbols(void **state)
{
	struct loaded_kernel *k = open_built(true);
	struct iq_symbol symbol;
	assert_null(iq_symbol_at(k->symbols, module_base(1) + 0x3f, &symbol));
	assert_string_equal(symbol.name, "entry");
	assert_string_equal(symbol.module, "mod1");
	assert_int_equal(symbol.type, 'T');
	assert_int_equal(symbol.size, 0x40);
	assert_null(iq_symbol_at(k->symbols, module_base(1) + 0xfff, &symbol));
	assert_string_equal(symbol.name, "helper");
	assert_int_equal(symbol.type, 't');
	assert_int_equal(symbol.size, 0x1000 - 0x40); /* the text's end */
	assert_null(iq_symbol_by_name_in(k->symbols, "mod2", "table", &symbol));
	assert_int_equal(symbol.address, module_base(2) + 0x1900);
	assert_true(iq_failed(iq_symbol_by_name(k->symbols, "gone", &symbol)));
	assert_true(iq_failed(iq_symbol_at(k->symbols, module_base(1) + 0x1100, &symbol)));
	assert_int_equal(k->target.warnings.length, 0);
	close_kernel(k);
}

/* Opening must not look at modules; one module's symbol must not read the others' tables. */
static void laziness(void **state)
{
	struct loaded_kernel *k = open_built(true);
	struct iq_symbol symbol;
	assert_null(iq_symbol_by_name(k->symbols, "modules", &symbol));
	k->modules[1 * MODULE_SIZE + MODULE_AT + CORE_KALLSYMS + 8] = 0xff; /* a wrong count: read now or never */
	k->modules[1 * MODULE_SIZE + MODULE_AT + CORE_KALLSYMS + 11] = 0xff;
	assert_null(iq_symbol_at(k->symbols, module_base(0), &symbol));
	assert_int_equal(k->target.warnings.length, 0);
	assert_true(iq_failed(iq_symbol_at(k->symbols, module_base(1), &symbol)));
	assert_non_null(strstr(k->target.warnings.text, "mod1 has no symbols: mod_kallsyms.num_symtab is"));
	close_kernel(k);
}

static void jited_code(void **state)
{
	static const struct {
		enum iq_image_kind kind;
		const char *name;
		uint64_t object, offset, size;
		const char *module;
	} expected[] = {
		{ IQ_IMAGE_BPF_PROGRAM, "bpf_prog_fd7130037acd7d98_call_kfunc", BPF_PROG, 0x688, 59, "bpf" },
		{ IQ_IMAGE_BPF_TRAMPOLINE, "bpf_trampoline_6442529157", TRAMPOLINE, 0x1000, 4096, "bpf" },
		{ IQ_IMAGE_BPF_DISPATCHER, "bpf_dispatcher_xdp", DISPATCHER, 0x2000, 4096, "bpf" },
		{ IQ_IMAGE_FTRACE_TRAMPOLINE, "ftrace_trampoline", OPS, 0x4000, 340, "ftrace" },
		{ IQ_IMAGE_KPROBE_PAGE, "kprobe_insn_page", INSN_PAGE, 0x6000, 4096, "kprobes" },
	};
	struct loaded_kernel *k = open_built(false);
	const struct iq_image *const *list;
	size_t count;
	assert_null(iq_images_jited(k->images, &list, &count));
	assert_int_equal(count, IQ_ARRAY_SIZE(expected));
	for (size_t i = 0; i < count; i++) {
		struct iq_symbol symbol;
		assert_int_equal(list[i]->kind, expected[i].kind);
		assert_string_equal(list[i]->name, expected[i].name);
		assert_int_equal(list[i]->object, DATA + expected[i].object);
		assert_int_equal(list[i]->base, JITED + expected[i].offset);
		assert_int_equal(list[i]->size, expected[i].size);
		assert_ptr_equal(iq_image_at(k->images, list[i]->base + list[i]->size - 1), list[i]);
		assert_null(iq_symbol_at(k->symbols, list[i]->base + 5, &symbol));
		assert_string_equal(symbol.name, expected[i].name);
		assert_string_equal(symbol.module, expected[i].module);
		assert_int_equal(symbol.size, expected[i].size);
	}
	assert_int_equal(k->target.warnings.length, 0);
	close_kernel(k);
}

static void image_at(void **state)
{
	struct loaded_kernel *k = open_built(true);
	assert_ptr_equal(iq_image_at(k->images, STEXT + 5), iq_images_vmlinux(k->images));
	assert_string_equal(iq_image_at(k->images, module_base(2) + 0xfff)->name, "mod2");
	assert_null(iq_image_at(k->images, module_base(2) + 0x1000)); /* data */
	assert_null(iq_image_at(k->images, JITED + 0x687));
	assert_null(iq_image_at(k->images, 0x1000));
	assert_null(iq_image_at(k->images, 0));
	close_kernel(k);
}

static void a_broken_list_is_followed_from_both_ends(void **state)
{
	static const uint64_t wrong[] = { 0, 0x4141414141414141, UINT64_C(0xffffffffdead0000),
					  UINT64_C(0xffffffffc0000003) };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(wrong); i++) {
		struct loaded_kernel *k = build_kernel(true);
		put64(where(k, module_list(0)), wrong[i]);
		assert_null(open_kernel(k));
		const struct iq_image *const *modules = modules_of(k, MODULES);
		assert_string_equal(modules[0]->name, "mod0");
		assert_string_equal(modules[1]->name, "mod1");
		assert_string_equal(modules[2]->name, "mod2");
		assert_non_null(strstr(k->target.warnings.text, "modules: the list is broken after 1 entries"));
		close_kernel(k);
	}
}

static void a_cycle_ends(void **state)
{
	struct loaded_kernel *k = build_kernel(true);
	put64(where(k, module_list(1)), module_list(0));
	assert_null(open_kernel(k));
	modules_of(k, MODULES);
	assert_non_null(strstr(k->target.warnings.text, "for the second time"));
	close_kernel(k);
}

static void damaged_modules_are_left_out(void **state)
{
	struct loaded_kernel *k = build_kernel(false);
	where(k, module_base(1) + MODULE_AT)[NAME] = '\n';
	put64(where(k, module_base(2) + MODULE_AT) + MEM, 0x1000); /* user memory */
	assert_null(open_kernel(k));
	const struct iq_image *const *modules = modules_of(k, MODULES - 1);
	assert_string_equal(modules[1]->name, "mod2");
	assert_int_equal(modules[1]->range_count, 0);
	assert_non_null(strstr(k->target.warnings.text, "its name is damaged"));
	assert_non_null(strstr(k->target.warnings.text, "mod2: a part of 0x3000 bytes at 0x1000 can't be"));
	close_kernel(k);
}

static void damaged_symbol_names_are_counted(void **state)
{
	struct loaded_kernel *k = build_kernel(true);
	struct iq_symbol symbol;
	put32(k->modules + 0x1000 + 24, 0x7fffffff); /* st_name of `entry` */
	k->modules[0x1400 + 14] = '\x01';            /* `table` */
	assert_null(open_kernel(k));
	assert_null(iq_symbol_at(k->symbols, module_base(0) + 0x41, &symbol));
	assert_string_equal(symbol.name, "helper");
	assert_true(iq_failed(iq_symbol_at(k->symbols, module_base(0) + 1, &symbol)));
	assert_non_null(strstr(k->target.warnings.text, "mod0: 2 of 6 symbols are damaged"));
	close_kernel(k);
}

/* Whenever Ctrl-C comes while things are looked for, the next command finds them all, and once. */
static void ctrl_c_costs_nothing_for_good(void **state)
{
	bool came = true;
	for (uint64_t at = 1; came; at++) {
		struct loaded_kernel *k = open_built(true);
		const struct iq_image *const *list;
		size_t count = 0;
		struct iq_symbol symbol;
		k->target.interrupt_at = k->target.reads + at;
		iq_error_free(iq_symbol_at(k->symbols, JITED + 0x6005, &symbol));
		iq_error_free(iq_images_jited(k->images, &list, &count));
		came = iq_interrupted();
		iq_interrupt_set(false);
		k->target.interrupt_at = 0;
		assert_null(iq_symbol_at(k->symbols, JITED + 0x6005, &symbol));
		assert_string_equal(symbol.name, "kprobe_insn_page");
		assert_null(iq_images_jited(k->images, &list, &count));
		assert_int_equal(count, 5);
		modules_of(k, MODULES);
		assert_null(iq_symbol_by_name_in(k->symbols, "mod2", "table", &symbol));
		close_kernel(k);
	}
}

static void impossible_code_is_left_out(void **state)
{
	struct loaded_kernel *k = build_kernel(true);
	const struct iq_image *const *list;
	size_t count;
	put64(k->data + PROGRAM + 8 + 8, JITED);               /* ends before it starts */
	put64(k->data + OPS + 8, UINT64_C(1) << 40);           /* a terabyte */
	memset(k->data + TRAMPOLINE + 8 + KSYM_NAME, 'x', 64); /* no end */
	assert_null(open_kernel(k));
	assert_null(iq_images_jited(k->images, &list, &count));
	assert_int_equal(count, 2);
	assert_non_null(
		strstr(k->target.warnings.text, "bpf_prog_fd7130037acd7d98_call_kfunc: its code can't lie from"));
	assert_non_null(strstr(k->target.warnings.text, "ftrace_trampoline: its code can't lie from"));
	assert_non_null(strstr(k->target.warnings.text, "its name is damaged"));
	close_kernel(k);
}

static void without_types_modules_say_so(void **state)
{
	struct loaded_kernel *k = build_kernel(true);
	const struct iq_image *const *modules;
	size_t count;
	struct iq_symbol symbol;
	memset(k->btf, 0, k->btf_size);
	assert_null(open_kernel(k));
	struct iq_error *error = iq_images_modules(k->images, &modules, &count);
	assert_non_null(error);
	assert_non_null(strstr(error->message, "needs types"));
	iq_error_free(error);
	assert_true(iq_failed(iq_symbol_at(k->symbols, module_base(0), &symbol)));
	assert_null(iq_symbol_at(k->symbols, STEXT, &symbol));
	assert_non_null(strstr(k->target.warnings.text, "modules: needs types"));
	close_kernel(k);
}

static void sections_in_both_shapes(void **state)
{
	for (unsigned new_layout = 0; new_layout < 2; new_layout++) {
		struct loaded_kernel *k = open_built(new_layout);
		const struct iq_image *const *modules = modules_of(k, MODULES);
		for (unsigned i = 0; i < MODULES; i++) {
			const struct iq_dwarf_section *sections;
			size_t count;
			assert_null(iq_image_sections(k->images, modules[i], &sections, &count));
			assert_int_equal(count, 2); /* .init.text is no more */
			assert_string_equal(sections[0].name, ".text");
			assert_int_equal(sections[0].address, module_base(i));
			assert_string_equal(sections[1].name, ".data");
			assert_int_equal(sections[1].address, module_base(i) + 0x1000);
		}
		assert_int_equal(k->target.warnings.length, 0);
		close_kernel(k);
	}
}

static void damaged_sections(void **state)
{
	for (unsigned new_layout = 0; new_layout < 2; new_layout++) {
		struct loaded_kernel *k = build_kernel(new_layout);
		const struct iq_dwarf_section *sections;
		size_t count;
		put32(where(k, module_base(0) + SECTIONS_AT) + 24, UINT32_MAX);   /* so many sections */
		put64(where(k, module_base(0) + SECTIONS_AT) + 16, 0x1000);       /* pointers in no memory */
		put64(where(k, module_base(1) + SECTIONS_AT) + ELEMENTS, 0x1000); /* a name in no memory */
		put64(where(k, module_base(2) + MODULE_AT + SECT_ATTRS), 0);      /* no list */
		assert_null(open_kernel(k));
		const struct iq_image *const *modules = modules_of(k, MODULES);
		struct iq_error *error = iq_image_sections(k->images, modules[0], &sections, &count);
		assert_non_null(error);
		assert_non_null(strstr(error->message, "mod0"));
		iq_error_free(error);
		assert_null(iq_image_sections(k->images, modules[1], &sections, &count));
		assert_int_equal(count, 1);
		assert_string_equal(sections[0].name, ".data");
		assert_non_null(strstr(k->target.warnings.text, "mod1: the list of its sections"));
		error = iq_image_sections(k->images, modules[2], &sections, &count);
		assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
		iq_error_free(error);
		/* The answer is kept. */
		error = iq_image_sections(k->images, modules[2], &sections, &count);
		assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
		iq_error_free(error);
		close_kernel(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_in_both_layouts),
		cmocka_unit_test(module_symbols),
		cmocka_unit_test(laziness),
		cmocka_unit_test(jited_code),
		cmocka_unit_test(image_at),
		cmocka_unit_test(a_broken_list_is_followed_from_both_ends),
		cmocka_unit_test(a_cycle_ends),
		cmocka_unit_test(damaged_modules_are_left_out),
		cmocka_unit_test(damaged_symbol_names_are_counted),
		cmocka_unit_test(ctrl_c_costs_nothing_for_good),
		cmocka_unit_test(impossible_code_is_left_out),
		cmocka_unit_test(without_types_modules_say_so),
		cmocka_unit_test(sections_in_both_shapes),
		cmocka_unit_test(damaged_sections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
