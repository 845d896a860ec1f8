// SPDX-License-Identifier: GPL-2.0-or-later
/* Units of a file with DWARF: by offset, by address, one after the other. */
#include "type/dwarf_internal.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"
#include "util/reader.h"

#include <string.h>
#include <sys/mman.h>

enum {
	FORGET = 1 << 21, /* bytes of .debug_info between two calls of madvise() */
	MAX_LINKS = 16,   /* from an instance to its origin to its declaration */
};

uint64_t iq_dwarf_runtime(const struct iq_dwarf *dwarf, uint64_t address)
{
	return !dwarf->relocatable && address >> 63 ? address + dwarf->slide : address;
}

uint64_t iq_dwarf_file_pc(const struct iq_dwarf *dwarf, uint64_t address)
{
	return !dwarf->relocatable && address >> 63 ? address - dwarf->slide : address;
}

void iq_dwarf_forget_pages(struct iq_dwarf *dwarf, uint64_t start, uint64_t end)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	end = IQ_MIN(end, dwarf->info_size);
	if (!dwarf->info_at || start >= end)
		return;
	start = (dwarf->info_at + start + page - 1) & ~(page - 1);
	end = (dwarf->info_at + end) & ~(page - 1);
	if (start < end)
		madvise((char *)dwarf->image + start, end - start, MADV_DONTNEED);
}

void iq_dwarf_start(struct iq_dwarf *dwarf)
{
	dwarf->work = IQ_DWARF_MAX_WORK;
}

bool iq_dwarf_spend(struct iq_dwarf *dwarf)
{
	return dwarf->work && dwarf->work--;
}

struct iq_error *iq_dwarf_limit(const struct iq_dwarf *dwarf)
{
	return iq_error_new(IQ_ERROR_LIMIT, "%s: its DWARF has no end here: damaged", dwarf->path);
}

/* The unit whose header is at `at`: its DIE's offset and where the next unit begins. */
static struct iq_error *read_unit(const struct iq_dwarf *dwarf, uint64_t at, uint64_t *die, uint64_t *next)
{
	size_t header = 0;
	Dwarf_Off end = 0;
	int result = dwarf_next_unit(dwarf->dwarf, at, &end, &header, NULL, NULL, NULL, NULL, NULL, NULL);
	if (result > 0)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: there is no unit at %#lx", dwarf->path, at);
	if (result < 0 || end <= at || header >= end - at)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: damaged unit at %#lx of .debug_info", dwarf->path, at);
	*die = at + header;
	*next = end;
	return NULL;
}

/* Makes libdw know the units up to the one that holds `offset`. */
static struct iq_error *reach(struct iq_dwarf *dwarf, uint64_t offset)
{
	while (dwarf->reached <= offset) {
		uint64_t at = dwarf->reached, die = 0, next = 0;
		Dwarf_Die unit;
		IQ_TRY(read_unit(dwarf, at, &die, &next));
		if (++dwarf->unit_count > IQ_DWARF_MAX_UNITS)
			return iq_dwarf_limit(dwarf);
		if (at / FORGET != next / FORGET) {
			if (!dwarf_offdie(dwarf->dwarf, die, &unit))
				return iq_dwarf_error(dwarf, "damaged unit");
			iq_dwarf_forget_pages(dwarf, at / FORGET * FORGET, next / FORGET * FORGET);
			IQ_TRY(iq_check_interrupt());
		}
		dwarf->reached = next;
	}
	return NULL;
}

uint64_t iq_dwarf_die_key(const struct iq_dwarf *dwarf, Dwarf_Die *die)
{
	bool alternate = dwarf->alternate && dwarf_cu_getdwarf(die->cu) == dwarf->alternate;
	return dwarf_dieoffset(die) | (alternate ? IQ_DWARF_ALTERNATE : 0);
}

struct iq_error *iq_dwarf_die_at(struct iq_dwarf *dwarf, uint64_t key, Dwarf_Die *out)
{
	Dwarf *file = dwarf->dwarf;
	if (key & IQ_DWARF_ALTERNATE)
		file = dwarf->alternate;
	else
		IQ_TRY(reach(dwarf, key));
	if (!file || !dwarf_offdie(file, key & ~IQ_DWARF_ALTERNATE, out))
		return iq_dwarf_error(dwarf, "no entry at this offset");
	return NULL;
}

struct iq_error *iq_dwarf_each_unit(struct iq_dwarf *dwarf,
				    struct iq_error *(*fn)(void *context, Dwarf_Die *unit, bool *stop), void *context)
{
	bool stop = false;
	uint64_t at = 0, die = 0, next = 0, kept = 0;
	for (size_t i = 0; !stop && i < IQ_DWARF_MAX_UNITS; i++, at = next) {
		Dwarf_Die unit;
		struct iq_error *error = read_unit(dwarf, at, &die, &next);
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
			iq_error_free(error);
			break;
		}
		IQ_TRY(error);
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(iq_dwarf_die_at(dwarf, die, &unit));
		IQ_TRY(fn(context, &unit, &stop));
		if (next - kept >= FORGET) {
			iq_dwarf_forget_pages(dwarf, kept, next);
			kept = next;
		}
	}
	return NULL;
}

