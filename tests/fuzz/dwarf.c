// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DWARF: an ELF file, whose debug sections are what is mutated. Everything is asked of some addresses in its code:
 * lines, scopes, variables with their types and places, call frames; and of every name in it.
 *
 * The seeds, by gcc 12.2 and clang 14 from tests/fuzz/seeds/dwarf.c, N 4 and 5 (clang has no .debug_aranges):
 *   CC -O2 -gdwarf-N -ffreestanding -fno-pic -mcmodel=kernel -fno-asynchronous-unwind-tables -c -o s.o dwarf.c
 *   objcopy -R .comment -R .note.GNU-stack s.o CC-N.o
 *   ld -e caller -Ttext=0xffffffff81000000 -z noseparate-code -z max-page-size=16 -o s.exe s.o
 *   objcopy --strip-all --keep-section='.debug*' s.exe CC-N.elf
 * gcc-eh.elf is gcc-5.elf without -fno-asynchronous-unwind-tables: .eh_frame in place of .debug_frame.
 */
#include "type/dwarf.h"
#include "util/cleanup.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint64_t VMLINUX = UINT64_C(0xffffffff81000000), MODULE = UINT64_C(0xffffffffc0000000);
enum { CODE = 0xd0, STEP = 7, MAX_ASKED = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

struct run {
	struct iq_dwarf *dwarf;
	uint64_t pc, text;
	unsigned asked, depth;
	const struct iq_scope *scope;
};

static bool get_reg(void *context, unsigned number, uint64_t *value)
{
	*value = 0xffff888000001000 + number * 64;
	return number != 2;
}

static bool get_cfa(void *context, uint64_t *value)
{
	*value = 0xffff888000002000;
	return true;
}

static struct iq_error *read_zeros(void *context, uint64_t address, void *buffer, size_t length)
{
	if (address % 5 == 4)
		return iq_error_new(IQ_ERROR_MEMORY, "not there");
	memset(buffer, (int)(address & 0x7f), length);
	return NULL;
}

static bool get_caller(void *context, struct iq_dwarf **dwarf, struct iq_dwarf_machine *machine, uint64_t *call_pc)
{
	struct run *run = context;
	*dwarf = run->dwarf;
	*call_pc = run->text + (run->pc - run->text + ++run->depth * 29) % CODE;
	*machine = (struct iq_dwarf_machine){ *call_pc - 1, get_reg, get_cfa, read_zeros, get_caller, run };
	return true;
}

static void ask_type(struct iq_type type)
{
	struct iq_type_info info;
	struct iq_strbuf text = { 0 };
	uint64_t size;
	iq_type_declare(type, "x", &text);
	iq_error_free(iq_type_size(type, &size));
	if (!iq_failed(iq_type_info(type, &info))) {
		for (uint32_t n = 0; n < info.count && n < 8; n++) {
			struct iq_type_member member;
			if (!iq_failed(iq_type_member_at(type, n, &member)))
				iq_type_declare(member.type, member.name ? member.name : "", &text);
		}
	}
	iq_strbuf_free(&text);
}

static struct iq_error *ask_variable(void *context, const struct iq_dwarf_variable *variable)
{
	struct run *run = context;
	_cleanup_(iq_location_free) struct iq_location location = { 0 };
	struct iq_dwarf_machine machine = { run->pc, get_reg, get_cfa, read_zeros, get_caller, run };
	run->depth = 0;
	if (run->asked++ > MAX_ASKED)
		return iq_error_new(IQ_ERROR_LIMIT, "enough");
	if (variable->type.source)
		ask_type(variable->type);
	IQ_TRY(iq_dwarf_locate(run->dwarf, variable, run->scope, &machine, &location));
	if (location.kind == IQ_LOCATION_NONE && !location.reason)
		abort();
	return NULL;
}

static struct iq_error *count_row(void *context, uint64_t address, const struct iq_source_line *line)
{
	return ++*(unsigned *)context > 1000 ? iq_error_new(IQ_ERROR_LIMIT, "enough") : NULL;
}

static void ask_address(struct run *run)
{
	struct iq_source_line line;
	struct iq_scopes scopes = { 0 };
	struct iq_cfi cfi;
	iq_error_free(iq_dwarf_line(run->dwarf, run->pc, &line));
	iq_error_free(iq_dwarf_cfi(run->dwarf, run->pc, &cfi));
	if (!iq_failed(iq_dwarf_scopes(run->dwarf, run->pc, &scopes))) {
		for (size_t i = 0; i < scopes.count && i < 4; i++) {
			run->scope = &scopes.data[i];
			run->asked = 0;
			iq_error_free(iq_dwarf_variables(run->dwarf, run->scope, run->pc, ask_variable, run));
		}
	}
	iq_scopes_free(&scopes);
}

static void ask_names(struct iq_dwarf *dwarf)
{
	static const char *const names[] = { "sink", "calls", "caller", "callee", "inlined" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		struct iq_type type;
		struct iq_source_line line;
		uint64_t address;
		if (!iq_failed(iq_dwarf_global(dwarf, names[i], 0, &type, &address)) && type.source)
			ask_type(type);
		if (!iq_failed(iq_dwarf_function(dwarf, names[i], &type, &line, &address)) && type.source)
			ask_type(type);
	}
}

static void ask_everything(const char *path, bool module)
{
	static const struct iq_dwarf_section sections[] = { { ".text", MODULE }, { ".data", MODULE + 0x1000 } };
	_cleanup_(iq_types_freep) struct iq_types *types = iq_types_new(NULL);
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = NULL;
	struct iq_dwarf_options options = { .path = path, .types = types };
	if (module) {
		options.module = "module";
		options.sections = sections;
		options.section_count = IQ_ARRAY_SIZE(sections);
	}
	if (!types || iq_failed(iq_dwarf_open(&options, &dwarf)))
		return;
	struct run run = { .dwarf = dwarf, .text = module ? MODULE : VMLINUX };
	unsigned rows = 0;
	for (unsigned offset = 0; offset < CODE; offset += STEP) {
		run.pc = run.text + offset;
		ask_address(&run);
	}
	iq_error_free(iq_dwarf_each_line(dwarf, run.text, run.text + CODE, count_row, &rows));
	ask_names(dwarf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int file = memfd_create("dwarf", MFD_CLOEXEC);
	if (size > sizeof(Elf64_Ehdr) && write(file, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
		ask_everything(path, ((const Elf64_Ehdr *)data)->e_type == ET_REL);
	}
	close(file);
	return 0;
}

/* The n-th section that is read: debug sections and their relocations; NULL behind the last. */
static const Elf64_Shdr *debug_section(const uint8_t *data, size_t size, unsigned n)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)data;
	if (size < sizeof(*header) || header->e_shoff > size || header->e_shoff % 8 ||
	    (size - header->e_shoff) / sizeof(Elf64_Shdr) < header->e_shnum)
		return NULL;
	const Elf64_Shdr *sections = (const Elf64_Shdr *)(data + header->e_shoff);
	for (unsigned i = 1; i < header->e_shnum; i++) {
		bool wanted = (sections[i].sh_type == SHT_PROGBITS && !(sections[i].sh_flags & SHF_ALLOC)) ||
			      sections[i].sh_type == SHT_RELA;
		if (wanted && sections[i].sh_size && sections[i].sh_offset < size &&
		    sections[i].sh_size <= size - sections[i].sh_offset && !n--)
			return &sections[i];
	}
	return NULL;
}

/* Nine times of ten inside one debug section, which keeps its size: elsewhere libelf refuses the file at once. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	unsigned count = 0;
	while (debug_section(data, size, count))
		count++;
	if (!count || seed % 10 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	const Elf64_Shdr *section = debug_section(data, size, seed / 10 % count);
	uint64_t length = section->sh_size, at = section->sh_offset;
	uint64_t from = seed / 640 % length, most = IQ_MIN(length - from, 16 + seed / 7 % 64);
	LLVMFuzzerMutate(data + at + from, most, most);
	return size;
}
