// SPDX-License-Identifier: GPL-2.0-or-later
/* BTF by its own numbers: what bpf_func_info, bpf_line_info and BTF ids in the kernel's structures refer to. */
#include "type/btf.h"
#include "util/cleanup.h"

#include <string.h>

/* The BTF of vmlinux or a module. */
static struct iq_error *btf_of(struct iq_types *types, const char *module, struct btf **out)
{
	if (module)
		iq_types_load_modules(types);
	iq_vec_foreach (each, &types->sources) {
		struct iq_type_source *source = *each;
		bool usable;
		if (module ? !source->module || strcmp(module, source->module) != 0 : source->module != NULL)
			continue;
		if (!btf_from_source(source))
			continue;
		IQ_TRY(iq_type_source_open(source, &usable));
		if (!usable)
			continue;
		*out = btf_from_source(source);
		return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no BTF of %s", module ? module : "vmlinux");
}

static struct iq_error *record_of_kind(struct btf *btf, uint32_t id, enum btf_kind kind, const char *what,
				       struct btf **owner, struct btf_record *record)
{
	IQ_TRY(btf_record(btf, id, owner, record));
	if (record->kind != kind)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: type %u is no %s", btf->label, id, what);
	return NULL;
}

struct iq_error *iq_btf_type(struct iq_types *types, const char *module, uint32_t id, struct iq_type *out)
{
	struct btf *btf;
	struct btf_record record;
	*out = (struct iq_type){ 0 };
	IQ_TRY(btf_of(types, module, &btf));
	if (!id)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: there is no type 0", btf->label);
	IQ_TRY(btf_record(btf, id, NULL, &record));
	if (!btf_is_type(record.kind))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: number %u is no type", btf->label, id);
	*out = btf_type_of(btf, id);
	return NULL;
}

struct iq_error *iq_btf_function(struct iq_types *types, const char *module, uint32_t id, const char **name,
				 struct iq_type *prototype)
{
	struct btf *btf, *owner;
	struct btf_record record;
	IQ_TRY(btf_of(types, module, &btf));
	IQ_TRY(record_of_kind(btf, id, BTF_FUNC, "function", &owner, &record));
	*prototype = btf_type_of(btf, record.size_or_type);
	return btf_string(owner, record.name, name);
}

struct iq_error *iq_btf_text(struct iq_types *types, const char *module, uint32_t offset, const char **out)
{
	struct btf *btf;
	*out = "";
	IQ_TRY(btf_of(types, module, &btf));
	if (btf->base && offset < btf->base->strings_size)
		btf = btf->base;
	else if (btf->base)
		offset -= btf->base->strings_size;
	if (offset >= btf->strings_size)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: string offset 0x%x leads out of the string section",
				    btf->label, offset);
	IQ_TRY(btf_bytes_need(&btf->bytes, btf->strings + offset, btf->strings_size - offset));
	const char *text = (const char *)btf->bytes.data + btf->strings + offset;
	if (!memchr(text, 0, btf->strings_size - offset))
		return iq_error_new(IQ_ERROR_FORMAT, "%s: the string at offset 0x%x has no end", btf->label, offset);
	*out = text;
	return NULL;
}

/* The n-th of 12 bytes each: number of the variable, offset, size. */
static struct iq_error *section_part(struct btf *btf, const struct btf_record *section, uint32_t n,
				     struct iq_type_variable *out)
{
	struct btf *owner;
	struct btf_record variable;
	const uint8_t *p = section->extra + 12 * (size_t)n;
	IQ_TRY(record_of_kind(btf, btf_u32(p), BTF_VAR, "variable", &owner, &variable));
	*out = (struct iq_type_variable){
		.type = btf_type_of(btf, variable.size_or_type),
		.offset = btf_u32(p + 4),
		.size = btf_u32(p + 8),
	};
	return btf_string(owner, variable.name, &out->name);
}

struct iq_error *iq_btf_section_variable(struct iq_types *types, const char *module, uint32_t id, uint32_t n,
					 struct iq_type_variable *out)
{
	struct btf *btf;
	struct btf_record section;
	IQ_TRY(btf_of(types, module, &btf));
	IQ_TRY(record_of_kind(btf, id, BTF_DATASEC, "section", &btf, &section));
	if (n >= section.vlen)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: section %u has %u variables", btf->label, id,
				    section.vlen);
	return section_part(btf, &section, n, out);
}

struct iq_error *iq_btf_section_at(struct iq_types *types, const char *module, uint32_t id, uint64_t offset,
				   struct iq_type_variable *out)
{
	struct btf *btf;
	struct btf_record section;
	IQ_TRY(btf_of(types, module, &btf));
	IQ_TRY(record_of_kind(btf, id, BTF_DATASEC, "section", &btf, &section));
	for (uint32_t n = 0; n < section.vlen; n++) {
		const uint8_t *p = section.extra + 12 * (size_t)n;
		if (offset >= btf_u32(p + 4) && offset - btf_u32(p + 4) < btf_u32(p + 8))
			return section_part(btf, &section, n, out);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "%s: no variable of section %u is at offset %lu", btf->label, id,
			    offset);
}
