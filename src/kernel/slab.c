// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/slab.h"

#include "kernel/page.h"
#include "kernel/slab_internal.h"

#include <string.h>

enum { MAX_CACHES = 100000, MAX_NODES = 1024, ORDER_SHIFT = 16, MAX_ORDER = 20 };

void iq_slabs_free(struct iq_slabs *slabs)
{
	if (!slabs)
		return;
	iq_vec_free(&slabs->caches);
	iq_map_free(&slabs->cache_index);
	iq_map_free(&slabs->sheaves);
	free(slabs);
}

static void find_mark(struct iq_kernel *k, struct iq_slabs *slabs)
{
	int64_t number, base;
	if (!iq_failed(iq_type_constant(k->types, "PGTY_slab", &number))) {
		slabs->mark = IQ_SLAB_MARK_TYPE_NUMBER;
		slabs->mark_bits = UINT64_C(0xff000000);
		slabs->mark_wanted = (uint64_t)number << 24 & slabs->mark_bits;
		return;
	}
	bool named = !iq_failed(iq_type_constant(k->types, "PG_slab", &number));
	if (named && number >= 0 && number < 64) {
		slabs->mark = IQ_SLAB_MARK_FLAG;
		slabs->mark_bits = slabs->mark_wanted = UINT64_C(1) << number;
		return;
	}
	/* In 6.10 these were macros; types are told by bits that are 0 below a base of ones. */
	if (!named)
		number = 0x1000;
	if (iq_failed(iq_type_constant(k->types, "PAGE_TYPE_BASE", &base)))
		base = 0xf0000000;
	slabs->mark = IQ_SLAB_MARK_TYPE_BITS;
	slabs->mark_bits = (uint64_t)(base | number) & UINT32_MAX;
	slabs->mark_wanted = (uint64_t)base & UINT32_MAX;
}

struct loading {
	struct iq_kernel *kernel;
	struct iq_slabs *slabs;
};

/* Members that only some kernels have. */
static struct iq_error *get_if_there(struct iq_kernel *k, uint64_t address, const char *path, uint64_t *value)
{
	*value = 0;
	return iq_k_has(k, "kmem_cache", path) ? iq_k_get(k, address, "kmem_cache", path, value) : NULL;
}

static struct iq_error *read_cache(struct iq_kernel *k, uint64_t address, struct iq_slab_cache *cache)
{
	uint64_t name, order;
	cache->address = address;
	IQ_TRY(iq_k_get(k, address, "kmem_cache", "name", &name));
	IQ_TRY(iq_k_get(k, address, "kmem_cache", "size", &cache->size));
	IQ_TRY(iq_k_get(k, address, "kmem_cache", "object_size", &cache->object_size));
	IQ_TRY(get_if_there(k, address, "red_left_pad", &cache->left_pad));
	IQ_TRY(get_if_there(k, address, "offset", &cache->offset));
	IQ_TRY(get_if_there(k, address, "random", &cache->random));
	IQ_TRY(get_if_there(k, address, "inuse", &cache->inuse));
	IQ_TRY(get_if_there(k, address, "flags", &cache->flags));
	IQ_TRY(get_if_there(k, address, "cpu_slab", &cache->cpu_slab));
	IQ_TRY(get_if_there(k, address, "cpu_sheaves", &cache->sheaves));
	IQ_TRY(get_if_there(k, address, "oo.x", &order));
	order >>= ORDER_SHIFT;
	if (order <= MAX_ORDER)
		cache->slab_bytes = UINT64_C(1) << order << iq_target_arch(k->target)->page_shift;
	if (iq_failed(iq_read_string(k->target, name, cache->name, sizeof(cache->name))))
		snprintf(cache->name, sizeof(cache->name), "kmem_cache %#lx", address);
	return NULL;
}

static struct iq_error *add_cache(void *context, uint64_t address)
{
	struct loading *loading = context;
	struct iq_slab_cache *cache = iq_vec_push(&loading->slabs->caches);
	if (!cache || !iq_map_set(&loading->slabs->cache_index, address, loading->slabs->caches.count - 1))
		return iq_error_no_memory();
	IQ_TRY(read_cache(loading->kernel, address, cache));
	return iq_check_interrupt();
}

/* The kernel keeps a page's node in as many of the highest bits of its flags as MAX_NUMNODES takes
 * (include/linux/page-flags-layout.h). */
static unsigned find_node_bits(struct iq_kernel *k)
{
	struct iq_type_member member;
	struct iq_type_info info;
	unsigned bits = 0;
	if (iq_failed(iq_types_member(k->types, "kmem_cache",
				      iq_k_has(k, "kmem_cache", "per_node") ? "per_node" : "node", &member)) ||
	    iq_failed(iq_type_info(member.type, &info)) || info.kind != IQ_TYPE_ARRAY || info.count > MAX_NODES)
		return 0;
	while (UINT64_C(1) << bits < info.count)
		bits++;
	return bits;
}

