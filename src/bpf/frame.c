// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame of a BPF program: registers, stack, tail calls. */
#include "bpf/frame.h"
#include "bpf/frame_internal.h"
#include "bpf/insn_code.h"

#include "arch/arch.h"
#include "kernel/source.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { MAX_TAIL_CALLS = 33, MAX_STACK = 512, MAX_PROLOGUE = 128, MAX_PUSHES = 3 + IQ_BPF_MAX_SAVED };

struct iq_error *iq_bpf_frame_note(struct iq_bpf_frame *frame, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	char *more = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length >= 0 && frame->why && strstr(frame->why, text)) /* the caller's frame may lack the same */
		return NULL;
	if (length < 0 || asprintf(&more, "%s%s%s", frame->why ? frame->why : "", frame->why ? "; " : "", text) < 0)
		return iq_error_no_memory();
	free(frame->why);
	frame->why = more;
	return NULL;
}

static bool is_fatal(const struct iq_error *error)
{
	return iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED);
}

/* What can be done without. */
static struct iq_error *optional(struct iq_bpf_frame *frame, struct iq_error *error)
{
	if (!error || is_fatal(error))
		return error;
	struct iq_error *second = iq_bpf_frame_note(frame, "%s", error->message);
	iq_error_free(error);
	return second;
}

static const struct iq_arch *arch_of(const struct iq_bpf_reading *r)
{
	return iq_target_arch(r->bpf->target);
}

static const struct iq_frame *caller_of(const struct iq_bpf_reading *r)
{
	const struct iq_frame *caller = r->index + 1 < r->trace->count ? r->at + 1 : NULL;
	return caller && caller->kind == IQ_FRAME_CALL && caller->stack.start == r->at->stack.start ? caller : NULL;
}

/* Where in the code. */

/* May it count tail calls: its own, or those of functions that it calls? */
static bool counts_tail_calls(const struct iq_bpf_code *code, const struct iq_bpf_function *function)
{
	for (uint32_t i = function->start; i < function->end; i++) {
		if (code->insns[i].code == IQ_BPF_CODE_TAIL_CALL)
			return true;
	}
	return function->tail_call_reachable;
}

static struct iq_error *find_prologue(struct iq_bpf_reading *r)
{
	const struct iq_bpf_function *function = &r->frame->code->functions[r->frame->function];
	_cleanup_(iq_bpf_machine_free) struct iq_bpf_machine machine = { 0 };
	size_t size = IQ_MIN(function->image_size, (uint64_t)MAX_PROLOGUE);
	uint8_t bytes[MAX_PROLOGUE];
	IQ_TRY(iq_error_prefix(iq_read(r->bpf->target, function->image, bytes, size), "its prologue"));
	IQ_TRY(iq_bpf_machine_decode(arch_of(r), bytes, size, function->image, &machine));
	iq_bpf_prologue_find(&machine, counts_tail_calls(r->frame->code, function), &r->prologue);
	if (!r->prologue.end)
		return iq_bpf_frame_note(r->frame, "its prologue is damaged: below its stack nothing is known");
	bool last = r->prologue.frame_set >= machine.count;
	r->frame_set = machine.address + (last ? machine.size : machine.ops[r->prologue.frame_set].offset);
	return NULL;
}

/* Of a return address the CALL before it, else what the run of instructions was made of. */
static struct iq_error *find_insn(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	_cleanup_(iq_bpf_jited_free) struct iq_bpf_jited jited = { 0 };
	uint64_t pc = iq_frame_source_pc(r->at);
	IQ_TRY(iq_bpf_jited_load(r->bpf, f->code, f->function, &jited));
	const struct iq_bpf_run *run = iq_bpf_run_at(&jited, pc);
	if (!run)
		return NULL;
	f->part = run->part;
	f->line = run->line;
	f->insn = run->insn;
	f->insn_end = run->insn_end;
	return NULL;
}

/* Is the frame at a CALL that is known? */
static bool is_at_call(const struct iq_bpf_reading *r)
{
	const struct iq_bpf_frame *f = r->frame;
	return r->at->pc_is_return && f->insn_end == f->insn + 1 &&
	       iq_bpf_insn_meaning(f->code->insns, f->code->insn_count, f->insn).kind == IQ_BPF_CALL;
}

/* Registers. */

