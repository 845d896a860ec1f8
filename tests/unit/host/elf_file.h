/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small ELF files with what a search for debug information looks at: a build-id, .debug_info, .gnu_debuglink. */
#ifndef IQ_TESTS_ELF_FILE_H
#define IQ_TESTS_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct elf_file {
	unsigned type;  /* ET_EXEC, ET_REL */
	const char *id; /* twenty times this character; NULL: no note */
	bool dwarf;
	const char *link; /* .gnu_debuglink; NULL: none */
	uint32_t link_crc;
};

static inline size_t elf_file_bytes(const struct elf_file *file, uint8_t bytes[1024])
{
	static const char names[] = "\0.shstrtab\0.note.gnu.build-id\0.debug_info\0.gnu_debuglink";
	const uint32_t name_at[] = { 1, 11, 30, 42 };
	Elf64_Ehdr header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			      .e_type = (Elf64_Half)file->type,
			      .e_machine = EM_X86_64,
			      .e_version = EV_CURRENT,
			      .e_ehsize = sizeof(Elf64_Ehdr),
			      .e_shentsize = sizeof(Elf64_Shdr),
			      .e_shstrndx = 1 };
	Elf64_Shdr sections[5] = { { 0 } };
	unsigned count = 1;
	size_t at = sizeof(header);
	memset(bytes, 0, 1024);
	memcpy(bytes + at, names, sizeof(names));
	sections[count++] = (Elf64_Shdr){ .sh_name = name_at[0],
					  .sh_type = SHT_STRTAB,
					  .sh_offset = at,
					  .sh_size = sizeof(names),
					  .sh_addralign = 1 };
	at = (at + sizeof(names) + 7) & ~(size_t)7;
	if (file->id) {
		const Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID };
		memcpy(bytes + at, &note, sizeof(note));
		memcpy(bytes + at + sizeof(note), "GNU", 4);
		memset(bytes + at + sizeof(note) + 4, *file->id, 20);
		sections[count++] = (Elf64_Shdr){ .sh_name = name_at[1],
						  .sh_type = SHT_NOTE,
						  .sh_offset = at,
						  .sh_size = sizeof(note) + 24,
						  .sh_addralign = 4 };
		at += sizeof(note) + 24;
	}
	if (file->dwarf) {
		sections[count++] = (Elf64_Shdr){ .sh_name = name_at[2],
						  .sh_type = SHT_PROGBITS,
						  .sh_offset = at,
						  .sh_size = 16,
						  .sh_addralign = 1 };
		at += 16;
	}
	if (file->link) {
		size_t padded = (strlen(file->link) + 4) & ~(size_t)3;
		memcpy(bytes + at, file->link, strlen(file->link));
		memcpy(bytes + at + padded, &file->link_crc, 4);
		sections[count++] = (Elf64_Shdr){ .sh_name = name_at[3],
						  .sh_type = SHT_PROGBITS,
						  .sh_offset = at,
						  .sh_size = padded + 4,
						  .sh_addralign = 4 };
		at += padded + 4;
	}
	at = (at + 7) & ~(size_t)7;
	header.e_shoff = at;
	header.e_shnum = (Elf64_Half)count;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + at, sections, count * sizeof(sections[0]));
	return at + count * sizeof(sections[0]);
}

#endif
