// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump-walk [-v] [-o FILE] DUMP...: opens a dump, reads all of its pages and prints one line: "ok", the number of pages
 * in each state and hashes of the pages' bytes, of vmcoreinfo and of the notes; or "error" and the message. -v shows
 * warnings; -o writes 9 bytes for each page: its state and a hash. With `-` for DUMP it takes the dumps from standard
 * input, one a line, names separated by tabs: for tests that open thousands.
 */
#include "dump/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t hash(uint64_t h, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)
#define MAX_PAGES (UINT64_C(1) << 19) /* a damaged header may claim more: enough is enough */

static unsigned warnings;

static void count_warning(void *context, const char *line)
{
	warnings++;
	if (context)
		fprintf(stderr, "warning: %s\n", line);
}

static uint64_t hash_notes(const struct iq_dump *dump)
{
	size_t count;
	const struct iq_note *notes = iq_dump_notes(dump, &count);
	uint64_t h = HASH_START;
	for (size_t i = 0; i < count; i++) {
		h = hash(h, notes[i].name, strlen(notes[i].name));
		h = hash(h, &notes[i].type, sizeof(notes[i].type));
		h = hash(h, notes[i].desc, notes[i].size);
	}
	return h;
}

/* Reads every page; counts those whose state and whose reading contradict each other. */
static unsigned walk(struct iq_dump *dump, FILE *out, uint64_t states[5], uint64_t *all)
{
	const struct iq_dump_info *info = iq_dump_info(dump);
	uint8_t *page = malloc(info->page_size);
	unsigned contradictions = 0;
	*all = HASH_START;
	for (uint64_t pfn = 0; page && pfn < info->max_pfn && pfn < MAX_PAGES; pfn++) {
		const uint64_t address = pfn * info->page_size;
		enum iq_page_state state = iq_dump_page_state(dump, address);
		struct iq_error *error = iq_dump_read(dump, address, page, info->page_size);
		uint64_t h = error ? 0 : hash(HASH_START, page, info->page_size);
		if (error && (state == IQ_PAGE_PRESENT || state == IQ_PAGE_ZERO))
			contradictions += error->page_state != IQ_PAGE_LOST;
		else if (!error)
			contradictions += state != IQ_PAGE_PRESENT && state != IQ_PAGE_ZERO;
		if (error)
			state = error->page_state;
		iq_error_free(error);
		states[state]++;
		*all = hash(hash(*all, &pfn, sizeof(pfn)), &h, sizeof(h));
		if (out) {
			fputc(state, out);
			fwrite(&h, sizeof(h), 1, out);
		}
	}
	free(page);
	return contradictions;
}

/* A name without what would spoil the line. */
static const char *clean(const char *name)
{
	static char copy[65];
	size_t n = 0;
	for (; name[n] > ' ' && name[n] < 0x7f && n < sizeof(copy) - 1; n++)
		copy[n] = name[n];
	copy[n] = '\0';
	return n ? copy : "-";
}

static int open_and_walk(const char *const *paths, size_t n, const char *out_path, bool verbose)
{
	const struct iq_diag diag = { count_warning, verbose ? &warnings : NULL };
	struct iq_dump *dump;
	warnings = 0;
	struct iq_error *error = iq_dump_open(paths, n, &(struct iq_dump_options){ .diag = &diag }, &dump);
	if (error) {
		printf("error %s\n", error->message);
		iq_error_free(error);
		fflush(stdout);
		return 1;
	}
	FILE *out = out_path ? fopen(out_path, "wb") : NULL;
	const struct iq_dump_info *info = iq_dump_info(dump);
	uint64_t states[5] = { 0 }, all;
	const char *text = iq_dump_vmcoreinfo(dump);
	const uint64_t text_hash = hash(HASH_START, text, strlen(text));
	unsigned contradictions = walk(dump, out, states, &all);
	printf("ok present=%llu zero=%llu filtered=%llu lost=%llu absent=%llu pages=%016llx vmcoreinfo=%016llx "
	       "notes=%016llx "
	       "format=\"%s\" version=%u flattened=%d compression=%s files=%u truncated=%d incomplete=%d vmemmap=%d "
	       "level=%d "
	       "cpus=%u time=%lld release=%s counted=%llu warnings=%u contradictions=%u index=%zu\n",
	       (unsigned long long)states[0], (unsigned long long)states[1], (unsigned long long)states[2],
	       (unsigned long long)states[3], (unsigned long long)states[4], (unsigned long long)all,
	       (unsigned long long)text_hash, (unsigned long long)hash_notes(dump), info->format, info->header_version,
	       info->flattened, info->compression ? info->compression : "-", info->files, info->truncated,
	       info->incomplete, info->excluded_vmemmap, info->dump_level, info->header_cpus,
	       (long long)info->header_time, clean(info->utsname[2]), (unsigned long long)info->pages_present, warnings,
	       contradictions, iq_dump_stats(dump).index_bytes);
	fflush(stdout);
	if (out)
		fclose(out);
	iq_dump_close(dump);
	return 0;
}

static void serve(void)
{
	char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, stdin) > 0) {
		const char *paths[64];
		size_t n = 0;
		for (char *save, *p = strtok_r(line, "\t\n", &save); p && n < 64; p = strtok_r(NULL, "\t\n", &save))
			paths[n++] = p;
		open_and_walk(paths, n, NULL, false);
	}
	free(line);
}

int main(int argc, char **argv)
{
	const char *out = NULL;
	bool verbose = false;
	for (int c; (c = getopt(argc, argv, "vo:")) != -1;) {
		switch (c) {
		case 'v': verbose = true; break;
		case 'o': out = optarg; break;
		default: return 2;
		}
	}
	if (optind == argc) {
		fputs("usage: dump-walk [-v] [-o FILE] DUMP... | -\n", stderr);
		return 2;
	}
	if (!strcmp(argv[optind], "-")) {
		serve();
		return 0;
	}
	return open_and_walk((const char *const *)argv + optind, (size_t)(argc - optind), out, verbose);
}
