/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of x86-64 instructions as GNU objdump 2.40 prints it, from what Zydis decoded. The rules were found by comparing
 * with objdump: tests/peers/insn-objdump does it for any ELF file.
 */
#include "arch/x86_64_insn.h"

#include "arch/x86_64_zydis.h"
#include "util/cleanup.h"

#include <string.h>

#define NAME_COLUMN 7

struct text {
	char buffer[256];
	unsigned length;
};

struct printer {
	struct iq_zydis z;
	const struct iq_insn *insn;
	unsigned flags;
	bool memory;    /* ModRM names memory */
	bool rex_w;
	bool data16;    /* 0x66, and the operand size is 16 bits by it */
	bool hint;      /* a branch hint became part of the name */
	bool predicate; /* the immediate became part of the name */
	struct text text;
};

/* Text. */

static void add_char(struct text *t, char c)
{
	if (t->length < sizeof(t->buffer))
		t->buffer[t->length++] = c;
}

static void add(struct text *t, const char *s)
{
	while (*s)
		add_char(t, *s++);
}

static void add_hex(struct text *t, uint64_t value)
{
	char digits[16];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	add(t, "0x");
	while (n > 0)
		add_char(t, digits[--n]);
}

static void add_signed_hex(struct text *t, int64_t value)
{
	if (value < 0)
		add_char(t, '-');
	add_hex(t, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

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

/* What the encoding says. */

static bool is_string(const struct printer *p)
{
	return p->flags & IQ_GNU_STRING && p->z.insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
}

static bool has_rex(const ZydisDecodedInstruction *insn)
{
	return insn->attributes & ZYDIS_ATTRIB_HAS_REX;
}

static bool is_legacy(const struct printer *p)
{
	return p->z.insn.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY;
}

static bool is_x87(const struct printer *p)
{
	return is_legacy(p) && p->z.insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && p->z.insn.opcode >= 0xd8 &&
	       p->z.insn.opcode <= 0xdf;
}

static bool is_segment(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_ES && reg <= ZYDIS_REGISTER_GS;
}

static bool is_gpr64(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15;
}

static bool is_gpr(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_R15;
}

/* A register in the text that tells how wide the memory beside it is; %cl of a shift does not. */
static bool has_sizing_register(const struct printer *p)
{
	unsigned i;

	for (i = 0; i < p->z.insn.operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &p->z.operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
			return true;
	}
	return false;
}

/* Prefixes. */

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
	if (p->flags & IQ_GNU_RESIZE || insn->mnemonic == ZYDIS_MNEMONIC_PINSRQ || insn->mnemonic == ZYDIS_MNEMONIC_PEXTRQ)
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

static bool prints_memory(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	unsigned i;

	for (i = 0; i < insn->operand_count_visible; i++)
		if (p->z.operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			return true;
	return false;
}

static bool is_moffs(const ZydisDecodedInstruction *insn)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_MOV && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && insn->opcode >= 0xa0 &&
	       insn->opcode <= 0xa3;
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
	case ZYDIS_MNEMONIC_UMONITOR:
		return true;
	case ZYDIS_MNEMONIC_XLAT:
		return true;
	default:
		return is_string(p) || (prints_memory(p) && !is_moffs(&p->z.insn));
	}
}

/* An indirect near jump or call: 0x3e before it switches branch tracking off. */
static bool is_near_indirect(const ZydisDecodedInstruction *insn)
{
	return (insn->mnemonic == ZYDIS_MNEMONIC_JMP || insn->mnemonic == ZYDIS_MNEMONIC_CALL) && insn->opcode == 0xff &&
	       insn->meta.branch_type != ZYDIS_BRANCH_TYPE_FAR;
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
	return insn->mnemonic == ZYDIS_MNEMONIC_NOP && ((insn->opcode >= 0x1a && insn->opcode <= 0x1c) || insn->opcode == 0x1e);
}

static bool shows_rep(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	return is_string(p) || p->flags & IQ_GNU_SHOW_REP || (insn->mnemonic == ZYDIS_MNEMONIC_NOP && insn->opcode != 0x18);
}

static const char *const rex_names[16] = {
	"rex", "rex.B", "rex.X", "rex.XB", "rex.R", "rex.RB", "rex.RX", "rex.RXB",
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
		ZydisRegister reg = operand->type == ZYDIS_OPERAND_TYPE_REGISTER ? operand->reg.value : ZYDIS_REGISTER_NONE;

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
			used |= operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ? 1 : 0;
			if (p->z.insn.raw.modrm.rm == 4)
				used |= 2;
		}
		if (reg == ZYDIS_REGISTER_NONE || is_segment(reg) || (reg >= ZYDIS_REGISTER_MM0 && reg <= ZYDIS_REGISTER_MM7) ||
		    (reg >= ZYDIS_REGISTER_ST0 && reg <= ZYDIS_REGISTER_ST7))
			continue;
		if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_DIL)
			used |= 0x40;
		if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG && insn->mnemonic != ZYDIS_MNEMONIC_NOP)
			used |= 4;
		if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM || operand->encoding == ZYDIS_OPERAND_ENCODING_OPCODE)
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
	case 0x26:
		return "es ";
	case 0x2e:
		return "cs ";
	case 0x36:
		return "ss ";
	case 0x3e:
		return "ds ";
	case 0x64:
		return "fs ";
	default:
		return "gs ";
	}
}

