// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/layout.h"
#include "bpf/shape.h"

#include "util/cleanup.h"
#include "util/vec.h"

#include <stdlib.h>

struct work {
	const struct iq_bpf_layout *layout;
	const struct iq_bpf_machine *machine;
	const struct iq_bpf_code *code;
	const struct iq_bpf_function *function;
	struct iq_bpf_prologue prologue;
	struct iq_bpf_way_out *ways;
	size_t way_count;
	size_t padding; /* the first instruction of it */
	uint8_t *parts; /* enum iq_bpf_part of each instruction */
	IQ_VEC(struct iq_bpf_mark) marks;
	IQ_VEC(struct iq_bpf_run) runs;
	struct iq_strbuf complaint;
};

__attribute__((format(printf, 2, 3))) static void complain(struct work *w, const char *format, ...)
{
	va_list arguments;
	if (w->complaint.length)
		iq_strbuf_add(&w->complaint, "; ");
	va_start(arguments, format);
	iq_strbuf_addv(&w->complaint, format, arguments);
	va_end(arguments);
}

static struct iq_error *add_mark(struct work *w, size_t op, uint32_t insn)
{
	struct iq_bpf_mark *mark = iq_vec_push(&w->marks);
	if (!mark)
		return iq_error_no_memory();
	*mark = (struct iq_bpf_mark){ op, insn };
	return NULL;
}

static int compare_marks(const void *a, const void *b)
{
	const struct iq_bpf_mark *x = a, *y = b;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return (x->insn > y->insn) - (x->insn < y->insn);
}

static void sort_marks(struct work *w)
{
	qsort(w->marks.data, w->marks.count, sizeof(*w->marks.data), compare_marks);
}

/* The n-th instruction of the function with an opcode; false: there are fewer. */
static bool nth_of(const struct work *w, uint8_t opcode, size_t n, uint32_t *out)
{
	for (uint32_t i = w->function->start; i < w->function->end; i += (uint32_t)iq_bpf_slots(&w->code->insns[i])) {
		if (w->code->insns[i].code != opcode || n--)
			continue;
		*out = i;
		return true;
	}
	return false;
}

/* What the bytes alone say. */

static bool is_filling(const struct work *w, size_t op)
{
	struct iq_insn insn;
	return iq_bpf_machine_insn(w->machine, op, &insn) && (iq_shape_is(&insn, "int3") || iq_shape_nop(&insn));
}

static bool never_goes_on(const struct work *w, size_t op)
{
	return !w->machine->ops[op].bad &&
	       (w->machine->ops[op].flow == IQ_FLOW_RETURN || w->machine->ops[op].flow == IQ_FLOW_JUMP);
}

/* jited_len says where the code ends: there must be an end there. */
static void check_end(struct work *w)
{
	const struct iq_bpf_machine *m = w->machine;
	size_t end = m->count;
	while (end && is_filling(w, end - 1))
		end--;
	w->padding = m->count;
	if (end && never_goes_on(w, end - 1)) {
		struct iq_insn insn;
		/* One trap behind it is its own. */
		end += iq_bpf_machine_insn(m, end, &insn) && iq_shape_is(&insn, "int3");
		w->padding = end;
		if (end < m->count)
			complain(w, "its last %lu bytes are filling, no code",
				 (unsigned long)(m->size - m->ops[end].offset));
	} else if (m->count && !w->complaint.length && m->ops[m->count - 1].flow != IQ_FLOW_CALL) {
		/* Behind the call of what never comes back (bpf_throw) nothing is needed. */
		complain(w, "it ends where the code goes on");
	}
}

/* With more bytes behind it, would it be an instruction? */
static bool is_cut_off(const struct iq_bpf_machine *m, size_t op)
{
	uint8_t bytes[2 * IQ_MAX_INSN] = { 0 };
	struct iq_insn insn;
	size_t left = m->size - m->ops[op].offset;
	if (left >= IQ_MAX_INSN)
		return false;
	memcpy(bytes, m->bytes + m->ops[op].offset, left);
	return !iq_failed(m->arch->decode(bytes, sizeof(bytes), m->address + m->ops[op].offset, &insn)) &&
	       insn.length > left;
}

static void check_bytes(struct work *w)
{
	size_t bad = 0, first = 0;
	for (size_t i = 0; i < w->machine->count; i++) {
		if (w->machine->ops[i].bad && !bad++)
			first = i;
	}
	if (bad && is_cut_off(w->machine, first))
		complain(w, "its last instruction is cut off");
	else if (bad)
		complain(w, "%zu bytes in it are no instructions, the first at +%u", bad,
			 w->machine->ops[first].offset);
}

static void set_parts(struct work *w, size_t first, size_t end, enum iq_bpf_part part)
{
	for (size_t i = first; i < end; i++)
		w->parts[i] = (uint8_t)part;
}

