/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IQ_IMAGE_INTERNAL_H
#define IQ_IMAGE_INTERNAL_H

#include "image/image.h"
#include "util/vec.h"

struct iq_text_place {
	uint64_t start, end;
	const struct iq_image *image;
};

/* What is loaded beside vmlinux is looked for in this order, each kind when the ones before it don't answer. */
enum iq_image_stage { IQ_STAGE_MODULES, IQ_STAGE_BPF, IQ_STAGE_FTRACE, IQ_STAGE_KPROBES, IQ_STAGE_DONE };

/* A JITed image whose owner is not yet known. */
struct iq_ksym {
	struct iq_image *image;
	uint64_t address; /* of its struct bpf_ksym */
};

/* What is known of an image's DWARF: asked for once. */
struct iq_image_debug {
	const struct iq_image *image;
	IQ_VEC(struct iq_dwarf_section) sections; /* names are owned */
	bool sections_read, asked;
	struct iq_error *sections_error, *error; /* how it went, told again each time */
	struct iq_dwarf *dwarf;
};

struct iq_images {
	struct iq_target *target; /* borrowed, like the next two */
	struct iq_symbols *symbols;
	struct iq_types *types;
	struct iq_image vmlinux;
	bool vmlinux_filled, module_types_loaded, module_ids_loaded;
	enum iq_image_stage stage; /* the next one */
	IQ_VEC(struct iq_ksym) ksyms;
	IQ_VEC(const struct iq_image *) modules;
	IQ_VEC(const struct iq_image *) jited;
	IQ_VEC(struct iq_text_place)
	places; /* of modules and JITed code, by start; they may overlap only where memory is damaged */
	bool places_sorted;
	char *given_vmlinux, *cache; /* paths; NULL: none */
	struct iq_debuginfo_options debuginfo;
	bool look_for_debuginfo; /* `debuginfo` was given */
	bool no_btf;             /* vmlinux has none, or none that can be read: types are DWARF's */
	struct iq_debuginfo_trees *trees;
	char release[65]; /* of the kernel, once it was asked for */
	bool release_asked;
	IQ_VEC(struct iq_image_debug *) debug;
};

static inline const struct iq_diag *iq_images_diag(const struct iq_images *images)
{
	return iq_target_diag(images->target);
}

/* vmlinux.c */
struct iq_error *iq_vmlinux_open(struct iq_images *images);
void iq_vmlinux_fill(struct iq_images *images);
/* The address of one of vmlinux' own symbols; false if it has none of this name. */
bool iq_vmlinux_symbol(struct iq_images *images, const char *name, uint64_t *address);
/* Copies [address, address + size) out of the dead machine into malloc'ed memory: a module's BTF, which is never more
 * than 64 MiB. */
struct iq_error *iq_read_btf(struct iq_images *images, uint64_t address, uint64_t size, uint8_t **bytes,
			     size_t *length);

/* module.c: fills images->modules. */
struct iq_error *iq_modules_load(struct iq_images *images);
/* module.c: finds the modules' BTF and registers it; their build-ids. */
struct iq_error *iq_modules_load_types(struct iq_images *images);
void iq_modules_load_ids(struct iq_images *images);

/* module_symbols.c: a source that reads the module's symbol table on the first question. `kallsyms` is the address of
 * its struct mod_kallsyms. Ranges are those of the image. */
struct iq_error *iq_module_symbols_new(struct iq_images *images, const struct iq_image *image, uint64_t kallsyms,
				       struct iq_symbol_source **out);

/* bpf.c, ftrace.c: add to images->jited. */
struct iq_error *iq_bpf_load(struct iq_images *images);
/* bpf.c: sets `object` of the images that came from a struct bpf_ksym. */
void iq_bpf_find_owners(struct iq_images *images);
struct iq_error *iq_ftrace_load(struct iq_images *images);
struct iq_error *iq_kprobes_load(struct iq_images *images);

/* images.c: makes a JITed image [start, end) with one symbol, registers it and adds it to images->jited. `module` as in
 * struct iq_symbol. Code that can't be (empty, over 16 MiB, not in kernel memory) is reported and left out.
 * *out (may be NULL) is the image, or NULL. */
struct iq_error *iq_jited_add(struct iq_images *images, enum iq_image_kind kind, const char *module, const char *name,
			      uint64_t object, uint64_t start, uint64_t end, struct iq_image **out);
/* Takes over a module's image, whose name is malloc'ed. */
struct iq_error *iq_images_take(struct iq_images *images, struct iq_image *image, bool module);
void iq_image_free(struct iq_image *image);
void iq_image_freep(struct iq_image **image);

/* object.c: one structure of the dead machine, read whole. */
struct iq_object {
	struct iq_types *types;
	const char *type; /* a literal: the type room keeps it */
	uint64_t address, size;
	uint8_t *bytes;
};

struct iq_error *iq_object_read(struct iq_images *images, const char *type, uint64_t address, struct iq_object *out);
void iq_object_free(struct iq_object *object);
/* A number or pointer by its path (a literal); false if this kernel's structure has no such member. */
bool iq_object_get(const struct iq_object *object, const char *path, uint64_t *value);
/* The bytes of a member and how many; NULL if there is none. */
const uint8_t *iq_object_bytes(const struct iq_object *object, const char *path, uint64_t *size);
/* The offset of a member in its structure; false if there is none. */
bool iq_member_offset(struct iq_images *images, const char *type, const char *path, uint64_t *offset);
/* Reads a number or pointer without the rest of its structure. */
struct iq_error *iq_member_read(struct iq_images *images, const char *type, const char *path, uint64_t address,
				uint64_t *value);

/* debuginfo.c */
struct iq_error *iq_images_take_options(struct iq_images *images, const struct iq_images_options *options);
/* Checks what the user named, once vmlinux' build-id is known. */
struct iq_error *iq_images_check_debuginfo(struct iq_images *images);
struct iq_error *iq_image_debug_of(struct iq_images *images, const struct iq_image *image, struct iq_image_debug **out);
void iq_images_free_debug(struct iq_images *images);
/* Another one with the same words. */
struct iq_error *iq_error_again(const struct iq_error *error);

/* sections.c: adds a section to what is known of an image; copies the name. */
struct iq_error *iq_section_add(struct iq_image_debug *debug, const char *name, uint64_t address);

/* section_symbols.c: adds the sections whose place the module's symbols tell, those of its file at `path`. */
struct iq_error *iq_sections_by_symbols(struct iq_images *images, struct iq_image_debug *debug, const char *path);

/* dwarf.c: on a kernel without BTF, adds the types of all modules whose DWARF is there. */
void iq_modules_add_dwarf(struct iq_images *images);

/* vmlinux.c: its build-id where vmcoreinfo tells none, out of its notes in memory. */
void iq_vmlinux_build_id(struct iq_images *images);

/* module_notes.c */
/* Takes the build-id out of the bytes of a note section. */
bool iq_notes_build_id(const uint8_t *bytes, size_t size, struct iq_image *image);
void iq_module_build_id(struct iq_images *images, const struct iq_object *module, struct iq_image *image);

/* Is this a name as the kernel gives them: 1 to `limit` - 1 printable ASCII characters without blanks? */
bool iq_plausible_name(const char *name, size_t limit);

#endif
