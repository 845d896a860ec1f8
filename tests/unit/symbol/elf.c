// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF symbol tables: a file written here with a note, sections and symbols; its build-id matched or not. */
#include "../cmocka_setup.h"

#include "config.h"

#include "../fake_target.h"
#include "symbol/symbol.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

static const uint64_t BASE = UINT64_C(0xffffffff81000000), SLIDE = 0x2000000;
static const uint8_t id[20] = { 0xa1, 0xb2, 0xc3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 0x20 };

static const char strings[] = "\0do_exit\0local\0data\0percpu\0file.c\0undefined\0weak";
static const char section_names[] = "\0.text\0.data\0.note.gnu.build-id\0.symtab\0.strtab\0.shstrtab\0.data..percpu";

struct image {
	Elf64_Ehdr header;
	struct {
		Elf64_Nhdr note;
		char name[4];
		uint8_t id[20];
	} note;
	Elf64_Sym symbols[9];
	char strings[sizeof(strings)], section_names[sizeof(section_names)];
	Elf64_Shdr sections[8];
};

static uint32_t offset_of(const char *table, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i += strlen(table + i) + 1) {
		if (strcmp(table + i, name) == 0)
			return (uint32_t)i;
	}
	return 0;
}

static Elf64_Sym make_symbol(const char *name, unsigned bind, unsigned type, unsigned section, uint64_t value,
			     uint64_t size)
{
	return (Elf64_Sym){ .st_name = offset_of(strings, sizeof(strings), name),
			    .st_info = (unsigned char)ELF64_ST_INFO(bind, type),
			    .st_shndx = (uint16_t)section,
			    .st_value = value,
			    .st_size = size };
}

static Elf64_Shdr make_section(const char *name, unsigned type, uint64_t flags, uint64_t address, uint64_t offset,
			       uint64_t size)
{
	return (Elf64_Shdr){ .sh_name = offset_of(section_names, sizeof(section_names), name),
			     .sh_type = type,
			     .sh_flags = flags,
			     .sh_addr = address,
			     .sh_offset = offset,
			     .sh_size = size,
			     .sh_addralign = 1 };
}