/* Ranges of code */

static bool add_range(struct iq_dwarf *dwarf, uint64_t start, uint64_t end, uint64_t unit)
{
	struct iq_dwarf_range *range = start < end ? iq_vec_push(&dwarf->ranges.list) : NULL;
	if (range)
		*range = (struct iq_dwarf_range){ start, end, unit };
	return range || start >= end;
}

/* One unit's part of .debug_aranges, `r` behind its length. */
static struct iq_error *read_arange_set(struct iq_dwarf *dwarf, struct iq_reader *r, unsigned offset_size)
{
	const uint8_t *version = iq_reader_bytes(r, 2);
	uint64_t unit = offset_size == 8 ? iq_reader_u64(r) : iq_reader_u32(r);
	const uint8_t *sizes = iq_reader_bytes(r, 2);
	if (!version || !sizes || version[0] != 2 || sizes[0] != 8 || sizes[1] != 0)
		return NULL;
	bool known;
	if (!iq_map_add(&dwarf->ranges.units, unit, &known))
		return iq_error_no_memory();
	iq_reader_seek(r, (r->at + 15) & ~(size_t)15);
	while (iq_reader_left(r) >= 16 && dwarf->ranges.list.count < IQ_DWARF_MAX_RANGES) {
		uint64_t start = iq_reader_u64(r), length = iq_reader_u64(r);
		if (!start && !length)
			break;
		if (length <= UINT64_MAX - start && !add_range(dwarf, start, start + length, unit))
			return iq_error_no_memory();
	}
	return NULL;
}

/* DWARF 5, 6.1.2. A set begins on a multiple of 16 bytes as its tuples are; damaged ones are left to
 * read_units_ranges(). */
static struct iq_error *read_aranges(struct iq_dwarf *dwarf, const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		struct iq_reader r = iq_reader_init(bytes + at, size - at, ".debug_aranges");
		uint64_t length = iq_reader_u32(&r);
		unsigned offset_size = length == UINT32_MAX ? 8 : 4;
		if (offset_size == 8)
			length = iq_reader_u64(&r);
		if (r.overrun || length > iq_reader_left(&r))
			return NULL;
		r.size = r.at + length;
		size_t next = at + r.size;
		IQ_TRY(read_arange_set(dwarf, &r, offset_size));
		at = next;
	}
	return NULL;
}

static struct iq_error *read_aranges_section(struct iq_dwarf *dwarf)
{
	size_t names = 0;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	if (elf_getshdrstrndx(dwarf->elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(dwarf->elf, section))) {
		const char *name =
			gelf_getshdr(section, &header) ? elf_strptr(dwarf->elf, names, header.sh_name) : NULL;
		if (!name || strcmp(name, ".debug_aranges") != 0 || header.sh_type == SHT_NOBITS)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		if (data && data->d_buf)
			IQ_TRY(read_aranges(dwarf, data->d_buf, data->d_size));
	}
	return NULL;
}