static bool has_private_stack(const struct iq_bpf_reading *r)
{
	const struct iq_bpf_frame *f = r->frame;
	uint64_t aux, private = 0;
	/* 6.13: "bpf, x86: Support private stack in jit" */
	return iq_b_has(r->bpf, "bpf_prog_aux", "jits_use_priv_stack") &&
	       !iq_failed(iq_b_get(r->bpf, f->code->functions[f->function].program, "bpf_prog", "aux", &aux)) &&
	       !iq_failed(iq_b_get(r->bpf, aux, "bpf_prog_aux", "jits_use_priv_stack", &private)) && private;
}

/* The frame pointer lies right below the return address. Where the caller's place is not known, the register tells. */
static struct iq_error *find_fp(struct iq_bpf_reading *r, uint64_t *base)
{
	struct iq_bpf_frame *f = r->frame;
	const struct iq_frame *caller = caller_of(r);
	unsigned reg = arch_of(r)->reg_fp;
	bool known = iq_reg_known(&r->at->regs, reg);
	uint64_t value = r->at->regs.value[reg];
	*base = 0;
	if (!r->at->pc_is_return && iq_frame_source_pc(r->at) < r->frame_set)
		return iq_bpf_frame_note(f, "the prologue has not made the frame yet");
	if (caller && caller->proof != IQ_PROOF_NONE)
		*base = caller->pc_slot - 8;
	else if (known)
		*base = value;
	if (known && *base && value != *base && f->part != IQ_BPF_EPILOGUE)
		IQ_TRY(iq_bpf_frame_note(f, "%s is %#" PRIx64 ", not the frame pointer", arch_of(r)->reg_names[reg],
					 value));
	if (!*base)
		return iq_bpf_frame_note(f, "the frame pointer is not known");
	if (!has_private_stack(r)) {
		f->fp = *base;
		return NULL;
	}
	return iq_bpf_frame_note(f, "the program's stack is a private one of its CPU's");
}

static void find_registers(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	const struct iq_arch *arch = arch_of(r);
	for (unsigned reg = 0; reg < IQ_BPF_FP; reg++) {
		unsigned machine = arch->bpf_regs[reg];
		bool clobbered = r->at->pc_is_return && !(arch->callee_saved >> machine & 1);
		if (clobbered || (r->origins.reached && r->origins.reg[reg].kind == IQ_BPF_UNSET))
			f->dead |= 1u << reg;
		if (clobbered || !iq_reg_known(&r->at->regs, machine))
			continue;
		f->reg[reg] = r->at->regs.value[machine];
		f->known |= 1u << reg;
	}
	if (f->fp) {
		f->reg[IQ_BPF_FP] = f->fp;
		f->known |= 1u << IQ_BPF_FP;
	}
}

/* The stack. */

static void add_slot(struct iq_bpf_reading *r, uint64_t base, int offset, enum iq_bpf_slot_kind kind, unsigned reg)
{
	struct iq_bpf_slot *slot = &r->frame->slots[r->frame->slot_count++];
	*slot = (struct iq_bpf_slot){
		.address = base + (uint64_t)(int64_t)offset, .offset = offset, .kind = kind, .reg = (uint8_t)reg
	};
	slot->known = !iq_failed(iq_read_u64(r->bpf->target, slot->address, &slot->value));
}

static void add_counters(struct iq_bpf_reading *r, uint64_t base, int *offset)
{
	for (unsigned i = 0; i < r->prologue.counter_pushes; i++) {
		/* A function of the program is given the pointer, and pushes it twice. */
		bool pointer = r->prologue.counter_pushes > 1 && (r->frame->function || i);
		add_slot(r, base, *offset -= 8, pointer ? IQ_BPF_SLOT_TAIL_CALLS_AT : IQ_BPF_SLOT_TAIL_CALLS, 0);
	}
}

