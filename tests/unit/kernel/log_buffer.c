// SPDX-License-Identifier: GPL-2.0-or-later
/* The record buffer of 3.5 to 5.9, written here by the kernel's rules (log_store() in kernel/printk/printk.c of 4.18),
 * and then damaged. */
#include "../cmocka_setup.h"

#include "log_setup.h"

/* Where things lie in LOG: the variables, then the buffer. struct printk_log has 16 bytes. */
enum {
	BUFFER = 0,
	BUFFER_LENGTH = 8,
	FIRST = 12,
	NEXT = 16,
	FIRST_SEQ = 24,
	CLEAR = 32,
	BYTES = 0x100,
	SIZE = 256,
	HEADER = 16
};

#define VMCOREINFO                                                                                                     \
	"SYMBOL(log_buf)=ffffffff82000000\nSYMBOL(log_buf_len)=ffffffff82000008\nSYMBOL(log_first_idx)="               \
	"ffffffff8200000c\n"                                                                                           \
	"SYMBOL(log_next_idx)=ffffffff82000010\nSYMBOL(log_first_seq)=ffffffff82000018\n"                              \
	"SYMBOL(clear_seq)=ffffffff82000020\n"                                                                         \
	"OFFSET(printk_log.ts_nsec)=0\nOFFSET(printk_log.len)=8\nOFFSET(printk_log.text_len)=10\n"                     \
	"OFFSET(printk_log.dict_len)=12\n"
#define SIZES "SIZE(printk_log)=16\n"

static struct log_machine *buffer_open(const char *vmcoreinfo)
{
	struct log_machine *m = calloc(1, sizeof(*m));
	log_open(m, vmcoreinfo);
	put(m, BUFFER, LOG + BYTES, 8);
	put(m, BUFFER_LENGTH, SIZE, 4);
	return m;
}

static void buffer_close(struct log_machine *m)
{
	log_close(m);
	free(m);
}

static uint32_t u32(const struct log_machine *m, uint64_t offset)
{
	return (uint32_t)got(m, offset);
}

static void drop_oldest(struct log_machine *m)
{
	uint32_t first = u32(m, FIRST), length = (uint16_t)got(m, BYTES + first + 8);
	first += length;
	if (first + HEADER > SIZE || (uint16_t)got(m, BYTES + first + 8) == 0)
		first = 0; /* as log_next() */
	put(m, FIRST, first, 4);
	put(m, FIRST_SEQ, got(m, FIRST_SEQ) + 1, 8);
}

/* Is there room for the record, and for a header of zeros behind it? logbuf_has_space() */
static bool has_space(const struct log_machine *m, uint32_t size, bool empty)
{
	uint32_t first = u32(m, FIRST), next = u32(m, NEXT);
	uint32_t space = next > first || empty ? IQ_MAX(SIZE - next, first) : first - next;
	return space >= size + HEADER;
}

/* log_store(). Returns the record's place. */
static uint32_t store(struct log_machine *m, const char *text, const char *dict, unsigned dict_length,
		      unsigned *records)
{
	uint32_t text_length = (uint32_t)strlen(text), size = (HEADER + text_length + dict_length + 3) / 4 * 4;
	while (*records && !has_space(m, size, false)) {
		drop_oldest(m);
		--*records;
	}
	uint32_t at = u32(m, NEXT);
	if (at + size + HEADER > SIZE) {
		memset(m->memory + BYTES + at, 0, IQ_MIN(HEADER, SIZE - at));
		at = 0;
	}
	if (!*records)
		put(m, FIRST, at, 4);
	memset(m->memory + BYTES + at, 0, size);
	put(m, BYTES + at, UINT64_C(1500000000), 8);
	put(m, BYTES + at + 8, size, 2);
	put(m, BYTES + at + 10, text_length, 2);
	put(m, BYTES + at + 12, dict_length, 2);
	put(m, BYTES + at + 14, 3, 1);          /* facility */
	put(m, BYTES + at + 15, 4 << 5 | 6, 1); /* level and flags */
	memcpy(m->memory + BYTES + at + HEADER, text, text_length);
	if (dict_length)
		memcpy(m->memory + BYTES + at + HEADER + text_length, dict, dict_length);
	put(m, NEXT, at + size, 4);
	++*records;
	return at;
}

