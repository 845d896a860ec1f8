// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/machine.h"

#include "util/error.h"

#include <stdlib.h>

static struct iq_bpf_op op_of(const struct iq_bpf_machine *machine, size_t offset)
{
	struct iq_insn insn;
	struct iq_bpf_op op = { .offset = (uint32_t)offset, .length = 1, .bad = true, .flow = IQ_FLOW_NEXT };
	if (iq_failed(machine->arch->decode(machine->bytes + offset, machine->size - offset, machine->address + offset,
					    &insn)))
		return op;
	return (struct iq_bpf_op){ .offset = (uint32_t)offset,
				   .length = insn.length,
				   .flow = (uint8_t)insn.flow,
				   .has_target = insn.has_target,
				   .target = insn.target };
}

struct iq_error *iq_bpf_machine_decode(const struct iq_arch *arch, const uint8_t *bytes, size_t size, uint64_t address,
				       struct iq_bpf_machine *out)
{
	*out = (struct iq_bpf_machine){ .arch = arch, .bytes = bytes, .address = address, .size = size };
	out->ops = calloc(size + 1, sizeof(*out->ops));
	if (!out->ops)
		return iq_error_no_memory();
	for (size_t at = 0; at < size; at += out->ops[out->count++].length)
		out->ops[out->count] = op_of(out, at);
	struct iq_bpf_op *fitting = realloc(out->ops, (out->count + 1) * sizeof(*out->ops));
	if (fitting)
		out->ops = fitting;
	return NULL;
}

void iq_bpf_machine_free(struct iq_bpf_machine *machine)
{
	free(machine->ops);
	machine->ops = NULL;
	machine->count = 0;
}

bool iq_bpf_machine_insn(const struct iq_bpf_machine *machine, size_t op, struct iq_insn *out)
{
	if (op >= machine->count || machine->ops[op].bad)
		return false;
	size_t offset = machine->ops[op].offset;
	return !iq_failed(
		machine->arch->decode(machine->bytes + offset, machine->size - offset, machine->address + offset, out));
}

bool iq_bpf_machine_find(const struct iq_bpf_machine *machine, uint64_t address, size_t *op)
{
	uint64_t offset = address - machine->address;
	if (address < machine->address || offset > machine->size)
		return false;
	*op = machine->count;
	if (offset == machine->size)
		return true;
	for (size_t low = 0, high = machine->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (machine->ops[middle].offset <= offset) {
			*op = middle;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return *op < machine->count && machine->ops[*op].offset == offset;
}
