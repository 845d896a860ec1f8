/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: one opened file with DWARF, over libdw. Two kinds of addresses: the file's (what libdw says) and the
 * dead kernel's; iq_dwarf_runtime() and iq_dwarf_file_pc() go between them. A DIE is kept as a key of 64 bits.
 *
 * libdw finds a unit by reading the headers of all units before it, which are spread over the whole of .debug_info:
 * they are reached through iq_dwarf_die_at(), iq_dwarf_unit_at() and iq_dwarf_each_unit(), which give the pages back.
 * libdw's recursive walks (dwarf_getscopes, dwarf_getfuncs) are not used: a hostile tree is deeper than the C stack.
 */
#ifndef IQ_TYPE_DWARF_INTERNAL_H
#define IQ_TYPE_DWARF_INTERNAL_H

#include "config.h"
#include "type/dwarf.h"
#include "type/source.h"
#include "util/hash.h"
#include "util/vec.h"

#if IQ_HAVE_ELFUTILS

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

enum {
	IQ_DWARF_MAX_DEPTH = 128,      /* of nested DIEs */
	IQ_DWARF_MAX_UNITS = 1 << 20,  /* of a file */
	IQ_DWARF_MAX_WORK = 1 << 24,   /* DIEs and ranges looked at for one question about one unit */
	IQ_DWARF_MAX_RANGES = 1 << 22, /* of all units */
	IQ_DWARF_MAX_BUILD_ID = 64,
};

/* Set in the key of a DIE that lies in the dwz alternate file. */
#define IQ_DWARF_ALTERNATE (1ull << 63)

/* Code of one unit: addresses of the file, half open. */
struct iq_dwarf_range {
	uint64_t start, end;
	uint64_t unit; /* offset of the unit's header in .debug_info */
};

struct iq_dwarf_ranges {
	IQ_VEC(struct iq_dwarf_range) list; /* by start */
	struct iq_map units;                /* those that the list has */
	bool read;                          /* .debug_aranges was */
	bool complete;                      /* units that are not in .debug_aranges, too */
};

/* What another file of the room keeps with an opened file. */
struct iq_dwarf_part {
	void *data;
	void (*free)(void *data);
};

struct iq_dwarf {
	char *path, *module, *cache; /* module, cache: NULL as in the options */
	uint8_t build_id[IQ_DWARF_MAX_BUILD_ID];
	size_t build_id_size;
	uint64_t slide;
	struct iq_dwarf_section *sections; /* a module's; names are owned */
	size_t section_count;
	struct iq_types *types;
	const struct iq_diag *diag;

	Dwfl *dwfl; /* owns what follows, but `alternate` */
	Dwfl_Module *dwfl_module;
	Dwarf *dwarf;
	Elf *elf;
	Dwarf *alternate; /* dwz's; NULL: none */
	Elf *alternate_elf;
	int alternate_fd;
	bool relocatable; /* ET_REL: libdw's addresses are the dead kernel's already */
	bool kernel;      /* a module or an ET_EXEC: addresses in the lower half are per-CPU offsets */
	void *image;      /* the file mapped; NULL: libdwfl read it (compressed files, modules) */
	size_t image_size;
	uint64_t info_at; /* of .debug_info in `image`, when its pages can be given back; else 0 */
	uint64_t info_size;

	uint64_t reached;  /* how far the units are known: the offset of the next one's header */
	size_t unit_count; /* so far */
	bool all_reached;
	size_t work; /* left of IQ_DWARF_MAX_WORK */
	struct iq_dwarf_ranges ranges;
	struct iq_dwarf_part source; /* dwarf_types.c: its struct iq_type_source, unless the registry owns it */
	struct iq_dwarf_part index;  /* dwarf_index.c */
	struct iq_dwarf_part scopes; /* dwarf_scope.c */
	Dwarf_CFI *eh_frame;         /* libdw's reading of .eh_frame; NULL: not tried yet, or there is none */
	bool eh_frame_tried;
};

/* The last error of libdw in words. */
struct iq_error *iq_dwarf_error(const struct iq_dwarf *dwarf, const char *what);

/* Addresses of the file ⇄ the dead kernel's. Only those in the upper half move with KASLR (per-CPU offsets don't). */
uint64_t iq_dwarf_runtime(const struct iq_dwarf *dwarf, uint64_t address);
uint64_t iq_dwarf_file_pc(const struct iq_dwarf *dwarf, uint64_t address);

