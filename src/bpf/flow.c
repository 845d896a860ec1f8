// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/flow.h"
#include "bpf/insn_code.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <stdlib.h>
#include <string.h>

/* A frame has 512 bytes, and up to 16 more for may_goto's counter. STEPS bounds the work for each instruction, LEADERS
 * the memory: 3 KB each. A join that has changed PATIENCE times is widened. PASSES: see settle_writes(). */
enum {
	FRAME = 528,
	SLOTS = FRAME / 8,
	MAX_LEADERS = 50000,
	STEPS = 500,
	MAX_STEPS = 50000000,
	PATIENCE = 8,
	MAX_PASSES = 10
};

/* What is known before an instruction. */
struct state {
	struct iq_bpf_value reg[IQ_BPF_MAX_REG + 1];
	struct iq_bpf_value slot[SLOTS];         /* what a whole slot of 8 bytes holds; 0: the highest, fp-8 */
	uint64_t initialised[(FRAME + 63) / 64]; /* bit n: byte fp-1-n */
};

/* Slots of a frame that functions below it write through pointers that they were given, as a bitmap. */
struct slots {
	uint64_t bits[(SLOTS + 63) / 64];
};

/* An instruction that is jumped to, or a function begins with. */
struct leader {
	uint32_t insn;
	bool queued;
	unsigned changes;
	struct state *state; /* NULL: not reached */
};

/* What jumps through registers in a function take along: they lead to each of its instructions. */
struct anywhere {
	unsigned changes;
	struct state *state; /* NULL: there was none */
};

struct analysis {
	const struct iq_bpf_value_flow_input *input;
	struct leader *leaders;      /* by instruction */
	size_t leader_count, lowest; /* the lowest queued one */
	uint32_t *leader_of;         /* by instruction: number + 1; 0: none */
	uint32_t function;           /* that is looked at */
	uint64_t steps;
	struct iq_bpf_value_flow *sites; /* of the last pass; NULL: before */
	struct slots *written;           /* by function: of its frame, by others */
	bool all_written;                /* all of them are */
	struct anywhere *anywhere;       /* by function */
	bool foreign_pointers;           /* some function may have written a pointer to a stack into another's frame */
	bool grew;                       /* in this pass: it has to be done again */
};

static const struct iq_bpf_value nothing;

/* Leaders. */

static bool is_inside(const struct iq_bpf_value_flow_function *function, int64_t insn)
{
	return insn >= function->start && insn < function->end;
}

static void mark_targets(struct analysis *a, const struct iq_bpf_value_flow_function *function)
{
	const struct iq_bpf_value_flow_input *in = a->input;
	bool anywhere = false; /* a jump through a register, of which one is enough */
	a->leader_of[function->start] = 1;
	for (size_t i = function->start; i < function->end;) {
		struct iq_bpf_meaning m = iq_bpf_insn_meaning(in->insns, in->count, i);
		bool jumps = m.kind == IQ_BPF_JUMP || m.kind == IQ_BPF_BRANCH;
		if (jumps && m.has_target && is_inside(function, (int64_t)i + m.target))
			a->leader_of[(int64_t)i + m.target] = 1;
		anywhere |= jumps && !m.has_target;
		i += m.slots;
	}
	for (size_t i = function->start; anywhere && i < function->end; i++)
		a->leader_of[i] = 1;
}

static struct iq_error *find_leaders(struct analysis *a)
{
	const struct iq_bpf_value_flow_input *in = a->input;
	a->leader_of = calloc(in->count + 1, sizeof(*a->leader_of));
	if (!a->leader_of)
		return iq_error_no_memory();
	for (size_t i = 0; i < in->function_count; i++)
		mark_targets(a, &in->functions[i]);
	for (size_t i = 0; i < in->count; i++)
		a->leader_count += a->leader_of[i];
	a->leaders = calloc(a->leader_count + 1, sizeof(*a->leaders));
	if (!a->leaders)
		return iq_error_no_memory();
	a->lowest = a->leader_count;
	for (size_t i = 0, n = 0; i < in->count; i++) {
		if (!a->leader_of[i])
			continue;
		a->leaders[n].insn = (uint32_t)i;
		a->leader_of[i] = (uint32_t)++n;
	}
	return NULL;
}

/* Joins. */

