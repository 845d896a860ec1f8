/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine code as text and records: what dis and bpf -j share. */
#ifndef IQ_COMMAND_LISTING_H
#define IQ_COMMAND_LISTING_H

#include "command/session.h"
#include "command/space.h"

struct iq_listing {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_arch *arch;
	const struct iq_space *space; /* user memory; NULL: the kernel's */
	bool hexadecimal;             /* offsets */
	uint64_t crash_pc;            /* the instruction that faulted; 0: none */
	enum iq_flow before;          /* of the instruction before */
	/* What the caller knows of an instruction: adds a note, or fields and the lines that belong above it. May be
	 * NULL. */
	void (*note)(void *context, uint64_t address, struct iq_strbuf *note);
	struct iq_error *(*above)(void *context, uint64_t address);
	void *context;
};

/* Fills what belongs to the session; `crash_pc` only where the code is the kernel's. */
struct iq_error *iq_listing_begin(struct iq_listing *listing, struct iq_session *session, const struct iq_args *args,
				  struct iq_out *out);

/* The instruction that the panicking task's newest kernel exception frame interrupted; 0: none. */
uint64_t iq_listing_crash_pc(struct iq_kernel *kernel);

/* One instruction, as GNU objdump has its text, with what the bytes alone don't say; *length is set to its bytes, 1 for
 * a byte that begins none. */
struct iq_error *iq_listing_show(struct iq_listing *listing, uint64_t address, size_t *length);

/* Goes by one. */
struct iq_error *iq_listing_skip(struct iq_listing *listing, uint64_t *address);

#endif
