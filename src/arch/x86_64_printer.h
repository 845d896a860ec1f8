/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The printer of x86-64 instructions: x86_64_format.c drives it, x86_64_prefixes.c and x86_64_suffixes.c say what
 * stands first. */
#ifndef IQ_ARCH_X86_64_PRINTER_H
#define IQ_ARCH_X86_64_PRINTER_H

#include "arch/x86_64_insn.h"
#include "arch/x86_64_zydis.h"

/* Where the last prefix of each kind stands, -1 if nowhere: the last is the one that counts. */
struct prefix_places {
	int data, address, segment, rep, rex;
	bool data_mandatory, rep_mandatory;
	uint8_t active_segment;
	bool cs, ds;
};

/* Text of limited length: what is longer is cut, and no instruction is. */
struct text {
	char buffer[256];
	unsigned length;
};

struct printer {
	struct iq_zydis z;
	const struct iq_insn *insn;
	unsigned flags; /* IQ_GNU_… */
	struct prefix_places at;
	bool memory; /* ModRM names memory */
	bool rex_w;
	bool data16;    /* 0x66, and the operand size is 16 bits by it */
	bool hint;      /* a branch hint became part of the name */
	bool predicate; /* the immediate became part of the name */
	struct text text;
};

static inline void add_char(struct text *t, char c)
{
	if (t->length < sizeof(t->buffer))
		t->buffer[t->length++] = c;
}

static inline void add(struct text *t, const char *s)
{
	while (*s)
		add_char(t, *s++);
}

static inline void add_hex(struct text *t, uint64_t value)
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

static inline void add_signed_hex(struct text *t, int64_t value)
{
	if (value < 0)
		add_char(t, '-');
	add_hex(t, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static inline bool is_string(const struct printer *p)
{
	return p->flags & IQ_GNU_STRING && p->z.insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
}

static inline bool has_rex(const ZydisDecodedInstruction *insn)
{
	return insn->attributes & ZYDIS_ATTRIB_HAS_REX;
}

static inline bool is_legacy(const struct printer *p)
{
	return p->z.insn.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY;
}

static inline bool is_x87(const struct printer *p)
{
	return is_legacy(p) && p->z.insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && p->z.insn.opcode >= 0xd8 &&
	       p->z.insn.opcode <= 0xdf;
}

static inline bool is_segment(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_ES && reg <= ZYDIS_REGISTER_GS;
}

static inline bool is_gpr64(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15;
}

static inline bool is_gpr(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_R15;
}

/* An indirect near jump or call: 0x3e before it switches branch tracking off. */
static inline bool is_near_indirect(const ZydisDecodedInstruction *insn)
{
	return (insn->mnemonic == ZYDIS_MNEMONIC_JMP || insn->mnemonic == ZYDIS_MNEMONIC_CALL) &&
	       insn->opcode == 0xff && insn->meta.branch_type != ZYDIS_BRANCH_TYPE_FAR;
}

static inline bool has_broadcast(const ZydisDecodedInstruction *insn)
{
	return insn->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX && insn->raw.evex.b;
}

static inline void add_size(struct text *t, unsigned width)
{
	add_char(t, width == 8 ? 'b' : width == 16 ? 'w' : width == 64 ? 'q' : 'l');
}

/* fldenv, fnstenv, frstor, fnsave. */
static inline bool saves_x87_state(const ZydisDecodedInstruction *insn)
{
	return (insn->opcode == 0xd9 || insn->opcode == 0xdd) && (insn->raw.modrm.reg == 4 || insn->raw.modrm.reg == 6);
}

/* A register in the text that tells how wide the memory beside it is; %cl of a shift does not. */
static inline bool has_sizing_register(const struct printer *p)
{
	unsigned i;

	for (i = 0; i < p->z.insn.operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &p->z.operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
			return true;
	}
	return false;
}

static inline bool is_moffs(const ZydisDecodedInstruction *insn)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_MOV && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
	       insn->opcode >= 0xa0 && insn->opcode <= 0xa3;
}

static inline bool prints_memory(const struct printer *p)
{
	const ZydisDecodedInstruction *insn = &p->z.insn;
	unsigned i;

	for (i = 0; i < insn->operand_count_visible; i++)
		if (p->z.operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			return true;
	return false;
}

/* Finds the prefixes and with them what the widths are: fills at, memory, rex_w, data16. */
void iq_gnu_look_at_prefixes(struct printer *p);

/* Says the prefixes that the rest of the text does not account for. */
void iq_gnu_add_prefixes(struct printer *p);

/* The name with its suffixes. */
void iq_gnu_add_name(struct printer *p);

#endif
