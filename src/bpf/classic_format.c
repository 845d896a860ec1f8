// SPDX-License-Identifier: GPL-2.0-or-later
/* Classic BPF as text. Facts: Documentation/networking/filter.rst, include/uapi/linux/bpf_common.h, filter.h. */
#include "bpf/classic.h"

#include "util/cleanup.h"

enum { LD, LDX, ST, STX, ALU, JMP, RET, MISC }; /* code & 7 */
enum { IMM, ABS, IND, MEM, LEN, MSH };          /* of loads: code >> 5 */
enum { WORD, HALF, BYTE };                      /* of loads: code >> 3 & 3 */
enum { ALU_AND = 5, ALU_OR = 4, ALU_NEG = 8, ALU_XOR = 10 };
enum { SKF_AD_OFF = -0x1000 };

/* Loads from SKF_AD_OFF on ask for what is known of the packet. */
static const char *ancillary(uint32_t k)
{
	static const char *const names[] = { "proto",      "type",   "ifidx",  "nla",      "nlan", "mark",
					     "queue",      "hatype", "rxhash", "cpu",      NULL,   "vlan_tci",
					     "vlan_avail", "poff",   "rand",   "vlan_tpid" };
	uint32_t offset = k - (uint32_t)SKF_AD_OFF;
	return offset % 4 == 0 && offset / 4 < IQ_ARRAY_SIZE(names) ? names[offset / 4] : NULL;
}

static bool format_load(struct iq_bpf_classic_insn insn, struct iq_strbuf *out)
{
	static const char *const names[] = { [WORD] = "ld", [HALF] = "ldh", [BYTE] = "ldb" };
	unsigned size = insn.code >> 3 & 3, mode = insn.code >> 5;
	if (size > BYTE || mode > LEN || (size != WORD && mode != ABS && mode != IND))
		return false;
	iq_strbuf_add(out, names[size]);
	if (mode == ABS && ancillary(insn.k))
		iq_strbuf_addf(out, " #%s", ancillary(insn.k));
	else if (mode == ABS || mode == IND)
		iq_strbuf_addf(out, mode == IND ? " [x+%d]" : " [%d]", (int32_t)insn.k);
	else if (mode == MEM)
		iq_strbuf_addf(out, " M[%u]", insn.k);
	else if (mode == LEN)
		iq_strbuf_add(out, " #len");
	else
		iq_strbuf_addf(out, " #%#x", insn.k);
	return true;
}

static bool format_index_load(struct iq_bpf_classic_insn insn, struct iq_strbuf *out)
{
	switch (insn.code) {
	case LDX | WORD << 3 | IMM << 5: iq_strbuf_addf(out, "ldx #%#x", insn.k); return true;
	case LDX | WORD << 3 | MEM << 5: iq_strbuf_addf(out, "ldx M[%u]", insn.k); return true;
	case LDX | WORD << 3 | LEN << 5: iq_strbuf_add(out, "ldx #len"); return true;
	case LDX | BYTE << 3 | MSH << 5: iq_strbuf_addf(out, "ldxb 4*([%d]&0xf)", (int32_t)insn.k); return true;
	default: return false;
	}
}

/* The second operand of ALU and JMP: X or the constant. */
static void add_operand(struct iq_bpf_classic_insn insn, bool hexadecimal, struct iq_strbuf *out)
{
	if (insn.code & 8)
		iq_strbuf_add(out, " x");
	else
		iq_strbuf_addf(out, hexadecimal ? " #%#x" : " #%d", insn.k);
}

static bool format_arithmetic(struct iq_bpf_classic_insn insn, struct iq_strbuf *out)
{
	static const char *const names[] = {
		"add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", "mod", "xor"
	};
	unsigned operation = insn.code >> 4;
	if (operation >= IQ_ARRAY_SIZE(names) || (operation == ALU_NEG && insn.code & 8))
		return false;
	iq_strbuf_add(out, names[operation]);
	if (operation != ALU_NEG)
		add_operand(insn, operation == ALU_AND || operation == ALU_OR || operation == ALU_XOR, out);
	return true;
}

static bool format_jump(struct iq_bpf_classic_insn insn, size_t index, struct iq_strbuf *out)
{
	static const char *const names[] = { "ja", "jeq", "jgt", "jge", "jset" };
	unsigned operation = insn.code >> 4;
	if (operation >= IQ_ARRAY_SIZE(names) || (!operation && insn.code & 8))
		return false;
	iq_strbuf_add(out, names[operation]);
	if (!operation) {
		iq_strbuf_addf(out, " l%zu", index + 1 + insn.k);
		return true;
	}
	add_operand(insn, true, out);
	iq_strbuf_addf(out, ", l%zu, l%zu", index + 1 + insn.jt, index + 1 + insn.jf);
	return true;
}

static bool format_rest(struct iq_bpf_classic_insn insn, struct iq_strbuf *out)
{
	switch (insn.code) {
	case ST: iq_strbuf_addf(out, "st M[%u]", insn.k); return true;
	case STX: iq_strbuf_addf(out, "stx M[%u]", insn.k); return true;
	case RET: iq_strbuf_addf(out, "ret #%#x", insn.k); return true;
	case RET | 0x08: iq_strbuf_add(out, "ret x"); return true;
	case RET | 0x10: iq_strbuf_add(out, "ret a"); return true;
	case MISC: iq_strbuf_add(out, "tax"); return true;
	case MISC | 0x80: iq_strbuf_add(out, "txa"); return true;
	default: return false;
	}
}

void iq_bpf_classic_format(struct iq_bpf_classic_insn insn, size_t index, struct iq_strbuf *out)
{
	bool known = false;
	if (insn.code < 0x100) {
		switch (insn.code & 7) {
		case LD: known = format_load(insn, out); break;
		case LDX: known = format_index_load(insn, out); break;
		case ALU: known = format_arithmetic(insn, out); break;
		case JMP: known = format_jump(insn, index, out); break;
		default: known = format_rest(insn, out); break;
		}
	}
	if (!known)
		iq_strbuf_addf(out, "{ %#x, %u, %u, %#x }", insn.code, insn.jt, insn.jf, insn.k);
}
