// SPDX-License-Identifier: GPL-2.0-or-later
/* jited_linfo: bpf_prog_fill_jited_linfo() in kernel/bpf/core.c. */
#include "bpf/layout.h"

#include "util/cleanup.h"

#include <stdlib.h>

/*
 * Keeps the longest part of the list in which no mark stands before the one that it follows: one wrong address then
 * costs its own line only. tails[n] is the mark with the lowest place that ends such a part of n + 1 marks.
 */
static struct iq_error *keep_sorted(struct iq_bpf_mark *marks, size_t *count)
{
	_cleanup_free_ size_t *tails = calloc(*count + 1, sizeof(*tails));
	_cleanup_free_ size_t *before = calloc(*count + 1, sizeof(*before));
	size_t length = 0;
	if (!tails || !before)
		return iq_error_no_memory();
	for (size_t i = 0; i < *count; i++) {
		size_t low = 0, high = length;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (marks[tails[middle]].op <= marks[i].op)
				low = middle + 1;
			else
				high = middle;
		}
		tails[low] = i;
		before[i] = low ? tails[low - 1] : i;
		length = low == length ? length + 1 : length;
	}
	/* Backwards along the chain, then to the front. */
	for (size_t n = length, at = length ? tails[length - 1] : 0; n-- > 0; at = before[at])
		tails[n] = at;
	for (size_t n = 0; n < length; n++)
		marks[n] = marks[tails[n]];
	*count = length;
	return NULL;
}

struct iq_error *iq_bpf_line_marks(const struct iq_bpf_layout *layout, size_t first, struct iq_bpf_mark **out,
				   size_t *count, size_t *wrong)
{
	const struct iq_bpf_code *code = layout->code;
	const struct iq_bpf_machine *machine = layout->machine;
	uint32_t start = code->functions[layout->function].start;
	_cleanup_free_ struct iq_bpf_mark *marks = calloc(code->line_count + 1, sizeof(*marks));
	size_t found = 0;
	*wrong = 0;
	if (!marks)
		return iq_error_no_memory();
	for (size_t i = 0; i < code->line_count; i++) {
		const struct iq_bpf_line *line = &code->lines[i];
		size_t op;
		if (line->function != layout->function || !line->jited)
			continue;
		if (line->insn == start) /* it begins with the prologue */
			*wrong += line->jited != machine->address;
		else if (iq_bpf_machine_find(machine, line->jited, &op) && op >= first)
			marks[found++] = (struct iq_bpf_mark){ op, line->insn };
		else
			++*wrong;
	}
	*count = found;
	IQ_TRY(keep_sorted(marks, count));
	*wrong += found - *count;
	*out = iq_steal(marks);
	return NULL;
}
