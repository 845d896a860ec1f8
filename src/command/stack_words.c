// SPDX-License-Identifier: GPL-2.0-or-later
/* A stack without its frames: raw words, whatever looks like a return address, whatever looks like saved registers. */
#include "command/frames.h"
#include "command/slab_name.h"

#include "util/cleanup.h"

#include <string.h>

struct scan {
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_frame_options *options;
	size_t found;
};

void iq_stack_word_text(struct iq_kernel *kernel, uint64_t word, unsigned words, struct iq_strbuf *line)
{
	if (words >= IQ_WORDS_SLABS && iq_slab_name(kernel, word, words == IQ_WORDS_SLAB_ADDRESSES, line))
		return;
	if (words == IQ_WORDS_PLAIN || !iq_symbol_format(iq_kernel_symbols(kernel), word, 0, line))
		iq_strbuf_addf(line, "%016lx", word);
}

struct iq_error *iq_show_raw_stack(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end)
{
	struct iq_kernel *kernel;
	struct iq_error *error = NULL;
	IQ_TRY(iq_session_kernel(session, &kernel));
	iq_list_begin(out, "stack");
	for (uint64_t at = start; at < end && !error; at += 16) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
		uint64_t words[2];
		iq_record_begin(out);
		iq_add_address(out, "address", at);
		struct iq_error *missing = iq_read(iq_kernel_target(kernel), at, words, sizeof(words));
		if (missing) {
			iq_add_unavailable(out, "words", missing->message);
			iq_line(out, "{address@address}:  {words}");
			iq_error_free(missing);
		} else {
			iq_list_begin(out, "words");
			iq_add_hex(out, NULL, words[0]);
			iq_add_hex(out, NULL, words[1]);
			iq_end(out);
			iq_strbuf_addf(&line, "%016lx:  ", at);
			iq_stack_word_text(kernel, words[0], IQ_WORDS_SYMBOLS, &line);
			iq_strbuf_pad(&line, strlen("ffffffff00000000:  ffffffff00000000"));
			iq_strbuf_add_char(&line, ' ');
			iq_stack_word_text(kernel, words[1], IQ_WORDS_SYMBOLS, &line);
			iq_text(out, "%s", iq_strbuf_text(&line));
		}
		iq_end(out);
		error = iq_check_interrupt();
	}
	iq_end(out);
	return error;
}

static struct iq_error *show_address(void *context, uint64_t slot, uint64_t address)
{
	struct scan *s = context;
	struct iq_symbol symbol;
	iq_record_begin(s->out);
	iq_add_address(s->out, "sp", slot);
	iq_add_address(s->out, "pc", address);
	iq_add_function(s->out, s->kernel, address, true, s->options, &symbol);
	iq_line(s->out, symbol.module ? "  [{sp@address}] {text@symbol} at {pc@address} [{module}]"
				      : "  [{sp@address}] {text@symbol} at {pc@address}");
	iq_end(s->out);
	return iq_check_interrupt();
}

struct iq_error *iq_show_text_addresses(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end,
					const struct iq_frame_options *options)
{
	struct scan s = { .out = out, .options = options };
	struct iq_unwinder *unwinder;
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	IQ_TRY(iq_kernel_unwinder(s.kernel, &unwinder));
	iq_list_begin(out, "addresses");
	struct iq_error *error = iq_unwind_scan(unwinder, start, end, show_address, &s);
	iq_end(out);
	return error;
}

struct iq_error *iq_show_live_addresses(struct iq_session *session, struct iq_out *out,
					const struct iq_backtrace *trace, const struct iq_frame_options *options)
{
	struct scan s = { .out = out, .options = options };
	struct iq_error *error = NULL;
	struct iq_unwinder *unwinder;
	const struct iq_stack *before = NULL;
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	IQ_TRY(iq_kernel_unwinder(s.kernel, &unwinder));
	iq_list_begin(out, "addresses");
	for (size_t i = 0; i < trace->count && !error; i++) {
		const struct iq_stack *stack = &trace->frames[i].stack;
		uint64_t from = iq_frame_place(&trace->frames[i]) & ~UINT64_C(7);
		if (!stack->name || from < stack->start || from >= stack->end ||
		    (before && before->start == stack->start))
			continue;
		if (before)
			iq_show_stack_end(out, before->name);
		error = iq_unwind_scan(unwinder, from, stack->end, show_address, &s);
		before = stack;
	}
	iq_end(out);
	return error;
}

static struct iq_error *show_regs(void *context, uint64_t address, const struct iq_regs *regs)
{
	struct scan *s = context;
	const struct iq_arch *arch = iq_target_arch(iq_kernel_target(s->kernel));
	bool user = arch->is_user_mode(regs);
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	iq_record_begin(s->out);
	iq_add_address(s->out, "pt_regs", address);
	iq_add_string(s->out, "mode", user ? "user" : "kernel");
	iq_line(s->out, "");
	iq_line(s->out, user ? "  USER-MODE EXCEPTION FRAME AT: {pt_regs@address}"
			     : "  KERNEL-MODE EXCEPTION FRAME AT: {pt_regs@address}");
	if (!user && iq_symbol_format(iq_kernel_symbols(s->kernel), regs->value[arch->reg_pc], 0, &name)) {
		iq_add_string(s->out, "rip", iq_strbuf_text(&name));
		iq_line(s->out, "    [exception RIP: {rip@symbol}]");
	}
	iq_registers(s->out, arch, regs);
	iq_end(s->out);
	s->found++;
	return iq_check_interrupt();
}

struct iq_error *iq_show_exception_frames(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end,
					  size_t *found)
{
	struct scan s = { .out = out };
	struct iq_unwinder *unwinder;
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	IQ_TRY(iq_kernel_unwinder(s.kernel, &unwinder));
	iq_list_begin(out, "exception_frames");
	struct iq_error *error = iq_unwind_find_regs(unwinder, start, end, show_regs, &s);
	iq_end(out);
	*found = s.found;
	return error;
}
