/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DWARF of one file, laid over one image in the dump: source lines, inlined functions, variables and where they are,
 * call frame information, and types (a second source for type.h). Only the units that a question needs are read;
 * addresses are the dead kernel's (after KASLR, of a loaded module).
 *
 * Needs elfutils: a build without it gives IQ_ERROR_UNSUPPORTED from iq_dwarf_open().
 */
#ifndef IQ_TYPE_DWARF_H
#define IQ_TYPE_DWARF_H

#include "type/type.h"

struct iq_dwarf;

/* Where a section of a module (an ET_REL file) was loaded. */
struct iq_dwarf_section {
	const char *name; /* ".text", ".init.text", ".data" */
	uint64_t address;
};

struct iq_dwarf_options {
	const char *path;                        /* found and checked by who asks */
	const char *module;                      /* NULL: vmlinux */
	uint64_t slide;                          /* vmlinux: added to the file's addresses */
	const struct iq_dwarf_section *sections; /* a module's */
	size_t section_count;
	const uint8_t *build_id; /* names the cached index; size 0: nothing is cached */
	size_t build_id_size;
	const char *cache;      /* directory for indexes, "$XDG_CACHE_HOME/inquest"; NULL: none is kept */
	struct iq_types *types; /* where its types belong to */
	const struct iq_diag *diag;
};

/* All strings of `options` are copied. Debug sections may be compressed, the file itself too (.xz, .zst, .gz), and lean
 * on a dwz alternate file. Errors: IQ_ERROR_IO, IQ_ERROR_FORMAT (not ELF, damaged), IQ_ERROR_NOT_FOUND (no DWARF in
 * it). */
struct iq_error *iq_dwarf_open(const struct iq_dwarf_options *options, struct iq_dwarf **out);
void iq_dwarf_close(struct iq_dwarf *dwarf);
void iq_dwarf_closep(struct iq_dwarf **dwarf);
const char *iq_dwarf_path(const struct iq_dwarf *dwarf);

/* Source lines. Strings live as long as the struct iq_dwarf. `file` is as the compiler had it ("./net/bpf/test_run.c"
 * without the "./", relative to `directory` unless it is absolute). line 0: the compiler gave none. */
struct iq_source_line {
	const char *file;
	const char *directory; /* the compilation directory; may be NULL */
	unsigned line, column;
};

/* The line of the instruction at `pc` (give return address - 1 for a call). IQ_ERROR_NOT_FOUND when no unit covers it.
 */
struct iq_error *iq_dwarf_line(struct iq_dwarf *dwarf, uint64_t pc, struct iq_source_line *out);

/* Every row of the line table with start <= address < end, in address order: for dis -l and -s. */
struct iq_error *iq_dwarf_each_line(struct iq_dwarf *dwarf, uint64_t start, uint64_t end,
				    struct iq_error *(*fn)(void *context, uint64_t address,
							   const struct iq_source_line *line),
				    void *context);

/* One function around a pc: an inlined one, or at last the function that holds the code. */
struct iq_scope {
	const char *function; /* name; NULL when anonymous */
	bool inlined;
	struct iq_source_line
		line;    /* where in `function` pc is: the line itself for the innermost, the call's for the others */
	uint64_t low_pc; /* entry of the function that holds the code; 0 of inlined ones */
	uint64_t die;    /* DWARF's own: for iq_dwarf_variables() */
};

struct iq_scopes {
	struct iq_scope *data; /* innermost first; the last one is not inlined */
	size_t count;
};

/* IQ_ERROR_NOT_FOUND when no unit's function covers pc. */
struct iq_error *iq_dwarf_scopes(struct iq_dwarf *dwarf, uint64_t pc, struct iq_scopes *out);
void iq_scopes_free(struct iq_scopes *scopes);

/* Arguments and locals. */
struct iq_dwarf_variable {
	const char *name;
	struct iq_type type; /* source NULL: could not be read */
	bool parameter;
	unsigned line;  /* of its declaration; 0 unknown */
	unsigned depth; /* of the lexical block it belongs to: 0 the function itself; an inner one hides an outer of the
			   same name */
	uint64_t die;
};

/* Calls fn for the arguments in order, then for the locals whose block covers pc, outer blocks first. Inlined
 * functions' own are their scopes'. */
