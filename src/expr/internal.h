/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: how an expression is understood. One pass: operands are evaluated while the text is parsed, so a
 * long chain of operators needs no tree and no stack. Where C evaluates nothing (sizeof's operand, the side of && that
 * does not matter) the same functions run with `unevaluated` set and ask for types only.
 */
#ifndef IQ_EXPR_INTERNAL_H
#define IQ_EXPR_INTERNAL_H

#include "expr/expr.h"
#include "util/cleanup.h"

enum expr_token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_CHARACTER, TOKEN_STRING, TOKEN_NAME, TOKEN_DOLLAR, TOKEN_MARK };

/* A mark's characters as one number: MARK2('-', '>'). */
#define MARK1(a) ((unsigned)(a))
#define MARK2(a, b) ((unsigned)(a) << 8 | (unsigned)(b))
#define MARK3(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))

struct expr_token {
	enum expr_token_kind kind;
	const char *start;
	size_t length;
	unsigned mark; /* TOKEN_MARK */
};

struct expr_parser {
	const struct iq_expr_context *context;
	const char *text;
	const char *at; /* behind the current token */
	struct expr_token token;
	unsigned depth;
	unsigned unevaluated; /* above 0: only types are wanted, nothing is read */
	struct iq_type constant; /* the enum of the last enum constant */
};

/* lex.c */

/* "column 7: ..." for what begins at `where` in the text. */
struct iq_error *expr_wrong(const struct expr_parser *parser, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4), returns_nonnull));
/* The same before an error that another room gave; NULL stays NULL. What was not found makes the expression wrong. */
struct iq_error *expr_at(const struct expr_parser *parser, const char *where, struct iq_error *error);

/* Moves on to the next token, which begins at or behind `at`. */
struct iq_error *expr_next(struct expr_parser *parser);
struct iq_error *expr_next_at(struct expr_parser *parser, const char *at);
static inline bool expr_is(const struct expr_parser *parser, unsigned mark)
{
	return parser->token.kind == TOKEN_MARK && parser->token.mark == mark;
}
bool expr_is_name(const struct expr_parser *parser, const char *name);
/* Takes a mark that must come; `what` for the message: "a closing )". */
struct iq_error *expr_take(struct expr_parser *parser, unsigned mark, const char *what);
/* The current token, a name, as a string. */
struct iq_error *expr_name(const struct expr_parser *parser, char name[static 256]);

/* literal.c: the current token as a value */
struct iq_error *expr_number(struct expr_parser *parser, struct iq_value *out);
struct iq_error *expr_character(struct expr_parser *parser, struct iq_value *out);
/* Adjacent strings are one. Leaves the token behind them current. */
struct iq_error *expr_string(struct expr_parser *parser, struct iq_value *out);

/* parse.c: the grammar. Each begins at the current token and leaves the one behind it current. */
struct iq_error *expr_expression(struct expr_parser *parser, struct iq_value *out); /* with commas */
struct iq_error *expr_assignment(struct expr_parser *parser, struct iq_value *out); /* without: an argument */
struct iq_error *expr_unary(struct expr_parser *parser, struct iq_value *out);
struct iq_error *expr_binary_chain(struct expr_parser *parser, unsigned least, struct iq_value *out);
struct iq_error *expr_deeper(struct expr_parser *parser);

/* primary.c */
struct iq_error *expr_primary(struct expr_parser *parser, struct iq_value *out);
/* ".a.b[3]" behind an object, "a.b[3]" when `first` is set: members and indices only. */
struct iq_error *expr_member_path(struct expr_parser *parser, struct iq_value *value);

/* keyword.c: sizeof, offsetof, container_of, per_cpu, ... False in *taken: the name is none of them. */
struct iq_error *expr_keyword(struct expr_parser *parser, struct iq_value *out, bool *taken);
struct iq_error *expr_sizeof(struct expr_parser *parser, struct iq_value *out);

/* type_name.c */

/* Does a type begin at the current token? */
struct iq_error *expr_begins_type(struct expr_parser *parser, bool *yes);
struct iq_error *expr_type_name(struct expr_parser *parser, struct iq_type *out);
struct iq_error *expr_alignment(struct iq_type type, uint64_t *alignment);

/* operand.c: what operators see of a value */

enum expr_class {
	CLASS_INTEGER, /* promoted */
	CLASS_POINTER, /* also decayed arrays and functions */
	CLASS_COMPOUND,
	CLASS_FLOAT,
	CLASS_VOID,
	CLASS_ARRAY, /* one that is not in memory */
};

struct expr_operand {
	enum expr_class class;
	struct iq_type type;   /* of an integer its promoted type */
	struct iq_type target; /* of a pointer */
	unsigned rank;         /* of an integer: 4 int, 8 long, 9 long long */
	bool is_signed;
	uint64_t bits; /* integers sign- or zero-extended to 64 bits; 0 when unevaluated */
};

struct iq_error *expr_operand(struct expr_parser *parser, const char *where, const struct iq_value *value,
			      struct expr_operand *out);
/* The same where only an integer or a pointer will do: "the left side of &&". */
struct iq_error *expr_scalar(struct expr_parser *parser, const char *where, const struct iq_value *value,
			     struct expr_operand *out);
struct iq_error *expr_integer(struct expr_parser *parser, const char *where, const struct iq_value *value,
			      struct expr_operand *out);
/* An integer of C's type of that rank. */
struct iq_error *expr_result(struct expr_parser *parser, unsigned rank, bool is_signed, uint64_t bits,
			     struct iq_value *out);
struct iq_error *expr_pointer(struct iq_type type, uint64_t bits, struct iq_value *out);
/* The step of arithmetic with pointers to this type: GNU C's 1 for void and functions. */
struct iq_error *expr_step(struct expr_parser *parser, const char *where, struct iq_type target, uint64_t *size);
/* C's name of a value's type, for messages. */
const char *expr_type_text(struct iq_type type, struct iq_strbuf *buf);
struct iq_error *expr_not_typed(const struct expr_parser *parser, const char *where, const struct iq_value *value)
	__attribute__((returns_nonnull));

/* operate.c */
struct iq_error *expr_binary(struct expr_parser *parser, const char *where, unsigned mark, struct iq_value *left,
			     const struct iq_value *right);
struct iq_error *expr_balance(const struct expr_operand *a, const struct expr_operand *b, unsigned *rank,
			      bool *is_signed);

/* convert.c */
struct iq_error *expr_cast(struct expr_parser *parser, const char *where, struct iq_type type,
			   const struct iq_value *value, struct iq_value *out);
struct iq_error *expr_address_of(struct expr_parser *parser, const char *where, const struct iq_value *value,
				 struct iq_value *out);
struct iq_error *expr_dereference(struct expr_parser *parser, const char *where, const struct iq_value *value,
				  struct iq_value *out);
struct iq_error *expr_index(struct expr_parser *parser, const char *where, const struct iq_value *value,
			    const struct iq_value *index, struct iq_value *out);
struct iq_error *expr_member(struct expr_parser *parser, const char *where, const struct iq_value *value,
			     const char *name, struct iq_value *out);

/* Replaces *value, which is released, by *with. */
static inline void expr_replace(struct iq_value *value, struct iq_value *with)
{
	iq_value_deinit(value);
	*value = *with;
	*with = (struct iq_value){ 0 };
}

#endif