static void expect(struct log_machine *m, const char *records)
{
	struct iq_error *error = log_read(m);
	if (error)
		fail_msg("%s", error->message);
	assert_string_equal(iq_strbuf_text(&m->records), records);
	assert_string_equal(iq_strbuf_text(&m->target.warnings), "");
}

/* What comes before the damage is shown. */
static void expect_damage(struct log_machine *m, const char *records, enum iq_error_code code, const char *message)
{
	struct iq_error *error = log_read(m);
	assert_non_null(error);
	assert_int_equal(error->code, code);
	if (!strstr(error->message, message))
		fail_msg("\"%s\" is not in \"%s\"", message, error->message);
	assert_string_equal(iq_strbuf_text(&m->records), records);
	iq_error_free(error);
}

static void fields(void **state)
{
	static const char dict[] = "SUBSYSTEM=usb\0DEVICE=+usb:1-1";
	struct log_machine *m = buffer_open(VMCOREINFO SIZES);
	unsigned records = 0;
	expect(m, "");
	put(m, FIRST_SEQ, 7, 8);
	store(m, "new device", dict, sizeof(dict), &records);
	expect(m, "7 <3.4> new device|");
	assert_int_equal(m->last.time_ns, UINT64_C(1500000000));
	assert_int_equal(m->last.flags, 6);
	assert_int_equal(m->last.dict_length, sizeof(dict));
	assert_memory_equal(m->dict, dict, sizeof(dict));
	assert_string_equal(m->subsystem, "");
	store(m, "", NULL, 0, &records);
	expect(m, "7 <3.4> new device|8 <3.4> |");
	assert_null(m->last.dict);
	put(m, CLEAR, 8, 8);
	expect(m, "clear 7 <3.4> new device|8 <3.4> |");
	buffer_close(m);
}

static void wraps_around(void **state)
{
	struct log_machine *m = buffer_open(VMCOREINFO SIZES);
	unsigned kept = 0;
	for (unsigned n = 0; n < 500; n++) {
		char text[80] = "", records[2048] = "";
		memset(text, 'a' + (int)(n % 26), n * 7 % 61);
		store(m, text, "", 0, &kept);
		assert_true(kept >= 1);
		for (unsigned old = n + 1 - kept; old <= n; old++) {
			char part[80] = "";
			memset(part, 'a' + (int)(old % 26), old * 7 % 61);
			sprintf(records + strlen(records), "%u <3.4> %s|", old, part);
		}
		expect(m, records);
	}
	buffer_close(m);
}

/* The writer goes back to the start where a header of zeros says so, or where none has room. */
static void ends_of_the_buffer(void **state)
{
	for (uint32_t rest = 0; rest <= 3 * HEADER; rest += 4) {
		struct log_machine *m = buffer_open(VMCOREINFO SIZES);
		char text[256] = "";
		unsigned records = 0;
		put(m, FIRST, 128, 4);
		put(m, NEXT, 128, 4);
		memset(text, 'z', 128 - HEADER - rest);
		store(m, text, "", 0, &records);
		if (u32(m, FIRST) ==
		    128) { /* else it went to the start itself, for want of room for a header behind it */
			memset(m->memory + BYTES + SIZE - rest, 0, rest);
			put(m, NEXT, 0, 4);
			store(m, "start", "", 0, &records);
			sprintf(text + strlen(text), "|1 <3.4> start|");
		} else {
			strcat(text, "|");
		}
		char expected[512];
		snprintf(expected, sizeof(expected), "0 <3.4> %s", text);
		expect(m, expected);
		buffer_close(m);
	}
}

