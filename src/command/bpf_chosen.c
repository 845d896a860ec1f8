// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers and arguments of the chosen frame, where it is a BPF program's. */
#include "command/bpf_frame.h"
#include "command/chosen.h"

#include "kernel/source.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

bool iq_bpf_is_chosen(struct iq_kernel *kernel, const struct iq_chosen_frame *chosen)
{
	const struct iq_frame *frame = &chosen->trace.frames[chosen->index];
	if (frame->kind == IQ_FRAME_USER || frame->kind == IQ_FRAME_POSSIBLE)
		return false;
	const struct iq_image *image = iq_image_at(iq_kernel_images(kernel), iq_frame_source_pc(frame));
	return image && image->kind == IQ_IMAGE_BPF_PROGRAM;
}

static struct iq_error *read_chosen(struct iq_session *session, const struct iq_chosen_frame *chosen,
				    struct iq_bpf_frame *out)
{
	struct iq_bpf *bpf;
	IQ_TRY(iq_session_bpf(session, &bpf));
	return iq_bpf_frame_read(bpf, &chosen->trace, chosen->index, out);
}

/* "r0" to "r10", "fp"; IQ_BPF_REGISTERS for others. */
static unsigned number_of(const char *name)
{
	if (strcmp(name, "fp") == 0 || strcmp(name, "r10") == 0)
		return 10;
	return *name == 'r' && isdigit((unsigned char)name[1]) && !name[2] ? (unsigned)name[1] - '0' : IQ_BPF_REGISTERS;
}

struct iq_error *iq_bpf_chosen_register(struct iq_session *session, const char *name, bool *done, struct iq_value *out)
{
	_cleanup_(iq_bpf_frame_free) struct iq_bpf_frame frame = { 0 };
	struct iq_kernel *kernel;
	struct iq_chosen_frame *chosen;
	struct iq_type type;
	unsigned reg = number_of(name);
	*done = false;
	if (reg >= IQ_BPF_REGISTERS)
		return NULL;
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_session_frame(session, &chosen));
	if (!iq_bpf_is_chosen(kernel, chosen))
		return NULL;
	*done = true;
	IQ_TRY(read_chosen(session, chosen, &frame));
	if (!(frame.known >> reg & 1))
		return iq_error_new(IQ_ERROR_ARGUMENT, "the value of R%u in this frame is not known%s", reg,
				    frame.dead >> reg & 1 ? ": the call clobbered it" : "");
	IQ_TRY(iq_type_int(iq_kernel_types(kernel), 8, false, &type));
	return iq_value_of_integer(type, frame.reg[reg], out);
}

static struct iq_error *given_value(const struct iq_bpf_frame *frame, const struct iq_bpf_given *given,
				    struct iq_value *out)
{
	struct iq_type type = given->type;
	uint64_t size;
	if (!given->known)
		return iq_error_new(IQ_ERROR_ARGUMENT,
				    "%s is not known: neither a register nor the stack has it any more", given->name);
	/* It is the kernel's object, whatever the program calls it. */
	if (given->is_context && frame->context_type.source)
		type = frame->context_type;
	if (given->size) {
		*out = iq_value_at(type, given->address);
		return NULL;
	}
	IQ_TRY(iq_type_size(type, &size));
	return iq_value_of_bytes(type, &given->value, IQ_MIN(size, UINT64_C(8)), out);
}

static const struct iq_bpf_given *find(const struct iq_bpf_given *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].name && strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	return NULL;
}

struct iq_error *iq_bpf_chosen_local(struct iq_session *session, const struct iq_chosen_frame *chosen, const char *name,
				     struct iq_value *out)
{
	_cleanup_(iq_bpf_frame_free) struct iq_bpf_frame frame = { 0 };
	IQ_TRY(read_chosen(session, chosen, &frame));
	const struct iq_bpf_given *given = find(frame.arguments, frame.argument_count, name);
	if (!given)
		given = find(frame.traced_arguments, frame.traced_count, name);
	if (!given)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the BPF function has no argument \"%s\"", name);
	return given_value(&frame, given, out);
}
