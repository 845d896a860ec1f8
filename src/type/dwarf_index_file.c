// SPDX-License-Identifier: GPL-2.0-or-later
/* The index on disk: CACHE/<build-id>, never required, safe to delete. */
#include "type/dwarf_index.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { MAX_INDEX = 1 << 30 };

static char *path_of(const char *directory, const struct dwarf_index_header *header, const char *suffix)
{
	char hex[2 * IQ_DWARF_MAX_BUILD_ID + 1] = "", *path = NULL;
	for (uint32_t i = 0; i < header->build_id_size && i < IQ_DWARF_MAX_BUILD_ID; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", header->build_id[i]);
	return asprintf(&path, "%s/%s%s", directory, hex, suffix) < 0 ? NULL : path;
}

/* Only what this user wrote, and nobody else can. */
static bool is_ours(const struct stat *stat)
{
	return S_ISREG(stat->st_mode) && stat->st_uid == geteuid() && !(stat->st_mode & (S_IWGRP | S_IWOTH));
}

struct iq_error *iq_dwarf_index_load(const char *directory, const struct dwarf_index_header *wanted,
				     struct dwarf_index *out)
{
	_cleanup_free_ char *path = path_of(directory, wanted, "");
	struct stat stat;
	if (!path)
		return iq_error_no_memory();
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &stat))
		return iq_error_errno(errno, "can't open %s", path);
	if (!is_ours(&stat) || stat.st_size < (off_t)sizeof(*wanted) || stat.st_size > MAX_INDEX)
		return iq_error_new(IQ_ERROR_FORMAT, "%s is not an index of this user", path);
	size_t size = (size_t)stat.st_size;
	void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return iq_error_errno(errno, "can't map %s", path);
	if (!iq_dwarf_index_parse(data, size, wanted, out)) {
		munmap(data, size);
		return iq_error_new(IQ_ERROR_FORMAT, "%s is damaged, or of another file", path);
	}
	out->mapped = true;
	return NULL;
}

void iq_dwarf_index_release(struct dwarf_index *index)
{
	if (index->mapped)
		munmap(index->data, index->size);
	else
		free(index->data);
	*index = (struct dwarf_index){ 0 };
}

/* The directory and those above it that are not there. */
static struct iq_error *make_directory(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	if (!copy)
		return iq_error_no_memory();
	for (char *p = copy + (*copy == '/'); (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(copy, 0700) && errno != EEXIST)
			return iq_error_errno(errno, "can't make %s", copy);
	}
	if (mkdir(copy, 0700) && errno != EEXIST)
		return iq_error_errno(errno, "can't make %s", copy);
	return NULL;
}

static bool write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t written = write(fd, data, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		data += written;
		size -= (size_t)written;
	}
	return true;
}

/* Written beside its place and renamed: others see the old file, or the whole new one. */
struct iq_error *iq_dwarf_index_store(const char *directory, const struct dwarf_index *index)
{
	_cleanup_free_ char *path = path_of(directory, index->header, ""),
			    *temporary = path_of(directory, index->header, ".XXXXXX");
	if (!path || !temporary)
		return iq_error_no_memory();
	IQ_TRY(make_directory(directory));
	_cleanup_close_ int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return iq_error_errno(errno, "can't write to %s", directory);
	if (write_all(fd, index->data, index->size) && !rename(temporary, path))
		return NULL;
	int errnum = errno;
	unlink(temporary);
	return iq_error_errno(errnum, "can't write %s", path);
}

#endif
