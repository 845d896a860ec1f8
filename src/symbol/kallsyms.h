/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's compressed symbol table, as scripts/kallsyms.c writes it and kernel/kallsyms.c reads it. Inside this
 * room: where the tables are (kallsyms_find.c), names out of tokens (kallsyms_names.c), the source over them
 * (kallsyms.c).
 */
#ifndef IQ_SYMBOL_KALLSYMS_H
#define IQ_SYMBOL_KALLSYMS_H

#include "symbol/symbol.h"

/* How a table entry becomes an address. */
enum iq_kallsyms_encoding {
	IQ_KALLSYMS_ABSOLUTE,        /* kallsyms_addresses: 64 bits each; gone since 6.11 */
	IQ_KALLSYMS_RELATIVE,        /* kallsyms_relative_base + (u32)offset */
	IQ_KALLSYMS_RELATIVE_PERCPU, /* offset >= 0: absolute; else kallsyms_relative_base - 1 - offset; x86-64
					before 6.15 */
	IQ_KALLSYMS_PLACE_RELATIVE,  /* (s32)offset + its own place; upstream a081b5789255 (7.0) */
};

enum {
	IQ_KALLSYMS_MAX = 1 << 22,    /* symbols believed; kallsyms_seqs_of_names has 24 bits */
	IQ_KALLSYMS_NAME_SIZE = 2048, /* KSYM_NAME_LEN is 512 since 6.1 (b8a94bfb3395), 128 before */
	IQ_KALLSYMS_BLOCK = 256,      /* symbols a marker */
};

/* Where the tables lie. All are virtual addresses of the dead machine except the base and the count. */
struct iq_kallsyms_tables {
	uint64_t names, token_table, token_index;
	uint64_t offsets;       /* or kallsyms_addresses */
	uint64_t relative_base; /* its value */
	uint64_t markers;       /* 0: not found, they are counted out of the names */
	unsigned marker_size;   /* 4, or 8 before 4.20 (80ffbaa5b1bd) */
	uint64_t seqs; /* kallsyms_seqs_of_names, 3 bytes each, big-endian: 6.2 and later (60443c88f3a8); 0: none */
	uint32_t count;
	enum iq_kallsyms_encoding encoding;
};

/* Through vmcoreinfo's SYMBOL(kallsyms_...) lines, 6.0 and later (5fd8fea935a1). IQ_ERROR_NOT_FOUND when it has none.
 */
struct iq_error *iq_kallsyms_from_vmcoreinfo(struct iq_target *target, struct iq_kallsyms_tables *out);

/* By their look in the kernel image's memory. IQ_ERROR_NOT_FOUND when nothing there looks like them. */
struct iq_error *iq_kallsyms_recognise(struct iq_target *target, struct iq_kallsyms_tables *out);

/* A source over the tables. */
struct iq_error *iq_kallsyms_new(struct iq_target *target, const struct iq_kallsyms_tables *tables,
				 struct iq_symbol_source **out);

/* The address that entry `i` with the raw value `raw` stands for. */
uint64_t iq_kallsyms_address(const struct iq_kallsyms_tables *tables, uint32_t i, uint64_t raw);

/* 4, or 8 with IQ_KALLSYMS_ABSOLUTE. */
unsigned iq_kallsyms_entry_size(const struct iq_kallsyms_tables *tables);

/* The 256 tokens that names are made of. */
struct iq_kallsyms_tokens {
	char *text; /* kallsyms_token_table, NUL behind it */
	uint16_t start[256], length[256];
	bool bad[256]; /* its index lies outside the table */
	uint32_t hash[256], tail_hash[256], power[256];
};

struct iq_error *iq_kallsyms_tokens_read(struct iq_target *target, uint64_t table, uint64_t index,
					 struct iq_kallsyms_tokens *out);
void iq_kallsyms_tokens_free(struct iq_kallsyms_tokens *tokens);

/* Steps over one compressed name at *at: its tokens are bytes [*first, *first + *length). A length byte with its top
 * bit set goes on in a second one (6.1 and later, 73bbb94466fd). False when it would leave the bytes or is empty. */
bool iq_kallsyms_step(const uint8_t *bytes, size_t size, size_t *at, size_t *first, size_t *length);

/* Writes the name (without its type letter) into `name`, which has IQ_KALLSYMS_NAME_SIZE bytes, and the letter into
 * *type; false when a token is bad or the name is too long or empty. */
bool iq_kallsyms_expand(const struct iq_kallsyms_tokens *tokens, const uint8_t *bytes, size_t length, char *name,
			size_t *name_length, char *type);

/* A hash of the name that needs only the tokens' hashes, and the same hash of plain text. */
uint32_t iq_kallsyms_hash(const struct iq_kallsyms_tokens *tokens, const uint8_t *bytes, size_t length);
uint32_t iq_kallsyms_hash_text(const char *name);

#endif
