// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ORC, the kernel's own unwind tables, searched in place in the dump. Facts: arch/x86/include/asm/orc_types.h and
 * arch/x86/kernel/unwind_orc.c of Linux 4.14 to 6.12.
 */
#include "unwind/internal.h"

#include <string.h>

enum { ENTRY_SIZE = 6, LOOKUP_BLOCK = 256, MAX_ENTRIES = 1 << 24, PROBE_ENTRIES = 512, NEIGHBOURS = 6 };

/* ORC_REG_* of 4.14 to at least 6.12. */
static const uint8_t classic_bases[16] = {
	IQ_ORC_BASE_NONE, IQ_ORC_BASE_PREV_SP, IQ_ORC_BASE_DX, IQ_ORC_BASE_DI, IQ_ORC_BASE_BP, IQ_ORC_BASE_SP,
	IQ_ORC_BASE_R10, IQ_ORC_BASE_R13, IQ_ORC_BASE_BP_INDIRECT, IQ_ORC_BASE_SP_INDIRECT, IQ_ORC_BASE_UNKNOWN,
	IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN,
};

/*
 * Debian's 7.2.13 numbers them otherwise. Read off its table, where each kind of entry is about as frequent as in 6.12's (docs/notes/orc.md); DI, which
 * neither table uses, is left unknown.
 */
static const uint8_t renumbered_bases[16] = {
	IQ_ORC_BASE_NONE, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_DX, IQ_ORC_BASE_SP, IQ_ORC_BASE_BP, IQ_ORC_BASE_UNKNOWN,
	IQ_ORC_BASE_R10, IQ_ORC_BASE_R13, IQ_ORC_BASE_PREV_SP, IQ_ORC_BASE_SP_INDIRECT, IQ_ORC_BASE_BP_INDIRECT,
	IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN, IQ_ORC_BASE_UNKNOWN,
};

/* How often each value of the third word's fields occurs in a sample of the table. */
struct sample {
	unsigned sp_reg[16];
	unsigned type[16][8]; /* by sp_reg; as three bits */
};

static void take_sample(struct iq_unwinder *unwinder, const struct iq_orc_table *table, struct sample *sample)
{
	uint64_t first = table->count / 2, count = IQ_MIN(table->count - first, (uint64_t)PROBE_ENTRIES);
	/* Entries that lie together, for they are on one page or two. */
	for (uint64_t i = 0; i < count; i++) {
		uint16_t word;
		if (iq_failed(iq_read_u16(unwinder->options.target, table->orc + (first + i) * ENTRY_SIZE + 4, &word)))
			continue;
		sample->sp_reg[word & 15]++;
		sample->type[word & 15][word >> 8 & 7]++;
	}
}

static void probe_layout(struct iq_unwinder *unwinder, const struct iq_orc_table *table)
{
	struct iq_orc_layout *layout = &unwinder->orc_layout;
	struct sample sample = { 0 };
	layout->probed = true;
	take_sample(unwinder, table, &sample);
	/* By far the most entries are relative to the stack pointer: its number tells the numbering. */
	bool classic = sample.sp_reg[5] >= sample.sp_reg[3];
	layout->bases = classic ? classic_bases : renumbered_bases;
	/* The type of those entries, a call, tells its width: 0 of two bits, 2 of three. */
	const unsigned *types = sample.type[classic ? 5 : 3];
	layout->type_bits = types[0] > types[IQ_ORC_CALL] ? 2 : 3;
}

static struct iq_error *parse_entry(struct iq_unwinder *unwinder, const struct iq_orc_table *table, uint64_t index,
				    struct iq_orc_entry *out)
{
	uint8_t bytes[ENTRY_SIZE];
	if (!unwinder->orc_layout.probed)
		probe_layout(unwinder, table);
	IQ_TRY(iq_error_prefix(iq_read(unwinder->options.target, table->orc + index * ENTRY_SIZE, bytes, sizeof(bytes)),
			       "ORC entry"));
	uint16_t word = (uint16_t)(bytes[4] | bytes[5] << 8);
	const struct iq_orc_layout *layout = &unwinder->orc_layout;
	unsigned type = word >> 8 & ((1u << layout->type_bits) - 1);
	*out = (struct iq_orc_entry){
		.sp_offset = (int16_t)(bytes[0] | bytes[1] << 8),
		.bp_offset = (int16_t)(bytes[2] | bytes[3] << 8),
		.sp_base = layout->bases[word & 15],
		.bp_base = layout->bases[word >> 4 & 15],
	};
	/* The bit `end` (4.18), or `signal` and `end` (6.3, upstream ffb1b4a41016, backported), follow two bits of type. The end matters only
	 * without a base register, and there a signal doesn't occur: either bit is the end. */
	if (layout->type_bits == 2)
		type = out->sp_base != IQ_ORC_BASE_NONE ? type + IQ_ORC_CALL : word >> 10 & 3 ? IQ_ORC_END : IQ_ORC_UNDEFINED;
	if (type > IQ_ORC_REGS_PARTIAL)
		return iq_error_new(IQ_ERROR_FORMAT, "ORC entry at %#lx has type %u",
				    table->orc + index * ENTRY_SIZE, type);
	out->type = type;
	return NULL;
}

