// SPDX-License-Identifier: GPL-2.0-or-later
#include "type/dwarf_internal.h"

#include "host/debuginfo.h"
#include "util/cleanup.h"

#if IQ_HAVE_ELFUTILS

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct iq_error *iq_dwarf_error(const struct iq_dwarf *dwarf, const char *what)
{
	int number = dwarf_errno();
	return iq_error_new(IQ_ERROR_FORMAT, "%s: %s: %s", dwarf->path, what,
			    number ? dwarf_errmsg(number) : "damaged DWARF");
}

/* Opens the module's file for libdwfl. A vmlinux is mapped here, so that nothing of it is read before it is needed and
 * its pages can be given back; libdwfl opens the rest: compressed files, and ET_REL, which it relocates in memory. */
static int find_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, char **file_name,
		    Elf **elf)
{
	struct iq_dwarf *dwarf = *userdata;
	_cleanup_close_ int fd = -1;
	struct stat status;
	unsigned char start[EI_NIDENT + 2]; /* with e_type */
	if (iq_failed(iq_file_open_unpacked(dwarf->path, &fd)) || fstat(fd, &status) != 0)
		return -1;
	*file_name = strdup(dwarf->path);
	bool is_elf = pread(fd, start, sizeof(start), 0) == sizeof(start) && memcmp(start, ELFMAG, SELFMAG) == 0 &&
		      start[EI_DATA] == ELFDATA2LSB;
	if (is_elf && start[EI_NIDENT] != ET_REL && status.st_size > 0) {
		/* libelf writes to the section headers when it decompresses a section. */
		void *image = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		if (image == MAP_FAILED)
			return -1;
		dwarf->image = image;
		dwarf->image_size = (size_t)status.st_size;
		*elf = elf_memory(image, dwarf->image_size);
		return -1;
	}
	int given = fd;
	fd = -1;
	return given;
}

/* libdwfl's own would look in the environment and ask debuginfod's servers. */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *debuglink_file, GElf_Word debuglink_crc,
			  char **debuginfo_file_name)
{
	return -1;
}

static int section_address(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *section,
			   GElf_Word index, const GElf_Shdr *header, Dwarf_Addr *address)
{
	const struct iq_dwarf *dwarf = *userdata;
	*address = (Dwarf_Addr)-1; /* not loaded, or freed after the module's start */
	for (size_t i = 0; i < dwarf->section_count; i++) {
		if (strcmp(dwarf->sections[i].name, section) == 0)
			*address = dwarf->sections[i].address;
	}
	return 0;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = section_address,
};

static struct iq_error *copy_sections(struct iq_dwarf *dwarf, const struct iq_dwarf_options *options)
{
	dwarf->sections = calloc(options->section_count + 1, sizeof(*dwarf->sections));
	if (!dwarf->sections)
		return iq_error_no_memory();
	for (size_t i = 0; i < options->section_count; i++) {
		char *name = strdup(options->sections[i].name);
		if (!name)
			return iq_error_no_memory();
		dwarf->sections[dwarf->section_count++] =
			(struct iq_dwarf_section){ name, options->sections[i].address };
	}
	return NULL;
}

static struct iq_error *copy_options(struct iq_dwarf *dwarf, const struct iq_dwarf_options *options)
{
	dwarf->path = strdup(options->path);
	dwarf->module = options->module ? strdup(options->module) : NULL;
	dwarf->cache = options->cache ? strdup(options->cache) : NULL;
	if (!dwarf->path || (options->module && !dwarf->module) || (options->cache && !dwarf->cache))
		return iq_error_no_memory();
	if (options->build_id && options->build_id_size <= sizeof(dwarf->build_id)) {
		memcpy(dwarf->build_id, options->build_id, options->build_id_size);
		dwarf->build_id_size = options->build_id_size;
	}
	dwarf->slide = options->slide;
	dwarf->types = options->types;
	dwarf->diag = options->diag;
	return copy_sections(dwarf, options);
}

