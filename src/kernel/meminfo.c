// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/meminfo.h"

#include "kernel/internal.h"
#include "kernel/swap.h"
#include "kernel/vmstat.h"

enum { MAX_POOLS = 16, MAX_DEVICES = 1000000, MAX_SWAP_AREAS = 64, MAX_SWAP_SPACES = 1 << 20 };

static unsigned page_shift(struct iq_kernel *k)
{
	return iq_target_arch(k->target)->page_shift;
}

static struct iq_error *read_variable(struct iq_kernel *k, const char *name, uint64_t *value)
{
	uint64_t address;
	IQ_TRY(iq_k_symbol(k, name, &address));
	return iq_error_prefix(iq_read_u64(k->target, address, value), "%s", name);
}

static uint64_t less(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

struct iq_error *iq_memory_total(struct iq_kernel *kernel, uint64_t *pages)
{
	/* An atomic_long_t by a new name since 5.0 (upstream ca79b0c211af). */
	uint64_t address;
	if (!iq_failed(iq_k_symbol(kernel, "_totalram_pages", &address)))
		return iq_error_prefix(iq_read_u64(kernel->target, address, pages), "_totalram_pages");
	return read_variable(kernel, "totalram_pages", pages);
}

struct iq_error *iq_memory_free(struct iq_kernel *kernel, uint64_t *pages)
{
	return iq_memory_counter(kernel, "NR_FREE_PAGES", pages);
}

struct iq_error *iq_memory_used(struct iq_kernel *kernel, uint64_t *pages)
{
	uint64_t free;
	IQ_TRY(iq_memory_total(kernel, pages));
	IQ_TRY(iq_memory_free(kernel, &free));
	*pages = less(*pages, free);
	return NULL;
}

struct sum {
	struct iq_kernel *kernel;
	uint64_t pages, used;
};

static struct iq_error *add_inode(void *context, uint64_t inode)
{
	struct sum *sum = context;
	uint64_t mapping, pages;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(iq_k_get(sum->kernel, inode, "inode", "i_mapping", &mapping));
	IQ_TRY(iq_k_get(sum->kernel, mapping, "address_space", "nrpages", &pages));
	sum->pages += pages;
	return NULL;
}

struct iq_error *iq_memory_buffers(struct iq_kernel *kernel, uint64_t *pages)
{
	struct sum sum = { .kernel = kernel };
	uint64_t super, head;
	IQ_TRY(read_variable(kernel, "blockdev_superblock", &super));
	IQ_TRY(iq_member_address(kernel->types, super, "super_block", "s_inodes", &head));
	IQ_TRY(iq_list_each(kernel->target, kernel->types, head, "inode", "i_sb_list", MAX_DEVICES, add_inode, &sum));
	*pages = sum.pages;
	return NULL;
}

/* Before 5.12 (upstream b6038942480e), when it became a counter: the pages of all the swap cache's address_spaces. */
static struct iq_error *count_swap_cache(struct iq_kernel *k, uint64_t *pages)
{
	uint64_t spaces, numbers, size;
	*pages = 0;
	IQ_TRY(iq_k_symbol(k, "swapper_spaces", &spaces));
	IQ_TRY(iq_k_symbol(k, "nr_swapper_spaces", &numbers));
	IQ_TRY(iq_types_size(k->types, "address_space", &size));
	uint64_t symbol;
	uint32_t areas;
	IQ_TRY(iq_k_symbol(k, "nr_swapfiles", &symbol));
	IQ_TRY(iq_read_u32(k->target, symbol, &areas));
	for (uint32_t i = 0; i < areas && i < MAX_SWAP_AREAS; i++) {
		uint64_t array, one;
		uint32_t count;
		IQ_TRY(iq_read_u64(k->target, spaces + 8 * (uint64_t)i, &array));
		IQ_TRY(iq_read_u32(k->target, numbers + 4 * (uint64_t)i, &count));
		for (uint32_t n = 0; array && n < count && n < MAX_SWAP_SPACES; n++) {
			IQ_TRY(iq_check_interrupt());
			IQ_TRY(iq_k_get(k, array + n * size, "address_space", "nrpages", &one));
			*pages += one;
		}
	}
	return NULL;
}

struct iq_error *iq_memory_cached(struct iq_kernel *kernel, uint64_t *pages)
{
	uint64_t swap, buffers;
	IQ_TRY(iq_memory_counter(kernel, "NR_FILE_PAGES", pages));
	struct iq_error *error = iq_memory_counter(kernel, "NR_SWAPCACHE", &swap);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		error = count_swap_cache(kernel, &swap);
	}
	if (error)
		return error;
	IQ_TRY(iq_memory_buffers(kernel, &buffers));
	*pages = less(less(*pages, swap), buffers);
	return NULL;
}

struct iq_error *iq_memory_slab(struct iq_kernel *kernel, uint64_t *pages)
{
	/* Renamed in 5.9 (upstream d42f3245c7e2), and still kept in pages. */
	int64_t item;
	const bool bytes = !iq_failed(iq_type_constant(kernel->types, "NR_SLAB_RECLAIMABLE_B", &item));
	uint64_t kept;
	IQ_TRY(iq_memory_counter(kernel, bytes ? "NR_SLAB_RECLAIMABLE_B" : "NR_SLAB_RECLAIMABLE", pages));
	IQ_TRY(iq_memory_counter(kernel, bytes ? "NR_SLAB_UNRECLAIMABLE_B" : "NR_SLAB_UNRECLAIMABLE", &kept));
	*pages += kept;
	return NULL;
}

