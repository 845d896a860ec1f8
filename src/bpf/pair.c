// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/layout.h"

#include "util/cleanup.h"
#include "util/vec.h"

struct site {
	size_t op;       /* or the bytecode's instruction */
	uint64_t target; /* 0: not known */
};

typedef IQ_VEC(struct site) sites;

static struct iq_error *add(sites *list, size_t op, uint64_t target)
{
	struct site *site = iq_vec_push(list);
	if (!site)
		return iq_error_no_memory();
	*site = (struct site){ op, target };
	return NULL;
}

static struct iq_error *collect(const struct iq_bpf_layout *layout, const struct iq_bpf_stretch *stretch,
				sites *machine, sites *bytecode)
{
	for (size_t i = stretch->from.op; i < stretch->to.op; i++) {
		const struct iq_bpf_op *op = &layout->machine->ops[i];
		if (!op->bad && op->flow == IQ_FLOW_CALL)
			IQ_TRY(add(machine, i, op->has_target ? op->target : 0));
	}
	for (size_t i = stretch->from.insn; i < stretch->to.insn; i += iq_bpf_slots(&layout->code->insns[i])) {
		if (layout->code->insns[i].code == IQ_BPF_CODE_CALL)
			IQ_TRY(add(bytecode, i, layout->callee ? layout->callee(layout->context, i) : 0));
	}
	return NULL;
}

static bool fit(const struct site *a, const struct site *b)
{
	return !a->target || !b->target || a->target == b->target;
}

/*
 * A CALL that the compiler replaced with other code has no machine call, so the machine's calls are some of the
 * bytecode's. Of all ways to choose them, the one that takes each as early as it can and the one that takes each as
 * late as it can enclose every other: where they agree, so do all.
 */
static struct iq_error *choose(const sites *machine, const sites *bytecode, iq_bpf_pair_fn fn, void *context)
{
	_cleanup_free_ size_t *early = calloc(machine->count + 1, sizeof(*early));
	size_t next = 0;
	if (!early)
		return iq_error_no_memory();
	for (size_t i = 0; i < machine->count; i++) {
		while (next < bytecode->count && !fit(&machine->data[i], &bytecode->data[next]))
			next++;
		if (next == bytecode->count)
			return NULL; /* they don't belong together */
		early[i] = next++;
	}
	next = bytecode->count;
	for (size_t i = machine->count; i-- > 0;) {
		do
			next--; /* the early way is one: this ends */
		while (!fit(&machine->data[i], &bytecode->data[next]));
		if (next == early[i])
			IQ_TRY(fn(context, machine->data[i].op, (uint32_t)bytecode->data[next].op));
	}
	return NULL;
}

struct iq_error *iq_bpf_pair_calls(const struct iq_bpf_layout *layout, const struct iq_bpf_stretch *stretch,
				   iq_bpf_pair_fn fn, void *context)
{
	sites machine = { 0 }, bytecode = { 0 };
	struct iq_error *error = collect(layout, stretch, &machine, &bytecode);
	if (!error)
		error = choose(&machine, &bytecode, fn, context);
	iq_vec_free(&machine);
	iq_vec_free(&bytecode);
	return error;
}
