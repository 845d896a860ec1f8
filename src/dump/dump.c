// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/internal.h"

#include "util/cleanup.h"

#include <elf.h>
#include <string.h>

#define DEFAULT_CACHE_BYTES (16u << 20)

unsigned iq_dump_machine(const char *name)
{
	static const struct {
		const char *name;
		unsigned machine;
	} machines[] = { { "x86_64", EM_X86_64 }, { "aarch64", EM_AARCH64 }, { "ppc64le", EM_PPC64 },
			 { "ppc64", EM_PPC64 },   { "riscv64", EM_RISCV },   { "loongarch64", 258 },
			 { "ia32", EM_386 },      { "arm", EM_ARM },         { "s390x", EM_S390 } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(machines); i++) {
		if (strcmp(machines[i].name, name) == 0)
			return machines[i].machine;
	}
	return 0;
}

struct iq_error *iq_dump_set_page_size(struct iq_dump *dump, uint64_t size)
{
	if (size < IQ_MIN_PAGE_SIZE || size > IQ_MAX_PAGE_SIZE || (size & (size - 1)))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: a page size of %llu makes no sense", dump->info.path,
				    (unsigned long long)size);
	dump->info.page_size = (uint32_t)size;
	dump->page_shift = (unsigned)__builtin_ctzll(size);
	return NULL;
}

struct iq_error *iq_dump_load_notes(struct iq_dump *dump, struct iq_file *file, uint64_t offset, uint64_t size)
{
	if (dump->notes.bytes || !size)
		return NULL;
	uint64_t wanted = IQ_MIN(size, IQ_MAX_NOTES_SIZE);
	wanted = offset < file->size ? IQ_MIN(wanted, file->size - offset) : 0;
	uint8_t *bytes = malloc(wanted + 1);
	if (!bytes)
		return iq_error_no_memory();
	size_t got = iq_file_get(file, offset, bytes, (size_t)wanted);
	if (got < size)
		iq_warn(dump->diag, "%s: only %zu of %llu bytes of notes could be read", file->path, got,
			(unsigned long long)size);
	IQ_TRY(iq_notes_parse(&dump->notes, bytes, got, dump->diag));
	const struct iq_note *note = iq_notes_find(&dump->notes, "VMCOREINFO", 0);
	return note ? iq_dump_set_vmcoreinfo(dump, note->desc, note->size) : NULL;
}

static struct iq_error *open_files(struct iq_dump *dump, const char *const *paths, size_t n)
{
	dump->files = calloc(n, sizeof(*dump->files));
	if (!dump->files)
		return iq_error_no_memory();
	for (size_t i = 0; i < n; i++) {
		IQ_TRY(iq_file_open(paths[i], dump->diag, &dump->files[i]));
		dump->files_count = i + 1;
		dump->info.file_bytes += dump->files[i]->file_bytes;
		dump->info.flattened |= dump->files[i]->flattened;
		dump->info.truncated |= dump->files[i]->truncated;
	}
	dump->info.files = (unsigned)n;
	dump->info.path = dump->files[0]->path;
	return NULL;
}

/* What none of our readers knows: something else for libkdumpfile, or no dump at all. */
static struct iq_error *open_other(struct iq_dump *dump)
{
	bool known = false;
	for (size_t i = 0; i < dump->files_count; i++) {
		const char *what = iq_file_identify(dump->files[i]);
		if (what)
			return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s: is %s", dump->files[i]->path, what);
	}
	IQ_TRY(iq_libkdumpfile_open(dump, &known));
	if (known)
		return NULL;
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s: is not a dump of any known format", dump->info.path);
}

struct iq_error *iq_dump_open(const char *const *paths, size_t n, const struct iq_dump_options *options,
			      struct iq_dump **out)
{
	if (!n)
		return iq_error_new(IQ_ERROR_ARGUMENT, "no dump was given");
	_cleanup_(iq_dump_closep) struct iq_dump *dump = calloc(1, sizeof(*dump));
	if (!dump)
		return iq_error_no_memory();
	dump->diag = options ? options->diag : NULL;
	dump->info.dump_level = -1;
	IQ_TRY(open_files(dump, paths, n));
	bool known = false;
	IQ_TRY(iq_kdump_open(dump, &known));
	if (!known)
		IQ_TRY(iq_elf_open(dump, &known));
	if (!known)
		IQ_TRY(open_other(dump));
	iq_cache_init(&dump->cache, options && options->cache_bytes ? options->cache_bytes : DEFAULT_CACHE_BYTES,
		      dump->info.page_size);
	*out = iq_steal(dump);
	return NULL;
}

void iq_dump_close(struct iq_dump *dump)
{
	if (!dump)
		return;
	if (dump->ops)
		dump->ops->close(dump);
	for (size_t i = 0; i < dump->files_count; i++)
		iq_file_close(dump->files[i]);
	free(dump->files);
	iq_cache_free(&dump->cache);
	iq_notes_free(&dump->notes);
	free(dump->mappings);
	free(dump->vmcoreinfo);
	free(dump);
}

void iq_dump_closep(struct iq_dump **dump)
{
	iq_dump_close(*dump);
}

const struct iq_dump_info *iq_dump_info(const struct iq_dump *dump)
{
	return &dump->info;
}

