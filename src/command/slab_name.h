/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that are addresses of slab objects, as rd -S and bt -F show them. */
#ifndef IQ_COMMAND_SLAB_NAME_H
#define IQ_COMMAND_SLAB_NAME_H

#include "kernel/kernel.h"

/* Appends "[kmalloc-64]" or, with the address, "[ffff8881002a3d40:kmalloc-64]"; false (and nothing appended) when the
 * address is no slab's, or that can't be told. */
bool iq_slab_name(struct iq_kernel *kernel, uint64_t address, bool with_address, struct iq_strbuf *out);

#endif
