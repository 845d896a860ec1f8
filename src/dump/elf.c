// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF64 core files of a kernel: copies of /proc/vmcore, makedumpfile -E, QEMU's dump-guest-memory, and /proc/kcore,
 * which is the living memory in the same clothes.
 *
 * What a segment has in memory but not in the file (p_filesz < p_memsz) was left out on purpose: makedumpfile -E ends a
 * segment's bytes where 256 or more excluded pages follow (write_elf_pages_cyclic(); zero pages are among them with -d
 * 1, and nothing tells them apart), QEMU does it for memory outside of the asked-for range (get_offset_range()). crash
 * reads zeros there; we don't make up bytes.
 *
 * /proc/kcore (fs/proc/kcore.c): p_paddr is -1 for what isn't the direct map or the kernel's image; bytes are never
 * kept.
 */
#include "dump/internal.h"

#include "util/cleanup.h"
#include "util/reader.h"
#include "util/vec.h"

#include <elf.h>
#include <string.h>

#define MAX_SEGMENTS (1u << 22)

/* Physical memory [start, end), whose bytes begin at `offset` of the file. */
struct range {
	uint64_t start, end, offset;
};

struct ranges {
	struct range *data;
	size_t count, capacity;
	size_t last; /* found last */
};

struct elf {
	struct iq_file *file;
	struct ranges stored, excluded; /* each sorted and disjoint */
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sorts, and cuts off what an earlier range has too: QEMU with paging lists memory once for each mapping. */
static void make_disjoint(struct ranges *ranges)
{
	if (!ranges->count)
		return;
	qsort(ranges->data, ranges->count, sizeof(*ranges->data), by_start);
	size_t kept = 0;
	uint64_t end = 0;
	for (size_t i = 0; i < ranges->count; i++) {
		struct range r = ranges->data[i];
		if (kept && r.start < end) {
			if (r.end <= end)
				continue;
			r.offset += end - r.start;
			r.start = end;
		}
		end = r.end;
		ranges->data[kept++] = r;
	}
	ranges->count = kept;
}

/* The index of the first range that ends after `address`; ranges->count if there is none. */
static size_t find(struct ranges *ranges, uint64_t address)
{
	const struct range *data = ranges->data;
	size_t low = 0, high = ranges->count;
	if (ranges->last < high && data[ranges->last].start <= address && address < data[ranges->last].end)
		return ranges->last;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (data[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < ranges->count)
		ranges->last = low;
	return low;
}

/* The range that holds `address`; else NULL, and *gap is how far no range begins. */
static const struct range *range_at(struct ranges *ranges, uint64_t address, uint64_t *gap)
{
	size_t i = find(ranges, address);
	*gap = UINT64_MAX;
	if (i == ranges->count)
		return NULL;
	if (ranges->data[i].start <= address)
		return &ranges->data[i];
	*gap = ranges->data[i].start - address;
	return NULL;
}

static enum iq_page_state elf_bytes(struct iq_dump *dump, uint64_t address, void *buffer, size_t length, size_t *done,
				    struct iq_error **why)
{
	struct elf *elf = dump->format_data;
	uint64_t gap, excluded_gap;
	const struct range *r = range_at(&elf->stored, address, &gap);
	if (r) {
		*done = (size_t)IQ_MIN((uint64_t)length, r->end - address);
		uint64_t offset = r->offset + (address - r->start);
		size_t got =
			buffer ? iq_file_get(elf->file, offset, buffer, *done) : iq_file_has(elf->file, offset, *done);
		if (got) {
			*done = got;
			return IQ_PAGE_PRESENT;
		}
		*why = iq_error_new(IQ_ERROR_FORMAT, dump->info.live ? "the kernel does not let us read it"
								     : "the file ends before its bytes");
		return IQ_PAGE_LOST;
	}
	r = range_at(&elf->excluded, address, &excluded_gap);
	uint64_t run = r ? IQ_MIN(gap, r->end - address) : IQ_MIN(gap, excluded_gap);
	*done = (size_t)IQ_MIN((uint64_t)length, run);
	return r ? IQ_PAGE_FILTERED : IQ_PAGE_ABSENT;
}

static enum iq_page_state elf_page(struct iq_dump *dump, uint64_t pfn, void *buffer, struct iq_error **why)
{
	const uint32_t page_size = dump->info.page_size;
	enum iq_page_state first = IQ_PAGE_ABSENT;
	for (size_t at = 0, done; at < page_size; at += done) {
		uint64_t address = (pfn << dump->page_shift) + at;
		enum iq_page_state state =
			elf_bytes(dump, address, buffer ? (uint8_t *)buffer + at : NULL, page_size - at, &done, why);
		if (state != IQ_PAGE_PRESENT)
			return state;
		first = state;
	}
	return first;
}

static bool elf_next_present(struct iq_dump *dump, uint64_t pfn, uint64_t *next)
{
	struct elf *elf = dump->format_data;
	uint64_t address = pfn << dump->page_shift;
	for (size_t i = find(&elf->stored, address); i < elf->stored.count; i++) {
		const struct range *r = &elf->stored.data[i];
		address = IQ_MAX(address, r->start);
		while (address < r->end) {
			uint64_t lost = iq_file_lost(elf->file, r->offset + (address - r->start));
			if (!lost) {
				*next = address >> dump->page_shift;
				return true;
			}
			address = lost < r->end - address ? address + lost : r->end;
		}
	}
	return false;
}

static void elf_stats(const struct iq_dump *dump, struct iq_dump_stats *stats)
{
	const struct elf *elf = dump->format_data;
	stats->index_bytes += (elf->stored.capacity + elf->excluded.capacity) * sizeof(struct range);
}

static void elf_close(struct iq_dump *dump)
{
	struct elf *elf = dump->format_data;
	if (!elf)
		return;
	iq_vec_free(&elf->stored);
	iq_vec_free(&elf->excluded);
	free(elf);
}

static const struct iq_dump_ops elf_ops = {
	.page = elf_page,
	.bytes = elf_bytes,
	.next_present = elf_next_present,
	.stats = elf_stats,
	.close = elf_close,
};

static bool add_range(struct ranges *ranges, uint64_t start, uint64_t size, uint64_t offset)
{
	struct range *r = iq_vec_push(ranges);
	if (r)
		*r = (struct range){ start, start + size, offset };
	return r;
}

/* Takes one PT_LOAD. *ended: the highest offset of the file that it needs. */
static struct iq_error *add_segment(struct iq_dump *dump, const Elf64_Phdr *p, uint64_t *ended)
{
	struct elf *elf = dump->format_data;
	const uint64_t limit = IQ_MAX_PFN * IQ_MIN_PAGE_SIZE;
	uint64_t size = IQ_MAX(p->p_memsz, p->p_filesz);
	if (p->p_paddr == UINT64_MAX || !size)
		return NULL; /* NOT_PADDR: vmalloc, modules and vmemmap in /proc/kcore */
	if (p->p_paddr >= limit || size > limit - p->p_paddr || p->p_offset > INT64_MAX - p->p_filesz) {
		if (!dump->info.live)
			iq_warn(dump->diag,
				"%s: program header for %#llx bytes at physical address %#llx makes no sense: left out",
				elf->file->path, (unsigned long long)size, (unsigned long long)p->p_paddr);
		return NULL;
	}
	if (p->p_filesz) {
		if (!add_range(&elf->stored, p->p_paddr, p->p_filesz, p->p_offset))
			return iq_error_no_memory();
		*ended = IQ_MAX(*ended, p->p_offset + p->p_filesz);
	}
	if (p->p_memsz > p->p_filesz &&
	    !add_range(&elf->excluded, p->p_paddr + p->p_filesz, p->p_memsz - p->p_filesz, 0))
		return iq_error_no_memory();
	if (p->p_vaddr >> 63 && p->p_vaddr <= UINT64_MAX - size) {
		struct {
			struct iq_dump_mapping *data;
			size_t count, capacity;
		} mappings = { dump->mappings, dump->mappings_count, dump->mappings_capacity };
		struct iq_dump_mapping *m = iq_vec_push(&mappings);
		if (!m)
			return iq_error_no_memory();
		*m = (struct iq_dump_mapping){ p->p_vaddr, p->p_paddr, size };
		dump->mappings = mappings.data;
		dump->mappings_count = mappings.count;
		dump->mappings_capacity = mappings.capacity;
	}
	return NULL;
}

/* How many program headers: beyond 0xfffe the number stands in section header 0 (PN_XNUM). */
static struct iq_error *count_headers(struct iq_file *file, const Elf64_Ehdr *e, uint32_t *count)
{
	*count = e->e_phnum;
	if (e->e_phnum == PN_XNUM) {
		Elf64_Shdr section;
		IQ_TRY(iq_file_read(file, e->e_shoff, &section, sizeof(section), "ELF section header"));
		*count = section.sh_info;
	}
	if (*count > MAX_SEGMENTS)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: %u ELF program headers make no sense", file->path, *count);
	return NULL;
}

/* Reads all program headers; what the file no longer has is reported and left out. */
static struct iq_error *read_segments(struct iq_dump *dump, struct iq_file *file, const Elf64_Ehdr *e)
{
	uint32_t count;
	uint64_t ended = 0;
	Elf64_Phdr batch[64];
	IQ_TRY(count_headers(file, e, &count));
	for (uint32_t i = 0; i < count;) {
		uint32_t n = IQ_MIN(count - i, (uint32_t)IQ_ARRAY_SIZE(batch));
		uint64_t offset = e->e_phoff + (uint64_t)i * sizeof(*batch);
		size_t got = offset >= e->e_phoff ? iq_file_get(file, offset, batch, n * sizeof(*batch)) : 0;
		for (uint32_t j = 0; j < got / sizeof(*batch); j++) {
			if (batch[j].p_type == PT_LOAD)
				IQ_TRY(add_segment(dump, &batch[j], &ended));
			else if (batch[j].p_type == PT_NOTE)
				IQ_TRY(iq_dump_load_notes(dump, file, batch[j].p_offset, batch[j].p_filesz));
		}
		if (got < n * sizeof(*batch)) {
			iq_warn(dump->diag, "%s: only %zu of %u program headers could be read", file->path,
				(size_t)i + got / sizeof(*batch), count);
			dump->info.truncated = true;
			break;
		}
		i += n;
	}
	if (ended > file->size && !dump->info.live) {
		dump->info.truncated = true;
		if (!file->flattened)
			iq_warn(dump->diag, "%s: the file is cut short: it has %llu of %llu bytes", file->path,
				(unsigned long long)file->size, (unsigned long long)ended);
	}
	return NULL;
}

/* A core dump of a process has notes that no kernel's has, and no physical addresses. */
static bool is_user_core(const struct iq_dump *dump)
{
	const struct elf *elf = dump->format_data;
	if (iq_notes_find(&dump->notes, "VMCOREINFO", 0) || iq_notes_find(&dump->notes, "QEMU", 0))
		return false;
	for (size_t i = 0; i < elf->stored.count; i++) {
		if (elf->stored.data[i].start != 0)
			return false;
	}
	return iq_notes_find(&dump->notes, "CORE", NT_AUXV) || iq_notes_find(&dump->notes, "CORE", NT_FILE) ||
	       iq_notes_find(&dump->notes, "CORE", NT_PRPSINFO);
}

static void count_pages(struct iq_dump *dump)
{
	const struct elf *elf = dump->format_data;
	uint64_t end = 0;
	for (size_t i = 0; i < elf->stored.count; i++) {
		const struct range *r = &elf->stored.data[i];
		end = IQ_MAX(end, r->end);
		dump->info.pages_present += (r->end - r->start) >> dump->page_shift;
	}
	if (elf->excluded.count)
		end = IQ_MAX(end, elf->excluded.data[elf->excluded.count - 1].end);
	dump->info.max_pfn = (end + dump->info.page_size - 1) >> dump->page_shift;
}

static bool is_ours(struct iq_file *file, Elf64_Ehdr *e)
{
	return iq_file_get(file, 0, e, sizeof(*e)) == sizeof(*e) && memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 &&
	       e->e_ident[EI_CLASS] == ELFCLASS64 && e->e_ident[EI_DATA] == ELFDATA2LSB && e->e_type == ET_CORE;
}

struct iq_error *iq_elf_open(struct iq_dump *dump, bool *known)
{
	Elf64_Ehdr e;
	struct iq_file *file = dump->files[0];
	if (!is_ours(file, &e) || (e.e_phnum == 0 && e.e_shnum != 0)) /* Xen's dumps have sections only */
		return NULL;
	*known = true;
	if (e.e_phentsize != sizeof(Elf64_Phdr))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: ELF program headers of %u bytes make no sense", file->path,
				    e.e_phentsize);
	if (dump->files_count > 1)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: an ELF dump is one file, but %zu were given", file->path,
				    dump->files_count);
	struct elf *elf = calloc(1, sizeof(*elf));
	if (!elf)
		return iq_error_no_memory();
	dump->ops = &elf_ops;
	dump->format_data = elf;
	elf->file = file;
	dump->info.live = file->live;
	dump->info.format = file->live ? "/proc/kcore" : "ELF vmcore";
	dump->info.compression = "none";
	dump->info.elf_machine = e.e_machine;
	IQ_TRY(read_segments(dump, file, &e));
	if (is_user_core(dump))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s: is the core dump of a process, not of a kernel",
				    file->path);
	if (!elf->stored.count && !elf->excluded.count)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: an ELF core file without memory segments", file->path);
	make_disjoint(&elf->stored);
	make_disjoint(&elf->excluded);
	uint64_t page_size;
	if (!dump->vmcoreinfo || !iq_dump_vmcoreinfo_number(dump, "PAGESIZE", 10, &page_size))
		page_size = 4096;
	IQ_TRY(iq_dump_set_page_size(dump, page_size));
	count_pages(dump);
	return NULL;
}
