// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vmstat.h"

#include "kernel/internal.h"

#include <string.h>

enum { MAX_COUNTERS = 1024 };

/* The names of an enum whose values are indices: of two for one value the last is the counter's own (NR_LRU_BASE,
 * NR_INACTIVE_ANON), and the highest value is their number. */
struct names {
	const char *of[MAX_COUNTERS];
	unsigned count;
};

static struct iq_error *read_names(struct iq_kernel *k, const char *name, struct names *names)
{
	struct iq_type type;
	struct iq_type_info info;
	memset(names, 0, sizeof(*names));
	IQ_TRY(iq_type_find_in_vmlinux(k->types, IQ_TYPE_ENUM, name, &type));
	IQ_TRY(iq_type_info(type, &info));
	for (uint32_t i = 0; i < info.count; i++) {
		struct iq_type_enumerator one;
		IQ_TRY(iq_type_enumerator_at(type, i, &one));
		if (one.value < 0 || one.value >= MAX_COUNTERS)
			return iq_error_new(IQ_ERROR_FORMAT, "enum %s has a value of %ld", name, (long)one.value);
		names->of[one.value] = one.name;
		names->count = IQ_MAX(names->count, (unsigned)one.value);
	}
	return NULL;
}

static struct iq_error *show(const struct names *names, const int64_t *values, iq_counter_fn fn, void *context)
{
	for (unsigned i = 0; i < names->count; i++) {
		if (names->of[i])
			IQ_TRY(fn(context, names->of[i], values[i]));
	}
	return NULL;
}

static struct iq_error *show_array(struct iq_kernel *k, uint64_t address, const char *type, iq_counter_fn fn,
				   void *context)
{
	int64_t values[MAX_COUNTERS];
	struct names names;
	IQ_TRY(read_names(k, type, &names));
	IQ_TRY(iq_error_prefix(iq_read(k->target, address, values, 8 * (size_t)names.count), "counters of enum %s",
			       type));
	return show(&names, values, fn, context);
}

struct iq_error *iq_zone_counters_each(struct iq_kernel *kernel, const struct iq_zone *zone, iq_counter_fn fn,
				       void *context)
{
	uint64_t address;
	if (zone)
		IQ_TRY(iq_member_address(kernel->types, zone->address, "zone", "vm_stat", &address));
	else
		IQ_TRY(iq_k_symbol(kernel, "vm_zone_stat", &address));
	return show_array(kernel, address, "zone_stat_item", fn, context);
}

struct iq_error *iq_node_counters_each(struct iq_kernel *kernel, iq_counter_fn fn, void *context)
{
	uint64_t address;
	IQ_TRY(iq_k_symbol(kernel, "vm_node_stat", &address));
	return show_array(kernel, address, "node_stat_item", fn, context);
}

struct iq_error *iq_event_counters_each(struct iq_kernel *kernel, iq_counter_fn fn, void *context)
{
	int64_t sums[MAX_COUNTERS] = { 0 }, values[MAX_COUNTERS];
	const struct iq_cpu *cpus;
	struct names names;
	uint64_t address;
	size_t count, read = 0;
	IQ_TRY(read_names(kernel, "vm_event_item", &names));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		struct iq_error *error = iq_per_cpu_symbol(kernel, cpus[i].id, "vm_event_states", &address);
		if (!error)
			error = iq_read(kernel->target, address, values, 8 * (size_t)names.count);
		for (unsigned n = 0; !error && n < names.count; n++)
			sums[n] = (int64_t)((uint64_t)sums[n] + (uint64_t)values[n]);
		read += !error;
		iq_warn_error(kernel->diag, iq_error_prefix(error, "events of CPU %u are left out", cpus[i].id));
	}
	if (!read)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no CPU's vm_event_states can be read");
	return show(&names, sums, fn, context);
}

struct wanted {
	const char *name;
	uint64_t value;
	bool found;
};

static struct iq_error *see_counter(void *context, const char *name, int64_t value)
{
	struct wanted *w = context;
	if (strcmp(name, w->name))
		return NULL;
	w->found = true;
	w->value = value > 0 ? (uint64_t)value : 0;
	return NULL;
}

struct iq_error *iq_memory_counter(struct iq_kernel *kernel, const char *name, uint64_t *value)
{
	struct wanted w = { .name = name };
	IQ_TRY(iq_zone_counters_each(kernel, NULL, see_counter, &w));
	if (!w.found)
		IQ_TRY(iq_node_counters_each(kernel, see_counter, &w));
	if (!w.found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "this kernel does not count %s", name);
	*value = w.value;
	return NULL;
}