static struct iq_error *find_parts(struct work *w)
{
	const struct iq_bpf_prologue *p = &w->prologue;
	uint32_t tail_call;
	w->parts = calloc(w->machine->count + 1, 1);
	if (!w->parts)
		return iq_error_no_memory();
	iq_bpf_prologue_find(w->machine,
			     w->function->tail_call_reachable || nth_of(w, IQ_BPF_CODE_TAIL_CALL, 0, &tail_call),
			     &w->prologue);
	if (!p->end)
		complain(w, "it begins with no prologue that is known");
	check_bytes(w);
	check_end(w);
	IQ_TRY(iq_bpf_ways_out(w->machine, p, &w->ways, &w->way_count));
	set_parts(w, 0, p->end, IQ_BPF_PROLOGUE);
	set_parts(w, p->takes_over, p->takes_over_end, IQ_BPF_EXCEPTION);
	set_parts(w, p->end, w->machine->count, IQ_BPF_BODY);
	for (size_t i = 0; i < w->way_count; i++) {
		const struct iq_bpf_way_out *way = &w->ways[i];
		set_parts(w, way->first, way->end, way->tail_call ? IQ_BPF_TAIL_JUMP : IQ_BPF_EPILOGUE);
		set_parts(w, way->unwinds, way->unwinds_end, IQ_BPF_EPILOGUE);
	}
	set_parts(w, w->padding, w->machine->count, IQ_BPF_PADDING);
	return NULL;
}

/* What the bytecode adds. */

static size_t count_ways(const struct work *w, bool tail_calls)
{
	size_t count = 0;
	for (size_t i = 0; i < w->way_count; i++)
		count += w->ways[i].tail_call == tail_calls;
	return count;
}

/* The first EXIT became the epilogue, to which all others jump; each tail call became one sequence. */
static struct iq_error *mark_ways(struct work *w)
{
	uint32_t insn, behind = 0;
	size_t tail_calls = count_ways(w, true), exits = count_ways(w, false), n = 0;
	bool tails_known = tail_calls && nth_of(w, IQ_BPF_CODE_TAIL_CALL, tail_calls - 1, &insn) &&
			   !nth_of(w, IQ_BPF_CODE_TAIL_CALL, tail_calls, &insn);
	if (!exits && w->prologue.end && nth_of(w, IQ_BPF_CODE_EXIT, 0, &insn))
		complain(w, "it has no epilogue");
	for (size_t i = 0; i < w->way_count; i++) {
		const struct iq_bpf_way_out *way = &w->ways[i];
		if (way->tail_call ? !tails_known || !nth_of(w, IQ_BPF_CODE_TAIL_CALL, n++, &insn)
				   : exits != 1 || !nth_of(w, IQ_BPF_CODE_EXIT, 0, &insn))
			continue;
		if (insn < behind) {
			complain(w, "its ways out are in another order than the bytecode's");
			w->marks.count = 0;
			return NULL;
		}
		behind = insn + 1;
		IQ_TRY(add_mark(w, way->first, insn));
		IQ_TRY(add_mark(w, way->end, behind));
	}
	return NULL;
}

static bool contradicts(const struct iq_bpf_mark *line, const struct iq_bpf_mark *way)
{
	return (line->op < way->op && line->insn > way->insn) || (line->op > way->op && line->insn < way->insn);
}

static struct iq_error *mark_lines(struct work *w)
{
	_cleanup_free_ struct iq_bpf_mark *lines = NULL;
	size_t count, wrong, ways = w->marks.count;
	IQ_TRY(iq_bpf_line_marks(w->layout, w->prologue.end, &lines, &count, &wrong));
	for (size_t i = 0; i < count; i++) {
		bool fits = true;
		for (size_t n = 0; n < ways; n++)
			fits &= !contradicts(&lines[i], &w->marks.data[n]);
		wrong += !fits;
		if (fits)
			IQ_TRY(add_mark(w, lines[i].op, lines[i].insn));
	}
	if (wrong)
		complain(w, "%zu of its lines have wrong addresses in jited_linfo", wrong);
	return NULL;
}

/* Calls of functions that count tail calls hand the counter on; on some machines depths of calls are counted, too. */
static size_t before_call(const struct work *w, size_t op)
{
	struct iq_insn insn;
	if (op && iq_bpf_machine_insn(w->machine, op - 1, &insn) && iq_shape_is(&insn, "sar") && insn.operand_count &&
	    insn.operands[0].segment == 'g')
		op--;
	if (op && w->prologue.counts_tail_calls && iq_bpf_machine_insn(w->machine, op - 1, &insn) &&
	    iq_shape_is(&insn, "mov") && insn.length >= 6 && insn.operand_count >= 2 &&
	    insn.operands[0].kind == IQ_OPERAND_REG && insn.operands[0].reg == IQ_X86_RAX &&
	    insn.operands[1].kind == IQ_OPERAND_MEM && insn.operands[1].base == IQ_X86_RBP)
		op--;
	return op;
}

