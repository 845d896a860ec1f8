// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -k: all machine code of BPF: what the kernel's own list of it (bpf_kallsyms) has, and the pages of struct_ops,
 * which that list has only since 6.12. */
#include "bpf/link.h"
#include "command/bpf.h"
#include "kernel/object.h"

#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

enum { MAX_DISPATCHER = 1024, PAGE = 4096 };

/* A program in a trampoline. */
struct entry {
	uint64_t image;    /* struct bpf_tramp_image */
	uint64_t function; /* what the trampoline hangs on */
	char hook[24];     /* "fentry" */
	uint32_t program;  /* 0: code of the kernel that runs programs */
};

struct images {
	const struct iq_bpf_shown *shown;
	struct iq_kernel *kernel;
	struct iq_target *target;
	struct iq_types *types;
	struct iq_map owners; /* address of a struct bpf_prog, or of an array of functions → the program's ID */
	struct iq_map pages;  /* of struct_ops → the map's ID */
	IQ_VEC(struct entry) entries;
	size_t count;
};

static void images_deinit(struct images *images)
{
	iq_map_free(&images->owners);
	iq_map_free(&images->pages);
	iq_vec_free(&images->entries);
}

/* What is damaged is told; the rest has its turn. */
static struct iq_error *tell(const struct images *images, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&images->shown->session->diag, error);
	return NULL;
}

static struct iq_error *see_program(void *context, uint32_t id, uint64_t address)
{
	struct images *images = context;
	struct iq_bpf_program program;
	struct iq_error *error = iq_bpf_program_listed(images->shown->bpf, id, address, &program);
	if (error)
		return tell(images, error);
	if (!iq_map_set(&images->owners, address, id) ||
	    (program.functions && !iq_map_set(&images->owners, program.functions, id)))
		return iq_error_no_memory();
	return NULL;
}

/* The pages where a struct_ops map has its trampolines. */
static struct iq_error *add_pages(struct images *images, const struct iq_bpf_map *map)
{
	uint64_t container, count = 1, first, page;
	IQ_TRY(iq_container_of(images->types, map->address, "bpf_struct_ops_map", "map", &container));
	/* 6.9: 187e2af05abe ("bpf: struct_ops supports more than one page for trampolines.") */
	if (iq_types_has_member(images->types, "bpf_struct_ops_map", "image")) {
		IQ_TRY(iq_member_address(images->types, container, "bpf_struct_ops_map", "image", &first));
	} else {
		IQ_TRY(iq_get(images->target, images->types, container, "bpf_struct_ops_map", "image_pages_cnt",
			      &count));
		IQ_TRY(iq_member_address(images->types, container, "bpf_struct_ops_map", "image_pages", &first));
	}
	for (uint64_t i = 0; i < IQ_MIN(count, 8); i++) {
		IQ_TRY(iq_read_u64(images->target, first + 8 * i, &page));
		if (page && !iq_map_set(&images->pages, page, map->id))
			return iq_error_no_memory();
	}
	return NULL;
}

static struct iq_error *see_map(void *context, uint32_t id, uint64_t address)
{
	struct images *images = context;
	struct iq_bpf_map map;
	struct iq_error *error = iq_bpf_map_listed(images->shown->bpf, id, address, &map);
	if (!error && strcmp(map.type_name, "struct_ops") == 0)
		error = iq_error_prefix(add_pages(images, &map), "BPF map %u", id);
	return tell(images, error);
}

/* What hangs on a trampoline. Facts: struct bpf_trampoline. Before e21aa341785c (5.12, in stable kernels too) it had no
 * struct bpf_tramp_image. */
static struct iq_error *see_attachment(void *context, const struct iq_bpf_attachment *attachment)
{
	struct images *images = context;
	uint64_t image, function;
	if (!attachment->object || !attachment->object_type || strcmp(attachment->object_type, "bpf_trampoline") != 0)
		return NULL;
	if (!iq_types_has_member(images->types, "bpf_trampoline", "cur_image"))
		return NULL;
	struct iq_error *error =
		iq_get(images->target, images->types, attachment->object, "bpf_trampoline", "cur_image", &image);
	if (!error)
		error = iq_get(images->target, images->types, attachment->object, "bpf_trampoline", "func.addr",
			       &function);
	if (error)
		return tell(images, error);
	struct entry *entry = iq_vec_push(&images->entries);
	if (!entry)
		return iq_error_no_memory();
	*entry = (struct entry){ image, function, "", attachment->program_id };
	snprintf(entry->hook, sizeof(entry->hook), "%s", attachment->hook);
	return NULL;
}

