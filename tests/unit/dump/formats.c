// SPDX-License-Identifier: GPL-2.0-or-later
/* kdump-compressed and ELF files of a few pages, and files that are none. */
#include "../cmocka_setup.h"

#include "bytes.h"
#include "dump/dump.h"

#include <elf.h>
#include <libdeflate.h>
#include <stdlib.h>

#define PAGE 4096

static char last_line[512];

static void keep_line(void *context, const char *line)
{
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static struct iq_dump *open_dump(const char *const *paths, size_t n)
{
	static const struct iq_diag diag = { keep_line, NULL };
	struct iq_dump *dump = NULL;
	last_line[0] = '\0';
	struct iq_error *error = iq_dump_open(paths, n, &(struct iq_dump_options){ .diag = &diag }, &dump);
	if (error)
		print_error("%s\n", error->message);
	assert_null(error);
	return dump;
}

static void assert_fails(const char *const *paths, size_t n, const char *why)
{
	struct iq_dump *dump = NULL;
	struct iq_error *error = iq_dump_open(paths, n, NULL, &dump);
	assert_non_null(error);
	if (!strstr(error->message, why))
		print_error("%s: not \"%s\"\n", error->message, why);
	assert_non_null(strstr(error->message, why));
	assert_null(dump);
	iq_error_free(error);
}

/* Headers, and bitmaps for 64 pages: 0 to 9 exist, 0 to 4 and 9 are dumped. Data begins at page 6 of the file. */
static struct bytes new_kdump(uint32_t version, uint64_t start, uint64_t end)
{
	static const char zeros[PAGE];
	struct bytes b = bytes_new();
	bytes_put(&b, 0, zeros, PAGE);
	bytes_put(&b, 0, "KDUMP   ", 8);
	bytes_put32(&b, 8, version);
	bytes_put(&b, 12 + 2 * 65, "6.1.0-test", 10);
	bytes_put(&b, 12 + 4 * 65, "x86_64", 6);
	bytes_put64(&b, 408, 1781000000);
	bytes_put32(&b, 424, 1);
	bytes_put32(&b, 428, PAGE);
	bytes_put32(&b, 432, 1);
	bytes_put32(&b, 436, 2);
	bytes_put32(&b, 440, 64);
	bytes_put32(&b, 460, 4);
	bytes_put(&b, PAGE, zeros, PAGE);
	bytes_put32(&b, PAGE + 8, 31);
	bytes_put32(&b, PAGE + 12, end != 0);
	bytes_put64(&b, PAGE + 16, start);
	bytes_put64(&b, PAGE + 24, end);
	if (version >= 6) {
		bytes_put64(&b, PAGE + 80, start);
		bytes_put64(&b, PAGE + 88, end);
		bytes_put64(&b, PAGE + 96, 64);
	}
	bytes_put(&b, 2 * PAGE, zeros, PAGE);
	bytes_put(&b, 2 * PAGE, "\xff\x03", 2);
	bytes_put(&b, 3 * PAGE, zeros, PAGE);
	bytes_put(&b, 3 * PAGE, "\x1f\x02", 2);
	bytes_put(&b, 4 * PAGE, zeros, PAGE);
	return b;
}

static void put_descriptor(const struct bytes *b, unsigned n, uint64_t offset, uint32_t size, uint32_t flags)
{
	bytes_put64(b, 4 * PAGE + n * 24, offset);
	bytes_put32(b, 4 * PAGE + n * 24 + 8, size);
	bytes_put32(b, 4 * PAGE + n * 24 + 12, flags);
}

static void kdump_pages_and_states(void **state)
{
	struct bytes b = new_kdump(6, 0, 0);
	uint8_t page[PAGE], packed[2 * PAGE];
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	memset(page, 0, PAGE);
	bytes_put(&b, 6 * PAGE, page, PAGE); /* the page of zeros */
	memset(page, 'a', PAGE);
	bytes_put(&b, 7 * PAGE, page, PAGE);
	memset(page, 'b', PAGE);
	size_t size = libdeflate_zlib_compress(c, page, PAGE, packed, sizeof(packed));
	bytes_put(&b, 8 * PAGE, packed, size + 1);
	put_descriptor(&b, 0, 6 * PAGE, PAGE, 0);
	put_descriptor(&b, 1, 7 * PAGE, PAGE, 0);
	put_descriptor(&b, 2, 8 * PAGE, (uint32_t)size, 1);
	put_descriptor(&b, 3, 0, 0, 0);                         /* never written */
	put_descriptor(&b, 4, 8 * PAGE + 1, (uint32_t)size, 1); /* not zlib's data */
	put_descriptor(&b, 5, 1u << 30, PAGE, 0);               /* behind the end */
	struct iq_dump *dump = open_dump((const char *[]){ b.path }, 1);
	const struct iq_dump_info *info = iq_dump_info(dump);
	assert_string_equal(info->utsname[2], "6.1.0-test");
	assert_int_equal(info->header_time, 1781000000);
	assert_int_equal(info->header_cpus, 4);
	assert_int_equal(info->elf_machine, EM_X86_64);
	static const enum iq_page_state wanted[] = { IQ_PAGE_ZERO,     IQ_PAGE_PRESENT,  IQ_PAGE_PRESENT,
						     IQ_PAGE_LOST,     IQ_PAGE_PRESENT,  IQ_PAGE_FILTERED,
						     IQ_PAGE_FILTERED, IQ_PAGE_FILTERED, IQ_PAGE_FILTERED,
						     IQ_PAGE_LOST,     IQ_PAGE_ABSENT };
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_int_equal(iq_dump_page_state(dump, i * PAGE + 17), wanted[i]);
	assert_int_equal(iq_dump_page_state(dump, 64 * PAGE), IQ_PAGE_ABSENT);
	assert_int_equal(iq_dump_page_state(dump, UINT64_MAX), IQ_PAGE_ABSENT);
	assert_null(iq_dump_read(dump, PAGE - 1, page, PAGE + 1 - 1));
	assert_int_equal(page[0], 0);
	assert_int_equal(page[1], 'a');
	uint8_t three[3 * PAGE];
	assert_null(iq_dump_read(dump, 0, three, sizeof(three)));
	assert_int_equal(three[PAGE - 1], 0);
	assert_int_equal(three[2 * PAGE - 1], 'a');
	assert_int_equal(three[2 * PAGE], 'b');
	struct iq_error *error = iq_dump_read(dump, 2 * PAGE + 10, three, 2 * PAGE);
	assert_true(iq_error_is(error, IQ_ERROR_MEMORY));
	assert_int_equal(error->address, 3 * PAGE);
	assert_int_equal(error->page_state, IQ_PAGE_LOST);
	iq_error_free(error);
	error = iq_dump_read(dump, 4 * PAGE, three, 8);
	assert_int_equal(error->page_state, IQ_PAGE_LOST); /* and not what the decoder made of it */
	iq_error_free(error);
	error = iq_dump_read(dump, UINT64_MAX - 3, three, 8);
	assert_int_equal(error->page_state, IQ_PAGE_ABSENT);
	iq_error_free(error);
	uint64_t next;
	assert_true(iq_dump_next_present(dump, PAGE + 5, &next));
	assert_int_equal(next, PAGE + 5);
	assert_false(iq_dump_next_present(dump, 5 * PAGE, &next));
	iq_dump_close(dump);
	libdeflate_free_compressor(c);
	close(b.fd);
}

static void split_sets(void **state)
{
	uint8_t page[PAGE];
	for (uint32_t version = 2; version <= 6; version += 4) {
		struct bytes low = new_kdump(version, 0, 3), high = new_kdump(version, 3, 64);
		memset(page, 'l', PAGE);
		bytes_put(&low, 6 * PAGE, page, PAGE);
		memset(page, 'h', PAGE);
		bytes_put(&high, 6 * PAGE, page, PAGE);
		for (unsigned i = 0; i < 3; i++) {
			put_descriptor(&low, i, 6 * PAGE, PAGE, 0);
			put_descriptor(&high, i, 6 * PAGE, PAGE, 0);
		}
		struct iq_dump *dump = open_dump((const char *[]){ high.path, low.path }, 2);
		assert_string_equal(last_line, "");
		for (unsigned pfn = 0; pfn < 5; pfn++) {
			assert_null(iq_dump_read(dump, pfn * PAGE, page, 1));
			assert_int_equal(page[0], pfn < 3 ? 'l' : 'h');
		}
		assert_null(iq_dump_read(dump, 9 * PAGE, page, 1));
		iq_dump_close(dump);
		dump = open_dump((const char *[]){ high.path }, 1);
		assert_non_null(strstr(last_line, "is missing"));
		assert_int_equal(iq_dump_page_state(dump, 0), IQ_PAGE_LOST);
		assert_int_equal(iq_dump_page_state(dump, 3 * PAGE), IQ_PAGE_PRESENT);
		iq_dump_close(dump);
		assert_fails((const char *[]){ low.path, low.path }, 2, "holds the same pages");
		close(low.fd);
		close(high.fd);
	}
}

/* Ctrl-C while the bits before a page are counted says nothing about the page. */
static void interrupted_counting_loses_no_page(void **state)
{
	uint8_t page[PAGE];
	struct bytes b = new_kdump(5, 0, 0);
	bytes_put32(&b, 440, 8192);
	bytes_put(&b, 3 * PAGE + 5000 / 8, "\x01", 1);
	put_descriptor(&b, 6, 6 * PAGE, PAGE, 0);
	memset(page, 'i', PAGE);
	bytes_put(&b, 6 * PAGE, page, PAGE);
	struct iq_dump *dump = open_dump((const char *[]){ b.path }, 1);
	iq_interrupt_set(true);
	struct iq_error *error = iq_dump_read(dump, 5000 * PAGE, page, 1);
	iq_interrupt_set(false);
	assert_true(iq_error_is(error, IQ_ERROR_INTERRUPTED));
	iq_error_free(error);
	assert_null(iq_dump_read(dump, 5000 * PAGE, page, 1));
	assert_int_equal(page[0], 'i');
	iq_dump_close(dump);
	close(b.fd);
}

/* A set of more files than there are pages to share out: where an empty one begins does not matter. */
static void split_set_with_an_empty_file(void **state)
{
	uint8_t page[PAGE];
	struct bytes files[] = { new_kdump(6, 0, 3), new_kdump(6, 3, 64), new_kdump(6, 3, 3) };
	memset(page, 'x', PAGE);
	for (unsigned i = 0; i < 2; i++) {
		bytes_put(&files[i], 6 * PAGE, page, PAGE);
		for (unsigned n = 0; n < 3; n++)
			put_descriptor(&files[i], n, 6 * PAGE, PAGE, 0);
	}
	for (unsigned empty = 0; empty < 3; empty++) {
		const char *paths[3];
		for (unsigned i = 0; i < 3; i++)
			paths[(empty + i) % 3] = files[i].path;
		struct iq_dump *dump = open_dump(paths, 3);
		assert_int_equal(iq_dump_page_state(dump, 3 * PAGE), IQ_PAGE_PRESENT);
		assert_int_equal(iq_dump_page_state(dump, 2 * PAGE), IQ_PAGE_PRESENT);
		iq_dump_close(dump);
	}
	for (unsigned i = 0; i < 3; i++)
		close(files[i].fd);
}

static void elf_segments(void **state)
{
	struct bytes b = bytes_new();
	Elf64_Ehdr e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			 .e_type = ET_CORE,
			 .e_machine = EM_X86_64,
			 .e_phoff = sizeof(e),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = PN_XNUM,
			 .e_shoff = 1000,
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 1 };
	const Elf64_Phdr p[] = {
		{ .p_type = PT_NOTE, .p_offset = 1200, .p_filesz = 60 },
		{ .p_type = PT_LOAD,
		  .p_offset = PAGE,
		  .p_paddr = 4 * PAGE,
		  .p_filesz = PAGE,
		  .p_memsz = 3 * PAGE,
		  .p_vaddr = 0xffff888000004000 },
		{ .p_type = PT_LOAD, .p_offset = 2 * PAGE, .p_paddr = 0x1000, .p_filesz = 0xc00, .p_memsz = 0xc00 },
		{ .p_type = PT_LOAD,
		  .p_offset = PAGE + 16,
		  .p_paddr = 4 * PAGE + 16,
		  .p_filesz = 16,
		  .p_memsz = 16,
		  .p_vaddr = 0xffffffff81000000 },
		{ .p_type = PT_LOAD, .p_offset = 3 * PAGE, .p_paddr = UINT64_MAX, .p_filesz = PAGE, .p_memsz = PAGE },
		{ .p_type = PT_LOAD,
		  .p_offset = UINT64_MAX - 5,
		  .p_paddr = 0x100000,
		  .p_filesz = PAGE,
		  .p_memsz = PAGE },
		{ .p_type = PT_LOAD, .p_offset = 3 * PAGE, .p_paddr = 0x200000, .p_filesz = PAGE, .p_memsz = PAGE },
	};
	static const char text[] =
		"OSRELEASE=6.1\nPAGESIZE=4096\nNUMBER(x)=-1\nSYMBOL(y)=ffffffff81000000\nKERNELOFFSET=1e00\n";
	const Elf64_Shdr s = { .sh_info = sizeof(p) / sizeof(p[0]) };
	bytes_put(&b, 0, &e, sizeof(e));
	bytes_put(&b, sizeof(e), p, sizeof(p));
	bytes_put(&b, 1000, &s, sizeof(s));
	const Elf64_Nhdr note = { .n_namesz = 11, .n_descsz = sizeof(text) };
	Elf64_Phdr notes = p[0];
	notes.p_filesz = sizeof(note) + 12 + (sizeof(text) + 3) / 4 * 4;
	bytes_put(&b, sizeof(e), &notes, sizeof(notes));
	bytes_put(&b, 1200, &note, sizeof(note));
	bytes_put(&b, 1200 + sizeof(note), "VMCOREINFO", 11);
	bytes_put(&b, 1200 + sizeof(note) + 12, text, sizeof(text));
	uint8_t page[PAGE];
	memset(page, 'p', PAGE);
	bytes_put(&b, PAGE, page, PAGE);
	bytes_put(&b, 2 * PAGE, page, 0xc00); /* and there the file ends */
	struct iq_dump *dump = open_dump((const char *[]){ b.path }, 1);
	assert_true(iq_dump_info(dump)->truncated);
	assert_null(iq_dump_read(dump, 4 * PAGE, page, PAGE));
	assert_int_equal(page[20], 'p');
	assert_int_equal(iq_dump_page_state(dump, 5 * PAGE), IQ_PAGE_FILTERED); /* in memory, not in the file */
	assert_int_equal(iq_dump_page_state(dump, 7 * PAGE), IQ_PAGE_ABSENT);
	assert_int_equal(iq_dump_page_state(dump, 0x200000), IQ_PAGE_LOST);
	assert_int_equal(iq_dump_page_state(dump, 0x100000), IQ_PAGE_ABSENT);
	struct iq_error *error = iq_dump_read(dump, 0x1bf8, page, 16); /* a segment may end inside of a page */
	assert_int_equal(error->address, 0x1c00);
	iq_error_free(error);
	assert_null(iq_dump_read(dump, 0x1bf8, page, 8));
	const struct iq_dump_mapping *mappings;
	assert_int_equal(iq_dump_mappings(dump, &mappings), 2);
	assert_int_equal(mappings[0].virtual_address, 0xffff888000004000);
	uint64_t value;
	size_t length;
	const char *found;
	assert_true(iq_dump_vmcoreinfo_get(dump, "OSRELEASE", &found, &length));
	assert_memory_equal(found, "6.1", length);
	assert_true(iq_dump_vmcoreinfo_number(dump, "SYMBOL(y)", 16, &value));
	assert_int_equal(value, 0xffffffff81000000);
	assert_true(iq_dump_vmcoreinfo_number(dump, "NUMBER(x)", 10, &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(iq_dump_vmcoreinfo_number(dump, "OSRELEASE", 10, &value));
	assert_false(iq_dump_vmcoreinfo_get(dump, "SYMBOL(", &found, &length));
	iq_dump_close(dump);
	close(b.fd);
}

static void files_that_are_no_dumps(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *why;
	} files[] = {
		{ "", 0, "is an empty file" },
		{ "\x1f\x8b\x08\0", 4, "gzip" },
		{ "\x28\xb5\x2f\xfd\x04", 5, "zstd" },
		{ "hello\nworld\n", 12, "a text file" },
		{ "\x7f"
		  "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0",
		  20, "vmlinux" },
		{ "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2", 32, "version 2" },
		{ "\x01\x02\x03\x04\x05\x06", 6, "not a dump of any known format" },
		{ "\0hello\n", 7, "not a dump of any known format" },
		{ "KDUMP   \6\0\0\0", 12, "cut short" },
	};
	assert_fails((const char *[]){ "/" }, 1, "is a directory");
	assert_fails((const char *[]){ "/nowhere/at/all" }, 1, "No such file");
	assert_fails((const char *[]){ "/dev/null" }, 1, "character device");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct bytes b = bytes_new();
		bytes_put(&b, 0, files[i].bytes, files[i].size);
		assert_fails((const char *[]){ b.path }, 1, files[i].why);
		close(b.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kdump_pages_and_states),
		cmocka_unit_test(split_sets),
		cmocka_unit_test(interrupted_counting_loses_no_page),
		cmocka_unit_test(split_set_with_an_empty_file),
		cmocka_unit_test(elf_segments),
		cmocka_unit_test(files_that_are_no_dumps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
