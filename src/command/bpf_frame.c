// SPDX-License-Identifier: GPL-2.0-or-later
/* The frame of a BPF program: R0 to R10, the program's stack, its arguments and its context. */
#include "command/bpf_frame.h"
#include "command/frames.h"

#include "bpf/map.h"
#include "expr/print.h"
#include "kernel/source.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_MAPS = 64 };

/* A map that the program uses, for words that point to it or into its values. */
struct map {
	struct iq_bpf_map map;
	uint64_t values; /* of an array: the first one; 0: not that simple */
	uint64_t stride;
};

struct shown {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_bpf *bpf;
	struct iq_out *out;
	const struct iq_frame *at;
	const struct iq_bpf_frame *frame;
	struct map maps[MAX_MAPS];
	size_t map_count;
};

static const struct iq_arch *arch_of(const struct shown *s)
{
	return iq_target_arch(iq_kernel_target(s->kernel));
}

/* Words. */

static void find_maps(struct shown *s)
{
	uint32_t ids[MAX_MAPS];
	size_t count;
	struct iq_type_member value;
	if (iq_failed(iq_bpf_program_maps(s->bpf, &s->frame->code->program, ids, MAX_MAPS, &count)))
		return;
	for (size_t i = 0; i < IQ_MIN(count, (size_t)MAX_MAPS); i++) {
		struct map *map = &s->maps[s->map_count];
		if (iq_failed(iq_bpf_map_by_id(s->bpf, ids[i], &map->map)))
			continue;
		s->map_count++;
		if (strcmp(map->map.type_name, "array") == 0 &&
		    !iq_failed(iq_types_member(iq_kernel_types(s->kernel), "bpf_array", "value", &value))) {
			map->values = map->map.address + value.bit_offset / 8;
			map->stride = ((uint64_t)map->map.value_size + 7) & ~UINT64_C(7);
		}
	}
}

/* "map numbers", "numbers[2]+4": what no symbol tells. */
static bool add_map(const struct shown *s, uint64_t word, struct iq_strbuf *text)
{
	for (size_t i = 0; i < s->map_count; i++) {
		const struct map *map = &s->maps[i];
		if (word == map->map.address) {
			iq_strbuf_addf(text, "map %s", map->map.name);
			return true;
		}
		if (!map->stride || word < map->values || (word - map->values) / map->stride >= map->map.max_entries)
			continue;
		iq_strbuf_addf(text, "%s[%" PRIu64 "]", map->map.name, (word - map->values) / map->stride);
		if ((word - map->values) % map->stride)
			iq_strbuf_addf(text, "+%" PRIu64, (word - map->values) % map->stride);
		return true;
	}
	return false;
}

/* What a word is the address of; empty for a mere number. */
static void name_word(const struct shown *s, uint64_t word, struct iq_strbuf *text)
{
	uint64_t fp = s->frame->fp;
	if (fp && word <= fp && fp - word <= 512)
		iq_strbuf_addf(text, word == fp ? "fp" : "fp-%" PRIu64, fp - word);
	else if (!add_map(s, word, text) && iq_is_kernel_address(iq_kernel_target(s->kernel), word)) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf plain = { 0 }, name = { 0 };
		iq_strbuf_addf(&plain, "%016" PRIx64, word);
		iq_stack_word_text(s->kernel, word, IQ_WORDS_SLABS, &name);
		if (strcmp(iq_strbuf_text(&plain), iq_strbuf_text(&name)) != 0)
			iq_strbuf_add(text, iq_strbuf_text(&name));
	}
}

static void add_name(const struct shown *s, uint64_t word, struct iq_strbuf *line)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	name_word(s, word, &name);
	iq_add_string(s->out, "points_to", name.length ? iq_strbuf_text(&name) : NULL);
	if (name.length)
		iq_strbuf_addf(line, "  %s", iq_strbuf_text(&name));
}

/* Parts of the frame. */

