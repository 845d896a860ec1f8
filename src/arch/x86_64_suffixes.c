/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of x86-64 instructions with GNU's suffixes, and with the predicates that are part of them. */
#include "arch/x86_64_printer.h"

#include <string.h>

static const char *const compare_names[32] = {
	"eq",     "lt",     "le",    "unord",  "neq",    "nlt",      "nle",    "ord",   "eq_uq",   "nge",     "ngt",
	"false",  "neq_oq", "ge",    "gt",     "true",   "eq_os",    "lt_oq",  "le_oq", "unord_s", "neq_us",  "nlt_uq",
	"nle_uq", "ord_s",  "eq_us", "nge_uq", "ngt_uq", "false_os", "neq_os", "ge_oq", "gt_oq",   "true_us",
};

/* Returns the word that stands for the immediate in the name, or NULL; *where tells behind how many letters. */
static const char *predicate_name(const struct printer *p, const char *name, size_t *where)
{
	static const char *const integer[8] = { "eq", "lt", "le", NULL, "neq", "nlt", "nle", NULL };
	static const char *const quadwords[4] = { "lql", "hql", "lqh", "hqh" };
	static const char *const xop[8] = { "lt", "le", "gt", "ge", "eq", "neq", "false", "true" };
	const ZydisDecodedOperand *operand = &p->z.operands[p->z.insn.operand_count_visible - 1];
	uint64_t value = operand->imm.value.u & 0xff;

	if (operand->type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return NULL;
	if (strstr(name, "clmul")) {
		*where = strlen(name) - 3;
		value = value >= 16 ? value - 14 : value; /* 16 and 17 are what the processor knows, 2 and 3 pass too */
		return value < 4 ? quadwords[value] : NULL;
	}
	if (strncmp(name, "vpcom", 5) == 0) {
		*where = 5;
		return value < 8 ? xop[value] : NULL;
	}
	if (strncmp(name, "vpcmp", 5) == 0) {
		*where = 5;
		return value < 8 ? integer[value] : NULL;
	}
	*where = strlen(name) - 2;
	return value < (is_legacy(p) ? 8 : 32) ? compare_names[value] : NULL;
}

/* The letter that says what x87 memory holds: single, long, ten bytes, 16-bit (s again), 64-bit (ll) integers. */
static const char *x87_suffix(const ZydisDecodedInstruction *insn)
{
	static const char *const suffixes[8][8] = {
		{ "s", "s", "s", "s", "s", "s", "s", "s" }, { "s", "", "s", "s", "", "", "", "" },
		{ "l", "l", "l", "l", "l", "l", "l", "l" }, { "l", "l", "l", "l", "", "t", "", "t" },
		{ "l", "l", "l", "l", "l", "l", "l", "l" }, { "l", "ll", "l", "l", "", "", "", "" },
		{ "s", "s", "s", "s", "s", "s", "s", "s" }, { "s", "s", "s", "s", "", "ll", "", "ll" },
	};

	return suffixes[insn->opcode - 0xd8][insn->raw.modrm.reg];
}

/* Extensions: movzbl, movswq. */
static bool add_extension(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (insn->mnemonic != ZYDIS_MNEMONIC_MOVZX && insn->mnemonic != ZYDIS_MNEMONIC_MOVSX)
		return false;
	add_size(&p->text, p->z.operands[1].size);
	add_size(&p->text, p->z.operands[0].size);
	return true;
}

static void add_suffix(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	unsigned flags = p->flags;

	if (add_extension(p))
		return;
	if (is_x87(p)) {
		if (p->memory)
			add(&p->text, saves_x87_state(insn) && p->data16 ? "s" : x87_suffix(insn));
		return;
	}
	if (p->memory && (flags & IQ_GNU_SIZE_MEM || (flags & IQ_GNU_SIZE && !has_sizing_register(p))))
		add_size(&p->text, insn->mnemonic == ZYDIS_MNEMONIC_CRC32 ? p->z.operands[1].size
				   : p->data16                            ? 16
									  : insn->operand_width);
	if (p->memory && flags & IQ_GNU_SIZE_INT)
		add_char(&p->text, insn->operand_width == 64 ? 'q' : 'l');
	if (p->memory && flags & IQ_GNU_SIZE_VECTOR && !has_broadcast(insn))
		add(&p->text, insn->avx.vector_length == 128   ? "x"
			      : insn->avx.vector_length == 256 ? "y"
			      : flags & IQ_GNU_SIZE_512        ? "z"
							       : "");
	if (flags & IQ_GNU_SIZE_FAR ||
	    (insn->mnemonic == ZYDIS_MNEMONIC_RET && insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)) {
		if (p->rex_w || p->data16)
			add_size(&p->text, insn->operand_width);
	} else if (flags & IQ_GNU_SIZE_STACK && p->data16 &&
		   !(insn->operand_count_visible == 1 && p->z.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		     is_gpr(p->z.operands[0].reg.value))) {
		add_char(&p->text, 'w');
	}
	if (flags & IQ_GNU_SIZE_Q && p->rex_w)
		add_char(&p->text, 'q');
	if (insn->mnemonic == ZYDIS_MNEMONIC_SYSRET || insn->mnemonic == ZYDIS_MNEMONIC_SYSEXIT)
		add_char(&p->text, p->rex_w ? 'q' : 'l');
	if ((insn->mnemonic == ZYDIS_MNEMONIC_LOOP || insn->mnemonic == ZYDIS_MNEMONIC_LOOPE ||
	     insn->mnemonic == ZYDIS_MNEMONIC_LOOPNE) &&
	    insn->address_width == 32)
		add_char(&p->text, 'l');
}

/* GNU says so when an EVEX encoding was chosen where the shorter VEX would do. */
static bool needs_no_evex(const ZydisDecodedInstruction *insn)
{
	if (insn->encoding != ZYDIS_INSTRUCTION_ENCODING_EVEX)
		return false;
	/* Forms that VEX has not, under a name that it has. */
	if (insn->opcode_map == ZYDIS_OPCODE_MAP_0F38 &&
	    ((insn->opcode >= 0x7a && insn->opcode <= 0x7c) || (insn->opcode == 0x36 && insn->raw.evex.W)))
		return false;
	return !insn->raw.evex.b && !insn->raw.evex.L2 && insn->raw.evex.R2 && insn->raw.evex.V2 &&
	       !insn->raw.evex.aaa && (insn->raw.modrm.mod != 3 || insn->raw.evex.X);
}

void iq_gnu_add_name(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	const char *name = iq_gnu_base_name(&p->z), *predicate = NULL;
	size_t where = 0;

	if (p->flags & IQ_GNU_EVEX && needs_no_evex(insn))
		add(&p->text, "{evex} ");
	if (p->flags & IQ_GNU_VEX && insn->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX)
		add(&p->text, "{vex} ");
	if (p->flags & IQ_GNU_COMPARE && insn->operand_count_visible > 0)
		predicate = predicate_name(p, name, &where);
	if (predicate) {
		p->predicate = true;
		while (where-- > 0)
			add_char(&p->text, *name++);
		add(&p->text, predicate);
	}
	add(&p->text, name);
	add_suffix(p);
	if (p->hint)
		add(&p->text, p->at.ds ? ",pt" : ",pn");
}
