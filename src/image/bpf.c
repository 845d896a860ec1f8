// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JITed BPF code, by the kernel's own list of it (kernel/bpf/core.c: bpf_kallsyms): programs, each of their functions,
 * trampolines, dispatchers, struct_ops images. Since 5.7 (ce3aa9cc5109) the list holds struct bpf_ksym, names included;
 * before, programs only, linked by bpf_prog_aux.ksym_lnode.
 */
#include "image/internal.h"

#include "image/list.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PROGRAMS = 1 << 18, MAX_NAME = 512 };

static enum iq_image_kind kind_of(const char *name, bool program)
{
	if (program)
		return IQ_IMAGE_BPF_PROGRAM;
	/* 6.12: 7c8ce4ffb684 ("bpf: Add kernel symbol for struct_ops trampoline") */
	if (strncmp(name, "bpf__", 5) == 0)
		return IQ_IMAGE_BPF_STRUCT_OPS;
	return strncmp(name, "bpf_dispatcher_", 15) == 0 ? IQ_IMAGE_BPF_DISPATCHER : IQ_IMAGE_BPF_TRAMPOLINE;
}

/* What a bpf_ksym is a part of: the program itself, else the trampoline's or dispatcher's own structure. */
static uint64_t owner_of(struct iq_images *images, uint64_t ksym, enum iq_image_kind kind)
{
	uint64_t offset, program;
	switch (kind) {
	case IQ_IMAGE_BPF_PROGRAM:
		if (!iq_member_offset(images, "bpf_prog_aux", "ksym", &offset) ||
		    iq_failed(iq_member_read(images, "bpf_prog_aux", "prog", ksym - offset, &program)))
			return 0;
		return program;
	case IQ_IMAGE_BPF_DISPATCHER:
		return iq_member_offset(images, "bpf_dispatcher", "ksym", &offset) ? ksym - offset : 0;
	case IQ_IMAGE_BPF_STRUCT_OPS: return 0;
	default: return iq_member_offset(images, "bpf_tramp_image", "ksym", &offset) ? ksym - offset : 0;
	}
}

static struct iq_error *add_ksym(struct iq_images *images, uint64_t address)
{
	_cleanup_(iq_object_free) struct iq_object ksym = { 0 };
	uint64_t start, end, program = 0, size;
	IQ_TRY(iq_object_read(images, "bpf_ksym", address, &ksym));
	const char *name = (const char *)iq_object_bytes(&ksym, "name", &size);
	if (!name || !iq_object_get(&ksym, "start", &start) || !iq_object_get(&ksym, "end", &end))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct bpf_ksym has other members than known");
	iq_object_get(&ksym, "prog", &program);
	if (!iq_plausible_name(name, size))
		return iq_error_new(IQ_ERROR_FORMAT, "struct bpf_ksym at %#lx: its name is damaged", address);
	enum iq_image_kind kind = kind_of(name, program);
	struct iq_image *image;
	IQ_TRY(iq_jited_add(images, kind, "bpf", name, 0, start, end, &image));
	struct iq_ksym *kept = image ? iq_vec_push(&images->ksyms) : NULL;
	if (image && !kept)
		return iq_error_no_memory();
	if (kept)
		*kept = (struct iq_ksym){ image, address };
	return NULL;
}

void iq_bpf_find_owners(struct iq_images *images)
{
	iq_vec_foreach (ksym, &images->ksyms)
		ksym->image->object = owner_of(images, ksym->address, ksym->image->kind);
	iq_vec_free(&images->ksyms);
}

/* As bpf_get_prog_name() of those kernels: bpf_prog_<tag>_<name>. The name of a function out of BTF is cut to what
 * bpf_prog_aux.name keeps. */
static struct iq_error *add_program(struct iq_images *images, uint64_t address)
{
	_cleanup_(iq_object_free) struct iq_object aux = { 0 };
	_cleanup_(iq_object_free) struct iq_object program = { 0 };
	uint64_t at, function, length, tag_size, name_size = 0;
	IQ_TRY(iq_object_read(images, "bpf_prog_aux", address, &aux));
	if (!iq_object_get(&aux, "prog", &at))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct bpf_prog_aux has no member prog");
	IQ_TRY(iq_object_read(images, "bpf_prog", at, &program));
	const uint8_t *tag = iq_object_bytes(&program, "tag", &tag_size);
	const char *own = (const char *)iq_object_bytes(&aux, "name", &name_size);
	if (!tag || tag_size > 8 || !iq_object_get(&program, "bpf_func", &function) ||
	    !iq_object_get(&program, "jited_len", &length))
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "struct bpf_prog has other members than known");
	char name[MAX_NAME] = "bpf_prog_";
	size_t n = strlen(name);
	for (uint64_t i = 0; i < tag_size; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "%02x", tag[i]);
	if (own && name_size <= 64 && iq_plausible_name(own, name_size))
		snprintf(name + n, sizeof(name) - n, "_%s", own);
	return iq_jited_add(images, IQ_IMAGE_BPF_PROGRAM, "bpf", name, at, function, function + length, NULL);
}

struct iq_error *iq_bpf_load(struct iq_images *images)
{
	uint64_t head, offset;
	_cleanup_(iq_list_free) struct iq_list list = { 0 };
	if (!iq_vmlinux_symbol(images, "bpf_kallsyms", &head))
		return NULL; /* built without the JIT */
	bool ksyms = iq_member_offset(images, "bpf_ksym", "lnode", &offset);
	if (!ksyms && !iq_member_offset(images, "bpf_prog_aux", "ksym_lnode", &offset))
		return iq_error_new(IQ_ERROR_UNSUPPORTED,
				    "bpf_kallsyms: neither struct bpf_ksym.lnode nor bpf_prog_aux.ksym_lnode is known "
				    "here: BPF programs have no names");
	IQ_TRY(iq_list_read(images->target, head, MAX_PROGRAMS, "bpf_kallsyms", &list));
	for (size_t i = 0; i < list.entries.count; i++) {
		uint64_t entry = list.entries.data[i] - offset;
		struct iq_error *error = ksyms ? add_ksym(images, entry) : add_program(images, entry);
		if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_UNSUPPORTED))
			return error;
		iq_warn_error(iq_images_diag(images), iq_error_prefix(error, "bpf_kallsyms"));
	}
	return NULL;
}
