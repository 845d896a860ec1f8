// SPDX-License-Identifier: GPL-2.0-or-later
/* kallsyms over tables that a small encoder makes as scripts/kallsyms.c does, whole and damaged. */
#include "../cmocka_setup.h"

#include "../fake_target.h"
#include "../kallsyms_encoder.h"

enum { COUNT = 3000, PERCPU = 5 };

static const uint64_t TEXT = UINT64_C(0xffffffff81000000), TABLES = UINT64_C(0xffffffff81800000);

/* Per-CPU offsets, then text with an alias pair, names with a suffix, a long one and, at the end, _end. */
static struct encoder_symbol *make_symbols(bool percpu)
{
	struct encoder_symbol *s = calloc(COUNT, sizeof(*s));
	for (uint32_t i = 0; i < COUNT; i++) {
		s[i].address = TEXT + (uint64_t)i * 0x20;
		s[i].type = i % 3 ? 'T' : 't';
		snprintf(s[i].name, sizeof(s[i].name), i % 2 ? "sys_call_%u" : "do_work_%u.isra.0", i);
		if (percpu && i < PERCPU) {
			s[i].address = i * 0x100;
			s[i].type = 'A';
			snprintf(s[i].name, sizeof(s[i].name), "var_percpu_%u", i);
		}
	}
	s[20].address = s[21].address;
	strcpy(s[22].name, "do_work_twice");
	strcpy(s[1022].name, "do_work_twice");
	strcpy(s[1023].name, "do_work");
	memset(s[700].name, 'q', 600);
	strcpy(s[COUNT - 1].name, "_end");
	s[COUNT - 1].type = 'B';
	return s;
}

struct fixture {
	struct iq_target target;
	struct encoder encoder;
	struct encoder_symbol *symbols;
	struct iq_symbols *registry;
};

static void setup(struct fixture *f, struct encoder_options options)
{
	fake_init(&f->target);
	options.base = TABLES;
	options.relative_base = TEXT + (options.encoding == IQ_KALLSYMS_RELATIVE_PERCPU ? PERCPU * 0x20 : 0);
	options.marker_size = options.marker_size ? options.marker_size : 4;
	f->symbols = make_symbols(options.encoding == IQ_KALLSYMS_RELATIVE_PERCPU);
	encode(&f->encoder, &options, f->symbols, COUNT);
	fake_add(&f->target, TABLES, f->encoder.bytes, f->encoder.size);
	f->target.layout.text = TEXT;
	f->target.layout.text_end = TABLES + 0x400000;
	f->registry = NULL;
}

static void open_tables(struct fixture *f, const struct iq_kallsyms_tables *tables)
{
	struct iq_symbol_source *source;
	assert_null(iq_kallsyms_new(&f->target, tables, &source));
	assert_null(iq_symbols_new(&f->target, &f->registry));
	assert_null(iq_symbols_add(f->registry, source));
}

static void teardown(struct fixture *f)
{
	iq_symbols_free(f->registry);
	free(f->encoder.bytes);
	free(f->symbols);
	fake_free(&f->target);
}

struct walk {
	const struct encoder_symbol *expected;
	uint32_t at, wrong;
};

static struct iq_error *check_each(void *context, const struct iq_symbol *symbol)
{
	struct walk *walk = context;
	const struct encoder_symbol *wanted = &walk->expected[walk->at++];
	walk->wrong += strcmp(symbol->name, wanted->name) != 0 || symbol->address != wanted->address ||
		       symbol->type != wanted->type;
	return NULL;
}

static struct iq_error *count_names(void *context, const struct iq_symbol *symbol)
{
	uint64_t *sum = context;
	*sum = *sum * 1000 + (symbol->address - TEXT) / 0x20;
	return NULL;
}

static void assert_symbol(struct fixture *f, const char *name, uint32_t i)
{
	struct iq_symbol symbol;
	assert_null(iq_symbol_by_name(f->registry, name, &symbol));
	assert_int_equal(symbol.address, f->symbols[i].address);
}

