/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions of x86-64: from bytes to `struct iq_insn`, and to the text that GNU objdump 2.40 prints (AT&T syntax).
 */
#ifndef IQ_ARCH_X86_64_INSN_H
#define IQ_ARCH_X86_64_INSN_H

#include "arch/arch.h"

/*
 * Decodes the instruction at the start of `bytes`; `address` is where it lies, for targets and pc-relative memory.
 * Prefixes that the processor ignores belong to the instruction. An x87 instruction behind its fwait (fstcw, fsave, …)
 * is one instruction of GNU's, and here. Errors: IQ_ERROR_FORMAT when the bytes are no instruction, or end inside of
 * it.
 */
struct iq_error *iq_x86_64_decode(const uint8_t *bytes, size_t size, uint64_t address, struct iq_insn *out);

/*
 * Appends the text of an instruction that iq_x86_64_decode() made: "mov    %eax,0x4(%rbx)". Targets of jumps and calls
 * are printed the way gdb does, "call   0xffffffff8110ab10 <printk>", pc-relative memory as "… # 0xffffffff82345678
 * <sym+16>"; the name comes from `resolve`, which may be NULL.
 */
void iq_x86_64_format(const struct iq_insn *insn, iq_resolve_fn resolve, void *context, struct iq_strbuf *out);

/*
 * Tells what the instruction adds to RSP when execution goes on behind it (or, for call, at the called function; for
 * ret, at the caller): -8 for push and call, 8 for pop and ret, the constant of `add $n,%rsp` and `lea n(%rsp),%rsp`, 0
 * for all that leave RSP alone. False when the change is not a constant of the instruction: leave, `mov %rbp,%rsp`,
 * iretq, …
 */
bool iq_x86_64_stack_effect(const struct iq_insn *insn, int64_t *delta);

#endif
