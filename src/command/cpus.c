// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/cpus.h"

#include "util/cleanup.h"

enum { MAX_CPUS = 8192 };

struct iq_error *iq_cpu_list_choose(struct iq_kernel *kernel, const char *text, struct iq_cpu_list *list)
{
	bool set[MAX_CPUS] = { false };
	const struct iq_cpu *cpus;
	size_t count;
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	size_t limit = count ? cpus[count - 1].id + 1 : 0;
	if (text)
		IQ_TRY(iq_parse_set(text, "cpu", set, IQ_MIN(limit, sizeof(set))));
	list->data = calloc(count + 1, sizeof(*list->data));
	if (!list->data)
		return iq_error_no_memory();
	for (size_t i = 0; i < count; i++) {
		if (text ? cpus[i].id < sizeof(set) && set[cpus[i].id] : cpus[i].present)
			list->data[list->count++] = &cpus[i];
	}
	return NULL;
}

void iq_cpu_list_free(struct iq_cpu_list *list)
{
	free(list->data);
	list->data = NULL;
	list->count = 0;
}
