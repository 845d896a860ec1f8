// SPDX-License-Identifier: GPL-2.0-or-later
/* The lock-less log ring, written here by the kernel's rules (kernel/printk/printk_ringbuffer.c), and then damaged. */
#include "../cmocka_setup.h"

#include "ring_builder.h"

static struct log_machine *ring_open(const char *more)
{
	struct log_machine *m = calloc(1, sizeof(*m));
	char vmcoreinfo[2048];
	snprintf(vmcoreinfo, sizeof(vmcoreinfo), "%s%s", RING_VMCOREINFO, more);
	log_open(m, vmcoreinfo);
	ring_init(m);
	return m;
}

static void ring_close(struct log_machine *m)
{
	log_close(m);
	free(m);
}

static void expect(struct log_machine *m, const char *records)
{
	struct iq_error *error = log_read(m);
	if (error)
		fail_msg("%s", error->message);
	assert_string_equal(iq_strbuf_text(&m->records), records);
	assert_string_equal(iq_strbuf_text(&m->target.warnings), "");
}

/* What is whole is shown, what is not is told. */
static void expect_damage(struct log_machine *m, const char *records, const char *warning)
{
	struct iq_error *error = log_read(m);
	if (error)
		fail_msg("%s", error->message);
	assert_string_equal(iq_strbuf_text(&m->records), records);
	if (!strstr(iq_strbuf_text(&m->target.warnings), warning))
		fail_msg("\"%s\" is not in \"%s\"", warning, iq_strbuf_text(&m->target.warnings));
}

static void expect_failure(struct log_machine *m, enum iq_error_code code, const char *message)
{
	struct iq_error *error = log_read(m);
	assert_non_null(error);
	assert_int_equal(error->code, code);
	if (!strstr(error->message, message))
		fail_msg("\"%s\" is not in \"%s\"", message, error->message);
	assert_int_equal(m->count, 0);
	iq_error_free(error);
}

static void empty_ring(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	expect(m, "");
	ring_close(m);
}

static void fields(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	uint64_t id = ring_write(m, "usb 1-1: new device"), info = INFO_AT + 88 * place_of(id);
	put(m, info + 8, UINT64_C(4580123456), 8);
	put(m, info + 18, 24, 1);
	put(m, info + 19, 3 << 5 | 8, 1);
	put(m, info + 20, 0x80000001, 4);
	memcpy(m->memory + info + 24, "usbusbusbusbusbusb", 16); /* as long as it can be: no NUL */
	memcpy(m->memory + info + 40, "+usb:1-1", 9);
	expect(m, "0 <24.3> usb 1-1: new device|");
	assert_int_equal(m->last.time_ns, UINT64_C(4580123456));
	assert_int_equal(m->last.flags, 8);
	assert_true(m->last.has_caller);
	assert_int_equal(m->last.caller, 0x80000001);
	assert_string_equal(m->subsystem, "usbusbusbusbusbu");
	assert_string_equal(m->device, "+usb:1-1");
	assert_null(m->last.dict);
	ring_close(m);
}

/* The ring holds the newest records that fit into both of its parts; the test keeps them too. */
static void wraps_around(void **state)
{
	for (int new_rule = 0; new_rule < 2; new_rule++) {
		struct log_machine *m = ring_open(RING_SIZES);
		for (unsigned n = 0; n < 300; n++) {
			char text[80] = "", records[2048] = "";
			memset(text, 'a' + (int)(n % 26), n * 7 % 61);
			ring_write_by(m, text, FINALIZED, new_rule);
			uint64_t oldest = (got(m, TAIL_ID) - ((UINT64_C(1) << 62) - DESCS)) & ~(UINT64_C(3) << 62);
			if (got(m, TAIL_ID) == (UINT64_C(1) << 62) - (DESCS + 1))
				oldest = 0;
			assert_true(n - oldest < DESCS);
			for (uint64_t old = oldest; old <= n; old++) {
				char part[80] = "";
				memset(part, 'a' + (int)(old % 26), old * 7 % 61);
				sprintf(records + strlen(records), "%lu <3.6> %s|", old, part);
			}
			expect(m, records);
		}
		ring_close(m);
	}
}

/* 256 bytes: 16 and 232 leave 8, too few for the third, which is 16 long. */
static void block_at_the_end(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	char text[225] = "";
	memset(text, 'x', 224);
	ring_write(m, "first");
	ring_write(m, text);
	uint64_t id = ring_write(m, "third");
	assert_int_equal(got(m, DESC_AT + 24 * place_of(id) + 8) % TEXT_BYTES, 248);
	assert_int_equal(got(m, DESC_AT + 24 * place_of(id) + 16) % TEXT_BYTES, 16);
	assert_memory_equal(m->memory + TEXT_AT + 8, "third", 5);
	assert_null(log_read(m));
	assert_int_equal(m->count, 2); /* the first gave way */
	assert_int_equal(m->last.text_length, 5);
	ring_close(m);
}

