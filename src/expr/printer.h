/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the room: the bytes of the value that is printed, and what its text and its record share. */
#ifndef IQ_EXPR_PRINTER_H
#define IQ_EXPR_PRINTER_H

#include "expr/print.h"

enum {
	IQ_PRINT_ELEMENTS = 256,       /* gdb's "print elements", which crash calls print_max */
	IQ_PRINT_REPEATS = 10,         /* gdb's "print repeats" */
	IQ_PRINT_DEPTH = 20,           /* gdb's "print max-depth", of named members */
	IQ_PRINT_RECURSION = 64,       /* with anonymous ones */
	IQ_PRINT_MAX_BYTES = 16 << 20, /* of a value are read */
	IQ_PRINT_MAX_WORK = 1 << 20,   /* steps for one value: hostile types branch without end */
	IQ_PRINT_MAX_TEXT = 32 << 20,  /* bytes of text */
};

struct iq_printer {
	const struct iq_print_options *options;
	const struct iq_value *value;
	size_t element_limit;
	unsigned repeat_threshold;
	struct iq_strbuf *out; /* of the text */
	uint8_t *bytes, *known;
	size_t size;
	uint64_t work;
	bool spent; /* the bound was reached and told */
};

/* A part of the value: its type as declared, and where it is in the bytes. */
struct iq_part {
	struct iq_type type;     /* typedefs gone, completed */
	struct iq_type declared; /* as the member has it */
	struct iq_type_info info;
	uint64_t bit_offset;
	uint32_t bit_size;
};

/* Reads the value. IQ_ERROR_MEMORY only when nothing of it can be read. */
struct iq_error *iq_printer_open(const struct iq_value *value, const struct iq_print_options *options,
				 struct iq_printer *printer);
void iq_printer_close(struct iq_printer *printer);

/* Counts steps; false once there were too many. */
bool iq_printer_step(struct iq_printer *printer, uint64_t steps);

struct iq_error *iq_part_of(struct iq_type declared, uint64_t bit_offset, uint32_t bit_size, struct iq_part *out);

/* How much of a part is known? An empty one is. */
enum iq_known { IQ_KNOWN_ALL, IQ_KNOWN_SOME, IQ_KNOWN_NONE };
enum iq_known iq_part_known(const struct iq_printer *printer, const struct iq_part *part);

/* Appends why the part's first byte that isn't known isn't. */
void iq_part_reason(const struct iq_printer *printer, const struct iq_part *part, struct iq_strbuf *out);

/* The part's address, 0 when it has none. */
uint64_t iq_part_address(const struct iq_printer *printer, const struct iq_part *part);

/* The lower and upper half of a number of at most 16 bytes, sign-extended. The part is known. */
struct iq_number {
	uint64_t low, high;
};
bool iq_part_number(const struct iq_printer *printer, const struct iq_part *part, struct iq_number *out);
void iq_number_decimal(struct iq_number number, bool is_signed, struct iq_strbuf *out);
/* A float or double; false for other sizes. */
bool iq_part_float(const struct iq_printer *printer, const struct iq_part *part, double *out);

/* How many elements from `first` on are the same, up to `count`; `size` is an element's. */
uint64_t iq_part_repeats(struct iq_printer *printer, const struct iq_part *array, uint64_t size, uint64_t first,
			 uint64_t count);

/* An enumerator of exactly this value; NULL if there is none. */
const char *iq_enum_name(struct iq_printer *printer, const struct iq_part *part, uint64_t value);

/* Is an array of this element a text: gdb's rule, every integer of one byte? */
bool iq_is_textual(const struct iq_type_info *element);
/* What a type is without const, volatile and tags; typedefs stay. False for what can't be read. */
bool iq_unqualified_info(struct iq_type type, struct iq_type_info *info);

/* print_scalar.c: everything that is neither struct, union nor array. */
void iq_print_scalar(struct iq_printer *printer, const struct iq_part *part);
/* "0xffff... <name+8> "text"": what a pointer to `target` shows. `own`: it is a place inside of the printed object. */
void iq_print_address(struct iq_printer *printer, uint64_t address, struct iq_type target, bool own);

/* print_string.c: gdb's "abc\000", '\000' <repeats 15 times>. A NUL at the end is C's and left out. */
void iq_print_string(struct iq_printer *printer, const uint8_t *bytes, size_t length, bool more);
void iq_print_character(struct iq_printer *printer, uint8_t c);

#endif
