/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command is: one table entry from which parsing, help, completion, the man page and docs/commands.md come. To
 * add one, write src/command/NAME.c with a `const struct iq_command iq_command_NAME`, and name it in table.c and
 * meson.build.
 */
#ifndef IQ_COMMAND_COMMAND_H
#define IQ_COMMAND_COMMAND_H

#include "render/render.h"
#include "util/error.h"

#include <stddef.h>

struct iq_session;
struct iq_args;

struct iq_option {
	int key;              /* the letter; or a number above 255 for an option that has only a name */
	const char *name;     /* "16" for -16, "reverse" for --reverse; NULL: none */
	const char *argument; /* what follows it, "CPUS"; NULL: nothing */
	const char *help;     /* half a sentence, lower case, no full stop */
};

struct iq_example {
	const char *command; /* as typed: run by the tests on `fixture` */
	const char *fixture; /* a file name that tests/fixtures/unpack gives; NULL: needs no dump */
	const char *shows;   /* what for, half a sentence */
};

/* RAW: no options are parsed; args->words has all words, iq_args_text() the text as typed. PREFIX: options end at the
 * first argument; what follows may be another command's (foreach). NO_DUMP: works without an opened dump. */
enum {
	IQ_COMMAND_RAW = 1 << 0,
	IQ_COMMAND_PREFIX = 1 << 1,
	IQ_COMMAND_NO_DUMP = 1 << 2,
};

#define IQ_ANY_NUMBER 1000000u

struct iq_command {
	const char *name;
	const char *summary;             /* half a sentence for lists */
	const struct iq_option *options; /* ended by key 0; NULL: none */
	const char *arguments;           /* for the synopsis: "[ADDRESS | SYMBOL]..."; NULL: none */
	unsigned min_arguments, max_arguments;
	unsigned flags;
	const char *help;                  /* paragraphs; lines at most 100 wide */
	const struct iq_example *examples; /* ended by command NULL; NULL: none */
	struct iq_error *(*run)(struct iq_session *session, const struct iq_args *args, struct iq_out *out);
};

/* table.c: all commands by name; NULL-terminated. */
extern const struct iq_command *const iq_command_table[];

/* A command by name (aliases are the session's); NULL if there is none. */
const struct iq_command *iq_command_find(const char *name);

/* One word of a command line; quotes are taken off. */
struct iq_word {
	char *text;
	size_t offset; /* of its first byte (or opening quote) in the line */
};

struct iq_given_option {
	int key;
	const char *value; /* NULL: takes none */
};

/* A parsed command line. */
struct iq_args {
	const struct iq_command *command;
	const char *line;            /* the whole line, the command's name first */
	const struct iq_word *words; /* the arguments that are no options, in order */
	size_t count;
	const struct iq_given_option *options; /* in order */
	size_t option_count;
};

/* How often an option was given: iq_args_count(args, 'S') is 2 for -SS. */
unsigned iq_args_count(const struct iq_args *args, int key);
static inline bool iq_args_has(const struct iq_args *args, int key)
{
	return iq_args_count(args, key) > 0;
}

/* An option's last value; NULL when it was not given. */
const char *iq_args_value(const struct iq_args *args, int key);

/* The line as typed from the n-th argument on; "" if there are fewer. */
const char *iq_args_text(const struct iq_args *args, size_t n);

/* Splits and parses a line and calls fn with the result, which lives as long as the call. */
struct iq_error *iq_args_parse(const char *line, struct iq_error *(*fn)(void *context, const struct iq_args *args),
			       void *context);

/* An error that says how the command is used. */
struct iq_error *iq_usage_error(const struct iq_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends "-c CPUS", "-16", "-r, --reverse". */
void iq_option_text(const struct iq_option *option, struct iq_strbuf *buf);

/* Appends "rd [-8] [-e END] ADDRESS [COUNT]". */
void iq_command_synopsis(const struct iq_command *command, struct iq_strbuf *buf);

/* reference.c: docs/commands.md and the man page's text out of the table. */
void iq_reference_markdown(struct iq_strbuf *buf);
void iq_reference_man(struct iq_strbuf *buf);
/* "FIXTURE\tCOMMAND\n" for each example: for the tests. */
void iq_reference_examples(struct iq_strbuf *buf);

/* number.c: what people type. */

/* A number: decimal, or hexadecimal behind 0x or when it holds a letter a to f; k, m, g behind it multiply by 1024,
 * 1024², 1024³. */
struct iq_error *iq_parse_number(const char *text, uint64_t *value);

/* The same where every number is hexadecimal. */
struct iq_error *iq_parse_hexadecimal(const char *text, uint64_t *value);

/* An address: an expression of hexadecimal numbers (0x need not be written) and symbols: "ffffffff8d67a8c3",
 * "init_task", "bpf_test_run+315" (an offset behind a symbol is decimal unless it has 0x or a letter), "(jiffies + 8)".
 */
struct iq_error *iq_calculate_address(struct iq_session *session, const char *text, uint64_t *address);

/* The same, and what is none of these as a C expression: "(&init_task)", "(init_task.mm)" (command/evaluate.c). */
struct iq_error *iq_parse_address(struct iq_session *session, const char *text, uint64_t *address);

/* eval's expressions: numbers as iq_parse_number() has them, symbols, ( ) ~ - * / % + - << >> & ^ |, C's precedence. */
struct iq_error *iq_evaluate(struct iq_session *session, const char *text, uint64_t *value);

/* "0,2-4": numbers below `limit`, each once, into set[limit]; also "a" and "all". `what` for messages: "cpu". */
struct iq_error *iq_parse_set(const char *text, const char *what, bool *set, size_t limit);

#endif
