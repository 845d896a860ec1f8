// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/task_memory.h"

#include "kernel/internal.h"

enum { PF_KTHREAD = 0x00200000 };

/* Of a thread whose counters can't be read, in rss_of_threads: no sum of pages is this. */
static const uint64_t unreadable = UINT64_C(1) << 63;

/* enum, include/linux/mm_types_task.h: places in rss_stat. MM_SWAPENTS are not resident. */
static const char *const resident_kinds[] = { "MM_FILEPAGES", "MM_ANONPAGES", "MM_SHMEMPAGES" };

/* Do threads count on their own, to add to the mm's counters now and then? In task_struct.rss_stat until 6.2 (upstream
 * f1a7941243c1). */
static bool threads_count(struct iq_kernel *k)
{
	return iq_k_has(k, "task_struct", "rss_stat.count");
}

static struct iq_error *place(struct iq_kernel *k, const char *kind, uint64_t *out)
{
	int64_t value;
	IQ_TRY(iq_type_constant(k->types, kind, &value));
	if (value < 0 || value > 15)
		return iq_error_new(IQ_ERROR_FORMAT, "%s is %ld", kind, value);
	*out = (uint64_t)value;
	return NULL;
}

/* What a thread has not added yet: int counts, of either sign. */
static struct iq_error *thread_pages(struct iq_kernel *k, uint64_t task, uint64_t *pages)
{
	uint64_t counts, n;
	uint32_t value;
	*pages = 0;
	IQ_TRY(iq_member_address(k->types, task, "task_struct", "rss_stat.count", &counts));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(resident_kinds); i++) {
		IQ_TRY(place(k, resident_kinds[i], &n));
		IQ_TRY(iq_read_u32(k->target, counts + 4 * n, &value));
		*pages += (uint64_t)(int32_t)value;
	}
	return NULL;
}

/* Sums for each mm what its threads have not added, in one pass over the tasks. */
static struct iq_error *load_threads(struct iq_kernel *k)
{
	const struct iq_task *tasks;
	size_t count;
	if (k->rss_loaded)
		return NULL;
	IQ_TRY(iq_tasks(k, &tasks, &count));
	iq_map_free(&k->rss_of_threads);
	for (size_t i = 0; i < count; i++) {
		uint64_t sum = 0, pages;
		if (!tasks[i].mm)
			continue;
		iq_map_get(&k->rss_of_threads, tasks[i].mm, &sum);
		if (sum == unreadable || iq_failed(thread_pages(k, tasks[i].address, &pages)))
			sum = unreadable;
		else
			sum += pages;
		if (!iq_map_set(&k->rss_of_threads, tasks[i].mm, sum))
			return iq_error_no_memory();
		IQ_TRY(iq_check_interrupt());
	}
	k->rss_loaded = true;
	return NULL;
}

static struct iq_error *atomic_pages(struct iq_kernel *k, uint64_t mm, uint64_t *pages)
{
	uint64_t counts, n, value, of_threads = 0;
	*pages = 0;
	IQ_TRY(iq_member_address(k->types, mm, "mm_struct", "rss_stat.count", &counts)); /* atomic_long_t each */
	for (size_t i = 0; i < IQ_ARRAY_SIZE(resident_kinds); i++) {
		IQ_TRY(place(k, resident_kinds[i], &n));
		IQ_TRY(iq_read_u64(k->target, counts + 8 * n, &value));
		*pages += value;
	}
	if (!threads_count(k))
		return NULL;
	IQ_TRY(load_threads(k));
	iq_map_get(&k->rss_of_threads, mm, &of_threads);
	if (of_threads == unreadable)
		return iq_error_new(IQ_ERROR_MEMORY, "the counters of one of its threads can't be read");
	*pages += of_threads;
	return NULL;
}

/* percpu_counter_sum(), lib/percpu_counter.c. CPUs that were taken down have added theirs and have 0. */
static struct iq_error *percpu_sum(struct iq_kernel *k, uint64_t counter, uint64_t *sum)
{
	const struct iq_cpu *cpus;
	size_t count;
	uint64_t counters;
	uint32_t value;
	IQ_TRY(iq_k_get(k, counter, "percpu_counter", "count", sum));
	IQ_TRY(iq_k_get(k, counter, "percpu_counter", "counters", &counters));
	IQ_TRY(iq_cpus(k, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		if (!cpus[i].present)
			continue;
		uint64_t place;
		IQ_TRY(iq_cpu_place(&cpus[i], counters, &place));
		IQ_TRY(iq_error_prefix(iq_read_u32(k->target, place, &value), "counter of CPU %u", cpus[i].id));
		*sum += (uint64_t)(int32_t)value;
	}
	return NULL;
}

static struct iq_error *percpu_pages(struct iq_kernel *k, uint64_t mm, uint64_t *pages)
{
	uint64_t counters, size, n, value;
	*pages = 0;
	IQ_TRY(iq_member_address(k->types, mm, "mm_struct", "rss_stat", &counters));
	IQ_TRY(iq_types_size(k->types, "percpu_counter", &size));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(resident_kinds); i++) {
		IQ_TRY(place(k, resident_kinds[i], &n));
		IQ_TRY(percpu_sum(k, counters + n * size, &value));
		*pages += value;
	}
	return NULL;
}

struct iq_error *iq_task_memory(struct iq_kernel *kernel, const struct iq_task *task, struct iq_task_memory *out)
{
	uint64_t pages, resident;
	unsigned shift = iq_target_arch(kernel->target)->page_shift;
	*out = (struct iq_task_memory){ 0 };
	if (task->unknown & (IQ_TASK_MM | IQ_TASK_FLAGS))
		return iq_error_new(IQ_ERROR_MEMORY, "task %#lx can't be read", task->address);
	if (!task->mm || task->flags & PF_KTHREAD) /* a kernel thread may borrow one: kthread_use_mm() */
		return NULL;
	IQ_TRY(iq_k_get(kernel, task->mm, "mm_struct", "total_vm", &pages));
	if (iq_k_has(kernel, "mm_struct", "rss_stat.count"))
		IQ_TRY(iq_error_prefix(atomic_pages(kernel, task->mm, &resident), "rss_stat of mm_struct at %#lx",
				       task->mm));
	else
		IQ_TRY(iq_error_prefix(percpu_pages(kernel, task->mm, &resident), "rss_stat of mm_struct at %#lx",
				       task->mm));
	/* What is counted page by page on several CPUs may fall below zero for a moment; the kernel shows 0 then. */
	if ((int64_t)resident < 0)
		resident = 0;
	if (pages > UINT64_MAX >> shift || resident > UINT64_MAX >> shift)
		return iq_error_new(IQ_ERROR_FORMAT, "mm_struct at %#lx has %lu pages, %lu of them resident", task->mm,
				    pages, resident);
	out->virtual_bytes = pages << shift;
	out->resident_bytes = resident << shift;
	return NULL;
}

struct iq_error *iq_total_memory(struct iq_kernel *kernel, uint64_t *bytes)
{
	uint64_t symbol, pages;
	/* An atomic since 5.0 (upstream ca79b0c211af). */
	if (iq_failed(iq_k_symbol(kernel, "_totalram_pages", &symbol)))
		IQ_TRY(iq_k_symbol(kernel, "totalram_pages", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u64(kernel->target, symbol, &pages), "totalram_pages"));
	unsigned shift = iq_target_arch(kernel->target)->page_shift;
	if (!pages || pages > UINT64_MAX >> shift)
		return iq_error_new(IQ_ERROR_FORMAT, "totalram_pages is %lu", pages);
	*bytes = pages << shift;
	return NULL;
}