/* Finds out whether .debug_info's pages are the file's own, which nobody wrote to. */
static void find_info(struct iq_dwarf *dwarf)
{
	size_t names = 0, count = 0;
	GElf_Ehdr header;
	Elf_Scn *section = NULL;
	GElf_Shdr info;
	if (!dwarf->image || !gelf_getehdr(dwarf->elf, &header) || elf_getshdrstrndx(dwarf->elf, &names) != 0 ||
	    elf_getshdrnum(dwarf->elf, &count) != 0)
		return;
	while ((section = elf_nextscn(dwarf->elf, section))) {
		const char *name = gelf_getshdr(section, &info) ? elf_strptr(dwarf->elf, names, info.sh_name) : NULL;
		if (name && strcmp(name, ".debug_info") == 0)
			break;
	}
	uint64_t table = header.e_shoff, table_size = count * sizeof(Elf64_Shdr);
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
	if (!data || info.sh_offset > dwarf->image_size || info.sh_size > dwarf->image_size - info.sh_offset ||
	    data->d_buf != (char *)dwarf->image + info.sh_offset ||
	    (table < info.sh_offset + info.sh_size && info.sh_offset < table + table_size) || !info.sh_offset)
		return;
	dwarf->info_at = info.sh_offset;
	dwarf->info_size = info.sh_size;
}

static struct iq_error *open_module(struct iq_dwarf *dwarf)
{
	uint64_t start = 0, end = 1;
	if (dwarf->section_count) {
		start = UINT64_MAX;
		for (size_t i = 0; i < dwarf->section_count; i++) {
			start = IQ_MIN(start, dwarf->sections[i].address);
			end = IQ_MAX(end, dwarf->sections[i].address);
		}
		end = IQ_MAX(end, start < UINT64_MAX ? start + 1 : start);
	}
	dwarf->dwfl = dwfl_begin(&callbacks);
	dwarf->dwfl_module = dwarf->dwfl ? dwfl_report_module(dwarf->dwfl, "file", start, end) : NULL;
	void **userdata = NULL;
	if (!dwarf->dwfl_module || dwfl_report_end(dwarf->dwfl, NULL, NULL) != 0 ||
	    !dwfl_module_info(dwarf->dwfl_module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL))
		return iq_error_new(IQ_ERROR_NO_MEMORY, "%s: libdwfl: %s", dwarf->path, dwfl_errmsg(-1));
	*userdata = dwarf;
	Dwarf_Addr bias;
	dwarf->elf = dwfl_module_getelf(dwarf->dwfl_module, &bias);
	if (!dwarf->elf)
		return iq_error_new(IQ_ERROR_FORMAT, "%s is not an ELF file: %s", dwarf->path, dwfl_errmsg(-1));
	GElf_Ehdr header;
	if (!gelf_getehdr(dwarf->elf, &header) || header.e_ident[EI_CLASS] != ELFCLASS64)
		return iq_error_new(IQ_ERROR_FORMAT, "%s is not a 64-bit ELF file", dwarf->path);
	dwarf->relocatable = header.e_type == ET_REL;
	dwarf->kernel = dwarf->relocatable || header.e_type == ET_EXEC;
	dwarf->dwarf = dwfl_module_getdwarf(dwarf->dwfl_module, &bias);
	if (!dwarf->dwarf)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: no DWARF can be read: %s", dwarf->path, dwfl_errmsg(-1));
	find_info(dwarf);
	return NULL;
}

static bool try_alternate(struct iq_dwarf *dwarf, const char *path, const void *build_id, size_t size)
{
	const void *found;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
	Dwarf *alternate = NULL;
	if (elf && dwelf_elf_gnu_build_id(elf, &found) == (ssize_t)size && memcmp(found, build_id, size) == 0)
		alternate = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (!alternate) {
		elf_end(elf);
		if (fd >= 0)
			close(fd);
		return false;
	}
	dwarf->alternate = alternate;
	dwarf->alternate_elf = elf;
	dwarf->alternate_fd = fd;
	dwarf_setalt(dwarf->dwarf, alternate);
	return true;
}

