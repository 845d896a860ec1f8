// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -i: how much memory there is, and what for. */
#include "command/kmem.h"

#include "kernel/mem_map.h"
#include "kernel/meminfo.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

struct shared {
	unsigned reserved; /* bit of PG_reserved */
	uint64_t pages;
};

static struct iq_error *see_flag(void *context, const char *name, unsigned bit)
{
	struct shared *shared = context;
	if (!strcmp(name, "PG_reserved"))
		shared->reserved = bit;
	return NULL;
}

static struct iq_error *see_page(void *context, const struct iq_page *page)
{
	struct shared *shared = context;
	if (!(page->flags >> shared->reserved & 1) && page->count > 1)
		shared->pages++;
	return NULL;
}

/* Pages that are held more than once: nothing but the pages themselves tells. */
static struct iq_error *count_shared(struct iq_kernel *kernel, uint64_t *pages)
{
	struct shared shared = { .reserved = 63 };
	IQ_TRY(iq_page_flags_each(kernel, see_flag, &shared));
	IQ_TRY(iq_mem_map_each(kernel, see_page, &shared));
	*pages = shared.pages;
	return NULL;
}

struct line {
	const char *label, *key;
	struct iq_error *(*ask)(struct iq_kernel *kernel, uint64_t *pages);
	const char *whole;  /* what its share is of; NULL: it is the whole of those that follow */
	bool shared, blank; /* only with "shared"; a blank line before it */
};

static const struct line lines[] = {
	{ "TOTAL MEM", "total", iq_memory_total, NULL, false, false },
	{ "FREE", "free", iq_memory_free, "TOTAL MEM", false, false },
	{ "USED", "used", iq_memory_used, "TOTAL MEM", false, false },
	{ "SHARED", "shared", count_shared, "TOTAL MEM", true, false },
	{ "BUFFERS", "buffers", iq_memory_buffers, "TOTAL MEM", false, false },
	{ "CACHED", "cached", iq_memory_cached, "TOTAL MEM", false, false },
	{ "SLAB", "slab", iq_memory_slab, "TOTAL MEM", false, false },
	{ "TOTAL HUGE", "huge_total", iq_huge_total, NULL, false, true },
	{ "HUGE FREE", "huge_free", iq_huge_free, "TOTAL HUGE", false, false },
	{ "TOTAL SWAP", "swap_total", iq_swap_total, NULL, false, true },
	{ "SWAP USED", "swap_used", iq_swap_used, "TOTAL SWAP", false, false },
	{ "SWAP FREE", "swap_free", iq_swap_free, "TOTAL SWAP", false, false },
	{ "COMMIT LIMIT", "commit_limit", iq_commit_limit, NULL, false, true },
	{ "COMMITTED", "committed", iq_committed, "TOTAL LIMIT", false, false },
};

static void show_line(struct iq_out *out, const struct line *line, uint64_t pages, uint64_t whole, uint64_t page_size)
{
	char size[32], share[64] = "       ----";
	iq_size_text(pages * page_size, size);
	if (line->whole)
		snprintf(share, sizeof(share), "%3" PRIu64 "%% of %s",
			 whole ? (uint64_t)((__uint128_t)pages * 100 / whole) : 0, line->whole);
	iq_text(out, "%13s  %7" PRIu64 "  %11s  %s", line->label, pages, size, share);
}

struct iq_error *iq_kmem_totals(const struct iq_kmem *kmem)
{
	const bool shared = kmem->args->count && !strcmp(kmem->args->words[0].text, "shared");
	uint64_t whole = 0;
	if (kmem->args->count > 1 || (kmem->args->count && !shared))
		return iq_usage_error(kmem->args->command, "-i takes nothing but 'shared'");
	const unsigned shift = iq_target_arch(iq_kernel_target(kmem->kernel))->page_shift;
	iq_record_begin(kmem->out);
	iq_add_unsigned(kmem->out, "page_size", UINT64_C(1) << shift);
	iq_text(kmem->out, "                 PAGES        TOTAL      PERCENTAGE");
	for (size_t i = 0; i < IQ_ARRAY_SIZE(lines); i++) {
		const struct line *line = &lines[i];
		uint64_t pages = 0;
		if (line->shared && !shared)
			continue;
		if (line->blank)
			iq_line(kmem->out, "");
		struct iq_error *error = line->ask(kmem->kernel, &pages);
		if (iq_error_is(error, IQ_ERROR_INTERRUPTED)) {
			iq_end(kmem->out);
			return error;
		}
		if (!line->whole)
			whole = pages;
		if (error) {
			iq_add_unavailable(kmem->out, line->key, error->message);
			iq_text(kmem->out, "%13s  (unavailable)", line->label);
			iq_warn_error(&kmem->session->diag, iq_error_prefix(error, "%s", line->label));
			continue;
		}
		iq_add_unsigned(kmem->out, line->key, pages);
		show_line(kmem->out, line, pages, whole, UINT64_C(1) << shift);
	}
	iq_end(kmem->out);
	return NULL;
}
