// SPDX-License-Identifier: GPL-2.0-or-later
/* CPUs: possible and online masks, per-CPU memory, current and idle tasks, the registers that each CPU left. */
#include "kernel/internal.h"

#include <elf.h>
#include <string.h>

enum { MAX_CPUS = 8192, MAX_COMPLAINTS = 4 };

static struct iq_error *read_mask(struct iq_kernel *kernel, const char *name, uint8_t mask[MAX_CPUS / 8])
{
	struct iq_symbol symbol;
	memset(mask, 0, MAX_CPUS / 8);
	IQ_TRY(iq_symbol_by_name_in(kernel->symbols, NULL, name, &symbol));
	size_t size = symbol.size && symbol.size < MAX_CPUS / 8 ? symbol.size : MAX_CPUS / 8;
	return iq_error_prefix(iq_read(kernel->target, symbol.address, mask, size), "%s", name);
}

struct iq_error *iq_cpu_place(const struct iq_cpu *cpu, uint64_t address, uint64_t *out)
{
	if (!cpu->offset_known)
		return iq_error_new(IQ_ERROR_MEMORY, "where CPU %u has its variables is not known", cpu->id);
	*out = address + cpu->offset;
	return NULL;
}

struct iq_error *iq_per_cpu(struct iq_kernel *kernel, unsigned cpu, uint64_t address, uint64_t *out)
{
	const struct iq_cpu *cpus;
	size_t count;
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		if (cpus[i].id == cpu)
			return iq_cpu_place(&cpus[i], address, out);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no CPU %u", cpu);
}

struct iq_error *iq_per_cpu_symbol(struct iq_kernel *kernel, unsigned cpu, const char *name, uint64_t *out)
{
	uint64_t address;
	IQ_TRY(iq_k_symbol(kernel, name, &address));
	return iq_per_cpu(kernel, cpu, address, out);
}

/* The current task: in struct pcpu_hot from 6.2 (upstream e57ef2ed97c1), a per-CPU variable of its own before and again from 6.15. */
static struct iq_error *read_current(struct iq_kernel *kernel, const struct iq_cpu *cpu, uint64_t *task)
{
	uint64_t address;
	if (!iq_failed(iq_k_symbol(kernel, "current_task", &address))) {
		IQ_TRY(iq_cpu_place(cpu, address, &address));
		return iq_read_u64(kernel->target, address, task);
	}
	IQ_TRY(iq_k_symbol(kernel, "pcpu_hot", &address));
	IQ_TRY(iq_cpu_place(cpu, address, &address));
	/* Without types: it was the first member as long as there was a struct pcpu_hot. */
	if (!iq_types_available(kernel->types))
		return iq_read_u64(kernel->target, address, task);
	return iq_k_get(kernel, address, "pcpu_hot", "current_task", task);
}

static bool in_mask(const uint8_t *mask, unsigned id)
{
	return mask[id / 8] >> id % 8 & 1;
}

/* CPUs are numbered below nr_cpu_ids. A mask with others is damaged, or the number is. */
static void check_possible(struct iq_kernel *kernel, uint8_t possible[MAX_CPUS / 8])
{
	uint64_t symbol;
	uint32_t limit, beyond = 0;
	if (iq_failed(iq_k_symbol(kernel, "nr_cpu_ids", &symbol)) || iq_failed(iq_read_u32(kernel->target, symbol, &limit)) ||
	    !limit || limit > MAX_CPUS)
		return;
	for (unsigned id = limit; id < MAX_CPUS; id++) {
		beyond += in_mask(possible, id);
		possible[id / 8] &= (uint8_t)~(1u << id % 8);
	}
	if (beyond)
		iq_warn(kernel->diag, "CPUs: %u in __cpu_possible_mask are not below nr_cpu_ids, %u, and left out", beyond, limit);
}

static struct iq_error *load_cpus(struct iq_kernel *kernel)
{
	uint8_t possible[MAX_CPUS / 8], present[MAX_CPUS / 8], online[MAX_CPUS / 8];
	uint64_t offsets;
	unsigned complaints = 0;
	IQ_TRY(read_mask(kernel, "__cpu_possible_mask", possible));
	check_possible(kernel, possible);
	struct iq_error *error = read_mask(kernel, "__cpu_present_mask", present);
	if (!error)
		error = read_mask(kernel, "__cpu_online_mask", online);
	bool masks_known = !error;
	iq_warn_error(kernel->diag, error);
	IQ_TRY(iq_k_symbol(kernel, "__per_cpu_offset", &offsets));
	for (unsigned id = 0; id < MAX_CPUS; id++) {
		if (!in_mask(possible, id))
			continue;
		struct iq_cpu *cpu = iq_vec_push(&kernel->cpus);
		if (!cpu)
			return iq_error_no_memory();
		cpu->id = id;
		cpu->masks_known = masks_known;
		cpu->online = !masks_known || in_mask(online, id);
		cpu->present = cpu->online || in_mask(present, id);
		error = iq_error_prefix(iq_read_u64(kernel->target, offsets + 8 * (uint64_t)id, &cpu->offset), "its variables");
		cpu->offset_known = !error;
		if (!error)
			error = iq_error_prefix(read_current(kernel, cpu, &cpu->current_task), "its current task");
		if (error && complaints++ < MAX_COMPLAINTS)
			iq_warn(kernel->diag, "CPU %u: %s", id, error->message);
		iq_error_free(error);
	}
	if (complaints > MAX_COMPLAINTS)
		iq_warn(kernel->diag, "CPUs: the same goes for %u more", complaints - MAX_COMPLAINTS);
	return NULL;
}

