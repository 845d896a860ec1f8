// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arrays of programs as hooks run them. Facts: struct bpf_prog_array in include/linux/bpf.h, bpf_prog_array_copy() in
 * kernel/bpf/core.c; struct bpf_mprog_entry in include/linux/bpf_mprog.h (6.6: 053c8e1f235d).
 */
#include "bpf/attach.h"

/* BPF_TRACE_MAX_PROGS and BPF_CGROUP_MAX_PROGS are 64; effective arrays of cgroups add up over a hierarchy. */
enum { MAX_PROGRAMS = 4096, MAX_MPROG = 64 };

/* A removed program leaves the kernel's dummy in its place until the array is copied: it alone has no aux. */
static bool is_dummy(struct iq_bpf *bpf, uint64_t program)
{
	uint64_t aux;
	return !iq_failed(iq_b_get(bpf, program, "bpf_prog", "aux", &aux)) && !aux;
}

struct iq_error *iq_bpf_prog_array_each(struct iq_bpf *bpf, uint64_t array, iq_bpf_array_fn fn, void *context)
{
	uint64_t item, size, program;
	if (!array)
		return NULL;
	IQ_TRY(iq_member_address(bpf->types, array, "bpf_prog_array", "items", &item));
	IQ_TRY(iq_types_size(bpf->types, "bpf_prog_array_item", &size));
	for (unsigned i = 0; i < MAX_PROGRAMS; i++, item += size) {
		IQ_TRY(iq_error_prefix(iq_b_get(bpf, item, "bpf_prog_array_item", "prog", &program),
				       "bpf_prog_array at %#lx, after %u programs", array, i));
		if (!program)
			return NULL;
		if (!iq_is_kernel_address(bpf->target, program))
			return iq_error_new(IQ_ERROR_FORMAT, "bpf_prog_array at %#lx: item %u is %#lx", array, i,
					    program);
		if (!is_dummy(bpf, program))
			IQ_TRY(fn(context, program, item));
	}
	return iq_error_new(IQ_ERROR_LIMIT, "bpf_prog_array at %#lx: no end after %d programs", array, MAX_PROGRAMS);
}

struct iq_error *iq_bpf_mprog_each(struct iq_bpf *bpf, uint64_t entry, iq_bpf_mprog_fn fn, void *context)
{
	uint64_t parent, programs, links, program, link;
	if (!entry)
		return NULL;
	IQ_TRY(iq_b_get(bpf, entry, "bpf_mprog_entry", "parent", &parent));
	IQ_TRY(iq_member_address(bpf->types, entry, "bpf_mprog_entry", "fp_items", &programs));
	IQ_TRY(iq_member_address(bpf->types, parent, "bpf_mprog_bundle", "cp_items", &links));
	for (unsigned i = 0; i < MAX_MPROG; i++) {
		IQ_TRY(iq_error_prefix(iq_read_u64(bpf->target, programs + 8 * (uint64_t)i, &program),
				       "bpf_mprog_entry at %#lx", entry));
		if (!program)
			return NULL;
		if (!iq_is_kernel_address(bpf->target, program))
			return iq_error_new(IQ_ERROR_FORMAT, "bpf_mprog_entry at %#lx: program %u is %#lx", entry, i,
					    program);
		/* Without the other half it is still attached. */
		struct iq_error *error = iq_error_prefix(iq_read_u64(bpf->target, links + 8 * (uint64_t)i, &link),
							 "bpf_mprog_bundle at %#lx", parent);
		struct iq_error *ended = fn(context, program, error ? 0 : link);
		if (ended) {
			iq_error_free(error);
			return ended;
		}
		IQ_TRY(error);
	}
	return NULL;
}
