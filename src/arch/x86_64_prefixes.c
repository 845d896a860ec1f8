/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes of x86-64 instructions in GNU's text. GNU prints every prefix that it did not need for the name or the
 * operands, and for each instruction it is known which those are.
 */
#include "arch/x86_64_printer.h"

static bool uses_rex_w(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	unsigned i;

	if (insn->mnemonic == ZYDIS_MNEMONIC_RET && insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return true;
	if (p->flags & (IQ_GNU_REXW | IQ_GNU_SIZE_FAR))
		return true;
	if (p->flags & IQ_GNU_NO_REXW)
		return false;
	if (insn->mnemonic == ZYDIS_MNEMONIC_MOV && insn->opcode_map == ZYDIS_OPCODE_MAP_0F)
		return false; /* control and debug registers are always 64 bits wide */
	if (insn->mnemonic == ZYDIS_MNEMONIC_NOP)
		return insn->opcode != 0x90;
	if (p->flags & IQ_GNU_RESIZE || insn->mnemonic == ZYDIS_MNEMONIC_PINSRQ ||
	    insn->mnemonic == ZYDIS_MNEMONIC_PEXTRQ)
		return true;
	if (insn->mnemonic == ZYDIS_MNEMONIC_MOVQ && (insn->opcode == 0x6e || insn->opcode == 0x7e))
		return insn->raw.prefixes[0].value != 0xf3;
	if (insn->mnemonic == ZYDIS_MNEMONIC_MOV && (insn->opcode == 0x8c || insn->opcode == 0x8e) && p->memory)
		return false; /* segment registers */
	if (insn->operand_width == 64 && p->flags & (IQ_GNU_SIZE | IQ_GNU_SIZE_MEM | IQ_GNU_SIZE_INT))
		return true;
	for (i = 0; i < insn->operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &p->z.operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && is_gpr64(operand->reg.value))
			return true;
	}
	return false;
}

static bool uses_addr32(const struct printer *p)
{
	switch (p->z.insn.mnemonic) {
	case ZYDIS_MNEMONIC_JECXZ:
	case ZYDIS_MNEMONIC_LOOP:
	case ZYDIS_MNEMONIC_LOOPE:
	case ZYDIS_MNEMONIC_LOOPNE:
	case ZYDIS_MNEMONIC_MONITOR:
	case ZYDIS_MNEMONIC_MONITORX:
	case ZYDIS_MNEMONIC_UMONITOR: return true;
	case ZYDIS_MNEMONIC_XLAT: return true;
	default: return is_string(p) || (prints_memory(p) && !is_moffs(&p->z.insn));
	}
}

static bool is_conditional(const struct printer *p)
{
	return p->z.insn.meta.category == ZYDIS_CATEGORY_COND_BR && p->z.insn.mnemonic != ZYDIS_MNEMONIC_XBEGIN;
}

/* Strings that are read name %ds in the text, and GNU counts any segment prefix as used then. */
static bool names_ds(const struct printer *p)
{
	uint8_t opcode = p->z.insn.opcode & 0xfe;

	return p->z.insn.mnemonic == ZYDIS_MNEMONIC_XLAT ||
	       (is_string(p) && (opcode == 0x6e || opcode == 0xa4 || opcode == 0xa6 || opcode == 0xac));
}

static bool hides_data16(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (p->flags & IQ_GNU_HIDE_DATA16)
		return true;
	return insn->mnemonic == ZYDIS_MNEMONIC_NOP &&
	       ((insn->opcode >= 0x1a && insn->opcode <= 0x1c) || insn->opcode == 0x1e);
}

static bool shows_rep(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	return is_string(p) || p->flags & IQ_GNU_SHOW_REP ||
	       (insn->mnemonic == ZYDIS_MNEMONIC_NOP && insn->opcode != 0x18);
}

static const char *const rex_names[16] = {
	"rex",   "rex.B",  "rex.X",  "rex.XB",  "rex.R",  "rex.RB",  "rex.RX",  "rex.RXB",
	"rex.W", "rex.WB", "rex.WX", "rex.WXB", "rex.WR", "rex.WRB", "rex.WRX", "rex.WRXB",
};

/* True if every bit of the REX prefix made a difference to the text. */
static bool uses_whole_rex(const struct printer *p, uint8_t rex)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	uint8_t used = 0;
	unsigned i;

	for (i = 0; i < insn->operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &p->z.operands[i];
		ZydisRegister reg =
			operand->type == ZYDIS_OPERAND_TYPE_REGISTER ? operand->reg.value : ZYDIS_REGISTER_NONE;

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
			used |= operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ? 1 : 0;
			if (p->z.insn.raw.modrm.rm == 4)
				used |= 2;
		}
		if (reg == ZYDIS_REGISTER_NONE || is_segment(reg) ||
		    (reg >= ZYDIS_REGISTER_MM0 && reg <= ZYDIS_REGISTER_MM7) ||
		    (reg >= ZYDIS_REGISTER_ST0 && reg <= ZYDIS_REGISTER_ST7))
			continue;
		if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_DIL)
			used |= 0x40;
		if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG && insn->mnemonic != ZYDIS_MNEMONIC_NOP)
			used |= 4;
		if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ||
		    operand->encoding == ZYDIS_OPERAND_ENCODING_OPCODE)
			used |= 1;
	}
	if (uses_rex_w(p))
		used |= 8;
	if (insn->mnemonic == ZYDIS_MNEMONIC_NOP && insn->opcode_map == ZYDIS_OPCODE_MAP_0F)
		used |= 1;
	/* Only a set bit counts as used; a bare 0x40 counts when it turned %ah into %spl. */
	if ((rex & 15) == 0)
		return used & 0x40;
	return (rex & 15 & ~used) == 0;
}

