// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text of an instruction. Facts: the notation of kernel/bpf/disasm.c up to 6.18.
 *
 * What a program has in memory is not what bpftool is given: bpf_insn_prepare_dump() (kernel/bpf/syscall.c) turns what
 * the kernel made of some instructions back. So do we: loads that may fault and accesses of an arena look like plain
 * ones, atomics of an arena like plain atomics, with the plain one's opcode in front; the internal tail call is the
 * call of helper 12, the call by the interpreter a call. Of sign-extending loads that may fault the kernel forgets to
 * do so up to 6.12 at least, and bpftool shows "BUG_ldx_81"; we show the load.
 *
 * What is no instruction is "BUG_", its class and its opcode. The kernel's own disassembler, which only sees what the
 * verifier has let through, shows many of those as something.
 */
#include "bpf/insn_code.h"

struct text {
	struct iq_bpf_insn insn;
	struct iq_bpf_meaning meaning;
	const struct iq_bpf_insn *insns;
	size_t index;
	const struct iq_bpf_names *names;
	struct iq_strbuf *out;
};

static const char *const alu_operators[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", NULL, "%=", "^=", "=", "s>>=",
};
static const char *const jump_operators[16] = { NULL,  "==", ">",  ">=", "&",  "!=", "s>",
						"s>=", NULL, NULL, "<",  "<=", "s<", "s<=" };
static const char *const classes[8] = { "ld", "ldx", "st", "stx", "alu", "jmp", "jmp32", "alu64" };

/* "u32", as (code >> 3 & 3) has them */
static const char *const sizes[4] = { "u32", "u16", "u8", "u64" };
static const char *const signed_sizes[4] = { "s32", "s16", "s8", "s64" };

static const char *size_name(struct iq_bpf_insn insn)
{
	return sizes[insn.code >> 3 & 3];
}

/* The opcode as bpftool is given it. */
static unsigned shown_code(struct iq_bpf_insn insn)
{
	unsigned sized = insn.code & 0x1f;
	switch (iq_bpf_class(insn)) {
	case IQ_BPF_LDX:
		if (iq_bpf_mode(insn) == IQ_BPF_PROBE_MEMSX || iq_bpf_mode(insn) == IQ_BPF_PROBE_MEM32SX)
			return sized | IQ_BPF_MEMSX;
		return iq_bpf_mode(insn) == IQ_BPF_MEMSX ? insn.code : sized | IQ_BPF_MEM;
	case IQ_BPF_ST:
	case IQ_BPF_STX:
		if (iq_bpf_mode(insn) == IQ_BPF_PROBE_ATOMIC)
			return sized | IQ_BPF_ATOMIC_MODE;
		return iq_bpf_mode(insn) == IQ_BPF_PROBE_MEM32 ? sized | IQ_BPF_MEM : insn.code;
	default: break;
	}
	if (insn.code == IQ_BPF_CODE_TAIL_CALL || iq_bpf_is_function_call(insn))
		return IQ_BPF_CODE_CALL;
	return insn.code;
}

static void format_alu(const struct text *t)
{
	struct iq_bpf_insn insn = t->insn;
	unsigned op = iq_bpf_op(insn);
	char r = iq_bpf_class(insn) == IQ_BPF_ALU32 ? 'w' : 'r';
	const char *sign = alu_operators[op >> 4], *cast = "";
	if (op == IQ_BPF_END) {
		const char *name = insn.code == IQ_BPF_CODE_BSWAP ? "bswap" : insn.code & IQ_BPF_X ? "be" : "le";
		iq_strbuf_addf(t->out, "r%u = %s%d r%u", insn.dst, name, insn.imm, insn.dst);
		return;
	}
	if (op == IQ_BPF_NEG) {
		iq_strbuf_addf(t->out, "%c%u = -%c%u", r, insn.dst, r, insn.dst);
		return;
	}
	if (insn.code == IQ_BPF_CODE_MOV64_X && insn.off == IQ_BPF_MOV_ADDR_SPACE_CAST) {
		iq_strbuf_addf(t->out, "r%u = addr_space_cast(r%u, %u, %u)", insn.dst, insn.src,
			       (uint32_t)insn.imm >> 16, (uint32_t)insn.imm & 0xffff);
		return;
	}
	if (insn.code == IQ_BPF_CODE_MOV64_X && insn.off == IQ_BPF_MOV_PERCPU) {
		iq_strbuf_addf(t->out, "r%u = &(void __percpu *)(r%u)", insn.dst, insn.src);
		return;
	}
	if (iq_bpf_is_signed_division(insn))
		sign = op == IQ_BPF_DIV ? "s/=" : "s%=";
	if (iq_bpf_is_movsx(insn))
		cast = insn.off == 8 ? "(s8)" : insn.off == 16 ? "(s16)" : "(s32)";
	iq_strbuf_addf(t->out, "%c%u %s %s", r, insn.dst, sign, cast);
	if (insn.code & IQ_BPF_X)
		iq_strbuf_addf(t->out, "%c%u", r, insn.src);
	else
		iq_strbuf_addf(t->out, "%d", insn.imm);
}

