// SPDX-License-Identifier: GPL-2.0-or-later
/* Links with many functions. Facts: bpf_kprobe_multi_link, bpf_uprobe_multi_link in kernel/trace/bpf_trace.c. */
#include "bpf/attach.h"
#include "kernel/path.h"

#include <string.h>

enum { MAX_TARGETS = 1 << 20, FLAG_RETURN = 1 /* BPF_F_KPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_RETURN */ };

/* Flags are the link's own, or (as in 7.2) those of struct bpf_link. */
static struct iq_error *read_flags(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t container, const char *type,
				   bool *returns)
{
	uint64_t flags;
	if (iq_b_has(b, type, "flags"))
		IQ_TRY(iq_b_get(b, container, type, "flags", &flags));
	else
		IQ_TRY(iq_b_get(b, hook->attachment.link, "bpf_link", "flags", &flags));
	iq_bpf_hook_number(hook, "flags", IQ_BPF_FACT_HEX, flags);
	*returns = flags & FLAG_RETURN;
	return NULL;
}

/* A session runs at both ends of a function. 6.10: 535a3692ba72 ("bpf: Add support for kprobe session attach") */
static struct iq_error *name_session(struct iq_bpf *b, struct iq_bpf_hook *hook)
{
	uint64_t type;
	char text[48];
	IQ_TRY(iq_b_get(b, hook->attachment.program, "bpf_prog", "expected_attach_type", &type));
	iq_bpf_enum_name(b, "bpf_attach_type", "BPF_TRACE_", type, text, sizeof(text));
	if (strcmp(text, "kprobe_session") == 0 || strcmp(text, "uprobe_session") == 0)
		iq_bpf_hook_name(hook, "%s", text);
	return NULL;
}

/* kvcalloc()ed: it has as many as it says. */
static struct iq_error *count_targets(struct iq_bpf *b, uint64_t container, const char *type, uint64_t *count)
{
	IQ_TRY(iq_b_get(b, container, type, "cnt", count));
	if (*count > MAX_TARGETS)
		return iq_error_new(IQ_ERROR_FORMAT, "%s at %#lx has %lu functions", type, container, *count);
	return NULL;
}

static void set_count(struct iq_bpf_hook *hook, uint64_t count)
{
	hook->attachment.target_count = count;
	if (count > 1)
		iq_bpf_hook_detail(hook, "and %lu more", count - 1);
}

struct iq_error *iq_bpf_describe_kprobe_multi(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t addresses, first, count, returns = 0, missed = 0;
	bool flagged = false;
	/* 5.18: 0dcac2725406 ("bpf: Add multi kprobe link"). Its first kernels kept no flags, but had an exit handler
	 * only where it was wanted. */
	if (iq_b_has(b, "bpf_kprobe_multi_link", "flags") || iq_b_has(b, "bpf_link", "flags"))
		IQ_TRY(read_flags(b, hook, container, "bpf_kprobe_multi_link", &flagged));
	else
		IQ_TRY(iq_b_get(b, container, "bpf_kprobe_multi_link", "fp.exit_handler", &returns));
	if (flagged || returns)
		iq_bpf_hook_name(hook, "kretprobe_multi");
	IQ_TRY(name_session(b, hook));
	IQ_TRY(count_targets(b, container, "bpf_kprobe_multi_link", &count));
	IQ_TRY(iq_b_get(b, container, "bpf_kprobe_multi_link", "addrs", &addresses));
	IQ_TRY(iq_b_get_if(b, container, "bpf_kprobe_multi_link", "fp.nmissed", &missed));
	iq_bpf_hook_number(hook, "missed", IQ_BPF_FACT_NUMBER, missed);
	if (!count)
		return NULL;
	struct iq_error *error = iq_read_u64(b->target, addresses, &first);
	if (!error)
		iq_bpf_hook_function(b, hook, first);
	set_count(hook, count);
	return error;
}

