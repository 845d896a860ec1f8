// SPDX-License-Identifier: GPL-2.0-or-later
/* Follows a function's values. That calls keep R6 to R9 and clobber R0 to R5: Documentation/bpf/classic_vs_extended.rst
 */
#include "bpf/follow.h"
#include "bpf/insn_code.h"

#include "util/cleanup.h"
#include "util/diag.h"
#include "util/vec.h"

#include <stdlib.h>

enum { MAX_LENGTH = 1 << 16, MAX_STEPS = 1 << 22, STACK_SIZE = 8 * IQ_BPF_STACK_SLOTS };

static const struct iq_bpf_origin unset = { IQ_BPF_UNSET, 0 }, data = { IQ_BPF_DATA, 0 },
				  anything = { IQ_BPF_ANYTHING, 0 };

static bool same(struct iq_bpf_origin a, struct iq_bpf_origin b)
{
	return a.kind == b.kind && a.n == b.n;
}

/* Can it be a pointer into the function's own stack? */
static bool may_be_own(struct iq_bpf_origin o)
{
	return o.kind == IQ_BPF_ADDRESS || o.kind == IQ_BPF_ANYTHING;
}

/* Makes `into` say only what both say; true if that is less than before. */
static bool meet_one(struct iq_bpf_origin *into, struct iq_bpf_origin from)
{
	struct iq_bpf_origin old = *into;
	if (same(old, from))
		return false;
	*into = may_be_own(old) || may_be_own(from) ? anything : data;
	return !same(old, *into);
}

static bool meet(struct iq_bpf_origins *into, const struct iq_bpf_origins *from)
{
	bool changed = false;
	if (!into->reached) {
		*into = *from;
		return true;
	}
	for (unsigned i = 0; i < IQ_BPF_FOLLOWED; i++)
		changed |= meet_one(&into->reg[i], from->reg[i]);
	for (unsigned i = 0; i < IQ_BPF_STACK_SLOTS; i++)
		changed |= meet_one(&into->slot[i], from->slot[i]);
	return changed;
}

/* A name for what this instruction makes. What it made before, in another round of a loop, loses the name. */
static struct iq_bpf_origin made(struct iq_bpf_origins *s, uint32_t insn)
{
	struct iq_bpf_origin name = { IQ_BPF_MADE, (int32_t)insn };
	for (unsigned i = 0; i < IQ_BPF_FOLLOWED; i++) {
		if (same(s->reg[i], name))
			s->reg[i] = data;
	}
	for (unsigned i = 0; i < IQ_BPF_STACK_SLOTS; i++) {
		if (same(s->slot[i], name))
			s->slot[i] = data;
	}
	return name;
}

/* What a register holds, before it is copied: what is not known gets a name, so that the copy is known to be equal. */
static struct iq_bpf_origin copied(struct iq_bpf_origins *s, unsigned reg, uint32_t insn)
{
	if (s->reg[reg].kind == IQ_BPF_DATA)
		s->reg[reg] = made(s, insn);
	return s->reg[reg].kind == IQ_BPF_UNSET ? anything : s->reg[reg];
}

static void forget_stack(struct iq_bpf_origins *s, int32_t from)
{
	for (int32_t i = 0; i < IQ_BPF_STACK_SLOTS; i++) {
		if (-8 * (i + 1) + 8 > from)
			s->slot[i] = anything;
	}
}

/* Where [base + offset] is on the function's own stack; false: it is elsewhere, or not known where. */
static bool stack_offset(const struct iq_bpf_origins *s, unsigned base, int16_t offset, int32_t *out)
{
	if (s->reg[base].kind != IQ_BPF_ADDRESS)
		return false;
	*out = s->reg[base].n + offset;
	return *out >= -STACK_SIZE && *out < 0;
}

static bool is_slot(int32_t offset, unsigned width)
{
	return width == 8 && offset % 8 == 0;
}

