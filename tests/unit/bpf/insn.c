/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../cmocka_setup.h"

#include "bpf/insn_code.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <string.h>

/*
 * What print_bpf_insn() of Linux 6.12's kernel/bpf/disasm.c, compiled as it is, prints for them (the immediate zero and
 * no instruction behind it). The two agreed on 221,000 of 322,560 instructions: every opcode with 6 pairs of registers,
 * 10 offsets and 21 immediates; of the rest those that are none here ("BUG_"), and those below that the kernel
 * sanitises before it shows them or has only learned since.
 */
/* clang-format off */
static const struct {
	struct iq_bpf_insn insn;
	const char *text;
} texts[] = {
	{ { 0xb7, 0, 0, 0, 1 }, "(b7) r0 = 1" },
	{ { 0xbf, 6, 1, 0, 0 }, "(bf) r6 = r1" },
	{ { 0x07, 2, 0, 0, -8 }, "(07) r2 += -8" },
	{ { 0x0f, 1, 2, 0, 0 }, "(0f) r1 += r2" },
	{ { 0x1c, 3, 4, 0, 0 }, "(1c) w3 -= w4" },
	{ { 0x27, 1, 0, 0, 10 }, "(27) r1 *= 10" },
	{ { 0x3f, 1, 2, 0, 0 }, "(3f) r1 /= r2" },
	{ { 0x3f, 1, 2, 1, 0 }, "(3f) r1 s/= r2" },
	{ { 0x97, 1, 0, 1, 7 }, "(97) r1 s%= 7" },
	{ { 0x94, 1, 0, 0, 7 }, "(94) w1 %= 7" },
	{ { 0x34, 1, 0, 1, -7 }, "(34) w1 s/= -7" },
	{ { 0x47, 1, 0, 0, 255 }, "(47) r1 |= 255" },
	{ { 0x5c, 1, 2, 0, 0 }, "(5c) w1 &= w2" },
	{ { 0x67, 3, 0, 0, 32 }, "(67) r3 <<= 32" },
	{ { 0x77, 3, 0, 0, 32 }, "(77) r3 >>= 32" },
	{ { 0xc7, 3, 0, 0, 32 }, "(c7) r3 s>>= 32" },
	{ { 0xa4, 3, 0, 0, -1 }, "(a4) w3 ^= -1" },
	{ { 0x87, 4, 0, 0, 0 }, "(87) r4 = -r4" },
	{ { 0x84, 4, 0, 0, 0 }, "(84) w4 = -w4" },
	{ { 0xbf, 1, 2, 8, 0 }, "(bf) r1 = (s8)r2" },
	{ { 0xbf, 1, 2, 16, 0 }, "(bf) r1 = (s16)r2" },
	{ { 0xbf, 1, 2, 32, 0 }, "(bf) r1 = (s32)r2" },
	{ { 0xbc, 1, 2, 8, 0 }, "(bc) w1 = (s8)w2" },
	{ { 0xbf, 1, 2, 1, 65536 }, "(bf) r1 = addr_space_cast(r2, 1, 0)" },
	{ { 0xbf, 0, 0, -1, 0 }, "(bf) r0 = &(void __percpu *)(r0)" },
	{ { 0xd4, 1, 0, 0, 16 }, "(d4) r1 = le16 r1" },
	{ { 0xdc, 1, 0, 0, 32 }, "(dc) r1 = be32 r1" },
	{ { 0xdc, 1, 0, 0, 64 }, "(dc) r1 = be64 r1" },
	{ { 0xd7, 1, 0, 0, 16 }, "(d7) r1 = bswap16 r1" },
	{ { 0xd7, 1, 0, 0, 64 }, "(d7) r1 = bswap64 r1" },
	{ { 0x61, 0, 1, 76, 0 }, "(61) r0 = *(u32 *)(r1 +76)" },
	{ { 0x69, 0, 1, 2, 0 }, "(69) r0 = *(u16 *)(r1 +2)" },
	{ { 0x71, 0, 1, -1, 0 }, "(71) r0 = *(u8 *)(r1 -1)" },
	{ { 0x79, 10, 11, 0, 0 }, "(79) r10 = *(u64 *)(r11 +0)" },
	{ { 0x81, 0, 1, 4, 0 }, "(81) r0 = *(s32 *)(r1 +4)" },
	{ { 0x89, 0, 1, 4, 0 }, "(89) r0 = *(s16 *)(r1 +4)" },
	{ { 0x91, 0, 1, 4, 0 }, "(91) r0 = *(s8 *)(r1 +4)" },
	{ { 0x62, 10, 0, -4, 7 }, "(62) *(u32 *)(r10 -4) = 7" },
	{ { 0x7a, 10, 0, -8, -1 }, "(7a) *(u64 *)(r10 -8) = -1" },
	{ { 0x73, 10, 1, -1, 0 }, "(73) *(u8 *)(r10 -1) = r1" },
	{ { 0x7b, 10, 6, -16, 0 }, "(7b) *(u64 *)(r10 -16) = r6" },
	{ { 0xc2, 0, 0, 0, 0 }, "(c2) nospec" },
	{ { 0xc3, 1, 2, 0, 0 }, "(c3) lock *(u32 *)(r1 +0) += r2" },
	{ { 0xdb, 1, 2, 8, 64 }, "(db) lock *(u64 *)(r1 +8) |= r2" },
	{ { 0xdb, 1, 2, 8, 80 }, "(db) lock *(u64 *)(r1 +8) &= r2" },
	{ { 0xdb, 1, 2, 8, 160 }, "(db) lock *(u64 *)(r1 +8) ^= r2" },
	{ { 0xdb, 1, 2, 8, 1 }, "(db) r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)" },
	{ { 0xc3, 1, 2, 8, 65 }, "(c3) r2 = atomic_fetch_or((u32 *)(r1 +8), r2)" },
	{ { 0xc3, 1, 2, -8, 81 }, "(c3) r2 = atomic_fetch_and((u32 *)(r1 -8), r2)" },
	{ { 0xdb, 1, 2, 8, 161 }, "(db) r2 = atomic64_fetch_xor((u64 *)(r1 +8), r2)" },
	{ { 0xdb, 1, 2, 8, 225 }, "(db) r2 = atomic64_xchg((u64 *)(r1 +8), r2)" },
	{ { 0xc3, 1, 2, 8, 225 }, "(c3) r2 = atomic_xchg((u32 *)(r1 +8), r2)" },
	{ { 0xdb, 1, 2, 8, 241 }, "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r2)" },
	{ { 0xc3, 1, 2, 8, 241 }, "(c3) r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)" },
	{ { 0x20, 0, 0, 0, 12 }, "(20) r0 = *(u32 *)skb[12]" },
	{ { 0x28, 0, 0, 0, 12 }, "(28) r0 = *(u16 *)skb[12]" },
	{ { 0x50, 0, 1, 0, 4 }, "(50) r0 = *(u8 *)skb[r1 + 4]" },
	{ { 0x05, 0, 0, 3, 0 }, "(05) goto pc+3" },
	{ { 0x05, 0, 0, -3, 0 }, "(05) goto pc-3" },
	{ { 0x06, 0, 0, 0, 70000 }, "(06) gotol pc+70000" },
	{ { 0xe5, 0, 0, 5, 0 }, "(e5) may_goto pc+5" },
	{ { 0x15, 0, 0, 4, 0 }, "(15) if r0 == 0x0 goto pc+4" },
	{ { 0x1d, 0, 1, 4, 0 }, "(1d) if r0 == r1 goto pc+4" },
	{ { 0x25, 0, 0, 4, -1 }, "(25) if r0 > 0xffffffff goto pc+4" },
	{ { 0x36, 0, 0, 4, 5 }, "(36) if w0 >= 0x5 goto pc+4" },
	{ { 0x4d, 3, 4, -2, 0 }, "(4d) if r3 & r4 goto pc-2" },
	{ { 0x55, 3, 0, 2, 2147483647 }, "(55) if r3 != 0x7fffffff goto pc+2" },
	{ { 0x66, 1, 0, 1, -5 }, "(66) if w1 s> 0xfffffffb goto pc+1" },
	{ { 0x7e, 1, 2, 1, 0 }, "(7e) if w1 s>= w2 goto pc+1" },
	{ { 0xa5, 1, 0, 1, 9 }, "(a5) if r1 < 0x9 goto pc+1" },
	{ { 0xbd, 1, 2, 1, 0 }, "(bd) if r1 <= r2 goto pc+1" },
	{ { 0xc5, 1, 0, 1, 0 }, "(c5) if r1 s< 0x0 goto pc+1" },
	{ { 0xde, 1, 2, 1, 0 }, "(de) if w1 s<= w2 goto pc+1" },
	{ { 0x95, 0, 0, 0, 0 }, "(95) exit" },
	{ { 0x85, 0, 0, 0, -70000 }, "(85) call unknown#-70000" },
	{ { 0x85, 0, 1, 0, 4 }, "(85) call pc+4" },
	{ { 0x85, 0, 2, 0, -70000 }, "(85) call kernel-function#-70000" },
};
/* clang-format on */

