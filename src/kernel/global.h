/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of the kernel's variables. */
#ifndef IQ_KERNEL_GLOBAL_H
#define IQ_KERNEL_GLOBAL_H

#include "kernel/kernel.h"

enum iq_global_source {
	IQ_GLOBAL_UNTYPED, /* only the symbol is known: type.source is NULL */
	IQ_GLOBAL_BTF,
	IQ_GLOBAL_DWARF,
	IQ_GLOBAL_TABLE, /* the built-in table of well-known variables, held against the types and the symbol's size */
};

struct iq_global {
	struct iq_symbol symbol;
	struct iq_type type; /* of a function: its prototype */
	enum iq_global_source source;
	bool function;
	bool per_cpu; /* symbol.address is the place in the per-CPU section, not of any CPU's copy */
};

/* A variable or function by name: vmlinux first, then modules. IQ_ERROR_NOT_FOUND if there is no such symbol. DWARF is
 * asked only if it is there and nothing else knows the type. */
struct iq_error *iq_global_by_name(struct iq_kernel *kernel, const char *name, struct iq_global *out);

/* Is this where a symbol of per-CPU data points: to no CPU's copy? */
bool iq_is_per_cpu_place(struct iq_kernel *kernel, uint64_t address);

/* The type of the variable or function that begins at this symbol's address. */
struct iq_error *iq_global_of_symbol(struct iq_kernel *kernel, const struct iq_symbol *symbol, struct iq_global *out);

#endif