static struct iq_error *read_unit_ranges(void *context, Dwarf_Die *unit, bool *stop)
{
	struct iq_dwarf *dwarf = context;
	Dwarf_Off header = dwarf_dieoffset(unit) - dwarf_cuoffset(unit);
	if (iq_map_get(&dwarf->ranges.units, header, NULL))
		return NULL;
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	while ((offset = dwarf_ranges(unit, offset, &base, &start, &end)) > 0) {
		if (dwarf->ranges.list.count >= IQ_DWARF_MAX_RANGES)
			return iq_dwarf_limit(dwarf);
		if (!add_range(dwarf, start, end, header))
			return iq_error_no_memory();
	}
	return NULL;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct iq_dwarf_range *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static void sort_ranges(struct iq_dwarf *dwarf)
{
	if (dwarf->ranges.list.count)
		qsort(dwarf->ranges.list.data, dwarf->ranges.list.count, sizeof(struct iq_dwarf_range), compare_ranges);
}

/* The number of ranges that start at `pc` or before. */
static size_t ranges_up_to(const struct iq_dwarf *dwarf, uint64_t pc)
{
	size_t low = 0, high = dwarf->ranges.list.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (dwarf->ranges.list.data[middle].start <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Ranges of different units don't overlap, unless by damage. */
static const struct iq_dwarf_range *find_range(const struct iq_dwarf *dwarf, uint64_t pc)
{
	size_t count = ranges_up_to(dwarf, pc);
	for (size_t back = 0; back < 8 && count > back; back++) {
		const struct iq_dwarf_range *range = &dwarf->ranges.list.data[count - 1 - back];
		if (pc < range->end)
			return range;
	}
	return NULL;
}

/* Most files have .debug_aranges. Of units that it does not name (clang makes none) the ranges are read from their
 * DIEs, but only when an address is not found without. */
static struct iq_error *range_at(struct iq_dwarf *dwarf, uint64_t pc, const struct iq_dwarf_range **out)
{
	if (!dwarf->ranges.read) {
		dwarf->ranges.read = true;
		IQ_TRY(read_aranges_section(dwarf));
		sort_ranges(dwarf);
	}
	*out = find_range(dwarf, pc);
	if (*out || dwarf->ranges.complete)
		return NULL;
	struct iq_error *error = iq_dwarf_each_unit(dwarf, read_unit_ranges, dwarf);
	dwarf->ranges.complete = !iq_error_is(error, IQ_ERROR_INTERRUPTED);
	sort_ranges(dwarf);
	*out = find_range(dwarf, pc);
	if (!*out)
		return error;
	iq_error_free(error);
	return NULL;
}

struct iq_error *iq_dwarf_unit_by_offset(struct iq_dwarf *dwarf, uint64_t offset, Dwarf_Die *unit)
{
	uint64_t die = 0, next = 0;
	IQ_TRY(read_unit(dwarf, offset, &die, &next));
	return iq_dwarf_die_at(dwarf, die, unit);
}

struct iq_error *iq_dwarf_unit_at(struct iq_dwarf *dwarf, uint64_t pc, Dwarf_Die *unit)
{
	const struct iq_dwarf_range *range = NULL;
	IQ_TRY(range_at(dwarf, iq_dwarf_file_pc(dwarf, pc), &range));
	if (!range)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no unit for %#lx", dwarf->path, pc);
	return iq_dwarf_unit_by_offset(dwarf, range->unit, unit);
}

struct iq_error *iq_dwarf_range_from(struct iq_dwarf *dwarf, uint64_t pc, struct iq_dwarf_range *out)
{
	const struct iq_dwarf_range *range = NULL;
	IQ_TRY(range_at(dwarf, pc, &range));
	size_t n = range ? 0 : ranges_up_to(dwarf, pc);
	if (!range && n < dwarf->ranges.list.count)
		range = &dwarf->ranges.list.data[n];
	if (!range)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s has no unit for %#lx", dwarf->path, pc);
	*out = *range;
	return NULL;
}

/* Attributes */

bool iq_dwarf_next(Dwarf_Die *die)
{
	const void *before = die->addr;
	return dwarf_siblingof(die, die) == 0 && (const char *)die->addr > (const char *)before;
}

bool iq_dwarf_target(struct iq_dwarf *dwarf, Dwarf_Attribute *attribute, Dwarf_Die *out)
{
	unsigned form = dwarf_whatform(attribute);
	if (form == DW_FORM_ref_sig8)
		return false; /* type units: no kernel is built with them */
	if (form == DW_FORM_ref_addr && !dwarf->all_reached) {
		struct iq_error *error = reach(dwarf, UINT64_MAX);
		dwarf->all_reached = iq_error_is(error, IQ_ERROR_NOT_FOUND);
		iq_error_free(error);
		if (!dwarf->all_reached)
			return false;
	}
	return dwarf_formref_die(attribute, out) != NULL;
}

bool iq_dwarf_attr(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned name, Dwarf_Attribute *out)
{
	Dwarf_Die at = *die;
	Dwarf_Attribute link;
	for (unsigned i = 0; i < MAX_LINKS; i++) {
		if (dwarf_attr(&at, name, out))
			return true;
		if ((!dwarf_attr(&at, DW_AT_abstract_origin, &link) && !dwarf_attr(&at, DW_AT_specification, &link)) ||
		    !iq_dwarf_target(dwarf, &link, &at))
			return false;
	}
	return false;
}

const char *iq_dwarf_name(struct iq_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	return iq_dwarf_attr(dwarf, die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

bool iq_dwarf_unsigned(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned name, uint64_t *value)
{
	Dwarf_Attribute attribute;
	Dwarf_Word word;
	if (!iq_dwarf_attr(dwarf, die, name, &attribute) || dwarf_formudata(&attribute, &word) != 0)
		return false;
	*value = word;
	return true;
}

bool iq_dwarf_reference(struct iq_dwarf *dwarf, Dwarf_Die *die, unsigned name, Dwarf_Die *out)
{
	Dwarf_Attribute attribute;
	return iq_dwarf_attr(dwarf, die, name, &attribute) && iq_dwarf_target(dwarf, &attribute, out);
}

bool iq_dwarf_covers(struct iq_dwarf *dwarf, Dwarf_Die *die, uint64_t pc)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	while (iq_dwarf_spend(dwarf) && (offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0) {
		if (pc >= start && pc < end)
			return true;
	}
	return false;
}

#endif