static void check_text(const struct iq_bpf_insn *insns, size_t count, const char *expected, size_t slots)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	assert_int_equal(iq_bpf_insn_format(insns, count, 0, NULL, &text), slots);
	assert_string_equal(text.text, expected);
}

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(texts); i++)
		check_text(&texts[i].insn, 1, texts[i].text, 1);
}

/* bpf_insn_prepare_dump() gives bpftool other opcodes than memory has; selftests' verifier_arena.c, and
 * verifier_load_acquire.c of 6.15 on, say what the newest instructions look like. */
static void test_kernels_own(void **state)
{
	static const struct {
		struct iq_bpf_insn insn;
		const char *text;
	} own[] = {
		{ { 0x39, 1, 2, 8, 0 }, "(79) r1 = *(u64 *)(r2 +8)" },
		{ { 0x21, 1, 2, 8, 0 }, "(61) r1 = *(u32 *)(r2 +8)" },
		{ { 0x41, 1, 2, 8, 0 }, "(81) r1 = *(s32 *)(r2 +8)" },
		{ { 0xc1, 1, 2, 8, 0 }, "(81) r1 = *(s32 *)(r2 +8)" },
		{ { 0xb9, 1, 2, 8, 0 }, "(79) r1 = *(u64 *)(r2 +8)" },
		{ { 0xba, 1, 0, 8, 5 }, "(7a) *(u64 *)(r1 +8) = 5" },
		{ { 0xbb, 1, 2, 8, 0 }, "(7b) *(u64 *)(r1 +8) = r2" },
		{ { 0xfb, 1, 2, 8, 0 }, "(db) lock *(u64 *)(r1 +8) += r2" },
		{ { 0xf5, 0, 0, 0, 3 }, "(85) call bpf_tail_call#12" },
		{ { 0xe5, 0, 1, 7, -123456 }, "(85) call pc+7" },
		{ { 0x85, 0, 1, 7, 2 }, "(85) call pc+7" },
		{ { 0x0d, 1, 0, 0, 0 }, "(0d) gotox r1" },
		{ { 0xdb, 2, 1, -8, 0x110 }, "(db) store_release((u64 *)(r2 -8), r1)" },
		{ { 0xdb, 4, 3, -8, 0x100 }, "(db) r4 = load_acquire((u64 *)(r3 -8))" },
		{ { 0xd3, 2, 10, -1, 0x100 }, "(d3) r2 = load_acquire((u8 *)(r10 -1))" },
		{ { 0x00, 0, 0, 0, 0 }, "BUG_ld_00" },
		{ { 0x99, 0, 0, 0, 0 }, "BUG_ldx_99" },
		{ { 0xe7, 0, 0, 0, 0 }, "BUG_alu64_e7" },
		{ { 0xb7, 12, 0, 0, 0 }, "BUG_alu64_b7" },
		{ { 0xdb, 1, 2, 0, 0x10 }, "BUG_stx_db" },
	};
	(void)state;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(own); i++)
		check_text(&own[i].insn, 1, own[i].text, 1);
}