/* "(u32 *)(r10 -4)" */
static void add_place(const struct text *t, const char *size, unsigned reg)
{
	iq_strbuf_addf(t->out, "(%s *)(r%u %+d)", size, reg, t->insn.off);
}

static void format_load(const struct text *t)
{
	const char *const *names = t->meaning.signed_load ? signed_sizes : sizes;
	iq_strbuf_addf(t->out, "r%u = *", t->insn.dst);
	add_place(t, names[t->insn.code >> 3 & 3], t->insn.src);
}

static void format_store(const struct text *t)
{
	iq_strbuf_add_char(t->out, '*');
	add_place(t, size_name(t->insn), t->insn.dst);
	if (t->meaning.uses_imm)
		iq_strbuf_addf(t->out, " = %d", t->insn.imm);
	else
		iq_strbuf_addf(t->out, " = r%u", t->insn.src);
}

static const char *fetch_name(int32_t imm)
{
	switch (imm) {
	case IQ_BPF_ADD | IQ_BPF_FETCH: return "fetch_add";
	case IQ_BPF_OR | IQ_BPF_FETCH: return "fetch_or";
	case IQ_BPF_AND | IQ_BPF_FETCH: return "fetch_and";
	case IQ_BPF_XOR | IQ_BPF_FETCH: return "fetch_xor";
	default: return "xchg";
	}
}

static void format_atomic(const struct text *t)
{
	struct iq_bpf_insn insn = t->insn;
	const char *size = size_name(insn), *wide = t->meaning.width == 8 ? "64" : "";
	switch (insn.imm) {
	case IQ_BPF_ADD:
	case IQ_BPF_OR:
	case IQ_BPF_AND:
	case IQ_BPF_XOR:
		iq_strbuf_add(t->out, "lock *");
		add_place(t, size, insn.dst);
		iq_strbuf_addf(t->out, " %s r%u", alu_operators[insn.imm >> 4], insn.src);
		return;
	case IQ_BPF_CMPXCHG:
		iq_strbuf_addf(t->out, "r0 = atomic%s_cmpxchg(", wide);
		add_place(t, size, insn.dst);
		iq_strbuf_addf(t->out, ", r0, r%u)", insn.src);
		return;
	case IQ_BPF_LOAD_ACQUIRE:
		iq_strbuf_addf(t->out, "r%u = load_acquire(", insn.dst);
		add_place(t, size, insn.src);
		iq_strbuf_add_char(t->out, ')');
		return;
	case IQ_BPF_STORE_RELEASE:
		iq_strbuf_add(t->out, "store_release(");
		add_place(t, size, insn.dst);
		break;
	default:
		iq_strbuf_addf(t->out, "r%u = atomic%s_%s(", insn.src, wide, fetch_name(insn.imm));
		add_place(t, size, insn.dst);
		break;
	}
	iq_strbuf_addf(t->out, ", r%u)", insn.src);
}

static void format_packet(const struct text *t)
{
	struct iq_bpf_insn insn = t->insn;
	iq_strbuf_addf(t->out, "r0 = *(%s *)skb[", size_name(insn));
	if (iq_bpf_mode(insn) == IQ_BPF_IND)
		iq_strbuf_addf(t->out, "r%u + ", insn.src);
	iq_strbuf_addf(t->out, "%d]", insn.imm);
}

