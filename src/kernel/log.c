// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kind of log buffer this kernel has, and where its structures' offsets come from. */
#include "kernel/log.h"

#include "kernel/internal.h"
#include "kernel/log_layout.h"

#include <stdio.h>

struct iq_error *iq_log_offset(struct iq_kernel *kernel, const char *type, const char *member, uint64_t *out)
{
	char key[128];
	struct iq_type_member found;
	snprintf(key, sizeof(key), "OFFSET(%s.%s)", type, member);
	if (iq_dump_vmcoreinfo_number(kernel->dump, key, 10, out))
		return NULL;
	IQ_TRY(iq_types_member(kernel->types, type, member, &found));
	*out = found.bit_offset / 8;
	return NULL;
}

struct iq_error *iq_log_size(struct iq_kernel *kernel, const char *type, uint64_t *out)
{
	char key[128];
	snprintf(key, sizeof(key), "SIZE(%s)", type);
	if (iq_dump_vmcoreinfo_number(kernel->dump, key, 10, out))
		return NULL;
	return iq_types_size(kernel->types, type, out);
}

struct iq_error *iq_log_symbol(struct iq_kernel *kernel, const char *name, uint64_t *out)
{
	char key[128];
	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	if (iq_dump_vmcoreinfo_number(kernel->dump, key, 16, out))
		return NULL;
	return iq_k_symbol(kernel, name, out);
}

struct iq_error *iq_log_each(struct iq_kernel *kernel,
			     struct iq_error *(*fn)(void *context, const struct iq_log_record *record), void *context)
{
	uint64_t symbol, ring;
	if (iq_failed(iq_log_symbol(kernel, "prb", &symbol)))
		return iq_error_prefix(iq_log_buffer_each(kernel, fn, context), "kernel log");
	IQ_TRY(iq_error_prefix(iq_read_u64(kernel->target, symbol, &ring), "kernel log: prb"));
	return iq_error_prefix(iq_log_ring_each(kernel, ring, fn, context), "kernel log");
}
