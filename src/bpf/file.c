// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/file.h"
#include "bpf/internal.h"

/* What names the objects. A program's id and name are its aux's. */
static const struct kind {
	enum iq_file_kind kind;
	const char *object, *named; /* the struct, and the one that has its id and name */
	const char *type, *enumeration, *prefix;
} kinds[] = {
	{ IQ_FILE_BPF_PROG, "bpf_prog", "bpf_prog_aux", "type", "bpf_prog_type", "BPF_PROG_TYPE_" },
	{ IQ_FILE_BPF_MAP, "bpf_map", "bpf_map", "map_type", "bpf_map_type", "BPF_MAP_TYPE_" },
	{ IQ_FILE_BPF_LINK, "bpf_link", "bpf_link", "type", "bpf_link_type", "BPF_LINK_TYPE_" },
	{ IQ_FILE_BTF, "btf", "btf", NULL, NULL, NULL },
};

static struct iq_error *fill(struct iq_bpf *bpf, const struct kind *kind, uint64_t address, struct iq_bpf_file *out)
{
	uint64_t type, named = address;
	if (kind->kind == IQ_FILE_BPF_PROG)
		IQ_TRY(iq_b_get(bpf, address, "bpf_prog", "aux", &named));
	IQ_TRY(iq_b_get32(bpf, named, kind->named, "id", &out->id));
	if (kind->type) {
		IQ_TRY(iq_b_get(bpf, address, kind->object, kind->type, &type));
		iq_bpf_enum_name(bpf, kind->enumeration, kind->prefix, type, out->type, sizeof(out->type));
	}
	/* Links have no names, a program's BTF has had one since 5.11. */
	if (!iq_b_has(bpf, kind->named, "name"))
		return NULL;
	return iq_get_string(bpf->target, bpf->types, named, kind->named, "name", out->name, sizeof(out->name));
}

struct iq_error *iq_bpf_file_read(struct iq_bpf *bpf, enum iq_file_kind kind, uint64_t address, struct iq_bpf_file *out)
{
	*out = (struct iq_bpf_file){ 0 };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kind == kind)
			return fill(bpf, &kinds[i], address, out);
	}
	return iq_error_new(IQ_ERROR_ARGUMENT, "the file is not one of BPF");
}
