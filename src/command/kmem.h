/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem's parts. Each file has the work of one option or a few; kmem.c has the command and calls them. */
#ifndef IQ_COMMAND_KMEM_H
#define IQ_COMMAND_KMEM_H

#include "command/session.h"

struct iq_kmem {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const struct iq_args *args;
	struct iq_out *out;
};

/* kmem_slab.c: -s. */
struct iq_error *iq_kmem_slabs(const struct iq_kmem *kmem);

#endif
