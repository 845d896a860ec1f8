// SPDX-License-Identifier: GPL-2.0-or-later
/* Which stacks there are: every CPU's own (IRQ, exceptions, entry) and the tasks'. */
#include "kernel/internal.h"

#include <string.h>

/*
 * THREAD_SIZE: the linker script reserves so much for the first task, between symbols that were renamed in 6.10 (upstream
 * 8f69cba096b5). Asking types instead would cost a search through all of BTF where union thread_union is not in it.
 */
uint64_t iq_thread_size(struct iq_kernel *kernel)
{
	static const char *const bounds[][2] = { { "__start_init_task", "__end_init_task" },
						 { "__start_init_stack", "__end_init_stack" } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(bounds) && !kernel->thread_size; i++) {
		uint64_t start, end;
		if (iq_failed(iq_k_symbol(kernel, bounds[i][0], &start)) || iq_failed(iq_k_symbol(kernel, bounds[i][1], &end)))
			continue;
		uint64_t size = end - start;
		if (size >= 8192 && size <= 65536 && (size & (size - 1)) == 0)
			kernel->thread_size = size;
	}
	if (!kernel->thread_size)
		kernel->thread_size = 16384; /* x86-64 without KASAN */
	return kernel->thread_size;
}

static struct iq_error *add_stack(struct iq_kernel *k, unsigned cpu, uint64_t start, uint64_t end, const char *name)
{
	if (end <= start || end - start > 1 << 20 || !iq_is_kernel_address(k->target, start))
		return iq_error_new(IQ_ERROR_FORMAT, "%s stack of CPU %u from %#lx to %#lx", name, cpu, start, end);
	struct iq_cpu_stack *stack = iq_vec_push(&k->stacks);
	if (!stack)
		return iq_error_no_memory();
	stack->cpu = cpu;
	stack->stack = (struct iq_stack){ .start = start, .end = end, .name = name };
	return NULL;
}

/*
 * The IRQ stack: hardirq_stack_ptr points to its end, since 5.12 (upstream 951c2a51ae75) to its last word (arch/x86/kernel/irq_64.c). A
 * per-CPU variable since 5.2 (upstream 758a2e312228), in struct pcpu_hot from 6.2 to 6.14. It is as big as a task's stack (IRQ_STACK_ORDER and
 * THREAD_SIZE_ORDER are the same sum in arch/x86/include/asm/page_64_types.h).
 */
static struct iq_error *add_irq_stack(struct iq_kernel *k, const struct iq_cpu *cpu)
{
	uint64_t symbol, top;
	if (!iq_failed(iq_k_symbol(k, "hardirq_stack_ptr", &symbol))) {
		IQ_TRY(iq_cpu_place(cpu, symbol, &symbol));
		IQ_TRY(iq_read_u64(k->target, symbol, &top));
	} else {
		IQ_TRY(iq_k_symbol(k, "pcpu_hot", &symbol));
		IQ_TRY(iq_cpu_place(cpu, symbol, &symbol));
		IQ_TRY(iq_k_get(k, symbol, "pcpu_hot", "hardirq_stack_ptr", &top));
	}
	uint64_t end = (top + 4095) & ~UINT64_C(4095);
	return top ? add_stack(k, cpu->id, end - iq_thread_size(k), end, "IRQ") : NULL;
}

/* The exception stacks in the CPU's entry area, each a member of struct cea_exception_stacks (5.2, upstream 019b17b3ffe4). */
static struct iq_error *add_exception_stacks(struct iq_kernel *k, const struct iq_cpu *cpu)
{
	static const struct {
		const char *member, *name;
	} stacks[] = {
		{ "DF_stack", "DOUBLEFAULT" }, { "NMI_stack", "NMI" }, { "DB_stack", "DEBUG" }, { "MCE_stack", "MCE" },
		{ "VC_stack", "VC" }, { "VC2_stack", "VC2" },
	};
	uint64_t symbol, area;
	struct iq_type_member member;
	IQ_TRY(iq_k_symbol(k, "cea_exception_stacks", &symbol));
	IQ_TRY(iq_cpu_place(cpu, symbol, &symbol));
	IQ_TRY(iq_read_u64(k->target, symbol, &area));
	if (!area)
		return NULL;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(stacks); i++) {
		uint64_t size;
		if (iq_failed(iq_types_member(k->types, "cea_exception_stacks", stacks[i].member, &member)) ||
		    iq_failed(iq_type_size(member.type, &size)) || !size)
			continue; /* #VC only with SEV-ES, #DB not before 5.2 */
		uint64_t start = area + member.bit_offset / 8;
		IQ_TRY(add_stack(k, cpu->id, start, start + size, stacks[i].name));
	}
	uint64_t page;
	if (iq_failed(iq_types_member(k->types, "cpu_entry_area", "estacks", &member)))
		return NULL;
	area -= member.bit_offset / 8;
	IQ_TRY(iq_member_address(k->types, area, "cpu_entry_area", "entry_stack_page", &page));
	return add_stack(k, cpu->id, page, page + 4096, "entry");
}

static void load_stacks(struct iq_kernel *k)
{
	const struct iq_cpu *cpus;
	size_t count;
	k->stacks_loaded = true;
	struct iq_error *error = iq_cpus(k, &cpus, &count);
	for (size_t i = 0; !error && i < count; i++) {
		/* Damage was told when the CPUs were read. */
		const struct iq_diag *diag = cpus[i].current_task ? k->diag : NULL;
		if (!cpus[i].present || !cpus[i].offset_known)
			continue;
		iq_warn_error(diag, iq_error_prefix(add_irq_stack(k, &cpus[i]), "IRQ stack of CPU %u", cpus[i].id));
		iq_warn_error(diag, iq_error_prefix(add_exception_stacks(k, &cpus[i]), "exception stacks of CPU %u", cpus[i].id));
	}
	iq_warn_error(k->diag, iq_error_prefix(error, "stacks"));
}

struct iq_error *iq_cpu_stacks(struct iq_kernel *kernel, unsigned cpu, struct iq_stack *stacks, size_t max, size_t *count)
{
	if (!kernel->stacks_loaded)
		load_stacks(kernel);
	*count = 0;
	iq_vec_foreach(item, &kernel->stacks) {
		if (item->cpu == cpu && *count < max)
			stacks[(*count)++] = item->stack;
	}
	return NULL;
}

bool iq_stack_at(void *context, uint64_t sp, struct iq_stack *out)
{
	struct iq_kernel *kernel = context;
	if (sp >= kernel->walked.start && sp < kernel->walked.end) {
		*out = kernel->walked;
		return true;
	}
	if (!kernel->stacks_loaded)
		load_stacks(kernel);
	iq_vec_foreach(item, &kernel->stacks) {
		if (sp >= item->stack.start && sp < item->stack.end) {
			*out = item->stack;
			return true;
		}
	}
	return false;
}
