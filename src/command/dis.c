// SPDX-License-Identifier: GPL-2.0-or-later
/* dis: machine code. */
#include "command/source.h"
#include "command/space.h"
#include "command/tasks.h"

#include "kernel/bug.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { MAX_INSTRUCTIONS = 1000000, PAGE = 4096, LONGEST = 15 };

struct listing {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_arch *arch;
	const struct iq_space *space; /* user memory; NULL: the kernel's */
	bool hexadecimal;
	uint64_t crash_pc;   /* the instruction that faulted; 0: none */
	enum iq_flow before; /* of the instruction before */
	bool lines;          /* -l */
	const char *file;    /* the line that was shown last; NULL: none */
	unsigned line;
};

static void resolve(void *context, uint64_t address, struct iq_strbuf *out)
{
	struct listing *l = context;
	if (!l->space)
		iq_symbol_format(iq_kernel_symbols(l->kernel), address, l->hexadecimal ? IQ_SYMBOL_OFFSET_HEX : 0, out);
}

/* Up to 15 bytes at an address; fewer where the next page can't be read. */
static struct iq_error *fetch(struct listing *l, uint64_t address, uint8_t *bytes, size_t *size)
{
	struct iq_target *target = iq_kernel_target(l->kernel);
	*size = LONGEST;
	struct iq_error *error = iq_read_space(target, l->space, address, bytes, *size);
	size_t left = PAGE - address % PAGE;
	if (!error || left >= LONGEST)
		return error;
	iq_error_free(error);
	*size = left;
	return iq_read_space(target, l->space, address, bytes, *size);
}

static bool target_is(struct listing *l, const struct iq_insn *insn, const char *prefix, const char **rest)
{
	struct iq_symbol symbol;
	if (!insn->has_target || iq_failed(iq_symbol_at(iq_kernel_symbols(l->kernel), insn->target, &symbol)) ||
	    symbol.address != insn->target || strncmp(symbol.name, prefix, strlen(prefix)) != 0)
		return false;
	*rest = symbol.name + strlen(prefix);
	return true;
}

/* A call or jump through a thunk for the register in its name; the array of thunks begins with rax'. */
static bool thunk_register(struct listing *l, const struct iq_insn *insn, const char **reg)
{
	static const char *const prefixes[] = { "__x86_indirect_thunk_", "__x86_indirect_call_thunk_",
						"__x86_indirect_jump_thunk_" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(prefixes); i++) {
		if (!target_is(l, insn, prefixes[i], reg))
			continue;
		if (strcmp(*reg, "array") == 0)
			*reg = "rax";
		return true;
	}
	return false;
}

/* What a ud2 stands for. */
static void describe_ud2(struct listing *l, const struct iq_insn *insn, struct iq_strbuf *note)
{
	struct iq_bug bug;
	struct iq_error *error = iq_bug_at(l->kernel, insn->address, &bug);
	if (error) {
		if (iq_error_is(error, IQ_ERROR_MEMORY))
			iq_warn(iq_kernel_diag(l->kernel), "dis: what ud2 stands for is not known: %s", error->message);
		iq_error_free(error);
		return;
	}
	iq_strbuf_add(note, bug.warning ? "WARN" : "BUG");
	if (bug.file[0])
		iq_strbuf_addf(note, " at %s:%u", bug.file, bug.line);
}

