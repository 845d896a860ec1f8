// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a function's own instructions say about its stack frame: where, at a given pc, the CFA is relative to the stack pointer and
 * to the frame pointer, and where the caller's registers were saved. It is what a compiler would have written into CFI, computed
 * again: for JITed code and trampolines, which have none, for kernels built with frame pointers, and for callee-saved registers,
 * of which ORC knows only one.
 *
 * A worklist runs over the function's flow graph; where two paths meet that disagree, the answer is "unknown".
 */
#include "unwind/internal.h"

#include <string.h>

enum { MAX_FUNCTION = 256 * 1024, MAX_STEPS = 200000, MAX_PARENTS = 16 };

/* What the analysis knows before one instruction. Offsets are from the CFA. */
struct state {
	bool sp_known, fp_known; /* sp/fp == CFA + offset */
	int64_t sp, fp;
	uint32_t unchanged;      /* registers that hold their value at entry */
	uint32_t saved;          /* registers whose value at entry is in memory at CFA + slot */
	int32_t slot[17];
};

struct place {
	uint64_t address;
	struct state state;
	bool queued;
};

struct analysis {
	struct iq_unwinder *unwinder;
	uint64_t wanted_return;        /* the state behind the call that returns here is kept; 0: none */
	bool found_return;
	struct state at_return;
	uint64_t start, end;           /* the function */
	uint64_t cold_start, cold_end; /* its .cold part, or nothing */
	uint8_t *code, *cold;          /* their bytes */
	struct iq_map seen;            /* address → index in places */
	IQ_VEC(struct place) places;
	IQ_VEC(size_t) queue;
	IQ_VEC(struct place) weak;     /* behind a ud2: WARN() goes on there, BUG() does not */
};

static void analysis_free(struct analysis *a)
{
	free(a->code);
	free(a->cold);
	iq_map_free(&a->seen);
	iq_vec_free(&a->places);
	iq_vec_free(&a->queue);
	iq_vec_free(&a->weak);
}

