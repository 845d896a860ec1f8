// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening a file that may be packed with zstd, which many builds of libdw can't unpack (gzip, bzip2, xz they can). */
#include "config.h"
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Opens a regular file; a FIFO is not waited for. */
static struct iq_error *open_file(const char *path, int *fd)
{
	struct stat status;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: %s", path, strerror(errno));
	if (*fd < 0 || fstat(*fd, &status) != 0)
		return iq_error_errno(errno, "%s", path);
	if (S_ISDIR(status.st_mode))
		return iq_error_new(IQ_ERROR_FORMAT, "%s is a directory", path);
	if (!S_ISREG(status.st_mode))
		return iq_error_new(IQ_ERROR_FORMAT, "%s is no regular file", path);
	if (!status.st_size)
		return iq_error_new(IQ_ERROR_FORMAT, "%s is empty", path);
	return NULL;
}

#if IQ_HAVE_ZSTD

#include <zstd.h>

static const uint64_t MAX_UNPACKED = UINT64_C(16) << 30;

static void free_stream(ZSTD_DStream **stream)
{
	ZSTD_freeDStream(*stream);
}

static struct iq_error *write_all(int fd, const uint8_t *bytes, size_t size, const char *path)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0 && errno != EINTR)
			return iq_error_errno(errno, "%s: unpacking it", path);
		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
		}
	}
	return NULL;
}

/* Unpacks what was read; *hint is 0 at the end of a frame. */
static struct iq_error *unpack_piece(ZSTD_DStream *stream, ZSTD_inBuffer *input, int to, const char *path,
				     uint64_t *total, size_t *hint)
{
	uint8_t bytes[1 << 17];
	ZSTD_outBuffer output = { bytes, sizeof(bytes), sizeof(bytes) };
	while (input->pos < input->size || output.pos == output.size) {
		output.pos = 0;
		*hint = ZSTD_decompressStream(stream, &output, input);
		if (ZSTD_isError(*hint))
			return iq_error_new(IQ_ERROR_FORMAT, "%s can't be unpacked: %s", path,
					    ZSTD_getErrorName(*hint));
		*total += output.pos;
		if (*total > MAX_UNPACKED)
			return iq_error_new(IQ_ERROR_LIMIT, "%s is more than 16 GiB when it is unpacked", path);
		IQ_TRY(write_all(to, bytes, output.pos, path));
	}
	return NULL;
}

static struct iq_error *unpack(int from, int to, const char *path)
{
	_cleanup_(free_stream) ZSTD_DStream *stream = ZSTD_createDStream();
	uint8_t bytes[1 << 16];
	uint64_t total = 0;
	size_t hint = 1;
	ssize_t length;
	if (!stream)
		return iq_error_no_memory();
	while ((length = read(from, bytes, sizeof(bytes))) > 0) {
		ZSTD_inBuffer input = { bytes, (size_t)length, 0 };
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(unpack_piece(stream, &input, to, path, &total, &hint));
	}
	if (length < 0)
		return iq_error_errno(errno, "%s", path);
	return hint ? iq_error_new(IQ_ERROR_FORMAT, "%s can't be unpacked: it is cut off", path) : NULL;
}

static struct iq_error *unpacked(int from, const char *path, int *fd)
{
	_cleanup_close_ int to = memfd_create("inquest-unpacked", MFD_CLOEXEC);
	if (to < 0)
		return iq_error_errno(errno, "%s: unpacking it", path);
	IQ_TRY(unpack(from, to, path));
	*fd = to;
	to = -1;
	return NULL;
}

#else

static struct iq_error *unpacked(int from, const char *path, int *fd)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s is packed with zstd, which this build was made without", path);
}

#endif

struct iq_error *iq_file_open_unpacked(const char *path, int *out)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	_cleanup_close_ int fd = -1;
	uint8_t head[4];
	IQ_TRY(open_file(path, &fd));
	if (pread(fd, head, sizeof(head), 0) == sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0)
		return unpacked(fd, path, out);
	*out = fd;
	fd = -1;
	return NULL;
}
