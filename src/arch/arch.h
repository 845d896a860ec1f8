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
	uint64_t page_size; /* of the mapping: 4 KiB, 2 MiB, 1 GiB */
	uint64_t flags;     /* the last entry's flag bits; iq_arch.format_page_flags names them */
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

static inline void iq_reg_forget(struct iq_regs *regs, unsigned reg)
{
	regs->known &= ~(UINT64_C(1) << reg);
}

enum iq_flow {
	IQ_FLOW_NEXT,          /* goes on behind the instruction */
	IQ_FLOW_JUMP,          /* always goes to the target */
	IQ_FLOW_COND_JUMP,     /* target or next */
	IQ_FLOW_CALL,
	IQ_FLOW_RETURN,        /* ret, iret, sysret */
	IQ_FLOW_TRAP,          /* ud2, int3, hlt: does not go on in compiled code */
};

enum iq_operand_kind { IQ_OPERAND_REG = 1, IQ_OPERAND_MEM, IQ_OPERAND_IMM, IQ_OPERAND_TARGET };

#define IQ_NO_REG 0xff

/* One operand with what the instruction does to it. Registers are the arch's own indices of the *full* register
 * (RAX for %eax, %ax, %al), IQ_NO_REG for none or for one that is not in the register set (SSE, control). */
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
	char name[16];     /* GNU mnemonic without suffix: "mov", "call", "jne", ... */
	unsigned operand_count;
	struct iq_operand operands[IQ_MAX_OPERANDS]; /* in the machine manual's order: destination first */
};

/* Turns an address into the text behind it: "<bpf_test_run+315>" is written by the callback into `out` as
 * "bpf_test_run+315"; nothing added means no name. */
typedef void (*iq_resolve_fn)(void *context, uint64_t address, struct iq_strbuf *out);

/* An address range of the kernel's layout, for `mach -m` and for classifying addresses. */
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
	/* Registers that a call preserves, as a bit mask. */
	uint64_t callee_saved;

	/* struct pt_regs as the kernel pushes it. */
	size_t pt_regs_size;
	struct iq_error *(*parse_pt_regs)(const uint8_t *bytes, size_t size, struct iq_regs *out);
	/* Offset of a register's slot in pt_regs, or -1. */
	int (*pt_regs_offset)(unsigned reg);
	/* The elf_gregset_t in an NT_PRSTATUS note; *pid may be 0. */
	struct iq_error *(*parse_prstatus)(const uint8_t *desc, size_t size, struct iq_regs *out, uint32_t *pid);
	/* True if the registers were saved in user mode. */
	bool (*is_user_mode)(const struct iq_regs *regs);
	/* Do these pt_regs look like ones that hardware and kernel entry code write? For scans; false when any selector or flag is impossible. */
	bool (*plausible_pt_regs)(const struct iq_regs *regs);

	/* Memory. */
	struct iq_error *(*walk)(const struct iq_paging *paging, uint64_t table, uint64_t address, struct iq_walk *out);
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
