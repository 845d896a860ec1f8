/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disassemble FILE: prints the instructions of every executable section of an x86-64 ELF file, "address: text" a line,
 * for tests/peers/insn-objdump. disassemble -q FILE only decodes and formats, for measuring. disassemble -x HEX…:
 * bytes.
 */
#include "arch/x86_64_insn.h"
#include "util/cleanup.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

static bool quiet;
static uint64_t instructions;

static void freep_strbuf(struct iq_strbuf *buf)
{
	iq_strbuf_free(buf);
}

static void disassemble(const uint8_t *bytes, size_t size, uint64_t address)
{
	_cleanup_(freep_strbuf) struct iq_strbuf text = { 0 };
	struct iq_insn insn;
	size_t at = 0;

	while (at < size) {
		iq_strbuf_truncate(&text, 0);
		if (iq_failed(iq_x86_64_decode(bytes + at, size - at, address + at, &insn))) {
			insn.length = 1;
			iq_strbuf_add(&text, "(bad)");
		} else {
			iq_x86_64_format(&insn, NULL, NULL, &text);
		}
		if (!quiet)
			printf("%" PRIx64 ":\t%s\n", address + at, iq_strbuf_text(&text));
		at += insn.length;
		instructions++;
	}
}

static uint8_t *read_file(const char *path, size_t *size)
{
	_cleanup_fclose_ FILE *file = fopen(path, "rb");
	_cleanup_free_ uint8_t *bytes = NULL;
	long length;

	if (!file || fseek(file, 0, SEEK_END) || (length = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
		return NULL;
	bytes = malloc((size_t)length + 1);
	if (!bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length)
		return NULL;
	*size = (size_t)length;
	return iq_steal(bytes);
}

static int disassemble_elf(const char *path)
{
	size_t size = 0;
	_cleanup_free_ uint8_t *bytes = read_file(path, &size);
	const Elf64_Ehdr *header = (const void *)bytes;
	const Elf64_Shdr *sections;
	unsigned i;

	if (!bytes || size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_machine != EM_X86_64 || header->e_shoff > size ||
	    (size - header->e_shoff) / sizeof(*sections) < header->e_shnum || header->e_shstrndx >= header->e_shnum) {
		fprintf(stderr, "%s: no x86-64 ELF file\n", path);
		return 1;
	}
	sections = (const void *)(bytes + header->e_shoff);
	for (i = 0; i < header->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];

		if (s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_EXECINSTR) || s->sh_offset > size ||
		    s->sh_size > size - s->sh_offset)
			continue;
		if (!quiet)
			printf("Disassembly of section %s:\n",
			       (const char *)bytes + sections[header->e_shstrndx].sh_offset + s->sh_name);
		disassemble(bytes + s->sh_offset, s->sh_size, s->sh_addr);
	}
	if (quiet)
		printf("%" PRIu64 " instructions\n", instructions);
	return 0;
}

static void disassemble_hex(const char *hex)
{
	uint8_t bytes[256];
	size_t n = 0;
	int used;

	while (n < sizeof(bytes) && sscanf(hex, "%2hhx%n", &bytes[n], &used) == 1) {
		hex += used;
		n++;
	}
	disassemble(bytes, n, 0);
}

int main(int argc, char **argv)
{
	int i;

	if (argc > 2 && strcmp(argv[1], "-x") == 0) {
		for (i = 2; i < argc; i++)
			disassemble_hex(argv[i]);
		return 0;
	}
	quiet = argc == 3 && strcmp(argv[1], "-q") == 0;
	if (argc != 2 + quiet) {
		fprintf(stderr, "usage: disassemble [-q] FILE | disassemble -x HEX...\n");
		return 2;
	}
	return disassemble_elf(argv[1 + quiet]);
}
