// SPDX-License-Identifier: GPL-2.0-or-later
/* The index of any stream of blocks: sorted, within its bound, and every byte comes from inside of the file. */
#include "dump_fuzz.h"

#include "dump/flattened.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	int fd = fuzz_file(data, size, path);
	struct iq_flattened index = { 0 };
	if (fd < 0)
		return 0;
	struct iq_error *error = iq_flattened_index(fd, size, &index);
	if (error)
		abort();
	if (index.count > 2 * index.blocks + 1)
		abort();
	for (size_t i = 0; i < index.count; i++) {
		uint64_t position, run;
		if (i && index.segments[i].offset <= index.segments[i - 1].offset)
			abort();
		if (!iq_flattened_find(&index, index.segments[i].offset, &position, &run)) {
			if (i + 1 != index.count)
				abort();
		} else if (position != IQ_FLATTENED_GAP && (run > size || position > size - run)) {
			abort();
		}
	}
	iq_flattened_free(&index);
	close(fd);
	fuzz_dump(data, size);
	return 0;
}
