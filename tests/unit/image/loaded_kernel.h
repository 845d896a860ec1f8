/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A little kernel with three modules, a BPF program, a BPF trampoline, a dispatcher, an ftrace trampoline and a page of
 * kprobes, built in memory with the types to read it: struct module in either layout. For the tests of this room and
 * for fuzzing.
 */
#ifndef IQ_TESTS_LOADED_KERNEL_H
#define IQ_TESTS_LOADED_KERNEL_H

#include "../fake_target.h"
#include "../type/btf_builder.h"
#include "image/image.h"

#include <elf.h>

enum { MODULES = 3, DATA_SIZE = 0x4000, MODULE_SIZE = 0x8000, MODULE_AT = 0x1800, SYMBOLS = 6 };

static const uint64_t STEXT = UINT64_C(0xffffffff81000000), DATA = UINT64_C(0xffffffff81200000),
		      BTF = UINT64_C(0xffffffff81300000), AREA = UINT64_C(0xffffffffc0000000),
		      JITED = UINT64_C(0xffffffffc0100000);

/* Where things lie in DATA. */
enum {
	MODULES_HEAD = 0,
	BPF_HEAD = 0x10,
	FTRACE_HEAD = 0x20,
	KPROBE_CACHE = 0x30,
	PROGRAM = 0x100,
	TRAMPOLINE = 0x200,
	DISPATCHER = 0x300,
	OPS = 0x400,
	INSN_PAGE = 0x500,
	BPF_PROG = 0x600,
};

/* Where members lie. */
enum {
	LIST = 8,
	NAME = 24,
	MEM = 80,
	ARCH = 248,
	TAINTS = 272,
	KALLSYMS = 280,
	CORE_KALLSYMS = 288,
	BUILD_ID = 320,
	SECT_ATTRS = 344,
	MODULE_BYTES = 352,
	/* Where the list of sections lies, behind the module; its elements, and their names. */
	SECTIONS_AT = 0x1a00,
	ELEMENTS = 32,
	NAMES_AT = 0x1c00,
	POINTERS_AT = 0x1d00,
	SECTIONS = 3,
	KSYM_NAME = 16,
	KSYM_NODE = 80,
	KSYM_PROG = 96,
	KSYM_BYTES = 104,
};

struct loaded_kernel {
	struct iq_target target;
	struct iq_symbols *symbols;
	struct iq_types *types;
	struct iq_images *images;
	uint8_t data[DATA_SIZE], modules[MODULES * MODULE_SIZE];
	uint8_t *btf;
	size_t btf_size;
	bool new_layout;
};

static inline void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Sections as the kernel lists them for sysfs: counted until 6.13, by pointers since. */
static inline void build_section_types(struct builder *b, bool pointers, uint32_t pointer, uint32_t u32, uint32_t u64)
{
	uint32_t attribute = b_type(b, B_STRUCT, "attribute", false, 1, 16);
	b_member(b, "name", pointer, 0);
	uint32_t binary = b_type(b, B_STRUCT, "bin_attribute", false, 3, 32);
	b_member(b, "attr", attribute, 0);
	b_member(b, "size", u64, 128);
	b_member(b, "private", pointer, 192);
	uint32_t group = b_type(b, B_STRUCT, "attribute_group", false, 2, 24);
	b_member(b, "name", pointer, 0);
	b_member(b, "bin_attrs", pointer, 128);
	uint32_t element = binary;
	if (!pointers) {
		element = b_type(b, B_STRUCT, "module_sect_attr", false, 2, 40);
		b_member(b, "battr", binary, 0);
		b_member(b, "address", u64, 256);
	}
	uint32_t elements = b_array(b, element, 0);
	b_type(b, B_STRUCT, "module_sect_attrs", false, pointers ? 2 : 3, ELEMENTS);
	b_member(b, "grp", group, 0);
	if (!pointers)
		b_member(b, "nsections", u32, 192);
	b_member(b, "attrs", elements, ELEMENTS * 8);
}

