/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the room: DWARF expressions, with bounds on the stack, the steps and the nesting. */
#ifndef IQ_TYPE_DWARF_EVAL_H
#define IQ_TYPE_DWARF_EVAL_H

#include "type/dwarf_internal.h"

#if IQ_HAVE_ELFUTILS

#include "util/strbuf.h"

enum {
	IQ_EVAL_MAX_STACK = 64,
	IQ_EVAL_MAX_STEPS = 10000, /* of one location, with everything that it needs */
	IQ_EVAL_MAX_NESTING = 16,  /* entry values of entry values, ... */
};

/* What one expression needs around it. */
struct iq_eval {
	struct iq_dwarf *dwarf;
	const struct iq_dwarf_machine *machine;
	uint64_t unit; /* key of the first byte of the unit's header: operations name types relative to it */
	Dwarf_Attribute *attribute; /* that has the expression */
	unsigned nesting;
	unsigned *steps;          /* left; shared by all nested ones */
	struct iq_strbuf *reason; /* why there is no value; set where something returns false */
};

enum iq_place_kind {
	IQ_PLACE_NONE,    /* optimized out */
	IQ_PLACE_MEMORY,  /* at `value` */
	IQ_PLACE_VALUE,   /* `value` itself: a register's or computed */
	IQ_PLACE_BYTES,   /* in the DWARF */
	IQ_PLACE_POINTER, /* to the variable `value` (key of a DIE), which is in no memory; plus `offset` */
};

struct iq_place {
	enum iq_place_kind kind;
	uint64_t value;
	int64_t offset;
	const uint8_t *bytes;
	size_t size; /* of `bytes` */
};

/* Prepares an evaluation for an attribute of `die`. */
struct iq_eval iq_eval_init(struct iq_dwarf *dwarf, const struct iq_dwarf_machine *machine, Dwarf_Die *die,
			    Dwarf_Attribute *attribute, unsigned *steps, struct iq_strbuf *reason);

/* Runs operations without pieces. `as_value`: what is left on the stack is the value, not an address. */
bool iq_eval_place(struct iq_eval *eval, const Dwarf_Op *ops, size_t count, bool as_value, struct iq_place *out);

/* The expression of an attribute that has only one (no list). */
bool iq_eval_attribute(struct iq_eval *eval, bool as_value, struct iq_place *out);

/* dwarf_entry.c: DW_OP_entry_value, DW_OP_GNU_parameter_ref through the caller's call site. */
bool iq_eval_entry_value(struct iq_eval *eval, const Dwarf_Op *op, uint64_t *value);
bool iq_eval_parameter(struct iq_eval *eval, uint64_t die, uint64_t *value);

/* A register of the frame. */
bool iq_eval_register(struct iq_eval *eval, uint64_t number, uint64_t *value);
const char *iq_eval_register_name(uint64_t number, char buffer[32]);

/* The expression that holds at the machine's pc out of an attribute's expression or location list. *count 0: optimized
 * out. */
bool iq_eval_choose(struct iq_eval *eval, Dwarf_Op **ops, size_t *count);

/* Sets the reason, unless there is one; returns false. */
bool iq_eval_fail(struct iq_eval *eval, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

#endif
