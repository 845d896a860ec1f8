/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C expressions over the dead kernel, with its types and C's conversion rules: casts, -> . [], unary and binary
 * operators, ?:, comparisons, && || (not evaluating what C would not), sizeof, offsetof, container_of, typeof, alignof,
 * enum constants, character and string literals, addresses of functions and variables, registers ($rbx), history ($,
 * $$, $1), convenience variables ($name), per_cpu(variable, cpu), per_cpu_ptr(pointer, cpu), gdb's ARRAY@COUNT. Nothing
 * is ever written.
 */
#ifndef IQ_EXPR_EXPR_H
#define IQ_EXPR_EXPR_H

#include "expr/value.h"

struct iq_expr_context {
	struct iq_target *target;
	struct iq_types *types;
	/* What a name means that is no enum constant: a local of the chosen frame, a variable, a function. A symbol
	 * whose type is not known comes without one. IQ_ERROR_NOT_FOUND: nothing of that name. */
	struct iq_error *(*identifier)(void *context, const char *name, struct iq_value *out);
	/* "$rbx": a register, without the dollar. IQ_ERROR_NOT_FOUND: no such register; another error says why it isn't
	 * known. May be NULL. */
	struct iq_error *(*reg)(void *context, const char *name, struct iq_value *out);
	/* "$3" is 3, "$" is 0, "$$" is -1, "$$4" is -4. May be NULL. */
	struct iq_error *(*history)(void *context, int number, struct iq_value *out);
	/* Where a CPU has its copy of the per-CPU object at `address`. May be NULL. */
	struct iq_error *(*per_cpu)(void *context, uint64_t address, unsigned cpu, uint64_t *out);
	void *context;
	/* Pointers to what is not the kernel's lead into this space; NULL: there is none. */
	const struct iq_space *user;
};

enum { IQ_EXPR_MAX_LENGTH = 64 * 1024, IQ_EXPR_MAX_DEPTH = 200 };

/* Evaluates. Errors name the column: "column 7: struct task_struct has no member \"stat\"" and IQ_ERROR_ARGUMENT; of
 * memory IQ_ERROR_MEMORY. The result may be an lvalue in memory that was not read yet. */
struct iq_error *iq_expr_evaluate(const struct iq_expr_context *context, const char *text, struct iq_value *out);

/* The type only: nothing is read but what names need. As sizeof and whatis want it. Also takes a type's name. */
struct iq_error *iq_expr_type(const struct iq_expr_context *context, const char *text, struct iq_type *out);

#endif
