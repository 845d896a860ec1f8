/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one dump file, whether they lie in it plainly or as makedumpfile's flattened stream, which is read in
 * place. Everything is read with pread: mapped files would count in the resident set and end in SIGBUS when a file
 * shrinks.
 */
#ifndef IQ_DUMP_FILE_H
#define IQ_DUMP_FILE_H

#include "dump/flattened.h"
#include "util/diag.h"
#include "util/error.h"

#include <stddef.h>

struct iq_file {
	char *path;
	int fd;
	bool flattened;
	bool live;           /* of /proc: its bytes change, its size means nothing */
	bool truncated;      /* flattened: the stream ends before its end mark */
	uint64_t file_bytes; /* as the operating system says */
	uint64_t size;       /* of the contents: where the last byte ends */
	struct iq_flattened index;
};

/* Opens `path`. *out is the caller's, to be released with iq_file_close(). */
struct iq_error *iq_file_open(const char *path, const struct iq_diag *diag, struct iq_file **out);
void iq_file_close(struct iq_file *file);
void iq_file_closep(struct iq_file **file);

/* Copies up to `length` bytes at `offset` of the contents; returns how many there are before the file, or what is left
 * of it, ends. */
size_t iq_file_get(struct iq_file *file, uint64_t offset, void *buffer, size_t length);

/* The same when a part is of no use: an IQ_ERROR_FORMAT error names `what`. */
struct iq_error *iq_file_read(struct iq_file *file, uint64_t offset, void *buffer, size_t length, const char *what);

/* How many of the `length` bytes at `offset` the file has, up to the first that it does not have. */
size_t iq_file_has(struct iq_file *file, uint64_t offset, size_t length);

/* How many bytes from `offset` on the file does not have: 0 if it has the first, UINT64_MAX behind its end. So that
 * what a damaged header says is there can be stepped over. */
uint64_t iq_file_lost(struct iq_file *file, uint64_t offset);

/* A few 4 KiB blocks of a file kept for small reads at changing places (bitmaps, page descriptors). */
struct iq_window_block {
	uint64_t number;
	uint32_t length;
	bool used;
	uint8_t bytes[4096];
};

struct iq_window {
	struct iq_file *file; /* borrowed */
	struct iq_window_block *blocks[32];
};

/* As iq_file_get(), through the window. */
size_t iq_window_get(struct iq_window *window, uint64_t offset, void *buffer, size_t length);

/* The block with the byte at `offset`; *length is how many bytes from there are valid. NULL when it isn't in the file.
 */
const uint8_t *iq_window_block(struct iq_window *window, uint64_t offset, size_t *length);

void iq_window_free(struct iq_window *window);

#endif