/* Where the last prefix of each kind stands, -1 if nowhere: the last is the one that counts. */
struct prefix_places {
	int data, address, segment, rep, rex;
	bool data_mandatory, rep_mandatory;
	uint8_t active_segment;
	bool cs, ds;
};

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
		case 0x67:
			at.address = i;
			break;
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

/* Says the prefixes that the rest of the text does not account for. */
static void add_prefixes(struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	struct prefix_places at = find_prefixes(insn);
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
		case 0xf0:
			add(&p->text, "lock ");
			break;
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
			add(&p->text, value == 0x3e && i == at.segment && is_near_indirect(insn) && at.data < 0 ? "notrack " :
											  segment_name(value));
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

/* Names. */

static const char *const compare_names[32] = {
	"eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord", "eq_uq", "nge", "ngt", "false", "neq_oq", "ge", "gt", "true",
	"eq_os", "lt_oq", "le_oq", "unord_s", "neq_us", "nlt_uq", "nle_uq", "ord_s", "eq_us", "nge_uq", "ngt_uq", "false_os",
	"neq_os", "ge_oq", "gt_oq", "true_us",
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

static void add_size(struct text *t, unsigned width)
{
	add_char(t, width == 8 ? 'b' : width == 16 ? 'w' : width == 64 ? 'q' : 'l');
}

/* The letter that says what x87 memory holds: single, long, ten bytes, 16-bit (s again), 64-bit (ll) integers. */
static const char *x87_suffix(const ZydisDecodedInstruction *insn)
{
	static const char *const suffixes[8][8] = {
		{ "s", "s", "s", "s", "s", "s", "s", "s" },
		{ "s", "", "s", "s", "", "", "", "" },
		{ "l", "l", "l", "l", "l", "l", "l", "l" },
		{ "l", "l", "l", "l", "", "t", "", "t" },
		{ "l", "l", "l", "l", "l", "l", "l", "l" },
		{ "l", "ll", "l", "l", "", "", "", "" },
		{ "s", "s", "s", "s", "s", "s", "s", "s" },
		{ "s", "s", "s", "s", "", "ll", "", "ll" },
	};

	return suffixes[insn->opcode - 0xd8][insn->raw.modrm.reg];
}

/* fldenv, fnstenv, frstor, fnsave. */
static bool saves_x87_state(const ZydisDecodedInstruction *insn)
{
	return (insn->opcode == 0xd9 || insn->opcode == 0xdd) && (insn->raw.modrm.reg == 4 || insn->raw.modrm.reg == 6);
}

static bool has_broadcast(const ZydisDecodedInstruction *insn)
{
	return insn->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX && insn->raw.evex.b;
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
		add_size(&p->text, insn->mnemonic == ZYDIS_MNEMONIC_CRC32 ? p->z.operands[1].size :
				   p->data16				  ? 16 :
									    insn->operand_width);
	if (p->memory && flags & IQ_GNU_SIZE_INT)
		add_char(&p->text, insn->operand_width == 64 ? 'q' : 'l');
	if (p->memory && flags & IQ_GNU_SIZE_VECTOR && !has_broadcast(insn))
		add(&p->text, insn->avx.vector_length == 128 ? "x" :
			      insn->avx.vector_length == 256 ? "y" :
			      flags & IQ_GNU_SIZE_512	     ? "z" :
							       "");
	if (flags & IQ_GNU_SIZE_FAR || (insn->mnemonic == ZYDIS_MNEMONIC_RET && insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)) {
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
	return !insn->raw.evex.b && !insn->raw.evex.L2 && insn->raw.evex.R2 && insn->raw.evex.V2 && !insn->raw.evex.aaa &&
	       (insn->raw.modrm.mod != 3 || insn->raw.evex.X);
}

static void add_name(struct printer *p)
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
		add(&p->text, find_prefixes(insn).ds ? ",pt" : ",pn");
}

/* Operands. */

static void add_segment(struct printer *p)
{
	uint8_t segment = find_prefixes(&p->z.insn).active_segment;

	if (segment)
		add(&p->text, segment == 0x64 ? "%fs:" : "%gs:");
}

static const char *const broadcasts[] = {
	[ZYDIS_BROADCAST_MODE_1_TO_2] = "{1to2}", [ZYDIS_BROADCAST_MODE_1_TO_4] = "{1to4}",
	[ZYDIS_BROADCAST_MODE_1_TO_8] = "{1to8}", [ZYDIS_BROADCAST_MODE_1_TO_16] = "{1to16}",
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

static void add_memory(struct printer *p, const ZydisDecodedOperand *operand)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	int64_t displacement = operand->mem.disp.value;
	bool sib = insn->raw.modrm.rm == 4, has_base = operand->mem.base != ZYDIS_REGISTER_NONE;

	add_segment(p);
	if (operand->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM) {
		add_hex(&p->text, insn->address_width == 32 ? (uint32_t)displacement : (uint64_t)displacement);
		return;
	}
	if (sib && !has_base && operand->mem.index == ZYDIS_REGISTER_NONE && insn->raw.sib.scale == 0) {
		if (insn->address_width != 32) {
			add_hex(&p->text, (uint64_t)displacement);
			return;
		}
		displacement &= 0xffffffff;
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
	if (has_broadcast(insn) && !insn->avx.broadcast.is_static && insn->avx.broadcast.mode < IQ_ARRAY_SIZE(broadcasts) &&
	    broadcasts[insn->avx.broadcast.mode])
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
static void add_address(struct printer *p, uint64_t address, iq_resolve_fn resolve, void *context, struct iq_strbuf *out)
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
	if (find_prefixes(&p->z.insn).active_segment)
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
	case STI:
		add_register(&p->text, sti);
		break;
	case STI_ST:
		add_register(&p->text, sti);
		add(&p->text, ",%st");
		break;
	case ST_STI:
		add(&p->text, "%st,");
		add_register(&p->text, sti);
		break;
	case AX:
		add(&p->text, "%ax");
		break;
	default:
		break;
	}
}

/* Instructions whose operands are fixed, and shown by GNU in its own way. Returns false when there is nothing special. */
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
		if (find_prefixes(insn).active_segment)
			add_segment(p);
		else
			add(&p->text, "%ds:");
		add(&p->text, addr32 ? "(%ebx)" : "(%rbx)");
		return true;
	case ZYDIS_MNEMONIC_MONITOR:
	case ZYDIS_MNEMONIC_MONITORX:
		add(&p->text, addr32 ? "%eax,%ecx,%edx" : "%rax,%ecx,%edx");
		return true;
	case ZYDIS_MNEMONIC_MWAIT:
		add(&p->text, "%eax,%ecx");
		return true;
	case ZYDIS_MNEMONIC_MWAITX:
		add(&p->text, "%eax,%ecx,%ebx");
		return true;
	case ZYDIS_MNEMONIC_NOP:
		if (insn->opcode == 0x90 && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT) {
			if (insn->operand_width == 16)
				add(&p->text, "%ax,%ax");
			return true;
		}
		if (p->memory)
			return false;
		add_register(&p->text, ZydisRegisterEncode(p->rex_w	 ? ZYDIS_REGCLASS_GPR64 :
							   p->data16 ? ZYDIS_REGCLASS_GPR16 :
								       ZYDIS_REGCLASS_GPR32,
							   insn->raw.modrm.rm | (has_rex(insn) && insn->raw.rex.B ? 8 : 0)));
		return true;
	case ZYDIS_MNEMONIC_ENTER:
		add_immediate(p, &p->z.operands[0]);
		add_char(&p->text, ',');
		add_immediate(p, &p->z.operands[1]);
		return true;
	default:
		return (p->flags & IQ_GNU_BARE) != 0;
	}
}

