// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/frames.h"

#include "command/bpf_frame.h"
#include "command/frame_source.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_FRAME_WORDS = 16384 };

struct shown {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_frame_options *options;
	unsigned level;
	struct iq_shown_source *source; /* of the frame that is being shown */
};

static const char *kind_name(const struct iq_frame *frame)
{
	switch (frame->kind) {
	case IQ_FRAME_CALL: return "frame";
	case IQ_FRAME_EXCEPTION: return "exception";
	case IQ_FRAME_USER: return "user";
	case IQ_FRAME_POSSIBLE: return "possible";
	}
	return "frame";
}

static const char *proof_name(const struct iq_frame *frame)
{
	switch (frame->proof) {
	case IQ_PROOF_START: return "start";
	case IQ_PROOF_ORC: return "orc";
	case IQ_PROOF_CODE: return "code";
	case IQ_PROOF_CFI: return "cfi";
	case IQ_PROOF_FRAME_POINTER: return "frame pointer";
	case IQ_PROOF_SAVED_REGS: return "saved registers";
	case IQ_PROOF_NONE: return "none";
	}
	return "none";
}

bool iq_add_function(struct iq_out *out, struct iq_kernel *kernel, uint64_t pc, bool is_return,
		     const struct iq_frame_options *options, struct iq_symbol *symbol)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	bool found = !iq_failed(iq_symbol_at(iq_kernel_symbols(kernel), pc - is_return, symbol));
	if (!found)
		*symbol = (struct iq_symbol){ 0 };
	iq_add_string(out, "function", symbol->name);
	if (found)
		iq_add_unsigned(out, "offset", pc - symbol->address);
	iq_add_string(out, "module", symbol->module);
	if (!iq_out_is_text(out))
		return found;
	iq_strbuf_add(&text, found ? symbol->name : "(unknown)");
	if (found && options->offsets)
		iq_strbuf_addf(&text, options->hexadecimal ? "+0x%" PRIx64 : "+%" PRIu64, pc - symbol->address);
	iq_add_string(out, "text", iq_strbuf_text(&text));
	return found;
}

static void show_numbered(struct shown *s, const struct iq_frame *frame, bool module)
{
	char template[128];
	iq_add_unsigned(s->out, "level", s->level++);
	iq_add_address(s->out, "sp", iq_frame_place(frame));
	snprintf(template, sizeof(template), "{level:#3} [{sp@address}]%s {text@symbol} at {pc@address}%s%s",
		 frame->kind == IQ_FRAME_POSSIBLE ? " ?" : "", module ? " [{module}]" : "",
		 iq_bpf_line_suffix(s->source));
	iq_line(s->out, template);
	iq_show_source_line(s->source);
}

/* An interrupted function: its registers under the entry code that saved them. */
static void show_saved(struct shown *s, const struct iq_frame *frame, bool named)
{
	iq_add_string(s->out, "level", NULL);
	iq_add_address(s->out, "sp", frame->sp);
	if (frame->pt_regs)
		iq_add_address(s->out, "pt_regs", frame->pt_regs);
	char template[128];
	snprintf(template, sizeof(template), "    [exception RIP: %s]%s", named ? "{text@symbol}" : "{pc@address}",
		 iq_bpf_line_suffix(s->source));
	if (frame->kind != IQ_FRAME_USER)
		iq_line(s->out, template);
	iq_show_source_line(s->source);
	iq_registers(s->out, iq_target_arch(iq_kernel_target(s->kernel)), &frame->regs);
}

/* Two words to a line. */
static struct iq_error *show_range(struct shown *s, uint64_t from, uint64_t to)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	struct iq_target *target = iq_kernel_target(s->kernel);
	if (to < from || (to - from) / 8 > MAX_FRAME_WORDS)
		return NULL;
	iq_list_begin(s->out, "stack");
	for (uint64_t at = from; at <= to; at += 8) {
		uint64_t word;
		if (!line.length)
			iq_strbuf_addf(&line, "    %016lx:", at);
		struct iq_error *error = iq_read_u64(target, at, &word);
		iq_strbuf_add_char(&line, ' ');
		size_t column = line.length;
		if (error) {
			iq_add_unavailable(s->out, NULL, error->message);
			iq_strbuf_add(&line, "(unavailable)");
			iq_error_free(error);
		} else {
			iq_add_hex(s->out, NULL, word);
			iq_stack_word_text(s->kernel, word, s->options->words, &line);
		}
		bool last = at + 8 > to, second = (at - from) / 8 % 2 == 1;
		if (!last && !second)
			iq_strbuf_pad(&line, column + 16);
		if (last || second) {
			iq_text(s->out, "%s", iq_strbuf_text(&line));
			iq_strbuf_truncate(&line, 0);
		}
	}
	iq_end(s->out);
	return iq_check_interrupt();
}

/* -f: the words between a function's return address and the next one's; those that an exception left between them
 * count. */
static struct iq_error *show_words(struct shown *s, const struct iq_backtrace *trace, size_t i)
{
	const struct iq_frame *frame = &trace->frames[i], *until = frame + 1, *end = trace->frames + trace->count;
	bool given = i == 0 && !frame->pc_is_return; /* by its registers: it has no slot */
	if (!s->options->stack_data || frame->kind != IQ_FRAME_CALL || given || until == end)
		return NULL;
	if (until->kind == IQ_FRAME_EXCEPTION && until + 1 < end && until->stack.start == frame->stack.start)
		until++;
	if (until->kind != IQ_FRAME_CALL || until->stack.start != frame->stack.start)
		return NULL;
	return show_range(s, frame->pc_slot + 8, until->pc_slot);
}

