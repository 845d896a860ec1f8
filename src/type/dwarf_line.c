// SPDX-License-Identifier: GPL-2.0-or-later
/* Source lines: libdw decodes a unit's line program once, sorted by address. */
#include "type/dwarf_internal.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <string.h>

/* libdw gives directory and name in one; what the compiler was given is relative to where it ran. */
static void set_file(struct iq_dwarf *dwarf, Dwarf_Die *unit, const char *file, struct iq_source_line *out)
{
	Dwarf_Attribute attribute;
	out->file = file;
	out->directory = dwarf_attr(unit, DW_AT_comp_dir, &attribute) ? dwarf_formstring(&attribute) : NULL;
	size_t length = out->directory ? strlen(out->directory) : 0;
	while (length && out->directory[length - 1] == '/')
		length--;
	if (length && file && strncmp(file, out->directory, length) == 0 && file[length] == '/')
		out->file += length + 1;
	while (out->file && out->file[0] == '.' && out->file[1] == '/' && out->file[2])
		out->file += 2;
}

void iq_dwarf_file(struct iq_dwarf *dwarf, Dwarf_Die *unit, uint64_t index, struct iq_source_line *out)
{
	Dwarf_Files *files;
	size_t count = 0;
	const char *file = NULL;
	if (dwarf_getsrcfiles(unit, &files, &count) == 0 && index < count)
		file = dwarf_filesrc(files, index, NULL, NULL);
	set_file(dwarf, unit, file, out);
}

static bool row_address(Dwarf_Lines *lines, size_t n, uint64_t *address)
{
	Dwarf_Addr value = 0;
	bool good = dwarf_lineaddr(dwarf_onesrcline(lines, n), &value) == 0;
	*address = value;
	return good;
}

/* The number of rows whose address is at most `address`. */
static size_t rows_up_to(Dwarf_Lines *lines, size_t count, uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t at = 0;
		if (row_address(lines, middle, &at) && at <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool read_row(struct iq_dwarf *dwarf, Dwarf_Die *unit, Dwarf_Line *row, struct iq_source_line *out)
{
	bool ends = true;
	int line = 0, column = 0;
	*out = (struct iq_source_line){ 0 };
	if (!row || dwarf_lineendsequence(row, &ends) != 0 || ends)
		return false;
	dwarf_lineno(row, &line);
	dwarf_linecol(row, &column);
	set_file(dwarf, unit, dwarf_linesrc(row, NULL, NULL), out);
	out->line = line > 0 ? (unsigned)line : 0;
	out->column = column > 0 ? (unsigned)column : 0;
	return true;
}

struct iq_error *iq_dwarf_line(struct iq_dwarf *dwarf, uint64_t pc, struct iq_source_line *out)
{
	Dwarf_Die unit;
	Dwarf_Lines *lines;
	size_t count = 0;
	IQ_TRY(iq_dwarf_unit_at(dwarf, pc, &unit));
	if (dwarf_getsrclines(&unit, &lines, &count) != 0)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: no line table for %#lx: %s", dwarf->path, pc,
				    dwarf_errmsg(-1));
	/* Of several rows at one address the last one has the instruction. */
	size_t row = rows_up_to(lines, count, iq_dwarf_file_pc(dwarf, pc));
	if (!row || !read_row(dwarf, &unit, dwarf_onesrcline(lines, row - 1), out))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no line for %#lx", dwarf->path, pc);
	return NULL;
}

struct row_walk {
	struct iq_error *(*fn)(void *context, uint64_t address, const struct iq_source_line *line);
	void *context;
};

/* Rows of the unit with start <= address < end (the file's). */
static struct iq_error *each_row(struct iq_dwarf *dwarf, uint64_t unit_at, uint64_t start, uint64_t end,
				 const struct row_walk *walk)
{
	Dwarf_Die unit;
	Dwarf_Lines *lines;
	size_t count = 0;
	IQ_TRY(iq_dwarf_unit_by_offset(dwarf, unit_at, &unit));
	if (dwarf_getsrclines(&unit, &lines, &count) != 0)
		return NULL;
	for (size_t row = start ? rows_up_to(lines, count, start - 1) : 0; row < count; row++) {
		uint64_t address;
		struct iq_source_line line;
		if (!row_address(lines, row, &address) || address >= end)
			break;
		IQ_TRY(iq_check_interrupt());
		if (read_row(dwarf, &unit, dwarf_onesrcline(lines, row), &line))
			IQ_TRY(walk->fn(walk->context, iq_dwarf_runtime(dwarf, address), &line));
	}
	return NULL;
}

struct iq_error *iq_dwarf_each_line(struct iq_dwarf *dwarf, uint64_t start, uint64_t end,
				    struct iq_error *(*fn)(void *context, uint64_t address,
							   const struct iq_source_line *line),
				    void *context)
{
	const struct row_walk walk = { fn, context };
	uint64_t at = iq_dwarf_file_pc(dwarf, start), last = iq_dwarf_file_pc(dwarf, end);
	struct iq_dwarf_range range;
	while (at < last) {
		struct iq_error *error = iq_dwarf_range_from(dwarf, at, &range);
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
			iq_error_free(error);
			break;
		}
		IQ_TRY(error);
		at = IQ_MAX(at, range.start);
		if (at < last)
			IQ_TRY(each_row(dwarf, range.unit, at, IQ_MIN(last, range.end), &walk));
		at = IQ_MAX(range.end, at);
	}
	return NULL;
}

#else

struct iq_error *iq_dwarf_line(struct iq_dwarf *dwarf, uint64_t pc, struct iq_source_line *out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "made without elfutils");
}

struct iq_error *iq_dwarf_each_line(struct iq_dwarf *dwarf, uint64_t start, uint64_t end,
				    struct iq_error *(*fn)(void *context, uint64_t address,
							   const struct iq_source_line *line),
				    void *context)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "made without elfutils");
}

#endif