/* The dwz file that this one leans on, by its build-id: libdw on its own would take one of the right name. */
static struct iq_error *open_alternate(struct iq_dwarf *dwarf)
{
	const char *name, *slash = strrchr(dwarf->path, '/');
	const void *build_id;
	char hex[IQ_DWARF_MAX_BUILD_ID * 2 + 1] = "";
	ssize_t size = dwelf_dwarf_gnu_debugaltlink(dwarf->dwarf, &name, &build_id);
	if (size == 0)
		return NULL;
	if (size < 2 || size > IQ_DWARF_MAX_BUILD_ID)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: damaged .gnu_debugaltlink", dwarf->path);
	for (ssize_t i = 0; i < size; i++)
		snprintf(hex + i * 2, 3, "%02x", ((const uint8_t *)build_id)[i]);
	_cleanup_free_ char *beside = NULL, *by_id = NULL;
	if (asprintf(&by_id, "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2) < 0)
		return iq_error_no_memory();
	if (asprintf(&beside, "%.*s%s", slash && *name != '/' ? (int)(slash + 1 - dwarf->path) : 0, dwarf->path, name) <
	    0)
		return iq_error_no_memory();
	if (try_alternate(dwarf, beside, build_id, (size_t)size) || try_alternate(dwarf, by_id, build_id, (size_t)size))
		return NULL;
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%s leans on the file %s with build-id %s, which is not there",
			    dwarf->path, name, hex);
}

struct iq_error *iq_dwarf_open(const struct iq_dwarf_options *options, struct iq_dwarf **out)
{
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = calloc(1, sizeof(*dwarf));
	if (!dwarf)
		return iq_error_no_memory();
	dwarf->alternate_fd = -1;
	elf_version(EV_CURRENT);
	IQ_TRY(copy_options(dwarf, options));
	if (access(dwarf->path, R_OK) != 0)
		return iq_error_errno(errno, "%s", dwarf->path);
	IQ_TRY(open_module(dwarf));
	IQ_TRY(open_alternate(dwarf));
	*out = iq_steal(dwarf);
	return NULL;
}

static void free_part(struct iq_dwarf_part *part)
{
	if (part->free)
		part->free(part->data);
}

void iq_dwarf_close(struct iq_dwarf *dwarf)
{
	if (!dwarf)
		return;
	free_part(&dwarf->index);
	free_part(&dwarf->source);
	free_part(&dwarf->scopes);
	iq_vec_free(&dwarf->ranges.list);
	iq_map_free(&dwarf->ranges.units);
	dwarf_cfi_end(dwarf->eh_frame);
	dwfl_end(dwarf->dwfl);
	dwarf_end(dwarf->alternate);
	elf_end(dwarf->alternate_elf);
	if (dwarf->alternate_fd >= 0)
		close(dwarf->alternate_fd);
	if (dwarf->image)
		munmap(dwarf->image, dwarf->image_size);
	for (size_t i = 0; i < dwarf->section_count; i++)
		free((char *)dwarf->sections[i].name);
	free(dwarf->sections);
	free(dwarf->path);
	free(dwarf->module);
	free(dwarf->cache);
	free(dwarf);
}

const char *iq_dwarf_path(const struct iq_dwarf *dwarf)
{
	return dwarf->path;
}

#else

/* Nothing is ever opened: what is asked of an opened file has no answer here. */
struct iq_error *iq_dwarf_open(const struct iq_dwarf_options *options, struct iq_dwarf **out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s: this build reads no DWARF (made without elfutils)",
			    options->path);
}

void iq_dwarf_close(struct iq_dwarf *dwarf)
{
}

const char *iq_dwarf_path(const struct iq_dwarf *dwarf)
{
	return NULL;
}

#endif

void iq_dwarf_closep(struct iq_dwarf **dwarf)
{
	iq_dwarf_close(*dwarf);
	*dwarf = NULL;
}
