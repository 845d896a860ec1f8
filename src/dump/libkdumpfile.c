// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Formats that we don't read ourselves: libkdumpfile, where it is built in. It is only asked about files that look like
 * one of them, as it doesn't distrust its input as we do (0.5.1 dies of an ELF file whose e_phentsize is 0).
 */
#include "dump/internal.h"

#include "config.h"

/* The fuzzers look for our own faults; 0.5.1 asks for 2^63 bytes when a damaged header says so. */
#if !IQ_HAVE_KDUMPFILE || defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
struct iq_error *iq_libkdumpfile_open(struct iq_dump *dump, bool *known)
{
	return NULL;
}
#else

#include "util/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_SECONDS = 20, TRIED_WELL = 0, TRIED_IN_VAIN = 1 };

struct other {
	kdump_ctx_t *context;
	kdump_bmp_t *pages; /* those that the file has; may be NULL */
	char format[80];
};

/* Whether the file has page `pfn`: false when the library has no map. */
static bool page_bit(const struct other *o, uint64_t pfn, bool *set)
{
	unsigned char bits = 0;
	if (!o->pages || kdump_bmp_get_bits(o->pages, pfn, pfn, &bits) != KDUMP_OK)
		return false;
	*set = bits & 1;
	return true;
}

static enum iq_page_state other_page(struct iq_dump *dump, uint64_t pfn, void *buffer, struct iq_error **why)
{
	struct other *o = dump->format_data;
	bool set;
	if (pfn >= dump->info.max_pfn)
		return IQ_PAGE_ABSENT;
	bool known = page_bit(o, pfn, &set);
	if (!buffer && known)
		return set ? IQ_PAGE_PRESENT : IQ_PAGE_FILTERED;
	_cleanup_free_ uint8_t *own = buffer ? NULL : malloc(dump->info.page_size);
	if (!buffer && !own)
		return IQ_PAGE_LOST;
	size_t length = dump->info.page_size;
	kdump_status status =
		kdump_read(o->context, KDUMP_MACHPHYSADDR, pfn << dump->page_shift, buffer ? buffer : own, &length);
	if (status == KDUMP_OK && length == dump->info.page_size)
		return IQ_PAGE_PRESENT;
	if (status == KDUMP_ERR_NODATA)
		return IQ_PAGE_FILTERED;
	*why = iq_error_new(IQ_ERROR_FORMAT, "libkdumpfile: %s", kdump_get_err(o->context));
	return IQ_PAGE_LOST;
}

static bool other_next_present(struct iq_dump *dump, uint64_t pfn, uint64_t *next)
{
	struct other *o = dump->format_data;
	kdump_addr_t found = pfn;
	if (o->pages) {
		if (kdump_bmp_find_set(o->pages, &found) != KDUMP_OK)
			return false;
		pfn = found;
	}
	*next = pfn;
	return pfn < dump->info.max_pfn;
}

static void other_close(struct iq_dump *dump)
{
	struct other *o = dump->format_data;
	if (!o)
		return;
	if (o->pages)
		kdump_bmp_decref(o->pages);
	if (o->context)
		kdump_free(o->context);
	free(o);
}

static const struct iq_dump_ops other_ops = {
	.page = other_page,
	.next_present = other_next_present,
	.close = other_close,
};

static struct iq_error *describe(struct iq_dump *dump, struct other *o)
{
	const char *text;
	kdump_num_t number;
	kdump_attr_t attribute = { .type = KDUMP_BITMAP };
	if (kdump_get_string_attr(o->context, KDUMP_ATTR_FILE_FORMAT, &text) != KDUMP_OK)
		text = "unknown format";
	snprintf(o->format, sizeof(o->format), "libkdumpfile: %s", text);
	dump->info.format = o->format;
	if (kdump_get_string_attr(o->context, KDUMP_ATTR_ARCH_NAME, &text) == KDUMP_OK)
		dump->info.elf_machine = iq_dump_machine(text);
	if (kdump_get_number_attr(o->context, KDUMP_ATTR_NUM_CPUS, &number) == KDUMP_OK)
		dump->info.header_cpus = (unsigned)number;
	if (kdump_get_number_attr(o->context, KDUMP_ATTR_PAGE_SIZE, &number) != KDUMP_OK)
		number = 4096;
	IQ_TRY(iq_dump_set_page_size(dump, number));
	if (kdump_get_typed_attr(o->context, KDUMP_ATTR_FILE_PAGEMAP, &attribute) == KDUMP_OK)
		kdump_bmp_incref(o->pages = attribute.val.bitmap);
	if (kdump_get_number_attr(o->context, "max_pfn", &number) != KDUMP_OK)
		number = IQ_MAX_PFN;
	dump->info.max_pfn = IQ_MIN(number, IQ_MAX_PFN);
	char *vmcoreinfo;
	if (kdump_vmcoreinfo_raw(o->context, &vmcoreinfo) == KDUMP_OK) {
		struct iq_error *error = iq_dump_set_vmcoreinfo(dump, vmcoreinfo, strlen(vmcoreinfo));
		free(vmcoreinfo);
		return error;
	}
	return NULL;
}

