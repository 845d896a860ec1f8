/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dump.c and the format readers share. */
#ifndef IQ_DUMP_INTERNAL_H
#define IQ_DUMP_INTERNAL_H

#include "dump/cache.h"
#include "dump/dump.h"
#include "dump/file.h"
#include "dump/notes.h"

/* Sanity bounds: physical addresses have at most 52 bits, pages at least 4096 and at most 256 KiB. */
#define IQ_MAX_PFN (UINT64_C(1) << 40)
#define IQ_MIN_PAGE_SIZE 4096u
#define IQ_MAX_PAGE_SIZE (256u << 10)
#define IQ_MAX_NOTES_SIZE (UINT64_C(64) << 20)
#define IQ_MAX_VMCOREINFO_SIZE (UINT64_C(1) << 20)

/* What a format gives. All of it works on dump->format_data. */
struct iq_dump_ops {
	/* The state of a page, and, if `buffer` isn't NULL and the state is IQ_PAGE_PRESENT, its bytes. When a page
	 * turns out to be unreadable the state is IQ_PAGE_LOST and *why may be set to the reason; with no other state
	 * is it set. */
	enum iq_page_state (*page)(struct iq_dump *dump, uint64_t pfn, void *buffer, struct iq_error **why);

	/* For formats that know bytes and not pages, where a page may be in the dump partly (else NULL): of [address,
	 * address + length), which lies in one page, the first part that has one state. Returns the state and *done,
	 * the part's length (at least 1), and copies its bytes if they are present and `buffer` isn't NULL. */
	enum iq_page_state (*bytes)(struct iq_dump *dump, uint64_t address, void *buffer, size_t length, size_t *done,
				    struct iq_error **why);

	/* The first page at or after `pfn` that may be present or zero. */
	bool (*next_present)(struct iq_dump *dump, uint64_t pfn, uint64_t *next);

	void (*stats)(const struct iq_dump *dump, struct iq_dump_stats *stats); /* adds to it; may be NULL */
	void (*close)(struct iq_dump *dump);
};

struct iq_dump {
	const struct iq_dump_ops *ops;
	void *format_data;
	struct iq_file **files; /* owned */
	size_t files_count;
	struct iq_dump_info info;
	const struct iq_diag *diag;
	unsigned page_shift;
	struct iq_cache cache;
	struct iq_notes notes;
	struct iq_dump_mapping *mappings;
	size_t mappings_count, mappings_capacity;
	char *vmcoreinfo;      /* owned */
	bool vmcoreinfo_known; /* nothing more to search for */
	uint64_t hits, misses, bytes_decoded;
};

/* Each opens dump->files if it knows the format: *known says so. */
struct iq_error *iq_kdump_open(struct iq_dump *dump, bool *known);
struct iq_error *iq_elf_open(struct iq_dump *dump, bool *known);
struct iq_error *iq_libkdumpfile_open(struct iq_dump *dump, bool *known);

/* Says what a file seems to be that is no dump ("a gzip-compressed file"), or NULL when nothing is recognised. */
const char *iq_file_identify(struct iq_file *file);

/* The ELF number (EM_X86_64) of a machine, as uname() or libkdumpfile names it; 0 when it is not known. */
unsigned iq_dump_machine(const char *name);

/* Sets the page size, a power of two within the bounds above. */
struct iq_error *iq_dump_set_page_size(struct iq_dump *dump, uint64_t size);

/* Reads and parses the notes at `offset` of `file`. A part that can't be read is reported and left out. */
struct iq_error *iq_dump_load_notes(struct iq_dump *dump, struct iq_file *file, uint64_t offset, uint64_t size);

/* Takes the vmcoreinfo text of `size` bytes: cut at the first NUL, copied. Nothing happens if there is one already. */
struct iq_error *iq_dump_set_vmcoreinfo(struct iq_dump *dump, const void *text, size_t size);

#endif
