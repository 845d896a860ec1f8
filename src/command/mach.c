/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/cpuinfo.h"
#include "command/session.h"

#include "kernel/cpu.h"
#include "kernel/system.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { LABEL_WIDTH = 22, MAX_STACKS = 16, MAX_E820 = 4096 };

static void add_stacks_named(struct iq_target *target, struct iq_out *out, const char *name,
			     const struct iq_stack *stacks, const unsigned *cpus, size_t count)
{
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		char label[40];
		uint8_t byte;
		bool mapped;

		if (strcmp(stacks[i].name, name))
			continue;
		snprintf(label, sizeof(label), "%s STACK SIZE", name);
		if (first)
			iq_text(out, "%*s: %" PRIu64, LABEL_WIDTH, label, stacks[i].end - stacks[i].start);
		snprintf(label, sizeof(label), "%s STACKS", name);
		if (first)
			iq_text(out, "%*s:", LABEL_WIDTH, label);
		first = false;
		iq_record_begin(out);
		iq_add_unsigned(out, "cpu", cpus[i]);
		iq_add_string(out, "name", name);
		iq_add_address(out, "start", stacks[i].start);
		iq_add_unsigned(out, "size", stacks[i].end - stacks[i].start);
		/* The #VC stacks have room but no memory, except where the machine encrypts it. */
		mapped = !iq_failed(iq_read_u8(target, stacks[i].start, &byte));
		iq_add_bool(out, "mapped", mapped);
		snprintf(label, sizeof(label), "CPU %u", cpus[i]);
		iq_pair(out, LABEL_WIDTH, label, mapped ? "{start@address}" : "{start@address} [unavailable]");
		iq_end(out);
	}
}

static struct iq_error *show_stacks(struct iq_kernel *kernel, struct iq_out *out, const struct iq_cpu *cpus,
				    size_t cpu_count)
{
	static const char *const names[] = { "IRQ", "DOUBLEFAULT", "NMI", "DEBUG", "MCE", "VC" };
	_cleanup_free_ struct iq_stack *stacks = calloc(cpu_count * MAX_STACKS + 1, sizeof(*stacks));
	_cleanup_free_ unsigned *owners = calloc(cpu_count * MAX_STACKS + 1, sizeof(*owners));
	size_t count = 0;

	if (!stacks || !owners)
		return iq_error_no_memory();
	for (size_t i = 0; i < cpu_count; i++) {
		size_t found = 0;

		if (cpus[i].online)
			IQ_TRY(iq_cpu_stacks(kernel, cpus[i].id, stacks + count, MAX_STACKS, &found));
		for (size_t j = 0; j < found; j++)
			owners[count + j] = cpus[i].id;
		count += found;
	}
	iq_list_begin(out, "stacks");
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++)
		add_stacks_named(iq_kernel_target(kernel), out, names[i], stacks, owners, count);
	iq_end(out);
	return NULL;
}

/* A value that may not be known: the line is left out then, and JSON says why. */
static bool add_or_say_why(struct iq_out *out, const char *key, struct iq_error *error, const uint64_t *value)
{
	if (error)
		iq_add_unavailable(out, key, error->message);
	else
		iq_add_unsigned(out, key, *value);
	return !iq_failed(error);
}

static struct iq_error *read_hz(struct iq_kernel *kernel, uint64_t *hz)
{
	unsigned value;

	IQ_TRY(iq_hz(kernel, &value));
	*hz = value;
	return NULL;
}

static struct iq_error *read_stack_size(struct iq_session *session, uint64_t *size)
{
	const struct iq_task *task;

	IQ_TRY(iq_session_task(session, &task));
	*size = task->stack_size;
	return NULL;
}