struct iq_error *iq_huge_pools_each(struct iq_kernel *kernel, iq_huge_pool_fn fn, void *context)
{
	uint64_t array, size, symbol;
	uint32_t count;
	IQ_TRY(iq_k_symbol(kernel, "hstates", &array));
	IQ_TRY(iq_k_symbol(kernel, "hugetlb_max_hstate", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u32(kernel->target, symbol, &count), "hugetlb_max_hstate"));
	IQ_TRY(iq_types_size(kernel->types, "hstate", &size));
	if (count > MAX_POOLS)
		return iq_error_new(IQ_ERROR_FORMAT, "hugetlb_max_hstate is %u", count);
	for (uint32_t i = 0; i < count; i++) {
		struct iq_huge_pool pool = { .address = array + i * size };
		uint64_t order;
		IQ_TRY(iq_k_get(kernel, pool.address, "hstate", "order", &order));
		if (order > 40)
			return iq_error_new(IQ_ERROR_FORMAT, "hstate at %#lx is of order %lu", pool.address, order);
		pool.page_size = UINT64_C(1) << (order + page_shift(kernel));
		IQ_TRY(iq_k_get(kernel, pool.address, "hstate", "nr_huge_pages", &pool.total));
		IQ_TRY(iq_k_get(kernel, pool.address, "hstate", "free_huge_pages", &pool.free));
		IQ_TRY(iq_k_get(kernel, pool.address, "hstate", "resv_huge_pages", &pool.reserved));
		IQ_TRY(iq_k_get(kernel, pool.address, "hstate", "surplus_huge_pages", &pool.surplus));
		IQ_TRY(iq_get_string(kernel->target, kernel->types, pool.address, "hstate", "name", pool.name,
				     sizeof(pool.name)));
		IQ_TRY(fn(context, &pool));
	}
	return NULL;
}

static struct iq_error *add_pool(void *context, const struct iq_huge_pool *pool)
{
	struct sum *sum = context;
	const uint64_t pages = pool->page_size >> page_shift(sum->kernel);
	sum->pages += pool->total * pages;
	sum->used += (pool->total - pool->free) * pages;
	return NULL;
}

struct iq_error *iq_huge_total(struct iq_kernel *kernel, uint64_t *pages)
{
	struct sum sum = { .kernel = kernel };
	IQ_TRY(iq_huge_pools_each(kernel, add_pool, &sum));
	*pages = sum.pages;
	return NULL;
}

struct iq_error *iq_huge_free(struct iq_kernel *kernel, uint64_t *pages)
{
	struct sum sum = { .kernel = kernel };
	IQ_TRY(iq_huge_pools_each(kernel, add_pool, &sum));
	*pages = less(sum.pages, sum.used);
	return NULL;
}

static struct iq_error *add_area(void *context, const struct iq_swap_area *area)
{
	struct sum *sum = context;
	sum->pages += area->pages;
	sum->used += area->used;
	return NULL;
}

static struct iq_error *sum_swap(struct iq_kernel *kernel, struct sum *sum)
{
	*sum = (struct sum){ .kernel = kernel };
	return iq_swap_areas_each(kernel, add_area, sum);
}

struct iq_error *iq_swap_total(struct iq_kernel *kernel, uint64_t *pages)
{
	struct sum sum;
	IQ_TRY(sum_swap(kernel, &sum));
	*pages = sum.pages;
	return NULL;
}

struct iq_error *iq_swap_used(struct iq_kernel *kernel, uint64_t *pages)
{
	struct sum sum;
	IQ_TRY(sum_swap(kernel, &sum));
	*pages = sum.used;
	return NULL;
}

struct iq_error *iq_swap_free(struct iq_kernel *kernel, uint64_t *pages)
{
	struct sum sum;
	IQ_TRY(sum_swap(kernel, &sum));
	*pages = less(sum.pages, sum.used);
	return NULL;
}

/* vm_commit_limit() */
struct iq_error *iq_commit_limit(struct iq_kernel *kernel, uint64_t *pages)
{
	uint64_t kibibytes, symbol, total, huge, swap;
	uint32_t percent;
	IQ_TRY(read_variable(kernel, "sysctl_overcommit_kbytes", &kibibytes));
	IQ_TRY(iq_swap_total(kernel, &swap));
	*pages = kibibytes >> (page_shift(kernel) - 10);
	if (!kibibytes) {
		IQ_TRY(iq_k_symbol(kernel, "sysctl_overcommit_ratio", &symbol));
		IQ_TRY(iq_error_prefix(iq_read_u32(kernel->target, symbol, &percent), "sysctl_overcommit_ratio"));
		IQ_TRY(iq_memory_total(kernel, &total));
		IQ_TRY(iq_huge_total(kernel, &huge));
		*pages = less(total, huge) * percent / 100;
	}
	*pages += swap;
	return NULL;
}

/* vm_memory_committed(): with what each CPU holds back, as percpu_counter_sum() has it. */
struct iq_error *iq_committed(struct iq_kernel *kernel, uint64_t *pages)
{
	const struct iq_cpu *cpus;
	uint64_t counter, sum, place, address;
	size_t count;
	IQ_TRY(iq_k_symbol(kernel, "vm_committed_as", &counter));
	IQ_TRY(iq_k_get(kernel, counter, "percpu_counter", "count", &sum));
	IQ_TRY(iq_k_get(kernel, counter, "percpu_counter", "counters", &place));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		uint32_t held;
		IQ_TRY(iq_cpu_place(&cpus[i], place, &address));
		IQ_TRY(iq_read_u32(kernel->target, address, &held));
		sum += (uint64_t)(int64_t)(int32_t)held;
	}
	*pages = (int64_t)sum > 0 ? sum : 0;
	return NULL;
}