/* Zydis' operands that GNU's text does not have. */
static bool is_silent(const struct printer *p, const ZydisDecodedOperand *operand)
{
	if (operand->encoding == ZYDIS_OPERAND_ENCODING_MASK)
		return true;
	if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && (operand->encoding == ZYDIS_OPERAND_ENCODING_NONE || p->predicate))
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
	if (is_near_indirect(insn) && p->data16)
		return ZydisRegisterEncode(ZYDIS_REGCLASS_GPR16, (ZyanU8)ZydisRegisterGetId(reg));
	if (!(p->flags & IQ_GNU_RESIZE) && !(insn->mnemonic == ZYDIS_MNEMONIC_MOV && insn->opcode == 0x8e))
		return reg;
	return ZydisRegisterEncode(p->rex_w ? ZYDIS_REGCLASS_GPR64 : p->data16 ? ZYDIS_REGCLASS_GPR16 : ZYDIS_REGCLASS_GPR32,
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
	case ZYDIS_ROUNDING_MODE_RN:
		add(&p->text, "{rn-sae}");
		break;
	case ZYDIS_ROUNDING_MODE_RD:
		add(&p->text, "{rd-sae}");
		break;
	case ZYDIS_ROUNDING_MODE_RU:
		add(&p->text, "{ru-sae}");
		break;
	case ZYDIS_ROUNDING_MODE_RZ:
		add(&p->text, "{rz-sae}");
		break;
	default:
		add(&p->text, "{sae}");
		break;
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
	case ZYDIS_OPERAND_TYPE_REGISTER:
		add_plain_register(p, operand);
		break;
	case ZYDIS_OPERAND_TYPE_MEMORY:
		add_memory(p, operand);
		break;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		if (operand->imm.is_relative)
			add_address(p, p->insn->target, resolve, context, out);
		else
			add_immediate(p, operand);
		break;
	default:
		break;
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
		return p->memory && (insn->opcode == 0x8c || insn->opcode == 0x8e) && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
	case ZYDIS_MNEMONIC_SLDT:
	case ZYDIS_MNEMONIC_STR:
	case ZYDIS_MNEMONIC_SMSW:
		return p->memory;
	case ZYDIS_MNEMONIC_VERR:
	case ZYDIS_MNEMONIC_VERW:
	case ZYDIS_MNEMONIC_LLDT:
	case ZYDIS_MNEMONIC_LTR:
	case ZYDIS_MNEMONIC_LMSW:
		return true;
	default:
		return false;
	}
}