static bool join_value(struct iq_bpf_value *into, const struct iq_bpf_value *from, bool widen)
{
	struct iq_bpf_value joined = iq_bpf_value_join(into, from, widen);
	bool changed = !iq_bpf_value_same(&joined, into);
	*into = joined;
	return changed;
}

static bool join_state(struct state *into, const struct state *from, bool widen)
{
	bool changed = false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(into->reg); i++)
		changed |= join_value(&into->reg[i], &from->reg[i], widen);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(into->slot); i++)
		changed |= join_value(&into->slot[i], &from->slot[i], widen);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(into->initialised); i++) {
		uint64_t both = into->initialised[i] & from->initialised[i];
		changed |= both != into->initialised[i];
		into->initialised[i] = both;
	}
	return changed;
}

/* Joins a state into another that may not be there yet; *changed: it says less than before. */
static struct iq_error *join_into(struct state **into, const struct state *from, unsigned *changes, bool *changed)
{
	*changed = true;
	if (*into) {
		*changed = join_state(*into, from, *changes > PATIENCE);
	} else {
		*into = malloc(sizeof(**into));
		if (!*into)
			return iq_error_no_memory();
		**into = *from;
	}
	*changes += *changed;
	return NULL;
}

static struct iq_error *flow_into(struct analysis *a, size_t insn, const struct state *state)
{
	size_t n = a->leader_of[insn] - 1;
	struct leader *leader = &a->leaders[n];
	bool changed;
	if (a->sites) /* the last pass changes nothing */
		return NULL;
	IQ_TRY(join_into(&leader->state, state, &leader->changes, &changed));
	if (!changed)
		return NULL;
	leader->queued = true;
	if (n < a->lowest)
		a->lowest = n;
	return NULL;
}

static struct iq_error *flow_anywhere(struct analysis *a, const struct state *state)
{
	const struct iq_bpf_value_flow_function *function = &a->input->functions[a->function];
	struct anywhere *anywhere = &a->anywhere[a->function];
	bool changed;
	if (a->sites)
		return NULL;
	IQ_TRY(join_into(&anywhere->state, state, &anywhere->changes, &changed));
	if (!changed)
		return NULL;
	a->steps += function->end - function->start;
	for (size_t i = function->start; i < function->end; i++)
		IQ_TRY(flow_into(a, i, anywhere->state));
	return iq_check_interrupt();
}

static struct iq_error *enter(struct analysis *a, uint32_t function, const struct iq_bpf_value arguments[5])
{
	struct state state = { 0 };
	if (function >= a->input->function_count)
		return NULL;
	for (size_t i = 0; i < 5; i++)
		state.reg[1 + i] = arguments[i];
	state.reg[IQ_BPF_FP] = (struct iq_bpf_value){ .kind = IQ_BPF_V_STACK, .id = function };
	return flow_into(a, a->input->functions[function].start, &state);
}

/* Memory. */

/* Bytes [offset, offset + size) of the frame as indices from its top; false: some are outside. */
static bool frame_part(int64_t offset, uint64_t size, size_t *low, size_t *high)
{
	if (offset < -FRAME || offset >= 0 || size > (uint64_t)-offset)
		return false;
	*high = (size_t)-offset; /* one behind the byte that lies lowest */
	*low = *high - size;
	return true;
}

static bool maybe_stack(const struct iq_bpf_value *value)
{
	return value && (value->kind == IQ_BPF_V_STACK || (value->kind == IQ_BPF_V_UNKNOWN && value->maybe_stack));
}

/* `pointer`: what is there now may be a pointer into a stack. The kernel never stores one. */
static void forget_slots(struct state *state, size_t low, size_t high, bool pointer)
{
	for (size_t i = low / 8; i < SLOTS && i * 8 < high; i++)
		state->slot[i] = (struct iq_bpf_value){ .maybe_stack = pointer };
}

static void initialise(struct state *state, size_t low, size_t high)
{
	for (size_t i = low; i < high; i++)
		state->initialised[i / 64] |= UINT64_C(1) << i % 64;
}

static void forget_frame(struct state *state, bool pointer)
{
	forget_slots(state, 0, FRAME, pointer);
}

static void mark_written(struct analysis *a, uint32_t owner, size_t low, size_t high)
{
	for (size_t i = low / 8; i < SLOTS && i * 8 < high && owner < a->input->function_count; i++) {
		uint64_t *word = &a->written[owner].bits[i / 64], bit = UINT64_C(1) << i % 64;
		a->grew |= !(*word & bit);
		*word |= bit;
	}
}

