/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a BPF map, one by one. */
#ifndef IQ_COMMAND_BPF_ELEMENT_H
#define IQ_COMMAND_BPF_ELEMENT_H

#include "bpf/element.h"
#include "command/bpf.h"
#include "expr/print.h"
#include "kernel/cpu.h"

struct iq_bpf_elements {
	const struct iq_bpf_shown *shown;
	const struct iq_bpf_map *map;
	struct iq_type key, value;      /* source NULL: they have none */
	struct iq_types *section_types; /* of a section (.data, .bss, .rodata): where value_type_id is; else NULL */
	const char *section_module;
	struct iq_print_options line, lines; /* a value on one line, on several */
	const struct iq_cpu *cpus;
	size_t cpu_count;
	uint64_t ring, ring_size; /* of a ring buffer: where its data begin */
	uint64_t count;
	struct iq_error *first; /* of values that could not be shown */
	struct iq_strbuf text;
};

struct iq_error *iq_bpf_elements_init(struct iq_bpf_elements *elements, const struct iq_bpf_shown *shown,
				      const struct iq_bpf_map *map);
void iq_bpf_elements_deinit(struct iq_bpf_elements *elements);

/* For iq_bpf_map_each(): shows an element, which is a record of the open list. `context`: the struct iq_bpf_elements.
 */
struct iq_error *iq_bpf_show_element(void *context, const struct iq_bpf_element *element);

#endif