struct iq_error *iq_cpus(struct iq_kernel *kernel, const struct iq_cpu **cpus, size_t *count)
{
	if (!kernel->cpus_loaded) {
		kernel->cpus.count = 0;
		IQ_TRY(iq_error_prefix(load_cpus(kernel), "CPUs"));
		kernel->cpus_loaded = true;
	}
	*cpus = kernel->cpus.data;
	*count = kernel->cpus.count;
	return NULL;
}

struct iq_error *iq_idle_task(struct iq_kernel *kernel, const struct iq_cpu *cpu, uint64_t *task)
{
	uint64_t runqueues;
	IQ_TRY(iq_k_symbol(kernel, "runqueues", &runqueues));
	IQ_TRY(iq_error_prefix(iq_cpu_place(cpu, runqueues, &runqueues), "idle task"));
	return iq_error_prefix(iq_k_get(kernel, runqueues, "rq", "idle", task), "idle task of CPU %u", cpu->id);
}

struct iq_error *iq_crashing_cpu(struct iq_kernel *kernel, unsigned *cpu)
{
	/* panic_cpu: kernel/panic.c, set by panic() and crash_kexec(); crashing_cpu: arch/x86/kernel/reboot.c. Both start as -1. */
	static const char *const names[] = { "panic_cpu", "crashing_cpu" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		uint64_t address;
		uint32_t value;
		if (!iq_failed(iq_k_symbol(kernel, names[i], &address)) &&
		    !iq_failed(iq_read_u32(kernel->target, address, &value)) && value < MAX_CPUS) {
			*cpu = value;
			return NULL;
		}
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no CPU ran a crash (panic_cpu is not set)");
}

/* The note that the CPU itself wrote into crash_notes (kernel/crash_core.c) when it was stopped: surely this CPU's. */
static struct iq_error *registers_from_memory(struct iq_kernel *kernel, unsigned cpu, struct iq_regs *regs)
{
	uint64_t symbol, notes, address;
	Elf64_Nhdr header;
	uint8_t desc[512];
	uint32_t pid;
	IQ_TRY(iq_k_symbol(kernel, "crash_notes", &symbol));
	IQ_TRY(iq_read_u64(kernel->target, symbol, &notes));
	IQ_TRY(iq_per_cpu(kernel, cpu, notes, &address));
	IQ_TRY(iq_error_prefix(iq_read(kernel->target, address, &header, sizeof(header)), "crash_notes of CPU %u", cpu));
	if (header.n_type != NT_PRSTATUS || header.n_namesz != 5 || header.n_descsz > sizeof(desc))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "CPU %u left no registers", cpu);
	IQ_TRY(iq_read(kernel->target, address + sizeof(header) + 8, desc, header.n_descsz));
	return iq_target_arch(kernel->target)->parse_prstatus(desc, header.n_descsz, regs, &pid);
}

/*
 * The file's NT_PRSTATUS notes are in the order of the CPUs, but of which: kdump writes them for those that are online or were stopped,
 * QEMU for all. Only a count that fits says.
 */
static struct iq_error *registers_from_notes(struct iq_kernel *kernel, unsigned cpu, struct iq_regs *regs)
{
	size_t note_count, cpu_count, online = 0, among_online = SIZE_MAX, among_all = SIZE_MAX, found = 0;
	const struct iq_note *notes = iq_dump_notes(kernel->dump, &note_count), *prstatus[MAX_CPUS];
	const struct iq_cpu *cpus;
	uint32_t pid;
	IQ_TRY(iq_cpus(kernel, &cpus, &cpu_count));
	for (size_t i = 0; i < cpu_count; i++) {
		if (cpus[i].id == cpu) {
			among_all = i;
			among_online = cpus[i].online ? online : SIZE_MAX;
		}
		online += cpus[i].online;
	}
	for (size_t i = 0; i < note_count && found < MAX_CPUS; i++) {
		if (notes[i].type == NT_PRSTATUS && strcmp(notes[i].name, "CORE") == 0)
			prstatus[found++] = &notes[i];
	}
	size_t index = found == cpu_count ? among_all : found == online ? among_online : SIZE_MAX;
	if (index >= found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no registers of CPU %u are in the dump", cpu);
	return iq_target_arch(kernel->target)->parse_prstatus(prstatus[index]->desc, prstatus[index]->size, regs, &pid);
}

struct iq_error *iq_cpu_registers(struct iq_kernel *kernel, unsigned cpu, struct iq_regs *regs)
{
	if (!iq_failed(registers_from_memory(kernel, cpu, regs)))
		return NULL;
	memset(regs, 0, sizeof(*regs));
	return registers_from_notes(kernel, cpu, regs);
}
