// SPDX-License-Identifier: GPL-2.0-or-later
/* One ELF file: its build-id, whether it has DWARF, and which file its .gnu_debuglink names. */
#include "config.h"
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>
#include <sys/stat.h>

void iq_debug_file_free(struct iq_debug_file *file)
{
	free(file->link);
	file->link = NULL;
}

struct iq_error *iq_file_crc(const char *path, uint32_t *crc)
{
	enum { CHUNK = 1 << 20 };
	_cleanup_close_ int fd = -1;
	_cleanup_free_ uint8_t *bytes = malloc(CHUNK);
	ssize_t length;
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_file_open_unpacked(path, &fd));
	*crc = 0;
	while ((length = read(fd, bytes, CHUNK)) > 0) {
		IQ_TRY(iq_check_interrupt());
		*crc = libdeflate_crc32(*crc, bytes, (size_t)length);
	}
	return length < 0 ? iq_error_errno(errno, "%s", path) : NULL;
}

#if IQ_HAVE_ELFUTILS

#include <elfutils/libdwelf.h>
#include <gelf.h>

static void end_elf(Elf **elf)
{
	elf_end(*elf);
}

static bool is_debug_info(const char *name)
{
	return name && (strcmp(name, ".debug_info") == 0 || strcmp(name, ".zdebug_info") == 0);
}

static struct iq_error *read_sections(Elf *elf, const char *path, struct iq_debug_file *out)
{
	size_t names, count;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	if (elf_getshdrnum(elf, &count) != 0 || elf_getshdrstrndx(elf, &names) != 0 || !count)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: its sections can't be read: it is cut off or damaged", path);
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			return iq_error_new(IQ_ERROR_FORMAT, "%s: its sections can't be read: %s", path,
					    elf_errmsg(-1));
		if (header.sh_type != SHT_NOBITS && header.sh_size &&
		    is_debug_info(elf_strptr(elf, names, header.sh_name)))
			out->has_dwarf = true;
	}
	return NULL;
}

static struct iq_error *read_link(Elf *elf, struct iq_debug_file *out)
{
	GElf_Word crc;
	const char *name = dwelf_elf_gnu_debuglink(elf, &crc);
	if (!name || !*name || strchr(name, '/') || strlen(name) > 255)
		return NULL;
	out->link = strdup(name);
	out->link_crc = crc;
	return out->link ? NULL : iq_error_no_memory();
}

static struct iq_error *read_elf(int fd, const char *path, struct iq_debug_file *out)
{
	elf_version(EV_CURRENT);
	_cleanup_(end_elf) Elf *elf = dwelf_elf_begin(fd);
	GElf_Ehdr header;
	const void *build_id;
	if (!elf)
		return iq_error_new(IQ_ERROR_FORMAT, "%s can't be read: %s", path, elf_errmsg(-1));
	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return iq_error_new(IQ_ERROR_FORMAT, "%s is not an ELF file", path);
	out->relocatable = header.e_type == ET_REL;
	IQ_TRY(read_sections(elf, path, out));
	ssize_t size = dwelf_elf_gnu_build_id(elf, &build_id);
	if (size > 0 && size <= IQ_MAX_BUILD_ID) {
		memcpy(out->build_id, build_id, (size_t)size);
		out->build_id_size = (size_t)size;
	}
	return read_link(elf, out);
}

#else

static struct iq_error *read_elf(int fd, const char *path, struct iq_debug_file *out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s: this build reads no ELF files (made without elfutils)", path);
}

#endif

struct iq_error *iq_debug_file_read(const char *path, struct iq_debug_file *out)
{
	_cleanup_close_ int fd = -1;
	struct stat status;
	*out = (struct iq_debug_file){ 0 };
	IQ_TRY(iq_file_open_unpacked(path, &fd));
	if (stat(path, &status) == 0)
		out->identity = (struct iq_file_identity){ status.st_dev, status.st_ino };
	struct iq_error *error = read_elf(fd, path, out);
	if (error)
		iq_debug_file_free(out);
	return error;
}

struct iq_error *iq_file_build_id(const char *path, uint8_t build_id[64], size_t *size)
{
	_cleanup_(iq_debug_file_free) struct iq_debug_file file = { 0 };
	IQ_TRY(iq_debug_file_read(path, &file));
	if (!file.build_id_size)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no build-id", path);
	memcpy(build_id, file.build_id, file.build_id_size);
	*size = file.build_id_size;
	return NULL;
}
