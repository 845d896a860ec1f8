/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the tables that scripts/kallsyms.c builds, out of a list of symbols, for tests and for the fuzz target's
 * seeds. */
#ifndef IQ_TESTS_KALLSYMS_ENCODER_H
#define IQ_TESTS_KALLSYMS_ENCODER_H

#include "symbol/kallsyms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct encoder_symbol {
	uint64_t address;
	char type;
	char name[640];
};

enum encoder_order { ENCODER_BEFORE_6_5, ENCODER_SINCE_6_5 };

struct encoder_options {
	enum encoder_order order;
	enum iq_kallsyms_encoding encoding;
	bool seqs;
	unsigned marker_size; /* 4 or 8 */
	uint64_t base;        /* where the bytes will lie */
	uint64_t relative_base;
};

struct encoder {
	uint8_t *bytes;
	size_t size, capacity;
	uint64_t base;
	struct iq_kallsyms_tables tables; /* what the finder must find */
	uint64_t num_syms, relative_base; /* addresses */
};

/* Codes that no name needs stand for these. */
static const char *const encoder_words[] = { "Tsys_", "sys_", "do_", "_percpu", "bpf_" };

static void encoder_put(struct encoder *e, const void *bytes, size_t size)
{
	if (e->size + size > e->capacity) {
		e->capacity = (e->size + size) * 2;
		e->bytes = realloc(e->bytes, e->capacity);
	}
	memcpy(e->bytes + e->size, bytes, size);
	e->size += size;
}

static uint64_t encoder_label(struct encoder *e)
{
	static const uint8_t zeros[8];
	encoder_put(e, zeros, -e->size & 7);
	return e->base + e->size;
}

static void encoder_put_number(struct encoder *e, uint64_t value, unsigned size)
{
	encoder_put(e, &value, size);
}

static void encoder_addresses(struct encoder *e, const struct encoder_options *o, const struct encoder_symbol *symbols,
			      uint32_t count)
{
	uint64_t at = encoder_label(e);
	e->tables.offsets = at;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = symbols[i].address;
		switch (o->encoding) {
		case IQ_KALLSYMS_ABSOLUTE: encoder_put_number(e, address, 8); break;
		case IQ_KALLSYMS_RELATIVE: encoder_put_number(e, address - o->relative_base, 4); break;
		case IQ_KALLSYMS_RELATIVE_PERCPU:
			encoder_put_number(e, address >> 63 ? o->relative_base - 1 - address : address, 4);
			break;
		case IQ_KALLSYMS_PLACE_RELATIVE: encoder_put_number(e, address - (at + (uint64_t)i * 4), 4); break;
		}
	}
	if (o->encoding == IQ_KALLSYMS_RELATIVE || o->encoding == IQ_KALLSYMS_RELATIVE_PERCPU) {
		e->relative_base = encoder_label(e);
		encoder_put_number(e, o->relative_base, 8);
		e->tables.relative_base = o->relative_base;
	}
}

static uint8_t encoder_code(unsigned word)
{
	return (uint8_t)(1 + word);
}

static size_t encoder_compress(const struct encoder_symbol *symbol, uint8_t *out)
{
	char text[sizeof(symbol->name) + 2];
	size_t n = 0;
	snprintf(text, sizeof(text), "%c%s", symbol->type, symbol->name);
	for (const char *at = text; *at;) {
		unsigned word = 0;
		while (word < IQ_ARRAY_SIZE(encoder_words) &&
		       strncmp(at, encoder_words[word], strlen(encoder_words[word])) != 0)
			word++;
		bool found = word < IQ_ARRAY_SIZE(encoder_words);
		out[n++] = found ? encoder_code(word) : (uint8_t)*at;
		at += found ? strlen(encoder_words[word]) : 1;
	}
	return n;
}

static void encoder_names(struct encoder *e, const struct encoder_options *o, const struct encoder_symbol *symbols,
			  uint32_t count)
{
	uint64_t *markers = calloc(count / 256 + 1, sizeof(*markers));
	e->tables.names = encoder_label(e);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t tokens[1024];
		size_t n = encoder_compress(&symbols[i], tokens);
		if (i % 256 == 0)
			markers[i / 256] = e->base + e->size - e->tables.names;
		if (n > 0x7f)
			encoder_put_number(e, (n & 0x7f) | 0x80, 1);
		encoder_put_number(e, n > 0x7f ? n >> 7 : n, 1);
		encoder_put(e, tokens, n);
	}
	e->tables.markers = encoder_label(e);
	e->tables.marker_size = o->marker_size;
	for (uint32_t i = 0; i < (count + 255) / 256; i++)
		encoder_put_number(e, markers[i], o->marker_size);
	free(markers);
}

static const struct encoder_symbol *encoder_sorted;

static int encoder_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(encoder_sorted[x].name, encoder_sorted[y].name);
	return order ? order : x < y ? -1 : x > y;
}

static void encoder_seqs(struct encoder *e, const struct encoder_options *o, const struct encoder_symbol *symbols,
			 uint32_t count)
{
	uint32_t *seqs = malloc(count * sizeof(*seqs));
	if (o->seqs) {
		for (uint32_t i = 0; i < count; i++)
			seqs[i] = i;
		encoder_sorted = symbols;
		qsort(seqs, count, sizeof(*seqs), encoder_compare);
		e->tables.seqs = encoder_label(e);
		for (uint32_t i = 0; i < count; i++) {
			uint8_t b[3] = { (uint8_t)(seqs[i] >> 16), (uint8_t)(seqs[i] >> 8), (uint8_t)seqs[i] };
			encoder_put(e, b, sizeof(b));
		}
	}
	free(seqs);
}

static void encoder_tokens(struct encoder *e)
{
	uint16_t index[256];
	uint64_t start = encoder_label(e);
	e->tables.token_table = start;
	for (unsigned i = 0; i < 256; i++) {
		char one[2] = { (char)i, '\0' };
		const char *text = i >= 1 && i <= IQ_ARRAY_SIZE(encoder_words) ? encoder_words[i - 1]
				   : i >= '$' && i <= 'z'                      ? one
									       : "";
		index[i] = (uint16_t)(e->base + e->size - start);
		encoder_put(e, text, strlen(text) + 1);
	}
	e->tables.token_index = encoder_label(e);
	encoder_put(e, index, sizeof(index));
}

static void encoder_num_syms(struct encoder *e, uint32_t count)
{
	e->num_syms = encoder_label(e);
	encoder_put_number(e, count, 4);
	e->tables.count = count;
}

/* `symbols` in the order of the table. Free e->bytes. */
static void encode(struct encoder *e, const struct encoder_options *o, const struct encoder_symbol *symbols,
		   uint32_t count)
{
	static const uint8_t other[200] = { 0xcc, 1, 2, 3 };
	*e = (struct encoder){ .base = o->base, .tables = { .encoding = o->encoding } };
	encoder_put(e, other, sizeof(other));
	if (o->order == ENCODER_BEFORE_6_5)
		encoder_addresses(e, o, symbols, count);
	encoder_num_syms(e, count);
	encoder_names(e, o, symbols, count);
	if (o->order == ENCODER_BEFORE_6_5)
		encoder_seqs(e, o, symbols, count);
	encoder_tokens(e);
	if (o->order == ENCODER_SINCE_6_5) {
		encoder_addresses(e, o, symbols, count);
		encoder_seqs(e, o, symbols, count);
	}
	encoder_label(e);
	do
		encoder_put(e, other, 8);
	while (e->size % 4096); /* dumps have whole pages */
}

#endif
