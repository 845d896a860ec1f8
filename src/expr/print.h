/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as C: text in gdb's style as crash shows it, and as JSON's records. The text begins with the value: a command
 * puts "struct list_head " or "next = " before it.
 *
 *     {
 *       next = 0xffff8881002a3d40,
 *       prev = 0xffff8881002a3d40
 *     }
 */
#ifndef IQ_EXPR_PRINT_H
#define IQ_EXPR_PRINT_H

#include "expr/value.h"
#include "render/render.h"

struct iq_print_options {
	struct iq_target *target;   /* borrowed */
	struct iq_symbols *symbols; /* for names behind pointers; may be NULL */
	unsigned radix;             /* 10 or 16: of integers; pointers are hexadecimal always */
	unsigned indent;            /* blanks before each line but the first */
	char format;                /* gdb's letter for all scalars: 'x','d','u','o','t','c','a','s'; 0: by type */
	size_t element_limit;       /* of arrays and texts, 0: 256 as crash has it; the rest is "..." */
	unsigned repeat_threshold;  /* more equal elements in a row are folded; 0: 10 as gdb has it; crash never does */
	bool one_line;              /* "{next = 0x..., prev = 0x...}": gdb's without `set print pretty` */
	bool static_names;          /* pointers to data get <symbol> too (crash has it so), not only those to code */
	bool pointer_types;         /* a pointer that is the whole value gets "(struct file *) " before it: gdb's print */
};

/* Appends a value. What can't be read is "<reason>" in its place and the rest is shown; IQ_ERROR_MEMORY only when not a
 * single byte of it is there. Bounded in depth and size for hostile types. */
struct iq_error *iq_value_print(const struct iq_value *value, const struct iq_print_options *options,
				struct iq_strbuf *out);

/* Adds the value under `key` (NULL in a list): structs and unions as objects by member, arrays as lists, char arrays as
 * strings, integers as numbers, enums by name (their number when they have none), pointers as addresses; what is not
 * known as unavailable. */
struct iq_error *iq_value_record(const struct iq_value *value, const struct iq_print_options *options,
				 struct iq_out *out, const char *key);

/* Shows text of several lines as lines of the text face. */
void iq_print_lines(struct iq_out *out, const char *text);

#endif
