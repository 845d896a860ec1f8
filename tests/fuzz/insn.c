/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x86-64 instructions: any bytes are an error or an instruction no longer than they are, with a text that has one line.
 */
#include "arch/x86_64_insn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void resolve(void *context, uint64_t address, struct iq_strbuf *out)
{
	if (address & 1)
		iq_strbuf_addf(out, "name+%u", (unsigned)address);
}

static void check(const struct iq_insn *insn, size_t size)
{
	struct iq_strbuf text = { 0 };
	int64_t delta;

	if (insn->length == 0 || insn->length > size || insn->length > IQ_MAX_INSN ||
	    insn->operand_count > IQ_MAX_OPERANDS || strlen(insn->name) >= sizeof(insn->name) || insn->name[0] == '\0')
		abort();
	iq_x86_64_stack_effect(insn, &delta);
	iq_x86_64_format(insn, resolve, NULL, &text);
	if (text.length == 0 || text.length > 200 || strchr(text.text, '\n') || strstr(text.text, "(bad)"))
		abort();
	iq_strbuf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iq_insn insn;
	size_t at = 0;

	while (at < size) {
		/* A copy of the exact size, so that a read behind it is seen. */
		size_t left = size - at < 16 ? size - at : 16;
		uint8_t *bytes = malloc(left);
		struct iq_error *error;

		if (!bytes)
			return 0;
		memcpy(bytes, data + at, left);
		error = iq_x86_64_decode(bytes, left, UINT64_C(0xffffffff81000000) + at, &insn);
		if (!error)
			check(&insn, left);
		at += error ? 1 : insn.length;
		iq_error_free(error);
		free(bytes);
	}
	return 0;
}
