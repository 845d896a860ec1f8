// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/identify.h"

#include "kernel/internal.h"

#include <string.h>

enum { MAX_CPU_STACKS = 16 };

struct question {
	struct iq_kernel *kernel;
	uint64_t address;
	iq_fact_fn fn;
	void *context;
};

/* Not to be found is an answer; damage is told. */
static struct iq_error *report(const struct question *q, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND))
		iq_error_free(error);
	else
		iq_warn_error(q->kernel->diag, error);
	return NULL;
}

static struct iq_error *tell(const struct question *q, const struct iq_fact *fact)
{
	IQ_TRY(iq_check_interrupt());
	return q->fn(q->context, fact);
}

static struct iq_error *ask_symbol(const struct question *q)
{
	struct iq_fact fact = { .kind = IQ_FACT_SYMBOL, .cpu = -1 };
	struct iq_error *error = iq_symbol_at(q->kernel->symbols, q->address, &fact.symbol);
	if (error)
		return report(q, error);
	fact.offset = q->address - fact.symbol.address;
	return tell(q, &fact);
}

struct variable {
	uint64_t place;
	struct iq_symbol *symbol;
	bool found;
};

/* The last symbol up to the place; of several at one address the first that is no boundary. */
static struct iq_error *see_variable(void *context, const struct iq_symbol *symbol)
{
	struct variable *variable = context;
	if (symbol->address > variable->place || (variable->found && symbol->address < variable->symbol->address) ||
	    (variable->found && symbol->address == variable->symbol->address &&
	     strncmp(variable->symbol->name, "__per_cpu_", strlen("__per_cpu_")) != 0))
		return NULL;
	*variable->symbol = *symbol;
	variable->found = true;
	return NULL;
}

/* The static per-CPU variables: include/asm-generic/sections.h, __per_cpu_start. Until 6.15 (upstream 9d7de2aa8b41)
 * they begin at 0 on x86-64, where no image is. */
static struct iq_error *ask_per_cpu(const struct question *q)
{
	const struct iq_cpu *cpus;
	size_t count;
	uint64_t start, end;
	struct iq_error *error = iq_k_symbol(q->kernel, "__per_cpu_start", &start);
	if (!error)
		error = iq_k_symbol(q->kernel, "__per_cpu_end", &end);
	if (!error)
		error = iq_cpus(q->kernel, &cpus, &count);
	if (error)
		return report(q, error);
	for (size_t i = 0; i < count; i++) {
		struct iq_fact fact = { .kind = IQ_FACT_PER_CPU, .cpu = (int)cpus[i].id };
		struct variable variable = { q->address - cpus[i].offset, &fact.symbol, false };
		if (!cpus[i].offset_known || variable.place < start || variable.place >= end)
			continue;
		IQ_TRY(iq_symbols_each(q->kernel->symbols, NULL, see_variable, &variable));
		fact.offset = variable.place - fact.symbol.address;
		return variable.found ? tell(q, &fact) : NULL;
	}
	return NULL;
}

static struct iq_error *find_state(struct iq_kernel *k, struct iq_fact *fact)
{
	struct iq_slab_state *states = calloc(fact->slab.objects + 1, sizeof(*states));
	if (!states)
		return iq_error_no_memory();
	struct iq_error *error = iq_slab_states(k, fact->cache, &fact->slab, states);
	if (fact->object.inside && fact->object.index < fact->slab.objects)
		fact->state = states[fact->object.index];
	free(states);
	return error;
}

static struct iq_error *ask_slab(const struct question *q)
{
	struct iq_fact fact = { .kind = IQ_FACT_SLAB, .cpu = -1 };
	struct iq_error *error = iq_slab_at(q->kernel, q->address, &fact.object);
	if (!error)
		error = iq_slab_of(q->kernel, &fact.object, &fact.cache, &fact.slab);
	if (error)
		return report(q, error);
	if (fact.object.inside)
		fact.offset = q->address - fact.object.object;
	IQ_TRY(report(q, find_state(q->kernel, &fact)));
	return tell(q, &fact);
}

static struct iq_error *ask_tasks(const struct question *q)
{
	const struct iq_task *tasks;
	size_t count;
	uint64_t size;
	struct iq_error *error = iq_tasks(q->kernel, &tasks, &count);
	if (error)
		return report(q, error);
	if (iq_failed(iq_types_size(q->kernel->types, "task_struct", &size)))
		size = 1;
	for (size_t i = 0; i < count; i++) {
		struct iq_fact fact = { .kind = IQ_FACT_TASK, .cpu = -1, .task = &tasks[i] };
		fact.offset = q->address - tasks[i].address;
		if (fact.offset < size)
			return tell(q, &fact);
	}
	return NULL;
}

