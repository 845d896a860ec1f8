// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump-compressed dumps (makedumpfile's default; QEMU's dump-guest-memory -z/-l/-s). In blocks of the machine's page
 * size:
 *
 *     disk_dump_header | kdump_sub_header | bitmap 1: RAM exists | bitmap 2: dumped | page descriptors | data
 *
 * with a descriptor for each bit of bitmap 2, in order. Of a split set every file has the headers and both bitmaps, and
 * descriptors for [start_pfn, end_pfn) only. Sources: makedumpfile's diskdump_mod.h and IMPLEMENTATION, crash's
 * diskdump.c, QEMU's include/sysemu/dump.h.
 */
#include "dump/bitmap.h"
#include "dump/codec.h"
#include "dump/internal.h"

#include "config.h"

#include "util/cleanup.h"
#include "util/reader.h"

#include <string.h>

#define SIGNATURE "KDUMP   "
#define HEADER_SIZE 464
#define SUB_HEADER_SIZE 104
#define DESCRIPTOR_SIZE 24
#define STATUS_INCOMPLETE 0x08
#define STATUS_EXCLUDED_VMEMMAP 0x10

struct header {
	int version;
	char utsname[6][65];
	int64_t time;
	uint32_t status, block_size, sub_header_blocks, bitmap_blocks, cpus;
	uint64_t max_pfn;
	int64_t dump_level;
	bool split;
	uint64_t start_pfn, end_pfn;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size, notes_offset, notes_size;
};

/* One file of the set: the pages [start_pfn, end_pfn). */
struct member {
	struct iq_file *file; /* borrowed from the dump */
	struct header header;
	struct iq_bitmap exists, dumped;
	struct iq_window descriptors;
	uint64_t descriptors_offset;
	uint64_t start_pfn, end_pfn;
	uint64_t start_rank; /* of start_pfn in `dumped` */
	bool start_rank_known;
	uint64_t zero_offset; /* where the page of zeros lies that many descriptors share; 0: not known */
};

struct kdump {
	struct member *members; /* sorted by start_pfn */
	size_t count;
	struct iq_codecs codecs;
	uint8_t *compressed; /* a page's data before it is decoded */
};

static void parse_sub_header(struct iq_reader *r, struct header *h)
{
	iq_reader_u64(r); /* phys_base: vmcoreinfo has it too, and QEMU writes 0 or a guess */
	int32_t level = iq_reader_s32(r), split = iq_reader_s32(r);
	h->dump_level = h->version >= 1 ? level : -1;
	h->split = h->version >= 2 && split != 0;
	h->start_pfn = iq_reader_u64(r);
	h->end_pfn = iq_reader_u64(r);
	uint64_t vmcoreinfo_offset = iq_reader_u64(r), vmcoreinfo_size = iq_reader_u64(r);
	uint64_t notes_offset = iq_reader_u64(r), notes_size = iq_reader_u64(r);
	if (h->version >= 3) {
		h->vmcoreinfo_offset = vmcoreinfo_offset;
		h->vmcoreinfo_size = vmcoreinfo_size;
	}
	if (h->version >= 4) {
		h->notes_offset = notes_offset;
		h->notes_size = notes_size;
	}
	iq_reader_skip(r, 16); /* offset_eraseinfo, size_eraseinfo: which memory makedumpfile's filter wiped */
	if (h->version >= 6) {
		h->start_pfn = iq_reader_u64(r);
		h->end_pfn = iq_reader_u64(r);
		h->max_pfn = iq_reader_u64(r);
	}
}

