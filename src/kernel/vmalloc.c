// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vmalloc.h"

#include "kernel/internal.h"

enum { MAX_AREAS = 16 * 1024 * 1024, MAX_VMAP_NODES = 65536 };

struct areas {
	struct iq_kernel *kernel;
	IQ_VEC(struct iq_vmap_area) list;
	struct iq_error *damage; /* the first */
};

static void areas_free(struct areas *areas)
{
	iq_vec_free(&areas->list);
	iq_error_free(areas->damage);
}

static struct iq_error *see_area(void *context, uint64_t address)
{
	struct areas *areas = context;
	struct iq_kernel *k = areas->kernel;
	struct iq_vmap_area area = { .address = address };
	IQ_TRY(iq_check_interrupt());
	struct iq_error *error = iq_k_get(k, address, "vmap_area", "va_start", &area.start);
	if (!error)
		error = iq_k_get(k, address, "vmap_area", "va_end", &area.end);
	if (!error)
		error = iq_k_get(k, address, "vmap_area", "vm", &area.vm);
	if (!error && area.end <= area.start)
		error = iq_error_new(IQ_ERROR_FORMAT, "vmap_area at %#lx ends at %#lx, before its start", address,
				     area.end);
	if (error) {
		iq_error_keep(&areas->damage, error);
		return NULL;
	}
	struct iq_vmap_area *new = iq_vec_push(&areas->list);
	if (!new)
		return iq_error_new(IQ_ERROR_NO_MEMORY, "out of memory");
	*new = area;
	return NULL;
}

/* A damaged list gives what lies before the damage. */
static struct iq_error *read_list(struct areas *areas, uint64_t head)
{
	struct iq_kernel *k = areas->kernel;
	struct iq_error *error =
		iq_list_each(k->target, k->types, head, "vmap_area", "list", MAX_AREAS, see_area, areas);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_error_keep(&areas->damage, error);
	return NULL;
}

static struct iq_error *read_nodes(struct areas *areas)
{
	struct iq_kernel *k = areas->kernel;
	uint64_t symbol, nodes, size, head;
	uint32_t count;
	IQ_TRY(iq_k_symbol(k, "vmap_nodes", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u64(k->target, symbol, &nodes), "vmap_nodes"));
	IQ_TRY(iq_k_symbol(k, "nr_vmap_nodes", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u32(k->target, symbol, &count), "nr_vmap_nodes"));
	IQ_TRY(iq_types_size(k->types, "vmap_node", &size));
	IQ_TRY(iq_member_address(k->types, 0, "vmap_node", "busy.head", &head));
	if (count > MAX_VMAP_NODES)
		return iq_error_new(IQ_ERROR_FORMAT, "nr_vmap_nodes is %u", count);
	for (uint32_t i = 0; i < count; i++)
		IQ_TRY(read_list(areas, nodes + i * size + head));
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct iq_vmap_area *one = a, *other = b;
	return one->start < other->start ? -1 : one->start > other->start;
}

static struct iq_error *read_areas(struct areas *areas)
{
	uint64_t head;
	if (iq_failed(iq_k_symbol(areas->kernel, "vmap_area_list", &head)))
		IQ_TRY(read_nodes(areas));
	else
		IQ_TRY(read_list(areas, head));
	if (areas->list.count)
		qsort(areas->list.data, areas->list.count, sizeof(*areas->list.data), by_start);
	return NULL;
}

static void read_vm(struct iq_kernel *k, struct iq_vmap_area *area)
{
	area->vm_known = area->vm && !iq_failed(iq_k_get(k, area->vm, "vm_struct", "flags", &area->flags)) &&
			 !iq_failed(iq_k_get(k, area->vm, "vm_struct", "nr_pages", &area->pages)) &&
			 !iq_failed(iq_k_get(k, area->vm, "vm_struct", "phys_addr", &area->physical)) &&
			 !iq_failed(iq_k_get(k, area->vm, "vm_struct", "caller", &area->caller));
}

struct iq_error *iq_vmap_areas_each(struct iq_kernel *kernel, iq_vmap_area_fn fn, void *context)
{
	_cleanup_(areas_free) struct areas areas = { .kernel = kernel };
	IQ_TRY(read_areas(&areas));
	iq_vec_foreach (area, &areas.list) {
		read_vm(kernel, area);
		IQ_TRY(fn(context, area));
	}
	return iq_steal(areas.damage);
}

struct iq_error *iq_vmap_area_at(struct iq_kernel *kernel, uint64_t address, struct iq_vmap_area *out)
{
	_cleanup_(areas_free) struct areas areas = { .kernel = kernel };
	IQ_TRY(read_areas(&areas));
	iq_vec_foreach (area, &areas.list) {
		if (address < area->start || address >= area->end)
			continue;
		read_vm(kernel, area);
		*out = *area;
		return NULL;
	}
	return areas.damage ? iq_steal(areas.damage)
			    : iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx lies in no area of vmalloc's", address);
}

void iq_vmap_flag_names(uint64_t flags, struct iq_strbuf *out)
{
	static const char *const names[] = {
		"IOREMAP",         "ALLOC",          "MAP",    "USERMAP",           "DMA_COHERENT",
		"UNINITIALIZED",   "NO_GUARD",       "KASAN",  "FLUSH_RESET_PERMS", "MAP_PUT_PAGES",
		"ALLOW_HUGE_VMAP", "DEFER_KMEMLEAK", "SPARSE",
	};
	const char *separator = "";
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (!(flags >> i & 1))
			continue;
		iq_strbuf_addf(out, "%s%s", separator, names[i]);
		separator = ",";
	}
}
