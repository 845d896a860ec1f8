/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump: a file (or a split set of files) that gives the physical pages of a dead machine, what is known about the
 * pages it does not give, and the notes that the kernel left: registers per CPU, vmcoreinfo. Nothing here knows virtual
 * addresses.
 */
#ifndef IQ_DUMP_DUMP_H
#define IQ_DUMP_DUMP_H

#include "util/diag.h"
#include "util/error.h"

#include <stddef.h>

struct iq_dump;

struct iq_dump_options {
	size_t cache_bytes;         /* bound of the page cache; 0: 16 MiB */
	const struct iq_diag *diag; /* borrowed for the dump's life; may be NULL */
};

/* What the file says of itself. Strings are owned by the dump; NULL or 0 where the format doesn't say. */
struct iq_dump_info {
	const char *format;      /* "kdump-compressed", "ELF vmcore", "/proc/kcore", "libkdumpfile: ..." */
	bool flattened;          /* makedumpfile -F around it */
	unsigned header_version; /* kdump-compressed: 1 to 6 */
	const char *compression; /* of the pages, as the header says: "none", "zlib", "LZO", "snappy", "zstd" */
	unsigned files;          /* how many files: more than 1 for a split set */
	const char *path;        /* the first file's */
	uint64_t file_bytes;     /* the sum of the files' sizes */
	bool live;               /* memory changes under us */
	bool truncated;          /* the file ends before its own structures say */
	bool incomplete;         /* the "incomplete" flag: makedumpfile ran out of space */
	bool excluded_vmemmap;   /* the "excluded vmemmap" flag */
	int dump_level;          /* makedumpfile -d; -1 unknown */
	uint32_t page_size;
	uint64_t max_pfn;       /* pages at or above it are absent */
	uint64_t pages_present; /* pages whose bytes are in the dump, if the format counts them */
	unsigned elf_machine;   /* EM_X86_64, ...; 0 unknown */
	unsigned header_cpus;   /* nr_cpus of the header; 0 unknown */
	int64_t header_time;    /* seconds since the epoch in the header; 0 unknown */
	char utsname[6][65];    /* sysname, nodename, release, version, machine, domainname of the header; "" unknown */
};

/* Opens `n` paths as one dump (more than one: a split set in any order). Borrows nothing. On success *out is the
 * caller's, to be closed with iq_dump_close(). Damage that leaves something readable is reported to options->diag. */
struct iq_error *iq_dump_open(const char *const *paths, size_t n, const struct iq_dump_options *options,
			      struct iq_dump **out);

void iq_dump_close(struct iq_dump *dump);
void iq_dump_closep(struct iq_dump **dump);

const struct iq_dump_info *iq_dump_info(const struct iq_dump *dump);

/* Copies `length` bytes of physical memory at `address`. Zero pages read as zeros. The error for a page that has no
 * bytes is IQ_ERROR_MEMORY with the physical address of the first byte that can't be had and its page's state. */
struct iq_error *iq_dump_read(struct iq_dump *dump, uint64_t address, void *buffer, size_t length);

/* The state of the page that holds physical address `address`, without decompressing it. */
enum iq_page_state iq_dump_page_state(struct iq_dump *dump, uint64_t address);

/* The first physical address at or after `address` whose page is present or zero; false if there is none.
 * For scans over all memory. */
bool iq_dump_next_present(struct iq_dump *dump, uint64_t address, uint64_t *next);

/* One ELF note. Pointers are owned by the dump. */
struct iq_note {
	const char *name; /* "CORE", "VMCOREINFO", "QEMU", ... */
	uint32_t type;    /* NT_PRSTATUS, ... */
	const uint8_t *desc;
	size_t size;
};

/* All notes of the dump in file order; *count is set. NULL when there are none. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count);

/* On /proc/kcore and ELF dumps of virtual memory: kernel virtual ranges that the file maps to physical ones, as the
 * program headers say. Returns how many; *ranges is owned by the dump. */
struct iq_dump_mapping {
	uint64_t virtual_address, physical_address, size;
};
size_t iq_dump_mappings(const struct iq_dump *dump, const struct iq_dump_mapping **ranges);

/* vmcoreinfo: the note's text, or the text found in memory when the dump has no note. Empty when there is none. The
 * scan for it in memory happens on the first call. Owned by the dump, NUL-terminated. */
const char *iq_dump_vmcoreinfo(struct iq_dump *dump);

/* The value of line KEY=value in vmcoreinfo, e.g. "OSRELEASE", "SYMBOL(init_uts_ns)", "KERNELOFFSET". False when the
 * line is missing. *value points into the text and is `*length` bytes long. */
bool iq_dump_vmcoreinfo_get(struct iq_dump *dump, const char *key, const char **value, size_t *length);

/* The same as a number; `base` 10 or 16 as the key demands (SYMBOL, KERNELOFFSET: 16; NUMBER, OFFSET, SIZE, LENGTH,
 * CRASHTIME: 10). False when the line is missing or not such a number. Negative numbers come out in two's complement.
 */
bool iq_dump_vmcoreinfo_number(struct iq_dump *dump, const char *key, int base, uint64_t *value);

/* For tests, `sys` and bench: what the cache did. */
struct iq_dump_stats {
	uint64_t hits, misses, bytes_decoded;
	size_t cache_bytes, index_bytes;
};
struct iq_dump_stats iq_dump_stats(const struct iq_dump *dump);

#endif
