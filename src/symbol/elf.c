// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"
#include "symbol/symbol.h"

#if IQ_HAVE_ELFUTILS

#include "symbol/table.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

enum { MAX_SECTIONS = 65536, MAX_BUILD_ID = 64 };

struct elf_table {
	struct iq_symbol_table table;
	Elf *elf; /* the names lie in its string table */
	int fd;
};

static void release(struct iq_symbol_table *table)
{
	struct elf_table *file = (struct elf_table *)table;
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
}

static void free_filep(struct elf_table **file)
{
	if (!*file)
		return;
	iq_vec_free(&(*file)->table.symbols);
	release(&(*file)->table);
	free(*file);
}

/* Finds the build-id in note data; NULL if it isn't there. */
static const uint8_t *find_build_id(Elf_Data *data, size_t *size)
{
	GElf_Nhdr note;
	size_t at = 0, name, desc;
	while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz &&
		    note.n_descsz <= MAX_BUILD_ID && memcmp((const char *)data->d_buf + name, "GNU", 4) == 0) {
			*size = note.n_descsz;
			return (const uint8_t *)data->d_buf + desc;
		}
	}
	return NULL;
}

static const uint8_t *read_build_id(Elf *elf, size_t *size)
{
	const uint8_t *found = NULL;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	while (!found && (section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_NOTE)
			found = find_build_id(elf_getdata(section, NULL), size);
	}
	size_t count = 0;
	GElf_Phdr segment;
	if (!found && elf_getphdrnum(elf, &count) != 0)
		count = 0;
	for (size_t i = 0; !found && i < count; i++) {
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_NOTE)
			found = find_build_id(elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz,
								   segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
					      size);
	}
	return found;
}

static const char *hex(const uint8_t *bytes, size_t size, char *text)
{
	for (size_t i = 0; i < size; i++)
		snprintf(text + i * 2, 3, "%02x", bytes[i]);
	return text;
}

static struct iq_error *check_build_id(Elf *elf, const char *path, const uint8_t *wanted, size_t wanted_size)
{
	char left[MAX_BUILD_ID * 2 + 1], right[MAX_BUILD_ID * 2 + 1];
	size_t size = 0;
	if (!wanted || !wanted_size || wanted_size > MAX_BUILD_ID)
		return NULL;
	const uint8_t *found = read_build_id(elf, &size);
	if (!found)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s has no build-id; the dump's kernel has %s", path,
				    hex(wanted, wanted_size, left));
	if (size != wanted_size || memcmp(found, wanted, size) != 0)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is not the dump's kernel: its build-id is %s, the dump's %s",
				    path, hex(found, size, left), hex(wanted, wanted_size, right));
	return NULL;
}

/* nm's letter for a section's symbols, lower case. */
static char section_letter(const GElf_Shdr *header)
{
	if (!(header->sh_flags & SHF_ALLOC))
		return 'n';
	if (header->sh_flags & SHF_EXECINSTR)
		return 't';
	if (header->sh_type == SHT_NOBITS)
		return 'b';
	return header->sh_flags & SHF_WRITE ? 'd' : 'r';
}

/* Letters by section index; 0: no symbols wanted from there. */
static char *section_letters(Elf *elf, size_t *count)
{
	if (elf_getshdrnum(elf, count) != 0 || *count > MAX_SECTIONS)
		return NULL;
	char *letters = calloc(*count + 1, 1);
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	while (letters && (section = elf_nextscn(elf, section))) {
		if (elf_ndxscn(section) < *count && gelf_getshdr(section, &header))
			letters[elf_ndxscn(section)] = section_letter(&header);
	}
	return letters;
}

static char symbol_letter(const GElf_Sym *symbol, char section)
{
	int bind = GELF_ST_BIND(symbol->st_info);
	if (bind == STB_WEAK)
		return GELF_ST_TYPE(symbol->st_info) == STT_OBJECT ? 'V' : 'W';
	return bind == STB_LOCAL ? section : (char)toupper((unsigned char)section);
}

