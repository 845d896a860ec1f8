// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry over sources made of arrays: who answers for an address, for a name, in which order, and when the rest
 * is loaded. */
#include "../cmocka_setup.h"

#include "../fake_target.h"
#include "symbol/symbol.h"

static const uint64_t VMLINUX = UINT64_C(0xffffffff81000000), MODULE = UINT64_C(0xffffffffc0100000),
		      PROGRAM = UINT64_C(0xffffffffc0200000);

struct fixture {
	struct iq_target target;
	struct iq_symbols *symbols;
	unsigned loads;
};

static void add(struct fixture *f, enum iq_symbol_origin origin, const char *module,
		const struct iq_symbol_range *ranges, unsigned range_count, const struct iq_symbol *symbols,
		size_t count)
{
	struct iq_symbol_source *source;
	assert_null(iq_array_symbols_in(origin, module, ranges, range_count, symbols, count, &source));
	assert_null(iq_symbols_add(f->symbols, source));
}

static struct iq_error *load(void *context, bool *more)
{
	struct fixture *f = context;
	const struct iq_symbol module[] = {
		{ .name = "helper", .address = MODULE + 0x40, .type = 't' },
		{ .name = "entry", .address = MODULE, .type = 'T' },
		{ .name = "shared", .address = MODULE + 0x80, .type = 't' },
		{ .name = "table", .address = MODULE + 0x2010, .type = 'd' },
		{ .name = "counter", .address = 0x18, .type = 'a' },
	};
	const struct iq_symbol_range ranges[] = { { MODULE, MODULE + 0x100 }, { MODULE + 0x2000, MODULE + 0x2100 } };
	const struct iq_symbol program = { .name = "bpf_prog_00_x", .address = PROGRAM, .size = 0x33, .type = 't' };
	f->loads++;
	add(f, IQ_SYMBOL_MODULE, "nf_test", ranges, 2, module, IQ_ARRAY_SIZE(module));
	add(f, IQ_SYMBOL_BPF, "bpf", NULL, 0, &program, 1);
	return NULL;
}

static void setup(struct fixture *f)
{
	static const struct iq_symbol vmlinux[] = {
		{ .name = "do_exit", .address = 0xffffffff81000100, .type = 'T' },
		{ .name = "__alias", .address = 0xffffffff81000100, .type = 'T' },
		{ .name = "__start_f", .address = 0xffffffff81000100, .type = 'D' },
		{ .name = "alias_weak", .address = 0xffffffff81000100, .type = 'W' },
		{ .name = "f_local", .address = 0xffffffff81000100, .type = 't' },
		{ .name = "start", .address = 0xffffffff81000000, .type = 'T' },
		{ .name = "shared", .address = 0xffffffff81000200, .type = 't' },
		{ .name = "shared", .address = 0xffffffff81000180, .type = 't' },
	};
	const struct iq_symbol_range range = { VMLINUX, VMLINUX + 0x1000 };
	f->loads = 0;
	fake_init(&f->target);
	assert_null(iq_symbols_new(&f->target, &f->symbols));
	add(f, IQ_SYMBOL_VMLINUX, NULL, &range, 1, vmlinux, IQ_ARRAY_SIZE(vmlinux));
	iq_symbols_set_loader(f->symbols, load, f);
}

static void teardown(struct fixture *f)
{
	iq_symbols_free(f->symbols);
	fake_free(&f->target);
}

static void addresses(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	setup(&f);
	assert_null(iq_symbol_at(f.symbols, VMLINUX + 0x17f, &symbol));
	assert_string_equal(symbol.name, "do_exit"); /* not weak, no boundary, fewest underscores, first by name */
	assert_int_equal(symbol.size, 0x80);
	assert_null(symbol.module);
	assert_null(iq_symbol_at(f.symbols, VMLINUX + 0xfff, &symbol));
	assert_string_equal(symbol.name, "shared");
	assert_int_equal(symbol.size, 0xe00);
	assert_int_equal(f.loads, 0);

	assert_null(iq_symbol_at(f.symbols, MODULE + 0x7f, &symbol));
	assert_int_equal(f.loads, 1);
	assert_string_equal(symbol.name, "helper");
	assert_string_equal(symbol.module, "nf_test");
	assert_int_equal(symbol.size, 0x40);
	assert_null(iq_symbol_at(f.symbols, MODULE + 0xff, &symbol));
	assert_int_equal(symbol.size, 0x80); /* up to the end of its range, not to the next range's symbol */
	assert_true(iq_failed(iq_symbol_at(f.symbols, MODULE + 0x100, &symbol)));
	assert_true(iq_failed(
		iq_symbol_at(f.symbols, MODULE + 0x2000, &symbol))); /* nothing starts at or before it there */
	assert_null(iq_symbol_at(f.symbols, PROGRAM + 0x32, &symbol));
	assert_int_equal(symbol.origin, IQ_SYMBOL_BPF);
	assert_true(iq_failed(iq_symbol_at(f.symbols, PROGRAM + 0x33, &symbol)));
	assert_true(iq_failed(iq_symbol_at(f.symbols, 0x18, &symbol)));
	assert_int_equal(f.loads, 1);
	teardown(&f);
}

