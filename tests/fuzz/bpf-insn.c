/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF instructions: any bytes have a meaning and a text of one line, which agree with each other. */
#include "bpf/insn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool name_call(void *context, size_t index, struct iq_strbuf *out)
{
	(void)context;
	if (index & 1)
		iq_strbuf_addf(out, "name#%zu", index);
	return index & 1;
}

static bool name_immediate(void *context, size_t index, uint64_t value, struct iq_strbuf *out)
{
	(void)context;
	if (index & 1)
		iq_strbuf_addf(out, "map[id:%lu]", value);
	return index & 1;
}

static size_t check(const struct iq_bpf_insn *insns, size_t count, size_t index)
{
	static const struct iq_bpf_names names = { .call = name_call, .imm64 = name_immediate };
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(insns, count, index);
	struct iq_strbuf text = { 0 };
	size_t slots = iq_bpf_insn_format(insns, count, index, &names, &text);
	bool bug = strncmp(iq_strbuf_text(&text), "BUG_", 4) == 0;
	if (slots != meaning.slots || slots < 1 || slots > count - index || bug != (meaning.kind == IQ_BPF_INVALID) ||
	    meaning.width > 8 || text.length < 8 || text.length > 80 || strchr(text.text, '\n') ||
	    strstr(text.text, "(null)"))
		abort();
	iq_strbuf_free(&text);
	return slots;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = size / IQ_BPF_INSN_SIZE;
	/* Of the exact size, so that a read behind it is seen. */
	struct iq_bpf_insn *insns = malloc(count * sizeof(*insns) + !count);
	if (!insns)
		return 0;
	for (size_t i = 0; i < count; i++)
		insns[i] = iq_bpf_insn_decode(data + i * IQ_BPF_INSN_SIZE);
	for (size_t i = 0; i < count;)
		i += check(insns, count, i);
	free(insns);
	return 0;
}
