// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * repack [OPTION...] IN... OUT: rewrites a dump that inquest reads as a kdump-compressed file, or as ELF, in the shapes
 * that no tool at hand writes. The pages, notes and vmcoreinfo stay what they are. It writes by the formats'
 * descriptions, not with src/dump's code.
 *
 *   -c none|zlib|lzo|snappy|zstd   compression (zlib)
 *   -V 1..6                        header version (6)
 *   -s N                           a split set of N files, OUT.1 to OUT.N
 *   -f FLAGS                       further bits of the header's status (8: incomplete, 16: excluded vmemmap)
 *   -F                             flattened
 *   -S SEED                        flattened, with the blocks shuffled
 *   -O SEED                        flattened, with blocks of rubbish that later blocks cover
 *   -N                             without notes and vmcoreinfo
 *   -E                             ELF instead of kdump
 *   -X                             ELF with one segment a page and more than 65,534 of them (PN_XNUM) if there are so
 * many pages -m PAGES                       only the first PAGES pages of memory -d ADDRESS[+SIZE]              leaves
 * out the pages of this physical memory, as if filtered (may be repeated) -z ADDRESS[+SIZE]              marks them,
 * but leaves their descriptors empty, as a full disk does (may be repeated)
 */
#include "dump/dump.h"

#include "config.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if IQ_HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#if IQ_HAVE_SNAPPY
#include <snappy-c.h>
#endif
#if IQ_HAVE_ZSTD
#include <zstd.h>
#endif

#define PAGE 4096u
#define MAX_HOLES 256

struct hole {
	uint64_t first, last; /* pages */
};

struct options {
	const char *codec;
	unsigned version, parts, flags;
	bool flattened, no_notes, elf, many_segments;
	long shuffle, overlap; /* seeds; -1: no */
	uint64_t pages;        /* 0: all */
	struct hole dropped[MAX_HOLES], emptied[MAX_HOLES];
	size_t dropped_count, emptied_count;
	const char *out;
};

struct pages {
	struct iq_dump *dump;
	uint64_t count;
	uint8_t *states; /* enum iq_page_state of each page */
	uint8_t *notes;
	size_t notes_size, vmcoreinfo_at, vmcoreinfo_size;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "repack: %s: %s\n", what, why);
	exit(1);
}

static void *must(void *p)
{
	if (!p)
		die("memory", "out of it");
	return p;
}

static void put(int fd, uint64_t offset, const void *bytes, size_t length)
{
	if (pwrite(fd, bytes, length, (off_t)offset) != (ssize_t)length)
		die("write", strerror(errno));
}

static int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		die(path, strerror(errno));
	return fd;
}

/* Returns the compressed size, or 0 when compression does not help. */
static size_t compress_page(const char *codec, const uint8_t *page, uint8_t *out, size_t room, unsigned *flags)
{
	size_t size = 0;
	*flags = 0;
	if (!strcmp(codec, "zlib")) {
		static struct libdeflate_compressor *c;
		if (!c)
			c = must(libdeflate_alloc_compressor(1));
		size = libdeflate_zlib_compress(c, page, PAGE, out, room);
		*flags = 1;
#if IQ_HAVE_LZO
	} else if (!strcmp(codec, "lzo")) {
		static _Alignas(16) uint8_t work[LZO1X_1_MEM_COMPRESS];
		lzo_uint length = room;
		if (lzo1x_1_compress(page, PAGE, out, &length, work) == LZO_E_OK)
			size = length;
		*flags = 2;
#endif
#if IQ_HAVE_SNAPPY
	} else if (!strcmp(codec, "snappy")) {
		size_t length = room;
		if (snappy_compress((const char *)page, PAGE, (char *)out, &length) == SNAPPY_OK)
			size = length;
		*flags = 4;
#endif
#if IQ_HAVE_ZSTD
	} else if (!strcmp(codec, "zstd")) {
		size_t length = ZSTD_compress(out, room, page, PAGE, 1);
		if (!ZSTD_isError(length))
			size = length;
		*flags = 0x20;
#endif
	} else if (strcmp(codec, "none") != 0) {
		die(codec, "no such codec in this build");
	}
	if (size == 0 || size >= PAGE)
		*flags = size = 0;
	return size;
}

