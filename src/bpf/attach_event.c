// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts: struct trace_event_call in include/linux/trace_events.h, trace_kprobe and trace_uprobe in kernel/trace/,
 * bpf_get_kprobe_info(), bpf_get_uprobe_info() there.
 */
#include "bpf/attach_event.h"

enum { MAX_NAME = 256, MAX_PATH = 4096, MAX_CALLS = 1 << 18, MAX_PROBES = 1 << 16 };

uint64_t iq_bpf_event_key(uint64_t call, uint64_t program)
{
	return iq_hash_u64(call) ^ program;
}

static bool has_flag(struct iq_bpf *b, uint64_t flags, const char *name)
{
	int64_t flag;
	return !iq_failed(iq_type_constant(b->types, name, &flag)) && flags & (uint64_t)flag;
}

/* Events made at run time may have several probes: the first one and how many. */
struct probes {
	uint64_t first;
	unsigned count;
};

static struct iq_error *see_probe(void *context, uint64_t probe)
{
	struct probes *probes = context;
	if (!probes->count++)
		probes->first = probe;
	return NULL;
}

/* The struct trace_kprobe or trace_uprobe behind an event. */
static struct iq_error *find_probe(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t call, const char *type,
				   uint64_t *out)
{
	struct probes probes = { 0 };
	uint64_t event, head;
	/* 5.4: 60d53e2c3b75 ("tracing/probe: Split trace_event related data from trace_probe") */
	IQ_TRY(iq_container_of(b->types, call, "trace_probe_event", "call", &event));
	IQ_TRY(iq_member_address(b->types, event, "trace_probe_event", "probes", &head));
	struct iq_error *error =
		iq_list_each(b->target, b->types, head, "trace_probe", "list", MAX_PROBES, see_probe, &probes);
	if (!probes.count) {
		IQ_TRY(error);
		return iq_error_new(IQ_ERROR_NOT_FOUND, "trace_event_call at %#lx has no probe", call);
	}
	iq_bpf_hook_damaged(hook, error);
	if (probes.count > 1) {
		iq_bpf_hook_number(hook, "probes", IQ_BPF_FACT_NUMBER, probes.count);
		iq_bpf_hook_detail(hook, "%u probes:", probes.count);
	}
	return iq_container_of(b->types, probes.first, type, "tp", out);
}

static struct iq_error *add_kprobe(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t call)
{
	uint64_t probe, address, returns, missed, symbol, offset;
	char name[MAX_NAME];
	IQ_TRY(find_probe(b, hook, call, "trace_kprobe", &probe));
	IQ_TRY(iq_b_get(b, probe, "trace_kprobe", "rp.handler", &returns));
	iq_bpf_hook_name(hook, returns ? "kretprobe" : "kprobe");
	IQ_TRY(iq_b_get(b, probe, "trace_kprobe", "rp.kp.addr", &address));
	IQ_TRY(iq_b_get(b, probe, "trace_kprobe", "symbol", &symbol));
	if (symbol) { /* as it was asked for: behind an ENDBR it is four bytes further on */
		IQ_TRY(iq_read_string(b->target, symbol, name, sizeof(name)));
		IQ_TRY(iq_b_get(b, probe, "trace_kprobe", "rp.kp.offset", &offset));
		iq_bpf_hook_text(hook, "function", name);
		iq_bpf_hook_number(hook, "offset", IQ_BPF_FACT_NUMBER, offset);
		iq_bpf_hook_number(hook, "address", IQ_BPF_FACT_ADDRESS, address);
		iq_bpf_hook_detail(hook, offset ? "%s+%#lx" : "%s", name, offset);
	} else {
		iq_bpf_hook_function(b, hook, address);
	}
	IQ_TRY(iq_b_get(b, probe, "trace_kprobe", "rp.kp.nmissed", &missed));
	iq_bpf_hook_number(hook, "missed", IQ_BPF_FACT_NUMBER, missed);
	return NULL;
}

