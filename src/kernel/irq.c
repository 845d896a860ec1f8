// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/irq.h"

#include "kernel/chain.h"
#include "kernel/internal.h"
#include "kernel/maple.h"

#include <string.h>

enum { MAX_IRQS = 1 << 20, MAX_ACTIONS = 4096 };

struct walk {
	struct iq_kernel *kernel;
	iq_irq_fn fn;
	void *context;
	bool stopped; /* fn gave the error: the walk is over */
	struct iq_error *damage;
};

struct iq_error *iq_irq_limit(struct iq_kernel *k, unsigned *limit)
{
	uint64_t symbol;
	uint32_t value;
	if (iq_failed(iq_k_symbol(k, "nr_irqs", &symbol)))
		IQ_TRY(iq_k_symbol(k, "total_nr_irqs", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u32(k->target, symbol, &value), "nr_irqs"));
	if (value > MAX_IRQS)
		return iq_error_new(IQ_ERROR_FORMAT, "nr_irqs is %u: more than there can be", value);
	*limit = value;
	return NULL;
}

/* A name that a pointer leads to; "" for NULL. */
static struct iq_error *read_name(struct iq_kernel *k, uint64_t address, const char *type, char *buffer, size_t size)
{
	uint64_t name;
	*buffer = '\0';
	IQ_TRY(iq_k_get(k, address, type, "name", &name));
	return name ? iq_error_prefix(iq_read_string(k->target, name, buffer, size), "name of %s at %#lx", type,
				      address)
		    : NULL;
}

/* What can't be read is 0, and told of at the end. */
static void get(struct walk *w, uint64_t address, const char *path, uint64_t *value)
{
	iq_error_keep(&w->damage, iq_k_get(w->kernel, address, "irq_desc", path, value));
}

static struct iq_error *give(struct walk *w, uint64_t address, unsigned number)
{
	struct iq_irq irq = { .number = number, .address = address };
	if (!iq_is_kernel_address(w->kernel->target, address))
		return iq_error_new(IQ_ERROR_FORMAT, "IRQ %u: its descriptor is at %#lx, which is no kernel address",
				    number, address);
	get(w, address, "action", &irq.action);
	get(w, address, "irq_data.chip", &irq.chip);
	get(w, address, "handle_irq", &irq.handle);
	get(w, address, "kstat_irqs", &irq.counts);
	if (irq.chip)
		iq_error_keep(&w->damage,
			      read_name(w->kernel, irq.chip, "irq_chip", irq.chip_name, sizeof(irq.chip_name)));
	iq_error_keep(&w->damage, read_name(w->kernel, address, "irq_desc", irq.flow, sizeof(irq.flow)));
	struct iq_error *error = w->fn(w->context, &irq);
	if (!error)
		error = iq_check_interrupt();
	w->stopped = error != NULL;
	return error;
}

/* An error that is not fn's is kept, and the next has its turn. */
static struct iq_error *give_next(struct walk *w, uint64_t address, uint64_t number)
{
	struct iq_error *error = number < MAX_IRQS ? give(w, address, (unsigned)number)
						   : iq_error_new(IQ_ERROR_FORMAT, "an IRQ has the number %lu", number);
	if (w->stopped)
		return error;
	iq_error_keep(&w->damage, error);
	return NULL;
}

static struct iq_error *see_radix(void *context, uint64_t index, uint64_t entry)
{
	return give_next(context, entry, index);
}

static struct iq_error *see_maple(void *context, const struct iq_maple_place *place, uint64_t entry)
{
	return give_next(context, entry, place->first);
}

static struct iq_error *walk_array(struct walk *w, uint64_t array)
{
	uint64_t size;
	unsigned limit;
	IQ_TRY(iq_types_size(w->kernel->types, "irq_desc", &size));
	IQ_TRY(iq_irq_limit(w->kernel, &limit));
	for (unsigned i = 0; i < limit; i++)
		IQ_TRY(give_next(w, array + i * size, i));
	return NULL;
}

static struct iq_error *walk_all(struct walk *w)
{
	struct iq_kernel *k = w->kernel;
	const struct iq_maple_visitor visitor = { .entry = see_maple, .context = w };
	uint64_t symbol;
	if (!iq_failed(iq_k_symbol(k, "sparse_irqs", &symbol)))
		return iq_maple_each(k->target, k->types, symbol, MAX_IRQS, &visitor);
	if (!iq_failed(iq_k_symbol(k, "irq_desc_tree", &symbol)))
		return iq_xarray_each(k->target, k->types, symbol, MAX_IRQS, see_radix, w);
	IQ_TRY(iq_k_symbol(k, "irq_desc", &symbol));
	return walk_array(w, symbol);
}

struct iq_error *iq_irqs_each(struct iq_kernel *kernel, iq_irq_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context };
	struct iq_error *error = walk_all(&w);
	if (w.stopped || !w.damage) {
		iq_error_free(w.damage);
		return error;
	}
	iq_error_keep(&w.damage, error);
	return w.damage;
}

