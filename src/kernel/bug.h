/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own tables say about instructions: ud2 of BUG() and WARN(), calls that static_call() patches. */
#ifndef IQ_KERNEL_BUG_H
#define IQ_KERNEL_BUG_H

#include "kernel/kernel.h"

struct iq_bug {
	char file[256];  /* "" when the kernel was built without CONFIG_DEBUG_BUGVERBOSE */
	unsigned line;
	bool warning;    /* WARN(), which goes on; else BUG() */
};

/* The entry of __bug_table, or of the module's, for the ud2 at `address`. NOT_FOUND if it has none. lib/bug.c, struct bug_entry. */
struct iq_error *iq_bug_at(struct iq_kernel *kernel, uint64_t address, struct iq_bug *out);

/* The name of the static call whose site is at `address` (kernel/static_call_inline.c): the key's symbol without "__SCK__". NOT_FOUND
 * if it is none. Only vmlinux' own table. */
struct iq_error *iq_static_call_at(struct iq_kernel *kernel, uint64_t address, const char **name);

#endif