/* Where Zydis follows Intel, whose processors ignore 0x66, and GNU does not. */
static bool narrows_silently(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;

	if (p->rex_w || find_prefixes(insn).data < 0)
		return false;
	return is_near_indirect(insn) || insn->mnemonic == ZYDIS_MNEMONIC_RET || insn->mnemonic == ZYDIS_MNEMONIC_NOP;
}

void iq_x86_64_format(const struct iq_insn *insn, iq_resolve_fn resolve, void *context, struct iq_strbuf *out)
{
	struct printer p = { .insn = insn };
	const ZydisDecodedInstruction *zydis = &p.z.insn;
	unsigned name_end, column;

	if (insn->length > sizeof(insn->bytes) || !ZYAN_SUCCESS(iq_zydis_decode(insn->bytes, insn->length, &p.z))) {
		iq_strbuf_add(out, "(bad)");
		return;
	}
	p.flags = iq_gnu_flags(zydis->mnemonic);
	p.memory = zydis->attributes & ZYDIS_ATTRIB_HAS_MODRM && zydis->raw.modrm.mod != 3;
	p.rex_w = is_legacy(&p) ? has_rex(zydis) && zydis->raw.rex.W :
		  zydis->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX && zydis->raw.vex.W;
	p.data16 = !ignores_data16(&p) && (zydis->operand_width == 16 || narrows_silently(&p));
	add_prefixes(&p);
	add_name(&p);
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