static void format_immediate(const struct text *t)
{
	uint64_t value = (uint32_t)t->insn.imm | (uint64_t)(uint32_t)t->insns[t->index + 1].imm << 32;
	const struct iq_bpf_names *names = t->names;
	iq_strbuf_addf(t->out, "r%u = ", t->insn.dst);
	if (!names || !names->imm64 || !names->imm64(names->context, t->index, value, t->out))
		iq_strbuf_addf(t->out, "0x%lx", value);
}

static void format_call(const struct text *t)
{
	struct iq_bpf_insn insn = t->insn;
	const struct iq_bpf_names *names = t->names;
	if (insn.code == IQ_BPF_CODE_CALLX) {
		iq_strbuf_addf(t->out, "callx r%u", insn.dst);
		return;
	}
	iq_strbuf_add(t->out, "call ");
	if (names && names->call && names->call(names->context, t->index, t->out))
		return;
	if (t->meaning.has_target)
		iq_strbuf_addf(t->out, "pc%+ld", t->meaning.target - 1);
	else
		iq_strbuf_addf(t->out, "%s#%d", insn.src == IQ_BPF_PSEUDO_KFUNC ? "kernel-function" : "unknown",
			       insn.imm);
}

static void format_branch(const struct text *t)
{
	struct iq_bpf_insn insn = t->insn;
	char r = t->meaning.width == 4 ? 'w' : 'r';
	if (insn.code == IQ_BPF_CODE_JCOND) {
		iq_strbuf_addf(t->out, "may_goto pc%+d", insn.off);
		return;
	}
	iq_strbuf_addf(t->out, "if %c%u %s ", r, insn.dst, jump_operators[insn.code >> 4]);
	if (t->meaning.uses_imm)
		iq_strbuf_addf(t->out, "0x%x", (uint32_t)insn.imm);
	else
		iq_strbuf_addf(t->out, "%c%u", r, insn.src);
	iq_strbuf_addf(t->out, " goto pc%+d", insn.off);
}

static void format_jump(const struct text *t)
{
	struct iq_bpf_insn insn = t->insn;
	if (insn.code == IQ_BPF_CODE_GOTOX)
		iq_strbuf_addf(t->out, "gotox r%u", insn.dst);
	else if (insn.code == IQ_BPF_CODE_GOTOL)
		iq_strbuf_addf(t->out, "gotol pc%+d", insn.imm);
	else
		iq_strbuf_addf(t->out, "goto pc%+d", insn.off);
}

static void format_exit(const struct text *t)
{
	iq_strbuf_add(t->out, "exit");
}

static void format_tail_call(const struct text *t)
{
	iq_strbuf_addf(t->out, "call bpf_tail_call#%d", IQ_BPF_HELPER_TAIL_CALL);
}

static void format_nospec(const struct text *t)
{
	iq_strbuf_add(t->out, "nospec");
}

static void (*const formats[])(const struct text *t) = {
	[IQ_BPF_ALU] = format_alu,       [IQ_BPF_LD_IMM64] = format_immediate,
	[IQ_BPF_LD_ABS] = format_packet, [IQ_BPF_LOAD] = format_load,
	[IQ_BPF_STORE] = format_store,   [IQ_BPF_ATOMIC] = format_atomic,
	[IQ_BPF_JUMP] = format_jump,     [IQ_BPF_BRANCH] = format_branch,
	[IQ_BPF_CALL] = format_call,     [IQ_BPF_TAIL_CALL] = format_tail_call,
	[IQ_BPF_EXIT] = format_exit,     [IQ_BPF_NOSPEC] = format_nospec,
};

size_t iq_bpf_insn_format(const struct iq_bpf_insn *insns, size_t count, size_t index, const struct iq_bpf_names *names,
			  struct iq_strbuf *out)
{
	struct text text = { .meaning = iq_bpf_insn_meaning(insns, count, index),
			     .insns = insns,
			     .index = index,
			     .names = names,
			     .out = out };
	if (index >= count)
		return 1;
	text.insn = insns[index];
	if (text.meaning.kind == IQ_BPF_INVALID) {
		iq_strbuf_addf(out, "BUG_%s_%02x", classes[iq_bpf_class(text.insn)], text.insn.code);
		return 1;
	}
	iq_strbuf_addf(out, "(%02x) ", shown_code(text.insn));
	formats[text.meaning.kind](&text);
	return text.meaning.slots;
}
