// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/internal.h"

struct iq_error *iq_elf_open(struct iq_dump *dump, bool *known)
{
	return NULL;
}
