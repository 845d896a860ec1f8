// SPDX-License-Identifier: GPL-2.0-or-later
/* DWARF expressions, byte by byte: a file is assembled with one variable for each, and located. */
#include "../cmocka_setup.h"

#include "config.h"

#include "type/dwarf.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#if IQ_HAVE_ELFUTILS && defined(__x86_64__)

#include <string.h>

static const uint64_t TEXT = UINT64_C(0xffffffff81000000);

/* Types lie at fixed offsets of the unit: see assemble(). */
#define LONG "0x1d"
#define INT "0x21"
#define UCHAR "0x25"
#define FLOAT "0x29"

#define ENTRY(start, end) #start ",0,0,0,0,0,0,0," #end ",0,0,0,0,0,0,0,"
#define LIST_END "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"

struct expression {
	const char *bytes; /* assembler's .byte operands */
	uint64_t value;
	enum iq_location_kind kind;
	const char *reason; /* of IQ_LOCATION_NONE, or of holes */
	bool list;          /* the bytes are those of a location list */
};

static const struct expression expressions[] = {
	{ "0x50", 0x1000, IQ_LOCATION_BYTES },                               /* reg0 */
	{ "0x52", 0, IQ_LOCATION_NONE, "in RCX" },                           /* reg2, not known */
	{ "0x72,0", 0, IQ_LOCATION_NONE, "needs RCX" },                      /* breg2 */
	{ "0x70,0x78", 0xff8, IQ_LOCATION_MEMORY },                          /* breg0 -8 */
	{ "0x91,0x70", 0x1ff0, IQ_LOCATION_MEMORY },                         /* fbreg -16, from the CFA */
	{ "0x9c", 0x2000, IQ_LOCATION_MEMORY },                              /* call_frame_cfa */
	{ "0x90,0x03", 0x1003, IQ_LOCATION_BYTES },                          /* regx 3 */
	{ "0x92,0x03,0x05", 0x1008, IQ_LOCATION_MEMORY },                    /* bregx 3 5 */
	{ "0x9e,8,1,2,3,4,5,6,7,8", 0x0807060504030201, IQ_LOCATION_BYTES }, /* implicit_value */
	{ "0x35,0x32,0x1e,0x9f", 10, IQ_LOCATION_BYTES },                    /* 5 * 2 stack_value */
	{ "0x37,0x33,0x1b,0x9f", 2, IQ_LOCATION_BYTES },                     /* 7 / 3 */
	{ "0x37,0x1f,0x33,0x1b,0x9f", (uint64_t)-2, IQ_LOCATION_BYTES },     /* -7 / 3, signed */
	{ "0x37,0x33,0x1d,0x9f", 1, IQ_LOCATION_BYTES },                     /* 7 % 3 */
	{ "0x37,0x30,0x1b,0x9f", 0, IQ_LOCATION_NONE, "divides by zero" },
	{ "0x11,0x7f,0x34,0x26,0x9f", (uint64_t)-1, IQ_LOCATION_BYTES },    /* -1 shra 4 */
	{ "0x11,0x7f,0x34,0x25,0x9f", UINT64_MAX >> 4, IQ_LOCATION_BYTES }, /* -1 shr 4 */
	{ "0x31,0x08,0x40,0x24,0x9f", 0, IQ_LOCATION_BYTES },               /* 1 << 64 */
	{ "0x11,0x7f,0x31,0x2d,0x9f", 1, IQ_LOCATION_BYTES },               /* -1 < 1 */
	{ "0x31,0x32,0x33,0x17,0x9f", 2, IQ_LOCATION_BYTES },               /* rot: 3 1 2 */
	{ "0x31,0x32,0x16,0x1c,0x9f", 1, IQ_LOCATION_BYTES },               /* swap: 2 - 1 */
	{ "0x31,0x32,0x14,0x9f", 1, IQ_LOCATION_BYTES },                    /* over */
	{ "0x31,0x32,0x33,0x15,2,0x9f", 1, IQ_LOCATION_BYTES },             /* pick 2 */
	{ "0x11,0x7b,0x19,0x20,0x9f", (uint64_t)~5, IQ_LOCATION_BYTES },    /* ~abs(-5) */
	{ "0x30,0x23,0x81,0x01,0x9f", 129, IQ_LOCATION_BYTES },             /* plus_uconst */
	{ "0x70,0,0x06,0x9f", 0x1000 + 0x11, IQ_LOCATION_BYTES },           /* deref: see read_pattern() */
	{ "0x70,0,0x94,1,0x9f", 0x11, IQ_LOCATION_BYTES },                  /* deref_size 1 */
	{ "0x70,0,0x94,3,0x9f", 0, IQ_LOCATION_NONE, "reads 3 bytes" },
	{ "0x30,0x06,0x9f", 0, IQ_LOCATION_NONE, "needs memory at 0" },
	/* Typed: 0x180 as unsigned char; -1 as int, made long again; 300 of a register as unsigned char. */
	{ "0x0a,0x80,0x01,0xa8," UCHAR ",0xa8,0,0x9f", 0x80, IQ_LOCATION_BYTES },
	{ "0x0c,0xff,0xff,0xff,0xff,0xa8," INT ",0xa8," LONG ",0x9f", (uint64_t)-1, IQ_LOCATION_BYTES },
	{ "0xa5,0x00," UCHAR ",0xa8,0,0x9f", 0, IQ_LOCATION_BYTES },
	{ "0x70,0,0xa6,1," UCHAR ",0x9f", 0x11, IQ_LOCATION_BYTES },
	{ "0xa4," INT ",4,0xfe,0xff,0xff,0xff,0xa8," LONG ",0x9f", (uint64_t)-2, IQ_LOCATION_BYTES },
	{ "0x31,0xa8," FLOAT ",0x9f", 0, IQ_LOCATION_NONE, "floating point" },
	/* Jumps: over a constant; back for ever; between operations. */
	{ "0x31,0x2f,1,0,0x30,0x9f", 1, IQ_LOCATION_BYTES },
	{ "0x31,0x28,2,0,0x30,0x9f,0x33,0x9f", 3, IQ_LOCATION_BYTES },
	{ "0x2f,0xfd,0xff", 0, IQ_LOCATION_NONE, "has no end" },
	{ "0x0a,1,2,0x2f,0xfb,0xff", 0, IQ_LOCATION_NONE, "jumps between" },
	{ "0x31,0x2f,0xfc,0xff", 0, IQ_LOCATION_NONE, "stack overflows" },
	{ "0x22", 0, IQ_LOCATION_NONE, "stack is empty" },
	/* Pieces: 4 bytes of RAX and 4 that are gone; all gone; 2 and 2 and nothing more. */
	{ "0x50,0x93,4,0x93,4", 0x1000, IQ_LOCATION_BYTES, "bytes 4-7: optimized out" },
	{ "0x93,8", 0, IQ_LOCATION_NONE, "bytes 0-7: optimized out" },
	{ "0x50,0x93,2,0x53,0x93,2", 0x10031000, IQ_LOCATION_BYTES, "bytes 4-7: no location" },
	{ "0x70,0,0x93,4,0x35,0x9f,0x93,4", 0x500001011, IQ_LOCATION_BYTES },
	{ "", 0, IQ_LOCATION_NONE, "optimized out" },
	{ "0x9b", 0, IQ_LOCATION_NONE, "thread-local" },
	{ "0xa3,1,0x55", 0, IQ_LOCATION_NONE, "in RDI at entry; the caller's debug information is not known" },
	{ "0xa3,1,0x57,0x9f", 0x1ff8, IQ_LOCATION_BYTES }, /* RSP at entry: below the CFA */
	{ "0x97", 0, IQ_LOCATION_NONE, "0x97" },           /* push_object_address */
	/* gcc's DW_OP_GNU_uninit (0xf0), which libdw doesn't know: as of "state" in 6.1's exc_page_fault. The code is
	 * at 1: the entry is of 16 to 32; the same before one of 0 to 8 in reg0; it is of 0 to 8 itself. */
	{ ENTRY(16, 32) "2,0,0x5c,0xf0," LIST_END, 0, IQ_LOCATION_NONE, "known at +0x10-+0x20", true },
	{ ENTRY(16, 32) "2,0,0x5c,0xf0," ENTRY(0, 8) "1,0,0x50," LIST_END, 0x1000, IQ_LOCATION_BYTES, NULL, true },
	{ ENTRY(0, 8) "2,0,0x5c,0xf0," LIST_END, 0, IQ_LOCATION_NONE, NULL, true },
};

