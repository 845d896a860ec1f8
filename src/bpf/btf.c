// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/btf.h"
#include "bpf/internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BTF = 64 << 20 };

struct iq_error *iq_bpf_btf_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_btf *out)
{
	uint64_t kernel = 0, size;
	*out = (struct iq_bpf_btf){ .address = address };
	IQ_TRY(iq_b_get32(bpf, address, "btf", "id", &out->id));
	IQ_TRY(iq_b_get(bpf, address, "btf", "data", &out->data));
	IQ_TRY(iq_b_get(bpf, address, "btf", "data_size", &size));
	out->size = (uint32_t)size;
	/* 5.11: 5329722057d4 ("bpf: Assign ID to vmlinux BTF and return extra info for BTF in GET_OBJ_INFO") */
	IQ_TRY(iq_b_get_if(bpf, address, "btf", "kernel_btf", &kernel));
	out->kernel = kernel;
	if (!iq_b_has(bpf, "btf", "name"))
		return NULL;
	return iq_get_string(bpf->target, bpf->types, address, "btf", "name", out->name, sizeof(out->name));
}

struct iq_error *iq_bpf_btf_listed(struct iq_bpf *bpf, uint32_t id, uint64_t address, struct iq_bpf_btf *out)
{
	IQ_TRY(iq_error_prefix(iq_bpf_btf_read(bpf, address, out), "BTF object %u", id));
	if (out->id != id)
		return iq_error_new(IQ_ERROR_FORMAT, "BTF object %u: struct btf at %#lx is damaged: its own ID is %u",
				    id, address, out->id);
	return NULL;
}

/* What a registry needs to fetch the bytes later. */
struct source {
	struct iq_target *target;
	uint64_t data;
	uint32_t size;
};

static struct iq_error *load(void *context, uint8_t **bytes, size_t *size)
{
	const struct source *source = context;
	_cleanup_free_ uint8_t *buffer = malloc(source->size);
	if (!buffer)
		return iq_error_no_memory();
	IQ_TRY(iq_read(source->target, source->data, buffer, source->size));
	*bytes = iq_steal(buffer);
	*size = source->size;
	return NULL;
}

static struct iq_error *own_types(struct iq_bpf *bpf, const struct iq_bpf_btf *btf, struct iq_types **out)
{
	_cleanup_(iq_types_freep) struct iq_types *types = iq_types_new(iq_kernel_diag(bpf->kernel));
	_cleanup_free_ struct source *source = malloc(sizeof(*source));
	char name[32];
	if (!types || !source)
		return iq_error_no_memory();
	if (!btf->size || btf->size > MAX_BTF)
		return iq_error_new(IQ_ERROR_FORMAT, "struct btf at %#lx: it has %u bytes", btf->address, btf->size);
	snprintf(name, sizeof(name), "BTF object %u", btf->id);
	IQ_TRY(iq_types_set_name(types, name));
	*source = (struct source){ bpf->target, btf->data, btf->size };
	IQ_TRY(iq_types_add_btf(types, NULL, load, iq_steal(source), free));
	struct iq_bpf_own_types *kept = iq_vec_push(&bpf->own_types);
	if (!kept)
		return iq_error_no_memory();
	*kept = (struct iq_bpf_own_types){ btf->address, types };
	*out = iq_steal(types);
	return NULL;
}

/* A module's name as the module is called: owned by its image. */
static struct iq_error *module_called(struct iq_bpf *bpf, const char *name, const char **out)
{
	const struct iq_image *const *modules;
	size_t count;
	struct iq_error *error = iq_images_modules(iq_kernel_images(bpf->kernel), &modules, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(modules[i]->name, name) == 0) {
			*out = modules[i]->name;
			iq_error_free(error);
			return NULL;
		}
	}
	IQ_TRY(error);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no module %s", name);
}

struct iq_error *iq_bpf_btf_types(struct iq_bpf *bpf, uint64_t address, struct iq_types **types, const char **module)
{
	struct iq_bpf_btf btf;
	*module = NULL;
	if (!address)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "it has no BTF");
	iq_vec_foreach (kept, &bpf->own_types) {
		if (kept->address == address) {
			*types = kept->types;
			return NULL;
		}
	}
	IQ_TRY(iq_bpf_btf_read(bpf, address, &btf));
	if (!btf.kernel)
		return own_types(bpf, &btf, types);
	*types = bpf->types;
	if (strcmp(btf.name, "vmlinux") == 0)
		return NULL;
	return module_called(bpf, btf.name, module);
}

struct iq_error *iq_bpf_btf_type(struct iq_bpf *bpf, uint64_t address, uint32_t id, struct iq_type *out)
{
	struct iq_types *types;
	const char *module;
	*out = (struct iq_type){ 0 };
	IQ_TRY(iq_bpf_btf_types(bpf, address, &types, &module));
	return iq_btf_type(types, module, id, out);
}

void iq_bpf_own_types_free(struct iq_bpf *bpf)
{
	iq_vec_foreach (kept, &bpf->own_types)
		iq_types_free(kept->types);
	iq_vec_free(&bpf->own_types);
}