/* What the bytes alone don't say: patched places, thunks, traps. */
static void annotate(struct listing *l, const struct iq_insn *insn, struct iq_strbuf *note)
{
	const char *rest;
	struct iq_symbol symbol;
	bool entry = !iq_failed(iq_symbol_at(iq_kernel_symbols(l->kernel), insn->address, &symbol)) &&
		     (insn->address == symbol.address || insn->address == symbol.address + 4); /* behind endbr64 */
	if (l->space)
		return;
	if (entry && insn->length == 5 && strncmp(insn->name, "nop", 3) == 0)
		iq_strbuf_add(note, symbol.origin == IQ_SYMBOL_BPF ? "place for a BPF trampoline" : "FTRACE NOP");
	else if (thunk_register(l, insn, &rest))
		iq_strbuf_addf(note, "retpoline: %s *%%%s", insn->flow == IQ_FLOW_CALL ? "call" : "jmp", rest);
	else if (target_is(l, insn, "__x86_return_thunk", &rest))
		iq_strbuf_add(note, "return");
	else if (insn->has_target && insn->length == 5 && (insn->flow == IQ_FLOW_CALL || insn->flow == IQ_FLOW_JUMP) &&
		 !iq_failed(iq_static_call_at(l->kernel, insn->address, &rest)))
		iq_strbuf_addf(note, "static call: %s", rest);
	else if (strcmp(insn->name, "ud2") == 0)
		describe_ud2(l, insn, note);
	else if (strcmp(insn->name, "int3") == 0 && l->before != IQ_FLOW_RETURN && l->before != IQ_FLOW_JUMP &&
		 l->before != IQ_FLOW_TRAP)
		iq_strbuf_add(note, "a probe, or text that was being patched");
}

static void add_place(struct listing *l, uint64_t address, struct iq_strbuf *line)
{
	struct iq_symbol symbol;
	if (!l->space && !iq_failed(iq_symbol_at(iq_kernel_symbols(l->kernel), address, &symbol))) {
		iq_add_string(l->out, "symbol", symbol.name);
		iq_add_unsigned(l->out, "offset", address - symbol.address);
		iq_add_string(l->out, "module", symbol.module);
		iq_strbuf_addf(line, "0x%lx <", address);
		resolve(l, address, line);
		iq_strbuf_add(line, ">:\t");
	} else {
		iq_strbuf_addf(line, "   0x%lx:\t", address);
	}
}

static void add_bytes_field(struct iq_out *out, const uint8_t *bytes, size_t length)
{
	char hex[2 * IQ_MAX_INSN + 1];
	for (size_t i = 0; i < length; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	iq_add_string(out, "bytes", hex);
}

/* -l: a line of source above the first of the instructions that were made of it, as crash has it. */
static struct iq_error *show_source_line(struct listing *l, uint64_t address)
{
	struct iq_source_line line;
	bool has_dwarf;
	struct iq_error *error = iq_code_line(l->kernel, address, &has_dwarf, &line);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (error || !line.file || !line.line) {
		/* Whatever else is wrong has been told. */
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND) && !has_dwarf)
			iq_warn(&l->session->diag, "dis: no source lines: %s", error->message);
		iq_error_free(error);
		return NULL;
	}
	iq_add_string(l->out, "file", line.file);
	iq_add_unsigned(l->out, "line", line.line);
	if (!l->file || l->line != line.line || strcmp(l->file, line.file) != 0)
		iq_line(l->out, "{file}: {line}");
	l->file = line.file;
	l->line = line.line;
	return NULL;
}

/* One instruction; *length is set to its bytes, 1 for a byte that begins none. */
static struct iq_error *show(struct listing *l, uint64_t address, size_t *length)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	_cleanup_(iq_strbuf_free) struct iq_strbuf note = { 0 };
	uint8_t bytes[LONGEST];
	size_t size;
	struct iq_insn insn;
	IQ_TRY(fetch(l, address, bytes, &size));
	bool bad = iq_failed(l->arch->decode(bytes, size, address, &insn));
	*length = bad ? 1 : insn.length;
	if (!bad) {
		l->arch->format(&insn, resolve, l, &text);
		annotate(l, &insn, &note);
	}
	iq_record_begin(l->out);
	iq_add_address(l->out, "address", address);
	add_place(l, address, &line);
	add_bytes_field(l->out, bytes, *length);
	iq_add_string(l->out, "text", bad ? "(bad)" : iq_strbuf_text(&text));
	if (!bad && insn.has_target)
		iq_add_address(l->out, "target", insn.target);
	iq_strbuf_add(&line, bad ? "(bad)" : iq_strbuf_text(&text));
	if (note.length) {
		iq_add_string(l->out, "note", iq_strbuf_text(&note));
		iq_strbuf_addf(&line, " [%s]", iq_strbuf_text(&note));
	}
	if (address == l->crash_pc && !l->space) {
		iq_add_bool(l->out, "exception", true);
		iq_strbuf_add(&line, "    <-- exception RIP");
	}
	struct iq_error *error = l->lines ? show_source_line(l, address) : NULL;
	iq_text(l->out, "%s", iq_strbuf_text(&line));
	iq_end(l->out);
	IQ_TRY(error);
	l->before = bad ? IQ_FLOW_NEXT : insn.flow;
	return iq_check_interrupt();
}