static void store(struct iq_bpf_origins *s, struct iq_bpf_insn insn, unsigned width, struct iq_bpf_origin value)
{
	int32_t offset;
	if (s->reg[insn.dst].kind == IQ_BPF_ANYTHING)
		forget_stack(s, -STACK_SIZE);
	if (!stack_offset(s, insn.dst, insn.off, &offset))
		return;
	if (is_slot(offset, width)) {
		s->slot[-offset / 8 - 1] = value;
		return;
	}
	/* A part of a slot, or of two. */
	for (int32_t i = 0; i < IQ_BPF_STACK_SLOTS; i++) {
		int32_t at = -8 * (i + 1);
		if (offset < at + 8 && offset + (int32_t)width > at)
			s->slot[i] = may_be_own(s->slot[i]) ? anything : data;
	}
}

static void load(struct iq_bpf_origins *s, struct iq_bpf_insn insn, unsigned width, uint32_t at)
{
	int32_t offset;
	struct iq_bpf_origin value;
	if (stack_offset(s, insn.src, insn.off, &offset) && is_slot(offset, width)) {
		struct iq_bpf_origin *slot = &s->slot[-offset / 8 - 1];
		if (slot->kind == IQ_BPF_DATA)
			*slot = made(s, at);
		value = slot->kind == IQ_BPF_UNSET ? anything : *slot;
	} else {
		/* Spilled pointers are loaded whole; the verifier lets nobody follow one that comes from elsewhere. */
		value = s->reg[insn.src].kind == IQ_BPF_ANYTHING && width == 8 ? anything : made(s, at);
	}
	s->reg[insn.dst] = value;
}

static void alu(struct iq_bpf_origins *s, struct iq_bpf_insn insn, const struct iq_bpf_meaning *meaning, uint32_t at)
{
	unsigned op = iq_bpf_op(insn);
	struct iq_bpf_origin to = s->reg[insn.dst];
	struct iq_bpf_origin by =
		meaning->uses_imm ? (struct iq_bpf_origin){ IQ_BPF_NUMBER, insn.imm } : s->reg[insn.src];
	bool wide = meaning->width == 8 && op != IQ_BPF_END;
	if (op == IQ_BPF_MOV && wide && !insn.off) {
		struct iq_bpf_origin value = meaning->uses_imm ? by : copied(s, insn.src, at);
		s->reg[insn.dst] = value;
	} else if (op == IQ_BPF_MOV && meaning->uses_imm && insn.imm >= 0) {
		s->reg[insn.dst] = by;
	} else if (wide && (op == IQ_BPF_ADD || op == IQ_BPF_SUB) && to.kind == IQ_BPF_ADDRESS &&
		   by.kind == IQ_BPF_NUMBER && by.n > -(1 << 20) && by.n < 1 << 20 && to.n > -(1 << 20) &&
		   to.n < 1 << 20) {
		s->reg[insn.dst].n = op == IQ_BPF_ADD ? to.n + by.n : to.n - by.n;
	} else {
		bool own = wide && ((op != IQ_BPF_MOV && may_be_own(to)) || may_be_own(by));
		s->reg[insn.dst] = own ? anything : made(s, at);
	}
}

static void atomic(struct iq_bpf_origins *s, struct iq_bpf_insn insn, unsigned width, uint32_t at)
{
	if (insn.imm == IQ_BPF_LOAD_ACQUIRE) {
		load(s, insn, width, at);
		return;
	}
	struct iq_bpf_origin value = insn.imm == IQ_BPF_STORE_RELEASE ? copied(s, insn.src, at) : anything;
	store(s, insn, width, value);
	if (insn.imm == IQ_BPF_CMPXCHG)
		s->reg[0] = anything;
	else if (insn.imm != IQ_BPF_STORE_RELEASE && (insn.imm & IQ_BPF_FETCH))
		s->reg[insn.src] = anything;
}