/* Narrows [*low, *high) by vmlinux' block index, as the kernel's orc_find() does. */
static void narrow(struct iq_unwinder *unwinder, const struct iq_orc_table *table, uint64_t pc, uint64_t *low,
		   uint64_t *high)
{
	if (!table->lookup || pc < table->lookup_start)
		return;
	uint64_t block = (pc - table->lookup_start) / LOOKUP_BLOCK;
	uint32_t bounds[2];
	if (table->lookup + (block + 2) * 4 > table->lookup_end ||
	    iq_failed(iq_read(unwinder->options.target, table->lookup + block * 4, bounds, sizeof(bounds))))
		return;
	if (bounds[0] <= bounds[1] && (uint64_t)bounds[1] + 1 <= table->count) {
		*low = bounds[0];
		*high = (uint64_t)bounds[1] + 1;
	}
}

static uint64_t read_place(const struct iq_orc_table *table, uint64_t index, uint32_t offset)
{
	return table->ip + index * 4 + (uint64_t)(int64_t)(int32_t)offset;
}

/* A search in a table of which a part is rubbish ends anywhere. Where it ended rightly, the addresses around are in order, pc between two. */
static struct iq_error *check_order(struct iq_unwinder *unwinder, const struct iq_orc_table *table, uint64_t found, uint64_t pc)
{
	uint64_t first = found > NEIGHBOURS ? found - NEIGHBOURS : 0, last = IQ_MIN(found + NEIGHBOURS, table->count - 1), before = 0;
	uint32_t offsets[2 * NEIGHBOURS + 1];
	IQ_TRY(iq_error_prefix(iq_read(unwinder->options.target, table->ip + first * 4, offsets, (last - first + 1) * 4),
			       "ORC address table"));
	for (uint64_t i = first; i <= last; i++) {
		uint64_t place = read_place(table, i, offsets[i - first]);
		if (place < before || (i <= found && place > pc) || (i > found && place <= pc && i == found + 1))
			return iq_error_new(IQ_ERROR_FORMAT, "the ORC address table is not in order around its entry %lu", found);
		before = place;
	}
	return NULL;
}

struct iq_error *iq_orc_find(struct iq_unwinder *unwinder, uint64_t pc, struct iq_orc_entry *out)
{
	const struct iq_image *image = iq_image_at(unwinder->options.images, pc);
	const struct iq_orc_table *table = image ? &image->orc : NULL;
	if (!table || !table->count || table->count > MAX_ENTRIES)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no ORC table covers %#lx", pc);
	uint64_t low = 0, high = table->count;
	narrow(unwinder, table, pc, &low, &high);
	/* The last entry whose address is not above pc. */
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;
		uint32_t offset;
		IQ_TRY(iq_error_prefix(iq_read_u32(unwinder->options.target, table->ip + middle * 4, &offset), "ORC address table"));
		if (read_place(table, middle, offset) <= pc)
			low = middle;
		else
			high = middle;
	}
	IQ_TRY(check_order(unwinder, table, low, pc));
	return parse_entry(unwinder, table, low, out);
}

static struct iq_error *need_reg(const struct iq_frame *frame, unsigned reg, const char *name, uint64_t *value)
{
	if (!iq_reg_known(&frame->regs, reg))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "ORC wants %s, whose value at %#lx is not known", name, frame->pc);
	*value = frame->regs.value[reg];
	return NULL;
}