static struct iq_error *add_uprobe(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t call)
{
	uint64_t probe, name, offset, returns, counter;
	char path[MAX_PATH];
	IQ_TRY(find_probe(b, hook, call, "trace_uprobe", &probe));
	IQ_TRY(iq_b_get(b, probe, "trace_uprobe", "consumer.ret_handler", &returns));
	iq_bpf_hook_name(hook, returns ? "uretprobe" : "uprobe");
	IQ_TRY(iq_b_get(b, probe, "trace_uprobe", "offset", &offset));
	IQ_TRY(iq_b_get(b, probe, "trace_uprobe", "ref_ctr_offset", &counter));
	IQ_TRY(iq_b_get(b, probe, "trace_uprobe", "filename", &name));
	IQ_TRY(iq_read_string(b->target, name, path, sizeof(path)));
	iq_bpf_hook_text(hook, "file", path);
	iq_bpf_hook_number(hook, "offset", IQ_BPF_FACT_NUMBER, offset);
	if (counter)
		iq_bpf_hook_number(hook, "reference_counter", IQ_BPF_FACT_NUMBER, counter);
	iq_bpf_hook_detail(hook, "%s+%#lx", path, offset);
	return NULL;
}

/* A tracepoint's event; of system calls, that have none of their own, the event has the name. */
static struct iq_error *add_tracepoint(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t call, uint64_t flags)
{
	char text[MAX_NAME], system[MAX_NAME];
	uint64_t name, class;
	IQ_TRY(iq_b_get(b, call, "trace_event_call", "name", &name)); /* a union with tp */
	if (has_flag(b, flags, "TRACE_EVENT_FL_TRACEPOINT"))
		IQ_TRY(iq_b_get(b, name, "tracepoint", "name", &name));
	IQ_TRY(iq_read_string(b->target, name, text, sizeof(text)));
	iq_bpf_hook_text(hook, "tracepoint", text);
	IQ_TRY(iq_b_get(b, call, "trace_event_call", "class", &class));
	IQ_TRY(iq_b_get(b, class, "trace_event_class", "system", &name));
	IQ_TRY(iq_read_string(b->target, name, system, sizeof(system)));
	iq_bpf_hook_text(hook, "system", system);
	iq_bpf_hook_detail(hook, "%s:%s", system, text);
	return NULL;
}

struct iq_error *iq_bpf_hook_trace_event(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t call)
{
	uint64_t flags;
	IQ_TRY(iq_b_get(b, call, "trace_event_call", "flags", &flags));
	if (has_flag(b, flags, "TRACE_EVENT_FL_KPROBE"))
		return add_kprobe(b, hook, call);
	if (has_flag(b, flags, "TRACE_EVENT_FL_UPROBE"))
		return add_uprobe(b, hook, call);
	iq_bpf_hook_name(hook, "tracepoint");
	return add_tracepoint(b, hook, call, flags);
}

/* The events that tracefs shows, and the programs in their arrays whose perf event is no longer in any context. */
struct event_walk {
	struct iq_bpf_hooks *hooks;
	uint64_t call;
};

static struct iq_error *see_program(void *context, uint64_t program, uint64_t item)
{
	struct event_walk *walk = context;
	struct iq_bpf *b = walk->hooks->bpf;
	struct iq_bpf_hook *hook;
	uint64_t cookie = 0;
	if (iq_map_get(&walk->hooks->events, iq_bpf_event_key(walk->call, program), NULL))
		return NULL;
	IQ_TRY(iq_bpf_hook_new(walk->hooks, program, "tracepoint", &hook));
	iq_bpf_hook_object(hook, "trace_event_call", walk->call);
	struct iq_error *error = iq_bpf_hook_trace_event(b, hook, walk->call);
	iq_error_keep(&error, iq_b_get_if(b, item, "bpf_prog_array_item", "bpf_cookie", &cookie));
	iq_bpf_hook_cookie(hook, cookie);
	iq_bpf_hook_damaged(hook, error);
	return NULL;
}

static struct iq_error *see_call(void *context, uint64_t call)
{
	struct event_walk walk = { context, call };
	struct iq_bpf *b = walk.hooks->bpf;
	uint64_t array;
	IQ_TRY(iq_check_interrupt());
	struct iq_error *error = iq_b_get(b, call, "trace_event_call", "prog_array", &array);
	if (!error)
		error = iq_bpf_prog_array_each(b, array, see_program, &walk);
	return iq_bpf_hooks_damaged(walk.hooks, error);
}

struct iq_error *iq_bpf_find_trace_events(struct iq_bpf_hooks *hooks)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t head;
	if (!iq_b_has(b, "trace_event_call", "prog_array") || iq_failed(iq_b_symbol(b, "ftrace_events", &head)))
		return NULL;
	return iq_list_each(b->target, b->types, head, "trace_event_call", "list", MAX_CALLS, see_call, hooks);
}
