/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where GNU's names of x86-64 instructions are not those of the manuals, and what rules their suffixes follow. */
#include "arch/x86_64_zydis.h"

#define N(mnemonic, text, bits) [ZYDIS_MNEMONIC_##mnemonic] = { text, bits }
#define F(mnemonic, bits) [ZYDIS_MNEMONIC_##mnemonic] = { NULL, bits }
#define E(mnemonic) [ZYDIS_MNEMONIC_##mnemonic] = { NULL, IQ_GNU_EVEX }
#define FMA(name)                                                                                                      \
	E(V##name##132PD), E(V##name##132PS), E(V##name##213PD), E(V##name##213PS), E(V##name##231PD), E(V##name##231PS)
#define FMA_SCALAR(name)                                                                                               \
	E(V##name##132SD), E(V##name##132SS), E(V##name##213SD), E(V##name##213SS), E(V##name##231SD), E(V##name##231SS)

enum {
	SIZE = IQ_GNU_SIZE,
	JUMP = IQ_GNU_BRANCH | IQ_GNU_NO_REXW,
	STACK = IQ_GNU_SIZE_STACK | IQ_GNU_NO_REXW,
	STRING = IQ_GNU_STRING,
	REP = IQ_GNU_STRING | IQ_GNU_REP,
	W = IQ_GNU_REXW,
	NO_W = IQ_GNU_NO_REXW,
	BARE = IQ_GNU_BARE,
	PADLOCK = IQ_GNU_BARE | IQ_GNU_SHOW_REP,
	XY = IQ_GNU_SIZE_VECTOR,
	XYZ = IQ_GNU_SIZE_VECTOR | IQ_GNU_SIZE_512,
	COMPARE = IQ_GNU_COMPARE,
	SIZE_Q = IQ_GNU_SIZE_Q | IQ_GNU_REXW,
	DATA = IQ_GNU_NO_DATA16,
};

/* clang-format off */
static const struct iq_gnu_name names[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
	/* Integer instructions whose memory operand may have to be sized. */
	F(ADD, SIZE), F(OR, SIZE), F(ADC, SIZE), F(SBB, SIZE), F(AND, SIZE), F(SUB, SIZE), F(XOR, SIZE), F(CMP, SIZE),
	F(ROL, SIZE), F(ROR, SIZE), F(RCL, SIZE), F(RCR, SIZE), F(SHL, SIZE), F(SHR, SIZE), F(SAR, SIZE),
	F(MOV, SIZE), F(TEST, SIZE), F(NOT, SIZE), F(NEG, SIZE), F(MUL, SIZE), F(IMUL, SIZE), F(DIV, SIZE),
	F(IDIV, SIZE), F(INC, SIZE), F(DEC, SIZE), F(BT, SIZE), F(BTS, SIZE), F(BTR, SIZE), F(BTC, SIZE),
	F(NOP, IQ_GNU_SIZE_MEM), F(CRC32, IQ_GNU_SIZE_MEM),

	/* Jumps, calls, returns. */
	N(JB, "jb", JUMP), N(JBE, "jbe", JUMP), N(JL, "jl", JUMP), N(JLE, "jle", JUMP), N(JNB, "jae", JUMP),
	N(JNBE, "ja", JUMP), N(JNL, "jge", JUMP), N(JNLE, "jg", JUMP), N(JNO, "jno", JUMP), N(JNP, "jnp", JUMP),
	N(JNS, "jns", JUMP), N(JNZ, "jne", JUMP), N(JO, "jo", JUMP), N(JP, "jp", JUMP), N(JS, "js", JUMP),
	N(JZ, "je", JUMP), F(JRCXZ, NO_W), F(JECXZ, NO_W), F(LOOP, NO_W), F(LOOPE, NO_W), F(LOOPNE, NO_W),
	F(XBEGIN, STACK), F(CALL, JUMP | STACK), F(JMP, JUMP | STACK), F(RET, JUMP | STACK),
	N(IRET, "iret", IQ_GNU_SIZE_FAR), N(IRETD, "iret", IQ_GNU_SIZE_FAR), N(IRETQ, "iret", IQ_GNU_SIZE_FAR),
	F(SYSRET, W), F(SYSEXIT, W), F(PUSH, STACK), F(POP, STACK), F(ENTER, STACK), F(LEAVE, STACK),
	N(PUSHF, "pushf", STACK), N(PUSHFQ, "pushf", STACK), N(POPF, "popf", STACK), N(POPFQ, "popf", STACK),

	N(CMOVNB, "cmovae", 0), N(CMOVNBE, "cmova", 0), N(CMOVNL, "cmovge", 0), N(CMOVNLE, "cmovg", 0),
	N(CMOVNZ, "cmovne", 0), N(CMOVZ, "cmove", 0), N(SETNB, "setae", 0), N(SETNBE, "seta", 0),
	N(SETNL, "setge", 0), N(SETNLE, "setg", 0), N(SETNZ, "setne", 0), N(SETZ, "sete", 0),

	N(CBW, "cbtw", 0), N(CWDE, "cwtl", 0), N(CDQE, "cltq", W), N(CWD, "cwtd", 0), N(CDQ, "cltd", 0),
	N(CQO, "cqto", W), N(MOVZX, "movz", 0), N(MOVSX, "movs", 0), N(MOVSXD, "movsxd", 0),

	/* Strings. */
	N(MOVSB, "movsb", REP), N(MOVSW, "movsw", REP), N(MOVSD, "movsl", REP), N(MOVSQ, "movsq", REP | W),
	N(CMPSB, "cmpsb", STRING), N(CMPSW, "cmpsw", STRING), N(CMPSD, "cmpsl", STRING | COMPARE),
	N(CMPSQ, "cmpsq", STRING | W), N(STOSB, "stos", REP), N(STOSW, "stos", REP), N(STOSD, "stos", REP),
	N(STOSQ, "stos", REP | W), N(LODSB, "lods", REP), N(LODSW, "lods", REP), N(LODSD, "lods", REP),
	N(LODSQ, "lods", REP | W), N(SCASB, "scas", STRING), N(SCASW, "scas", STRING), N(SCASD, "scas", STRING),
	N(SCASQ, "scas", STRING | W), N(INSB, "insb", REP), N(INSW, "insw", REP), N(INSD, "insl", REP),
	N(OUTSB, "outsb", REP), N(OUTSW, "outsw", REP), N(OUTSD, "outsl", REP),

	/* VIA's. */
	N(XCRYPT_ECB, "xcrypt-ecb", PADLOCK), N(XCRYPT_CBC, "xcrypt-cbc", PADLOCK),
	N(XCRYPT_CTR, "xcrypt-ctr", PADLOCK), N(XCRYPT_CFB, "xcrypt-cfb", PADLOCK),
	N(XCRYPT_OFB, "xcrypt-ofb", PADLOCK), N(XSTORE, "xstore-rng", PADLOCK), F(MONTMUL, PADLOCK),
	F(XSHA1, PADLOCK), F(XSHA256, PADLOCK),

	/* System. */
	F(CMPXCHG16B, W), F(FXSAVE64, W), F(FXRSTOR64, W), F(XSAVE64, W), F(XRSTOR64, W), F(XSAVEOPT64, W),
	F(XSAVEC64, W), F(XSAVES64, W), F(XRSTORS64, W), F(VMREAD, NO_W), F(VMWRITE, NO_W), F(INVEPT, NO_W),
	F(INVVPID, NO_W), F(INVPCID, NO_W), F(PTWRITE, IQ_GNU_SIZE_INT), F(SENDUIPI, NO_W), F(RDPID, NO_W),
	F(UMONITOR, NO_W), F(MOVDIR64B, NO_W), F(ENQCMD, NO_W), F(ENQCMDS, NO_W), F(VMRUN, BARE), F(VMLOAD, BARE),
	F(VMSAVE, BARE), F(SKINIT, BARE), F(INVLPGA, BARE), F(CLZERO, BARE), F(INVLPGB, BARE), F(PSMASH, BARE),
	F(PVALIDATE, BARE), F(RMPADJUST, BARE), F(RMPUPDATE, BARE), F(MONITOR, BARE), F(MONITORX, BARE),
	F(MWAIT, BARE), F(MWAITX, BARE), F(WBINVD, IQ_GNU_HIDE_REP), F(VMMCALL, IQ_GNU_HIDE_REP), N(INT1, "int1", 0),
	F(UD0, IQ_GNU_RESIZE), F(UD1, IQ_GNU_RESIZE), N(PFSQRT, "pfrsqrt", 0), N(PFCPIT1, "pfrcpit1", 0),
	F(PCMPESTRI, SIZE_Q), F(PCMPESTRM, SIZE_Q), F(VPCMPESTRI, SIZE_Q), F(VPCMPESTRM, SIZE_Q),
	F(BSF, IQ_GNU_HIDE_DATA16), F(BSR, IQ_GNU_HIDE_DATA16), F(MOVBE, IQ_GNU_HIDE_DATA16),
	F(RDRAND, IQ_GNU_HIDE_DATA16), F(RDSEED, IQ_GNU_HIDE_DATA16), F(PREFETCHNTA, DATA), F(PREFETCHT0, DATA),
	F(PREFETCHT1, DATA), F(PREFETCHT2, DATA), F(LAR, IQ_GNU_RESIZE), F(LSL, IQ_GNU_RESIZE), F(XLAT, DATA),
	F(INT, DATA), F(PREFETCH, DATA), F(PREFETCHW, DATA), F(PREFETCHWT1, DATA), F(PMOVMSKB, IQ_GNU_RESIZE),
	F(MOVMSKPS, IQ_GNU_RESIZE), F(MOVMSKPD, IQ_GNU_RESIZE), F(VPMOVMSKB, IQ_GNU_RESIZE),
	F(VMOVMSKPS, IQ_GNU_RESIZE), F(VMOVMSKPD, IQ_GNU_RESIZE), N(FENI8087_NOP, "fneni(8087 only)", 0),
	N(FDISI8087_NOP, "fndisi(8087 only)", 0), N(FSETPM287_NOP, "fnsetpm(287 only)", 0), F(RDSSPQ, W),
	F(INCSSPQ, W), F(WRSSQ, W), F(WRUSSQ, W),

	/* Conversions. */
	F(CVTSI2SD, IQ_GNU_SIZE_INT), F(CVTSI2SS, IQ_GNU_SIZE_INT), F(VCVTSI2SD, IQ_GNU_SIZE_INT | IQ_GNU_EVEX),
	F(VCVTSI2SS, IQ_GNU_SIZE_INT | IQ_GNU_EVEX), F(VCVTSI2SH, IQ_GNU_SIZE_INT), F(VCVTUSI2SD, IQ_GNU_SIZE_INT),
	F(VCVTUSI2SS, IQ_GNU_SIZE_INT), F(VCVTUSI2SH, IQ_GNU_SIZE_INT), F(VCVTPD2DQ, XY | IQ_GNU_EVEX),
	F(VCVTPD2PS, XY | IQ_GNU_EVEX), F(VCVTTPD2DQ, XY | IQ_GNU_EVEX), F(VCVTPD2UDQ, XY), F(VCVTTPD2UDQ, XY),
	F(VCVTQQ2PS, XY), F(VCVTUQQ2PS, XY), F(VCVTNEPS2BF16, XY), F(VCVTDQ2PH, XY), F(VCVTUDQ2PH, XY),
	F(VCVTPD2PH, XYZ), F(VCVTPS2PHX, XY), F(VCVTQQ2PH, XYZ), F(VCVTUQQ2PH, XYZ), F(VFPCLASSPD, XYZ),
	F(VFPCLASSPS, XYZ), F(VFPCLASSPH, XYZ),

	/* Comparisons with a predicate. */
	F(CMPPS, COMPARE), F(CMPPD, COMPARE), F(CMPSS, COMPARE), F(VCMPPS, COMPARE), F(VCMPPD, COMPARE),
	F(VCMPSS, COMPARE), F(VCMPSD, COMPARE), F(VCMPPH, COMPARE), F(VCMPSH, COMPARE), F(VPCMPB, COMPARE),
	F(VPCMPUB, COMPARE), F(VPCMPW, COMPARE), F(VPCMPUW, COMPARE), F(VPCMPD, COMPARE), F(VPCMPUD, COMPARE),
	F(VPCMPQ, COMPARE), F(VPCMPUQ, COMPARE), F(VPCOMB, COMPARE), F(VPCOMUB, COMPARE), F(VPCOMW, COMPARE),
	F(VPCOMUW, COMPARE), F(VPCOMD, COMPARE), F(VPCOMUD, COMPARE), F(VPCOMQ, COMPARE), F(VPCOMUQ, COMPARE),
	F(PCLMULQDQ, COMPARE), F(VPCLMULQDQ, COMPARE | IQ_GNU_EVEX),

	/* A third operand in %xmm0. */
	F(SHA256RNDS2, IQ_GNU_XMM0), F(PBLENDVB, IQ_GNU_XMM0), F(BLENDVPS, IQ_GNU_XMM0), F(BLENDVPD, IQ_GNU_XMM0),

	/* AVX-VNNI came after AVX512-VNNI. */
	F(VPDPBUSD, IQ_GNU_VEX), F(VPDPBUSDS, IQ_GNU_VEX), F(VPDPWSSD, IQ_GNU_VEX), F(VPDPWSSDS, IQ_GNU_VEX),
	F(VPMADD52HUQ, IQ_GNU_VEX), F(VPMADD52LUQ, IQ_GNU_VEX),

	/* Vector instructions with a VEX and an EVEX form of one name. */
	E(VADDPS), E(VADDPD), E(VADDSS), E(VADDSD), E(VAESDEC), E(VAESDECLAST), E(VAESENC), E(VAESENCLAST),
	E(VANDNPS), E(VANDNPD), E(VANDPS), E(VANDPD), E(VBROADCASTSD), E(VBROADCASTSS), E(VCOMISS), E(VCOMISD),
	E(VCVTDQ2PD), E(VCVTDQ2PS), E(VCVTPS2DQ), E(VCVTPS2PD), E(VCVTPH2PS), E(VCVTPS2PH), E(VCVTSD2SS),
	E(VCVTSS2SD), E(VCVTSD2SI), E(VCVTSS2SI), E(VCVTTPS2DQ), E(VCVTTSD2SI), E(VCVTTSS2SI), E(VDIVPS), E(VDIVPD),
	E(VDIVSS), E(VDIVSD), E(VEXTRACTPS), FMA(FMADD), FMA(FMSUB), FMA(FNMADD), FMA(FNMSUB), FMA(FMADDSUB),
	FMA(FMSUBADD), FMA_SCALAR(FMADD), FMA_SCALAR(FMSUB), FMA_SCALAR(FNMADD), FMA_SCALAR(FNMSUB),
	E(VGF2P8AFFINEINVQB), E(VGF2P8AFFINEQB), E(VGF2P8MULB), E(VINSERTPS), E(VMAXPS), E(VMAXPD), E(VMAXSS),
	E(VMAXSD), E(VMINPS), E(VMINPD), E(VMINSS), E(VMINSD), E(VMOVDDUP), E(VMOVSHDUP), E(VMOVSLDUP), E(VMOVD),
	E(VMOVQ), E(VMOVAPS), E(VMOVAPD), E(VMOVHLPS), E(VMOVHPS), E(VMOVHPD), E(VMOVLHPS), E(VMOVLPS), E(VMOVLPD),
	E(VMOVNTDQ), E(VMOVNTDQA), E(VMOVNTPS), E(VMOVNTPD), E(VMOVSS), E(VMOVSD), E(VMOVUPS), E(VMOVUPD), E(VMULPS),
	E(VMULPD), E(VMULSS), E(VMULSD), E(VORPS), E(VORPD), E(VPABSB), E(VPABSD), E(VPABSW), E(VPACKSSDW),
	E(VPACKSSWB), E(VPACKUSDW), E(VPACKUSWB), E(VPADDB), E(VPADDD), E(VPADDQ), E(VPADDSB), E(VPADDSW),
	E(VPADDUSB), E(VPADDUSW), E(VPADDW), E(VPALIGNR), E(VPAVGB), E(VPAVGW), E(VPBROADCASTB), E(VPBROADCASTD),
	E(VPBROADCASTQ), E(VPBROADCASTW), E(VPERMD), E(VPERMILPS), E(VPERMILPD), E(VPERMPS), E(VPERMPD), E(VPERMQ),
	E(VPEXTRB), E(VPEXTRW), E(VPEXTRD), E(VPEXTRQ), E(VPINSRB), E(VPINSRW), E(VPINSRD), E(VPINSRQ), E(VPMADDUBSW),
	E(VPMADDWD), E(VPMAXSB), E(VPMAXSW), E(VPMAXSD), E(VPMAXUB), E(VPMAXUW), E(VPMAXUD), E(VPMINSB), E(VPMINSW),
	E(VPMINSD), E(VPMINUB), E(VPMINUW), E(VPMINUD), E(VPMOVSXBD), E(VPMOVSXBQ), E(VPMOVSXBW), E(VPMOVSXDQ),
	E(VPMOVSXWD), E(VPMOVSXWQ), E(VPMOVZXBD), E(VPMOVZXBQ), E(VPMOVZXBW), E(VPMOVZXDQ), E(VPMOVZXWD),
	E(VPMOVZXWQ), E(VPMULDQ), E(VPMULHRSW), E(VPMULHUW), E(VPMULHW), E(VPMULLD), E(VPMULLW), E(VPMULUDQ),
	E(VPSADBW), E(VPSHUFB), E(VPSHUFD), E(VPSHUFHW), E(VPSHUFLW), E(VPSLLD), E(VPSLLDQ), E(VPSLLQ), E(VPSLLW),
	E(VPSRAD), E(VPSRAW), E(VPSRLD), E(VPSRLDQ), E(VPSRLQ), E(VPSRLW), E(VPSUBB), E(VPSUBD), E(VPSUBQ),
	E(VPSUBSB), E(VPSUBSW), E(VPSUBUSB), E(VPSUBUSW), E(VPSUBW), E(VPUNPCKHBW), E(VPUNPCKHDQ), E(VPUNPCKHQDQ),
	E(VPUNPCKHWD), E(VPUNPCKLBW), E(VPUNPCKLDQ), E(VPUNPCKLQDQ), E(VPUNPCKLWD), E(VSHUFPS), E(VSHUFPD),
	E(VSQRTPS), E(VSQRTPD), E(VSQRTSS), E(VSQRTSD), E(VSUBPS), E(VSUBPD), E(VSUBSS), E(VSUBSD), E(VUCOMISS),
	E(VUCOMISD), E(VUNPCKHPS), E(VUNPCKHPD), E(VUNPCKLPS), E(VUNPCKLPD), E(VXORPS), E(VXORPD),
};
/* clang-format on */

/* Zydis calls both the string instruction and the SSE one by this name; so do the manuals. */
static bool is_sse(const ZydisDecodedInstruction *insn)
{
	return insn->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT;
}

unsigned iq_gnu_flags(ZydisMnemonic mnemonic)
{
	return mnemonic <= ZYDIS_MNEMONIC_MAX_VALUE ? names[mnemonic].flags : 0;
}

static bool has_repeat(const ZydisDecodedInstruction *insn)
{
	unsigned i;

	for (i = 0; i < insn->raw.prefix_count; i++)
		if ((insn->raw.prefixes[i].value & 0xfe) == 0xf2)
			return true;
	return false;
}

/* DC and DE with two registers: AT&T's assembler swapped fsub and fsubr, fdiv and fdivr, and everybody lives with it.
 */
static const char *x87_swapped(const ZydisDecodedInstruction *insn)
{
	static const char *const swapped[2][4] = { { "fsub", "fsubr", "fdiv", "fdivr" },
						   { "fsubp", "fsubrp", "fdivp", "fdivrp" } };

	if ((insn->opcode == 0xdc || insn->opcode == 0xde) && insn->raw.modrm.mod == 3 && insn->raw.modrm.reg >= 4)
		return swapped[insn->opcode == 0xde][insn->raw.modrm.reg - 4];
	return NULL;
}

static const char *with_fwait(ZydisMnemonic mnemonic)
{
	switch (mnemonic) {
	case ZYDIS_MNEMONIC_FNCLEX: return "fclex";
	case ZYDIS_MNEMONIC_FNINIT: return "finit";
	case ZYDIS_MNEMONIC_FNSAVE: return "fsave";
	case ZYDIS_MNEMONIC_FNSTCW: return "fstcw";
	case ZYDIS_MNEMONIC_FNSTENV: return "fstenv";
	case ZYDIS_MNEMONIC_FNSTSW: return "fstsw";
	default: return NULL;
	}
}

const char *iq_gnu_base_name(const struct iq_zydis *z)
{
	const ZydisDecodedInstruction *insn = &z->insn;
	const char *name = z->fwait ? with_fwait(insn->mnemonic) : z->newer;

	if (!name && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && insn->opcode >= 0xd8 && insn->opcode <= 0xdf)
		name = x87_swapped(insn);
	if (name)
		return name;
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		/* The only instructions with a 64-bit immediate or address. */
		if (insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
		    ((insn->opcode >= 0xb8 && insn->opcode <= 0xbf && insn->operand_width == 64) ||
		     (insn->opcode >= 0xa0 && insn->opcode <= 0xa3 && insn->address_width == 64)))
			return "movabs";
		return "mov";
	case ZYDIS_MNEMONIC_MOVSD:
	case ZYDIS_MNEMONIC_CMPSD:
		if (is_sse(insn))
			return ZydisMnemonicGetString(insn->mnemonic);
		break;
	case ZYDIS_MNEMONIC_MOVSXD: return insn->operand_width == 64 ? "movslq" : "movsxd";
	case ZYDIS_MNEMONIC_VMMCALL: return has_repeat(insn) ? "vmgexit" : "vmmcall";
	case ZYDIS_MNEMONIC_WBINVD: return has_repeat(insn) ? "wbnoinvd" : "wbinvd";
	case ZYDIS_MNEMONIC_CALL: return insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ? "lcall" : "call";
	case ZYDIS_MNEMONIC_JMP: return insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ? "ljmp" : "jmp";
	case ZYDIS_MNEMONIC_RET: return insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ? "lret" : "ret";
	case ZYDIS_MNEMONIC_NOP:
		/* 0x66 0x90; with REX.W it is a nop again. */
		if (insn->opcode == 0x90 && insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && insn->operand_width == 16)
			return "xchg";
		break;
	default: break;
	}
	name = insn->mnemonic <= ZYDIS_MNEMONIC_MAX_VALUE ? names[insn->mnemonic].name : NULL;
	return name ? name : ZydisMnemonicGetString(insn->mnemonic);
}
