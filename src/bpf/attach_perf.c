// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs at perf events: by a link, or by ioctl. Facts: bpf_perf_link in kernel/bpf/syscall.c;
 * perf_event_attach_bpf_prog(), bpf_get_perf_event_info() in kernel/trace/bpf_trace.c; kernel/events/core.c.
 */
#include "bpf/attach_event.h"
#include "kernel/cpu.h"
#include "kernel/task.h"

#include <string.h>

enum {
	MAX_EVENTS = 1 << 20,
	MAX_PMUS = 4096,
	TASK_CONTEXTS = 8,
	TYPE_PERF_EVENT = 7, /* enum bpf_prog_type */
	KNOWN_TYPES = 6      /* PERF_TYPE_MAX */
};

/* The name of the PMU that has the event. */
static struct iq_error *read_pmu(struct iq_bpf *b, uint64_t event, char *buffer, size_t size)
{
	uint64_t pmu, name;
	IQ_TRY(iq_b_get(b, event, "perf_event", "pmu", &pmu));
	IQ_TRY(iq_b_get(b, pmu, "pmu", "name", &name));
	return iq_read_string(b->target, name, buffer, size);
}

/* What kind of event: "software cpu-clock", "hardware cpu-cycles"; numbers of a PMU's own. */
static struct iq_error *add_counter(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t event)
{
	static const char *const enums[][2] = { { "perf_hw_id", "PERF_COUNT_HW_" },
						{ "perf_sw_ids", "PERF_COUNT_SW_" } };
	uint64_t type, config;
	char text[48];
	IQ_TRY(iq_b_get(b, event, "perf_event", "attr.type", &type));
	IQ_TRY(iq_b_get(b, event, "perf_event", "attr.config", &config));
	/* Others are numbers that PMUs were given: in 6.12 cpu-clock's too. */
	if (type < KNOWN_TYPES)
		iq_bpf_enum_name(b, "perf_type_id", "PERF_TYPE_", type, text, sizeof(text));
	else
		IQ_TRY(read_pmu(b, event, text, sizeof(text)));
	iq_bpf_hook_text(hook, "event_type", text);
	iq_bpf_hook_number(hook, "event_config", IQ_BPF_FACT_HEX, config);
	iq_bpf_hook_detail(hook, "%s", text);
	if (type >= IQ_ARRAY_SIZE(enums)) {
		iq_bpf_hook_detail(hook, "config %#lx", config);
		return NULL;
	}
	iq_bpf_enum_name(b, enums[type][0], enums[type][1], config, text, sizeof(text));
	for (char *c = text; *c; c++) /* as perf calls it */
		*c = *c == '_' ? '-' : *c;
	iq_bpf_hook_text(hook, "event", text);
	iq_bpf_hook_detail(hook, "%s", text);
	return NULL;
}

/* Which CPU's or process' event it is. */
static struct iq_error *add_scope(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t event)
{
	uint64_t cpu, context, task = 0, pid;
	IQ_TRY(iq_b_get(b, event, "perf_event", "cpu", &cpu));
	if ((int64_t)cpu >= 0) {
		iq_bpf_hook_number(hook, "cpu", IQ_BPF_FACT_NUMBER, cpu);
		iq_bpf_hook_detail(hook, "CPU %lu", cpu);
	}
	IQ_TRY(iq_b_get(b, event, "perf_event", "ctx", &context));
	if (context)
		IQ_TRY(iq_b_get(b, context, "perf_event_context", "task", &task));
	if (!iq_is_kernel_address(b->target, task) || task == UINT64_MAX) /* TASK_TOMBSTONE */
		return NULL;
	IQ_TRY(iq_b_get(b, task, "task_struct", "pid", &pid));
	iq_bpf_hook_number(hook, "pid", IQ_BPF_FACT_NUMBER, pid);
	iq_bpf_hook_detail(hook, "PID %lu", pid);
	return NULL;
}

static struct iq_error *add_event(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t event)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t call, cookie = 0, type = 0;
	struct iq_error *error;
	iq_bpf_hook_object(hook, "perf_event", event);
	if (hook->attachment.program)
		IQ_TRY(iq_b_get(b, hook->attachment.program, "bpf_prog", "type", &type));
	IQ_TRY(iq_b_get(b, event, "perf_event", "tp_event", &call));
	if (type == TYPE_PERF_EVENT || !call) {
		iq_bpf_hook_name(hook, "perf_event");
		error = add_counter(b, hook, event);
	} else {
		if (!iq_map_set(&hooks->events, iq_bpf_event_key(call, hook->attachment.program), 1))
			return iq_error_no_memory();
		error = iq_bpf_hook_trace_event(b, hook, call);
	}
	iq_error_keep(&error, add_scope(b, hook, event));
	/* 5.15: 82e6b1eee6a8 ("bpf: Allow to specify user-provided bpf_cookie for BPF perf links") */
	iq_error_keep(&error, iq_b_get_if(b, event, "perf_event", "bpf_cookie", &cookie));
	iq_bpf_hook_cookie(hook, cookie);
	return error;
}

