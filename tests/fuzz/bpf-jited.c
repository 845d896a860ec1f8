/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine code of BPF programs with their bytecode and lines: any of it gives runs without gaps, whose bytecode goes
 * upwards and lies in the function, and a complaint or none.
 *
 * Input: how many instructions and lines (a byte each); each instruction's opcode and callee; each line's instruction
 * and offset in the code; the code.
 */
#include "arch/x86_64.h"
#include "bpf/layout.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 0x10000, MOST = 4096, INSNS = 256 };

struct input {
	const uint8_t *data;
	size_t size;
	struct iq_bpf_insn insns[INSNS];
	uint64_t callees[INSNS];
	struct iq_bpf_line lines[INSNS];
	struct iq_bpf_function function;
	struct iq_bpf_code code;
};

static uint8_t next(struct input *in)
{
	uint8_t byte = in->size ? *in->data : 0;
	in->data += in->size != 0;
	in->size -= in->size != 0;
	return byte;
}

static uint64_t callee(void *context, size_t insn)
{
	return ((struct input *)context)->callees[insn];
}

static void read_code(struct input *in)
{
	size_t lines = 0;
	in->code.insn_count = next(in) + 1u;
	in->code.line_count = next(in);
	for (size_t i = 0; i < in->code.insn_count; i++) {
		in->insns[i].code = next(in);
		in->callees[i] = next(in) * 256u;
	}
	for (size_t i = 0; i < in->code.line_count; i++) {
		uint32_t insn = next(in);
		uint64_t jited = IMAGE + next(in) * 4u + next(in) % 5u;
		if (insn < in->code.insn_count && (!lines || insn > in->lines[lines - 1].insn))
			in->lines[lines++] = (struct iq_bpf_line){
				.insn = insn, .jited = jited, .file = "", .text = "", .line = insn
			};
	}
	in->function =
		(struct iq_bpf_function){ .end = (uint32_t)in->code.insn_count, .tail_call_reachable = next(in) & 1 };
	in->code.insns = in->insns;
	in->code.lines = in->lines;
	in->code.line_count = lines;
	in->code.functions = &in->function;
	in->code.function_count = 1;
}

static void check(const struct iq_bpf_jited *jited, const struct iq_bpf_machine *machine, uint32_t insns)
{
	uint64_t at = IMAGE;
	uint32_t insn = 0;
	for (size_t i = 0; i < jited->count; i++) {
		const struct iq_bpf_run *run = &jited->runs[i];
		size_t op;
		if (run->start != at || run->end <= at || !iq_bpf_machine_find(machine, run->end, &op))
			abort();
		if (run->insn_end > run->insn && (run->insn < insn || run->insn_end > insns))
			abort();
		insn = run->insn_end > run->insn ? run->insn : insn;
		at = run->end;
	}
	if (at != IMAGE + machine->size || jited->sound != !jited->complaint)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input in;
	struct iq_bpf_machine machine;
	struct iq_bpf_jited jited;
	in = (struct input){ .data = data, .size = size };
	read_code(&in);
	struct iq_bpf_layout layout = { .machine = &machine, .code = &in.code, .callee = callee, .context = &in };
	size = in.size < MOST ? in.size : MOST;
	if (iq_bpf_machine_decode(&iq_arch_x86_64, in.data, size, IMAGE, &machine) ||
	    iq_bpf_layout_find(&layout, &jited))
		abort();
	check(&jited, &machine, (uint32_t)in.code.insn_count);
	free(jited.runs);
	free(jited.complaint);
	iq_bpf_machine_free(&machine);
	return 0;
}