/* A kernel's addresses have their top bit set and move with it; per-CPU offsets and constants don't. */
static uint64_t slid(uint64_t value, uint64_t slide)
{
	return value >> 63 ? value + slide : value;
}

static struct iq_error *add_symbol(struct elf_table *file, const GElf_Sym *symbol, const char *name, char letter,
				   uint64_t slide)
{
	struct iq_symbol *new = iq_vec_push(&file->table.symbols);
	if (!new)
		return iq_error_no_memory();
	*new = (struct iq_symbol){ .name = name,
				   .address = slid(symbol->st_value, slide),
				   .size = symbol->st_size,
				   .type = symbol_letter(symbol, letter),
				   .origin = IQ_SYMBOL_VMLINUX };
	return NULL;
}

static struct iq_error *read_symbols(struct elf_table *file, const char *path, Elf_Scn *section,
				     const GElf_Shdr *header, uint64_t slide)
{
	size_t letter_count = 0, count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	Elf_Data *data = elf_getdata(section, NULL);
	_cleanup_free_ char *letters = section_letters(file->elf, &letter_count);
	if (!data || !letters || !iq_vec_reserve(&file->table.symbols, IQ_MIN(count, data->d_size / 16)))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: its symbol table can't be read: %s", path, elf_errmsg(-1));
	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, (int)i, &symbol))
			return iq_error_new(IQ_ERROR_FORMAT, "%s: symbol %zu can't be read", path, i);
		int type = GELF_ST_TYPE(symbol.st_info);
		if (type == STT_FILE || type == STT_SECTION || type == STT_TLS || symbol.st_shndx == SHN_UNDEF)
			continue;
		char letter = symbol.st_shndx == SHN_ABS       ? 'a'
			      : symbol.st_shndx < letter_count ? letters[symbol.st_shndx]
							       : 0;
		const char *name = elf_strptr(file->elf, header->sh_link, symbol.st_name);
		if (!letter || letter == 'n' || (letter == 'a' && !(symbol.st_value >> 63)) || !name || !*name ||
		    *name == '$')
			continue;
		IQ_TRY(add_symbol(file, &symbol, name, letter, slide));
	}
	return NULL;
}

/* From the lowest to the highest address of what the kernel image loads. */
static void set_range(struct elf_table *file, uint64_t slide)
{
	uint64_t start = UINT64_MAX, end = 0;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) || !(header.sh_addr >> 63) ||
		    header.sh_size > UINT32_MAX)
			continue;
		start = IQ_MIN(start, header.sh_addr + slide);
		end = IQ_MAX(end, header.sh_addr + slide + header.sh_size);
	}
	if (end <= start)
		return;
	file->table.source.ranges[0] = (struct iq_symbol_range){ start, end };
	file->table.source.range_count = 1;
}

struct iq_error *iq_elf_symbols_open(const char *path, uint64_t slide, const uint8_t *build_id, size_t build_id_size,
				     struct iq_symbol_source **out)
{
	_cleanup_(free_filep) struct elf_table *file = calloc(1, sizeof(*file));
	if (!file)
		return iq_error_no_memory();
	file->table.source.origin = IQ_SYMBOL_VMLINUX;
	elf_version(EV_CURRENT);
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return iq_error_errno(errno, "%s", path);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is not an ELF file", path);
	IQ_TRY(check_build_id(file->elf, path, build_id, build_id_size));

	Elf_Scn *section = NULL;
	GElf_Shdr header;
	while ((section = elf_nextscn(file->elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			break;
	}
	if (!section)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s has no symbol table: it is stripped", path);
	IQ_TRY(read_symbols(file, path, section, &header, slide));
	if (!file->table.symbols.count || file->table.symbols.count > UINT32_MAX)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s has no symbols", path);
	set_range(file, slide);
	file->table.release = release;
	iq_symbol_table_finish(&file->table);
	*out = &iq_steal(file)->table.source;
	return NULL;
}

#else

struct iq_error *iq_elf_symbols_open(const char *path, uint64_t slide, const uint8_t *build_id, size_t build_id_size,
				     struct iq_symbol_source **out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "%s: this build reads no ELF files (made without elfutils)", path);
}

#endif