static void check_questions(struct fixture *f)
{
	struct iq_symbol symbol;
	assert_null(iq_symbol_at(f->registry, f->symbols[100].address + 7, &symbol));
	assert_string_equal(symbol.name, f->symbols[100].name);
	assert_int_equal(symbol.address, f->symbols[100].address);
	assert_int_equal(symbol.size, 0x20);
	assert_int_equal(symbol.type, f->symbols[100].type);
	/* Of two at one address the first in the table. */
	assert_null(iq_symbol_at(f->registry, f->symbols[21].address + 1, &symbol));
	assert_string_equal(symbol.name, f->symbols[20].name);
	assert_int_equal(symbol.size, 0x20);
	assert_true(iq_failed(iq_symbol_at(f->registry, TEXT - 1, &symbol)));
	assert_true(iq_failed(iq_symbol_at(f->registry, TEXT + COUNT * 0x20 + 0x2000, &symbol)));
	assert_null(iq_symbol_at(f->registry, f->symbols[700].address, &symbol));
	assert_int_equal(strlen(symbol.name), 600);

	for (uint32_t i = 0; i < COUNT; i += 37) {
		if (i != 1022)
			assert_symbol(f, f->symbols[i].name, i);
	}
	assert_symbol(f, "_end", COUNT - 1);
	assert_symbol(f, "do_work", 1023);
	assert_symbol(f, f->symbols[700].name, 700);
	uint64_t sum = 0;
	assert_null(iq_symbols_by_name(f->registry, "do_work_twice", count_names, &sum));
	assert_int_equal(sum, 22 * 1000 + 1022);
	assert_true(iq_failed(iq_symbol_by_name(f->registry, "do_work_", &symbol)));
	assert_true(iq_failed(iq_symbol_by_name(f->registry, "", &symbol)));

	struct iq_symbol next;
	assert_null(iq_symbol_at(f->registry, f->symbols[255].address, &symbol));
	assert_null(iq_symbol_next(f->registry, &symbol, &next));
	assert_string_equal(next.name, f->symbols[256].name);
	assert_null(iq_symbol_previous(f->registry, &next, &symbol));
	assert_string_equal(symbol.name, f->symbols[255].name);

	struct walk walk = { .expected = f->symbols };
	assert_null(iq_symbols_each(f->registry, NULL, check_each, &walk));
	assert_int_equal(walk.at, COUNT);
	assert_int_equal(walk.wrong, 0);
	assert_int_equal(f->target.warnings.length, 0);
}

static void assert_tables(const struct iq_kallsyms_tables *found, const struct iq_kallsyms_tables *wanted)
{
	assert_int_equal(found->names, wanted->names);
	assert_int_equal(found->token_table, wanted->token_table);
	assert_int_equal(found->token_index, wanted->token_index);
	assert_int_equal(found->offsets, wanted->offsets);
	assert_int_equal(found->encoding, wanted->encoding);
	assert_int_equal(found->markers, wanted->markers);
	assert_int_equal(found->marker_size, wanted->marker_size);
	assert_int_equal(found->seqs, wanted->seqs);
	assert_int_equal(found->count, wanted->count);
	if (wanted->encoding == IQ_KALLSYMS_RELATIVE || wanted->encoding == IQ_KALLSYMS_RELATIVE_PERCPU)
		assert_int_equal(found->relative_base, wanted->relative_base);
}

/* Every layout that kernels have had since 4.18, found by its look and through vmcoreinfo. */
static const struct encoder_options layouts[] = {
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_RELATIVE_PERCPU, .marker_size = 8 }, /* 4.18 */
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_ABSOLUTE, .marker_size = 8 },
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_RELATIVE_PERCPU }, /* 5.0 to 6.1 */
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_RELATIVE },
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_ABSOLUTE },
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_RELATIVE_PERCPU, .seqs = true }, /* 6.2 to 6.4 */
	{ .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_ABSOLUTE, .seqs = true },
	{ .order = ENCODER_SINCE_6_5, .encoding = IQ_KALLSYMS_RELATIVE_PERCPU, .seqs = true }, /* 6.5 to 6.14 */
	{ .order = ENCODER_SINCE_6_5, .encoding = IQ_KALLSYMS_ABSOLUTE, .seqs = true },
	{ .order = ENCODER_SINCE_6_5, .encoding = IQ_KALLSYMS_RELATIVE, .seqs = true },       /* 6.15 to 6.19 */
	{ .order = ENCODER_SINCE_6_5, .encoding = IQ_KALLSYMS_PLACE_RELATIVE, .seqs = true }, /* 7.0 */
};