static void damaged_lengths(void **state)
{
	struct log_machine *m = buffer_open(VMCOREINFO SIZES);
	unsigned records = 0;
	store(m, "zero", "", 0, &records);
	uint32_t at = store(m, "one", "", 0, &records), header = BYTES + at;
	store(m, "two", "", 0, &records);
	static const uint16_t lengths[] = { 0, 1, 15, 48, 255, 256, 0xffff };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(lengths); i++) {
		put(m, header + 8, lengths[i], 2);
		expect_damage(m, "0 <3.4> zero|", IQ_ERROR_FORMAT, "kernel log: record of ");
	}
	put(m, header + 8, 20, 2);
	put(m, header + 10, 5, 2); /* of the four bytes behind the header */
	expect_damage(m, "0 <3.4> zero|", IQ_ERROR_FORMAT,
		      "kernel log: record of 20 bytes with 5 of text and 0 of dictionary at 20");
	put(m, header + 10, 3, 2);
	put(m, header + 12, 0xfffe, 2);
	expect_damage(m, "0 <3.4> zero|", IQ_ERROR_FORMAT, "with 3 of text and 65534 of dictionary");
	put(m, header + 12, 0, 2);
	expect(m, "0 <3.4> zero|1 <3.4> one|2 <3.4> two|");
	/* Lengths that lead past log_next_idx end in old records: they are not shown. */
	put(m, header + 8, 16 + 8, 2);
	expect_damage(m, "0 <3.4> zero|1 <3.4> one|", IQ_ERROR_FORMAT, "record of ");
	put(m, NEXT, 50, 4);
	put(m, header + 8, 20, 2);
	expect_damage(m, "0 <3.4> zero|1 <3.4> one|", IQ_ERROR_FORMAT, "record of 20 bytes");
	buffer_close(m);
}

static void damaged_variables(void **state)
{
	static const struct {
		uint64_t offset, value;
	} wrong[] = { { BUFFER_LENGTH, 0 },  { BUFFER_LENGTH, 15 }, { BUFFER_LENGTH, UINT32_MAX }, { FIRST, SIZE },
		      { FIRST, UINT32_MAX }, { NEXT, SIZE + 1 },    { NEXT, UINT32_MAX } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(wrong); i++) {
		struct log_machine *m = buffer_open(VMCOREINFO SIZES);
		unsigned records = 0;
		store(m, "zero", "", 0, &records);
		put(m, wrong[i].offset, wrong[i].value, 4);
		expect_damage(m, "", IQ_ERROR_FORMAT, "kernel log: log_buf of ");
		buffer_close(m);
	}
	/* A next index before the first means the way by the end; with nothing there, it ends at once. */
	struct log_machine *m = buffer_open(VMCOREINFO SIZES);
	put(m, FIRST, 64, 4);
	expect(m, "");
	put(m, NEXT, 32, 4);
	expect_damage(m, "", IQ_ERROR_FORMAT, "record of 0 bytes");
	buffer_close(m);
}

static void missing_memory(void **state)
{
	struct log_machine *m = buffer_open(VMCOREINFO SIZES);
	unsigned records = 0;
	store(m, "zero", "", 0, &records);
	uint32_t at = store(m, "one", "", 0, &records);
	store(m, "two", "", 0, &records);
	m->target.count = 0;
	fake_add(&m->target, LOG, m->memory, BYTES + at + HEADER);
	expect_damage(m, "0 <3.4> zero|", IQ_ERROR_MEMORY, "nothing at ");
	m->target.count = 0;
	fake_add(&m->target, LOG, m->memory, BUFFER_LENGTH);
	expect_damage(m, "", IQ_ERROR_MEMORY, "log_buf_len: nothing at ");
	buffer_close(m);
}

static void description(void **state)
{
	static const char *const sizes[] = { "SIZE(printk_log)=15\n", "SIZE(printk_log)=65\n",
					     "SIZE(printk_log)=18446744073709551615\n" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(sizes); i++) {
		char vmcoreinfo[1024];
		snprintf(vmcoreinfo, sizeof(vmcoreinfo), "%s%s", VMCOREINFO, sizes[i]);
		struct log_machine *m = buffer_open(vmcoreinfo);
		expect_damage(m, "", IQ_ERROR_FORMAT, "struct printk_log of ");
		buffer_close(m);
	}
	struct log_machine *m = buffer_open(SIZES);
	expect_damage(m, "", IQ_ERROR_NOT_FOUND, "printk_log");
	buffer_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(wraps_around),
		cmocka_unit_test(ends_of_the_buffer),
		cmocka_unit_test(damaged_lengths),
		cmocka_unit_test(damaged_variables),
		cmocka_unit_test(missing_memory),
		cmocka_unit_test(description),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
