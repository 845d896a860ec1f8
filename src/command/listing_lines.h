/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dis shows beside instructions: source lines, the parts of BPF programs' code. */
#ifndef IQ_COMMAND_LISTING_LINES_H
#define IQ_COMMAND_LISTING_LINES_H

#include "bpf/jited.h"
#include "command/listing.h"

struct iq_listing_lines {
	struct iq_session *session;
	struct iq_out *out;
	const char *file; /* the line that was shown last; NULL: none */
	unsigned line;
	/* The BPF function whose code was shown last. */
	const struct iq_bpf_code *code;
	size_t function;
	struct iq_bpf_jited jited;
};

void iq_listing_lines_free(struct iq_listing_lines *lines); /* fits _cleanup_() */

/* For struct iq_listing, `context` is a struct iq_listing_lines. */

/* Notes where in the code of a BPF program a part begins: "prologue", "epilogue", "tail call". */
void iq_listing_part(void *context, uint64_t address, struct iq_strbuf *note);

/* A line of source above the first of the instructions that were made of it, as crash has it. */
struct iq_error *iq_listing_line(void *context, uint64_t address);

#endif
