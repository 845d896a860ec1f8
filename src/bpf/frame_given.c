// SPDX-License-Identifier: GPL-2.0-or-later
/* What a BPF function was called with: still in a register or on its stack, or known from its caller. */
#include "bpf/frame_internal.h"
#include "bpf/insn_code.h"

#include "arch/arch.h"
#include "kernel/source.h"

#include <string.h>

enum { MAX_DEPTH = 16, MAX_ARGUMENTS = 5 };

static bool same(struct iq_bpf_origin a, struct iq_bpf_origin b)
{
	return a.kind == b.kind && a.n == b.n;
}

/* A register or a stack slot of the frame that holds the value. */
static bool find_place(const struct iq_bpf_reading *r, struct iq_bpf_origin wanted, struct iq_bpf_given *out)
{
	const struct iq_bpf_frame *f = r->frame;
	if (!r->origins.reached)
		return false;
	for (unsigned reg = IQ_BPF_FP; reg-- > 0;) {
		if (!same(r->origins.reg[reg], wanted) || !(f->known >> reg & 1))
			continue;
		out->value = f->reg[reg];
		snprintf(out->from, sizeof(out->from), "R%u", reg);
		return out->known = true;
	}
	for (unsigned i = 0; i < IQ_BPF_STACK_SLOTS && f->fp; i++) {
		uint64_t address = f->fp - 8 * (uint64_t)(i + 1);
		if (!same(r->origins.slot[i], wanted) || iq_failed(iq_read_u64(r->bpf->target, address, &out->value)))
			continue;
		out->address = address;
		snprintf(out->from, sizeof(out->from), "fp-%u", 8 * (i + 1));
		return out->known = true;
	}
	return false;
}

static uint64_t imm64(const struct iq_bpf_code *code, size_t insn)
{
	return (uint32_t)code->insns[insn].imm | (uint64_t)(uint32_t)code->insns[insn + 1].imm << 32;
}

/* What the calling BPF function passed in R(n). */
static struct iq_error *passed(const struct iq_bpf_reading *caller, unsigned n, struct iq_bpf_given *out)
{
	const struct iq_bpf_frame *f = caller->frame;
	_cleanup_(iq_bpf_flow_free) struct iq_bpf_flow flow = { 0 };
	if (f->insn_end != f->insn + 1)
		return NULL;
	IQ_TRY(iq_bpf_flow_load(f->code, f->function, &flow));
	struct iq_bpf_origins before = iq_bpf_flow_before(&flow, f->insn);
	struct iq_bpf_origin origin = before.reg[n];
	if (!before.reached)
		return NULL;
	switch (origin.kind) {
	case IQ_BPF_NUMBER:
		out->value = (uint64_t)(int64_t)origin.n;
		out->known = true;
		break;
	case IQ_BPF_IMM64:
		out->value = imm64(f->code, (size_t)origin.n);
		out->known = f->code->insns[origin.n].src != IQ_BPF_PSEUDO_FUNC;
		break;
	case IQ_BPF_ADDRESS:
		out->value = f->fp + (uint64_t)(int64_t)origin.n;
		out->known = f->fp;
		break;
	case IQ_BPF_ENTRY: IQ_TRY(iq_bpf_frame_entry(caller, (unsigned)origin.n, out)); break;
	case IQ_BPF_MADE: find_place(caller, origin, out); break;
	default: break;
	}
	return NULL;
}

/* In the caller, whatever it is. A tail call passes on the context of whoever was called, and nothing else. */
static struct iq_error *from_caller(const struct iq_bpf_reading *r, unsigned n, struct iq_bpf_given *out)
{
	const struct iq_backtrace *trace = r->trace;
	const struct iq_frame *next = r->at + 1;
	struct iq_unwinder *unwinder;
	if (r->index + 1 >= trace->count || next->kind != IQ_FRAME_CALL || r->depth > MAX_DEPTH)
		return NULL;
	struct iq_bpf_frame frame;
	struct iq_bpf_reading caller;
	struct iq_error *error = iq_bpf_frame_begin(r->bpf, trace, r->index + 1, &frame, &caller);
	caller.depth = r->depth + 1;
	if (!error && r->frame->called)
		error = n == 1 && frame.function == 0 ? iq_bpf_frame_entry(&caller, 1, out) : NULL;
	else if (!error)
		error = passed(&caller, n, out);
	iq_bpf_frame_free(&frame);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	/* The kernel's own function, or a trampoline. */
	if (r->frame->called && n != 1)
		return NULL;
	IQ_TRY(iq_kernel_unwinder(r->bpf->kernel, &unwinder));
	error = iq_call_argument(unwinder, next, iq_target_arch(r->bpf->target)->bpf_regs[n], &out->value);
	out->known = !error;
	return iq_error_is(error, IQ_ERROR_NO_MEMORY) ? error : (iq_error_free(error), NULL);
}

struct iq_error *iq_bpf_frame_entry(const struct iq_bpf_reading *r, unsigned n, struct iq_bpf_given *out)
{
	if (find_place(r, (struct iq_bpf_origin){ IQ_BPF_ENTRY, (int32_t)n }, out))
		return NULL;
	IQ_TRY(from_caller(r, n, out));
	if (out->known) {
		snprintf(out->from, sizeof(out->from), "the caller");
		out->address = 0;
	}
	return NULL;
}

/* Is the type a pointer to the structure that programs of this type call their context? */
static bool is_context_type(struct iq_type type, const char *seen_as)
{
	struct iq_type_info info;
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	if (!*seen_as || !type.source || iq_failed(iq_type_strip(type, &type)) ||
	    iq_failed(iq_type_info(type, &info)) || info.kind != IQ_TYPE_POINTER ||
	    iq_failed(iq_type_strip(info.target, &type)))
		return false;
	iq_type_declare(type, "", &text);
	return strcmp(iq_strbuf_text(&text), seen_as) == 0;
}

struct iq_error *iq_bpf_frame_arguments(struct iq_bpf_reading *r)
{
	struct iq_bpf_frame *f = r->frame;
	const struct iq_bpf_function *function = &f->code->functions[f->function];
	struct iq_type_info info = { 0 };
	struct iq_type kernel;
	char seen_as[64];
	if (!function->prototype.source || iq_failed(iq_type_info(function->prototype, &info)))
		return NULL;
	IQ_TRY(iq_bpf_context_types(r->bpf, &f->code->program, seen_as, sizeof(seen_as), &kernel));
	size_t count = IQ_MIN(info.count, (uint64_t)MAX_ARGUMENTS);
	f->arguments = calloc(count + 1, sizeof(*f->arguments));
	if (!f->arguments)
		return iq_error_no_memory();
	for (size_t i = 0; i < count; i++) {
		struct iq_bpf_given *given = &f->arguments[f->argument_count++];
		if (iq_failed(iq_type_parameter_at(function->prototype, (uint32_t)i, &given->name, &given->type)))
			given->name = NULL;
		IQ_TRY(iq_bpf_frame_entry(r, (unsigned)i + 1, given));
		given->is_context = (i == 0 && f->function == 0) || is_context_type(given->type, seen_as);
	}
	return NULL;
}