static void begin(struct images *images, const char *kind, uint64_t base, uint64_t size, const char *name)
{
	struct iq_out *out = images->shown->out;
	if (!images->count++)
		iq_text(out, "    ADDRESS          SIZE  KIND        NAME");
	iq_record_begin(out);
	iq_add_string(out, "kind", kind);
	iq_add_address(out, "address", base);
	iq_add_unsigned(out, "size", size);
	iq_add_string(out, "name", name);
}

static void end(struct images *images, const char *details)
{
	struct iq_out *out = images->shown->out;
	if (iq_out_is_text(out))
		iq_add_string(out, "details", details);
	iq_line(out, *details ? "{address} {size:8}  {kind:-10}  {name@symbol}  {details}"
			      : "{address} {size:8}  {kind:-10}  {name@symbol}");
	iq_end(out);
}

static void add_id(struct images *images, const char *key, bool known, uint64_t id, const char *why)
{
	if (known)
		iq_add_unsigned(images->shown->out, key, id);
	else
		iq_add_unavailable(images->shown->out, key, why);
}

static struct iq_error *show_program(struct images *images, const struct iq_image *image)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf details = { 0 };
	struct iq_bpf_program program = { 0 };
	uint64_t owner = 0;
	struct iq_error *error = iq_bpf_program_read(images->shown->bpf, image->object, &program);
	/* Up to 5.16 what the list has ends with the allocation, not with the code. */
	uint64_t size =
		!error && program.jited_len && program.jited_len < image->size ? program.jited_len : image->size;
	begin(images, program.is_function ? "function" : "program", image->base, size, image->name);
	iq_add_address(images->shown->out, "bpf_prog", image->object);
	bool known =
		!error && iq_map_get(&images->owners, program.is_function ? program.functions : image->object, &owner);
	add_id(images, "program_id", known, owner, error ? error->message : "it is in no list of programs");
	if (known)
		iq_strbuf_addf(&details, "program %lu", owner);
	if (program.is_function) {
		iq_add_unsigned(images->shown->out, "function", program.function_index);
		iq_strbuf_addf(&details, "%sfunction %u", known ? ", " : "", program.function_index);
	}
	iq_vec_foreach (entry, &images->entries) {
		if (entry->function != image->base || strcmp(entry->hook, "freplace") != 0)
			continue;
		iq_add_unsigned(images->shown->out, "replaced_by", entry->program);
		iq_strbuf_addf(&details, ", replaced by program %u", entry->program);
	}
	end(images, iq_strbuf_text(&details));
	return tell(images, error);
}

static void show_trampoline(struct images *images, const struct iq_image *image)
{
	struct iq_out *out = images->shown->out;
	_cleanup_(iq_strbuf_free) struct iq_strbuf details = { 0 };
	struct iq_symbol symbol;
	uint64_t function = 0;
	begin(images, "trampoline", image->base, image->size, image->name);
	iq_add_address(out, "bpf_tramp_image", image->object);
	iq_list_begin(out, "programs");
	iq_vec_foreach (entry, &images->entries) {
		if (!image->object || entry->image != image->object)
			continue;
		function = entry->function;
		iq_record_begin(out);
		iq_add_string(out, "hook", entry->hook);
		iq_add_unsigned(out, "program_id", entry->program);
		iq_end(out);
		iq_strbuf_addf(&details, details.length ? ", %s" : "%s", entry->hook);
		if (entry->program)
			iq_strbuf_addf(&details, " program %u", entry->program);
	}
	iq_end(out);
	if (function && !iq_failed(iq_symbol_at(iq_kernel_symbols(images->kernel), function, &symbol))) {
		iq_add_string(out, "of", symbol.name);
		iq_strbuf_addf(&details, " of %s", symbol.name);
	}
	end(images, iq_strbuf_text(&details));
}

