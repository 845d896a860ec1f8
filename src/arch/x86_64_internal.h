/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of x86-64 share among themselves. */
#ifndef IQ_ARCH_X86_64_INTERNAL_H
#define IQ_ARCH_X86_64_INTERNAL_H

#include "arch/x86_64.h"

/* Bits of a page-table entry (arch/x86/include/asm/pgtable_types.h). */
#define IQ_X86_PRESENT UINT64_C(0x001)
#define IQ_X86_RW UINT64_C(0x002)
#define IQ_X86_USER UINT64_C(0x004)
#define IQ_X86_PWT UINT64_C(0x008)
#define IQ_X86_PCD UINT64_C(0x010)
#define IQ_X86_ACCESSED UINT64_C(0x020)
#define IQ_X86_DIRTY UINT64_C(0x040)
#define IQ_X86_PSE UINT64_C(0x080)
#define IQ_X86_GLOBAL UINT64_C(0x100)
#define IQ_X86_PROTNONE IQ_X86_GLOBAL /* when not present */
#define IQ_X86_NX (UINT64_C(1) << 63)

/* The physical address bits of an entry: 52 bits is the architecture's limit. */
#define IQ_X86_ADDRESS_MASK UINT64_C(0x000ffffffffff000)

/* What each is: see struct iq_arch. */
struct iq_error *iq_x86_64_walk(const struct iq_paging *paging, uint64_t table, uint64_t address, struct iq_walk *out);
struct iq_error *iq_x86_64_next_leaf(const struct iq_paging *paging, uint64_t table, uint64_t from, uint64_t last,
				     struct iq_leaf *out, bool *found);
void iq_x86_64_decode_pte(const struct iq_paging *paging, uint64_t entry, struct iq_pte *out);
void iq_x86_64_format_page_flags(uint64_t flags, struct iq_strbuf *out);
bool iq_x86_64_is_canonical(uint64_t address, unsigned levels);
bool iq_x86_64_is_kernel_address(uint64_t address, unsigned levels);

void iq_x86_64_layout_from_vmcoreinfo(iq_vmcoreinfo_fn number, void *context, struct iq_layout *layout,
				      bool *phys_base_known);
bool iq_x86_64_find_image(const struct iq_paging *paging, struct iq_layout *layout);
bool iq_x86_64_maybe_top_table(const uint8_t *page, unsigned levels, uint64_t encryption_mask, uint64_t max_physical);
void iq_x86_64_find_bases(const struct iq_paging *paging, uint64_t max_physical, struct iq_layout *layout);

extern const char *const iq_x86_64_reg_names[];
#define IQ_X86_64_REG_BLOCK_COUNT 21
extern const struct iq_reg_place iq_x86_64_reg_block[IQ_X86_64_REG_BLOCK_COUNT];
uint8_t iq_x86_64_reg_from_dwarf(unsigned dwarf_number);
struct iq_error *iq_x86_64_parse_pt_regs(const uint8_t *bytes, size_t size, struct iq_regs *out);
int iq_x86_64_pt_regs_offset(unsigned reg);
struct iq_error *iq_x86_64_parse_prstatus(const uint8_t *desc, size_t size, struct iq_regs *out, uint32_t *pid);
struct iq_error *iq_x86_64_parse_qemu_state(const uint8_t *desc, size_t size, struct iq_regs *out);
unsigned iq_x86_64_tables_from_regs(const struct iq_regs *regs, uint64_t tables[2], unsigned *levels);
bool iq_x86_64_is_user_mode(const struct iq_regs *regs);
bool iq_x86_64_plausible_pt_regs(const struct iq_regs *regs);

#endif