static struct iq_error *parse_header(struct iq_file *file, struct header *h)
{
	uint8_t bytes[HEADER_SIZE];
	IQ_TRY(iq_file_read(file, 0, bytes, sizeof(bytes), "kdump header"));
	struct iq_reader r = iq_reader_init(bytes, sizeof(bytes), "kdump header");
	iq_reader_skip(&r, 8);
	h->version = iq_reader_s32(&r);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(h->utsname); i++)
		memcpy(h->utsname[i], iq_reader_bytes(&r, 65), 64);
	iq_reader_seek(&r, 408);
	h->time = iq_reader_s64(&r);
	iq_reader_skip(&r, 8);
	h->status = iq_reader_u32(&r);
	h->block_size = iq_reader_u32(&r);
	h->sub_header_blocks = iq_reader_u32(&r);
	h->bitmap_blocks = iq_reader_u32(&r);
	h->max_pfn = iq_reader_u32(&r);
	iq_reader_seek(&r, 460);
	h->cpus = iq_reader_u32(&r);
	if (h->block_size < IQ_MIN_PAGE_SIZE || h->block_size > IQ_MAX_PAGE_SIZE ||
	    (h->block_size & (h->block_size - 1)))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: kdump header: a block size of %u makes no sense", file->path,
				    h->block_size);
	h->dump_level = -1;
	if (h->sub_header_blocks > 0) {
		uint8_t sub[SUB_HEADER_SIZE];
		IQ_TRY(iq_file_read(file, h->block_size, sub, sizeof(sub), "kdump sub-header"));
		r = iq_reader_init(sub, sizeof(sub), "kdump sub-header");
		parse_sub_header(&r, h);
	}
	if (h->max_pfn == 0 || h->max_pfn > IQ_MAX_PFN)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: kdump header: %llu pages make no sense", file->path,
				    (unsigned long long)h->max_pfn);
	return NULL;
}

/* Finds the bitmaps and the descriptors. */
static struct iq_error *open_member(struct iq_file *file, struct member *m)
{
	struct header *h = &m->header;
	m->file = file;
	IQ_TRY(parse_header(file, h));
	const uint64_t block = h->block_size;
	const uint64_t bitmap_offset = (1 + (uint64_t)h->sub_header_blocks) * block;
	const uint64_t needed = ((h->max_pfn + 7) / 8 + block - 1) / block;
	if (h->bitmap_blocks < needed)
		return iq_error_new(IQ_ERROR_FORMAT,
				    "%s: kdump header: %u blocks of bitmaps for %llu pages are too few", file->path,
				    h->bitmap_blocks, (unsigned long long)h->max_pfn);
	/* A dump of everything may have one bitmap only: crash's dump_is_partial(). */
	const bool two = h->bitmap_blocks >= 2 * needed;
	m->exists = (struct iq_bitmap){ .window.file = file, .offset = bitmap_offset, .bits = h->max_pfn };
	m->dumped = m->exists;
	if (two)
		m->dumped.offset += h->bitmap_blocks / 2 * block;
	m->descriptors.file = file;
	m->descriptors_offset = bitmap_offset + (uint64_t)h->bitmap_blocks * block;
	m->start_pfn = h->split ? h->start_pfn : 0;
	m->end_pfn = h->split ? IQ_MIN(h->end_pfn, h->max_pfn) : h->max_pfn;
	if (m->start_pfn > m->end_pfn)
		return iq_error_new(IQ_ERROR_FORMAT,
				    "%s: kdump sub-header: a split file for pages %llu to %llu makes no sense",
				    file->path, (unsigned long long)m->start_pfn, (unsigned long long)m->end_pfn);
	return NULL;
}

/* The member whose descriptors cover the page; else NULL. */
static struct member *member_of(struct kdump *k, uint64_t pfn)
{
	size_t low = 0, high = k->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (k->members[middle].start_pfn <= pfn)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || pfn >= k->members[low - 1].end_pfn)
		return NULL;
	return &k->members[low - 1];
}

struct descriptor {
	uint64_t offset;
	uint32_t size, flags;
};

static bool read_nth_descriptor(struct member *m, uint64_t n, struct descriptor *d)
{
	uint8_t bytes[DESCRIPTOR_SIZE];
	if (iq_window_get(&m->descriptors, m->descriptors_offset + n * DESCRIPTOR_SIZE, bytes, sizeof(bytes)) !=
	    sizeof(bytes))
		return false;
	struct iq_reader r = iq_reader_init(bytes, sizeof(bytes), NULL);
	d->offset = iq_reader_u64(&r);
	d->size = iq_reader_u32(&r);
	d->flags = iq_reader_u32(&r);
	return true;
}