/* The instruction that the panicking task's newest kernel exception frame interrupted. */
static uint64_t find_crash_pc(struct iq_kernel *kernel)
{
	const struct iq_task *task;
	struct iq_backtrace trace;
	uint64_t pc = 0;
	if (iq_failed(iq_panic_task(kernel, &task)) || iq_failed(iq_task_backtrace(kernel, task, 0, &trace)))
		return 0;
	for (size_t i = 0; i < trace.count && !pc; i++) {
		if (trace.frames[i].kind == IQ_FRAME_EXCEPTION || (i == 0 && !trace.frames[i].pc_is_return))
			pc = trace.frames[i].pc;
	}
	iq_backtrace_free(&trace);
	return pc;
}

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

static struct iq_error *skip(struct listing *l, uint64_t *at)
{
	uint8_t bytes[LONGEST];
	size_t size;
	struct iq_insn insn;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(fetch(l, *at, bytes, &size));
	*at += iq_failed(l->arch->decode(bytes, size, *at, &insn)) ? 1 : insn.length;
	return NULL;
}

/* -r COUNT: where the last COUNT instructions up to the address begin. */
static struct iq_error *skip_to_last(struct listing *l, struct range *range)
{
	uint64_t total = 0;
	for (uint64_t at = range->start; at < range->end && total < MAX_INSTRUCTIONS; total++)
		IQ_TRY(skip(l, &at));
	for (; total > range->count; total--)
		IQ_TRY(skip(l, &range->start));
	return NULL;
}

/* -f: the first instruction that does not begin before the address; the address itself if the way there can't be read.
 */
static void skip_to_boundary(struct listing *l, struct range *range)
{
	uint64_t at = range->function;
	while (at < range->start) {
		if (iq_failed(skip(l, &at)))
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
	struct listing l = { .session = session, .out = out, .before = IQ_FLOW_RETURN };
	const struct iq_task *task;
	struct iq_space space;
	struct range range;
	size_t first = 0;
	IQ_TRY(iq_session_kernel(session, &l.kernel));
	l.arch = iq_target_arch(iq_kernel_target(l.kernel));
	l.hexadecimal = iq_session_hexadecimal(session, args);
	if (iq_args_has(args, 'b') && args->count > 1 && isdigit((unsigned char)args->words[0].text[0]))
		first = 1; /* crash's -b NUM: what it skips behind ud2 */
	if (args->count < first + 1)
		return iq_usage_error(args->command, "an address or a function is wanted");
	if (iq_args_has(args, 's'))
		return show_source(session, args, out);
	l.lines = iq_args_has(args, 'l') && !iq_args_has(args, 'u');
	if (iq_args_has(args, 'u')) {
		IQ_TRY(iq_session_task(session, &task));
		IQ_TRY(iq_task_space(l.kernel, task, &space, NULL));
		l.space = &space;
	}
	IQ_TRY(choose_range(session, args, first, &range));
	if (!l.space)
		l.crash_pc = find_crash_pc(l.kernel);
	if (range.last_only)
		IQ_TRY(skip_to_last(&l, &range));
	else if (range.function)
		skip_to_boundary(&l, &range);
	for (uint64_t n = 0, at = range.start; n < range.count && at < range.end; n++) {
		size_t length;
		IQ_TRY(show(&l, at, &length));
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
			{ 'l', NULL, NULL, "with source lines, where there is debug information" },
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
		"directory where the kernel was built, and in /usr/src.",
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
