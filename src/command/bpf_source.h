/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source of BPF programs: what their own BTF keeps of it, lines and places, for commands that show machine code. */
#ifndef IQ_COMMAND_BPF_SOURCE_H
#define IQ_COMMAND_BPF_SOURCE_H

#include "bpf/code.h"
#include "command/session.h"

struct iq_bpf_place {
	const struct iq_bpf_code *code; /* the handle's */
	size_t function;
	const struct iq_bpf_line *line; /* NULL: none is known */
};

/* Where the machine code at `pc` is. IQ_ERROR_NOT_FOUND: it is no BPF program's; nothing of BPF was read then. */
struct iq_error *iq_bpf_place_at(struct iq_session *session, uint64_t pc, struct iq_bpf_place *out);

/* Adds file, line, column and source, which is the line's text. */
void iq_add_bpf_line(struct iq_out *out, const struct iq_bpf_line *line);

/* dis -s: the lines of a function that are kept, `count` of them behind the asked one; 0: all. */
struct iq_error *iq_bpf_source_show(const struct iq_bpf_place *place, uint64_t count, struct iq_out *out);

#endif
