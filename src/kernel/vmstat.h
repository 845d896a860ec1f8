/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of memory: /proc/vmstat. Facts: include/linux/vmstat.h, mm/vmstat.c. */
#ifndef IQ_KERNEL_VMSTAT_H
#define IQ_KERNEL_VMSTAT_H

#include "kernel/zone.h"

/* Calls fn with each counter by the name that its enum has: "NR_FREE_PAGES". */
typedef struct iq_error *(*iq_counter_fn)(void *context, const char *name, int64_t value);

/* Of all zones together (vm_zone_stat), or of one; of all nodes (vm_node_stat, 4.8+). In pages, but for what its name
 * says of. CPUs hold back small differences, so that one may be a little off or below zero. */
struct iq_error *iq_zone_counters_each(struct iq_kernel *kernel, const struct iq_zone *zone, iq_counter_fn fn,
				       void *context);
struct iq_error *iq_node_counters_each(struct iq_kernel *kernel, iq_counter_fn fn, void *context);

/* What happened since boot: vm_event_states of all possible CPUs together (those of a CPU that went offline were added
 * to another's). What a CPU lacks is warned of and left out. */
struct iq_error *iq_event_counters_each(struct iq_kernel *kernel, iq_counter_fn fn, void *context);

/* One of the zones' or nodes' counters; what is below zero is 0, as the kernel has it. NOT_FOUND when neither has one
 * of that name. */
struct iq_error *iq_memory_counter(struct iq_kernel *kernel, const char *name, uint64_t *value);

#endif