static bool in_holes(const struct hole *holes, size_t count, uint64_t pfn)
{
	for (size_t i = 0; i < count; i++) {
		if (holes[i].first <= pfn && pfn <= holes[i].last)
			return true;
	}
	return false;
}

static bool is_stored(const struct pages *p, uint64_t pfn)
{
	return p->states[pfn] == IQ_PAGE_PRESENT || p->states[pfn] == IQ_PAGE_ZERO;
}

static void encode_notes(struct pages *p)
{
	size_t count, size = 0;
	const struct iq_note *notes = iq_dump_notes(p->dump, &count);
	for (size_t i = 0; i < count; i++)
		size += 12 + (strlen(notes[i].name) + 4) / 4 * 4 + (notes[i].size + 3) / 4 * 4;
	p->notes = must(calloc(1, size + 1));
	for (size_t i = 0; i < count; i++) {
		uint8_t *at = p->notes + p->notes_size;
		const uint32_t name_size = (uint32_t)strlen(notes[i].name) + 1;
		memcpy(at, (uint32_t[]){ name_size, (uint32_t)notes[i].size, notes[i].type }, 12);
		memcpy(at + 12, notes[i].name, name_size);
		const size_t desc = 12 + (name_size + 3) / 4 * 4;
		memcpy(at + desc, notes[i].desc, notes[i].size);
		if (!strcmp(notes[i].name, "VMCOREINFO")) {
			p->vmcoreinfo_at = p->notes_size + desc;
			p->vmcoreinfo_size = notes[i].size;
		}
		p->notes_size += desc + (notes[i].size + 3) / 4 * 4;
	}
}

static void load(struct pages *p, const struct options *o)
{
	p->count = iq_dump_info(p->dump)->max_pfn;
	if (o->pages && o->pages < p->count)
		p->count = o->pages;
	p->states = must(malloc(p->count));
	for (uint64_t pfn = 0; pfn < p->count; pfn++) {
		p->states[pfn] = (uint8_t)iq_dump_page_state(p->dump, pfn * PAGE);
		if (in_holes(o->dropped, o->dropped_count, pfn) && p->states[pfn] != IQ_PAGE_ABSENT)
			p->states[pfn] = IQ_PAGE_FILTERED;
		else if (in_holes(o->emptied, o->emptied_count, pfn) && p->states[pfn] != IQ_PAGE_ABSENT)
			p->states[pfn] = IQ_PAGE_LOST;
	}
	if (!o->no_notes)
		encode_notes(p);
}

static void read_page(const struct pages *p, uint64_t pfn, uint8_t *page)
{
	struct iq_error *error = iq_dump_read(p->dump, pfn * PAGE, page, PAGE);
	if (error) { /* a page that is there in part: /proc/vmcore's segments may end inside of one */
		memset(page, 0, PAGE);
		iq_error_free(error);
	}
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, 8);
}

static unsigned status_of(const struct options *o)
{
	static const struct {
		const char *name;
		unsigned flag;
	} codecs[] = { { "zlib", 1 }, { "lzo", 2 }, { "snappy", 4 }, { "zstd", 0x20 } };
	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(codecs[i].name, o->codec))
			return codecs[i].flag | o->flags;
	}
	return o->flags;
}

/* Writes disk_dump_header, kdump_sub_header and the notes. */
static void write_headers(int fd, const struct pages *p, const struct options *o, uint32_t bitmap_blocks,
			  uint32_t sub_blocks, uint64_t start, uint64_t end)
{
	const struct iq_dump_info *info = iq_dump_info(p->dump);
	uint8_t header[PAGE] = "KDUMP   ", sub[104] = { 0 };
	const uint32_t count32 = p->count > UINT32_MAX ? UINT32_MAX : (uint32_t)p->count;
	put32(header + 8, o->version);
	for (size_t i = 0; i < 6; i++)
		memcpy(header + 12 + 65 * i, info->utsname[i], 65);
	put64(header + 408, (uint64_t)info->header_time);
	put32(header + 424, status_of(o));
	put32(header + 428, PAGE);
	put32(header + 432, sub_blocks);
	put32(header + 436, bitmap_blocks);
	put32(header + 440, count32);
	put32(header + 460, info->header_cpus);
	put(fd, 0, header, sizeof(header));
	const uint64_t notes_at = PAGE + sizeof(sub);
	put32(sub + 8, (uint32_t)info->dump_level);
	if (o->version >= 2) {
		put32(sub + 12, o->parts > 1);
		put64(sub + 16, start & UINT32_MAX);
		put64(sub + 24, end & UINT32_MAX);
	}
	if (o->version >= 3 && p->vmcoreinfo_size) {
		put64(sub + 32, notes_at + p->vmcoreinfo_at);
		put64(sub + 40, p->vmcoreinfo_size);
	}
	if (o->version >= 4 && p->notes_size) {
		put64(sub + 48, notes_at);
		put64(sub + 56, p->notes_size);
	}
	if (o->version >= 6) {
		put64(sub + 80, start);
		put64(sub + 88, end);
		put64(sub + 96, p->count);
	}
	put(fd, PAGE, sub, sizeof(sub));
	if (p->notes_size)
		put(fd, notes_at, p->notes, p->notes_size);
}