/* `online`: how many CPUs were; NULL when that is not known. */
static void show_machine(struct iq_kernel *kernel, struct iq_out *out, const size_t *online)
{
	const struct iq_arch *arch = iq_target_arch(iq_kernel_target(kernel));
	uint64_t memory, khz, hz;

	iq_add_string(out, "machine", arch->name);
	iq_pair(out, LABEL_WIDTH, "MACHINE TYPE", "{machine}");
	if (add_or_say_why(out, "memory", iq_memory_size(kernel, &memory), &memory))
		iq_text(out, "%*s: %.1f MB", LABEL_WIDTH, "MEMORY SIZE", (double)memory / (1 << 20));
	if (online) {
		iq_add_unsigned(out, "cpus", *online);
		iq_pair(out, LABEL_WIDTH, "CPUS", "{cpus}");
	} else {
		iq_add_unavailable(out, "cpus", "the mask of the online CPUs can't be read");
		iq_pair(out, LABEL_WIDTH, "CPUS", "(unavailable)");
	}
	if (add_or_say_why(out, "cpu_khz", iq_cpu_khz(kernel, &khz), &khz))
		iq_text(out, "%*s: %" PRIu64 " Mhz", LABEL_WIDTH, "PROCESSOR SPEED", khz / 1000);
	if (add_or_say_why(out, "hz", read_hz(kernel, &hz), &hz))
		iq_pair(out, LABEL_WIDTH, "HZ", "{hz}");
	iq_add_unsigned(out, "page_size", UINT64_C(1) << arch->page_shift);
	iq_pair(out, LABEL_WIDTH, "PAGE SIZE", "{page_size}");
}

static void show_layout(const struct iq_layout *layout, struct iq_out *out)
{
	const struct {
		const char *key, *label, *template;
		uint64_t address;
	} bases[] = {
		{ "direct_map", "KERNEL VIRTUAL BASE", "{direct_map@address}", layout->direct_map },
		{ "vmalloc", "KERNEL VMALLOC BASE", "{vmalloc@address}", layout->vmalloc },
		{ "vmemmap", "KERNEL VMEMMAP BASE", "{vmemmap@address}", layout->vmemmap },
		{ "start_map", "KERNEL START MAP", "{start_map@address}", layout->link_base },
		{ "modules", "KERNEL MODULES BASE", "{modules@address}", layout->modules },
	};

	iq_add_unsigned(out, "paging_levels", layout->paging_levels);
	iq_add_hex(out, "kaslr_offset", layout->kaslr_offset);
	iq_add_hex(out, "phys_base", layout->phys_base);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(bases); i++) {
		if (!bases[i].address) {
			iq_add_unavailable(out, bases[i].key, "not found");
			continue;
		}
		iq_add_address(out, bases[i].key, bases[i].address);
		iq_pair(out, LABEL_WIDTH, bases[i].label, bases[i].template);
	}
}

static struct iq_error *show_summary(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out)
{
	const struct iq_cpu *cpus;
	size_t count, online = 0;
	uint64_t stack_size;

	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++)
		online += cpus[i].online;
	iq_record_begin(out);
	show_machine(kernel, out, count && !cpus[0].masks_known ? NULL : &online);
	show_layout(iq_target_layout(iq_kernel_target(kernel)), out);
	if (add_or_say_why(out, "stack_size", read_stack_size(session, &stack_size), &stack_size))
		iq_pair(out, LABEL_WIDTH, "KERNEL STACK SIZE", "{stack_size}");
	IQ_TRY(show_stacks(kernel, out, cpus, count));
	iq_end(out);
	return NULL;
}

/* enum e820_type, arch/x86/include/asm/e820/types.h, in crash's words. */
static const char *e820_name(uint32_t type)
{
	switch (type) {
	case 1: return "E820_RAM";
	case 2: return "E820_RESERVED";
	case 3: return "E820_ACPI";
	case 4: return "E820_NVS";
	case 5: return "E820_UNUSABLE";
	case 7: return "E820_PMEM";
	case 12: return "E820_PRAM";
	case 128: return "E820_RESERVED_KERN";
	}
	return "E820_UNKNOWN";
}

