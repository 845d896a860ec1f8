// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a module's sections lie when the kernel's own list of them can't be read: a symbol's address in the dump, less
 * its value in the module's file, is where its section begins. A name may belong to several static functions, so the
 * address that most of a section's symbols tell is taken.
 */
#include "config.h"
#include "image/internal.h"

#include "util/cleanup.h"

#if IQ_HAVE_ELFUTILS

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <string.h>

enum { MAX_SECTIONS = 65536, MAX_VOTES = 32 };

/* What a section's symbols say. */
struct votes {
	uint64_t bases[MAX_VOTES];
	unsigned count;
};

static void end_elf(Elf **elf)
{
	elf_end(*elf);
}

static bool is_loaded(const struct iq_image *image, uint64_t address)
{
	for (unsigned i = 0; i < image->range_count; i++) {
		if (address >= image->ranges[i].start && address < image->ranges[i].end)
			return true;
	}
	return false;
}

static void ask_symbol(struct iq_images *images, const struct iq_image *image, const char *name, const GElf_Sym *symbol,
		       struct votes *votes)
{
	struct iq_symbol found;
	int type = GELF_ST_TYPE(symbol->st_info);
	if (votes->count == MAX_VOTES || !name || !*name || (type != STT_FUNC && type != STT_OBJECT) ||
	    iq_failed(iq_symbol_by_name_in(images->symbols, image->name, name, &found)) ||
	    !is_loaded(image, found.address - symbol->st_value))
		return;
	votes->bases[votes->count++] = found.address - symbol->st_value;
}

/* The base that more than half of the symbols tell. */
static bool elect(const struct votes *votes, uint64_t *base)
{
	for (unsigned i = 0; i < votes->count; i++) {
		unsigned agree = 0;
		for (unsigned j = 0; j < votes->count; j++)
			agree += votes->bases[j] == votes->bases[i];
		if (agree * 2 > votes->count) {
			*base = votes->bases[i];
			return true;
		}
	}
	return false;
}

static Elf_Scn *find_symbols(Elf *elf, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	while ((section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, header) && header->sh_type == SHT_SYMTAB)
			return section;
	}
	return NULL;
}

static struct iq_error *collect(struct iq_images *images, struct iq_image_debug *debug, Elf *elf)
{
	size_t names, count = 0;
	GElf_Shdr header;
	GElf_Sym symbol;
	Elf_Scn *table = find_symbols(elf, &header);
	Elf_Data *data = table ? elf_getdata(table, NULL) : NULL;
	if (!data || elf_getshdrstrndx(elf, &names) != 0 || elf_getshdrnum(elf, &count) != 0 || count > MAX_SECTIONS)
		return NULL;
	_cleanup_free_ struct votes *votes = calloc(count + 1, sizeof(*votes));
	if (!votes)
		return iq_error_no_memory();
	for (int i = 1; gelf_getsym(data, i, &symbol); i++) {
		IQ_TRY(iq_check_interrupt());
		if (symbol.st_shndx != SHN_UNDEF && symbol.st_shndx < count)
			ask_symbol(images, debug->image, elf_strptr(elf, header.sh_link, symbol.st_name), &symbol,
				   &votes[symbol.st_shndx]);
	}
	for (size_t i = 1; i < count; i++) {
		uint64_t base;
		Elf_Scn *section = elf_getscn(elf, i);
		const char *name = section && gelf_getshdr(section, &header) && (header.sh_flags & SHF_ALLOC)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;
		if (name && elect(&votes[i], &base))
			IQ_TRY(iq_section_add(debug, name, base));
	}
	return NULL;
}

struct iq_error *iq_sections_by_symbols(struct iq_images *images, struct iq_image_debug *debug, const char *path)
{
	_cleanup_close_ int fd = -1;
	IQ_TRY(iq_file_open_unpacked(path, &fd));
	elf_version(EV_CURRENT);
	_cleanup_(end_elf) Elf *elf = dwelf_elf_begin(fd);
	return elf && elf_kind(elf) == ELF_K_ELF ? collect(images, debug, elf) : NULL;
}

#else

struct iq_error *iq_sections_by_symbols(struct iq_images *images, struct iq_image_debug *debug, const char *path)
{
	return NULL;
}

#endif