/* Whoever gets a pointer into the stack may write behind it; a function of the program, or a callback, also before it.
 */
static void call(struct iq_bpf_origins *s, const struct iq_bpf_code *code, struct iq_bpf_insn insn, uint32_t at)
{
	int32_t lowest = 0;
	bool own = false, anywhere = insn.src == IQ_BPF_PSEUDO_CALL;
	for (unsigned reg = 1; reg <= 5; reg++) {
		struct iq_bpf_origin o = s->reg[reg];
		own |= may_be_own(o);
		anywhere |= o.kind == IQ_BPF_ANYTHING ||
			    (o.kind == IQ_BPF_IMM64 && code->insns[o.n].src == IQ_BPF_PSEUDO_FUNC);
		if (o.kind == IQ_BPF_ADDRESS && o.n < lowest)
			lowest = o.n;
		s->reg[reg] = unset;
	}
	if (own)
		forget_stack(s, anywhere ? -STACK_SIZE : lowest);
	s->reg[0] = own ? anything : made(s, at);
}

static void apply(struct iq_bpf_origins *s, const struct iq_bpf_code *code, uint32_t at,
		  const struct iq_bpf_meaning *meaning)
{
	struct iq_bpf_insn insn = code->insns[at];
	switch (meaning->kind) {
	case IQ_BPF_ALU: alu(s, insn, meaning, at); break;
	case IQ_BPF_LD_IMM64: s->reg[insn.dst] = (struct iq_bpf_origin){ IQ_BPF_IMM64, (int32_t)at }; break;
	case IQ_BPF_LOAD: load(s, insn, meaning->width, at); break;
	case IQ_BPF_STORE:
		store(s, insn, meaning->width,
		      meaning->uses_imm ? (struct iq_bpf_origin){ IQ_BPF_NUMBER, insn.imm } : copied(s, insn.src, at));
		break;
	case IQ_BPF_ATOMIC: atomic(s, insn, meaning->width, at); break;
	case IQ_BPF_LD_ABS:
	case IQ_BPF_TAIL_CALL:
		for (unsigned reg = 1; reg <= 5; reg++)
			s->reg[reg] = unset;
		s->reg[0] = made(s, at);
		break;
	case IQ_BPF_CALL: call(s, code, insn, at); break;
	default: break;
	}
	s->reg[IQ_BPF_FP] = (struct iq_bpf_origin){ IQ_BPF_ADDRESS, 0 };
}

/* The walk over all paths. */

struct walk {
	struct iq_bpf_flow *flow;
	bool *queued;
	IQ_VEC(uint32_t) queue;
};

static void walk_free(struct walk *walk)
{
	free(walk->queued);
	iq_vec_free(&walk->queue);
}

static struct iq_error *reach(struct walk *walk, int64_t insn, const struct iq_bpf_origins *state)
{
	struct iq_bpf_flow *flow = walk->flow;
	if (insn < flow->start || insn >= flow->end) {
		flow->complete = false;
		return NULL;
	}
	uint32_t n = (uint32_t)(insn - flow->start);
	if (!meet(&flow->before[n], state) || walk->queued[n])
		return NULL;
	uint32_t *place = iq_vec_push(&walk->queue);
	if (!place)
		return iq_error_no_memory();
	*place = n;
	walk->queued[n] = true;
	return NULL;
}

