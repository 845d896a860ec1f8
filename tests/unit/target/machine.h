/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A little dead machine: 16 MiB of RAM, most of it not in the dump, with a kernel image, a direct map, vmalloc space
 * and struct pages mapped as Linux does; and a writer for dumps of it in kdump's format.
 */
#ifndef IQ_TESTS_MACHINE_H
#define IQ_TESTS_MACHINE_H

#include "target/target.h"
#include "util/strbuf.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096
#define MAX_PFN 0x1000
#define P UINT64_C(0x1)
#define RW UINT64_C(0x2)
#define US UINT64_C(0x4)
#define PS UINT64_C(0x80)
#define NX (UINT64_C(1) << 63)
#define TABLE UINT64_C(0x67)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)
#define LINK_BASE UINT64_C(0xffffffff80000000)
#define TEXT_PHYSICAL (4 * MIB)
#define TEXT_SIZE (4 * MIB)

struct machine {
	uint8_t *pages[MAX_PFN]; /* in the dump */
	unsigned levels;
	uint64_t mask;
	uint64_t next_table;
	uint64_t table; /* swapper_pg_dir, inside the image */
	uint64_t text, direct_map, vmalloc, vmemmap;
	struct iq_strbuf vmcoreinfo, warnings;
	uint8_t notes[4096];
	size_t notes_size;
	const char *machine_name;
	char path[64];
	struct iq_diag diag;
	struct iq_dump *dump;
	struct iq_target *target;
};

static struct machine m;

static inline uint8_t *page_at(uint64_t physical)
{
	uint8_t **page = &m.pages[physical / PAGE];
	assert_true(physical < MAX_PFN * (uint64_t)PAGE);
	if (!*page)
		*page = calloc(1, PAGE);
	return *page;
}

static inline void forget_page(uint64_t physical)
{
	free(m.pages[physical / PAGE]);
	m.pages[physical / PAGE] = NULL;
}

static inline uint64_t *entry_at(uint64_t table, uint64_t address, unsigned level)
{
	return (uint64_t *)page_at(table) + (address >> (12 + 9 * level) & 511);
}

static inline uint64_t new_table(void)
{
	uint64_t table = m.next_table;
	m.next_table += PAGE;
	page_at(table);
	return table;
}

/* Maps in the tables under `root`; `level` 0 for 4 KiB, 1 for 2 MiB. Returns the address of the last table. */
static inline uint64_t map_in(uint64_t root, uint64_t address, unsigned level, uint64_t entry)
{
	uint64_t table = root;
	for (unsigned at = m.levels - 1; at > level; at--) {
		uint64_t *slot = entry_at(table, address, at);
		if (!*slot)
			*slot = new_table() | TABLE | m.mask;
		table = *slot & UINT64_C(0xffffffffff000) & ~m.mask;
	}
	*entry_at(table, address, level) = entry | (entry & P ? m.mask : 0);
	return table;
}

static inline uint64_t map(uint64_t address, unsigned level, uint64_t entry)
{
	return map_in(m.table, address, level, entry);
}

/* The kernel's half. */
static inline void build_with(unsigned levels, uint64_t mask, uint64_t direct_map, uint64_t vmalloc, uint64_t vmemmap)
{
	m.levels = levels;
	m.mask = mask;
	m.next_table = MIB;
	m.text = LINK_BASE + 16 * MIB + 0x1c00000;
	m.direct_map = direct_map;
	m.vmalloc = vmalloc;
	m.vmemmap = vmemmap;
	m.table = TEXT_PHYSICAL + 2 * MIB;
	m.machine_name = "x86_64";
	page_at(m.table);
	map(m.text, 1, TEXT_PHYSICAL | P | PS);
	map(m.text + 2 * MIB, 1, (TEXT_PHYSICAL + 2 * MIB) | P | RW | PS | NX);
	map(LINK_BASE + GIB + 0x380000, 0, 0x200000 | P | RW);   /* a module */
	map(UINT64_C(0xfffffe0000000000), 0, 0x201000 | P | NX); /* the CPU entry area */
	for (uint64_t at = 0; at < MAX_PFN * (uint64_t)PAGE; at += 2 * MIB)
		map(m.direct_map + at, 1, at | P | RW | PS | NX);
	map(m.vmalloc, 0, 0x202000 | P | RW | NX);
	map(m.vmalloc + PAGE, 0, 0x203000 | P | RW | NX);
	map(m.vmemmap, 1, (10 * MIB) | P | RW | PS | NX);
}

static inline void build(unsigned levels, uint64_t mask)
{
	if (levels == 4)
		build_with(4, mask, UINT64_C(0xffff9a8040000000), UINT64_C(0xffffb0c040000000),
			   UINT64_C(0xffffe12340000000));
	else
		build_with(5, mask, UINT64_C(0xff2a9a8040000000), UINT64_C(0xff4fb0c040000000),
			   UINT64_C(0xff9d123440000000));
}

static inline uint64_t phys_base(void)
{
	return TEXT_PHYSICAL - (m.text - LINK_BASE);
}