static void recognises_every_layout(void **state)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(layouts); i++) {
		struct fixture f;
		struct iq_kallsyms_tables found;
		setup(&f, layouts[i]);
		struct iq_error *error = iq_kallsyms_recognise(&f.target, &found);
		if (error)
			fail_msg("layout %zu: %s", i, error->message);
		assert_tables(&found, &f.encoder.tables);
		open_tables(&f, &found);
		check_questions(&f);
		teardown(&f);
	}
}

static char *write_vmcoreinfo(const struct encoder *e, enum iq_kallsyms_encoding encoding)
{
	struct iq_strbuf text = { 0 };
	iq_strbuf_addf(&text, "OSRELEASE=6.9\nSYMBOL(kallsyms_names)=%lx\nSYMBOL(kallsyms_num_syms)=%lx\n",
		       e->tables.names, e->num_syms);
	iq_strbuf_addf(&text, "SYMBOL(kallsyms_token_table)=%lx\nSYMBOL(kallsyms_token_index)=%lx\n",
		       e->tables.token_table, e->tables.token_index);
	iq_strbuf_addf(&text, "SYMBOL(kallsyms_%s)=%lx\n", encoding == IQ_KALLSYMS_ABSOLUTE ? "addresses" : "offsets",
		       e->tables.offsets);
	if (encoding == IQ_KALLSYMS_RELATIVE || encoding == IQ_KALLSYMS_RELATIVE_PERCPU)
		iq_strbuf_addf(&text, "SYMBOL(kallsyms_relative_base)=%lx\n", e->relative_base);
	return iq_strbuf_steal(&text);
}

static void finds_every_layout_through_vmcoreinfo(void **state)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(layouts); i++) {
		struct fixture f;
		struct iq_kallsyms_tables found;
		setup(&f, layouts[i]);
		_cleanup_free_ char *text = write_vmcoreinfo(&f.encoder, layouts[i].encoding);
		f.target.vmcoreinfo = text;
		assert_null(iq_kallsyms_from_vmcoreinfo(&f.target, &found));
		assert_tables(&found, &f.encoder.tables);
		open_tables(&f, &found);
		check_questions(&f);
		teardown(&f);
	}
}

static const struct encoder_options usual = { .order = ENCODER_BEFORE_6_5, .encoding = IQ_KALLSYMS_RELATIVE_PERCPU };

/* One address must not cost a walk over the tables. */
static void an_address_reads_little(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	setup(&f, usual);
	open_tables(&f, &f.encoder.tables);
	f.target.bytes_read = 0;
	assert_null(iq_symbol_at(f.registry, f.symbols[1500].address, &symbol));
	assert_true(f.target.bytes_read < 24000);
	teardown(&f);
}

static void percpu_offsets_keep_their_values(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	setup(&f, usual);
	open_tables(&f, &f.encoder.tables);
	assert_null(iq_symbol_by_name(f.registry, "var_percpu_3", &symbol));
	assert_int_equal(symbol.address, 0x300);
	assert_int_equal(symbol.size, 0x100);
	assert_int_equal(symbol.type, 'A');
	/* The last one must not reach from the per-CPU offsets into the kernel. */
	assert_null(iq_symbol_by_name(f.registry, "var_percpu_4", &symbol));
	assert_int_equal(symbol.size, 0);
	assert_true(iq_failed(iq_symbol_at(f.registry, 0x301, &symbol)));
	teardown(&f);
}