/* Functions that never return: the code behind a call of one is not reached from it. */
static bool never_returns(const char *name)
{
	static const char *const names[] = {
		"__stack_chk_fail", "panic", "do_exit", "make_task_dead", "rewind_stack_and_make_dead", "rewind_stack_do_exit",
		"__fortify_panic", "fortify_panic", "do_group_exit", "kthread_exit", "cpu_startup_entry", "__module_put_and_kthread_exit",
		"machine_real_restart", "usercopy_abort", "stop_this_cpu", "rest_init", "start_kernel", "ex_handler_msr_mce",
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static const uint8_t *code_at(const struct analysis *a, uint64_t address, size_t *left)
{
	if (address >= a->start && address < a->end) {
		*left = a->end - address;
		return a->code + (address - a->start);
	}
	if (a->cold && address >= a->cold_start && address < a->cold_end) {
		*left = a->cold_end - address;
		return a->cold + (address - a->cold_start);
	}
	return NULL;
}

/* Makes `into` say only what both paths say; true if that is less than before. */
static bool meet(struct state *into, const struct state *from)
{
	struct state old = *into;
	if (!from->sp_known || from->sp != into->sp)
		into->sp_known = false;
	if (!from->fp_known || from->fp != into->fp)
		into->fp_known = false;
	into->unchanged &= from->unchanged;
	for (unsigned reg = 0; reg < 17; reg++) {
		if ((into->saved >> reg & 1) && (!(from->saved >> reg & 1) || from->slot[reg] != into->slot[reg]))
			into->saved &= ~(1u << reg);
	}
	return old.sp_known != into->sp_known || old.fp_known != into->fp_known || old.unchanged != into->unchanged ||
	       old.saved != into->saved;
}

static struct iq_error *reach(struct analysis *a, uint64_t address, const struct state *state)
{
	size_t left;
	uint64_t index;
	if (!code_at(a, address, &left))
		return NULL; /* a tail call: another function */
	struct place *place;
	if (iq_map_get(&a->seen, address, &index)) {
		place = &a->places.data[index];
		if (!meet(&place->state, state) || place->queued)
			return NULL;
	} else {
		index = a->places.count;
		place = iq_vec_push(&a->places);
		if (!place || !iq_map_set(&a->seen, address, index))
			return iq_error_no_memory();
		place->address = address;
		place->state = *state;
	}
	place->queued = true;
	size_t *slot = iq_vec_push(&a->queue);
	if (!slot)
		return iq_error_no_memory();
	*slot = index;
	return NULL;
}

/* A store of a register into the frame: the first one of a register that still has its value at entry saves it; one over a save slot loses it. */
static void note_store(struct state *s, int64_t offset, unsigned width, int reg)
{
	for (unsigned r = 0; r < 17; r++) {
		if ((s->saved >> r & 1) && offset < s->slot[r] + 8 && offset + (int)(width / 8) > s->slot[r])
			s->saved &= ~(1u << r);
	}
	if (reg >= 0 && reg < 16 && width == 64 && (s->unchanged >> reg & 1) && !(s->saved >> reg & 1) &&
	    offset >= INT32_MIN && offset <= INT32_MAX) {
		s->saved |= 1u << reg;
		s->slot[reg] = (int32_t)offset;
	}
}

/* A register gets a new value: `restored` when it comes back from its own save slot. */
static void note_write(struct state *s, unsigned reg, bool restored)
{
	if (reg >= 17)
		return;
	if (restored)
		s->unchanged |= 1u << reg;
	else
		s->unchanged &= ~(1u << reg);
	if (reg == IQ_X86_RBP)
		s->fp_known = false;
	if (reg == IQ_X86_RSP)
		s->sp_known = false;
}

/* The CFA offset of a memory operand that is based on the stack or frame pointer alone. */
static bool frame_offset(const struct state *s, const struct iq_operand *op, int64_t *offset)
{
	if (op->kind != IQ_OPERAND_MEM || op->index != IQ_NO_REG || op->segment)
		return false;
	if (op->base == IQ_X86_RSP && s->sp_known)
		*offset = s->sp + op->displacement;
	else if (op->base == IQ_X86_RBP && s->fp_known)
		*offset = s->fp + op->displacement;
	else
		return false;
	return true;
}

static bool is(const struct iq_insn *insn, const char *name)
{
	return strcmp(insn->name, name) == 0;
}

static void do_push(struct state *s, const struct iq_insn *insn)
{
	const struct iq_operand *op = &insn->operands[0];
	s->sp -= 8;
	if (s->sp_known)
		note_store(s, s->sp, 64, op->kind == IQ_OPERAND_REG && op->reg < 16 ? op->reg : -1);
}

static void do_pop(struct state *s, const struct iq_insn *insn)
{
	const struct iq_operand *op = &insn->operands[0];
	if (op->kind == IQ_OPERAND_REG && op->reg < 17) {
		bool restored = s->sp_known && (s->saved >> op->reg & 1) && s->slot[op->reg] == s->sp;
		note_write(s, op->reg, restored);
	}
	s->sp += 8;
}

/* mov and lea, which move the stack and frame pointers and save and restore registers; false for any other use. */
static bool do_move(struct state *s, const struct iq_insn *insn)
{
	const struct iq_operand *to = &insn->operands[0], *from = &insn->operands[1];
	bool lea = is(insn, "lea");
	int64_t offset;
	if (insn->operand_count < 2)
		return false;
	if (to->kind == IQ_OPERAND_MEM) {
		if (frame_offset(s, to, &offset))
			note_store(s, offset, to->width, from->kind == IQ_OPERAND_REG && !from->reg_shift ? from->reg : -1);
		return true;
	}
	if (to->kind != IQ_OPERAND_REG || to->width < 64)
		return false;
	bool known = false, restored = false;
	if (lea) {
		known = frame_offset(s, from, &offset);
	} else if (from->kind == IQ_OPERAND_REG && from->reg == IQ_X86_RSP) {
		known = s->sp_known;
		offset = s->sp;
	} else if (from->kind == IQ_OPERAND_REG && from->reg == IQ_X86_RBP) {
		known = s->fp_known;
		offset = s->fp;
	} else if (to->reg < 17 && frame_offset(s, from, &offset)) {
		restored = (s->saved >> to->reg & 1) && s->slot[to->reg] == offset;
	}
	note_write(s, to->reg, restored);
	if (known && to->reg == IQ_X86_RSP) {
		s->sp = offset;
		s->sp_known = true;
	} else if (known && to->reg == IQ_X86_RBP) {
		s->fp = offset;
		s->fp_known = true;
	}
	return true;
}

/* add and sub of a constant to the stack pointer; false for anything else. */
static bool do_adjust(struct state *s, const struct iq_insn *insn)
{
	const struct iq_operand *to = &insn->operands[0], *by = &insn->operands[1];
	if (insn->operand_count < 2 || to->kind != IQ_OPERAND_REG || to->reg != IQ_X86_RSP || to->width != 64 ||
	    by->kind != IQ_OPERAND_IMM)
		return false;
	int64_t delta = (int64_t)by->immediate;
	s->sp = (int64_t)((uint64_t)s->sp + (uint64_t)(is(insn, "sub") ? -delta : delta));
	return true;
}

static void do_leave(struct state *s)
{
	s->sp_known = s->fp_known;
	s->sp = s->fp;
	bool restored = s->sp_known && (s->saved >> IQ_X86_RBP & 1) && s->slot[IQ_X86_RBP] == s->sp;
	note_write(s, IQ_X86_RBP, restored);
	s->sp += 8;
}

/* Whatever else an instruction writes. */
static void do_other(struct state *s, const struct iq_insn *insn)
{
	int64_t offset;
	for (unsigned i = 0; i < insn->operand_count; i++) {
		const struct iq_operand *op = &insn->operands[i];
		if (!op->write)
			continue;
		if (op->kind == IQ_OPERAND_REG)
			note_write(s, op->reg, false);
		else if (frame_offset(s, op, &offset))
			note_store(s, offset, op->width, -1);
	}
}

static void after_call(struct iq_unwinder *unwinder, struct state *s)
{
	s->unchanged &= (uint32_t)unwinder->arch->callee_saved;
}

static void apply(struct iq_unwinder *unwinder, struct state *s, const struct iq_insn *insn)
{
	if (is(insn, "push"))
		do_push(s, insn);
	else if (is(insn, "pop"))
		do_pop(s, insn);
	else if (is(insn, "pushf") || is(insn, "pushfq"))
		s->sp -= 8;
	else if (is(insn, "popf") || is(insn, "popfq"))
		s->sp += 8;
	else if (is(insn, "leave") || is(insn, "leaveq"))
		do_leave(s);
	else if (insn->flow == IQ_FLOW_CALL)
		after_call(unwinder, s);
	else if (!((is(insn, "mov") || is(insn, "lea")) && do_move(s, insn)) &&
		 !((is(insn, "add") || is(insn, "sub")) && do_adjust(s, insn)))
		do_other(s, insn);
}

/* Does control go on behind this instruction? */
static bool falls_through(struct analysis *a, const struct iq_insn *insn)
{
	if (insn->flow == IQ_FLOW_NEXT || insn->flow == IQ_FLOW_COND_JUMP)
		return true;
	if (insn->flow != IQ_FLOW_CALL)
		return false;
	struct iq_symbol symbol;
	if (!insn->has_target || iq_failed(iq_symbol_at(a->unwinder->options.symbols, insn->target, &symbol)))
		return true;
	return symbol.address != insn->target || !never_returns(symbol.name);
}

static struct iq_error *step(struct analysis *a, size_t index)
{
	struct place *place = &a->places.data[index];
	uint64_t address = place->address;
	struct state state = place->state;
	size_t left;
	struct iq_insn insn;
	place->queued = false;
	const uint8_t *bytes = code_at(a, address, &left);
	if (!bytes || iq_failed(a->unwinder->arch->decode(bytes, IQ_MIN(left, (size_t)15), address, &insn)))
		return NULL; /* data, or a patched place: this path ends here */
	apply(a->unwinder, &state, &insn);
	if (insn.flow == IQ_FLOW_CALL && address + insn.length == a->wanted_return) {
		a->at_return = state;
		a->found_return = true;
	}
	if ((insn.flow == IQ_FLOW_JUMP || insn.flow == IQ_FLOW_COND_JUMP) && insn.has_target)
		IQ_TRY(reach(a, insn.target, &state));
	if (falls_through(a, &insn))
		return reach(a, address + insn.length, &state);
	if (insn.flow != IQ_FLOW_TRAP || is(&insn, "int3"))
		return NULL;
	struct place *weak = iq_vec_push(&a->weak);
	if (!weak)
		return iq_error_no_memory();
	*weak = (struct place){ .address = address + insn.length, .state = state };
	return NULL;
}

static struct iq_error *read_code(struct iq_unwinder *unwinder, uint64_t start, uint64_t end, uint8_t **out)
{
	if (end <= start || end - start > MAX_FUNCTION)
		return iq_error_new(IQ_ERROR_LIMIT, "function at %#lx is %ld bytes long", start, (long)(end - start));
	_cleanup_free_ uint8_t *bytes = malloc(end - start);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_read(unwinder->options.target, start, bytes, end - start));
	*out = iq_steal(bytes);
	return NULL;
}

/* Functions whose .cold part a symbol may be: static ones can share a name. */
struct parents {
	const char *module;
	struct iq_symbol symbols[MAX_PARENTS];
	unsigned count;
};

static struct iq_error *add_parent(void *context, const struct iq_symbol *symbol)
{
	struct parents *parents = context;
	bool same = parents->module && symbol->module ? !strcmp(parents->module, symbol->module)
						      : parents->module == symbol->module;
	if (same && parents->count < MAX_PARENTS)
		parents->symbols[parents->count++] = *symbol;
	return NULL;
}

/* Does a function have a .cold part, and is it `cold`? Its own code says it by jumping there. */
static bool jumps_into(struct iq_unwinder *unwinder, const struct iq_symbol *function, const struct iq_symbol *cold)
{
	_cleanup_free_ uint8_t *code = NULL;
	struct iq_insn insn;
	if (iq_failed(read_code(unwinder, function->address, function->address + function->size, &code)))
		return false;
	for (uint64_t at = 0; at < function->size; at += insn.length) {
		size_t left = IQ_MIN(function->size - at, UINT64_C(15));
		if (iq_failed(unwinder->arch->decode(code + at, left, function->address + at, &insn)))
			insn = (struct iq_insn){ .length = 1 }; /* data, or a patched place */
		if (insn.has_target && insn.flow != IQ_FLOW_CALL && insn.target - cold->address < cold->size)
			return true;
	}
	return false;
}

/* The function whose .cold part `symbol` is; false if it is none, or nothing is known to jump there. */
static bool find_parent(struct iq_unwinder *unwinder, const struct iq_symbol *symbol, struct iq_symbol *out)
{
	struct parents parents = { .module = symbol->module };
	const char *cold = strstr(symbol->name, ".cold");
	char name[256];
	if (!cold)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(cold - symbol->name), symbol->name);
	iq_error_free(iq_symbols_by_name(unwinder->options.symbols, name, add_parent, &parents));
	for (unsigned i = 0; i < parents.count; i++) {
		*out = parents.symbols[i];
		if (jumps_into(unwinder, out, symbol))
			return true;
	}
	return false;
}

