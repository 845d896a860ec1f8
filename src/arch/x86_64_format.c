/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of x86-64 instructions as GNU objdump 2.40 prints it, from what Zydis decoded. The rules were found by
 * comparing with objdump: tests/peers/insn-objdump does it for any ELF file.
 */
#include "arch/x86_64_printer.h"
#include "util/cleanup.h"

#define NAME_COLUMN 7

static void add_register(struct text *t, ZydisRegister reg)
{
	if (reg >= ZYDIS_REGISTER_DR0 && reg <= ZYDIS_REGISTER_DR15) {
		add(t, "%db");
		add(t, ZydisRegisterGetString(reg) + 2);
	} else if (reg >= ZYDIS_REGISTER_ST0 && reg <= ZYDIS_REGISTER_ST7) {
		add(t, "%st(");
		add_char(t, (char)('0' + reg - ZYDIS_REGISTER_ST0));
		add_char(t, ')');
	} else {
		add_char(t, '%');
		add(t, ZydisRegisterGetString(reg));
	}
}

static void add_segment(struct printer *p)
{
	uint8_t segment = p->at.active_segment;

	if (segment)
		add(&p->text, segment == 0x64 ? "%fs:" : "%gs:");
}

static const char *const broadcasts[] = {
	[ZYDIS_BROADCAST_MODE_1_TO_2] = "{1to2}",   [ZYDIS_BROADCAST_MODE_1_TO_4] = "{1to4}",
	[ZYDIS_BROADCAST_MODE_1_TO_8] = "{1to8}",   [ZYDIS_BROADCAST_MODE_1_TO_16] = "{1to16}",
	[ZYDIS_BROADCAST_MODE_1_TO_32] = "{1to32}", [ZYDIS_BROADCAST_MODE_1_TO_64] = "{1to64}",
};

/* base, index, scale of a SIB byte. GNU shows the missing index (%riz) when the encoding could have done without it. */
static void add_sib(struct printer *p, const ZydisDecodedOperand *operand)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	bool has_base = operand->mem.base != ZYDIS_REGISTER_NONE;
	bool has_index = operand->mem.index != ZYDIS_REGISTER_NONE && operand->mem.type != ZYDIS_MEMOP_TYPE_MIB;

	if (operand->mem.type == ZYDIS_MEMOP_TYPE_MIB)
		has_index = insn->raw.sib.index != 4 || (insn->attributes & ZYDIS_ATTRIB_HAS_REX && insn->raw.rex.X);
	add_char(&p->text, '(');
	if (has_base)
		add_register(&p->text, operand->mem.base);
	if (has_index || insn->raw.sib.scale != 0 || !has_base || insn->raw.sib.base != 4) {
		add_char(&p->text, ',');
		if (has_index)
			add_register(&p->text, operand->mem.index);
		else
			add(&p->text, insn->address_width == 32 ? "%eiz" : "%riz");
		add_char(&p->text, ',');
		add_char(&p->text, (char)('0' + (1 << insn->raw.sib.scale)));
	}
	add_char(&p->text, ')');
}

static void add_location(struct printer *p, const ZydisDecodedOperand *operand)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	int64_t displacement = operand->mem.disp.value;
	bool sib = insn->raw.modrm.rm == 4;

	if (operand->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM) { /* movabs */
		add_hex(&p->text, insn->address_width == 32 ? (uint32_t)displacement : (uint64_t)displacement);
		return;
	}
	if (sib && operand->mem.base == ZYDIS_REGISTER_NONE && operand->mem.index == ZYDIS_REGISTER_NONE) {
		if (insn->address_width == 32) {
			displacement &= 0xffffffff;
		} else if (insn->raw.sib.scale == 0) {
			add_hex(&p->text, (uint64_t)displacement);
			return;
		}
	}
	if (insn->raw.disp.size)
		add_signed_hex(&p->text, displacement);
	if (sib) {
		add_sib(p, operand);
	} else {
		add_char(&p->text, '(');
		add_register(&p->text, operand->mem.base);
		add_char(&p->text, ')');
	}
}

static void add_memory(struct printer *p, const ZydisDecodedOperand *operand)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	add_segment(p);
	add_location(p, operand);
	if (has_broadcast(insn) && !insn->avx.broadcast.is_static &&
	    insn->avx.broadcast.mode < IQ_ARRAY_SIZE(broadcasts) && broadcasts[insn->avx.broadcast.mode])
		add(&p->text, broadcasts[insn->avx.broadcast.mode]);
}

