/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bt and frame show of a BPF program's frame: its registers, stack, arguments, context. */
#ifndef IQ_COMMAND_BPF_FRAME_H
#define IQ_COMMAND_BPF_FRAME_H

#include "bpf/frame.h"
#include "command/session.h"

struct iq_chosen_frame;

/* Adds the object "bpf" of the current record if the frame's code is a BPF program's. What is damaged is told in it. */
struct iq_error *iq_show_bpf_frame(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
				   size_t frame);

/* bpf_context.c: adds the object "fields", the main ones of the kernel's object that is a program's context; in text
 * one line. */
struct iq_error *iq_show_bpf_context(struct iq_session *session, struct iq_out *out, const struct iq_bpf_frame *frame);

/* bpf_chosen.c: is the chosen frame a BPF program's? */
bool iq_bpf_is_chosen(struct iq_kernel *kernel, const struct iq_chosen_frame *chosen);

/* A register of BPF, "r0" to "r10" or "fp", in the chosen frame. *done: false, and nothing done, where that is no BPF
 * program's, or the name is none of these. */
struct iq_error *iq_bpf_chosen_register(struct iq_session *session, const char *name, bool *done, struct iq_value *out);

/* An argument of the BPF function, or of what it traces, by name; as iq_session_frame_local(). The context has the type
 * of the kernel's object. */
struct iq_error *iq_bpf_chosen_local(struct iq_session *session, const struct iq_chosen_frame *chosen, const char *name,
				     struct iq_value *out);

#endif