static const char *rep_name(const struct printer *p, uint8_t prefix)
{
	ZydisInstructionAttributes attributes = p->z.insn.attributes;

	if (prefix == 0xf3 && is_string(p) && p->flags & IQ_GNU_REP)
		return "rep ";
	if (prefix == 0xf2 && p->flags & IQ_GNU_BRANCH && p->z.insn.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR)
		return "bnd ";
	if (prefix == 0xf2 && attributes & ZYDIS_ATTRIB_HAS_XACQUIRE)
		return "xacquire ";
	if (prefix == 0xf3 && attributes & ZYDIS_ATTRIB_HAS_XRELEASE)
		return "xrelease ";
	return prefix == 0xf3 ? "repz " : "repnz ";
}

static const char *segment_name(uint8_t prefix)
{
	switch (prefix) {
	case 0x26: return "es ";
	case 0x2e: return "cs ";
	case 0x36: return "ss ";
	case 0x3e: return "ds ";
	case 0x64: return "fs ";
	default: return "gs ";
	}
}

static struct prefix_places find_prefixes(const ZydisDecodedInstruction *insn)
{
	struct prefix_places at = { .data = -1, .address = -1, .segment = -1, .rep = -1, .rex = -1 };
	int i;

	for (i = 0; i < insn->raw.prefix_count; i++) {
		uint8_t value = insn->raw.prefixes[i].value;
		bool mandatory = insn->raw.prefixes[i].type == ZYDIS_PREFIX_TYPE_MANDATORY;

		switch (value) {
		case 0x66:
			at.data = i;
			at.data_mandatory |= mandatory;
			break;
		case 0x67: at.address = i; break;
		case 0x64:
		case 0x65:
			at.active_segment = value;
			at.segment = i;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			at.cs |= value == 0x2e;
			at.ds |= value == 0x3e;
			at.segment = i;
			break;
		case 0xf2:
		case 0xf3:
			at.rep = i;
			at.rep_mandatory |= mandatory;
			break;
		default:
			if ((value & 0xf0) == 0x40)
				at.rex = i;
			break;
		}
	}
	return at;
}

void iq_gnu_add_prefixes(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	const struct prefix_places at = p->at;
	int i;

	p->hint = is_conditional(p) && at.cs != at.ds;
	for (i = 0; i < insn->raw.prefix_count; i++) {
		uint8_t value = insn->raw.prefixes[i].value;

		switch (value) {
		case 0x66:
			if (i != at.data || !(at.data_mandatory || p->data16 || hides_data16(p)))
				add(&p->text, "data16 ");
			break;
		case 0x67:
			if (i != at.address || !uses_addr32(p))
				add(&p->text, "addr32 ");
			break;
		case 0xf0: add(&p->text, "lock "); break;
		case 0xf2:
		case 0xf3:
			if (p->flags & IQ_GNU_HIDE_REP && i == at.rep)
				break;
			if (i != at.rep)
				add(&p->text, value == 0xf3 ? "repz " : "repnz ");
			else if (!at.rep_mandatory || shows_rep(p))
				add(&p->text, rep_name(p, value));
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
			if (i == at.segment && ((at.active_segment && prints_memory(p)) || p->hint || names_ds(p)))
				break;
			add(&p->text, value == 0x3e && i == at.segment && is_near_indirect(insn) && at.data < 0
					      ? "notrack "
					      : segment_name(value));
			break;
		default:
			if (i != at.rex || !uses_whole_rex(p, value)) {
				add(&p->text, rex_names[value & 15]);
				add_char(&p->text, ' ');
			}
			break;
		}
	}
}

/* Instructions that 0x66 does not change, or not with memory. */
static bool ignores_data16(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (p->flags & IQ_GNU_NO_DATA16)
		return true;
	if (is_x87(p))
		return !saves_x87_state(insn) || !p->memory;
	if (insn->operand_count_visible == 0 && !(p->flags & (IQ_GNU_SIZE_STACK | IQ_GNU_SIZE_FAR | IQ_GNU_STRING)))
		return insn->mnemonic != ZYDIS_MNEMONIC_CBW && insn->mnemonic != ZYDIS_MNEMONIC_CWD &&
		       insn->mnemonic != ZYDIS_MNEMONIC_NOP;
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		return p->memory && (insn->opcode == 0x8c || insn->opcode == 0x8e) &&
		       insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
	case ZYDIS_MNEMONIC_SLDT:
	case ZYDIS_MNEMONIC_STR:
	case ZYDIS_MNEMONIC_SMSW: return p->memory;
	case ZYDIS_MNEMONIC_VERR:
	case ZYDIS_MNEMONIC_VERW:
	case ZYDIS_MNEMONIC_LLDT:
	case ZYDIS_MNEMONIC_LTR:
	case ZYDIS_MNEMONIC_LMSW: return true;
	default: return false;
	}
}

/* Where Zydis follows Intel, whose processors ignore 0x66, and GNU does not. */
static bool narrows_silently(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (p->rex_w || p->at.data < 0)
		return false;
	return is_near_indirect(insn) || insn->mnemonic == ZYDIS_MNEMONIC_RET || insn->mnemonic == ZYDIS_MNEMONIC_NOP;
}

void iq_gnu_look_at_prefixes(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	p->at = find_prefixes(insn);
	p->memory = insn->attributes & ZYDIS_ATTRIB_HAS_MODRM && insn->raw.modrm.mod != 3;
	p->rex_w = is_legacy(p) ? has_rex(insn) && insn->raw.rex.W
				: insn->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX && insn->raw.vex.W;
	p->data16 = !ignores_data16(p) && (insn->operand_width == 16 || narrows_silently(p));
}
