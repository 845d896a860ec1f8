// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/shape.h"

#include "util/cleanup.h"
#include "util/vec.h"

#include <stdlib.h>

typedef IQ_VEC(struct iq_bpf_way_out) ways_out;

struct finder {
	const struct iq_bpf_machine *machine;
	const struct iq_bpf_prologue *prologue;
	ways_out found;
};

static bool pops(const struct iq_bpf_machine *machine, size_t op, uint8_t reg)
{
	struct iq_insn insn;
	return iq_bpf_machine_insn(machine, op, &insn) && iq_shape_one(&insn, "pop", reg);
}

static bool is_one(const struct iq_bpf_machine *machine, size_t op, const char *name, uint8_t reg)
{
	struct iq_insn insn;
	return iq_bpf_machine_insn(machine, op, &insn) && iq_shape_one(&insn, name, reg);
}

/* Of classic programs from users without privilege, before the registers are popped. */
static size_t before_barrier(const struct iq_bpf_machine *machine, size_t first)
{
	struct iq_insn insn;
	size_t at = first;
	/* IBHF, which is a nop to older machines, may follow the clearing of the branch history, or stand alone. */
	if (at && iq_bpf_machine_insn(machine, at - 1, &insn) && insn.length == 5 && insn.bytes[0] == 0xf3 &&
	    insn.bytes[3] == 0x1e && insn.bytes[4] == 0xf8)
		first = --at;
	if (at < 5 || !is_one(machine, at - 1, "pop", IQ_X86_RAX) || !is_one(machine, at - 2, "pop", IQ_X86_RCX) ||
	    machine->ops[at - 3].flow != IQ_FLOW_CALL)
		return first;
	at -= 4;
	if (at && !is_one(machine, at, "push", IQ_X86_RCX)) /* call depth tracking counts in between */
		at--;
	return at && is_one(machine, at, "push", IQ_X86_RCX) && is_one(machine, at - 1, "push", IQ_X86_RAX) ? at - 1
													    : first;
}

/* The first of the pops that stand before instruction `end` and take back what the prologue saved. */
static size_t before_pops(const struct finder *f, size_t end)
{
	const struct iq_bpf_prologue *p = f->prologue;
	size_t at = end;
	for (unsigned i = 0; i < p->saved_count; i++) {
		if (!at || !pops(f->machine, at - 1, p->saved[i]))
			return end;
		at--;
	}
	if (p->pushes_zero && at && pops(f->machine, at - 1, IQ_X86_RBX))
		at--;
	return at;
}

/* A trap that no speculation may pass may stand behind what never goes on. */
static size_t behind_trap(const struct iq_bpf_machine *machine, size_t at)
{
	struct iq_insn insn;
	return iq_bpf_machine_insn(machine, at, &insn) && iq_shape_is(&insn, "int3") ? at + 1 : at;
}

/* leave, then ret or a jump to the return thunk. */
static bool is_epilogue(const struct finder *f, size_t op, struct iq_bpf_way_out *out)
{
	const struct iq_bpf_machine *m = f->machine;
	struct iq_insn insn, before;
	if (!op || (m->ops[op].flow != IQ_FLOW_RETURN && m->ops[op].flow != IQ_FLOW_JUMP) ||
	    !iq_bpf_machine_insn(m, op, &insn) || !iq_bpf_machine_insn(m, op - 1, &before) ||
	    !iq_shape_is(&before, "leave") || (insn.flow == IQ_FLOW_JUMP && !iq_shape_leaves(m, &insn)))
		return false;
	size_t first = before_barrier(m, before_pops(f, op - 1));
	*out = (struct iq_bpf_way_out){ .first = first, .end = behind_trap(m, op + 1) };
	return true;
}

/* Tail calls. */

/* add $1,%eax or (%rax), and before 6.12 what stores the sum. */
static void take_count(struct iq_shape_reader *r)
{
	if (!iq_shape_take(r, iq_shape_is(&r->insn, "add") && r->insn.operand_count >= 2 &&
				      iq_shape_imm(&r->insn.operands[1], 1)))
		return;
	iq_shape_take(r, iq_shape_is(&r->insn, "mov") && r->insn.operand_count >= 2 &&
				 r->insn.operands[0].kind == IQ_OPERAND_MEM && r->insn.operands[0].base == IQ_X86_RBP &&
				 iq_shape_reg(&r->insn.operands[1], IQ_X86_RAX, 32));
}

/* What the prologue built, in the other direction. */
static void take_frame_down(const struct finder *f, struct iq_shape_reader *r, struct iq_bpf_way_out *out)
{
	out->unwinds = r->at;
	for (unsigned i = f->prologue->saved_count; i-- > 0;) {
		if (!iq_shape_take(r, iq_shape_one(&r->insn, "pop", f->prologue->saved[i])))
			break;
	}
	for (unsigned i = 0; i < 2 && iq_shape_take(r, iq_shape_one(&r->insn, "pop", IQ_X86_RAX)); i++)
		;
	iq_shape_take(r, iq_shape_constant(&r->insn, "add", IQ_X86_RSP));
	out->unwinds_end = r->at;
}