/* A DIE as a number, and back. Errors: IQ_ERROR_FORMAT. */
uint64_t iq_dwarf_die_key(const struct iq_dwarf *dwarf, Dwarf_Die *die);
struct iq_error *iq_dwarf_die_at(struct iq_dwarf *dwarf, uint64_t key, Dwarf_Die *out);

/* The unit DIE whose code covers `pc` (the dead kernel's). IQ_ERROR_NOT_FOUND when none does. */
struct iq_error *iq_dwarf_unit_at(struct iq_dwarf *dwarf, uint64_t pc, Dwarf_Die *unit);

/* The unit whose header is at `offset` of .debug_info. */
struct iq_error *iq_dwarf_unit_by_offset(struct iq_dwarf *dwarf, uint64_t offset, Dwarf_Die *unit);

/* The first range of code that ends after `pc`; both are addresses of the file. IQ_ERROR_NOT_FOUND behind the last. */
struct iq_error *iq_dwarf_range_from(struct iq_dwarf *dwarf, uint64_t pc, struct iq_dwarf_range *out);

/* Calls fn for the DIE of every unit of .debug_info, in order; `*stop` set ends it. */
struct iq_error *iq_dwarf_each_unit(struct iq_dwarf *dwarf,
				    struct iq_error *(*fn)(void *context, Dwarf_Die *unit, bool *stop), void *context);

/* Gives the pages of .debug_info in [start, end) back to the system: after a walk over much of it. */
void iq_dwarf_forget_pages(struct iq_dwarf *dwarf, uint64_t start, uint64_t end);

/* The DIE that an attribute names (any form of reference; use this, not dwarf_formref_die() or dwarf_attr_integrate():
 * in a damaged file libdw may look for the unit of a DW_FORM_ref_addr without end). */
bool iq_dwarf_target(struct iq_dwarf *dwarf, Dwarf_Attribute *attribute, Dwarf_Die *out);

/* An attribute of the DIE, or of the one that it is an instance or a definition of (DW_AT_abstract_origin,
 * DW_AT_specification; bounded). */
bool iq_dwarf_attr(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned name, Dwarf_Attribute *out);
const char *iq_dwarf_name(struct iq_dwarf *dwarf, Dwarf_Die *die); /* NULL when anonymous */
bool iq_dwarf_unsigned(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned name, uint64_t *value);
bool iq_dwarf_reference(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned name, Dwarf_Die *out);

/* Goes on to the DIE's next sibling, forward only, whatever a damaged DW_AT_sibling says. False: it was the last. */
bool iq_dwarf_next(Dwarf_Die *die);

/* The index of a unit's file (DW_AT_call_file, DW_AT_decl_file) as a source line's file and directory. */
void iq_dwarf_file(struct iq_dwarf *dwarf, Dwarf_Die *unit, uint64_t index, struct iq_source_line *out);

/* The function (DW_TAG_subprogram) whose code holds `pc`, with its unit. IQ_ERROR_NOT_FOUND when there is none. */
struct iq_error *iq_dwarf_function_at(struct iq_dwarf *dwarf, uint64_t pc, Dwarf_Die *unit, Dwarf_Die *function);

/* Does a DIE's code (DW_AT_low_pc and high_pc, or DW_AT_ranges) hold `pc`, an address of the file? */
bool iq_dwarf_covers(struct iq_dwarf *dwarf, Dwarf_Die *die, uint64_t pc);

/* A bound on the work of a question: iq_dwarf_start() at its start, iq_dwarf_spend() for each DIE that is looked at. */
void iq_dwarf_start(struct iq_dwarf *dwarf);
bool iq_dwarf_spend(struct iq_dwarf *dwarf); /* false: enough; iq_dwarf_limit() says so */
struct iq_error *iq_dwarf_limit(const struct iq_dwarf *dwarf);

/* dwarf_types.c: the type that a type's DIE describes; of a function's its prototype. */
struct iq_error *iq_dwarf_type_of(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type *out);

/* dwarf_types.c: the type that a DIE's DW_AT_type names (of a variable, parameter, member, function; also through
 * DW_AT_abstract_origin and DW_AT_specification); void if it has none. */
struct iq_error *iq_dwarf_declared_type(struct iq_dwarf *dwarf, Dwarf_Die *die, struct iq_type *out);

#endif

#endif
