// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/shape.h"

enum { MAX_NOPS = 8 };

/* The order in which push_callee_regs() has them; R12 comes first where it is saved (arenas, exceptions). */
static const uint8_t callee_saved[] = { IQ_X86_R12, IQ_X86_RBX, IQ_X86_R13, IQ_X86_R14, IQ_X86_R15 };

static void skip_nops(struct iq_shape_reader *r)
{
	for (unsigned i = 0; i < MAX_NOPS && iq_shape_take(r, iq_shape_nop(&r->insn)); i++)
		;
}

/* Up to the frame: what IBT wants, the place for a trampoline or an extension, the tail-call counter's zero. */
static void skip_entry(struct iq_shape_reader *r)
{
	skip_nops(r);
	if (r->valid && r->insn.length == 5 && r->insn.flow != IQ_FLOW_COND_JUMP &&
	    iq_shape_leaves(r->machine, &r->insn))
		iq_shape_take(r, true);
	skip_nops(r);
	if (!iq_shape_take(r, iq_shape_two(&r->insn, "xor", IQ_X86_RAX, IQ_X86_RAX, 64)))
		iq_shape_take(r, iq_shape_two(&r->insn, "xor", IQ_X86_RAX, IQ_X86_RAX, 32));
}

/* An exception callback runs on the boundary program's frame, whose saved registers it takes back (6.7: upstream
 * f18b03fabaa9). */
static bool take_over(struct iq_shape_reader *r, struct iq_bpf_prologue *out)
{
	size_t first = r->at;
	if (!iq_shape_take(r, iq_shape_two(&r->insn, "mov", IQ_X86_RSP, IQ_X86_RSI, 64)) ||
	    !iq_shape_take(r, iq_shape_two(&r->insn, "mov", IQ_X86_RBP, IQ_X86_RDX, 64)))
		return false;
	for (size_t i = IQ_BPF_MAX_SAVED; i-- > 1;) {
		if (!iq_shape_take(r, iq_shape_one(&r->insn, "pop", callee_saved[i])))
			return false;
	}
	if (!iq_shape_take(r, iq_shape_one(&r->insn, "pop", IQ_X86_R12)) ||
	    !iq_shape_take(r, iq_shape_two(&r->insn, "mov", IQ_X86_RSP, IQ_X86_RBP, 64)))
		return false;
	out->takes_over = first;
	out->takes_over_end = r->at;
	return true;
}

/* Since 6.12 (upstream 116e04ba1459) a pointer to the counter is pushed, too; the main program's counter lies above it.
 */
static void push_counter(struct iq_shape_reader *r, struct iq_bpf_prologue *out)
{
	size_t first = r->at;
	if (iq_shape_take(r, iq_shape_constant(&r->insn, "cmp", IQ_X86_RAX)) &&
	    (!iq_shape_take(r, r->insn.flow == IQ_FLOW_COND_JUMP) ||
	     !iq_shape_take(r, iq_shape_one(&r->insn, "push", IQ_X86_RAX)) ||
	     !iq_shape_take(r, iq_shape_two(&r->insn, "mov", IQ_X86_RAX, IQ_X86_RSP, 64)) ||
	     !iq_shape_take(r, r->insn.flow == IQ_FLOW_JUMP)))
		iq_shape_seek(r, first); /* the body's */
	size_t pushes = r->at;
	for (unsigned i = 0; i < 2 && iq_shape_take(r, iq_shape_one(&r->insn, "push", IQ_X86_RAX)); i++)
		;
	out->counter_pushes = (unsigned)(r->at - pushes);
	out->counts_tail_calls = out->counter_pushes;
}

static void push_saved(struct iq_shape_reader *r, struct iq_bpf_prologue *out)
{
	for (size_t i = 0; i < IQ_BPF_MAX_SAVED; i++) {
		if (iq_shape_take(r, iq_shape_one(&r->insn, "push", callee_saved[i])))
			out->saved[out->saved_count++] = callee_saved[i];
	}
	out->pushes_zero = iq_shape_take(r, iq_shape_is(&r->insn, "push") && r->insn.operand_count &&
						    iq_shape_imm(&r->insn.operands[0], 0));
}

/* R12 and R9 are none of BPF's: the base of an arena (6.9: upstream 2fe99eb0ccf2), a private stack (6.13: upstream
 * 7d1cd70d4b16), which is each CPU's own. */
static void set_bases(struct iq_shape_reader *r)
{
	const struct iq_operand *o = r->insn.operands;
	iq_shape_take(r, strncmp(r->insn.name, "mov", 3) == 0 && r->insn.operand_count >= 2 &&
				 o[0].kind == IQ_OPERAND_REG && o[0].reg == IQ_X86_R12 && o[1].kind == IQ_OPERAND_IMM);
	if (iq_shape_take(r, iq_shape_constant(&r->insn, "movabs", IQ_X86_R9)))
		iq_shape_take(r, iq_shape_is(&r->insn, "add") && r->insn.operand_count >= 2 &&
					 iq_shape_reg(&r->insn.operands[0], IQ_X86_R9, 64) &&
					 r->insn.operands[1].segment == 'g');
}

static void make_stack(struct iq_shape_reader *r, struct iq_bpf_prologue *out)
{
	uint64_t bytes = r->insn.operands[1].immediate;
	if (iq_shape_take(r, iq_shape_constant(&r->insn, "sub", IQ_X86_RSP) && bytes <= UINT32_MAX))
		out->stack = (uint32_t)bytes;
}

void iq_bpf_prologue_find(const struct iq_bpf_machine *machine, bool tail_calls, struct iq_bpf_prologue *out)
{
	struct iq_shape_reader reader = { .machine = machine };
	*out = (struct iq_bpf_prologue){ 0 };
	iq_shape_seek(&reader, 0);
	skip_entry(&reader);
	if (iq_shape_take(&reader, iq_shape_one(&reader.insn, "push", IQ_X86_RBP))) {
		if (!iq_shape_take(&reader, iq_shape_two(&reader.insn, "mov", IQ_X86_RBP, IQ_X86_RSP, 64)))
			return;
	} else if (!take_over(&reader, out)) {
		return;
	}
	out->frame_set = reader.at;
	iq_shape_take(&reader, strncmp(reader.insn.name, "endbr", 5) == 0);
	make_stack(&reader, out);
	if (tail_calls)
		push_counter(&reader, out);
	push_saved(&reader, out);
	set_bases(&reader);
	out->end = reader.at;
}
