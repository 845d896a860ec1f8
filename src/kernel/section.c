// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/section.h"

#include "kernel/internal.h"

#include <stdio.h>

enum { MAP_FLAGS = 63, MAX_SECTION_BITS = 25, MAX_BLOCKS = 1 << 24 };

struct sections {
	struct iq_kernel *kernel;
	uint64_t roots, highest, size, page_size;
	unsigned section_shift; /* log2 of the pages in one */
	uint64_t per_root;
	iq_section_fn fn;
	void *context;
};

static uint64_t section_shift(struct iq_kernel *k)
{
	uint64_t bits;
	const unsigned page_shift = iq_target_arch(k->target)->page_shift;
	/* SECTION_SIZE_BITS of x86-64, where no vmcoreinfo tells. */
	if (!iq_dump_vmcoreinfo_number(k->dump, "NUMBER(SECTION_SIZE_BITS)", 10, &bits) || bits > 40)
		bits = 27;
	return bits > page_shift ? bits - page_shift : 0;
}

static struct iq_error *find_sections(struct iq_kernel *k, struct sections *s)
{
	uint64_t symbol;
	IQ_TRY(iq_k_symbol(k, "mem_section", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u64(k->target, symbol, &s->roots), "mem_section"));
	IQ_TRY(iq_k_symbol(k, "__highest_present_section_nr", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u64(k->target, symbol, &s->highest), "__highest_present_section_nr"));
	IQ_TRY(iq_types_size(k->types, "mem_section", &s->size));
	IQ_TRY(iq_types_size(k->types, "page", &s->page_size));
	s->section_shift = (unsigned)section_shift(k);
	s->per_root = s->size ? (UINT64_C(1) << iq_target_arch(k->target)->page_shift) / s->size : 0;
	if (!s->per_root || s->highest >> MAX_SECTION_BITS)
		return iq_error_new(IQ_ERROR_FORMAT, "the highest section is said to be %lu", s->highest);
	return NULL;
}

static struct iq_error *show_section(struct sections *s, uint64_t root, uint64_t number, struct iq_error **damage)
{
	struct iq_section section = {
		.address = root + number % s->per_root * s->size,
		.number = number,
		.start_pfn = number << s->section_shift,
		.pages = UINT64_C(1) << s->section_shift,
	};
	uint64_t coded;
	struct iq_error *error = iq_k_get(s->kernel, section.address, "mem_section", "section_mem_map", &coded);
	if (error) {
		iq_error_keep(damage, iq_error_prefix(error, "section %lu", number));
		return NULL;
	}
	section.flags = coded & MAP_FLAGS;
	section.coded_map = coded & ~(uint64_t)MAP_FLAGS;
	section.map = section.coded_map + section.start_pfn * s->page_size;
	if (!(section.flags & IQ_SECTION_HAS_MAP))
		return NULL;
	IQ_TRY(iq_check_interrupt());
	return s->fn(s->context, &section);
}

struct iq_error *iq_sections_each(struct iq_kernel *kernel, iq_section_fn fn, void *context)
{
	struct sections s = { .kernel = kernel, .fn = fn, .context = context };
	struct iq_error *damage = NULL;
	uint64_t root = 0;
	IQ_TRY(find_sections(kernel, &s));
	for (uint64_t n = 0; n <= s.highest; n++) {
		struct iq_error *error = NULL;
		if (n % s.per_root == 0) {
			root = 0;
			iq_error_keep(&damage,
				      iq_error_prefix(iq_read_u64(kernel->target, s.roots + n / s.per_root * 8, &root),
						      "section %lu", n));
		}
		if (!root)
			continue;
		error = show_section(&s, root, n, &damage);
		if (error) {
			iq_error_free(damage);
			return error;
		}
	}
	return damage;
}

struct blocks {
	struct iq_kernel *kernel;
	uint64_t sections; /* in each */
	unsigned section_bits;
	iq_memory_block_fn fn;
	void *context;
	struct iq_error *damage; /* the first */
};

/* Single bits (include/linux/memory.h), or the values of enum memory_block_state where there is one. */
static const char *state_name(struct iq_kernel *k, uint64_t state)
{
	static const char *const names[] = { "ONLINE",       "GOING_OFFLINE", "OFFLINE",
					     "GOING_ONLINE", "CANCEL_ONLINE", "CANCEL_OFFLINE" };
	struct iq_type type;
	const bool numbered = !iq_failed(iq_type_find_in_vmlinux(k->types, IQ_TYPE_ENUM, "memory_block_state", &type));
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		char constant[32];
		int64_t value = (int64_t)1 << i;
		snprintf(constant, sizeof(constant), "MEM_%s", names[i]);
		if (numbered && iq_failed(iq_type_constant(k->types, constant, &value)))
			continue;
		if ((uint64_t)value == state)
			return names[i];
	}
	return "UNKNOWN";
}

static struct iq_error *read_block(struct blocks *b, uint64_t address, struct iq_memory_block *block)
{
	struct iq_kernel *k = b->kernel;
	uint64_t state, name, node = 0;
	block->address = address;
	IQ_TRY(iq_k_get(k, address, "memory_block", "start_section_nr", &block->start_section));
	IQ_TRY(iq_k_get(k, address, "memory_block", "state", &state));
	if (iq_k_has(k, "memory_block", "nid"))
		IQ_TRY(iq_k_get(k, address, "memory_block", "nid", &node));
	block->node = (int)node;
	block->state = state_name(k, state);
	block->start = block->start_section << b->section_bits;
	block->end = (block->start_section + b->sections) << b->section_bits;
	if (iq_failed(iq_k_get(k, address, "memory_block", "dev.kobj.name", &name)) ||
	    iq_failed(iq_read_string(k->target, name, block->name, sizeof(block->name))))
		block->name[0] = '\0';
	return NULL;
}

static struct iq_error *see_block(void *context, uint64_t index, uint64_t entry)
{
	struct blocks *b = context;
	struct iq_memory_block block = { 0 };
	IQ_TRY(iq_check_interrupt());
	struct iq_error *error = read_block(b, entry, &block);
	if (!error)
		return b->fn(b->context, &block);
	iq_error_keep(&b->damage, iq_error_prefix(error, "memory block %lu", index));
	return NULL;
}

struct iq_error *iq_memory_blocks_each(struct iq_kernel *kernel, iq_memory_block_fn fn, void *context)
{
	struct blocks b = { .kernel = kernel, .fn = fn, .context = context };
	uint64_t array, symbol;
	uint32_t sections;
	IQ_TRY(iq_k_symbol(kernel, "memory_blocks", &array));
	IQ_TRY(iq_k_symbol(kernel, "sections_per_block", &symbol));
	IQ_TRY(iq_error_prefix(iq_read_u32(kernel->target, symbol, &sections), "sections_per_block"));
	b.sections = sections;
	b.section_bits = (unsigned)section_shift(kernel) + iq_target_arch(kernel->target)->page_shift;
	struct iq_error *error = iq_xarray_each(kernel->target, kernel->types, array, MAX_BLOCKS, see_block, &b);
	if (!error)
		return b.damage;
	iq_error_free(b.damage);
	return error;
}