static void show_place(const struct shown *s)
{
	const struct iq_bpf_frame *f = s->frame;
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	const struct iq_bpf_program *program = &f->code->program;
	iq_add_unsigned(s->out, "id", program->id);
	iq_add_string(s->out, "type", program->type_name);
	iq_add_unsigned(s->out, "function", f->function);
	iq_add_string(s->out, "name", f->code->functions[f->function].name);
	if (f->insn < f->insn_end) {
		iq_add_unsigned(s->out, "insn", f->insn);
		iq_add_unsigned(s->out, "insn_end", f->insn_end);
	}
	if (f->tail_calls_known)
		iq_add_unsigned(s->out, "tail_calls", f->tail_calls);
	iq_add_string(s->out, "called", f->called);
	iq_strbuf_addf(&line, "        BPF program %u (%s)", program->id, program->type_name);
	if (f->code->function_count > 1)
		iq_strbuf_addf(&line, ", function %zu", f->function);
	if (f->insn + 1 == f->insn_end)
		iq_strbuf_addf(&line, ", instruction %u", f->insn);
	else if (f->insn < f->insn_end)
		iq_strbuf_addf(&line, ", instructions %u to %u", f->insn, f->insn_end - 1);
	if (f->tail_calls_known)
		iq_strbuf_addf(&line, ", tail calls: %u", f->tail_calls);
	iq_text(s->out, "%s", iq_strbuf_text(&line));
	if (f->called)
		iq_text(s->out, "        a tail call led here from %s, which the caller called", f->called);
}

static void show_register(const struct shown *s, unsigned reg)
{
	const struct iq_bpf_frame *f = s->frame;
	bool known = f->known >> reg & 1, dead = f->dead >> reg & 1, clobbered = s->at->pc_is_return && reg <= 5;
	const char *why = clobbered ? "clobbered by the call" : dead ? "not set here" : "not known";
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	char name[8];
	snprintf(name, sizeof(name), "R%u", reg);
	iq_record_begin(s->out);
	iq_add_string(s->out, "name", name);
	iq_add_string(s->out, "register", arch_of(s)->reg_names[arch_of(s)->bpf_regs[reg]]);
	iq_add_bool(s->out, "dead", dead);
	iq_strbuf_addf(&line, "        %-3s (%s) = ", name, arch_of(s)->reg_names[arch_of(s)->bpf_regs[reg]]);
	if (known && !clobbered) {
		iq_add_hex(s->out, "value", f->reg[reg]);
		iq_strbuf_addf(&line, "0x%" PRIx64, f->reg[reg]);
		add_name(s, f->reg[reg], &line);
		if (dead)
			iq_strbuf_add(&line, "  (the caller's: not set here)");
	} else {
		iq_add_unavailable(s->out, "value", why);
		iq_strbuf_addf(&line, "<%s>", why);
	}
	/* One line will do for the six that a call clobbers. */
	if (!clobbered)
		iq_text(s->out, "%s", iq_strbuf_text(&line));
	else if (reg == 5)
		iq_text(s->out, "        R0 to R5 = <clobbered by the call>");
	iq_end(s->out);
}

static void show_registers(const struct shown *s)
{
	iq_list_begin(s->out, "registers");
	for (unsigned reg = 0; reg < IQ_BPF_REGISTERS; reg++)
		show_register(s, reg);
	iq_end(s->out);
	if (s->frame->fp)
		iq_add_address(s->out, "fp", s->frame->fp);
}

static const char *slot_kind(enum iq_bpf_slot_kind kind)
{
	switch (kind) {
	case IQ_BPF_SLOT_STACK: return "stack";
	case IQ_BPF_SLOT_SAVED: return "saved";
	case IQ_BPF_SLOT_RETURN: return "return";
	case IQ_BPF_SLOT_TAIL_CALLS: return "tail calls";
	case IQ_BPF_SLOT_TAIL_CALLS_AT: return "tail calls at";
	}
	return "stack";
}

static const char *slot_text(enum iq_bpf_slot_kind kind)
{
	switch (kind) {
	case IQ_BPF_SLOT_RETURN: return "return address";
	case IQ_BPF_SLOT_TAIL_CALLS: return "tail-call counter";
	case IQ_BPF_SLOT_TAIL_CALLS_AT: return "where the tail-call counter is";
	default: return "";
	}
}

