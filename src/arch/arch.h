/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between machines, behind one table of functions: page tables, registers, exception entry, instructions.
 * Callers hold a `const struct iq_arch *` and never ask which machine it is.
 */
#ifndef IQ_ARCH_ARCH_H
#define IQ_ARCH_ARCH_H

#include "util/error.h"
#include "util/strbuf.h"

#include <stddef.h>

/* How page tables are read: physical memory, from whoever has it. */
struct iq_phys {
	struct iq_error *(*read)(void *context, uint64_t address, void *buffer, size_t length);
	void *context;
};

/* What the page-table walk must know of this kernel. */
struct iq_paging {
	struct iq_phys phys;
	unsigned levels;          /* 4 or 5 on x86-64 */
	uint64_t encryption_mask; /* bits of an entry that are not address: sme_mask */
};

/* One step of a walk: "PGD", "P4D", "PUD", "PMD", "PTE", "PAGE". */
struct iq_walk_step {
	const char *level;
	uint64_t entry_address; /* physical address of the entry */
	uint64_t entry;
};

#define IQ_WALK_MAX 6

struct iq_walk {
	struct iq_walk_step steps[IQ_WALK_MAX];
	unsigned count;
	bool mapped;
	uint64_t physical;  /* of the address asked for, when mapped */
	uint64_t page_size; /* of the mapping, 4 KiB, 2 MiB, 1 GiB; of the hole, when not mapped (0: not canonical) */
	uint64_t flags;     /* the last entry's flag bits; iq_arch.format_page_flags names them */
};

/* One leaf of the page tables. */
struct iq_leaf {
	uint64_t address, physical, size;
	uint64_t flags;
};

/* What the contents of a page-table entry of the lowest level say. */
struct iq_pte {
	bool mapped;       /* names a page: physical and flags */
	bool swapped;      /* names a place in a swap area, or one of the kernel's own marks with the same shape */
	uint64_t physical; /* of the page */
	uint64_t flags;    /* for format_page_flags */
	uint64_t swap_type, swap_offset; /* number of the area; page in it */
};

/* Where the kernel lies in its address space. Ends are exclusive. */
struct iq_layout {
	uint64_t kaslr_offset;    /* of the kernel's text against its link address */
	uint64_t phys_base;
	unsigned paging_levels;
	uint64_t encryption_mask;
	uint64_t kernel_table;    /* physical address of the kernel's top page table */
	/* Randomised bases, found out, 0 where unknown: */
	uint64_t direct_map, direct_map_size; /* page_offset_base */
	uint64_t vmalloc, vmalloc_end;
	uint64_t vmemmap, vmemmap_end;
	uint64_t text, text_end;              /* the kernel image's mapping */
	uint64_t modules, modules_end;        /* the module area */
	uint64_t link_base;                   /* __START_KERNEL_map */
};

#define IQ_MAX_REGS 64

/* A register set; `known` has a bit for each register whose value was really found. Indices are the arch's own. */
struct iq_regs {
	uint64_t value[IQ_MAX_REGS];
	uint64_t known;
};

static inline bool iq_reg_known(const struct iq_regs *regs, unsigned reg)
{
	return reg < IQ_MAX_REGS && (regs->known >> reg & 1);
}

static inline void iq_reg_set(struct iq_regs *regs, unsigned reg, uint64_t value)
{
	regs->value[reg] = value;
	regs->known |= UINT64_C(1) << reg;
}

/* One register of the block that commands show. */
struct iq_reg_place {
	uint8_t reg;
	uint8_t digits;    /* hexadecimal */
	bool last;         /* of its line */
	const char *label; /* with the blanks before it: "  RSP: " */
};

enum iq_flow {
	IQ_FLOW_NEXT,      /* goes on behind the instruction */
	IQ_FLOW_JUMP,      /* always goes to the target */
	IQ_FLOW_COND_JUMP, /* target or next */
	IQ_FLOW_CALL,
	IQ_FLOW_RETURN, /* ret, iret, sysret */
	IQ_FLOW_TRAP,   /* ud2, int3: does not go on, but for the kernel's WARN(), which skips its ud2 */
};

enum iq_operand_kind { IQ_OPERAND_REG = 1, IQ_OPERAND_MEM, IQ_OPERAND_IMM, IQ_OPERAND_TARGET };

