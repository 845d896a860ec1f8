/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offsets of the log's structures: from vmcoreinfo first, from the types else. */
#ifndef IQ_KERNEL_LOG_LAYOUT_H
#define IQ_KERNEL_LOG_LAYOUT_H

#include "kernel/kernel.h"

/* The offset of struct `type`'s `member`, in bytes. */
struct iq_error *iq_log_offset(struct iq_kernel *kernel, const char *type, const char *member, uint64_t *out);

/* sizeof(struct `type`). */
struct iq_error *iq_log_size(struct iq_kernel *kernel, const char *type, uint64_t *out);

/* The address of a variable. */
struct iq_error *iq_log_symbol(struct iq_kernel *kernel, const char *name, uint64_t *out);

/* log_records.c, log_ring.c: the two kinds of buffer. */
struct iq_log_record;
typedef struct iq_error *(*iq_log_fn)(void *context, const struct iq_log_record *record);
struct iq_error *iq_log_ring_each(struct iq_kernel *kernel, uint64_t ring, iq_log_fn fn, void *context);
struct iq_error *iq_log_buffer_each(struct iq_kernel *kernel, iq_log_fn fn, void *context);

#endif