/* The bounds of the function that holds pc, with its .cold part, in which pc may lie. */
static struct iq_error *find_bounds(struct analysis *a, uint64_t pc)
{
	struct iq_symbol symbol, parent;
	IQ_TRY(iq_symbol_at(a->unwinder->options.symbols, pc, &symbol));
	if (find_parent(a->unwinder, &symbol, &parent)) {
		a->cold_start = symbol.address;
		a->cold_end = symbol.address + symbol.size;
		symbol = parent;
	}
	if (!symbol.size)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the size of %s is not known", symbol.name);
	a->start = symbol.address;
	a->end = symbol.address + symbol.size;
	IQ_TRY(read_code(a->unwinder, a->start, a->end, &a->code));
	if (a->cold_end > a->cold_start)
		IQ_TRY(read_code(a->unwinder, a->cold_start, a->cold_end, &a->cold));
	return NULL;
}

static struct iq_error *run(struct analysis *a)
{
	/* At entry: the return address is the newest thing on the stack, every register has its value at entry. */
	struct state entry = { .sp_known = true, .sp = -8, .unchanged = 0xffff & ~(1u << IQ_X86_RSP) };
	IQ_TRY(reach(a, a->start, &entry));
	for (unsigned steps = 0; a->queue.count || a->weak.count; steps++) {
		if (steps >= MAX_STEPS)
			return iq_error_new(IQ_ERROR_LIMIT, "the code at %#lx is too long to analyse", a->start);
		if (a->queue.count) {
			size_t index = a->queue.data[--a->queue.count];
			IQ_TRY(step(a, index));
		} else {
			/* What nothing else leads to can only be reached over the ud2. */
			struct place weak = a->weak.data[--a->weak.count];
			if (!iq_map_get(&a->seen, weak.address, NULL))
				IQ_TRY(reach(a, weak.address, &weak.state));
		}
	}
	return NULL;
}