static inline void build_types(struct loaded_kernel *k)
{
	struct builder *b = malloc(sizeof(*b));
	b_init(b, NULL);
	uint32_t u32 = b_int(b, "unsigned int", 4, 0), u64 = b_int(b, "unsigned long", 8, 0),
		 c = b_int(b, "char", 1, 0);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, 0);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", pointer, 0);
	b_member(b, "prev", pointer, 64);
	uint32_t kallsyms = b_type(b, B_STRUCT, "mod_kallsyms", false, 4, 32);
	b_member(b, "symtab", pointer, 0);
	b_member(b, "num_symtab", u32, 64);
	b_member(b, "strtab", pointer, 128);
	b_member(b, "typetab", pointer, 192);
	uint32_t memory = b_type(b, B_STRUCT, "module_memory", false, 2, 24);
	b_member(b, "base", pointer, 0);
	b_member(b, "size", u32, 64);
	uint32_t layout = b_type(b, B_STRUCT, "module_layout", false, 3, 24);
	b_member(b, "base", pointer, 0);
	b_member(b, "size", u32, 64);
	b_member(b, "text_size", u32, 96);
	uint32_t arch = b_type(b, B_STRUCT, "mod_arch_specific", false, 3, 24);
	b_member(b, "num_orcs", u32, 0);
	b_member(b, "orc_unwind_ip", pointer, 64);
	b_member(b, "orc_unwind", pointer, 128);
	uint32_t mem = b_array(b, memory, 7), name = b_array(b, c, 56), id = b_array(b, c, 20),
		 ksym_name = b_array(b, c, 64);
	b_type(b, B_STRUCT, "module", false, k->new_layout ? 10 : 11, MODULE_BYTES);
	b_member(b, "state", u32, 0);
	b_member(b, "list", list, LIST * 8);
	b_member(b, "name", name, NAME * 8);
	if (k->new_layout) {
		b_member(b, "mem", mem, MEM * 8);
	} else {
		b_member(b, "core_layout", layout, MEM * 8);
		b_member(b, "init_layout", layout, (MEM + 24) * 8);
	}
	b_member(b, "arch", arch, ARCH * 8);
	b_member(b, "taints", u64, TAINTS * 8);
	b_member(b, "kallsyms", pointer, KALLSYMS * 8);
	b_member(b, "core_kallsyms", kallsyms, CORE_KALLSYMS * 8);
	b_member(b, "build_id", id, BUILD_ID * 8);
	b_member(b, "sect_attrs", pointer, SECT_ATTRS * 8);
	build_section_types(b, k->new_layout, pointer, u32, u64);
	uint32_t ksym = b_type(b, B_STRUCT, "bpf_ksym", false, 5, KSYM_BYTES);
	b_member(b, "start", u64, 0);
	b_member(b, "end", u64, 64);
	b_member(b, "name", ksym_name, KSYM_NAME * 8);
	b_member(b, "lnode", list, KSYM_NODE * 8);
	b_member(b, "prog", c, KSYM_PROG * 8);
	static const char *const owners[] = { "bpf_prog_aux", "bpf_tramp_image", "bpf_dispatcher" };
	for (unsigned i = 0; i < 3; i++) {
		b_type(b, B_STRUCT, owners[i], false, 2, KSYM_BYTES + 8);
		b_member(b, "ksym", ksym, 64);
		b_member(b, "prog", pointer, 0);
	}
	b_type(b, B_STRUCT, "ftrace_ops", false, 3, 32);
	b_member(b, "trampoline", u64, 0);
	b_member(b, "trampoline_size", u64, 64);
	b_member(b, "list", list, 128);
	b_type(b, B_STRUCT, "kprobe_insn_cache", false, 1, 16);
	b_member(b, "pages", list, 0);
	b_type(b, B_STRUCT, "kprobe_insn_page", false, 2, 24);
	b_member(b, "list", list, 0);
	b_member(b, "insns", pointer, 128);
	b_close(b);
	k->btf = b_bytes(b, &k->btf_size);
	free(b);
}

/* Puts list_heads, in this order, behind a head; all in memory at `bytes` for `base`, the others found by `where`. */
static inline uint8_t *where(struct loaded_kernel *k, uint64_t address)
{
	return address >= AREA ? k->modules + (address - AREA) : k->data + (address - DATA);
}

