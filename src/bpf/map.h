/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps. Facts: struct bpf_map in include/linux/bpf.h; kernel/bpf/arraymap.c, hashtab.c and their neighbours. */
#ifndef IQ_BPF_MAP_H
#define IQ_BPF_MAP_H

#include "bpf/bpf.h"

struct iq_bpf_map {
	uint64_t address; /* struct bpf_map */
	uint32_t id;
	uint32_t type;
	char type_name[48]; /* "percpu_hash" */
	char name[16];
	uint32_t key_size, value_size, max_entries, flags;
	uint64_t extra;
	bool frozen;
	bool memlock_known;
	uint64_t memlock; /* bytes: kept by kernels up to 5.10 */
	bool uid_known;   /* of whoever made it: kept by kernels up to 5.10 */
	uint32_t uid;
	uint64_t btf; /* struct btf; 0: none */
	uint32_t key_type_id, value_type_id, vmlinux_value_type_id;
	uint64_t inner; /* inner_map_meta: struct bpf_map; 0: none */
};

struct iq_error *iq_bpf_map_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_map *out);
/* The same for one that iq_bpf_each() tells of: its own ID must be the one that the table has it under. */
struct iq_error *iq_bpf_map_listed(struct iq_bpf *bpf, uint32_t id, uint64_t address, struct iq_bpf_map *out);
struct iq_error *iq_bpf_map_by_id(struct iq_bpf *bpf, uint32_t id, struct iq_bpf_map *out);

/* The types of keys and values; source NULL where the map has none. */
struct iq_error *iq_bpf_map_types(struct iq_bpf *bpf, const struct iq_bpf_map *map, struct iq_type *key,
				  struct iq_type *value);

#endif