static void test_wide(void **state)
{
	const struct iq_bpf_insn insns[] = { { 0x18, 1, 0, 0, 0x55667788 }, { 0, 0, 0, 0, 0x11223344 } };
	(void)state;
	check_text(insns, 2, "(18) r1 = 0x1122334455667788", 2);
	check_text(insns, 1, "BUG_ld_18", 1); /* the second half is not there */
}

static bool add_call(void *context, size_t index, struct iq_strbuf *out)
{
	(void)context;
	iq_strbuf_addf(out, "helper#%zu", index);
	return true;
}

static bool add_immediate(void *context, size_t index, uint64_t value, struct iq_strbuf *out)
{
	(void)context;
	iq_strbuf_addf(out, "map[id:%lu]+%zu", value, index);
	return true;
}

static void test_names(void **state)
{
	const struct iq_bpf_insn insns[] = { { 0x85, 0, 0, 0, 99 }, { 0x18, 1, 0, 0, 3 }, { 0, 0, 0, 0, 0 } };
	const struct iq_bpf_names names = { .call = add_call, .imm64 = add_immediate };
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	(void)state;
	assert_int_equal(iq_bpf_insn_format(insns, 3, 0, &names, &text), 1);
	assert_int_equal(iq_bpf_insn_format(insns, 3, 1, &names, &text), 2);
	assert_string_equal(text.text, "(85) call helper#0(18) r1 = map[id:3]+1");
}