static struct iq_error *read_descriptor(struct member *m, uint64_t pfn, struct descriptor *d)
{
	uint64_t rank;
	if (!m->start_rank_known) {
		IQ_TRY(iq_bitmap_rank(&m->dumped, m->start_pfn, &m->start_rank));
		m->start_rank_known = true;
	}
	IQ_TRY(iq_bitmap_rank(&m->dumped, pfn, &rank));
	if (!read_nth_descriptor(m, rank - m->start_rank, d))
		return iq_error_new(IQ_ERROR_FORMAT, "the file ends before its descriptor");
	return NULL;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Fetches the data of a page. */
static enum iq_page_state load_page(struct iq_dump *dump, struct member *m, const struct descriptor *d, uint8_t *buffer,
				    struct iq_error **why)
{
	struct kdump *k = dump->format_data;
	const uint32_t page_size = dump->info.page_size;
	const bool packed = d->flags & IQ_CODEC_MASK;
	if (d->size == 0 || d->size > page_size || (!packed && d->size != page_size)) {
		*why = iq_error_new(IQ_ERROR_FORMAT, "its descriptor is damaged (%u bytes, flags %#x)", d->size,
				    d->flags);
		return IQ_PAGE_LOST;
	}
	if (iq_file_get(m->file, d->offset, packed ? k->compressed : buffer, d->size) != d->size) {
		*why = iq_error_new(IQ_ERROR_FORMAT, "the file ends before its data");
		return IQ_PAGE_LOST;
	}
	if (packed) {
		*why = iq_codec_decode(&k->codecs, d->flags, k->compressed, d->size, buffer, page_size);
		return *why ? IQ_PAGE_LOST : IQ_PAGE_PRESENT;
	}
	/* makedumpfile (-d 1) and QEMU store one page of zeros, uncompressed, and give its place to every page of
	 * zeros. */
	if (!all_zero(buffer, page_size))
		return IQ_PAGE_PRESENT;
	m->zero_offset = d->offset;
	return IQ_PAGE_ZERO;
}

static enum iq_page_state kdump_page(struct iq_dump *dump, uint64_t pfn, void *buffer, struct iq_error **why)
{
	struct kdump *k = dump->format_data;
	struct member *m = member_of(k, pfn);
	const struct member *maps = m ? m : &k->members[0];
	bool lost;
	if (pfn >= dump->info.max_pfn)
		return IQ_PAGE_ABSENT;
	if (!iq_bitmap_test((struct iq_bitmap *)&maps->dumped, pfn, &lost)) {
		if (!lost && iq_bitmap_test((struct iq_bitmap *)&maps->exists, pfn, &lost))
			return IQ_PAGE_FILTERED;
		return lost ? IQ_PAGE_LOST : IQ_PAGE_ABSENT;
	}
	if (!m) {
		*why = iq_error_new(IQ_ERROR_FORMAT, "the file of the split set that holds it is missing");
		return IQ_PAGE_LOST;
	}
	struct descriptor d;
	*why = read_descriptor(m, pfn, &d);
	if (*why)
		return IQ_PAGE_LOST;
	if (d.offset == 0) {
		*why = iq_error_new(IQ_ERROR_FORMAT, "the dump is incomplete: its page was never written");
		return IQ_PAGE_LOST;
	}
	if (m->zero_offset && d.offset == m->zero_offset && !(d.flags & IQ_CODEC_MASK))
		return IQ_PAGE_ZERO;
	if (buffer)
		return load_page(dump, m, &d, buffer, why);
	if (d.size == 0 || d.size > dump->info.page_size || iq_file_has(m->file, d.offset, d.size) != d.size)
		return IQ_PAGE_LOST;
	return d.flags & IQ_CODEC_MASK ? IQ_PAGE_PRESENT : load_page(dump, m, &d, k->compressed, why);
}

static bool kdump_next_present(struct iq_dump *dump, uint64_t pfn, uint64_t *next)
{
	struct kdump *k = dump->format_data;
	for (size_t i = 0; i < k->count; i++) {
		struct member *m = &k->members[i];
		if (pfn >= m->end_pfn)
			continue;
		if (iq_bitmap_next(&m->dumped, IQ_MAX(pfn, m->start_pfn), next) && *next < m->end_pfn)
			return true;
	}
	return false;
}

static void kdump_stats(const struct iq_dump *dump, struct iq_dump_stats *stats)
{
	const struct kdump *k = dump->format_data;
	for (size_t i = 0; i < k->count; i++) {
		const struct member *m = &k->members[i];
		stats->index_bytes += (m->exists.capacity + m->dumped.capacity) * sizeof(uint64_t);
	}
}

static void kdump_close(struct iq_dump *dump)
{
	struct kdump *k = dump->format_data;
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++) {
		iq_bitmap_free(&k->members[i].exists);
		iq_bitmap_free(&k->members[i].dumped);
		iq_window_free(&k->members[i].descriptors);
	}
	iq_codecs_free(&k->codecs);
	free(k->members);
	free(k->compressed);
	free(k);
}

