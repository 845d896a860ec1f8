// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/map.h"
#include "bpf/btf.h"
#include "bpf/internal.h"

/* Kernels up to 5.10 kept in map.memory what was charged to whom (80ee81e0403c took it away). */
static struct iq_error *read_charge(struct iq_bpf *bpf, struct iq_bpf_map *map)
{
	uint64_t pages, user;
	if (!iq_b_has(bpf, "bpf_map", "memory.pages"))
		return NULL;
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_map", "memory.pages", &pages));
	map->memlock = pages * 4096;
	map->memlock_known = true;
	IQ_TRY(iq_b_get(bpf, map->address, "bpf_map", "memory.user", &user));
	if (!user)
		return NULL;
	IQ_TRY(iq_b_get32(bpf, user, "user_struct", "uid.val", &map->uid));
	map->uid_known = true;
	return NULL;
}

struct iq_error *iq_bpf_map_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_map *out)
{
	static const struct {
		const char *member;
		size_t place;
	} numbers[] = {
		{ "id", offsetof(struct iq_bpf_map, id) },
		{ "map_type", offsetof(struct iq_bpf_map, type) },
		{ "key_size", offsetof(struct iq_bpf_map, key_size) },
		{ "value_size", offsetof(struct iq_bpf_map, value_size) },
		{ "max_entries", offsetof(struct iq_bpf_map, max_entries) },
		{ "map_flags", offsetof(struct iq_bpf_map, flags) },
		{ "btf_key_type_id", offsetof(struct iq_bpf_map, key_type_id) },
		{ "btf_value_type_id", offsetof(struct iq_bpf_map, value_type_id) },
		{ "btf_vmlinux_value_type_id", offsetof(struct iq_bpf_map, vmlinux_value_type_id) },
	};
	uint64_t frozen = 0;
	*out = (struct iq_bpf_map){ .address = address };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(numbers); i++) {
		if (iq_b_has(bpf, "bpf_map", numbers[i].member) || i < 6)
			IQ_TRY(iq_b_get32(bpf, address, "bpf_map", numbers[i].member,
					  (uint32_t *)((char *)out + numbers[i].place)));
	}
	IQ_TRY(iq_get_string(bpf->target, bpf->types, address, "bpf_map", "name", out->name, sizeof(out->name)));
	IQ_TRY(iq_b_get_if(bpf, address, "bpf_map", "map_extra", &out->extra));
	IQ_TRY(iq_b_get_if(bpf, address, "bpf_map", "frozen", &frozen));
	IQ_TRY(iq_b_get_if(bpf, address, "bpf_map", "btf", &out->btf));
	IQ_TRY(iq_b_get_if(bpf, address, "bpf_map", "inner_map_meta", &out->inner));
	out->frozen = frozen;
	iq_bpf_enum_name(bpf, "bpf_map_type", "BPF_MAP_TYPE_", out->type, out->type_name, sizeof(out->type_name));
	return read_charge(bpf, out);
}

struct iq_error *iq_bpf_map_listed(struct iq_bpf *bpf, uint32_t id, uint64_t address, struct iq_bpf_map *out)
{
	IQ_TRY(iq_error_prefix(iq_bpf_map_read(bpf, address, out), "BPF map %u", id));
	if (out->id != id)
		return iq_error_new(IQ_ERROR_FORMAT, "BPF map %u: struct bpf_map at %#lx is damaged: its own ID is %u",
				    id, address, out->id);
	return NULL;
}

struct iq_error *iq_bpf_map_by_id(struct iq_bpf *bpf, uint32_t id, struct iq_bpf_map *out)
{
	uint64_t address;
	IQ_TRY(iq_bpf_by_id(bpf, IQ_BPF_MAPS, id, &address));
	return iq_bpf_map_listed(bpf, id, address, out);
}

/* A struct_ops map's value is the kernel's own, struct bpf_struct_ops_NAME, or since 6.9 a module's. */
static struct iq_error *kernel_value_type(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_type *value)
{
	uint64_t btf = 0;
	IQ_TRY(iq_b_get_if(bpf, map->address, "bpf_struct_ops_map", "btf", &btf));
	if (btf)
		return iq_bpf_btf_type(bpf, btf, map->vmlinux_value_type_id, value);
	return iq_btf_type(bpf->types, NULL, map->vmlinux_value_type_id, value);
}

struct iq_error *iq_bpf_map_types(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_type *key,
				  struct iq_type *value)
{
	*key = *value = (struct iq_type){ 0 };
	if (map->vmlinux_value_type_id)
		return kernel_value_type(bpf, map, value);
	if (!map->btf)
		return NULL;
	if (map->key_type_id)
		IQ_TRY(iq_bpf_btf_type(bpf, map->btf, map->key_type_id, key));
	/* Of a section (.data, .bss, .rodata) the variables are the parts: iq_btf_section_variable(). */
	struct iq_error *error = NULL;
	if (map->value_type_id)
		error = iq_bpf_btf_type(bpf, map->btf, map->value_type_id, value);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	return NULL;
}
