// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/listing.h"

#include "kernel/bug.h"
#include "util/cleanup.h"

#include <string.h>

enum { PAGE = 4096, LONGEST = 15 };

static void resolve(void *context, uint64_t address, struct iq_strbuf *out)
{
	struct iq_listing *l = context;
	if (!l->space)
		iq_symbol_format(iq_kernel_symbols(l->kernel), address, l->hexadecimal ? IQ_SYMBOL_OFFSET_HEX : 0, out);
}

/* Up to 15 bytes at an address; fewer where the next page can't be read. */
static struct iq_error *fetch(struct iq_listing *l, uint64_t address, uint8_t *bytes, size_t *size)
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

static bool target_is(struct iq_listing *l, const struct iq_insn *insn, const char *prefix, const char **rest)
{
	struct iq_symbol symbol;
	if (!insn->has_target || iq_failed(iq_symbol_at(iq_kernel_symbols(l->kernel), insn->target, &symbol)) ||
	    symbol.address != insn->target || strncmp(symbol.name, prefix, strlen(prefix)) != 0)
		return false;
	*rest = symbol.name + strlen(prefix);
	return true;
}

/* A call or jump through a thunk for the register in its name; the array of thunks begins with rax'. */
static bool thunk_register(struct iq_listing *l, const struct iq_insn *insn, const char **reg)
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
static void describe_ud2(struct iq_listing *l, const struct iq_insn *insn, struct iq_strbuf *note)
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

/* Five bytes; older kernels had data16 before xchg %ax,%ax. */
static bool is_long_nop(const struct iq_insn *insn)
{
	return insn->length == 5 && (strncmp(insn->name, "nop", 3) == 0 ||
				     (strcmp(insn->name, "xchg") == 0 && insn->bytes[4] == 0x90));
}

/* What the bytes alone don't say: patched places, thunks, traps. */
static void annotate(struct iq_listing *l, const struct iq_insn *insn, struct iq_strbuf *note)
{
	const char *rest;
	struct iq_symbol symbol;
	bool entry = !iq_failed(iq_symbol_at(iq_kernel_symbols(l->kernel), insn->address, &symbol)) &&
		     (insn->address == symbol.address || insn->address == symbol.address + 4); /* behind endbr64 */
	if (l->space)
		return;
	if (entry && is_long_nop(insn))
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

static void add_place(struct iq_listing *l, uint64_t address, struct iq_strbuf *line)
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

struct iq_error *iq_listing_show(struct iq_listing *l, uint64_t address, size_t *length)
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
	if (l->note)
		l->note(l->context, address, &note);
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
	struct iq_error *error = l->above ? l->above(l->context, address) : NULL;
	iq_text(l->out, "%s", iq_strbuf_text(&line));
	iq_end(l->out);
	IQ_TRY(error);
	l->before = bad ? IQ_FLOW_NEXT : insn.flow;
	return iq_check_interrupt();
}

uint64_t iq_listing_crash_pc(struct iq_kernel *kernel)
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

struct iq_error *iq_listing_begin(struct iq_listing *listing, struct iq_session *session, const struct iq_args *args,
				  struct iq_out *out)
{
	*listing = (struct iq_listing){ .session = session, .out = out, .before = IQ_FLOW_RETURN };
	IQ_TRY(iq_session_kernel(session, &listing->kernel));
	listing->arch = iq_target_arch(iq_kernel_target(listing->kernel));
	listing->hexadecimal = iq_session_hexadecimal(session, args);
	return NULL;
}

struct iq_error *iq_listing_skip(struct iq_listing *l, uint64_t *at)
{
	uint8_t bytes[LONGEST];
	size_t size;
	struct iq_insn insn;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(fetch(l, *at, bytes, &size));
	*at += iq_failed(l->arch->decode(bytes, size, *at, &insn)) ? 1 : insn.length;
	return NULL;
}