static const struct iq_dump_ops kdump_ops = {
	.page = kdump_page,
	.next_present = kdump_next_present,
	.stats = kdump_stats,
	.close = kdump_close,
};

static int by_start(const void *a, const void *b)
{
	const struct member *m = a, *n = b;
	if (m->start_pfn != n->start_pfn)
		return m->start_pfn < n->start_pfn ? -1 : 1;
	return m->end_pfn < n->end_pfn ? -1 : m->end_pfn > n->end_pfn; /* an empty one before what begins there */
}

static void warn_missing(struct iq_dump *dump, uint64_t start, uint64_t end)
{
	iq_warn(dump->diag,
		"%s: pages %#llx to %#llx are in none of the given files: a file of the split set is missing",
		dump->info.path, (unsigned long long)start, (unsigned long long)end);
}

/* Sorts the files of a split set and checks that they belong together. */
static struct iq_error *check_set(struct iq_dump *dump, struct kdump *k)
{
	const struct header *first = &k->members[0].header;
	for (size_t i = 0; i < k->count; i++) {
		const struct header *h = &k->members[i].header;
		const char *path = k->members[i].file->path;
		if (k->count > 1 && !h->split)
			return iq_error_new(IQ_ERROR_ARGUMENT,
					    "%s: is not part of a split set, but %zu files were given", path, k->count);
		if (h->max_pfn != first->max_pfn || h->block_size != first->block_size || h->time != first->time ||
		    memcmp(h->utsname, first->utsname, sizeof(h->utsname)) != 0)
			return iq_error_new(IQ_ERROR_ARGUMENT, "%s: belongs to another dump than %s", path,
					    k->members[0].file->path);
	}
	qsort(k->members, k->count, sizeof(*k->members), by_start);
	uint64_t end = 0;
	for (size_t i = 0; i < k->count; i++) {
		const struct member *m = &k->members[i];
		if (m->start_pfn < end)
			return iq_error_new(IQ_ERROR_ARGUMENT, "%s: holds the same pages as %s (from %#llx on)",
					    m->file->path, k->members[i - 1].file->path,
					    (unsigned long long)m->start_pfn);
		if (m->start_pfn > end)
			warn_missing(dump, end, m->start_pfn);
		end = m->end_pfn;
	}
	if (end < first->max_pfn)
		warn_missing(dump, end, first->max_pfn);
	return NULL;
}

/*
 * How many descriptors a file has, without counting its bitmap: makedumpfile and QEMU let the data follow the
 * descriptors at once, the page of zeros first (if there is one), then the first other page, which is what the first
 * descriptor tells. A descriptor's 24 bytes do not divide a page, so the two cases can be told apart. 0: can't be told.
 */
static uint64_t count_descriptors(struct iq_dump *dump, struct member *m, struct descriptor *last)
{
	struct descriptor d;
	if (!read_nth_descriptor(m, 0, &d) || d.offset < m->descriptors_offset)
		return 0;
	uint64_t length = d.offset - m->descriptors_offset;
	if (length % DESCRIPTOR_SIZE && length > dump->info.page_size)
		length -= dump->info.page_size;
	const uint64_t count = length / DESCRIPTOR_SIZE;
	if (length % DESCRIPTOR_SIZE || !count || count > m->end_pfn - m->start_pfn)
		return 0;
	*last = d;
	for (uint64_t i = 0; i < IQ_MIN(count, UINT64_C(32)); i++) {
		if (read_nth_descriptor(m, count - 1 - i, &d) && d.offset > last->offset)
			*last = d;
	}
	return count;
}

/* Counts the pages and notices a file that ends before its last page. */
static void check_end(struct iq_dump *dump, struct member *m)
{
	struct descriptor last = { 0 };
	const uint64_t count = count_descriptors(dump, m, &last);
	dump->info.pages_present += count;
	/* A file of a split set may have no page at all. */
	const uint64_t least = count || m->header.split ? count : 1;
	const uint64_t needed =
		IQ_MAX(m->descriptors_offset + least * DESCRIPTOR_SIZE, count ? last.offset + last.size : 0);
	if (m->file->size >= needed || m->file->truncated || last.offset > INT64_MAX)
		return;
	dump->info.truncated = true;
	iq_warn(dump->diag, "%s: the file is cut short: it has %llu of at least %llu bytes", m->file->path,
		(unsigned long long)m->file->size, (unsigned long long)needed);
}

