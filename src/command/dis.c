// SPDX-License-Identifier: GPL-2.0-or-later
/* dis: machine code. */
#include "command/listing_lines.h"
#include "command/source.h"
#include "command/tasks.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { MAX_INSTRUCTIONS = 1000000 };

struct range {
	uint64_t start, end; /* up to `end`, which -r includes */
	uint64_t count;      /* at most so many instructions */
	bool last_only;      /* -r with a count: the last `count` of them */
	uint64_t function;   /* -f: where instructions are counted from, to begin with a whole one; else 0 */
};

static struct iq_error *choose_range(struct iq_session *session, const struct iq_args *args, size_t first,
				     struct range *range)
{
	struct iq_kernel *kernel;
	struct iq_symbol symbol;
	uint64_t address;
	const char *word = args->words[first].text;
	IQ_TRY(iq_session_kernel(session, &kernel));
	struct iq_symbols *symbols = iq_kernel_symbols(kernel);
	IQ_TRY(iq_parse_address(session, word, &address));
	*range = (struct range){ .start = address, .end = UINT64_MAX, .count = 1 };
	bool known = !iq_args_has(args, 'u') && !iq_failed(iq_symbol_at(symbols, address, &symbol));
	bool function = known && symbol.address == address && !strpbrk(word, "+-(") &&
			!iq_failed(iq_symbol_by_name(symbols, word, &symbol));
	bool counted = args->count > first + 1;
	if (counted) {
		IQ_TRY(iq_parse_number(args->words[first + 1].text, &range->count));
		if (!range->count || range->count > MAX_INSTRUCTIONS)
			return iq_error_new(IQ_ERROR_ARGUMENT, "a count from 1 to %d is wanted, not '%s'",
					    MAX_INSTRUCTIONS, args->words[first + 1].text);
	}
	bool reverse = iq_args_has(args, 'r'), forward = iq_args_has(args, 'f');
	if ((reverse || forward) && !iq_args_has(args, 'u')) {
		IQ_TRY(iq_symbol_at(symbols, address, &symbol));
		range->start = reverse ? symbol.address : address;
		range->end = reverse ? address + 1 : symbol.address + symbol.size;
		range->function = forward ? symbol.address : 0;
	} else if (function && !counted) {
		range->end = symbol.address + IQ_MAX(symbol.size, UINT64_C(1));
	} else {
		return NULL;
	}
	range->last_only = reverse && counted;
	if (!counted)
		range->count = MAX_INSTRUCTIONS;
	return NULL;
}

/* -r COUNT: where the last COUNT instructions up to the address begin. */
static struct iq_error *skip_to_last(struct iq_listing *l, struct range *range)
{
	uint64_t total = 0;
	for (uint64_t at = range->start; at < range->end && total < MAX_INSTRUCTIONS; total++)
		IQ_TRY(iq_listing_skip(l, &at));
	for (; total > range->count; total--)
		IQ_TRY(iq_listing_skip(l, &range->start));
	return NULL;
}

/* -f: the first instruction that does not begin before the address; the address itself if the way there can't be read.
 */
static void skip_to_boundary(struct iq_listing *l, struct range *range)
{
	uint64_t at = range->function;
	while (at < range->start) {
		if (iq_failed(iq_listing_skip(l, &at)))
			return;
	}
	range->start = at;
}

static struct iq_error *show_source(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	uint64_t count = 0;
	if (args->count > 2)
		return iq_usage_error(args->command, "a place and how many lines behind it are wanted");
	if (args->count > 1)
		IQ_TRY(iq_parse_number(args->words[1].text, &count));
	return iq_source_show(session, args->words[0].text, count, out);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(iq_listing_lines_free) struct iq_listing_lines lines = { .session = session, .out = out };
	struct iq_listing l;
	const struct iq_task *task;
	struct iq_space space;
	struct range range;
	size_t first = 0;
	IQ_TRY(iq_listing_begin(&l, session, args, out));
	if (iq_args_has(args, 'b') && args->count > 1 && isdigit((unsigned char)args->words[0].text[0]))
		first = 1; /* crash's -b NUM: what it skips behind ud2 */
	if (args->count < first + 1)
		return iq_usage_error(args->command, "an address or a function is wanted");
	if (iq_args_has(args, 's'))
		return show_source(session, args, out);
	if (!iq_args_has(args, 'u')) {
		l.context = &lines;
		l.note = iq_listing_part;
		l.above = iq_args_has(args, 'l') ? iq_listing_line : NULL;
	} else {
		IQ_TRY(iq_session_task(session, &task));
		IQ_TRY(iq_task_space(l.kernel, task, &space, NULL));
		l.space = &space;
	}
	IQ_TRY(choose_range(session, args, first, &range));
	if (!l.space)
		l.crash_pc = iq_listing_crash_pc(l.kernel);
	if (range.last_only)
		IQ_TRY(skip_to_last(&l, &range));
	else if (range.function)
		skip_to_boundary(&l, &range);
	for (uint64_t n = 0, at = range.start; n < range.count && at < range.end; n++) {
		size_t length;
		IQ_TRY(iq_listing_show(&l, at, &length));
		if (at + length < at)
			break;
		at += length;
	}
	return NULL;
}

const struct iq_command iq_command_dis = {
	.name = "dis",
	.summary = "disassemble kernel, module, BPF or user code",
	.arguments = "ADDRESS | SYMBOL | (EXPRESSION) | FILE:LINE [COUNT]",
	.min_arguments = 1,
	.max_arguments = 3,
	.options =
		(const struct iq_option[]){
			{ 'r', NULL, NULL, "from the start of the function up to the address" },
			{ 'f', NULL, NULL, "from the address to the end of the function" },
			{ 'u', NULL, NULL, "the address is one of the task's user memory" },
			{ 'l', NULL, NULL,
			  "with source lines, where there is debug information; BPF programs have their own" },
			{ 's', NULL, NULL, "the source itself instead, from the function's or address' line on" },
			{ 'x', NULL, NULL, "offsets in hexadecimal" },
			{ 'd', NULL, NULL, "offsets in decimal" },
			{ 'b', NULL, NULL,
			  "accepted for crash's sake: nothing is skipped behind ud2, [NUM] means nothing" },
			{ 0 },
		},
	.help = "A function's name alone means the whole function, an address one instruction.\n"
		"The text is GNU's (AT&T syntax), read from the dump: a running kernel patches\n"
		"its own code. Notes in brackets tell what the bytes alone don't: the place of\n"
		"a disabled function tracer, retpolines and return thunks, static calls by\n"
		"name, the file and line of BUG and WARN. The instruction that faulted is\n"
		"marked `<-- exception RIP`.\n\n"
		"-s shows the source to the end of the function, or COUNT lines of it; the line\n"
		"that is meant has an asterisk. FILE:LINE is for -s alone, and needs no debug\n"
		"information. The source is looked for below --source's directory, in the\n"
		"directory where the kernel was built, and in /usr/src. Of BPF programs their\n"
		"BTF keeps the lines that code was made of; notes tell where prologue, epilogue\n"
		"and tail calls begin in their code.",
	.examples =
		(const struct iq_example[]){
			{ "dis bpf_test_run+300 20", "kfunc-6.1.47-la57.flat", "twenty instructions" },
			{ "dis -r bpf_skb_ct_lookup+6", "kfunc-6.1.47-la57.flat", "the way to the crash" },
			{ "dis -x bpf_skb_ct_lookup", "kfunc-6.1.47-la57.flat",
			  "a module's function, with offsets in hexadecimal" },
			{ 0 },
		},
	.run = run,
};