static void write_kdump(const char *path, const struct pages *p, const struct options *o, uint64_t start, uint64_t end)
{
	const size_t bitmap_bytes = ((p->count + 7) / 8 + PAGE - 1) / PAGE * PAGE;
	const uint32_t sub_blocks = (uint32_t)((104 + p->notes_size + PAGE - 1) / PAGE);
	uint8_t *bitmaps = must(calloc(2, bitmap_bytes)), *exists = bitmaps, *dumped = bitmaps + bitmap_bytes;
	uint64_t stored = 0;
	for (uint64_t pfn = 0; pfn < p->count; pfn++) {
		const uint8_t bit = (uint8_t)(1u << pfn % 8);
		const bool set = is_stored(p, pfn) || p->states[pfn] == IQ_PAGE_LOST;
		if (p->states[pfn] != IQ_PAGE_ABSENT)
			exists[pfn / 8] |= bit;
		if (set)
			dumped[pfn / 8] |= bit;
		stored += set && start <= pfn && pfn < end;
	}
	int fd = create(path);
	write_headers(fd, p, o, (uint32_t)(2 * bitmap_bytes / PAGE), sub_blocks, start, end);
	const uint64_t bitmaps_at = (1 + (uint64_t)sub_blocks) * PAGE;
	put(fd, bitmaps_at, bitmaps, 2 * bitmap_bytes);
	uint64_t descriptor_at = bitmaps_at + 2 * bitmap_bytes, data_at = descriptor_at + stored * 24;
	const uint64_t zero_at = data_at;
	uint8_t page[PAGE] = { 0 }, packed[2 * PAGE];
	put(fd, data_at, page, PAGE);
	data_at += PAGE;
	for (uint64_t pfn = start; pfn < end; pfn++) {
		uint8_t descriptor[24] = { 0 };
		if (!(dumped[pfn / 8] >> pfn % 8 & 1))
			continue;
		if (p->states[pfn] == IQ_PAGE_ZERO) {
			put64(descriptor, zero_at);
			put32(descriptor + 8, PAGE);
		} else if (p->states[pfn] == IQ_PAGE_PRESENT) {
			unsigned flags;
			read_page(p, pfn, page);
			size_t size = compress_page(o->codec, page, packed, sizeof(packed), &flags);
			put(fd, data_at, size ? packed : page, size ? size : PAGE);
			put64(descriptor, data_at);
			put32(descriptor + 8, size ? (uint32_t)size : PAGE);
			put32(descriptor + 12, flags);
			data_at += size ? size : PAGE;
		}
		put(fd, descriptor_at, descriptor, sizeof(descriptor));
		descriptor_at += sizeof(descriptor);
	}
	close(fd);
	free(bitmaps);
}

