// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

#include "kernel/source.h"

#include <string.h>

/* One of the frames that are given: a machine frame, or a function inlined into one. */
struct shown {
	size_t machine; /* index in trace.frames */
	struct inquest_frame frame;
};

struct inquest_backtrace {
	struct iq_backtrace trace;
	const struct iq_arch *arch;
	IQ_VEC(struct shown) shown;
};

void inquest_backtrace_free(struct inquest_backtrace *trace)
{
	if (!trace)
		return;
	iq_backtrace_free(&trace->trace);
	iq_vec_free(&trace->shown);
	free(trace);
}

static void freep(struct inquest_backtrace **trace)
{
	inquest_backtrace_free(*trace);
}

static enum inquest_frame_kind public_kind(const struct iq_backtrace *trace, size_t i)
{
	const struct iq_frame *frame = &trace->frames[i];

	if (frame->kind == IQ_FRAME_USER)
		return INQUEST_FRAME_USER;
	if (frame->kind == IQ_FRAME_EXCEPTION || (i == 0 && !frame->pc_is_return))
		return INQUEST_FRAME_EXCEPTION;
	return INQUEST_FRAME_CALL;
}

/* The functions inlined at a frame's pc, and its line, where debug information is at hand. */
static struct iq_error *add_source(struct inquest *crash, struct inquest_backtrace *trace, size_t i,
				   struct inquest_frame *frame)
{
	_cleanup_(iq_source_free) struct iq_source source = { 0 };
	if (frame->kind == INQUEST_FRAME_USER ||
	    iq_failed(iq_frame_source(crash->kernel, &trace->trace.frames[i], &source)))
		return NULL;
	frame->file = source.at.file;
	frame->line = source.at.line;
	for (size_t n = 0; n < source.scopes.count; n++) {
		const struct iq_scope *scope = &source.scopes.data[n];
		frame->file = scope->line.file;
		frame->line = scope->line.line;
		if (!scope->inlined)
			break;
		struct shown *shown = iq_vec_push(&trace->shown);
		if (!shown)
			return iq_error_no_memory();
		shown->machine = i;
		shown->frame = *frame;
		shown->frame.kind = INQUEST_FRAME_INLINED;
		shown->frame.function = scope->function;
		shown->frame.offset = 0;
	}
	return NULL;
}

static struct iq_error *add_frame(struct inquest *crash, struct inquest_backtrace *trace, size_t i)
{
	const struct iq_frame *machine = &trace->trace.frames[i];
	struct inquest_frame frame = { .kind = public_kind(&trace->trace, i), .pc = machine->pc, .sp = machine->sp };
	struct iq_symbol symbol;

	if (machine->kind != IQ_FRAME_USER &&
	    !iq_failed(iq_symbol_at(iq_kernel_symbols(crash->kernel), machine->pc - machine->pc_is_return, &symbol))) {
		frame.function = symbol.name;
		frame.offset = machine->pc - symbol.address;
		frame.module = symbol.module;
	}
	IQ_TRY(add_source(crash, trace, i, &frame));
	struct shown *shown = iq_vec_push(&trace->shown);
	if (!shown)
		return iq_error_no_memory();
	*shown = (struct shown){ i, frame };
	return NULL;
}

struct inquest_error *inquest_backtrace(struct inquest *crash, uint64_t task, struct inquest_backtrace **out)
{
	_cleanup_(freep) struct inquest_backtrace *trace = calloc(1, sizeof(*trace));
	const struct iq_task *found;

	if (!trace)
		return iq_public_error(iq_error_no_memory());
	trace->arch = iq_target_arch(iq_kernel_target(crash->kernel));
	IQ_PUBLIC_TRY(iq_task_by_address(crash->kernel, task, &found));
	IQ_PUBLIC_TRY(iq_task_backtrace_with_registers(crash->kernel, found, 0, &trace->trace));
	for (size_t i = 0; i < trace->trace.count; i++)
		IQ_PUBLIC_TRY(add_frame(crash, trace, i));
	*out = iq_steal(trace);
	return NULL;
}

size_t inquest_backtrace_count(const struct inquest_backtrace *trace)
{
	return trace->shown.count;
}

void inquest_backtrace_frame(const struct inquest_backtrace *trace, size_t n, struct inquest_frame *out)
{
	*out = n < trace->shown.count ? trace->shown.data[n].frame : (struct inquest_frame){ 0 };
}

bool inquest_backtrace_register(const struct inquest_backtrace *trace, size_t n, const char *name, uint64_t *value)
{
	if (n >= trace->shown.count)
		return false;
	const struct iq_regs *regs = &trace->trace.frames[trace->shown.data[n].machine].regs;
	for (unsigned reg = 0; reg < trace->arch->reg_count; reg++) {
		if (strcmp(trace->arch->reg_names[reg], name) == 0 && iq_reg_known(regs, reg)) {
			*value = regs->value[reg];
			return true;
		}
	}
	return false;
}

const char *inquest_backtrace_end(const struct inquest_backtrace *trace)
{
	return trace->trace.end == IQ_END_COMPLETE ? NULL : trace->trace.reason;
}
