/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/cpuinfo.h"

#include "command/evaluate.h"
#include "command/structure.h"
#include "kernel/cpu.h"
#include "util/cleanup.h"

struct iq_error *iq_show_cpuinfo(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(iq_structure_deinit) struct iq_structure structure = { 0 };
	struct iq_print_options options;
	struct iq_kernel *kernel;
	const struct iq_cpu *cpus;
	size_t count, shown = 0;

	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_session_print_options(session, args, &options));
	IQ_TRY(iq_structure_parse(iq_kernel_types(kernel), 1u << IQ_TYPE_STRUCT, "cpuinfo_x86", &structure));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t address;

		if (!cpus[i].online)
			continue;
		IQ_TRY(iq_per_cpu_symbol(kernel, cpus[i].id, "cpu_info", &address));
		struct iq_value value = iq_value_at(structure.type, address);
		if (shown++)
			iq_line(out, "");
		iq_record_begin(out);
		iq_add_unsigned(out, "cpu", cpus[i].id);
		iq_line(out, "CPU {cpu}:");
		struct iq_error *error = iq_structure_show(&structure, &value, &options, out);
		iq_end(out);
		IQ_TRY(error);
	}
	return NULL;
}

struct iq_error *iq_cpu_khz(struct iq_kernel *kernel, uint64_t *khz)
{
	struct iq_symbol symbol;
	uint32_t value;

	IQ_TRY(iq_symbol_by_name(iq_kernel_symbols(kernel), "cpu_khz", &symbol));
	IQ_TRY(iq_read_u32(iq_kernel_target(kernel), symbol.address, &value));
	*khz = value;
	return NULL;
}