/* One unit: base types, then a function with a variable for each expression. */
static void assemble(char path[64])
{
	static const char *const head =
		".text\n.globl f\nf: .fill 32,1,0x90\n"
		".section .debug_abbrev\n"
		".byte 1,0x11,1,0x11,1,0x12,7,0x03,8,0,0\n"       /* unit: low_pc addr, high_pc data8, name */
		".byte 2,0x24,0,0x0b,0x0b,0x3e,0x0b,0x03,8,0,0\n" /* base type: size, encoding, name */
		".byte 3,0x2e,1,0x11,1,0x12,7,0x03,8,0x40,0x18,0,0\n"
		".byte 4,0x34,0,0x03,8,0x49,0x13,0x02,0x18,0,0\n"
		".byte 5,0x34,0,0x03,8,0x49,0x13,0x02,0x17,0,0\n.byte 0\n"
		".section .debug_info\n.long end-begin\nbegin: .value 4\n.long 0\n.byte 8\n"
		".byte 1\n.quad f\n.quad 32\n.byte 0\n" /* 0x0b to 0x1d */;
	FILE *pipe;
	char command[256];
	strcpy(path, "/tmp/iq-expression-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command),
		 "cc -x assembler -nostdlib -static -Wl,-Ttext=0xffffffff81000000,-e,f -o %s -", path);
	pipe = popen(command, "w");
	assert_non_null(pipe);
	fprintf(pipe, "%s", head);
	fprintf(pipe, "%s", ".byte 2,8,5,0\n.byte 2,4,5,0\n.byte 2,1,8,0\n.byte 2,8,4,0\n");
	fprintf(pipe, "%s", ".byte 3\n.quad f\n.quad 32\n.asciz \"f\"\n.byte 1,0x9c\n");
	for (size_t i = 0; i < IQ_ARRAY_SIZE(expressions); i++) {
		if (expressions[i].list) {
			fprintf(pipe, ".byte 5\n.asciz \"v%zu\"\n.long %s\n.long l%zu-lists\n", i, LONG, i);
			continue;
		}
		fprintf(pipe, ".byte 4\n.asciz \"v%zu\"\n.long %s\n.uleb128 e%zu-b%zu\nb%zu: %s %s\ne%zu:\n", i, LONG,
			i, i, i, *expressions[i].bytes ? ".byte" : "", expressions[i].bytes, i);
	}
	fprintf(pipe, ".byte 0\n.byte 0\nend:\n.section .debug_loc\nlists:\n");
	for (size_t i = 0; i < IQ_ARRAY_SIZE(expressions); i++)
		if (expressions[i].list)
			fprintf(pipe, "l%zu: .byte %s\n", i, expressions[i].bytes);
	assert_int_equal(pclose(pipe), 0);
}

