/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x86-64 instructions from bytes, by Zydis, in the terms of arch.h. */
#include "arch/x86_64_insn.h"

#include "arch/x86_64.h"
#include "arch/x86_64_zydis.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Is this one of the x87 instructions that have no wait of their own and are known by another name behind an fwait? */
static bool follows_fwait(const uint8_t *bytes, size_t size)
{
	uint8_t opcode, modrm, reg;

	if (size < 2)
		return false;
	opcode = bytes[0];
	modrm = bytes[1];
	reg = modrm >> 3 & 7;
	if (modrm < 0xc0)
		return (opcode == 0xd9 && (reg == 6 || reg == 7)) || (opcode == 0xdd && (reg == 6 || reg == 7));
	return (opcode == 0xdb && (modrm == 0xe2 || modrm == 0xe3)) || (opcode == 0xdf && modrm == 0xe0);
}

/*
 * What Zydis 4.0 does not know and kernels use. The instruction is decoded as one that is older and has the same
 * operands; lengths and names are put right. Intel's FRED specification 5.0 (erets, eretu, lkgs) and the manual's
 * WRMSRNS.
 */
static const struct {
	uint8_t bytes[4];
	uint8_t length;
	uint8_t older[2];
	const char *name;
} newer[] = {
	{ { 0x0f, 0x01, 0xc6 }, 3, { 0x0f, 0x30 }, "wrmsrns" },
	{ { 0xf2, 0x0f, 0x01, 0xca }, 4, { 0x48, 0xcf }, "erets" },
	{ { 0xf3, 0x0f, 0x01, 0xca }, 4, { 0x48, 0xcf }, "eretu" },
};

/* lkgs is 0xf2 [REX] 0x0f 0x00 /6; ltr is /3. */
static bool decode_lkgs(const ZydisDecoder *decoder, const uint8_t *bytes, size_t size, struct iq_zydis *out)
{
	uint8_t ltr[ZYDIS_MAX_INSTRUCTION_LENGTH];
	size_t at;

	if (size < 4 || bytes[0] != 0xf2)
		return false;
	at = (bytes[1] & 0xf0) == 0x40 ? 2 : 1;
	if (size < at + 3 || bytes[at] != 0x0f || bytes[at + 1] != 0x00 || (bytes[at + 2] & 0x38) != 0x30)
		return false;
	memcpy(ltr, bytes, size);
	ltr[at + 2] = (uint8_t)((bytes[at + 2] & 0xc7) | 3 << 3);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, ltr, size, &out->insn, out->operands)))
		return false;
	out->newer = "lkgs";
	return true;
}

static bool decode_newer(const ZydisDecoder *decoder, const uint8_t *bytes, size_t size, struct iq_zydis *out)
{
	size_t i;

	for (i = 0; i < IQ_ARRAY_SIZE(newer); i++) {
		if (size < newer[i].length || memcmp(bytes, newer[i].bytes, newer[i].length) != 0)
			continue;
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, newer[i].older, 2, &out->insn, out->operands)))
			return false;
		out->insn.length = newer[i].length;
		out->newer = newer[i].name;
		return true;
	}
	return decode_lkgs(decoder, bytes, size, out);
}

/*
 * Zydis 4.0 takes the missing base of a SIB byte for %r13d when addresses are 32 bits wide and REX.B is set, and leaves
 * the displacement out of the length. REX.B means nothing there: it is taken away while Zydis looks.
 */
static ZyanStatus decode_baseless(const ZydisDecoder *decoder, const uint8_t *bytes, size_t size, struct iq_zydis *out)
{
	uint8_t copy[ZYDIS_MAX_INSTRUCTION_LENGTH];
	unsigned rex = out->insn.raw.rex.offset;
	ZyanStatus status;

	memcpy(copy, bytes, size);
	copy[rex] &= 0xfe;
	status = ZydisDecoderDecodeFull(decoder, copy, size, &out->insn, out->operands);
	if (ZYAN_SUCCESS(status)) {
		out->insn.raw.prefixes[rex].value |= 1;
		out->insn.raw.rex.B = 1;
	}
	return status;
}

static bool is_misread(const ZydisDecodedInstruction *insn)
{
	return insn->address_width == 32 && insn->attributes & ZYDIS_ATTRIB_HAS_REX && insn->raw.rex.B &&
	       insn->attributes & ZYDIS_ATTRIB_HAS_SIB && insn->raw.modrm.mod == 0 && insn->raw.sib.base == 5;
}