/* The counter's load and check against the limit, 32 or 33. */
static bool take_check(struct iq_shape_reader *r, uint64_t *out_label)
{
	const struct iq_operand *o = r->insn.operands;
	if (!iq_shape_take(r, iq_shape_is(&r->insn, "mov") && r->insn.operand_count >= 2 &&
				      o[0].kind == IQ_OPERAND_REG && o[0].reg == IQ_X86_RAX &&
				      o[1].kind == IQ_OPERAND_MEM && o[1].base == IQ_X86_RBP))
		return false;
	bool accumulator = o[0].kind == IQ_OPERAND_REG ? o[0].reg == IQ_X86_RAX : o[0].base == IQ_X86_RAX;
	if (!iq_shape_take(r, iq_shape_is(&r->insn, "cmp") && r->insn.operand_count >= 2 && accumulator &&
				      (iq_shape_imm(&o[1], 32) || iq_shape_imm(&o[1], 33))))
		return false;
	*out_label = r->insn.target;
	return iq_shape_take(r, r->insn.flow == IQ_FLOW_COND_JUMP && r->insn.has_target);
}

/* To a program that is known: its jump is patched in, with another that goes around the whole. */
static bool is_direct(const struct finder *f, size_t op, struct iq_bpf_way_out *out)
{
	struct iq_shape_reader r = { .machine = f->machine };
	uint64_t label;
	size_t end;
	*out = (struct iq_bpf_way_out){ .first = op, .tail_call = true };
	iq_shape_seek(&r, op);
	if (!(f->prologue->counts_tail_calls || f->prologue->pushes_zero) || !take_check(&r, &label) ||
	    !iq_bpf_machine_find(f->machine, label, &end) || end <= r.at)
		return false;
	take_count(&r);
	if (!iq_shape_take(&r, iq_shape_patched(&r)))
		return false;
	if (!f->prologue->pushes_zero) { /* then the frame stays, and one jump is all */
		take_count(&r);
		take_frame_down(f, &r, out);
		if (!iq_shape_take(&r, iq_shape_patched(&r)))
			return false;
	}
	out->end = end;
	return r.at == end;
}

static bool is_bound_check(const struct iq_insn *insn)
{
	return iq_shape_is(insn, "cmp") && insn->operand_count >= 2 && insn->operands[0].kind == IQ_OPERAND_MEM &&
	       insn->operands[0].base == IQ_X86_RSI && iq_shape_reg(&insn->operands[1], IQ_X86_RDX, 32);
}

/* Through the array: comparing with memory is something that no BPF instruction does. */
static bool is_indirect(const struct finder *f, size_t op, struct iq_bpf_way_out *out)
{
	struct iq_shape_reader r = { .machine = f->machine };
	size_t end, limit;
	*out = (struct iq_bpf_way_out){ .first = op, .tail_call = true };
	iq_shape_seek(&r, op);
	if (!iq_shape_take(&r, iq_shape_two(&r.insn, "mov", IQ_X86_RDX, IQ_X86_RDX, 32)) ||
	    !iq_shape_take(&r, is_bound_check(&r.insn)) || !r.valid || r.insn.flow != IQ_FLOW_COND_JUMP)
		return false;
	uint64_t label = r.insn.target;
	if (!iq_bpf_machine_find(f->machine, label, &end) || end <= r.at)
		return false;
	limit = end;
	while (iq_shape_take(&r, r.at < limit && !(out->unwinds_end > out->unwinds))) {
		size_t at = r.at;
		take_frame_down(f, &r, out);
		if (r.at == at)
			out->unwinds = out->unwinds_end = 0;
	}
	size_t last = end - 1;
	struct iq_insn insn;
	if (iq_bpf_machine_insn(f->machine, last, &insn) && iq_shape_is(&insn, "int3"))
		last--;
	out->end = end;
	return last > op &&
	       (f->machine->ops[last].flow == IQ_FLOW_JUMP || f->machine->ops[last].flow == IQ_FLOW_RETURN);
}

struct iq_error *iq_bpf_ways_out(const struct iq_bpf_machine *machine, const struct iq_bpf_prologue *prologue,
				 struct iq_bpf_way_out **out, size_t *count)
{
	struct finder f = { .machine = machine, .prologue = prologue };
	for (size_t op = prologue->end; op < machine->count;) {
		struct iq_bpf_way_out way;
		if (!is_indirect(&f, op, &way) && !is_direct(&f, op, &way) && !is_epilogue(&f, op, &way)) {
			op++;
			continue;
		}
		struct iq_bpf_way_out *kept = iq_vec_push(&f.found);
		if (!kept) {
			iq_vec_free(&f.found);
			return iq_error_no_memory();
		}
		*kept = way;
		op = way.end;
	}
	*out = f.found.data;
	*count = f.found.count;
	return NULL;
}