static void add_immediate(struct printer *p, const ZydisDecodedOperand *operand)
{
	unsigned width = operand->imm.is_signed ? p->z.insn.operand_width : operand->size;
	uint64_t value = operand->imm.value.u;

	if (width > 0 && width < 64)
		value &= (UINT64_C(1) << width) - 1;
	add_char(&p->text, '$');
	add_hex(&p->text, value);
}

/* Hands the finished part to the caller's buffer and lets `resolve` add the name. */
static void add_address(struct printer *p, uint64_t address, iq_resolve_fn resolve, void *context,
			struct iq_strbuf *out)
{
	size_t before, named;

	add_hex(&p->text, address);
	iq_strbuf_add_bytes(out, p->text.buffer, p->text.length);
	p->text.length = 0;
	if (!resolve)
		return;
	before = out->length;
	iq_strbuf_add(out, " <");
	named = out->length;
	resolve(context, address, out);
	if (out->length > named)
		iq_strbuf_add_char(out, '>');
	else
		iq_strbuf_truncate(out, before);
}

static void add_string_memory(struct printer *p, bool destination)
{
	bool addr32 = p->z.insn.address_width == 32;

	if (destination) {
		add(&p->text, addr32 ? "%es:(%edi)" : "%es:(%rdi)");
		return;
	}
	if (p->at.active_segment)
		add_segment(p);
	else
		add(&p->text, "%ds:");
	add(&p->text, addr32 ? "(%esi)" : "(%rsi)");
}

static void add_accumulator(struct printer *p)
{
	unsigned width = p->z.insn.operand_width;

	add(&p->text, width == 8 ? "%al" : width == 16 ? "%ax" : width == 64 ? "%rax" : "%eax");
}

static void add_string_operands(struct printer *p)
{
	switch (p->z.insn.opcode & 0xfe) {
	case 0x6c: /* ins */
		add(&p->text, "(%dx),");
		add_string_memory(p, true);
		break;
	case 0x6e: /* outs */
		add_string_memory(p, false);
		add(&p->text, ",(%dx)");
		break;
	case 0xa4: /* movs */
		add_string_memory(p, false);
		add_char(&p->text, ',');
		add_string_memory(p, true);
		break;
	case 0xa6: /* cmps */
		add_string_memory(p, true);
		add_char(&p->text, ',');
		add_string_memory(p, false);
		break;
	case 0xaa: /* stos */
		add_accumulator(p);
		add_char(&p->text, ',');
		add_string_memory(p, true);
		break;
	case 0xac: /* lods */
		add_string_memory(p, false);
		add_char(&p->text, ',');
		add_accumulator(p);
		break;
	default: /* scas */
		add_string_memory(p, true);
		add_char(&p->text, ',');
		add_accumulator(p);
		break;
	}
}

/* Which of %st and %st(i) are in the text of a register form; the manuals and Zydis name more. */
static void add_x87_registers(struct printer *p)
{
	enum { NONE, STI, STI_ST, ST_STI, AX };
	static const uint8_t forms[8][8] = {
		{ STI_ST, STI_ST, STI, STI, STI_ST, STI_ST, STI_ST, STI_ST },
		{ STI, STI, NONE, STI, NONE, NONE, NONE, NONE },
		{ STI_ST, STI_ST, STI_ST, STI_ST, NONE, NONE, NONE, NONE },
		{ STI_ST, STI_ST, STI_ST, STI_ST, NONE, STI_ST, STI_ST, NONE },
		{ ST_STI, ST_STI, STI, STI, ST_STI, ST_STI, ST_STI, ST_STI },
		{ STI, STI, STI, STI, STI, STI, NONE, NONE },
		{ ST_STI, ST_STI, STI, NONE, ST_STI, ST_STI, ST_STI, ST_STI },
		{ STI, STI, STI, STI, AX, STI_ST, STI_ST, NONE },
	};
	const ZydisDecodedInstruction *insn = &p->z.insn;
	ZydisRegister sti = (ZydisRegister)(ZYDIS_REGISTER_ST0 + insn->raw.modrm.rm);

	switch (forms[insn->opcode - 0xd8][insn->raw.modrm.reg]) {
	case STI: add_register(&p->text, sti); break;
	case STI_ST:
		add_register(&p->text, sti);
		add(&p->text, ",%st");
		break;
	case ST_STI:
		add(&p->text, "%st,");
		add_register(&p->text, sti);
		break;
	case AX: add(&p->text, "%ax"); break;
	default: break;
	}
}

/* Instructions whose operands are fixed, and shown by GNU in its own way. Returns false when there is nothing special.
 */
