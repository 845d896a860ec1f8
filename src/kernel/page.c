// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/page.h"

#include "kernel/internal.h"

#include <ctype.h>
#include <string.h>

static struct iq_error *vmemmap(struct iq_kernel *k, const struct iq_layout **layout, uint64_t *size)
{
	*layout = iq_target_layout(k->target);
	if (!(*layout)->vmemmap)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "where struct pages lie (vmemmap) is not known");
	IQ_TRY(iq_types_size(k->types, "page", size));
	return *size ? NULL : iq_error_new(IQ_ERROR_FORMAT, "struct page has no members");
}

struct iq_error *iq_page_address(struct iq_kernel *kernel, uint64_t physical, uint64_t *page)
{
	const struct iq_layout *layout;
	uint64_t size, pfn = physical >> iq_target_arch(kernel->target)->page_shift;
	IQ_TRY(vmemmap(kernel, &layout, &size));
	if (pfn > (UINT64_MAX - layout->vmemmap) / size)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "physical address %#lx has no struct page", physical);
	*page = layout->vmemmap + pfn * size;
	return NULL;
}

static bool is_page(const struct iq_layout *layout, uint64_t address)
{
	return address >= layout->vmemmap && (!layout->vmemmap_end || address < layout->vmemmap_end);
}

struct iq_error *iq_page_physical(struct iq_kernel *kernel, uint64_t page, uint64_t *physical)
{
	const struct iq_layout *layout;
	uint64_t size;
	IQ_TRY(vmemmap(kernel, &layout, &size));
	if (!is_page(layout, page) || (page - layout->vmemmap) % size)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is no struct page", page);
	*physical = (page - layout->vmemmap) / size << iq_target_arch(kernel->target)->page_shift;
	return NULL;
}

struct iq_error *iq_page_read(struct iq_kernel *kernel, uint64_t page, struct iq_page *out)
{
	/* Since 6.16 (upstream acc53a0b4c15) only folios have an index by that name. */
	const char *index = iq_k_has(kernel, "page", "index") ? "index" : "__folio_index";
	uint64_t count;
	*out = (struct iq_page){ .address = page };
	IQ_TRY(iq_page_physical(kernel, page, &out->physical));
	IQ_TRY(iq_k_get(kernel, page, "page", "flags", &out->flags));
	IQ_TRY(iq_k_get(kernel, page, "page", "mapping", &out->mapping));
	IQ_TRY(iq_k_get(kernel, page, "page", index, &out->index));
	IQ_TRY(iq_k_get(kernel, page, "page", "_refcount", &count));
	out->count = (int32_t)count;
	return NULL;
}

struct iq_error *iq_page_head(struct iq_kernel *kernel, uint64_t page, uint64_t *head)
{
	/* Called compound_info in 7.x, where it may hold the mask that makes a tail's address its head's. */
	const char *member = iq_k_has(kernel, "page", "compound_head") ? "compound_head" : "compound_info";
	const struct iq_layout *layout = iq_target_layout(kernel->target);
	uint64_t value;
	*head = page;
	IQ_TRY(iq_k_get(kernel, page, "page", member, &value));
	if (!(value & 1))
		return NULL;
	value &= ~UINT64_C(1);
	*head = is_page(layout, value) ? value : page & value;
	if (!is_page(layout, *head))
		return iq_error_new(IQ_ERROR_FORMAT, "page at %#lx is said to belong to %#lx, which is no page", page,
				    *head);
	return NULL;
}

void iq_page_flag_names(struct iq_kernel *kernel, uint64_t flags, struct iq_strbuf *out)
{
	struct iq_type type;
	struct iq_type_info info;
	uint64_t named = 0;
	const char *separator = "";
	if (iq_failed(iq_type_find(kernel->types, IQ_TYPE_ENUM, "pageflags", &type)) ||
	    iq_failed(iq_type_info(type, &info)))
		return;
	for (uint32_t i = 0; i < info.count; i++) {
		struct iq_type_enumerator flag;
		/* Of several names of one flag the first; the last is their number. */
		if (iq_failed(iq_type_enumerator_at(type, i, &flag)) || !flag.name || strncmp(flag.name, "PG_", 3) ||
		    flag.value < 0 || flag.value > 63 || !(flags & ~named & UINT64_C(1) << flag.value))
			continue;
		named |= UINT64_C(1) << flag.value;
		iq_strbuf_addf(out, "%s%s", separator, flag.name + 3);
		separator = ",";
	}
}
