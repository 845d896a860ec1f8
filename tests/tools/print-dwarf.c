// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints what the room type/ reads of a file's DWARF, for comparisons and measurements:
 *   print-dwarf [--slide N] [--section NAME=ADDRESS]… FILE scopes < ADDRESSES
 *       one line an address: ADDRESS, then FUNCTION FILE:LINE for each function around it, innermost first, by tabs
 *   print-dwarf … FILE lines START END        every row of the line table
 *   print-dwarf … FILE cfi < ADDRESSES        one line an address: the rules of its call frame
 */
#include "type/dwarf.h"
#include "util/cleanup.h"
#include "util/vec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct iq_error *print_scopes(struct iq_dwarf *dwarf, uint64_t pc)
{
	struct iq_scopes scopes;
	struct iq_error *error = iq_dwarf_scopes(dwarf, pc, &scopes);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		struct iq_source_line line;
		iq_error_free(error);
		if (iq_failed(iq_dwarf_line(dwarf, pc, &line)))
			printf("\t?? ??:0");
		else
			printf("\t?? %s:%u", line.file ? line.file : "??", line.line);
		return NULL;
	}
	IQ_TRY(error);
	for (size_t i = 0; i < scopes.count; i++)
		printf("\t%s %s:%u", scopes.data[i].function ? scopes.data[i].function : "??",
		       scopes.data[i].line.file ? scopes.data[i].line.file : "??", scopes.data[i].line.line);
	iq_scopes_free(&scopes);
	return NULL;
}

static struct iq_error *print_cfi(struct iq_dwarf *dwarf, uint64_t pc)
{
	struct iq_cfi cfi;
	struct iq_error *error = iq_dwarf_cfi(dwarf, pc, &cfi);
	if (error) {
		printf("\t%s", error->message);
		iq_error_free(error);
		return NULL;
	}
	if (cfi.cfa_is_expression)
		printf("\tcfa=exp");
	else
		printf("\tcfa=r%u%+" PRId64, cfi.cfa_reg, cfi.cfa_offset);
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(cfi.rules); i++) {
		if (cfi.rules[i] == IQ_CFI_AT_CFA)
			printf(" r%u=c%+" PRId64, i, cfi.offsets[i]);
		else if (cfi.rules[i] == IQ_CFI_CFA_PLUS)
			printf(" r%u=v%+" PRId64, i, cfi.offsets[i]);
		else if (cfi.rules[i] == IQ_CFI_EXPRESSION)
			printf(" r%u=exp", i);
	}
	return NULL;
}

static struct iq_error *for_addresses(struct iq_dwarf *dwarf,
				      struct iq_error *(*print)(struct iq_dwarf *dwarf, uint64_t pc))
{
	uint64_t pc;
	while (scanf("%" SCNx64, &pc) == 1) {
		printf("%#" PRIx64, pc);
		IQ_TRY(print(dwarf, pc));
		printf("\n");
	}
	return NULL;
}

static struct iq_error *print_row(void *context, uint64_t address, const struct iq_source_line *line)
{
	printf("%#" PRIx64 "\t%s:%u:%u\n", address, line->file ? line->file : "??", line->line, line->column);
	return NULL;
}

static struct iq_error *run(const struct iq_dwarf_options *options, char **arguments, int count)
{
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = NULL;
	IQ_TRY(iq_dwarf_open(options, &dwarf));
	if (count == 1 && strcmp(arguments[0], "scopes") == 0)
		return for_addresses(dwarf, print_scopes);
	if (count == 1 && strcmp(arguments[0], "cfi") == 0)
		return for_addresses(dwarf, print_cfi);
	if (count == 3 && strcmp(arguments[0], "lines") == 0)
		return iq_dwarf_each_line(dwarf, strtoull(arguments[1], NULL, 16), strtoull(arguments[2], NULL, 16),
					  print_row, NULL);
	return iq_error_new(IQ_ERROR_ARGUMENT, "scopes, lines START END or cfi");
}

int main(int argc, char **argv)
{
	struct iq_dwarf_options options = { 0 };
	IQ_VEC(struct iq_dwarf_section) sections = { 0 };
	int i = 1;
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		char *equals = strchr(argv[i + 1], '=');
		if (strcmp(argv[i], "--slide") == 0) {
			options.slide = strtoull(argv[i + 1], NULL, 0);
		} else if (strcmp(argv[i], "--section") == 0 && equals) {
			struct iq_dwarf_section *section = iq_vec_push(&sections);
			*equals = 0;
			if (section)
				*section = (struct iq_dwarf_section){ argv[i + 1], strtoull(equals + 1, NULL, 0) };
		}
	}
	options.path = i < argc ? argv[i] : "";
	options.module = sections.count ? "module" : NULL;
	options.sections = sections.data;
	options.section_count = sections.count;
	struct iq_error *error = run(&options, argv + i + 1, argc - i - 1);
	if (error)
		fprintf(stderr, "print-dwarf: %s\n", error->message);
	iq_vec_free(&sections);
	bool failed = error;
	iq_error_free(error);
	return failed;
}