#define IQ_NO_REG 0xff

/* One operand with what the instruction does to it. Registers are the arch's own indices of the *full* register
 * (RAX for %eax, %ax, %al), IQ_NO_REG for none or for one that is not in the register set (SSE, control). A write of 32
 * bits to a general register clears its upper half; one of 16 or 8 leaves the rest. Memory is addressed with the
 * registers' values before the instruction, so a push's slot is -8(%rsp). A register
 * that is written on a condition (cmov) counts as read as well. */
struct iq_operand {
	enum iq_operand_kind kind;
	bool read, write;
	bool implicit;     /* not in the text: push's stack slot, div's RDX:RAX, ... */
	uint16_t width;    /* bits */
	uint8_t reg;       /* IQ_OPERAND_REG; also an IQ_OPERAND_MEM's base below */
	uint8_t reg_shift; /* 8 for %ah, %bh, %ch, %dh */
	uint8_t base, index, scale; /* IQ_OPERAND_MEM */
	uint8_t segment;   /* 0, 'f' (%fs) or 'g' (%gs) */
	bool pc_relative;  /* base is the instruction pointer: displacement is already the absolute address */
	bool address_only; /* lea, nop: the memory is not touched */
	int64_t displacement;
	uint64_t immediate; /* IQ_OPERAND_IMM (sign-extended), IQ_OPERAND_TARGET (absolute address) */
};

#define IQ_MAX_OPERANDS 10
#define IQ_MAX_INSN 16

struct iq_insn {
	uint64_t address;
	uint8_t length;
	uint8_t bytes[IQ_MAX_INSN];
	enum iq_flow flow;
	bool has_target; /* a direct jump or call */
	uint64_t target;
	uint16_t mnemonic; /* the decoder's number, for code inside arch/ */
	char name[20];     /* GNU mnemonic without suffix: "mov", "call", "jne", ... */
	unsigned operand_count;
	struct iq_operand operands[IQ_MAX_OPERANDS]; /* in the machine manual's order: destination first */
};

/* Turns an address into the text behind it: "<bpf_test_run+315>" is written by the callback into `out` as
 * "bpf_test_run+315"; nothing added means no name. */
typedef void (*iq_resolve_fn)(void *context, uint64_t address, struct iq_strbuf *out);

/* A number of vmcoreinfo by its key, as iq_dump_vmcoreinfo_number() gives it. */
typedef bool (*iq_vmcoreinfo_fn)(void *context, const char *key, int base, uint64_t *value);

struct iq_arch {
	const char *name;        /* "x86_64" */
	unsigned elf_machine;
	unsigned page_shift;
	unsigned pointer_size;

	/* Registers. */
	unsigned reg_count;
	const char *const *reg_names; /* lower case, "rip"; indices are those of struct iq_regs */
	unsigned reg_pc, reg_sp, reg_fp, reg_flags;
	uint8_t (*reg_from_dwarf)(unsigned dwarf_number); /* IQ_NO_REG when unknown */
	/* Argument registers of a C call in order, and of a system call. */
	const uint8_t *call_args;
	unsigned call_arg_count;
	const uint8_t *syscall_args;
	unsigned syscall_arg_count;
	/* Registers that a call preserves, as a bit mask. */
	uint64_t callee_saved;
	/* Where the kernel's JIT compiler keeps R0 to R10 of BPF. */
	const uint8_t *bpf_regs;
	/* How a block of registers is shown, as crash lays it out. */
	const struct iq_reg_place *reg_block;
	unsigned reg_block_count;

	/* struct pt_regs as the kernel pushes it. */
	size_t pt_regs_size;
	struct iq_error *(*parse_pt_regs)(const uint8_t *bytes, size_t size, struct iq_regs *out);
	/* Offset of a register's slot in pt_regs, or -1. */
	int (*pt_regs_offset)(unsigned reg);
	/* The elf_gregset_t in an NT_PRSTATUS note; *pid may be 0. */
	struct iq_error *(*parse_prstatus)(const uint8_t *desc, size_t size, struct iq_regs *out, uint32_t *pid);
	/* The registers in QEMU's own note (named "QEMU"), control registers too. */
	struct iq_error *(*parse_qemu_state)(const uint8_t *desc, size_t size, struct iq_regs *out);
	/* The physical addresses of page tables to try as the kernel's, best first, and the paging levels, out of
	 * control registers. More than one where a process has a second table for user mode (PTI). They still have the
	 * bits of an encryption mask. 0 when the control registers are not known or paging is off. */
	unsigned (*tables_from_regs)(const struct iq_regs *regs, uint64_t tables[2], unsigned *levels);
	/* True if the registers were saved in user mode. */
	bool (*is_user_mode)(const struct iq_regs *regs);
	/* Do these pt_regs look like ones that hardware and kernel entry code write? For scans; false when any selector
	 * or flag is impossible. */
	bool (*plausible_pt_regs)(const struct iq_regs *regs);

