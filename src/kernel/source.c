// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/source.h"

#include "kernel/internal.h"

#include <string.h>

uint64_t iq_frame_source_pc(const struct iq_frame *frame)
{
	return frame->pc - (frame->pc_is_return || frame->pc_is_behind);
}

/* The image that was compiled from source; NULL: none. */
static const struct iq_image *compiled_at(struct iq_kernel *kernel, uint64_t pc)
{
	const struct iq_image *image = iq_image_at(kernel->images, pc);
	bool compiled = image && (image->kind == IQ_IMAGE_VMLINUX || image->kind == IQ_IMAGE_MODULE);
	return compiled ? image : NULL;
}

static struct iq_error *dwarf_at(struct iq_kernel *kernel, uint64_t pc, struct iq_dwarf **out)
{
	const struct iq_image *image = compiled_at(kernel, pc);
	if (!image)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is no code that was compiled from source", pc);
	return iq_image_dwarf(kernel->images, image, out);
}

struct iq_error *iq_frame_source(struct iq_kernel *kernel, const struct iq_frame *frame, struct iq_source *out)
{
	*out = (struct iq_source){ .pc = iq_frame_source_pc(frame) };
	IQ_TRY(dwarf_at(kernel, out->pc, &out->dwarf));
	struct iq_error *error = iq_dwarf_scopes(out->dwarf, out->pc, &out->scopes);
	if (!error && out->scopes.count) {
		out->at = out->scopes.data[0].line;
		return NULL;
	}
	if (error && !iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	return iq_dwarf_line(out->dwarf, out->pc, &out->at); /* assembly has lines alone */
}

void iq_source_free(struct iq_source *source)
{
	iq_scopes_free(&source->scopes);
	*source = (struct iq_source){ 0 };
}

struct iq_error *iq_task_backtrace_with_registers(struct iq_kernel *kernel, const struct iq_task *task, unsigned flags,
						  struct iq_backtrace *out)
{
	bool opened = false;
	flags |= IQ_UNWIND_CALLEE_SAVED;
	IQ_TRY(iq_task_backtrace(kernel, task, flags, out));
	for (size_t i = 0; i < out->count; i++) {
		struct iq_dwarf *dwarf;
		const struct iq_image *image = compiled_at(kernel, iq_frame_source_pc(&out->frames[i]));
		if (image && !iq_image_open_dwarf(kernel->images, image))
			opened |= !iq_failed(iq_image_dwarf(kernel->images, image, &dwarf));
	}
	if (!opened)
		return NULL;
	iq_backtrace_free(out);
	return iq_task_backtrace(kernel, task, flags, out);
}

/* A frame as DWARF's machine. */
struct place {
	struct iq_kernel *kernel;
	const struct iq_backtrace *trace;
	size_t frame;
	struct place *caller; /* room for the next frame; NULL: nobody asks further */
};

/* An entry value is the caller's business, and may be its own caller's again: so far. */
enum { MAX_CALLERS = 16 };

static bool known_register(void *context, unsigned number, uint64_t *value)
{
	const struct place *place = context;
	const struct iq_frame *frame = &place->trace->frames[place->frame];
	const struct iq_arch *arch = iq_target_arch(place->kernel->target);
	uint8_t reg = arch->reg_from_dwarf(number);
	if (reg == arch->reg_pc)
		*value = frame->pc;
	else if (reg == arch->reg_sp)
		*value = frame->sp;
	else if (reg != IQ_NO_REG && iq_reg_known(&frame->regs, reg))
		*value = frame->regs.value[reg];
	else
		return false;
	return true;
}

/* The stack pointer of the caller behind the return address; where the walk ends, what the function's code says. */
static bool known_cfa(void *context, uint64_t *value)
{
	const struct place *place = context;
	const struct iq_frame *frame = &place->trace->frames[place->frame];
	struct iq_unwinder *unwinder;
	struct iq_code_frame code;
	if (place->frame + 1 < place->trace->count && frame[1].kind == IQ_FRAME_CALL) {
		*value = frame[1].sp;
		return true;
	}
	if (iq_failed(iq_kernel_unwinder(place->kernel, &unwinder)) ||
	    iq_failed(iq_code_frame(unwinder, frame->pc, frame->pc_is_return, &code)) || !code.sp_known)
		return false;
	*value = frame->sp - (uint64_t)code.sp_offset;
	return true;
}

static struct iq_error *read_memory(void *context, uint64_t address, void *buffer, size_t length)
{
	const struct place *place = context;
	return iq_read(place->kernel->target, address, buffer, length);
}

static void machine_of(struct place *place, struct iq_dwarf_machine *machine);

/* The caller, if it is a function of C that called this one: nothing stands between them. */
static bool known_caller(void *context, struct iq_dwarf **dwarf, struct iq_dwarf_machine *machine, uint64_t *call_pc)
{
	struct place *place = context;
	size_t next = place->frame + 1;
	if (!place->caller || next >= place->trace->count)
		return false;
	const struct iq_frame *frame = &place->trace->frames[next];
	if (frame->kind != IQ_FRAME_CALL || !frame->pc_is_return ||
	    iq_failed(dwarf_at(place->kernel, frame->pc - 1, dwarf)))
		return false;
	place->caller->frame = next;
	machine_of(place->caller, machine);
	*call_pc = frame->pc;
	return true;
}

static void machine_of(struct place *place, struct iq_dwarf_machine *machine)
{
	*machine = (struct iq_dwarf_machine){
		.pc = iq_frame_source_pc(&place->trace->frames[place->frame]),
		.reg = known_register,
		.cfa = known_cfa,
		.read = read_memory,
		.caller = known_caller,
		.context = place,
	};
}

/* One question about the locals of a function. */
struct question {
	const struct iq_source *source;
	const struct iq_scope *scope;
	struct iq_dwarf_machine machine;
	struct iq_error *(*fn)(void *context, const struct iq_local *local);
	void *context;
};

/* Gives the value what the location has; its bytes become the value's. */
static struct iq_error *value_at(const struct iq_dwarf_variable *variable, struct iq_location *location,
				 struct iq_value *value)
{
	if (location->kind == IQ_LOCATION_MEMORY) {
		*value = iq_value_at(variable->type, location->address);
		return NULL;
	}
	*value = (struct iq_value){ .type = variable->type };
	if (location->kind == IQ_LOCATION_NONE)
		return NULL;
	IQ_TRY(iq_value_of_bytes(variable->type, location->bytes, location->size, value));
	if (location->known && memchr(location->known, 0, location->size)) {
		value->known = iq_steal(location->known);
		value->why = iq_steal(location->reason);
	}
	return NULL;
}

static struct iq_error *tell_variable(void *context, const struct iq_dwarf_variable *variable)
{
	struct question *q = context;
	_cleanup_(iq_location_free) struct iq_location location = { 0 };
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_local local = {
		.name = variable->name,
		.parameter = variable->parameter,
		.depth = variable->depth,
		.line = variable->line,
		.value = &value,
	};
	if (!variable->name)
		return NULL;
	struct iq_error *error = iq_dwarf_locate(q->source->dwarf, variable, q->scope, &q->machine, &location);
	if (!error)
		error = value_at(variable, &location, &value);
	/* One that DWARF describes badly hides no other. */
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (error)
		local.reason = error->message;
	else if (location.kind == IQ_LOCATION_NONE)
		local.reason = location.reason ? location.reason : "optimized out";
	struct iq_error *told = q->fn(q->context, &local);
	iq_error_free(error);
	return told;
}

struct iq_error *iq_frame_locals(struct iq_kernel *kernel, const struct iq_backtrace *trace, size_t frame,
				 const struct iq_source *source, size_t scope,
				 struct iq_error *(*fn)(void *context, const struct iq_local *local), void *context)
{
	struct place places[MAX_CALLERS];
	struct question q = {
		.source = source,
		.fn = fn,
		.context = context,
	};
	if (scope >= source->scopes.count || frame >= trace->count)
		return NULL;
	q.scope = &source->scopes.data[scope];
	for (size_t i = 0; i < MAX_CALLERS; i++) {
		places[i] = (struct place){ .kernel = kernel, .trace = trace, .frame = frame };
		places[i].caller = i + 1 < MAX_CALLERS ? &places[i + 1] : NULL;
	}
	machine_of(places, &q.machine);
	return iq_dwarf_variables(source->dwarf, q.scope, source->pc, tell_variable, &q);
}
