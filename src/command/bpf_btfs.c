// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -b: BTF objects and who uses them. */
#include "bpf/btf.h"
#include "command/bpf.h"

#include "util/cleanup.h"

struct use {
	uint64_t btf;
	uint32_t id;
};

struct btfs {
	const struct iq_bpf_shown *shown;
	IQ_VEC(struct use) programs, maps;
};

static void btfs_deinit(struct btfs *btfs)
{
	iq_vec_free(&btfs->programs);
	iq_vec_free(&btfs->maps);
}

/* What is damaged is told; the rest has its turn. */
static struct iq_error *tell(const struct btfs *btfs, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&btfs->shown->session->diag, error);
	return NULL;
}

static struct iq_error *see_program(void *context, uint32_t id, uint64_t address)
{
	struct btfs *btfs = context;
	struct iq_bpf_program program;
	struct iq_error *error = iq_bpf_program_listed(btfs->shown->bpf, id, address, &program);
	if (error)
		return tell(btfs, error);
	struct use *use = iq_vec_push(&btfs->programs);
	if (!use)
		return iq_error_no_memory();
	*use = (struct use){ program.btf, id };
	return NULL;
}

static struct iq_error *see_map(void *context, uint32_t id, uint64_t address)
{
	struct btfs *btfs = context;
	struct iq_bpf_map map;
	struct iq_error *error = iq_bpf_map_listed(btfs->shown->bpf, id, address, &map);
	if (error)
		return tell(btfs, error);
	struct use *use = iq_vec_push(&btfs->maps);
	if (!use)
		return iq_error_no_memory();
	*use = (struct use){ map.btf, id };
	return NULL;
}

static void add_uses(struct iq_out *out, const char *key, const struct use *uses, size_t count, uint64_t btf,
		     const char *what, struct iq_strbuf *text)
{
	bool first = true;
	iq_list_begin(out, key);
	for (size_t i = 0; i < count; i++) {
		if (uses[i].btf != btf)
			continue;
		iq_add_unsigned(out, NULL, uses[i].id);
		if (first)
			iq_strbuf_addf(text, "  %s %u", what, uses[i].id);
		else
			iq_strbuf_addf(text, ",%u", uses[i].id);
		first = false;
	}
	iq_end(out);
}

static struct iq_error *see_btf(void *context, uint32_t id, uint64_t address)
{
	struct btfs *btfs = context;
	struct iq_out *out = btfs->shown->out;
	_cleanup_(iq_strbuf_free) struct iq_strbuf uses = { 0 };
	struct iq_bpf_btf btf;
	struct iq_error *error = iq_bpf_btf_listed(btfs->shown->bpf, id, address, &btf);
	if (error)
		return tell(btfs, error);
	iq_record_begin(out);
	iq_add_string(out, "kind", "btf");
	iq_add_unsigned(out, "id", id);
	iq_add_address(out, "btf", address);
	iq_add_string(out, "name", *btf.name ? btf.name : NULL);
	iq_add_bool(out, "kernel", btf.kernel);
	iq_add_address(out, "data", btf.data);
	iq_add_unsigned(out, "size", btf.size);
	add_uses(out, "prog_ids", btfs->programs.data, btfs->programs.count, address, "programs", &uses);
	add_uses(out, "map_ids", btfs->maps.data, btfs->maps.count, address, "maps", &uses);
	if (iq_out_is_text(out)) {
		iq_add_string(out, "users", uses.length ? iq_strbuf_text(&uses) + 2 : "");
		iq_add_string(out, "called", *btf.name ? btf.name : "-");
	}
	iq_line(out, "{id:^4} {btf@address} {data@address} {size:8}  {called:-20} {users}");
	iq_end(out);
	return NULL;
}

struct iq_error *iq_bpf_show_btfs(const struct iq_bpf_shown *shown)
{
	_cleanup_(btfs_deinit) struct btfs btfs = { .shown = shown };
	IQ_TRY(tell(&btfs, iq_bpf_each(shown->bpf, IQ_BPF_PROGRAMS, see_program, &btfs)));
	IQ_TRY(tell(&btfs, iq_bpf_each(shown->bpf, IQ_BPF_MAPS, see_map, &btfs)));
	iq_text(shown->out, " ID        BTF              DATA           SIZE  NAME                 USED BY");
	return tell(&btfs, iq_bpf_each(shown->bpf, IQ_BPF_BTFS, see_btf, &btfs));
}
