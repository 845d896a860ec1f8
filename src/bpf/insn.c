// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/insn.h"

struct iq_bpf_insn iq_bpf_insn_decode(const uint8_t bytes[IQ_BPF_INSN_SIZE])
{
	uint32_t imm =
		(uint32_t)bytes[4] | (uint32_t)bytes[5] << 8 | (uint32_t)bytes[6] << 16 | (uint32_t)bytes[7] << 24;
	return (struct iq_bpf_insn){
		.code = bytes[0],
		.dst = bytes[1] & 15,
		.src = bytes[1] >> 4,
		.off = (int16_t)(bytes[2] | bytes[3] << 8),
		.imm = (int32_t)imm,
	};
}