static struct iq_error *step(struct walk *walk, uint32_t n)
{
	struct iq_bpf_flow *flow = walk->flow;
	const struct iq_bpf_code *code = flow->code;
	uint32_t at = flow->start + n;
	struct iq_bpf_origins state = flow->before[n];
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(code->insns, code->insn_count, at);
	walk->queued[n] = false;
	apply(&state, code, at, &meaning);
	switch (meaning.kind) {
	case IQ_BPF_EXIT: return NULL;
	case IQ_BPF_INVALID: flow->complete = false; return NULL;
	case IQ_BPF_JUMP:
		flow->complete &= meaning.has_target;
		return meaning.has_target ? reach(walk, at + meaning.target, &state) : NULL;
	case IQ_BPF_BRANCH:
		if (meaning.has_target)
			IQ_TRY(reach(walk, at + meaning.target, &state));
		flow->complete &= meaning.has_target;
		return reach(walk, (int64_t)at + meaning.slots, &state);
	/* The code of an exception has no way back, and nothing behind it. */
	case IQ_BPF_CALL: return at + 1 == flow->end ? NULL : reach(walk, (int64_t)at + 1, &state);
	default: return reach(walk, (int64_t)at + meaning.slots, &state);
	}
}

static struct iq_error *run(struct walk *walk)
{
	struct iq_bpf_origins entry = { .reached = true };
	for (unsigned reg = 1; reg <= 5; reg++)
		entry.reg[reg] = (struct iq_bpf_origin){ IQ_BPF_ENTRY, (int32_t)reg };
	entry.reg[IQ_BPF_FP] = (struct iq_bpf_origin){ IQ_BPF_ADDRESS, 0 };
	IQ_TRY(reach(walk, walk->flow->start, &entry));
	for (unsigned steps = 0; walk->queue.count; steps++) {
		if (steps >= MAX_STEPS)
			return iq_error_new(IQ_ERROR_LIMIT, "there are too many paths through it");
		if (steps % 4096 == 0)
			IQ_TRY(iq_check_interrupt());
		IQ_TRY(step(walk, walk->queue.data[--walk->queue.count]));
	}
	return NULL;
}

struct iq_error *iq_bpf_flow_load(const struct iq_bpf_code *code, size_t function, struct iq_bpf_flow *out)
{
	*out = (struct iq_bpf_flow){ 0 };
	if (function >= code->function_count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the program has no function %zu", function);
	const struct iq_bpf_function *f = &code->functions[function];
	if (f->end <= f->start || f->end > code->insn_count || f->end - f->start > MAX_LENGTH)
		return iq_error_new(IQ_ERROR_LIMIT, "the function has %u instructions", f->end - f->start);
	uint32_t length = f->end - f->start;
	struct iq_bpf_flow flow = { .code = code, .start = f->start, .end = f->end, .complete = true };
	_cleanup_(walk_free) struct walk walk = { .flow = &flow, .queued = calloc(length, sizeof(*walk.queued)) };
	flow.before = calloc(length, sizeof(*flow.before));
	struct iq_error *error = walk.queued && flow.before ? run(&walk) : iq_error_no_memory();
	if (error)
		iq_bpf_flow_free(&flow);
	else
		*out = flow;
	return error;
}

void iq_bpf_flow_free(struct iq_bpf_flow *flow)
{
	free(flow->before);
	*flow = (struct iq_bpf_flow){ 0 };
}

struct iq_bpf_origins iq_bpf_flow_before(const struct iq_bpf_flow *flow, uint32_t insn)
{
	if (!flow->complete || insn < flow->start || insn >= flow->end)
		return (struct iq_bpf_origins){ 0 };
	return flow->before[insn - flow->start];
}

struct iq_bpf_origins iq_bpf_flow_within(const struct iq_bpf_flow *flow, uint32_t insn, uint32_t insn_end)
{
	struct iq_bpf_origins state = { 0 };
	for (uint32_t i = insn; i < insn_end && i < flow->end; i++) {
		struct iq_bpf_origins one = iq_bpf_flow_before(flow, i);
		if (one.reached)
			meet(&state, &one);
	}
	return state;
}

struct iq_bpf_origins iq_bpf_flow_behind(const struct iq_bpf_flow *flow, uint32_t insn)
{
	struct iq_bpf_origins state = iq_bpf_flow_before(flow, insn);
	if (!state.reached)
		return state;
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(flow->code->insns, flow->code->insn_count, insn);
	apply(&state, flow->code, insn, &meaning);
	return state;
}