static void test_decode(void **state)
{
	static const uint8_t bytes[] = { 0x7b, 0x6a, 0xf8, 0xff, 0x78, 0x56, 0x34, 0xf2 };
	struct iq_bpf_insn insn = iq_bpf_insn_decode(bytes);
	(void)state;
	assert_int_equal(insn.code, 0x7b);
	assert_int_equal(insn.dst, 10);
	assert_int_equal(insn.src, 6);
	assert_int_equal(insn.off, -8);
	assert_int_equal(insn.imm, (int32_t)0xf2345678);
}

/*
 * Opcodes that some offset or immediate makes an instruction. LLVM 19's disassembler (--mcpu=v4) knows the first; the
 * second are the kernel's own (include/linux/filter.h), gotox (6.19), and the load-acquires and store-releases of bytes
 * and half words, which are newer than it.
 */
static const uint8_t of_llvm[] = {
	0x04, 0x05, 0x06, 0x07, 0x0c, 0x0f, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1c, 0x1d, 0x1e, 0x1f, 0x20,
	0x24, 0x25, 0x26, 0x27, 0x28, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x34, 0x35, 0x36, 0x37, 0x3c, 0x3d,
	0x3e, 0x3f, 0x40, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x54, 0x55, 0x56,
	0x57, 0x5c, 0x5d, 0x5e, 0x5f, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x69, 0x6a, 0x6b, 0x6c,
	0x6d, 0x6e, 0x6f, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e,
	0x7f, 0x81, 0x84, 0x85, 0x87, 0x89, 0x8d, 0x91, 0x94, 0x95, 0x97, 0x9c, 0x9f, 0xa4, 0xa5, 0xa6,
	0xa7, 0xac, 0xad, 0xae, 0xaf, 0xb4, 0xb5, 0xb6, 0xb7, 0xbc, 0xbd, 0xbe, 0xbf, 0xc3, 0xc4, 0xc5,
	0xc6, 0xc7, 0xcc, 0xcd, 0xce, 0xcf, 0xd4, 0xd5, 0xd6, 0xd7, 0xdb, 0xdc, 0xdd, 0xde, 0xe5,
};
static const uint8_t of_kernel[] = {
	0x0d, 0x21, 0x29, 0x31, 0x39, 0x41, 0x49, 0x51, 0xa1, 0xa2, 0xa3, 0xa9, 0xaa, 0xab, 0xb1, 0xb2,
	0xb3, 0xb9, 0xba, 0xbb, 0xc1, 0xc2, 0xc9, 0xcb, 0xd1, 0xd3, 0xe3, 0xeb, 0xf3, 0xf5, 0xfb,
};