static void show_slot(const struct shown *s, const struct iq_bpf_slot *slot)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	const char *reg = slot->kind == IQ_BPF_SLOT_SAVED ? arch_of(s)->reg_names[slot->reg] : NULL;
	iq_record_begin(s->out);
	iq_add_address(s->out, "address", slot->address);
	iq_add_signed(s->out, "offset", slot->offset);
	iq_add_string(s->out, "kind", slot_kind(slot->kind));
	if (reg)
		iq_add_string(s->out, "register", reg);
	iq_strbuf_addf(&line, "          fp%+-5d %016" PRIx64 ": ", slot->offset, slot->address);
	if (slot->known) {
		iq_add_hex(s->out, "value", slot->value);
		iq_strbuf_addf(&line, "%016" PRIx64, slot->value);
		add_name(s, slot->value, &line);
	} else {
		iq_add_unavailable(s->out, "value", "its page is not in the dump");
		iq_strbuf_add(&line, "(unavailable)");
	}
	if (reg)
		iq_strbuf_addf(&line, "  (the caller's %s)", reg);
	else if (*slot_text(slot->kind))
		iq_strbuf_addf(&line, "  (%s)", slot_text(slot->kind));
	iq_text(s->out, "%s", iq_strbuf_text(&line));
	iq_end(s->out);
}

static void show_stack(const struct shown *s)
{
	iq_list_begin(s->out, "stack");
	if (s->frame->slot_count)
		iq_text(s->out, "        stack:");
	for (size_t i = 0; i < s->frame->slot_count; i++)
		show_slot(s, &s->frame->slots[i]);
	iq_end(s->out);
}

/* Arguments. */

static void add_from(const char *from, struct iq_strbuf *text)
{
	if (strcmp(from, "the caller") == 0)
		iq_strbuf_add(text, "  (as the caller's code passed it)");
	else if (*from)
		iq_strbuf_addf(text, "  (in %s)", from);
}

static struct iq_error *given_value(const struct iq_bpf_given *given, struct iq_value *value)
{
	uint64_t size;
	if (given->size) {
		*value = iq_value_at(given->type, given->address);
		return NULL;
	}
	IQ_TRY(iq_type_size(given->type, &size));
	return iq_value_of_bytes(given->type, &given->value, IQ_MIN(size, UINT64_C(8)), value);
}

static struct iq_error *show_given(const struct shown *s, const struct iq_bpf_given *given)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 }, type = { 0 };
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_print_options options = { .target = iq_kernel_target(s->kernel),
					    .symbols = iq_kernel_symbols(s->kernel),
					    .radix = s->session->radix,
					    .indent = 8,
					    .one_line = true,
					    .pointer_types = true };
	struct iq_error *error = NULL;
	iq_record_begin(s->out);
	iq_add_string(s->out, "name", given->name);
	if (given->type.source) {
		iq_type_declare(given->type, "", &type);
		iq_add_string(s->out, "type", iq_strbuf_text(&type));
	}
	if (given->is_result)
		iq_add_bool(s->out, "result", true);
	if (*given->from)
		iq_add_string(s->out, "from", given->from);
	iq_strbuf_addf(&text, "        %s = ", given->name ? given->name : "(unnamed)");
	if (given->known && given->type.source)
		error = given_value(given, &value);
	if (!given->known || error) {
		const char *why = error ? error->message : "neither a register nor the stack has it any more";
		iq_add_unavailable(s->out, "value", why);
		iq_strbuf_addf(&text, "<%s>", why);
		iq_error_freep(&error);
	} else if (!given->type.source) {
		iq_add_hex(s->out, "value", given->value);
		iq_strbuf_addf(&text, "0x%" PRIx64, given->value);
	} else if (iq_out_is_text(s->out)) {
		error = iq_value_print(&value, &options, &text);
	} else {
		error = iq_value_record(&value, &options, s->out, "value");
	}
	if (given->known)
		add_from(given->from, &text);
	if (!error)
		iq_print_lines(s->out, iq_strbuf_text(&text));
	iq_end(s->out);
	return error;
}

