/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine code as the kernel's JIT compiler emits it, piece by piece: arch/x86/net/bpf_jit_comp.c of the named
 * versions. */
#ifndef IQ_TEST_JIT_CODE_H
#define IQ_TEST_JIT_CODE_H

#include "arch/x86_64.h"
#include "bpf/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE = 0x10000, ROOM = 512 };

struct jit {
	uint8_t bytes[ROOM];
	size_t size;
	struct iq_bpf_insn insns[64];
	size_t insn_count;
	struct iq_bpf_line lines[16];
	size_t line_count;
	uint64_t callees[64]; /* of each instruction */
	struct iq_bpf_function function;
	/* What came out. */
	struct iq_bpf_code code;
	struct iq_bpf_machine machine;
	struct iq_bpf_jited jited;
};

static inline void emit(struct jit *jit, const char *hex)
{
	for (; *hex; hex += *hex == ' ' ? 1 : 2) {
		if (*hex != ' ')
			jit->bytes[jit->size++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16);
	}
}

/* call (e8), jmp (e9) to an address. */
static inline void emit_to(struct jit *jit, const char *opcode, uint64_t target)
{
	emit(jit, opcode);
	uint32_t distance = (uint32_t)(target - (IMAGE + jit->size + 4));
	memcpy(jit->bytes + jit->size, &distance, 4);
	jit->size += 4;
}

static inline size_t insn(struct jit *jit, uint8_t code)
{
	jit->insns[jit->insn_count].code = code;
	return jit->insn_count++;
}

static inline size_t call(struct jit *jit, uint64_t callee)
{
	jit->callees[jit->insn_count] = callee;
	return insn(jit, IQ_BPF_CODE_CALL);
}

/* The next instruction begins a line, whose code is at `offset`. */
static inline void line_at(struct jit *jit, unsigned number, size_t offset)
{
	jit->lines[jit->line_count++] = (struct iq_bpf_line){ .insn = (uint32_t)jit->insn_count,
							      .jited = IMAGE + offset,
							      .file = "f.c",
							      .text = "text",
							      .line = number };
}

static inline void line(struct jit *jit, unsigned number)
{
	line_at(jit, number, jit->size);
}

static inline uint64_t callee_of(void *context, size_t at)
{
	return ((struct jit *)context)->callees[at];
}

static inline void look(struct jit *jit)
{
	struct iq_bpf_layout layout = {
		.machine = &jit->machine, .code = &jit->code, .callee = callee_of, .context = jit
	};
	jit->function.end = (uint32_t)jit->insn_count;
	jit->code = (struct iq_bpf_code){ .insns = jit->insns,
					  .insn_count = jit->insn_count,
					  .functions = &jit->function,
					  .function_count = 1,
					  .lines = jit->lines,
					  .line_count = jit->line_count };
	assert_null(iq_bpf_machine_decode(&iq_arch_x86_64, jit->bytes, jit->size, IMAGE, &jit->machine));
	assert_null(iq_bpf_layout_find(&layout, &jit->jited));
}

static inline void done(struct jit *jit)
{
	iq_bpf_machine_free(&jit->machine);
	free(jit->jited.runs);
	free(jit->jited.complaint);
	*jit = (struct jit){ 0 };
}

/* "P0-18 B18-20:0-1 E20-23:1": each run's part, offsets, instructions. */
static inline const char *runs(const struct jit *jit)
{
	static char text[1024];
	size_t n = 0;
	text[0] = '\0';
	for (size_t i = 0; i < jit->jited.count; i++) {
		const struct iq_bpf_run *run = &jit->jited.runs[i];
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%c%lu-%lu", i ? " " : "", "PBETXFU"[run->part],
				      run -> start - IMAGE, run -> end - IMAGE);
		if (run->insn_end > run->insn)
			n += (size_t)snprintf(text + n, sizeof(text) - n, ":%u-%u", run->insn, run->insn_end);
		if (run->line)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "@%u", run->line->line);
	}
	return text;
}

#endif