struct iq_error *iq_bpf_kprobe_multi_targets(struct iq_bpf *b, uint64_t container, iq_bpf_target_fn fn, void *context)
{
	uint64_t addresses, cookies, count;
	IQ_TRY(count_targets(b, container, "bpf_kprobe_multi_link", &count));
	IQ_TRY(iq_b_get(b, container, "bpf_kprobe_multi_link", "addrs", &addresses));
	IQ_TRY(iq_b_get(b, container, "bpf_kprobe_multi_link", "cookies", &cookies));
	for (uint64_t i = 0; i < count; i++) {
		struct iq_bpf_target target = { .cookie_known = cookies };
		struct iq_symbol symbol;
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(iq_read_u64(b->target, addresses + 8 * i, &target.address));
		if (cookies)
			IQ_TRY(iq_read_u64(b->target, cookies + 8 * i, &target.cookie));
		if (!iq_failed(iq_symbol_at(b->symbols, target.address, &symbol))) {
			target.function = symbol.name;
			target.module = symbol.module;
			target.offset = target.address - symbol.address;
		}
		IQ_TRY(fn(context, &target));
	}
	return NULL;
}

static struct iq_error *add_file(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t container)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	uint64_t mount, dentry;
	bool deleted = false;
	IQ_TRY(iq_b_get(b, container, "bpf_uprobe_multi_link", "path.mnt", &mount));
	IQ_TRY(iq_b_get(b, container, "bpf_uprobe_multi_link", "path.dentry", &dentry));
	struct iq_error *error = iq_path(b->kernel, mount, dentry, &path, &deleted);
	iq_bpf_hook_text(hook, "file", iq_strbuf_text(&path));
	iq_bpf_hook_detail(hook, deleted ? "%s (deleted)" : "%s", iq_strbuf_text(&path));
	return error;
}

static struct iq_error *add_process(struct iq_bpf *b, struct iq_bpf_hook *hook, uint64_t container)
{
	uint64_t task = 0, pid;
	IQ_TRY(iq_b_get_if(b, container, "bpf_uprobe_multi_link", "task", &task));
	if (!task)
		return NULL;
	IQ_TRY(iq_b_get(b, task, "task_struct", "pid", &pid));
	iq_bpf_hook_number(hook, "pid", IQ_BPF_FACT_NUMBER, pid);
	iq_bpf_hook_detail(hook, "PID %lu", pid);
	return NULL;
}

/* 6.6: 89ae89f53d20 ("bpf: Add multi uprobe link") */
struct iq_error *iq_bpf_describe_uprobe_multi(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook, uint64_t container)
{
	struct iq_bpf *b = hooks->bpf;
	uint64_t count, probes, offset;
	bool returns;
	IQ_TRY(read_flags(b, hook, container, "bpf_uprobe_multi_link", &returns));
	if (returns)
		iq_bpf_hook_name(hook, "uretprobe_multi");
	IQ_TRY(name_session(b, hook));
	struct iq_error *error = add_file(b, hook, container);
	iq_error_keep(&error, add_process(b, hook, container));
	struct iq_error *second = count_targets(b, container, "bpf_uprobe_multi_link", &count);
	if (!second)
		second = iq_b_get(b, container, "bpf_uprobe_multi_link", "uprobes", &probes);
	if (!second && count) {
		second = iq_b_get(b, probes, "bpf_uprobe", "offset", &offset);
		if (!second)
			iq_strbuf_addf(&hook->detail, " +%#lx", offset);
		set_count(hook, count);
	}
	iq_error_keep(&error, second);
	return error;
}

struct iq_error *iq_bpf_uprobe_multi_targets(struct iq_bpf *b, uint64_t container, iq_bpf_target_fn fn, void *context)
{
	uint64_t probe, size, count;
	IQ_TRY(count_targets(b, container, "bpf_uprobe_multi_link", &count));
	IQ_TRY(iq_b_get(b, container, "bpf_uprobe_multi_link", "uprobes", &probe));
	IQ_TRY(iq_types_size(b->types, "bpf_uprobe", &size));
	for (uint64_t i = 0; i < count; i++, probe += size) {
		struct iq_bpf_target target = { .cookie_known = true };
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(iq_b_get(b, probe, "bpf_uprobe", "offset", &target.offset));
		IQ_TRY(iq_b_get(b, probe, "bpf_uprobe", "ref_ctr_offset", &target.reference_counter));
		IQ_TRY(iq_b_get(b, probe, "bpf_uprobe", "cookie", &target.cookie));
		IQ_TRY(fn(context, &target));
	}
	return NULL;
}