static struct iq_error *show_list(const struct shown *s, const char *key, const struct iq_bpf_given *given,
				  size_t count)
{
	struct iq_error *error = NULL;
	iq_list_begin(s->out, key);
	for (size_t i = 0; i < count && !error; i++)
		error = show_given(s, &given[i]);
	iq_end(s->out);
	return error;
}

static struct iq_error *show_context(const struct shown *s)
{
	const struct iq_bpf_frame *f = s->frame;
	_cleanup_(iq_strbuf_free) struct iq_strbuf type = { 0 }, line = { 0 };
	bool main_function = f->function == 0;
	if (!f->context_known && !main_function)
		return NULL;
	iq_object_begin(s->out, "context");
	if (f->context_type.source)
		iq_type_declare(f->context_type, "", &type);
	iq_add_string(s->out, "type", type.length ? iq_strbuf_text(&type) : NULL);
	iq_add_string(s->out, "seen_as", *f->context_seen_as ? f->context_seen_as : NULL);
	iq_strbuf_add(&line, "        context = ");
	if (type.length)
		iq_strbuf_addf(&line, "(%s) ", iq_strbuf_text(&type));
	if (f->context_known) {
		iq_add_address(s->out, "address", f->context);
		iq_add_string(s->out, "from", f->context_from);
		iq_strbuf_addf(&line, "0x%" PRIx64, f->context);
		add_name(s, f->context, &line);
		add_from(f->context_from, &line);
		if (*f->context_seen_as)
			iq_strbuf_addf(&line, ", the program's %s", f->context_seen_as);
	} else {
		static const char why[] = "neither a register nor the stack has it any more";
		iq_add_unavailable(s->out, "address", why);
		iq_strbuf_addf(&line, "<%s>", why);
	}
	iq_text(s->out, "%s", iq_strbuf_text(&line));
	struct iq_error *error = NULL;
	if (f->context_known && f->context_type.source)
		error = iq_show_bpf_context(s->session, s->out, f);
	iq_end(s->out);
	return error;
}

static struct iq_error *show_traced(const struct shown *s)
{
	const struct iq_bpf_frame *f = s->frame;
	if (!f->traced)
		return NULL;
	iq_object_begin(s->out, "traced");
	iq_add_string(s->out, "function", f->traced);
	iq_text(s->out, "        arguments of %s:", f->traced);
	struct iq_error *error = show_list(s, "arguments", f->traced_arguments, f->traced_count);
	iq_end(s->out);
	return error;
}

static struct iq_error *show(const struct shown *s)
{
	show_place(s);
	IQ_TRY(show_context(s));
	IQ_TRY(show_traced(s));
	IQ_TRY(show_list(s, "arguments", s->frame->arguments, s->frame->argument_count));
	show_registers(s);
	show_stack(s);
	if (s->frame->why) {
		iq_add_string(s->out, "unknown", s->frame->why);
		iq_text(s->out, "        (%s)", s->frame->why);
	}
	return NULL;
}

struct iq_error *iq_show_bpf_frame(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
				   size_t index)
{
	_cleanup_(iq_bpf_frame_free) struct iq_bpf_frame frame = { 0 };
	struct shown s = { .session = session, .out = out, .at = &trace->frames[index], .frame = &frame };
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	const struct iq_image *image = iq_image_at(iq_kernel_images(s.kernel), iq_frame_source_pc(s.at));
	if (!image || image->kind != IQ_IMAGE_BPF_PROGRAM || s.at->kind == IQ_FRAME_USER ||
	    s.at->kind == IQ_FRAME_POSSIBLE)
		return NULL;
	IQ_TRY(iq_session_bpf(session, &s.bpf));
	struct iq_error *error = iq_bpf_frame_read(s.bpf, trace, index, &frame);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (error) {
		iq_add_unavailable(out, "bpf", error->message);
		iq_text(out, "        (%s)", error->message);
		iq_error_free(error);
		return NULL;
	}
	find_maps(&s);
	iq_object_begin(out, "bpf");
	error = show(&s);
	iq_end(out);
	return error;
}