/* Bits of kmem_cache.flags: an enum since 6.9 (upstream cc61eb851461), before that as include/linux/slab.h had them. */
static void find_flags(struct iq_kernel *k, struct iq_slabs *slabs)
{
	struct iq_type bits;
	struct iq_type_info info;
	slabs->store_user = 0x10000;
	slabs->red_zone = 0x400;
	if (iq_failed(iq_type_find_in_vmlinux(k->types, IQ_TYPE_ENUM, "_slab_flag_bits", &bits)) ||
	    iq_failed(iq_type_info(bits, &info)))
		return;
	for (uint32_t i = 0; i < info.count; i++) {
		struct iq_type_enumerator bit;
		if (iq_failed(iq_type_enumerator_at(bits, i, &bit)) || !bit.name || bit.value < 0 || bit.value > 31)
			continue;
		if (!strcmp(bit.name, "_SLAB_STORE_USER"))
			slabs->store_user = UINT64_C(1) << bit.value;
		else if (!strcmp(bit.name, "_SLAB_RED_ZONE"))
			slabs->red_zone = UINT64_C(1) << bit.value;
	}
}

static void find_names(struct iq_kernel *k, struct iq_slabs *slabs)
{
	uint64_t address;
	uint32_t nodes;
	slabs->cpu_page = iq_k_has(k, "kmem_cache_cpu", "slab") ? "slab" : "page";
	/* 5.4 (upstream 916ac0527837) */
	slabs->links = iq_k_has(k, slabs->type, "slab_list") ? "slab_list" : "lru";
	slabs->node_bits = find_node_bits(k);
	slabs->nodes = 1;
	if (!iq_failed(iq_k_symbol(k, "nr_node_ids", &address)) &&
	    !iq_failed(iq_read_u32(k->target, address, &nodes)) && nodes)
		slabs->nodes = IQ_MIN(nodes, (uint32_t)MAX_NODES);
}

/* What was found before damage of the list of caches is used, after a warning. */
static struct iq_error *load(struct iq_kernel *k, struct iq_slabs *slabs)
{
	struct loading loading = { k, slabs };
	uint64_t head;
	bool folded = iq_k_has(k, "slab", "slab_cache");
	slabs->type = folded ? "slab" : "page";
	if (!folded && !iq_k_has(k, "page", "slab_cache"))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "neither struct slab nor struct page has slab_cache");
	find_mark(k, slabs);
	find_names(k, slabs);
	find_flags(k, slabs);
	IQ_TRY(iq_k_symbol(k, "slab_caches", &head));
	struct iq_error *error =
		iq_list_each(k->target, k->types, head, "kmem_cache", "list", MAX_CACHES, add_cache, &loading);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || !slabs->caches.count)
		return error;
	iq_warn_error(k->diag, iq_error_prefix(error, "slab caches"));
	return NULL;
}

struct iq_error *iq_slabs_get(struct iq_kernel *k, struct iq_slabs **out)
{
	if (!k->slabs) {
		struct iq_slabs *slabs = calloc(1, sizeof(*slabs));
		if (!slabs)
			return iq_error_no_memory();
		struct iq_error *error = load(k, slabs);
		if (error) {
			iq_slabs_free(slabs);
			return error;
		}
		k->slabs = slabs;
	}
	*out = k->slabs;
	return NULL;
}

struct iq_error *iq_slab_caches(struct iq_kernel *kernel, const struct iq_slab_cache **caches, size_t *count)
{
	struct iq_slabs *slabs;
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	*caches = slabs->caches.data;
	*count = slabs->caches.count;
	return NULL;
}

static struct iq_error *not_found(uint64_t address)
{
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is no slab object", address);
}

static struct iq_error *is_slab(struct iq_kernel *k, const struct iq_slabs *slabs, uint64_t page, bool *yes)
{
	uint64_t value;
	IQ_TRY(iq_k_get(k, page, "page", slabs->mark == IQ_SLAB_MARK_FLAG ? "flags" : "page_type", &value));
	*yes = (value & slabs->mark_bits) == slabs->mark_wanted;
	return NULL;
}

/* Where in the slab the address is. */
static void place(const struct iq_slab_cache *cache, uint64_t address, struct iq_slab_object *out)
{
	uint64_t first = out->start + cache->left_pad;
	out->size = cache->size;
	if (!cache->size || address < first || (address - first) / cache->size >= out->objects)
		return;
	out->inside = true;
	out->index = (address - first) / cache->size;
	out->object = first + out->index * cache->size;
}

struct iq_error *iq_slab_at(struct iq_kernel *kernel, uint64_t address, struct iq_slab_object *out)
{
	const struct iq_layout *layout = iq_target_layout(kernel->target);
	struct iq_slabs *slabs;
	uint64_t page, index, physical;
	bool yes;
	/* Slabs lie in the direct map, and nowhere else do their objects' addresses come from. */
	if (!layout->direct_map || address - layout->direct_map >= layout->direct_map_size)
		return not_found(address);
	IQ_TRY(iq_slabs_get(kernel, &slabs));
	IQ_TRY(iq_page_address(kernel, address - layout->direct_map, &page));
	*out = (struct iq_slab_object){ 0 };
	IQ_TRY(iq_page_head(kernel, page, &out->slab));
	IQ_TRY(is_slab(kernel, slabs, out->slab, &yes));
	if (!yes)
		return not_found(address);
	IQ_TRY(iq_k_get(kernel, out->slab, slabs->type, "slab_cache", &out->cache));
	IQ_TRY(iq_k_get(kernel, out->slab, slabs->type, "objects", &out->objects));
	if (!iq_map_get(&slabs->cache_index, out->cache, &index))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is in a slab of %#lx, which is no cache", address,
				    out->cache);
	IQ_TRY(iq_page_physical(kernel, out->slab, &physical));
	out->start = layout->direct_map + physical;
	out->name = slabs->caches.data[index].name;
	place(&slabs->caches.data[index], address, out);
	return NULL;
}
