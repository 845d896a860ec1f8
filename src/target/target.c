// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/target.h"
#include "target/internal.h"
#include "util/cleanup.h"

#include <elf.h>
#include <inttypes.h>

static struct iq_error *read_physical(void *context, uint64_t address, void *buffer, size_t length)
{
	return iq_dump_read(context, address, buffer, length);
}

struct iq_error *iq_target_open(struct iq_dump *dump, const struct iq_diag *diag, struct iq_target **out)
{
	_cleanup_(iq_target_closep) struct iq_target *target = calloc(1, sizeof(*target));
	if (!target)
		return iq_error_no_memory();
	target->dump = dump;
	target->info = iq_dump_info(dump);
	target->diag = diag;
	/* Formats that don't name their machine are of the only one that writes them. */
	unsigned machine = target->info->elf_machine ? target->info->elf_machine : EM_X86_64;
	target->arch = iq_arch_by_machine(machine);
	if (!target->arch)
		return iq_error_new(IQ_ERROR_UNSUPPORTED,
				    "%s: a dump of machine type %u; only x86-64 (%u) is known here",
				    target->info->path ? target->info->path : "dump", machine, EM_X86_64);
	target->paging.phys = (struct iq_phys){ read_physical, dump };
	target->mapping_count = iq_dump_mappings(dump, &target->mappings);
	IQ_TRY(iq_target_find_table(target));
	*out = iq_steal(target);
	return NULL;
}

void iq_target_close(struct iq_target *target)
{
	free(target);
}

void iq_target_closep(struct iq_target **target)
{
	iq_target_close(*target);
}

struct iq_dump *iq_target_dump(const struct iq_target *target)
{
	return target->dump;
}

const struct iq_arch *iq_target_arch(const struct iq_target *target)
{
	return target->arch;
}

const struct iq_diag *iq_target_diag(const struct iq_target *target)
{
	return target->diag;
}

const struct iq_layout *iq_target_layout(const struct iq_target *target)
{
	if (!target->bases_searched) {
		/* What the page tables tell does not change; that it is read late is nobody's business. */
		struct iq_target *filled = (struct iq_target *)target;
		filled->bases_searched = true;
		if (target->layout.kernel_table)
			target->arch->find_bases(&target->paging, target->info->max_pfn << target->arch->page_shift,
						 &filled->layout);
	}
	return &target->layout;
}

/* Do the page tables say that no direct map begins there? It begins with physical address 0. */
static bool contradicts(struct iq_target *target, uint64_t direct_map)
{
	struct iq_walk walk;
	if (!target->layout.kernel_table || iq_failed(iq_walk(target, NULL, direct_map, &walk)))
		return false;
	return walk.mapped ? walk.physical != 0 : target->layout.direct_map != 0;
}

struct iq_paging iq_target_paging(const struct iq_target *target)
{
	return target->paging;
}

void iq_target_set_bases(struct iq_target *target, uint64_t direct_map, uint64_t vmalloc, uint64_t vmemmap)
{
	iq_target_layout(target);
	struct iq_layout *layout = &target->layout;
	if (direct_map && contradicts(target, direct_map)) {
		iq_warn(target->diag,
			"the direct map is said to begin at %" PRIx64 ", which the page tables contradict: not used",
			direct_map);
		direct_map = 0;
	}
	if (direct_map && direct_map != layout->direct_map) {
		uint64_t max_physical = target->info->max_pfn << target->arch->page_shift;
		if (layout->direct_map && layout->direct_map_size)
			layout->direct_map_size += layout->direct_map - direct_map;
		if (!layout->direct_map || (max_physical && layout->direct_map_size > max_physical))
			layout->direct_map_size = max_physical;
		layout->direct_map = direct_map;
	}
	if (vmalloc) {
		layout->vmalloc_end += layout->vmalloc ? vmalloc - layout->vmalloc : 0;
		layout->vmalloc = vmalloc;
	}
	if (vmemmap) {
		layout->vmemmap_end += layout->vmemmap ? vmemmap - layout->vmemmap : 0;
		layout->vmemmap = vmemmap;
	}
	iq_target_forget(target);
}

bool iq_phys_to_virt(struct iq_target *target, uint64_t physical, uint64_t *address)
{
	const struct iq_layout *layout = iq_target_layout(target);
	if (!layout->direct_map || physical >= layout->direct_map_size)
		return false;
	*address = layout->direct_map + physical;
	return true;
}

bool iq_is_kernel_address(const struct iq_target *target, uint64_t address)
{
	return target->arch->is_kernel_address(address, target->layout.paging_levels);
}