static bool begins_with(const uint8_t *bytes, const char *magic, size_t length)
{
	return memcmp(bytes, magic, length) == 0;
}

/* The formats' marks, from libkdumpfile's own probes (src/kdumpfile: lkcd.c, sadump.c, s390dump.c, diskdump.c, qemu.c,
 * elfdump.c). */
static bool is_for_libkdumpfile(struct iq_file *file)
{
	static const uint8_t sadump_uuid_prefix[4] = { 's', 'a', 'd', 'u' };
	uint8_t b[64];
	if (iq_file_get(file, 0, b, sizeof(b)) != sizeof(b))
		return false;
	if (begins_with(b, ELFMAG, SELFMAG)) {
		const bool foreign = b[EI_CLASS] != ELFCLASS64 || b[EI_DATA] != ELFDATA2LSB;
		const bool sections = b[60] || b[61]; /* e_shnum: Xen's dumps have no segments */
		const unsigned phdr_size = b[EI_CLASS] == ELFCLASS64 ? 56 : 32,
			       at = b[EI_CLASS] == ELFCLASS64 ? 54 : 42;
		return (foreign || sections) && b[at] + b[at + 1] == (int)phdr_size;
	}
	return begins_with(b, "KDUMP   ", 8) || begins_with(b, "DISKDUMP", 8) || begins_with(b, "QEVM", 4) ||
	       begins_with(b, "\xed\x23\x8f\x61\x73\x01\x19\xa8", 8) || /* LKCD, little-endian */
	       begins_with(b, "\xa8\x19\x01\x73\x61\x8f\x23\xed", 8) || /* LKCD, big-endian */
	       begins_with(b, "\xa8\x19\x01\x73\x61\x8f\x23\xfd", 8) || /* s390 */
	       memcmp(b, sadump_uuid_prefix, sizeof(sadump_uuid_prefix)) == 0;
}

/* The whole opening and closing once, without words and within limits. */
static _Noreturn void try_in_child(const int *fds, size_t count)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_CPU, &(struct rlimit){ MAX_SECONDS, MAX_SECONDS });
	kdump_ctx_t *context = kdump_new();
	bool opened = context && kdump_open_fdset(context, (unsigned)count, fds) == KDUMP_OK;
	if (context)
		kdump_free(context);
	_exit(opened ? TRIED_WELL : TRIED_IN_VAIN);
}

/* A damaged header is the library's death (0.5.1: kdump_free() after a bad DISKDUMP header): so a child goes first. */
static struct iq_error *try_first(const int *fds, size_t count, bool *opened)
{
	int status;
	pid_t done, child = fork();
	if (child < 0)
		return iq_error_new(IQ_ERROR_IO, "cannot try libkdumpfile: %s", strerror(errno));
	if (!child)
		try_in_child(fds, count);
	do
		done = waitpid(child, &status, 0);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return iq_error_new(IQ_ERROR_IO, "cannot try libkdumpfile: %s", strerror(errno));
	*opened = WIFEXITED(status) && WEXITSTATUS(status) == TRIED_WELL;
	if (*opened || (WIFEXITED(status) && WEXITSTATUS(status) == TRIED_IN_VAIN))
		return NULL;
	return iq_error_new(IQ_ERROR_FORMAT, "is damaged: such files are left to libkdumpfile, which dies of this one");
}

struct iq_error *iq_libkdumpfile_open(struct iq_dump *dump, bool *known)
{
	bool opens;
	if (!is_for_libkdumpfile(dump->files[0]))
		return NULL;
	_cleanup_free_ int *fds = calloc(dump->files_count, sizeof(*fds));
	struct other *o = calloc(1, sizeof(*o));
	if (!o || !fds) {
		free(o);
		return iq_error_no_memory();
	}
	dump->ops = &other_ops;
	dump->format_data = o;
	for (size_t i = 0; i < dump->files_count; i++)
		fds[i] = dump->files[i]->fd;
	IQ_TRY(iq_error_prefix(try_first(fds, dump->files_count, &opens), "%s", dump->info.path));
	if (!opens)
		return NULL;
	o->context = kdump_new();
	if (!o->context)
		return iq_error_no_memory();
	if (kdump_open_fdset(o->context, (unsigned)dump->files_count, fds) != KDUMP_OK)
		return NULL;
	*known = true;
	return describe(dump, o);
}
#endif