static uint8_t *at(struct fixture *f, uint64_t address)
{
	return f->encoder.bytes + (address - TABLES);
}

static void a_bad_token_costs_only_its_names(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	setup(&f, usual);
	memset(at(&f, f.encoder.tables.token_index + 'q' * 2), 0xff, 2);
	open_tables(&f, &f.encoder.tables);
	assert_non_null(strstr(f.target.warnings.text, "kallsyms_token_index"));
	assert_true(iq_failed(iq_symbol_at(f.registry, f.symbols[700].address, &symbol)));
	assert_null(iq_symbol_at(f.registry, f.symbols[701].address, &symbol));
	assert_string_equal(symbol.name, f.symbols[701].name);
	assert_symbol(&f, "_end", COUNT - 1);
	teardown(&f);
}

static void all_tokens_bad_is_an_error(void **state)
{
	struct fixture f;
	struct iq_symbol_source *source;
	setup(&f, usual);
	memset(at(&f, f.encoder.tables.token_index), 0xff, 512);
	struct iq_error *error = iq_kallsyms_new(&f.target, &f.encoder.tables, &source);
	assert_true(iq_error_is(error, IQ_ERROR_FORMAT));
	iq_error_free(error);
	teardown(&f);
}

static void absurd_counts_are_errors(void **state)
{
	static const uint32_t counts[] = { 0, 0xffffffff, 0x7fffffff, IQ_KALLSYMS_MAX };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(counts); i++) {
		struct fixture f;
		struct iq_symbol_source *source;
		setup(&f, usual);
		struct iq_kallsyms_tables tables = f.encoder.tables;
		tables.count = counts[i];
		assert_true(iq_failed(iq_kallsyms_new(&f.target, &tables, &source)));
		_cleanup_free_ char *text = write_vmcoreinfo(&f.encoder, usual.encoding);
		f.target.vmcoreinfo = text;
		memcpy(at(&f, f.encoder.num_syms), &counts[i], 4);
		/* It must come to an end with an error, whatever is tried. */
		assert_true(iq_failed(iq_kallsyms_open(&f.target, &source)));
		teardown(&f);
	}
}

/* Markers that are missing, or all wrong, are counted out of the names. */
static void markers_can_be_done_without(void **state)
{
	for (unsigned round = 0; round < 2; round++) {
		struct fixture f;
		setup(&f, usual);
		struct iq_kallsyms_tables tables = f.encoder.tables;
		if (round)
			memset(at(&f, tables.markers), 0x55, COUNT / 256 * 4);
		else
			tables.markers = 0;
		open_tables(&f, &tables);
		check_questions(&f);
		teardown(&f);
	}
}

/* Ctrl-C while the markers are counted: the next question counts them again. */
static void counting_markers_can_be_interrupted(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	setup(&f, usual);
	struct iq_kallsyms_tables tables = f.encoder.tables;
	tables.markers = 0;
	open_tables(&f, &tables);
	f.target.interrupt_at = f.target.reads + 3;
	struct iq_error *error = iq_symbol_by_name(f.registry, "_end", &symbol);
	assert_true(iq_error_is(error, IQ_ERROR_INTERRUPTED));
	iq_error_free(error);
	iq_interrupt_set(false);
	check_questions(&f);
	teardown(&f);
}

/* A table that repeats one offset is in order, and none. */
static void all_at_one_address_are_none(void **state)
{
	struct fixture f;
	struct iq_symbol_source *source;
	setup(&f, usual);
	memset(at(&f, f.encoder.tables.offsets), 0xff, COUNT * 4);
	assert_true(iq_failed(iq_kallsyms_new(&f.target, &f.encoder.tables, &source)));
	teardown(&f);
}

