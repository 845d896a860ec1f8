// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What one of the tables may hold: ids are positive ints, and nobody has seen so many. */
enum { MAX_OBJECTS = 1 << 22, MAX_ENUMERATORS = 4096 };

struct iq_error *iq_bpf_new(struct iq_kernel *kernel, struct iq_bpf **out)
{
	struct iq_bpf *bpf = calloc(1, sizeof(*bpf));
	if (!bpf)
		return iq_error_no_memory();
	bpf->kernel = kernel;
	bpf->target = iq_kernel_target(kernel);
	bpf->types = iq_kernel_types(kernel);
	bpf->symbols = iq_kernel_symbols(kernel);
	*out = bpf;
	return NULL;
}

void iq_bpf_deinit(struct iq_bpf *bpf)
{
	iq_bpf_attachments_free(bpf);
	iq_bpf_codes_free(bpf);
	iq_bpf_own_types_free(bpf);
	iq_vec_free(&bpf->enumerators);
}

void iq_bpf_free(struct iq_bpf *bpf)
{
	if (!bpf)
		return;
	iq_bpf_deinit(bpf);
	free(bpf);
}

void iq_bpf_freep(struct iq_bpf **bpf)
{
	iq_bpf_free(*bpf);
}

struct iq_kernel *iq_bpf_kernel(struct iq_bpf *bpf)
{
	return bpf->kernel;
}

static void find_name(struct iq_bpf *bpf, const char *enumeration, const char *prefix, uint64_t value, char *buffer,
		      size_t size)
{
	struct iq_type type;
	struct iq_type_info info;
	size_t skip = strlen(prefix);
	snprintf(buffer, size, "type %lu", value);
	if (iq_failed(iq_type_find_in_vmlinux(bpf->types, IQ_TYPE_ENUM, enumeration, &type)) ||
	    iq_failed(iq_type_info(type, &info)))
		return;
	for (uint32_t i = 0; i < info.count && i < MAX_ENUMERATORS; i++) {
		struct iq_type_enumerator e;
		if (iq_failed(iq_type_enumerator_at(type, i, &e)))
			return;
		/* The last of several names of a value is the newest: CGROUP_STORAGE_DEPRECATED has one behind it. */
		if ((uint64_t)e.value != value || !e.name || strncmp(e.name, prefix, skip) != 0)
			continue;
		snprintf(buffer, size, "%s", e.name + skip);
		for (char *c = buffer; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	}
}

void iq_bpf_enum_name(struct iq_bpf *bpf, const char *enumeration, const char *prefix, uint64_t value, char *buffer,
		      size_t size)
{
	iq_vec_foreach (kept, &bpf->enumerators) {
		if (kept->value == value && strcmp(kept->enumeration, enumeration) == 0 &&
		    strcmp(kept->prefix, prefix) == 0) {
			snprintf(buffer, size, "%s", kept->name);
			return;
		}
	}
	find_name(bpf, enumeration, prefix, value, buffer, size);
	/* Values that mean nothing, of which damaged objects have many, are not kept. */
	struct iq_bpf_enumerator *new = strncmp(buffer, "type ", 5) == 0 ? NULL : iq_vec_push(&bpf->enumerators);
	if (!new)
		return;
	new->enumeration = enumeration;
	new->prefix = prefix;
	new->value = value;
	snprintf(new->name, sizeof(new->name), "%s", buffer);
}

static const struct table {
	const char *symbol, *what;
} tables[] = {
	[IQ_BPF_PROGRAMS] = { "prog_idr", "program" },
	[IQ_BPF_MAPS] = { "map_idr", "map" },
	[IQ_BPF_LINKS] = { "link_idr", "link" }, /* 5.8 */
	[IQ_BPF_BTFS] = { "btf_idr", "BTF object" },
};

struct walk {
	iq_bpf_object_fn fn;
	void *context;
};

static struct iq_error *tell_entry(void *context, uint64_t index, uint64_t entry)
{
	struct walk *walk = context;
	IQ_TRY(iq_check_interrupt());
	if (!index || index > INT32_MAX || !entry || entry & 3) /* an id is reserved before it has an object */
		return NULL;
	return walk->fn(walk->context, (uint32_t)index, entry);
}

struct iq_error *iq_bpf_each(struct iq_bpf *bpf, enum iq_bpf_table table, iq_bpf_object_fn fn, void *context)
{
	struct walk walk = { fn, context };
	uint64_t idr;
	struct iq_error *error = iq_b_symbol(bpf, tables[table].symbol, &idr);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	return iq_error_prefix(iq_xarray_each(bpf->target, bpf->types, idr, MAX_OBJECTS, tell_entry, &walk), "%s",
			       tables[table].symbol);
}

struct search {
	uint32_t id;
	uint64_t address;
};

static struct iq_error *is_it(void *context, uint32_t id, uint64_t address)
{
	struct search *search = context;
	if (id == search->id)
		search->address = address;
	return NULL;
}

struct iq_error *iq_bpf_by_id(struct iq_bpf *bpf, enum iq_bpf_table table, uint32_t id, uint64_t *address)
{
	struct search search = { .id = id };
	struct iq_error *error = iq_bpf_each(bpf, table, is_it, &search);
	if (search.address) {
		iq_error_free(error);
		*address = search.address;
		return NULL;
	}
	IQ_TRY(error);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no BPF %s with ID %u", tables[table].what, id);
}
