// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/internal.h"

#include "util/cleanup.h"

#include <string.h>

enum { PAGE = 4096 };

static const uint64_t MAX_BTF = UINT64_C(64) << 20;

bool iq_vmlinux_symbol(struct iq_images *images, const char *name, uint64_t *address)
{
	struct iq_symbol symbol;
	if (iq_failed(iq_symbol_by_name_in(images->symbols, NULL, name, &symbol)))
		return false;
	*address = symbol.address;
	return true;
}

struct iq_error *iq_read_btf(struct iq_images *images, uint64_t address, uint64_t size, uint8_t **bytes, size_t *length)
{
	if (!size || size > MAX_BTF)
		return iq_error_new(IQ_ERROR_FORMAT, "BTF at %#lx: %lu bytes can't be right", address, size);
	_cleanup_free_ uint8_t *copy = malloc(size);
	if (!copy)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(images->target, address, copy, size), "BTF"));
	*bytes = iq_steal(copy);
	*length = size;
	return NULL;
}

static struct iq_error *read_piece(void *context, uint64_t offset, void *buffer, size_t length)
{
	struct iq_images *images = context;
	return iq_error_prefix(iq_read(images->target, images->vmlinux.btf + offset, buffer, length), "vmlinux' BTF");
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* vmcoreinfo has BUILD-ID since 5.9 (0935288c6e00). */
static void read_build_id(struct iq_images *images)
{
	const char *text;
	size_t length;
	struct iq_image *image = &images->vmlinux;
	if (!iq_dump_vmcoreinfo_get(iq_target_dump(images->target), "BUILD-ID", &text, &length) || length % 2 ||
	    length / 2 > sizeof(image->build_id))
		return;
	for (size_t i = 0; i < length / 2; i++) {
		int high = hex_digit(text[i * 2]), low = hex_digit(text[i * 2 + 1]);
		if (high < 0 || low < 0)
			return;
		image->build_id[i] = (uint8_t)(high << 4 | low);
	}
	image->build_id_size = length / 2;
}

/* A pair of symbols around something; false unless both are there, in order, and not absurdly far apart. */
static bool between(struct iq_images *images, const char *start, const char *stop, uint64_t *from, uint64_t *to)
{
	return iq_vmlinux_symbol(images, start, from) && iq_vmlinux_symbol(images, stop, to) && *to > *from &&
	       *to - *from <= UINT64_C(1) << 30;
}

/* include/asm-generic/vmlinux.lds.h: NOTES */
void iq_vmlinux_build_id(struct iq_images *images)
{
	enum { MAX_NOTES = 64 * 1024 };
	uint64_t start, end;
	if (images->vmlinux.build_id_size || !between(images, "__start_notes", "__stop_notes", &start, &end) ||
	    end - start > MAX_NOTES)
		return;
	_cleanup_free_ uint8_t *bytes = malloc(end - start);
	if (bytes && !iq_failed(iq_read(images->target, start, bytes, end - start)))
		iq_notes_build_id(bytes, end - start, &images->vmlinux);
}

/* A kernel without BUILD-ID in vmcoreinfo: at least init_uts_ns must lie where vmcoreinfo says. */
static struct iq_error *check_place(struct iq_images *images, struct iq_symbol_source *source, const char *path)
{
	uint64_t wanted;
	struct iq_symbol symbol;
	if (images->vmlinux.build_id_size ||
	    !iq_dump_vmcoreinfo_number(iq_target_dump(images->target), "SYMBOL(init_uts_ns)", 16, &wanted))
		return NULL;
	if (!iq_failed(source->ops->by_address(source, wanted, &symbol)) && symbol.address == wanted &&
	    strcmp(symbol.name, "init_uts_ns") == 0)
		return NULL;
	return iq_error_new(IQ_ERROR_ARGUMENT, "%s is not the dump's kernel: its init_uts_ns is not at %#lx", path,
			    wanted);
}

static struct iq_error *open_file(struct iq_images *images, const char *path, struct iq_symbol_source **out)
{
	const struct iq_image *image = &images->vmlinux;
	IQ_TRY(iq_elf_symbols_open(path, iq_target_layout(images->target)->kaslr_offset, image->build_id,
				   image->build_id_size, out));
	struct iq_error *error = check_place(images, *out, path);
	if (error)
		(*out)->ops->free(*out);
	return error;
}

/* Where the BTF lies must be known before the type room is asked; its bytes are read as they are needed. */
static struct iq_error *open_btf(struct iq_images *images)
{
	uint64_t start, end;
	if (!between(images, "__start_BTF", "__stop_BTF", &start, &end))
		return NULL;
	if (end - start > MAX_BTF) {
		iq_warn(iq_images_diag(images), "vmlinux' BTF: %lu bytes at %#lx can't be right", end - start, start);
		return NULL;
	}
	images->vmlinux.btf = start;
	images->vmlinux.btf_size = end - start;
	return iq_types_add_btf_paged(images->types, NULL, end - start, (unsigned)(start % PAGE), read_piece, images,
				      NULL);
}

/* A kernel without kallsyms, or whose kallsyms is damaged: its debug information has the symbols, too. */
static struct iq_error *open_found(struct iq_images *images, struct iq_symbol_source **out)
{
	_cleanup_(iq_debuginfo_free) struct iq_debuginfo found = { 0 };
	IQ_TRY(iq_image_find_debuginfo(images, &images->vmlinux, &found));
	return found.path ? open_file(images, found.path, out) : NULL;
}

static struct iq_error *open_symbols(struct iq_images *images)
{
	struct iq_symbol_source *source = NULL;
	if (images->given_vmlinux) {
		IQ_TRY(open_file(images, images->given_vmlinux, &source));
	} else {
		struct iq_error *error = iq_kallsyms_open(images->target, &source);
		if (error) {
			struct iq_error *other = open_found(images, &source);
			if (iq_error_is(other, IQ_ERROR_ARGUMENT)) {
				iq_error_free(error);
				return other;
			}
			iq_warn_error(iq_images_diag(images), error);
			iq_warn_error(iq_images_diag(images), other);
		}
	}
	return source ? iq_symbols_add(images->symbols, source) : NULL;
}

struct iq_error *iq_vmlinux_open(struct iq_images *images)
{
	read_build_id(images);
	IQ_TRY(open_symbols(images));
	IQ_TRY(iq_images_check_debuginfo(images));
	IQ_TRY(open_btf(images));
	/* No BTF, or none that can be read. */
	struct iq_dwarf *dwarf;
	images->no_btf = !iq_types_available(images->types);
	if (images->no_btf)
		iq_error_free(iq_image_dwarf(images, &images->vmlinux, &dwarf));
	return NULL;
}

/* include/asm-generic/vmlinux.lds.h: ORC_UNWIND_TABLE; arch/x86/kernel/unwind_orc.c: LOOKUP_START_IP is _stext. */
static void find_orc(struct iq_images *images)
{
	struct iq_orc_table *orc = &images->vmlinux.orc;
	uint64_t ip_end, orc_start, orc_end, lookup_start;
	if (!between(images, "__start_orc_unwind_ip", "__stop_orc_unwind_ip", &orc->ip, &ip_end) ||
	    !between(images, "__start_orc_unwind", "__stop_orc_unwind", &orc_start, &orc_end)) {
		orc->ip = 0;
		return;
	}
	orc->count = (ip_end - orc->ip) / sizeof(int32_t);
	orc->orc = orc_start;
	if (iq_vmlinux_symbol(images, "_stext", &lookup_start) &&
	    between(images, "orc_lookup", "orc_lookup_end", &orc->lookup, &orc->lookup_end))
		orc->lookup_start = lookup_start;
	else
		orc->lookup = orc->lookup_end = 0;
}

static void set_bases(struct iq_images *images)
{
	static const char *const names[] = { "page_offset_base", "vmalloc_base", "vmemmap_base" };
	uint64_t values[3] = { 0 }, address;
	for (unsigned i = 0; i < 3; i++) {
		/* With KASLR off in the build they are constants, and no variables. */
		if (!iq_vmlinux_symbol(images, names[i], &address) ||
		    iq_failed(iq_read_u64(images->target, address, &values[i])) ||
		    !iq_is_kernel_address(images->target, values[i]))
			values[i] = 0;
	}
	iq_target_set_bases(images->target, values[0], values[1], values[2]);
}

void iq_vmlinux_fill(struct iq_images *images)
{
	struct iq_image *image = &images->vmlinux;
	if (images->vmlinux_filled)
		return;
	images->vmlinux_filled = true;
	const struct iq_layout *layout = iq_target_layout(images->target);
	uint64_t start, end;
	/* Should the addresses of some be lost: what comes next in the image, or before it, lets little else in. */
	static const char *const starts[] = { "_stext", "_text" }, *const ends[] = { "_etext", "__start_rodata",
										     "_sdata", "_end" };
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(starts) * IQ_ARRAY_SIZE(ends) && !image->text[0].end; i++) {
		if (between(images, starts[i / IQ_ARRAY_SIZE(ends)], ends[i % IQ_ARRAY_SIZE(ends)], &start, &end))
			image->text[0] = (struct iq_symbol_range){ start, end };
	}
	if (between(images, "_sinittext", "_einittext", &start, &end))
		image->text[1] = (struct iq_symbol_range){ start, end };
	if (!between(images, "_text", "_end", &start, &end)) {
		start = layout->text;
		end = layout->text_end;
	}
	image->base = start;
	image->size = end > start ? end - start : 0;
	if (image->size)
		image->ranges[image->range_count++] = (struct iq_symbol_range){ start, end };
	find_orc(images);
	set_bases(images);
}