/* Runs of pages of one kind (stored or only existing) become segments. */
static void write_elf(const char *path, const struct pages *p, const struct options *o)
{
	size_t count = 1, i = 1;
	for (uint64_t pfn = 0; pfn < p->count; pfn++)
		count += p->states[pfn] != IQ_PAGE_ABSENT;
	Elf64_Phdr *headers = must(calloc(count, sizeof(*headers)));
	for (uint64_t pfn = 0, end; pfn < p->count; pfn = end) {
		const bool stored = is_stored(p, pfn);
		end = pfn + 1;
		if (p->states[pfn] == IQ_PAGE_ABSENT)
			continue;
		while (!o->many_segments && end < p->count && p->states[end] != IQ_PAGE_ABSENT &&
		       is_stored(p, end) == stored)
			end++;
		headers[i++] = (Elf64_Phdr){ .p_type = PT_LOAD,
					     .p_flags = PF_R | PF_W,
					     .p_paddr = pfn * PAGE,
					     .p_filesz = stored ? (end - pfn) * PAGE : 0,
					     .p_memsz = (end - pfn) * PAGE };
	}
	const bool extended = i >= PN_XNUM;
	uint64_t at = sizeof(Elf64_Ehdr) + i * sizeof(*headers);
	Elf64_Ehdr e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			 .e_type = ET_CORE,
			 .e_machine = (uint16_t)iq_dump_info(p->dump)->elf_machine,
			 .e_version = EV_CURRENT,
			 .e_phoff = sizeof(e),
			 .e_ehsize = sizeof(e),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = extended ? PN_XNUM : (uint16_t)i,
			 .e_shentsize = sizeof(Elf64_Shdr) };
	int fd = create(path);
	if (extended) {
		e.e_shoff = at;
		e.e_shnum = 1;
		put(fd, at, &(Elf64_Shdr){ .sh_info = (uint32_t)i }, sizeof(Elf64_Shdr));
		at += sizeof(Elf64_Shdr);
	}
	headers[0] =
		(Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = at, .p_filesz = p->notes_size, .p_memsz = p->notes_size };
	if (p->notes_size)
		put(fd, at, p->notes, p->notes_size);
	at = (at + p->notes_size + PAGE - 1) / PAGE * PAGE;
	for (size_t j = 1; j < i; j++) {
		uint8_t page[PAGE];
		headers[j].p_offset = headers[j].p_filesz ? at : 0;
		for (uint64_t done = 0; done < headers[j].p_filesz; done += PAGE, at += PAGE) {
			read_page(p, (headers[j].p_paddr + done) / PAGE, page);
			put(fd, at, page, PAGE);
		}
	}
	put(fd, 0, &e, sizeof(e));
	put(fd, sizeof(e), headers, i * sizeof(*headers));
	close(fd);
	free(headers);
}

struct block {
	uint64_t offset, size;
	bool rubbish;
};

/* Cuts `size` bytes into blocks of up to 64 KiB and orders them as asked for. Rubbish comes before what covers it. */
static size_t plan_blocks(uint64_t size, const struct options *o, struct block *blocks)
{
	size_t count = 0;
	srand48(o->shuffle >= 0 ? o->shuffle : o->overlap);
	for (uint64_t at = 0; at < size;) {
		uint64_t length = 1 + (uint64_t)lrand48() % (1u << (4 + lrand48() % 13));
		if (length > size - at)
			length = size - at;
		blocks[count++] = (struct block){ at, length, false };
		at += length;
	}
	for (size_t i = count; o->shuffle >= 0 && i > 1; i--) {
		size_t j = (size_t)lrand48() % i;
		struct block t = blocks[j];
		blocks[j] = blocks[i - 1];
		blocks[i - 1] = t;
	}
	if (o->overlap < 0)
		return count;
	struct block *sound = must(malloc(count * sizeof(*sound)));
	memcpy(sound, blocks, count * sizeof(*sound));
	const size_t rubbish = count / 4;
	for (size_t i = 0; i < rubbish; i++) {
		uint64_t at = (uint64_t)lrand48() % size, length = 1 + (uint64_t)lrand48() % 30000;
		blocks[i] = (struct block){ at, length < size - at ? length : size - at, true };
	}
	memcpy(blocks + rubbish, sound, count * sizeof(*sound));
	free(sound);
	return count + rubbish;
}