/* A thousand entries of rubbish: what is found beside them is right, and nothing is found among them. */
static void rubbish_among_the_addresses(void **state)
{
	static const uint32_t rubbish[] = { 0, 0xffffffff, 0x80000000, 0x12345678 };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(rubbish); i++) {
		struct fixture f;
		struct iq_symbol symbol;
		setup(&f, usual);
		for (uint32_t n = 1000; n < 2000; n++)
			memcpy(at(&f, f.encoder.tables.offsets + n * 4), &rubbish[i], 4);
		open_tables(&f, &f.encoder.tables);
		for (uint32_t n = 0; n < COUNT; n++) {
			uint64_t address = f.symbols[n].address;
			if (!(address >> 63) || (n && f.symbols[n - 1].address == address))
				continue;
			bool found = !iq_failed(iq_symbol_at(f.registry, address, &symbol));
			if (n < 900 || n >= 2100)
				assert_true(found);
			if (found) {
				assert_int_equal(symbol.address, address);
				assert_string_equal(symbol.name, f.symbols[n].name);
			}
		}
		teardown(&f);
	}
}

static void one_wrong_marker_is_put_right(void **state)
{
	for (uint32_t marker = 0; marker < COUNT / 256; marker++) {
		for (unsigned by = 1; by < 5000; by += 1234) {
			struct fixture f;
			uint32_t value;
			setup(&f, usual);
			memcpy(&value, at(&f, f.encoder.tables.markers + marker * 4), 4);
			value += by;
			memcpy(at(&f, f.encoder.tables.markers + marker * 4), &value, 4);
			open_tables(&f, &f.encoder.tables);
			check_questions(&f);
			teardown(&f);
		}
	}
}

struct damage {
	const struct encoder_symbol *symbols;
	uint32_t given, wrong;
};

static struct iq_error *check_damaged(void *context, const struct iq_symbol *symbol)
{
	struct damage *damage = context;
	uint32_t i = 0;
	while (i < COUNT &&
	       (damage->symbols[i].address != symbol->address || strcmp(damage->symbols[i].name, symbol->name) != 0))
		i++;
	damage->wrong += i == COUNT;
	damage->given++;
	return NULL;
}

/* A length byte that makes a name run over the block's end: the names of that block are gone, no other's, none is made
 * up. */
static void a_damaged_name_stream_costs_its_block(void **state)
{
	static const uint8_t lengths[] = { 0, 0xff, 0x60 };
	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct fixture f;
		uint32_t marker;
		setup(&f, usual);
		memcpy(&marker, at(&f, f.encoder.tables.markers + 4 * 4), 4);
		*at(&f, f.encoder.tables.names + marker) = lengths[i];
		open_tables(&f, &f.encoder.tables);
		struct damage damage = { .symbols = f.symbols };
		assert_null(iq_symbols_each(f.registry, NULL, check_damaged, &damage));
		assert_int_equal(damage.given, COUNT - 256);
		assert_int_equal(damage.wrong, 0);
		assert_non_null(strstr(f.target.warnings.text, "kallsyms_names"));
		assert_symbol(&f, f.symbols[4 * 256 - 1].name, 4 * 256 - 1);
		assert_symbol(&f, f.symbols[5 * 256].name, 5 * 256);
		struct iq_symbol symbol;
		assert_true(iq_failed(iq_symbol_by_name(f.registry, f.symbols[4 * 256 + 9].name, &symbol)));
		assert_true(iq_failed(iq_symbol_at(f.registry, f.symbols[4 * 256 + 9].address, &symbol)));
		teardown(&f);
	}
}

static void the_stream_may_run_off_the_end(void **state)
{
	struct fixture f;
	struct iq_symbol symbol;
	setup(&f, usual);
	struct iq_kallsyms_tables tables = f.encoder.tables;
	uint32_t marker, last = (COUNT + 255) / 256 - 1;
	memcpy(&marker, at(&f, tables.markers + last * 4), 4);
	*at(&f, tables.names + marker) = 0xff; /* with the next byte, longer than what is left */
	open_tables(&f, &tables);
	struct damage damage = { .symbols = f.symbols };
	assert_null(iq_symbols_each(f.registry, NULL, check_damaged, &damage));
	assert_int_equal(damage.given, last * 256);
	assert_int_equal(damage.wrong, 0);
	assert_true(iq_failed(iq_symbol_at(f.registry, f.symbols[COUNT - 2].address, &symbol)));
	teardown(&f);
}