ZyanStatus iq_zydis_decode(const uint8_t *bytes, size_t size, struct iq_zydis *out)
{
	ZydisDecoder decoder;
	ZyanStatus status;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	/* 0x66 before a branch: GNU reads it as AMD's processors do. Compilers write it only where REX.W takes it back.
	 */
	ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_AMD_BRANCHES, ZYAN_TRUE);
	size = IQ_MIN(size, ZYDIS_MAX_INSTRUCTION_LENGTH);
	out->newer = NULL;
	out->fwait = false;
	if ((bytes[0] == 0x0f || (bytes[0] & 0xfe) == 0xf2) && decode_newer(&decoder, bytes, size, out))
		return ZYAN_STATUS_SUCCESS;
	out->fwait = size > 2 && bytes[0] == 0x9b && follows_fwait(bytes + 1, size - 1);
	bytes += out->fwait;
	size -= out->fwait;
	status = ZydisDecoderDecodeFull(&decoder, bytes, size, &out->insn, out->operands);
	if (ZYAN_SUCCESS(status) && is_misread(&out->insn))
		return decode_baseless(&decoder, bytes, size, out);
	return status;
}

/* Zydis counts general registers in the order of their encoding, DWARF has its own. */
static uint8_t full_register(ZydisRegister reg)
{
	static const uint8_t general[16] = {
		IQ_X86_RAX, IQ_X86_RCX, IQ_X86_RDX, IQ_X86_RBX, IQ_X86_RSP, IQ_X86_RBP, IQ_X86_RSI, IQ_X86_RDI,
		IQ_X86_R8,  IQ_X86_R9,  IQ_X86_R10, IQ_X86_R11, IQ_X86_R12, IQ_X86_R13, IQ_X86_R14, IQ_X86_R15,
	};

	if (reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_BL)
		return general[reg - ZYDIS_REGISTER_AL];
	if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
		return general[reg - ZYDIS_REGISTER_AH];
	if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_R15B)
		return general[4 + reg - ZYDIS_REGISTER_SPL];
	if (reg >= ZYDIS_REGISTER_AX && reg <= ZYDIS_REGISTER_R15W)
		return general[reg - ZYDIS_REGISTER_AX];
	if (reg >= ZYDIS_REGISTER_EAX && reg <= ZYDIS_REGISTER_R15D)
		return general[reg - ZYDIS_REGISTER_EAX];
	if (reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15)
		return general[reg - ZYDIS_REGISTER_RAX];
	switch (reg) {
	case ZYDIS_REGISTER_RIP:
	case ZYDIS_REGISTER_EIP: return IQ_X86_RIP;
	case ZYDIS_REGISTER_FLAGS:
	case ZYDIS_REGISTER_EFLAGS:
	case ZYDIS_REGISTER_RFLAGS: return IQ_X86_RFLAGS;
	case ZYDIS_REGISTER_CS: return IQ_X86_CS;
	case ZYDIS_REGISTER_SS: return IQ_X86_SS;
	case ZYDIS_REGISTER_DS: return IQ_X86_DS;
	case ZYDIS_REGISTER_ES: return IQ_X86_ES;
	case ZYDIS_REGISTER_FS: return IQ_X86_FS;
	case ZYDIS_REGISTER_GS: return IQ_X86_GS;
	case ZYDIS_REGISTER_CR0: return IQ_X86_CR0;
	case ZYDIS_REGISTER_CR2: return IQ_X86_CR2;
	case ZYDIS_REGISTER_CR3: return IQ_X86_CR3;
	case ZYDIS_REGISTER_CR4: return IQ_X86_CR4;
	default: return IQ_NO_REG;
	}
}

static void take_memory(const struct iq_zydis *z, const ZydisDecodedOperand *from, const struct iq_insn *insn,
			struct iq_operand *to)
{
	to->kind = IQ_OPERAND_MEM;
	to->base = full_register(from->mem.base);
	to->index = full_register(from->mem.index);
	to->scale = from->mem.scale;
	to->displacement = from->mem.disp.value;
	to->address_only = from->mem.type == ZYDIS_MEMOP_TYPE_AGEN || z->insn.mnemonic == ZYDIS_MNEMONIC_NOP;
	to->segment = from->mem.segment == ZYDIS_REGISTER_FS ? 'f' : from->mem.segment == ZYDIS_REGISTER_GS ? 'g' : 0;
	if (to->address_only) {
		to->read = to->write = false;
		to->segment = 0;
	}
	if (to->base == IQ_X86_RIP) {
		to->pc_relative = true;
		to->displacement = (int64_t)(insn->address + insn->length + (uint64_t)to->displacement);
		if (from->mem.base == ZYDIS_REGISTER_EIP)
			to->displacement &= 0xffffffff;
	}
	/* The slot of a push lies below the RSP that the instruction finds. */
	if (from->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && to->write && to->base == IQ_X86_RSP &&
	    from->mem.segment == ZYDIS_REGISTER_SS)
		to->displacement -= from->size / 8;
}

static void take_immediate(const struct iq_zydis *z, const ZydisDecodedOperand *from, struct iq_insn *insn,
			   struct iq_operand *to)
{
	if (from->imm.is_relative) {
		to->kind = IQ_OPERAND_TARGET;
		to->immediate = insn->address + insn->length + from->imm.value.u;
		if (z->insn.operand_width == 16)
			to->immediate &= 0xffff;
		insn->has_target = true;
		insn->target = to->immediate;
		return;
	}
	to->kind = IQ_OPERAND_IMM;
	to->immediate = from->imm.value.u;
	/* The 1 of `shl %eax` is in the opcode and not in the text. */
	if (from->encoding == ZYDIS_OPERAND_ENCODING_NONE)
		to->implicit = true;
	if (from->imm.is_signed && from->size < z->insn.operand_width)
		to->width = z->insn.operand_width;
}

