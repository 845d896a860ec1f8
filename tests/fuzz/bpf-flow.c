/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following values through BPF instructions: any bytes come to an end, and what is said of arguments hangs together.
 * The first byte says where the second function begins, the second what calls and constants are. */
#include "bpf/flow.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct iq_bpf_value constant(void *context, size_t index)
{
	const uint8_t *seed = context;
	struct iq_bpf_value value = { .kind = (uint8_t)((*seed + index) % (IQ_BPF_V_FUNCTION + 1)) };
	if (value.kind == IQ_BPF_V_NUMBER)
		value.least = value.most = index;
	else if (value.kind != IQ_BPF_V_UNKNOWN && value.kind != IQ_BPF_V_CONTEXT)
		value.id = index & 1;
	return value;
}

static struct iq_bpf_value_flow_call call(void *context, size_t index)
{
	const uint8_t *seed = context;
	struct iq_bpf_value_flow_call call = { .function = (*seed ^ index) & 3 };
	if (call.function > 1)
		call.function = IQ_BPF_NO_FUNCTION;
	for (int8_t i = 0; i < 5; i++)
		call.size_of[i] = i < 4 && (index & 4) ? (int8_t)(i + 1) : IQ_BPF_NO_ARGUMENT;
	call.context_argument = (int8_t)(index % 6) - 1;
	call.context_parameter = (int8_t)(*seed % 6) - 1;
	return call;
}

static void check(const struct iq_bpf_value_flow *flow, size_t count)
{
	for (size_t i = 0; i < flow->count; i++) {
		const struct iq_bpf_value_flow_site *site = &flow->sites[i];
		if (site->insn >= count || site->function > 1 || (site->reached && !flow->complete))
			abort();
		for (size_t n = 0; n < 5; n++) {
			const struct iq_bpf_value *v = &site->arguments[n];
			if (v->kind > IQ_BPF_V_FUNCTION || (v->kind == IQ_BPF_V_NUMBER && v->least > v->most) ||
			    (v->kind == IQ_BPF_V_STACK && v->id > 1) || site->initialised[n] > 528)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 + IQ_BPF_INSN_SIZE)
		return 0;
	size_t count = (size - 2) / IQ_BPF_INSN_SIZE;
	uint32_t middle = data[0] % (count + 1);
	uint8_t seed = data[1];
	struct iq_bpf_insn *insns = malloc(count * sizeof(*insns));
	struct iq_bpf_value_flow_function functions[2] = { { 0, middle, IQ_BPF_ENTRY_CONTEXT },
							   { middle, (uint32_t)count, seed % 3 } };
	struct iq_bpf_value_flow_input input = { insns, count, functions, 2, constant, call, &seed };
	struct iq_bpf_value_flow flow;
	if (!insns)
		return 0;
	if (!middle || middle == count) {
		functions[0].end = (uint32_t)count;
		input.function_count = 1;
	}
	for (size_t i = 0; i < count; i++)
		insns[i] = iq_bpf_insn_decode(data + 2 + i * IQ_BPF_INSN_SIZE);
	struct iq_error *error = iq_bpf_value_flow_run(&input, &flow);
	if (!error)
		check(&flow, count);
	iq_error_free(error);
	iq_bpf_value_flow_free(&flow);
	free(insns);
	return 0;
}
