// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks over a machine whose code, stack and ORC tables are the fuzzer's: 256 bytes of code, 32 ORC entries, the rest is stack. The walk must end, within its
 * bounds, whatever they hold.
 */
#include "../unit/unwind/machine.h"

enum { CODE_BYTES = 256, ORC_ENTRIES = 32, ORC_IP_BYTES = 4 * ORC_ENTRIES, ORC_BYTES = 6 * ORC_ENTRIES };

#define ORC_IP UINT64_C(0xffffffff82000000)
#define ORC UINT64_C(0xffffffff82100000)

static struct iq_error *ignore_regs(void *context, uint64_t address, const struct iq_regs *regs)
{
	return NULL;
}

static void walk(struct machine *m, uint64_t pc, uint64_t fp)
{
	struct iq_regs regs = { 0 };
	struct iq_backtrace trace;
	iq_reg_set(&regs, IQ_X86_RIP, pc);
	iq_reg_set(&regs, IQ_X86_RSP, STACK);
	iq_reg_set(&regs, IQ_X86_RBP, fp);
	iq_reg_set(&regs, IQ_X86_CS, 0x10);
	for (unsigned exact = 0; exact < 2; exact++) {
		if (!iq_failed(iq_unwind(m->unwinder, &regs, exact, 0, IQ_UNWIND_SCAN | IQ_UNWIND_CALLEE_SAVED, &trace)))
			iq_backtrace_free(&trace);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine m;
	if (size < CODE_BYTES + ORC_IP_BYTES + ORC_BYTES)
		return 0;
	machine_open(&m);
	m.target.count = 0; /* the fuzzer's memory in place of the tests' */
	fake_add(&m.target, CODE, data, CODE_BYTES);
	fake_add(&m.target, ORC_IP, data + CODE_BYTES, ORC_IP_BYTES);
	fake_add(&m.target, ORC, data + CODE_BYTES + ORC_IP_BYTES, ORC_BYTES);
	size_t rest = size - CODE_BYTES - ORC_IP_BYTES - ORC_BYTES;
	memcpy(m.stack, data + size - rest, IQ_MIN(rest, sizeof(m.stack)));
	fake_add(&m.target, STACK, m.stack, sizeof(m.stack));
	walk(&m, CODE + VICTIM_RET, STACK + 64);
	machine_image.orc = (struct iq_orc_table){ .ip = ORC_IP, .orc = ORC, .count = ORC_ENTRIES };
	walk(&m, CODE + WRAPPED_RET, STACK + 128);
	iq_error_free(iq_unwind_find_regs(m.unwinder, STACK, STACK + sizeof(m.stack), ignore_regs, NULL));
	machine_close(&m);
	return 0;
}