struct iq_error *iq_dwarf_variables(struct iq_dwarf *dwarf, const struct iq_scope *scope, uint64_t pc,
				    struct iq_error *(*fn)(void *context, const struct iq_dwarf_variable *variable),
				    void *context);

/* The machine at a frame, for locations. Callbacks return false when the value isn't known. `reg` has DWARF's numbers.
 */
struct iq_dwarf_machine {
	uint64_t pc; /* the frame's, as for iq_dwarf_line(): a return address - 1 */
	bool (*reg)(void *context, unsigned number, uint64_t *value);
	bool (*cfa)(void *context, uint64_t *value);
	struct iq_error *(*read)(void *context, uint64_t address, void *buffer, size_t length);
	/* The frame that called this function (not an inlined one): its DWARF, its machine with pc = return address - 1
	 * and *call_pc = the return address itself. For entry values. false: not known. What the machine
	 * leads to stays valid until the function that was given this machine returns. */
	bool (*caller)(void *context, struct iq_dwarf **dwarf, struct iq_dwarf_machine *machine, uint64_t *call_pc);
	/* Kernel per-CPU or TLS relative variables have none of this: DW_OP_form_tls_address is refused. */
	void *context;
};

enum iq_location_kind {
	IQ_LOCATION_MEMORY, /* at `address` */
	IQ_LOCATION_BYTES,  /* a value, from registers, pieces or arithmetic */
	IQ_LOCATION_NONE,   /* not available; `reason` says why */
};

struct iq_location {
	enum iq_location_kind kind;
	uint64_t address;
	uint8_t *bytes, *known; /* `size` each: known[i] is 0 where a piece is missing; malloc'ed */
	size_t size;
	char *reason; /* "optimized out", "in RDX, which the call of kfree_skb changed", ...; malloc'ed; may be set
			 beside BYTES, for its holes */
};

/* Where a variable is, at machine->pc. Never an error for what the compiler did not keep. DWARF 4 and 5 location lists,
 * expressions with DW_OP_entry_value, DW_OP_implicit_pointer's pointed-to value (when it can be shown: reason
 * otherwise), pieces, call-site parameters. */
struct iq_error *iq_dwarf_locate(struct iq_dwarf *dwarf, const struct iq_dwarf_variable *variable,
				 const struct iq_scope *scope, const struct iq_dwarf_machine *machine,
				 struct iq_location *out);
void iq_location_free(struct iq_location *location);

/* Call frame information (.debug_frame, .eh_frame): how to get from this frame to its caller. */
enum iq_cfi_rule { IQ_CFI_UNKNOWN, IQ_CFI_SAME, IQ_CFI_AT_CFA, IQ_CFI_CFA_PLUS, IQ_CFI_EXPRESSION };
struct iq_cfi {
	bool cfa_is_expression; /* not evaluated: kernel code has none but in entry code */
	unsigned cfa_reg;       /* DWARF's number; CFA = reg + cfa_offset */
	int64_t cfa_offset;
	bool signal_frame;
	unsigned return_reg;
	enum iq_cfi_rule rules[17]; /* by DWARF's number; 16 is x86-64's return address */
	int64_t offsets[17];
};
struct iq_error *iq_dwarf_cfi(struct iq_dwarf *dwarf, uint64_t pc, struct iq_cfi *out);

/* Types. The source answers iq_types_...'s questions after those that are there (BTF); a kernel without BTF has only
 * this. */
struct iq_error *iq_types_add_dwarf(struct iq_types *types, struct iq_dwarf *dwarf);

/* A global or static variable by name: its type and, where the file tells, its address (0 when not). Of several static
 * ones of one name the one at `address` when that is not 0, else the first. Uses the name index: built once for a file,
 * kept in the cache. */
struct iq_error *iq_dwarf_global(struct iq_dwarf *dwarf, const char *name, uint64_t address, struct iq_type *type,
				 uint64_t *found_at);

/* A function by name: prototype as a type (IQ_TYPE_FUNCTION), where it is declared, its entry (0: not known, inlined
 * everywhere). */
struct iq_error *iq_dwarf_function(struct iq_dwarf *dwarf, const char *name, struct iq_type *type,
				   struct iq_source_line *declared, uint64_t *entry);

#endif
