/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opened crash as memory: a dump, its machine, where the kernel lies (KASLR), and address spaces. Everything after
 * this room reads the dead machine through iq_read(). No names, no types.
 */
#ifndef IQ_TARGET_TARGET_H
#define IQ_TARGET_TARGET_H

#include "arch/arch.h"
#include "dump/dump.h"

struct iq_target;

/* Opens a target on `dump`, which is borrowed and must outlive it. Finds page tables (vmcoreinfo's swapper_pg_dir or
 * init_top_pgt; else CR3 of the notes; else by recognising them), paging levels, phys_base and the encryption mask. */
struct iq_error *iq_target_open(struct iq_dump *dump, const struct iq_diag *diag, struct iq_target **out);
void iq_target_close(struct iq_target *target);
void iq_target_closep(struct iq_target **target);

struct iq_dump *iq_target_dump(const struct iq_target *target);
const struct iq_arch *iq_target_arch(const struct iq_target *target);
const struct iq_diag *iq_target_diag(const struct iq_target *target);

/* See arch/arch.h. The randomised bases are looked for on the first call. */
const struct iq_layout *iq_target_layout(const struct iq_target *target);

/* How page tables are read, for iq_arch.next_leaf. */
struct iq_paging iq_target_paging(const struct iq_target *target);

/* Bases that only symbols tell (page_offset_base, vmalloc_base, vmemmap_base): set by who knows symbols, 0 keeps what
 * is there. A direct map that the page tables contradict is reported and left alone. */
void iq_target_set_bases(struct iq_target *target, uint64_t direct_map, uint64_t vmalloc, uint64_t vmemmap);

/* Kernel virtual memory. The error is IQ_ERROR_MEMORY with the first *virtual* address that can't be read; its
 * page_state tells why (IQ_PAGE_PRESENT: no mapping in the page tables), and the message says it in words. */
struct iq_error *iq_read(struct iq_target *target, uint64_t address, void *buffer, size_t length);
struct iq_error *iq_read_u8(struct iq_target *target, uint64_t address, uint8_t *value);
struct iq_error *iq_read_u16(struct iq_target *target, uint64_t address, uint16_t *value);
struct iq_error *iq_read_u32(struct iq_target *target, uint64_t address, uint32_t *value);
struct iq_error *iq_read_u64(struct iq_target *target, uint64_t address, uint64_t *value);

/* Reads a NUL-terminated string of at most size - 1 bytes into buffer, always terminated; a longer one is cut. */
struct iq_error *iq_read_string(struct iq_target *target, uint64_t address, char *buffer, size_t size);

/* A user address space: the physical address of its top page table. */
struct iq_space {
	uint64_t table;
};

/* The same for any address space; NULL is the kernel's own. */
struct iq_error *iq_read_space(struct iq_target *target, const struct iq_space *space, uint64_t address, void *buffer,
			       size_t length);

/* Walks the page tables for an address, every step recorded. Only damage is an error: an address without a mapping
 * gives walk.mapped false. */
struct iq_error *iq_walk(struct iq_target *target, const struct iq_space *space, uint64_t address, struct iq_walk *out);

/* Kernel virtual to physical and, through the direct map, back. */
struct iq_error *iq_virt_to_phys(struct iq_target *target, uint64_t address, uint64_t *physical);
bool iq_phys_to_virt(struct iq_target *target, uint64_t physical, uint64_t *address);

/* Is this address one of the kernel half and canonical for this machine? Says nothing about a mapping. */
bool iq_is_kernel_address(const struct iq_target *target, uint64_t address);

#endif