/* GNU's text names the memory of string instructions, and what they move: Zydis hides both. */
static bool is_implicit(const struct iq_zydis *z, const ZydisDecodedOperand *operand)
{
	if (operand->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN)
		return false;
	if (!(iq_gnu_flags(z->insn.mnemonic) & IQ_GNU_STRING) || z->insn.opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
		return true;
	return operand->type == ZYDIS_OPERAND_TYPE_REGISTER && full_register(operand->reg.value) != IQ_X86_RAX &&
	       full_register(operand->reg.value) != IQ_X86_RDX;
}

static bool take_operand(const struct iq_zydis *z, const ZydisDecodedOperand *from, struct iq_insn *insn,
			 struct iq_operand *to)
{
	*to = (struct iq_operand){
		.read = from->actions & ZYDIS_OPERAND_ACTION_MASK_READ,
		.write = from->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE,
		.implicit = is_implicit(z, from),
		.width = from->size,
		.reg = IQ_NO_REG,
		.base = IQ_NO_REG,
		.index = IQ_NO_REG,
	};
	switch (from->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER:
		to->kind = IQ_OPERAND_REG;
		/* Where a write is conditional, the old value may stay. */
		to->read |= (from->actions & ZYDIS_OPERAND_ACTION_CONDWRITE) != 0;
		to->reg = full_register(from->reg.value);
		to->reg_shift = from->reg.value >= ZYDIS_REGISTER_AH && from->reg.value <= ZYDIS_REGISTER_BH ? 8 : 0;
		if (z->insn.mnemonic == ZYDIS_MNEMONIC_NOP)
			to->read = to->write = false;
		return true;
	case ZYDIS_OPERAND_TYPE_MEMORY: take_memory(z, from, insn, to); return true;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE: take_immediate(z, from, insn, to); return true;
	default: return false;
	}
}

static enum iq_flow flow_of(const ZydisDecodedInstruction *insn)
{
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_SYSRET:
	case ZYDIS_MNEMONIC_SYSEXIT:
	case ZYDIS_MNEMONIC_UIRET:
	case ZYDIS_MNEMONIC_RSM: return IQ_FLOW_RETURN;
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_INT3: return IQ_FLOW_TRAP;
	case ZYDIS_MNEMONIC_CALL: return IQ_FLOW_CALL;
	case ZYDIS_MNEMONIC_JMP: return IQ_FLOW_JUMP;
	default: return insn->meta.category == ZYDIS_CATEGORY_COND_BR ? IQ_FLOW_COND_JUMP : IQ_FLOW_NEXT;
	}
}

static struct iq_error *no_instruction(ZyanStatus status, const uint8_t *bytes, size_t size, uint64_t address)
{
	char hex[3 * 8 + 1];
	size_t i, n = IQ_MIN(size, 8);

	hex[0] = '\0';
	for (i = 0; i < n; i++)
		snprintf(hex + 3 * i, sizeof(hex) - 3 * i, " %02x", bytes[i]);
	if (size == 0)
		return iq_error_new(IQ_ERROR_FORMAT, "instruction at %#" PRIx64 ": no bytes", address);
	if (status == ZYDIS_STATUS_NO_MORE_DATA)
		return iq_error_new(IQ_ERROR_FORMAT, "instruction at %#" PRIx64 ": bytes end inside of it:%s", address,
				    hex);
	return iq_error_new(IQ_ERROR_FORMAT, "instruction at %#" PRIx64 ": bytes are no instruction:%s", address, hex);
}

struct iq_error *iq_x86_64_decode(const uint8_t *bytes, size_t size, uint64_t address, struct iq_insn *out)
{
	struct iq_zydis z;
	ZyanStatus status;
	const char *name;
	unsigned i;

	if (size == 0)
		return no_instruction(ZYDIS_STATUS_NO_MORE_DATA, bytes, size, address);
	status = iq_zydis_decode(bytes, size, &z);
	if (!ZYAN_SUCCESS(status))
		return no_instruction(status, bytes, size, address);

	memset(out, 0, sizeof(*out));
	out->address = address;
	out->length = (uint8_t)(z.insn.length + z.fwait);
	memcpy(out->bytes, bytes, out->length);
	out->flow = flow_of(&z.insn);
	out->mnemonic = (uint16_t)z.insn.mnemonic;
	name = iq_gnu_base_name(&z);
	memcpy(out->name, name, IQ_MIN(strlen(name), sizeof(out->name) - 1));
	for (i = 0; i < z.insn.operand_count && out->operand_count < IQ_MAX_OPERANDS; i++)
		out->operand_count += take_operand(&z, &z.operands[i], out, &out->operands[out->operand_count]);
	return NULL;
}