static void fill(struct image *image)
{
	*image = (struct image){ 0 };
	image->header = (Elf64_Ehdr){ .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
				      .e_type = ET_EXEC,
				      .e_machine = EM_X86_64,
				      .e_version = EV_CURRENT,
				      .e_ehsize = sizeof(Elf64_Ehdr),
				      .e_shoff = offsetof(struct image, sections),
				      .e_shentsize = sizeof(Elf64_Shdr),
				      .e_shnum = 8,
				      .e_shstrndx = 6 };
	image->note.note = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID };
	memcpy(image->note.name, "GNU", 4);
	memcpy(image->note.id, id, sizeof(id));
	image->symbols[1] = make_symbol("local", STB_LOCAL, STT_FUNC, 1, BASE + 0x40, 0);
	image->symbols[2] = make_symbol("file.c", STB_LOCAL, STT_FILE, SHN_ABS, 0, 0);
	image->symbols[3] = make_symbol("do_exit", STB_GLOBAL, STT_FUNC, 1, BASE + 0x100, 0x33);
	image->symbols[4] = make_symbol("data", STB_GLOBAL, STT_OBJECT, 2, BASE + 0x1000, 8);
	image->symbols[5] = make_symbol("percpu", STB_GLOBAL, STT_OBJECT, 7, 0x18, 8);
	image->symbols[6] = make_symbol("undefined", STB_GLOBAL, STT_FUNC, SHN_UNDEF, 0, 0);
	image->symbols[7] = make_symbol("weak", STB_WEAK, STT_FUNC, 1, BASE + 0x100, 0x33);
	memcpy(image->strings, strings, sizeof(strings));
	memcpy(image->section_names, section_names, sizeof(section_names));
	Elf64_Shdr *s = image->sections;
	s[1] = make_section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, BASE, 0, 0x800);
	s[2] = make_section(".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, BASE + 0x1000, 0, 0x100);
	s[3] = make_section(".note.gnu.build-id", SHT_NOTE, 0, 0, offsetof(struct image, note), sizeof(image->note));
	s[3].sh_addralign = 4;
	s[4] = make_section(".symtab", SHT_SYMTAB, 0, 0, offsetof(struct image, symbols), sizeof(image->symbols));
	s[4].sh_link = 5;
	s[4].sh_entsize = sizeof(Elf64_Sym);
	s[4].sh_addralign = 8;
	s[5] = make_section(".strtab", SHT_STRTAB, 0, 0, offsetof(struct image, strings), sizeof(strings));
	s[6] = make_section(".shstrtab", SHT_STRTAB, 0, 0, offsetof(struct image, section_names),
			    sizeof(section_names));
	s[7] = make_section(".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0, 0, 0x20);
}

static char *write_file(const void *bytes, size_t size)
{
	char *path = strdup("/tmp/iq-elf-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	return path;
}

static void drop(char *path)
{
	unlink(path);
	free(path);
}

static void reads_symbols(void **state)
{
	struct image image;
	struct iq_target target;
	struct iq_symbols *symbols;
	struct iq_symbol_source *source;
	struct iq_symbol symbol;
	fake_init(&target);
	fill(&image);
	char *path = write_file(&image, sizeof(image));
	assert_null(iq_elf_symbols_open(path, SLIDE, id, sizeof(id), &source));
	assert_null(iq_symbols_new(&target, &symbols));
	assert_null(iq_symbols_add(symbols, source));

	assert_null(iq_symbol_at(symbols, BASE + SLIDE + 0x120, &symbol));
	assert_string_equal(symbol.name, "do_exit"); /* and not the weak one */
	assert_int_equal(symbol.size, 0x33);
	assert_int_equal(symbol.type, 'T');
	assert_null(iq_symbol_by_name(symbols, "local", &symbol));
	assert_int_equal(symbol.address, BASE + SLIDE + 0x40);
	assert_int_equal(symbol.size, 0xc0); /* to the next one */
	assert_int_equal(symbol.type, 't');
	assert_null(iq_symbol_by_name(symbols, "data", &symbol));
	assert_int_equal(symbol.type, 'D');
	assert_null(iq_symbol_by_name(symbols, "percpu", &symbol));
	assert_int_equal(symbol.address, 0x18); /* an offset does not move with the kernel */
	assert_true(iq_failed(iq_symbol_by_name(symbols, "undefined", &symbol)));
	assert_true(iq_failed(iq_symbol_by_name(symbols, "file.c", &symbol)));
	iq_symbols_free(symbols);
	drop(path);
}

static void assert_refused(const void *bytes, size_t size, const uint8_t *wanted, const char *part)
{
	struct iq_symbol_source *source;
	char *path = write_file(bytes, size);
	struct iq_error *error = iq_elf_symbols_open(path, 0, wanted, wanted ? sizeof(id) : 0, &source);
	assert_non_null(error);
	assert_int_equal(error->code, IQ_ERROR_ARGUMENT);
	assert_non_null(strstr(error->message, path));
	if (!strstr(error->message, part))
		fail_msg("%s does not say %s", error->message, part);
	iq_error_free(error);
	drop(path);
}

static void another_build_id_is_refused(void **state)
{
	struct image image;
	uint8_t other[20] = { 0xff };
	fill(&image);
	assert_refused(&image, sizeof(image), other, "a1b2c30405060708090a0b0c0d0e0f1011121320");
	assert_refused(&image, sizeof(image), other, "ff00000000000000000000000000000000000000");
	image.sections[3].sh_type = SHT_PROGBITS;
	assert_refused(&image, sizeof(image), id, "has no build-id");
}

static void what_is_no_vmlinux_is_refused(void **state)
{
	struct image image;
	fill(&image);
	assert_refused("#!/bin/sh\n", 10, NULL, "is not an ELF file");
	assert_refused("", 0, NULL, "is not an ELF file");
	image.sections[4].sh_type = SHT_PROGBITS;
	assert_refused(&image, sizeof(image), NULL, "stripped");
	struct iq_symbol_source *source;
	struct iq_error *error = iq_elf_symbols_open("/nonexistent/vmlinux", 0, NULL, 0, &source);
	assert_true(iq_error_is(error, IQ_ERROR_IO));
	iq_error_free(error);
}

/* Any single byte may be wrong: an error or symbols, never a crash (the sanitizers watch). */
static void damaged_bytes_do_no_harm(void **state)
{
	struct image image;
	for (size_t at = 0; at < sizeof(image); at++) {
		struct iq_symbol_source *source;
		fill(&image);
		((uint8_t *)&image)[at] ^= 0xff;
		char *path = write_file(&image, sizeof(image));
		struct iq_error *error = iq_elf_symbols_open(path, SLIDE, NULL, 0, &source);
		if (!error)
			source->ops->free(source);
		iq_error_free(error);
		drop(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_symbols),
		cmocka_unit_test(another_build_id_is_refused),
		cmocka_unit_test(what_is_no_vmlinux_is_refused),
		cmocka_unit_test(damaged_bytes_do_no_harm),
	};
	return IQ_HAVE_ELFUTILS ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
