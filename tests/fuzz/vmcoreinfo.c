// SPDX-License-Identifier: GPL-2.0-or-later
/* A memory of these bytes and nothing else: vmcoreinfo is searched for in it, and its lines are read. */
#include "dump_fuzz.h"

#include <elf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "OSRELEASE", "KERNELOFFSET", "SYMBOL(init_uts_ns)", "NUMBER(phys_base)",
					    "" };
	static uint8_t file[4096 + 65536];
	if (size > sizeof(file) - 4096)
		return 0;
	const Elf64_Ehdr e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			       .e_type = ET_CORE,
			       .e_machine = EM_X86_64,
			       .e_phoff = sizeof(e),
			       .e_phentsize = sizeof(Elf64_Phdr),
			       .e_phnum = 1 };
	const Elf64_Phdr p = { .p_type = PT_LOAD,
			       .p_offset = 4096,
			       .p_paddr = 0x100000,
			       .p_filesz = (size + 4095) / 4096 * 4096,
			       .p_memsz = (size + 4095) / 4096 * 4096 };
	memset(file, 0, sizeof(file));
	memcpy(file, &e, sizeof(e));
	memcpy(file + sizeof(e), &p, sizeof(p));
	memcpy(file + 4096, data, size);
	char path[32];
	int fd = fuzz_file(file, 4096 + p.p_filesz, path);
	struct iq_dump *dump;
	const char *paths[] = { path };
	struct iq_error *error = fd < 0 ? NULL : iq_dump_open(paths, 1, NULL, &dump);
	iq_error_free(error);
	if (fd >= 0 && !error) {
		const char *value;
		size_t length;
		uint64_t number;
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			iq_dump_vmcoreinfo_get(dump, keys[i], &value, &length);
			iq_dump_vmcoreinfo_number(dump, keys[i], 16, &number);
		}
		iq_dump_close(dump);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}