/* What a called function writes into the frames of its callers, `size` bytes at base + off; every one of them if nobody
 * knows. */
static void mark_foreign(struct analysis *a, const struct iq_bpf_value *base, int64_t off, uint64_t size)
{
	size_t low, high;
	if (base->kind == IQ_BPF_V_UNKNOWN && base->maybe_stack && !a->all_written) {
		for (uint32_t i = 0; i < a->input->function_count; i++)
			mark_written(a, i, 0, FRAME);
		a->all_written = true;
	}
	if (base->kind != IQ_BPF_V_STACK || base->id == a->function)
		return;
	if (base->span == IQ_BPF_ANYWHERE || !frame_part(base->offset + off, base->span + size, &low, &high))
		mark_written(a, base->id, 0, FRAME);
	else
		mark_written(a, base->id, low, high);
}

static void forget_written(const struct analysis *a, struct state *state)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (a->written[a->function].bits[i / 64] >> i % 64 & 1)
			forget_slots(state, 8 * i, 8 * i + 8, a->foreign_pointers);
	}
}

static bool is_own(const struct analysis *a, const struct iq_bpf_value *v)
{
	return v->kind == IQ_BPF_V_STACK && v->id == a->function;
}

/* A store of `width` bytes at base + off. `value` NULL: of something unknown. */
static void store(struct analysis *a, struct state *state, const struct iq_bpf_value *base, int16_t off, unsigned width,
		  const struct iq_bpf_value *value)
{
	size_t low, high;
	bool pointer = maybe_stack(value);
	if (maybe_stack(base) && base->kind == IQ_BPF_V_UNKNOWN)
		forget_frame(state, pointer);
	if (!is_own(a, base) && pointer)
		a->foreign_pointers = true;
	mark_foreign(a, base, off, width);
	if (!is_own(a, base))
		return;
	if (base->span == IQ_BPF_ANYWHERE || !frame_part(base->offset + off, base->span + width, &low, &high)) {
		forget_frame(state, pointer);
		return;
	}
	forget_slots(state, low, high, pointer && base->span);
	if (base->span)
		return;
	initialise(state, low, high);
	if (width == 8 && low % 8 == 0 && value)
		state->slot[low / 8] = *value;
}

static struct iq_bpf_value loaded(const struct analysis *a, const struct state *state, const struct iq_bpf_value *base,
				  int16_t off, unsigned width, bool is_signed)
{
	size_t low, high;
	if (width < 8)
		return is_signed ? nothing : iq_bpf_range(0, (UINT64_C(1) << 8 * width) - 1);
	if (is_own(a, base) && !base->span && frame_part(base->offset + off, 8, &low, &high) && low % 8 == 0)
		return state->slot[low / 8];
	/* Only stacks hold pointers to stacks. */
	return (struct iq_bpf_value){ .maybe_stack = maybe_stack(base) };
}

static void atomic(struct analysis *a, struct state *state, struct iq_bpf_insn insn, unsigned width)
{
	struct iq_bpf_value old;
	if (insn.imm == IQ_BPF_LOAD_ACQUIRE) {
		state->reg[insn.dst] = loaded(a, state, &state->reg[insn.src], insn.off, width, false);
		return;
	}
	old = loaded(a, state, &state->reg[insn.dst], insn.off, width, false);
	store(a, state, &state->reg[insn.dst], insn.off, width,
	      insn.imm == IQ_BPF_STORE_RELEASE ? &state->reg[insn.src] : NULL);
	if (insn.imm == IQ_BPF_CMPXCHG)
		state->reg[0] = old;
	else if (insn.imm != IQ_BPF_STORE_RELEASE && insn.imm & IQ_BPF_FETCH)
		state->reg[insn.src] = old;
}

/* Calls. */

static uint16_t initialised_from(const struct state *state, int64_t offset)
{
	uint16_t count = 0;
	if (offset < -FRAME || offset >= 0)
		return 0;
	for (size_t i = (size_t)-offset; i-- > 0; count++) {
		if (!(state->initialised[i / 64] >> i % 64 & 1))
			break;
	}
	return count;
}