static struct iq_error *collect(void *context, const struct iq_symbol *symbol)
{
	struct iq_strbuf *text = context;
	iq_strbuf_addf(text, "%s%s@%lx ", symbol->module ? symbol->module : "", symbol->name,
		       symbol->address & 0xffffff);
	return NULL;
}

static void names(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	setup(&f);
	assert_null(iq_symbol_by_name(f.symbols, "shared", &symbol));
	assert_int_equal(symbol.address, VMLINUX + 0x180);
	/* What vmlinux may lack is asked for without loading anything. */
	assert_true(iq_failed(iq_symbol_by_name_in(f.symbols, NULL, "entry", &symbol)));
	assert_int_equal(f.loads, 0);
	assert_null(iq_symbol_by_name(f.symbols, "entry", &symbol));
	assert_int_equal(symbol.address, MODULE);
	assert_int_equal(f.loads, 1);
	assert_null(iq_symbol_by_name_in(f.symbols, "nf_test", "shared", &symbol));
	assert_int_equal(symbol.address, MODULE + 0x80);
	assert_null(iq_symbols_by_name(f.symbols, "shared", collect, &text));
	assert_string_equal(text.text, "shared@180 shared@200 nf_testshared@100080 ");
	struct iq_error *error = iq_symbol_by_name(f.symbols, "nonsense", &symbol);
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	assert_string_equal(error->message, "no symbol is called nonsense");
	iq_error_free(error);
	teardown(&f);
}

static void walks(void **state)
{
	struct fixture f;
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	setup(&f);
	assert_null(iq_symbols_each(f.symbols, "nf_test", collect, &text));
	assert_string_equal(text.text,
			    "nf_testcounter@18 nf_testentry@100000 nf_testhelper@100040 nf_testshared@100080 "
			    "nf_testtable@102010 ");
	iq_strbuf_truncate(&text, 0);
	assert_null(iq_symbols_each(f.symbols, NULL, collect, &text));
	assert_non_null(strstr(text.text, "start@0 do_exit@100 f_local@100 __alias@100 __start_f@100 alias_weak@100 "));
	iq_strbuf_truncate(&text, 0);
	assert_null(iq_symbols_each(f.symbols, "*", collect, &text));
	assert_true(strstr(text.text, "start") < strstr(text.text, "nf_testentry"));
	assert_true(strstr(text.text, "nf_testentry") < strstr(text.text, "bpfbpf_prog"));
	assert_true(iq_failed(iq_symbols_each(f.symbols, "none", collect, &text)));
	teardown(&f);
}

static void neighbours(void **state)
{
	struct fixture f;
	struct iq_symbol symbol, other;
	setup(&f);
	assert_null(iq_symbol_by_name(f.symbols, "helper", &symbol));
	assert_null(iq_symbol_next(f.symbols, &symbol, &other));
	assert_string_equal(other.name, "shared");
	assert_null(iq_symbol_previous(f.symbols, &symbol, &other));
	assert_string_equal(other.name, "entry");
	assert_null(iq_symbol_by_name(f.symbols, "table", &symbol));
	assert_true(iq_failed(iq_symbol_next(f.symbols, &symbol, &other)));
	assert_null(iq_symbol_by_name(f.symbols, "start", &symbol));
	assert_true(iq_failed(iq_symbol_previous(f.symbols, &symbol, &other)));
	teardown(&f);
}

