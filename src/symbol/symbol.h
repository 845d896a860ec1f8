/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and addresses, both ways, over everything that is loaded: vmlinux, modules, JITed BPF programs, trampolines. A
 * registry of sources (one per loaded image), each of which answers for its own address ranges. Nothing is decoded
 * before it is asked for.
 */
#ifndef IQ_SYMBOL_SYMBOL_H
#define IQ_SYMBOL_SYMBOL_H

#include "target/target.h"

struct iq_symbols;
struct iq_symbol_source;

enum iq_symbol_origin {
	IQ_SYMBOL_VMLINUX,
	IQ_SYMBOL_MODULE,
	IQ_SYMBOL_BPF,    /* JITed programs, trampolines, dispatchers */
	IQ_SYMBOL_FTRACE, /* dynamic ftrace trampolines */
};

struct iq_symbol {
	const char *name; /* owned by the registry, for its whole life */
	uint64_t address;
	uint64_t size; /* to the next symbol or as the image says; 0 unknown */
	char type;     /* nm's letter: 'T', 't', 'D', ... ; '?' unknown */
	enum iq_symbol_origin origin;
	const char *module; /* "nf_conntrack", "bpf", "ftrace"; NULL for vmlinux */
};

typedef struct iq_error *(*iq_symbol_fn)(void *context, const struct iq_symbol *symbol);

/* What a source must answer. All may read the dump lazily and fail. `name` pointers they give must stay valid. */
struct iq_symbol_source_ops {
	/* The symbol with the highest address <= address; of several at one address the one that the kernel
	 * would show (scripts/kallsyms.c: weak ones, boundaries as __start_X and more leading underscores come last).
	 * IQ_ERROR_NOT_FOUND if there is none. */
	struct iq_error *(*by_address)(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out);
	/* Calls fn for every symbol of exactly this name, lowest address first. */
	struct iq_error *(*by_name)(struct iq_symbol_source *source, const char *name, iq_symbol_fn fn, void *context);
	/* Calls fn for every symbol in address order. An error from fn ends the walk and is handed on. */
	struct iq_error *(*each)(struct iq_symbol_source *source, iq_symbol_fn fn, void *context);
	/* The symbol with the lowest address > address, chosen among several as above. IQ_ERROR_NOT_FOUND if there is
	 * none. */
	struct iq_error *(*above)(struct iq_symbol_source *source, uint64_t address, struct iq_symbol *out);
	void (*free)(struct iq_symbol_source *source);
};

struct iq_symbol_range {
	uint64_t start, end; /* [start, end) */
};

/* Embedded at the start of a source's own structure. */
struct iq_symbol_source {
	const struct iq_symbol_source_ops *ops;
	enum iq_symbol_origin origin;
	const char *module; /* as in struct iq_symbol; owned by the source */
	struct iq_symbol_range ranges[16];
	unsigned range_count;
};

struct iq_error *iq_symbols_new(struct iq_target *target, struct iq_symbols **out);
void iq_symbols_free(struct iq_symbols *symbols);
void iq_symbols_freep(struct iq_symbols **symbols);

/* Adds a source, which the registry owns from then on (also on failure). */
struct iq_error *iq_symbols_add(struct iq_symbols *symbols, struct iq_symbol_source *source);

/* Sets a function that adds what else is loaded, a part at each call: it is called before a question that what is there
 * can't answer is given up, until it leaves *more false. */
void iq_symbols_set_loader(struct iq_symbols *symbols, struct iq_error *(*load)(void *context, bool *more),
			   void *context);

/* The symbol that holds an address (within its source's ranges). IQ_ERROR_NOT_FOUND if none does. */
struct iq_error *iq_symbol_at(struct iq_symbols *symbols, uint64_t address, struct iq_symbol *out);

/* A symbol by name: vmlinux first, then modules, then the rest; the lowest address if there are several. */
struct iq_error *iq_symbol_by_name(struct iq_symbols *symbols, const char *name, struct iq_symbol *out);

/* A symbol by name in one place only: a module, or vmlinux with NULL. With NULL nothing is loaded for it, so a symbol
 * that a kernel may well lack costs nothing more. */
struct iq_error *iq_symbol_by_name_in(struct iq_symbols *symbols, const char *module, const char *name,
				      struct iq_symbol *out);

/* Every symbol of that name everywhere. */
struct iq_error *iq_symbols_by_name(struct iq_symbols *symbols, const char *name, iq_symbol_fn fn, void *context);

/* Every symbol of one module (NULL: of vmlinux; "*": of everything), in address order. IQ_ERROR_NOT_FOUND for an
 * unknown module. */
struct iq_error *iq_symbols_each(struct iq_symbols *symbols, const char *module, iq_symbol_fn fn, void *context);

/* The neighbours in the same source: the next symbol at a higher address, the previous at a lower one. */
struct iq_error *iq_symbol_next(struct iq_symbols *symbols, const struct iq_symbol *symbol, struct iq_symbol *out);
struct iq_error *iq_symbol_previous(struct iq_symbols *symbols, const struct iq_symbol *symbol, struct iq_symbol *out);

/* Is this a function or a label in code? nm's letter alone doesn't say: in vmlinux of some newer kernels (Debian's 7.2)
 * the whole of .data was linked as executable, and kallsyms calls its variables 'T'. */
bool iq_symbol_is_code(struct iq_symbols *symbols, const struct iq_symbol *symbol);

enum iq_symbol_format {
	IQ_SYMBOL_OFFSET_DECIMAL = 0,   /* bpf_test_run+315: crash's way; the default */
	IQ_SYMBOL_OFFSET_HEX = 1 << 0,  /* bpf_test_run+0x13b: the kernel's way */
	IQ_SYMBOL_SIZE = 1 << 1,        /* bpf_test_run+0x13b/0x210 */
	IQ_SYMBOL_WITH_MODULE = 1 << 2, /* " [nf_conntrack]" behind it */
};

/* Appends the name of an address; false (and nothing appended) if there is none. "+0" is left out, but not in front of
 * a size. */
bool iq_symbol_format(struct iq_symbols *symbols, uint64_t address, unsigned flags, struct iq_strbuf *out);

/* symbol/kallsyms.c: vmlinux' own table out of the dump. Finds it through vmcoreinfo (6.0 and later, upstream commit
 * 5fd8fea935a1) or by recognising it in memory. On success the source is the caller's to add. */
struct iq_error *iq_kallsyms_open(struct iq_target *target, struct iq_symbol_source **out);

/* symbol/elf.c: the symbol table of an ELF file, moved by `slide`. `build_id` (may be NULL) must match the file's note
 * when given: otherwise an IQ_ERROR_ARGUMENT that shows both. */
struct iq_error *iq_elf_symbols_open(const char *path, uint64_t slide, const uint8_t *build_id, size_t build_id_size,
				     struct iq_symbol_source **out);

/* symbol/array.c: a source over an array of symbols, which it copies and sorts (names too). For modules and JITed code.
 * A symbol called "" has a name that is not known: it is not given, but what is before it ends there. */
struct iq_error *iq_array_symbols_new(enum iq_symbol_origin origin, const char *module, const struct iq_symbol *symbols,
				      size_t count, struct iq_symbol_source **out);

/* The same for something that occupies more than its symbols tell: at most 16 ranges. Symbols without a size reach up
 * to the next one or to the end of their range. */
struct iq_error *iq_array_symbols_in(enum iq_symbol_origin origin, const char *module,
				     const struct iq_symbol_range *ranges, unsigned range_count,
				     const struct iq_symbol *symbols, size_t count, struct iq_symbol_source **out);

#endif
