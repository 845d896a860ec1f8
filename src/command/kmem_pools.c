// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -h and -o: pools of huge pages; where each CPU has its variables. */
#include "command/kmem.h"

#include "kernel/cpu.h"
#include "kernel/meminfo.h"

#include <stdio.h>
#include <string.h>

static struct iq_error *show_pool(void *context, const struct iq_huge_pool *pool)
{
	struct iq_out *out = context;
	iq_record_begin(out);
	iq_add_address(out, "hstate", pool->address);
	iq_add_unsigned(out, "page_size", pool->page_size);
	iq_add_unsigned(out, "free", pool->free);
	iq_add_unsigned(out, "total", pool->total);
	iq_add_unsigned(out, "reserved", pool->reserved);
	iq_add_unsigned(out, "surplus", pool->surplus);
	iq_add_string(out, "name", pool->name);
	if (iq_out_is_text(out)) {
		char text[32];
		iq_size_text(pool->page_size, text);
		char *blank = strchr(text, ' ');
		if (blank)
			memmove(blank, blank + 1, strlen(blank));
		iq_add_string(out, "size_text", text);
	}
	iq_line(out, "{hstate@address}  {size_text:5}  {free:6}  {total:6}  {name}");
	iq_end(out);
	return NULL;
}

struct iq_error *iq_kmem_huge(const struct iq_kmem *kmem)
{
	if (kmem->args->count)
		return iq_usage_error(kmem->args->command, "-h takes no arguments");
	iq_text(kmem->out, "     HSTATE        SIZE    FREE   TOTAL  NAME");
	return iq_huge_pools_each(kmem->kernel, show_pool, kmem->out);
}

struct iq_error *iq_kmem_per_cpu(const struct iq_kmem *kmem)
{
	const struct iq_cpu *cpus;
	size_t count;
	if (kmem->args->count)
		return iq_usage_error(kmem->args->command, "-o takes no arguments");
	IQ_TRY(iq_cpus(kmem->kernel, &cpus, &count));
	iq_text(kmem->out, "PER-CPU OFFSET VALUES:");
	for (size_t i = 0; i < count; i++) {
		iq_record_begin(kmem->out);
		iq_add_unsigned(kmem->out, "cpu", cpus[i].id);
		if (cpus[i].offset_known)
			iq_add_address(kmem->out, "offset", cpus[i].offset);
		else
			iq_add_unavailable(kmem->out, "offset", "__per_cpu_offset can't be read");
		iq_line(kmem->out, "  CPU {cpu}: {offset}");
		iq_end(kmem->out);
	}
	return NULL;
}