/* Rewrites the finished file `path` as a flattened one. */
static void flatten(const char *path, const struct options *o)
{
	int in = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (in < 0 || fstat(in, &st) < 0 || unlink(path) < 0)
		die(path, strerror(errno));
	const uint64_t size = (uint64_t)st.st_size;
	struct block *blocks = must(malloc((size + 1) * sizeof(*blocks)));
	const size_t count = plan_blocks(size, o, blocks);
	uint8_t header[PAGE] = "makedumpfile", *bytes = must(malloc(1 << 17));
	put64(header + 16, htobe64(1));
	put64(header + 24, htobe64(1));
	int fd = create(path);
	put(fd, 0, header, sizeof(header));
	uint64_t at = PAGE;
	for (size_t i = 0; i < count; i++) {
		if (blocks[i].rubbish)
			memset(bytes, 0xa5, blocks[i].size);
		else if (pread(in, bytes, blocks[i].size, (off_t)blocks[i].offset) != (ssize_t)blocks[i].size)
			die(path, strerror(errno));
		put(fd, at, (uint64_t[]){ htobe64(blocks[i].offset), htobe64(blocks[i].size) }, 16);
		put(fd, at + 16, bytes, blocks[i].size);
		at += 16 + blocks[i].size;
	}
	put(fd, at, (uint64_t[]){ UINT64_MAX, UINT64_MAX }, 16);
	close(in);
	close(fd);
	free(blocks);
	free(bytes);
}

static struct hole parse_hole(const char *text)
{
	char *end;
	uint64_t address = strtoull(text, &end, 0), size = *end == '+' ? strtoull(end + 1, NULL, 0) : 1;
	return (struct hole){ address / PAGE, (address + (size ? size : 1) - 1) / PAGE };
}

static void parse_options(int argc, char **argv, struct options *o)
{
	for (int c; (c = getopt(argc, argv, "c:V:s:f:FS:O:NEXm:d:z:")) != -1;) {
		switch (c) {
		case 'c': o->codec = optarg; break;
		case 'V': o->version = (unsigned)atoi(optarg); break;
		case 's': o->parts = (unsigned)atoi(optarg); break;
		case 'f': o->flags = (unsigned)strtoul(optarg, NULL, 0); break;
		case 'F': o->flattened = true; break;
		case 'S': o->shuffle = atol(optarg); break;
		case 'O': o->overlap = atol(optarg); break;
		case 'N': o->no_notes = true; break;
		case 'X': o->many_segments = true; /* fallthrough */
		case 'E': o->elf = true; break;
		case 'm': o->pages = strtoull(optarg, NULL, 0); break;
		case 'd':
			if (o->dropped_count < MAX_HOLES)
				o->dropped[o->dropped_count++] = parse_hole(optarg);
			break;
		case 'z':
			if (o->emptied_count < MAX_HOLES)
				o->emptied[o->emptied_count++] = parse_hole(optarg);
			break;
		default: exit(2);
		}
	}
	o->flattened |= o->shuffle >= 0 || o->overlap >= 0;
	if (argc - optind < 2 || o->version < 1 || o->version > 6 || o->parts < 1 || o->parts > 64) {
		fputs("usage: repack [-c CODEC] [-V VERSION] [-s PARTS] [-f FLAGS] [-F] [-S SEED] [-O SEED] [-N] [-E] "
		      "[-X] [-m PAGES]\n"
		      "              [-d ADDRESS[+SIZE]]... [-z ADDRESS[+SIZE]]... IN... OUT\n",
		      stderr);
		exit(2);
	}
	o->out = argv[argc - 1];
}

static void report(void *context, const char *line)
{
	fprintf(stderr, "repack: %s\n", line);
}

int main(int argc, char **argv)
{
	static struct options o = { .codec = "zlib", .version = 6, .parts = 1, .shuffle = -1, .overlap = -1 };
	struct pages p = { 0 };
	parse_options(argc, argv, &o);
	const struct iq_diag diag = { report, NULL };
	struct iq_error *error = iq_dump_open((const char *const *)argv + optind, (size_t)(argc - optind - 1),
					      &(struct iq_dump_options){ .diag = &diag }, &p.dump);
	if (error)
		die("cannot read", error->message);
	if (iq_dump_info(p.dump)->page_size != PAGE)
		die(argv[optind], "its pages are not of 4 KiB");
	load(&p, &o);
	if (o.elf) {
		write_elf(o.out, &p, &o);
		if (o.flattened)
			flatten(o.out, &o);
	}
	for (unsigned i = 0; !o.elf && i < o.parts; i++) {
		char path[4096];
		snprintf(path, sizeof(path), o.parts > 1 ? "%s.%u" : "%s", o.out, i + 1);
		write_kdump(path, &p, &o, p.count * i / o.parts, p.count * (i + 1) / o.parts);
		if (o.flattened)
			flatten(path, &o);
	}
	iq_dump_close(p.dump);
	free(p.states);
	free(p.notes);
	return 0;
}