/* The value of the stack pointer that an entry describes: for a call, that before the return address was pushed. */
static struct iq_error *previous_sp(struct iq_unwinder *unwinder, const struct iq_orc_entry *orc,
				    const struct iq_frame *frame, uint64_t *sp)
{
	struct iq_target *target = unwinder->options.target;
	uint64_t offset = (uint64_t)(int64_t)orc->sp_offset;
	uint64_t base;
	switch (orc->sp_base) {
	case IQ_ORC_BASE_SP: IQ_TRY(need_reg(frame, IQ_X86_RSP, "rsp", &base)); break;
	case IQ_ORC_BASE_BP: IQ_TRY(need_reg(frame, IQ_X86_RBP, "rbp", &base)); break;
	case IQ_ORC_BASE_R10: IQ_TRY(need_reg(frame, IQ_X86_R10, "r10", &base)); break;
	case IQ_ORC_BASE_R13: IQ_TRY(need_reg(frame, IQ_X86_R13, "r13", &base)); break;
	case IQ_ORC_BASE_DI: IQ_TRY(need_reg(frame, IQ_X86_RDI, "rdi", &base)); break;
	case IQ_ORC_BASE_DX: IQ_TRY(need_reg(frame, IQ_X86_RDX, "rdx", &base)); break;
	case IQ_ORC_BASE_BP_INDIRECT:
		IQ_TRY(need_reg(frame, IQ_X86_RBP, "rbp", &base));
		return iq_read_u64(target, base + offset, sp);
	case IQ_ORC_BASE_SP_INDIRECT:
		IQ_TRY(need_reg(frame, IQ_X86_RSP, "rsp", &base));
		IQ_TRY(iq_read_u64(target, base, &base));
		break;
	default:
		return iq_error_new(IQ_ERROR_FORMAT, "ORC entry for %#lx is relative to nothing known", frame->pc);
	}
	*sp = base + offset;
	return NULL;
}

static struct iq_error *previous_bp(struct iq_unwinder *unwinder, const struct iq_orc_entry *orc,
				    const struct iq_frame *frame, uint64_t previous_sp, struct iq_frame *next)
{
	uint64_t base, offset = (uint64_t)(int64_t)orc->bp_offset, value;
	switch (orc->bp_base) {
	case IQ_ORC_BASE_NONE:
		if (iq_reg_known(&frame->regs, IQ_X86_RBP)) {
			iq_reg_set(&next->regs, IQ_X86_RBP, frame->regs.value[IQ_X86_RBP]);
			next->slots[IQ_X86_RBP] = frame->slots[IQ_X86_RBP];
		}
		return NULL;
	case IQ_ORC_BASE_PREV_SP: base = previous_sp; break;
	case IQ_ORC_BASE_BP: IQ_TRY(need_reg(frame, IQ_X86_RBP, "rbp", &base)); break;
	default:
		return iq_error_new(IQ_ERROR_FORMAT, "ORC entry for %#lx has rbp relative to nothing known", frame->pc);
	}
	/* A saved rbp that can't be read is only unknown: most frames never need it. */
	if (!iq_failed(iq_read_u64(unwinder->options.target, base + offset, &value))) {
		iq_reg_set(&next->regs, IQ_X86_RBP, value);
		next->slots[IQ_X86_RBP] = base + offset;
	}
	return NULL;
}

struct iq_error *iq_orc_step(struct iq_unwinder *unwinder, const struct iq_orc_entry *orc, const struct iq_frame *frame,
			     struct iq_frame *next, bool *end)
{
	uint64_t sp;
	*end = orc->type == IQ_ORC_END;
	if (*end)
		return NULL;
	if (orc->type == IQ_ORC_UNDEFINED)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "ORC has nothing for %#lx", frame->pc);
	IQ_TRY(previous_sp(unwinder, orc, frame, &sp));
	if (orc->type == IQ_ORC_REGS)
		return iq_step_to_regs(unwinder, sp, next);
	if (orc->type == IQ_ORC_REGS_PARTIAL) {
		IQ_TRY(iq_step_to_iret_frame(unwinder, sp, next));
		return previous_bp(unwinder, orc, frame, sp, next);
	}
	next->kind = IQ_FRAME_CALL;
	next->proof = IQ_PROOF_ORC;
	next->pc_slot = sp - 8;
	next->pc_is_return = true;
	next->sp = sp;
	IQ_TRY(iq_error_prefix(iq_read_u64(unwinder->options.target, next->pc_slot, &next->pc), "return address"));
	iq_reg_set(&next->regs, IQ_X86_RIP, next->pc);
	iq_reg_set(&next->regs, IQ_X86_RSP, sp);
	return previous_bp(unwinder, orc, frame, sp, next);
}