static struct iq_error *find_slots(struct iq_bpf_reading *r, uint64_t base)
{
	struct iq_bpf_frame *f = r->frame;
	const struct iq_bpf_prologue *p = &r->prologue;
	uint64_t stated = ((uint64_t)f->code->functions[f->function].stack_depth + 7) & ~UINT64_C(7);
	uint64_t stack = p->end ? p->stack : stated;
	int offset = 0;
	if (stack != stated && f->fp)
		IQ_TRY(iq_bpf_frame_note(
			f, "its code makes a stack of %" PRIu64 " bytes, struct bpf_prog_aux has %" PRIu64 "", stack,
			stated));
	if (stack > MAX_STACK)
		return iq_bpf_frame_note(f, "a stack of %" PRIu64 " bytes is too long", stack);
	f->slots = calloc(2 + stack / 8 + MAX_PUSHES, sizeof(*f->slots));
	if (!f->slots)
		return iq_error_no_memory();
	add_slot(r, base, 8, IQ_BPF_SLOT_RETURN, 0);
	add_slot(r, base, 0, IQ_BPF_SLOT_SAVED, arch_of(r)->reg_fp);
	for (uint32_t i = 0; i < stack / 8; i++)
		add_slot(r, base, offset -= 8, IQ_BPF_SLOT_STACK, 0);
	add_counters(r, base, &offset);
	for (unsigned i = 0; i < p->saved_count; i++)
		add_slot(r, base, offset -= 8, IQ_BPF_SLOT_SAVED, p->saved[i]);
	if (p->pushes_zero)
		add_slot(r, base, offset -= 8, IQ_BPF_SLOT_TAIL_CALLS, 0);
	return NULL;
}

/* The counter is the upper half of its word; or, since 6.12, all of a word that another one points to. */
static struct iq_error *count_tail_calls(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	const struct iq_bpf_slot *last = NULL;
	uint64_t count;
	for (size_t i = 0; i < f->slot_count; i++) {
		if (f->slots[i].kind == IQ_BPF_SLOT_TAIL_CALLS || f->slots[i].kind == IQ_BPF_SLOT_TAIL_CALLS_AT)
			last = &f->slots[i];
	}
	if (!last || !last->known)
		return NULL;
	if (last->kind == IQ_BPF_SLOT_TAIL_CALLS) {
		count = last->value >> 32;
	} else {
		struct iq_error *error = iq_read_u64(r->bpf->target, last->value, &count);
		if (error)
			return optional(f, iq_error_prefix(error, "the tail-call counter"));
	}
	if (count > MAX_TAIL_CALLS)
		return iq_bpf_frame_note(f, "the tail-call counter is %" PRIu64, count);
	f->tail_calls_known = true;
	f->tail_calls = (uint32_t)count;
	return NULL;
}

/* How it came to run. */

/* What the caller's CALL calls, if that is a function of its program. */
static const struct iq_bpf_function *called_by_bpf(const struct iq_bpf_frame *caller)
{
	const struct iq_bpf_code *code = caller->code;
	if (code->insns[caller->insn].src != IQ_BPF_PSEUDO_CALL)
		return NULL;
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(code->insns, code->insn_count, caller->insn);
	int64_t target = (int64_t)caller->insn + meaning.target;
	if (meaning.kind != IQ_BPF_CALL || !meaning.has_target || target < 0 || target >= (int64_t)code->insn_count)
		return NULL;
	return &code->functions[iq_bpf_function_of(code, (size_t)target)];
}

/* A direct call is five bytes long. Its target is believed if a program begins there. */
static const char *called_by_code(const struct iq_bpf_reading *r, uint64_t return_address, uint64_t image)
{
	uint8_t bytes[5];
	struct iq_insn insn;
	uint64_t at = return_address - sizeof(bytes);
	if (iq_failed(iq_read(r->bpf->target, at, bytes, sizeof(bytes))) ||
	    iq_failed(arch_of(r)->decode(bytes, sizeof(bytes), at, &insn)) || insn.flow != IQ_FLOW_CALL ||
	    !insn.has_target || insn.length != sizeof(bytes) || insn.target == image)
		return NULL;
	const struct iq_image *other = iq_image_at(iq_kernel_images(r->bpf->kernel), insn.target);
	return other && other->kind == IQ_IMAGE_BPF_PROGRAM && other->base == insn.target ? other->name : NULL;
}