/* The programs between which a dispatcher chooses. */
static struct iq_error *add_dispatched(struct images *images, uint64_t dispatcher, struct iq_strbuf *details)
{
	uint64_t first, size, program, id;
	struct iq_type_member programs;
	struct iq_type_info info;
	IQ_TRY(iq_types_member(images->types, "bpf_dispatcher", "progs", &programs));
	IQ_TRY(iq_type_info(programs.type, &info));
	IQ_TRY(iq_types_size(images->types, "bpf_dispatcher_prog", &size));
	first = dispatcher + programs.bit_offset / 8;
	for (uint64_t i = 0; i < IQ_MIN(info.count, (uint64_t)MAX_DISPATCHER); i++) {
		IQ_TRY(iq_get(images->target, images->types, first + i * size, "bpf_dispatcher_prog", "prog",
			      &program));
		if (!program)
			continue;
		if (!iq_map_get(&images->owners, program, &id))
			return iq_error_new(IQ_ERROR_FORMAT,
					    "struct bpf_dispatcher at %#lx is damaged: there is no program at %#lx",
					    dispatcher, program);
		iq_add_unsigned(images->shown->out, NULL, id);
		iq_strbuf_addf(details, details->length ? ",%lu" : "programs %lu", id);
	}
	return NULL;
}

static struct iq_error *show_dispatcher(struct images *images, const struct iq_image *image)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf details = { 0 };
	begin(images, "dispatcher", image->base, image->size, image->name);
	iq_add_address(images->shown->out, "bpf_dispatcher", image->object);
	iq_list_begin(images->shown->out, "program_ids");
	struct iq_error *error = image->object ? add_dispatched(images, image->object, &details) : NULL;
	iq_end(images->shown->out);
	end(images, iq_strbuf_text(&details));
	return tell(images, error);
}

/* The map that has its trampolines around an address. */
static bool find_page(const struct images *images, uint64_t address, uint64_t *map)
{
	for (size_t slot = 0; slot < images->pages.capacity; slot++) {
		const struct iq_map_slot *page = &images->pages.slots[slot];
		if (page->used && address >= page->key && address - page->key < PAGE) {
			*map = page->value;
			return true;
		}
	}
	return false;
}

static void show_struct_ops(struct images *images, uint64_t base, uint64_t size, const char *name)
{
	char details[32] = "";
	uint64_t map = 0;
	bool known = find_page(images, base, &map);
	begin(images, "struct_ops", base, size, name);
	add_id(images, "map_id", known, map, "no map has this page");
	if (known)
		snprintf(details, sizeof(details), "map %lu", map);
	end(images, details);
}

static struct iq_error *show_image(struct images *images, const struct iq_image *image)
{
	switch (image->kind) {
	case IQ_IMAGE_BPF_PROGRAM: return show_program(images, image);
	case IQ_IMAGE_BPF_DISPATCHER: return show_dispatcher(images, image);
	case IQ_IMAGE_BPF_STRUCT_OPS: show_struct_ops(images, image->base, image->size, image->name); return NULL;
	case IQ_IMAGE_BPF_TRAMPOLINE: show_trampoline(images, image); return NULL;
	default: return NULL;
	}
}

/* Pages of struct_ops without symbols. */
static void show_pages(struct images *images, const struct iq_image *const *list, size_t count)
{
	for (size_t slot = 0; slot < images->pages.capacity; slot++) {
		const struct iq_map_slot *page = &images->pages.slots[slot];
		bool named = false;
		for (size_t i = 0; i < count && page->used; i++)
			named = named || (list[i]->base >= page->key && list[i]->base - page->key < PAGE);
		if (page->used && !named)
			show_struct_ops(images, page->key, PAGE, NULL);
	}
}

struct iq_error *iq_bpf_show_images(const struct iq_bpf_shown *shown)
{
	_cleanup_(images_deinit) struct images images = { .shown = shown, .kernel = iq_bpf_kernel(shown->bpf) };
	const struct iq_image *const *list;
	size_t count;
	images.target = iq_kernel_target(images.kernel);
	images.types = iq_kernel_types(images.kernel);
	IQ_TRY(tell(&images, iq_bpf_each(shown->bpf, IQ_BPF_PROGRAMS, see_program, &images)));
	IQ_TRY(tell(&images, iq_bpf_each(shown->bpf, IQ_BPF_MAPS, see_map, &images)));
	IQ_TRY(tell(&images, iq_bpf_attachments_each(shown->bpf, see_attachment, &images)));
	IQ_TRY(iq_images_jited(iq_kernel_images(images.kernel), &list, &count));
	for (size_t i = 0; i < count; i++) {
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(show_image(&images, list[i]));
	}
	show_pages(&images, list, count);
	if (!images.count)
		iq_text(shown->out, "no machine code of BPF");
	return NULL;
}