static inline void add_vmcoreinfo(int64_t phys_base_error)
{
	iq_strbuf_addf(&m.vmcoreinfo,
		       "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=%lx\nSYMBOL(_stext)=%lx\nNUMBER(phys_"
		       "base)=%ld\n"
		       "SYMBOL(init_top_pgt)=%lx\nNUMBER(pgtable_l5_enabled)=%d\nKERNELOFFSET=%lx\n"
		       "NUMBER(KERNEL_IMAGE_SIZE)=1073741824\nNUMBER(sme_mask)=%ld\n",
		       m.table - phys_base() + LINK_BASE, m.text, (int64_t)phys_base() + phys_base_error,
		       m.table - phys_base() + LINK_BASE, m.levels == 5, m.text - LINK_BASE - 16 * MIB,
		       (int64_t)m.mask);
}

static inline void add_note(const char *name, uint32_t type, const void *desc, size_t size)
{
	uint32_t head[3] = { strlen(name) + 1, size, type };
	assert_true(m.notes_size + sizeof(head) + 16 + size <= sizeof(m.notes));
	memcpy(m.notes + m.notes_size, head, sizeof(head));
	memcpy(m.notes + m.notes_size + sizeof(head), name, head[0]);
	m.notes_size += sizeof(head) + (head[0] + 3) / 4 * 4;
	memcpy(m.notes + m.notes_size, desc, size);
	m.notes_size += (size + 3) / 4 * 4;
}

/* QEMUCPUState: only the control registers matter here. */
static inline void add_qemu_note(uint64_t cr3)
{
	uint64_t state[55] = { 440ull << 32 | 1 };
	state[392 / 8 + 0] = 0x80050033;
	state[392 / 8 + 3] = cr3;
	state[392 / 8 + 4] = 0x3506f0 | (m.levels == 5 ? 0x1000 : 0);
	add_note("QEMU", 0, state, sizeof(state));
}

/* Header, sub-header, two bitmaps, descriptors, data: see src/dump/kdump.c. */
static inline void write_dump(void)
{
	uint8_t *header = calloc(4, PAGE);
	uint64_t descriptors_at = 4 * PAGE, count = 0;
	memcpy(header, "KDUMP   ", 8);
	*(int32_t *)(header + 8) = 6;
	strcpy((char *)header + 12 + 4 * 65, m.machine_name);
	*(uint32_t *)(header + 428) = PAGE;    /* block_size */
	*(uint32_t *)(header + 432) = 1;       /* sub_hdr_size */
	*(uint32_t *)(header + 436) = 2;       /* bitmap_blocks */
	*(uint32_t *)(header + 440) = MAX_PFN; /* max_mapnr */
	*(uint32_t *)(header + 460) = 1;       /* nr_cpus */
	for (unsigned pfn = 0; pfn < MAX_PFN; pfn++) {
		header[2 * PAGE + pfn / 8] |= 1 << pfn % 8;
		if (m.pages[pfn]) {
			header[3 * PAGE + pfn / 8] |= 1 << pfn % 8;
			count++;
		}
	}
	uint64_t texts_at = descriptors_at + count * 24, data_at = texts_at + m.vmcoreinfo.length + sizeof(m.notes);
	uint64_t *sub = (uint64_t *)(header + PAGE);
	*(int32_t *)(header + PAGE + 8) = 31; /* dump_level */
	sub[4] = m.vmcoreinfo.length ? texts_at : 0;
	sub[5] = m.vmcoreinfo.length;
	sub[6] = m.notes_size ? texts_at + m.vmcoreinfo.length : 0;
	sub[7] = m.notes_size;
	sub[12] = MAX_PFN;

	strcpy(m.path, "/tmp/inquest-test-XXXXXX");
	int fd = mkstemp(m.path);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, header, 4 * PAGE, 0), 4 * PAGE);
	assert_int_equal(pwrite(fd, iq_strbuf_text(&m.vmcoreinfo), m.vmcoreinfo.length, texts_at), m.vmcoreinfo.length);
	assert_int_equal(pwrite(fd, m.notes, m.notes_size, texts_at + m.vmcoreinfo.length), m.notes_size);
	for (unsigned pfn = 0; pfn < MAX_PFN; pfn++) {
		if (!m.pages[pfn])
			continue;
		struct {
			uint64_t offset;
			uint32_t size, flags;
			uint64_t page_flags;
		} descriptor = { data_at, PAGE, 0, 0 };
		assert_int_equal(pwrite(fd, &descriptor, 24, descriptors_at), 24);
		assert_int_equal(pwrite(fd, m.pages[pfn], PAGE, data_at), PAGE);
		descriptors_at += 24;
		data_at += PAGE;
	}
	close(fd);
	free(header);
}

static inline void report(void *context, const char *line)
{
	struct machine *machine = context;
	iq_strbuf_addf(&machine->warnings, "%s\n", line);
}

static inline struct iq_error *open_target(void)
{
	m.diag = (struct iq_diag){ report, &m };
	struct iq_dump_options options = { .diag = &m.diag };
	const char *path = m.path;
	struct iq_error *error = iq_dump_open(&path, 1, &options, &m.dump);
	if (error)
		fail_msg("%s", error->message);
	return iq_target_open(m.dump, &m.diag, &m.target);
}

static inline void open_well(void)
{
	write_dump();
	struct iq_error *error = open_target();
	if (error)
		fail_msg("%s", error->message);
}

static inline int tear_down(void **state)
{
	iq_target_close(m.target);
	iq_dump_close(m.dump);
	if (m.path[0])
		unlink(m.path);
	for (unsigned i = 0; i < MAX_PFN; i++)
		free(m.pages[i]);
	iq_strbuf_free(&m.vmcoreinfo);
	iq_strbuf_free(&m.warnings);
	memset(&m, 0, sizeof(m));
	return 0;
}

static inline void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

#endif
