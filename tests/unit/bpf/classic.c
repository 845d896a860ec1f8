/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../cmocka_setup.h"

#include "bpf/classic.h"
#include "util/cleanup.h"

struct expected {
	struct iq_bpf_classic_insn insn;
	size_t index;
	const char *text;
};

/*
 * What bpf_disasm() of Linux 6.1's tools/bpf/bpf_dbg.c, compiled as it is, prints for them. The two agreed on all 256
 * codes with 8 constants but for what stands below.
 */
static const struct expected texts[] = {
	{ { 0x20, 0, 0, 0x4 }, 0, "ld [4]" },
	{ { 0x28, 0, 0, 0xc }, 0, "ldh [12]" },
	{ { 0x30, 0, 0, 0x17 }, 2, "ldb [23]" },
	{ { 0x40, 0, 0, 0x8 }, 0, "ld [x+8]" },
	{ { 0x48, 0, 0, 0xe }, 1, "ldh [x+14]" },
	{ { 0x50, 0, 0, 0xfffffffc }, 0, "ldb [x+-4]" },
	{ { 0x0, 0, 0, 0x1234 }, 0, "ld #0x1234" },
	{ { 0x60, 0, 0, 0x3 }, 0, "ld M[3]" },
	{ { 0x80, 0, 0, 0x0 }, 0, "ld #len" },
	{ { 0x1, 0, 0, 0x7 }, 0, "ldx #0x7" },
	{ { 0x61, 0, 0, 0xf }, 0, "ldx M[15]" },
	{ { 0xb1, 0, 0, 0xe }, 3, "ldxb 4*([14]&0xf)" },
	{ { 0x2, 0, 0, 0x1 }, 0, "st M[1]" },
	{ { 0x3, 0, 0, 0x2 }, 0, "stx M[2]" },
	{ { 0x15, 3, 4, 0xc000003e }, 1, "jeq #0xc000003e, l5, l6" },
	{ { 0x1d, 0, 5, 0x0 }, 7, "jeq x, l8, l13" },
	{ { 0x25, 255, 0, 0x64 }, 10, "jgt #0x64, l266, l11" },
	{ { 0x35, 1, 0, 0x0 }, 0, "jge #0, l2, l1" },
	{ { 0x45, 0, 2, 0x1fff }, 4, "jset #0x1fff, l5, l7" },
	{ { 0x4, 0, 0, 0x4 }, 0, "add #4" },
	{ { 0xc, 0, 0, 0x0 }, 0, "add x" },
	{ { 0x14, 0, 0, 0xc }, 0, "sub #12" },
	{ { 0x24, 0, 0, 0xa }, 0, "mul #10" },
	{ { 0x34, 0, 0, 0x2 }, 0, "div #2" },
	{ { 0x44, 0, 0, 0xff }, 0, "or #0xff" },
	{ { 0x54, 0, 0, 0xf0 }, 0, "and #0xf0" },
	{ { 0x64, 0, 0, 0x3 }, 0, "lsh #3" },
	{ { 0x7c, 0, 0, 0x0 }, 0, "rsh x" },
	{ { 0x84, 0, 0, 0x0 }, 0, "neg" },
	{ { 0x94, 0, 0, 0x2 }, 0, "mod #2" },
	{ { 0xa4, 0, 0, 0x55 }, 0, "xor #0x55" },
	{ { 0xac, 0, 0, 0x0 }, 0, "xor x" },
	{ { 0x6, 0, 0, 0x7fff0000 }, 0, "ret #0x7fff0000" },
	{ { 0xe, 0, 0, 0x0 }, 0, "ret x" },
	{ { 0x16, 0, 0, 0x0 }, 0, "ret a" },
	{ { 0x7, 0, 0, 0x0 }, 0, "tax" },
	{ { 0x87, 0, 0, 0x0 }, 0, "txa" },
};

/* The kernel's other tool, the assembler bpf_asm, knows these (bpf_exp.l, bpf_exp.y): the disassembler shows numbers.
 */
static const struct expected names[] = {
	{ { 0x20, 0, 0, 0xfffff000 }, 0, "ld #proto" }, { { 0x20, 0, 0, 0xfffff008 }, 0, "ld #ifidx" },
	{ { 0x20, 0, 0, 0xfffff024 }, 0, "ld #cpu" },   { { 0x20, 0, 0, 0xfffff03c }, 0, "ld #vlan_tpid" },
	{ { 0x81, 0, 0, 0 }, 0, "ldx #len" },           { { 0x05, 0, 0, 3 }, 4, "ja l8" },
};

/* No name at SKF_AD_ALU_XOR_X, between two, or behind the last. */
static const struct expected numbers[] = {
	{ { 0x20, 0, 0, 0xfffff028 }, 0, "ld [-4056]" },
	{ { 0x20, 0, 0, 0xfffff001 }, 0, "ld [-4095]" },
	{ { 0x20, 0, 0, 0xfffff040 }, 0, "ld [-4032]" },
};

/* "nosup" in bpf_dbg. */
static const struct expected none[] = {
	{ { 0x18, 1, 2, 3 }, 0, "{ 0x18, 1, 2, 0x3 }" },
	{ { 0xb5, 0, 0, 0 }, 0, "{ 0xb5, 0, 0, 0 }" },
	{ { 0x8c, 0, 0, 0 }, 0, "{ 0x8c, 0, 0, 0 }" },
	{ { 0x28 | 0x100, 0, 0, 12 }, 0, "{ 0x128, 0, 0, 0xc }" },
	{ { 0xffff, 255, 255, 0xffffffff }, 0, "{ 0xffff, 255, 255, 0xffffffff }" },
};

static void check(const struct expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		iq_bpf_classic_format(expected[i].insn, expected[i].index, &text);
		assert_string_equal(iq_strbuf_text(&text), expected[i].text);
	}
}

static void as_the_kernels_disassembler(void **state)
{
	(void)state;
	check(texts, IQ_ARRAY_SIZE(texts));
}

static void names_of_the_assembler(void **state)
{
	(void)state;
	check(names, IQ_ARRAY_SIZE(names));
	check(numbers, IQ_ARRAY_SIZE(numbers));
}

static void what_is_no_instruction(void **state)
{
	(void)state;
	check(none, IQ_ARRAY_SIZE(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_kernels_disassembler),
		cmocka_unit_test(names_of_the_assembler),
		cmocka_unit_test(what_is_no_instruction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