struct actions {
	struct iq_kernel *kernel;
	iq_irq_action_fn fn;
	void *context;
	size_t count;
};

static struct iq_error *see_action(void *context, uint64_t address)
{
	struct actions *a = context;
	struct iq_irq_action action = { .address = address };
	if (a->count++ >= MAX_ACTIONS)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %d handlers", MAX_ACTIONS);
	IQ_TRY(iq_k_get(a->kernel, address, "irqaction", "handler", &action.handler));
	IQ_TRY(iq_k_get(a->kernel, address, "irqaction", "thread", &action.thread));
	IQ_TRY(read_name(a->kernel, address, "irqaction", action.name, sizeof(action.name)));
	return a->fn(a->context, &action);
}

struct iq_error *iq_irq_actions_each(struct iq_kernel *kernel, const struct iq_irq *irq, iq_irq_action_fn fn,
				     void *context)
{
	struct actions actions = { .kernel = kernel, .fn = fn, .context = context };
	struct iq_chain chain = { .first = irq->action };
	struct iq_type_member next;
	IQ_TRY(iq_types_member(kernel->types, "irqaction", "next", &next));
	chain.offset = next.bit_offset / 8;
	return iq_error_prefix(iq_chain_each(kernel->target, &chain, see_action, &actions), "IRQ %u", irq->number);
}

struct iq_error *iq_irq_count(struct iq_kernel *kernel, const struct iq_irq *irq, unsigned cpu, uint32_t *count)
{
	uint64_t address;
	if (!irq->counts)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "IRQ %u is not counted", irq->number);
	IQ_TRY(iq_per_cpu(kernel, cpu, irq->counts, &address));
	/* An unsigned int, in later kernels inside a struct irqstat. */
	return iq_error_prefix(iq_read_u32(kernel->target, address, count), "how often IRQ %u came to CPU %u",
			       irq->number, cpu);
}

struct iq_error *iq_irq_affinity(struct iq_kernel *kernel, const struct iq_irq *irq, bool *set, size_t limit)
{
	static const char path[] = "irq_common_data.affinity";
	struct iq_type_member member;
	struct iq_type_info info;
	struct iq_type type;
	uint64_t address;
	memset(set, 0, limit * sizeof(*set));
	IQ_TRY(iq_types_member(kernel->types, "irq_desc", path, &member));
	IQ_TRY(iq_type_strip(member.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	/* cpumask_var_t: the mask itself, or with CONFIG_CPUMASK_OFFSTACK where it is. */
	if (info.kind == IQ_TYPE_POINTER)
		IQ_TRY(iq_k_get(kernel, irq->address, "irq_desc", path, &address));
	else
		IQ_TRY(iq_member_address(kernel->types, irq->address, "irq_desc", path, &address));
	for (size_t word = 0; word * 64 < limit; word++) {
		uint64_t bits;
		IQ_TRY(iq_error_prefix(iq_read_u64(kernel->target, address + 8 * word, &bits), "affinity of IRQ %u",
				       irq->number));
		for (unsigned i = 0; i < 64 && word * 64 + i < limit; i++)
			set[word * 64 + i] = bits >> i & 1;
	}
	return NULL;
}

struct iq_error *iq_softirqs(struct iq_kernel *kernel, uint64_t *handlers, size_t max, size_t *count)
{
	struct iq_type_member member;
	struct iq_type_info info;
	struct iq_type type;
	uint64_t symbol, size;
	*count = 0;
	IQ_TRY(iq_k_symbol(kernel, "softirq_vec", &symbol));
	IQ_TRY(iq_types_size(kernel->types, "softirq_action", &size));
	/* kernel_stat counts each of them. */
	IQ_TRY(iq_types_member(kernel->types, "kernel_stat", "softirqs", &member));
	IQ_TRY(iq_type_strip(member.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	for (size_t i = 0; i < info.count && i < max; i++) {
		IQ_TRY(iq_k_get(kernel, symbol + i * size, "softirq_action", "action", &handlers[i]));
		(*count)++;
	}
	return NULL;
}

struct iq_error *iq_idt(struct iq_kernel *kernel, uint64_t entries[256])
{
	uint64_t symbol, size;
	IQ_TRY(iq_k_symbol(kernel, "idt_table", &symbol));
	IQ_TRY(iq_types_size(kernel->types, "gate_struct", &size));
	for (unsigned i = 0; i < 256; i++) {
		uint64_t gate = symbol + i * size, low, middle, high;
		IQ_TRY(iq_k_get(kernel, gate, "gate_struct", "offset_low", &low));
		IQ_TRY(iq_k_get(kernel, gate, "gate_struct", "offset_middle", &middle));
		IQ_TRY(iq_k_get(kernel, gate, "gate_struct", "offset_high", &high));
		entries[i] = low | middle << 16 | high << 32;
	}
	return NULL;
}
