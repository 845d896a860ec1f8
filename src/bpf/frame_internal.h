/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about frames share. */
#ifndef IQ_BPF_FRAME_INTERNAL_H
#define IQ_BPF_FRAME_INTERNAL_H

#include "bpf/follow.h"
#include "bpf/frame.h"
#include "bpf/internal.h"
#include "bpf/machine.h"

/* A frame while it is being read. */
struct iq_bpf_reading {
	struct iq_bpf *bpf;
	const struct iq_backtrace *trace;
	size_t index;
	const struct iq_frame *at;
	struct iq_bpf_frame *frame;
	struct iq_bpf_prologue prologue; /* end 0: not known */
	uint64_t frame_set;              /* from this address on the frame pointer is the function's own */
	struct iq_bpf_origins origins;   /* what the places hold: not reached where nothing is known */
	unsigned depth;                  /* of frames that are read for the sake of others */
};

/* frame.c: adds to frame->why. */
struct iq_error *iq_bpf_frame_note(struct iq_bpf_frame *frame, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* frame.c: what a frame is, but for its arguments and its context: these need its callers. `code` is borrowed. */
struct iq_error *iq_bpf_frame_begin(struct iq_bpf *bpf, const struct iq_backtrace *trace, size_t index,
				    struct iq_bpf_frame *frame, struct iq_bpf_reading *out);

/* frame_given.c: what R(n) was at the function's entry, 1 to 5. */
struct iq_error *iq_bpf_frame_entry(const struct iq_bpf_reading *reading, unsigned n, struct iq_bpf_given *out);

/* frame_given.c: arguments of the BPF function; frame_context.c: its context, and the arguments of what it traces. */
struct iq_error *iq_bpf_frame_arguments(struct iq_bpf_reading *reading);
struct iq_error *iq_bpf_frame_context(struct iq_bpf_reading *reading);

/* frame_context.c: what a program type's context is, "struct __sk_buff" and struct sk_buff *. */
struct iq_error *iq_bpf_context_types(struct iq_bpf *bpf, const struct iq_bpf_program *program, char *seen_as,
				      size_t size, struct iq_type *kernel);

#endif
