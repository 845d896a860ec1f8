/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log: the lock-less ring buffer of 5.10 and later (upstream 896fbe20b4e2) and the record buffer before it. Read by the offsets in
 * vmcoreinfo, so that it works without types; types fill in what vmcoreinfo lacks.
 */
#ifndef IQ_KERNEL_LOG_H
#define IQ_KERNEL_LOG_H

#include "kernel/kernel.h"

struct iq_log_record {
	uint64_t seq;          /* 0 for the old buffer's first record, counting on */
	uint64_t time_ns;      /* local clock since boot */
	unsigned level, facility, flags;
	bool has_caller;
	uint32_t caller;       /* CONFIG_PRINTK_CALLER: thread id, or 0x80000000 | CPU */
	bool cleared;          /* before the last `dmesg --clear` (clear_seq, a latched_seq since 5.13: upstream 7d7a23a91c91) */
	const char *text;      /* not terminated; may hold any bytes */
	size_t text_length;
	const char *dict;      /* the old buffer's dictionary: KEY=value strings with NULs between; NULL on the new ring */
	size_t dict_length;
	const char *subsystem, *device; /* of the new ring's dev_info; "" when none */
};

/* Calls fn for each record, oldest first. Records that are damaged or were being written are left out and counted in one warning. The pointers
 * in a record are valid during the call only. */
struct iq_error *iq_log_each(struct iq_kernel *kernel,
			     struct iq_error *(*fn)(void *context, const struct iq_log_record *record), void *context);

#endif