static inline void link_list(struct loaded_kernel *k, uint64_t head, const uint64_t *entries, size_t count)
{
	uint64_t before = head;
	for (size_t i = 0; i <= count; i++) {
		uint64_t at = i < count ? entries[i] : head;
		put64(where(k, before), at);
		put64(where(k, at) + 8, before);
		before = at;
	}
}

static inline uint64_t module_base(unsigned i)
{
	return AREA + (uint64_t)i * MODULE_SIZE;
}

static inline uint64_t module_list(unsigned i)
{
	return module_base(i) + MODULE_AT + LIST;
}

/* .text, .data, and .init.text, which is no more. */
static inline void build_sections(struct loaded_kernel *k, uint64_t base)
{
	static const char *const names[SECTIONS] = { ".text", ".data", ".init.text" };
	const uint64_t addresses[SECTIONS] = { base, base + 0x1000, AREA + 0x80000 };
	uint64_t list = base + SECTIONS_AT, element_size = k->new_layout ? 32 : 40;
	put64(where(k, base + MODULE_AT + SECT_ATTRS), list);
	put64(where(k, list) + 16, base + POINTERS_AT);
	put32(where(k, list) + 24, k->new_layout ? 0 : SECTIONS);
	for (unsigned i = 0; i < SECTIONS; i++) {
		uint64_t element = list + ELEMENTS + i * element_size, name = base + NAMES_AT + i * 16;
		snprintf((char *)where(k, name), 16, "%s", names[i]);
		put64(where(k, element), name);
		put64(where(k, element) + (k->new_layout ? 24 : 32), addresses[i]);
		put64(where(k, base + POINTERS_AT) + i * 8, element);
	}
}

/* Text of 0x1000 bytes, then data of 0x2000 that begins with the symbol table and holds the struct module. */
static inline void build_module(struct loaded_kernel *k, unsigned i)
{
	static const char strings[] = "\0entry\0helper\0table\0gone\0";
	static const char types[SYMBOLS] = "?ttdU?";
	uint64_t base = module_base(i), data = base + 0x1000;
	uint8_t *bytes = where(k, base), *module = bytes + MODULE_AT;
	Elf64_Sym symbols[SYMBOLS] = {
		[1] = { .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1, .st_value = base },
		[2] = { .st_name = 7,
			.st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
			.st_shndx = 1,
			.st_value = base + 0x40 },
		[3] = { .st_name = 14,
			.st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
			.st_shndx = 2,
			.st_value = data + 0x900 },
		[4] = { .st_name = 20 }, /* undefined */
		[5] = { .st_name = 0, .st_shndx = 1, .st_value = base + 0x80 },
	};
	memcpy(bytes + 0x1000, symbols, sizeof(symbols));
	memcpy(bytes + 0x1400, strings, sizeof(strings));
	memcpy(bytes + 0x1400 + sizeof(strings), types, sizeof(types));
	snprintf((char *)module + NAME, 56, "mod%u", i);
	if (k->new_layout) {
		put64(module + MEM, base);
		put32(module + MEM + 8, 0x1000);
		put64(module + MEM + 24, data);
		put32(module + MEM + 24 + 8, 0x2000);
	} else {
		put64(module + MEM, base);
		put32(module + MEM + 8, 0x3000);
		put32(module + MEM + 12, 0x1000);
	}
	put32(module + ARCH, 7);
	put64(module + ARCH + 8, data + 0x1100);
	put64(module + ARCH + 16, data + 0x1200);
	put64(module + TAINTS, 1 << 12 | 1 << 13);
	put64(module + KALLSYMS, base + MODULE_AT + CORE_KALLSYMS);
	put64(module + CORE_KALLSYMS, data);
	put32(module + CORE_KALLSYMS + 8, SYMBOLS);
	put64(module + CORE_KALLSYMS + 16, data + 0x400);
	put64(module + CORE_KALLSYMS + 24, data + 0x400 + sizeof(strings));
	memset(module + BUILD_ID, 0xa0 + (int)i, 20);
	build_sections(k, base);
}