	/* Memory. A walk records every step. An address without a mapping is no error (walk.mapped is false). Errors:
	 * IQ_ERROR_FORMAT for an entry that no kernel writes; the error of phys.read (IQ_ERROR_MEMORY with the
	 * *physical* address) for a table page that can't be read, with the level and the address in words. *out holds
	 * the steps so far in both cases. Entries that the hardware calls not present but that still name a page
	 * (PROT_NONE, NUMA balancing) count as mapped. */
	struct iq_error *(*walk)(const struct iq_paging *paging, uint64_t table, uint64_t address, struct iq_walk *out);
	/* The first leaf of the page tables at or after `from` that begins before or at `last`; *found tells whether
	 * there is one. A leaf that `from` points into counts, whole. Unreadable and impossible parts of the tables are
	 * stepped over. IQ_ERROR_LIMIT after reading too many tables without a leaf. */
	struct iq_error *(*next_leaf)(const struct iq_paging *paging, uint64_t table, uint64_t from, uint64_t last,
				      struct iq_leaf *out, bool *found);
	/* Takes an entry of the lowest level apart; only encryption_mask of `paging` is used. */
	void (*decode_pte)(const struct iq_paging *paging, uint64_t entry, struct iq_pte *out);
	/* What vmcoreinfo tells: paging_levels, encryption_mask, link_base, text, modules_end always; kernel_table
	 * (needs phys_base), kaslr_offset, modules where the lines are there, else 0. *phys_base_known tells whether
	 * phys_base was; an earlier value is used otherwise. */
	void (*layout_from_vmcoreinfo)(iq_vmcoreinfo_fn number, void *context, struct iq_layout *layout,
				       bool *phys_base_known);
	/* Is layout->kernel_table a top page table that maps a Linux kernel's image? Then sets link_base, text,
	 * phys_base and kaslr_offset (of a kernel with the usual CONFIG_PHYSICAL_START). */
	bool (*find_image)(const struct iq_paging *paging, struct iq_layout *layout);
	/* Could this page be one? For scans of memory: cheap, and often true for pages that find_image refuses. */
	bool (*maybe_top_table)(const uint8_t *page, unsigned levels, uint64_t encryption_mask, uint64_t max_physical);
	/* Finds the bases that are randomised from what the tables map, and text_end, modules (unless known),
	 * modules_end. `max_physical` (0: unknown) is where to look first for the direct map's end. Members that can't
	 * be found stay as they are. */
	void (*find_bases)(const struct iq_paging *paging, uint64_t max_physical, struct iq_layout *layout);
	/* Encryption masks to try when nothing tells. */
	const uint64_t *encryption_masks;
	unsigned encryption_mask_count;
	void (*format_page_flags)(uint64_t flags, struct iq_strbuf *out); /* "PRESENT|RW|..." */
	bool (*is_canonical)(uint64_t address, unsigned levels);
	bool (*is_kernel_address)(uint64_t address, unsigned levels);

	/* Instructions. Decoding fails with IQ_ERROR_FORMAT on bytes that are none. */
	struct iq_error *(*decode)(const uint8_t *bytes, size_t size, uint64_t address, struct iq_insn *out);
	/* Appends GNU objdump's AT&T text: "mov    %eax,0x4(%rbx)"; targets and pc-relative memory get " <name>" or
	 * "# 0xaddress <name>" through `resolve` (may be NULL), as objdump prints them. */
	void (*format)(const struct iq_insn *insn, iq_resolve_fn resolve, void *context, struct iq_strbuf *out);
};

/* The machine for an ELF e_machine; NULL if there is none. */
const struct iq_arch *iq_arch_by_machine(unsigned elf_machine);

#endif