/* "--- <NMI exception stack> ---" where the walk leaves a CPU's stack; where to need not be known: a guard page is on
 * none. */
static bool leaves_stack(const struct iq_frame *from, const struct iq_frame *to)
{
	return from->stack.name && from->stack.start != to->stack.start && strcmp(from->stack.name, "task") != 0;
}

void iq_show_stack_end(struct iq_out *out, const char *stack)
{
	bool irq = strcmp(stack, "IRQ") == 0 || strcmp(stack, "entry") == 0;
	iq_text(out, "--- <%s %sstack> ---", stack, irq ? "" : "exception ");
}

uint64_t iq_frame_place(const struct iq_frame *frame)
{
	return frame->kind != IQ_FRAME_EXCEPTION && frame->pc_slot ? frame->pc_slot : frame->sp;
}

bool iq_frame_is_numbered(const struct iq_backtrace *trace, size_t frame)
{
	const struct iq_frame *shown = &trace->frames[frame];
	bool start_exact = frame == 0 && !shown->pc_is_return;
	return shown->kind != IQ_FRAME_EXCEPTION && shown->kind != IQ_FRAME_USER && !start_exact;
}

/* What the frame is, but for its words and its locals. */
static struct iq_error *show_place(struct shown *s, const struct iq_frame *frame, bool saved)
{
	struct iq_symbol symbol = { 0 };
	bool named = false;
	iq_add_string(s->out, "kind", saved && frame->kind == IQ_FRAME_CALL ? "exception" : kind_name(frame));
	iq_add_string(s->out, "proof", proof_name(frame));
	iq_add_address(s->out, "pc", frame->pc);
	if (frame->stack.name)
		iq_add_string(s->out, "stack_name", frame->stack.name);
	if (frame->hooked)
		iq_add_bool(s->out, "hooked", true);
	IQ_TRY(iq_show_inlined(s->source));
	if (frame->kind == IQ_FRAME_USER) {
		iq_add_string(s->out, "function", NULL);
		iq_add_string(s->out, "module", NULL);
	} else {
		struct iq_frame_options options = *s->options;
		options.offsets |= saved;
		named = iq_add_function(s->out, s->kernel, frame->pc, frame->pc_is_return, &options, &symbol);
	}
	if (saved)
		show_saved(s, frame, named);
	else
		show_numbered(s, frame, symbol.module != NULL);
	if (!saved && s->options->registers)
		iq_registers(s->out, iq_target_arch(iq_kernel_target(s->kernel)), &frame->regs);
	return NULL;
}

static struct iq_error *show_fields(struct shown *s, const struct iq_backtrace *trace, size_t i)
{
	const struct iq_frame *frame = &trace->frames[i], *next = i + 1 < trace->count ? frame + 1 : NULL;
	_cleanup_(iq_shown_source_free) struct iq_shown_source source = {
		.session = s->session, .kernel = s->kernel, .out = s->out, .trace = trace, .frame = i
	};
	s->source = &source;
	IQ_TRY(iq_shown_source_find(&source, s->options));
	struct iq_error *error = show_place(s, frame, !iq_frame_is_numbered(trace, i));
	if (!error)
		error = iq_show_locals(&source);
	if (!error && s->options->locals)
		error = iq_show_bpf_frame(s->session, s->out, trace, i);
	/* The words of the entry code hold the registers that follow: in text they stand behind those. */
	if (!error && (!iq_out_is_text(s->out) || !next || next->kind != IQ_FRAME_EXCEPTION))
		error = show_words(s, trace, i);
	if (!error && iq_out_is_text(s->out) && frame->kind == IQ_FRAME_EXCEPTION && i)
		error = show_words(s, trace, i - 1);
	return error;
}

static struct iq_error *show_frame(struct shown *s, const struct iq_backtrace *trace, size_t i)
{
	const struct iq_frame *frame = &trace->frames[i], *before = i ? frame - 1 : NULL;
	bool saved = !iq_frame_is_numbered(trace, i), left = before && leaves_stack(before, frame);
	if (left && !saved)
		iq_show_stack_end(s->out, before->stack.name);
	iq_record_begin(s->out);
	struct iq_error *error = show_fields(s, trace, i);
	iq_end(s->out);
	if (left && saved && frame->kind != IQ_FRAME_USER)
		iq_show_stack_end(s->out, before->stack.name);
	return error;
}

struct iq_error *iq_show_frame(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
			       size_t frame, unsigned level, const struct iq_frame_options *options)
{
	struct shown s = { .session = session, .out = out, .options = options, .level = level };
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	return show_fields(&s, trace, frame);
}

struct iq_error *iq_show_backtrace(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
				   const struct iq_frame_options *options)
{
	struct iq_error *error = NULL;
	struct shown s = { .session = session, .out = out, .options = options };
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	iq_list_begin(out, "frames");
	for (size_t i = 0; i < trace->count && !error; i++)
		error = show_frame(&s, trace, i);
	iq_end(out);
	if (!error && trace->end != IQ_END_COMPLETE) {
		iq_add_string(out, "end", trace->reason);
		iq_line(out, "    (the walk ends here: {end})");
	}
	return error;
}