static bool get_reg(void *context, unsigned number, uint64_t *value)
{
	*value = 0x1000 + number;
	return number != 2;
}

static bool get_cfa(void *context, uint64_t *value)
{
	*value = 0x2000;
	return true;
}

/* Little-endian: 0x11 more than the address. */
static struct iq_error *read_pattern(void *context, uint64_t address, void *buffer, size_t length)
{
	uint64_t value = address + 0x11;
	if (!address)
		return iq_error_new(IQ_ERROR_MEMORY, "memory at %#lx", address);
	memcpy(buffer, &value, length);
	return NULL;
}

struct check {
	struct iq_dwarf *dwarf;
	const struct iq_scope *scope;
	size_t seen;
};

static struct iq_error *check_one(void *context, const struct iq_dwarf_variable *variable)
{
	struct check *check = context;
	const struct expression *wanted = &expressions[check->seen];
	struct iq_dwarf_machine machine = { TEXT + 1, get_reg, get_cfa, read_pattern, NULL, NULL };
	_cleanup_(iq_location_free) struct iq_location location = { 0 };
	assert_int_equal(strtoul(variable->name + 1, NULL, 10), check->seen++);
	assert_null(iq_dwarf_locate(check->dwarf, variable, check->scope, &machine, &location));
	if (location.kind != wanted->kind)
		fail_msg("%s: kind %d: %s", wanted->bytes, location.kind, location.reason ? location.reason : "");
	if (wanted->reason && (!location.reason || !strstr(location.reason, wanted->reason)))
		fail_msg("%s: %s", wanted->bytes, location.reason ? location.reason : "no reason");
	uint64_t value = location.address;
	if (location.kind == IQ_LOCATION_BYTES) {
		assert_int_equal(location.size, 8);
		memcpy(&value, location.bytes, 8);
		for (size_t i = 0; i < 8 && !wanted->reason; i++)
			assert_true(location.known[i]);
	}
	if (location.kind != IQ_LOCATION_NONE && value != wanted->value)
		fail_msg("%s: %#lx, not %#lx", wanted->bytes, value, wanted->value);
	return NULL;
}

static void test_expressions(void **state)
{
	char path[64];
	struct iq_scopes scopes;
	_cleanup_(iq_types_freep) struct iq_types *types = iq_types_new(NULL);
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = NULL;
	assemble(path);
	const struct iq_dwarf_options options = { .path = path, .types = types };
	assert_null(iq_dwarf_open(&options, &dwarf));
	assert_null(iq_dwarf_scopes(dwarf, TEXT + 1, &scopes));
	assert_string_equal(scopes.data[0].function, "f");
	assert_true(scopes.data[0].low_pc == TEXT);
	struct check check = { dwarf, &scopes.data[0], 0 };
	assert_null(iq_dwarf_variables(dwarf, &scopes.data[0], TEXT + 1, check_one, &check));
	assert_int_equal(check.seen, IQ_ARRAY_SIZE(expressions));
	iq_scopes_free(&scopes);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_expressions) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 0;
}

#endif
