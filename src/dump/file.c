// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/file.h"

#include "util/cleanup.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* pread until `length` bytes, the end or an error. */
static size_t read_at(int fd, uint64_t position, void *buffer, size_t length)
{
	size_t done = 0;
	while (done < length) {
		if (position + done > INT64_MAX)
			break;
		ssize_t got = pread(fd, (uint8_t *)buffer + done, length - done, (off_t)(position + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

static struct iq_error *open_flattened(struct iq_file *file, const struct iq_diag *diag)
{
	uint64_t words[2]; /* type and version, after the signature */
	if (read_at(file->fd, 16, words, sizeof(words)) != sizeof(words))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: ends inside the header of a flattened file", file->path);
	if (words[0] != htobe64(1) || words[1] != htobe64(1))
		return iq_error_new(IQ_ERROR_UNSUPPORTED,
				    "%s: a flattened file of type %lld, version %lld (only 1 and 1 are known)",
				    file->path, (long long)be64toh(words[0]), (long long)be64toh(words[1]));
	file->flattened = true;
	IQ_TRY(iq_error_prefix(iq_flattened_index(file->fd, file->file_bytes, &file->index), "%s", file->path));
	file->size = iq_flattened_size(&file->index);
	file->truncated = file->index.truncated;
	if (file->index.damaged)
		iq_warn(diag,
			"%s: the block header at offset %llu of the flattened file makes no sense: what follows is "
			"lost",
			file->path, (unsigned long long)file->index.damaged);
	else if (file->truncated)
		iq_warn(diag, "%s: the flattened file is cut short (no end mark after %zu blocks): the rest is lost",
			file->path, file->index.blocks);
	return NULL;
}

/* The files of /proc change under us, but for /proc/vmcore: the dead kernel's memory, seen from a capture kernel. */
static bool is_live(int fd, const struct stat *st)
{
	struct statfs fs;
	struct stat vmcore;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	return stat("/proc/vmcore", &vmcore) < 0 || vmcore.st_dev != st->st_dev || vmcore.st_ino != st->st_ino;
}

struct iq_error *iq_file_open(const char *path, const struct iq_diag *diag, struct iq_file **out)
{
	_cleanup_(iq_file_closep) struct iq_file *file = calloc(1, sizeof(*file));
	if (!file)
		return iq_error_no_memory();
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
	if (file->fd < 0)
		return iq_error_errno(errno, "cannot open %s", path);
	file->path = strdup(path);
	struct stat st;
	if (!file->path)
		return iq_error_no_memory();
	if (fstat(file->fd, &st) < 0)
		return iq_error_errno(errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: is a directory, not a dump", path);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: is a pipe, socket or character device, not a dump", path);
	file->file_bytes = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode)) {
		off_t end = lseek(file->fd, 0, SEEK_END);
		file->file_bytes = end > 0 ? (uint64_t)end : 0;
	}
	file->live = is_live(file->fd, &st);
	file->size = file->file_bytes;
	char signature[16];
	if (read_at(file->fd, 0, signature, sizeof(signature)) == sizeof(signature) &&
	    memcmp(signature, IQ_FLATTENED_SIGNATURE, sizeof(signature)) == 0)
		IQ_TRY(open_flattened(file, diag));
	*out = iq_steal(file);
	return NULL;
}

void iq_file_close(struct iq_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	iq_flattened_free(&file->index);
	free(file->path);
	free(file);
}

void iq_file_closep(struct iq_file **file)
{
	iq_file_close(*file);
}

size_t iq_file_get(struct iq_file *file, uint64_t offset, void *buffer, size_t length)
{
	if (!file->flattened)
		return read_at(file->fd, offset, buffer, length);
	size_t done = 0;
	while (done < length && offset <= UINT64_MAX - done) {
		uint64_t position, run;
		if (!iq_flattened_find(&file->index, offset + done, &position, &run) || position == IQ_FLATTENED_GAP)
			break;
		size_t part = (size_t)IQ_MIN((uint64_t)(length - done), run);
		size_t got = read_at(file->fd, position, (uint8_t *)buffer + done, part);
		done += got;
		if (got < part)
			break;
	}
	return done;
}

size_t iq_file_has(struct iq_file *file, uint64_t offset, size_t length)
{
	if (file->live)
		return length;
	if (!file->flattened)
		return offset < file->size ? (size_t)IQ_MIN((uint64_t)length, file->size - offset) : 0;
	size_t done = 0;
	uint64_t position, run;
	while (done < length && iq_flattened_find(&file->index, offset + done, &position, &run) &&
	       position != IQ_FLATTENED_GAP)
		done += (size_t)IQ_MIN((uint64_t)(length - done), run);
	return done;
}

uint64_t iq_file_lost(struct iq_file *file, uint64_t offset)
{
	uint64_t position, run;
	if (iq_file_has(file, offset, 1))
		return 0;
	return file->flattened && iq_flattened_find(&file->index, offset, &position, &run) ? run : UINT64_MAX;
}

struct iq_error *iq_file_read(struct iq_file *file, uint64_t offset, void *buffer, size_t length, const char *what)
{
	if (iq_file_get(file, offset, buffer, length) == length)
		return NULL;
	return iq_error_new(IQ_ERROR_FORMAT, "%s: no %s at offset %llu (%zu bytes): the file is cut short or damaged",
			    file->path, what, (unsigned long long)offset, length);
}

const uint8_t *iq_window_block(struct iq_window *window, uint64_t offset, size_t *length)
{
	const size_t size = sizeof(window->blocks[0]->bytes);
	uint64_t number = offset / size;
	struct iq_window_block **slot = &window->blocks[number % IQ_ARRAY_SIZE(window->blocks)];
	if (!*slot) {
		*slot = malloc(sizeof(**slot));
		if (!*slot)
			return NULL;
		(*slot)->used = false;
	}
	struct iq_window_block *block = *slot;
	if (!block->used || block->number != number) {
		block->length = (uint32_t)iq_file_get(window->file, number * size, block->bytes, size);
		block->number = number;
		block->used = true;
	}
	size_t at = offset % size;
	if (at >= block->length)
		return NULL;
	*length = block->length - at;
	return block->bytes + at;
}

size_t iq_window_get(struct iq_window *window, uint64_t offset, void *buffer, size_t length)
{
	size_t done = 0;
	while (done < length && offset <= UINT64_MAX - done) {
		size_t left;
		const uint8_t *bytes = iq_window_block(window, offset + done, &left);
		if (!bytes) /* perhaps behind a gap in the same block */
			return done + iq_file_get(window->file, offset + done, (uint8_t *)buffer + done, length - done);
		size_t part = IQ_MIN(left, length - done);
		memcpy((uint8_t *)buffer + done, bytes, part);
		done += part;
	}
	return done;
}

void iq_window_free(struct iq_window *window)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(window->blocks); i++) {
		free(window->blocks[i]);
		window->blocks[i] = NULL;
	}
}
