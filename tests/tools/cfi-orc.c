// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cfi-orc DUMP DEBUGINFO...: walks the stacks of all tasks by ORC and holds each step against DWARF's call frame
 * information for the same frame: the CFA, the slot of the return address, and the slots of the callee-saved registers:
 * RBP by ORC, the others by the function's code. One line a difference: "cfa", "return", "register", "only-code" (a
 * register that CFI does not have), "none" (no CFI for this code), "expression" (a CFA that is not evaluated), with the
 * function; counts at the end. DEBUGINFO are files and directories as for inquest --debuginfo.
 */
#include "kernel/task.h"

#include "arch/x86_64.h"
#include "unwind/internal.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct {
	unsigned tasks, frames, steps, none, agreed, cfa, returned, reg, registers, by_code, only_code, only_cfi,
		expressions;
} counts;

static struct iq_kernel *kernel;

static void report(void *context, const char *line)
{
	fprintf(stderr, "cfi-orc: %s\n", line);
}

static const char *name_of(uint64_t pc)
{
	static char text[256];
	struct iq_symbol symbol;
	struct iq_error *error = iq_symbol_at(iq_kernel_symbols(kernel), pc, &symbol);
	snprintf(text, sizeof(text), "%s+%#" PRIx64, error ? "?" : symbol.name, error ? pc : pc - symbol.address);
	iq_error_free(error);
	return text;
}

static void compare_register(const struct iq_frame *frame, const struct iq_frame *next, const struct iq_cfi *cfi,
			     unsigned reg)
{
	bool at = cfi->rules[reg] == IQ_CFI_AT_CFA, same = cfi->rules[reg] == IQ_CFI_SAME;
	uint64_t slot = at ? next->sp + (uint64_t)cfi->offsets[reg] : same ? frame->slots[reg] : 0;
	bool known = at || (same && iq_reg_known(&frame->regs, reg));
	counts.registers++;
	if (!iq_reg_known(&next->regs, reg)) {
		counts.only_cfi += known;
		return;
	}
	counts.by_code++;
	if (!known) {
		counts.only_code++;
		printf("only-code %s %s\n", name_of(iq_frame_insn(frame)), iq_arch_x86_64.reg_names[reg]);
		return;
	}
	if (next->slots[reg] == slot)
		return;
	counts.reg++;
	printf("register %s %s: code %#" PRIx64 ", cfi %#" PRIx64 "\n", name_of(iq_frame_insn(frame)),
	       iq_arch_x86_64.reg_names[reg], next->slots[reg], slot);
}

static void compare(const struct iq_frame *frame, const struct iq_frame *next)
{
	struct iq_images *images = iq_kernel_images(kernel);
	uint64_t at = iq_frame_insn(frame);
	const struct iq_image *image = iq_image_at(images, at);
	struct iq_dwarf *dwarf;
	struct iq_cfi cfi;
	counts.steps++;
	if (!image || iq_failed(iq_image_dwarf(images, image, &dwarf)) || iq_failed(iq_dwarf_cfi(dwarf, at, &cfi))) {
		counts.none++;
		printf("none %s\n", name_of(at));
		return;
	}
	if (cfi.cfa_is_expression || !iq_reg_known(&frame->regs, cfi.cfa_reg)) {
		counts.expressions++;
		printf("expression %s\n", name_of(at));
		return;
	}
	uint64_t cfa = frame->regs.value[cfi.cfa_reg] + (uint64_t)cfi.cfa_offset;
	if (cfa != next->sp) {
		counts.cfa++;
		printf("cfa %s: orc %#" PRIx64 ", cfi %#" PRIx64 "\n", name_of(at), next->sp, cfa);
		return;
	}
	if (cfi.rules[16] != IQ_CFI_AT_CFA || cfa + (uint64_t)cfi.offsets[16] != next->pc_slot) {
		counts.returned++;
		printf("return %s\n", name_of(at));
		return;
	}
	counts.agreed++;
	for (unsigned reg = 0; reg < 16; reg++) {
		if (reg != IQ_X86_RSP && (iq_arch_x86_64.callee_saved >> reg & 1))
			compare_register(frame, next, &cfi, reg);
	}
}

static void compare_trace(const struct iq_backtrace *trace)
{
	counts.tasks++;
	counts.frames += (unsigned)trace->count;
	for (size_t i = 0; i + 1 < trace->count; i++) {
		if (trace->frames[i + 1].kind == IQ_FRAME_CALL && trace->frames[i + 1].proof == IQ_PROOF_ORC)
			compare(&trace->frames[i], &trace->frames[i + 1]);
	}
}

/* All walks first: an open DWARF would have the registers restored by it. */
static struct iq_error *run(char **arguments, int count)
{
	const char *dump = arguments[0];
	struct iq_diag diag = { report, NULL };
	struct iq_debuginfo_options debuginfo = { .paths = (const char *const *)arguments + 1,
						  .path_count = (size_t)count - 1,
						  .off = true };
	struct iq_kernel_options options = { .dumps = &dump, .dump_count = 1, .debuginfo = &debuginfo, .diag = &diag };
	const struct iq_task *tasks;
	size_t task_count;
	IQ_TRY(iq_kernel_open(&options, &kernel));
	IQ_TRY(iq_tasks(kernel, &tasks, &task_count));
	_cleanup_free_ struct iq_backtrace *traces = calloc(task_count, sizeof(*traces));
	for (size_t i = 0; traces && i < task_count; i++)
		iq_warn_error(&diag, iq_task_backtrace(kernel, &tasks[i], IQ_UNWIND_CALLEE_SAVED, &traces[i]));
	struct iq_dwarf *dwarf;
	IQ_TRY(iq_image_dwarf(iq_kernel_images(kernel), iq_images_vmlinux(iq_kernel_images(kernel)), &dwarf));
	for (size_t i = 0; traces && i < task_count; i++) {
		compare_trace(&traces[i]);
		iq_backtrace_free(&traces[i]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: cfi-orc DUMP DEBUGINFO...\n");
		return 2;
	}
	struct iq_error *error = run(argv + 1, argc - 1);
	if (error) {
		fprintf(stderr, "cfi-orc: %s\n", error->message);
		iq_error_free(error);
	} else {
		printf("%u tasks, %u frames, %u steps by ORC: %u agree, %u have no CFI, %u have an expression, %u "
		       "differ in "
		       "the CFA, %u in the return address; of %u callee-saved registers %u were found by the code: %u "
		       "differ, %u only the code knows, %u only CFI\n",
		       counts.tasks, counts.frames, counts.steps, counts.agreed, counts.none, counts.expressions,
		       counts.cfa, counts.returned, counts.registers, counts.by_code, counts.reg, counts.only_code,
		       counts.only_cfi);
	}
	iq_kernel_close(kernel);
	return error ? 1 : 0;
}
