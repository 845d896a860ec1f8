// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/arch.h"
#include "arch/x86_64.h"
#include "util/cleanup.h"

static const struct iq_arch *const arches[] = { &iq_arch_x86_64 };

const struct iq_arch *iq_arch_by_machine(unsigned elf_machine)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(arches); i++) {
		if (arches[i]->elf_machine == elf_machine)
			return arches[i];
	}
	return NULL;
}
