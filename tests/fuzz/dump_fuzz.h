/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fuzzer's bytes as a file, opened and read all over. */
#ifndef IQ_TESTS_DUMP_FUZZ_H
#define IQ_TESTS_DUMP_FUZZ_H

#include "dump/dump.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int fuzz_file(const uint8_t *data, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	if (fd >= 0 && write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The states and bytes of some pages, the notes, and vmcoreinfo unless it would have to be searched for in a vast
 * memory. */
static inline void fuzz_dump(const uint8_t *data, size_t size)
{
	char path[32];
	int fd = fuzz_file(data, size, path);
	if (fd < 0)
		return;
	struct iq_dump *dump;
	const char *paths[] = { path };
	struct iq_error *error = iq_dump_open(paths, 1, NULL, &dump);
	iq_error_free(error);
	if (!error) {
		static uint8_t page[4096];
		uint64_t at = 0, present = 0;
		for (uint64_t i = 0; i < 64; i++)
			iq_error_free(iq_dump_read(dump, i << 12, page, sizeof(page)));
		for (; present < 64 && iq_dump_next_present(dump, at, &at); at += 4096, present++)
			iq_error_free(iq_dump_read(dump, at + 5, page, sizeof(page)));
		if (iq_dump_info(dump)->max_pfn < 4096)
			iq_dump_vmcoreinfo(dump);
		size_t count;
		iq_dump_notes(dump, &count);
		iq_dump_stats(dump);
		iq_dump_close(dump);
	}
	close(fd);
}

#endif