/* 216 and 40 bytes: a block that ends where the ring does is moved to the start until 6.18, left where it is since. */
static void block_that_just_fits(void **state)
{
	char text[209] = "", records[512];
	memset(text, 'y', 208);
	for (int new_rule = 0; new_rule < 2; new_rule++) {
		struct log_machine *m = ring_open(RING_SIZES);
		ring_write_by(m, text, FINALIZED, new_rule);
		uint64_t id = ring_write_by(m, "32 bytes: 32 bytes: 32 bytes: 32", FINALIZED, new_rule);
		uint64_t next = got(m, DESC_AT + 24 * place_of(id) + 16);
		assert_int_equal(next, new_rule ? 0 : 40);
		assert_int_equal(m->memory[TEXT_AT + 8], new_rule ? 'y' : '3');
		snprintf(records, sizeof(records), "%s%s%s1 <3.6> 32 bytes: 32 bytes: 32 bytes: 32|",
			 new_rule ? "0 <3.6> " : "", new_rule ? text : "", new_rule ? "|" : "");
		expect(m, records);
		ring_close(m);
	}
}

static void states(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	ring_write_by(m, "final", FINALIZED, false);
	ring_write_by(m, "reserved", RESERVED, false);   /* being written when the kernel died */
	ring_write_by(m, "committed", COMMITTED, false); /* whole, but might have been continued */
	ring_write_by(m, "reusable", REUSABLE, false);
	expect(m, "0 <3.6> final|2 <3.6> committed|");
	ring_close(m);
}

static void no_text(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	ring_write(m, "");
	uint64_t id = ring_write(m, "lost");
	ring_block(m, id, 1, 1); /* FAILED_LPOS: no room was left for the text, the length stays */
	expect(m, "0 <3.6> |1 <3.6> |");
	ring_close(m);
}

static void wrong_ids(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	ring_write(m, "zero");
	uint64_t one = ring_write(m, "one");
	uint64_t two = ring_write(m, "two");
	ring_write(m, "three");
	put(m, DESC_AT + 24 * place_of(one), UINT64_C(2) << 62 | (one - DESCS),
	    8); /* the descriptor's former owner's */
	expect(m, "0 <3.6> zero|2 <3.6> two|3 <3.6> three|");
	put(m, TEXT_AT + got(m, DESC_AT + 24 * place_of(two) + 8) % TEXT_BYTES, one, 8);
	expect_damage(m, "0 <3.6> zero|3 <3.6> three|", "kernel log: a record is damaged: block of another record");
	ring_close(m);
}

static void cleared(void **state)
{
	static const char *const none = "0 <3.6> a|1 <3.6> b|2 <3.6> c|",
				 *const two = "clear 0 <3.6> a|clear 1 <3.6> b|2 <3.6> c|";
	for (int latched = 0; latched < 2; latched++) {
		struct log_machine *m = ring_open(latched ? RING_SIZES RING_LATCH : RING_SIZES);
		ring_write(m, "a");
		ring_write(m, "b");
		ring_write(m, "c");
		if (latched) {
			/* { sequence; val[2] }: an even sequence says that val[0] is whole. */
			put(m, CLEAR_SEQ, 4, 4);
			put(m, CLEAR_SEQ + 8, 2, 8);
			put(m, CLEAR_SEQ + 16, UINT64_C(0xbad), 8);
			expect(m, two);
			put(m, CLEAR_SEQ, 5, 4);
			put(m, CLEAR_SEQ + 8, UINT64_C(0xbad), 8);
			put(m, CLEAR_SEQ + 16, 0, 8);
			expect(m, none);
			put(m, CLEAR_SEQ + 16, 2, 8);
			expect(m, two);
		} else { /* a u64 before 5.13 */
			expect(m, none);
			put(m, CLEAR_SEQ, 2, 8);
			expect(m, two);
		}
		ring_close(m);
	}
}

static void damaged_records(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	ring_write(m, "zero");
	uint64_t one = ring_write(m, "one");
	ring_write(m, "two");
	uint64_t begin = got(m, DESC_AT + 24 * place_of(one) + 8), next = got(m, DESC_AT + 24 * place_of(one) + 16);
	const uint64_t wrong[][2] = {
		{ next, begin },                   /* backwards */
		{ begin, begin },                  /* empty */
		{ begin, begin + 2 },              /* too small for the id, and not aligned */
		{ begin, begin + 4 * TEXT_BYTES }, /* several laps */
		{ begin, begin + TEXT_BYTES + 8 }, /* longer than the ring */
		{ UINT64_MAX - 7, 0x10 },
		{ 0, UINT64_MAX - 1 },
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(wrong); i++) {
		ring_block(m, one, wrong[i][0], wrong[i][1]);
		expect_damage(m, "0 <3.6> zero|2 <3.6> two|", "kernel log: a record is damaged: block ");
	}
	ring_block(m, one, begin, next);
	/* A length beyond its block shows the block, not its neighbour. */
	put(m, INFO_AT + 88 * place_of(one) + 16, 0xffff, 2);
	assert_null(log_read(m));
	assert_int_equal(m->count, 3);
	assert_memory_equal(strchr(iq_strbuf_text(&m->records), '1'), "1 <3.6> one\0\0\0\0\0|", 17);
	ring_close(m);
}

