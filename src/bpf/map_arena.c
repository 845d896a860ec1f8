// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arenas (6.9): struct bpf_arena (kernel/bpf/arena.c). Pages that a process or a program has touched are mapped into an
 * area of 4 GB that the kernel has for it, at the lower half of the process' address; its first 32 kB are a guard.
 */
#include "bpf/map_internal.h"

#include "kernel/page.h"

#define AREA (UINT64_C(1) << 32)

enum {
	HALF_GUARD = 32768, /* half of what a 16-bit offset reaches, below and above */
	TABLE = 2 << 20,    /* bytes that a page table of the lowest level maps */
};

struct arena {
	struct iq_bpf_walk *walk;
	uint64_t start;    /* kernel address of a process' 4 GB */
	uint64_t user;     /* the upper half of the process' addresses; 0: not mapped yet */
	uint64_t scratch;  /* physical; the page that stands where none is, 0: this kernel has none */
	uint64_t from, to; /* pages that were seen, and not told yet */
};

static struct iq_error *read_arena(struct arena *arena)
{
	struct iq_bpf *bpf = arena->walk->bpf;
	uint64_t map = arena->walk->map->address, area, page = 0;
	IQ_TRY(iq_b_get(bpf, map, "bpf_arena", "kern_vm", &area));
	IQ_TRY(iq_b_get(bpf, area, "vm_struct", "addr", &arena->start));
	IQ_TRY(iq_b_get(bpf, map, "bpf_arena", "user_vm_start", &arena->user));
	arena->user &= ~(AREA - 1);
	arena->start += HALF_GUARD;
	if (!iq_is_kernel_address(bpf->target, arena->start) || arena->start > UINT64_MAX - AREA || arena->start & 4095)
		return iq_error_new(IQ_ERROR_FORMAT, "its area begins at %#lx", arena->start - HALF_GUARD);
	/* Newer kernels let programs find a page of nobody's where none was allocated. */
	IQ_TRY(iq_b_get_if(bpf, map, "bpf_arena", "scratch_page", &page));
	return page ? iq_page_physical(bpf->kernel, page, &arena->scratch) : NULL;
}

static struct iq_error *tell(struct arena *arena)
{
	uint64_t from = arena->from;
	struct iq_bpf_element element = {
		.kind = IQ_BPF_PAGES,
		.value = from,
		.user = arena->user ? arena->user + (from - arena->start) : 0,
		.pages = (arena->to - from) / IQ_BPF_PAGE,
	};
	arena->from = arena->to = 0;
	return element.pages ? iq_bpf_walk_tell(arena->walk, &element) : NULL;
}

/* A mapping begins or goes on the range that is collected. */
static struct iq_error *see(struct arena *arena, const struct iq_leaf *leaf)
{
	if (arena->scratch && leaf->physical == arena->scratch)
		return NULL;
	if (leaf->address != arena->to) {
		IQ_TRY(tell(arena));
		arena->from = leaf->address;
	}
	arena->to = leaf->address + leaf->size;
	return NULL;
}

/* Page tables that can't be read are stepped over by the search for leaves: tells of them. */
static struct iq_error *check_tables(struct arena *arena)
{
	struct iq_bpf_walk *walk = arena->walk;
	for (uint64_t at = arena->start; at < arena->start + AREA; at = (at | (TABLE - 1)) + 1) {
		struct iq_walk steps;
		IQ_TRY(iq_check_interrupt());
		iq_bpf_walk_damaged(walk, iq_walk(walk->bpf->target, NULL, at, &steps));
	}
	return NULL;
}

struct iq_error *iq_bpf_walk_arena(struct iq_bpf_walk *walk)
{
	struct arena arena = { .walk = walk };
	struct iq_target *target = walk->bpf->target;
	struct iq_paging paging = iq_target_paging(target);
	uint64_t table = iq_target_layout(target)->kernel_table;
	IQ_TRY(read_arena(&arena));
	uint64_t last = arena.start + AREA - 1;
	for (uint64_t at = arena.start; at <= last;) {
		struct iq_leaf leaf;
		bool found;
		IQ_TRY(iq_target_arch(target)->next_leaf(&paging, table, at, last, &leaf, &found));
		if (!found)
			break;
		/* All are of one page: anything else is not the arena's. */
		if (leaf.address < at || leaf.size != IQ_BPF_PAGE)
			return iq_error_new(IQ_ERROR_FORMAT, "%lu bytes at %#lx are mapped as one", leaf.size,
					    leaf.address);
		IQ_TRY(see(&arena, &leaf));
		at = leaf.address + leaf.size;
		IQ_TRY(iq_check_interrupt());
	}
	IQ_TRY(tell(&arena));
	return check_tables(&arena);
}