static struct iq_error *mark_call(void *context, size_t op, uint32_t insn)
{
	struct work *w = context;
	IQ_TRY(add_mark(w, before_call(w, op), insn));
	return add_mark(w, op + 1, insn + 1);
}

static struct iq_error *mark_calls(struct work *w)
{
	size_t count = w->marks.count;
	sort_marks(w);
	for (size_t i = 0; i + 1 < count; i++) {
		struct iq_bpf_stretch stretch = { w->marks.data[i], w->marks.data[i + 1] };
		if (w->parts[stretch.from.op] == IQ_BPF_BODY && stretch.from.insn < stretch.to.insn)
			IQ_TRY(iq_bpf_pair_calls(w->layout, &stretch, mark_call, w));
	}
	sort_marks(w);
	return NULL;
}

/* Runs. */

static uint64_t address_of(const struct work *w, size_t op)
{
	const struct iq_bpf_machine *m = w->machine;
	return m->address + (op < m->count ? m->ops[op].offset : m->size);
}

static struct iq_error *add_run(struct work *w, size_t first, size_t end, uint32_t insn, uint32_t insn_end)
{
	enum iq_bpf_part part = w->parts[first];
	bool made = part == IQ_BPF_BODY || part == IQ_BPF_EPILOGUE || part == IQ_BPF_TAIL_JUMP;
	struct iq_bpf_run *run = iq_vec_push(&w->runs);
	if (!run)
		return iq_error_no_memory();
	*run = (struct iq_bpf_run){ .start = address_of(w, first), .end = address_of(w, end), .part = part };
	if (!made || insn_end <= insn)
		return NULL;
	run->insn = insn;
	run->insn_end = insn_end;
	run->line = iq_bpf_line_of(w->code, insn);
	if (run->line != iq_bpf_line_of(w->code, insn_end - 1))
		run->line = NULL;
	return NULL;
}

static struct iq_error *add_runs(struct work *w, size_t first, size_t end, uint32_t insn, uint32_t insn_end)
{
	for (size_t next; first < end; first = next) {
		for (next = first + 1; next < end && w->parts[next] == w->parts[first]; next++)
			;
		IQ_TRY(add_run(w, first, next, insn, insn_end));
	}
	return NULL;
}

static struct iq_error *build_runs(struct work *w)
{
	size_t first = w->marks.count ? w->marks.data[0].op : w->machine->count;
	IQ_TRY(add_runs(w, 0, first, 0, 0));
	for (size_t i = 0; i + 1 < w->marks.count; i++) {
		struct iq_bpf_mark *from = &w->marks.data[i], *to = from + 1;
		if (from->op == to->op)
			continue;
		/* Code that nothing is left for belongs to what comes next. */
		if (from->insn >= to->insn && i + 2 < w->marks.count && w->parts[from->op] == w->parts[to->op])
			to->op = from->op;
		else
			IQ_TRY(add_runs(w, from->op, to->op, from->insn, to->insn));
	}
	return NULL;
}

static struct iq_error *find(struct work *w)
{
	IQ_TRY(find_parts(w));
	if (w->prologue.end) {
		IQ_TRY(mark_ways(w));
		IQ_TRY(mark_lines(w));
		IQ_TRY(add_mark(w, w->prologue.end, w->function->start));
		IQ_TRY(add_mark(w, w->machine->count, w->function->end));
		IQ_TRY(mark_calls(w));
	} else {
		set_parts(w, 0, w->machine->count, IQ_BPF_UNKNOWN);
	}
	return build_runs(w);
}

struct iq_error *iq_bpf_layout_find(const struct iq_bpf_layout *layout, struct iq_bpf_jited *out)
{
	struct work w = { .layout = layout,
			  .machine = layout->machine,
			  .code = layout->code,
			  .function = &layout->code->functions[layout->function] };
	struct iq_error *error = find(&w);
	*out = (struct iq_bpf_jited){ .sound = !w.complaint.length };
	if (!error && w.complaint.length && !(out->complaint = iq_strbuf_steal(&w.complaint)))
		error = iq_error_no_memory();
	if (!error) {
		out->runs = w.runs.data;
		out->count = w.runs.count;
	} else {
		free(out->complaint);
		iq_vec_free(&w.runs);
		*out = (struct iq_bpf_jited){ 0 };
	}
	free(w.ways);
	free(w.parts);
	iq_vec_free(&w.marks);
	iq_strbuf_free(&w.complaint);
	return error;
}