static void damaged_ring(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	ring_write(m, "zero");
	ring_write(m, "one");
	for (uint64_t bits = 0; bits <= UINT32_MAX; bits = bits ? bits * 2 : 32) {
		put(m, COUNT_BITS, bits, 4);
		expect_failure(m, IQ_ERROR_FORMAT, "prb_desc_ring.count_bits is ");
		put(m, COUNT_BITS, 3, 4);
		put(m, SIZE_BITS, bits, 4);
		expect_failure(m, IQ_ERROR_FORMAT, "prb_data_ring.size_bits is ");
		put(m, SIZE_BITS, 8, 4);
	}
	/* A tail that can't be: the whole ring is looked through. */
	put(m, TAIL_ID, 17, 8);
	expect_damage(m, "0 <3.6> zero|1 <3.6> one|", "kernel log: descriptors from 0x11 to ");
	put(m, PRB, LOG + LOG_SIZE, 8);
	expect_failure(m, IQ_ERROR_MEMORY, "nothing at ");
	put(m, PRB, LOG + RING, 8);
	put(m, RING + 8, LOG + LOG_SIZE - 48, 8); /* two descriptors, then nothing */
	assert_null(log_read(m));
	assert_int_equal(m->count, 0);
	assert_non_null(strstr(iq_strbuf_text(&m->target.warnings), "records are damaged"));
	/* A ring as large as it can be, with nothing there: the end comes soon. */
	put(m, COUNT_BITS, 26, 4);
	put(m, TAIL_ID, got(m, HEAD_ID) - (1 << 26) + 1, 8);
	expect_failure(m, IQ_ERROR_LIMIT, "65536 records are damaged");
	ring_close(m);
}

/* Every part that is missing costs the records in it. */
static void missing_memory(void **state)
{
	for (uint64_t cut = 0; cut < LOG_SIZE; cut += 8) {
		struct log_machine *m = ring_open(RING_SIZES);
		for (unsigned n = 0; n < 12; n++)
			ring_write(m, "some text or other");
		assert_null(log_read(m));
		unsigned whole = m->count;
		m->target.count = 0;
		fake_add(&m->target, LOG, m->memory, cut);
		fake_add(&m->target, LOG + cut + 8, m->memory + cut + 8, LOG_SIZE - cut - 8);
		struct iq_error *error = log_read(m);
		if (cut >= DESC_AT) {
			assert_null(error);
			assert_in_range(m->count, whole - 1, whole);
			assert_int_equal(m->target.warnings.length != 0, m->count < whole);
		} else {
			assert_true(!error || iq_error_is(error, IQ_ERROR_MEMORY));
		}
		iq_error_free(error);
		ring_close(m);
	}
}

static void description(void **state)
{
	static const char *const sizes[] = { "SIZE(printk_info)=0\n", "SIZE(printk_info)=16\n",
					     "SIZE(printk_info)=100000\n", "SIZE(printk_info)=18446744073709551615\n" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(sizes); i++) {
		struct log_machine *m = ring_open(sizes[i]);
		expect_failure(m, IQ_ERROR_FORMAT, "struct printk_info of ");
		ring_close(m);
	}
	struct log_machine *m = ring_open("");
	expect_failure(m, IQ_ERROR_NOT_FOUND, "printk_info"); /* neither vmcoreinfo nor types */
	ring_close(m);
	m = ring_open("SIZE(printk_info)=24\n"); /* before 5.10 had dev_info; the ring's stride is another one then */
	expect(m, "");
	ring_close(m);
}

static void stops(void **state)
{
	struct log_machine *m = ring_open(RING_SIZES);
	ring_write(m, "zero");
	ring_write(m, "one");
	m->stop_after = 1;
	struct iq_error *error = log_read(m);
	assert_true(iq_error_is(error, IQ_ERROR_INTERRUPTED));
	assert_int_equal(m->count, 1);
	iq_error_free(error);
	ring_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_ring),
		cmocka_unit_test(fields),
		cmocka_unit_test(wraps_around),
		cmocka_unit_test(block_at_the_end),
		cmocka_unit_test(block_that_just_fits),
		cmocka_unit_test(states),
		cmocka_unit_test(no_text),
		cmocka_unit_test(wrong_ids),
		cmocka_unit_test(cleared),
		cmocka_unit_test(damaged_records),
		cmocka_unit_test(damaged_ring),
		cmocka_unit_test(missing_memory),
		cmocka_unit_test(description),
		cmocka_unit_test(stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
