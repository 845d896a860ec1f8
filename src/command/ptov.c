// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/session.h"

#include "kernel/cpu.h"
#include "util/cleanup.h"

#include <string.h>

static struct iq_error *show_physical(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out,
				      const char *text)
{
	uint64_t physical, address;

	IQ_TRY(iq_parse_address(session, text, &physical));
	if (!iq_phys_to_virt(iq_kernel_target(kernel), physical, &address))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the direct map has no physical address %#lx", physical);
	iq_record_begin(out);
	iq_add_address(out, "virtual", address);
	iq_add_hex(out, "physical", physical);
	iq_line(out, "VIRTUAL           PHYSICAL");
	iq_line(out, "{virtual}  {physical}");
	iq_end(out);
	return NULL;
}

/* Which CPUs "OFFSET:CPUS" names; behind the colon nothing is the current task's own. */
static struct iq_error *choose(struct iq_session *session, const char *text, const struct iq_cpu *cpus, size_t count,
			       bool *chosen)
{
	const struct iq_task *task;
	unsigned limit = 0;

	for (size_t i = 0; i < count; i++)
		limit = IQ_MAX(limit, cpus[i].id + 1);
	if (*text)
		return iq_parse_set(text, "cpu", chosen, limit);
	IQ_TRY(iq_session_task(session, &task));
	if (task->unknown & IQ_TASK_CPU || task->cpu < 0 || (unsigned)task->cpu >= limit)
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "the current task's CPU is not known: name one behind the colon");
	chosen[task->cpu] = true;
	return NULL;
}

static void show_cpu(struct iq_kernel *kernel, struct iq_out *out, const struct iq_cpu *cpu, uint64_t offset)
{
	_cleanup_(iq_error_freep) struct iq_error *error = NULL;
	uint64_t address = 0;

	iq_record_begin(out);
	iq_add_unsigned(out, "cpu", cpu->id);
	error = iq_per_cpu(kernel, cpu->id, offset, &address);
	if (error)
		iq_add_unavailable(out, "virtual", error->message);
	else
		iq_add_address(out, "virtual", address);
	iq_line(out, cpu->online ? "  [{cpu}]  {virtual}" : "  [{cpu}]  {virtual}  [OFFLINE]");
	iq_end(out);
}

static struct iq_error *show_per_cpu(struct iq_session *session, struct iq_kernel *kernel, struct iq_out *out,
				     const char *text, const char *colon)
{
	_cleanup_free_ char *number = strndup(text, (size_t)(colon - text));
	_cleanup_free_ bool *chosen = NULL;
	const struct iq_cpu *cpus;
	uint64_t offset;
	size_t count;

	if (!number)
		return iq_error_no_memory();
	IQ_TRY(iq_parse_address(session, number, &offset));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	chosen = calloc(count ? cpus[count - 1].id + 1 : 1, sizeof(*chosen));
	if (!chosen)
		return iq_error_no_memory();
	IQ_TRY(choose(session, colon + 1, cpus, count, chosen));
	iq_record_begin(out);
	iq_add_hex(out, "offset", offset);
	iq_line(out, "PER-CPU OFFSET: {offset}");
	iq_line(out, "  CPU    VIRTUAL");
	iq_list_begin(out, "cpus");
	for (size_t i = 0; i < count; i++)
		if (chosen[cpus[i].id])
			show_cpu(kernel, out, &cpus[i], offset);
	iq_end(out);
	iq_end(out);
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	for (size_t i = 0; i < args->count; i++) {
		const char *text = args->words[i].text, *colon = strchr(text, ':');

		if (i)
			iq_line(out, "");
		if (colon)
			IQ_TRY(show_per_cpu(session, kernel, out, text, colon));
		else
			IQ_TRY(show_physical(session, kernel, out, text));
	}
	return NULL;
}

const struct iq_command iq_command_ptov = {
	.name = "ptov",
	.summary = "virtual addresses of a physical address, or of a per-CPU offset",
	.arguments = "ADDRESS | OFFSET:[CPUS]...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Gives the kernel's virtual address of a physical one, in the direct map. With a\n"
		"colon: where the CPUs have their copies of what lies at OFFSET of the per-CPU\n"
		"memory (a per-CPU variable's name is fine). CPUS is a list like 0,2-4, or a for\n"
		"all; nothing means the current task's CPU.",
	.examples =
		(const struct iq_example[]){
			{ "ptov 1000", "kfunc-6.1.47-la57.flat", "a physical address" },
			{ "ptov runqueues:a", "kfunc-6.1.47-la57.flat", "every CPU's run queue" },
			{ 0 },
		},
	.run = run,
};
