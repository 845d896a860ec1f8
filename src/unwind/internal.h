/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef IQ_UNWIND_INTERNAL_H
#define IQ_UNWIND_INTERNAL_H

#include "unwind/unwind.h"

#include "arch/x86_64.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/vec.h"

/* The bits of struct orc_entry's third word, which differ between kernels. */
struct iq_orc_layout {
	bool probed;
	uint8_t type_bits;    /* 2 before 6.4, 3 since (upstream fb799447ae29) */
	const uint8_t *bases; /* the kernel's number of a base register → enum iq_orc_base */
};

/* What sp_reg and bp_reg name. */
enum iq_orc_base {
	IQ_ORC_BASE_NONE, IQ_ORC_BASE_PREV_SP, IQ_ORC_BASE_DX, IQ_ORC_BASE_DI, IQ_ORC_BASE_BP, IQ_ORC_BASE_SP,
	IQ_ORC_BASE_R10, IQ_ORC_BASE_R13, IQ_ORC_BASE_BP_INDIRECT, IQ_ORC_BASE_SP_INDIRECT, IQ_ORC_BASE_UNKNOWN,
};

enum iq_orc_type { IQ_ORC_UNDEFINED, IQ_ORC_END, IQ_ORC_CALL, IQ_ORC_REGS, IQ_ORC_REGS_PARTIAL };

struct iq_orc_entry {
	int16_t sp_offset, bp_offset;
	enum iq_orc_base sp_base, bp_base;
	enum iq_orc_type type;
};

struct iq_unwinder {
	struct iq_unwind_options options;
	const struct iq_arch *arch;
	struct iq_orc_layout orc_layout;
	bool init_probed;
	uint64_t init_start, init_end; /* vmlinux' init code */
	struct iq_map code_cache; /* pc << 1 | is_return → index in code_frames */
	IQ_VEC(struct iq_code_frame) code_frames;
};

/* orc.c: the ORC entry for a pc. IQ_ERROR_NOT_FOUND where there is no table. */
struct iq_error *iq_orc_find(struct iq_unwinder *unwinder, uint64_t pc, struct iq_orc_entry *out);

/* orc.c: the frame after `frame` as an ORC entry says. `next` comes zeroed. *end is set at the end of the stack. */
struct iq_error *iq_orc_step(struct iq_unwinder *unwinder, const struct iq_orc_entry *orc, const struct iq_frame *frame,
			     struct iq_frame *next, bool *end);

/* step.c: fills a frame from saved registers at `address`; sets kind, proof, pc, sp, regs, slots. */
struct iq_error *iq_step_to_regs(struct iq_unwinder *unwinder, uint64_t address, struct iq_frame *next);

/* step.c: fills a frame from the five words that the CPU itself pushes: rip, cs, rflags, rsp, ss. */
struct iq_error *iq_step_to_iret_frame(struct iq_unwinder *unwinder, uint64_t address, struct iq_frame *next);

/* step.c: can these be what an exception left, where the tables or the entry code say that it left something? */
bool iq_can_be_saved(struct iq_unwinder *unwinder, const struct iq_regs *regs);

/* step.c: the frame after one that has no ORC entry: by its code, frame pointer, or knowledge of kernel entry code. */
struct iq_error *iq_code_step(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next,
			      bool *end);

/* The instruction that the frame is at: the call, the int3, or what comes next. */
static inline uint64_t iq_frame_insn(const struct iq_frame *frame)
{
	return frame->pc - (frame->pc_is_return || frame->pc_is_behind);
}

/* What the frame's own code says about it. */
static inline struct iq_error *iq_frame_code(struct iq_unwinder *unwinder, const struct iq_frame *frame,
					     struct iq_code_frame *out)
{
	return iq_code_frame(unwinder, frame->pc - frame->pc_is_behind, frame->pc_is_return, out);
}

/* cfi.c: the frame after `frame` by the DWARF of its code, which is looked for and opened for this; `next` comes
 * zeroed. */
struct iq_error *iq_cfi_step(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next);

/* cfi.c: the callee-saved registers of `next`, where the DWARF of the code of `frame` is open already and agrees about
 * the CFA. False: nothing was done. */
bool iq_cfi_restore(struct iq_unwinder *unwinder, const struct iq_frame *frame, struct iq_frame *next);

/* step.c: is before this address code that can't be seen: init code, which was freed, or a page that is not in the dump? */
bool iq_is_unreadable_code(struct iq_unwinder *unwinder, uint64_t address);

/* step.c: is before this address the code that a CPU or a kernel thread begins with, which pushes return addresses itself? */
bool iq_is_first_code(struct iq_unwinder *unwinder, uint64_t address);

/* step.c: the caller's registers as the code of `frame` saved or kept them, once the CFA is known. */
void iq_restore_callee_saved(struct iq_unwinder *unwinder, const struct iq_code_frame *code, uint64_t cfa,
			     const struct iq_frame *frame, struct iq_frame *next);

#endif