/* Fills dump->info from the first file's header. */
static struct iq_error *describe(struct iq_dump *dump, const struct header *h, struct iq_file *file)
{
	struct iq_dump_info *info = &dump->info;
	info->format = "kdump-compressed";
	info->header_version = (unsigned)h->version;
	info->compression = iq_codec_name(h->status);
	info->incomplete = h->status & STATUS_INCOMPLETE;
	info->excluded_vmemmap = h->status & STATUS_EXCLUDED_VMEMMAP;
	info->dump_level = (int)h->dump_level;
	info->max_pfn = h->max_pfn;
	info->header_cpus = h->cpus;
	info->header_time = h->time;
	memcpy(info->utsname, h->utsname, sizeof(info->utsname));
	info->elf_machine = iq_dump_machine(h->utsname[4]);
	IQ_TRY(iq_dump_set_page_size(dump, h->block_size));
	if (!iq_codec_built_in(h->status))
		return iq_error_new(IQ_ERROR_UNSUPPORTED,
				    "%s: its pages are compressed with %s, which this inquest was built without",
				    file->path, iq_codec_name(h->status));
	if (h->notes_size)
		IQ_TRY(iq_dump_load_notes(dump, file, h->notes_offset, h->notes_size));
	if (h->vmcoreinfo_size && !dump->vmcoreinfo) {
		uint64_t size = IQ_MIN(h->vmcoreinfo_size, IQ_MAX_VMCOREINFO_SIZE);
		_cleanup_free_ char *text = malloc(size);
		if (!text)
			return iq_error_no_memory();
		size = iq_file_get(file, h->vmcoreinfo_offset, text, size);
		IQ_TRY(iq_dump_set_vmcoreinfo(dump, text, size));
	}
	return NULL;
}

/* Another byte order or word size lays the headers out in another way. */
static struct iq_error *check_layout(struct iq_file *file, bool *foreign)
{
	static const char *const others[] = { "i386", "i486",  "i586", "i686", "arm",
					      "mips", "ppc64", "ppc",  "s390", "sparc" };
	char bytes[12 + 5 * 65];
	IQ_TRY(iq_file_read(file, 0, bytes, sizeof(bytes), "kdump header"));
	const char *machine = bytes + 12 + 4 * 65;
	*foreign = bytes[8] == 0 && bytes[11] != 0; /* the version, big-endian */
	for (size_t i = 0; i < IQ_ARRAY_SIZE(others); i++)
		*foreign |= strncmp(machine, others[i], strlen(others[i])) == 0 && strncmp(machine, "ppc64le", 7) != 0;
	if (*foreign && !IQ_HAVE_KDUMPFILE)
		return iq_error_new(IQ_ERROR_UNSUPPORTED,
				    "%s: a kdump of a 32-bit or big-endian machine (%.16s), which needs libkdumpfile",
				    file->path, machine);
	return NULL;
}

struct iq_error *iq_kdump_open(struct iq_dump *dump, bool *known)
{
	char signature[8];
	bool foreign;
	for (size_t i = 0; i < dump->files_count; i++) {
		if (iq_file_get(dump->files[i], 0, signature, sizeof(signature)) != sizeof(signature) ||
		    memcmp(signature, SIGNATURE, sizeof(signature)) != 0)
			return NULL;
	}
	IQ_TRY(check_layout(dump->files[0], &foreign));
	if (foreign)
		return NULL;
	*known = true;
	struct kdump *k = calloc(1, sizeof(*k));
	if (!k)
		return iq_error_no_memory();
	dump->ops = &kdump_ops;
	dump->format_data = k;
	k->members = calloc(dump->files_count, sizeof(*k->members));
	if (!k->members)
		return iq_error_no_memory();
	for (size_t i = 0; i < dump->files_count; i++) {
		k->count = i + 1;
		IQ_TRY(open_member(dump->files[i], &k->members[i]));
	}
	IQ_TRY(check_set(dump, k));
	k->compressed = malloc(k->members[0].header.block_size);
	if (!k->compressed)
		return iq_error_no_memory();
	IQ_TRY(describe(dump, &k->members[0].header, k->members[0].file));
	for (size_t i = 0; i < k->count; i++)
		check_end(dump, &k->members[i]);
	return NULL;
}
