/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef IQ_BPF_INTERNAL_H
#define IQ_BPF_INTERNAL_H

#include "bpf/bpf.h"

#include "util/cleanup.h"
#include "util/vec.h"

struct iq_bpf_code;
struct iq_bpf_attachments;

/* btf.c: the types of a program or map. */
struct iq_bpf_own_types {
	uint64_t address; /* struct btf */
	struct iq_types *types;
};

/* bpf.c: an enumerator's name, which each program and map asks for. */
struct iq_bpf_enumerator {
	const char *enumeration, *prefix;
	uint64_t value;
	char name[48];
};

struct iq_bpf {
	struct iq_kernel *kernel;
	struct iq_target *target; /* shorthands */
	struct iq_types *types;
	struct iq_symbols *symbols;
	IQ_VEC(struct iq_bpf_own_types) own_types;
	IQ_VEC(struct iq_bpf_enumerator) enumerators;
	uint64_t call_base;                 /* resolve.c: __bpf_call_base; 0: not asked for yet */
	IQ_VEC(struct iq_bpf_code *) codes; /* code.c: those that were asked for by address */
	struct iq_bpf_attachments *attachments; /* attach.c; NULL: not looked for yet */
};

/* Shorthands over kernel/object.h for this room. */
static inline struct iq_error *iq_b_get(struct iq_bpf *b, uint64_t address, const char *type, const char *path,
					uint64_t *value)
{
	return iq_get(b->target, b->types, address, type, path, value);
}

static inline struct iq_error *iq_b_get32(struct iq_bpf *b, uint64_t address, const char *type, const char *path,
					  uint32_t *value)
{
	uint64_t wide;
	IQ_TRY(iq_b_get(b, address, type, path, &wide));
	*value = (uint32_t)wide;
	return NULL;
}

static inline bool iq_b_has(struct iq_bpf *b, const char *type, const char *path)
{
	return iq_types_has_member(b->types, type, path);
}

/* The same for members that not every kernel has: *value stays as it is where there is none. */
static inline struct iq_error *iq_b_get_if(struct iq_bpf *b, uint64_t address, const char *type, const char *path,
					   uint64_t *value)
{
	return iq_b_has(b, type, path) ? iq_b_get(b, address, type, path, value) : NULL;
}

/* The address of one of vmlinux' symbols. */
static inline struct iq_error *iq_b_symbol(struct iq_bpf *b, const char *name, uint64_t *address)
{
	struct iq_symbol symbol;
	IQ_TRY(iq_symbol_by_name_in(b->symbols, NULL, name, &symbol));
	*address = symbol.address;
	return NULL;
}

/* attach.c, btf.c, code.c */
void iq_bpf_attachments_free(struct iq_bpf *bpf);
/* bpf.c: releases what was read. */
void iq_bpf_deinit(struct iq_bpf *bpf);

void iq_bpf_own_types_free(struct iq_bpf *bpf);
void iq_bpf_codes_free(struct iq_bpf *bpf);

#endif