struct iq_error *iq_bpf_describe_perf_event(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	uint64_t file, event;
	IQ_TRY(iq_b_get(hooks->bpf, container, "bpf_perf_link", "perf_file", &file));
	IQ_TRY(iq_b_get(hooks->bpf, file, "file", "private_data", &event));
	if (!iq_map_set(&hooks->objects, event, 1))
		return iq_error_no_memory();
	return add_event(hooks, hook, event);
}

static struct iq_error *see_event(void *context, uint64_t event)
{
	struct iq_bpf_hooks *hooks = context;
	struct iq_bpf_hook *hook;
	uint64_t program, parent;
	bool fresh;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(iq_b_get(hooks->bpf, event, "perf_event", "prog", &program));
	IQ_TRY(iq_b_get(hooks->bpf, event, "perf_event", "parent", &parent)); /* inherited: it has its parent's */
	if (!program || parent)
		return NULL;
	if (!iq_map_add(&hooks->objects, event, &fresh))
		return iq_error_no_memory();
	if (!fresh)
		return NULL;
	IQ_TRY(iq_bpf_hook_new(hooks, program, "perf_event", &hook));
	iq_bpf_hook_damaged(hook, add_event(hooks, hook, event));
	return NULL;
}

/* The events of a struct perf_event_context, once. */
static struct iq_error *see_context(struct iq_bpf_hooks *hooks, uint64_t context)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t head;
	bool fresh;
	if (!iq_map_add(&hooks->objects, context, &fresh))
		return iq_error_no_memory();
	if (!fresh)
		return NULL;
	IQ_TRY(iq_member_address(b->types, context, "perf_event_context", "event_list", &head));
	return iq_bpf_hooks_damaged(hooks, iq_list_each(b->target, b->types, head, "perf_event", "event_entry",
							MAX_EVENTS, see_event, hooks));
}

static struct iq_error *see_tasks(struct iq_bpf_hooks *hooks)
{
	struct iq_bpf *b = hooks->bpf;
	struct iq_type_member member;
	const struct iq_task *tasks;
	uint64_t size, contexts[TASK_CONTEXTS];
	size_t count;
	IQ_TRY(iq_types_member(b->types, "task_struct", "perf_event_ctxp", &member));
	/* One for each kind of PMU until 6.2: bd2756811766 ("perf: Rewrite core context handling") */
	IQ_TRY(iq_type_size(member.type, &size));
	size = IQ_MIN(size, sizeof(contexts));
	IQ_TRY(iq_tasks(b->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		struct iq_error *error = iq_read(b->target, tasks[i].address + member.bit_offset / 8, contexts, size);
		IQ_TRY(iq_bpf_hooks_damaged(hooks, iq_error_prefix(error, "perf events of PID %d", tasks[i].pid)));
		for (size_t n = 0; !error && n < size / 8; n++) {
			if (contexts[n])
				IQ_TRY(iq_bpf_hooks_damaged(hooks, see_context(hooks, contexts[n])));
		}
	}
	return NULL;
}

/* The CPUs' contexts at a per-CPU address. */
static struct iq_error *see_cpus(struct iq_bpf_hooks *hooks, uint64_t place)
{
	struct iq_bpf *b = hooks->bpf;
	const struct iq_cpu *cpus;
	uint64_t context;
	size_t count;
	IQ_TRY(iq_cpus(b->kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		struct iq_error *error = iq_per_cpu(b->kernel, cpus[i].id, place, &context);
		if (!error)
			error = iq_member_address(b->types, context, "perf_cpu_context", "ctx", &context);
		if (!error)
			error = see_context(hooks, context);
		IQ_TRY(iq_bpf_hooks_damaged(hooks, error));
	}
	return NULL;
}

static struct iq_error *see_pmu(void *context, uint64_t pmu)
{
	struct iq_bpf_hooks *hooks = context;
	uint64_t contexts;
	IQ_TRY(iq_b_get(hooks->bpf, pmu, "pmu", "pmu_cpu_context", &contexts));
	return contexts ? see_cpus(hooks, contexts) : NULL;
}

struct iq_error *iq_bpf_find_perf_events(struct iq_bpf_hooks *hooks)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t symbol;
	struct iq_error *error = NULL;
	if (!iq_b_has(b, "perf_event", "prog"))
		return NULL;
	/* 6.2 (see above) has one context a CPU, kernels before one for each PMU. */
	if (!iq_failed(iq_b_symbol(b, "perf_cpu_context", &symbol)))
		error = see_cpus(hooks, symbol);
	else if (!iq_failed(iq_b_symbol(b, "pmus", &symbol)))
		error = iq_list_each(b->target, b->types, symbol, "pmu", "entry", MAX_PMUS, see_pmu, hooks);
	IQ_TRY(iq_bpf_hooks_damaged(hooks, error));
	return see_tasks(hooks);
}