static bool add_special_operands(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	bool addr32 = insn->address_width == 32;

	if (is_string(p)) {
		add_string_operands(p);
		return true;
	}
	if (is_x87(p) && !p->memory) {
		add_x87_registers(p);
		return true;
	}
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_XLAT:
		if (p->at.active_segment)
			add_segment(p);
		else
			add(&p->text, "%ds:");
		add(&p->text, addr32 ? "(%ebx)" : "(%rbx)");
		return true;
	case ZYDIS_MNEMONIC_MONITOR:
	case ZYDIS_MNEMONIC_MONITORX: add(&p->text, addr32 ? "%eax,%ecx,%edx" : "%rax,%ecx,%edx"); return true;
	case ZYDIS_MNEMONIC_MWAIT: add(&p->text, "%eax,%ecx"); return true;
	case ZYDIS_MNEMONIC_MWAITX: add(&p->text, "%eax,%ecx,%ebx"); return true;
	case ZYDIS_MNEMONIC_NOP:
		if (insn->opcode == 0x90 && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT) {
			if (insn->operand_width == 16)
				add(&p->text, "%ax,%ax");
			return true;
		}
		if (p->memory)
			return false;
		add_register(&p->text,
			     ZydisRegisterEncode(p->rex_w    ? ZYDIS_REGCLASS_GPR64
						 : p->data16 ? ZYDIS_REGCLASS_GPR16
							     : ZYDIS_REGCLASS_GPR32,
						 insn->raw.modrm.rm | (has_rex(insn) && insn->raw.rex.B ? 8 : 0)));
		return true;
	case ZYDIS_MNEMONIC_ENTER:
		add_immediate(p, &p->z.operands[0]);
		add_char(&p->text, ',');
		add_immediate(p, &p->z.operands[1]);
		return true;
	default: return (p->flags & IQ_GNU_BARE) != 0;
	}
}

/* Zydis' operands that GNU's text does not have. */
static bool is_silent(const struct printer *p, const ZydisDecodedOperand *operand)
{
	if (operand->encoding == ZYDIS_OPERAND_ENCODING_MASK)
		return true;
	if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
	    (operand->encoding == ZYDIS_OPERAND_ENCODING_NONE || p->predicate))
		return true;
	if (p->z.insn.mnemonic == ZYDIS_MNEMONIC_NOP)
		return operand->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM;
	return is_x87(p) && operand->type == ZYDIS_OPERAND_TYPE_REGISTER;
}

/* Names a general register of the operand size; also for `mov` to a segment register, which reads 16 bits. */
static ZydisRegister resized(const struct printer *p, ZydisRegister reg)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (!is_gpr(reg))
		return reg;
	if (insn->mnemonic == ZYDIS_MNEMONIC_MOVSXD && reg <= ZYDIS_REGISTER_R15W && reg == p->z.operands[1].reg.value)
		return ZydisRegisterEncode(ZYDIS_REGCLASS_GPR32, (ZyanU8)ZydisRegisterGetId(reg));
	if (insn->mnemonic == ZYDIS_MNEMONIC_SENDUIPI)
		return ZydisRegisterEncode(ZYDIS_REGCLASS_GPR64, (ZyanU8)ZydisRegisterGetId(reg));
	if (is_near_indirect(insn) && p->data16)
		return ZydisRegisterEncode(ZYDIS_REGCLASS_GPR16, (ZyanU8)ZydisRegisterGetId(reg));
	if (!(p->flags & IQ_GNU_RESIZE) && !(insn->mnemonic == ZYDIS_MNEMONIC_MOV && insn->opcode == 0x8e))
		return reg;
	return ZydisRegisterEncode(p->rex_w    ? ZYDIS_REGCLASS_GPR64
				   : p->data16 ? ZYDIS_REGCLASS_GPR16
					       : ZYDIS_REGCLASS_GPR32,
				   (ZyanU8)ZydisRegisterGetId(reg));
}

static void add_plain_register(struct printer *p, const ZydisDecodedOperand *operand)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	ZydisRegister reg = operand->reg.value;

	if ((insn->mnemonic == ZYDIS_MNEMONIC_IN || insn->mnemonic == ZYDIS_MNEMONIC_OUT) && reg == ZYDIS_REGISTER_DX) {
		add(&p->text, "(%dx)");
		return;
	}
	add_register(&p->text, resized(p, reg));
}

