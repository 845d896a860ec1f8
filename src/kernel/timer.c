// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/timer.h"

#include "kernel/internal.h"
#include "kernel/rbtree.h"

enum { MAX_TIMERS = 1 << 24, MAX_SLOTS = 1 << 16, MAX_WHEELS = 3, MAX_CLOCKS = 64 };

struct walk {
	struct iq_kernel *kernel;
	iq_timer_fn fn;
	void *context;
	bool stopped; /* fn gave the error: the walk is over */
	size_t count;
};

struct iq_error *iq_timer_wheels(struct iq_kernel *kernel, unsigned *count)
{
	struct iq_type type;
	struct iq_type_info info = { 0 };
	struct iq_symbol symbol, next;
	uint64_t size;
	/* BTF has the types of most kernels' per-CPU variables; else the next symbol says how long this one is. */
	if (!iq_failed(iq_type_of_variable(kernel->types, NULL, "timer_bases", &type)) &&
	    !iq_failed(iq_type_strip(type, &type)) && !iq_failed(iq_type_info(type, &info)) &&
	    info.kind == IQ_TYPE_ARRAY && info.count >= 1 && info.count <= MAX_WHEELS) {
		*count = (unsigned)info.count;
		return NULL;
	}
	IQ_TRY(iq_symbol_by_name_in(kernel->symbols, NULL, "timer_bases", &symbol));
	IQ_TRY(iq_types_size(kernel->types, "timer_base", &size));
	*count = 1;
	if (size && !iq_failed(iq_symbol_next(kernel->symbols, &symbol, &next)) && next.address > symbol.address)
		*count = (unsigned)IQ_MIN(IQ_MAX((next.address - symbol.address) / size, 1u), (uint64_t)MAX_WHEELS);
	return NULL;
}

const char *iq_timer_wheel_name(unsigned count, unsigned n)
{
	static const char *const names[MAX_WHEELS][MAX_WHEELS] = { { "BASE_STD" },
								   { "BASE_STD", "BASE_DEF" },
								   { "BASE_LOCAL", "BASE_GLOBAL", "BASE_DEF" } };
	return count >= 1 && count <= MAX_WHEELS && n < count ? names[count - 1][n] : NULL;
}

struct iq_error *iq_timer_wheel(struct iq_kernel *kernel, unsigned cpu, unsigned n, uint64_t *address)
{
	uint64_t size;
	IQ_TRY(iq_types_size(kernel->types, "timer_base", &size));
	IQ_TRY(iq_per_cpu_symbol(kernel, cpu, "timer_bases", address));
	*address += n * size;
	return iq_k_check_cpu(kernel, *address, "timer_base", cpu);
}

/* The elements of an array member. */
static struct iq_error *array_member(struct iq_kernel *kernel, const char *type, const char *path, uint64_t *offset,
				     uint64_t *count, uint64_t *size)
{
	struct iq_type_member member;
	struct iq_type_info info;
	struct iq_type array;
	IQ_TRY(iq_types_member(kernel->types, type, path, &member));
	IQ_TRY(iq_type_strip(member.type, &array));
	IQ_TRY(iq_type_info(array, &info));
	if (info.kind != IQ_TYPE_ARRAY)
		return iq_error_new(IQ_ERROR_FORMAT, "%s of struct %s is no array", path, type);
	*offset = member.bit_offset / 8;
	*count = info.count;
	return iq_type_size(info.target, size);
}

static struct iq_error *give(struct walk *w, const struct iq_timer *timer)
{
	if (w->count++ >= MAX_TIMERS)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %d timers", MAX_TIMERS);
	struct iq_error *error = w->fn(w->context, timer);
	w->stopped = error != NULL;
	IQ_TRY(error);
	error = iq_check_interrupt();
	w->stopped = error != NULL;
	return error;
}

static struct iq_error *see_timer(void *context, uint64_t address)
{
	struct walk *w = context;
	struct iq_timer timer = { .address = address };
	IQ_TRY(iq_k_get(w->kernel, address, "timer_list", "expires", &timer.expires));
	IQ_TRY(iq_k_get(w->kernel, address, "timer_list", "function", &timer.function));
	return give(w, &timer);
}

