// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that tracers make at run time, by the kernel's own lists: ftrace's trampolines (ftrace_ops_trampoline_list, 5.9
 * and later, fc0ea795f53c), and the pages of instructions that kprobes copied away or detour to (struct
 * kprobe_insn_cache, listed for kallsyms since 5.8, d002b8bc6dbc).
 */
#include "image/internal.h"

#include "image/list.h"
#include "util/cleanup.h"

enum { MAX_OPS = 1 << 16, KPROBE_PAGE = 4096 };

static struct iq_error *add_ops(struct iq_images *images, uint64_t address)
{
	_cleanup_(iq_object_free) struct iq_object ops = { 0 };
	uint64_t start, size;
	IQ_TRY(iq_object_read(images, "ftrace_ops", address, &ops));
	if (!iq_object_get(&ops, "trampoline", &start) || !iq_object_get(&ops, "trampoline_size", &size))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct ftrace_ops has other members than known");
	return iq_jited_add(images, IQ_IMAGE_FTRACE_TRAMPOLINE, "ftrace", "ftrace_trampoline", address, start,
			    start + size, NULL);
}

struct iq_error *iq_ftrace_load(struct iq_images *images)
{
	uint64_t head, first, offset;
	_cleanup_(iq_list_free) struct iq_list list = { 0 };
	if (!iq_vmlinux_symbol(images, "ftrace_ops_trampoline_list", &head) ||
	    (!iq_failed(iq_read_u64(images->target, head, &first)) && first == head) || /* empty: no types are needed */
	    !iq_member_offset(images, "ftrace_ops", "list", &offset))
		return NULL;
	IQ_TRY(iq_list_read(images->target, head, MAX_OPS, "ftrace_ops_trampoline_list", &list));
	for (size_t i = 0; i < list.entries.count; i++)
		iq_warn_error(iq_images_diag(images), iq_error_prefix(add_ops(images, list.entries.data[i] - offset),
								      "ftrace_ops_trampoline_list"));
	return NULL;
}

static struct iq_error *load_cache(struct iq_images *images, const char *symbol, const char *name)
{
	uint64_t cache, pages, offset, insns;
	_cleanup_(iq_list_free) struct iq_list list = { 0 };
	if (!iq_vmlinux_symbol(images, symbol, &cache) ||
	    !iq_member_offset(images, "kprobe_insn_cache", "pages", &pages) ||
	    !iq_member_offset(images, "kprobe_insn_page", "list", &offset))
		return NULL;
	IQ_TRY(iq_list_read(images->target, cache + pages, MAX_OPS, symbol, &list));
	for (size_t i = 0; i < list.entries.count; i++) {
		uint64_t page = list.entries.data[i] - offset;
		struct iq_error *error = iq_member_read(images, "kprobe_insn_page", "insns", page, &insns);
		if (!error)
			error = iq_jited_add(images, IQ_IMAGE_KPROBE_PAGE, "kprobes", name, page, insns,
					     insns + KPROBE_PAGE, NULL);
		iq_warn_error(iq_images_diag(images), iq_error_prefix(error, "%s", symbol));
	}
	return NULL;
}

struct iq_error *iq_kprobes_load(struct iq_images *images)
{
	IQ_TRY(load_cache(images, "kprobe_insn_slots", "kprobe_insn_page"));
	return load_cache(images, "kprobe_optinsn_slots", "kprobe_optinsn_page");
}