/* A page of names that the dump lacks costs the blocks on it. */
static void missing_pages_cost_what_is_on_them(void **state)
{
	struct fixture f;
	setup(&f, usual);
	uint64_t hole = (f.encoder.tables.names + 20000) & ~UINT64_C(0xfff);
	f.target.count = 0;
	fake_add(&f.target, TABLES, f.encoder.bytes, hole - TABLES);
	fake_add(&f.target, hole + 4096, at(&f, hole + 4096), f.encoder.size - (hole + 4096 - TABLES));
	open_tables(&f, &f.encoder.tables);
	struct damage damage = { .symbols = f.symbols };
	assert_null(iq_symbols_each(f.registry, NULL, check_damaged, &damage));
	assert_true(damage.given >= COUNT - 3 * 256 && damage.given < COUNT);
	assert_int_equal(damage.wrong, 0);
	assert_symbol(&f, "_end", COUNT - 1);
	teardown(&f);
}

static void broken_seqs_fall_back_to_the_names(void **state)
{
	struct fixture f;
	setup(&f,
	      (struct encoder_options){ .order = ENCODER_SINCE_6_5, .encoding = IQ_KALLSYMS_RELATIVE, .seqs = true });
	memset(at(&f, f.encoder.tables.seqs + COUNT / 2 * 3), 0xff, 3);
	open_tables(&f, &f.encoder.tables);
	check_questions(&f);
	teardown(&f);
}

static void nothing_is_recognised_in_nothing(void **state)
{
	struct fixture f;
	struct iq_kallsyms_tables found;
	setup(&f, usual);
	memset(at(&f, f.encoder.tables.token_table), 0, 512);
	struct iq_error *error = iq_kallsyms_recognise(&f.target, &found);
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	iq_error_free(error);
	f.target.count = 0;
	assert_true(iq_failed(iq_kallsyms_recognise(&f.target, &found)));
	f.target.layout.text = 0;
	assert_true(iq_failed(iq_kallsyms_recognise(&f.target, &found)));
	teardown(&f);
}

/* The hash that is put together from tokens is the text's. */
static void token_hash_equals_text_hash(void **state)
{
	struct fixture f;
	struct iq_kallsyms_tokens tokens;
	setup(&f, usual);
	assert_null(iq_kallsyms_tokens_read(&f.target, f.encoder.tables.token_table, f.encoder.tables.token_index,
					    &tokens));
	for (uint32_t i = 0; i < COUNT; i += 11) {
		uint8_t bytes[1024];
		size_t n = encoder_compress(&f.symbols[i], bytes);
		assert_int_equal(iq_kallsyms_hash(&tokens, bytes, n), iq_kallsyms_hash_text(f.symbols[i].name));
	}
	iq_kallsyms_tokens_free(&tokens);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_every_layout),
		cmocka_unit_test(finds_every_layout_through_vmcoreinfo),
		cmocka_unit_test(an_address_reads_little),
		cmocka_unit_test(percpu_offsets_keep_their_values),
		cmocka_unit_test(a_bad_token_costs_only_its_names),
		cmocka_unit_test(all_tokens_bad_is_an_error),
		cmocka_unit_test(absurd_counts_are_errors),
		cmocka_unit_test(markers_can_be_done_without),
		cmocka_unit_test(counting_markers_can_be_interrupted),
		cmocka_unit_test(all_at_one_address_are_none),
		cmocka_unit_test(rubbish_among_the_addresses),
		cmocka_unit_test(one_wrong_marker_is_put_right),
		cmocka_unit_test(a_damaged_name_stream_costs_its_block),
		cmocka_unit_test(the_stream_may_run_off_the_end),
		cmocka_unit_test(missing_pages_cost_what_is_on_them),
		cmocka_unit_test(broken_seqs_fall_back_to_the_names),
		cmocka_unit_test(nothing_is_recognised_in_nothing),
		cmocka_unit_test(token_hash_equals_text_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