struct e820_shape {
	uint64_t entries, size; /* of the array in struct e820_table; of an element */
	uint64_t address, length, type;
};

static struct iq_error *member_offset(struct iq_types *types, const char *structure, const char *member,
				      uint64_t *offset)
{
	struct iq_type_member found;

	IQ_TRY(iq_types_member(types, structure, member, &found));
	*offset = found.bit_offset / 8;
	return NULL;
}

static struct iq_error *find_e820_shape(struct iq_types *types, struct e820_shape *shape)
{
	IQ_TRY(member_offset(types, "e820_table", "entries", &shape->entries));
	IQ_TRY(iq_types_size(types, "e820_entry", &shape->size));
	IQ_TRY(member_offset(types, "e820_entry", "addr", &shape->address));
	IQ_TRY(member_offset(types, "e820_entry", "size", &shape->length));
	return member_offset(types, "e820_entry", "type", &shape->type);
}

/* The firmware's memory map, as the kernel uses it: e820_table (4.12 and later, upstream 544a0f47e780). */
static struct iq_error *show_memory_map(struct iq_kernel *kernel, struct iq_out *out)
{
	struct iq_target *target = iq_kernel_target(kernel);
	struct e820_shape shape;
	struct iq_symbol symbol;
	uint64_t table;
	uint32_t count;

	IQ_TRY(find_e820_shape(iq_kernel_types(kernel), &shape));
	IQ_TRY(iq_symbol_by_name(iq_kernel_symbols(kernel), "e820_table", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u64(target, symbol.address, &table), "e820_table"));
	IQ_TRY(iq_error_prefix(iq_read_u32(target, table, &count), "e820_table"));
	if (count > MAX_E820)
		return iq_error_new(IQ_ERROR_FORMAT, "e820_table has %u entries: more than there can be", count);
	iq_text(out, "      PHYSICAL ADDRESS RANGE         TYPE");
	for (uint32_t i = 0; i < count; i++) {
		uint64_t entry = table + shape.entries + i * shape.size, address, length;
		uint32_t type;

		IQ_TRY(iq_read_u64(target, entry + shape.address, &address));
		IQ_TRY(iq_read_u64(target, entry + shape.length, &length));
		IQ_TRY(iq_read_u32(target, entry + shape.type, &type));
		iq_record_begin(out);
		iq_add_address(out, "start", address);
		iq_add_address(out, "end", address + length);
		iq_add_string(out, "type", e820_name(type));
		iq_line(out, "{start@address} - {end@address}  {type}");
		iq_end(out);
	}
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	if (iq_args_has(args, 'm'))
		return show_memory_map(kernel, out);
	if (iq_args_has(args, 'c'))
		return iq_show_cpuinfo(session, args, out);
	return show_summary(session, kernel, out);
}

const struct iq_command iq_command_mach = {
	.name = "mach",
	.summary = "the machine: processors, address layout, memory map",
	.options =
		(const struct iq_option[]){
			{ 'm', NULL, NULL, "the firmware's map of physical memory" },
			{ 'c', NULL, NULL, "each processor's struct cpuinfo_x86" },
			{ 'x', NULL, NULL, "with -c: hexadecimal numbers" },
			{ 'd', NULL, NULL, "with -c: decimal numbers" },
			{ 0 },
		},
	.help = "Shows what machine it was, where the kernel's areas lie in its address space\n"
		"(they are randomised), and each processor's own stacks. What the dump does not\n"
		"tell is left out.",
	.examples =
		(const struct iq_example[]){
			{ "mach", "kfunc-6.1.47-la57.flat", "machine and address layout" },
			{ "mach -m", "kfunc-6.1.47-la57.flat", "physical memory" },
			{ "mach -c", "kfunc-6.1.47-la57.flat", "processors" },
			{ 0 },
		},
	.run = run,
};
