/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bt and frame show of a BPF program's frame: its registers, stack, arguments, context. */
#ifndef IQ_COMMAND_BPF_FRAME_H
#define IQ_COMMAND_BPF_FRAME_H

#include "bpf/frame.h"
#include "command/session.h"

/* Adds the object "bpf" of the current record if the frame's code is a BPF program's. What is damaged is told in it. */
struct iq_error *iq_show_bpf_frame(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
				   size_t frame);

/* bpf_context.c: adds the object "fields", the main ones of the kernel's object that is a program's context; in text
 * one line. */
struct iq_error *iq_show_bpf_context(struct iq_session *session, struct iq_out *out, const struct iq_bpf_frame *frame);

#endif
