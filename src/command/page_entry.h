/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines under "PTE  PHYSICAL  FLAGS". */
#ifndef IQ_COMMAND_PAGE_ENTRY_H
#define IQ_COMMAND_PAGE_ENTRY_H

#include "render/render.h"

/* Text only: the headings and the line for the entry `pte`, which maps `page` with these flags. */
void iq_show_page_entry(struct iq_out *out, uint64_t pte, uint64_t page, const char *flags);

#endif
