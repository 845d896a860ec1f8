/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with debug information, compiled when the tests run, and opened. */
#ifndef IQ_TESTS_DWARF_SETUP_H
#define IQ_TESTS_DWARF_SETUP_H

#include "type_setup.h"

#include "type/dwarf_index.h"

#include <sys/stat.h>
#include <sys/wait.h>

struct sample_file {
	char directory[64], path[128], cache[128];
	struct iq_types *types;
	struct iq_dwarf *dwarf;
	struct reports reports;
};

static inline bool run_command(const char *command)
{
	int status = system(command);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Compiles and links tests/unit/type/samples to a program in the kernel's half of the addresses; `after` is a shell
 * command more, with %s for the file. False: this compiler can't. */
static inline bool sample_build(struct sample_file *file, const char *flags, const char *after)
{
	const char *root = getenv("IQ_SOURCE_ROOT");
	char command[2048], more[1024];
	*file = (struct sample_file){ 0 };
	reports_init(&file->reports);
	strcpy(file->directory, "/tmp/iq-dwarf-XXXXXX");
	assert_non_null(mkdtemp(file->directory));
	snprintf(file->path, sizeof(file->path), "%s/sample", file->directory);
	snprintf(file->cache, sizeof(file->cache), "%s/cache/inquest", file->directory);
	snprintf(command, sizeof(command),
		 "cd %s/tests/unit/type/samples && ${CC:-cc} -O1 -fno-pic -no-pie -mcmodel=kernel -mno-red-zone "
		 "-nostdlib "
		 "-fno-stack-protector -fcf-protection=none -static -Wl,--build-id=none -Wl,-e,entry "
		 "-Wl,-Ttext-segment=0xffffffff81000000 %s types.c other.c -o %s 2>%s/log",
		 root ? root : ".", flags, file->path, file->directory);
	if (!run_command(command))
		return false;
	snprintf(more, sizeof(more), after ? after : "true", file->path);
	return run_command(more);
}

static inline void sample_open(struct sample_file *file, uint64_t slide, const uint8_t *build_id, size_t build_id_size)
{
	file->types = iq_types_new(&file->reports.diag);
	struct iq_dwarf_options options = { .path = file->path,
					    .slide = slide,
					    .types = file->types,
					    .diag = &file->reports.diag,
					    .build_id = build_id,
					    .build_id_size = build_id_size,
					    .cache = build_id_size ? file->cache : NULL };
	assert_null(iq_dwarf_open(&options, &file->dwarf));
}

static inline void sample_close(struct sample_file *file)
{
	iq_dwarf_close(file->dwarf);
	iq_types_free(file->types);
	file->dwarf = NULL;
	file->types = NULL;
}

static inline void sample_remove(struct sample_file *file)
{
	char command[128];
	sample_close(file);
	snprintf(command, sizeof(command), "rm -r %s", file->directory);
	run_command(command);
}

/* The address that readelf has for a symbol; 0: none. */
static inline uint64_t symbol_address(const struct sample_file *file, const char *name, unsigned which)
{
	char command[256], line[256];
	unsigned long long address = 0;
	snprintf(command, sizeof(command), "readelf -sW %s | awk '$8 == \"%s\" { print $2 }'", file->path, name);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	for (unsigned i = 0; fgets(line, sizeof(line), pipe); i++) {
		if (i == which)
			assert_int_equal(sscanf(line, "%llx", &address), 1);
	}
	pclose(pipe);
	return address;
}

#endif