static struct iq_error *find_called(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	const struct iq_frame *caller = caller_of(r);
	const struct iq_bpf_function *own = &f->code->functions[f->function], *called;
	const struct iq_bpf_code *code;
	size_t function;
	if (!caller)
		return NULL;
	struct iq_error *error = iq_bpf_code_at(r->bpf, iq_frame_source_pc(caller), &code, &function);
	if (error) {
		f->called = called_by_code(r, caller->pc, own->image);
		return is_fatal(error) ? error : (iq_error_free(error), NULL);
	}
	struct iq_bpf_frame calling = { 0 };
	struct iq_bpf_reading other = {
		.bpf = r->bpf, .trace = r->trace, .index = r->index + 1, .at = caller, .frame = &calling
	};
	calling.code = code;
	calling.function = function;
	IQ_TRY(optional(f, find_insn(&other)));
	called = is_at_call(&other) ? called_by_bpf(&calling) : NULL;
	if (called && called->program != own->program)
		f->called = called->name ? called->name : "another function";
	return NULL;
}

struct iq_error *iq_bpf_frame_begin(struct iq_bpf *bpf, const struct iq_backtrace *trace, size_t index,
				    struct iq_bpf_frame *f, struct iq_bpf_reading *r)
{
	uint64_t base;
	*f = (struct iq_bpf_frame){ 0 };
	*r = (struct iq_bpf_reading){
		.bpf = bpf, .trace = trace, .index = index, .at = &trace->frames[index], .frame = f
	};
	IQ_TRY(iq_bpf_code_at(bpf, iq_frame_source_pc(r->at), &f->code, &f->function));
	IQ_TRY(optional(f, find_prologue(r)));
	IQ_TRY(optional(f, find_insn(r)));
	_cleanup_(iq_bpf_flow_free) struct iq_bpf_flow flow = { 0 };
	IQ_TRY(optional(f, iq_bpf_flow_load(f->code, f->function, &flow)));
	if (flow.before && f->part == IQ_BPF_PROLOGUE)
		r->origins = iq_bpf_flow_before(&flow, flow.start); /* it leaves the arguments where they are */
	else if (flow.before && f->insn < f->insn_end)
		r->origins = is_at_call(r) ? iq_bpf_flow_behind(&flow, f->insn)
					   : iq_bpf_flow_within(&flow, f->insn, f->insn_end);
	if (!r->origins.reached)
		IQ_TRY(iq_bpf_frame_note(f,
					 "its values can't be followed: what its registers hold may be the caller's"));
	IQ_TRY(find_fp(r, &base));
	find_registers(r);
	if (base)
		IQ_TRY(find_slots(r, base));
	IQ_TRY(count_tail_calls(r));
	return find_called(r);
}

/* A program without tail calls of its own has no counter. Since 6.12 the one of its caller is that of all. */
static struct iq_error *count_in_caller(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	if (f->tail_calls_known || !caller_of(r))
		return NULL;
	struct iq_bpf_frame frame;
	struct iq_bpf_reading caller;
	struct iq_error *error = iq_bpf_frame_begin(r->bpf, r->trace, r->index + 1, &frame, &caller);
	if (!error && caller.prologue.counter_pushes > 1 && frame.tail_calls_known) {
		f->tail_calls_known = true;
		f->tail_calls = frame.tail_calls;
	}
	iq_bpf_frame_free(&frame);
	return is_fatal(error) ? error : (iq_error_free(error), NULL);
}

static struct iq_error *read_frame(struct iq_bpf *bpf, const struct iq_backtrace *trace, size_t index,
				   struct iq_bpf_frame *out)
{
	struct iq_bpf_reading r;
	IQ_TRY(iq_bpf_frame_begin(bpf, trace, index, out, &r));
	IQ_TRY(count_in_caller(&r));
	IQ_TRY(optional(out, iq_bpf_frame_arguments(&r)));
	return optional(out, iq_bpf_frame_context(&r));
}

struct iq_error *iq_bpf_frame_read(struct iq_bpf *bpf, const struct iq_backtrace *trace, size_t frame,
				   struct iq_bpf_frame *out)
{
	const struct iq_frame *at = &trace->frames[frame];
	*out = (struct iq_bpf_frame){ 0 };
	if (at->kind == IQ_FRAME_USER || at->kind == IQ_FRAME_POSSIBLE)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the frame is no function's that is known");
	struct iq_error *error = read_frame(bpf, trace, frame, out);
	if (error)
		iq_bpf_frame_free(out);
	return error;
}

void iq_bpf_frame_free(struct iq_bpf_frame *frame)
{
	free(frame->slots);
	free(frame->arguments);
	free(frame->traced_arguments);
	free(frame->why);
	*frame = (struct iq_bpf_frame){ 0 };
}
