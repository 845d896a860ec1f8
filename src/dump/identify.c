// SPDX-License-Identifier: GPL-2.0-or-later
/* Names files that people mistake for dumps. */
#include "dump/internal.h"

#include "util/cleanup.h"

#include <elf.h>
#include <string.h>

static const struct {
	const char *magic;
	size_t length;
	const char *what;
} magics[] = {
	{ "\x1f\x8b", 2, "gzip-compressed: unpack it with gunzip first" },
	{ "\xfd"
	  "7zXZ",
	  6, "xz-compressed: unpack it with unxz first" },
	{ "\x28\xb5\x2f\xfd", 4, "zstd-compressed: unpack it with unzstd first" },
	{ "BZh", 3, "bzip2-compressed: unpack it with bunzip2 first" },
	{ "\x04\x22\x4d\x18", 4, "lz4-compressed: unpack it with unlz4 first" },
	{ "\x02\x21\x4c\x18", 4, "lz4-compressed: unpack it with unlz4 first" },
	{ "\x89LZO\0\r\n\x1a\n", 9, "lzop-compressed: unpack it with lzop -d first" },
	{ "]\0\0", 3, "lzma-compressed: unpack it with unlzma first" },
	{ "PK\x03\x04", 4, "a zip archive, not a dump" },
	{ "QFI\xfb", 4, "a qcow2 disk image, not a dump" },
	{ "!<arch>\n", 8, "an ar archive (a Debian package?), not a dump" },
	{ "\xed\xab\xee\xdb", 4, "an RPM package, not a dump" },
};

static const char *identify_elf(const uint8_t *bytes)
{
	const bool big = bytes[EI_DATA] == ELFDATA2MSB;
	const unsigned type = big ? bytes[16] << 8 | bytes[17] : bytes[17] << 8 | bytes[16];
	switch (type) {
	case ET_EXEC: return "an ELF executable (a vmlinux?), not a dump";
	case ET_DYN: return "an ELF shared object or executable (a vmlinux?), not a dump";
	case ET_REL: return "an ELF object file (a kernel module?), not a dump";
	}
	return NULL; /* cores of other machines: libkdumpfile may know them */
}

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] < 0x20 && !memchr("\t\n\r\f\033", bytes[i], 5))
			return false;
	}
	return true;
}

const char *iq_file_identify(struct iq_file *file)
{
	uint8_t bytes[1024] = { 0 };
	if (file->file_bytes == 0 && !file->live)
		return "an empty file";
	if (file->flattened && file->size == 0)
		return "a flattened file that ends before its first block";
	const size_t size = iq_file_get(file, 0, bytes, sizeof(bytes));
	if (size >= 20 && memcmp(bytes, ELFMAG, SELFMAG) == 0)
		return identify_elf(bytes);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(magics); i++) {
		if (size >= magics[i].length && memcmp(bytes, magics[i].magic, magics[i].length) == 0)
			return magics[i].what;
	}
	if (size > 0x206 && memcmp(bytes + 0x202, "HdrS", 4) == 0)
		return "a bootable kernel image (vmlinuz), not a dump";
	if (size > 262 && memcmp(bytes + 257, "ustar", 5) == 0)
		return "a tar archive, not a dump";
	if (size && memchr(bytes, '\n', size) && is_text(bytes, size))
		return "a text file, not a dump";
	size_t zeros = 0;
	while (zeros < size && !bytes[zeros])
		zeros++;
	if (zeros == sizeof(bytes))
		return "a file that begins with zeros, not a dump (a copy that never finished?)";
	return NULL;
}
