// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking over a stack without knowing its frames: words that could be return addresses, and blocks that could be saved registers. */
#include "unwind/internal.h"

enum { MAX_SCAN = 1 << 20, MAX_CALL = 8 };

bool iq_is_return_address(struct iq_unwinder *unwinder, uint64_t address)
{
	uint8_t bytes[MAX_CALL];
	struct iq_insn insn;
	if (!iq_is_kernel_address(unwinder->options.target, address) ||
	    !iq_image_at(unwinder->options.images, address - 1))
		return false;
	/* A call is two to seven bytes long, eight with a prefix; most often five. */
	static const uint8_t lengths[] = { 5, 2, 3, 6, 7, 4, 8 };
	for (unsigned i = 0; i < sizeof(lengths); i++) {
		unsigned length = lengths[i];
		uint64_t start = address - length;
		if (iq_failed(iq_read(unwinder->options.target, start, bytes, length)) ||
		    iq_failed(unwinder->arch->decode(bytes, length, start, &insn)))
			continue;
		if (insn.flow == IQ_FLOW_CALL && insn.length == length)
			return true;
	}
	return false;
}

static struct iq_error *check_range(uint64_t start, uint64_t end)
{
	if (end < start || end - start > MAX_SCAN || start % 8)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%#lx to %#lx is no stack", start, end);
	return NULL;
}

struct iq_error *iq_unwind_scan(struct iq_unwinder *unwinder, uint64_t start, uint64_t end,
				struct iq_error *(*fn)(void *context, uint64_t slot, uint64_t address), void *context)
{
	IQ_TRY(check_range(start, end));
	for (uint64_t slot = start; slot + 8 <= end; slot += 8) {
		uint64_t word;
		if (!iq_failed(iq_read_u64(unwinder->options.target, slot, &word)) &&
		    iq_is_return_address(unwinder, word))
			IQ_TRY(fn(context, slot, word));
	}
	return iq_check_interrupt();
}

struct iq_error *iq_unwind_find_regs(struct iq_unwinder *unwinder, uint64_t start, uint64_t end,
				     struct iq_error *(*fn)(void *context, uint64_t address, const struct iq_regs *regs),
				     void *context)
{
	IQ_TRY(check_range(start, end));
	for (uint64_t at = start; at + unwinder->arch->pt_regs_size <= end; at += 8) {
		struct iq_frame frame = { 0 };
		if (!iq_failed(iq_step_to_regs(unwinder, at, &frame)) && unwinder->arch->plausible_pt_regs(&frame.regs))
			IQ_TRY(fn(context, at, &frame.regs));
	}
	return iq_check_interrupt();
}