struct iq_error *iq_timers_each(struct iq_kernel *kernel, uint64_t address, iq_timer_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context };
	struct iq_error *damage = NULL;
	uint64_t slots, count, size;
	IQ_TRY(array_member(kernel, "timer_base", "vectors", &slots, &count, &size));
	for (uint64_t i = 0; i < count && i < MAX_SLOTS; i++) {
		uint64_t slot = address + slots + i * size;
		struct iq_error *error = iq_hlist_each(kernel->target, kernel->types, slot, "timer_list", "entry",
						       MAX_TIMERS, see_timer, &w);
		if (w.stopped) {
			iq_error_free(damage);
			return error;
		}
		iq_error_keep(&damage, iq_error_prefix(error, "slot %u of timer_base at %#lx", (unsigned)i, address));
	}
	return damage;
}

struct iq_error *iq_timer_clocks(struct iq_kernel *kernel, unsigned cpu, uint64_t *address, unsigned *count)
{
	uint64_t offset, clocks, size;
	IQ_TRY(iq_per_cpu_symbol(kernel, cpu, "hrtimer_bases", address));
	IQ_TRY(array_member(kernel, "hrtimer_cpu_base", "clock_base", &offset, &clocks, &size));
	*count = (unsigned)IQ_MIN(clocks, (uint64_t)MAX_CLOCKS);
	return NULL;
}

/* enum hrtimer_base_type's name for a clock. */
static const char *clock_name(struct iq_kernel *kernel, uint64_t index)
{
	struct iq_type type;
	struct iq_type_info info;
	struct iq_type_enumerator found;
	if (iq_failed(iq_type_find_in_vmlinux(kernel->types, IQ_TYPE_ENUM, "hrtimer_base_type", &type)) ||
	    iq_failed(iq_type_info(type, &info)))
		return NULL;
	for (uint32_t i = 0; i < info.count && i < MAX_CLOCKS; i++) {
		if (!iq_failed(iq_type_enumerator_at(type, i, &found)) && (uint64_t)found.value == index)
			return found.name;
	}
	return NULL;
}

struct iq_error *iq_timer_clock(struct iq_kernel *kernel, uint64_t cpu_base, unsigned n, struct iq_timer_clock *out)
{
	uint64_t offset, count, size, index;
	*out = (struct iq_timer_clock){ 0 };
	IQ_TRY(array_member(kernel, "hrtimer_cpu_base", "clock_base", &offset, &count, &size));
	out->address = cpu_base + offset + n * size;
	IQ_TRY(iq_k_get(kernel, out->address, "hrtimer_clock_base", "index", &index));
	out->name = clock_name(kernel, index);
	if (iq_k_has(kernel, "hrtimer_clock_base", "get_time"))
		IQ_TRY(iq_k_get(kernel, out->address, "hrtimer_clock_base", "get_time", &out->get_time));
	return iq_k_get(kernel, out->address, "hrtimer_clock_base", "offset", &out->offset);
}

static struct iq_error *see_hrtimer(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct walk *w = context;
	struct iq_timer timer;
	/* struct timerqueue_node begins with its rb_node, timerqueue_linked_node (7.1) with a struct that does. */
	IQ_TRY(iq_container_of(w->kernel->types, node, "hrtimer", "node", &timer.address));
	IQ_TRY(iq_k_get(w->kernel, timer.address, "hrtimer", "node.expires", &timer.expires));
	IQ_TRY(iq_k_get(w->kernel, timer.address, "hrtimer", "_softexpires", &timer.soft));
	IQ_TRY(iq_k_get(w->kernel, timer.address, "hrtimer", "function", &timer.function));
	return give(w, &timer);
}

struct iq_error *iq_hrtimers_each(struct iq_kernel *kernel, uint64_t clock_base, iq_timer_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context };
	uint64_t tree, root;
	/* Every timerqueue_head begins with the tree's root. */
	IQ_TRY(iq_member_address(kernel->types, clock_base, "hrtimer_clock_base", "active", &tree));
	IQ_TRY(iq_error_prefix(iq_read_u64(kernel->target, tree, &root), "hrtimer_clock_base at %#lx", clock_base));
	return root ? iq_rbtree_each(kernel->target, kernel->types, root, true, true, MAX_TIMERS, see_hrtimer, &w)
		    : NULL;
}