static void record(const struct analysis *a, const struct state *state, size_t insn)
{
	struct iq_bpf_value_flow_site *site = NULL;
	for (size_t low = 0, high = a->sites->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (a->sites->sites[middle].insn <= insn) {
			site = &a->sites->sites[middle];
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (!site || site->insn != insn)
		return;
	site->reached = true;
	for (size_t i = 0; i < 5; i++) {
		site->arguments[i] = state->reg[1 + i];
		if (is_own(a, &site->arguments[i]) && !site->arguments[i].span)
			site->initialised[i] = initialised_from(state, site->arguments[i].offset);
	}
}

/* The kernel was given a pointer into this frame: it may write from there on; it has when its size is known. */
static void kernel_writes(struct analysis *a, struct state *state, const struct iq_bpf_value *pointer,
			  const struct iq_bpf_value *size)
{
	size_t low, high;
	if (pointer->kind == IQ_BPF_V_UNKNOWN && pointer->maybe_stack)
		forget_frame(state, false);
	mark_foreign(a, pointer, 0, pointer->offset < 0 ? (uint64_t)-pointer->offset : 1);
	if (!is_own(a, pointer))
		return;
	if (pointer->span == IQ_BPF_ANYWHERE || pointer->offset < -FRAME || pointer->offset >= 0) {
		forget_frame(state, false);
		return;
	}
	forget_slots(state, 0, (size_t)-pointer->offset, false);
	if (!pointer->span && size && iq_bpf_is_constant(size) && frame_part(pointer->offset, size->least, &low, &high))
		initialise(state, low, high);
}

static void clobber(struct state *state, size_t insn)
{
	state->reg[0] = (struct iq_bpf_value){ .kind = IQ_BPF_V_RESULT, .id = (uint32_t)insn, .maybe_null = true };
	for (size_t i = 1; i <= 5; i++)
		state->reg[i] = nothing;
}

static struct iq_error *callback_call(struct analysis *a, struct state *state,
				      const struct iq_bpf_value_flow_call *call, uint32_t function)
{
	struct iq_bpf_value arguments[5] = { 0 };
	if (call->context_argument >= 0 && call->context_argument < 5 && call->context_parameter >= 0 &&
	    call->context_parameter < 5)
		arguments[call->context_parameter] = state->reg[1 + call->context_argument];
	forget_written(a, state);
	return enter(a, function, arguments);
}

static struct iq_error *kernel_call(struct analysis *a, struct state *state, const struct iq_bpf_value_flow_call *call)
{
	const struct iq_bpf_value *arguments = &state->reg[1];
	for (size_t i = 0; i < 5; i++) {
		int8_t n = call->size_of[i];
		if (!call->keeps[i])
			kernel_writes(a, state, &arguments[i], n >= 0 && n < 5 ? &arguments[n] : NULL);
	}
	for (size_t i = 0; i < 5; i++) {
		if (arguments[i].kind == IQ_BPF_V_FUNCTION)
			IQ_TRY(callback_call(a, state, call, arguments[i].id));
	}
	return NULL;
}

static struct iq_error *call(struct analysis *a, struct state *state, size_t insn)
{
	struct iq_bpf_value_flow_call what = a->input->call(a->input->context, insn);
	if (a->sites)
		record(a, state, insn);
	if (what.function != IQ_BPF_NO_FUNCTION) {
		IQ_TRY(enter(a, what.function, &state->reg[1]));
		forget_written(a, state);
	} else {
		IQ_TRY(kernel_call(a, state, &what));
	}
	clobber(state, insn);
	return NULL;
}

/* Steps. */

static struct iq_bpf_value immediate(struct iq_bpf_insn insn)
{
	uint64_t value = (uint64_t)(int64_t)insn.imm;
	return iq_bpf_range(value, value);
}

static struct iq_bpf_value operand(const struct state *state, struct iq_bpf_insn insn, struct iq_bpf_meaning meaning)
{
	return meaning.uses_imm ? immediate(insn) : state->reg[insn.src];
}

/* Where a branch goes on; *falls_through false: it can't but be taken. */
static struct iq_error *branch(struct analysis *a, struct state *state, size_t insn, struct iq_bpf_meaning meaning,
			       bool *falls_through)
{
	struct iq_bpf_insn what = a->input->insns[insn];
	struct state taken = *state;
	struct iq_bpf_value value = operand(state, what, meaning);
	bool takes = true;
	*falls_through = true;
	if (meaning.width) { /* may_goto compares nothing */
		takes = iq_bpf_value_refine(what, &value, true, &taken.reg[what.dst]);
		*falls_through = iq_bpf_value_refine(what, &value, false, &state->reg[what.dst]);
	}
	int64_t target = (int64_t)insn + meaning.target;
	return takes && is_inside(&a->input->functions[a->function], target) ? flow_into(a, (size_t)target, &taken)
									     : NULL;
}

static struct iq_error *jump(struct analysis *a, const struct state *state, size_t insn, struct iq_bpf_meaning meaning)
{
	const struct iq_bpf_value_flow_function *function = &a->input->functions[a->function];
	int64_t target = (int64_t)insn + meaning.target;
	if (meaning.has_target)
		return is_inside(function, target) ? flow_into(a, (size_t)target, state) : NULL;
	return flow_anywhere(a, state);
}

/* One instruction; *goes_on false: what stands behind it is not reached from here. */
static struct iq_error *step(struct analysis *a, struct state *state, size_t insn, struct iq_bpf_meaning meaning,
			     bool *goes_on)
{
	struct iq_bpf_insn what = a->input->insns[insn];
	struct iq_bpf_value value;
	*goes_on = true;
	switch (meaning.kind) {
	case IQ_BPF_ALU:
		value = operand(state, what, meaning);
		state->reg[what.dst] = iq_bpf_value_alu(what, &state->reg[what.dst], &value);
		return NULL;
	case IQ_BPF_LD_IMM64: state->reg[what.dst] = a->input->constant(a->input->context, insn); return NULL;
	case IQ_BPF_LOAD:
		state->reg[what.dst] =
			loaded(a, state, &state->reg[what.src], what.off, meaning.width, meaning.signed_load);
		return NULL;
	case IQ_BPF_STORE:
		value = operand(state, what, meaning);
		store(a, state, &state->reg[what.dst], what.off, meaning.width, &value);
		return NULL;
	case IQ_BPF_ATOMIC: atomic(a, state, what, meaning.width); return NULL;
	case IQ_BPF_LD_ABS:
		clobber(state, insn);
		state->reg[0] = nothing;
		return NULL;
	case IQ_BPF_CALL:
	case IQ_BPF_TAIL_CALL: return call(a, state, insn);
	case IQ_BPF_BRANCH: return branch(a, state, insn, meaning, goes_on);
	case IQ_BPF_NOSPEC: return NULL;
	case IQ_BPF_JUMP: *goes_on = false; return jump(a, state, insn, meaning);
	default: /* exit; what is no instruction is not passed */ *goes_on = false; return NULL;
	}
}

/* From a leader to where the flow ends or another leader begins. */
static struct iq_error *run_block(struct analysis *a, const struct leader *leader)
{
	const struct iq_bpf_value_flow_input *in = a->input;
	const struct iq_bpf_value_flow_function *function = &in->functions[a->function];
	struct state state = *leader->state;
	bool goes_on = true;
	for (size_t i = leader->insn; goes_on;) {
		struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(in->insns, in->count, i);
		if (++a->steps % 4096 == 0)
			IQ_TRY(iq_check_interrupt());
		IQ_TRY(step(a, &state, i, meaning, &goes_on));
		i += meaning.slots;
		if (i >= function->end)
			return NULL;
		if (goes_on && a->leader_of[i])
			return flow_into(a, i, &state);
	}
	return NULL;
}

static uint32_t function_of(const struct iq_bpf_value_flow_input *in, size_t insn)
{
	uint32_t n = 0;
	while (n + 1 < in->function_count && in->functions[n + 1].start <= insn)
		n++;
	return n;
}

static bool next_leader(struct analysis *a, size_t *out)
{
	while (a->lowest < a->leader_count && !a->leaders[a->lowest].queued)
		a->lowest++;
	*out = a->lowest;
	return a->lowest < a->leader_count;
}

static struct iq_error *enter_from_outside(struct analysis *a)
{
	for (uint32_t i = 0; i < a->input->function_count; i++) {
		struct iq_bpf_value arguments[5] = { 0 };
		if (a->input->functions[i].entry == IQ_BPF_ENTRY_CONTEXT)
			arguments[0].kind = IQ_BPF_V_CONTEXT;
		if (a->input->functions[i].entry != IQ_BPF_ENTRY_CALLED)
			IQ_TRY(enter(a, i, arguments));
	}
	return NULL;
}

static struct iq_error *list_sites(const struct iq_bpf_value_flow_input *in, struct iq_bpf_value_flow *out)
{
	size_t count = 0;
	for (int pass = 0; pass < 2; pass++) {
		size_t n = 0;
		for (size_t i = 0; i < in->count;) {
			struct iq_bpf_meaning m = iq_bpf_insn_meaning(in->insns, in->count, i);
			bool is_call = m.kind == IQ_BPF_CALL || m.kind == IQ_BPF_TAIL_CALL;
			if (is_call && pass)
				out->sites[n] = (struct iq_bpf_value_flow_site){ .insn = (uint32_t)i,
										 .function = function_of(in, i) };
			n += is_call;
			i += m.slots;
		}
		count = n;
		if (!pass && !(out->sites = calloc(count + 1, sizeof(*out->sites))))
			return iq_error_no_memory();
	}
	out->count = count;
	return NULL;
}

/* Until nothing changes; *done false: too much work. */
static struct iq_error *settle(struct analysis *a, bool *done)
{
	uint64_t limit = a->input->count * STEPS + 10000;
	size_t n;
	*done = false;
	for (n = 0; n < a->leader_count; n++) {
		free(a->leaders[n].state);
		a->leaders[n] = (struct leader){ .insn = a->leaders[n].insn };
	}
	for (n = 0; n < a->input->function_count; n++) {
		free(a->anywhere[n].state);
		a->anywhere[n] = (struct anywhere){ 0 };
	}
	IQ_TRY(enter_from_outside(a));
	while (next_leader(a, &n)) {
		struct leader *leader = &a->leaders[n];
		leader->queued = false;
		a->function = function_of(a->input, leader->insn);
		IQ_TRY(run_block(a, leader));
		if (a->steps > limit || a->steps > MAX_STEPS)
			return NULL;
	}
	*done = true;
	return NULL;
}

/* What functions write into their callers' frames is assumed to be nothing, then what was seen to be written, until
 * that is all. */
static struct iq_error *settle_writes(struct analysis *a, bool *done)
{
	for (unsigned pass = 0;; pass++) {
		a->grew = false;
		for (size_t i = 0; i < a->input->function_count && pass == MAX_PASSES; i++)
			memset(&a->written[i], 0xff, sizeof(a->written[i]));
		IQ_TRY(settle(a, done));
		if (!*done || !a->grew)
			return NULL;
	}
}

static struct iq_error *run(struct analysis *a, struct iq_bpf_value_flow *out)
{
	bool done;
	IQ_TRY(find_leaders(a));
	a->written = calloc(a->input->function_count + 1, sizeof(*a->written));
	a->anywhere = calloc(a->input->function_count + 1, sizeof(*a->anywhere));
	if (!a->written || !a->anywhere)
		return iq_error_no_memory();
	if (a->leader_count > MAX_LEADERS)
		return NULL;
	IQ_TRY(settle_writes(a, &done));
	if (!done)
		return NULL;
	a->sites = out;
	for (size_t n = 0; n < a->leader_count; n++) {
		a->function = function_of(a->input, a->leaders[n].insn);
		if (a->leaders[n].state)
			IQ_TRY(run_block(a, &a->leaders[n]));
	}
	out->complete = true;
	return NULL;
}

struct iq_error *iq_bpf_value_flow_run(const struct iq_bpf_value_flow_input *input, struct iq_bpf_value_flow *out)
{
	struct analysis analysis = { .input = input };
	*out = (struct iq_bpf_value_flow){ 0 };
	struct iq_error *error = list_sites(input, out);
	if (!error)
		error = run(&analysis, out);
	for (size_t i = 0; i < analysis.leader_count && analysis.leaders; i++)
		free(analysis.leaders[i].state);
	for (size_t i = 0; i < input->function_count && analysis.anywhere; i++)
		free(analysis.anywhere[i].state);
	free(analysis.leaders);
	free(analysis.anywhere);
	free(analysis.leader_of);
	free(analysis.written);
	if (error)
		iq_bpf_value_flow_free(out);
	return error;
}

void iq_bpf_value_flow_free(struct iq_bpf_value_flow *flow)
{
	free(flow->sites);
	*flow = (struct iq_bpf_value_flow){ 0 };
}
