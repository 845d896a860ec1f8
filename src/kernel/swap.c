// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/swap.h"

#include "kernel/internal.h"

#include <sys/stat.h>

enum { MAX_SWAP_AREAS = 64, SWP_USED = 1 };

/* A counter in 7.x (upstream b228386cf37c, 6.13), with a mark of the list that the area is on. */
#define OFF_LIST (UINT64_C(1) << 30)

static struct iq_error *read_used(struct iq_kernel *k, struct iq_swap_area *area)
{
	if (!iq_k_has(k, "swap_info_struct", "inuse_pages.counter"))
		return iq_k_get(k, area->address, "swap_info_struct", "inuse_pages", &area->used);
	IQ_TRY(iq_k_get(k, area->address, "swap_info_struct", "inuse_pages.counter", &area->used));
	area->used &= ~OFF_LIST;
	return NULL;
}

/* As /proc/swaps tells them apart. */
static void read_kind(struct iq_kernel *k, struct iq_swap_area *area)
{
	uint64_t inode, mode;
	area->kind_known = area->file && !iq_failed(iq_k_get(k, area->file, "file", "f_inode", &inode)) &&
			   !iq_failed(iq_k_get(k, inode, "inode", "i_mode", &mode));
	area->partition = area->kind_known && S_ISBLK(mode);
}

static struct iq_error *read_area(struct iq_kernel *k, uint64_t slot, struct iq_swap_area *area, bool *in_use)
{
	uint64_t flags, priority;
	*in_use = false;
	IQ_TRY(iq_read_u64(k->target, slot, &area->address));
	if (!area->address)
		return NULL;
	IQ_TRY(iq_k_get(k, area->address, "swap_info_struct", "flags", &flags));
	if (!(flags & SWP_USED))
		return NULL;
	*in_use = true;
	IQ_TRY(iq_k_get(k, area->address, "swap_info_struct", "pages", &area->pages));
	IQ_TRY(iq_k_get(k, area->address, "swap_info_struct", "prio", &priority));
	IQ_TRY(iq_k_get(k, area->address, "swap_info_struct", "swap_file", &area->file));
	IQ_TRY(read_used(k, area));
	area->priority = (int)priority;
	read_kind(k, area);
	return NULL;
}

struct iq_error *iq_swap_areas_each(struct iq_kernel *kernel, iq_swap_area_fn fn, void *context)
{
	uint64_t array, symbol;
	uint32_t count;
	struct iq_error *damage = NULL;
	IQ_TRY(iq_k_symbol(kernel, "swap_info", &array));
	IQ_TRY(iq_k_symbol(kernel, "nr_swapfiles", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u32(kernel->target, symbol, &count), "nr_swapfiles"));
	if (count > MAX_SWAP_AREAS)
		return iq_error_new(IQ_ERROR_FORMAT, "nr_swapfiles is %u", count);
	for (uint32_t i = 0; i < count; i++) {
		struct iq_swap_area area = { .type = i };
		bool in_use;
		struct iq_error *error = read_area(kernel, array + 8 * (uint64_t)i, &area, &in_use);
		if (error) {
			iq_error_keep(&damage, iq_error_prefix(error, "swap area %u", i));
			continue;
		}
		if (in_use)
			error = fn(context, &area);
		if (error) {
			iq_error_free(damage);
			return error;
		}
	}
	return damage;
}