/* The error for a page without bytes; takes `why`. That memory is out or Ctrl-C came says nothing about the page. */
static struct iq_error *no_page(struct iq_dump *dump, uint64_t address, enum iq_page_state state, struct iq_error *why)
{
	struct iq_error *error;
	const unsigned long long a = address;
	if (iq_error_is(why, IQ_ERROR_NO_MEMORY) || iq_error_is(why, IQ_ERROR_INTERRUPTED))
		return why;
	switch (state) {
	case IQ_PAGE_FILTERED:
		if (dump->info.dump_level >= 0)
			error = iq_error_memory(
				address, state,
				"physical address %#llx: page is not in the dump (filtered out: makedumpfile -d %d)", a,
				dump->info.dump_level);
		else
			error = iq_error_memory(address, state,
						"physical address %#llx: page is not in the dump (filtered out)", a);
		break;
	case IQ_PAGE_ABSENT:
		error = iq_error_memory(address, state, "physical address %#llx: the machine has no RAM there", a);
		break;
	default:
		error = iq_error_memory(address, IQ_PAGE_LOST, "physical address %#llx: page is lost: %s", a,
					why ? why->message : "the file is cut short");
		break;
	}
	iq_error_free(why);
	return error;
}

/* Gets the page at `address` into the cache. *bytes is NULL when the page is zero. */
static struct iq_error *load_page(struct iq_dump *dump, uint64_t address, const uint8_t **bytes)
{
	const uint64_t pfn = address >> dump->page_shift;
	uint8_t *buffer = iq_cache_reserve(&dump->cache);
	if (!buffer)
		return iq_error_no_memory();
	struct iq_error *why = NULL;
	dump->misses++;
	switch (dump->ops->page(dump, pfn, buffer, &why)) {
	case IQ_PAGE_PRESENT:
		dump->bytes_decoded += dump->info.page_size;
		*bytes = iq_cache_commit(&dump->cache, pfn);
		return NULL;
	case IQ_PAGE_ZERO: *bytes = NULL; return NULL;
	case IQ_PAGE_FILTERED: return no_page(dump, address, IQ_PAGE_FILTERED, why);
	case IQ_PAGE_ABSENT: return no_page(dump, address, IQ_PAGE_ABSENT, why);
	default: return no_page(dump, address, IQ_PAGE_LOST, why);
	}
}

/* The same for formats that know bytes and not pages: whole pages go through the cache, but not those of a living
 * machine. */
static struct iq_error *read_bytes(struct iq_dump *dump, uint64_t address, uint8_t *out, size_t length)
{
	const uint8_t *bytes;
	if (!dump->info.live && !iq_failed(load_page(dump, address, &bytes)) && bytes) {
		memcpy(out, bytes + (address & (dump->info.page_size - 1)), length);
		return NULL;
	}
	while (length) {
		size_t done = 0;
		struct iq_error *why = NULL;
		enum iq_page_state state = dump->ops->bytes(dump, address, out, length, &done, &why);
		if (state == IQ_PAGE_ZERO)
			memset(out, 0, done);
		else if (state != IQ_PAGE_PRESENT)
			return no_page(dump, address, state, why);
		out += done;
		address += done;
		length -= done;
	}
	return NULL;
}

struct iq_error *iq_dump_read(struct iq_dump *dump, uint64_t address, void *buffer, size_t length)
{
	uint8_t *out = buffer;
	const uint64_t page_size = dump->info.page_size;
	if (length && address + (length - 1) < address)
		return iq_error_memory(address, IQ_PAGE_ABSENT,
				       "physical address %#llx: %zu bytes pass the end of memory",
				       (unsigned long long)address, length);
	while (length) {
		const uint64_t in_page = address & (page_size - 1);
		const size_t part = (size_t)IQ_MIN((uint64_t)length, page_size - in_page);
		const uint8_t *bytes = iq_cache_find(&dump->cache, address >> dump->page_shift);
		if (bytes) {
			dump->hits++;
			memcpy(out, bytes + in_page, part);
		} else if (dump->ops->bytes) {
			IQ_TRY(read_bytes(dump, address, out, part));
		} else {
			IQ_TRY(load_page(dump, address, &bytes));
			if (bytes)
				memcpy(out, bytes + in_page, part);
			else
				memset(out, 0, part);
		}
		out += part;
		address += part;
		length -= part;
	}
	return NULL;
}

enum iq_page_state iq_dump_page_state(struct iq_dump *dump, uint64_t address)
{
	struct iq_error *why = NULL;
	size_t done;
	enum iq_page_state state;
	if (dump->ops->bytes)
		state = dump->ops->bytes(dump, address, NULL, 1, &done, &why);
	else
		state = dump->ops->page(dump, address >> dump->page_shift, NULL, &why);
	iq_error_free(why);
	return state;
}

bool iq_dump_next_present(struct iq_dump *dump, uint64_t address, uint64_t *next)
{
	uint64_t pfn = address >> dump->page_shift;
	while (dump->ops->next_present(dump, pfn, &pfn)) {
		uint64_t at = IQ_MAX(pfn << dump->page_shift, address);
		if (iq_interrupted())
			return false;
		enum iq_page_state state = iq_dump_page_state(dump, at);
		if (state == IQ_PAGE_PRESENT || state == IQ_PAGE_ZERO) {
			*next = at;
			return true;
		}
		pfn++;
	}
	return false;
}

const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = dump->notes.count;
	return dump->notes.data;
}

size_t iq_dump_mappings(const struct iq_dump *dump, const struct iq_dump_mapping **ranges)
{
	*ranges = dump->mappings;
	return dump->mappings_count;
}

struct iq_dump_stats iq_dump_stats(const struct iq_dump *dump)
{
	struct iq_dump_stats stats = { .hits = dump->hits,
				       .misses = dump->misses,
				       .bytes_decoded = dump->bytes_decoded,
				       .cache_bytes = iq_cache_bytes(&dump->cache) };
	for (size_t i = 0; i < dump->files_count; i++)
		stats.index_bytes += dump->files[i]->index.count * sizeof(struct iq_flattened_segment);
	if (dump->ops->stats)
		dump->ops->stats(dump, &stats);
	return stats;
}