static void formats(void **state)
{
	static const struct {
		uint64_t offset;
		unsigned flags;
		const char *text;
	} cases[] = {
		{ 0, 0, "entry" },
		{ 0x3b, 0, "entry+59" },
		{ 0x3b, IQ_SYMBOL_OFFSET_HEX, "entry+0x3b" },
		{ 0x3b, IQ_SYMBOL_OFFSET_HEX | IQ_SYMBOL_SIZE | IQ_SYMBOL_WITH_MODULE, "entry+0x3b/0x40 [nf_test]" },
		{ 0, IQ_SYMBOL_OFFSET_HEX | IQ_SYMBOL_SIZE, "entry+0x0/0x40" },
		{ 0, IQ_SYMBOL_WITH_MODULE, "entry [nf_test]" },
	};
	struct fixture f;
	setup(&f);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		assert_true(iq_symbol_format(f.symbols, MODULE + cases[i].offset, cases[i].flags, &text));
		assert_string_equal(text.text, cases[i].text);
	}
	struct iq_strbuf none = { 0 };
	assert_false(iq_symbol_format(f.symbols, MODULE + 0x5000, 0, &none));
	assert_int_equal(none.length, 0);
	teardown(&f);
}

/* Damaged structures may claim the same memory: the range that starts last answers, and beyond its end the one around
 * it. */
static void overlapping_ranges(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	const struct iq_symbol outer = { .name = "outer", .address = MODULE, .type = 't', .size = 0x1000 };
	const struct iq_symbol inner = { .name = "inner", .address = MODULE + 0x100, .type = 't', .size = 0x10 };
	fake_init(&f.target);
	assert_null(iq_symbols_new(&f.target, &f.symbols));
	add(&f, IQ_SYMBOL_BPF, "bpf", NULL, 0, &outer, 1);
	add(&f, IQ_SYMBOL_BPF, "bpf", NULL, 0, &inner, 1);
	assert_null(iq_symbol_at(f.symbols, MODULE + 0x10f, &symbol));
	assert_string_equal(symbol.name, "inner");
	assert_null(iq_symbol_at(f.symbols, MODULE + 0x110, &symbol));
	assert_string_equal(symbol.name, "outer");
	teardown(&f);
}

/* Debian's 7.2.13: kallsyms has init_task and most of .data as 'T'. */
static void code(void **state)
{
	static const struct iq_symbol vmlinux[] = {
		{ .name = "panic", .address = 0xffffffff81000100, .type = 'T' },
		{ .name = "weak", .address = 0xffffffff81000180, .type = 'W' },
		{ .name = "__start_rodata", .address = 0xffffffff81000200, .type = 'T' },
		{ .name = "weak_const", .address = 0xffffffff81000280, .type = 'W' },
		{ .name = "__end_rodata", .address = 0xffffffff81000300, .type = 'T' },
		{ .name = "_sdata", .address = 0xffffffff81000400, .type = 'T' },
		{ .name = "init_task", .address = 0xffffffff81000440, .type = 'T' },
		{ .name = "static_data", .address = 0xffffffff81000480, .type = 'd' },
		{ .name = "_edata", .address = 0xffffffff81000500, .type = 'T' },
		{ .name = "start_kernel", .address = 0xffffffff81000600, .type = 'T' },
		{ .name = "unnamed_kind", .address = 0xffffffff81000680 },
	};
	static const struct {
		const char *name;
		bool code;
	} expected[] = {
		{ "panic", true },        { "weak", true },         { "weak_const", false },   { "init_task", false },
		{ "static_data", false }, { "start_kernel", true }, { "unnamed_kind", false }, { "helper", true },
	};
	const struct iq_symbol_range range = { VMLINUX, VMLINUX + 0x1000 };
	struct fixture f = { 0 };
	struct iq_symbol symbol;
	fake_init(&f.target);
	assert_null(iq_symbols_new(&f.target, &f.symbols));
	add(&f, IQ_SYMBOL_VMLINUX, NULL, &range, 1, vmlinux, IQ_ARRAY_SIZE(vmlinux));
	iq_symbols_set_loader(f.symbols, load, &f);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(expected); i++) {
		assert_null(iq_symbol_by_name(f.symbols, expected[i].name, &symbol));
		assert_int_equal(iq_symbol_is_code(f.symbols, &symbol), expected[i].code);
	}
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(names),
		cmocka_unit_test(code),
		cmocka_unit_test(walks),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(formats),
		cmocka_unit_test(overlapping_ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