static void add_rounding(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	switch (insn->avx.rounding.mode) {
	case ZYDIS_ROUNDING_MODE_RN: add(&p->text, "{rn-sae}"); break;
	case ZYDIS_ROUNDING_MODE_RD: add(&p->text, "{rd-sae}"); break;
	case ZYDIS_ROUNDING_MODE_RU: add(&p->text, "{ru-sae}"); break;
	case ZYDIS_ROUNDING_MODE_RZ: add(&p->text, "{rz-sae}"); break;
	default: add(&p->text, "{sae}"); break;
	}
}

static void add_mask(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (insn->encoding != ZYDIS_INSTRUCTION_ENCODING_EVEX)
		return;
	if (insn->raw.evex.aaa) {
		add(&p->text, "{%k");
		add_char(&p->text, (char)('0' + insn->raw.evex.aaa));
		add_char(&p->text, '}');
	}
	if (insn->raw.evex.z)
		add(&p->text, "{z}");
}

static void add_operand(struct printer *p, const ZydisDecodedOperand *operand, iq_resolve_fn resolve, void *context,
			struct iq_strbuf *out)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if ((insn->mnemonic == ZYDIS_MNEMONIC_CALL || insn->mnemonic == ZYDIS_MNEMONIC_JMP) && insn->opcode == 0xff)
		add_char(&p->text, '*');
	switch (operand->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER: add_plain_register(p, operand); break;
	case ZYDIS_OPERAND_TYPE_MEMORY: add_memory(p, operand); break;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		if (operand->imm.is_relative)
			add_address(p, p->insn->target, resolve, context, out);
		else
			add_immediate(p, operand);
		break;
	default: break;
	}
}

/* Last operand first. Rounding stands before the register it rounds, or before the integer of a conversion. */
static void add_operands(struct printer *p, iq_resolve_fn resolve, void *context, struct iq_strbuf *out)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	bool comma = false, conversion = p->flags & IQ_GNU_SIZE_INT;
	bool rounding = has_broadcast(insn) && insn->raw.modrm.mod == 3;
	int i;

	if (add_special_operands(p))
		return;
	if (p->flags & IQ_GNU_XMM0) {
		add(&p->text, "%xmm0");
		comma = true;
	}
	for (i = insn->operand_count_visible - 1; i >= 0; i--) {
		const ZydisDecodedOperand *operand = &p->z.operands[i];

		if (is_silent(p, operand))
			continue;
		if (rounding && !conversion && operand->type != ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			if (comma)
				add_char(&p->text, ',');
			add_rounding(p);
			rounding = false;
			comma = true;
		}
		if (comma)
			add_char(&p->text, ',');
		add_operand(p, operand, resolve, context, out);
		if (i == 0)
			add_mask(p);
		comma = true;
		if (rounding && conversion) {
			add_char(&p->text, ',');
			add_rounding(p);
			rounding = false;
		}
	}
}

/* The address that pc-relative memory comes to, as a comment. */
static void add_comment(struct printer *p, iq_resolve_fn resolve, void *context, struct iq_strbuf *out)
{
	const struct iq_insn *insn = p->insn;
	unsigned i;

	for (i = 0; i < insn->operand_count; i++) {
		if (insn->operands[i].kind != IQ_OPERAND_MEM || !insn->operands[i].pc_relative)
			continue;
		add(&p->text, "        # ");
		add_address(p, (uint64_t)insn->operands[i].displacement, resolve, context, out);
		return;
	}
}

void iq_x86_64_format(const struct iq_insn *insn, iq_resolve_fn resolve, void *context, struct iq_strbuf *out)
{
	struct printer p;
	unsigned name_end, column;

	p.insn = insn;
	p.hint = p.predicate = false;
	p.text.length = 0;
	if (insn->length > sizeof(insn->bytes) || !ZYAN_SUCCESS(iq_zydis_decode(insn->bytes, insn->length, &p.z))) {
		iq_strbuf_add(out, "(bad)");
		return;
	}
	p.flags = p.z.newer ? IQ_GNU_REXW | IQ_GNU_HIDE_REP | IQ_GNU_RESIZE : iq_gnu_flags(p.z.insn.mnemonic);
	iq_gnu_look_at_prefixes(&p);
	iq_gnu_add_prefixes(&p);
	iq_gnu_add_name(&p);
	name_end = p.text.length;
	do
		add_char(&p.text, ' ');
	while (p.text.length < NAME_COLUMN);
	column = p.text.length;
	add_operands(&p, resolve, context, out);
	if (p.text.length == column)
		p.text.length = name_end;
	add_comment(&p, resolve, context, out);
	iq_strbuf_add_bytes(out, p.text.buffer, p.text.length);
}
