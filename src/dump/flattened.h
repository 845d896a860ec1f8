/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * makedumpfile's flattened stream (makedumpfile -F; also what QEMU's dump-guest-memory -z/-l/-s writes): a 4096-byte
 * header and then blocks, each 16 bytes (offset and size, 64-bit big-endian) and its bytes. An offset of -1 ends the
 * stream. Source: makedumpfile's makedumpfile.h (makedumpfile_header, makedumpfile_data_header) and write_buffer().
 */
#ifndef IQ_DUMP_FLATTENED_H
#define IQ_DUMP_FLATTENED_H

#include "util/diag.h"
#include "util/error.h"

#include <stddef.h>

#define IQ_FLATTENED_SIGNATURE "makedumpfile\0\0\0"
#define IQ_FLATTENED_HEADER_SIZE 4096

/* From `offset` to the next segment's offset the contents lie at `position` of the file, or nowhere (a gap). */
struct iq_flattened_segment {
	uint64_t offset;
	uint64_t position;
};

#define IQ_FLATTENED_GAP UINT64_MAX

/* Sorted, disjoint segments; the last one is a gap that marks the end. n blocks make at most 2n + 1 segments of 16
 * bytes. */
struct iq_flattened {
	struct iq_flattened_segment *segments;
	size_t count;
	size_t blocks;    /* in the stream */
	size_t last;      /* the segment used last: reads go on where they were */
	bool truncated;   /* the stream ends before its end mark */
	uint64_t damaged; /* position of the block header where reading stopped, if it makes no sense; else 0 */
};

/* Reads the block headers of the stream in `fd`, `file_bytes` long, from the first block on. */
struct iq_error *iq_flattened_index(int fd, uint64_t file_bytes, struct iq_flattened *index);
void iq_flattened_free(struct iq_flattened *index);

/* Where the contents at `offset` lie: *position in the file (IQ_FLATTENED_GAP: nowhere) and *run, the number of bytes
 * for which this holds. False at and after the end. */
bool iq_flattened_find(struct iq_flattened *index, uint64_t offset, uint64_t *position, uint64_t *run);

/* Where the last byte of the contents ends. */
uint64_t iq_flattened_size(const struct iq_flattened *index);

#endif
