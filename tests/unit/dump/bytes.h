/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of bytes built in a test: an unnamed file, and the path to open it by. */
#ifndef IQ_TESTS_DUMP_BYTES_H
#define IQ_TESTS_DUMP_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct bytes {
	int fd;
	char path[32];
};

static inline struct bytes bytes_new(void)
{
	struct bytes b = { .fd = memfd_create("test", MFD_CLOEXEC) };
	snprintf(b.path, sizeof(b.path), "/proc/self/fd/%d", b.fd);
	return b;
}

static inline void bytes_put(const struct bytes *b, uint64_t offset, const void *data, size_t size)
{
	if (pwrite(b->fd, data, size, (off_t)offset) != (ssize_t)size)
		perror("pwrite");
}

static inline void bytes_put32(const struct bytes *b, uint64_t offset, uint32_t value)
{
	bytes_put(b, offset, &value, sizeof(value));
}

static inline void bytes_put64(const struct bytes *b, uint64_t offset, uint64_t value)
{
	bytes_put(b, offset, &value, sizeof(value));
}

/* Appends to a flattened stream, which it begins at *at == 0. */
static inline void bytes_block(const struct bytes *b, uint64_t *at, uint64_t offset, const void *data, size_t size)
{
	if (*at == 0) {
		bytes_put(b, 0, "makedumpfile\0\0\0", 16);
		bytes_put64(b, 16, htobe64(1));
		bytes_put64(b, 24, htobe64(1));
		*at = 4096;
	}
	bytes_put64(b, *at, htobe64(offset));
	bytes_put64(b, *at + 8, htobe64(size));
	if (data)
		bytes_put(b, *at + 16, data, size);
	*at += 16 + size;
}

static inline void bytes_end(const struct bytes *b, uint64_t at)
{
	bytes_put64(b, at, UINT64_MAX);
	bytes_put64(b, at + 8, UINT64_MAX);
}

#endif