static struct iq_error *analyse(struct iq_unwinder *unwinder, uint64_t pc, bool is_return, struct iq_code_frame *out)
{
	_cleanup_(analysis_free) struct analysis a = { .unwinder = unwinder, .wanted_return = is_return ? pc : 0 };
	const struct state *state = &a.at_return;
	uint64_t index;
	IQ_TRY(find_bounds(&a, is_return ? pc - 1 : pc));
	IQ_TRY(run(&a));
	bool found = is_return ? a.found_return : iq_map_get(&a.seen, pc, &index);
	if (!found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no path through the code at %#lx leads to %#lx", a.start, pc);
	if (!is_return)
		state = &a.places.data[index].state;
	*out = (struct iq_code_frame){
		.sp_known = state->sp_known,
		.sp_offset = state->sp,
		.fp_known = state->fp_known,
		.fp_offset = state->fp,
		.saved = state->saved,
		.unchanged = state->unchanged,
	};
	memcpy(out->save_offset, state->slot, sizeof(out->save_offset));
	return NULL;
}

struct iq_error *iq_code_frame(struct iq_unwinder *unwinder, uint64_t pc, bool is_return, struct iq_code_frame *out)
{
	uint64_t index, key = pc << 1 | is_return;
	if (iq_map_get(&unwinder->code_cache, key, &index)) {
		*out = unwinder->code_frames.data[index];
		return NULL;
	}
	IQ_TRY(iq_error_prefix(analyse(unwinder, pc, is_return, out), "stack frame of %#lx", pc));
	struct iq_code_frame *kept = iq_vec_push(&unwinder->code_frames);
	if (!kept || !iq_map_set(&unwinder->code_cache, key, unwinder->code_frames.count - 1))
		return iq_error_no_memory();
	*kept = *out;
	return NULL;
}