static inline void build_ksym(struct loaded_kernel *k, uint64_t at, uint64_t start, uint64_t size, const char *name,
			      bool program)
{
	uint8_t *ksym = k->data + at + 8;
	put64(k->data + at, DATA + BPF_PROG);
	put64(ksym, start);
	put64(ksym + 8, start + size);
	snprintf((char *)ksym + KSYM_NAME, 64, "%s", name);
	ksym[KSYM_PROG] = program;
}

static inline void build_memory(struct loaded_kernel *k)
{
	uint64_t modules[MODULES];
	for (unsigned i = 0; i < MODULES; i++) {
		build_module(k, i);
		modules[i] = module_list(i);
	}
	link_list(k, DATA + MODULES_HEAD, modules, MODULES);
	build_ksym(k, PROGRAM, JITED + 0x688, 59, "bpf_prog_fd7130037acd7d98_call_kfunc", true);
	build_ksym(k, TRAMPOLINE, JITED + 0x1000, 4096, "bpf_trampoline_6442529157", false);
	build_ksym(k, DISPATCHER, JITED + 0x2000, 4096, "bpf_dispatcher_xdp", false);
	const uint64_t ksyms[] = { DATA + PROGRAM + 8 + KSYM_NODE, DATA + TRAMPOLINE + 8 + KSYM_NODE,
				   DATA + DISPATCHER + 8 + KSYM_NODE };
	link_list(k, DATA + BPF_HEAD, ksyms, 3);
	put64(k->data + OPS, JITED + 0x4000);
	put64(k->data + OPS + 8, 340);
	const uint64_t ops = DATA + OPS + 16, page = DATA + INSN_PAGE;
	link_list(k, DATA + FTRACE_HEAD, &ops, 1);
	put64(k->data + INSN_PAGE + 16, JITED + 0x6000);
	link_list(k, DATA + KPROBE_CACHE, &page, 1);
}

/* After this the memory may be damaged before open_kernel(). */
static inline struct loaded_kernel *build_kernel(bool new_layout)
{
	struct loaded_kernel *k = calloc(1, sizeof(*k));
	fake_init(&k->target);
	k->new_layout = new_layout;
	k->target.layout.direct_map = 1;
	build_types(k);
	build_memory(k);
	fake_add(&k->target, DATA, k->data, sizeof(k->data));
	fake_add(&k->target, AREA, k->modules, sizeof(k->modules));
	fake_add(&k->target, BTF, k->btf, k->btf_size);
	return k;
}

static inline struct iq_error *open_kernel(struct loaded_kernel *k)
{
	const struct iq_symbol symbols[] = {
		{ .name = "_stext", .address = STEXT, .type = 'T' },
		{ .name = "_etext", .address = STEXT + 0x100000, .type = 'T' },
		{ .name = "modules", .address = DATA + MODULES_HEAD, .type = 'd' },
		{ .name = "bpf_kallsyms", .address = DATA + BPF_HEAD, .type = 'd' },
		{ .name = "ftrace_ops_trampoline_list", .address = DATA + FTRACE_HEAD, .type = 'd' },
		{ .name = "kprobe_insn_slots", .address = DATA + KPROBE_CACHE, .type = 'd' },
		{ .name = "__start_BTF", .address = BTF, .type = 'R' },
		{ .name = "__stop_BTF", .address = BTF + k->btf_size, .type = 'R' },
	};
	struct iq_symbol_source *source;
	k->types = iq_types_new(&k->target.diag);
	IQ_TRY(iq_symbols_new(&k->target, &k->symbols));
	IQ_TRY(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, symbols, IQ_ARRAY_SIZE(symbols), &source));
	IQ_TRY(iq_symbols_add(k->symbols, source));
	IQ_TRY(iq_images_open(&k->target, k->symbols, k->types, NULL, &k->images));
	iq_strbuf_truncate(&k->target.warnings, 0); /* that there is no kallsyms */
	return NULL;
}

static inline void close_kernel(struct loaded_kernel *k)
{
	iq_types_free(k->types);
	iq_images_close(k->images);
	iq_symbols_free(k->symbols);
	fake_free(&k->target);
	free(k->btf);
	free(k);
}

#endif
