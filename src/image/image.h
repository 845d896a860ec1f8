/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is loaded: vmlinux itself, modules, JITed BPF programs, trampolines. This room finds each in the dump's memory
 * and registers its symbols, types and unwind tables; what the things do is other rooms' business.
 */
#ifndef IQ_IMAGE_IMAGE_H
#define IQ_IMAGE_IMAGE_H

#include "host/debuginfo.h"
#include "symbol/symbol.h"
#include "target/target.h"
#include "type/dwarf.h"
#include "type/type.h"

struct iq_images;

enum iq_image_kind {
	IQ_IMAGE_VMLINUX,
	IQ_IMAGE_MODULE,
	IQ_IMAGE_BPF_PROGRAM, /* struct bpf_prog's JITed image */
	IQ_IMAGE_BPF_TRAMPOLINE,
	IQ_IMAGE_BPF_DISPATCHER,
	IQ_IMAGE_BPF_STRUCT_OPS, /* a trampoline from a kernel's table of functions into a program; no object */
	IQ_IMAGE_FTRACE_TRAMPOLINE,
	IQ_IMAGE_KPROBE_PAGE, /* copied instructions of kprobes, or optimised kprobes' detours */
};

/* An ORC table in memory: `count` addresses at ip (int32, relative to their own place) and as many entries of
 * `entry_size` at orc. */
struct iq_orc_table {
	uint64_t ip, orc;
	uint64_t count;
	/* vmlinux' lookup table, 0 elsewhere: orc_lookup, block size 256 bytes from lookup_start */
	uint64_t lookup, lookup_end, lookup_start;
};

enum { IQ_IMAGE_MAX_RANGES = 16 };

struct iq_image {
	enum iq_image_kind kind;
	const char *name; /* "vmlinux", "nf_conntrack", "bpf_prog_<tag>_<name>", "bpf_trampoline_123" */
	uint64_t object;  /* struct module, bpf_prog, bpf_tramp_image, bpf_dispatcher, ftrace_ops, kprobe_insn_page: its
			   * address; 0 for vmlinux */
	/* Of what `mod` shows: core/text base and the sum of the parts; the code's for JITed images. */
	uint64_t base, size;
	struct iq_symbol_range ranges[IQ_IMAGE_MAX_RANGES]; /* everything it occupies */
	unsigned range_count;
	struct iq_symbol_range text[2]; /* the executable parts: core and init */
	struct iq_orc_table orc;
	/* Its BTF in memory, and its build-id. 0: none, or, for modules, iq_images_modules() was not called yet. */
	uint64_t btf, btf_size;
	uint8_t build_id[64];
	size_t build_id_size;
	unsigned state;  /* enum module_state: 0 live, 1 coming, 2 going, 3 unformed */
	char taints[32]; /* letters as in /proc/modules: "OE" */
};

struct iq_images_options {
	const char *vmlinux; /* a vmlinux given on the command line; NULL: none */
	/* Where DWARF may lie; copied. NULL: nowhere but in `vmlinux`. */
	const struct iq_debuginfo_options *debuginfo;
	const char *cache; /* directory for iq_dwarf_open()'s indexes; NULL: none */
};

/* Finds vmlinux' symbols (kallsyms, or the given file) and BTF, registers them in `symbols` and `types`, and arranges
 * that modules and JITed code are added on first need. Borrows everything. A kernel without kallsyms or BTF is not an
 * error. */
struct iq_error *iq_images_open(struct iq_target *target, struct iq_symbols *symbols, struct iq_types *types,
				const struct iq_images_options *options, struct iq_images **out);
void iq_images_close(struct iq_images *images);
void iq_images_closep(struct iq_images **images);

/* vmlinux' own record; never NULL. */
const struct iq_image *iq_images_vmlinux(struct iq_images *images);

/* All modules in the kernel's list order; loads them on first use. Damage is reported and what was found is given. */
struct iq_error *iq_images_modules(struct iq_images *images, const struct iq_image *const **modules, size_t *count);

/* All JITed BPF code and ftrace trampolines, by address. */
struct iq_error *iq_images_jited(struct iq_images *images, const struct iq_image *const **list, size_t *count);

/* "6.1.0-47-amd64", as it names directories and packages: of vmcoreinfo, else of init_uts_ns; NULL: not known. */
const char *iq_images_release(struct iq_images *images);

/* The DWARF of vmlinux or of a module: looked for and opened on the first question, which costs a few milliseconds; the
 * answer is kept. Its types are registered where the image has no BTF. IQ_ERROR_NOT_FOUND when there is none; whatever
 * else went wrong has been warned of, once. */
struct iq_error *iq_image_dwarf(struct iq_images *images, const struct iq_image *image, struct iq_dwarf **out);

/* The same if it was opened before; NULL if not. */
struct iq_dwarf *iq_image_open_dwarf(struct iq_images *images, const struct iq_image *image);

/* Where it was looked for, for `debuginfo`. Fills *out, which the caller frees. */
struct iq_error *iq_image_find_debuginfo(struct iq_images *images, const struct iq_image *image,
					 struct iq_debuginfo *out);

/* The sections of a loaded module (struct module.sect_attrs), fetched from the dump; names and array belong to the
 * image. Sections that are no more (of its start) are left out. */
struct iq_error *iq_image_sections(struct iq_images *images, const struct iq_image *image,
				   const struct iq_dwarf_section **sections, size_t *count);

/* The image whose executable part holds `address`; NULL if none does. */
const struct iq_image *iq_image_at(struct iq_images *images, uint64_t address);

#endif