static bool is_instruction(uint8_t code)
{
	static const struct {
		int16_t off;
		int32_t imm;
	} operands[] = { { 0, 0 }, { 0, 16 }, { 0, 0x100 } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(operands); i++) {
		struct iq_bpf_insn insns[2] = { { code, 1, 0, operands[i].off, operands[i].imm } };
		if (iq_bpf_insn_meaning(insns, 2, 0).kind != IQ_BPF_INVALID)
			return true;
	}
	return false;
}

static void test_opcodes(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		bool known =
			memchr(of_llvm, (int)code, sizeof(of_llvm)) || memchr(of_kernel, (int)code, sizeof(of_kernel));
		if (is_instruction((uint8_t)code) != known)
			fail_msg("%02x: %s", code, known ? "is an instruction" : "is none");
	}
}

static struct iq_bpf_meaning mean(uint8_t code, uint8_t src, int16_t off, int32_t imm)
{
	struct iq_bpf_insn insns[2] = { { code, 1, src, off, imm } };
	return iq_bpf_insn_meaning(insns, 2, 0);
}

static void test_meaning(void **state)
{
	(void)state;
	assert_int_equal(mean(0xbf, 2, 0, 0).kind, IQ_BPF_ALU);
	assert_int_equal(mean(0xbf, 2, 0, 0).width, 8);
	assert_false(mean(0xbf, 2, 0, 0).uses_imm);
	assert_int_equal(mean(0xb4, 0, 0, 0).width, 4);
	assert_true(mean(0xb4, 0, 0, 0).uses_imm);
	assert_int_equal(mean(0x18, 0, 0, 0).slots, 2);
	assert_int_equal(mean(0x91, 2, 0, 0).kind, IQ_BPF_LOAD);
	assert_int_equal(mean(0x91, 2, 0, 0).width, 1);
	assert_true(mean(0x91, 2, 0, 0).signed_load);
	assert_int_equal(mean(0xdb, 2, 0, 0xf1).kind, IQ_BPF_ATOMIC);
	assert_int_equal(mean(0x6a, 0, 0, 0).kind, IQ_BPF_STORE);
	assert_int_equal(mean(0x6a, 0, 0, 0).width, 2);
	assert_int_equal(mean(0x05, 0, -3, 0).target, -2);
	assert_int_equal(mean(0x06, 0, 0, 70000).target, 70001);
	assert_int_equal(mean(0x5e, 2, 5, 0).kind, IQ_BPF_BRANCH);
	assert_int_equal(mean(0x5e, 2, 5, 0).width, 4);
	assert_int_equal(mean(0x5e, 2, 5, 0).target, 6);
	assert_int_equal(mean(0x85, 1, 9, 2).target, 10); /* as it is in memory: 9 away, function 2 */
	assert_int_equal(mean(0x85, 1, 0, 9).target, 10); /* as compiled */
	assert_false(mean(0x85, 0, 0, 9).has_target);
	assert_false(mean(0x0d, 0, 0, 0).has_target);
	assert_int_equal(mean(0xf5, 0, 0, 0).kind, IQ_BPF_TAIL_CALL);
	assert_int_equal(mean(0x95, 0, 0, 0).kind, IQ_BPF_EXIT);
	assert_int_equal(mean(0xc2, 0, 0, 0).kind, IQ_BPF_NOSPEC);
	assert_int_equal(iq_bpf_insn_meaning(NULL, 0, 0).kind, IQ_BPF_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),  cmocka_unit_test(test_text),  cmocka_unit_test(test_kernels_own),
		cmocka_unit_test(test_wide),    cmocka_unit_test(test_names), cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