static struct iq_error *ask_stacks(const struct question *q)
{
	const struct iq_task *tasks;
	const struct iq_cpu *cpus;
	size_t count;
	struct iq_error *error = iq_tasks(q->kernel, &tasks, &count);
	for (size_t i = 0; !error && i < count; i++) {
		struct iq_fact fact = { .kind = IQ_FACT_STACK, .cpu = -1, .task = &tasks[i] };
		fact.stack = (struct iq_stack){ tasks[i].stack, tasks[i].stack + tasks[i].stack_size, "task" };
		if (tasks[i].stack && q->address - tasks[i].stack < tasks[i].stack_size)
			return tell(q, &fact);
	}
	IQ_TRY(report(q, error));
	error = iq_cpus(q->kernel, &cpus, &count);
	if (error)
		return report(q, error);
	for (size_t i = 0; i < count; i++) {
		struct iq_stack stacks[MAX_CPU_STACKS];
		size_t found = 0;
		IQ_TRY(report(q, iq_cpu_stacks(q->kernel, cpus[i].id, stacks, MAX_CPU_STACKS, &found)));
		for (size_t n = 0; n < found; n++) {
			struct iq_fact fact = { .kind = IQ_FACT_STACK, .cpu = (int)cpus[i].id, .stack = stacks[n] };
			if (q->address >= stacks[n].start && q->address < stacks[n].end)
				return tell(q, &fact);
		}
	}
	return NULL;
}

static struct iq_error *ask_vmap(const struct question *q)
{
	const struct iq_layout *layout = iq_target_layout(q->kernel->target);
	struct iq_fact fact = { .kind = IQ_FACT_VMAP, .cpu = -1 };
	/* Nothing of the direct map is vmalloc's. */
	if (layout->direct_map && q->address - layout->direct_map < layout->direct_map_size)
		return NULL;
	struct iq_error *error = iq_vmap_area_at(q->kernel, q->address, &fact.area);
	return error ? report(q, error) : tell(q, &fact);
}

static struct iq_error *ask_struct_page(const struct question *q)
{
	const struct iq_layout *layout = iq_target_layout(q->kernel->target);
	struct iq_fact fact = { .kind = IQ_FACT_STRUCT_PAGE, .cpu = -1 };
	uint64_t size;
	if (!layout->vmemmap || q->address < layout->vmemmap ||
	    (layout->vmemmap_end && q->address >= layout->vmemmap_end))
		return NULL;
	struct iq_error *error = iq_types_size(q->kernel->types, "page", &size);
	if (!error && size) {
		fact.offset = (q->address - layout->vmemmap) % size;
		error = iq_page_read(q->kernel, q->address - fact.offset, &fact.page);
	}
	return error ? report(q, error) : tell(q, &fact);
}

static struct iq_error *ask_page_of(const struct question *q, uint64_t physical)
{
	struct iq_fact fact = { .kind = IQ_FACT_PAGE, .cpu = -1 };
	uint64_t page;
	struct iq_error *error = iq_page_address(q->kernel, physical, &page);
	if (!error)
		error = iq_page_read(q->kernel, page, &fact.page);
	return error ? report(q, error) : tell(q, &fact);
}

/* An address that is not mapped lies in no page, which is no damage. */
static struct iq_error *ask_page(const struct question *q)
{
	uint64_t physical;
	if (iq_failed(iq_virt_to_phys(q->kernel->target, q->address, &physical)))
		return NULL;
	return ask_page_of(q, physical);
}

struct iq_error *iq_identify(struct iq_kernel *kernel, uint64_t address, iq_fact_fn fn, void *context)
{
	struct question q = { kernel, address, fn, context };
	IQ_TRY(ask_symbol(&q));
	IQ_TRY(ask_per_cpu(&q));
	IQ_TRY(ask_slab(&q));
	IQ_TRY(ask_tasks(&q));
	IQ_TRY(ask_stacks(&q));
	IQ_TRY(ask_vmap(&q));
	IQ_TRY(ask_struct_page(&q));
	return ask_page(&q);
}

struct iq_error *iq_identify_physical(struct iq_kernel *kernel, uint64_t physical, iq_fact_fn fn, void *context)
{
	struct question q = { kernel, 0, fn, context };
	if (iq_phys_to_virt(kernel->target, physical, &q.address)) {
		IQ_TRY(ask_slab(&q));
		IQ_TRY(ask_tasks(&q));
	}
	return ask_page_of(&q, physical);
}
